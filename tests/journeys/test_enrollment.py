"""The first login with MFA asks for a phone number and proves it (A17-A22, B02-B07, EN-*)."""

import re

import pytest
from django.utils.html import escape

from accounts.models import User
from mfa.models import AuditEvent, Challenge, Event, OutboxMessage, SitePolicy
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import Browser, code, codes

VERIFY = "/login/enroll/verify/"
DONE = "/login/enroll/done/"


def enroll(browser: Browser, number: str = NEW_NUMBER):
    browser.post(PHONE, {"phone": number})
    return browser.post(VERIFY, {"code": code(number)})


def test_first_login_leads_to_update_phone_number(browser: Browser, bob: User) -> None:
    """A17, B04."""
    response = browser.password(bob)
    assert response.url == PHONE
    page = browser.get(PHONE).content.decode()
    assert re.search(r"<h1[^>]*>\s*Update Phone Number\s*</h1>", page)
    assert "Send Verification Code" in page
    assert browser.get("/").status_code == 302
    assert not browser.signed_in


def test_nothing_is_sent_before_the_button_is_pressed(enrolling: Browser) -> None:
    """A19, K2."""
    enrolling.get(PHONE)
    enrolling.get(VERIFY)
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "spelling",
    ["+447546123456", "+44 7546 123456", "+4407546123456", "07546 123456", "0044 7546-123456"],
)
def test_all_formats_of_a_number_are_stored_alike(
    enrolling: Browser, bob: User, spelling: str
) -> None:
    """A18."""
    enrolling.post(PHONE, {"phone": spelling})
    enrolling.post(VERIFY, {"code": code("+447546123456")})
    assert bob.factors.get().target == "+447546123456"


def test_hint_shows_what_the_home_country_accepts(enrolling: Browser, policy: SitePolicy) -> None:
    """A18, B04, P12: Gabon's example is not readable without its country code."""
    hints = {
        "GB": "For example 07400 123456 or +44 7400 123456.",
        "GA": "Start with + and the country code, for example +44 7546 123456.",
        "": "Start with + and the country code, for example +44 7546 123456.",
    }
    for policy.home_region, hint in hints.items():
        policy.save()
        assert hint in enrolling.get(PHONE).content.decode()


def test_enrollment_sends_one_text_and_reload_sends_none(enrolling: Browser) -> None:
    """A19, B05."""
    response = enrolling.post(PHONE, {"phone": NEW_NUMBER})
    assert response.url == VERIFY
    for _ in range(3):
        enrolling.get(VERIFY)
    message = OutboxMessage.objects.get()
    assert (message.channel, message.target) == ("sms", NEW_NUMBER)


def test_button_pressed_twice_sends_once(proving: Browser) -> None:
    """A19: a double click, or the back button and the form once more."""
    proving.post(PHONE, {"phone": NEW_NUMBER})
    assert len(codes(NEW_NUMBER)) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter your mobile number."),
        ("my phone", "We can't read this as a phone number."),
        ("12345", "digits short."),
        ("+44 12", "digits short."),
        ("020 7946 0000", "looks like a landline or special-rate number"),
        ("+44 800 123 4567", "looks like a landline or special-rate number"),
        ("\x00", "Null characters are not allowed."),
        ("9" * 10_000, "We can't read this as a phone number."),
    ],
)
def test_wrong_format_is_explained_and_nothing_sent(
    enrolling: Browser, typed: str, words: str
) -> None:
    """A22: M02, M03, M04."""
    response = enrolling.post(PHONE, {"phone": typed})
    assert response.status_code == 200
    assert escape(words) in response.content.decode()
    assert not OutboxMessage.objects.exists()


def test_repaired_number_is_offered_as_button(enrolling: Browser) -> None:
    """A18: the country code twice."""
    page = enrolling.post(PHONE, {"phone": "+44 +44 7546 123456"}).content.decode()
    assert "+44 7546 123456</button>" in page


def test_code_has_six_digits(proving: Browser) -> None:
    """A20, B06."""
    assert re.fullmatch(r"\d{6}", code(NEW_NUMBER))


