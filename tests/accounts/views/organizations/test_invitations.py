"""A manager's invitations: who may invite, what the list says, and what it hides (RG-02)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import invitations
from mfa.limits import table as limits
from mfa.models import AuditEvent, Delivery, Event, OutboxMessage
from tests.accounts.views.organizations.pages import text
from tests.conftest import make_user
from tests.invitations import ANN, LIST, invite, link_to, send
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser


@pytest.fixture
def managing(managing: Browser) -> Browser:
    """Alice, a manager of Acme, before the first invitation."""
    Invitation.objects.all().delete()
    return managing


def test_list_has_each_state_in_words(managing: Browser, alice: User) -> None:
    acme = Organization.objects.get(slug="acme")
    now = timezone.now()
    for number, values in enumerate(
        (
            {},
            {"expires_at": now},
            {"accepted_at": now},
            {"revoked_at": now},
        )
    ):
        row = invitations.invite(alice, acme, f"person{number}@example.org")
        Invitation.objects.filter(pk=row.pk).update(**values)
    page = text(managing, LIST)
    for word in ("Waiting", "Expired", "Accepted", "Revoked"):
        assert word in page
    assert page.count("Send again") == 3
    assert page.count("/revoke/") == 2


def test_known_staff_and_new_address_look_the_same(
    managing: Browser, charlie: User, root: User
) -> None:
    """RG-02: the same page, by the same statements, and one email each."""
    seen = []
    for email in ("new@example.org", charlie.email, root.email):
        with CaptureQueriesContext(connection) as queries:
            answer = managing.post(f"{LIST}new/", {"email": email})
        assert answer.url == LIST
        seen.append((len(queries), text(managing, LIST).count("Waiting")))
        send()
        assert OutboxMessage.objects.filter(target=email, subject__contains="invited").count() == 1
    assert len({cost for cost, _ in seen}) == 1
    assert [waiting for _, waiting in seen] == [1, 2, 3]


def test_same_address_twice_is_one_invitation_in_one_organization(
    managing: Browser, alice: User
) -> None:
    """inv6: one normal form. Another organization knows nothing of it."""
    invite(managing, "Ann@Example.org")
    invite(managing, " ann@example.org")
    assert Invitation.objects.get().round == 2
    managing.post("/organizations/globex/invitations/new/", {"email": ANN})
    assert Invitation.objects.filter(email=ANN).count() == 2
    assert text(managing, "/organizations/globex/invitations/").count(ANN) >= 1


def test_member_is_not_invited_again(managing: Browser, bob: User) -> None:
    answer = managing.post(f"{LIST}new/", {"email": bob.email})
    assert "This person already belongs to Acme." in answer.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("email", ["", "ann", "ann@example", f"{'a' * 260}@example.org"])
def test_invalid_address_is_explained(managing: Browser, email: str) -> None:
    answer = managing.post(f"{LIST}new/", {"email": email})
    assert "There is a problem" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_only_those_who_give_roles_invite_managers(
    managing: Browser, alice: User, other_browser: Browser
) -> None:
    """A crafted role is ignored, and the button of another manager's invitation is refused."""
    assert "role" not in text(managing, f"{LIST}new/").split("<form")[-1]
    invite(managing, role="manager", round="7", accepted_at="2020-01-01", organization="2")
    row = Invitation.objects.get()
    assert (row.role, row.round, row.accepted_at) == ("member", 1, None)
    Invitation.objects.update(role="manager")
    assert managing.post(f"{LIST}{row.pk}/renew/").status_code == 403
    assert managing.post(f"{LIST}{row.pk}/revoke/").status_code == 403
    assert "Send again" not in text(managing, LIST)
    row.refresh_from_db()
    assert (row.round, row.revoked_at) == (1, None)


@pytest.mark.parametrize("tail", ["renew/", "revoke/"])
def test_invitation_of_another_organization_does_not_exist(
    managing: Browser, root: User, tail: str
) -> None:
    other = organization("Other")
    foreign = invitations.invite(root, other, ANN)
    for pk in (foreign.pk, foreign.pk + 1):
        assert managing.post(f"{LIST}{pk}/{tail}").status_code == 404
        assert managing.get(f"{LIST}{pk}/{tail}").status_code in {302, 404}
    assert managing.get("/organizations/other/invitations/").status_code == 404
    foreign.refresh_from_db()
    assert (foreign.round, foreign.revoked_at) == (1, None)
    assert AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED).exists()


def test_revoked_link_is_off_and_accepted_one_cannot_be_revoked(
    managing: Browser, other_browser: Browser
) -> None:
    invite(managing)
    row = Invitation.objects.get()
    assert "stops working" in text(managing, f"{LIST}{row.pk}/revoke/")
    managing.post(f"{LIST}{row.pk}/revoke/")
    assert other_browser.get(link_to()).status_code == 410
    Invitation.objects.update(accepted_at=timezone.now(), revoked_at=None)
    answer = managing.post(f"{LIST}{row.pk}/revoke/", follow=True)
    assert "has already been accepted" in answer.content.decode()
    assert AuditEvent.objects.filter(event=Event.INVITATION_REVOKED).count() == 1


