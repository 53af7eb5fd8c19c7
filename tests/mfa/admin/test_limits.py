"""Security > Limits: staff can view it, administrators can lift send blocks."""

import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import User
from mfa.limits import counters, table as limits
from mfa.limits.base import HOUR
from mfa.models import AuditEvent, Event, SendBlock, SitePolicy
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

PAGE = "/admin/mfa/sendblock/"
LIFT = "/admin/mfa/sendblock/lift/"
BLOCK = "+447546123"


@pytest.fixture
def block(policy: SitePolicy) -> SendBlock:
    now = timezone.now()
    return SendBlock.objects.create(scope=BLOCK, started_at=now, until=now + 12 * HOUR)


def staff(group: str) -> Browser:
    browser = Browser()
    user = make_user(f"{group.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    give_phone(user, "+447700900260")
    browser.log_in(user)
    return browser


def test_menu_has_limits_page(office: Browser) -> None:
    assert f'href="{PAGE}"' in office.get("/admin/").content.decode()


def test_every_limit_is_shown_with_reason(office: Browser) -> None:
    page = office.get(PAGE)
    shown = {str(figure.what) for figure in page.context["figures"]}
    assert {str(limit.what) for limit in limits.TABLE} <= shown
    assert all(str(figure.why) and figure.most for figure in page.context["figures"])


@pytest.mark.parametrize(
    "words",
    [
        "5 in 15 minutes, 10 in 1 hour, 30 in 1 day",
        "500 in 1 day",
        "30 % of 20 or more in 1 hour",
        "After 10 in a row: wait 30 seconds, doubling up to 1 hour",
        "After 10 in a row: wait 15 minutes, doubling up to 1 hour",
    ],
)
def test_limits_are_in_words(office: Browser, words: str) -> None:
    assert words in office.get(PAGE).content.decode()


def test_budget_of_policy_is_shown(office: Browser, policy: SitePolicy) -> None:
    policy.texts_a_day = 77
    policy.save()
    page = office.get(PAGE).content.decode()
    assert "77 in 1 day" in page
    assert "770 in 1 day" in page


def test_todays_use_is_shown(office: Browser) -> None:
    for _ in range(3):
        counters.count(limits.NEW_TEXTS.of("site"))
        counters.count(limits.NEW_PER_COUNTRY.of("FR"))
    shares = [(share.what, share.used, share.most) for share in office.get(PAGE).context["shares"]]
    assert (str(limits.NEW_TEXTS.what), 3, 500) in shares
    assert ("France", 3, 100) in shares
    assert "Germany" not in {what for what, _, _ in shares}


def test_administrator_can_lift_send_block(block: SendBlock) -> None:
    browser = staff("Administrators")
    assert f"{BLOCK}…" in browser.get(PAGE).content.decode()
    assert browser.post(LIFT, {"scope": BLOCK}).url == PAGE
    block.refresh_from_db()
    assert block.lifted_by.email == "administrators@example.org"
    page = browser.get(PAGE).content.decode()
    assert "Allowed again by administrators@example.org" in page
    assert "Allow texts again</a>" not in page
    assert AuditEvent.objects.filter(event=Event.BRAKE_LIFTED).count() == 1


def test_send_block_of_country_shows_its_name(office: Browser) -> None:
    now = timezone.now()
    SendBlock.objects.create(scope="FR", started_at=now, until=now + HOUR)
    assert "France" in office.get(PAGE).content.decode()


def test_ended_send_block_is_not_shown(office: Browser) -> None:
    now = timezone.now()
    SendBlock.objects.create(scope="FR", started_at=now - HOUR, until=now)
    assert "France" not in office.get(PAGE).content.decode()


def test_support_can_view_but_not_lift(block: SendBlock) -> None:
    browser = staff("Support")
    page = browser.get(PAGE).content.decode()
    assert f"{BLOCK}…" in page
    assert "Allow texts again</a>" not in page
    assert browser.post(LIFT, {"scope": BLOCK}).status_code == 403
    block.refresh_from_db()
    assert block.lifted_at is None


def test_staff_without_the_permission_see_nothing(policy: SitePolicy, browser: Browser) -> None:
    user = make_user("guest@example.org", is_staff=True)
    give_phone(user, "+447700900261")
    browser.log_in(user)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(LIFT, {"scope": BLOCK}).status_code == 403


def test_charlie_sees_nothing(block: SendBlock, other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(PAGE).status_code == 403
    assert other_browser.post(LIFT, {"scope": BLOCK}).status_code == 403


def test_page_asks_before_it_lifts_send_block(block: SendBlock, office: Browser) -> None:
    link = re.search(r'href="(/admin/mfa/sendblock/lift/\?scope=[^"]+)"', office.get(PAGE).text)
    page = office.get(link[1]).text
    assert f"<strong>{BLOCK}…</strong> get texts again right away" in page
    until = date_format(localtime(block.until), "j F Y, H:i T")
    assert f"They are not blocked again before {until}." in page
    block.refresh_from_db()
    assert block.lifted_at is None
    assert staff("Support").get(link[1]).status_code == 403
    action, scope = (
        re.search(r'<form method="post" action="([^"]+)">', page),
        re.search(r'name="scope" value="([^"]*)"', page),
    )
    office.post(action[1], {"scope": scope[1]})
    block.refresh_from_db()
    assert block.lifted_at is not None


@pytest.mark.parametrize("scope", ["", "XX", "+440000000", "\x00"])
def test_unknown_send_block_is_not_found(office: Browser, scope: str) -> None:
    assert office.post(LIFT, {"scope": scope}).status_code == 404
