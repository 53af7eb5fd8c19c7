"""The first login with MFA asks for a phone number and proves it (A17-A22, B02-B07, EN-*)."""

import re

import pytest

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Challenge, Event, OutboxMessage
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import Browser, code, codes

VERIFY = "/login/enroll/verify/"
DONE = "/login/enroll/done/"


def enroll(browser: Browser, number: str = NEW_NUMBER):
    browser.post(PHONE, {"phone": number})
    return browser.post(VERIFY, {"code": code(number)})


def test_the_first_login_leads_to_update_phone_number(browser: Browser, bob: User) -> None:
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
def test_any_spelling_is_the_same_number(enrolling: Browser, bob: User, spelling: str) -> None:
    """A18."""
    enrolling.post(PHONE, {"phone": spelling})
    enrolling.post(VERIFY, {"code": code("+447546123456")})
    assert bob.factors.get().target == "+447546123456"


def test_the_hint_shows_the_international_format(enrolling: Browser) -> None:
    """A18, B04."""
    assert "+44 7546 123456" in enrolling.get(PHONE).content.decode()


def test_exactly_one_text_goes_out_and_a_reload_sends_no_second(enrolling: Browser) -> None:
    """A19, B05."""
    response = enrolling.post(PHONE, {"phone": NEW_NUMBER})
    assert response.url == VERIFY
    for _ in range(3):
        enrolling.get(VERIFY)
    message = OutboxMessage.objects.get()
    assert (message.channel, message.target) == ("sms", NEW_NUMBER)


def test_the_button_pressed_twice_sends_once(proving: Browser) -> None:
    """A19: a double click, or the back button and the form once more."""
    proving.post(PHONE, {"phone": NEW_NUMBER})
    assert len(codes(NEW_NUMBER)) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter your mobile number."),
        ("my phone", "We cannot read this as a phone number."),
        ("12345", "digits short."),
        ("+44 12", "digits short."),
        ("020 7946 0000", "looks like a landline or special-rate number"),
        ("+44 800 123 4567", "looks like a landline or special-rate number"),
        ("\x00", "Null characters are not allowed."),
        ("9" * 10_000, "We cannot read this as a phone number."),
    ],
)
def test_a_wrong_format_is_explained_and_nothing_sent(
    enrolling: Browser, typed: str, words: str
) -> None:
    """A22: M02, M03, M04."""
    response = enrolling.post(PHONE, {"phone": typed})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not OutboxMessage.objects.exists()


def test_the_repaired_number_is_offered_as_a_button(enrolling: Browser) -> None:
    """A18: the country code twice."""
    page = enrolling.post(PHONE, {"phone": "+44 +44 7546 123456"}).content.decode()
    assert "+44 7546 123456</button>" in page


def test_the_code_has_six_digits(proving: Browser) -> None:
    """A20, B06."""
    assert re.fullmatch(r"\d{6}", code(NEW_NUMBER))


def test_a_wrong_code_says_how_many_tries_are_left(proving: Browser, bob: User) -> None:
    """A20: M07."""
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    page = proving.post(VERIFY, {"code": wrong}).content.decode()
    assert "That is not the code we sent. 4 tries left." in page
    assert "Verify Code" in page
    assert not bob.factors.exists()


def test_the_fifth_wrong_code_ends_it(proving: Browser) -> None:
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
def test_the_first_verification_leads_where_the_policy_says(
    browser: Browser, bob: User, policy: AccountPolicy, afterwards: str, leads_to: str
) -> None:
    """A21, K1."""
    policy.after_enrollment = afterwards
    policy.save()
    browser.password(bob, next="/me/")
    assert enroll(browser).url == leads_to
    assert browser.signed_in == (afterwards == "continue")


def test_finish_logs_in_and_only_then(browser: Browser, bob: User, policy: AccountPolicy) -> None:
    """K1 `finish`, as D08: nothing is reachable before the button, everything after it."""
    policy.after_enrollment = "finish"
    policy.save()
    browser.password(bob, next="/me/")
    enroll(browser)
    assert "Finish" in browser.get(DONE).content.decode()
    assert browser.get("/me/").status_code == 302
    assert browser.post(DONE).url == "/me/"
    assert browser.get("/me/").status_code == 200
    assert browser.session["mfa_about"]["aal"] == 2


def test_back_at_the_login_the_email_stands_there(browser: Browser, bob: User) -> None:
    """A21: M05."""
    browser.password(bob)
    page = browser.get(enroll(browser).url).content.decode()
    assert "Your number is confirmed. Log in once more to continue." in page
    assert f'value="{bob.email}"' in page
    assert browser.get("/me/").status_code == 302


