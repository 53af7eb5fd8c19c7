"""A27-A29, B11, B12: a new number from My Details; the old one stays until it is proven."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
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


def test_my_details_has_the_section_with_the_masked_number(home: Browser) -> None:
    """A27."""
    page = home.get("/me/").content.decode()
    assert "<h2>Multi-factor Authentication</h2>" in page
    assert "number ending 01" in page
    assert "900201" not in page
    assert re.search(r'action="/me/phone/".*?Update\s*</button>', page, re.DOTALL)


def test_both_menus_lead_there(home: Browser) -> None:
    """A27, B11: Administration > My Details, and one click from the user menu."""
    page = home.get("/").content.decode()
    assert "Administration" in page
    links = re.findall(r'<a href="/me/"[^>]*>\s*My Details\s*</a>', page)
    assert len(links) == 2


def test_the_code_goes_to_the_new_number_only(changing: Browser, alice: User) -> None:
    """A28."""
    assert len(codes(NEW_NUMBER)) == 1
    assert len(codes(OLD)) == 1
    assert not codes(alice.email)


def test_sending_again_does_not_carry_a_change_past_its_proof(
    clock: time_machine.Traveller, changing: Browser, alice: User
) -> None:
    """SS-08: a session that was left open must not finish what was begun this morning."""
    clock.shift(timedelta(minutes=11))
    answer = changing.post(RESEND)
    assert answer.url.startswith("/me/confirm/?next=%2Fme%2Fphone%2F&")
    assert len(codes(NEW_NUMBER)) == 1
    changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert alice.factors.usable().get().target == OLD


def test_the_old_number_stays_until_the_code(
    changing: Browser, other_browser: Browser, alice: User
) -> None:
    """A28."""
    other_browser.password(alice)
    assert len(codes(NEW_NUMBER)) == 1
    other_browser.post("/login/verify/", {"code": code(OLD)})
    assert other_browser.signed_in


def test_the_code_makes_it_the_phone(changing: Browser, alice: User) -> None:
    """A29, B12."""
    response = changing.post(VERIFY, {"code": code(NEW_NUMBER)}, follow=True)
    assert response.request["PATH_INFO"] == "/me/"
    assert "number ending 50" in response.content.decode()
    changing.post("/logout/")
    changing.password(alice)
    assert len(codes(NEW_NUMBER)) == 2
    assert len(codes(OLD)) == 1


def test_a_wrong_code_leaves_the_old_one(changing: Browser, alice: User) -> None:
    """A29."""
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    page = changing.post(VERIFY, {"code": wrong}).content.decode()
    assert "That is not the code we sent. 4 tries left." in page
    assert alice.factors.usable().get().target == OLD


def test_the_old_number_and_the_mailbox_are_told_without_a_code(home: Browser, alice: User) -> None:
    """A28, NT-02, PS-04."""
    OutboxMessage.objects.all().delete()
    change(home)
    text = OutboxMessage.objects.get(target=OLD)
    mail = OutboxMessage.objects.get(target=alice.email)
    assert "your codes no longer go to this number" in text.body
    assert mail.subject == "Acme Portal: your phone number was changed"
    assert not re.search(r"\d{6}", text.body)
    assert NEW_NUMBER not in mail.body + text.body
    assert OLD not in mail.body


def test_nothing_is_told_before_it_is_changed(changing: Browser) -> None:
    """An attempt is no change."""
    assert not OutboxMessage.objects.filter(body__contains="no longer").exists()


def test_other_sessions_end_and_the_acting_one_lives(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06."""
    other_browser.log_in(alice)
    change(home)
    assert other_browser.get("/me/").status_code == 302
    assert home.get("/me/").status_code == 200


