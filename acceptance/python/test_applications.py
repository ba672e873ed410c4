"""Applications with their secrets and keys, with zitadel-client."""

import base64
import json

from instance import UNKNOWN, Suite

FUTURE = "2099-01-01T00:00:00Z"


class Applications(Suite):
    name = "py-applications"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api = cls.owner.applications
        cls.project_id = cls.owner.projects.create_project({"organization_id": cls.org_id, "name": "Shop"}).project_id

    def web(self, name: str, **more) -> dict:
        return {"project_id": self.project_id, "name": name, "oidc_configuration": {"redirect_uris": ["https://shop.example.com"], **more}}

    def test_an_oidc_application_is_made_changed_deactivated_and_removed(self) -> None:
        made = self.api.create_application(self.web("Web"))
        ids = {"project_id": self.project_id, "application_id": made.application_id}
        read = lambda: self.api.get_application({"application_id": made.application_id}).application  # noqa: E731
        self.assertEqual(len(made.oidc_configuration.client_secret), 64)
        self.assertEqual(read().oidc_configuration.grant_types, ["OIDC_GRANT_TYPE_AUTHORIZATION_CODE"])
        update = {**ids, "oidc_configuration": {"redirect_uris": ["https://other.example.com"]}}
        self.api.update_application(update)
        self.assertEqual(read().oidc_configuration.redirect_uris, ["https://other.example.com"])
        self.refused("failed_precondition", "COMMAND-1m88i", self.api.update_application, update)
        self.api.update_application({**ids, "name": "Web 2"})
        self.refused("failed_precondition", "COMMAND-2m8vx", self.api.update_application, {**ids, "name": "Web 2"})
        self.assertEqual(len(self.api.generate_client_secret(ids).client_secret), 64)
        self.refused("failed_precondition", "COMMAND-1n8cM", self.api.reactivate_application, ids)
        self.api.deactivate_application(ids)
        self.assertEqual(read().state, "APPLICATION_STATE_INACTIVE")
        self.refused("failed_precondition", "COMMAND-dsh35", self.api.deactivate_application, ids)
        self.api.reactivate_application(ids)
        self.api.delete_application(ids)
        self.refused("not_found", "COMMAND-0po9s", self.api.delete_application, ids)

    def test_an_api_application_has_keys(self) -> None:
        by_key = {"auth_method_type": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT"}
        made = self.api.create_application({"project_id": self.project_id, "name": "API", "api_configuration": by_key})
        ids = {"project_id": self.project_id, "application_id": made.application_id}
        key = self.api.create_application_key({**ids, "expiration_date": FUTURE})
        content = key.key_details if isinstance(key.key_details, bytes) else key.key_details.encode()
        file = json.loads(content if content.lstrip().startswith(b"{") else base64.b64decode(content))
        self.assertEqual((file["type"], file["appId"]), ("application", made.application_id))
        filters = [{"application_id_filter": {"application_id": made.application_id}}]
        self.assertEqual([one.key_id for one in self.api.list_application_keys({"filters": filters}).keys], [key.key_id])
        self.api.delete_application_key({**ids, "key_id": key.key_id})
        self.refused("not_found", "COMMAND-4m77G", self.api.delete_application_key, {**ids, "key_id": key.key_id})

    def test_applications_are_found_and_sorted(self) -> None:
        for name in ("find-b", "find-a"):
            self.api.create_application(self.web(name))
        named = {"name_filter": {"name": "FIND-", "method": "TEXT_FILTER_METHOD_STARTS_WITH_IGNORE_CASE"}}
        request = {"filters": [named], "sorting_column": "APPLICATION_SORT_BY_NAME", "pagination": {"asc": True}}
        self.assertEqual([one.name for one in self.api.list_applications(request).applications], ["find-a", "find-b"])
        api_only = {"filters": [named, {"type_filter": "APPLICATION_TYPE_API"}]}
        self.assertFalse(self.api.list_applications(api_only).applications)
        self.assertFalse(self.theirs.applications.list_applications({}).applications)

    def test_wrong_input_is_refused(self) -> None:
        api, theirs = self.api, self.theirs.applications
        made = api.create_application(self.web("Refusals"))
        ids = {"project_id": self.project_id, "application_id": made.application_id}
        unknown = {**ids, "application_id": UNKNOWN}
        implicit = self.web("X", response_types=["OIDC_RESPONSE_TYPE_ID_TOKEN"])
        self.refuses([
            ("no name", "invalid_argument", "CreateApplicationRequest.Name", api.create_application, self.web("")),
            ("a name that is taken", "already_exists", "V3-DKcYh", api.create_application, self.web("REFUSALS")),
            ("an unknown project", "failed_precondition", "COMMAND-EbFMN", api.create_application, {**self.web("X"), "project_id": UNKNOWN}),
            ("a response without its grant", "invalid_argument", "PROJECT-1n8df", api.create_application, implicit),
            ("an unknown application", "not_found", "COMMAND-28di9", api.update_application, {**unknown, "name": "X"}),
            ("nor deactivated", "not_found", "COMMAND-ov9d3", api.deactivate_application, unknown),
            ("nor given a secret", "not_found", "COMMAND-Kd92s", api.generate_client_secret, unknown),
            ("the wrong kind", "invalid_argument", "COMMAND-Gnwt3", api.update_application, {**ids, "api_configuration": {}}),
            ("a key for an application with a secret", "failed_precondition", "COMMAND-Dff54", api.create_application_key, {**ids, "expiration_date": FUTURE}),
            ("a stranger reads none", "not_found", "AUTHZ-cdgFk", theirs.get_application, {"application_id": made.application_id}),
            ("nor renames one", "not_found", "AUTHZ-cdgFk", theirs.update_application, {**ids, "name": "X"}),
            ("nor gets its secret", "not_found", "AUTHZ-cdgFk", theirs.generate_client_secret, ids),
            ("nor removes one", "not_found", "AUTHZ-cdgFk", theirs.delete_application, ids),
        ])
