"""Tens of thousands of people from a file, while others log in.

`python -m benchmarks.imports` runs the portal as the operators' guide does. Its worker checks a
file and imports it, for an administrator and then for a manager. In the middle the worker is killed
with `kill -9` and started again. Meanwhile people log in. Limit: a code waits at most 2 s.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event

from benchmarks import bulk
from benchmarks.machine import here
from tests.processes import people, portal as portals, services
from tests.processes.portal import Company
from tests.processes.process import Process

# One line of so many has a mistake.
BAD_EACH = 1_000
PREPARE = "from benchmarks import imports; print(imports.prepare({lines}, '{what}'))"
START = "from benchmarks import imports; imports.start({pk})"
# The beat does this after two minutes of silence.
CONTINUE = """
from django.utils import timezone
from accounts.csv_import import tasks
from accounts.models import PeopleImport
PeopleImport.objects.update(worked_at=timezone.now() - 2 * tasks.LOST)
tasks.catch_up()
"""
PEOPLE, INVITATIONS = "people", "invitations"
# What there is of a file, and how often the audit says that one came
HERE = {
    PEOPLE: "SELECT count(*) FROM accounts_user WHERE email LIKE 'people%%@imported.example'",
    INVITATIONS: "SELECT count(*) FROM accounts_invitation",
}
CAME = {
    PEOPLE: "SELECT count(*) FROM mfa_auditevent WHERE event = 'imported'",
    INVITATIONS: "SELECT count(*) FROM mfa_auditevent WHERE event = 'invitation_prepared'",
}
NAMED = "SELECT count(*) FROM accounts_importfinding WHERE of_id = %s AND is_bad"
STATE = "SELECT state, position FROM accounts_peopleimport WHERE id = %s"
COUNTS = "SELECT counts::text FROM accounts_peopleimport WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its time, the most memory of the worker in MB, and the codes meanwhile."""

    name: str
    seconds: float
    memory: float
    codes: bulk.Measured


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=50_000)
    lines = options.parse_args().lines
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portals.company(database, services.broker(), Path(folder), LOG_LEVEL="WARNING") as company,
    ):
        company.start_web(workers=2)
        company.start_worker()
        crowd = iter(people.enroll(company, "somebody", 2_000))
        # Each process loads its code at its first request.
        bulk.log_in(company, next(crowd), bulk.Measured())
        print(f"{here(database)}; gunicorn 2 x 8 threads, workers 10 + 4 + 4 threads\n")
        ends = time.monotonic() + 20
        steps = [_step(company, crowd, "no import", lambda: time.monotonic() < ends)]
        for what in (PEOPLE, INVITATIONS):
            steps += measure(company, crowd, what, lines)
    _report(steps)


