"""Kinds: each kind of factor is one value that all other code uses."""

import inspect

import pytest
from django.urls import NoReverseMatch, resolve, reverse

from mfa.factors import KINDS, Kind, kind_of
from mfa.models import Factor
from mfa.rules.methods import WAYS, ChannelName, Method
from mfa.rules.routes import Route


def test_every_method_has_a_kind() -> None:
    assert set(KINDS) == set(WAYS) == set(Method)


def test_every_kind_can_be_enrolled() -> None:
    assert set(Factor.Kind.values) == set(KINDS)


def test_kind_is_listed_by_its_method() -> None:
    assert [method for method, kind in KINDS.items() if kind.method is not method] == []


@pytest.mark.parametrize("channel", ChannelName)
def test_every_route_has_a_kind(channel: ChannelName) -> None:
    assert kind_of(Route(channel)).way.channel is channel


def test_pages_of_every_kind_exist() -> None:
    pages = {page for kind in KINDS.values() for page in (kind.page, kind.enroll, kind.add)}
    assert all(reverse(page) for page in pages - {""})


def test_pages_that_set_up_a_factor_ask_what_is_offered() -> None:
    """People may use more methods than they can set up, once everyone needs a passkey (PS-09)."""
    pages = {page for kind in KINDS.values() for page in (kind.enroll, kind.add)} - {""}
    sources = {page: _source(page) for page in pages | {f"{page}_options" for page in pages}}
    asking = {page for page, source in sources.items() if ".offered" in source}
    assert {page for page, source in sources.items() if source} - asking == set()
    assert {page for page, source in sources.items() if "policy.methods" in source} == set()


def _source(page: str) -> str:
    try:
        return inspect.getsource(inspect.unwrap(resolve(reverse(page)).func))
    except NoReverseMatch:
        return ""


def test_kind_with_page_has_link_text() -> None:
    assert [
        method
        for method, kind in KINDS.items()
        if bool(kind.add) is not bool(kind.words.add)
        or bool(kind.enroll) is not all(_words_of_enrollment(kind))
    ] == []


def _words_of_enrollment(kind: Kind) -> tuple[object, ...]:
    words = kind.words
    return (words.enroll, words.about, words.enrolled, words.from_now_on)
