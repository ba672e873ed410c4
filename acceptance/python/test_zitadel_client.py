"""zitadel-client as published on PyPI: its three authenticators against a running server.

Run with: acceptance/lib/with-server sqlite python -m unittest discover -s acceptance/python
"""

import json
import os
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone

import zitadel_client as zitadel
from zitadel_client.auth.client_credentials_authenticator import ClientCredentialsAuthenticator
from zitadel_client.auth.web_token_authenticator import WebTokenAuthenticator
from zitadel_client.exceptions import ApiError, ZitadelError
from zitadel_client.models import (
    BetaUserServiceGetUserByIDRequest,
    InternalPermissionServiceCreateAdministratorRequest,
    InternalPermissionServiceResourceType,
    OrganizationServiceListOrganizationsRequest,
    UserServiceAddKeyRequest,
    UserServiceAddPersonalAccessTokenRequest,
    UserServiceAddSecretRequest,
    UserServiceCreateUserRequest,
    UserServiceDeactivateUserRequest,
    UserServiceGetUserByIDRequest,
    UserServiceMachine,
    UserServiceReactivateUserRequest,
    UserServiceRemoveKeyRequest,
    UserServiceRemovePersonalAccessTokenRequest,
    UserServiceRemoveSecretRequest,
)

BASE_URL = os.environ["BASE_URL"]
ADMIN_PAT = os.environ["ADMIN_PAT"]
TOKEN_INVALID = "Errors.Token.Invalid (AUTH-7fs1e)"


class ServiceUser:
    """A service user with the role ORG_OWNER and all three kinds of credentials, made through the v2 API."""

    def __init__(self, admin: zitadel.Zitadel, username: str, org_id: str) -> None:
        self.username = username
        made = admin.users.create_user(
            UserServiceCreateUserRequest(
                organization_id=org_id, username=username, machine=UserServiceMachine(name=f"The {username}")
            )
        )
        self.id = made.id
        admin.internal_permissions.create_administrator(
            InternalPermissionServiceCreateAdministratorRequest(
                user_id=self.id,
                roles=["ORG_OWNER"],
                resource=InternalPermissionServiceResourceType(organization_id=org_id),
            )
        )
        expiry = datetime.now(timezone.utc) + timedelta(hours=1)
        key = admin.users.add_key(UserServiceAddKeyRequest(user_id=self.id, expiration_date=expiry))
        self.key_id = key.key_id
        self.key_content = key.key_content if isinstance(key.key_content, bytes) else key.key_content.encode()
        self.secret = admin.users.add_secret(UserServiceAddSecretRequest(user_id=self.id)).client_secret
        token = admin.users.add_personal_access_token(
            UserServiceAddPersonalAccessTokenRequest(user_id=self.id, expiration_date=expiry)
        )
        self.token_id, self.token = token.token_id, token.token

    def key_file(self) -> str:
        """The path of a file with the key as the server gave it."""
        content = self.key_content
        if not content.lstrip().startswith(b"{"):
            import base64

            content = base64.b64decode(content)
        self.key = json.loads(content)
        with tempfile.NamedTemporaryFile("wb", suffix=".json", delete=False) as file:
            file.write(content)
        return file.name


