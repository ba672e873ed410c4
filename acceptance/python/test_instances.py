"""Instances with their domains, settings, web keys and features, with zitadel-client."""

from instance import BASE_URL, TOO_LONG, Instance, Suite, fresh_domain, system_token
import zitadel_client as zitadel


class Instances(Suite):
    name = "py-instances"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api, cls.of_instance = cls.owner.instances, {"instance_id": cls.instance.id}
        cls.system = zitadel.Zitadel.with_access_token(BASE_URL, system_token()).instances

    def test_an_instance_is_read_renamed_and_found(self) -> None:
        self.api.update_instance({**self.of_instance, "instance_name": "renamed"})
        self.assertEqual(self.api.get_instance(self.of_instance).instance.name, "renamed")
        found = self.system.list_instances({"filters": [{"in_ids_filter": {"ids": [self.instance.id]}}]}).instances
        self.assertEqual([one.name for one in found], ["renamed"])
        by_domain = {"filters": [{"custom_domains_filter": {"domains": [self.instance.domain]}}]}
        self.assertEqual([one.id for one in self.system.list_instances(by_domain).instances], [self.instance.id])

    def test_domains_are_added_listed_and_removed(self) -> None:
        domain = {**self.of_instance, "custom_domain": fresh_domain("python")}
        self.system.add_custom_domain(domain)
        self.refused("already_exists", "INST-i2nl", self.system.add_custom_domain, domain)
        listed = self.api.list_custom_domains(self.of_instance).domains
        self.assertIn(domain["custom_domain"], [one.domain for one in listed])
        generated = next(one.domain for one in listed if one.generated)
        removal = {**self.of_instance, "custom_domain": generated}
        self.refused("failed_precondition", "INSTANCE-9hn3n", self.system.remove_custom_domain, removal)
        self.refused("permission_denied", "AUTH-5mWD2", self.api.remove_custom_domain, domain)
        self.system.remove_custom_domain(domain)
        trusted = {**self.of_instance, "trusted_domain": "proxy.example.com"}
        self.api.add_trusted_domain(trusted)
        self.refused("failed_precondition", "COMMA-hg42a", self.api.add_trusted_domain, trusted)
        self.assertEqual([one.domain for one in self.api.list_trusted_domains(self.of_instance).trusted_domain], ["proxy.example.com"])
        self.api.remove_trusted_domain(trusted)
        self.assertFalse(self.api.list_trusted_domains(self.of_instance).trusted_domain)

    def test_an_instance_that_is_removed_is_gone(self) -> None:
        doomed = Instance("py-doomed")
        self.system.delete_instance({"instance_id": doomed.id})
        self.system.delete_instance({"instance_id": doomed.id})
        with self.assertRaises(zitadel.exceptions.ApiError) as raised:
            doomed.owner.organizations.list_organizations({})
        self.assertEqual(raised.exception.code, 404)

    def test_settings_are_the_defaults_of_a_fresh_instance(self) -> None:
        settings = self.owner.settings
        complexity = settings.get_password_complexity_settings({"ctx": {"instance": True}}).settings
        self.assertEqual((int(complexity.min_length), complexity.requires_symbol), (8, True))
        login = settings.get_login_settings({"ctx": {"org_id": self.org_id}}).settings
        self.assertEqual((login.allow_register, login.resource_owner_type), (True, "RESOURCE_OWNER_TYPE_INSTANCE"))
        general = settings.get_general_settings({})
        self.assertEqual((general.default_language, len(general.supported_languages)), ("en", 22))
        settings.set_security_settings({"enable_impersonation": True})
        self.assertTrue(settings.get_security_settings({}).settings.enable_impersonation)
        put = {"enable_impersonation": False}
        self.refused("permission_denied", "AUTH-5mWD2", self.theirs.settings.set_security_settings, put)

    def test_web_keys_are_made_activated_and_removed(self) -> None:
        keys = self.owner.webkeys
        before = next(one.id for one in keys.list_web_keys({}).web_keys if one.state == "STATE_ACTIVE")
        made = {"id": keys.create_web_key({"ecdsa": {"curve": "ECDSA_CURVE_P256"}}).id}
        keys.activate_web_key(made)
        self.refused("failed_precondition", "COMMAND-Chai1", keys.delete_web_key, made)
        keys.activate_web_key({"id": before})
        keys.delete_web_key(made)
        keys.delete_web_key(made)
        self.assertNotIn(made["id"], [one.id for one in keys.list_web_keys({}).web_keys])
        self.refused("not_found", "COMMAND-teiG3", keys.activate_web_key, made)
        self.refused("permission_denied", "AUTH-5mWD2", self.theirs.webkeys.list_web_keys, {})

    def test_features_are_set_told_and_reset(self) -> None:
        features = self.owner.features
        features.set_instance_features({"user_schema": True})
        self.assertTrue(features.get_instance_features({"inheritance": True}).user_schema.enabled)
        features.reset_instance_features({})
        self.assertFalse(features.get_instance_features({"inheritance": True}).user_schema.enabled)
        self.refused("invalid_argument", "COMMAND-Vigh1", features.set_instance_features, {})

    def test_wrong_input_is_refused(self) -> None:
        api, system, of_instance = self.api, self.system, self.of_instance
        self.refuses([
            ("a name that is too long", "invalid_argument", "UpdateInstanceRequest.InstanceName", api.update_instance, {**of_instance, "instance_name": TOO_LONG}),
            ("a domain with other characters", "invalid_argument", "INST-S3v3w", system.add_custom_domain, {**of_instance, "custom_domain": "no domain"}),
            ("a trusted domain with other characters", "invalid_argument", "COMMA-S3v3w", api.add_trusted_domain, {**of_instance, "trusted_domain": "no domain"}),
            ("an owner removes no instance", "permission_denied", "AUTH-5mWD2", api.delete_instance, of_instance),
            ("an owner of an organization renames none", "not_found", "AUTHZ-cdgFk", self.theirs.instances.update_instance, {**of_instance, "instance_name": "X"}),
        ])
