"""`kill -9` of a web worker during a POST: nothing is left half done, and nobody is stuck."""

import signal

import pytest

from tests.processes.people import number_of
from tests.processes.portal import PASSWORD
from tests.processes.visitor import soon
from tests.robustness.site import Person, Site

pytestmark = pytest.mark.processes

VERIFY = "/login/verify/"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def at_the_code(site: Site) -> tuple[Person, str]:
    person = site.person()
    assert person.log_in() == VERIFY
    return person, person.next_code()


@pytest.mark.parametrize("table", ["mfa_challenge", "mfa_auditevent"])
def test_uncounted_right_code_still_works(site: Site, table: str) -> None:
    """Killed before the attempt is used, and after it but before the commit (OT-03)."""
    person, code = at_the_code(site)
    site.kill_web_in(table, person, VERIFY, code=code)
    assert person.challenges("tries_left, passed_at") == [(5, None)]
    assert person.type(code) == "/"
    assert site.portal.events("code_right", person.email) == 1
    assert site.portal.events("logged_in", person.email) == 1
    assert len(person.texts()) == 1


@pytest.mark.parametrize("reached", [False, True])
def test_right_code_with_lost_answer_counts_once(site: Site, *, reached: bool) -> None:
    """Killed after the answer's commit, before that of session and login (OT-03)."""
    person, code = at_the_code(site)
    site.kill_web_in("mfa_session", person, VERIFY, reached=reached, code=code)
    ((tries_left, passed_at),) = person.challenges("tries_left, passed_at")
    assert tries_left == 4
    assert passed_at
    assert person.type(code) == VERIFY
    assert "already been used" in person.page
    assert site.portal.events("code_right", person.email) == 1
    assert site.portal.events("logged_in", person.email) == 0

    person.ask_again()
    assert person.type(person.next_code(after=1)) == "/"
    assert site.portal.events("code_right", person.email) == 2


def test_login_with_lost_cookie_starts_over(site: Site) -> None:
    """The answer was lost, so nobody has the session's new key (SS-01)."""
    person, code = at_the_code(site)
    kept, token = dict(person.cookies), person.token
    assert person.type(code) == "/"
    person.cookies, person.token = kept, token
    assert person.type(code) == "/login/"
    assert site.portal.events("code_right", person.email) == 1

    assert person.log_in() == VERIFY
    assert person.type(person.next_code(after=1)) == "/"
    assert len(person.texts()) == 2


def test_wrong_code_and_its_event_are_atomic(site: Site) -> None:
    person, code = at_the_code(site)
    site.kill_web_in("mfa_auditevent", person, VERIFY, code=wrong(code))
    assert person.challenges("tries_left") == [(5,)]
    assert site.portal.events("code_wrong", person.email) == 0
    person.type(wrong(code))
    assert "4 attempts left" in person.page
    assert site.portal.events("code_wrong", person.email) == 1
    assert person.type(code) == "/"


def test_text_not_queued_yet_is_not_sent(site: Site) -> None:
    person = site.person()
    person.get("/login/")
    site.kill_web_in("mfa_delivery", person, "/login/", email=person.email, password=PASSWORD)
    assert person.challenges("id") == person.deliveries("id") == []
    assert person.log_in() == VERIFY
    assert person.type(person.next_code()) == "/"
    assert len(person.texts()) == 1


def test_queued_text_is_sent_once_despite_killed_web_worker(site: Site) -> None:
    """Killed after the commit, before the worker was woken: the sweep sends it."""
    person = site.person()
    person.get("/login/")
    site.queue.send_signal(signal.SIGSTOP)
    try:
        lost = site.click(person, "/login/", email=person.email, password=PASSWORD)
        soon(lambda: person.deliveries("id"))
        site.portal.web.kill_children()
        assert isinstance(lost.exception(), ConnectionError)
    finally:
        site.queue.send_signal(signal.SIGCONT)
    person.next_code()
    site.portal.wait_until_served()
    assert person.log_in() == VERIFY
    assert person.type(person.next_code(after=1)) == "/"
    assert len(person.texts()) == len(person.deliveries("id")) == 2


ENROLL, NEW_PHONE = "/login/enroll/verify/", "/me/phone/verify/"


def newcomer(site: Site) -> tuple[Person, str]:
    """A person who was just texted the code for a first phone."""
    person = site.person()
    site.portal.query(
        "WITH gone AS (DELETE FROM mfa_factor WHERE target = %s RETURNING user_id) "
        "UPDATE accounts_user SET ever_bound_at = NULL WHERE id IN (SELECT user_id FROM gone)",
        person.number,
    )
    assert person.log_in() == "/login/enroll/phone/"
    person.post("/login/enroll/phone/", phone=person.number)
    assert person.path == ENROLL
    return person, person.next_code()


def test_new_phone_and_its_notice_are_atomic(site: Site) -> None:
    """Killed after the code was counted, before the commit of the new phone (EN-01)."""
    person, code = newcomer(site)
    site.kill_web_in("mfa_factor", person, ENROLL, code=code)
    assert person.phones() == []
    assert site.portal.events("factor_added", person.email) == 0

    person.post(ENROLL, code=code)
    assert "already been used" in person.page
    person.ask_again()
    person.post(ENROLL, code=person.next_code(after=1))
    assert person.phones() == [person.number]
    assert site.portal.events("factor_added", person.email) == 1


def test_phone_added_with_lost_answer_logs_in(site: Site) -> None:
    person, code = newcomer(site)
    site.kill_web_in("mfa_session", person, ENROLL, code=code)
    assert person.phones() == [person.number]
    assert person.log_in() == VERIFY
    assert person.type(person.next_code(after=1)) == "/"


def changing(site: Site) -> tuple[Person, str, str]:
    """A person with the code for another number. The old number is returned too."""
    person, code = at_the_code(site)
    assert person.type(code) == "/"
    old, person.number = person.number, number_of(f"new-{person.email}")
    person.get("/me/phone/")
    person.post("/me/phone/", phone=person.number)
    assert person.path == NEW_PHONE
    return person, person.next_code(), old


def test_changed_number_and_its_notice_are_atomic(site: Site) -> None:
    """NT-02."""
    person, code, old = changing(site)
    site.kill_web_in("mfa_factor", person, NEW_PHONE, code=code)
    assert person.phones() == [old]
    assert site.portal.events("factor_changed", person.email) == 0
    assert len(site.portal.texts(old)) == 1


def test_number_changed_with_lost_answer_logs_in(site: Site) -> None:
    person, code, old = changing(site)
    site.kill_web_in("mfa_session", person, NEW_PHONE, code=code)
    assert person.phones() == [person.number]
    soon(lambda: "no longer" in site.portal.texts(old)[-1])
    person.get("/me/")
    assert person.path.startswith("/login/")
    assert person.log_in() == VERIFY
    assert person.type(person.next_code(after=1)) == "/"
