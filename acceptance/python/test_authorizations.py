"""Authorizations, with zitadel-client."""

from instance import UNKNOWN, Suite


class Authorizations(Suite):
    name = "py-authorizations"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api, projects = cls.owner.authorizations, cls.owner.projects
        cls.project_id = projects.create_project({"organization_id": cls.org_id, "name": "Shop"}).project_id
        for key in ("admin", "reader"):
            projects.add_project_role({"project_id": cls.project_id, "role_key": key, "display_name": key})
        grant = {"project_id": cls.project_id, "granted_organization_id": cls.other_id, "role_keys": ["reader"]}
        projects.create_project_grant(grant)

    def request(self, user_id: str, *roles: str, **more) -> dict:
        return {"user_id": user_id, "project_id": self.project_id, "organization_id": self.org_id, "role_keys": list(roles), **more}

    def read(self, authorization_id: str):
        found = self.api.list_authorizations({"filters": [{"authorization_ids": {"ids": [authorization_id]}}]}).authorizations
        return found[0] if found else None

    def test_an_authorization_is_made_changed_deactivated_activated_and_removed(self) -> None:
        of_one = {"id": self.api.create_authorization(self.request(self.instance.machine("robot"), "admin")).id}
        made = self.read(of_one["id"])
        self.assertEqual(([role.key for role in made.roles], made.project.name, made.state), (["admin"], "Shop", "STATE_ACTIVE"))
        self.api.update_authorization({**of_one, "role_keys": ["reader", "admin"]})
        changed = self.read(of_one["id"])
        self.assertEqual({role.key for role in changed.roles}, {"reader", "admin"})
        self.api.deactivate_authorization(of_one)
        self.api.deactivate_authorization(of_one)
        self.assertEqual(self.read(of_one["id"]).state, "STATE_INACTIVE")
        self.api.activate_authorization(of_one)
        self.api.delete_authorization(of_one)
        self.api.delete_authorization(of_one)
        self.assertIsNone(self.read(of_one["id"]))

    def test_the_organization_that_a_project_is_granted_to_gives_roles_of_its_grant(self) -> None:
        request = self.request(self.instance.machine("granted", self.other_id), "reader", organization_id=self.other_id)
        authorization_id = self.theirs.authorizations.create_authorization(request).id
        self.assertEqual(self.read(authorization_id).organization.id, self.other_id)
        more = {"id": authorization_id, "role_keys": ["admin"]}
        self.refused("failed_precondition", "COMMAND-mm9F4", self.theirs.authorizations.update_authorization, more)

    def test_wrong_input_is_refused(self) -> None:
        api, user_id = self.api, self.instance.machine("refusals")
        authorization_id = api.create_authorization(self.request(user_id, "admin")).id
        third_id, third = self.instance.organization("Third")
        theirs = third.authorizations
        of_one = {"id": authorization_id}
        self.refuses([
            ("no user", "invalid_argument", "CreateAuthorizationRequest.UserId", api.create_authorization, self.request("")),
            ("an unknown user", "failed_precondition", "COMMAND-4f8sg", api.create_authorization, self.request(UNKNOWN)),
            ("an unknown project", "failed_precondition", "COMMAND-3n77S", api.create_authorization, self.request(user_id, project_id=UNKNOWN)),
            ("an organization without a grant", "failed_precondition", "COMMAND-4m9ff", api.create_authorization, self.request(user_id, organization_id=third_id)),
            ("an unknown role", "failed_precondition", "COMMAND-mm9F4", api.create_authorization, self.request(user_id, "none")),
            ("the second time", "already_exists", "V3-DKcYh", api.create_authorization, self.request(user_id)),
            ("an unknown one", "not_found", "COMMAND-3M9sd", api.update_authorization, {"id": UNKNOWN, "role_keys": []}),
            ("a stranger changes none", "not_found", "AUTHZ-cdgFk", theirs.update_authorization, {**of_one, "role_keys": []}),
            ("nor deactivates one", "not_found", "AUTHZ-cdgFk", theirs.deactivate_authorization, of_one),
            ("nor removes one", "not_found", "AUTHZ-cdgFk", theirs.delete_authorization, of_one),
        ])
