"""The Security page: factors and sessions, and how to end them (SS-07, RV-07)."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from mfa import factors
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, Session, SitePolicy
from mfa.session_engine import hash_of
from tests.authenticator import SECRET, give_app, shows
from tests.conftest import give_phone
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

PAGE, END, END_OTHERS = (
    "/me/security/",
    "/me/security/sessions/end/",
    "/me/security/sessions/others/",
)
NUMBER = "+447700900201"


@pytest.fixture
def two(home: Browser, other_browser: Browser, alice: User) -> Browser:
    """Alice, logged in twice."""
    other_browser.log_in(alice)
    return home


def suspend(factor: Factor) -> str:
    return f"/me/security/factors/{factor.pk}/suspend/"


def remove(factor: Factor) -> str:
    return f"/me/security/factors/{factor.pk}/remove/"


def test_page_shows_masked_phone(home: Browser) -> None:
    """PS-10."""
    page = home.get(PAGE).content.decode()
    assert "Number ending 01" in page
    assert NUMBER[3:] not in page


def test_page_lists_sessions_and_marks_current(two: Browser) -> None:
    """SS-07."""
    page = two.get(PAGE)
    assert len(page.context["sessions"]) == 2
    assert page.content.decode().count("(this device)") == 1
    assert page.content.decode().count("Log out this device") == 1


def test_logins_that_a_change_ended_are_not_listed(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-06, SS-07: neither after a removed factor nor after a new password."""
    app = give_app(alice)
    page = two.post(remove(app), follow=True)
    assert "You're logged out on all other devices." in unescape(page.text)
    assert len(page.context["sessions"]) == 1
    assert other_browser.get("/me/").status_code == 302
    other_browser.log_in(alice)
    assert len(two.get(PAGE).context["sessions"]) == 2
    new = dict.fromkeys(("new_password1", "new_password2"), "seven quiet unrelated harbours")
    two.post("/me/password/", {"old_password": PASSWORD, **new})
    assert len(two.get(PAGE).context["sessions"]) == 1


def test_page_reveals_no_session_key(two: Browser, other_browser: Browser) -> None:
    page = two.get(PAGE).content.decode()
    assert other_browser.session.session_key not in page


def test_one_session_is_ended_by_its_button(two: Browser, other_browser: Browser) -> None:
    sessions = list(two.get(PAGE).context["sessions"])
    theirs = hash_of(other_browser.session.session_key)
    other = next(row for row in sessions if row.key_hash == theirs)
    assert two.post(END, {"session": other.public_id}).url == f"{PAGE}?done=ended"
    assert other_browser.get("/me/").status_code == 302
    assert two.get("/me/").status_code == 200


@pytest.mark.parametrize("wrong", ["", "x", "0" * 16, "\x00"])
def test_unknown_session_ends_nothing(two: Browser, other_browser: Browser, wrong: str) -> None:
    two.post(END, {"session": wrong})
    assert other_browser.get("/me/").status_code == 200


def test_charlie_cannot_end_alices_session(
    home: Browser, other_browser: Browser, charlie: User
) -> None:
    mine = home.get(PAGE).context["sessions"][0].public_id
    other_browser.log_in(charlie)
    other_browser.post(END, {"session": mine})
    other_browser.post(END_OTHERS)
    assert home.get("/me/").status_code == 200


