"""Values that another version stored in a session, cookie or queue break no page."""

import itertools
from collections.abc import Callable

import pytest
from celery import current_app
from django.conf import settings
from django.http import HttpResponse

from accounts.models import User
from mfa.admin.base import jobs
from mfa.factors.push import sending
from mfa.login.pending import PendingLogin
from mfa.messages import failures, notices, worker
from mfa.models import Delivery, Event
from mfa.rules import kept
from mfa.session_engine import Session, SessionStore, hash_of
from mfa.sessions import devices
from tests.advisories.trial import undone
from tests.architecture.addresses import PORTAL
from tests.portal_client import Browser, code
from tests.stations import asked, changing, home, linked, resetting

__all__ = ["asked", "changing", "home", "linked", "resetting"]

VERIFY = "/login/verify/"
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
    "an unknown purpose": lambda held: {**held, "purpose": "recover_by_pigeon"},
    "a purpose of a question alone": lambda held: {**held, "purpose": "enroll"},
    "an unknown proof": lambda held: {**held, "proof": "vouched"},
    "an unknown channel": lambda held: {**held, "channel": "fax"},
    "an unknown asker": lambda held: {**held, "asked_by": "fax"},
    "no challenge's id": lambda held: {**held, "challenge": "17"},
    "text for a moment": lambda held: {**held, "start": "now"},
}


def put(browser: Browser, key: str, value: object) -> None:
    """Write into the row directly, because the store would change values."""
    session = browser.session
    rows = Session.objects.filter(key_hash=hash_of(session.session_key))
    rows.update(session_data=session.encode({**dict(session.items()), key: value}))


def restore(browser: Browser, data: dict[str, object]) -> None:
    """Store these values in another session, because the last one may have ended."""
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
def test_pending_login_of_another_version_is_dropped(
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


def test_invalid_values_of_pending_login_are_refused(asked: Browser) -> None:
    asked.raise_request_exception = False
    before, broken = dict(asked.session), []
    for field, value in itertools.product(FIELDS, GARBAGE):
        restore(asked, before)
        put(asked, "mfa_pending", {**before["mfa_pending"], field: value})
        answers = [asked.get("/login/verify/"), asked.post("/login/verify/", {"code": "123456"})]
        broken += [(field, value) for each in answers if each.status_code >= 500]
    assert broken == []


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
def test_login_with_unreadable_ends_is_invalid(home: Browser, change: dict) -> None:
    """It would never end, or claim a level that it did not prove."""
    put(home, "mfa_about", {**home.session["mfa_about"], **change})
    assert leads_to_login(home.get("/me/"))


def test_login_without_some_ends_is_invalid(home: Browser) -> None:
    about = dict(home.session["mfa_about"])
    del about["life"]
    put(home, "mfa_about", about)
    assert leads_to_login(home.get("/me/"))


def leads_to_login(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login/")


def test_login_with_field_of_later_version_stays(home: Browser) -> None:
    put(home, "mfa_about", {**home.session["mfa_about"], "added_in_a_later_version": 1})
    assert home.get("/me/").status_code == 200


COOKIES = ("session", "csrf", "theme", "django_language", devices.cookie_name())
VALUES = ("", "x", "|||||", "a:b:c", "\x00", "\ud83d", "a" * 5000, "é", '"', "1:2:3|4")


def test_no_cookie_breaks_a_page(browser: Browser, alice: User) -> None:
    login, broken = {"email": alice.email, "password": "not the password"}, []
    for name, value in itertools.product(COOKIES, VALUES):
        header = f"{name}={value}".encode("utf-8", "surrogatepass").decode("latin-1")
        # Rolled back each time, or wrong passwords would soon be refused without a check.
        with undone(browser) as twin:
            twin.raise_request_exception = False
            pages = [twin.get(path, HTTP_COOKIE=header) for path in ("/", "/login/", VERIFY)]
            pages.append(twin.post("/login/", login, HTTP_COOKIE=header))
        broken += [(name, value) for page in pages if page.status_code >= 500]
    assert broken == []


@pytest.mark.django_db
@pytest.mark.parametrize("value", [*GARBAGE, 1 << 63], ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "task",
    [
        worker.deliver,
        worker.report,
        failures.learn,
        jobs.work,
        notices.tell_of_login,
        sending.send,
    ],
)
def test_task_for_no_row_does_nothing(task, value: object) -> None:
    """From a queue that another version filled."""
    task(value)
    assert not Delivery.objects.exists()


def test_every_task_that_takes_something_is_tested_above() -> None:
    ours = {name: task for name, task in current_app.tasks.items() if name.startswith("mfa.")}
    taking = {name for name, task in ours.items() if task.run.__code__.co_argcount}
    tested = (
        *(worker.deliver, worker.report, failures.learn),
        *(jobs.work, notices.tell_of_login, sending.send),
    )
    assert taking == {task.name for task in tested}


def test_event_without_unusual_detail_is_not_notified(alice: User) -> None:
    event = alice.audit_events.create(at="2026-03-02T12:00:00Z", event=Event.LOGGED_IN)
    notices.tell_of_login(event.pk)
    notices.tell_of_login(event.pk + 1)
    assert not alice.audit_events.filter(event=Event.UNUSUAL_LOGIN).exists()


@pytest.mark.parametrize(("value", "fits"), [(1, True), (kept.LARGEST_ID, True), (0, False)])
def test_id_is_positive_and_fits_its_column(value: int, fits: bool) -> None:  # noqa: FBT001
    assert kept.is_id(value) is fits
    assert not kept.is_id(kept.LARGEST_ID + 1)
