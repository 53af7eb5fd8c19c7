"""Properties of the routes of every person under every policy."""

from hypothesis import given, strategies as st

from mfa.rules.methods import MESSAGING, ChannelName, Method
from mfa.rules.policy import tighten
from mfa.rules.regions import EVERYWHERE, region_of
from mfa.rules.routes import Holding, usable
from tests.mfa.rules.strategies import MAILBOX, layers, policies

NUMBERS = ["+447546123456", "+447911123456", "+18765551234", "+881612345678"]
holdings = st.lists(
    st.builds(Holding, st.integers(0, 9), st.sampled_from(Method), st.sampled_from(NUMBERS)),
    unique_by=lambda h: h.factor,
)
FIRST = {Method.PHONE, Method.APP}
without_first = holdings.map(lambda held: [h for h in held if h.method not in FIRST])
channels = st.frozensets(st.sampled_from(MESSAGING))


@given(policies, without_first, channels)
def test_email_needs_phone_or_app(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)


@given(policies, holdings, channels)
def test_email_comes_last(policy, held, installed):
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
    apps = [route for route in routes if route.channel is ChannelName.APP]
    assert routes[: len(apps)] == tuple(apps)


@given(policies, layers, holdings, channels)
def test_one_more_layer_adds_no_route(policy, layer, held, installed):
    narrower = usable(tighten(policy, layer), held, installed)
    assert set(narrower) <= set(usable(policy, held, installed))


@given(policies, holdings)
def test_names_tell_routes_apart(policy, held):
    routes = usable(policy, held, frozenset(ChannelName))
    assert len({route.name for route in routes}) == len(routes)


@given(policies, holdings, channels)
def test_texts_go_only_to_allowed_countries(policy, held, installed):
    routes = usable(policy, held, installed)
    texted = {route.factor for route in routes if route.channel is ChannelName.SMS}
    reached = {region_of(h.number) for h in held if h.factor in texted}
    assert reached <= policy.text_regions or policy.text_regions == EVERYWHERE
