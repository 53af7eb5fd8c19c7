"""An export and its way back: nothing to change, no formulas, and only what the reader may see."""

import csv
import json
from datetime import UTC, datetime

import pytest

from accounts.csv_import import dry_run, uploads
from accounts.exports.tables import Scope, Table, columns_of
from accounts.models import Membership, Organization, User
from mfa import factors, files
from mfa.audit import NOWHERE
from mfa.files import BYTE_ORDER_MARK, Format
from mfa.models import Delivery, Factor, SitePolicy
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization


@pytest.fixture
def clinic(policy: SitePolicy, settings: object) -> Organization:
    """Ann has a phone, Ben a number without a proof, Cy a landline, and Di a risky name."""
    settings.SMS_TEST_NUMBERS = ["+447700900"]  # type: ignore[attr-defined]
    made = organization("Maple Clinic")
    ann = join(make_user("ann@example.org", full_name="Ann", username="ann"), made)
    give_phone(ann, "+447700900211")
    ben = join(make_user("ben@example.org", full_name="Ben, the Second"), made)
    factors.propose_phone(ben, "+447700900212", client=NOWHERE)
    cy = join(make_user("cy@example.org", full_name="Cy"), made, role=MANAGER)
    factors.propose_phone(cy, "+442079460000", client=NOWHERE)
    join(make_user("di@example.org", full_name="=HYPERLINK(1)"), made)
    return made


def text_of(scope: Scope, table: Table = Table.PEOPLE, kind: Format = Format.CSV) -> str:
    return "".join(files.written(columns_of(table), scope.rows(table), kind))


def numbers_in(text: str) -> dict[str, str]:
    return {row["email"]: row["mobile"] for row in csv.DictReader(text.splitlines())}


@pytest.mark.parametrize("kind", [Format.CSV, Format.EXCEL])
@pytest.mark.parametrize("place", ["everywhere", "maple-clinic"])
def test_exported_people_come_back_with_nothing_to_change(
    clinic: Organization, root: User, kind: Format, place: str
) -> None:
    chosen = Organization.objects.filter(slug=place).first()
    text = text_of(Scope(root, chosen), kind=kind)
    assert text.startswith(BYTE_ORDER_MARK) is (kind is Format.EXCEL)
    for row in csv.reader(text.splitlines()):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    held = uploads.store(root, chosen, text.encode(), name="people.csv", invites=False)
    uploads.map_columns(held, uploads.mapped_in(held))
    dry_run.check(held.pk, seconds=60)
    held.refresh_from_db()
    assert held.counts == {"unchanged": 4 if chosen else 5}
    assert not held.findings.filter(is_bad=True).exists()
    assert not held.findings.filter(field="mobile").exists()


def test_administrators_read_whole_numbers_and_support_their_ends(
    clinic: Organization, root: User
) -> None:
    assert numbers_in(text_of(Scope(root, clinic)))["ann@example.org"] == "'+447700900211"
    helper = make_user("sam@example.org", is_staff=True)
    assert numbers_in(text_of(Scope(helper, clinic))) == {
        "ann@example.org": "…11",
        "ben@example.org": "…12",
        "cy@example.org": "…00",
        "di@example.org": "",
    }


def test_manager_reads_whole_numbers_of_people_who_are_only_theirs(
    clinic: Organization, alice: User
) -> None:
    manager = join(alice, clinic, role=MANAGER)
    shared = User.objects.get(email="ben@example.org")
    join(shared, organization("Other"))
    numbers = numbers_in(text_of(Scope(manager, clinic)))
    assert numbers["ann@example.org"] == "'+447700900211"
    assert numbers["ben@example.org"] == "…12"
    assert numbers["cy@example.org"] == "…00"
    assert numbers["alice@example.org"] == "…01"


def test_manager_of_another_organization_reads_no_one(clinic: Organization, alice: User) -> None:
    rival = join(alice, organization("Rival"), role=MANAGER)
    assert numbers_in(text_of(Scope(rival, clinic))) == {}


def test_json_lines_have_whole_values(clinic: Organization, root: User) -> None:
    lines = text_of(Scope(root, clinic), kind=Format.JSON_LINES).splitlines()
    people = [json.loads(line) for line in lines]
    assert people[0] == {
        "email": "ann@example.org",
        "full name": "Ann",
        "mobile": "+447700900211",
        "username": "ann",
        "role": "member",
        "organization": "maple-clinic",
    }
    assert people[3]["full name"] == "=HYPERLINK(1)"


def test_records_of_other_organizations_stay_out(
    clinic: Organization, root: User, alice: User
) -> None:
    ann = User.objects.get(email="ann@example.org")
    now = datetime.now(tz=UTC)
    for person in (ann, alice):
        Delivery.objects.create(
            user=person, message="login", channel="sms", target="+447700900211", created_at=now
        )
    helper = make_user("sam@example.org", is_staff=True)
    of_clinic = list(Scope(helper, clinic).rows(Table.DELIVERIES))
    assert [(row[1], row[4]) for row in of_clinic] == [("ann@example.org", "…11")]
    assert len(list(Scope(root).rows(Table.DELIVERIES))) == 2
    audit = list(Scope(root, clinic).rows(Table.AUDIT))
    members = set(
        Membership.objects.filter(organization=clinic).values_list("user__email", flat=True)
    )
    assert audit
    assert {row[2] for row in audit} <= members


def test_number_of_an_export_is_the_one_that_gets_codes(clinic: Organization, root: User) -> None:
    ann = User.objects.get(email="ann@example.org")
    give_phone(ann, "+447700900299")
    Factor.objects.filter(user=ann, target="+447700900211").update(preferred=True)
    assert numbers_in(text_of(Scope(root, clinic)))["ann@example.org"] == "'+447700900211"
