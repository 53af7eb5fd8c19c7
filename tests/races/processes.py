"""The demo portal under gunicorn with four processes on a PostgreSQL database of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg

from portal.demo.people import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 30
PREPARE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo")
"""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Portal:
    """Where it listens, and where its data are."""

    port: int
    database: str

    def query(self, statement: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.database) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def events(self, event: str, email: str) -> int:
        """How often a thing was recorded for a person."""
        statement = (
            "SELECT count(*) FROM mfa_auditevent JOIN accounts_user ON user_id = accounts_user.id "
            "WHERE event = %s AND email = %s"
        )
        return self.query(statement, event, email)[0][0]

    def messages(self) -> int:
        """How many texts and mails have left so far."""
        return self.query("SELECT count(*) FROM mfa_outboxmessage")[0][0]

    def code(self, target: str) -> str:
        """The newest code that went to a target."""
        statement = "SELECT body FROM mfa_outboxmessage WHERE target = %s ORDER BY id DESC LIMIT 1"
        return re.search(r"\b\d{6}\b", self.query(statement, target)[0][0])[0]


class Visitor:
    """A browser; many threads may use it at once, as a person who clicks and clicks."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str) -> int:
        return self._request("GET", path)

    def post(self, path: str, **fields: str) -> int:
        return self._request("POST", path, {"csrfmiddlewaretoken": self.token, **fields})

    def password(self, email: str) -> int:
        self.get("/login/")
        return self.post("/login/", email=email, password=PASSWORD)

    def _request(self, method: str, path: str, fields: dict[str, str] | None = None) -> int:
        """Return the status; keep the cookies and the token of the page."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = urlencode(fields) if fields else None
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.portal.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode()
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            jar = SimpleCookie(header)
            self.cookies |= {name: cookie.value for name, cookie in jar.items()}
        if found := TOKEN.search(page):
            self.token = found[1]
        return response.status


@contextmanager
def running(server: str, log: Path) -> Iterator[Portal]:
    """Start on an empty database with the demo's people; leave nothing behind."""
    with _database(server) as database:
        port = _free_port()
        env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "races only: long, dull, and gone together with its database",
            "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
            # Debugging needs no collected static files, which other tests may be reading.
            "DEBUG": "on",
            "DEMO": "on",
            "BASE_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": database,
            "SMS_TEST_NUMBERS": "+447700900",
        }
        command = [sys.executable, "-c", PREPARE]
        subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
        with _gunicorn(port, env, log):
            yield Portal(port, database)


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"portal_processes_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _gunicorn(port: int, env: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--workers", "4", "--threads", "4"],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait_until_all_listen(port, log)
        yield
    finally:
        # Nobody waits for an answer any more, and idle connections would take 5 s to end.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_all_listen(port: int, log: Path) -> None:
    ends = time.monotonic() + READY_WITHIN
    while log.read_text().count("Booting worker") < 4 or not _answers(port):
        if time.monotonic() > ends:
            raise RuntimeError(log.read_text())
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        return Visitor(Portal(port, "")).get("/login/") == 200
    except (ConnectionError, TimeoutError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