def measure(company: Company, crowd: Iterator[str], what: str, lines: int) -> list[Step]:
    """Check a file, import it with a kill in the middle, and check it again."""

    def check() -> int:
        words = PREPARE.format(lines=lines, what=what)
        return int(company.manage("shell", "-c", words).split()[-1])

    def works(pk: int, most: int = lines) -> bool:
        state, position = company.query(STATE, pk)[0]
        return state in {"checking", "running"} and position < most

    pk, bad = check(), lines // BAD_EACH
    steps = [_step(company, crowd, f"check, {what}", lambda: works(pk, lines + 1))]
    print(f"check: {company.query(COUNTS, pk)[0][0]}")
    _expect(company.query(NAMED, pk)[0][0] == bad, f"the check names {bad} lines")
    _expect(company.query(HERE[what])[0][0] == 0, "the check imports nothing")
    company.manage("shell", "-c", START.format(pk=pk))
    steps.append(_step(company, crowd, f"first half, {what}", lambda: works(pk, lines // 2)))
    company.bulk.kill()
    reached = company.query(HERE[what])[0][0]
    _expect(0 < reached < lines - bad, f"killed at {reached:,} of {lines - bad:,}")
    company.bulk.start()
    company.manage("shell", "-c", CONTINUE)
    steps.append(_step(company, crowd, f"after the kill, {what}", lambda: works(pk, lines + 1)))
    print(f"run: {company.query(COUNTS, pk)[0][0]}")
    _expect(company.query(HERE[what])[0][0] == lines - bad, f"all {lines - bad:,} are here")
    _expect(company.query(CAME[what])[0][0] == lines - bad, "each came once")
    again = check()
    steps.append(_step(company, crowd, f"check again, {what}", lambda: works(again, lines + 1)))
    print(f"check again: {company.query(COUNTS, again)[0][0]}\n")
    return steps


def prepare(lines: int, what: str) -> int:
    """Store a file of an administrator or a manager. The worker checks it."""
    from accounts.csv_import import tasks, uploads
    from accounts.models import Organization, User
    from accounts.organizations import members

    invites = what == INVITATIONS
    acme, _ = Organization.objects.get_or_create(name="Acme", slug="acme")
    powers = {"is_staff": not invites, "is_superuser": not invites}
    actor, _ = User.objects.get_or_create(email=f"{what}@example.org", defaults=powers)
    if invites:
        members.join(None, actor, acme, role="manager")
    rows = "".join(_row(number, what) for number in range(lines))
    content = f"email,full name,mobile\n{rows}".encode()
    held = uploads.store(actor, acme, content, name="people.csv", invites=invites)
    uploads.map_columns(held, uploads.mapped_in(held))
    tasks.wake(held.pk)
    return held.pk


def start(pk: int) -> None:
    """Start the run of a checked file."""
    from accounts.csv_import import run, tasks
    from accounts.models import PeopleImport
    from mfa.audit import NOWHERE

    held = PeopleImport.objects.get(pk=pk)
    run.start(held.by, held, sends_mail=False, client=NOWHERE)
    tasks.wake(pk)


def _row(number: int, what: str) -> str:
    host = "imported" if number % BAD_EACH == BAD_EACH - 1 else "imported.example"
    return f"{what}{number}@{host},Person {number},+447400{number:06}\n"


def _step(company: Company, crowd: Iterator[str], name: str, works: Callable[[], bool]) -> Step:
    """Log people in one after another while the worker works."""
    codes, over = bulk.Measured(), Event()
    newest, began = company.query(bulk.NEWEST)[0][0], time.monotonic()

    def log_in() -> None:
        while not over.is_set():
            bulk.log_in(company, next(crowd), codes)

    with ThreadPoolExecutor(1) as visitor:
        logins = visitor.submit(log_in)
        while works() and not logins.done():
            time.sleep(0.05)
        seconds = time.monotonic() - began
        over.set()
        logins.result()
    for channel, waited in company.query(bulk.WAITED, newest):
        codes.waited.setdefault(channel, []).append(waited)
    return Step(name, seconds, _memory(company.bulk), codes)


def _memory(worker: Process) -> float:
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _expect(holds: bool, words: str) -> None:  # noqa: FBT001 the words say what it is
    if not holds:
        sys.exit(f"Not so: {words}")
    print(words)


def _report(steps: list[Step]) -> None:
    print(
        "| step | time | worker, most MB | logins | a text waits | click to text | click to email |"
    )
    print("|---|---|---|---|---|---|---|")
    for step in steps:
        texts = step.codes.arrived["sms"]
        pairs = (step.codes.waited["sms"], texts, step.codes.arrived["email"])
        cells = [f"{median(each):.2f} s, at most {max(each):.2f} s" for each in pairs]
        figures = f"{step.seconds:.0f} s | {step.memory:.0f} | {len(texts)}"
        print(f"| {step.name} | {figures} | {' | '.join(cells)} |")
    sys.exit(max(step.codes.slowest for step in steps) > bulk.SLOWEST)


if __name__ == "__main__":
    main()
