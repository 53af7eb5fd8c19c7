"""Rules for every URL in every state of a login. The visits are made once, and the rules read them.

Each rule is a test that checks the recorded answers and lists the violations.
"""

from http.cookies import Morsel

import pytest
from django.contrib import admin

from accounts.models import User
from mfa.login.redirects import answers_get
from portal.logs import HIDDEN_PATHS
from tests.architecture.addresses import ADDRESSES, ADMIN, PORTAL
from tests.journeys.database import dump
from tests.journeys.markup import faults
from tests.journeys.test_headers import CSP, HEADERS, policy_of
from tests.journeys.visits import Answer, Visits, changed, visit
from tests.portal_client import Browser
from tests.reading import long_sentences, raw_keys
from tests.stations import PAGES, PLAIN, POSTS, PUBLIC, STATIONS

# Without a login, with half of one, with a person and with a superuser, `make test` visits every
# URL. From the other stations it visits their own pages and what is not a page.
WHOLE = ("stranger", "entering", "home", "ruling")
OTHERS = [station for station in STATIONS if station not in WHOLE]
WITH_PAGES = [station for station in OTHERS if station in PAGES.values()]
RECORDED: dict[tuple[str, bool], Visits] = {}


def visits_of(request: pytest.FixtureRequest, station: str, *, every: bool) -> Visits:
    """The visits of a station, made when the first rule needs them."""
    if (station, every) not in RECORDED:
        own = {name for name, seen_from in PAGES.items() if seen_from == station} | PLAIN
        chosen = [each for each in ADDRESSES if every or each.name in own]
        RECORDED[station, every] = visit(request.getfixturevalue(station), chosen)
    return RECORDED[station, every]


@pytest.fixture(
    params=[
        *(pytest.param((station, True), id=station) for station in WHOLE),
        *(pytest.param((station, False), id=f"{station}, its pages") for station in WITH_PAGES),
        *(pytest.param((station, True), id=station, marks=pytest.mark.full) for station in OTHERS),
    ]
)
def visits(request: pytest.FixtureRequest, db: None) -> Visits:
    station, every = request.param
    return visits_of(request, station, every=every)


@pytest.fixture
def ruled(request: pytest.FixtureRequest, db: None) -> Visits:
    """What a superuser sees, with a row of each kind."""
    return visits_of(request, "ruling", every=True)


def test_get_changes_no_table(visits: Visits) -> None:
    """WB-01: a GET or HEAD changes nothing, sends nothing and does not write the session."""
    assert visits.changed["get"] == set()
    assert visits.changed["head"] == set()


def test_changed_session_is_detected(browser: Browser, alice: User) -> None:
    """Proves that the test above can fail: a POST is detected."""
    browser.get("/login/")
    before = dump()
    browser.password(alice)
    seen = changed(before, dump())
    assert {"mfa_session", "mfa_challenge", "mfa_outboxmessage"} <= seen


def test_post_without_csrf_token_is_refused(visits: Visits) -> None:
    """WB-01."""
    assert [str(each) for each in visits.refused.values() if each.status != 403] == []
    assert visits.changed["refused post"] == set()


def test_every_answer_has_the_same_policy_and_headers(visits: Visits) -> None:
    """WB-02."""
    assert [str(each) for each in visits.all if policy_of(each) != CSP] == []
    assert [str(each) for each in visits.all if headers(each) != expected(each)] == []


def headers(answer: Answer) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in HEADERS}


def expected(answer: Answer) -> dict[str, str]:
    """A page with a secret URL sends no Referer to other pages."""
    secret = answer.path.startswith(HIDDEN_PATHS)
    return HEADERS | ({"Referrer-Policy": "strict-origin"} if secret else {})


def test_pages_are_not_cached(visits: Visits) -> None:
    """SS-11."""
    pages = [each for each in visits.all if each.html and each.address.name not in PUBLIC]
    assert pages
    assert [
        str(each) for each in pages if "no-store" not in each.headers.get("Cache-Control", "")
    ] == []


# Cookies kept for a year: the theme, the recognized device, which grants nothing, and the phone for
# approvals, which only shows its requests
LASTING = {"theme", "browser", "phone"}
PASSING = {"session", "csrf"}


