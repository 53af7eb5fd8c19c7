"""How long the steps of a login take, by texted code and by just the password.

`python -m benchmarks.login` starts gunicorn on its own PostgreSQL database, logs people in over
HTTP, alternately with MFA on and off, and prints tables: with a trivial hash, then with Argon2id.
No worker runs, so texts stay queued and only the web requests are measured. `--large` measures
again with 1,000,000 people and 10,000,000 events. `make bench-peers` compares with other products.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import django
import psycopg

from benchmarks.machine import here
from tests.processes import portal, services
from tests.processes.visitor import Answer, Visitor

PASSWORD = "benchmarks only, long and dull"
# The login's pages in order. A login with just a password has the first two and the last.
PLAIN = ("GET login", "POST password", "GET home")
SECOND = ("GET login", "POST password", "GET code page", "POST code", "GET home")
BLOCK = 20
LARGE_PEOPLE, LARGE_EVENTS = 1_000_000, 10_000_000


@dataclass
class Seen:
    """What the logins of one kind cost: seconds and bytes by step, CPU seconds by block."""

    steps: tuple[str, ...]
    seconds: dict[str, list[float]] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)

    def note(self, step: str, answer: Answer, status: int) -> None:
        """Store the duration of a step. A wrong status ends the benchmark."""
        assert answer.status == status, (step, answer.status, answer.body[:500])
        self.seconds.setdefault(step, []).append(answer.seconds)
        self.size[step] = len(answer.body.encode())


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--logins", type=int, default=200, help="of each kind and hash")
    options.add_argument("--large", action="store_true", help="also beside many people and events")
    chosen = options.parse_args()
    with (
        services.database(services.postgresql()) as database,
        tempfile.TemporaryDirectory() as folder,
        portal.company(
            database, services.broker(), Path(folder), TEST_HASHER="trivial", LOG_LEVEL="INFO"
        ) as company,
    ):
        os.environ.update(company.env)
        django.setup()
        print(here(database))
        for hash_name in ("Argon2id", "trivial"):
            company.env["TEST_HASHER"] = hash_name
            company.start_web(workers=1, threads=4)
            print(f"\n## {chosen.logins} logins of each kind, {hash_name} hash\n")
            _report(*_measure(company, chosen.logins, hash_name))
            company.web.stop()
        _report_statements(_statements(next(_people(1, "trivial"))))
        if chosen.large:
            _fill(database)
            company.start_web(workers=1, threads=4)
            print(f"\n## The same beside {LARGE_PEOPLE:,} people and {LARGE_EVENTS:,} events\n")
            _report(*_measure(company, chosen.logins, "trivial"))


def _measure(company: portal.Company, logins: int, hash_name: str) -> tuple[Seen, Seen]:
    """Log in alternately in blocks, so that a slower machine affects both."""
    plain, second = Seen(PLAIN), Seen(SECOND)
    emails = _people(logins + 2 * BLOCK, hash_name)
    for seen in (Seen(PLAIN), Seen(SECOND)):
        _block(company, seen, [next(emails) for _ in range(BLOCK)])
    for _ in range(logins // BLOCK):
        block = [next(emails) for _ in range(BLOCK)]
        for seen in (plain, second):
            _block(company, seen, block)
    return plain, second


def _block(company: portal.Company, seen: Seen, emails: list[str]) -> None:
    _switch(on=seen.steps == SECOND)
    before = _cpu(company.web.children())
    for email in emails:
        _log_in(company.visitor(), seen, email)
    seen.cpu.append((_cpu(company.web.children()) - before) / len(emails))


def _log_in(visitor: Visitor, seen: Seen, email: str) -> None:
    found, sent_on = 200, 302
    answers: Iterator[tuple[str, Callable[[], Answer], int]] = iter(
        (
            ("GET login", lambda: visitor.send("GET", "/login/"), found),
            (
                "POST password",
                lambda: visitor.send("POST", "/login/", {"email": email, "password": PASSWORD}),
                sent_on,
            ),
            ("GET code page", lambda: visitor.send("GET", "/login/verify/"), found),
            (
                "POST code",
                lambda: visitor.send("POST", "/login/verify/", {"code": _code(email)}),
                sent_on,
            ),
            ("GET home", lambda: visitor.send("GET", "/"), found),
        )
    )
    for step, ask, status in answers:
        if step in seen.steps:
            seen.note(step, ask(), status)


def _statements(email: str) -> dict[str, tuple[int, int]]:
    """Return the reads and writes of each step, counted in this process."""
    from accounts.models import User
    from tests.journeys.statements import CountingBrowser

    _switch(on=True)
    browser = CountingBrowser()
    browser.defaults["SERVER_NAME"] = "127.0.0.1"
    browser.get("/login/")
    browser.password(User.objects.get(email=email), PASSWORD)
    browser.get("/login/verify/")
    browser.post("/login/verify/", {"code": _code(email)})
    browser.get("/")
    counts = ((len(seen.reads), len(seen.writes)) for seen in browser.log)
    return dict(zip(SECOND, counts, strict=True))


def _cpu(pids: list[int]) -> float:
    """Return the CPU seconds of processes, user and system."""
    ticks = (
        sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        for pid in pids
    )
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


# The database, through the portal's own models


def _people(number: int, hash_name: str) -> Iterator[str]:
    from django.contrib.auth.hashers import MD5PasswordHasher
    from django.utils import timezone

    from accounts.models import User
    from accounts.people.hashers import Argon2idHasher
    from mfa.models import Factor

    hasher = MD5PasswordHasher() if hash_name == "trivial" else Argon2idHasher()
    password = hasher.encode(PASSWORD, hasher.salt())
    first = User.objects.count()
    people = User.objects.bulk_create(
        User(
            email=f"person-{first + i}@example.org", password=password, ever_bound_at=timezone.now()
        )
        for i in range(number)
    )
    Factor.objects.bulk_create(
        Factor(user=person, target=f"+4477{person.pk:08}", confirmed_at=timezone.now())
        for person in people
    )
    return iter([person.email for person in people])


def _switch(*, on: bool) -> None:
    from mfa.models import SitePolicy

    site = SitePolicy.load()
    site.enabled = on
    site.save()


def _code(email: str) -> str:
    from mfa.models import Challenge

    challenge = Challenge.objects.filter(user__email=email).latest("created_at")
    return challenge.code_for(challenge.browser) or ""


def _fill(database: str) -> None:
    """Add people and events by the million, as after years."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts_user SELECT (jsonb_populate_record(model, jsonb_build_object("
            "'id', 1000000 + i, 'email', 'many-' || i || '@example.org', 'username', NULL))).* "
            "FROM (SELECT model FROM accounts_user AS model LIMIT 1) AS one, "
            f"generate_series(1, {LARGE_PEOPLE}) AS i"
        )
        connection.execute(
            "INSERT INTO mfa_auditevent (at, event, user_id, browser, details) "
            "SELECT now() - i * interval '1 second', 'logged_in', "
            f"1000000 + 1 + i % {LARGE_PEOPLE}, 'Firefox', '{{}}' "
            f"FROM generate_series(1, {LARGE_EVENTS}) AS i"
        )
        connection.execute("VACUUM ANALYZE")


# Tables


def _report(plain: Seen, second: Seen) -> None:
    print("| step | p50 ms | p99 ms | bytes |\n|---|---|---|---|")
    for seen, kind in ((plain, "just the password"), (second, "with a texted code")):
        for step in seen.steps:
            times = [1000 * seconds for seconds in seen.seconds[step]]
            worst = quantiles(times, n=100)[98]
            print(f"| {kind}: {step} | {median(times):.1f} | {worst:.1f} | {seen.size[step]} |")
    print(
        f"\nServer CPU per login: {1000 * median(plain.cpu):.1f} ms by just the password, "
        f"{1000 * median(second.cpu):.1f} ms with a texted code."
    )


def _report_statements(counts: dict[str, tuple[int, int]]) -> None:
    print("\n## Statements of a login by texted code\n")
    print("| step | reads | writes |\n|---|---|---|")
    for step, (reads, writes) in counts.items():
        print(f"| {step} | {reads} | {writes} |")
    total = [sum(numbers) for numbers in zip(*counts.values(), strict=True)]
    print(f"| all | {total[0]} | {total[1]} |")


if __name__ == "__main__":
    main()
