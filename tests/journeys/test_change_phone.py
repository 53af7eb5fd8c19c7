"""A27-A29, B11, B12: a new number from My Details. The old one stays until it is proven."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, SitePolicy
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code, codes

OLD = "+447700900201"
PHONE = "/me/phone/"
VERIFY = "/me/phone/verify/"
RESEND = "/me/phone/verify/resend/"


@pytest.fixture
def changing(home: Browser) -> Browser:
    """Alice after "Send Verification Code"."""
    home.post(PHONE, {"phone": NEW_NUMBER})
    return home


def change(browser: Browser, number: str = NEW_NUMBER):
    browser.post(PHONE, {"phone": number})
    return browser.post(VERIFY, {"code": code(number)})


def test_my_details_shows_masked_number(home: Browser) -> None:
    """A27."""
    page = home.get("/me/").content.decode()
    assert "<h2>Multi-factor Authentication</h2>" in page
    assert "number ending 01" in page
    assert "900201" not in page
    assert re.search(r'action="/me/phone/".*?Update\s*</button>', page, re.DOTALL)


def test_both_menus_link_to_my_details(home: Browser) -> None:
    """A27, B11, P17: Administration > My Details, the user menu, and the visible links."""
    page = home.get("/").content.decode()
    assert "Administration" in page
    links = re.findall(r'<a href="/me/"[^>]*>\s*My Details\s*</a>', page)
    assert len(links) == 3


def test_code_goes_to_new_number_only(changing: Browser, alice: User) -> None:
    """A28."""
    assert len(codes(NEW_NUMBER)) == 1
    assert len(codes(OLD)) == 1
    assert not codes(alice.email)


def test_resend_does_not_extend_fresh_proof(
    clock: time_machine.Traveller, changing: Browser, alice: User
) -> None:
    """SS-08: an unattended session must not finish a change begun earlier."""
    clock.shift(timedelta(minutes=11))
    answer = changing.post(RESEND)
    assert answer.url.startswith("/me/confirm/?next=%2Fme%2Fphone%2F&")
    assert len(codes(NEW_NUMBER)) == 1
    changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert alice.factors.usable().get().target == OLD


def test_old_number_stays_until_code(
    changing: Browser, other_browser: Browser, alice: User
) -> None:
    """A28."""
    other_browser.password(alice)
    assert len(codes(NEW_NUMBER)) == 1
    other_browser.post("/login/verify/", {"code": code(OLD)})
    assert other_browser.signed_in


def test_right_code_replaces_phone(changing: Browser, alice: User) -> None:
    """A29, B12."""
    response = changing.post(VERIFY, {"code": code(NEW_NUMBER)}, follow=True)
    assert response.request["PATH_INFO"] == "/me/"
    assert "number ending 50" in response.content.decode()
    changing.post("/logout/")
    changing.password(alice)
    assert len(codes(NEW_NUMBER)) == 2
    assert len(codes(OLD)) == 1


def test_wrong_code_keeps_old_phone(changing: Browser, alice: User) -> None:
    """A29."""
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    page = changing.post(VERIFY, {"code": wrong}).content.decode()
    assert "That is not the code we sent. 4 attempts left." in page
    assert alice.factors.usable().get().target == OLD


def test_old_number_and_email_are_notified_without_code(home: Browser, alice: User) -> None:
    """A28, NT-02, PS-04."""
    OutboxMessage.objects.all().delete()
    change(home)
    text = OutboxMessage.objects.get(target=OLD)
    mail = OutboxMessage.objects.get(target=alice.email)
    assert "codes no longer go to this number" in text.body
    assert mail.subject == "Acme Portal: your phone number was changed"
    assert not re.search(r"\d{6}", text.body)
    assert NEW_NUMBER not in mail.body + text.body
    assert OLD not in mail.body


def test_no_notice_before_change(changing: Browser) -> None:
    """An attempt is not a change."""
    assert not OutboxMessage.objects.filter(body__contains="no longer").exists()


def test_other_sessions_end_and_acting_one_stays(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06."""
    other_browser.log_in(alice)
    change(home)
    assert other_browser.get("/me/").status_code == 302
    assert home.get("/me/").status_code == 200


def test_pending_logins_start_over(home: Browser, other_browser: Browser, alice: User) -> None:
    """SS-06: an attacker with the password and the old phone."""
    other_browser.password(alice)
    old_code = code(OLD)
    change(home)
    response = other_browser.post("/login/verify/", {"code": old_code})
    assert response.url.startswith("/login/?notice=ended")
    assert not other_browser.signed_in


