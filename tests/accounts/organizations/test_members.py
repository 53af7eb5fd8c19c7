"""Joining and leaving an organization, and the role there."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import TestCase

from accounts.models import Membership, Organization, User
from accounts.organizations import members
from accounts.organizations.members import LastManagerError
from mfa.models import AuditEvent, Event, OutboxMessage, Session, SitePolicy
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    return organization("Clinic", organization("Partner"))


@pytest.fixture
def boss(clinic: Organization) -> User:
    """A manager of the clinic."""
    user = make_user("boss@example.org")
    give_phone(user, "+447700900210")
    return join(user, clinic, role=MANAGER)


@pytest.fixture
def above(clinic: Organization) -> User:
    """A manager of the partner."""
    return join(make_user("above@example.org"), clinic.parent, role=MANAGER)


def of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def test_first_membership_becomes_home(alice: User, clinic: Organization, root: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        membership = members.join(root, alice, clinic)
    alice.refresh_from_db()
    assert alice.home == membership
    event = AuditEvent.objects.get(event=Event.MEMBER_JOINED)
    assert (event.user, event.actor) == (alice, root)
    assert event.details["organization"] == clinic.pk
    [mail] = OutboxMessage.objects.filter(target=alice.email)
    assert "You are now a member of Clinic." in mail.body


def test_person_who_joins_without_others_gets_no_notice(alice: User, clinic: Organization) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        members.join(alice, alice, clinic)
        members.join(None, alice, organization("Shop"))
    assert AuditEvent.objects.filter(event=Event.MEMBER_JOINED, user=alice).count() == 2
    assert not OutboxMessage.objects.filter(target=alice.email).exists()


def test_joining_again_changes_nothing(boss: User, clinic: Organization) -> None:
    again = members.join(None, boss, clinic)
    assert again.role == MANAGER
    assert AuditEvent.objects.filter(event=Event.MEMBER_JOINED).count() == 1


def test_ended_membership_ends_login_and_sessions_at_once(
    alice: User, clinic: Organization, boss: User, browser: Browser
) -> None:
    join(alice, clinic)
    browser.log_in(alice)
    assert browser.get("/me/").status_code == 200
    with TestCase.captureOnCommitCallbacks(execute=True):
        members.end(boss, of(alice))
    assert browser.get("/me/").status_code == 302
    [mail] = OutboxMessage.objects.filter(target=alice.email, subject__contains="membership")
    assert "Your membership of Clinic has ended." in mail.body
    assert not Session.objects.filter(user=alice, aal__gt=0).exists()
    assert "That email and password do not match" in browser.password(alice).content.decode()


def test_member_who_comes_back_can_log_in_again(
    alice: User, clinic: Organization, boss: User
) -> None:
    join(alice, clinic)
    members.end(boss, of(alice))
    assert not User.objects.get(pk=alice.pk).may_log_in
    assert join(alice, clinic).may_log_in


def test_losing_home_moves_it_to_other_membership(
    alice: User, clinic: Organization, root: User
) -> None:
    """org6."""
    other = organization("Other", contact="the other desk")
    join(alice, clinic, other)
    members.end(root, Membership.objects.get(user=alice, organization=clinic))
    person = User.objects.get(pk=alice.pk)
    assert person.may_log_in
    assert person.mfa_policy.contact == "the other desk"


def test_home_in_inactive_organization_does_not_shut_person_out(
    alice: User, clinic: Organization
) -> None:
    """org6."""
    other = organization("Other", contact="the other desk")
    join(alice, clinic, other)
    Organization.objects.filter(pk=clinic.pk).update(is_active=False)
    person = User.objects.get(pk=alice.pk)
    assert (person.may_log_in, person.mfa_policy.contact) == (True, "the other desk")


def test_manager_ends_members_but_no_managers(
    boss: User, clinic: Organization, alice: User, above: User
) -> None:
    """org4. The partner's manager can."""
    peer = join(make_user("peer@example.org"), clinic, role=MANAGER)
    for target in (of(peer), of(above), of(boss)):
        with pytest.raises(PermissionDenied):
            members.end(boss, target)
    members.end(above, of(peer))
    assert of(peer).ended_at is not None


def test_members_and_strangers_end_nothing(
    alice: User, bob: User, clinic: Organization, boss: User
) -> None:
    join(alice, clinic)
    stranger = join(make_user("stranger@example.org"), organization("Somebody else"), role=MANAGER)
    for actor in (alice, bob, stranger):
        with pytest.raises(PermissionDenied):
            members.end(actor, of(boss))
        with pytest.raises(PermissionDenied):
            members.give_role(actor, of(boss), "member")


@pytest.mark.parametrize("verb", ["end", "demote"])
def test_last_manager_stays_unless_administrator_acts(
    boss: User, clinic: Organization, above: User, root: User, verb: str
) -> None:
    """org3."""

    def act(actor: User) -> None:
        if verb == "end":
            members.end(actor, of(boss))
        else:
            members.give_role(actor, of(boss), "member")

    with pytest.raises(LastManagerError):
        act(above)
    assert (of(boss).role, of(boss).ended_at) == (MANAGER, None)
    act(root)
    assert not Membership.objects.in_force().filter(organization=clinic, role=MANAGER).exists()


def test_only_administrators_and_partner_managers_give_role(
    boss: User, clinic: Organization, alice: User, above: User
) -> None:
    join(alice, clinic)
    with pytest.raises(PermissionDenied):
        members.give_role(boss, of(alice), MANAGER)
    members.give_role(above, of(alice), MANAGER)
    assert of(alice).role == MANAGER
    assert AuditEvent.objects.get(event=Event.ROLE_CHANGED).details["role"] == MANAGER


def test_nobody_raises_own_role(above: User, clinic: Organization) -> None:
    join(above, clinic)
    mine = Membership.objects.get(user=above, organization=clinic)
    with pytest.raises(PermissionDenied):
        members.give_role(above, mine, MANAGER)


def test_staff_are_ended_only_by_superusers(boss: User, clinic: Organization, alice: User) -> None:
    """org8."""
    join(alice, clinic)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    with pytest.raises(PermissionDenied):
        members.end(boss, of(alice))
