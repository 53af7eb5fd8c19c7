"""Sessions: rows with user, start, origin and AAL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import user_logged_in
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Session, SitePolicy
from mfa.session_engine import ABOUT, SessionStore, hash_of
from tests.conftest import NOON
from tests.portal_client import PASSWORD, Browser, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def row_of(browser: Browser) -> Session:
    return Session.objects.get(key_hash=hash_of(browser.session.session_key))


def test_session_store_and_table_refer_to_each_other() -> None:
    assert SessionStore.get_model_class() is Session
    assert Session.get_session_store_class() is SessionStore


def test_pending_login_has_user_and_is_not_a_login(browser: Browser, alice: User) -> None:
    browser.password(alice)
    row = row_of(browser)
    assert (row.user, row.started_at, row.address, row.aal) == (alice, None, None, 0)
    assert not browser.signed_in


def test_texted_code_makes_session_of_level_two(browser: Browser, alice: User) -> None:
    browser.defaults["HTTP_USER_AGENT"] = "Firefox"
    browser.log_in(alice)
    row = row_of(browser)
    assert (row.user, row.started_at, row.aal) == (alice, NOON, 2)
    assert (row.address, row.browser) == ("127.0.0.1", "Firefox")


def test_emailed_code_makes_session_of_level_one(browser: Browser, alice: User) -> None:
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert row_of(browser).aal == 1


def test_row_keeps_what_login_wrote(alice: User) -> None:
    session = SessionStore()
    session[ABOUT] = {"user_id": alice.pk, "started_at": NOON.isoformat(), "aal": 1}
    session.save()
    session["later"] = "more"
    session.save()
    row = Session.objects.get()
    assert (row.user, row.started_at, row.aal) == (alice, NOON, 1)


def test_each_step_changes_session_key(browser: Browser, alice: User) -> None:
    keys = []
    browser.get("/login/")
    browser.password(alice)
    keys.append(browser.session.session_key)
    browser.post("/login/verify/", {"code": code("+447700900201")})
    keys.append(browser.session.session_key)
    browser.post("/logout/")
    assert len(set(keys)) == 2
    assert not Session.objects.filter(key_hash__in=map(hash_of, keys)).exists()


def test_changing_key_is_one_statement_and_ends_old_key() -> None:
    session = SessionStore()
    session["kept"] = "yes"
    session.save()
    old = session.session_key
    again = SessionStore(old)
    again.cycle_key()
    again.cycle_key()
    with CaptureQueriesContext(connection) as statements:
        again.save()
    assert [query["sql"].split()[0] for query in statements] == ["UPDATE"]
    assert SessionStore(old).load() == {}
    assert SessionStore(again.session_key).load() == {"kept": "yes"}
    assert Session.objects.count() == 1


def test_new_key_before_first_save_creates_session_row() -> None:
    session = SessionStore()
    session.cycle_key()
    session["kept"] = "yes"
    session.save()
    assert SessionStore(session.session_key).load() == {"kept": "yes"}


def test_session_ended_meanwhile_is_not_restored_by_new_key() -> None:
    session = SessionStore()
    session.save()
    session.cycle_key()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


@pytest.fixture
def ended_by_another_request() -> Iterator[None]:
    """End each login's session between the right code and the end of the request."""

    def end(**_: object) -> None:
        Session.objects.all().delete()

    user_logged_in.connect(end)
    yield
    user_logged_in.disconnect(end)


def test_failed_login_is_not_recorded_or_notified(
    home: Browser, other_browser: Browser, alice: User, ended_by_another_request: None
) -> None:
    """LO-01, LG-09."""
    before = AuditEvent.objects.filter(event=Event.LOGGED_IN).count()
    other_browser.log_in(alice)
    assert not other_browser.signed_in
    assert AuditEvent.objects.filter(event=Event.LOGGED_IN).count() == before
    assert not OutboxMessage.objects.filter(subject__contains="new login").exists()


def test_ending_a_session_between_two_keys_ends_its_row() -> None:
    session = SessionStore()
    session.save()
    session.cycle_key()
    session.flush()
    assert not Session.objects.exists()
    session["new"] = "start"
    session.save()
    assert SessionStore(session.session_key).load() == {"new": "start"}


def test_ending_another_session_leaves_this_one(alice: User) -> None:
    mine, other = SessionStore(), SessionStore()
    mine.save()
    other.save()
    mine.cycle_key()
    mine.delete(other.session_key)
    mine.save()
    assert Session.objects.get().key_hash == hash_of(mine.session_key)


def test_session_key_exists_until_session_ends() -> None:
    session = SessionStore()
    assert not session.exists("a" * 32)
    session.save()
    assert session.exists(str(session.session_key))


