"""What another version of the portal kept in a session, a cookie or a queue breaks no page."""

from collections.abc import Callable

import pytest
from celery import current_app
from django.conf import settings
from django.http import HttpResponse

from accounts.models import User
from mfa import browsers, deliveries, failures, jobs, kept, notices
from mfa.models import Delivery, Event
from mfa.pending import PendingLogin
from mfa.sessions import Session, SessionStore, hash_of
from tests.architecture.addresses import PORTAL
from tests.portal_client import Browser, code
from tests.stations import asked, changing, home, linked, resetting

__all__ = ["asked", "changing", "home", "linked", "resetting"]

GARBAGE = [None, "", "x", "\x00", 0, -1, 1.5, 1e300, True, [], [1], {}, {"a": 1}, "9" * 400]
LOGIN_PAGES = sorted(
    each.path for each in PORTAL if each.route.startswith("login/") and "<" not in each.route
)
FIELDS = list(PendingLogin.__dataclass_fields__)
Change = Callable[[dict], dict]
SHAPES: dict[str, Change] = {
    "an unknown field": lambda held: {**held, "added_in_a_later_version": 1},
    "a missing field": lambda held: {k: v for k, v in held.items() if k != "nonce"},
    "only one field": lambda held: {"user": held["user"]},
    "an unknown aim": lambda held: {**held, "aim": "recover_by_pigeon"},
    "an unknown proof": lambda held: {**held, "proof": "vouched"},
    "an unknown channel": lambda held: {**held, "channel": "fax"},
    "an unknown asker": lambda held: {**held, "asked_by": "fax"},
    "no challenge's id": lambda held: {**held, "challenge": "17"},
    "text for a moment": lambda held: {**held, "start": "now"},
}


def put(browser: Browser, key: str, value: object) -> None:
    """Write into the row, past the store, which would not write everything."""
    session = browser.session
    rows = Session.objects.filter(key_hash=hash_of(session.session_key))
    rows.update(session_data=session.encode({**dict(session.items()), key: value}))


def restore(browser: Browser, data: dict[str, object]) -> None:
    """Keep these values in another session: the last one may have ended."""
    store = SessionStore()
    store.update(data)
    store.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = store.session_key


def walk(browser: Browser) -> dict[str, int]:
    """Open and post every page of the login."""
    statuses = {}
    for path in LOGIN_PAGES:
        for send in (browser.get, browser.post):
            statuses[f"{send.__name__} {path}"] = send(path).status_code
    return statuses


def faults(statuses: dict[str, int]) -> dict[str, int]:
    return {page: status for page, status in statuses.items() if status >= 500}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pending_login_of_another_version_is_dropped(
    asked: Browser, alice: User, shape: str
) -> None:
    """Each page leads to the login, which then works."""
    asked.raise_request_exception = False
    put(asked, "mfa_pending", SHAPES[shape](asked.session["mfa_pending"]))
    assert asked.get("/login/verify/").headers["Location"] == "/login/"
    assert faults(walk(asked)) == {}
    asked.password(alice)
    asked.post("/login/verify/", {"code": code("+447700900201")})
    assert asked.signed_in


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_of_a_pending_login_is_believed_unread(asked: Browser, field: str) -> None:
    asked.raise_request_exception = False
    before = dict(asked.session)
    for value in GARBAGE:
        restore(asked, before)
        put(asked, "mfa_pending", {**before["mfa_pending"], field: value})
        answers = [asked.get("/login/verify/"), asked.post("/login/verify/", {"code": "123456"})]
        assert [each.status_code for each in answers if each.status_code >= 500] == [], value


