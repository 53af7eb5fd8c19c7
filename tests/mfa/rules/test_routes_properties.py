"""What holds for the routes of every person under every policy."""

from hypothesis import given, strategies as st

from mfa.rules.contacts import EVERYWHERE, region_of
from mfa.rules.policy import Method, tighten
from mfa.rules.routes import MESSAGING, ChannelName, Holding, usable
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
def test_the_mailbox_never_stands_without_a_phone_or_an_app(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)


@given(policies, holdings, channels)
def test_the_mailbox_comes_last(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)[:-1]


@given(policies, holdings, channels)
def test_a_text_reaches_only_a_phone_of_this_person(policy, held, installed):
    routes = usable(policy, held, installed)
    texted = {route.factor for route in routes if route.channel is ChannelName.SMS}
    assert texted <= {h.factor for h in held if h.method is Method.PHONE}


@given(policies, holdings, channels)
def test_every_message_has_a_channel_that_is_installed(policy, held, installed):
    sent = {route.channel for route in usable(policy, held, installed)} & set(MESSAGING)
    assert sent <= installed


@given(policies, holdings, channels)
def test_nothing_is_texted_unasked_beside_an_app(policy, held, installed):
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
def test_a_text_goes_only_where_the_policy_lets_it(policy, held, installed):
    routes = usable(policy, held, installed)
    texted = {route.factor for route in routes if route.channel is ChannelName.SMS}
    reached = {region_of(h.number) for h in held if h.factor in texted}
    assert reached <= policy.text_regions or policy.text_regions == EVERYWHERE
