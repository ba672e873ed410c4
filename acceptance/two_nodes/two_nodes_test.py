#!/usr/bin/env python3
"""Two server processes on one PostgreSQL database see each other's writes at once: `two_nodes_test.py` (TEST_POSTGRES set).

"At once" means the very next request: nothing here waits or tries again.
"""

import base64
import http.client
import json
import os
import sys
import threading
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from castellan import Client, Failure, Place, Server  # noqa: E402

API_SCOPE = "urn:zitadel:iam:org:project:id:zitadel:aud"
TIMES = int(os.environ.get("TIMES") or 20)


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Failure(text)


def start_together(servers: "list[Server]") -> None:
    """Starts both at the same moment on the empty database: one sets it up, the other waits for that."""
    for server in servers:
        server.launch()
    for server in servers:
        server.wait()


def token(server: Server, user_name: str, secret: str) -> "tuple[int, dict]":
    """A token by client credentials from this node."""
    pair = ":".join(urllib.parse.quote(part, safe="") for part in (user_name, secret))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": f"openid {API_SCOPE}"})
    headers = {
        "host": f"localhost:{server.port}",
        "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "content-type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/oauth/v2/token", body=form, headers=headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def key_id(jwt: str) -> str:
    header = jwt.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def see_each_other(one: Server, other: Server, admin: str, number: int) -> None:
    """Writes on one node, reads on the other."""
    here, there = Client(one.port, admin), Client(other.port, admin)
    name = f"node-{one.port}-{number}"
    user = here.call("POST", "/management/v1/users/machine", {"userName": name, "name": "Before"})["userId"]
    path = f"/management/v1/users/{user}"
    expect(there.call("GET", path)["user"]["machine"]["name"] == "Before", "a new user")
    here.call("PUT", f"{path}/machine", {"name": "After"})
    expect(there.call("GET", path)["user"]["machine"]["name"] == "After", "a changed user")
    here.call("POST", "/management/v1/orgs/me/members", {"userId": user, "roles": ["ORG_OWNER"]})
    secret = here.call("PUT", f"{path}/secret", {})["clientSecret"]
    pat = here.call("POST", f"{path}/pats", {})

    status, answer = token(other, name, secret)
    expect(status == 200, f"a new secret is not known on the other node: {answer}")
    bearers = {"token": Client(one.port, answer["access_token"]), "PAT": Client(other.port, pat["token"])}
    for what, client in bearers.items():
        expect(client.send("GET", "/management/v1/orgs/me")[0] == 200, f"a new {what} is not known on the other node")

    there.call("DELETE", f"/management/v1/orgs/me/members/{user}")
    for what, client in bearers.items():
        status, _ = client.send("GET", "/management/v1/orgs/me")
        expect(status == 404, f"a removed role still works with a {what}: {status}")
    here.call("POST", "/management/v1/orgs/me/members", {"userId": user, "roles": ["ORG_OWNER"]})

    there.call("POST", f"{path}/_deactivate", {})
    for what, client in bearers.items():
        status, _ = client.send("GET", "/management/v1/orgs/me")
        expect(status == 401, f"the {what} of a deactivated user still works: {status}")
    expect(token(one, name, secret)[1].get("error_description") == "Errors.User.NotActive", "a deactivated user")
    here.call("POST", f"{path}/_reactivate", {})
    expect(bearers["PAT"].send("GET", "/management/v1/orgs/me")[0] == 200, "a reactivated user")

    here.call("DELETE", f"{path}/pats/{pat['tokenId']}")
    expect(bearers["PAT"].send("GET", "/management/v1/orgs/me")[0] == 401, "a removed PAT still works")
    there.call("DELETE", f"{path}/secret")
    expect(token(one, name, secret)[0] == 400, "a removed secret still works")
    there.call("DELETE", path)
    expect(here.send("GET", path)[0] == 404, "a removed user is still there")


def collide(one: Server, other: Server, admin: str, number: int) -> None:
    """The same user name at the same moment on both nodes: one gets it, the other is told that it is taken."""
    statuses: "list[int]" = []

    def create(server: Server) -> None:
        body = {"userName": f"twin-{number}", "name": "Twin"}
        statuses.append(Client(server.port, admin).send("POST", "/management/v1/users/machine", body)[0])

    threads = [threading.Thread(target=create, args=[server]) for server in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(sorted(statuses) == [200, 409], f"the same name on both nodes: {statuses}")


def rotate(one: Server, other: Server, admin: str) -> None:
    """A signing key activated on one node signs on the other."""
    here = Client(one.port, admin)
    body = {"userName": f"signed-{one.port}", "name": "Signed", "accessTokenType": "ACCESS_TOKEN_TYPE_JWT"}
    user = here.call("POST", "/management/v1/users/machine", body)["userId"]
    secret = here.call("PUT", f"/management/v1/users/{user}/secret", {})["clientSecret"]
    before = key_id(token(other, f"signed-{one.port}", secret)[1]["access_token"])
    service = "/zitadel.webkey.v2.WebKeyService"
    made = here.call("POST", f"{service}/CreateWebKey", {"ecdsa": {"curve": "ECDSA_CURVE_P256"}})["id"]
    here.call("POST", f"{service}/ActivateWebKey", {"id": made})
    after = token(other, f"signed-{one.port}", secret)[1]["access_token"]
    expect(before != made and key_id(after) == made, f"the key {made} was activated, but {key_id(after)} signs")
    status, answer = Client(other.port, after).send("GET", "/auth/v1/users/me")
    expect(status == 200, f"the API refuses a token of the new key: {answer}")


def main() -> int:
    key = {"CASTELLAN_MASTERKEY": "MasterkeyNeedsToHave32Characters"}
    with Place("postgres") as place:
        one, other = place.server("one", settings=key), place.server("other", settings=key)
        start_together([one, other])
        maker = one if one.token_file.exists() else other
        admin = maker.admin_token
        expect(not (one.token_file.exists() and other.token_file.exists()), "both nodes made the first instance")
        for number in range(TIMES):
            see_each_other(one, other, admin, number)
            see_each_other(other, one, admin, number)
            collide(one, other, admin, number)
        rotate(one, other, admin)
        rotate(other, one, admin)
        one.kill()
        expect(Client(other.port, admin).send("GET", "/management/v1/orgs/me")[0] == 200, "one node alone")
        one.start()
        see_each_other(one, other, admin, TIMES)
        one.stop()
        other.stop()
    print(f"two nodes saw each other's writes at once, {2 * TIMES + 1} times")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"failed: {failure}", file=sys.stderr)
        sys.exit(1)
