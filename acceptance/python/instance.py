"""An instance of one's own, made through the System API, and clients that speak to it; wrong input as a table.

The published client has no System API of its own (v1), so its one call is made with the standard library.
"""

import json
import os
import secrets
import time
import unittest
import urllib.request
from pathlib import Path

import zitadel_client as zitadel
from authlib.jose import jwt
from zitadel_client.exceptions import ApiError
from zitadel_client.transport_options import TransportOptions

BASE_URL = os.environ["BASE_URL"]
UNKNOWN = "1"
TOO_LONG = "x" * 201

# The HTTP status of each code of Connect.
STATUS = {
    "invalid_argument": 400,
    "failed_precondition": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "already_exists": 409,
}


def system_token() -> str:
    """A token that the system user signs for itself."""
    now = int(time.time())
    claims = {"iss": "superuser", "sub": "superuser", "aud": BASE_URL, "iat": now, "exp": now + 3600}
    return jwt.encode({"alg": "RS256"}, claims, Path(os.environ["SYSTEM_KEY"]).read_text()).decode()


def fresh_domain(name: str) -> str:
    """A domain that no other instance has."""
    return f"{name}-{secrets.token_hex(6)}.localhost"


class Instance:
    """A new instance. Its owner, a service user, has the roles IAM_OWNER and ORG_OWNER."""

    def __init__(self, name: str) -> None:
        self.domain = fresh_domain(name)
        owner = {"userName": "owner", "name": "Owner", "personalAccessToken": {}}
        body = {"instanceName": name, "firstOrgName": "Home", "customDomain": self.domain, "machine": owner}
        headers = {"authorization": f"Bearer {system_token()}", "content-type": "application/json"}
        address = f"{BASE_URL}/system/v1/instances/_create"
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as response:
            made = json.load(response)
        self.id, self.token = made["instanceId"], made["pat"]
        self.owner = self.as_(self.token)
        listed = self.owner.organizations.list_organizations({})
        self.org_id = listed.result[0].id

    def as_(self, token: str) -> zitadel.Zitadel:
        """A client that calls this instance with a token."""
        options = TransportOptions(default_headers={"x-zitadel-instance-host": self.domain})
        return zitadel.Zitadel.with_access_token(BASE_URL, token, transport_options=options)

    def machine(self, username: str, org_id: "str | None" = None) -> str:
        """The id of a new service user."""
        request = {"organization_id": org_id or self.org_id, "username": username, "machine": {"name": username}}
        return self.owner.users.create_user(request).id

    def organization(self, name: str) -> "tuple[str, zitadel.Zitadel]":
        """Another organization, and an owner of it who has no rights anywhere else."""
        org_id = self.owner.organizations.add_organization({"name": name}).organization_id
        user_id = self.machine(f"owner-of-{org_id}", org_id)
        administrator = {"user_id": user_id, "roles": ["ORG_OWNER"], "resource": {"organization_id": org_id}}
        self.owner.internal_permissions.create_administrator(administrator)
        token = {"user_id": user_id, "expiration_date": "2099-01-01T00:00:00Z"}
        return org_id, self.as_(self.owner.users.add_personal_access_token(token).token)


class Suite(unittest.TestCase):
    """A suite with an instance of its own."""

    name = ""

    @classmethod
    def setUpClass(cls) -> None:
        cls.instance = Instance(cls.name)
        cls.org_id, cls.owner = cls.instance.org_id, cls.instance.owner
        cls.other_id, cls.theirs = cls.instance.organization("Elsewhere")

    def refused(self, code: str, error_id: str, call, request: dict) -> None:
        """Checks that a call is refused. `error_id` is the documented id, or the field of the contract that breaks a rule."""
        with self.assertRaises(ApiError) as raised:
            call(request)
        body = raised.exception.response_body
        body = json.loads(body) if isinstance(body, (str, bytes)) else body
        self.assertEqual((raised.exception.code, body["code"]), (STATUS[code], code), body)
        if "." in error_id:
            self.assertIn(f"invalid {error_id}: ", body["message"])
            self.assertNotIn("details", body)
        else:
            self.assertTrue(body["message"].endswith(f"({error_id})"), body["message"])
            self.assertEqual(body["details"][0]["debug"]["id"], error_id)

    def refuses(self, rows: list) -> None:
        """Checks a table of wrong input: what is wrong, code, id, call and request."""
        for what, *row in rows:
            with self.subTest(what):
                self.refused(*row)
