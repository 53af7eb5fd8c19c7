"""What holds for the routes of every person under every policy."""

from hypothesis import given, strategies as st

from mfa.rules.policy import Method, tighten
from mfa.rules.routes import ChannelName, Holding, usable
from tests.mfa.rules.strategies import MAILBOX, layers, policies

holdings = st.lists(
    st.builds(Holding, st.integers(0, 9), st.sampled_from(Method)), unique_by=lambda h: h.factor
)
without_phone = holdings.map(lambda held: [h for h in held if h.method is not Method.PHONE])
channels = st.frozensets(st.sampled_from(ChannelName))


@given(policies, without_phone, channels)
def test_the_mailbox_never_stands_without_a_phone(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)


@given(policies, holdings, channels)
def test_the_mailbox_comes_last(policy, held, installed):
    assert MAILBOX not in usable(policy, held, installed)[:-1]


@given(policies, holdings, channels)
def test_a_text_reaches_only_a_phone_of_this_person(policy, held, installed):
    texted = {route.factor for route in usable(policy, held, installed) if route != MAILBOX}
    assert texted <= {h.factor for h in held if h.method is Method.PHONE}


@given(policies, holdings, channels)
def test_every_route_has_a_channel_that_is_installed(policy, held, installed):
    assert {route.channel for route in usable(policy, held, installed)} <= installed


@given(policies, layers, holdings, channels)
def test_one_more_layer_adds_no_route(policy, layer, held, installed):
    narrower = usable(tighten(policy, layer), held, installed)
    assert set(narrower) <= set(usable(policy, held, installed))


@given(policies, holdings)
def test_names_tell_routes_apart(policy, held):
    routes = usable(policy, held, frozenset(ChannelName))
    assert len({route.name for route in routes}) == len(routes)