def use_for(browser: Browser, clock: time_machine.Traveller, length: timedelta) -> None:
    """Click every ten minutes."""
    for _ in range(length // timedelta(minutes=10)):
        clock.shift(timedelta(minutes=10))
        browser.get("/me/")


def test_session_ends_after_twelve_hours_of_constant_use(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-03."""
    browser.log_in(alice)
    use_for(browser, clock, timedelta(hours=11, minutes=50))
    assert browser.get("/me/").status_code == 200
    clock.shift(timedelta(minutes=10))
    assert browser.get("/me/").status_code == 302


def test_session_ends_after_half_hour_without_click(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-03."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=29, seconds=59))
    assert browser.get("/me/").status_code == 200
    clock.shift(timedelta(minutes=30))
    assert browser.get("/me/").status_code == 302


def test_staff_session_ends_after_15_idle_minutes(
    browser: Browser, root: User, clock: time_machine.Traveller
) -> None:
    """AZ-03."""
    browser.log_in(root)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert browser.get("/").status_code == 200
    clock.shift(timedelta(minutes=15))
    assert browser.get("/").status_code == 302


def test_ended_session_is_explained_and_next_kept(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """SS-03: the page says so and leads back."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=30))
    response = browser.get("/me/activity/?page=2")
    assert response.url == "/login/?notice=ended&next=%2Fme%2Factivity%2F%3Fpage%3D2"
    page = browser.get(response.url).content.decode()
    assert "Your session has ended" in page
    assert 'value="/me/activity/?page=2"' in page


def test_browser_without_session_sees_no_notice(browser: Browser, db: None) -> None:
    assert browser.get("/me/").url == "/login/?next=/me/"


def test_post_of_ended_session_changes_nothing(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.log_in(alice)
    clock.shift(timedelta(minutes=30))
    assert browser.post("/me/", {"full_name": "Mallory", "language": "en"}).status_code == 302
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


def test_activity_is_written_once_a_minute(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.log_in(alice)
    clock.shift(timedelta(seconds=59))
    browser.get("/me/")
    assert row_of(browser).seen_at == NOON
    clock.shift(timedelta(seconds=1))
    browser.get("/me/")
    assert row_of(browser).seen_at == NOON + timedelta(minutes=1)
    assert row_of(browser).expire_date == NOON + timedelta(minutes=31)


def test_pending_login_is_not_extended(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.password(alice)
    clock.shift(timedelta(minutes=5))
    browser.get("/login/verify/")
    assert row_of(browser).seen_at is None


def test_policy_sets_both_ends(
    browser: Browser, alice: User, policy: SitePolicy, clock: time_machine.Traveller
) -> None:
    policy.session_hours, policy.session_idle_minutes = 1, 60
    policy.save()
    browser.log_in(alice)
    use_for(browser, clock, timedelta(minutes=50))
    assert browser.get("/me/").status_code == 200
    clock.shift(timedelta(minutes=10))
    assert browser.get("/me/").status_code == 302


def test_shorter_policy_binds_staff_at_once_and_others_at_their_next_login(
    browser: Browser,
    alice: User,
    root: User,
    policy: SitePolicy,
    clock: time_machine.Traveller,
) -> None:
    """K17, SS-10."""
    other_browser = Browser()
    browser.log_in(root)
    other_browser.log_in(alice)
    policy.session_idle_minutes = 5
    policy.save()
    clock.shift(timedelta(minutes=5))
    assert browser.get("/me/").url.startswith("/login/?notice=ended")
    assert other_browser.get("/me/").status_code == 200


def test_eleventh_login_ends_oldest(
    alice: User, policy: SitePolicy, clock: time_machine.Traveller
) -> None:
    """SS-07."""
    policy.enabled = False
    policy.save()
    browsers = [Browser() for _ in range(11)]
    for each in browsers:
        clock.shift(timedelta(seconds=1))
        each.password(alice)
    assert [each.get("/me/").status_code for each in browsers] == [302, *[200] * 10]


def test_password_logins_do_not_end_session_with_second_step(
    alice: User, policy: SitePolicy, clock: time_machine.Traveller
) -> None:
    """S07: the oldest that proved least goes first."""
    hers = Browser()
    hers.log_in(alice)
    policy.enabled = False
    policy.save()
    thief = [Browser() for _ in range(12)]
    for each in thief:
        clock.shift(timedelta(seconds=1))
        each.password(alice)
    policy.enabled = True
    policy.save()
    assert hers.get("/me/").status_code == 200
    assert [each.get("/me/").status_code for each in thief] == [*[302] * 3, *[200] * 9]
    assert len(hers.get("/me/security/").context["sessions"]) == 10


def test_ten_logins_leave_room_for_next_pending_login(
    alice: User, clock: time_machine.Traveller
) -> None:
    for number in range(10):
        Session.objects.create(
            key_hash=f"{number}",
            user=alice,
            aal=2,
            started_at=timezone.now(),
            expire_date=timezone.now() + timedelta(hours=1),
        )
    clock.shift(timedelta(seconds=1))
    browser = Browser()
    browser.log_in(alice)
    assert browser.get("/me/").status_code == 200


def test_pending_logins_end_no_session(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    browser.log_in(alice)
    clock.shift(timedelta(seconds=1))
    for _ in range(11):
        Browser().password(alice)
    assert browser.get("/me/").status_code == 200


def test_session_cookie_is_httponly_and_ends_with_browser(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    cookie = browser.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")


def test_deleting_person_deletes_their_sessions(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    alice.delete()
    assert not Session.objects.exists()
    assert browser.get("/").status_code == 302


def test_changed_password_ends_other_sessions_and_keeps_acting_one(
    browser: Browser, other_browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    other_browser.log_in(alice)
    new = "another long password"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    browser.post("/me/password/", fields)
    assert browser.get("/").status_code == 200
    assert other_browser.get("/").status_code == 302


def test_login_by_emailed_code_works_beside_ten_stronger_ones(
    alice: User, clock: time_machine.Traveller
) -> None:
    """S07: the next one by an emailed code ends that one, and none of the stronger ones."""
    ends = timezone.now() + timedelta(hours=1)
    about = {"user": alice, "aal": 2, "started_at": timezone.now(), "expire_date": ends}
    Session.objects.bulk_create(Session(key_hash=f"{number}", **about) for number in range(10))
    weak = [Browser() for _ in range(2)]
    for each in weak:
        clock.shift(timedelta(seconds=1))
        each.password(alice)
        each.post("/login/verify/email/")
        each.post("/login/verify/", {"code": code(alice.email)})
        assert each.get("/me/").status_code == 200
    assert weak[0].get("/me/").status_code == 302
    assert Session.objects.kept(timezone.now()).filter(aal=2).count() == 10
