"""A portal: its environment, its database, and the processes that serve it."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

from tests.mfa.channels.mail_server import Mailbox, serving
from tests.processes.process import Process, free_port, python, run
from tests.processes.visitor import Visitor
from tests.twilio_endpoint.account import Account
from tests.twilio_endpoint.certificates import Authority
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy

READY_WITHIN = 30
PASSWORD = "correct horse battery staple"
ACCOUNT = Account(sid="AC" + "5" * 32, token="0a1b2c3d" * 4, numbers={"+15005550006": True})


@dataclass
class Portal:
    """What tests inspect, and the processes that they stop, kill and restart."""

    url: str
    database: str
    folder: Path
    env: dict[str, str]
    exits: ExitStack = field(default_factory=ExitStack)
    web: Process = field(init=False)
    worker: Process = field(init=False)
    helper: Process = field(init=False)
    bulk: Process = field(init=False)
    beat: Process = field(init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.exits.close()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def background(self) -> tuple[Process, ...]:
        """The workers, and the beat first, so that nothing new comes while they stop."""
        return self.beat, self.worker, self.helper, self.bulk

    def visitor(self) -> Visitor:
        return Visitor(self.url)

    # Start

    def start_web(self, *, workers: int, threads: int = 8) -> None:
        """Start gunicorn and wait until all its workers serve."""
        command = ["gunicorn", "portal.wsgi", "--bind", self.url.removeprefix("http://")]
        command += ["--workers", str(workers), "--threads", str(threads)]
        self.web = self._start(command)
        self.wait_until_served()

    def start_worker(self) -> None:
        """Start the three workers and a beat, as in the operators' guide."""
        self.worker = self._start(["manage", "worker", "sms", "--threads", "10"])
        self.helper = self._start(["manage", "worker", "celery", "--threads", "4"])
        self.bulk = self._start(["manage", "worker", "bulk", "--threads", "4"])
        schedule = ["--schedule", str(self.folder / "beat")]
        self.beat = self._start(["manage", "beat", *schedule])

    def restart(self, **settings: str) -> None:
        """Stop web, worker and beat as an operator does, and start them with other settings."""
        self.env.update(settings)
        for process in (*self.background, self.web):
            process.stop()
            process.start()
        self.wait_until_served()

    def _start(self, command: list[str]) -> Process:
        return self.exits.enter_context(Process(python(*command), self.env, self.log))

    def wait_until_served(self) -> None:
        """Wait until each gunicorn worker listens and one has answered."""
        command = self.web.command
        workers = int(command[command.index("--workers") + 1])
        ends = time.monotonic() + READY_WITHIN
        while len(self.web.children()) < workers or not self._answers():
            if time.monotonic() > ends:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            # Behind a TLS proxy the portal redirects requests without it.
            return Visitor(self.url, timeout=2).send("GET", "/login/").status in {200, 301}
        except (ConnectionError, TimeoutError):
            return False

    # Inspect

    def manage(self, *words: str, **more: str) -> str:
        """Run a management command and return what it prints."""
        return run([sys.executable, "manage.py", *words], {**self.env, **more})

    def query(self, statement: str, *values: object) -> list[tuple]:
        """Ask the database."""
        with psycopg.connect(self.database) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def dump(self) -> str:
        """Return all rows of all tables as text."""
        tables = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return "\n".join(str(self.query(f'SELECT * FROM "{name}"')) for (name,) in tables)

    def events(self, event: str, email: str) -> int:
        """Return how often an event was recorded for a person."""
        statement = (
            "SELECT count(*) FROM mfa_auditevent JOIN accounts_user ON user_id = accounts_user.id "
            "WHERE event = %s AND email = %s"
        )
        return self.query(statement, event, email)[0][0]

    def messages(self) -> int:
        """Return how many texts and emails are in the demo's outbox."""
        return self.query("SELECT count(*) FROM mfa_outboxmessage")[0][0]

    def code(self, target: str) -> str:
        """Return the newest code for a target in the demo's outbox."""
        statement = "SELECT body FROM mfa_outboxmessage WHERE target = %s ORDER BY id DESC LIMIT 1"
        return code_in(self.query(statement, target)[0][0])


@dataclass
class Company(Portal):
    """A portal as in production, with its mail server and Twilio's endpoint."""

    endpoint: Endpoint = field(kw_only=True)
    proxy: Proxy = field(kw_only=True)
    mailbox: Mailbox = field(kw_only=True)

    def texts(self, number: str) -> list[str]:
        return [form["Body"] for form in self.endpoint.messages if form["To"] == number]


def code_in(text: str) -> str:
    return re.findall(r"\b\d{6}\b", text)[0]


@contextmanager
def demo(database: str, folder: Path, **settings: str) -> Iterator[Portal]:
    """Prepare the demo with its people: no broker, and messages stay in its outbox."""
    # DEBUG needs no collected static files.
    env = _env(database, folder, DEBUG="on", DEMO="on", **settings)
    with Portal(env["BASE_URL"], database, folder, env) as portal:
        portal.manage("migrate", "--verbosity", "0")
        portal.manage("demo")
        yield portal


@contextmanager
def company(database: str, broker: str, folder: Path, **settings: str) -> Iterator[Company]:
    """Prepare an empty portal as a company runs it. Texts are sent through an HTTP proxy."""
    with ExitStack() as exits:
        mailbox = Mailbox()
        mail_port = exits.enter_context(serving(mailbox))
        authority = Authority(folder)
        endpoint = exits.enter_context(Endpoint(authority, account=ACCOUNT))
        proxy = exits.enter_context(Proxy(endpoint.server_address))
        more = {
            "REDIS_URL": broker,
            "BROKER_URL": broker,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "SMS_PROXY_URL": f"http://{proxy.address}",
            "REQUESTS_CA_BUNDLE": str(authority.path),
            "LOG_LEVEL": "DEBUG",
        }
        env = _env(database, folder, **{**more, **settings})
        portal = Company(
            env["BASE_URL"], database, folder, env, endpoint=endpoint, proxy=proxy, mailbox=mailbox
        )
        with portal:
            portal.manage("migrate", "--verbosity", "0")
            portal.manage("collectstatic", "--no-input", "--verbosity", "0")
            yield portal


def _env(database: str, folder: Path, **settings: str) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "tests.processes.settings",
        "ENV_FILE": os.devnull,
        "TEST_STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": "tests of processes only: long and dull and gone with the database",
        "ENCRYPTION_KEYS": "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24=",
        "BASE_URL": f"http://127.0.0.1:{free_port()}",
        "DATABASE_URL": database,
        "SMS_TEST_NUMBERS": "+447700900",
        **settings,
    }