def test_wrong_code_says_how_many_attempts_are_left(proving: Browser, bob: User) -> None:
    """A20: M07."""
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    page = proving.post(VERIFY, {"code": wrong}).content.decode()
    assert "That is not the code we sent. 4 attempts left." in page
    assert "Verify Code" in page
    assert not bob.factors.exists()


def test_fifth_wrong_code_closes_the_question(proving: Browser) -> None:
    """M22."""
    right = code(NEW_NUMBER)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(4):
        proving.post(VERIFY, {"code": wrong})
    assert (
        "That was the fifth wrong code. Ask for a new one."
        in proving.post(VERIFY, {"code": wrong}).content.decode()
    )
    proving.post(VERIFY, {"code": right})
    assert not User.objects.get(email="bob@example.org").factors.exists()


@pytest.mark.parametrize(
    ("afterwards", "leads_to"),
    [
        ("", "/login/?notice=confirmed&next=%2Fme%2F"),
        ("login_again", "/login/?notice=confirmed&next=%2Fme%2F"),
        ("finish", DONE),
        ("continue", "/me/"),
    ],
)
def test_first_verification_follows_policy(
    browser: Browser, bob: User, policy: SitePolicy, afterwards: str, leads_to: str
) -> None:
    """A21, K1."""
    policy.after_enrollment = afterwards
    policy.save()
    browser.password(bob, next="/me/")
    assert enroll(browser).url == leads_to
    assert browser.signed_in == (afterwards == "continue")


def test_login_happens_only_after_finish(browser: Browser, bob: User, policy: SitePolicy) -> None:
    """K1 `finish`, as D08: no page opens before the button, and every page after it."""
    policy.after_enrollment = "finish"
    policy.save()
    browser.password(bob, next="/me/")
    enroll(browser)
    assert "Finish" in browser.get(DONE).content.decode()
    assert browser.get("/me/").status_code == 302
    assert browser.post(DONE).url == "/me/"
    assert browser.get("/me/").status_code == 200
    assert browser.session["mfa_about"]["aal"] == 2


def test_login_page_is_prefilled_after_enrollment(browser: Browser, bob: User) -> None:
    """A21: M05."""
    browser.password(bob)
    page = browser.get(enroll(browser).url).content.decode()
    assert "Your number is verified. Log in again to continue." in page
    assert f'value="{bob.email}"' in page
    assert browser.get("/me/").status_code == 302


def test_second_login_asks_for_another_code_at_once(browser: Browser, bob: User) -> None:
    """B02, B07, EN-07: twice in a row under the default limits."""
    browser.password(bob)
    enroll(browser)
    first = code(NEW_NUMBER)
    response = browser.password(bob)
    assert response.url == "/login/verify/"
    assert code(NEW_NUMBER) != first
    assert "Update Phone Number" not in browser.get("/login/verify/").content.decode()
    browser.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert browser.signed_in


def test_code_of_enrollment_does_not_log_in(browser: Browser, bob: User) -> None:
    """EN-07."""
    browser.password(bob)
    enroll(browser)
    first = code(NEW_NUMBER)
    browser.password(bob)
    browser.post("/login/verify/", {"code": first})
    assert not browser.signed_in


def test_canceled_enrollment_leaves_no_factor(proving: Browser, bob: User) -> None:
    """EN-01."""
    proving.post("/login/cancel/")
    assert not bob.factors.exists()
    bob.refresh_from_db()
    assert bob.ever_bound_at is None
    assert proving.password(bob).url == PHONE


def test_new_number_invalidates_first_code(proving: Browser, bob: User) -> None:
    """OT-04, K20."""
    first = code(NEW_NUMBER)
    proving.post(PHONE, {"phone": "+447700900251"})
    proving.post(VERIFY, {"code": first})
    assert not bob.factors.exists()
    proving.post(VERIFY, {"code": code("+447700900251")})
    assert bob.factors.get().target == "+447700900251"


