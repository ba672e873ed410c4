"""Projects with their roles and grants, with zitadel-client."""

from instance import TOO_LONG, UNKNOWN, Suite


class Projects(Suite):
    name = "py-projects"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api = cls.owner.projects

    def make(self, name: str, *roles: str) -> str:
        project_id = self.api.create_project({"organization_id": self.org_id, "name": name}).project_id
        for key in roles:
            self.api.add_project_role({"project_id": project_id, "role_key": key, "display_name": f"The {key}"})
        return project_id

    def read(self, project_id: str):
        return self.api.get_project({"project_id": project_id}).project

    def roles(self, project_id: str) -> "list[str]":
        request = {"project_id": project_id, "sorting_column": "PROJECT_ROLE_FIELD_NAME_KEY", "pagination": {"asc": True}}
        return [role.key for role in self.api.list_project_roles(request).project_roles or []]

    def test_a_project_is_made_changed_in_part_deactivated_activated_and_removed(self) -> None:
        of_project = {"project_id": self.make("Shop")}
        self.api.update_project({**of_project, "authorization_required": True})
        self.api.update_project({**of_project, "name": "Shop 2"})
        project = self.read(**of_project)
        self.assertEqual((project.name, project.authorization_required, project.organization_id), ("Shop 2", True, self.org_id))
        self.assertEqual(self.api.update_project({**of_project, "name": "Shop 2"}).change_date, project.change_date)
        self.refused("failed_precondition", "COMMAND-5M9bs", self.api.activate_project, of_project)
        self.api.deactivate_project(of_project)
        self.assertEqual(self.read(**of_project).state, "PROJECT_STATE_INACTIVE")
        self.refused("failed_precondition", "COMMAND-mki55", self.api.deactivate_project, of_project)
        self.api.activate_project(of_project)
        self.api.delete_project(of_project)
        self.assertIsNone(self.api.delete_project({"project_id": UNKNOWN}).deletion_date)

    def test_projects_are_found_sorted_and_paged(self) -> None:
        for name in ("find-b", "find-c", "find-a"):
            self.make(name)
        named = {"project_name_filter": {"project_name": "find-", "method": "TEXT_FILTER_METHOD_STARTS_WITH"}}
        request = {"filters": [named], "sorting_column": "PROJECT_FIELD_NAME_NAME", "pagination": {"asc": True}}
        self.assertEqual([one.name for one in self.api.list_projects(request).projects], ["find-a", "find-b", "find-c"])
        page = self.api.list_projects({**request, "pagination": {"offset": 1, "limit": 1}})
        self.assertEqual(([one.name for one in page.projects], int(page.pagination.total_result)), (["find-b"], 3))
        too_many = {"pagination": {"limit": 1001}}
        self.refused("invalid_argument", "QUERY-4M0fs", self.api.list_projects, too_many)
        self.assertFalse(self.theirs.projects.list_projects({"filters": [named]}).projects)

    def test_roles_are_added_changed_and_removed(self) -> None:
        project_id = self.make("Roles", "admin", "reader")
        again = {"project_id": project_id, "role_key": "ADMIN", "display_name": "X"}
        self.refused("already_exists", "V3-DKcYh", self.api.add_project_role, again)
        self.api.update_project_role({"project_id": project_id, "role_key": "reader", "display_name": "Reads"})
        key = {"project_id": project_id, "filters": [{"role_key_filter": {"key": "reader"}}]}
        self.assertEqual([role.display_name for role in self.api.list_project_roles(key).project_roles], ["Reads"])
        self.api.remove_project_role({"project_id": project_id, "role_key": "admin"})
        self.api.remove_project_role({"project_id": project_id, "role_key": "admin"})
        self.assertEqual(self.roles(project_id), ["reader"])

    def test_a_project_is_granted_and_its_grant_changed_and_removed(self) -> None:
        project_id = self.make("Granted", "admin", "reader")
        grant = {"project_id": project_id, "granted_organization_id": self.other_id}
        self.api.create_project_grant({**grant, "role_keys": ["reader"]})
        mine = {"filters": [{"in_project_ids_filter": {"ids": [project_id]}}]}
        read = lambda: self.api.list_project_grants(mine).project_grants[0]  # noqa: E731
        self.assertEqual((read().granted_organization_name, read().granted_role_keys), ("Elsewhere", ["reader"]))
        self.api.update_project_grant({**grant, "role_keys": ["admin", "reader"]})
        self.api.deactivate_project_grant(grant)
        self.assertEqual((read().state, read().granted_role_keys), ("PROJECT_GRANT_STATE_INACTIVE", ["admin", "reader"]))
        self.api.activate_project_grant(grant)
        seen = self.theirs.projects.list_projects(mine).projects
        self.assertEqual([project.name for project in seen], ["Granted"])
        self.api.delete_project_grant(grant)
        self.assertFalse(self.api.list_project_grants(mine).project_grants)

    def test_wrong_input_is_refused(self) -> None:
        api, project_id = self.api, self.make("Refusals", "admin")
        third_id, third = self.instance.organization("Third")
        project = {"organization_id": self.org_id, "name": "X"}
        role = {"project_id": project_id, "role_key": "x", "display_name": "X"}
        grant = {"project_id": project_id, "granted_organization_id": third_id, "role_keys": []}
        self.refuses([
            ("no name", "invalid_argument", "CreateProjectRequest.Name", api.create_project, {**project, "name": ""}),
            ("a name that is too long", "invalid_argument", "CreateProjectRequest.Name", api.create_project, {**project, "name": TOO_LONG}),
            ("no organization", "invalid_argument", "CreateProjectRequest.OrganizationId", api.create_project, {"name": "X"}),
            ("a name that is taken", "already_exists", "V3-DKcYh", api.create_project, {**project, "name": "REFUSALS"}),
            ("an id that is taken", "already_exists", "COMMAND-opamwu", api.create_project, {**project, "project_id": project_id}),
            ("an unknown project", "not_found", "COMMAND-3M9sd", api.update_project, {"project_id": UNKNOWN, "name": "X"}),
            ("nor deactivated", "not_found", "COMMAND-112M9", api.deactivate_project, {"project_id": UNKNOWN}),
            ("nor given a role", "failed_precondition", "COMMAND-EbFMN", api.add_project_role, {**role, "project_id": UNKNOWN}),
            ("a role without a key", "invalid_argument", "AddProjectRoleRequest.RoleKey", api.add_project_role, {**role, "role_key": ""}),
            ("an unknown role", "not_found", "COMMAND-vv8M9", api.update_project_role, role),
            ("a grant to the owner", "failed_precondition", "PROJECT-ckUpbvboAH", api.create_project_grant, {**grant, "granted_organization_id": self.org_id}),
            ("a grant to nobody", "failed_precondition", "COMMAND-3m9gg", api.create_project_grant, {**grant, "granted_organization_id": UNKNOWN}),
            ("a grant with an unknown role", "failed_precondition", "COMMAND-6m9gd", api.create_project_grant, {**grant, "role_keys": ["none"]}),
            ("an unknown grant", "not_found", "PROJECT-D8JxR", api.update_project_grant, grant),
            ("a stranger makes no project", "not_found", "AUTHZ-cdgFk", third.projects.create_project, project),
            ("nor changes one", "not_found", "AUTHZ-cdgFk", third.projects.update_project, {"project_id": project_id, "name": "X"}),
            ("nor removes one", "not_found", "AUTHZ-cdgFk", third.projects.delete_project, {"project_id": project_id}),
            ("nor grants one", "not_found", "AUTHZ-cdgFk", third.projects.create_project_grant, grant),
        ])
        self.assertEqual((self.read(project_id).name, self.roles(project_id)), ("Refusals", ["admin"]))
