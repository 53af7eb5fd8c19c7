"""B15, B16, K19: an administrator pauses the second step of one person, or writes the number."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Pause
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code, codes

pytestmark = pytest.mark.usefixtures("clock")

REASON = {"reason": "lost phone", "hours": "24"}


def page_of(user: User) -> str:
    return f"/admin/mfa/pause/person/{user.pk}/"


@pytest.fixture
def desk(policy: object) -> Browser:
    """Dana of the group Support, logged in."""
    dana = make_user("dana@example.org", is_staff=True)
    dana.groups.add(Group.objects.get(name="Support"))
    give_phone(dana, "+447700900207")
    browser = Browser()
    browser.log_in(dana)
    return browser


@pytest.fixture
def paused(office: Browser, alice: User) -> Pause:
    office.post(page_of(alice), REASON)
    return Pause.objects.get()


def test_the_password_alone_logs_in_while_it_runs(paused: Pause, alice: User) -> None:
    hers = Browser()
    assert hers.password(alice).url == "/"
    assert hers.signed_in


def test_it_ends_by_itself_and_with_it_what_it_let_in(
    paused: Pause, alice: User, clock: time_machine.Traveller
) -> None:
    """K17: at once."""
    clock.shift(timedelta(hours=23, minutes=50))
    hers = Browser()
    hers.password(alice)
    clock.shift(timedelta(minutes=9))
    assert hers.get("/me/").status_code == 200
    clock.shift(timedelta(minutes=1))
    assert hers.get("/me/").status_code == 302
    assert Browser().password(alice).url == "/login/verify/"


def test_it_is_told_and_recorded_with_who_and_why(
    paused: Pause, office: Browser, alice: User, root: User
) -> None:
    """NT-01, NT-02."""
    told = OutboxMessage.objects.filter(body__contains="paused")
    assert {message.target for message in told} == {alice.email, "+447700900201"}
    mail = told.get(channel="email").body
    assert "for 24 hours" in mail
    assert "lost phone" in mail
    event = AuditEvent.objects.get(event=Event.PAUSED)
    assert (event.user, event.details["by"]) == (alice, root.pk)
    assert event.details["reason"] == "lost phone"


@pytest.mark.parametrize(
    "wrong", [{"hours": "0"}, {"hours": "169"}, {"hours": ""}, {"reason": " "}]
)
def test_it_needs_a_reason_and_an_end_within_a_week(
    office: Browser, alice: User, wrong: dict[str, str]
) -> None:
    assert office.post(page_of(alice), REASON | wrong).status_code == 200
    assert not Pause.objects.exists()


def test_support_may_too(desk: Browser, alice: User) -> None:
    desk.post(page_of(alice), REASON)
    assert Pause.objects.get().user == alice


@pytest.mark.parametrize("staff", [{"is_staff": True}, {"is_superuser": True}])
def test_never_for_staff(office: Browser, staff: dict[str, bool]) -> None:
    """K19, RV-06: not even by a superuser."""
    sam = make_user("sam@example.org", **staff)
    assert office.post(page_of(sam), REASON).status_code == 403
    assert not Pause.objects.exists()


def test_never_for_oneself(office: Browser, root: User) -> None:
    assert office.post(page_of(root), REASON).status_code == 403


def test_without_the_permission_there_is_no_page(policy: object, alice: User) -> None:
    """RV-06: Charlie is staff without any right."""
    charlie = make_user("charlie@example.org", is_staff=True)
    give_phone(charlie, "+447700900203")
    browser = Browser()
    browser.log_in(charlie)
    assert browser.get(page_of(alice)).status_code == 403
    assert browser.post(page_of(alice), REASON).status_code == 403
    assert not Pause.objects.exists()


def test_it_asks_for_a_fresh_second_factor(
    office: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-08, RV-06."""
    clock.shift(timedelta(minutes=10))
    assert office.post(page_of(alice), REASON).url.startswith("/me/confirm/")
    assert not Pause.objects.exists()


def test_it_is_ended_early_and_with_it_what_it_let_in(
    paused: Pause, office: Browser, alice: User
) -> None:
    hers = Browser()
    hers.password(alice)
    page = office.get(f"/admin/mfa/pause/{paused.pk}/change/").content.decode()
    assert "End this pause now" in page
    office.post(f"/admin/mfa/pause/{paused.pk}/end/")
    assert hers.get("/me/").status_code == 302
    assert Browser().password(alice).url == "/login/verify/"
    assert AuditEvent.objects.filter(event=Event.PAUSE_ENDED, user=alice).exists()
    page = office.get(f"/admin/mfa/pause/{paused.pk}/change/").content.decode()
    assert "End this pause now" not in page


