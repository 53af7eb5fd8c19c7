"""Codes leave at once while tens of thousands of invitations wait.

`python -m benchmarks.bulk` runs the portal as the operators' guide does (gunicorn, three workers,
a beat, PostgreSQL, Redis) with the tests' Twilio endpoint and mail server. People log in one after
another, by text and by email, before and while invitations wait. Limit: a code waits at most 2 s.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.machine import here
from tests.processes import people, portal as portals, services
from tests.processes.portal import PASSWORD, Company
from tests.processes.process import python, run
from tests.processes.visitor import Visitor

LOGIN, VERIFY = "/login/", "/login/verify/"
SLOWEST = 2.0
INVITED = "@invited.example"
WAITING = "SELECT count(*) FROM mfa_delivery WHERE bulk AND state = 'queued'"
# From the row to the answer of the provider or mail server
WAITED = """
    SELECT channel, extract(epoch FROM finished_at - created_at)::float
    FROM mfa_delivery WHERE challenge_id IS NOT NULL AND id > %s AND finished_at IS NOT NULL
"""
NEWEST = "SELECT coalesce(max(id), 0) FROM mfa_delivery"
PER_BATCH = 5_000


@dataclass
class Measured:
    """For each channel, how long its codes waited and how long people did, in seconds."""

    waited: dict[str, list[float]] = field(default_factory=dict)
    arrived: dict[str, list[float]] = field(default_factory=dict)

    @property
    def slowest(self) -> float:
        """The longest that a code waited."""
        return max(max(seconds) for seconds in self.waited.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """The codes without and with waiting invitations, and how fast these left."""

    alone: Measured
    beside: Measured
    waiting: int
    rate: float


def main() -> None:
    """Measure and print, or fill the tables as a program beside a prepared portal."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--invitations", type=int, default=50_000)
    options.add_argument("--logins", type=int, default=20)
    options.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.fill:
        fill(chosen.invitations)
        return
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portals.company(database, services.broker(), Path(folder), LOG_LEVEL="WARNING") as company,
    ):
        company.start_web(workers=2)
        company.start_worker()
        found = measure(company, invitations=chosen.invitations, logins=chosen.logins)
        print(f"{here(database)}; gunicorn 2 x 8 threads, workers 10 + 4 + 4 threads\n")
    _report(found)


def measure(company: Company, *, invitations: int, logins: int) -> Comparison:
    """Log people in one after another, first alone, then while invitations wait."""
    first, *crowd = people.enroll(company, "somebody", 2 * logins + 1)
    # Each process loads its code at its first request.
    log_in(company, first, Measured())
    alone = _crowd(company, crowd[::2])
    run(python("benchmarks.bulk", "--fill", "--invitations", str(invitations)), company.env)
    before, began = company.query(WAITING)[0][0], time.monotonic()
    beside = _crowd(company, crowd[1::2])
    after, seconds = company.query(WAITING)[0][0], time.monotonic() - began
    return Comparison(alone, beside, after, (before - after) / seconds)


def _crowd(company: Company, emails: list[str]) -> Measured:
    measured, newest = Measured(), company.query(NEWEST)[0][0]
    for email in emails:
        log_in(company, email, measured)
        time.sleep(1)
    for channel, seconds in company.query(WAITED, newest):
        measured.waited.setdefault(channel, []).append(seconds)
    return measured


def log_in(company: Company, email: str, measured: Measured) -> None:
    """Request a code by text, then one by email, and store how long each took to arrive."""
    visitor, number = Visitor(company.url, timeout=60), people.number_of(email)
    visitor.send("GET", LOGIN)
    began = time.monotonic()
    visitor.send("POST", LOGIN, {"email": email, "password": PASSWORD})
    texted = _until(began, lambda: bool(company.texts(number)))
    visitor.send("GET", VERIFY)
    mails = company.mailbox.mails
    # Reading the headers of thousands of emails would take longer than the code.
    newest = len(mails)
    began = time.monotonic()
    visitor.send("POST", f"{VERIFY}email/")
    mailed = _until(began, lambda: any(mail["to"] == email for mail in mails[newest:]))
    for channel, seconds in (("sms", texted), ("email", mailed)):
        measured.arrived.setdefault(channel, []).append(seconds)


def _until(began: float, arrived: Callable[[], bool]) -> float:
    while not arrived():
        if time.monotonic() > began + 60:
            raise TimeoutError
        time.sleep(0.01)
    return time.monotonic() - began


def fill(number: int) -> None:
    """Queue this many invitations of one organization."""
    import django

    django.setup()
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Invitation, Organization, User
    from accounts.organizations import members
    from mfa.models import Delivery

    acme = Organization.objects.create(name="Acme", slug="acme")
    manager = User.objects.create_user("manager@example.com", None)
    members.join(None, manager, acme, role="manager")
    now = timezone.now()
    same = {"organization": acme, "inviter": manager, "round": 1, "sent_at": now}
    told = {"link": "invitation", "organization_name": "Acme", "role": "member"}
    for start in range(0, number, PER_BATCH):
        rows = Invitation.objects.bulk_create(
            Invitation(email=f"p{each}{INVITED}", expires_at=now + timedelta(days=1), **same)
            for each in range(start, min(start + PER_BATCH, number))
        )
        Delivery.objects.bulk_create(
            Delivery(
                user=manager,
                message="invitation",
                context={**told, "number": row.pk, "sender": manager.email},
                channel="email",
                target=row.email,
                bulk=True,
                created_at=now,
            )
            for row in rows
        )


def _report(found: Comparison) -> None:
    print("| code | waits alone | waits beside them | click to arrival alone | beside them |")
    print("|---|---|---|---|---|")
    for channel in ("sms", "email"):
        pairs = [found.alone.waited, found.beside.waited, found.alone.arrived, found.beside.arrived]
        cells = [
            f"{median(each[channel]):.2f} s, at most {max(each[channel]):.2f} s" for each in pairs
        ]
        print(f"| {channel} | {' | '.join(cells)} |")
    print(f"\n{found.waiting} invitations were still waiting. {found.rate:.1f} a second left.")
    sys.exit(found.beside.slowest > SLOWEST)


if __name__ == "__main__":
    main()
