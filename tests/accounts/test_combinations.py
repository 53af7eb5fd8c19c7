"""The check of a changed level against the people between several organizations (K11)."""

import pytest
from django.core.exceptions import ValidationError

from accounts.combinations import combinations
from accounts.models import Organization, User
from accounts.organizations import rules
from mfa.models import SitePolicy
from tests.conftest import make_user
from tests.organizations import join, organization, settings


@pytest.fixture
def north(policy: SitePolicy) -> Organization:
    return organization("North")


@pytest.fixture
def south(policy: SitePolicy) -> Organization:
    return organization("South", organization("Partner"))


def shared(*places: Organization, name: str = "dora") -> User:
    return join(make_user(f"{name}@example.org"), *places)


def test_each_organization_counts_alone_and_with_those_that_people_share(
    north: Organization, south: Organization
) -> None:
    alone = len(list(combinations()))
    shared(north, south)
    shared(north, south, name="emma")
    shared(north, name="fred")
    found = list(combinations())
    # Either membership can be the home.
    assert len(found) == alone + 2
    assert found[-1].people == ("dora@example.org", "emma@example.org")
    assert found[-1].count == 2
    assert {len(each.branches) for each in found} == {1, 2}


def test_site_is_checked_for_people_between_organizations(
    policy: SitePolicy, north: Organization, south: Organization
) -> None:
    """Each organization alone leaves a country, and both together do not."""
    policy.enroll_countries = ["GB", "FR", "DE"]
    settings(north.own, enroll_countries=["GB", "DE"])
    settings(south.own, enroll_countries=["FR", "DE"])
    shared(north, south)
    policy.clean()
    policy.enroll_countries = ["GB", "FR"]
    with pytest.raises(ValidationError) as refusal:
        policy.clean()
    for named in ("site", "North", "South", "dora@example.org"):
        assert named in refusal.value.messages[0]


def test_level_above_clients_is_checked_in_each_client(
    policy: SitePolicy, north: Organization, south: Organization
) -> None:
    settings(south.own, methods=["app"])
    above = south.parent.for_clients
    above.methods = ["phone"]
    conflict = rules.conflict_with(south.parent, above)
    assert conflict is not None
    assert conflict.error.levels == ("Partner", "South")
    assert conflict.people == ()
    assert rules.conflict_with(north, north.own) is None
    Organization.objects.filter(pk=south.pk).update(is_active=False)
    assert rules.conflict_with(south.parent, above) is None


def test_conflict_names_some_members_and_counts_the_others(
    policy: SitePolicy, north: Organization
) -> None:
    for number in range(7):
        join(make_user(f"p{number}@example.org"), north)
    settings(north.own, methods=["phone"])
    policy.methods = ["app"]
    with pytest.raises(ValidationError) as refusal:
        policy.clean()
    named = "p6@example.org, p5@example.org, p4@example.org, p3@example.org, p2@example.org"
    assert f"People affected: {named} and 2 more people." in refusal.value.messages[0]
    changed = north.own
    settings(north.own, methods=[])
    settings(policy, methods=["app"])
    changed.methods = ["phone"]
    assert str(rules.conflict_with(north, changed)).endswith(f"{named} and 2 more people.")
