"""The preview of a changed policy with 100,000 enrolled people, and MFA turned off and on for them.

`python -m benchmarks.impact` fills a temporary PostgreSQL database: 100,000 people with a phone,
most of them in one of 20 organizations, 2,000 in two, 1,000 logged in.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import django
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.lists import FACTORS, PEOPLE
from benchmarks.machine import here
from tests.processes import services

# Seconds that a preview may take
MOST = 2.0
ORGANIZATIONS = 20
BOUND = "UPDATE accounts_user SET ever_bound_at = now()"
MEMBERSHIPS = """
    INSERT INTO accounts_membership (user_id, organization_id, role, since)
    SELECT u.id, o.id, CASE WHEN u.id % 1000 = 3 THEN 'manager' ELSE 'member' END, now()
    FROM accounts_user u JOIN accounts_organization o
    ON o.id = 1 + u.id % {organizations} AND u.id % 10 > 0
    OR o.id = 1 + (u.id + 1) % {organizations} AND u.id % 50 = 7
"""
HOMES = """
    UPDATE accounts_user SET home_id = m.id FROM accounts_membership m
    WHERE m.user_id = accounts_user.id
"""
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few people, to try the program")
    people = 1_000 if parser.parse_args().small else 100_000
    with services.database(services.postgresql()) as database:
        print(here(database) + "\n")
        print("| what | seconds | statements | people affected |\n|---|---|---|---|")
        for taken in measure(database, people):
            bold = "" if taken.seconds < MOST else "**"
            print(
                f"| {taken.name} | {bold}{taken.seconds:.2f}{bold} "
                f"| {taken.statements} | {taken.people:,} |"
            )


def measure(database: str, people: int) -> Iterator[Taken]:
    """Fill the database, then preview changes of the site and of one organization."""
    os.environ["DATABASE_URL"] = database
    os.environ.setdefault("ENV_FILE", "tests/check.env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    _fill(people)
    try:
        yield from _previews()
    finally:
        connection.close()


def _fill(people: int) -> None:
    from django.core.management import call_command

    from accounts.models import Organization
    from mfa.models import SitePolicy

    call_command("migrate", verbosity=0)
    site = SitePolicy.load()
    site.enabled, site.may_relax_to = True, "off"
    site.save()
    for number in range(ORGANIZATIONS):
        made = Organization.objects.create(name=f"Company {number}", slug=f"company-{number}")
        made.own.enforcement = ("", "required", "optional", "")[number % 4]
        made.own.save()
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE.replace("%", "%%").replace("%%(", "%("), {"people": people})
        cursor.execute(FACTORS)
        cursor.execute(BOUND)
        cursor.execute(MEMBERSHIPS.format(organizations=ORGANIZATIONS))
        cursor.execute(HOMES)
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
    yield _taken("site: MFA off", lambda: _counted(site(enabled=False)))
    yield _taken("one organization: apps only", lambda: _counted(company()))
    yield _taken("first page of names", lambda: len(again().page()[0]))
    yield _taken("a page in the middle", lambda: len(again().page(50_000)[0]))


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
