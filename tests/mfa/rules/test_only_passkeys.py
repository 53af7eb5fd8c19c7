"""A date from which everyone needs a passkey (PS-09)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfa.rules.fold import EmptyPolicyError, resolve
from mfa.rules.methods import ChannelName, Method
from mfa.rules.outcomes import NextLogin, outcome_of, path_of
from mfa.rules.policy import (
    AfterEnrollment,
    Enforcement,
    Layer,
    Policy,
    WeakerWays,
    due,
    tighten,
)
from mfa.rules.routes import Route
from mfa.rules.steps import Facts, Step

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SITE = Layer(name="site")
DEMAND = Layer(name="organization", passkeys_from=NOW)
STRICT = Policy(weaker_ways=WeakerWays.NONE)
PHONE = frozenset({Method.PHONE})
BESIDE = frozenset({Method.PASSKEY, Method.RECOVERY_CODES})


@pytest.mark.parametrize(
    ("above", "wished", "earliest"),
    [
        (None, None, None),
        (None, NOW, NOW),
        (NOW, None, NOW),
        (NOW, LATER, NOW),
        (LATER, NOW, NOW),
    ],
)
def test_earliest_date_wins(above, wished, earliest):
    layer = Layer(name="organization", passkeys_from=wished)
    assert tighten(Policy(passkeys_from=above), layer).passkeys_from == earliest


@pytest.mark.parametrize(
    ("now", "ways"),
    [
        (NOW - timedelta(seconds=1), WeakerWays.REFUSE),
        (NOW, WeakerWays.NONE),
        (LATER, WeakerWays.NONE),
    ],
)
def test_demand_begins_on_its_date(now, ways):
    layer = due(replace(DEMAND, weaker_ways=WeakerWays.REFUSE), now)
    assert (layer.name, layer.weaker_ways) == ("organization", ways)
    assert layer.passkeys_from == NOW


def test_demand_and_deadline_can_begin_together():
    both = replace(DEMAND, enforcement=Enforcement.OPTIONAL, deadline=NOW)
    layer = due(both, NOW)
    assert (layer.enforcement, layer.weaker_ways) == (Enforcement.REQUIRED, WeakerWays.NONE)


def test_policy_demands_no_passkey_by_default():
    policy = resolve(SITE, in_force=True)
    assert policy.passkeys_from is None
    assert policy.only_passkeys is False
    assert policy.offered == policy.methods


@pytest.mark.parametrize(
    ("ways", "methods", "demands"),
    [
        (WeakerWays.ALLOW, BESIDE, False),
        (WeakerWays.REFUSE, BESIDE, False),
        (WeakerWays.NONE, BESIDE, True),
        (WeakerWays.NONE, PHONE, False),
    ],
)
def test_passkey_is_demanded_only_where_it_is_allowed(ways, methods, demands):
    policy = Policy(weaker_ways=ways, methods=methods)
    assert policy.only_passkeys is demands
    assert policy.lacks_passkey([Method.PHONE]) is demands
    assert policy.lacks_passkey([]) is demands
    assert policy.lacks_passkey([Method.PHONE, Method.PASSKEY]) is False
    assert policy.offered == methods


@pytest.mark.parametrize(
    ("methods", "offered"),
    [
        (Policy().methods, BESIDE),
        (PHONE | {Method.PASSKEY}, {Method.PASSKEY}),
        (PHONE, PHONE),
    ],
)
def test_only_passkeys_and_recovery_codes_are_offered(methods, offered):
    assert Policy(weaker_ways=WeakerWays.NONE, methods=methods).offered == offered


@pytest.mark.parametrize("ways", [WeakerWays.REFUSE, WeakerWays.NONE])
def test_weaker_methods_end_with_a_passkey(ways):
    policy = Policy(weaker_ways=ways)
    assert policy.refuses_weaker([Method.PASSKEY, Method.PHONE]) is True
    assert policy.refuses_weaker([Method.PHONE]) is False
    assert Policy().refuses_weaker([Method.PASSKEY]) is False


def test_setup_of_a_passkey_cannot_be_skipped():
    optional = Policy(enforcement=Enforcement.OPTIONAL)
    assert optional.enforcement_after(0, NOW) is Enforcement.OPTIONAL
    strict = replace(STRICT, enforcement=Enforcement.OPTIONAL)
    assert strict.enforcement_after(0, NOW) is Enforcement.REQUIRED
    off = replace(STRICT, enforcement=Enforcement.OFF)
    assert off.enforcement_after(0, NOW) is Enforcement.OFF


@pytest.mark.parametrize(
    ("site", "below", "levels"),
    [
        ({}, {"methods": PHONE, "passkeys_from": LATER}, ("organization",)),
        ({"methods": PHONE}, {"passkeys_from": LATER}, ("site", "organization")),
        ({"passkeys_from": NOW}, {"methods": PHONE}, ("site", "organization")),
    ],
)
def test_demand_that_no_one_can_meet_is_refused_with_its_levels(site, below, levels):
    layers = [Layer(name="partner"), Layer(name="organization", **below)]
    with pytest.raises(EmptyPolicyError) as error:
        resolve(Layer(name="site", **site), layers, in_force=True)
    assert (error.value.field, error.value.levels) == ("passkeys", levels)
    assert error.value.policy.methods == PHONE


TEXT, KEY = Route(ChannelName.SMS, 1), Route(ChannelName.PASSKEY, 2)
EMAIL, CODES = Route(ChannelName.EMAIL), Route(ChannelName.RECOVERY_CODES, 3)
DUE = Facts(
    alive=True,
    demanded=True,
    enforcement=Enforcement.REQUIRED,
    after_enrollment=AfterEnrollment.LOGIN_AGAIN,
    ever_bound=True,
    only_passkeys=True,
)


@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        ((KEY,), NextLogin.PASSKEY),
        ((KEY, CODES), NextLogin.PASSKEY),
        ((KEY, TEXT), NextLogin.CODE),
        ((KEY, EMAIL), NextLogin.CODE),
        ((CODES,), NextLogin.CODE),
        ((TEXT,), NextLogin.CODE),
    ],
)
def test_outcome_names_a_passkey_if_nothing_weaker_is_left(routes, outcome):
    assert outcome_of(replace(DUE, routes=routes)) is outcome


@pytest.mark.parametrize(
    ("routes", "steps", "outcome"),
    [
        ((TEXT,), (Step.ANSWER, Step.BACK_UP), NextLogin.BACK_UP),
        ((TEXT, EMAIL), (Step.ANSWER, Step.BACK_UP), NextLogin.BACK_UP),
        ((EMAIL,), (Step.CHOOSE, Step.ENTER), NextLogin.CODE),
    ],
)
def test_only_people_with_more_than_email_save_recovery_codes(routes, steps, outcome):
    facts = replace(DUE, routes=routes, backed_up=False)
    assert (path_of(facts), outcome_of(facts)) == (steps, outcome)


def test_old_factor_leads_only_to_the_setup_of_a_passkey():
    facts = replace(DUE, routes=(TEXT,), outdated=True, trusted=True)
    assert path_of(facts) == (Step.ANSWER, Step.ENROLL)
    assert outcome_of(facts) is NextLogin.SET_UP_PASSKEY


def test_first_factor_is_a_passkey():
    assert outcome_of(replace(DUE, ever_bound=False)) is NextLogin.SET_UP_PASSKEY
    without = replace(DUE, ever_bound=False, only_passkeys=False)
    assert outcome_of(without) is NextLogin.SET_UP


def test_facts_demand_no_passkey_by_default():
    facts = Facts(
        alive=True,
        demanded=True,
        enforcement=Enforcement.REQUIRED,
        after_enrollment=AfterEnrollment.FINISH,
    )
    assert facts.only_passkeys is False
