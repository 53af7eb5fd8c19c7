"""How long the steps of a login take: by texted code, by passkey and by just the password.

The logins with a code are by email, by username, and of people with two phones. The ones by passkey
have no password. "Plain" is the login with just the password.

`python -m benchmarks.login` starts gunicorn on its own PostgreSQL database, logs people in over
HTTP, alternately in each way, and prints tables: with a trivial hash, then with Argon2id.
No worker runs, so texts stay queued and only the web requests are measured. `--large` measures
again with 1,000,000 people and 10,000,000 events. `make bench-peers` compares with other products.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import django
import psycopg

from benchmarks.machine import here
from tests.processes import portal, services
from tests.processes.process import free_port
from tests.processes.visitor import Answer, Visitor
from tests.security_key import SecurityKey, decode

if TYPE_CHECKING:
    from accounts.models import User

PASSWORD = "benchmarks only, long and dull"
# The login's pages in order. A login with just a password has the first two and the last.
PLAIN = ("GET login", "POST password", "GET home")
SECOND = ("GET login", "POST password", "GET code page", "POST code", "GET home")
BY_PASSKEY = ("GET login", "POST options", "POST passkey", "GET home")
OPTIONS, LOG_IN = "/login/by-passkey/options/", "/login/by-passkey/"
BLOCK = 20
LARGE_PEOPLE, LARGE_EVENTS = 1_000_000, 10_000_000


@dataclass(frozen=True)
class Kind:
    """A way to log in: its pages, the login name, and how many phones each person has."""

    name: str
    steps: tuple[str, ...] = SECOND
    name_field: str = "email"
    phones: int = 1

    @property
    def names(self) -> str:
        """What the login page asks for. An email works on both of its forms."""
        return "email" if self.name_field == "email" else "either"


PASSWORD_ONLY = Kind("just the password", PLAIN)
TEXTED = Kind("with a texted code")
PASSKEY = Kind("with a passkey, no password", BY_PASSKEY)
KINDS = (
    PASSWORD_ONLY,
    TEXTED,
    PASSKEY,
    Kind("with a texted code, by username", name_field="username"),
    Kind("with a texted code, of two phones", phones=2),
)


@dataclass
class Seen:
    """What the logins of one kind cost: seconds and bytes by step, CPU seconds by block."""

    kind: Kind
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
            database,
            services.broker(),
            Path(folder),
            TEST_HASHER="trivial",
            LOG_LEVEL="INFO",
            # Passkeys need a name, not an address.
            BASE_URL=f"http://localhost:{free_port()}",
        ) as company,
    ):
        os.environ.update(company.env)
        django.setup()
        print(here(database))
        for hash_name in ("Argon2id", "trivial"):
            company.env["TEST_HASHER"] = hash_name
            company.start_web(workers=1, threads=4)
            print(f"\n## {chosen.logins} logins of each kind, {hash_name} hash\n")
            _report(_measure(company, chosen.logins, hash_name))
            company.web.stop()
        _report_statements()
        if chosen.large:
            _fill(database)
            company.start_web(workers=1, threads=4)
            print(f"\n## The same beside {LARGE_PEOPLE:,} people and {LARGE_EVENTS:,} events\n")
            _report(_measure(company, chosen.logins, "trivial"))


def _measure(company: portal.Company, logins: int, hash_name: str) -> list[Seen]:
    """Log in alternately in blocks, so that a slower machine affects all kinds."""
    people = {kind: _people(logins + 2 * BLOCK, hash_name, kind) for kind in KINDS}
    for kind in KINDS:
        _block(company, Seen(kind), people[kind])
    seen = [Seen(kind) for kind in KINDS]
    for _ in range(logins // BLOCK):
        for each in seen:
            _block(company, each, people[each.kind])
    return seen


def _block(company: portal.Company, seen: Seen, people: Iterator["User"]) -> None:
    _switch(on=seen.kind is not PASSWORD_ONLY, names=seen.kind.names)
    block = list(islice(people, BLOCK))
    # This login reads the new policy, and does not count.
    _log_in(company.visitor(), Seen(seen.kind), block[0], block[0].email)
    before = _cpu(company.web.children())
    for person in block[1:]:
        _log_in(company.visitor(), seen, person, getattr(person, seen.kind.name_field))
    seen.cpu.append((_cpu(company.web.children()) - before) / len(block[1:]))


def _log_in(visitor: Visitor, seen: Seen, person: "User", name: str) -> None:
    found, sent_on = 200, 302
    options: list[str] = []
    answers: Iterator[tuple[str, Callable[[], Answer], int]] = iter(
        (
            ("GET login", lambda: visitor.send("GET", "/login/"), found),
            (
                "POST password",
                lambda: visitor.send("POST", "/login/", {"email": name, "password": PASSWORD}),
                sent_on,
            ),
            ("POST options", lambda: visitor.send("POST", OPTIONS), found),
            (
                "POST passkey",
                lambda: visitor.send("POST", LOG_IN, {"credential": _answer(person, options[0])}),
                sent_on,
            ),
            ("GET code page", lambda: visitor.send("GET", "/login/verify/"), found),
            (
                "POST code",
                lambda: visitor.send("POST", "/login/verify/", {"code": _code(person)}),
                sent_on,
            ),
            ("GET home", lambda: visitor.send("GET", "/"), found),
        )
    )
    for step, ask, status in answers:
        if step in seen.kind.steps:
            answer = ask()
            seen.note(step, answer, status)
            if step == "POST options":
                options.append(answer.body)


def _statements(kind: Kind) -> dict[str, tuple[int, int]]:
    """Return the reads and writes of each step, counted in this process."""
    from tests.journeys.statements import CountingBrowser

    _switch(on=True, names=kind.names)
    person = next(_people(1, "trivial", kind))
    browser = CountingBrowser()
    browser.defaults["SERVER_NAME"] = "localhost"
    browser.get("/login/")
    if kind is PASSKEY:
        options = browser.post(OPTIONS).content.decode()
        browser.post(LOG_IN, {"credential": _answer(person, options)})
    else:
        name = getattr(person, kind.name_field)
        browser.post("/login/", {"email": name, "password": PASSWORD})
        browser.get("/login/verify/")
        browser.post("/login/verify/", {"code": _code(person)})
    browser.get("/")
    counts = ((len(seen.reads), len(seen.writes)) for seen in browser.log)
    return dict(zip(kind.steps, counts, strict=True))


def _cpu(pids: list[int]) -> float:
    """Return the CPU seconds of processes, user and system."""
    ticks = (
        sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        for pid in pids
    )
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


# The database, through the portal's own models


def _people(number: int, hash_name: str, kind: Kind) -> Iterator["User"]:
    from django.contrib.auth.hashers import MD5PasswordHasher
    from django.utils import timezone

    from accounts.models import User
    from accounts.people.hashers import Argon2idHasher
    from mfa.models import Factor

    hasher = MD5PasswordHasher() if hash_name == "trivial" else Argon2idHasher()
    password = hasher.encode(PASSWORD, hasher.salt())
    first, now = User.objects.count(), timezone.now()
    people = User.objects.bulk_create(
        User(
            email=f"person-{first + i}@example.org",
            username=f"person-{first + i}",
            password=password,
            ever_bound_at=now,
        )
        for i in range(number)
    )
    Factor.objects.bulk_create(
        Factor(
            user=person, target=f"+447{each}{person.pk:08}", confirmed_at=now, preferred=not each
        )
        for person in people
        for each in range(kind.phones)
    )
    if kind is PASSKEY:
        for person in people:
            _keys[person.pk] = _new_key(person)
    return iter(people)


# The passkey of each person, by id
_keys: dict[int, SecurityKey] = {}


def _new_key(person: "User") -> SecurityKey:
    from django.conf import settings
    from django.utils import timezone

    from mfa.models import Factor
    from mfa.models.passkeys import Passkey, PasskeyHandle

    handle = os.urandom(64)
    key = SecurityKey(site="localhost", origin=settings.BASE_URL, handle=handle)
    PasskeyHandle.objects.create(user=person, value=handle)
    Passkey.objects.create(
        factor=Factor.objects.create(user=person, kind="passkey", confirmed_at=timezone.now()),
        credential_id=key.credential_id,
        public_key=key.cose(),
        sign_count=0,
        backup_eligible=False,
        backed_up=False,
        provider="00000000-0000-0000-0000-000000000000",
    )
    return key


def _answer(person: "User", options: str) -> str:
    """Return what the browser posts for the options of a page."""
    return _keys[person.pk].answer(decode(json.loads(options)["challenge"]))


def _switch(*, on: bool, names: str) -> None:
    from mfa.models import SitePolicy

    site = SitePolicy.load()
    site.enabled, site.login_with = on, names
    site.save()


def _code(person: "User") -> str:
    from mfa.models import Challenge

    challenge = Challenge.objects.filter(user=person).latest("created_at")
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


def _report(kinds: list[Seen]) -> None:
    print("| step | p50 ms | p99 ms | bytes |\n|---|---|---|---|")
    for seen in kinds:
        for step in seen.kind.steps:
            times = [1000 * seconds for seconds in seen.seconds[step]]
            worst = quantiles(times, n=100)[98]
            size = seen.size[step]
            print(f"| {seen.kind.name}: {step} | {median(times):.1f} | {worst:.1f} | {size} |")
    cpu = {seen.kind: median(seen.cpu) for seen in kinds}
    print(
        "\n| login | server CPU, ms | times plain | times with a texted code |\n|---|---|---|---|"
    )
    for kind, used in cpu.items():
        plain, texted = used / cpu[PASSWORD_ONLY], used / cpu[TEXTED]
        print(f"| {kind.name} | {1000 * used:.1f} | {plain:.2f} | {texted:.2f} |")


def _report_statements() -> None:
    counts = {kind: _statements(kind) for kind in KINDS if kind is not PASSWORD_ONLY}
    print("\n## Statements of a login by texted code\n\n| step | reads | writes |\n|---|---|---|")
    for step, (reads, writes) in counts[TEXTED].items():
        print(f"| {step} | {reads} | {writes} |")
    for kind, steps in counts.items():
        reads, writes = map(sum, zip(*steps.values(), strict=True))
        print(f"| all, {kind.name} | {reads} | {writes} |")


if __name__ == "__main__":
    main()
