"""Organizations in the admin (D01-D05, org1, org3, org7)."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Event, Session, SitePolicy
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser

LIST = "/admin/accounts/organization/"


@pytest.fixture
def admin(browser: Browser, policy: SitePolicy) -> Browser:
    """Ada, of the group Administrators and not a superuser, logged in."""
    ada = make_user("ada@example.org", is_staff=True)
    ada.groups.add(Group.objects.get(name="Administrators"))
    give_phone(ada, "+447700900205")
    browser.log_in(ada)
    return browser


def page_of(place: Organization) -> str:
    return f"{LIST}{place.pk}/change/"


def text(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.text


def test_administrator_adds_a_partner_and_its_client(admin: Browser) -> None:
    admin.post(f"{LIST}add/", {"name": "North", "slug": "north"})
    admin.post(f"{LIST}add/", {"name": "Clinic", "slug": "clinic", "parent": "north"})
    clinic = Organization.objects.get(slug="clinic")
    assert clinic.parent == Organization.objects.get(slug="north")
    assert clinic.own_id != clinic.for_clients_id
    changed = AuditEvent.objects.filter(event=Event.ORGANIZATION_CHANGED)
    assert [each.details["fields"] for each in changed.order_by("pk")] == [
        ["name", "slug"],
        ["name", "parent", "slug"],
    ]
    assert 'value="north"' in text(admin, page_of(clinic))
    shown = text(admin, f"{LIST}?q=cli")
    assert "Clinic" in shown
    assert ">North<" in shown


def test_second_level_of_partners_is_refused(admin: Browser) -> None:
    north = organization("North")
    clinic = organization("Clinic", north)
    for place, parent in ((organization("Ward"), "clinic"), (north, "ward"), (clinic, "clinic")):
        sent = {"name": place.name, "slug": place.slug, "parent": parent}
        refused = admin.post(page_of(place), sent)
        assert refused.status_code == 200
        assert Organization.objects.get(pk=place.pk).parent == place.parent
    refused = admin.post(page_of(clinic), {"name": "C", "slug": "c", "parent": "nowhere"})
    assert "No organization has this short name." in refused.text


def test_partner_whose_rules_leave_no_method_is_refused(admin: Browser, alice: User) -> None:
    """The page names levels and people."""
    north = organization("North")
    settings(north.for_clients, methods=["app"])
    clinic = join(alice, organization("Clinic")).home.organization
    join(alice, organization("Other", methods=["phone"]))
    sent = {"name": "Clinic", "slug": "clinic", "parent": "north"}
    refused = admin.post(page_of(clinic), sent).text
    assert "North, Other" in refused
    assert "alice@example.org" in refused
    assert Organization.objects.get(pk=clinic.pk).parent is None


def test_turning_off_asks_and_ends_sessions_and_open_logins(
    admin: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    """org1, also after it is turned on again."""
    acme = organization("Acme")
    join(alice, acme)
    join(charlie, acme)
    other_browser.log_in(alice)
    halfway = Browser()
    halfway.password(charlie)
    page = f"{LIST}{acme.pk}/switch/"
    asked = text(admin, page)
    assert "2 people are logged out everywhere" in asked
    assert "1 person is logged in now." in asked
    assert other_browser.get("/me/").status_code == 200
    admin.post(page)
    assert other_browser.get("/me/").status_code == 302
    assert not Session.objects.filter(user__in=(alice, charlie), aal__gt=0).exists()
    assert not User.objects.get(pk=alice.pk).may_log_in

    assert "Turn on" in text(admin, page)
    admin.post(page)
    assert User.objects.get(pk=alice.pk).may_log_in
    assert other_browser.get("/me/").status_code == 302
    assert halfway.get("/login/verify/").url == "/login/"
    fields = AuditEvent.objects.filter(event=Event.ORGANIZATION_CHANGED)
    assert [each.details["fields"] for each in fields] == [["is_active"], ["is_active"]]


def test_turning_on_that_leaves_no_method_is_refused(admin: Browser, alice: User) -> None:
    acme = organization("Acme", methods=["phone"])
    join(alice, acme)
    Organization.objects.filter(pk=acme.pk).update(is_active=False)
    join(alice, organization("Other", methods=["app"]))
    answer = admin.post(f"{LIST}{acme.pk}/switch/", follow=True).text
    assert "alice@example.org" in answer
    assert not Organization.objects.get(pk=acme.pk).is_active


def test_organizations_without_active_manager_are_listed(admin: Browser) -> None:
    """org3, also on the support desk: a manager whose account is closed does not count."""
    join(make_user("mia@example.org"), organization("Managed"), role=MANAGER)
    join(make_user("max@example.org", is_active=False), organization("Shut"), role=MANAGER)
    join(make_user("dora@example.org"), organization("Empty"))
    Organization.objects.filter(pk=organization("Gone").pk).update(is_active=False)
    for page in (f"{LIST}?managers=none", "/support/organizations/"):
        shown = text(admin, page)
        assert ("Shut" in shown, "Empty" in shown) == (True, True)
        assert ("Managed" in shown, "Gone" in shown) == (False, False)


def test_former_short_name_never_leads_to_another_organization(
    admin: Browser, other_browser: Browser, alice: User
) -> None:
    """org7: it stays reserved, and the address to register still leads to the renamed one."""
    acme = join(alice, organization("Acme", registration=True), role=MANAGER).home.organization
    admin.post(page_of(acme), {"name": "Zenith", "slug": "zenith"})
    refused = admin.post(f"{LIST}add/", {"name": "Acme", "slug": "acme"}).text
    assert "Another organization had this short name" in refused
    assert "Register at Zenith" in other_browser.get("/register/acme/").text
    manager = Browser()
    manager.log_in(User.objects.get(pk=alice.pk))
    assert manager.get("/organizations/zenith/").status_code == 200
    assert manager.get("/organizations/acme/").status_code == 404
    # The organization itself can have it back.
    admin.post(page_of(acme), {"name": "Acme", "slug": "acme"})
    assert [each.slug for each in acme.former_slugs.all()] == ["zenith"]
    assert "Register at Acme" in other_browser.get("/register/zenith/").text


@pytest.mark.parametrize("tail", ["add/", "{pk}/change/", "{pk}/switch/", "{pk}/delete/"])
def test_support_changes_no_organization(
    other_browser: Browser, policy: SitePolicy, tail: str
) -> None:
    acme = organization("Acme")
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    other_browser.log_in(sam)
    url = LIST + tail.format(pk=acme.pk)
    assert other_browser.post(url, {"name": "X", "slug": "x"}).status_code == 403
    assert other_browser.get(url).status_code == 403
    assert list(Organization.objects.values_list("slug", "is_active")) == [("acme", True)]
    assert not Membership.objects.exists()
