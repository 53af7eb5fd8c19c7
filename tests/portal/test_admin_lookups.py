"""No admin list answers a question that its page does not offer (S01)."""

import itertools
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import ForeignObjectRel
from django.db.models.constants import LOOKUP_SEP
from django.test import RequestFactory

from accounts.models import User
from mfa.admin_base import queries
from mfa.admin_base.page import PortalAdmin
from mfa.models import AccountPolicy, Session
from mfa.sessions import hash_of
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

# What the filters beside each list link to; a new list is refused everything until it is here.
OFFERED = {
    "accounts.User": {
        "is_active__exact",
        "is_active__isnull",
        "is_staff__exact",
        "is_staff__isnull",
        "groups__id__exact",
        "groups__isnull",
    },
    "mfa.Challenge": {
        *("purpose__exact", "purpose__isnull"),
        *("channel__exact", "channel__isnull"),
    },
    "mfa.Delivery": {
        *("state__exact", "state__isnull"),
        *("channel__exact", "channel__isnull"),
        *("message", "message__isnull"),
    },
    "mfa.AuditEvent": {"event", "event__isnull"},
}
# These two pages are no lists: whatever the address says, they show the same.
ONE_PAGE = {"mfa.Brake", "mfa.AccountPolicy"}
USERS = "/admin/accounts/user/"
PEOPLE = ("support", "administrator", "superuser")
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
LISTS = [model for model in REGISTERED if model._meta.label not in ONE_PAGE]


def fields_of(model: type[models.Model]) -> list[tuple[str, type[models.Model] | None]]:
    """Every name that a look-up may use of a model, and where a relation leads."""
    fields = model._meta.get_fields(include_hidden=True)
    found = []
    for field in fields:
        name = field.get_accessor_name() if field.name.endswith("+") else field.name
        query = field.field.related_query_name() if isinstance(field, ForeignObjectRel) else name
        found.append((query, field.related_model if field.is_relation else None))
    return [("pk", None), *((name, related) for name, related in found if name)]


def paths_of(model: type[models.Model]) -> Iterator[str]:
    """Every field, and every field behind every relation, both ways."""
    for name, related in fields_of(model):
        yield name
        if related:
            yield from (f"{name}__{behind}" for behind, _ in fields_of(related))


def suffixes() -> list[str]:
    """Every lookup and transform that any field knows."""
    classes = [models.Field, *models.Field.__subclasses__(), models.DateTimeField]
    known = {name for each in classes for name in each.get_lookups()}
    return ["", *sorted(known), "date__gte", "year__lt", "length", "0", "key"]


@pytest.fixture
def superuser(root: User) -> User:
    return root


@pytest.fixture
def support(policy: AccountPolicy) -> User:
    return member("sam@example.org", "Support", "+447700900205")


@pytest.fixture
def administrator(policy: AccountPolicy) -> User:
    return member("ada@example.org", "Administrators", "+447700900206")


def member(email: str, group: str, number: str) -> User:
    user = make_user(email, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    give_phone(user, number)
    return user


def page_of(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_page_stands_on_the_portals_base() -> None:
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


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_no_relation_and_no_suffix_is_offered_beside_the_links(
    request: pytest.FixtureRequest, model: type[models.Model], person: str
) -> None:
    asked = RequestFactory().get("/")
    asked.user = request.getfixturevalue(person)
    page = admin.site.get_model_admin(model)
    offered = queries.offered_lookups(page, asked)
    every = {
        LOOKUP_SEP.join(filter(None, parts))
        for parts in itertools.product(paths_of(model), suffixes())
    }
    assert len(every) > 1000
    assert offered == OFFERED.get(model._meta.label, set())
    assert {name for name in every if page.lookup_allowed(name, "1", asked)} <= offered


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_every_relation_is_refused_with_each_suffix(
    request: pytest.FixtureRequest, browser: Browser, model: type[models.Model], person: str
) -> None:
    """Support sees no groups at all: 403 comes before."""
    browser.log_in(request.getfixturevalue(person))
    page = page_of(model)
    refusal = {200: 400, 403: 403}[browser.get(page).status_code]
    names = {name if not related else f"{name}__pk" for name, related in fields_of(model)}
    asked = map(LOOKUP_SEP.join, zip(sorted(names), itertools.cycle(suffixes()[1:]), strict=False))
    answers = {
        name: browser.get(page, {name: "1"})
        for name in asked
        if name not in OFFERED.get(model._meta.label, set())
    }
    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(
        answers, refusal
    )


@pytest.mark.parametrize("label", sorted(ONE_PAGE))
def test_a_page_that_is_no_list_shows_the_same_whatever_is_asked(
    browser: Browser, root: User, label: str
) -> None:
    browser.log_in(root)
    page = f"/admin/{label.lower().replace('.', '/')}/"
    plain, asked = browser.get(page), browser.get(page, {"pk__regex": "^0"})
    assert (asked.status_code, asked.headers.get("Location")) == (
        plain.status_code,
        plain.headers.get("Location"),
    )


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    "query",
    [
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
        "p=-1",
        "p=" + "9" * 40,
    ],
)
def test_support_reads_nothing_off_the_number_of_rows(
    request: pytest.FixtureRequest, browser: Browser, query: str, person: str
) -> None:
    browser.log_in(request.getfixturevalue(person))
    answer = browser.get(f"{USERS}?{query}")
    assert answer.status_code == 400
    assert "We could not read that request" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        *("is_staff__exact=1", "is_active__exact=0&is_staff__exact=1", "groups__isnull=True"),
        *("o=1", "o=-2", "o=1.-2", "o=", "p=1", "all=", "q=sam", "_popup=1&_to_field=id"),
        "_facets=True",
    ],
)
def test_what_the_page_offers_works(browser: Browser, support: User, query: str) -> None:
    browser.log_in(support)
    assert browser.get(f"{USERS}?{query}").status_code == 200


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    "path",
    [
        "/admin/autocomplete/?app_label=mfa&model_name=session&field_name=user&term=a",
        "/admin/autocomplete/?app_label=mfa&model_name=factor&field_name=user&term=a",
        "/admin/autocomplete/?app_label=mfa&model_name=factor&field_name=secret",
        "/admin/autocomplete/?app_label=no&model_name=such&field_name=model",
        "/admin/autocomplete/",
    ],
)
def test_nothing_is_completed_that_no_page_completes(
    request: pytest.FixtureRequest, browser: Browser, path: str, person: str
) -> None:
    browser.log_in(request.getfixturevalue(person))
    answer = browser.get(path)
    assert answer.status_code == 400
    assert "We could not read that request" in answer.text


def test_no_address_looks_up_a_row_of_any_table(browser: Browser, root: User) -> None:
    """Django's "view on site" takes the id of any content type."""
    browser.log_in(root)
    assert browser.get(f"/admin/r/1/{root.pk}/").status_code == 404


def test_the_database_does_not_know_the_key_of_a_session(browser: Browser, root: User) -> None:
    browser.log_in(root)
    cookie = browser.cookies["session"].value
    row = Session.objects.get(user=root)
    assert row.key_hash == hash_of(cookie)
    assert cookie not in str(Session.objects.values_list().get())
    thief = Browser()
    thief.cookies["session"] = row.key_hash
    assert thief.get("/admin/").status_code == 302
