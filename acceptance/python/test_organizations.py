"""Organizations with their domains and metadata, with zitadel-client."""

from instance import TOO_LONG, UNKNOWN, Suite


class Organizations(Suite):
    name = "py-organizations"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api = cls.owner.organizations

    def make(self, name: str) -> str:
        return self.api.add_organization({"name": name}).organization_id

    def read(self, org_id: str):
        found = self.api.list_organizations({"queries": [{"id_query": {"id": org_id}}]}).result
        return found[0] if found else None

    def test_an_organization_is_made_renamed_deactivated_activated_and_removed(self) -> None:
        org_id = self.make("Acme Corp")
        self.assertEqual(self.read(org_id).primary_domain, f"acme-corp.{self.instance.domain}")
        rename = {"organization_id": org_id, "name": "Acme 2"}
        self.api.update_organization(rename)
        self.assertEqual((self.read(org_id).name, self.read(org_id).primary_domain), ("Acme 2", f"acme-2.{self.instance.domain}"))
        self.refused("failed_precondition", "ORG-4VSdf", self.api.update_organization, rename)
        of_org = {"organization_id": org_id}
        self.refused("failed_precondition", "EVENT-bfnrh", self.api.activate_organization, of_org)
        self.api.deactivate_organization(of_org)
        self.assertEqual(self.read(org_id).state, "ORGANIZATION_STATE_INACTIVE")
        self.refused("failed_precondition", "EVENT-Dbs2g", self.api.deactivate_organization, of_org)
        self.api.activate_organization(of_org)
        self.api.delete_organization(of_org)
        self.api.delete_organization(of_org)
        self.assertIsNone(self.read(org_id))

    def test_an_organization_is_made_with_a_person_who_owns_it(self) -> None:
        person = {
            "username": "boss",
            "profile": {"given_name": "The", "family_name": "Boss"},
            "email": {"email": "boss@example.com", "return_code": {}},
        }
        made = self.api.add_organization({"name": "With a person", "admins": [{"human": person}]})
        self.assertEqual(len(made.created_admins[0].email_code), 6)
        listed = self.owner.internal_permissions.list_administrators(
            {"filters": [{"in_user_ids_filter": {"ids": [made.created_admins[0].user_id]}}]}
        )
        self.assertEqual([one.roles for one in listed.administrators], [["ORG_OWNER"]])

    def test_organizations_are_found_sorted_and_paged(self) -> None:
        for name in ("find b", "Find C", "find a"):
            self.make(name)
        named = {"name_query": {"name": "FIND", "method": "TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE"}}
        request = {"queries": [named], "sorting_column": "ORGANIZATION_FIELD_NAME_NAME", "query": {"asc": True}}
        found = self.api.list_organizations(request)
        self.assertEqual([org.name for org in found.result], ["find a", "find b", "Find C"])
        page = self.api.list_organizations({**request, "query": {"offset": 1, "limit": 1}})
        self.assertEqual([org.name for org in page.result], ["find b"])
        self.assertEqual(int(page.details.total_result), 3)
        by_domain = {"domain_query": {"domain": f"find-a.{self.instance.domain}"}}
        self.assertEqual([org.name for org in self.api.list_organizations({"queries": [by_domain]}).result], ["find a"])
        default = self.api.list_organizations({"queries": [{"default_query": {}}]}).result
        self.assertEqual([org.id for org in default], [self.org_id])
        self.assertEqual([org.id for org in self.theirs.organizations.list_organizations({}).result], [self.other_id])

    def test_domains_are_added_listed_and_removed(self) -> None:
        org_id = self.make("Domains")
        domain = {"organization_id": org_id, "domain": "python.example.com"}
        self.api.add_organization_domain(domain)
        self.refused("already_exists", "V2-e1wse", self.api.add_organization_domain, domain)
        taken = {"organization_id": self.other_id, "domain": "PYTHON.example.com"}
        self.refused("already_exists", "V3-DKcYh", self.api.add_organization_domain, taken)
        listed = self.api.list_organization_domains({"organization_id": org_id}).domains
        self.assertEqual({one.domain for one in listed}, {f"domains.{self.instance.domain}", "python.example.com"})
        primary = {"organization_id": org_id, "domain": f"domains.{self.instance.domain}"}
        self.refused("failed_precondition", "ORG-Sjdi3", self.api.delete_organization_domain, primary)
        self.api.delete_organization_domain(domain)
        self.refused("not_found", "ORG-GDfA3", self.api.delete_organization_domain, domain)

    def test_metadata_are_set_listed_and_removed(self) -> None:
        org_id = self.make("Metadata")
        entries = [{"key": "one", "value": "MQ=="}, {"key": "two", "value": "Mg=="}]
        self.api.set_organization_metadata({"organization_id": org_id, "metadata": entries})
        listed = self.api.list_organization_metadata({"organization_id": org_id}).metadata
        self.assertEqual({one.key for one in listed}, {"one", "two"})
        missing = {"organization_id": org_id, "keys": ["one", "none"]}
        self.refused("not_found", "META-2npds", self.api.delete_organization_metadata, missing)
        self.api.delete_organization_metadata({"organization_id": org_id, "keys": ["one", "two"]})
        self.assertFalse(self.api.list_organization_metadata({"organization_id": org_id}).metadata)

    def test_wrong_input_is_refused(self) -> None:
        api, theirs, org_id = self.api, self.theirs.organizations, self.org_id
        entry = [{"key": "k", "value": "dg=="}]
        self.refuses([
            ("no name", "invalid_argument", "AddOrganizationRequest.Name", api.add_organization, {"name": ""}),
            ("blanks", "invalid_argument", "ORG-mruNY", api.add_organization, {"name": "  "}),
            ("a name that is too long", "invalid_argument", "AddOrganizationRequest.Name", api.add_organization, {"name": TOO_LONG}),
            ("a name that is taken", "already_exists", "V3-DKcYh", api.add_organization, {"name": "elseWHERE"}),
            ("a name that makes no domain", "invalid_argument", "ORG-RrfXY", api.add_organization, {"name": "!!!"}),
            ("an id that is taken", "already_exists", "ORG-laho2n", api.add_organization, {"name": "X", "organization_id": org_id}),
            ("an unknown owner", "failed_precondition", "ORG-GoXOn", api.add_organization, {"name": "X", "admins": [{"user_id": UNKNOWN}]}),
            ("an unknown organization", "not_found", "ORG-1MRds", api.update_organization, {"organization_id": UNKNOWN, "name": "X"}),
            ("nor deactivated", "not_found", "ORG-oL9nT", api.deactivate_organization, {"organization_id": UNKNOWN}),
            ("the default organization", "failed_precondition", "COMMA-wG9p1", api.delete_organization, {"organization_id": org_id}),
            ("a stranger makes none", "not_found", "AUTHZ-cdgFk", theirs.add_organization, {"name": "X"}),
            ("nor renames one", "not_found", "AUTHZ-cdgFk", theirs.update_organization, {"organization_id": org_id, "name": "X"}),
            ("nor removes one", "not_found", "AUTHZ-cdgFk", theirs.delete_organization, {"organization_id": org_id}),
            ("nor sets metadata", "not_found", "AUTHZ-cdgFk", theirs.set_organization_metadata, {"organization_id": org_id, "metadata": entry}),
        ])