def test_only_listed_cookies_are_set(visits: Visits) -> None:
    """SS-09."""
    seen = [*visits.cookies, *(cookie for each in visits.all for cookie in each.cookies)]
    assert {cookie.key for cookie in seen} <= PASSING | LASTING
    assert [cookie for cookie in seen if cookie.key in PASSING and lasts(cookie)] == []
    assert [cookie for cookie in seen if not kept_close(cookie)] == []


def lasts(cookie: Morsel) -> bool:
    return bool(cookie["max-age"] or (cookie["expires"] and cookie.value))


def kept_close(cookie: Morsel) -> bool:
    """Not readable by scripts or sent by other sites' forms, unless just deleted."""
    return not cookie.value or bool(cookie["httponly"] and cookie["samesite"] == "Lax")


@pytest.mark.parametrize("station", sorted(set(PAGES.values())))
def test_page_is_visible_from_its_station(
    request: pytest.FixtureRequest, db: None, station: str
) -> None:
    answers = by_name(visits_of(request, station, every=station in WHOLE).gets)
    seen = [answers[name] for name, seen_from in PAGES.items() if seen_from == station]
    assert [str(each) for each in seen if each.status != 200 or not each.is_page] == []
    assert [str(each) for each in seen if each.html.count("<h1") != 1] == []


def test_markup_of_every_page_is_valid(visits: Visits) -> None:
    """Ids are unique, names lead somewhere, times are valid."""
    pages = [each for each in visits.gets.values() if each.is_page and each.status == 200]
    found = {str(each): faults(each.html, ours=each.address in PORTAL) for each in pages}
    assert pages
    assert {page: said for page, said in found.items() if said} == {}


def test_sentences_of_pages_are_short(visits: Visits) -> None:
    pages = [each for each in visits.all if each.is_page]
    assert [f"{page}: {long}" for page in pages for long in long_sentences(page.html)] == []


def test_pages_show_no_raw_key(visits: Visits) -> None:
    """A stored name such as "codes_guessed" is for programs."""
    pages = [each for each in visits.all if each.is_page]
    assert [f"{page}: {key}" for page in pages for key in raw_keys(page.html)] == []


def test_long_sentence_and_raw_key_are_detected() -> None:
    """Proves that the two tests above can fail."""
    long = "<p>" + "word <b>word</b> " * 13 + "word.</p>"
    assert len(long_sentences(long)) == 1
    assert long_sentences(long.replace("</b>", "</b>.", 7)) == []
    for shown in ("Why: codes_guessed", "sms", "You logged in. (step_up)", "Tile object (1)"):
        assert raw_keys(f"<p>{shown}</p>")
    assert raw_keys("<p>manage.py reset_mfa</p><p>Text</p><input name='last_name'>") == []


def test_post_urls_show_no_page(visits: Visits) -> None:
    answers = by_name(visits.gets)
    seen = [answers[name] for name in POSTS if name in answers]
    assert [str(each) for each in seen if each.status not in {302, 405}] == []


def test_machine_urls_are_not_pages(request: pytest.FixtureRequest, db: None) -> None:
    answers = by_name(visits_of(request, "changing", every=False).gets)
    assert [str(answers[name]) for name in PLAIN if answers[name].is_page] == []


def by_name(answers: dict[str, Answer]) -> dict[str, Answer]:
    return {each.address.name: each for each in answers.values()}


def test_each_view_declares_its_methods(ruled: Visits) -> None:
    """By Django's decorators, whatever else is around them."""
    refusing = [each for each in ruled.gets.values() if not answers_get(each.address.view)]
    assert [
        each for each in ruled.gets.values() if each.status == 405 and each not in refusing
    ] == []
    # Some first ask for a login or a step of it.
    assert {each.status for each in refusing} == {302, 405}
    names = {each.address.name for each in refusing}
    assert {"accounts:logout", "admin:logout", "mfa:skip"} <= names


def test_superuser_is_refused_only_add_and_delete_pages(ruled: Visits) -> None:
    """A page that refuses the visits is not checked."""
    pages = {name: each for name, each in by_name(ruled.gets).items() if each.address in ADMIN}
    refused = {name for name, each in pages.items() if each.status == 403}
    assert refused == {name for name in refused if name.endswith(("_add", "_delete"))}
    assert pages["admin:autocomplete"].status == 400


def test_superuser_station_has_a_row_of_each_kind(ruling: Browser) -> None:
    """The visits of the admin use real rows."""
    models = admin.site._registry
    assert [model.__name__ for model in models if not model.objects.exists()] == []
