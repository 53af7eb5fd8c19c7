"""The plans of the enrollment report: it reads one organization, however many people there are."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.organizations.enrollment import days_of, without_number
from mfa.models import Factor
from tests.organizations import MANAGER, join, organization

OTHERS = 10_000
TABLES = {"accounts_user", "accounts_membership", "mfa_factor"}


def crowd(elsewhere: Organization) -> None:
    """Many people of another organization, each with a phone."""
    now = timezone.now()
    people = User.objects.bulk_create(
        User(email=f"p{number}@example.org", password="!") for number in range(OTHERS)
    )
    Membership.objects.bulk_create(Membership(user=each, organization=elsewhere) for each in people)
    Factor.objects.bulk_create(
        Factor(user=each, target=f"+44770{each.pk:07}", confirmed_at=now) for each in people
    )


@pytest.mark.skipif(connection.vendor == "sqlite", reason="plans of PostgreSQL")
def test_report_reads_no_table_from_end_to_end(alice: User, bob: User) -> None:
    acme = organization("Acme")
    manager = join(alice, acme, role=MANAGER)
    join(bob, acme)
    crowd(organization("Elsewhere"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as seen:
        days = days_of(manager, acme, zone=timezone.get_default_timezone(), now=timezone.now())
        assert without_number(manager, acme) == 1
    assert days[-1].total == 2
    plans = [plan_of(query["sql"]) for query in seen]
    assert [TABLES & set(re.findall(r"Seq Scan on (\w+)", plan)) for plan in plans] == [set()] * 5
    # The report reads the site's policy. Each count comes after the look-up of the organization.
    reads = [False, False, True, False, True]
    assert ["membership_of_organization" in plan for plan in plans] == reads


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
        return "\n".join(line for (line,) in cursor.fetchall())
