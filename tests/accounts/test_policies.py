"""The policy of a person, folded from the rows of site, partner, organization and role (AZ-04)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User, policies
from accounts.organizations import members
from mfa.models import SitePolicy
from mfa.rules.fold import EmptyPolicyError, resolve
from mfa.rules.methods import Method
from mfa.rules.policy import Enforcement, Layer, Policy
from tests.organizations import MANAGER, join, organization, settings
from tests.registration import registered

OFF, OPTIONAL, REQUIRED = Enforcement


def policy_of(user: User) -> Policy:
    return User.objects.get(pk=user.pk).mfa_policy


@pytest.fixture
def relaxed(policy: SitePolicy) -> SitePolicy:
    """A site that lets organizations decide."""
    settings(policy, may_relax_to="off")
    return policy


def test_organization_loosens_only_as_far_as_site_allows(bob: User, policy: SitePolicy) -> None:
    join(bob, organization("Clinic", enforcement="off"))
    assert policy_of(bob).enforcement is REQUIRED
    settings(policy, may_relax_to="optional")
    assert policy_of(bob).enforcement is OPTIONAL
    settings(policy, may_relax_to="off")
    assert policy_of(bob).enforcement is OFF


def test_partner_is_layer_above_its_clients(bob: User, relaxed: SitePolicy) -> None:
    partner = organization("Partner", enforcement="off")
    settings(partner.for_clients, enforcement="optional", methods=["app"])
    join(bob, organization("Client", partner, enforcement="off", contact="your doctor"))
    found = policy_of(bob)
    assert (found.enforcement, found.methods) == (OPTIONAL, {Method.APP})
    assert found.decided_by["enforcement"] == "Partner"
    assert found.decided_by["contact"] == "Client"


def test_rules_for_employees_of_partner_do_not_reach_clients(
    bob: User, alice: User, relaxed: SitePolicy
) -> None:
    partner = organization("Partner", enforcement="required")
    join(alice, partner)
    join(bob, organization("Client", partner, enforcement="off"))
    assert (policy_of(alice).enforcement, policy_of(bob).enforcement) == (REQUIRED, OFF)


def test_strictest_membership_counts_and_home_chooses_wording(
    bob: User, relaxed: SitePolicy
) -> None:
    loose = organization("Loose", enforcement="off", contact="our desk")
    strict = organization("Strict", enforcement="optional", contact="their desk")
    join(bob, loose, strict)
    assert (policy_of(bob).enforcement, policy_of(bob).contact) == (OPTIONAL, "our desk")


def test_own_standing_of_registered_person_counts(bob: User, relaxed: SitePolicy) -> None:
    join(bob, organization("Loose", enforcement="off"))
    User.objects.filter(pk=bob.pk).update(**registered())
    assert policy_of(bob).enforcement is REQUIRED


def test_managers_and_staff_are_bound_whatever_organization_says(
    bob: User, alice: User, relaxed: SitePolicy
) -> None:
    loose = organization("Loose", enforcement="off")
    join(bob, loose, role=MANAGER)
    join(alice, loose)
    assert policy_of(bob).enforcement is REQUIRED
    assert policy_of(bob).session_idle == timedelta(minutes=15)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert policy_of(alice).decided_by["enforcement"] == "staff"


def test_membership_that_leaves_no_method_is_refused_by_name(bob: User, policy: SitePolicy) -> None:
    join(bob, organization("Phones only", methods=["phone"]))
    with pytest.raises(EmptyPolicyError) as error:
        members.join(None, bob, organization("Apps only", methods=["app"]))
    assert error.value.levels == ("Phones only", "Apps only")
    assert bob.memberships.count() == 1


def test_stored_policy_without_method_keeps_confirmed_factors(
    bob: User, policy: SitePolicy, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = organization("One", methods=["phone"]), organization("Two")
    join(bob, one, two)
    settings(two.own, methods=["app"])
    assert policy_of(bob).methods == frozenset()
    assert "One, Two" in caplog.text


@pytest.mark.parametrize("later", [timedelta(days=-1), timedelta(days=1)])
def test_deadline_of_organization_makes_setup_required(
    bob: User, relaxed: SitePolicy, later: timedelta
) -> None:
    deadline = timezone.now() + later
    join(bob, organization("Clinic", enforcement="optional", deadline=deadline))
    expected = (OPTIONAL, deadline) if later > timedelta() else (REQUIRED, None)
    assert (policy_of(bob).enforcement, policy_of(bob).deadline) == expected


def test_policy_and_memberships_need_one_statement(
    bob: User, policy: SitePolicy, django_assert_num_queries: object
) -> None:
    partner = organization("Partner")
    join(bob, organization("One", partner), organization("Two", partner))
    person = User.objects.get(pk=bob.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert person.may_log_in
        assert person.mfa_policy.in_force


def test_pilot_group_and_pause_reach_members(bob: User, policy: SitePolicy) -> None:
    join(bob, organization("Clinic"))
    group = Group.objects.create(name="Pilot")
    settings(policy, pilot_group=group)
    assert not policy_of(bob).in_force
    bob.groups.add(group)
    assert policy_of(bob).in_force


@pytest.mark.parametrize("role", [policies.STAFF, policies.MANAGER], ids=["staff", "managers"])
def test_staff_and_managers_never_trust_browser(role: Layer) -> None:
    """TB-01."""
    site = Layer(name="site", trust_browser_for=timedelta(days=30))
    assert resolve(site, [role], in_force=True).trust_browser_for == timedelta()