def test_half_signed_in_browsers_start_over(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06: a thief with the password and the old phone."""
    other_browser.password(alice)
    old_code = code(OLD)
    change(home)
    response = other_browser.post("/login/verify/", {"code": old_code})
    assert response.url.startswith("/login/?notice=ended")
    assert not other_browser.signed_in


def test_a_second_code_page_of_another_session_is_too_late(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """Two sessions change at once: the first one wins, the other one is over."""
    other_browser.log_in(alice)
    other_browser.post(PHONE, {"phone": "+447700900251"})
    change(home)
    other_browser.post(VERIFY, {"code": code("+447700900251")})
    assert alice.factors.usable().get().target == NEW_NUMBER


def test_the_same_number_again_is_no_change(home: Browser) -> None:
    page = home.post(PHONE, {"phone": "07700 900201"}).content.decode()
    assert "This is your number already." in page
    assert len(codes(OLD)) == 1


@pytest.mark.parametrize("typed", ["", "12345", "020 7946 0000", "\x00"])
def test_what_is_no_mobile_number_is_explained(home: Browser, typed: str) -> None:
    """A22."""
    response = home.post(PHONE, {"phone": typed})
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()
    assert OutboxMessage.objects.count() == 1


def test_without_a_question_the_code_page_leads_back(home: Browser) -> None:
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


def test_the_fourth_number_of_a_day_is_refused(home: Browser) -> None:
    """PS-07."""
    for ending in range(50, 53):
        home.post(PHONE, {"phone": f"+4477009002{ending}"})
    response = home.post(PHONE, {"phone": "+447700900253"})
    assert response.status_code == 429
    assert not codes("+447700900253")


def test_ten_wrong_codes_cost_a_wait_here_too(
    clock: time_machine.Traveller, changing: Browser, alice: User
) -> None:
    """LG-02: the page that refuses is the 429 page."""
    changing.blame(alice, 9)
    wrong = f"{(int(code(NEW_NUMBER)) + 1) % 10**6:06}"
    changing.post(VERIFY, {"code": wrong})
    response = changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    assert "Too many tries." in response.content.decode()
    assert alice.factors.usable().get().target == OLD


def test_a_login_code_confirms_no_number(changing: Browser, alice: User) -> None:
    """OT-04: the purpose is part of the code."""
    Browser().password(alice)
    changing.post(VERIFY, {"code": code(OLD)})
    assert alice.factors.usable().get().target == OLD


def test_who_came_in_by_email_may_mend_the_number(asked: Browser, alice: User) -> None:
    """B14: recovery, and the old number is told."""
    asked.post("/login/verify/email/")
    asked.post("/login/verify/", {"code": code(alice.email)})
    change(asked)
    assert alice.factors.usable().get().target == NEW_NUMBER
    assert OutboxMessage.objects.filter(target=OLD, body__contains="no longer").exists()


def test_a_first_number_may_be_added_here(
    browser: Browser, bob: User, optional: AccountPolicy
) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    change(browser)
    assert bob.factors.get().target == NEW_NUMBER
    assert AuditEvent.objects.filter(event=Event.FACTOR_ADDED, user=bob).exists()
    assert browser.get("/me/").status_code == 200


def test_one_number_may_serve_two_people(home: Browser, charlie: User) -> None:
    """PS-05: nobody learns whose number it is."""
    change(home, charlie.factors.get().target)
    assert home.get("/me/").status_code == 200
    assert charlie.factors.usable().exists()


def test_charlie_does_not_see_what_alice_is_asked(
    changing: Browser, other_browser: Browser, charlie: User
) -> None:
    """Each session has its own question."""
    other_browser.log_in(charlie)
    assert other_browser.get(VERIFY).url == PHONE
    other_browser.post(VERIFY, {"code": code(NEW_NUMBER)})
    assert charlie.factors.usable().get().target == "+447700900203"


def test_the_change_is_in_the_audit_without_the_number(changing: Browser, alice: User) -> None:
    """LO-01, LO-02."""
    changing.post(VERIFY, {"code": code(NEW_NUMBER)})
    event = AuditEvent.objects.get(event=Event.FACTOR_CHANGED, user=alice)
    assert event.details == {"old_ending": "01", "new_ending": "50", "text_notice": 1}
