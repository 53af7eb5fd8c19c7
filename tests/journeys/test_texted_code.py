"""Later logins: the password, then a texted code (A01, A23-A24, B01, B03-B09)."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Challenge, Event, OutboxMessage
from mfa.session_engine import hash_of
from tests.conftest import NOON
from tests.portal_client import Browser, code, codes

NUMBER = "+447700900201"
VERIFY = "/login/verify/"
RESEND = "/login/verify/resend/"


def wrong_code() -> str:
    return f"{(int(code(NUMBER)) + 1) % 10**6:06}"


def test_login_page_asks_for_email_and_password(browser: Browser, db: None) -> None:
    """B03: the labels exactly so."""
    page = browser.get("/login/").content.decode()
    assert re.search(r'<label for="id_email">\s*Email\s*</label>', page)
    assert re.search(r'<label for="id_password">\s*Password\s*</label>', page)
    assert re.search(r"<button[^>]*>\s*Login\s*</button>", page)


def test_text_is_sent_without_a_click(browser: Browser, alice: User) -> None:
    """A23, B01, C08."""
    response = browser.password(alice)
    assert response.url == VERIFY
    message = OutboxMessage.objects.get()
    assert (message.channel, message.target) == ("sms", NUMBER)


def test_page_shows_only_ending_of_number(asked: Browser) -> None:
    """A23, PS-10."""
    page = asked.get(VERIFY).content.decode()
    assert "number ending 01" in page
    assert "7700900201" not in page
    assert "900201" not in page


def test_reloading_sends_no_second_text(asked: Browser) -> None:
    for _ in range(3):
        asked.get(VERIFY)
    assert len(codes(NUMBER)) == 1


def test_code_field_supports_autofill(asked: Browser) -> None:
    """B08, OT-11."""
    page = asked.get(VERIFY).content.decode()
    assert re.search(r'<label for="id_code">\s*Code\s*</label>', page)
    field = re.search(r'<input[^>]*name="code"[^>]*>', page)[0]
    assert 'autocomplete="one-time-code"' in field
    assert 'inputmode="numeric"' in field
    assert "Verify Code" in page


def test_right_code_logs_in(asked: Browser, alice: User) -> None:
    """A01, A24, B09."""
    assert asked.post(VERIFY, {"code": code(NUMBER)}).url == "/"
    assert asked.signed_in
    assert asked.session["mfa_about"]["aal"] == 2
    assert "mfa_pending" not in asked.session


def test_success_and_factor_appear_in_the_activity(home: Browser) -> None:
    """A24."""
    page = home.get("/me/activity/").content.decode()
    assert "You logged in." in page
    assert "The code was correct." in page


@pytest.mark.parametrize("spelling", ["{} {}", " {}{} ", "{}-{}", "\u200b{}{}"])
def test_pasted_code_can_have_spaces(asked: Browser, spelling: str) -> None:
    """B08, OT-09."""
    digits = code(NUMBER)
    asked.post(VERIFY, {"code": spelling.format(digits[:3], digits[3:])})
    assert asked.signed_in


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the code."),
        ("12345", "That code is too short. A code has six digits."),
        ("1234567", "That code is too long. A code has six digits."),
        ("12345a", "A code contains only digits."),
        ("\u2460" * 6, "A code contains only digits."),
        ("\x00", "Null characters are not allowed."),
        ("1" * 10_000, "That code is too long. A code has six digits."),
        ("'; DROP TABLE mfa_challenge; --", "A code contains only digits."),
    ],
)
def test_invalid_code_is_explained_and_uses_no_attempt(
    asked: Browser, typed: str, words: str
) -> None:
    """OT-09."""
    response = asked.post(VERIFY, {"code": typed})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert Challenge.objects.get().tries_left == 5


def test_code_field_sent_twice_is_one_value(asked: Browser) -> None:
    """OT-09, ASVS 15.3.7: no server may see more than one attempt in it."""
    asked.post(VERIFY, {"code": [wrong_code(), wrong_code()]})
    assert Challenge.objects.get().tries_left == 4


def test_wrong_code_shows_attempts_left_and_time_of_text(asked: Browser) -> None:
    """M07."""
    page = asked.post(VERIFY, {"code": wrong_code()}).content.decode()
    assert "That is not the code we sent. 4 attempts left." in page
    assert "We sent the latest text" in page
    assert not asked.signed_in


def test_typed_code_is_not_shown_again(asked: Browser) -> None:
    """OT-08: the field is empty again, whatever was typed."""
    wrong = wrong_code()
    assert wrong not in asked.post(VERIFY, {"code": wrong}).content.decode()


def test_five_wrong_codes_on_unrecognized_device_cause_lockout(
    clock: time_machine.Traveller, asked: Browser
) -> None:
    """LG-02, S08, M09."""
    for _ in range(3):
        asked.post(VERIFY, {"code": wrong_code()})
    clock.shift(timedelta(minutes=9))
    asked.post(RESEND)
    asked.post(VERIFY, {"code": wrong_code()})
    response = asked.post(VERIFY, {"code": wrong_code()})
    assert response.url == "/login/help/"
    assert len(codes(NUMBER)) == 2
    page = asked.get("/login/help/").content.decode()
    assert "Too many attempts." in page
    assert asked.post(VERIFY, {"code": code(NUMBER)}).url == "/login/help/"
    assert not asked.signed_in


def test_code_works_again_after_lockout(clock: time_machine.Traveller, alice: User) -> None:
    browser = Browser()
    User.objects.filter(pk=alice.pk).update(
        wrong_answers=10, wait_until=NOON + timedelta(minutes=15)
    )
    assert browser.password(alice).url == "/login/help/"
    assert not codes(NUMBER)
    clock.shift(timedelta(minutes=15, seconds=1))
    browser.password(alice)
    browser.post(VERIFY, {"code": code(NUMBER)})
    assert browser.signed_in


def test_expired_code_is_refused_with_its_lifetime(
    clock: time_machine.Traveller, asked: Browser
) -> None:
    """OT-02, M08."""
    clock.shift(timedelta(minutes=10, seconds=1))
    page = asked.post(VERIFY, {"code": code(NUMBER)}).content.decode()
    assert "This code is older than 10 minutes. Ask for a new one." in page
    assert not asked.signed_in


def test_code_is_valid_until_its_last_second(clock: time_machine.Traveller, asked: Browser) -> None:
    """OT-02."""
    clock.shift(timedelta(minutes=9, seconds=59))
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert asked.signed_in


def test_login_older_than_quarter_of_hour_starts_over(
    clock: time_machine.Traveller, asked: Browser
) -> None:
    """LG-05."""
    clock.shift(timedelta(minutes=15))
    assert asked.get(VERIFY).url.startswith("/login/?notice=ended")
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert not asked.signed_in


def test_sending_again_repeats_the_code(clock: time_machine.Traveller, asked: Browser) -> None:
    """OT-06, K20."""
    clock.shift(timedelta(seconds=31))
    assert asked.post(RESEND).url == VERIFY
    first, second = codes(NUMBER)
    assert first == second


def test_sending_again_too_soon_is_refused_with_the_time(
    clock: time_machine.Traveller, asked: Browser
) -> None:
    """M11."""
    response = asked.post(RESEND)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    assert "You've requested too many codes." in response.content.decode()
    assert len(codes(NUMBER)) == 1


def test_password_can_be_entered_again(asked: Browser, alice: User) -> None:
    """The open question continues: the same code, no second text."""
    assert asked.password(alice).url == VERIFY
    assert len(codes(NUMBER)) == 1
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert asked.signed_in


def test_two_tabs_share_one_login(asked: Browser) -> None:
    """The second tab is logged in already."""
    right = code(NUMBER)
    asked.post(VERIFY, {"code": right})
    second = asked.post(VERIFY, {"code": right}, follow=True)
    assert second.request["PATH_INFO"] == "/"
    assert asked.signed_in


def test_back_button_after_login_leads_home(asked: Browser) -> None:
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert asked.get(VERIFY, follow=True).request["PATH_INFO"] == "/"
    assert asked.get("/login/", follow=True).request["PATH_INFO"] == "/"


def test_used_code_does_not_log_in_twice(asked: Browser, other_browser: Browser) -> None:
    """OT-03: the same cookies, the same code, after a logout."""
    right = code(NUMBER)
    other_browser.cookies["session"] = asked.cookies["session"].value
    asked.post(VERIFY, {"code": right})
    other_browser.post(VERIFY, {"code": right})
    assert not other_browser.signed_in


def test_code_does_not_work_in_another_browser(
    asked: Browser, other_browser: Browser, alice: User
) -> None:
    """OT-04: each browser has its own question."""
    first = code(NUMBER)
    other_browser.password(alice)
    assert code(NUMBER) != first
    other_browser.post(VERIFY, {"code": first})
    assert not other_browser.signed_in
    asked.post(VERIFY, {"code": first})
    assert asked.signed_in


def test_another_person_in_same_browser_starts_own_login(asked: Browser, charlie: User) -> None:
    """OT-04: Alice's code logs in neither Charlie nor anyone as Alice."""
    first = code(NUMBER)
    asked.password(charlie)
    asked.post(VERIFY, {"code": first})
    assert not asked.signed_in
    asked.post(VERIFY, {"code": code("+447700900203")})
    assert asked.session["_auth_user_id"] == str(charlie.pk)


