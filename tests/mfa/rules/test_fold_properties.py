"""Properties of folding memberships (AZ-04)."""

from contextlib import suppress
from dataclasses import fields

from hypothesis import given, strategies as st

from mfa.rules.fold import Branch, EmptyPolicyError, resolve
from mfa.rules.methods import DEFAULT, FIRST, STRONG_FIRST, Method
from mfa.rules.policy import EmailCodes, Enforcement, Layer, WeakerWays
from tests.mfa.rules.strategies import layers, memberships, wish

ENFORCEMENTS, EMAIL_CODES = list(Enforcement), list(EmailCodes)
WEAKER_WAYS = list(WeakerWays)
FLOORS = wish(st.sampled_from(Enforcement))
PREFERENCES = ("after_enrollment", "number_change", "home_region", "contact")


def fold(site, joined, floor):
    """Resolve, and return the partial policy if nothing is left."""
    try:
        return resolve(site, branches=joined, in_force=True, floor=floor)
    except EmptyPolicyError as error:
        return error.policy


def looser(before, after):
    """Name what `after` allows and `before` does not."""
    limits = {
        "enforcement": ENFORCEMENTS.index(after.enforcement)
        < ENFORCEMENTS.index(before.enforcement),
        "email_codes": EMAIL_CODES.index(after.email_codes) < EMAIL_CODES.index(before.email_codes),
        "weaker_ways": WEAKER_WAYS.index(after.weaker_ways) < WEAKER_WAYS.index(before.weaker_ways),
        "passkeys_from": before.passkeys_from is not None
        and (after.passkeys_from is None or after.passkeys_from > before.passkeys_from),
        "methods": not after.methods <= before.methods,
        "enroll_regions": not after.enroll_regions <= before.enroll_regions,
        "text_regions": not after.text_regions <= before.text_regions,
        "code_life": after.code_life > before.code_life,
        "session_life": after.session_life > before.session_life,
        "session_idle": after.session_idle > before.session_idle,
        "trust_browser_for": after.trust_browser_for > before.trust_browser_for,
        "trusts_from": before.trusts_from is not None and before.trusts_from > after.trusts_from,
        "recovery_wait": after.recovery_wait < before.recovery_wait,
        "allow_voip": after.allow_voip and not before.allow_voip,
        "backup": before.backup and not after.backup,
        "may_close": after.may_close and not before.may_close,
        "new_device_email": before.new_device_email and not after.new_device_email,
    }
    return [name for name, is_looser in limits.items() if is_looser]


def demands(policy):
    """Everything except the wording and the flow."""
    names = [field.name for field in fields(policy) if field.name not in PREFERENCES]
    return {name: getattr(policy, name) for name in names}


@given(layers, st.lists(memberships, min_size=1, max_size=3), memberships, FLOORS)
def test_one_more_membership_never_loosens_anything(site, joined, another, floor):
    assert looser(fold(site, joined, floor), fold(site, [*joined, another], floor)) == []


@given(layers, st.lists(memberships, max_size=3), FLOORS)
def test_enforcement_is_never_below_floor(site, joined, floor):
    policy = fold(site, joined, floor)
    least = floor or site.enforcement or Enforcement.REQUIRED
    assert ENFORCEMENTS.index(policy.enforcement) >= ENFORCEMENTS.index(least)


@given(layers, st.lists(memberships, max_size=3), FLOORS)
def test_only_enforcement_can_be_looser_than_site(site, joined, floor):
    alone = fold(site, [], floor)
    below = fold(site, joined, floor)
    # A home country below the site's moves its derived numbers, and the nearest level decides
    # whether people can close their accounts.
    nearest = {"enforcement", "enroll_regions", "may_close"}
    assert set(looser(alone, below)) <= nearest


@given(layers, memberships, st.lists(memberships, max_size=3), st.data(), FLOORS)
def test_order_of_other_memberships_does_not_matter(site, home, others, data, floor):
    shuffled = data.draw(st.permutations(others))
    one, other = (fold(site, [home, *order], floor) for order in (others, shuffled))
    assert demands(one) | {"decided_by": None} == demands(other) | {"decided_by": None}
    assert all(getattr(one, name) == getattr(other, name) for name in PREFERENCES)


@given(layers, memberships, st.lists(memberships, max_size=3), FLOORS)
def test_home_alone_chooses_flow_and_wording(site, home, others, floor):
    one, other = fold(site, [home], floor), fold(site, [home, *others], floor)
    assert all(getattr(one, name) == getattr(other, name) for name in PREFERENCES)


@given(layers, st.lists(memberships, max_size=3), FLOORS)
def test_each_deciding_level_is_one_of_the_persons(site, joined, floor):
    names = {site.name, *(level.name for one in joined for level in one.levels)}
    assert set(fold(site, joined, floor).decided_by.values()) <= names


@given(layers, st.lists(memberships, max_size=3), FLOORS)
def test_fold_leaves_a_method_or_is_refused(site, joined, floor):
    with suppress(EmptyPolicyError):
        assert resolve(site, branches=joined, in_force=True, floor=floor).methods.intersection(
            FIRST
        )


@given(layers, st.lists(memberships, max_size=3))
def test_role_without_email_never_has_it(site, joined):
    """EM-07: and it has another method wherever a level allows only email."""
    role = Layer(name="managers", methods=DEFAULT, no_email=True)
    with suppress(EmptyPolicyError):
        policy = resolve(site, [role], joined, in_force=True)
        assert Method.EMAIL not in policy.methods
        assert policy.methods.intersection(STRONG_FIRST)


@given(layers, FLOORS)
def test_person_without_membership_has_policy_of_site(site, floor):
    assert fold(site, [], floor) == fold(site, [Branch()], floor)
