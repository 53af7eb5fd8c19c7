"""All lists: 200,000 people, 2,000,000 events, 400,000 messages, an organization of 100,000.

`python -m benchmarks.lists` fills a temporary PostgreSQL database and opens each list, filter,
search and person's page as a superuser, and an organization's pages as its manager. It prints
the time of the SQL and the plan of the slowest query.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings

from benchmarks import population
from benchmarks.machine import here
from tests.processes import services

# Milliseconds of SQL that a list may take
MOST = 100
EVENTS = """
    INSERT INTO mfa_auditevent (at, event, user_id, browser, details)
    SELECT now() - n * interval '1 second',
        CASE WHEN n = 1 THEN 'breakglass' WHEN n %% 100000 = 7 THEN 'paused'
            ELSE (ARRAY['password_right', 'code_sent', 'code_right', 'logged_in'])[n %% 4 + 1] END,
        n %% %(people)s + 1, 'Firefox', '{}'
    FROM generate_series(1, %(events)s) AS n
"""
CHALLENGES = """
    INSERT INTO mfa_challenge (
        id, user_id, purpose, channel, target, new_in, network, unsettled, browser, key, created_at,
        expires_at, tries_left, sends, resend_at
    )
    SELECT gen_random_uuid(), n %% %(people)s + 1,
        CASE WHEN n %% 50000 = 7 THEN 'recover' ELSE 'login' END, 'sms', '+447400000000', '', '',
        false, md5(n::text), 'k', now() - n * interval '1 second', now(), 5, 1, now()
    FROM generate_series(1, %(messages)s) AS n
"""
MESSAGES = """
    INSERT INTO mfa_delivery (
        user_id, message, context, channel, target, state, attempt, reason, code, provider_id,
        created_at
    )
    SELECT n %% %(people)s + 1, CASE WHEN n %% 50000 = 7 THEN 'app_added' ELSE 'code' END, '{}',
        'sms', '+447400000000', CASE WHEN n %% 40000 = 9 THEN 'maybe' ELSE 'delivered' END, 1, '',
        '', 'SM' || md5(n::text), now() - n * interval '1 second'
    FROM generate_series(1, %(messages)s) AS n
"""
# Half of the people belong to one organization, and all others to its ten clients.
MEMBERSHIPS = """
    o.slug = CASE WHEN u.id % 2 = 0 THEN 'large' ELSE 'client' || u.id % 20 / 2 END
