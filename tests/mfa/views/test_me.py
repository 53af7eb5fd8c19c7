"""The logged-in person's pages: change of number, and activity."""

import pytest
from django.db.models.signals import post_init

from accounts.models import User
from mfa.models import AuditEvent, Event, SitePolicy
from tests.conftest import NOON
from tests.journeys.conftest import NEW_NUMBER
from tests.portal_client import Browser, code, codes

PHONE, VERIFY, RESEND = "/me/phone/", "/me/phone/verify/", "/me/phone/verify/resend/"
ACTIVITY = "/me/activity/"


@pytest.fixture
def by_password(browser: Browser, alice: User, policy: SitePolicy) -> Browser:
    """Alice, who logged in by password while MFA was off. Now it is on."""
    policy.enabled = False
    policy.save()
    browser.password(alice)
    policy.enabled = True
    policy.save()
    return browser


@pytest.mark.parametrize("method", ["get", "post"])
def test_session_without_second_step_cannot_change_phone(
    by_password: Browser, alice: User, method: str
) -> None:
    """EN-02, PS-04: a stolen password must not become a second step."""
    response = getattr(by_password, method)(PHONE, {"phone": NEW_NUMBER})
    assert response.url.startswith("/me/confirm/?next=%2Fme%2Fphone%2F")
    assert not codes(NEW_NUMBER)
    assert alice.factors.usable().get().target == "+447700900201"


def test_person_who_skipped_can_add_first_phone(
    browser: Browser, bob: User, optional: SitePolicy
) -> None:
    browser.password(bob)
    browser.post("/login/skip/")
    assert browser.post(PHONE, {"phone": NEW_NUMBER}).url == VERIFY


def test_code_page_shows_new_number_in_full(home: Browser) -> None:
    """P06."""
    home.post(PHONE, {"phone": NEW_NUMBER})
    page = home.get(VERIFY).content.decode()
    assert page.index("+44 7700 900250") < page.index("Use another number")


def test_current_number_is_shown_masked(home: Browser) -> None:
    page = home.get(PHONE).content.decode()
    assert "number ending 01" in page
    assert "7700900201" not in page


@pytest.mark.parametrize("path", [PHONE, VERIFY, ACTIVITY, RESEND])
def test_anonymous_visitors_are_redirected_to_login(browser: Browser, db: None, path: str) -> None:
    assert browser.post(path).url == f"/login/?next={path}"


@pytest.mark.parametrize(("path", "method"), [(RESEND, "get"), (ACTIVITY, "post"), (PHONE, "put")])
def test_other_methods_are_refused(home: Browser, path: str, method: str) -> None:
    assert getattr(home, method)(path).status_code == 405


def test_activity_is_newest_first(home: Browser) -> None:
    events = home.get(ACTIVITY).context["events"]
    assert [event.event for event in events][:2] == [Event.LOGGED_IN, Event.CODE_RIGHT]


def test_look_by_support_cannot_be_reported(home: Browser, alice: User) -> None:
    looked = AuditEvent.objects.create(at=NOON, event=Event.SUPPORT_OPENED, user=alice)
    page = home.get(ACTIVITY).text
    assert "Support looked at this account" in page
    assert f"{ACTIVITY}{looked.pk}/" not in page


def test_activity_comes_in_pages(home: Browser, alice: User) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(at=NOON, event=Event.CODE_SENT, user=alice) for _ in range(60)
    )
    first = home.get(ACTIVITY).content.decode()
    assert "Page 1 of 2" in first
    assert "Older" in first
    assert "Newer" in home.get(ACTIVITY, {"page": "2"}).content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "\x00", "9" * 5000])
def test_any_page_number_works(home: Browser, page: str) -> None:
    assert home.get(ACTIVITY, {"page": page}).status_code == 200


def test_activity_escapes_browser(home: Browser, alice: User) -> None:
    """WB-04: clients choose their User-Agent."""
    AuditEvent.objects.create(
        at=NOON, event=Event.LOGGED_IN, user=alice, browser="<script>alert(1)</script>"
    )
    assert "<script>alert" not in home.get(ACTIVITY).content.decode()


def test_unknown_event_shows_its_name(home: Browser, alice: User) -> None:
    AuditEvent.objects.create(at=NOON, event="from_the_future", user=alice)
    assert "from_the_future" in home.get(ACTIVITY).content.decode()


def test_charlie_sees_his_own_activity(
    home: Browser, other_browser: Browser, charlie: User
) -> None:
    other_browser.log_in(charlie)
    events = other_browser.get(ACTIVITY).context["events"]
    assert {event.user_id for event in events} == {charlie.pk}


def test_second_parallel_session_is_logged_out(home: Browser, alice: User) -> None:
    """SS-06: another session changed the person between this request's read and write."""

    def overtake(**_: object) -> None:
        User.objects.filter(pk=alice.pk).update(session_epoch=7)

    home.post(PHONE, {"phone": NEW_NUMBER})
    right = code(NEW_NUMBER)
    post_init.connect(overtake, sender=AuditEvent)
    response = home.post(VERIFY, {"code": right})
    post_init.disconnect(overtake, sender=AuditEvent)
    assert response.url == "/login/"
    assert home.get("/me/").status_code == 302
    assert alice.factors.usable().get().target == "+447700900201"
