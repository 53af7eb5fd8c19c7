"""Dates from which everyone, or staff, need a passkey: the preview, and what saving asks (pol4)."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.mfa.admin.test_policy import FORM, LIST, VALUES
from tests.organizations import join, organization, settings
from tests.passkeys import give_passkey
from tests.portal_client import Browser

SENT = {**VALUES, "portal_name": "Portal", "accent": "#1d4ed8", "login_with": "email"}
SENT |= {"enabled": "on"}
TESTED = {**SENT, "_test": "impact"}
DATES = ("passkeys_from", "staff_passkeys_from")


def text(page: HttpResponse) -> str:
    return " ".join(page.content.decode().split())


def in_days(days: int) -> str:
    at = timezone.localtime() + timedelta(days=days)
    return at.strftime("%Y-%m-%dT12:00")


def save(browser: Browser, **values: str) -> str:
    return text(browser.post(FORM, {"_continue": "Save", **SENT, **values}, follow=True))


def stored() -> list[object]:
    site = SitePolicy.load()
    return [getattr(site, name) for name in DATES]


@pytest.mark.parametrize("name", DATES)
def test_date_needs_an_own_passkey_and_asks_about_staff_without_one(
    office: Browser, root: User, name: str
) -> None:
    later = {name: in_days(3)}
    assert "Choose a time in the future." in save(office, **{name: in_days(-1)})
    assert "Set up a passkey yourself first." in save(office, **later)
    give_passkey(root)
    assert stored() == [None, None]

    make_user("new@example.org", is_staff=True)
    page = save(office, **later)
    assert "1 of 2 staff have a passkey. Without one: new@example.org." in page
    assert "Save again to confirm." in page
    assert stored() == [None, None]
    mark = re.search(r'name="_passkeys" value="([^"]+)"', page)[1]
    # Another date is asked about again.
    assert "Save again to confirm." in save(office, _passkeys=mark, **{name: in_days(4)})
    assert "Your settings are saved." in save(office, _passkeys=mark, **later)
    assert stored().count(None) == 1
    # A date that is stored already is not asked about again.
    assert "Your settings are saved." in save(office, contact="the help desk", **later)


def test_preview_counts_people_from_the_date_on(office: Browser, alice: User, bob: User) -> None:
    give_passkey(alice)
    settings(SitePolicy.load(), enforcement="optional")
    sent = {**TESTED, "enforcement": "optional", "passkeys_from": in_days(3)}
    page = text(office.post(f"{LIST}show-impact/", sent))
    day = timezone.localtime() + timedelta(days=3)
    said = f"From {day.day} {day:%B %Y}"
    assert f"{said}, everyone needs a passkey." in page
    # Root and Bob set one up. Alice has one, and her phone no longer counts.
    assert f"{said}: 2 people will be asked to set up a passkey at their next login" in page
    assert f"{said}: 1 person will log in only with a passkey or a recovery code" in page
    assert "0 of 1 staff have a passkey. Without one: root@example.org." in page
    assert "affects no one" not in page

    listed = text(office.post(f"{LIST}affected/", sent))
    assert "bob@example.org: must set up a passkey" in re.sub("<[^>]+>", "", listed)
    sheet = office.post(f"{LIST}affected/", {**sent, "format": "csv"}).getvalue().decode()
    rows = {row[0]: row for row in list(csv.reader(StringIO(sheet)))[1:]}
    assert rows.keys() == {"alice@example.org", "bob@example.org", "root@example.org"}
    assert "uses a passkey or a recovery code" in rows["alice@example.org"]


def test_date_for_staff_counts_only_staff(office: Browser, bob: User) -> None:
    page = text(office.post(f"{LIST}show-impact/", {**TESTED, "staff_passkeys_from": in_days(3)}))
    assert ": 1 person will be asked to set up a passkey" in page
    assert "staff need a passkey." in page


def test_passkeys_cannot_be_required_where_they_are_not_allowed(
    office: Browser, root: User, bob: User
) -> None:
    give_passkey(root)
    join(bob, organization("Clinic", methods=["phone"]))
    page = save(office, passkeys_from=in_days(3))
    assert "This policy requires passkeys but does not allow them (site, Clinic)." in page
    assert "bob@example.org" in page
    assert stored() == [None, None]


def test_turning_mfa_on_again_says_how_many_staff_have_a_passkey(
    office: Browser, root: User
) -> None:
    site = SitePolicy.load()
    settings(
        site,
        enabled=False,
        on_reenable="enroll_again",
        staff_passkeys_from=timezone.now() + timedelta(days=3),
    )
    assert "0 of 1 staff have a passkey." in text(office.get(f"{LIST}switch-on/"))
