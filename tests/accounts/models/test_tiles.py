"""The links of the home page: who sees them, and where they lead."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from accounts.models import Tile, User
from tests.portal_client import Browser

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/tile/add/"
GOOD = ("/", "/help/", "/files/?q=1", "https://example.org", "https://example.org:8443/a#b")
BAD = (
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://example.org"),
    *("//example.org", "/\\example.org", "https:example.org", "https:///example.org"),
    *("https://a@example.org", "https://[", " /x", "/x y", "/x\n", "mailto:a@b.c", "help/", ""),
)


def test_tile_address_must_be_own_path_or_https() -> None:
    refused = []
    for address in (*GOOD, *BAD):
        try:
            Tile(title="x", address=address).full_clean()
        except ValidationError:
            refused.append(address)
    assert refused == list(BAD)


def test_home_shows_each_person_their_links_in_one_query(
    browser: Browser, other_browser: Browser, alice: User, root: User, django_assert_num_queries
) -> None:
    browser.log_in(alice)
    other_browser.log_in(root)
    mine, others = (Group.objects.create(name=name) for name in ("Sales", "Finance"))
    alice.groups.add(mine)
    Tile.objects.create(title="Second", address="/b/", position=2)
    Tile.objects.create(title="First", address="https://example.org/", group=mine)
    Tile.objects.create(title="Books", address="/c/", group=others)
    Tile.objects.create(title="Desk", address="/d/", staff_only=True)
    titles = [tile.title for tile in browser.get("/").context["tiles"]]
    assert titles == ["First", "Second"]
    assert [tile.title for tile in other_browser.get("/").context["tiles"]] == ["Desk", "Second"]
    with django_assert_num_queries(1):
        list(Tile.objects.seen_by(alice))
    others.delete()
    assert not Tile.objects.filter(title="Books").exists()


def test_only_administrator_can_add_link(
    browser: Browser, other_browser: Browser, alice: User, root: User
) -> None:
    browser.log_in(root)
    other_browser.log_in(alice)
    form = {"title": "Help", "address": "/login/help/", "icon": "help", "position": "0"}
    assert browser.post(ADD, {**form, "address": "javascript:alert(1)"}).status_code == 200
    assert browser.post(ADD, form).status_code == 302
    assert 'href="/login/help/"' in other_browser.get("/").content.decode()
    assert other_browser.get(ADD).status_code == 403
