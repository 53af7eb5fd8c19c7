"""Properties of the routes of every person under every policy."""

from dataclasses import replace

from hypothesis import given, strategies as st

from mfa.rules.methods import FIRST, MESSAGING, STRONG_FIRST, ChannelName, Method
from mfa.rules.policy import WeakerWays, tighten
from mfa.rules.regions import EVERYWHERE, region_of
from mfa.rules.routes import (
    ENROLLED_EMAIL,
    Holding,
    Mailbox,
    Purpose,
    recovers,
    routes_for,
    usable,
)
from tests.mfa.rules.strategies import MAILBOX, layers, policies

NUMBERS = ["+447546123456", "+447911123456", "+18765551234", "+881612345678"]
holdings = st.lists(
    st.builds(Holding, st.integers(0, 9), st.sampled_from(Method), st.sampled_from(NUMBERS)),
    unique_by=lambda h: h.factor,
)
without_strong = holdings.map(lambda held: [h for h in held if h.method not in STRONG_FIRST])
channels = st.frozensets(st.sampled_from(MESSAGING))


@given(policies, without_strong, channels)
def test_account_email_needs_phone_or_app(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)


@given(policies, holdings, channels)
def test_account_email_comes_last(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)[:-1]


@given(policies, holdings, channels)
def test_text_reaches_only_phone_of_this_person(policy, held, installed):
    routes = usable(policy, held, installed)
    texted = {route.factor for route in routes if route.channel is ChannelName.SMS}
    assert texted <= {h.factor for h in held if h.method is Method.PHONE}


@given(policies, holdings, channels)
def test_every_message_has_a_channel_that_is_installed(policy, held, installed):
    sent = {route.channel for route in usable(policy, held, installed)} & set(MESSAGING)
    assert sent <= installed


@given(policies, holdings, channels)
def test_no_text_without_request_beside_app(policy, held, installed):
    """E09."""
    routes = usable(policy, held, installed)
    unsent = {ChannelName.PASSKEY, ChannelName.APP}
    apps = [route for route in routes if route.channel in unsent]
    assert routes[: len(apps)] == tuple(apps)


@given(policies, holdings, channels)
def test_several_passkeys_are_one_route_and_come_first(policy, held, installed):
    """WA-01."""
    routes = usable(policy, held, installed)
    assert ChannelName.PASSKEY not in [route.channel for route in routes[1:]]
    works = any(holding.method is Method.PASSKEY and holding.works for holding in held)
    assert works or ChannelName.PASSKEY not in [route.channel for route in routes]


@given(policies, layers, holdings, channels)
def test_one_more_layer_adds_no_route(policy, layer, held, installed):
    """Only one that takes away passkeys opens again what they closed."""
    tightened = tighten(policy, layer)
    if Method.PASSKEY in policy.methods - tightened.methods:
        policy = replace(policy, weaker_ways=WeakerWays.ALLOW)
    narrower = usable(tightened, held, installed)
    assert set(narrower) <= set(usable(policy, held, installed))


@given(policies, holdings, channels)
def test_policy_that_refuses_weaker_ways_leaves_what_cannot_be_phished(policy, held, installed):
    strict = replace(policy, weaker_ways=WeakerWays.REFUSE)
    routes = usable(strict, held, installed)
    if ChannelName.PASSKEY in {route.channel for route in routes}:
        assert {route.channel for route in routes} <= {
            ChannelName.PASSKEY,
            ChannelName.RECOVERY_CODES,
        }
    else:
        allowing = replace(policy, weaker_ways=WeakerWays.ALLOW)
        works = [holding for holding in held if holding.works]
        assert routes == usable(allowing, works, installed)


mailboxes = st.builds(Mailbox, st.sampled_from(NUMBERS), st.booleans(), st.booleans())
askings = st.fixed_dictionaries(
    {
        "channels_up": channels,
        "mailbox": mailboxes,
        "binds": st.booleans(),
        "never_stronger": st.booleans(),
    }
)
CONFIRMING = (Purpose.STEP_UP, Purpose.RESET)


@given(st.sampled_from(CONFIRMING), policies, holdings, askings)
def test_account_email_confirms_nothing(purpose, policy, held, asking):
    """EM-01: it only recovers, where logins need no second step."""
    if not (asking["binds"] and recovers(policy, held, asking["channels_up"])):
        assert MAILBOX not in routes_for(purpose, policy, held, **asking)


@given(st.sampled_from(CONFIRMING), policies, holdings, askings)
def test_enrolled_email_confirms_nothing_after_something_stronger(purpose, policy, held, asking):
    """EM-07."""
    routes = routes_for(purpose, policy, held, **asking | {"never_stronger": False})
    enrolled = [route for route in routes if route.proof == ENROLLED_EMAIL]
    assert not enrolled or policy.methods.intersection(FIRST) == {Method.EMAIL}


@given(st.sampled_from(Purpose), policies, holdings, askings)
def test_kind_outside_the_policy_is_never_asked(purpose, policy, held, asking):
    """fac3."""
    asked = {route.factor for route in routes_for(purpose, policy, held, **asking)} - {None}
    assert asked <= {h.factor for h in held if h.method in policy.methods}


@given(policies, holdings)
def test_names_tell_routes_apart(policy, held):
    routes = usable(policy, held, frozenset(ChannelName))
    assert len({route.name for route in routes}) == len(routes)


@given(policies, holdings, channels)
def test_texts_go_only_to_allowed_countries(policy, held, installed):
    routes = usable(policy, held, installed)
    texted = {route.factor for route in routes if route.channel is ChannelName.SMS}
    reached = {region_of(h.target) for h in held if h.factor in texted}
    assert reached <= policy.text_regions or policy.text_regions == EVERYWHERE
