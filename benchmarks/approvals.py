"""How long after the approval on a phone the waiting login moves on.

`python -m benchmarks.approvals` runs the portal as the operators' guide does (gunicorn with 2
processes of 8 threads, the three workers, a beat, PostgreSQL, Redis) with a push service of the
tests. It logs people in one after another, then 50 at once. Each phone waits for its push, and the
people of a crowd approve at the same moment. One computer of each crowd is a real Chromium, and the
others ask for the state each second as the page's script does. The time runs from the start of the
phone's POST until the computer has its home page. Aim: 95 of 100 within 3 s.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from threading import Barrier
from typing import TYPE_CHECKING

import django
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser as Chromium

from benchmarks.machine import here
from tests.browser import chromium as chromiums
from tests.processes import people, portal as portals, services
from tests.processes.portal import PASSWORD, Company
from tests.processes.visitor import Visitor, soon

if TYPE_CHECKING:
    from tests.push_service import PushService

KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
WAIT, STATUS = "/login/push/", "/login/push/status/"
NUMBER = re.compile(r"data-number>(\d\d)<")
# The page's script asks each second.
EVERY = 1.0
AIM = 3.0
PERCENT, WORST = 100, 94


@dataclass(frozen=True)
class Person:
    """Someone with a phone: its id, its cookie and its key."""

    email: str
    phone: int
    token: str
    key: ec.EllipticCurvePrivateKey


@dataclass
class Seen:
    """Seconds from the password to the push, and from the approval to the home page."""

    pushed: list[float] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    in_chromium: list[float] = field(default_factory=list)


@dataclass
class Run:
    """The portal and its push service. `gate` is where a crowd waits for its last phone."""

    company: Company
    service: "PushService"
    seen: Seen
    gate: Barrier


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=50, help="at once")
    options.add_argument("--rounds", type=int, default=5, help="of people at once")
    options.add_argument("--alone", type=int, default=40, help="logins one after another")
    chosen = options.parse_args()
    path = chromiums.find()
    assert path, "no Chromium on PATH"
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        # Only the demo may push to this machine.
        portals.company(
            database,
            services.broker(),
            Path(folder),
            DEMO="on",
            LOG_LEVEL="WARNING",
            VAPID_PRIVATE_KEY=KEY,
            VAPID_CONTACT="mailto:security@example.com",
        ) as company,
        chromiums.launched(path) as chromium,
    ):
        # Playwright keeps an event loop in this thread, with which Django's ORM refuses to work.
        os.environ.update(company.env, DJANGO_ALLOW_ASYNC_UNSAFE="true")
        django.setup()
        alone, crowd = measure(company, chromium, chosen)
        print(f"{here(database)}; gunicorn 2 x 8 threads, workers 10 + 4 + 4 threads\n")
    _report({"one after another": alone, f"{chosen.people} at once": crowd})


def measure(company: Company, chromium: Chromium, chosen: argparse.Namespace) -> tuple[Seen, Seen]:
    """Log people in one after another, and then in crowds."""
    from tests.push_service import PushService

    alone, crowd = Seen(), Seen()
    with PushService() as service:
        company.env["PUSH_TEST_ENDPOINTS"] = service.origin
        company.start_web(workers=2)
        company.start_worker()
        everybody = _people(company, service, chosen.alone + chosen.people * chosen.rounds + 1)
        # The first login loads what each process loads at its first request.
        _crowd(Run(company, service, Seen(), Barrier(1)), [everybody.pop()], chromium)
        for _ in range(chosen.alone):
            _crowd(Run(company, service, alone, Barrier(1)), [everybody.pop()], chromium)
        for _ in range(chosen.rounds):
            some = [everybody.pop() for _ in range(chosen.people)]
            _crowd(Run(company, service, crowd, Barrier(len(some))), some, chromium)
    return alone, crowd


def _people(company: Company, service: "PushService", number: int) -> list[Person]:
    """Give each person a phone, as if they had set it up."""
    from django.utils import timezone

    from accounts.models import User
    from mfa.channels import webpush
    from mfa.channels.webpush.keys import encoded, point_of
    from mfa.factors.push.devices import hash_of
    from mfa.models import Factor, PushDevice
    from tests.push_service import PHONE

    made = []
    for at, email in enumerate(people.enroll(company, "approver", number)):
        user, now, token = User.objects.get(email=email), timezone.now(), f"{at:043}"
        key = ec.generate_private_key(webpush.CURVE)
        where = {
            "endpoint": f"{service.origin}/push/{at:043}",
            "p256dh": encoded(PHONE.p256dh),
            "auth": encoded(PHONE.auth),
        }
        phone = PushDevice.objects.create(
            user=user,
            factor=Factor.objects.create(user=user, kind="push", confirmed_at=now),
            code_hash=hash_of(f"used {token}"),
            paired_at=now,
            public_key=point_of(key.public_key()),
            token_hash=hash_of(token),
            subscription=json.dumps(where),
            server_key=webpush.public_key(),
            subscribed_at=now,
        )
        made.append(Person(email, phone.pk, token, key))
    return made


def _crowd(run: Run, crowd: Sequence[Person], chromium: Chromium) -> None:
    """Log everyone in: the first one by Chromium, in this thread, and the others over HTTP."""
    with ThreadPoolExecutor(2 * len(crowd)) as threads:
        others = [threads.submit(_come, run, person) for person in crowd[1:]]
        _come_by_chromium(run, crowd[0], chromium, threads)
        for other in others:
            other.result()


def _come(run: Run, person: Person) -> None:
    computer = Visitor(run.company.url, timeout=120)
    computer.send("GET", "/login/")
    began = time.monotonic()
    computer.send("POST", "/login/", {"email": person.email, "password": PASSWORD})
    number = _number_on(computer.get(WAIT))
    phone, page = _open_phone(run, person, began)
    with ThreadPoolExecutor(1) as thread:
        approving = thread.submit(_approve, run, person, phone, page, number)
        _wait(computer)
        run.seen.moved.append(time.monotonic() - approving.result())


def _wait(computer: Visitor) -> None:
    """Do what the page's script does."""
    while True:
        time.sleep(EVERY)
        state = json.loads(computer.send("GET", STATUS).body)["state"]
        if state == "approved":
            break
        assert state == "open", state
    computer.post(WAIT)
    assert (computer.path, computer.status) == ("/", 200)


