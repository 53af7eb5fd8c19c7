"""An organization's rules in the admin: explained first, then saved."""

import json
import re
from datetime import UTC, datetime

import pytest

from accounts.models import Organization, User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.organizations import join, organization
from tests.portal_client import Browser


@pytest.fixture
def acme(office: Browser, bob: User) -> Organization:
    made = organization("Acme")
    join(bob, made)
    return made


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    browser.log_in(root)
    return browser


def page_of(company: Organization) -> str:
    return f"/admin/accounts/organizationpolicy/{company.own_id}/change/"


def rules_of(company: Organization) -> tuple[str, bool | None]:
    own = Organization.objects.get(pk=company.pk).own
    return own.enforcement, own.may_close


def test_first_save_explains_and_second_saves(office: Browser, acme: Organization) -> None:
    typed = {"enforcement": "required", "may_close": "True"}
    said = office.post(page_of(acme), typed).text
    assert "Nothing is saved yet." in said
    assert rules_of(acme) == ("", None)
    mark = re.search(r'name="_previewed" value="(\w+)"', said)
    assert mark
    other = {**typed, "may_close": "False", "_previewed": mark[1]}
    assert "Nothing is saved yet." in office.post(page_of(acme), other).text
    assert office.post(page_of(acme), {**typed, "_previewed": mark[1]}).url == page_of(acme)
    assert rules_of(acme) == ("required", True)
    assert AuditEvent.objects.filter(event=Event.RULES_CHANGED).count() == 1


def test_preset_fills_the_form_and_saves_nothing(office: Browser, acme: Organization) -> None:
    page = office.get(f"{page_of(acme)}?preset=partner").text
    assert "straight to the portal" in page
    assert '<option value="continue" selected>' in page
    assert rules_of(acme) == ("", None)


def test_rules_that_leave_no_method_are_refused(office: Browser, acme: Organization) -> None:
    typed = {"methods": ["recovery_codes"]}
    page = office.post(page_of(acme), typed).text
    assert "Acme" in page
    assert 'class="errorlist"' in page
    assert rules_of(acme) == ("", None)


def test_registration_opens_with_an_organizations_own_rules(
    office: Browser, acme: Organization, other_browser: Browser
) -> None:
    """An unticked box closes it again."""
    for typed, status in (({"registration": "on"}, 200), ({}, 404)):
        said = office.post(page_of(acme), typed).text
        mark = re.search(r'name="_previewed" value="(\w+)"', said)[1]
        office.post(page_of(acme), {**typed, "_previewed": mark})
        assert other_browser.get("/register/acme/").status_code == status
    changes = AuditEvent.objects.filter(event=Event.RULES_CHANGED)
    assert [row.details["fields"] for row in changes] == [["registration"]] * 2


def test_rules_for_clients_have_no_registration(office: Browser, acme: Organization) -> None:
    """People register at one organization, so the box would do nothing there."""
    assert 'name="registration"' in office.get(page_of(acme)).text
    clients = f"/admin/accounts/organizationpolicy/{acme.for_clients_id}/change/"
    assert 'name="registration"' not in office.get(clients).text


def test_affected_people_are_listed_and_downloaded(office: Browser, acme: Organization) -> None:
    SitePolicy.objects.update(may_relax_to="off")
    typed = {"enforcement": "off"}
    said = office.post(page_of(acme), typed).text
    affected = page_of(acme).replace("change", "affected")
    assert f'formaction="{affected}"' in said
    names = office.post(affected, typed).text
    assert "bob@example.org" in names
    assert 'name="enforcement" value="off"' in names
    rows = office.post(affected, {**typed, "format": "csv"}).getvalue().decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["bob@example.org"]
    [line] = office.post(affected, {**typed, "format": "jsonl"}).getvalue().splitlines()
    assert json.loads(line)["email"] == "bob@example.org"
    assert rules_of(acme) == ("", None)


def test_affected_people_of_wrong_values_lead_back(office: Browser, acme: Organization) -> None:
    affected = page_of(acme).replace("change", "affected")
    assert office.post(affected, {"methods": ["recovery_codes"]}).url == page_of(acme)
    assert office.post(affected.replace(str(acme.own_id), "987654"), {}).status_code == 404


def test_each_field_says_who_decides_and_what_can_be_chosen(
    office: Browser, acme: Organization
) -> None:
    site = SitePolicy.load()
    site.methods, site.code_life_minutes = ["phone", "recovery_codes"], 8
    site.save()
    own = acme.own
    own.methods = ["phone"]
    own.save()
    page = office.get(page_of(acme)).text
    assert "Decided by: Acme. You can choose from: phone or recovery codes." in page
    assert "Decided by: the portal. You can choose up to 8 minutes." in page
    assert "You can choose up to 12 hours." in page
    assert "Decided by: the portal. MFA is required above" in page


@pytest.mark.parametrize(
    "wish",
    [
        {"backup": True},
        {"weaker_ways": "refuse"},
        {"passkeys_from": datetime(2026, 1, 2, tzinfo=UTC)},
    ],
    ids=str,
)
def test_page_says_that_a_level_above_requires_it(
    office: Browser, acme: Organization, wish: dict[str, object]
) -> None:
    required = "A level above requires it."
    before = office.get(page_of(acme)).text.count(required)
    SitePolicy.note(**wish)
    assert office.get(page_of(acme)).text.count(required) == before + 1