def test_invitations_are_capped_and_administrators_get_an_alert_at_half(
    managing: Browser, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """inv7."""
    few = limits.Limit("invitation-manager", 4, limits.DAY)
    monkeypatch.setattr(limits, "INVITATIONS_PER_MANAGER", few)
    monkeypatch.setattr(limits, "INVITATIONS_TOLD", (few,))
    for number in range(4):
        invite(managing, f"person{number}@example.org")
    told = OutboxMessage.objects.filter(target=root.email, subject__contains="many invitations")
    assert "alice@example.org" in told.get().body
    answer = managing.post(f"{LIST}new/", {"email": ANN})
    assert answer.status_code == 429
    assert "Too many invitations for today." in answer.content.decode()
    assert Invitation.objects.count() == 4


def test_one_address_gets_five_emails_a_day(managing: Browser) -> None:
    for _ in range(7):
        invite(managing)
    answer = managing.post(f"{LIST}{Invitation.objects.get().pk}/renew/", follow=True)
    assert "Too many invitations for today." in answer.content.decode()
    assert OutboxMessage.objects.filter(target=ANN).count() == 5


def test_long_list_has_pages(managing: Browser, alice: User) -> None:
    acme = Organization.objects.get(slug="acme")
    expires = timezone.now() + timedelta(hours=1)
    Invitation.objects.bulk_create(
        Invitation(organization=acme, email=f"p{number}@example.org", expires_at=expires)
        for number in range(30)
    )
    page = text(managing, LIST)
    assert "p29@" in page
    assert "p4@" not in page
    assert "p4@" in text(
        managing, f"{LIST}?before={Invitation.objects.get(email__startswith='p5@').pk}"
    )


def test_reminder_goes_once_in_three_days(
    managing: Browser, alice: User, bob: User, clock: object
) -> None:
    details = "/organizations/acme/details/"
    assert ">Reminder<" in text(managing, details)
    page = f"/organizations/acme/people/{bob.memberships.get().pk}/remind/"
    for _ in range(2):
        managing.post(page)
    send()
    mail = OutboxMessage.objects.get(target=bob.email)
    assert mail.subject == "Acme Portal: set up two-step verification"
    assert "alice@example.org from Acme" in mail.body
    User.objects.update(reminded_at=timezone.now() - timedelta(days=3))
    managing.post(page)
    send()
    assert OutboxMessage.objects.filter(target=bob.email).count() == 2
    assert AuditEvent.objects.filter(event=Event.REMINDED, user=bob, actor=alice).count() == 2


@pytest.mark.parametrize("past", ["organization", "membership", "account", "set up"])
def test_waiting_reminder_that_is_past_is_dropped(managing: Browser, bob: User, past: str) -> None:
    """org1: it can wait for an hour behind invitations."""
    row = bob.memberships.get()
    managing.post(f"/organizations/acme/people/{row.pk}/remind/")
    match past:
        case "organization":
            Organization.objects.filter(pk=row.organization_id).update(is_active=False)
        case "membership":
            Membership.objects.filter(pk=row.pk).update(ended_at=timezone.now())
        case "account":
            User.objects.filter(pk=bob.pk).update(is_active=False)
        case _:
            bob.factors.create(target="+447700900291", confirmed_at=timezone.now())
    send()
    assert not OutboxMessage.objects.filter(target=bob.email).exists()
    assert Delivery.objects.get(message="reminder").state == Delivery.State.DROPPED


def test_nobody_else_is_reminded(managing: Browser, alice: User, root: User) -> None:
    """Not the manager, not staff, and nobody who has set it up."""
    done = join(make_user("done@example.org"), Organization.objects.get(slug="acme"))
    done.factors.create(target="+447700900291", confirmed_at=timezone.now())
    join(root, Organization.objects.get(slug="acme"))
    statuses = {}
    for person in (alice, root, done):
        page = f"/organizations/acme/people/{person.memberships.get().pk}/remind/"
        statuses[person.email] = managing.post(page).status_code
        assert managing.get(page).status_code == 302
    assert list(statuses.values()) == [403, 403, 302]
    send()
    assert not OutboxMessage.objects.filter(subject__contains="two-step").exists()


def test_page_says_that_the_partner_invited_a_manager(
    managing: Browser, alice: User, charlie: User
) -> None:
    globex = Organization.objects.get(slug="globex")
    join(charlie, globex, role=MANAGER)
    page = "/organizations/globex/invitations/new/"
    managing.post(page, {"email": ANN, "full_name": "", "role": MANAGER})
    client = Browser()
    client.log_in(charlie)
    answer = client.post(page, {"email": ANN, "full_name": ""})
    assert "already invited as a manager" in answer.content.decode()
    row = Invitation.objects.get()
    assert (row.role, row.inviter) == (MANAGER, alice)
