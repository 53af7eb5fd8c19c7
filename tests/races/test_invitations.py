"""Many clicks on one invitation, and clicks while it changes (inv1-inv6)."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import invitations, joining
from accounts.organizations.invitation_links import path_of
from mfa.audit import NOWHERE
from mfa.limits.counters import TooMany
from tests.invitations import ANN, NEW
from tests.organizations import MANAGER, join, organization
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(alice: User) -> Organization:
    """An organization that alice manages."""
    made = organization("Acme")
    join(alice, made, role=MANAGER)
    return made


def clicking(
    invitation: Invitation, actor: User | None = None, password: str = NEW
) -> Callable[[], User | None]:
    *_, uid, token, _end = path_of(invitation).split("/")
    return lambda: joining.accept(actor, uid, token, password=password, client=NOWHERE)


def test_one_of_twenty_clicks_joins(acme: Organization, alice: User) -> None:
    click = clicking(invitations.invite(alice, acme, ANN))
    given = many(20, click)
    assert len([person for person in given if person]) == 1
    assert User.objects.filter(email=ANN).count() == 1
    assert Membership.objects.filter(user__email=ANN).count() == 1


def test_twenty_clicks_of_an_account_make_one_membership(
    acme: Organization, alice: User, charlie: User
) -> None:
    click = clicking(invitations.invite(alice, acme, charlie.email), charlie, "")
    assert len([person for person in many(20, click) if person]) == 1
    assert Membership.objects.filter(user=charlie).count() == 1


def test_click_and_revocation_agree(acme: Organization, alice: User) -> None:
    for number in range(5):
        row = invitations.invite(alice, acme, f"person{number}@example.org")
        joined, revoked = at_once([clicking(row), lambda row=row: invitations.revoke(alice, row)])
        row.refresh_from_db()
        assert bool(joined) is bool(row.accepted_at)
        assert revoked is not bool(joined)
        assert bool(row.revoked_at) is not bool(row.accepted_at)
        assert User.objects.filter(email=row.email).exists() is bool(joined)


def test_two_organizations_with_one_new_address_make_one_account(
    acme: Organization, alice: User
) -> None:
    """inv6: the second one, which met the account of the first, asks to log in."""
    globex = organization("Globex", acme)
    rows = [invitations.invite(alice, place, ANN) for place in (acme, globex)]
    given = at_once([clicking(row) for row in rows])
    assert len([person for person in given if person]) == 1
    assert Membership.objects.filter(user__email=ANN).count() == 1


def test_same_address_at_once_is_one_invitation(acme: Organization, alice: User) -> None:
    given = many(5, lambda: invitations.invite(alice, acme, ANN))
    assert not [each for each in given if isinstance(each, TooMany)]
    assert Invitation.objects.get().round == 5


def test_expired_meanwhile(acme: Organization, alice: User) -> None:
    row = invitations.invite(alice, acme, ANN)
    Invitation.objects.update(expires_at=timezone.now())
    assert clicking(row)() is None
    assert not User.objects.filter(email=ANN).exists()
