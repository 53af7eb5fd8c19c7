"""The enrollment report: plot, table and file say the same (dash1, dash2, D01, E01)."""

import csv
import json
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import Membership, Organization, User
from accounts.organizations.enrollment import DAYS, NOT_YET, SKIPPED, STATES, days_of
from mfa.models import Factor, SitePolicy
from mfa.rules.methods import FIRST, Method
from tests.accounts.views.organizations.pages import ACME, text
from tests.conftest import NOON, make_user
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser

REPORT, FILE = f"{ACME}report/", f"{ACME}report/file/"


def person(
    name: str, *, since: datetime, skipped: datetime | None = None, **kinds: datetime
) -> User:
    """A member of Acme since a time, who set up each kind of factor at a time."""
    acme = Organization.objects.get(slug="acme")
    user = join(make_user(f"{name}@example.org"), acme)
    Membership.objects.filter(user=user).update(since=since)
    User.objects.filter(pk=user.pk).update(skipped_at=skipped)
    for kind, at in kinds.items():
        Factor.objects.create(user=user, kind=kind, target=name, secret="s", confirmed_at=at)
    return user


def rows_of(browser: Browser) -> list[dict[str, str]]:
    return file_of(browser, ACME)


def file_of(browser: Browser, pages: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(browser.get(f"{pages}report/file/").getvalue().decode())))


def test_plot_table_and_file_have_the_same_numbers(managing: Browser) -> None:
    """Alice has a phone. Whole days, zeros included, and today marked as not over."""
    now = timezone.now()
    long_ago, week = now - timedelta(days=90), now - timedelta(days=7)
    person("ann", since=long_ago, phone=week, app=week + timedelta(days=2))
    person("sid", since=long_ago, skipped=week)
    person("kay", since=now, phone=now, passkey=now, recovery_codes=now)
    person("gone", since=long_ago, phone=week).factors.update(status="revoked")

    page = text(managing, REPORT)
    file = rows_of(managing)
    assert len(file) == DAYS
    assert {row["Organization"] for row in file} == {"Acme"}
    assert [row["Day is over"] for row in file] == ["yes"] * (DAYS - 1) + ["no"]
    heads = [str(state.words) for state in STATES]
    counts = [[int(row[head]) for head in heads] for row in file]
    table = page.split("<tbody>")[1]
    cells = [int(cell) for cell in re.findall(r"<td[^>]*>(\d+)</td>", table)]
    assert cells == [number for row in reversed(counts) for number in row]
    assert table.count("(not over)") == 1
    assert counts[-1] == [1, 0, 1, 1, 0, 1, 2]
    assert counts[-6] == [0, 0, 1, 0, 0, 1, 1]
    assert counts[-8] == [0, 0, 0, 1, 0, 1, 1]
    assert counts[0] == [0, 0, 0, 0, 0, 0, 3]

    bars = re.findall(r"<g[^>]*>(.*?)</g>", page)
    assert len(bars) == DAYS
    heights = [
        {state: int(height) for state, height in re.findall(r'state-(\w+)".*?height="(\d+)"', bar)}
        for bar in bars
    ]
    assert [heights[-1].get(state.value, 0) for state in STATES] == [
        167,
        0,
        166,
        167,
        0,
        167,
        333,
    ]
    assert "The tallest bar is 6 people." in page
    for said in (
        "Passkey: 1 person (17%)",
        "Authenticator app: 1 person (17%)",
        "Phone: 3 people (50%)",
        "Email: 0 people (0%)",
        "Recovery codes: 1 person (17%)",
    ):
        assert said in page
    assert {name: file[-1][f"Has: {name}"] for name in ("Passkey", "Phone", "Recovery codes")} == {
        "Passkey": "1",
        "Phone": "3",
        "Recovery codes": "1",
    }
    assert file[-2]["Has: Passkey"] == "0"
    assert "style=" not in page
    assert "Without a phone number: 3" in page


@pytest.mark.parametrize("kind", FIRST)
def test_person_with_one_factor_is_counted_under_its_kind(managing: Browser, kind: Method) -> None:
    """Also a kind that is added later."""
    settings(SitePolicy.load(), methods=[*Method])
    head = str(capfirst(Factor.Kind(kind).label))
    before = rows_of(managing)[-1]
    now = timezone.now()
    person("pam", since=now, **{kind: now})
    after = rows_of(managing)[-1]
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {head, f"Has: {head}"}
    assert f"{head}: {int(before[head]) + 1}</li>" in text(managing, REPORT)


