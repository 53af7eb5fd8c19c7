"""The verbs of invitations and reminders ask who acts, whatever page calls them."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import invitations, reminders
from mfa.models import Delivery
from tests.invitations import ANN
from tests.organizations import MANAGER, join, organization


@pytest.fixture
def acme(alice: User, bob: User) -> Organization:
    made = organization("Acme")
    join(alice, made, role=MANAGER)
    join(bob, made)
    return made


def test_only_managers_invite_revoke_and_remind(
    acme: Organization, alice: User, bob: User, charlie: User
) -> None:
    join(charlie, organization("Other"), role=MANAGER)
    row = invitations.invite(alice, acme, ANN)
    membership = Membership.objects.get(user=bob)
    for actor in (bob, charlie):
        with pytest.raises(PermissionDenied):
            invitations.invite(actor, acme, ANN)
        with pytest.raises(PermissionDenied):
            invitations.renew(actor, row)
        with pytest.raises(PermissionDenied):
            invitations.revoke(actor, row)
        with pytest.raises(PermissionDenied):
            reminders.send(actor, membership)
    row.refresh_from_db()
    assert (row.round, row.revoked_at) == (1, None)
    assert Delivery.objects.filter(bulk=True).count() == 1


@pytest.mark.parametrize("actor", ["alice", "partner"])
def test_manager_of_a_client_is_invited_by_the_partner(
    acme: Organization, alice: User, charlie: User, actor: str
) -> None:
    """Managers give no one their own role."""
    north = organization("North")
    Organization.objects.filter(pk=acme.pk).update(parent=north)
    acme.refresh_from_db()
    join(charlie, north, role=MANAGER)
    if actor == "partner":
        assert invitations.invite(charlie, acme, ANN, role=MANAGER).role == MANAGER
    else:
        with pytest.raises(PermissionDenied):
            invitations.invite(alice, acme, ANN, role=MANAGER)
    assert Invitation.objects.exists() is (actor == "partner")


def test_administrator_invites_the_first_manager(acme: Organization, root: User) -> None:
    assert invitations.invite(root, organization("New"), ANN, role=MANAGER).inviter == root


def test_second_revocation_changes_nothing(acme: Organization, alice: User) -> None:
    row = invitations.invite(alice, acme, ANN)
    assert invitations.revoke(alice, row)
    first = Invitation.objects.get().revoked_at
    assert invitations.revoke(alice, row)
    assert Invitation.objects.get().revoked_at == first


def test_client_never_replaces_the_partners_open_invitation(
    acme: Organization, alice: User, charlie: User
) -> None:
    """org4: the manager that the partner invites stands above."""
    join(charlie, organization("North"), role=MANAGER)
    Organization.objects.filter(pk=acme.pk).update(parent=Organization.objects.get(slug="north"))
    acme.refresh_from_db()
    row = invitations.invite(charlie, acme, ANN, role=MANAGER)
    with pytest.raises(PermissionDenied):
        invitations.invite(alice, acme, ANN)
    row.refresh_from_db()
    assert (row.role, row.inviter, row.round) == (MANAGER, charlie, 1)
    assert invitations.revoke(charlie, row)
    assert invitations.invite(alice, acme, ANN).role == "member"
