"""The preview of a changed policy with 100,000 enrolled people, and MFA turned off and on for them.

`python -m benchmarks.impact` fills a temporary PostgreSQL database: 100,000 people with a phone,
most of them in one of 20 organizations, 2,000 in two, 1,000 logged in.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import population
from benchmarks.machine import here
from tests.processes import services

# Seconds that a preview may take
MOST = 2.0
ORGANIZATIONS = 20
BOUND = "UPDATE accounts_user SET ever_bound_at = now()"
MEMBERSHIPS = f"""
    o.id = 1 + u.id % {ORGANIZATIONS} AND u.id % 10 > 0
    OR o.id = 1 + (u.id + 1) % {ORGANIZATIONS} AND u.id % 50 = 7
"""
ROLE = "CASE WHEN u.id % 1000 = 3 THEN 'manager' ELSE 'member' END"
# People whose policy is read after a switch
CHECKED = 100
# The rows that this connection wrote lately
WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
SESSIONS = """
    INSERT INTO mfa_session (key_hash, session_data, expire_date, user_id, aal, browser)
    SELECT md5(id::text), '', now() + interval '1 hour', id, 2, '' FROM accounts_user
    WHERE id % 100 = 7
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one preview, page, file or switch took."""

    name: str
    seconds: float
    statements: int
    people: int
    written: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few people, to try the program")
    people = 1_000 if parser.parse_args().small else 100_000
    with services.database(services.postgresql()) as database:
        print(here(database) + "\n")
        print("| what | seconds | statements | rows written | people affected |")
        print("|---|---|---|---|---|")
        for taken in measure(database, people):
            bold = "" if taken.seconds < MOST else "**"
            print(
                f"| {taken.name} | {bold}{taken.seconds:.2f}{bold} "
                f"| {taken.statements} | {taken.written} | {taken.people:,} |"
            )


def measure(database: str, people: int) -> Iterator[Taken]:
    """Fill the database, then preview changes of the site and of one organization."""
    population.begin(database)
    _fill(people)
    try:
        yield from _previews()
        yield from _switches()
    finally:
        connection.close()


def _fill(people: int) -> None:
    from accounts.models import Organization
    from mfa.models import SitePolicy

    site = SitePolicy.load()
    site.enabled, site.may_relax_to = True, "off"
    site.save()
    for number in range(ORGANIZATIONS):
        made = Organization.objects.create(name=f"Company {number}", slug=f"company-{number}")
        made.own.enforcement = ("", "required", "optional", "")[number % 4]
        made.own.save()
    population.add_people(people)
    population.join(MEMBERSHIPS, ROLE)
    with connection.cursor() as cursor:
        cursor.execute(BOUND)
        cursor.execute(SESSIONS)
        cursor.execute("VACUUM ANALYZE")


def _previews() -> Iterator[Taken]:
    from accounts.models import Organization
    from accounts.organizations import rules
    from mfa.admin.previewing import impact_of
    from mfa.login.impact import Impact
    from mfa.models import SitePolicy

    def site(**values: object) -> Impact:
        after = SitePolicy.load()
        for name, value in values.items():
            setattr(after, name, value)
        return impact_of(SitePolicy.load(), after)

    def company() -> Impact:
        organization = Organization.objects.get(slug="company-1")
        organization.own.methods = ["app"]
        return rules.impact_of(organization, organization.own, timezone.now())

    def again() -> Impact:
        return site(enroll_again_from=timezone.now() + timedelta(seconds=1))

    yield _taken("site: everyone sets up MFA again", lambda: _counted(again()))
    yield _taken("site: apps only", lambda: _counted(site(methods=["app"])))
    yield _taken("site: only passkeys", lambda: _counted(site(passkeys_from=timezone.now())))
    yield _taken("site: MFA off", lambda: _counted(site(enabled=False)))
    yield _taken("one organization: apps only", lambda: _counted(company()))
    yield _taken("first page of names", lambda: len(again().page()[0]))
    yield _taken("a page in the middle", lambda: len(again().page(50_000)[0]))


def _switches() -> Iterator[Taken]:
    from accounts.models import Organization, User
    from accounts.organizations import rules
    from mfa.admin.enabling import switch_on
    from mfa.models import SitePolicy

    SitePolicy.objects.update(on_reenable="enroll_again", first_enabled_at=timezone.now())
    company = Organization.objects.get(slug="company-1")
    manager = User.objects.filter(memberships__organization=company).first()
    assert manager is not None

    def site() -> None:
        SitePolicy.objects.update(enabled=False)
        switch_on(SitePolicy.load())

    def one_organization() -> None:
        for wanted in ("off", "required"):
            level = Organization.objects.get(pk=company.pk).own
            level.enforcement = wanted
            rules.save(manager, company, level)

    active = User.objects.filter(is_active=True)
    there = active.filter(memberships__organization=company)
    yield _switched("one organization: off and on again", one_organization, there)
    yield _switched("site: off and on again", site, active)


def _switched(name: str, switch: Callable[[], None], people: QuerySet[Any]) -> Taken:
    """Measure the rows written, and check that the people must set up MFA again after it."""
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        before = _written()
        start = time.perf_counter()
        switch()
        seconds = time.perf_counter() - start
        # PostgreSQL may still count the transaction before this one.
        written = _written() - before
    for person in people.order_by("-pk")[:CHECKED]:
        since = person.mfa_policy.enroll_again_from
        assert since
        assert all(each.confirmed_at <= since for each in person.factors.all())
    return Taken(name, seconds, len(seen) - 2, people.count(), written)


def _written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0] or 0)


def _counted(impact: object) -> int:
    return sum(each.people for each in impact.count().values())  # type: ignore[attr-defined]


def _taken(name: str, measured: Callable[[], int]) -> Taken:
    measured()
    with CaptureQueriesContext(connection) as seen:
        start = time.perf_counter()
        people = measured()
        seconds = time.perf_counter() - start
    return Taken(name, seconds, len(seen), people)


if __name__ == "__main__":
    main()