def test_the_second_login_asks_for_another_code_at_once(browser: Browser, bob: User) -> None:
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


def test_the_code_of_the_enrollment_does_not_log_in(browser: Browser, bob: User) -> None:
    """EN-07."""
    browser.password(bob)
    enroll(browser)
    first = code(NEW_NUMBER)
    browser.password(bob)
    browser.post("/login/verify/", {"code": first})
    assert not browser.signed_in


def test_giving_up_midway_leaves_no_factor(proving: Browser, bob: User) -> None:
    """EN-01."""
    proving.post("/login/cancel/")
    assert not bob.factors.exists()
    bob.refresh_from_db()
    assert bob.ever_bound_at is None
    assert proving.password(bob).url == PHONE


def test_another_number_makes_the_first_ones_code_worthless(proving: Browser, bob: User) -> None:
    """OT-04, K20."""
    first = code(NEW_NUMBER)
    proving.post(PHONE, {"phone": "+447700900251"})
    proving.post(VERIFY, {"code": first})
    assert not bob.factors.exists()
    proving.post(VERIFY, {"code": code("+447700900251")})
    assert bob.factors.get().target == "+447700900251"


def test_the_code_of_another_browser_is_not_taken(
    proving: Browser, other_browser: Browser, bob: User
) -> None:
    """OT-04: Charlie knows the password and reads the code over a shoulder."""
    other_browser.password(bob)
    other_browser.post(PHONE, {"phone": "+447700900252"})
    other_browser.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert not bob.factors.exists()


def test_whoever_enrolls_second_starts_over(
    proving: Browser, other_browser: Browser, bob: User
) -> None:
    """EN-02: a stolen password slips no phone in beside the owner's."""
    other_browser.password(bob)
    other_browser.post(PHONE, {"phone": "+447700900252"})
    proving.post(VERIFY, {"code": code(NEW_NUMBER)})
    response = other_browser.post(VERIFY, {"code": code("+447700900252")})
    assert response.url.startswith("/login/?notice=ended")
    assert bob.factors.get().target == NEW_NUMBER


def test_the_owner_is_told_by_mail(proving: Browser, bob: User) -> None:
    """NT-01."""
    proving.post(VERIFY, {"code": code(NEW_NUMBER)})
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == bob.email
    assert "50" in mail.body
    assert NEW_NUMBER not in mail.body


def test_the_factor_knows_when_and_whence_it_was_bound(proving: Browser, bob: User) -> None:
    """EN-04."""
    proving.post(VERIFY, {"code": code(NEW_NUMBER)}, headers={"user-agent": "Firefox"})
    factor = bob.factors.get()
    assert (factor.kind, factor.restricted) == ("phone", True)
    assert (factor.address, factor.browser) == ("127.0.0.1", "Firefox")
    assert factor.confirmed_at is not None


def test_the_back_button_after_enrolling_is_safe(browser: Browser, bob: User) -> None:
    browser.password(bob)
    enroll(browser)
    assert browser.get(VERIFY).url == "/login/"
    assert browser.post(VERIFY, {"code": code(NEW_NUMBER)}).url == "/login/"
    assert browser.post(PHONE, {"phone": "+447700900251"}).url == "/login/"
    assert bob.factors.get().target == NEW_NUMBER


def test_the_code_page_without_a_number_leads_to_the_number(enrolling: Browser) -> None:
    assert enrolling.get(VERIFY).url == PHONE
    assert enrolling.post("/login/verify/resend/", follow=True).request["PATH_INFO"] == PHONE


def test_a_number_that_fails_says_why(enrolling: Browser) -> None:
    """OT-12, M10."""
    page = enrolling.post(PHONE, {"phone": "+447700900001"}, follow=True).content.decode()
    assert "The text could not be delivered: this number cannot get texts." in page
    assert "21614" not in page


def test_too_many_numbers_are_refused_with_the_time_to_wait(enrolling: Browser) -> None:
    """PS-07, M11: the fourth number of a day."""
    for ending in range(50, 53):
        enrolling.post(PHONE, {"phone": f"+4477009002{ending}"})
    response = enrolling.post(PHONE, {"phone": "+447700900253"})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "You have asked for several codes." in response.content.decode()
    assert not codes("+447700900253")


def test_a_person_whose_phone_was_disabled_cannot_enroll_by_password(
    browser: Browser, alice: User
) -> None:
    """EN-02, C19: ever bound is ever bound, and no mailbox may help."""
    AccountPolicy.objects.update(email_codes="off")
    alice.factors.update(disabled_at=alice.date_joined)
    assert browser.password(alice).url == "/login/help/"
    assert "no second step can be used" in browser.get("/login/help/").content.decode()
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
