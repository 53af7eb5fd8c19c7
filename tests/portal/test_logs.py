"""What logs contain about a login, and what they never contain (LO-01, LO-02)."""

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings as shipped
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from mfa import request_id
from mfa.models import AuditEvent
from portal.logs import JsonFormatter, LineFormatter, redact
from tests.portal_client import PASSWORD, Browser, codes

NUMBER = "+447700900201"
FORMATTERS = {
    "json": JsonFormatter(),
    "line": LineFormatter("{asctime} {levelname} {name} {request_id} {message}", style="{"),
}


@pytest.fixture(params=FORMATTERS)
def log(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """Everything that loggers write at DEBUG, in both formats."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATTERS[request.param])
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    root.removeHandler(handler)


def records(stream: StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_login_leaves_no_secret_at_debug(log: StringIO, alice: User) -> None:
    """LO-02: codes, passwords, session keys, tokens, numbers, mail addresses."""
    browser = Browser(enforce_csrf_checks=True)
    sessions = []
    token = str(browser.get("/login/").context["csrf_token"])
    form = {"email": alice.email, "csrfmiddlewaretoken": token}
    browser.post("/login/", {**form, "password": "not the password"})
    browser.post("/login/", {**form, "password": PASSWORD})
    sessions.append(session_key(browser.session))
    page = browser.get("/login/verify/")
    token = str(page.context["csrf_token"])
    browser.post("/login/verify/", {"code": codes(NUMBER)[0], "csrfmiddlewaretoken": token})
    sessions.append(session_key(browser.session))
    browser.get(f"/no/such/page/{sessions[-1]}/")
    browser.get(f"/hooks/twilio/{'0123456789abcdef' * 2}/")
    written = log.getvalue()
    assert "logged_in" in written
    assert len(set(sessions)) == 2
    for secret in (*sessions, token, PASSWORD, "not the password", NUMBER, NUMBER[3:]):
        assert secret not in written
    assert alice.email not in written
    assert not re.search(rf"(?<![\d.]){codes(NUMBER)[0]}(?!\d)", written)


def session_key(session: SessionBase) -> str:
    assert session.session_key
    return str(session.session_key)


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_each_step_logs_person_method_and_level(
    log: StringIO, browser: Browser, alice: User
) -> None:
    """LO-01: event, user, method, AAL, and the row of the audit that has address and browser."""
    browser.log_in(alice)
    entered = next(record for record in records(log) if record.get("event") == "logged_in")
    assert entered["user"] == alice.pk
    assert (entered["method"], entered["aal"]) == ("sms", 2)
    assert AuditEvent.objects.get(pk=entered["audit"]).event == "logged_in"
    assert entered["time"].endswith("+00:00")
    steps = [record["event"] for record in records(log) if record.get("event")]
    assert {"password_right", "code_sent", "code_right", "logged_in"} <= set(steps)


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_lines_of_request_carry_its_id(log: StringIO, browser: Browser, alice: User) -> None:
    answer = browser.password(alice)
    ids = {record["request"] for record in records(log) if record.get("event")}
    assert ids == {answer.headers["X-Request-ID"]}


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_refusal_logged_by_django_has_request_id(log: StringIO, db: None) -> None:
    answer = Browser().get("/metrics", REMOTE_ADDR="203.0.113.9")
    refused = next(record for record in records(log) if record["logger"] == "django.request")
    assert refused["message"] == "Forbidden: /metrics"
    assert refused["request"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_log_line_outside_request_has_no_request_id(log: StringIO) -> None:
    logging.getLogger("portal").info("hello")
    assert "request" not in records(log)[-1]


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_line_break_does_not_start_a_record(log: StringIO) -> None:
    """WB-04."""
    logging.getLogger("portal").info("one\n{%s}", '"event": "logged_in"')
    assert [record.get("event") for record in records(log)] == [None]


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_traceback_is_one_redacted_value(log: StringIO) -> None:
    """DT-04."""
    fault = ValueError(f"Key (email)=(alice@example.org) and {NUMBER}")
    logging.getLogger("portal").error("fault", exc_info=fault)
    traceback = records(log)[-1]["traceback"]
    assert "ValueError" in traceback
    assert "alice" not in traceback
    assert NUMBER not in traceback


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("to +447700900201 now", "to +… now"),
        ("Not Found: /password/reset/Mg/c3fj2h-0123456789abcdef0123456789abcdef/", "/reset/…"),
        ("Forbidden: /me/email/MQ/1vOabc:0123456789abcdef0123456789abcdef/", "/me/email/…"),
        ("/login/?next=%2Fpassword%2freset%2FMQ%2F1vOabc.0123456789abcdef/ x", "%2freset%2F… x"),
        ("session=0123456789abcdef0123456789abcdef;", "session=…;"),
        ("browser=a:1vOabc:0aB-0123456789abcdef0123-xyz", "browser=a:1vOabc:…"),
        ("File mfa/migrations/0012_add_the_hashes_of_keys.py", "0012_add_the_hashes_of_keys.py"),
        ("to %2B447700900201 now", "to +… now"),
        ("mail for jo@пример.испытание", "mail for …@…"),
        ("mail for alice@example.org.", "mail for …@…."),
        ("redis://:secret@127.0.0.1:6379/2", "redis://…@127.0.0.1:6379/2"),
        ("user=123456 in 0.0147 s at 10.1.2.3", "user=123456 in 0.0147 s at 10.1.2.3"),
        ("/admin/mfa/accountpolicy/test-connection/", "/admin/mfa/accountpolicy/test-connection/"),
        ("Task mfa.deliveries.deliver[bfe8861b-c61b-4f97-b228-65f787c4d52b] done", "d52b] done"),
    ],
)
def test_personal_and_secret_values_are_redacted(text: str, kept: str) -> None:
    assert redact(text).endswith(kept.removeprefix("…"))
    assert "secret" not in redact(text)
    assert "0123456789abcdef" not in redact(text)


def test_both_formats_are_configured() -> None:
    assert set(FORMATTERS) == set(shipped.LOGGING["formatters"])


def test_text_names_request(log: StringIO) -> None:
    token = request_id.current.set("the-request")
    logging.getLogger("portal").info("hello")
    request_id.current.reset(token)
    assert "the-request" in log.getvalue()
