"""People and service users, with zitadel-client."""

from instance import TOO_LONG, UNKNOWN, Suite

FUTURE, PAST = "2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z"


class Users(Suite):
    name = "py-users"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.api = cls.owner.users

    def human(self, username: str, **more) -> dict:
        person = {
            "profile": {"given_name": "Grace", "family_name": "Hopper"},
            "email": {"email": f"{username}@example.com", "is_verified": True},
        }
        return {"organization_id": self.org_id, "username": username, "human": {**person, **more}}

    def read(self, user_id: str):
        return self.api.get_user_by_id({"user_id": user_id}).user

    def test_a_person_is_made_read_changed_and_removed(self) -> None:
        user_id = self.api.create_user(self.human("grace")).id
        user = self.read(user_id)
        self.assertEqual((user.username, user.state, user.human.profile.display_name), ("grace", "USER_STATE_ACTIVE", "Grace Hopper"))
        change = {
            "user_id": user_id,
            "username": "admiral",
            "human": {
                "profile": {"given_name": "G.", "family_name": "Hopper"},
                "email": {"email": "admiral@example.com", "return_code": {}},
                "phone": {"phone": "+41 79 000 00 00", "is_verified": True},
            },
        }
        code = self.api.update_user(change).email_code
        user = self.read(user_id)
        self.assertEqual((user.username, user.human.profile.given_name), ("admiral", "G."))
        self.assertEqual((user.human.phone.phone, user.human.email.is_verified or False), ("+41790000000", False))
        self.refused("invalid_argument", "COMMAND-eis9R", self.api.verify_email, {"user_id": user_id, "verification_code": "wrong"})
        again = self.api.send_email_code({"user_id": user_id, "return_code": {}}).verification_code
        self.assertEqual((len(code), len(again)), (6, 6))
        self.api.verify_email({"user_id": user_id, "verification_code": again})
        self.assertTrue(self.read(user_id).human.email.is_verified)
        self.api.remove_phone({"user_id": user_id})
        self.refused("failed_precondition", "COMMAND-ieJ2e", self.api.remove_phone, {"user_id": user_id})
        self.api.delete_user({"user_id": user_id})
        self.refused("not_found", "COMMAND-bd4ir1mblj", self.api.delete_user, {"user_id": user_id})
        self.refused("not_found", "QUERY-Dfbg2", self.api.get_user_by_id, {"user_id": user_id})

    def test_the_states_of_a_user_and_what_is_refused_in_each(self) -> None:
        api = self.api
        of_user = {"user_id": api.create_user(self.human("states")).id}
        self.refused("failed_precondition", "COMMAND-olb9vb0oca", api.unlock_user, of_user)
        api.lock_user(of_user)
        self.assertEqual(self.read(**of_user).state, "USER_STATE_LOCKED")
        self.refused("failed_precondition", "COMMAND-lgws8wtsqf", api.lock_user, of_user)
        api.unlock_user(of_user)
        self.refused("failed_precondition", "COMMAND-s5qqcz97hf", api.reactivate_user, of_user)
        api.deactivate_user(of_user)
        self.assertEqual(self.read(**of_user).state, "USER_STATE_INACTIVE")
        self.refused("failed_precondition", "COMMAND-5gunjw0cd7", api.deactivate_user, of_user)
        api.reactivate_user(of_user)
        self.assertEqual(self.read(**of_user).state, "USER_STATE_ACTIVE")

    def test_a_password_is_set_reset_and_must_keep_the_rules(self) -> None:
        user_id = self.api.create_user(self.human("password")).id
        put = {"user_id": user_id, "new_password": {"password": "Password1!"}}
        self.api.set_password(put)
        self.api.set_password({"user_id": user_id, "new_password": {"password": "Password2!"}, "current_password": "Password1!"})
        wrong = {"user_id": user_id, "new_password": {"password": "Password3!"}, "verification_code": "wrong"}
        code = self.api.password_reset({"user_id": user_id, "return_code": {}}).verification_code
        self.refused("invalid_argument", "CODE-woT0xc", self.api.set_password, wrong)
        self.api.set_password({**wrong, "verification_code": code})
        for password, error_id in (("Aa1!", "HuJf6"), ("PASSWORD1!", "co3Xw"), ("password1!", "VoaRj"), ("Password!!", "ZBv4H"), ("Password11", "ZDLwA")):
            with self.subTest(password):
                weak = {"user_id": user_id, "new_password": {"password": password}}
                self.refused("invalid_argument", f"DOMAIN-{error_id}", self.api.set_password, weak)

    def test_someone_is_invited_once(self) -> None:
        user_id = self.api.create_user(self.human("invited")).id
        code = self.api.create_invite_code({"user_id": user_id, "return_code": {}}).invite_code
        wrong = {"user_id": user_id, "verification_code": "wrong"}
        self.refused("invalid_argument", "COMMAND-Wgn4q", self.api.verify_invite_code, wrong)
        self.api.verify_invite_code({"user_id": user_id, "verification_code": code})
        self.api.set_password({"user_id": user_id, "new_password": {"password": "Password1!"}})
        again = {"user_id": user_id, "return_code": {}}
        self.refused("failed_precondition", "COMMAND-EF34g", self.api.create_invite_code, again)

    def test_users_are_found_sorted_and_paged(self) -> None:
        for name in ("find-b", "Find-C", "find-a"):
            self.api.create_user(self.human(name))
        named = {"user_name_query": {"user_name": "FIND-", "method": "TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE"}}

        def found(*queries, **page):
            request = {"queries": [named, *queries], "sorting_column": "USER_FIELD_NAME_USER_NAME", "query": {"asc": True, **page}}
            return [user.username for user in self.api.list_users(request).result or []]

        self.assertEqual(found(), ["find-a", "find-b", "Find-C"])
        self.assertEqual(found(offset=1, limit=1), ["find-b"])
        self.assertEqual(found({"email_query": {"email_address": "find-a@example.com"}}), ["find-a"])
        self.assertEqual(found({"type_query": {"type": "TYPE_MACHINE"}}), [])
        either = {"or_query": {"queries": [{"login_name_query": {"login_name": name}} for name in ("find-a", "find-b")]}}
        self.assertEqual(found(either), ["find-a", "find-b"])
        self.assertEqual(found({"not_query": {"query": either}}), ["Find-C"])
        self.assertEqual(found({"organization_id_query": {"organization_id": self.other_id}}), [])
        self.assertEqual(len(self.theirs.users.list_users({}).result), 1)

    def test_metadata_are_set_listed_and_removed(self) -> None:
        user_id = self.api.create_user(self.human("metadata")).id
        self.api.set_user_metadata({"user_id": user_id, "metadata": [{"key": "one", "value": "MQ=="}]})
        self.assertEqual([one.key for one in self.api.list_user_metadata({"user_id": user_id}).metadata], ["one"])
        self.refused("not_found", "META-2nnds", self.api.delete_user_metadata, {"user_id": user_id, "keys": ["none"]})
        self.api.delete_user_metadata({"user_id": user_id, "keys": ["one"]})
        self.assertFalse(self.api.list_user_metadata({"user_id": user_id}).metadata)

    def test_credentials_of_a_service_user_are_made_listed_and_removed(self) -> None:
        api, user_id = self.api, self.instance.machine("robot")
        of_user = {"user_id": user_id}
        filters = [{"user_id_filter": {"id": user_id}}]
        key = api.add_key({**of_user, "expiration_date": FUTURE})
        self.assertEqual([one.id for one in api.list_keys({"filters": filters}).result], [key.key_id])
        api.remove_key({**of_user, "key_id": key.key_id})
        self.refused("not_found", "COMMAND-4m77G", api.remove_key, {**of_user, "key_id": key.key_id})
        token = api.add_personal_access_token({**of_user, "expiration_date": FUTURE})
        self.assertEqual(self.instance.as_(token.token).users.get_user_by_id(of_user).user.username, "robot")
        listed = api.list_personal_access_tokens({"filters": filters}).result
        self.assertEqual([one.id for one in listed], [token.token_id])
        api.remove_personal_access_token({**of_user, "token_id": token.token_id})
        self.refused("unauthenticated", "AUTH-7fs1e", self.instance.as_(token.token).users.get_user_by_id, of_user)
        self.assertEqual(len(api.add_secret(of_user).client_secret), 64)
        self.assertTrue(self.read(user_id).machine.has_secret)
        api.remove_secret(of_user)
        self.refused("failed_precondition", "COMMAND-coi82n", api.remove_secret, of_user)

    def test_wrong_input_is_refused(self) -> None:
        api, theirs = self.api, self.theirs.users
        person, machine = api.create_user(self.human("refusals")).id, self.instance.machine("refusing")
        blank = {"given_name": "  ", "family_name": "X"}
        long = {"given_name": TOO_LONG, "family_name": "X"}
        rename = {"user_id": person, "username": "stolen"}
        self.refuses([
            ("no type", "invalid_argument", "CreateUserRequest.UserType", api.create_user, {"organization_id": self.org_id}),
            ("no organization", "invalid_argument", "CreateUserRequest.OrganizationId", api.create_user, {**self.human("x"), "organization_id": ""}),
            ("an unknown organization", "failed_precondition", "COMMAND-QXPGs", api.create_user, {**self.human("x"), "organization_id": UNKNOWN}),
            ("a name of blanks", "invalid_argument", "USER-UCej2", api.create_user, self.human("x", profile=blank)),
            ("a number that is none", "invalid_argument", "PHONE-so0wa", api.create_user, self.human("x", phone={"phone": "number"})),
            ("a username that is taken", "already_exists", "V3-DKcYh", api.create_user, self.human("REFUSALS")),
            ("an id that is taken", "failed_precondition", "COMMAND-7yiox1isql", api.create_user, {**self.human("x"), "user_id": person}),
            ("an unknown user", "not_found", "QUERY-Dfbg2", api.get_user_by_id, {"user_id": UNKNOWN}),
            ("nor changed", "not_found", "COMMAND-ugjs0upun6", api.update_user, {"user_id": UNKNOWN, "machine": {"name": "X"}}),
            ("nor locked", "not_found", "COMMAND-450yxuqrh1", api.lock_user, {"user_id": UNKNOWN}),
            ("nor given an address", "not_found", "COMMAND-ieJ2e", api.set_email, {"user_id": machine, "email": "m@example.com"}),
            ("the same address", "failed_precondition", "COMMAND-Uch5e", api.set_email, {"user_id": person, "email": "refusals@example.com"}),
            ("a key that ended", "invalid_argument", "DOMAIN-dv3t5", api.add_key, {"user_id": machine, "expiration_date": PAST}),
            ("a key for a person", "failed_precondition", "COMMAND-bnipwm1", api.add_key, {"user_id": person, "expiration_date": FUTURE}),
            ("a token for a person", "failed_precondition", "COMMAND-Df2f1", api.add_personal_access_token, {"user_id": person, "expiration_date": FUTURE}),
            ("a secret for a person", "failed_precondition", "COMMAND-x8910n", api.add_secret, {"user_id": person}),
            ("a stranger sees nobody", "not_found", "AUTHZ-cdgFk", theirs.get_user_by_id, {"user_id": person}),
            ("nor changes anybody", "not_found", "AUTHZ-cdgFk", theirs.update_user, rename),
            ("nor locks anybody", "not_found", "AUTHZ-cdgFk", theirs.lock_user, {"user_id": person}),
            ("nor removes anybody", "not_found", "AUTHZ-cdgFk", theirs.delete_user, {"user_id": person}),
            ("nor makes anybody", "not_found", "AUTHZ-cdgFk", theirs.create_user, self.human("x")),
            ("nor makes a token", "not_found", "AUTHZ-cdgFk", theirs.add_personal_access_token, {"user_id": machine, "expiration_date": FUTURE}),
        ])
        request = self.human("x", profile=long)
        with self.assertRaisesRegex(Exception, "GivenName|given_name|400"):
            api.create_user(request)
        self.assertEqual((self.read(person).username, self.read(person).state), ("refusals", "USER_STATE_ACTIVE"))
