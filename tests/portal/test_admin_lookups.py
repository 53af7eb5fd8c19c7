"""Admin lists answer only the queries that their page offers (S01)."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import ForeignObjectRel
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import User
from mfa.admin.base import queries
from mfa.admin.base.page import PortalAdmin
from mfa.models import Session, SitePolicy
from mfa.session_engine import hash_of
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

# The links of each list's filters. A new list is refused everything until it is added.
OFFERED = {
    "accounts.User": {
        "is_active__exact",
        "is_active__isnull",
        "is_staff__exact",
        "is_staff__isnull",
        "groups__id__exact",
        "groups__isnull",
    },
    "accounts.Organization": {"is_active__exact", "is_active__isnull", "managers"},
    "accounts.Membership": {"organization", "person"},
    "mfa.Challenge": {"purpose__exact", "purpose__isnull", "person"},
    "mfa.Delivery": {"state__exact", "state__isnull", "channel", "message", "person"},
    "mfa.Factor": {"person"},
    "mfa.Pause": {"person"},
    "mfa.AuditEvent": {"event", "person"},
}
# Only those who can change permissions filter by them.
ROLES = {"is_staff__exact", "is_staff__isnull", "groups__id__exact", "groups__isnull"}
# These pages are not lists: they show the same for any URL.
ONE_PAGE = {"mfa.SendBlock", "mfa.AccountPolicy", "accounts.OrganizationPolicy"}
USERS = "/admin/accounts/user/"
PEOPLE = ("support", "administrator", "superuser")
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
LISTS = [model for model in REGISTERED if model._meta.label not in ONE_PAGE]


def fields_of(model: type[models.Model]) -> list[tuple[str, type[models.Model] | None]]:
    """Every name that a lookup can use for a model, and the target of relations."""
    fields = model._meta.get_fields(include_hidden=True)
    found = []
    for field in fields:
        name = field.get_accessor_name() if field.name.endswith("+") else field.name
        query = field.field.related_query_name() if isinstance(field, ForeignObjectRel) else name
        found.append((query, field.related_model if field.is_relation else None))
    return [("pk", None), *((name, related) for name, related in found if name)]


def paths_of(model: type[models.Model]) -> Iterator[str]:
    """Every field, and every field behind every relation, in both directions."""
    for name, related in fields_of(model):
        yield name
        if related:
            yield from (f"{name}__{behind}" for behind, _ in fields_of(related))


def suffixes() -> list[str]:
    """Every lookup and transform that any field knows."""
    classes = [models.Field, *models.Field.__subclasses__(), models.DateTimeField]
    known = {name for each in classes for name in each.get_lookups()}
    return ["", *sorted(known), "date__gte", "year__lt", "length", "0", "key"]


@cache
def lookups(model: type[models.Model]) -> frozenset[str]:
    """Every lookup that a URL could contain for a list."""
    parts = itertools.product(paths_of(model), suffixes())
    return frozenset(LOOKUP_SEP.join(filter(None, each)) for each in parts)


@pytest.fixture
def superuser(root: User) -> User:
    return root


@pytest.fixture
def support(policy: SitePolicy) -> User:
    return member("sam@example.org", "Support", "+447700900205")


@pytest.fixture
def administrator(policy: SitePolicy) -> User:
    return member("ada@example.org", "Administrators", "+447700900206")


def member(email: str, group: str, number: str) -> User:
    user = make_user(email, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    give_phone(user, number)
    return user


def offered_to(person: str, model: type[models.Model]) -> set[str]:
    offered = OFFERED.get(model._meta.label, set())
    return offered if person == "superuser" else offered - ROLES


def page_of(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_page_extends_portal_base() -> None:
    class Plain(admin.ModelAdmin):
        list_filter = ("aal",)

    admin.site.register(Session, Plain)
    try:
        registered = [type(page) for page in admin.site._registry.values()]
        assert [page for page in registered if not issubclass(page, PortalAdmin)] == []
        assert not admin.site.get_model_admin(Session).lookup_allowed(
            "key_hash__startswith", "a", RequestFactory().get("/")
        )
    finally:
        admin.site.unregister(Session)


@pytest.mark.parametrize(
    ("person", "tried"),
    [("superuser", lookups), ("administrator", paths_of), ("support", paths_of)],
)
def test_no_relation_and_no_suffix_is_offered_beside_the_links(
    request: pytest.FixtureRequest,
    db: None,
    person: str,
    tried: Callable[[type[models.Model]], Iterable[str]],
) -> None:
    """Every path with every suffix for a superuser, every path for others."""
    asked = RequestFactory().get("/")
    asked.user = request.getfixturevalue(person)
    pages = {model: admin.site.get_model_admin(model) for model in REGISTERED}
    offered = {model: queries.offered_lookups(page, asked) for model, page in pages.items()}
    assert offered == {model: offered_to(person, model) for model in pages}
    allowed = {
        model: {name for name in tried(model) if page.lookup_allowed(name, "1", asked)}
        for model, page in pages.items()
    }
    assert [model for model, names in allowed.items() if names - offered[model]] == []


def test_many_lookups_are_tried() -> None:
    # A tile has one relation only, to a group.
    fewest = {"accounts.Tile": 600}
    counts = {model._meta.label: len(lookups(model)) for model in REGISTERED}
    assert [name for name, count in counts.items() if count <= fewest.get(name, 1000)] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_every_relation_is_refused_with_each_suffix(
    request: pytest.FixtureRequest, browser: Browser, person: str
) -> None:
    browser.log_in(request.getfixturevalue(person))
    taken = {model._meta.label: taken_by(browser, model) for model in LISTS}
    assert taken == {model._meta.label: [] for model in LISTS}


def taken_by(browser: Browser, model: type[models.Model]) -> list[str]:
    """The look-ups that a list does not refuse. Support sees no groups: 403 comes before."""
    page = page_of(model)
    refusal = {200: 400, 403: 403}[browser.get(page).status_code]
    names = {name if not related else f"{name}__pk" for name, related in fields_of(model)}
    asked = map(LOOKUP_SEP.join, zip(sorted(names), itertools.cycle(suffixes()[1:]), strict=False))
    closed = [name for name in asked if name not in OFFERED.get(model._meta.label, set())]
    return [name for name in closed if browser.get(page, {name: "1"}).status_code != refusal]


def test_query_parameters_do_not_change_plain_pages(browser: Browser, root: User) -> None:
    browser.log_in(root)
    pages = [f"/admin/{label.lower().replace('.', '/')}/" for label in sorted(ONE_PAGE)]
    plain = {page: browser.get(page) for page in pages}
    asked = {page: browser.get(page, {"pk__regex": "^0"}) for page in pages}
    assert {page: led(answer) for page, answer in asked.items()} == {
        page: led(answer) for page, answer in plain.items()
    }


def led(answer: HttpResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("Location")


REFUSED = [
    "sessions__session_key__regex=^a",
    "sessions__key_hash__regex=^a",
    "sessions__key_hash__regex=[",
    "sessions__session_data__contains=a",
    "password__startswith=md5",
    "factors__target__startswith=%2B44",
    "factors__secret__regex=^a",
    "deliveries__receipt_id=00000000-0000-4000-8000-000000000000",
    "is_staff__exact=1&sessions__key_hash__lt=8",
    "email__endswith=g",
    "date_joined__year=2026",
    "no_such_field=1",
    "is_active__exact=1&is_active__exact=0",
    "is_active__exact=abc",
    "groups__id__exact=abc",
    "_to_field=password",
    "_to_field=email",
    "_changelist_filters=email__regex",
    "e=1",
    "o=abc",
    "o=99",
    "o=-99",
    "o=1.1.1",
    "o=-",
    "p=abc",
    "p=0",
    "p=201",
    "_facets=True",
    "p=-1",
    "p=" + "9" * 40,
]
FILTERS_BY_ROLE = [
    "is_staff__exact=1",
    "is_active__exact=0&is_staff__exact=1",
    "groups__isnull=True",
]
WORKING = [
    "",
    "is_active__exact=0",
    *("o=1", "o=-1", "o=", "p=1", "all=", "q=sam", "_popup=1&_to_field=id"),
]
COMPLETING = [
    "/admin/autocomplete/?app_label=mfa&model_name=session&field_name=user&term=a",
    "/admin/autocomplete/?app_label=mfa&model_name=factor&field_name=user&term=a",
    "/admin/autocomplete/?app_label=mfa&model_name=factor&field_name=secret",
    "/admin/autocomplete/?app_label=no&model_name=such&field_name=model",
    "/admin/autocomplete/",
]


def not_refused(browser: Browser, paths: list[str]) -> list[str]:
    answers = {path: browser.get(path) for path in paths}
    return [
        path
        for path, answer in answers.items()
        if answer.status_code != 400 or "We couldn't read that request" not in answer.text
    ]


@pytest.mark.parametrize("person", PEOPLE)
def test_row_count_reveals_nothing_to_support(
    request: pytest.FixtureRequest, browser: Browser, person: str
) -> None:
    browser.log_in(request.getfixturevalue(person))
    assert not_refused(browser, [f"{USERS}?{query}" for query in REFUSED]) == []


def test_offered_filters_work(browser: Browser, support: User, root: User) -> None:
    browser.log_in(support)
    queries = [*WORKING, *FILTERS_BY_ROLE]
    statuses = {query: browser.get(f"{USERS}?{query}").status_code for query in queries}
    assert statuses == dict.fromkeys(WORKING, 200) | dict.fromkeys(FILTERS_BY_ROLE, 400)
    office = Browser()
    office.log_in(root)
    assert {office.get(f"{USERS}?{query}").status_code for query in FILTERS_BY_ROLE} == {200}


@pytest.mark.parametrize("person", PEOPLE)
def test_only_offered_fields_are_autocompleted(
    request: pytest.FixtureRequest, browser: Browser, person: str
) -> None:
    browser.log_in(request.getfixturevalue(person))
    assert not_refused(browser, COMPLETING) == []


def test_no_url_looks_up_arbitrary_rows(browser: Browser, root: User) -> None:
    """Django's "view on site" accepts the id of any content type."""
    browser.log_in(root)
    assert browser.get(f"/admin/r/1/{root.pk}/").status_code == 404


def test_database_stores_no_session_key(browser: Browser, root: User) -> None:
    browser.log_in(root)
    cookie = browser.cookies["session"].value
    row = Session.objects.get(user=root)
    assert row.key_hash == hash_of(cookie)
    assert cookie not in str(Session.objects.values_list().get())
    thief = Browser()
    thief.cookies["session"] = row.key_hash
    assert thief.get("/admin/").status_code == 302
