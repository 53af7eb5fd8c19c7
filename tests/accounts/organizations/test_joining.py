"""Accepting without the page: what a crafted or late request changes."""

import pytest
from django.db.models.signals import pre_save
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import invitations, joining
from accounts.organizations.invitation_links import path_of
from mfa.audit import NOWHERE
from mfa.limits import table as limits
from mfa.models import AuditEvent, Event
from tests.invitations import ANN, NEW
from tests.organizations import MANAGER, join, organization


@pytest.fixture
def acme(alice: User) -> Organization:
    made = organization("Acme")
    join(alice, made, role=MANAGER)
    return made


def accept(row: Invitation, actor: User | None = None, password: str = "") -> User | None:
    *_, uid, token, _end = path_of(row).split("/")
    return joining.accept(actor, uid, token, password=password, client=NOWHERE)


def test_late_click_joins_nothing(acme: Organization, alice: User) -> None:
    row = invitations.invite(alice, acme, ANN)
    Invitation.objects.update(expires_at=timezone.now())
    assert accept(row, password=NEW) is None
    assert not User.objects.filter(email=ANN).exists()


@pytest.mark.parametrize(
    ("email", "password"),
    [("", NEW), ("", ""), ("bob@example.org", ""), ("charlie@example.org", NEW)],
)
def test_account_is_joined_only_by_its_owner_and_keeps_its_password(
    acme: Organization, bob: User, charlie: User, email: str, password: str
) -> None:
    row = invitations.invite(User.objects.get(full_name="Alice"), acme, charlie.email)
    assert accept(row, User.objects.filter(email=email).first(), password) is None
    assert not Membership.objects.filter(user=charlie).exists()
    assert accept(row, charlie) == charlie


def test_new_account_needs_a_password(acme: Organization, alice: User) -> None:
    assert accept(invitations.invite(alice, acme, ANN)) is None
    assert not User.objects.filter(email=ANN).exists()


def test_account_made_in_the_same_moment_is_not_taken_over(acme: Organization, alice: User) -> None:
    row = invitations.invite(alice, acme, ANN)

    def register(instance: User, **_: object) -> None:
        pre_save.disconnect(register, User)
        User.objects.create_user(instance.email, None)

    pre_save.connect(register, User)
    assert accept(row, password=NEW) is None
    assert not Membership.objects.filter(user__email=ANN).exists()


def test_refusals_of_staff_are_recorded_up_to_a_limit(
    acme: Organization, alice: User, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LATE_RECORDS", limits.Limit("late-records", 2, limits.HOUR))
    row = invitations.invite(alice, acme, root.email)
    assert [accept(row, root) for _ in range(4)] == [None] * 4
    assert AuditEvent.objects.filter(event=Event.INVITATION_REFUSED).count() == 2
