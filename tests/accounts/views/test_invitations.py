"""The page behind the link of an invitation (inv1-inv5, inv7, RG-04, org1, org7, org8)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, Session
from tests.conftest import make_user
from tests.invitations import ANN, LINK, LIST, NEW, accept, invite, link_to, send
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import PASSWORD, Browser, code

NUMBER = "+447546123456"


@pytest.fixture
def managing(managing: Browser) -> Browser:
    """Alice, a manager of Acme, before the first invitation."""
    Invitation.objects.all().delete()
    return managing


def text(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def membership_of(email: str) -> Membership | None:
    return Membership.objects.in_force().filter(user__email=email).first()


def test_new_person_sets_password_once_and_enrolls(
    managing: Browser, browser: Browser, other_browser: Browser
) -> None:
    """RG-01: the link proves the address, so nothing is asked twice. inv5: each way back works."""
    assert invite(managing).url == LIST
    path = link_to()
    page = text(other_browser, path)
    assert "alice@example.org invited a…@example.org to join Acme." in page
    answer = accept(other_browser, path)
    assert answer.url == "/login/enroll/phone/"
    person = User.objects.get(email=ANN)
    assert (person.full_name, person.check_password(NEW)) == ("Ann Archer", True)
    assert person.mailbox_proven_at
    assert membership_of(ANN).role == "member"
    # Reload and the email again
    assert text(other_browser, "/login/enroll/phone/")
    assert "You have accepted" in text(other_browser, path)
    assert "Log in to continue." in text(Browser(), path)
    assert other_browser.post(path, {}).status_code == 200
    other_browser.post("/login/enroll/phone/", {"phone": NUMBER})
    other_browser.post("/login/enroll/verify/", {"code": code(NUMBER)})
    other_browser.password(person, NEW)
    other_browser.post("/login/verify/", {"code": code(NUMBER)})
    assert other_browser.signed_in
    assert "Accepted" in text(managing, LIST)


def test_opening_changes_nothing(managing: Browser, other_browser: Browser) -> None:
    """inv3: scanners open links by GET and HEAD, with or without scripts."""
    invite(managing)
    path = link_to()
    before = Invitation.objects.values().get()
    with CaptureQueriesContext(connection) as queries:
        assert other_browser.get(path).status_code == 200
        assert other_browser.head(path).status_code == 200
        assert other_browser.post(path, {}).status_code == 200
    assert not [each for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert Invitation.objects.values().get() == before
    assert not User.objects.filter(email=ANN).exists()


def test_weak_password_is_refused(managing: Browser, other_browser: Browser) -> None:
    invite(managing)
    answer = accept(other_browser, link_to(), "short")
    assert "15 characters" in answer.content.decode()
    assert membership_of(ANN) is None


def test_other_person_joins_nothing(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    """inv1: the page says which address it is for, and who is logged in. The link stays good."""
    invite(managing)
    other_browser.log_in(charlie)
    path = link_to()
    page = text(other_browser, path)
    assert "This invitation is for a…@example.org, but you are logged in as charlie@" in page
    assert 'action="/logout/"' in page
    accept(other_browser, path)
    assert membership_of(charlie.email) is None
    assert not User.objects.filter(email=ANN).exists()
    other_browser.post("/logout/")
    assert accept(other_browser, path).url == "/login/enroll/phone/"


def test_fields_of_a_crafted_request_are_ignored(managing: Browser) -> None:
    """RG-01: the invitation decides the address, the name, the organization and the role."""
    invite(managing)
    crafted = {
        "email": "evil@example.net",
        "role": "manager",
        "organization": str(Organization.objects.get(slug="globex").pk),
        "full_name": "Evil",
        "is_staff": "on",
    }
    accept(Browser(), link_to(), **crafted)
    person = User.objects.get(email=ANN)
    assert (person.full_name, person.is_staff) == ("Ann Archer", False)
    joined = Membership.objects.get(user=person)
    assert (joined.organization.slug, joined.role) == ("acme", "member")
    assert not User.objects.filter(email="evil@example.net").exists()


def test_owner_of_account_accepts_logged_in_and_with_fresh_factor(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    charlie.full_name = "Charlie"
    charlie.save()
    invite(managing, charlie.email, full_name="Mallory")
    path = link_to(charlie.email)
    page = text(other_browser, path)
    assert "You already have an account." in page
    accept(other_browser, path)
    assert membership_of(charlie.email) is None
    answer = other_browser.password(charlie, next=path)
    answer = other_browser.post("/login/verify/", {"code": code(charlie.factors.get().target)})
    assert answer.url == path
    session = other_browser.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    assert other_browser.post(path).url.startswith("/me/confirm/")
    assert membership_of(charlie.email) is None
    other_browser.post("/me/confirm/", {"next": path})
    other_browser.post("/login/verify/", {"code": code(charlie.factors.get().target)})
    assert other_browser.post(path, {"role": "manager", "organization": "1"}).url == path
    assert "You have accepted" in text(other_browser, path)
    member = membership_of(charlie.email)
    assert (member.organization.slug, member.role) == ("acme", "member")
    person = User.objects.get(pk=charlie.pk)
    assert (person.full_name, person.check_password(PASSWORD)) == ("Charlie", True)
    assert AuditEvent.objects.get(event=Event.MEMBER_JOINED, user=charlie).actor.email.startswith(
        "alice"
    )
    notice = OutboxMessage.objects.filter(target=charlie.email, subject__contains="joined").get()
    assert "You are now a member of Acme." in notice.body


def test_accepting_drops_what_a_stranger_set_before(
    managing: Browser, other_browser: Browser
) -> None:
    """RG-04, inv2: password, number, sessions, new email, name and devices are gone."""
    stranger = make_user(ANN, username="mallory", new_email="mallory@evil.example")
    Factor.objects.create(user=stranger, target="+447700900290", confirmed_at=timezone.now())
    other_browser.password(stranger)
    assert Session.objects.filter(user=stranger).exists()
    invite(managing)
    owner = Browser()
    assert accept(owner, link_to()).url == "/login/enroll/phone/"
    person = User.objects.get(pk=stranger.pk)
    assert not person.check_password(PASSWORD)
    assert (person.username, person.new_email, person.registered_at) == (None, "", None)
    assert not Factor.objects.not_revoked().filter(user=person).exists()
    assert (person.session_epoch, person.device_epoch) == (1, 1)
    assert other_browser.get("/login/verify/").url.startswith("/login/")
    assert other_browser.get("/login/enroll/phone/").status_code == 302
    owner.post("/login/enroll/phone/", {"phone": NUMBER})
    assert code(NUMBER)


def test_account_of_another_organization_is_never_taken_over(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    """A link proves the address. It replaces neither the password nor the factor."""
    join(charlie, organization("Other"))
    invite(managing, charlie.email)
    path = link_to(charlie.email)
    assert "new_password1" not in text(other_browser, path)
    accept(other_browser, path)
    charlie.refresh_from_db()
    assert charlie.check_password(PASSWORD)
    assert charlie.factors.usable().exists()
    assert not Membership.objects.filter(user=charlie, organization__slug="acme").exists()


def test_person_of_no_organization_joins_and_then_logs_in(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    """Such a person cannot log in before. The password and the factor stay."""
    join(charlie, organization("Other"))
    Membership.objects.filter(user=charlie).update(ended_at=timezone.now())
    invite(managing, charlie.email)
    path = link_to(charlie.email)
    assert other_browser.post(path).url == path
    assert "Log in to continue." in text(other_browser, path)
    assert not other_browser.signed_in
    other_browser.log_in(charlie)
    assert other_browser.signed_in
    assert membership_of(charlie.email).organization.slug == "acme"


def test_staff_never_join_by_invitation(
    managing: Browser, other_browser: Browser, root: User
) -> None:
    """org8: the manager sees the same as for anyone else."""
    answer = invite(managing, root.email)
    assert answer.url == LIST
    path = link_to(root.email)
    other_browser.log_in(root)
    assert "Accept" in text(other_browser, path)
    other_browser.post(path)
    assert "An administrator can add it to Acme." in text(other_browser, path)
    assert membership_of(root.email) is None
    assert AuditEvent.objects.get(event=Event.INVITATION_REFUSED).user == root
    assert "Waiting" in text(managing, LIST)


def test_membership_that_leaves_no_method_is_refused_with_both_rules(
    managing: Browser, other_browser: Browser, charlie: User
) -> None:
    join(charlie, organization("Other", methods=["phone"]))
    invite(managing, charlie.email)
    settings(Organization.objects.get(slug="acme").own, methods=["app"])
    other_browser.log_in(charlie)
    answer = other_browser.post(link_to(charlie.email))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "leave you no verification method: " in page
    assert "Acme" in page
    assert "Other" in page
    assert membership_of(charlie.email).organization.slug == "other"
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("revoked", "This invitation does not work"),
        ("expired", "This invitation has expired"),
        ("renewed", "This invitation was replaced"),
        ("organization", "This invitation does not work"),
        ("role", "This invitation does not work"),
        ("inviter", "This invitation does not work"),
        ("changed", "This invitation does not work"),
        ("deleted", "This invitation does not work"),
    ],
)
def test_closed_link_says_why_and_accepts_nothing(
    managing: Browser, other_browser: Browser, alice: User, broken: str, said: str
) -> None:
    """inv4, org1."""
    invite(managing)
    path, row = link_to(), Invitation.objects.get()
    match broken:
        case "revoked":
            managing.post(f"{LIST}{row.pk}/revoke/")
        case "expired":
            Invitation.objects.update(expires_at=timezone.now())
        case "renewed":
            managing.post(f"{LIST}{row.pk}/renew/")
            send()
        case "organization":
            Organization.objects.update(is_active=False)
        case "role":
            Membership.objects.filter(user=alice).update(role="member")
        case "inviter":
            User.objects.filter(pk=alice.pk).update(is_active=False)
        case "changed":
            path = f"{path[:-2]}{'A' if path[-2] != 'A' else 'B'}/"
        case _:
            row.delete()
    assert said in text(other_browser, path, 410)
    assert accept(other_browser, path).status_code == 410
    assert not User.objects.filter(email=ANN).exists()


def test_expired_invitation_is_renewed_in_one_click(
    managing: Browser, other_browser: Browser
) -> None:
    """inv4: the list says so, and the new link has another 24 hours."""
    invite(managing)
    old = link_to()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert "Expired" in text(managing, LIST)
    managing.post(f"{LIST}{Invitation.objects.get().pk}/renew/")
    send()
    assert link_to() != old
    assert "This invitation was replaced" in text(other_browser, old, 410)
    assert accept(other_browser, link_to()).url == "/login/enroll/phone/"


def test_email_that_waited_too_long_is_not_sent(managing: Browser) -> None:
    """A revoked invitation that still waits in the queue, and one that was replaced there."""
    managing.post(f"{LIST}new/", {"email": ANN})
    managing.post(f"{LIST}{Invitation.objects.get().pk}/renew/")
    send()
    assert OutboxMessage.objects.filter(target=ANN).count() == 1
    managing.post(f"{LIST}{Invitation.objects.get().pk}/renew/")
    managing.post(f"{LIST}{Invitation.objects.get().pk}/revoke/")
    send()
    assert OutboxMessage.objects.filter(target=ANN).count() == 1


def test_link_survives_a_new_short_name(managing: Browser, other_browser: Browser) -> None:
    """org7: also when another organization takes the freed one."""
    invite(managing)
    Organization.objects.filter(slug="acme").update(slug="acme-group", name="Acme Group")
    organization("Acme")
    assert "Join Acme Group" in text(other_browser, link_to())
    accept(other_browser, link_to())
    assert membership_of(ANN).organization.slug == "acme-group"


@pytest.mark.parametrize("tail", [">", ").", "%20"])
def test_tail_of_email_program_is_cut(managing: Browser, other_browser: Browser, tail: str) -> None:
    invite(managing)
    assert other_browser.get(f"{link_to()[:-1]}{tail}").url == link_to()
    assert other_browser.get("/invitation/half/").status_code == 404


def test_email_says_who_invites_to_what_and_holds_no_typed_text(managing: Browser) -> None:
    """inv7: a name is a place for spam, so the email has none."""
    invite(managing, full_name="Your account is blocked, go to evil.example")
    mail = OutboxMessage.objects.get(target=ANN)
    assert mail.subject == "Acme Portal: you've been invited to Acme"
    assert "alice@example.org invites you to join Acme at Acme Portal." in mail.body
    assert "evil" not in f"{mail.subject}{mail.body}"
    assert LINK.search(mail.body)


def test_invited_manager_looks_after_people(
    managing: Browser, other_browser: Browser, alice: User
) -> None:
    """The partner's manager invites a manager to a client."""
    managing.post("/organizations/globex/invitations/new/", {"email": ANN, "role": "manager"})
    send()
    path = link_to()
    assert "You will be a manager there" in text(other_browser, path)
    accept(other_browser, path)
    assert membership_of(ANN).role == MANAGER


def test_removed_member_does_not_return_by_an_open_link(
    managing: Browser, other_browser: Browser
) -> None:
    """org2: an administrator added the person meanwhile, so the link was never used."""
    invite(managing)
    join(make_user(ANN), Organization.objects.get(slug="acme"))
    managing.post(f"/organizations/acme/people/{membership_of(ANN).pk}/end/")
    path = link_to()
    assert "Join Acme" not in text(other_browser, path, 410)
    other_browser.post(path)
    accept(other_browser, path)
    assert membership_of(ANN) is None