def _come_by_chromium(
    run: Run, person: Person, chromium: Chromium, threads: ThreadPoolExecutor
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{run.company.url}/login/")
    page.get_by_label("Email", exact=True).fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    began = time.monotonic()
    page.get_by_role("button", name="Login", exact=True).click()
    number = page.locator("[data-number]").inner_text()
    # A thread plays the phone: Playwright belongs to this one.
    approving: Future[float] = threads.submit(_take_phone, run, person, began, number)
    page.wait_for_url(f"{run.company.url}/")
    took = time.monotonic() - approving.result()
    run.seen.moved.append(took)
    run.seen.in_chromium.append(took)
    context.close()


def _take_phone(run: Run, person: Person, began: float, number: str) -> float:
    phone, page = _open_phone(run, person, began)
    return _approve(run, person, phone, page, number)


def _open_phone(run: Run, person: Person, began: float) -> tuple[Visitor, str]:
    """Wait for the push, and open the page that it names."""
    path = f"/push/{person.token}"
    got = soon(lambda: [each for each in run.service.got if each.path == path], within=120)
    run.seen.pushed.append(time.monotonic() - began)
    phone = Visitor(run.company.url, timeout=120)
    phone.cookies["phone"] = person.token
    request = json.loads(got[-1].text)["id"]
    phone.get(f"/approve/{request}/")
    assert phone.status == 200, phone.status
    return phone, request


def _approve(run: Run, person: Person, phone: Visitor, request: str, number: str) -> float:
    """Approve with the whole crowd. Return when it began."""
    from tests.phones import sign

    fields = {
        "phone": str(person.phone),
        "number": number,
        "decision": "approve",
        "signature": sign(person.key, "portal approval 1", request, number, "approve"),
    }
    run.gate.wait(120)
    began = time.monotonic()
    answer = phone.send("POST", f"/approve/{request}/", fields)
    assert answer.status == 200, answer.status
    return began


def _number_on(page: str) -> str:
    found = NUMBER.search(page)
    assert found, page
    return found[1]


def _report(runs: dict[str, Seen]) -> None:
    print("| logins | time | number | p50 s | p95 s | slowest s | |\n|---|---|---|---|---|---|---|")
    for name, seen in runs.items():
        for what, taken in (
            ("from the password to the push", seen.pushed),
            ("from the approval to the home page", seen.moved),
            ("the same in Chromium", seen.in_chromium),
        ):
            worst = (
                quantiles(taken, n=PERCENT, method="inclusive")[WORST]
                if len(taken) > 1
                else taken[0]
            )
            verdict = "" if taken is seen.pushed else "holds" if worst < AIM else "**fails**"
            print(
                f"| {name} | {what} | {len(taken)} | {median(taken):.2f} | {worst:.2f} "
                f"| {max(taken):.2f} | {verdict} |"
            )


if __name__ == "__main__":
    main()
