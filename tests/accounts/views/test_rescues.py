"""B15, B16, K19: an administrator pauses a person's second step, or assigns a number."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db.models import Q

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Pause
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code, codes

pytestmark = pytest.mark.usefixtures("clock")

REASON = {"reason": "lost phone", "hours": "24"}


def page_of(user: User) -> str:
    return f"/support/people/{user.pk}/pause/"


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


def test_password_logs_in_during_pause(paused: Pause, alice: User) -> None:
    hers = Browser()
    assert hers.password(alice).url == "/"
    assert hers.signed_in


def test_pause_ends_with_its_sessions(
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


def test_pause_is_notified_and_recorded_with_author_and_reason(
    paused: Pause, office: Browser, alice: User, root: User
) -> None:
    """NT-01, NT-02."""
    told = OutboxMessage.objects.filter(Q(body__contains="paused") | Q(subject__contains="paused"))
    assert {message.target for message in told} == {alice.email, "+447700900201"}
    mail = told.get(channel="email").body
    assert "you can log in with just your password" in mail
    assert "lost phone" in mail
    event = AuditEvent.objects.get(event=Event.PAUSED)
    assert (event.user, event.details["by"]) == (alice, root.pk)
    assert event.details["reason"] == "lost phone"
    # The helper's address is for administrators only.
    assert event.address == "127.0.0.1"
    assert "127.0.0.1" not in mail


@pytest.mark.parametrize(
    "wrong", [{"hours": "0"}, {"hours": "169"}, {"hours": ""}, {"reason": " "}]
)
def test_pause_needs_reason_and_end_within_a_week(
    office: Browser, alice: User, wrong: dict[str, str]
) -> None:
    assert office.post(page_of(alice), REASON | wrong).status_code == 200
    assert not Pause.objects.exists()


def test_support_can_start_pause(desk: Browser, alice: User) -> None:
    desk.post(page_of(alice), REASON)
    assert Pause.objects.get().user == alice


@pytest.mark.parametrize("staff", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_cannot_be_paused(office: Browser, staff: dict[str, bool]) -> None:
    """K19, RV-06: not even by a superuser."""
    sam = make_user("sam@example.org", **staff)
    assert office.post(page_of(sam), REASON).status_code == 403
    assert not Pause.objects.exists()


def test_own_account_cannot_be_paused(office: Browser, root: User) -> None:
    assert office.post(page_of(root), REASON).status_code == 403


def test_staff_without_permission_cannot_open_pause_page(policy: object, alice: User) -> None:
    """RV-06: Charlie is staff without permissions."""
    charlie = make_user("charlie@example.org", is_staff=True)
    give_phone(charlie, "+447700900203")
    browser = Browser()
    browser.log_in(charlie)
    assert browser.get(page_of(alice)).status_code == 403
    assert browser.post(page_of(alice), REASON).status_code == 403
    assert not Pause.objects.exists()


def test_pause_needs_fresh_factor(
    office: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-08, RV-06."""
    clock.shift(timedelta(minutes=10))
    assert office.post(page_of(alice), REASON).url.startswith("/me/confirm/")
    assert not Pause.objects.exists()


def test_pause_can_be_ended_early_with_its_sessions(
    paused: Pause, office: Browser, alice: User
) -> None:
    hers = Browser()
    hers.password(alice)
    page = office.get(f"/admin/mfa/pause/{paused.pk}/change/").content.decode()
    assert f'href="/support/people/{alice.pk}/"' in page
    office.post(f"/support/people/{alice.pk}/", {"action": "end_pause"})
    assert hers.get("/me/").status_code == 302
    assert Browser().password(alice).url == "/login/verify/"
    assert AuditEvent.objects.filter(event=Event.PAUSE_ENDED, user=alice).exists()
    page = office.get(f"/admin/mfa/pause/{paused.pk}/change/").content.decode()
    assert f'href="/support/people/{alice.pk}/"' not in page


def test_person_page_offers_pause_except_for_staff(
    office: Browser, alice: User, root: User
) -> None:
    for user, shown in ((alice, True), (root, False)):
        page = office.get(f"/support/people/{user.pk}/").content.decode()
        assert ("Pause MFA for this user" in page) is shown


def test_page_of_running_pause_offers_only_its_end(
    paused: Pause, office: Browser, alice: User
) -> None:
    page = office.get(page_of(alice)).content.decode()
    assert 'value="end_pause"' in page
    assert 'name="reason"' not in page


NEW = {"phone": "+44 7700 900250", "reason": "new phone"}
NEW_NUMBER, OLD_NUMBER = "+447700900250", "+447700900201"


def number_page(user: User) -> str:
    return f"/support/people/{user.pk}/number/"


