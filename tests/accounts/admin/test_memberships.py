"""Memberships in the admin: each change through its verb (D21, K10, org3, org4, org6, org8)."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.accounts.admin.test_organizations import admin, text
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser

__all__ = ["admin"]

LIST = "/admin/accounts/membership/"


@pytest.fixture
def acme(policy: SitePolicy) -> Organization:
    return organization("Acme")


def held(user: User, place: Organization) -> Membership:
    return Membership.objects.get(user=user, organization=place)


def add(browser: Browser, email: str, role: str = "member") -> str:
    sent = {"email": email, "organization": "acme", "role": role}
    return browser.post(f"{LIST}add/", sent, follow=True).text


def test_administrator_adds_by_email_and_short_name(
    admin: Browser, acme: Organization, alice: User
) -> None:
    assert "Acme" in add(admin, "ALICE@example.org ", "manager")
    membership = held(alice, acme)
    assert (membership.role, User.objects.get(pk=alice.pk).home) == (MANAGER, membership)
    event = AuditEvent.objects.get(event=Event.MEMBER_JOINED)
    assert (event.user, event.actor.email) == (alice, "ada@example.org")
    refused = add(admin, alice.email)
    assert "This person is a member already." in refused
    assert "Email:</label>" not in refused
    assert "No account has this email." in add(admin, "nobody@example.org")
    assert "alice@example.org" in text(admin, f"{LIST}?organization={acme.pk}")
    assert "alice@example.org" in text(admin, f"{LIST}?person={alice.pk}")
    assert "alice@example.org" in text(admin, f"{LIST}?q=alice")
    assert admin.get(LIST, {"organization": "x"}).status_code == 400


def test_membership_that_leaves_no_method_is_refused(
    admin: Browser, acme: Organization, alice: User
) -> None:
    """The page names the person and the levels."""
    acme.own.methods = ["phone"]
    acme.own.save()
    join(alice, organization("Other", methods=["app"]))
    refused = add(admin, alice.email)
    assert "alice@example.org would have no verification method left (Other, Acme)." in refused
    assert not Membership.objects.filter(organization=acme).exists()


@pytest.mark.parametrize("kind", ["self", "staff", "superuser"])
def test_staff_are_added_and_changed_only_by_superusers(
    admin: Browser, other_browser: Browser, acme: Organization, root: User, kind: str
) -> None:
    """org8."""
    sam = make_user("sam@example.org", is_staff=True)
    ada = User.objects.get(email="ada@example.org")
    target = {"self": ada, "staff": sam, "superuser": root}[kind]
    assert "You can&#x27;t add yourself or staff." in add(admin, target.email)
    assert not Membership.objects.exists()
    join(target, acme)
    page = f"{LIST}{held(target, acme).pk}/"
    for change in ("promote", "end", "home"):
        assert admin.get(f"{page}{change}/").status_code == 403
        assert admin.post(f"{page}{change}/").status_code == 403
    assert held(target, acme).role == "member"
    other_browser.log_in(root)
    expected = 403 if target == root else 302
    assert other_browser.post(f"{page}promote/").status_code == expected


def test_role_is_given_and_taken_after_a_page_that_asks(
    admin: Browser, acme: Organization, alice: User
) -> None:
    """org3: administrators can take the last manager, and the page warns."""
    join(alice, acme)
    page = f"{LIST}{held(alice, acme).pk}/"
    assert "Make this person a manager" in text(admin, f"{page}change/")
    assert "becomes a manager of Acme" in text(admin, f"{page}promote/")
    assert held(alice, acme).role == "member"
    admin.post(f"{page}promote/")
    assert held(alice, acme).role == MANAGER
    assert OutboxMessage.objects.filter(target=alice.email, subject__contains="role").exists()
    assert "Warning: Acme then has no active manager." in text(admin, f"{page}demote/")
    admin.post(f"{page}demote/")
    assert held(alice, acme).role == "member"
    roles = AuditEvent.objects.filter(event=Event.ROLE_CHANGED).order_by("pk")
    assert [each.details["role"] for each in roles] == ["manager", "member"]


def test_ending_moves_home_and_ends_sessions(
    admin: Browser, other_browser: Browser, acme: Organization, alice: User
) -> None:
    """org6."""
    other = organization("Other", contact="the other desk")
    join(alice, acme, other)
    other_browser.log_in(User.objects.get(pk=alice.pk))
    page = f"{LIST}{held(alice, acme).pk}/"
    assert "is logged out everywhere" in text(admin, f"{page}end/")
    assert admin.post(f"{page}end/").url == LIST
    assert other_browser.get("/me/").status_code == 302
    person = User.objects.get(pk=alice.pk)
    assert (person.home.organization, person.mfa_policy.contact) == (other, "the other desk")
    assert admin.post(f"{page}end/").status_code == 404
    assert "Acme" in add(admin, alice.email)


def test_home_is_chosen(admin: Browser, acme: Organization, alice: User) -> None:
    other = organization("Other", contact="the other desk")
    join(alice, acme, other)
    page = f"{LIST}{held(alice, other).pk}/"
    assert "chooses the wording" in text(admin, f"{page}home/")
    admin.post(f"{page}home/")
    assert User.objects.get(pk=alice.pk).home == held(alice, other)
    assert AuditEvent.objects.get(event=Event.HOME_CHOSEN).user == alice
    assert "main organization" not in text(admin, f"{page}change/").split("</ul>")[0]


@pytest.mark.parametrize("how", ["closed", "deleted", "chosen"])
def test_closing_the_last_managers_account_warns(
    other_browser: Browser, acme: Organization, root: User, how: str
) -> None:
    """org3: administrators may, and read what is left without a manager."""
    mia = join(make_user("mia@example.org"), acme, role=MANAGER)
    other_browser.log_in(root)
    page = f"/admin/accounts/user/{mia.pk}/"
    match how:
        case "closed":
            sent = {"full_name": "", "language": "en"}
            answer = other_browser.post(f"{page}change/", sent, follow=True)
        case "deleted":
            answer = other_browser.post(f"{page}delete/", {"post": "yes"}, follow=True)
        case _:
            sent = {"action": "delete_selected", "_selected_action": [mia.pk], "post": "yes"}
            answer = other_browser.post("/admin/accounts/user/", sent, follow=True)
    assert "Acme has no active manager now." in answer.text
    assert not User.objects.filter(pk=mia.pk, is_active=True).exists()


def test_support_changes_no_membership(support: Browser, acme: Organization, alice: User) -> None:
    join(alice, acme)
    page = f"{LIST}{held(alice, acme).pk}/"
    for tail in ("promote/", "end/", "home/", "change/", "delete/"):
        assert support.post(f"{page}{tail}").status_code == 403
    assert support.post(f"{LIST}add/", {"email": alice.email}).status_code == 403
    assert (held(alice, acme).role, held(alice, acme).ended_at) == ("member", None)


@pytest.fixture
def support(other_browser: Browser, policy: SitePolicy) -> Browser:
    """Sam of Support, logged in."""
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    other_browser.log_in(sam)
    return other_browser
