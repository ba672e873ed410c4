"""Starts the built binary for tests: on a free port, with an empty data directory, on SQLite or on PostgreSQL.

Only Python's standard library and, for PostgreSQL, the `psql` program are needed. Settings come from the environment:

    BINARY         the server, `target/debug/castellan` by default
    TEST_POSTGRES  address of a PostgreSQL server on which databases may be made, such as
                   postgres://postgres@127.0.0.1:5432/postgres
"""

import ctypes
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("sqlite", "postgres")
START_TIMEOUT = 60.0


class Failure(Exception):
    """A test found something wrong; its text says what."""


def binary() -> Path:
    """The server under test."""
    path = Path(os.environ.get("BINARY") or ROOT / "target" / "debug" / "castellan")
    if not path.is_file():
        raise Failure(f"{path} does not exist: run `cargo build` first, or name the binary in BINARY")
    return path


def free_port() -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """Has the kernel kill the process when the test that started it is gone (Linux; elsewhere nothing happens)."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):
        pass


class PostgresDatabase:
    """An empty database on the server in TEST_POSTGRES, dropped at the end."""

    def __init__(self) -> None:
        self.server = os.environ.get("TEST_POSTGRES", "")
        if not self.server:
            raise Failure("TEST_POSTGRES is not set: it must hold the address of a PostgreSQL server for tests")
        self.name = f"castellan_acceptance_{secrets.token_hex(6)}"
        self._psql(f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        parts = urllib.parse.urlsplit(self.server)
        self.address = urllib.parse.urlunsplit(parts._replace(path=f"/{self.name}"))

    def _psql(self, statement: str) -> None:
        command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", self.server]
        subprocess.run([*command, "--command", statement], check=True, stdin=subprocess.DEVNULL)

    def rows(self, query: str) -> "list[str]":
        """The rows of a query, each as text."""
        command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", self.address]
        done = subprocess.run([*command, "--command", query], check=True, capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if line]

    def drop(self) -> None:
        """Removes the database, whoever is still connected."""
        self._psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Server:
    """One server process. `start` may be called again after `stop` or `kill`: the data stays."""

    def __init__(self, directory: Path, database: str = "", port: int = 0, settings: "dict[str, str] | None" = None):
        self.directory = directory
        self.port = port or free_port()
        self.database = database
        self.url = f"http://localhost:{self.port}"
        self.token_file = directory / "admin.pat"
        self.log_file = directory / "server.log"
        self.settings = settings or {}
        self.process: "subprocess.Popen[bytes] | None" = None

    def environment(self) -> "dict[str, str]":
        """The environment of the process: nothing that configures another server gets through."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("CASTELLAN_", "ZITADEL_"))}
        machine = "ZITADEL_FIRSTINSTANCE_ORG_MACHINE"
        own |= {
            "CASTELLAN_DATADIR": str(self.directory / "data"),
            "CASTELLAN_PORT": str(self.port),
            "ZITADEL_EXTERNALDOMAIN": "localhost",
            f"{machine}_MACHINE_USERNAME": "admin-bot",
            f"{machine}_MACHINE_NAME": "Admin Bot",
            f"{machine}_PAT_EXPIRATIONDATE": "2099-01-01T00:00:00Z",
            "ZITADEL_FIRSTINSTANCE_PATPATH": str(self.token_file),
        }
        if self.database:
            own["ZITADEL_DATABASE_POSTGRES_DSN"] = self.database
        return own | self.settings

    def start(self) -> "Server":
        """Starts the process and waits until it can serve."""
        return self.launch().wait()

    def launch(self) -> "Server":
        """Starts the process. It ends with the thread that calls this."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [str(binary()), "start"],
                cwd=self.directory,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        return self

    def wait(self) -> "Server":
        """Waits until the process that was launched can serve."""
        assert self.process is not None
        end = time.monotonic() + START_TIMEOUT
        while not self.is_ready():
            if self.process.poll() is not None:
                raise Failure(f"the server ended with {self.process.returncode} at its start:\n{self.log_tail()}")
            if time.monotonic() > end:
                self.kill()
                raise Failure(f"the server was not ready after {START_TIMEOUT:.0f} s:\n{self.log_tail()}")
            time.sleep(0.02)
        return self

    def is_ready(self) -> bool:
        """Whether /debug/ready answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/debug/ready", headers={"host": f"localhost:{self.port}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """Ends the process as an operator would, and checks that it ends well."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired as cause:
            self.kill()
            raise Failure(f"the server did not end within 30 s of SIGTERM:\n{self.log_tail()}") from cause
        if code != 0:
            raise Failure(f"the server ended with {code} after SIGTERM:\n{self.log_tail()}")

    def kill(self) -> None:
        """Ends the process without any warning, in the middle of whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    @property
    def admin_token(self) -> str:
        """The personal access token of the machine administrator of the first start."""
        return self.token_file.read_text().strip()

    def log_tail(self, lines: int = 30) -> str:
        """The last lines that the server wrote."""
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def connect(self) -> "Client":
        """A client with one connection of its own, speaking as the machine administrator."""
        return Client(self.port, self.admin_token)


class Client:
    """REST calls with one token over one connection; not for use from two threads at once."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(self, verb: str, path: str, body: "dict | None" = None) -> "tuple[int, dict]":
        """Status and JSON body of the answer."""
        text = None if body is None else json.dumps(body)
        headers = {
            "host": f"localhost:{self.port}",
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
        }
        self.connection.request(verb, path, body=text, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else {}

    def call(self, verb: str, path: str, body: "dict | None" = None) -> dict:
        """The JSON body of a good answer."""
        status, answer = self.send(verb, path, body)
        if status != 200:
            raise Failure(f"{verb} {path} was answered {status}: {answer}")
        return answer


class Place:
    """A temporary directory, and a PostgreSQL database if that is the engine; removed at the end."""

    def __init__(self, engine: str) -> None:
        if engine not in ENGINES:
            raise Failure(f"the engine is sqlite or postgres, not {engine!r}")
        self.directory = Path(tempfile.mkdtemp(prefix="castellan-acceptance-"))
        self.database = PostgresDatabase() if engine == "postgres" else None
        self.servers: "list[Server]" = []

    def server(self, name: str = "server", **more) -> Server:
        """A server in this place; several share the database, not the directory."""
        address = self.database.address if self.database else ""
        server = Server(self.directory / name, address, **more)
        self.servers.append(server)
        return server

    def rows(self, server: Server, query: str) -> "list[str]":
        """The rows of a query on the database of a server that does not run, each as text."""
        if self.database:
            return self.database.rows(query)
        connection = sqlite3.connect(server.directory / "data" / "castellan.db")
        try:
            return ["|".join(map(str, row)) for row in connection.execute(query)]
        finally:
            connection.close()

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, kind, *_) -> None:
        for server in self.servers:
            server.kill()
        if self.database:
            self.database.drop()
        if kind is not None and os.environ.get("KEEP"):
            print(f"kept for a look: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
