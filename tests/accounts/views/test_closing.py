"""“Close my account”: at once, kept by a login within 14 days, deleted after that."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission

from accounts.models import Invitation, Membership, User
from accounts.organizations import invitations
from accounts.organizations.invitation_links import path_of
from mfa import retention
from mfa.login import diagnose
from mfa.models import AuditEvent, Delivery, Event, Factor, OutboxMessage, SitePolicy
from tests.conftest import NOON, give_codes, make_user
from tests.invitations import accept
from tests.journeys.database import dump
from tests.organizations import MANAGER, join, organization
from tests.portal_client import PASSWORD, Browser, code

PAGE, WORDS = "/me/close/", "Close my account"
DAY = timedelta(days=1)


@pytest.fixture
def allowed(policy: SitePolicy) -> SitePolicy:
    SitePolicy.note(may_close=True)
    return policy


def mails(user: User) -> list[str]:
    sent = OutboxMessage.objects.filter(channel="email", target=user.email).order_by("-pk")
    said = ("your account is closed", "your account is open again")
    return [subject for subject in sent.values_list("subject", flat=True) if subject.endswith(said)]


def test_account_is_closed_everywhere_and_kept_by_a_complete_login(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, alice: User
) -> None:
    other = Browser()
    other.log_in(alice)
    half = Browser()
    half.password(alice)
    assert WORDS in home.get("/me/").content.decode()
    assert "For 14 days" in home.get(PAGE).content.decode()
    assert User.objects.get(pk=alice.pk).closed_at is None
    closed = home.post(PAGE, follow=True).content.decode()
    assert "Your account is closed." in closed
    assert [each.get("/me/").status_code for each in (home, other)] == [302, 302]
    assert half.get("/login/verify/").url == "/login/"
    assert [mail.endswith("your account is closed") for mail in mails(alice)] == [True]

    clock.shift(14 * DAY - timedelta(minutes=1))
    assert retention.prune()["people"] == 0
    assert home.password(alice).url == "/login/verify/"
    assert User.objects.get(pk=alice.pk).closed_at is not None
    home.post("/login/verify/", {"code": code(alice.factors.get().target)})
    assert home.signed_in
    assert User.objects.get(pk=alice.pk).closed_at is None
    assert mails(alice)[0].endswith("your account is open again")
    events = AuditEvent.objects.filter(user=alice, event__startswith="account_").order_by("pk")
    assert [row.event for row in events] == [Event.ACCOUNT_CLOSED, Event.ACCOUNT_KEPT]
    clock.shift(30 * DAY)
    assert retention.prune()["people"] == 0


def test_account_is_deleted_after_14_days_and_its_address_is_free(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, alice: User
) -> None:
    """Nothing in any table names the person; the audit keeps the number for 400 days."""
    acme = organization("Acme")
    join(alice, acme)
    Invitation.objects.create(
        organization=acme, email=alice.email, expires_at=NOON, accepted_at=NOON
    )
    number = alice.factors.get().target
    give_codes(alice)
    home.log_in(alice)
    home.post("/me/email/", {"email": "alice@new.example"})
    home.post(PAGE)
    clock.shift(14 * DAY)
    browser = Browser()
    assert browser.password(alice).status_code == 200
    OutboxMessage.objects.all().delete()
    assert retention.prune()["people"] == 1
    left = str(dump())
    assert [each for each in (alice.email, "Alice", number, "alice@") if each in left] == []
    assert not Factor.objects.exists()
    assert not Delivery.objects.exists()
    assert not Membership.objects.exists()
    assert AuditEvent.objects.filter(user=alice.pk, event=Event.ACCOUNT_CLOSED).exists()
    successor = make_user(alice.email)
    assert successor.pk != alice.pk
    assert browser.password(successor).url == "/login/enroll/phone/"
    clock.shift(401 * DAY)
    retention.prune()
    assert not AuditEvent.objects.filter(user=alice.pk).exists()


def test_not_me_after_a_stranger_closed_the_account_keeps_it(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, alice: User
) -> None:
    home.post(PAGE)
    notice = OutboxMessage.objects.filter(channel="email", target=alice.email).latest("pk")
    Browser().post(re.search(r"http://testserver(/me/not-me/\S+)", notice.body)[1])
    assert User.objects.get(pk=alice.pk).closed_at is None
    clock.shift(15 * DAY)
    assert retention.prune()["people"] == 0


def test_password_without_the_code_keeps_nothing(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, alice: User
) -> None:
    """Only a complete login says that the owner is back."""
    home.post(PAGE)
    thief = Browser()
    thief.password(alice)
    thief.post("/login/verify/", {"code": "000000"})
    clock.shift(14 * DAY)
    assert retention.prune()["people"] == 1


@pytest.mark.parametrize("power", ["none", "staff", "permission"])
def test_staff_and_people_without_the_policy_cannot_close(
    home: Browser, alice: User, power: str
) -> None:
    SitePolicy.note(may_close=power != "none")
    User.objects.filter(pk=alice.pk).update(is_staff=power == "staff")
    if power == "permission":
        alice.user_permissions.add(Permission.objects.first())
    assert WORDS not in home.get("/me/").content.decode()
    assert home.get(PAGE).status_code == 404
    assert home.post(PAGE).status_code == 404
    assert User.objects.get(pk=alice.pk).closed_at is None


def test_last_manager_hands_over_first(
    allowed: SitePolicy, home: Browser, alice: User, bob: User
) -> None:
    """org3: a manager who closed the account is none, for closing and for ending a membership."""
    acme = organization("Acme")
    join(alice, acme, role=MANAGER)
    assert "last manager of:" in home.get(PAGE).content.decode()
    assert home.post(PAGE).url == PAGE
    assert User.objects.get(pk=alice.pk).closed_at is None
    join(bob, acme, role=MANAGER)
    User.objects.filter(pk=bob.pk).update(closed_at=NOON)
    assert home.post(PAGE).url == PAGE
    User.objects.filter(pk=bob.pk).update(closed_at=None)
    assert home.post(PAGE).url == "/login/?notice=closed"


def test_closing_needs_a_fresh_proof(allowed: SitePolicy, home: Browser, alice: User) -> None:
    session = home.session
    session["mfa_about"] = {**session["mfa_about"], "proofs": {}}
    session.save()
    assert home.post(PAGE).url.startswith("/me/confirm/")
    home.post("/me/confirm/", {"next": PAGE, "password": PASSWORD, "binding": "1"})
    assert home.get(PAGE).status_code == 302
    assert User.objects.get(pk=alice.pk).closed_at is None


def test_hundred_due_accounts_go_in_batches(
    clock: time_machine.Traveller, policy: SitePolicy, alice: User
) -> None:
    due = NOON - 14 * DAY
    people = [User(email=f"p{number}@example.org", closed_at=due) for number in range(100)]
    User.objects.bulk_create(people)
    for person in User.objects.filter(closed_at=due):
        Factor.objects.create(user=person, target=f"+4477009{person.pk:05}", confirmed_at=NOON)
    later = make_user("later@example.org", closed_at=due + timedelta(seconds=1))
    assert retention.prune(dry_run=True)["people"] == 50
    assert retention.prune()["people"] == 100
    assert set(User.objects.values_list("pk", flat=True)) == {alice.pk, later.pk}
    assert Factor.objects.count() == 1


def test_support_sees_until_when_a_login_keeps_the_account(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, alice: User
) -> None:
    """The condition for lists says the same as the login, also on the last day."""
    home.post(PAGE)
    closed = User.objects.get(pk=alice.pk)
    verdict = diagnose.of(closed)
    assert verdict.can
    assert verdict.reasons[0] == (
        "The person closed the account. A login before 16 March 2026, 12:00 UTC keeps it."
    )
    for ahead, open_ in ((14 * DAY - timedelta(seconds=1), True), (14 * DAY, False)):
        clock.move_to(NOON + ahead)
        able = User.objects.filter(User.able_to_log_in(NOON + ahead), pk=alice.pk)
        assert (able.exists(), User.objects.get(pk=alice.pk).may_log_in) == (open_, open_)
    assert diagnose.of(closed).words == "Cannot log in: the person closed the account."


def test_manager_reads_that_a_member_closed_the_account(
    clock: time_machine.Traveller, allowed: SitePolicy, home: Browser, charlie: User
) -> None:
    acme = organization("Acme")
    join(User.objects.get(full_name="Alice"), acme, role=MANAGER)
    page = f"/organizations/acme/people/{join(charlie, acme).home_id}/"
    assert "closed the account" not in home.get(page).content.decode()
    User.objects.filter(pk=charlie.pk).update(closed_at=NOON)
    shown = home.get(page).content.decode()
    assert "It is deleted on 16 March 2026, unless they log in before." in shown


def test_invitation_to_a_closed_account_waits_for_its_owner_or_makes_a_new_one(
    clock: time_machine.Traveller, allowed: SitePolicy, alice: User, charlie: User
) -> None:
    """Before the last day the owner logs in first. After it the address is free."""
    acme = organization("Acme")
    join(alice, acme, role=MANAGER)
    User.objects.filter(pk=charlie.pk).update(closed_at=NOON, mailbox_proven_at=NOON)
    clock.shift(14 * DAY - timedelta(hours=1))
    row = invitations.invite(alice, acme, charlie.email)
    link, visitor = path_of(row), Browser()
    assert "You already have an account. Log in" in visitor.get(link).content.decode()
    visitor.post(link)
    assert not Membership.objects.filter(user=charlie).exists()

    # The day is over, but the worker has not deleted the account yet.
    clock.shift(timedelta(hours=2))
    visitor.post(link)
    assert not Membership.objects.filter(user=charlie).exists()
    retention.prune()
    assert not User.objects.filter(pk=charlie.pk).exists()
    assert "Choose a password" in visitor.get(link).content.decode()
    assert accept(visitor, link).url == "/login/enroll/phone/"
    person = User.objects.get(email=charlie.email)
    assert person.pk != charlie.pk
    assert (person.closed_at, person.full_name) == (None, "")
    assert Membership.objects.in_force().get(user=person).organization == acme
