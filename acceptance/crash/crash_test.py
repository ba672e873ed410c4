#!/usr/bin/env python3
"""Kills the server in the middle of writes, starts it again, and checks that it kept its word.

    acceptance/crash/crash_test.py sqlite|postgres

Each round several writers create service users with keys, tokens and metadata, change and remove them, until the process
is killed (SIGKILL) at a random moment. After the restart every acknowledged write must be there, and what was not
acknowledged must be there as a whole or not at all. ROUNDS says how many rounds (3 unless told, 50 nightly), SEED makes
the moments repeatable.
"""

import base64
import http.client
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from castellan import Client, Failure, Place, Server  # noqa: E402

WRITERS = 6
LONGEST_ROUND = 1.5

# What must hold in the database whatever happened: each query must find nothing.
INVARIANTS = {
    "a user without a login name": "SELECT u.id FROM users u WHERE NOT EXISTS (SELECT 1 FROM login_names l"
    " WHERE l.instance_id = u.instance_id AND l.user_id = u.id)",
    "a user without the event that made it": "SELECT u.id FROM users u WHERE NOT EXISTS (SELECT 1 FROM events e"
    " WHERE e.instance_id = u.instance_id AND e.aggregate_id = u.id AND e.event_type IN ('user.machine.added', 'user.human.added'))",
    "a key without the event that made it": "SELECT k.id FROM user_keys k WHERE NOT EXISTS (SELECT 1 FROM events e"
    " WHERE e.instance_id = k.instance_id AND e.aggregate_id = k.user_id"
    " AND e.event_type = 'user.machine.key.added' AND e.payload LIKE '%' || k.id || '%')",
    "a token without the event that made it": "SELECT t.id FROM personal_access_tokens t WHERE NOT EXISTS"
    " (SELECT 1 FROM events e WHERE e.instance_id = t.instance_id AND e.aggregate_id = t.user_id"
    " AND e.event_type = 'user.pat.added' AND e.payload LIKE '%' || t.id || '%')",
    "a user that its events say is removed": "SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM events e"
    " WHERE e.instance_id = u.instance_id AND e.aggregate_id = u.id AND e.event_type = 'user.removed')",
    "a gap in the events of one aggregate": "SELECT aggregate_type, aggregate_id FROM events"
    " GROUP BY instance_id, aggregate_type, aggregate_id HAVING COUNT(*) <> MAX(sequence) - MIN(sequence) + 1",
}


@dataclass
class User:
    """What one writer knows about one user: only what was acknowledged, unless it says otherwise."""

    user_name: str
    id: str = ""
    name: str = ""
    maybe_name: str = ""
    keys: "list[str]" = field(default_factory=list)
    token: str = ""
    metadata: str = ""
    maybe_metadata: str = ""
    is_removed: bool = False
    maybe_removed: bool = False


class Writer(threading.Thread):
    """Writes until the server is gone; remembers what was acknowledged."""

    def __init__(self, server: Server, name: str, public_key: str, seed: int) -> None:
        super().__init__(name=name)
        self.server = server
        self.public_key = public_key
        self.random = random.Random(seed)
        self.users: "list[User]" = []
        self.acknowledged = 0
        self.unexpected: "Exception | None" = None

    def run(self) -> None:
        try:
            client = self.server.connect()
            while True:
                self.write_one(client)
        except (OSError, http.client.HTTPException):
            # The server is gone, as it should be: what was in flight stays uncertain.
            pass
        except Exception as cause:  # noqa: BLE001 - shown by the main thread
            self.unexpected = cause

    def write_one(self, client: Client) -> None:
        user = User(user_name=f"{self.name}-{len(self.users)}", name="first", maybe_name="first")
        self.users.append(user)
        call = lambda *words: self.acknowledge(client, *words)  # noqa: E731
        user.id = call("POST", "/management/v1/users/machine", {"userName": user.user_name, "name": user.name})["userId"]
        path = f"/management/v1/users/{user.id}"
        for _ in range(self.random.randint(1, 2)):
            key = {"type": "KEY_TYPE_JSON", "publicKey": self.public_key}
            user.keys.append(call("POST", f"{path}/keys", key)["keyId"])
        if self.random.random() < 0.5:
            user.token = call("POST", f"{path}/pats", {})["token"]
        if self.random.random() < 0.5:
            user.maybe_name = "second"
            call("PUT", f"{path}/machine", {"name": user.maybe_name})
            user.name = user.maybe_name
        if self.random.random() < 0.5:
            user.maybe_metadata = base64.b64encode(user.user_name.encode()).decode()
            call("POST", f"{path}/metadata/own-name", {"value": user.maybe_metadata})
            user.metadata = user.maybe_metadata
        if self.random.random() < 0.2:
            user.maybe_removed = True
            call("DELETE", path)
            user.is_removed = True

    def acknowledge(self, client: Client, *words) -> dict:
        answer = client.call(*words)
        self.acknowledged += 1
        return answer


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Failure(text)


