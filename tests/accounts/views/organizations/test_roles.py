"""The role manager in client organizations, given and taken by the partner's managers (org2-org4).

Alice manages Acme, whose client is Globex.
"""

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, User
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.accounts.views.organizations.pages import ACME, page_of, text
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join
from tests.portal_client import Browser

GLOBEX = "/organizations/globex/"


@pytest.fixture
def globex(managing: Browser) -> Organization:
    return Organization.objects.get(slug="globex")


@pytest.fixture
def dora(globex: Organization) -> User:
    user = make_user("dora@example.org", full_name="Dora")
    give_phone(user, "+447700900261")
    return join(user, globex)


def role_of(user: User, slug: str = "globex") -> str:
    return Membership.objects.get(user=user, organization__slug=slug).role


def give(browser: Browser, user: User, role: str, slug: str = "globex") -> int:
    return browser.post(f"{page_of(user, slug)}role/", {"role": role}).status_code


def test_partner_gives_role_and_takes_it_again(
    managing: Browser, other_browser: Browser, dora: User, globex: Organization
) -> None:
    """The new manager reaches the pages at once, and loses them at once."""
    join(make_user("max@example.org"), globex, role=MANAGER)
    page = page_of(dora, "globex")
    assert "Make this person a manager" in text(managing, page)
    asked = text(managing, f"{page}role/")
    assert "becomes a manager of Globex" in asked
    assert role_of(dora) == "member"
    answer = managing.post(f"{page}role/", {"role": "manager"}, follow=True)
    assert "Manager of Globex" in answer.content.decode()
    assert "dora@example.org is now a manager of Globex." in answer.content.decode()
    again = managing.post(f"{page}role/", {"role": "manager"}, follow=True)
    assert "Nothing has changed." in again.content.decode()
    event = AuditEvent.objects.get(event=Event.ROLE_CHANGED)
    assert (event.user, event.details["role"]) == (dora, "manager")
    assert event.actor.email == "alice@example.org"
    [mail] = OutboxMessage.objects.filter(target=dora.email, subject__contains="role")
    assert "You are now a manager of Globex." in mail.body

    other_browser.log_in(User.objects.get(pk=dora.pk))
    assert other_browser.get(f"{GLOBEX}people/").status_code == 200
    assert "no longer sees or helps" in text(managing, f"{page}role/")
    give(managing, dora, "member")
    assert other_browser.get(f"{GLOBEX}people/").status_code == 403
    assert other_browser.post(f"{GLOBEX}security/", {"confirmed": "1"}).status_code == 403


@pytest.mark.parametrize("verb", ["role/", "end/"])
def test_last_manager_stays(managing: Browser, dora: User, globex: Organization, verb: str) -> None:
    """org3: a manager whose account is closed does not count."""
    join(dora, globex)
    Membership.objects.filter(user=dora).update(role=MANAGER)
    closed = make_user("max@example.org", is_active=False)
    join(closed, globex, role=MANAGER)
    answer = managing.post(f"{page_of(dora, 'globex')}{verb}", {"role": "member"}, follow=True)
    assert "This is the last manager." in answer.content.decode()
    assert (role_of(dora), Membership.objects.get(user=dora).ended_at) == (MANAGER, None)


@pytest.mark.parametrize("kind", ["own organization", "self", "staff", "above", "by manager"])
def test_others_never_give_role(
    managing: Browser, other_browser: Browser, dora: User, bob: User, kind: str
) -> None:
    """org4, org8: 403 by form and by crafted POST, with a line in the audit."""
    browser, target, slug = managing, dora, "globex"
    alice = User.objects.get(email="alice@example.org")
    globex, acme = (Organization.objects.get(slug=each) for each in ("globex", "acme"))
    match kind:
        case "own organization":
            target, slug = bob, "acme"
        case "self":
            target = join(alice, globex)
        case "staff":
            User.objects.filter(pk=dora.pk).update(is_staff=True)
        case "above":
            join(dora, acme, role=MANAGER)
        case _:
            browser, target = other_browser, join(bob, globex)
            browser.log_in(join(make_user_with_phone("max@example.org"), globex, role=MANAGER))
    page = page_of(target, slug)
    assert "Make this person a manager" not in text(browser, page)
    assert browser.get(f"{page}role/").status_code == 403
    assert give(browser, target, "manager", slug) == 403
    assert role_of(target, slug) == "member"
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED).exists()


def make_user_with_phone(email: str) -> User:
    user = make_user(email)
    give_phone(user, "+447700900262")
    return user


def test_manager_of_client_ends_no_membership_of_partners_manager(
    managing: Browser, other_browser: Browser, dora: User, globex: Organization
) -> None:
    """org4: who manages the partner stands above, also where they are a member."""
    join(dora, Organization.objects.get(slug="acme"), role=MANAGER)
    other_browser.log_in(join(make_user_with_phone("max@example.org"), globex, role=MANAGER))
    page = page_of(dora, "globex")
    assert "End the membership" not in text(other_browser, page)
    assert other_browser.post(f"{page}end/").status_code == 403
    assert Membership.objects.get(user=dora, organization=globex).ended_at is None


@pytest.mark.parametrize("between", ["role", "end", "demoted"])
def test_change_between_page_and_button_is_kept(
    managing: Browser, dora: User, alice: User, globex: Organization, between: str
) -> None:
    """org2: the button does what the page said, or nothing."""
    page = f"{page_of(dora, 'globex')}role/"
    text(managing, page)
    rows = Membership.objects.filter(user=dora)
    match between:
        case "role":
            rows.update(role=MANAGER)
        case "end":
            rows.update(ended_at=timezone.now())
        case _:
            Membership.objects.filter(user=alice).update(ended_at=timezone.now())
    before = list(rows.values())
    answer = managing.post(page, {"role": "manager"})
    assert answer.status_code == {"role": 302, "end": 404, "demoted": 302}[between]
    assert list(rows.values()) == before
    assert not AuditEvent.objects.filter(event=Event.ROLE_CHANGED).exists()


def test_unknown_role_is_refused(managing: Browser, dora: User) -> None:
    assert give(managing, dora, "owner") == 400
    assert give(managing, dora, "manager", "globex") == 302
    assert managing.get(f"{ACME}people/").status_code == 200