@pytest.mark.parametrize(
    ("station", "key", "page"),
    [
        ("asked", "mfa_pending", "/login/verify/"),
        ("asked", "mfa_about", "/login/verify/"),
        ("asked", "mfa_prefill", "/login/"),
        ("home", "mfa_about", "/me/"),
        ("home", "mfa_new_app", "/me/security/app/"),
        ("home", "_auth_user_id", "/me/"),
        ("home", "_auth_user_hash", "/me/"),
        ("home", "_auth_user_backend", "/me/"),
        ("home", "mfa_pending", "/me/confirm/"),
        ("changing", "mfa_change", "/me/phone/verify/"),
        ("resetting", "mfa_pending", "/password/new/"),
    ],
)
def test_no_value_of_a_session_breaks_a_page(
    request: pytest.FixtureRequest, station: str, key: str, page: str
) -> None:
    browser = request.getfixturevalue(station)
    browser.raise_request_exception = False
    before = dict(browser.session)
    for value in GARBAGE:
        restore(browser, before)
        put(browser, key, value)
        answers = [browser.get(page), browser.post(page, {"code": "123456"})]
        assert [each.status_code for each in answers if each.status_code >= 500] == [], value


@pytest.mark.parametrize(
    "change",
    [
        {"life": "12 hours"},
        {"started_at": "yesterday"},
        {"started_at": "2026-03-02T12:00:00"},
        {"started_at": None},
        {"idle": None},
        {"proofs": ["password"]},
        {"proofs": {"password": "now"}},
        {"aal": "2"},
        {"aal": True},
        {"life": 1e300},
    ],
)
def test_a_login_without_legible_ends_is_none(home: Browser, change: dict) -> None:
    """It would never end, or say of itself what it did not prove."""
    put(home, "mfa_about", {**home.session["mfa_about"], **change})
    assert leads_to_login(home.get("/me/"))


def test_a_login_without_some_of_its_ends_is_none(home: Browser) -> None:
    about = dict(home.session["mfa_about"])
    del about["life"]
    put(home, "mfa_about", about)
    assert leads_to_login(home.get("/me/"))


def leads_to_login(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login/")


def test_a_login_with_a_field_of_a_later_version_stays(home: Browser) -> None:
    put(home, "mfa_about", {**home.session["mfa_about"], "added_in_a_later_version": 1})
    assert home.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "value", ["", "x", "|||||", "a:b:c", "\x00", "\ud83d", "a" * 5000, "é", '"', "1:2:3|4"]
)
@pytest.mark.parametrize(
    "name", ["session", "csrf", "theme", "django_language", browsers.cookie_name()]
)
def test_no_cookie_breaks_a_page(alice: User, name: str, value: str) -> None:
    browser = Browser(raise_request_exception=False)
    header = f"{name}={value}".encode("utf-8", "surrogatepass").decode("latin-1")
    for path in ("/", "/login/", "/login/verify/"):
        assert browser.get(path, HTTP_COOKIE=header).status_code < 500
    login = {"email": alice.email, "password": "not the password"}
    assert browser.post("/login/", login, HTTP_COOKIE=header).status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("value", [*GARBAGE, 1 << 63], ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "task",
    [deliveries.deliver, deliveries.report, failures.learn, jobs.work, notices.tell_of_login],
)
def test_a_task_for_no_row_does_nothing(task, value: object) -> None:
    """From a queue that another version has filled."""
    task(value)
    assert not Delivery.objects.exists()


def test_every_task_that_takes_something_is_tested_above() -> None:
    ours = {name: task for name, task in current_app.tasks.items() if name.startswith("mfa.")}
    taking = {name for name, task in ours.items() if task.run.__code__.co_argcount}
    tested = (
        *(deliveries.deliver, deliveries.report, failures.learn),
        *(jobs.work, notices.tell_of_login),
    )
    assert taking == {task.name for task in tested}


def test_an_event_that_says_nothing_unusual_is_told_to_nobody(alice: User) -> None:
    event = alice.audit_events.create(at="2026-03-02T12:00:00Z", event=Event.LOGGED_IN)
    notices.tell_of_login(event.pk)
    notices.tell_of_login(event.pk + 1)
    assert not alice.audit_events.filter(event=Event.UNUSUAL_LOGIN).exists()


@pytest.mark.parametrize(("value", "fits"), [(1, True), (kept.LARGEST_ID, True), (0, False)])
def test_an_id_is_positive_and_fits_its_column(value: int, fits: bool) -> None:  # noqa: FBT001
    assert kept.is_id(value) is fits
    assert not kept.is_id(kept.LARGEST_ID + 1)