@pytest.fixture
def assigned(office: Browser, alice: User) -> User:
    office.post(number_page(alice), NEW)
    return alice


def test_next_code_goes_to_assigned_number_and_proves_it(assigned: User) -> None:
    """B16, K6."""
    assert assigned.factors.usable().get().status == "assigned"
    hers = Browser()
    assert hers.password(assigned).url == "/login/verify/"
    hers.post("/login/verify/", {"code": code(NEW_NUMBER)})
    assert hers.signed_in
    assert assigned.factors.usable().get().status == "active"


def test_email_does_not_replace_assigned_number_before_proof(assigned: User) -> None:
    """K6."""
    hers = Browser()
    hers.password(assigned)
    assert "Send code to email" not in hers.get("/login/verify/").content.decode()
    hers.post("/login/verify/email/")
    assert not codes(assigned.email)


def test_email_cannot_recover_before_assigned_number_is_proven(assigned: User) -> None:
    """K6, EM-03: someone with password and email must not be faster than the phone."""
    hers = Browser()
    hers.password(assigned)
    assert hers.post("/login/lost/").url == "/recover/", "it waits for days"
    page = hers.get("/login/help/").content.decode()
    assert "Your number is new. First verify it with a code that we text to it." in page
    hers.post("/login/mailbox/")
    assert not codes(assigned.email)


def test_pending_login_cannot_change_assigned_number(assigned: User) -> None:
    """K6, EN-02."""
    hers = Browser()
    hers.password(assigned)
    hers.post("/login/enroll/phone/", {"phone": "+447700900299"})
    assert assigned.factors.usable().get().target == NEW_NUMBER


def test_sessions_end_and_old_number_and_email_are_notified(office: Browser, alice: User) -> None:
    """RV-05, NT-02."""
    hers = Browser()
    hers.log_in(alice)
    office.post(number_page(alice), NEW)
    assert hers.get("/me/").status_code == 302
    assert OutboxMessage.objects.filter(target=OLD_NUMBER, body__contains="no longer go").exists()
    mail = OutboxMessage.objects.get(subject__contains="administrator changed")
    assert mail.target == alice.email
    assert "new phone" in mail.body
    # The helper's address is for administrators only.
    assert not {NEW_NUMBER, "127.0.0.1"} & set(mail.body.split())
    assert AuditEvent.objects.get(event=Event.NUMBER_ASSIGNED).address == "127.0.0.1"


def test_number_of_staff_or_oneself_cannot_be_assigned(office: Browser, root: User) -> None:
    """RV-05, "who"."""
    sam = make_user("sam@example.org", is_staff=True)
    assert office.post(number_page(sam), NEW).status_code == 403
    assert office.post(number_page(root), NEW).status_code == 403
    assert root.factors.usable().get(kind="phone").target == "+447700900204"


def test_support_cannot_assign_number(desk: Browser, alice: User) -> None:
    """RV-05."""
    assert desk.post(number_page(alice), NEW).status_code == 403
    assert alice.factors.usable().get().target == OLD_NUMBER


@pytest.mark.parametrize("wrong", [{"phone": "020 7946 0000"}, {"phone": ""}, {"reason": ""}])
def test_number_and_reason_are_needed(office: Browser, alice: User, wrong: dict[str, str]) -> None:
    assert office.post(number_page(alice), NEW | wrong).status_code == 200
    assert alice.factors.usable().get().target == OLD_NUMBER


def test_mistyped_number_is_corrected_and_reason_kept(office: Browser, alice: User) -> None:
    page = office.post(number_page(alice), NEW | {"phone": "+44 +44 7546 123456"})
    offer = page.content.decode().partition("Did you mean this number?")
    assert 'name="reason" value="new phone"' in offer[0]
    assert 'name="phone" value="+44 7546 123456"' in offer[2]
    assert alice.factors.usable().get().target == OLD_NUMBER


def test_assigning_number_needs_fresh_factor(
    office: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """RV-05, SS-08."""
    clock.shift(timedelta(minutes=10))
    assert office.post(number_page(alice), NEW).url.startswith("/me/confirm/")
    assert alice.factors.usable().get().target == OLD_NUMBER


def test_reset_page_says_what_to_do_for_a_person_without_password(
    desk: Browser, alice: User
) -> None:
    page = f"/support/people/{alice.pk}/reset/"
    assert "This person has no password." not in desk.get(page).text
    alice.set_unusable_password()
    alice.save()
    shown = desk.get(page).text
    assert "This person has no password." in shown
    assert 'name="action" value="link"' in shown
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert 'name="action" value="link"' not in desk.get(page).text