class Walkthrough(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = zitadel.Zitadel.with_access_token(BASE_URL, ADMIN_PAT)
        found = cls.admin.organizations.list_organizations(OrganizationServiceListOrganizationsRequest())
        cls.org_id = found.result[0].id

    def setUp(self) -> None:
        name = f"python {self._testMethodName} {time.monotonic_ns()}"
        self.user = ServiceUser(self.admin, name.replace(" ", "-"), self.org_id)
        self.by_key = zitadel.Zitadel.with_private_key(BASE_URL, self.user.key_file())
        self.by_secret = zitadel.Zitadel.with_client_credentials(BASE_URL, self.user.username, self.user.secret)
        self.by_token = zitadel.Zitadel.with_access_token(BASE_URL, self.user.token)

    def see(self, client: zitadel.Zitadel):
        """Reads the service user as itself."""
        return client.users.get_user_by_id(UserServiceGetUserByIDRequest(user_id=self.user.id)).user

    def assert_refused(self, client: zitadel.Zitadel) -> None:
        with self.assertRaises(ApiError) as raised:
            self.see(client)
        self.assertEqual(raised.exception.code, 401)
        body = raised.exception.response_body
        body = json.loads(body) if isinstance(body, (str, bytes)) else body
        self.assertEqual(body["code"], "unauthenticated")
        self.assertEqual(body["message"], TOKEN_INVALID)
        self.assertEqual(body["details"][0]["type"], "zitadel.v1.ErrorDetail")

    def assert_no_token(self, client: zitadel.Zitadel, *texts: str) -> None:
        with self.assertRaises(ZitadelError) as raised:
            self.see(client)
        for text in texts:
            self.assertIn(text, str(raised.exception))

    def test_each_authenticator_works(self) -> None:
        for client in (self.by_key, self.by_secret, self.by_token):
            seen = self.see(client)
            self.assertEqual(seen.user_id, self.user.id)
            self.assertEqual(seen.machine.name, f"The {self.user.username}")
            found = client.organizations.list_organizations(OrganizationServiceListOrganizationsRequest())
            self.assertEqual([org.id for org in found.result], [self.org_id])

    def test_v2beta_answers_too(self) -> None:
        seen = self.by_token.beta_users.get_user_by_id(BetaUserServiceGetUserByIDRequest(user_id=self.user.id)).user
        self.assertEqual(seen.user_id, self.user.id)

    def test_a_token_without_the_audience_of_the_api_is_refused(self) -> None:
        key = self.user.key
        by_key = WebTokenAuthenticator.builder(BASE_URL, key["userId"], key["key"]).key_identifier(key["keyId"])
        by_secret = ClientCredentialsAuthenticator.builder(BASE_URL, self.user.username, self.user.secret)
        for authenticator in (by_key, by_secret):
            self.assert_refused(zitadel.Zitadel(authenticator.scopes("openid").build()))

    def test_an_expired_assertion_and_a_wrong_secret_are_refused(self) -> None:
        key = self.user.key
        expired = WebTokenAuthenticator.builder(BASE_URL, key["userId"], key["key"]).key_identifier(key["keyId"])
        self.assert_no_token(zitadel.Zitadel(expired.token_lifetime_seconds(-60).build()), "invalid_grant")
        wrong = zitadel.Zitadel.with_client_credentials(BASE_URL, self.user.username, "wrong")
        self.assert_no_token(wrong, "invalid_request", "Errors.User.Machine.Secret.Invalid")

    def test_a_deactivated_user_is_refused_at_once(self) -> None:
        for client in (self.by_key, self.by_secret, self.by_token):
            self.see(client)
        self.admin.users.deactivate_user(UserServiceDeactivateUserRequest(user_id=self.user.id))
        for client in (self.by_key, self.by_secret, self.by_token):
            self.assert_refused(client)
        fresh = zitadel.Zitadel.with_client_credentials(BASE_URL, self.user.username, self.user.secret)
        self.assert_no_token(fresh, "Errors.User.NotActive")
        self.admin.users.reactivate_user(UserServiceReactivateUserRequest(user_id=self.user.id))
        self.assertEqual(self.see(fresh).user_id, self.user.id)

    def test_removed_credentials_are_refused_at_once(self) -> None:
        self.see(self.by_token)
        of_user = {"user_id": self.user.id}
        self.admin.users.remove_key(UserServiceRemoveKeyRequest(**of_user, key_id=self.user.key_id))
        self.admin.users.remove_secret(UserServiceRemoveSecretRequest(**of_user))
        remove = UserServiceRemovePersonalAccessTokenRequest(**of_user, token_id=self.user.token_id)
        self.admin.users.remove_personal_access_token(remove)
        self.assert_no_token(self.by_key, "invalid_grant")
        self.assert_no_token(self.by_secret, "Errors.User.Machine.Secret.NotExisting")
        self.assert_refused(self.by_token)

    def test_errors_carry_status_and_text(self) -> None:
        with self.assertRaises(ApiError) as raised:
            self.by_token.users.get_user_by_id(UserServiceGetUserByIDRequest(user_id="1"))
        self.assertEqual(raised.exception.code, 404)
        again = UserServiceCreateUserRequest(
            organization_id=self.org_id, username=self.user.username, machine=UserServiceMachine(name="Twin")
        )
        with self.assertRaises(ApiError) as raised:
            self.by_token.users.create_user(again)
        self.assertEqual(raised.exception.code, 409)
        self.assertIn("V3-DKcYh", str(raised.exception.response_body))


if __name__ == "__main__":
    unittest.main()