def test_canceling_ends_login(asked: Browser) -> None:
    assert asked.post("/login/cancel/").url == "/login/"
    asked.post(VERIFY, {"code": code(NUMBER)})
    assert not asked.signed_in


def test_session_has_new_key_after_each_step(browser: Browser, alice: User) -> None:
    """SS-01: a planted session key is useless."""
    browser.get("/login/")
    browser.password(alice)
    half = browser.cookies["session"].value
    browser.post(VERIFY, {"code": code(NUMBER)})
    whole = browser.cookies["session"].value
    assert half != whole
    old = Browser()
    old.cookies["session"] = half
    assert old.get("/me/").status_code == 302
    assert old.get(VERIFY).url == "/login/"


def test_new_password_step_of_another_person_has_new_key(asked: Browser, charlie: User) -> None:
    """SS-01."""
    first = asked.cookies["session"].value
    asked.password(charlie)
    assert asked.cookies["session"].value != first


def test_new_browser_needs_code(home: Browser, other_browser: Browser, alice: User) -> None:
    """A01."""
    assert other_browser.password(alice).url == VERIFY


def test_two_texts_are_reserved_for_recognized_devices(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """S08: an attacker with the password asks six times, and the owner still gets a code."""
    browser.log_in(alice)
    browser.post("/logout/")
    for _ in range(6):
        Browser().password(alice)
    assert len(codes(NUMBER)) == 3
    browser.log_in(alice)
    assert browser.signed_in
    browser.post("/logout/")
    browser.log_in(alice)
    assert browser.signed_in
    assert len(codes(NUMBER)) == 5


def test_fourth_text_from_unrecognized_devices_waits(
    clock: time_machine.Traveller, alice: User
) -> None:
    """LG-02, M11: the page shows when, and email is still available."""
    for _ in range(3):
        Browser().password(alice)
    browser = Browser()
    assert browser.password(alice).url == VERIFY
    response = browser.get(VERIFY)
    assert response.status_code == 429
    assert "You've requested too many codes." in response.content.decode()
    assert len(codes(NUMBER)) == 3
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.signed_in


def test_refused_text_can_be_sent_later(clock: time_machine.Traveller, alice: User) -> None:
    """The window slides: the next text is possible during this login."""
    clock.shift(timedelta(minutes=10))
    for _ in range(3):
        Browser().password(alice)
    browser = Browser()
    browser.password(alice)
    clock.shift(timedelta(minutes=14))
    browser.post(RESEND)
    assert len(codes(NUMBER)) == 4


def test_open_code_works_at_the_limit(
    clock: time_machine.Traveller, asked: Browser, alice: User
) -> None:
    first = code(NUMBER)
    for _ in range(5):
        Browser().password(alice)
    asked.post(VERIFY, {"code": first})
    assert asked.signed_in


def test_failed_text_shows_reason_and_offers_email(browser: Browser, alice: User) -> None:
    """OT-12, M10: no session, no provider's number."""
    alice.factors.update(target="+447700900003")
    browser.password(alice)
    page = browser.get(VERIFY).content.decode()
    assert "The text could not be delivered: the phone company blocked the message." in page
    assert "We can email you the code instead." in page
    assert "30004" not in page
    assert not browser.signed_in


def test_charlies_page_shows_nothing_of_alice(
    asked: Browser, other_browser: Browser, charlie: User
) -> None:
    """Charlie must not: each login sees its own question."""
    other_browser.password(charlie)
    page = other_browser.get(VERIFY).content.decode()
    assert "number ending 03" in page
    assert "number ending 01" not in page


def test_each_step_is_in_the_audit_with_its_origin(asked: Browser, alice: User) -> None:
    """LO-01."""
    asked.post(VERIFY, {"code": wrong_code()})
    asked.post(VERIFY, {"code": code(NUMBER)}, headers={"user-agent": "Firefox"})
    events = AuditEvent.objects.filter(user=alice).order_by("pk")
    assert [event.event for event in events] == [
        Event.PASSWORD_RIGHT,
        Event.CODE_SENT,
        Event.CODE_WRONG,
        Event.CODE_RIGHT,
        Event.LOGGED_IN,
    ]
    last = events.last()
    assert last.details == {"aal": 2, "channel": "sms"}
    assert (last.address, last.browser) == ("127.0.0.1", "Firefox")


def test_session_row_has_user(home: Browser, alice: User) -> None:
    """SS-02."""
    row = alice.sessions.get()
    assert (row.aal, row.address) == (2, "127.0.0.1")
    assert row.key_hash == hash_of(home.session.session_key)