def test_code_of_another_browser_is_refused(
    proving: Browser, other_browser: Browser, bob: User
) -> None:
    """OT-04: Charlie knows the password and reads the code over a shoulder."""
    other_browser.password(bob)
    other_browser.post(PHONE, {"phone": "+447700900252"})
    other_browser.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert not bob.factors.exists()


def test_second_parallel_enrollment_starts_over(
    proving: Browser, other_browser: Browser, bob: User
) -> None:
    """EN-02: someone with a stolen password cannot add a phone beside the owner's."""
    other_browser.password(bob)
    other_browser.post(PHONE, {"phone": "+447700900252"})
    proving.post(VERIFY, {"code": code(NEW_NUMBER)})
    response = other_browser.post(VERIFY, {"code": code("+447700900252")})
    assert response.url.startswith("/login/?notice=ended")
    assert bob.factors.get().target == NEW_NUMBER


def test_owner_is_notified_by_email(proving: Browser, bob: User) -> None:
    """NT-01."""
    proving.post(VERIFY, {"code": code(NEW_NUMBER)})
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == bob.email
    assert "50" in mail.body
    assert NEW_NUMBER not in mail.body


def test_factor_stores_time_and_origin(proving: Browser, bob: User) -> None:
    """EN-04."""
    proving.post(VERIFY, {"code": code(NEW_NUMBER)}, headers={"user-agent": "Firefox"})
    factor = bob.factors.get()
    assert (factor.kind, factor.restricted) == ("phone", True)
    assert (factor.address, factor.browser) == ("127.0.0.1", "Firefox")
    assert factor.confirmed_at is not None


def test_back_button_after_enrolling_is_safe(browser: Browser, bob: User) -> None:
    browser.password(bob)
    enroll(browser)
    assert browser.get(VERIFY).url == "/login/"
    assert browser.post(VERIFY, {"code": code(NEW_NUMBER)}).url == "/login/"
    assert browser.post(PHONE, {"phone": "+447700900251"}).url == "/login/"
    assert bob.factors.get().target == NEW_NUMBER


def test_code_page_without_number_leads_to_number(enrolling: Browser) -> None:
    assert enrolling.get(VERIFY).url == PHONE
    assert enrolling.post("/login/verify/resend/", follow=True).request["PATH_INFO"] == PHONE


def test_failed_text_shows_reason(enrolling: Browser) -> None:
    """OT-12, M10."""
    page = enrolling.post(PHONE, {"phone": "+447700900001"}, follow=True).content.decode()
    assert "The text could not be delivered: this number cannot receive texts." in page
    assert "21614" not in page


def test_too_many_numbers_are_refused_with_the_time_to_wait(enrolling: Browser) -> None:
    """PS-07, M11: the fourth number of a day."""
    for ending in range(50, 53):
        enrolling.post(PHONE, {"phone": f"+4477009002{ending}"})
    response = enrolling.post(PHONE, {"phone": "+447700900253"})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "You've requested too many codes." in response.content.decode()
    assert not codes("+447700900253")


def test_person_whose_phone_was_disabled_cannot_enroll_by_password(
    browser: Browser, alice: User
) -> None:
    """EN-02, C19: once a person had a factor, and email is not allowed."""
    SitePolicy.objects.update(email_codes="off")
    alice.factors.update(status="disabled")
    assert browser.password(alice).url == "/login/help/"
    assert "use any of your verification methods" in browser.get("/login/help/").content.decode()
    assert browser.post(PHONE, {"phone": NEW_NUMBER}).url == "/login/help/"
    assert not Challenge.objects.exists()


def test_each_step_is_in_the_audit(browser: Browser, bob: User) -> None:
    """LO-01, C03."""
    browser.password(bob)
    enroll(browser)
    events = AuditEvent.objects.filter(user=bob).order_by("pk")
    assert [event.event for event in events] == [
        Event.PASSWORD_RIGHT,
        Event.CODE_SENT,
        Event.CODE_RIGHT,
        Event.FACTOR_ADDED,
    ]
    assert events[1].details["purpose"] == "enroll"
