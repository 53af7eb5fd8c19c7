"""The portal as it runs in production: gunicorn, a Celery worker, PostgreSQL, Redis, SMTP, Twilio.

Each is a real process or server; Twilio's is ours, reached through an HTTP proxy of ours.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.mfa.channels.mail_server import Mailbox, serving
from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.certificates import Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 30
ACCOUNT = Account(sid="AC" + "5" * 32, token="0a1b2c3d" * 4, numbers={"+15005550006": True})


@dataclass
class Stack:
    """What a walk needs to look at."""

    url: str
    database: str
    env: dict[str, str]
    endpoint: Endpoint
    proxy: Proxy
    mailbox: Mailbox
    log: Path

    def manage(self, *words: str, **more: str) -> str:
        """Run a management command and return what it prints."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env={**self.env, **more}, check=True, capture_output=True, text=True
        )
        return done.stdout

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(statement).fetchall()

    def dump(self) -> str:
        """All rows of all tables, as text."""
        tables = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return "\n".join(str(self.query(f'SELECT * FROM "{name}"')) for (name,) in tables)


@contextmanager
def running(postgresql: str, redis: str, folder: Path, *, workers: int = 2) -> Iterator[Stack]:
    """Start everything on an empty database, and take it all down again."""
    with ExitStack() as exits:
        database = exits.enter_context(_database(postgresql))
        mailbox = Mailbox()
        mail_port = exits.enter_context(serving(mailbox))
        authority = Authority(folder)
        endpoint = exits.enter_context(Endpoint(authority, account=ACCOUNT))
        proxy = exits.enter_context(Proxy(endpoint.server_address))
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "production tests only: long, dull, and gone with the database",
            "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
            "BASE_URL": url,
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "BROKER_URL": redis,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "SMS_PROXY_URL": f"http://{proxy.address}",
            "SMS_TEST_NUMBERS": "+447700900",
            "REQUESTS_CA_BUNDLE": str(authority.path),
            "LOG_LEVEL": "DEBUG",
            "PORTAL_NAME": "Acme Portal",
        }
        log = folder / "log"
        stack = Stack(url, database, env, endpoint, proxy, mailbox, log)
        stack.manage("migrate", "--verbosity", "0")
        stack.manage("collectstatic", "--no-input", "--verbosity", "0")
        web = ["gunicorn", "portal.wsgi", "--workers", str(workers), "--threads", "8"]
        exits.enter_context(_process([*web, "--bind", f"127.0.0.1:{port}"], env, log))
        worker = ["celery", "-A", "portal", "worker", "--beat", "--pool", "threads"]
        schedule = ["--concurrency", "8", "--schedule", str(folder / "beat")]
        exits.enter_context(_process([*worker, *schedule], env, log))
        _wait_until_ready(url, log)
        yield stack


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"portal_production_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _process(command: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(url: str, log: Path) -> None:
    ends = time.monotonic() + READY_WITHIN
    while True:
        try:
            urllib.request.urlopen(f"{url}/login/", timeout=2).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > ends:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