def recount(zone: ZoneInfo, day: date) -> list[int]:
    """Count person by person, as the plot's sentence says."""
    counts = dict.fromkeys(STATES, 0)
    for membership in Membership.objects.filter(organization__slug="acme"):
        factors = membership.user.factors.usable()

        def done(moment: datetime | None) -> bool:
            return moment is not None and moment.astimezone(zone).date() <= day

        if not done(membership.since):
            continue
        held = {factor.kind for factor in factors if done(factor.confirmed_at)}
        skipped = SKIPPED if done(membership.user.skipped_at) else NOT_YET
        counts[next((state for state in STATES if state.value in held), skipped)] += 1
    return list(counts.values())


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("Europe/London", datetime(2026, 4, 2, 22, 59, tzinfo=UTC)),
        ("Europe/London", datetime(2026, 11, 2, 0, 1, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 4, 2, 18, 16, tzinfo=UTC)),
    ],
)
def test_days_are_those_of_the_zone(alice: User, name: str, now: datetime) -> None:
    """Clocks change on 29 March and 25 October; Nepal is at +05:45."""
    organization("Acme")
    acme, zone = Organization.objects.get(slug="acme"), ZoneInfo(name)
    join(alice, acme, role=MANAGER)
    with time_machine.travel(now, tick=False):
        for step in range(16):
            since = now - timedelta(days=40)
            at = now - timedelta(hours=49 * step, minutes=16)
            person(f"p{step}", since=at if step % 4 == 0 else since, phone=at)
        days = days_of(User.objects.get(pk=alice.pk), acme, zone=zone, now=now)
        assert days[-1].day == now.astimezone(zone).date()
        assert [day.day - days[0].day for day in days] == [timedelta(n) for n in range(DAYS)]
        for day in days:
            assert list(day.people.values()) == recount(zone, day.day), day.day


def test_only_factors_that_the_rules_count_are_counted(managing: Browser) -> None:
    """K6, K9, K18: an unproven number, an old factor, a method out of use, a forgotten skip."""
    now = timezone.now()
    day = timedelta(days=1)
    person("old", since=now - 9 * day, app=now - 8 * day, phone=now - 2 * day)
    person("sid", since=now - 9 * day, skipped=now - 8 * day)
    person("una", since=now - 9 * day, phone=now).factors.update(status="assigned")
    own = Organization.objects.get(slug="acme").own
    settings(own, enroll_again_from=now - 5 * day, skips_from=now - 5 * day)
    assert list(rows_of(managing)[-1].values())[2:9] == ["0", "0", "0", "2", "0", "0", "3"]
    settings(own, methods=["app"])
    assert list(rows_of(managing)[-1].values())[2:9] == ["0", "0", "0", "0", "0", "0", "5"]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1"])
def test_no_cell_of_the_file_runs_as_a_formula(managing: Browser, name: str) -> None:
    """csv5: numbers stay numbers."""
    Organization.objects.filter(slug="acme").update(name=name)
    answer = managing.get(FILE)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    cells = [cell for row in csv.reader(StringIO(answer.getvalue().decode())) for cell in row]
    assert f"'{name}" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []


def test_report_as_json_lines_has_the_same_days(managing: Browser) -> None:
    lines = managing.get(f"{FILE}?format=jsonl").getvalue().decode().splitlines()
    days = [json.loads(line) for line in lines]
    rows = list(csv.DictReader(StringIO(managing.get(FILE).getvalue().decode())))
    assert [day["day"] for day in days] == [row["Day"] for row in rows]
    assert days[-1]["finished"] == "no"
    assert isinstance(days[-1]["not_yet"], int)


def test_report_of_an_organization_without_people(
    managing: Browser, clock: time_machine.Traveller
) -> None:
    """Zeros are drawn as days without bars; the partner's manager sees a client's report."""
    clock.move_to(NOON)
    page = text(managing, "/organizations/globex/report/")
    assert page.count("<g") == DAYS
    assert "<rect" not in page


def test_pages_agree_on_who_has_to_set_up_mfa_again(managing: Browser) -> None:
    """K9: the partner's rules and the portal's count as well as the organization's own."""
    globex, site = Organization.objects.get(slug="globex"), SitePolicy.load()
    now = timezone.now()
    before, after = now - timedelta(days=3), now - timedelta(days=1)
    pages = "/organizations/globex/"
    user = join(make_user("gus@example.org"), globex)
    Factor.objects.create(user=user, target="+447700900288", confirmed_at=before)
    assert "Two-step verification is set up" in text(managing, f"{pages}people/")
    for level in (globex.own, globex.parent.for_clients, site):
        settings(level, enroll_again_from=after)
        listed, today = text(managing, f"{pages}people/"), file_of(managing, pages)[-1]
        assert "Two-step verification is not set up" in listed
        assert (today["Phone"], today["Not set up"]) == ("0", "1")
        assert ">Reminder<" in text(managing, f"{pages}details/")
        settings(level, enroll_again_from=None)
    assert file_of(managing, pages)[-1]["Phone"] == "1"


def test_number_without_a_proof_is_listed_as_such(managing: Browser) -> None:
    """K6: the next login's code proves it."""
    user = join(make_user("una@example.org"), Organization.objects.get(slug="acme"))
    Factor.objects.create(
        user=user, target="+447700900288", status="assigned", confirmed_at=timezone.now()
    )
    assert "the next login verifies it" in text(managing, f"{ACME}people/")