def check(client: Client, port: int, user: User) -> None:
    """Compares one user with what the server says now."""
    if not user.id:
        check_uncertain(client, user)
        return
    path = f"/management/v1/users/{user.id}"
    status, answer = client.send("GET", path)
    if user.is_removed or (user.maybe_removed and status == 404):
        expect(status == 404, f"{user.user_name} was removed, but is there: {answer}")
        if user.token:
            status, _ = Client(port, user.token).send("GET", "/auth/v1/users/me")
            expect(status == 401, f"the token of the removed {user.user_name} is answered {status}")
        return
    expect(status == 200, f"{user.user_name} was acknowledged, but is answered {status}: {answer}")
    seen = answer["user"]
    expect(seen["userName"] == user.user_name, f"{user.user_name} is called {seen['userName']}")
    expect(seen.get("preferredLoginName") == user.user_name, f"{user.user_name} has no login name: {seen}")
    expect(user.user_name in seen.get("loginNames", []), f"{user.user_name} has no login name: {seen}")
    expect(seen["state"] == "USER_STATE_ACTIVE", f"{user.user_name} is {seen['state']}")
    expect(seen["machine"]["name"] in (user.name, user.maybe_name), f"{user.user_name}: {seen['machine']}")
    for key_id in user.keys:
        status, answer = client.send("GET", f"{path}/keys/{key_id}")
        expect(status == 200, f"key {key_id} of {user.user_name} was acknowledged, but is answered {status}: {answer}")
    if user.token:
        status, answer = Client(port, user.token).send("GET", "/auth/v1/users/me")
        expect(status == 200 and answer["user"]["id"] == user.id, f"the token of {user.user_name}: {status} {answer}")
    status, answer = client.send("GET", f"{path}/metadata/own-name")
    if user.metadata:
        expect(status == 200 and answer["metadata"]["value"] == user.metadata, f"metadata of {user.user_name}: {answer}")
    elif status == 200:
        expect(answer["metadata"]["value"] == user.maybe_metadata, f"metadata of {user.user_name}: {answer}")


def check_uncertain(client: Client, user: User) -> None:
    """A user whose creation was not acknowledged: it is there as a whole, or its name is free."""
    name = {"userNameQuery": {"userName": user.user_name, "method": "TEXT_QUERY_METHOD_EQUALS"}}
    found = client.call("POST", "/management/v1/users/_search", {"queries": [name]}).get("result", [])
    if found:
        expect(found[0].get("preferredLoginName") == user.user_name, f"half a user: {found[0]}")
        user.id = found[0]["id"]
        check(client, client.port, user)
    status, answer = client.send("POST", "/management/v1/users/machine", {"userName": user.user_name, "name": user.name})
    if found:
        expect(status == 409, f"{user.user_name} is there, but its name is free: {status} {answer}")
    else:
        expect(status == 200, f"{user.user_name} is not there, but its name is taken: {status} {answer}")
        user.id = answer["userId"]


def public_key() -> str:
    """A public key as the API takes it; one for all, because making keys is not what is tested."""
    made = subprocess.run(
        "openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout",
        shell=True,
        check=True,
        capture_output=True,
    )
    return base64.b64encode(made.stdout).decode()


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    rounds = int(os.environ.get("ROUNDS") or 3)
    seed = int(os.environ.get("SEED") or time.time())
    dice = random.Random(seed)
    print(f"{rounds} rounds on {sys.argv[1]}, SEED={seed}")
    with Place(sys.argv[1]) as place:
        server = place.server().start()
        key = public_key()
        everyone: "list[User]" = []
        for number in range(1, rounds + 1):
            writers = [Writer(server, f"round-{number}-writer-{n}", key, dice.randrange(2**32)) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            moment = dice.uniform(0.05, LONGEST_ROUND)
            time.sleep(moment)
            server.kill()
            for writer in writers:
                writer.join()
            for writer in writers:
                if writer.unexpected:
                    raise writer.unexpected
            begin = time.monotonic()
            server.start()
            restart = time.monotonic() - begin
            client = server.connect()
            written = [user for writer in writers for user in writer.users]
            for user in written + dice.sample(everyone, min(len(everyone), 50)):
                check(client, server.port, user)
            everyone += written
            acknowledged = sum(writer.acknowledged for writer in writers)
            print(
                f"round {number}: killed after {moment:.2f} s and {acknowledged} acknowledged writes,"
                f" ready again after {restart:.2f} s, nothing lost",
                flush=True,
            )
        for user in everyone:
            check(server.connect(), server.port, user)
        server.stop()
        for what, query in INVARIANTS.items():
            found = place.rows(server, query)
            expect(not found, f"{what}: {found[:5]}")
        if place.database is None:
            expect(place.rows(server, "PRAGMA integrity_check") == ["ok"], "the database file is damaged")
            expect(not place.rows(server, "PRAGMA foreign_key_check"), "rows refer to rows that are not there")
        expect(len(everyone) >= rounds, "nothing was written, so nothing was tested")
    print(f"{len(everyone)} users written and checked, the database is whole")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"failed: {failure}", file=sys.stderr)
        sys.exit(1)
