"""Administrators of the instance, organizations, projects and granted projects, with zitadel-client."""

from instance import UNKNOWN, Suite


class Administrators(Suite):
    name = "py-administrators"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api = cls.owner.internal_permissions
        cls.project_id = cls.owner.projects.create_project({"organization_id": cls.org_id, "name": "Shop"}).project_id
        grant = {"project_id": cls.project_id, "granted_organization_id": cls.other_id, "role_keys": []}
        cls.owner.projects.create_project_grant(grant)
        cls.levels = {
            "instance": ({"instance": True}, ["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"], "INSTA-pFDwe", "INSTANCE-4m0fS", "INSTANCE-D8JxR"),
            "organization": ({"organization_id": cls.org_id}, ["ORG_OWNER_VIEWER", "ORG_USER_MANAGER"], "ORG-poWwe", "Org-4N8es", "Org-D8JxR"),
            "project": ({"project_id": cls.project_id}, ["PROJECT_OWNER", "PROJECT_OWNER_VIEWER"], "PROJECT-PtXi1", "PROJECT-3m9ds", "PROJECT-D8JxR"),
            "project grant": (
                {"project_grant": {"project_id": cls.project_id, "organization_id": cls.other_id}},
                ["PROJECT_GRANT_OWNER", "PROJECT_GRANT_OWNER_VIEWER"], "PROJECT-37fug", "PROJECT-m9gKK", "PROJECT-37fug",
            ),
        }  # fmt: skip

    def roles_of(self, user_id: str) -> list:
        request = {"filters": [{"in_user_ids_filter": {"ids": [user_id]}}]}
        return [one.roles for one in self.api.list_administrators(request).administrators or []]

    def test_an_administrator_is_made_changed_and_removed_on_each_level(self) -> None:
        for level, (resource, (role, other), twice, bad_role, missing) in self.levels.items():
            with self.subTest(level):
                user_id = self.instance.machine(f"robot of the {level}")
                request = {"user_id": user_id, "resource": resource, "roles": [role]}
                self.refused("not_found", missing, self.api.update_administrator, request)
                self.api.create_administrator(request)
                self.assertEqual(self.roles_of(user_id), [[role]])
                code = "not_found" if level == "project grant" else "already_exists"
                self.refused(code, twice, self.api.create_administrator, request)
                unknown_role = {**request, "user_id": self.instance.machine(f"other of the {level}"), "roles": ["NO_ROLE"]}
                self.refused("invalid_argument", bad_role, self.api.create_administrator, unknown_role)
                self.api.update_administrator({**request, "roles": [other, role]})
                self.assertEqual(self.roles_of(user_id), [[other, role]])
                self.api.delete_administrator({"user_id": user_id, "resource": resource})
                self.api.delete_administrator({"user_id": user_id, "resource": resource})
                self.assertEqual(self.roles_of(user_id), [])

    def test_a_stranger_makes_no_administrator(self) -> None:
        _, third = self.instance.organization("Third")
        user_id = self.instance.machine("wanted")
        for level, (resource, (role, _), *_) in self.levels.items():
            with self.subTest(level):
                request = {"user_id": user_id, "resource": resource, "roles": [role]}
                self.refused("not_found", "AUTHZ-cdgFk", third.internal_permissions.create_administrator, request)
        self.assertEqual(self.roles_of(user_id), [])

    def test_wrong_input_is_refused(self) -> None:
        request = {"user_id": self.instance.machine("refusals"), "resource": {"organization_id": self.org_id}, "roles": ["ORG_OWNER"]}
        create = self.api.create_administrator
        self.refuses([
            ("no role", "invalid_argument", "ORG-4Mlfs", create, {**request, "roles": []}),
            ("a role twice", "invalid_argument", "CreateAdministratorRequest.Roles[1]", create, {**request, "roles": ["ORG_OWNER"] * 2}),
            ("an unknown user", "failed_precondition", "ORG-GoXOn", create, {**request, "user_id": UNKNOWN}),
            ("an unknown organization", "failed_precondition", "COMMAND-QXPGs", create, {**request, "resource": {"organization_id": UNKNOWN}}),
            ("a role of another level", "invalid_argument", "Org-4N8es", create, {**request, "roles": ["PROJECT_OWNER"]}),
        ])