def test_the_persons_page_leads_there_but_not_for_staff(
    office: Browser, alice: User, root: User
) -> None:
    for user, shown in ((alice, True), (root, False)):
        page = office.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
        assert ("Pause MFA for this user" in page) is shown


def test_a_second_one_says_that_one_runs(paused: Pause, office: Browser, alice: User) -> None:
    assert "A pause runs already" in office.get(page_of(alice)).content.decode()


NEW = {"phone": "+44 7700 900250", "reason": "new phone"}
NEW_NUMBER, OLD_NUMBER = "+447700900250", "+447700900201"


def number_page(user: User) -> str:
    return f"/admin/mfa/factor/person/{user.pk}/"


@pytest.fixture
def assigned(office: Browser, alice: User) -> User:
    office.post(number_page(alice), NEW)
    return alice


def test_the_next_login_s_code_goes_to_the_written_number_and_proves_it(assigned: User) -> None:
    """B16, K6."""
    assert assigned.factors.usable().get().assigned
    hers = Browser()
    assert hers.password(assigned).url == "/login/verify/"
    hers.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert hers.signed_in
    assert not assigned.factors.usable().get().assigned


def test_no_email_stands_in_before_the_proof(assigned: User) -> None:
    """K6."""
    hers = Browser()
    hers.password(assigned)
    assert "Send code to email" not in hers.get("/login/verify/").content.decode()
    hers.post("/login/verify/email/")
    assert not codes(assigned.email)


def test_no_email_replaces_it_before_the_proof(assigned: User) -> None:
    """K6, EM-03: who holds password and mailbox must not be quicker than the phone."""
    hers = Browser()
    hers.password(assigned)
    assert "I no longer have this phone" not in hers.get("/login/verify/").content.decode()
    assert hers.post("/login/lost/").url == "/login/help/"
    hers.post("/login/mailbox/")
    assert not codes(assigned.email)


def test_the_half_signed_in_cannot_edit_it(assigned: User) -> None:
    """K6, EN-02."""
    hers = Browser()
    hers.password(assigned)
    hers.post("/login/enroll/phone/", {"phone": "+447700900299"})
    assert assigned.factors.usable().get().target == NEW_NUMBER


def test_sessions_end_and_old_number_and_mailbox_are_told(office: Browser, alice: User) -> None:
    """RV-05, NT-02."""
    hers = Browser()
    hers.log_in(alice)
    office.post(number_page(alice), NEW)
    assert hers.get("/me/").status_code == 302
    assert OutboxMessage.objects.filter(target=OLD_NUMBER, body__contains="no longer go").exists()
    mail = OutboxMessage.objects.get(subject__contains="administrator changed")
    assert mail.target == alice.email
    assert "new phone" in mail.body
    assert NEW_NUMBER not in mail.body


def test_a_number_is_never_staffs_never_ones_own(office: Browser, root: User) -> None:
    """RV-05, "who"."""
    sam = make_user("sam@example.org", is_staff=True)
    assert office.post(number_page(sam), NEW).status_code == 403
    assert office.post(number_page(root), NEW).status_code == 403
    assert root.factors.usable().get(kind="phone").target == "+447700900204"


def test_support_writes_no_number(desk: Browser, alice: User) -> None:
    """RV-05."""
    assert desk.post(number_page(alice), NEW).status_code == 403
    assert alice.factors.usable().get().target == OLD_NUMBER


@pytest.mark.parametrize("wrong", [{"phone": "020 7946 0000"}, {"phone": ""}, {"reason": ""}])
def test_a_number_and_a_reason_are_needed(
    office: Browser, alice: User, wrong: dict[str, str]
) -> None:
    assert office.post(number_page(alice), NEW | wrong).status_code == 200
    assert alice.factors.usable().get().target == OLD_NUMBER


def test_writing_a_number_asks_for_a_fresh_second_factor(
    office: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """RV-05, SS-08."""
    clock.shift(timedelta(minutes=10))
    assert office.post(number_page(alice), NEW).url.startswith("/me/confirm/")
    assert alice.factors.usable().get().target == OLD_NUMBER
