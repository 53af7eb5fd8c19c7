"""What a manager sees and may do (K10, RV-06)."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.organizations.managers import Manager
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.organizations import MANAGER, join, organization
from tests.registration import registered


@pytest.fixture
def partner(policy: SitePolicy) -> Organization:
    return organization("Partner")


@pytest.fixture
def client_(partner: Organization) -> Organization:
    return organization("Client", partner)


@pytest.fixture
def mia(partner: Organization) -> User:
    """The partner's manager."""
    return join(make_user("mia@example.org"), partner, role=MANAGER)


@pytest.fixture
def max_(client_: Organization) -> User:
    """The client's manager."""
    return join(make_user("max@example.org"), client_, role=MANAGER)


def names(manager: User) -> set[str]:
    return {each.name for each in Manager(manager).organizations()}


def test_manager_sees_own_organizations_and_their_clients(
    mia: User, max_: User, client_: Organization, partner: Organization
) -> None:
    organization("Somebody else")
    organization("Other client", organization("Other partner"))
    assert (names(mia), names(max_)) == ({"Partner", "Client"}, {"Client"})


@pytest.mark.parametrize("ended", ["membership", "organization", "role"])
def test_manager_sees_nothing_after_end(max_: User, client_: Organization, ended: str) -> None:
    rows = Membership.objects.filter(user=max_)
    match ended:
        case "membership":
            rows.update(ended_at=timezone.now())
        case "organization":
            Organization.objects.filter(pk=client_.pk).update(is_active=False)
        case _:
            rows.update(role="member")
    assert names(max_) == set()
    assert not Manager(max_).members(client_).exists()


def test_manager_of_inactive_partner_does_not_reach_its_clients(
    mia: User, partner: Organization
) -> None:
    Organization.objects.filter(pk=partner.pk).update(is_active=False)
    assert names(mia) == set()


def test_members_of_managed_organization_are_listed(
    mia: User, max_: User, client_: Organization, bob: User, alice: User
) -> None:
    join(bob, client_)
    join(alice, organization("Somebody else"))
    assert {each.user for each in Manager(mia).members(client_)} == {max_, bob}
    assert not Manager(max_).members(Organization.objects.get(name="Somebody else")).exists()


def test_manager_acts_on_own_members_and_members_of_clients(
    mia: User, max_: User, client_: Organization, bob: User, alice: User
) -> None:
    join(bob, client_)
    join(alice, Organization.objects.get(name="Partner"))
    assert Manager(mia).may_act_on(alice)
    assert Manager(mia).may_act_on(bob)
    assert Manager(max_).may_act_on(bob)
    assert not Manager(max_).may_act_on(alice)


def test_managers_do_not_act_on_peers_or_on_those_above(
    mia: User, max_: User, client_: Organization
) -> None:
    """org4."""
    peer = join(make_user("peer@example.org"), client_, role=MANAGER)
    assert not Manager(max_).may_act_on(peer)
    assert not Manager(max_).may_act_on(mia)
    assert Manager(mia).may_act_on(peer)


def test_nobody_acts_on_themselves(mia: User, client_: Organization) -> None:
    join(mia, client_)
    assert not Manager(mia).may_act_on(mia)


@pytest.mark.parametrize("power", ["staff", "superuser", "permission"])
def test_managers_do_not_act_on_people_with_powers(
    max_: User, client_: Organization, bob: User, power: str
) -> None:
    """org8."""
    join(bob, client_)
    if power == "permission":
        bob.user_permissions.add(Permission.objects.get(codename="view_user"))
    else:
        User.objects.filter(pk=bob.pk).update(**{f"is_{power}": True})
    assert not Manager(max_).may_act_on(User.objects.get(pk=bob.pk))


def test_shared_person_goes_to_support(
    mia: User, max_: User, client_: Organization, partner: Organization, bob: User
) -> None:
    """Until the other membership ends, or if the same manager looks after both."""
    other = organization("Somebody else")
    join(bob, client_, other)
    assert not Manager(max_).may_act_on(bob)
    Membership.objects.filter(user=bob, organization=other).update(ended_at=timezone.now())
    assert Manager(max_).may_act_on(bob)
    join(bob, partner)
    assert Manager(mia).may_act_on(bob)
    assert not Manager(max_).may_act_on(bob)


def test_person_who_registered_goes_to_support(
    max_: User, client_: Organization, bob: User
) -> None:
    join(bob, client_)
    User.objects.filter(pk=bob.pk).update(**registered())
    assert not Manager(max_).may_act_on(User.objects.get(pk=bob.pk))


def test_person_without_membership_is_not_reached(mia: User, bob: User) -> None:
    assert not Manager(mia).may_act_on(bob)


def test_only_managers_of_partner_give_roles(
    mia: User, max_: User, client_: Organization, partner: Organization
) -> None:
    assert Manager(mia).may_give_roles(client_)
    assert not Manager(mia).may_give_roles(partner)
    assert not Manager(max_).may_give_roles(client_)