"""
# Every hundredth person has no number. A manager's page shows the newest of them.
WITHOUT_NUMBER = "DELETE FROM mfa_factor WHERE user_id % 100 = 0"
# A person with one in a thousand of all events and messages
BUSY = 77
SEARCHES = {
    "email": "person150001@",
    "domain": "@example7.com",
    "name": "Family15000",
    "last four digits": "4321",
    "whole number": "+447400004321",
    "no match": "zzz-nobody",
}
PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    *(("organization", query) for query in ({}, {"q": "client"}, {"managers": "none"})),
    *(("membership", query) for query in ({}, {"organization": "1"}, {"organization": "7"})),
    ("membership", {"q": "person150001@"}),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows the tables have."""

    people: int = 200_000
    events: int = 2_000_000
    messages: int = 400_000

    @property
    def usual(self) -> int:
        """The number of a person with as many events and messages as most."""
        return self.people * 3 // 4 + 1

    @property
    def deep(self) -> int:
        """A page that is far from the first."""
        return max(2, self.people // 1000)


SMALL = Size(people=200, events=3_000, messages=2_000)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one URL of a list cost, and the plan of its slowest query."""

    address: str
    milliseconds: float
    queries: int
    plan: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few rows, to try the program")
    size = SMALL if parser.parse_args().small else Size()
    with services.database(services.postgresql()) as database:
        print(here(database) + "\n")
        print("| list | SQL | queries | plan of the slowest |\n|---|---|---|---|")
        for answer in measure(database, size):
            bold = "" if answer.milliseconds < MOST else "**"
            print(
                f"| {answer.address} | {bold}{answer.milliseconds:.0f} ms{bold} "
                f"| {answer.queries} | {answer.plan} |"
            )


def measure(database: str, size: Size) -> Iterator[Answer]:
    """Fill the database, then ask for all addresses."""
    population.begin(database)
    _fill(size)
    reader = _superuser()
    try:
        for page, query in _addresses(size.usual, size.deep):
            _ask(page, query, reader)
            yield _ask(page, query, reader)
        browser = _logged_in(reader)
        # The pages are rendered, and nothing collected the static files.
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
            for url in _pages(size.usual):
                _open(browser, url)
                yield _open(browser, url)
            browser = _logged_in(_manager())
            for url in _pages_of_manager(size.usual):
                _open(browser, url)
                yield _open(browser, url)
    finally:
        connection.close()


def _fill(size: Size) -> None:
    numbers = {"people": size.people, "events": size.events, "messages": size.messages}
    population.add_people(size.people)
    _organizations()
    population.join(MEMBERSHIPS)
    with connection.cursor() as cursor:
        for statement in (EVENTS, CHALLENGES, MESSAGES):
            cursor.execute(statement, numbers)
        cursor.execute(WITHOUT_NUMBER)
        for table in ("mfa_auditevent", "mfa_delivery"):
            cursor.execute(f"UPDATE {table} SET user_id = {BUSY} WHERE id % 1000 = 3")
        cursor.execute("VACUUM ANALYZE")


def _superuser() -> object:
    from accounts.models import User

    return User.objects.create_user("root@example.org", None, is_staff=True, is_superuser=True)


def _organizations() -> None:
    from accounts.models import Organization

    large = Organization.objects.create(name="Large", slug="large")
    for number in range(10):
        name = f"Client{number}"
        Organization.objects.create(name=name, slug=name.lower(), parent=large)


def _manager() -> object:
    from django.utils import timezone

    from accounts.models import Organization, User
    from accounts.organizations import members
    from mfa.models import Factor

    person = User.objects.create_user("manager@example.org", None)
    members.join(None, person, Organization.objects.get(slug="large"), role="manager")
    Factor.objects.create(user=person, target="+447400000000", confirmed_at=timezone.now())
    return User.objects.get(pk=person.pk)


def _addresses(usual: int, deep: int) -> Iterator[tuple[str, dict[str, str]]]:
    for page in ("user", "factor", "challenge", "delivery", "auditevent"):
        yield page, {}
        yield page, {"p": str(deep)}
        for term in SEARCHES.values():
            yield page, {"q": term}
    for page, name, values in (
        ("user", "is_staff__exact", "10"),
        ("user", "is_active__exact", "10"),
    ):
        for value in values:
            yield page, {name: value}
    yield "user", {"groups__isnull": "True"}
    for value in ("code_sent", "paused", "locked"):
        yield "auditevent", {"event": value}
    for value in ("delivered", "maybe", "failed"):
        yield "delivery", {"state__exact": value}
    for value in ("code", "app_added", "braked"):
        yield "delivery", {"message": value}
    yield "delivery", {"channel": "email"}
    yield "delivery", {"q": "SMc4ca4238a0b923820dcc509a6f75849b"}
    for value in ("login", "recover", "test"):
        yield "challenge", {"purpose__exact": value}
    for page in ("factor", "challenge", "delivery", "auditevent", "membership"):
        yield page, {"person": str(usual)}
    yield from PLACES


def _ask(page: str, query: dict[str, str], reader: object) -> Answer:
    from django.contrib import admin
    from django.contrib.messages.storage.base import BaseStorage

    request = RequestFactory().get("/", query)
    request.user = reader
    request._messages = BaseStorage(request)  # type: ignore[attr-defined]  # noqa: SLF001
    model = next(each for each in admin.site._registry if each._meta.model_name == page)  # noqa: SLF001
    with CaptureQueriesContext(connection) as seen:
        list(admin.site.get_model_admin(model).get_changelist_instance(request).result_list)
    words = "".join(f" {name}={value}" for name, value in query.items())
    return _answer(page + words, list(seen))


def _logged_in(reader: object) -> Client:
    """Return a browser of the superuser, with a fresh proof of the second step."""
    from mfa.sessions.proofs import keep_proof

    browser = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    browser.force_login(reader)
    session = browser.session
    keep_proof(session, "sms")
    session.save()
    return browser


def _pages(usual: int) -> Iterator[str]:
    for term in SEARCHES.values():
        yield f"/support/?q={quote(term)}"
    for person in (usual, BUSY):
        yield f"/support/people/{person}/"
        yield f"/admin/accounts/user/{person}/change/"
        yield f"/admin/mfa/auditevent/?person={person}"
        yield f"/admin/mfa/delivery/?person={person}"


def _pages_of_manager(usual: int) -> Iterator[str]:
    from accounts.models import Membership

    page = "/organizations/large/"
    member = Membership.objects.get(user_id=usual // 2 * 2)
    tails = ("", "details/", "people/", f"people/?before={member.pk}", f"people/{member.pk}/")
    yield from (f"{page}{tail}" for tail in (*tails, "clients/", "security/"))
    for term in SEARCHES.values():
        yield f"{page}people/?q={quote(term)}"
    yield f"/organizations/client1/people/?q={SEARCHES['name']}"


def _open(browser: Client, url: str) -> Answer:
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(url, secure=True)
    assert answer.status_code == 200, (url, answer.status_code)
    return _answer(url, list(seen))


def _answer(address: str, seen: list[dict[str, str]]) -> Answer:
    reads = [each for each in seen if each["sql"].startswith("SELECT")]
    slowest = max(reads, key=lambda each: float(each["time"]))["sql"]
    total = 1000 * sum(float(each["time"]) for each in seen)
    return Answer(address, total, len(seen), _plan(slowest))


def _plan(sql: str) -> str:
    """Return the kinds of reads that a plan makes, and of which tables or indexes."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
        lines = [line for (line,) in cursor.fetchall()]
    scans = [line.split("->")[-1].split("(cost")[0].strip() for line in lines if "Scan" in line]
    return "; ".join(dict.fromkeys(scans)) or "no table"


if __name__ == "__main__":
    main()
