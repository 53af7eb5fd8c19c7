"""Pauses: who can log in, and for how long (B15, K19)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from mfa import login, pauses
from mfa.audit import NOWHERE
from mfa.login.flow import Flow
from mfa.login.pending import PendingLogin
from mfa.models import AuditEvent, Event, OutboxMessage, Pause, SitePolicy
from mfa.pauses import Refusal
from mfa.rules.routes import Purpose
from mfa.session_engine import ABOUT, SessionStore
from tests.conftest import give_phone, make_user
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")


def pause_in_the_table(user: User, **more: object) -> Pause:
    """A pause that our rules did not prevent: by a race, an old release, or a manual change."""
    now = timezone.now()
    until = now + timedelta(hours=24)
    return Pause.objects.create(user=user, reason="?", started_at=now, until=until, **more)


def give(user: User, power: str) -> None:
    """Make a person staff, in each possible way."""
    match power:
        case "group":
            user.groups.add(Group.objects.get(name="Support"))
        case "permission":
            user.user_permissions.add(Permission.objects.get(codename="view_user"))
        case _:
            User.objects.filter(pk=user.pk).update(**{power: True})


POWERS = ["is_staff", "is_superuser", "group", "permission"]


@pytest.mark.parametrize("power", POWERS)
def test_pause_never_lets_staff_in(browser: Browser, alice: User, power: str) -> None:
    """S04."""
    pause_in_the_table(alice)
    give(alice, power)
    assert browser.password(alice).url == "/login/verify/"
    assert not browser.signed_in


@pytest.mark.parametrize("power", POWERS)
def test_only_breakglass_lets_staff_in(browser: Browser, alice: User, power: str) -> None:
    give(alice, power)
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert browser.password(alice).url == "/"
    assert browser.signed_in


@pytest.mark.parametrize("power", POWERS)
def test_pause_for_staff_is_refused(alice: User, root: User, power: str) -> None:
    """Even if the caller loaded the person before the promotion."""
    give(alice, power)
    assert pauses.start(alice, reason="?", hours=1, by=root) is Refusal.STAFF
    assert not Pause.objects.exists()


def test_group_without_permissions_does_not_make_staff(browser: Browser, alice: User) -> None:
    """Such as the pilot group."""
    alice.groups.add(Group.objects.create(name="Pilot"))
    pause_in_the_table(alice)
    browser.password(alice)
    assert browser.signed_in


def test_pause_ends_when_its_persons_group_gets_permissions(office: Browser, alice: User) -> None:
    group = Group.objects.create(name="Front desk")
    alice.groups.add(group)
    pause_in_the_table(alice)
    bob = make_user("bob@example.org")
    pause_in_the_table(bob)
    permission = Permission.objects.get(codename="view_user")
    office.post(
        f"/admin/auth/group/{group.pk}/change/",
        {"name": group.name, "permissions": [permission.pk]},
    )
    assert Pause.objects.running(timezone.now()).get().user == bob


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "groups", "user_permissions"])
def test_pause_ends_when_its_person_is_promoted(office: Browser, bob: User, field: str) -> None:
    pause_in_the_table(bob)
    rows = {"groups": Group.objects.get(name="Support"), "user_permissions": Permission}
    if field == "user_permissions":
        rows[field] = Permission.objects.get(codename="view_user")
    value = str(rows[field].pk) if field in rows else "on"
    form = {"full_name": "Bob", "language": "en", "is_active": "on", field: value}
    office.post(f"/admin/accounts/user/{bob.pk}/change/", form)
    assert User.objects.get(pk=bob.pk).has_powers
    assert not Pause.objects.running(timezone.now()).exists()


# One at a time (S06)


def page_of(user: User) -> str:
    return f"/support/people/{user.pk}/pause/"


ASKED = {"reason": "lost phone", "hours": "24"}


def start(user: User, by: User) -> Pause:
    begun = pauses.start(user, reason="lost phone", hours=24, by=by)
    assert isinstance(begun, Pause)
    return begun


def test_second_pause_is_refused_in_words(office: Browser, alice: User) -> None:
    office.post(page_of(alice), ASKED)
    page = office.post(page_of(alice), ASKED)
    assert page.status_code == 200
    assert "A pause is already running. End it first." in page.content.decode()
    assert Pause.objects.count() == 1


def test_database_refuses_second_pause(alice: User, root: User) -> None:
    start(alice, root)
    with pytest.raises(IntegrityError), transaction.atomic():
        pause_in_the_table(alice)


@pytest.mark.parametrize("ended", ["by hand", "by time"])
def test_next_pause_can_start_after_first_ended(
    alice: User, root: User, clock: time_machine.Traveller, ended: str
) -> None:
    pause = start(alice, root)
    if ended == "by hand":
        pauses.end(pause, alice, by=root, client=NOWHERE)
    else:
        clock.shift(timedelta(hours=24))
    start(alice, root)
    assert Pause.objects.count() == 2


def test_breakglass_replaces_running_pause(alice: User, root: User) -> None:
    start(alice, root)
    call_command("breakglass", alice.email, "--reason", "lost phone")
    assert Pause.objects.running(timezone.now()).get().breakglass


def test_ended_pause_is_not_ended_again(alice: User, root: User) -> None:
    pause = start(alice, root)
    for _ in range(2):
        pauses.end(pause, alice, by=root, client=NOWHERE)
    assert AuditEvent.objects.filter(event=Event.PAUSE_ENDED).count() == 1


# Its end (S06, K17)


def end(pause: Pause, user: User, by: User, clock: time_machine.Traveller, how: str) -> None:
    if how == "by hand":
        pauses.end(pause, user, by=by, client=NOWHERE)
    else:
        clock.move_to(pause.until)


HOW = pytest.mark.parametrize("how", ["by hand", "by time"])


@HOW
def test_end_of_pause_ends_only_its_sessions(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    clock.shift(timedelta(minutes=50))
    let_in = Browser()
    let_in.password(alice)
    User.objects.filter(pk=alice.pk).update(last_login=timezone.now())
    SitePolicy.objects.update(enabled=False)
    before = Browser()
    before.password(alice)
    SitePolicy.objects.update(enabled=True)
    end(pause, alice, root, clock, how)
    assert let_in.get("/me/").status_code == 302
    assert before.get("/me/").status_code == 200


@HOW
def test_session_with_factor_survives_end_of_pause(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    clock.shift(timedelta(minutes=50))
    hers = Browser()
    hers.password(alice)
    hers.post("/me/confirm/", {"next": "/me/password/"})
    hers.post("/login/verify/", {"code": code("+447700900201")})
    end(pause, alice, root, clock, how)
    assert hers.get("/me/").status_code == 200


@HOW
def test_login_in_progress_fails_after_end_of_pause(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    """S06: it read the pause, which then ended."""
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    flight = flow_of(alice, Purpose.LOGIN)
    assert alice.mfa_policy.paused
    end(pause, alice, root, clock, how)
    assert login.enter(flight).url.startswith("/login/?notice=ended")
    assert "_auth_user_id" not in flight.request.session


@HOW
def test_session_written_after_end_of_pause_is_invalid(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    """S06: even later, between the login and the writing of its session."""
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    flight = flow_of(alice, Purpose.LOGIN)
    login.enter(flight)
    end(pause, alice, root, clock, how)
    flight.request.session.save()
    assert flight.request.session[ABOUT]["pause_id"] == pause.pk
    assert SessionStore(flight.request.session.session_key).load() == {}


@HOW
def test_reset_without_factor_ends_with_pause(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    """S06: the form for a new password was opened without a factor."""
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    clock.shift(timedelta(minutes=55))
    thief = Browser()
    thief.post("/password/forgot/", {"email": alice.email})
    mail = OutboxMessage.objects.filter(target=alice.email).latest("pk")
    link = mail.body.partition("http://testserver")[2].split()[0]
    assert thief.post(link).url == "/password/new/"
    assert thief.get("/password/new/").status_code == 200
    end(pause, alice, root, clock, how)
    new = {"new_password1": "another long enough one", "new_password2": "another long enough one"}
    assert thief.post("/password/new/", new).url == "/password/forgot/?notice=ended"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@HOW
def test_reset_in_progress_fails_after_end_of_pause(
    alice: User, root: User, clock: time_machine.Traveller, how: str
) -> None:
    pause = pauses.start(alice, reason="lost phone", hours=1, by=root)
    flight = flow_of(alice, Purpose.RESET)
    assert alice.mfa_policy.paused
    end(pause, alice, root, clock, how)
    assert login.advance(flight).url == "/password/forgot/?notice=ended"


def flow_of(user: User, purpose: Purpose) -> Flow:
    """A request whose password, or link, was right."""
    request = RequestFactory().post("/login/")
    request.session = SessionStore()
    request.session[ABOUT] = {"user_id": user.pk, "aal": 0}
    pending = PendingLogin.begin(user, purpose, timezone.now())
    return Flow(request=request, pending=pending, user=user)


# Ten a day for each helper (S06)


def people(number: int) -> list[User]:
    made = [make_user(f"p{each}@example.org") for each in range(number)]
    for each, user in enumerate(made):
        give_phone(user, f"+4477009006{each:02}")
    return made


def test_helper_can_help_ten_people_a_day(office: Browser) -> None:
    *ten, eleventh = people(11)
    for user in ten[:9]:
        office.post(page_of(user), ASKED)
    number = {"phone": "+44 7700 900250", "reason": "new phone"}
    number_page = "/support/people/%s/number/"
    assert office.post(number_page % ten[9].pk, number).status_code == 302
    for page, form in ((page_of(eleventh), ASKED), (number_page % eleventh.pk, number)):
        refused = office.post(page, form)
        assert refused.status_code == 429
        assert "for ten people today" in refused.content.decode()
    assert Pause.objects.count() == 9
    assert eleventh.factors.usable().get().target == "+447700900610"


def test_daily_limit_is_per_helper_and_day(
    alice: User, root: User, clock: time_machine.Traveller
) -> None:
    for user in people(10):
        start(user, root)
    start(alice, make_user("other@example.org", is_staff=True))
    clock.shift(timedelta(days=2))
    start(make_user("late@example.org"), root)


def test_administrators_are_alerted_once_at_the_fifth(office: Browser, root: User) -> None:
    *four, fifth, sixth = people(6)
    for user in four:
        office.post(page_of(user), ASKED)
    told = OutboxMessage.objects.filter(subject__contains="one account changed many people")
    assert not told.exists()
    for user in (fifth, sixth):
        office.post(page_of(user), ASKED)
    assert told.get().target == root.email
    assert root.email in told.get().body
    assert "within a day: 5" in told.get().body


def test_refused_pause_does_not_count(alice: User, root: User) -> None:
    start(alice, root)
    for _ in range(12):
        pauses.start(alice, reason="?", hours=1, by=root)
    start(make_user("bob@example.org"), root)