def test_ending_other_sessions_ends_pending_logins(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    """SS-05."""
    third = Browser()
    third.password(alice)
    right = code(NUMBER)
    two.post(END_OTHERS)
    third.post("/login/verify/", {"code": right})
    assert (third.signed_in, other_browser.get("/me/").status_code) == (False, 302)
    assert two.get("/me/").status_code == 200
    assert AuditEvent.objects.filter(event=Event.SESSIONS_ENDED, user=alice).count() == 1


def test_page_names_what_ends_and_only_its_button_ends_it(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    """A page of its own before a rare act."""
    assert f'href="{END_OTHERS}"' in two.get(PAGE).content.decode()
    page = two.get(END_OTHERS).content.decode()
    assert "logged out on 1 other device:" in page
    assert page.count("last seen") == 1
    assert other_browser.get("/me/").status_code == 200
    assert two.post(END_OTHERS).url == f"{PAGE}?done=others"
    assert "logged out on all other devices" in two.get(f"{PAGE}?done=others").content.decode()
    assert other_browser.get("/me/").status_code == 302


@pytest.mark.parametrize("path", [END, END_OTHERS])
def test_ending_sessions_needs_fresh_proof(
    two: Browser, other_browser: Browser, clock: time_machine.Traveller, path: str
) -> None:
    """SS-07: after re-authentication."""
    clock.shift(timedelta(minutes=10))
    assert two.post(path).url.startswith("/me/confirm/?next=%2Fme%2Fsecurity%2F")
    assert other_browser.get("/me/").status_code == 200


CONFIRM = "/me/confirm/"


def confirm(browser: Browser, path: str, **typed: str) -> str:
    """Answer the question for a proof. Return the redirect."""
    return browser.post(CONFIRM, {"next": path, "either": "1", **typed}).url


def test_stale_session_cannot_report_loss(
    two: Browser, other_browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """S02: a stolen cookie must not lock the owner out."""
    give_app(alice)
    clock.shift(timedelta(minutes=11))
    for factor in alice.factors.all():
        page = suspend(factor)
        assert two.get(page).url == f"{CONFIRM}?next={page.replace('/', '%2F')}&either=1"
        assert two.post(page).url.startswith(CONFIRM)
    assert alice.factors.usable().count() == 2
    assert other_browser.get("/me/").status_code == 200


def test_wrong_password_is_refused_and_causes_lockout(
    home: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=11))
    page = suspend(alice.factors.get())
    typed = {"next": page, "either": "1", "password": "wrong"}
    answers = [home.post(CONFIRM, typed).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert home.post(page).url.startswith(CONFIRM)
    assert alice.factors.usable().exists()


def test_proof_is_valid_for_one_session(
    two: Browser, other_browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=11))
    page = suspend(alice.factors.get())
    assert confirm(two, page, password=PASSWORD) == page
    assert two.get(page).status_code == 200
    assert other_browser.post(page).url.startswith(CONFIRM)
    assert alice.factors.usable().exists()


def test_any_factor_is_accepted_as_proof(
    home: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """The app answers for the lost phone, which gets no text."""
    give_app(alice)
    clock.shift(timedelta(minutes=11))
    OutboxMessage.objects.all().delete()
    page = suspend(alice.factors.get(kind="phone"))
    assert confirm(home, page, factor="1") == "/login/verify/"
    assert home.post("/login/verify/", {"code": shows(SECRET)}).url == page
    assert not OutboxMessage.objects.filter(target=NUMBER).exists()
    assert home.post(page).url == f"{PAGE}?done=suspended"
    assert alice.factors.usable().get().kind == "app"


def test_lost_phone_is_turned_off_at_once(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    """RV-07, S02: refused at the next request. Without another factor, this session ends too."""
    thief = Browser()
    thief.password(alice)
    right = code(NUMBER)
    page = suspend(alice.factors.get())
    assert two.post(page).url == "/login/?notice=lost-email"
    thief.post("/login/verify/", {"code": right})
    assert not thief.signed_in
    assert [each.get("/me/").status_code for each in (two, other_browser)] == [302, 302]
    assert not Session.objects.logged_in(timezone.now()).exists()
    assert two.post(page).status_code == 302
    other_browser.password(alice)
    assert other_browser.get("/login/verify/").url == "/login/mailbox/"


def test_with_another_factor_the_acting_session_stays_and_all_others_end(
    two: Browser, other_browser: Browser, alice: User
) -> None:
    """S02. Posting twice has no further effect."""
    give_app(alice)
    page = suspend(alice.factors.get(kind="phone"))
    assert two.post(page).url == f"{PAGE}?done=suspended"
    assert other_browser.get("/me/").status_code == 302
    sessions = two.get(PAGE).context["sessions"]
    assert [row.key_hash for row in sessions] == [hash_of(two.session.session_key)]
    assert two.post(page).status_code == 404
    assert alice.factors.usable().get().kind == "app"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "We then email you a code"),
        ({"email_codes": "off"}, "need help from the help desk"),
        ({"enabled": False}, "log in with your password."),
    ],
)
def test_page_explains_recovery_before_and_after(
    home: Browser, alice: User, policy: SitePolicy, changes: dict[str, object], words: str
) -> None:
    """S02."""
    SitePolicy.objects.update(**changes)
    page = suspend(alice.factors.get())
    assert words in home.get(page).content.decode()
    answer = home.post(page)
    notice = home.get(answer.url).content.decode()
    assert "The method you reported is turned off" in notice
    assert "password" in notice


def test_second_parallel_report_changes_nothing(
    home: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session changed the factors between this request's read and write."""
    page = suspend(alice.factors.get())
    read = factors.suspend

    def after_another(user: User, factor: Factor, **more: object) -> bool:
        User.objects.filter(pk=user.pk).update(session_epoch=7)
        return read(user, factor, **more)

    monkeypatch.setattr(factors, "suspend", after_another)
    assert home.post(page).url == "/login/"
    assert alice.factors.usable().exists()


def test_get_request_turns_nothing_off(home: Browser, alice: User) -> None:
    """WB-01."""
    assert "only verification method" in home.get(suspend(alice.factors.get())).content.decode()
    assert alice.factors.usable().exists()


def test_lost_phone_is_notified_to_email_and_phone(home: Browser, alice: User) -> None:
    """NT-01, NT-02."""
    home.post(suspend(alice.factors.get()))
    words = "reported lost"
    told = OutboxMessage.objects.filter(Q(body__contains=words) | Q(subject__contains=words))
    assert {message.target for message in told} == {NUMBER, alice.email}


def test_new_phone_replaces_lost_one_which_is_notified(home: Browser, alice: User) -> None:
    """NT-02: the lost number stays notified."""
    home.post(suspend(alice.factors.get()))
    home.password(alice)
    home.post("/login/mailbox/")
    home.post("/login/mailbox/", {"code": code(alice.email)})
    home.post("/login/enroll/phone/", {"phone": "+447700900250"})
    home.post("/login/enroll/verify/", {"code": code("+447700900250")})
    assert alice.factors.usable().get().target == "+447700900250"
    assert OutboxMessage.objects.filter(target=NUMBER, body__contains="no longer go").exists()


def test_only_factor_cannot_be_removed(home: Browser, alice: User) -> None:
    phone = alice.factors.get()
    assert "remove your only verification method" in home.get(PAGE).content.decode()
    assert "remove your only verification method" in home.get(remove(phone)).content.decode()
    assert home.post(remove(phone)).status_code == 403
    assert alice.factors.usable().get() == phone


def test_person_with_only_app_is_asked_to_add_phone(home: Browser, alice: User) -> None:
    alice.factors.all().delete()
    app = give_app(alice)
    for page in (home.get(PAGE), home.get(remove(app))):
        assert "Add a phone number" in page.content.decode()
        assert "Change the number" not in page.content.decode()


def test_one_of_two_factors_is_removed_and_notified(home: Browser, alice: User) -> None:
    """EN-03, NT-01."""
    second = give_phone(alice, "+447700900209")
    assert home.post(remove(second)).url == f"{PAGE}?done=removed"
    assert alice.factors.usable().get().target == NUMBER
    told = OutboxMessage.objects.filter(body__contains="removed")
    assert {message.target for message in told} == {"+447700900209", alice.email}


def test_removing_asks_for_a_fresh_proof(
    home: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-08."""
    second = give_phone(alice, "+447700900209")
    clock.shift(timedelta(minutes=10))
    assert home.post(remove(second)).url.startswith("/me/confirm/")
    assert alice.factors.usable().count() == 2


@pytest.mark.parametrize("address", [suspend, remove])
@pytest.mark.parametrize("method", ["get", "post"])
def test_charlie_cannot_change_alices_factors(
    home: Browser, charlie: User, address: object, method: str
) -> None:
    factor = charlie.factors.get()
    assert getattr(home, method)(address(factor)).status_code == 404
    assert charlie.factors.usable().get() == factor


@pytest.mark.parametrize("done", ["ended", "suspended", "removed", "nonsense"])
def test_page_confirms_action(home: Browser, done: str) -> None:
    page = home.get(PAGE, {"done": done}).content.decode()
    assert ('role="status"' in page) is (done != "nonsense")
