"""The running sites, each with its own PostgreSQL database and gunicorn."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from benchmarks.peers.logins import Entry, Person
from tests.processes import people, portal as portals, queue as queues, services
from tests.processes.portal import Company
from tests.processes.process import Process, free_port, python, run

PEERS = ("plain", "allauth", "twofactor")
# The same processes for all: one worker, so memory and CPU are the product's.
SERVED = ("--workers", "1", "--threads", "4")


@dataclass
class Site:
    """One product: how to run its programs, its people, and its server."""

    name: str
    python: str
    env: dict[str, str]
    people: Iterator[Person]
    port: int
    server: Process = field(init=False)

    def start(self, application: str, log: Path) -> Process:
        """Start the server."""
        command = [self.python, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{self.port}"]
        # gunicorn would read our own settings file here.
        config = [] if application == "portal.wsgi" else ["--config", "python:http"]
        self.server = Process([*command, *config, *SERVED], self.env, log)
        return self.server

    def count(self, entry: Entry, people: list[Person]) -> dict[str, int]:
        """Count the cost of a login inside a process of the product."""
        facts = json.dumps([_facts(person) for person in people])
        words = [self.python, "-m", "benchmarks.peers.count", entry.name]
        return json.loads(run(words, self.env, said=facts))


def _facts(person: Person) -> dict[str, str]:
    return {"name": person.name, "number": person.number, "address": person.address}


@contextmanager
def peers(interpreter: str, server: str, folder: Path, most: int) -> Iterator[list[Site]]:
    """Run the peers, with this many people each."""
    with ExitStack() as exits:
        yield [exits.enter_context(_peer(n, interpreter, server, folder, most)) for n in PEERS]


@contextmanager
def _peer(name: str, interpreter: str, server: str, folder: Path, most: int) -> Iterator[Site]:
    with services.database(server) as database:
        outbox = folder / f"outbox-{name}"
        outbox.mkdir()
        env = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "benchmarks.peers.sites.settings",
            "PEERS_SITE": name,
            "PEERS_OUTBOX": str(outbox),
            "DATABASE_URL": database,
        }
        run([interpreter, "-m", "django", "migrate", "--verbosity", "0"], env)
        made = json.loads(run([interpreter, "-m", "benchmarks.peers.sites.seed", str(most)], env))
        site = Site(name, interpreter, env, iter([Person(**facts) for facts in made]), free_port())
        with site.start("django.core.wsgi:get_wsgi_application()", folder / f"{name}.log"):
            _wait(site)
            yield site


@contextmanager
def ours(server: str, folder: Path, most: int) -> Iterator[tuple[Company, list[Site]]]:
    """Run our portal twice on one database: as shipped, and with a home page like the peers'.

    `most` people for all of it: nobody logs in twice, or limits and known devices would count.
    """
    with (
        queues.queue(queues.program(), folder) as queue,
        services.database(server) as database,
        portals.company(
            database,
            queue.url,
            folder,
            TEST_HASHER="trivial",
            LOG_LEVEL="INFO",
            TRUSTED_PROXIES="127.0.0.1",
            ALLOWED_HOSTS="127.0.0.1,testserver",
        ) as company,
        ExitStack() as exits,
    ):
        emails = people.enroll(company, "somebody", most)
        everybody = iter(
            [
                Person(email, people.number_of(email), f"10.0.{n // 250}.{n % 250}")
                for n, email in enumerate(emails)
            ]
        )
        sites = []
        for name, settings, port in (
            ("portal", "tests.processes.settings", int(company.env["BASE_URL"].rpartition(":")[2])),
            ("small", "benchmarks.peers.portal_settings", free_port()),
        ):
            env = {**company.env, "DJANGO_SETTINGS_MODULE": settings}
            site = Site(name, python()[0], env, everybody, port)
            exits.enter_context(site.start("portal.wsgi", folder / "log"))
            _wait(site)
            sites.append(site)
        company.start_worker()
        yield company, sites


def _wait(site: Site) -> None:
    ends = time.monotonic() + portals.READY_WITHIN
    while True:
        try:
            # Any answer is fine: 404 raises an OSError too, but one with a code.
            urlopen(f"http://127.0.0.1:{site.port}/", timeout=5).close()
        except OSError as error:
            if hasattr(error, "code"):
                return
            if time.monotonic() > ends:
                raise RuntimeError(site.server.log.read_text()[-3000:]) from error
            time.sleep(0.1)
        else:
            return


def cpu(pids: list[int]) -> float:
    """Return the CPU seconds of processes, user and system."""
    ticks = (
        sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        for pid in pids
    )
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def memory(pids: list[int]) -> float:
    """Return the peak memory of processes together, in MB."""
    lines = (
        line
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return sum(int(line.split()[1]) for line in lines) / 1024
