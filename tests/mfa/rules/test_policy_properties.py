"""Properties of folding layers: requirements only tighten, and the nearest wording wins."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given, strategies as st

from mfa.rules.policy import EmailCodes, Enforcement, Layer, Policy, WeakerWays, tighten
from tests.mfa.rules.strategies import fold, layers, policies

ENFORCEMENTS = [Enforcement.OFF, Enforcement.OPTIONAL, Enforcement.REQUIRED]
EMAIL_CODES = [EmailCodes.LOGIN, EmailCodes.RECOVERY, EmailCodes.OFF]
WEAKER_WAYS = [WeakerWays.ALLOW, WeakerWays.REFUSE, WeakerWays.NONE]
FIELDS = [field.name for field in fields(Layer) if field.name != "name"]


def demands(policy):
    """Requirements that can only tighten, with higher values for stricter ones."""
    return {
        "in_force": policy.in_force,
        "enforcement": ENFORCEMENTS.index(policy.enforcement),
        "email_codes": EMAIL_CODES.index(policy.email_codes),
        "weaker_ways": WEAKER_WAYS.index(policy.weaker_ways),
        "code_life": -policy.code_life,
        "no_voip": not policy.allow_voip,
        "passkeys_from": -policy.passkeys_from.timestamp() if policy.passkeys_from else -math.inf,
    }


def sets(policy):
    """Sets that can only shrink."""
    return policy.methods, policy.enroll_regions, policy.text_regions


@given(policies, layers)
def test_layer_never_loosens_requirement(policy, layer):
    before, after = demands(policy), demands(tighten(policy, layer))
    assert [name for name in before if after[name] < before[name]] == []


@given(policies, layers)
def test_layer_never_adds_method_or_country(policy, layer):
    after = tighten(policy, layer)
    assert after.methods <= policy.methods
    assert after.enroll_regions <= policy.enroll_regions
    assert after.text_regions <= policy.text_regions


@given(layers, st.lists(layers, max_size=4), st.data(), st.booleans())
def test_order_of_layers_does_not_matter_for_demands(site, below, data, in_force):
    # The nearest home country wins, and with it its numbers where no level names countries.
    below = [replace(layer, home_region=None) for layer in below]
    shuffled = data.draw(st.permutations(below))
    one, other = (fold(site, order, in_force=in_force) for order in (below, shuffled))
    assert (demands(one), sets(one)) == (demands(other), sets(other))


@pytest.mark.parametrize("field", ["after_enrollment", "number_change", "home_region", "contact"])
@given(site=layers, below=st.lists(layers, max_size=4))
def test_nearest_level_wins_for_flow_and_wording(field, site, below):
    wishes = [getattr(layer, field) for layer in (site, *below)]
    nearest = [getattr(Policy(), field), *(wish for wish in wishes if wish is not None)][-1]
    assert getattr(fold(site, below, in_force=True), field) == nearest


@given(policies)
def test_layer_without_settings_changes_nothing(policy):
    assert tighten(policy, Layer(name="organization")) == policy


@given(policies, layers)
def test_same_layer_twice_is_layer_once(policy, layer):
    once = tighten(policy, layer)
    assert tighten(once, layer) == once


@given(policies, layers)
def test_deciding_layer_is_named(policy, layer):
    after = tighten(policy, layer)
    changed = {field for field in FIELDS if getattr(after, field) != getattr(policy, field)}
    assert after.decided_by == {**policy.decided_by, **dict.fromkeys(changed, layer.name)}


@given(layers, st.lists(layers, max_size=4))
def test_folding_all_is_tightening_one_by_one(site, below):
    """Except the countries of the home country, which is known only after folding."""
    site, *below = (replace(layer, home_region=None) for layer in (site, *below))
    policy = fold(site, in_force=True)
    for layer in below:
        policy = tighten(policy, layer)
    assert policy == fold(site, below, in_force=True)
