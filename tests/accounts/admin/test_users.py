"""People in the admin: only superusers grant permissions."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.signals import pre_save
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Pause, SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal_client import PASSWORD, Browser

USERS = "/admin/accounts/user/"
GROUPS = "/admin/auth/group/"
NEW = "another long enough one"


@pytest.fixture
def admin(browser: Browser, policy: SitePolicy) -> Browser:
    """Ada, of the group Administrators and not a superuser, logged in."""
    ada = make_user("ada@example.org", is_staff=True)
    ada.groups.add(Group.objects.get(name="Administrators"))
    give_phone(ada, "+447700900205")
    browser.log_in(ada)
    return browser


@pytest.fixture
def office(other_browser: Browser, root: User) -> Browser:
    other_browser.log_in(root)
    return other_browser


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def details(user: User, **more: str) -> dict[str, str]:
    return {"full_name": user.full_name, "language": "en", "is_active": "on", **more}


def act(browser: Browser, action: str, *people: User) -> HttpResponse:
    """Run an action for people in the list, after the page that asks."""
    chosen = [who.pk for who in people]
    return browser.post(USERS, {"action": action, "_selected_action": chosen, "post": "yes"})


def link_in(mail: OutboxMessage) -> str:
    found = re.search(r"http://testserver(/password/reset/\S+)", mail.body)
    assert found
    return found[1]


def test_administrator_can_rename_and_disable_people(admin: Browser, bob: User) -> None:
    form = details(bob, full_name="Robert")
    del form["is_active"]
    admin.post(page_of(bob), form)
    bob.refresh_from_db()
    assert (bob.full_name, bob.is_active) == ("Robert", False)


def test_dates_of_account_end_sessions_and_are_kept_by_later_saves(
    admin: Browser, other_browser: Browser, alice: User
) -> None:
    other_browser.log_in(alice)
    admin.post(page_of(alice), details(alice, valid_until="2001-01-01T09:30"))
    alice.refresh_from_db()
    assert alice.valid_until == datetime(2001, 1, 1, 9, 30, tzinfo=UTC)
    User.objects.filter(pk=alice.pk).update(valid_until=None)
    assert other_browser.get("/me/").status_code == 302
    stored = datetime(2030, 1, 1, 9, 30, 59, tzinfo=UTC)
    User.objects.filter(pk=alice.pk).update(valid_until=stored)
    admin.post(page_of(alice), details(alice, full_name="Al", valid_until="2030-01-01T09:30"))
    alice.refresh_from_db()
    assert (alice.full_name, alice.valid_until) == ("Al", stored)
    assert 'type="datetime-local"' in admin.get(page_of(alice)).text


def test_account_of_superuser_cannot_expire(office: Browser, bob: User) -> None:
    dated = {"valid_from": "2030-01-01T09:30", "valid_until": "2030-01-01T09:30"}
    page = office.post(page_of(bob), details(bob, is_superuser="on", **dated))
    errors = page.context["adminform"].form.errors
    assert errors.keys() == {"valid_from", "valid_until"}
    page = office.post(page_of(bob), details(bob, **dated))
    assert page.context["adminform"].form.errors.keys() == {"valid_until"}
    assert not User.objects.filter(pk=bob.pk).exclude(valid_until=None).exists()


@pytest.fixture
def disowned_meanwhile() -> Iterator[None]:
    """Simulate another request that reports "not me" between loading and saving a person."""

    def disown(instance: User, **_: object) -> None:
        User.objects.filter(pk=instance.pk).update(session_epoch=7, password_expired=True)

    pre_save.connect(disown, sender=User)
    yield
    pre_save.disconnect(disown, sender=User)


def test_renaming_a_person_keeps_parallel_changes(
    admin: Browser, bob: User, disowned_meanwhile: None
) -> None:
    admin.post(page_of(bob), details(bob, full_name="Robert"))
    bob.refresh_from_db()
    assert (bob.full_name, bob.session_epoch, bob.password_expired) == ("Robert", 7, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("is_staff", "on"), ("is_superuser", "on"), ("groups", "1"), ("user_permissions", "1")],
)
def test_administrator_cannot_grant_permissions(
    admin: Browser, bob: User, field: str, value: str
) -> None:
    admin.post(page_of(bob), details(bob, **{field: value}))
    bob.refresh_from_db()
    assert not bob.is_staff
    assert not bob.is_superuser
    assert not bob.groups.exists()
    assert not bob.user_permissions.exists()


def test_superuser_needs_fresh_factor_to_grant_permissions(
    clock: time_machine.Traveller, office: Browser, bob: User
) -> None:
    """SS-08: a stolen session is not enough for this."""
    support = Group.objects.get(name="Support")
    pages = [page_of(bob), f"{USERS}add/", f"{GROUPS}{support.pk}/change/"]
    assert [office.get(page).status_code for page in pages] == [200] * 3
    clock.shift(timedelta(minutes=11))
    office.post(page_of(bob), details(bob, is_staff="on", is_superuser="on"))
    bob.refresh_from_db()
    assert not bob.is_superuser
    assert {office.get(page).url.split("?")[0] for page in pages} == {"/me/confirm/"}


def test_administrator_needs_fresh_factor_to_rename_people(
    clock: time_machine.Traveller, admin: Browser, bob: User
) -> None:
    """S21: reading needs no fresh factor, every change does."""
    clock.shift(timedelta(minutes=11))
    assert admin.get(page_of(bob)).status_code == 200
    answer = admin.post(page_of(bob), details(bob, full_name="Robert"))
    assert answer.url.startswith(f"/me/confirm/?next=%2Fadmin%2Faccounts%2Fuser%2F{bob.pk}")
    assert "notice=kept" in answer.url
    bob.refresh_from_db()
    assert bob.full_name == "Bob"


def test_administrator_cannot_change_staff(admin: Browser, root: User) -> None:
    """RV-06."""
    assert admin.post(page_of(root), details(root, full_name="Evil")).status_code == 403
    root.refresh_from_db()
    assert root.full_name == ""


@pytest.mark.parametrize("action", ["send_link", "require_new_password", "end_sessions"])
def test_action_asks_before_it_acts(admin: Browser, alice: User, bob: User, action: str) -> None:
    """Its page names the people, and its own form does it."""
    form = {"action": action, "_selected_action": [alice.pk, bob.pk]}
    page = admin.post(f"{USERS}?q=example", form).text
    assert "<li>alice@example.org</li>" in page
    about_both = AuditEvent.objects.filter(user__in=(alice, bob))
    assert not about_both.exists()
    fields = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page)
    sent = {name: [value for each, value in fields if each == name] for name, _value in fields}
    assert admin.post(f"{USERS}?q=example", sent).url == USERS
    assert {event.user for event in about_both} == {alice, bob}


@pytest.mark.parametrize("action", ["send_link", "require_new_password", "end_sessions"])
def test_administrator_cannot_reset_password_of_staff(
    admin: Browser, root: User, bob: User, action: str
) -> None:
    """RV-06: not even in a selection with others."""
    assert act(admin, action, bob, root).status_code == 403
    assert not OutboxMessage.objects.filter(channel="email").exists()
    root.refresh_from_db()
    assert not root.password_expired


def test_administrator_cannot_promote_themselves(admin: Browser) -> None:
    ada = User.objects.get(email="ada@example.org")
    form = details(ada, is_superuser="on", is_staff="on")
    assert admin.post(page_of(ada), form).status_code == 403
    ada.refresh_from_db()
    assert not ada.is_superuser


def test_administrator_cannot_change_superuser_without_staff_flag(admin: Browser) -> None:
    hidden = make_user("hidden@example.org", is_superuser=True)
    assert admin.post(page_of(hidden), details(hidden, full_name="Evil")).status_code == 403


def test_administrator_cannot_change_groups(admin: Browser) -> None:
    group = Group.objects.get(name="Administrators")
    assert admin.get(f"{GROUPS}{group.pk}/change/").status_code == 200
    assert admin.post(f"{GROUPS}{group.pk}/change/", {"name": "Evil"}).status_code == 403
    assert admin.post(f"{GROUPS}add/", {"name": "Evil"}).status_code == 403
    assert admin.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Group.objects.count() == 2


@pytest.mark.parametrize("station", ["admin", "office"])
def test_email_of_a_person_is_read_only(
    request: pytest.FixtureRequest, bob: User, station: str
) -> None:
    """Codes and notices go to the address, so changing it would take over the account."""
    browser = request.getfixturevalue(station)
    browser.post(page_of(bob), details(bob, email="evil@example.org"))
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"


def test_new_person_gets_link_to_set_password(admin: Browser, other_browser: Browser) -> None:
    """PW-10, P11."""
    SitePolicy.objects.update(invitation="Here you see your orders.")
    admin.post(f"{USERS}add/", {"email": "New@Example.org", "full_name": "New", "language": "en"})
    new = User.objects.get(email="new@example.org")
    assert not new.is_staff
    assert not new.has_usable_password()
    mail = OutboxMessage.objects.get(channel="email")
    assert (mail.target, mail.subject) == (new.email, "Acme Portal: you've been invited")
    assert "24 hours" in mail.body
    assert "Here you see your orders." in mail.body
    assert re.search(r"^Sent by: \S", mail.body, re.MULTILINE)
    path = link_in(mail)
    assert "Set your password" in other_browser.get(path).content.decode()
    assert other_browser.post(path).url == "/password/new/"
    other_browser.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})
    new.refresh_from_db()
    assert new.check_password(NEW)
    assert new.mailbox_proven_at is not None


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "password", "password1"])
def test_adding_a_person_ignores_permissions_and_password(admin: Browser, field: str) -> None:
    """PW-10: crafted fields are ignored."""
    form = {"email": "new@example.org", "language": "en", "password2": NEW, field: NEW}
    admin.post(f"{USERS}add/", form)
    new = User.objects.get(email="new@example.org")
    assert not new.is_staff
    assert not new.is_superuser
    assert not new.has_usable_password()


@pytest.mark.parametrize("field", ["password", "password1", "usable_password"])
@pytest.mark.parametrize("station", ["admin", "office"])
def test_no_page_accepts_another_persons_password(
    request: pytest.FixtureRequest, bob: User, station: str, field: str
) -> None:
    """PW-10: neither the person's page nor Django's old address."""
    browser = request.getfixturevalue(station)
    browser.post(page_of(bob), details(bob, password2=NEW, **{field: NEW}))
    answer = browser.post(f"{USERS}{bob.pk}/password/", {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert 'type="password"' not in browser.get(page_of(bob)).content.decode()
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_set_password_link_lasts_a_day_and_needs_second_step(
    clock: time_machine.Traveller, admin: Browser, other_browser: Browser, alice: User
) -> None:
    """PW-10, RV-02: the current password works until the new one is saved."""
    assert act(admin, "send_link", alice).url == USERS
    path = link_in(OutboxMessage.objects.get(channel="email"))
    clock.shift(timedelta(hours=23, minutes=59))
    assert other_browser.post(path).url == "/login/verify/"
    clock.shift(timedelta(minutes=2))
    assert Browser().post(path).status_code == 410
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    event = AuditEvent.objects.get(event=Event.PASSWORD_LINK_SENT)
    ada = User.objects.get(email="ada@example.org")
    assert (event.user, event.details) == (alice, {"by": ada.pk})


def test_disabled_person_gets_no_link(admin: Browser, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    page = admin.get(act(admin, "send_link", bob).url).content.decode()
    assert "No link was sent to bob@example.org" in page
    assert not OutboxMessage.objects.filter(channel="email").exists()


def test_links_to_one_person_are_limited(admin: Browser, bob: User) -> None:
    for _ in range(5):
        act(admin, "send_link", bob)
    page = admin.get(act(admin, "send_link", bob).url).content.decode()
    assert "already got several links in the last hour" in page
    assert OutboxMessage.objects.filter(channel="email").count() == 5


def test_administrator_can_require_new_password(
    admin: Browser, other_browser: Browser, alice: User
) -> None:
    """PW-06: the person is notified, the event is recorded, and all sessions end."""
    other_browser.log_in(alice)
    act(admin, "require_new_password", alice)
    alice.refresh_from_db()
    assert alice.password_expired
    assert other_browser.get("/me/").status_code == 302
    mail = OutboxMessage.objects.get(channel="email")
    assert mail.target == alice.email
    assert "asks you to change it" in mail.body
    assert AuditEvent.objects.filter(event=Event.PASSWORD_EXPIRED, user=alice).count() == 1


@pytest.mark.parametrize("action", ["send_link", "require_new_password", "end_sessions"])
def test_stale_session_needs_fresh_proof(
    clock: time_machine.Traveller, admin: Browser, bob: User, action: str
) -> None:
    """SS-08."""
    clock.shift(timedelta(minutes=11))
    assert act(admin, action, bob).url.startswith("/me/confirm/")
    assert not OutboxMessage.objects.filter(channel="email").exists()


def test_person_page_has_both_buttons(admin: Browser, bob: User) -> None:
    page = admin.get(page_of(bob)).content.decode()
    assert 'value="send_link"' in page
    assert 'value="require_new_password"' in page


def test_superuser_can_grant_permissions(office: Browser, bob: User) -> None:
    group = Group.objects.get(name="Support")
    office.post(page_of(bob), details(bob, is_staff="on", groups=str(group.pk)))
    bob.refresh_from_db()
    assert bob.is_staff
    assert bob.groups.get() == group


def test_pause_ends_when_person_becomes_staff(office: Browser, bob: User) -> None:
    """K19."""
    now = timezone.now()
    Pause.objects.create(
        user=bob, reason="new phone", started_at=now, until=now + timedelta(hours=24)
    )
    office.post(page_of(bob), details(bob))
    assert Pause.objects.running(timezone.now()).exists()
    office.post(page_of(bob), details(bob, is_staff="on"))
    assert not Pause.objects.running(timezone.now()).exists()
    assert AuditEvent.objects.filter(event=Event.PAUSE_ENDED, user=bob).exists()


def test_person_without_username_can_be_saved(office: Browser, bob: User) -> None:
    office.post(page_of(bob), details(bob, full_name="Robert", username=""))
    bob.refresh_from_db()
    assert (bob.full_name, bob.username) == ("Robert", None)


def test_password_hashes_are_not_shown(office: Browser, alice: User) -> None:
    """DT-03."""
    assert "md5$" not in office.get(page_of(alice)).content.decode()
    assert "md5$" not in office.get(USERS).content.decode()


@pytest.mark.parametrize(
    "lookup", ["password__startswith=md5", "factors__target__startswith=%2B44"]
)
def test_no_filter_guesses_a_secret(admin: Browser, alice: User, lookup: str) -> None:
    assert admin.get(f"{USERS}?{lookup}").status_code in {302, 400}


def test_support_can_view_but_not_change_people(
    browser: Browser, policy: SitePolicy, bob: User
) -> None:
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    assert browser.get(page_of(bob)).status_code == 200
    assert browser.post(page_of(bob), details(bob, full_name="Evil")).status_code == 403
    act(browser, "send_link", bob)
    assert not OutboxMessage.objects.filter(channel="email").exists()
    bob.refresh_from_db()
    assert bob.full_name == "Bob"


def test_charlie_has_no_access(other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(USERS).status_code == 403
    assert other_browser.get(page_of(charlie)).status_code == 403


def test_selected_people_are_logged_out_everywhere(office: Browser, alice: User) -> None:
    """SS-07."""
    hers = Browser()
    hers.log_in(alice)
    assert act(office, "end_sessions", alice).url == USERS
    assert "Logged out everywhere: alice@example.org." in office.get(USERS).content.decode()
    assert hers.get("/me/").status_code == 302
    assert office.get("/me/").status_code == 200


def test_ending_own_sessions_redirects_to_login(office: Browser, root: User) -> None:
    """The acting session ends too."""
    assert act(office, "end_sessions", root).url == USERS
    assert office.get(USERS).url.startswith("/login/")


def test_sessions_stay_ended_after_person_is_enabled_again(office: Browser, alice: User) -> None:
    """SS-05."""
    hers = Browser()
    hers.log_in(alice)
    fields = {"email": alice.email, "language": "en"}
    office.post(f"/admin/accounts/user/{alice.pk}/change/", fields)
    alice.refresh_from_db()
    assert not alice.is_active
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert hers.get("/me/").status_code == 302


def test_page_of_person_asks_for_permissions_in_one_query(office: Browser, alice: User) -> None:
    """There are about 80 permissions."""
    with CaptureQueriesContext(connection) as seen:
        assert 'name="user_permissions"' in office.get(f"{USERS}{alice.pk}/change/").text
    assert len(seen) < 30


def test_superuser_deletes_person_with_factors_and_messages(
    office: Browser, browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    page = office.get(f"{USERS}{alice.pk}/delete/").text
    assert "Are you sure" in page
    office.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=alice.pk).exists()
    assert AuditEvent.objects.filter(user_id=alice.pk, event=Event.LOGGED_IN).exists()