def test_second_parallel_change_is_refused(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """Two sessions change the number at once: the first one succeeds, the other one is refused."""
    other_browser.log_in(alice)
    other_browser.post(PHONE, {"phone": "+447700900251"})
    change(home)
    other_browser.post(VERIFY, {"code": code("+447700900251")})
    assert alice.factors.usable().get().target == NEW_NUMBER


def test_entering_current_number_changes_nothing(home: Browser) -> None:
    page = home.post(PHONE, {"phone": "07700 900201"}).content.decode()
    assert "This is already your number." in page
    assert len(codes(OLD)) == 1


@pytest.mark.parametrize("typed", ["", "12345", "020 7946 0000", "\x00"])
def test_invalid_mobile_number_is_explained(home: Browser, typed: str) -> None:
    """A22."""
    response = home.post(PHONE, {"phone": typed})
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()
    assert OutboxMessage.objects.count() == 1


def test_code_page_without_question_redirects_back(home: Browser) -> None:
    assert home.get(VERIFY).url == PHONE
    assert home.post(VERIFY, {"code": "123456"}).url == PHONE
    assert home.post(RESEND).url == PHONE


def test_sending_again_repeats_the_code(clock: time_machine.Traveller, changing: Browser) -> None:
    """OT-06."""
    clock.shift(timedelta(seconds=31))
    assert changing.post(RESEND).url == VERIFY
    first, second = codes(NEW_NUMBER)
    assert first == second


def test_sending_again_too_soon_is_refused(
    clock: time_machine.Traveller, changing: Browser
) -> None:
    """M11."""
    response = changing.post(RESEND)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    assert len(codes(NEW_NUMBER)) == 1


def test_fourth_number_of_day_is_refused(home: Browser) -> None:
    """PS-07."""
    for ending in range(50, 53):
        home.post(PHONE, {"phone": f"+4477009002{ending}"})
    response = home.post(PHONE, {"phone": "+447700900253"})
    assert response.status_code == 429
    assert not codes("+447700900253")


def test_ten_wrong_codes_cause_lockout(
    clock: time_machine.Traveller, changing: Browser, alice: User
) -> None:
    """LG-02, M09: the same page says so."""
    changing.blame(alice, 9)
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    changing.post(VERIFY, {"code": wrong})
    response = changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    page = response.content.decode()
    assert page.count("Too many attempts. Try again in 15\xa0minutes.") == 2
    assert "<title>Error: Verify your new number" in page
    assert alice.factors.usable().get().target == OLD


def test_login_code_does_not_confirm_number(changing: Browser, alice: User) -> None:
    """OT-04: the purpose is part of the code."""
    Browser().password(alice)
    changing.post(VERIFY, {"code": code(OLD)})
    assert alice.factors.usable().get().target == OLD


def test_session_by_emailed_code_can_change_number(asked: Browser, alice: User) -> None:
    """B14: recovery, and the old number is notified."""
    asked.post("/login/verify/email/")
    asked.post("/login/verify/", {"code": code(alice.email)})
    change(asked)
    assert alice.factors.usable().get().target == NEW_NUMBER
    assert OutboxMessage.objects.filter(target=OLD, body__contains="no longer").exists()


def test_first_number_can_be_added(browser: Browser, bob: User, optional: SitePolicy) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    change(browser)
    assert bob.factors.get().target == NEW_NUMBER
    assert AuditEvent.objects.filter(event=Event.FACTOR_ADDED, user=bob).exists()
    assert browser.get("/me/").status_code == 200


def test_two_people_can_share_a_number(home: Browser, charlie: User) -> None:
    """PS-05: nobody learns who else has a number."""
    change(home, charlie.factors.get().target)
    assert home.get("/me/").status_code == 200
    assert charlie.factors.usable().exists()


def test_charlie_cannot_see_alices_question(
    changing: Browser, other_browser: Browser, charlie: User
) -> None:
    """Each session has its own question."""
    other_browser.log_in(charlie)
    assert other_browser.get(VERIFY).url == PHONE
    other_browser.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert charlie.factors.usable().get().target == "+447700900203"


def test_change_is_in_audit_without_number(changing: Browser, alice: User) -> None:
    """LO-01, LO-02."""
    changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    event = AuditEvent.objects.get(event=Event.FACTOR_CHANGED, user=alice)
    endings = {"old_ending": "01", "new_ending": "50"}
    new = alice.factors.get(target=NEW_NUMBER).pk
    assert event.details == {"factor": new, **endings, "text_notice": 2}
