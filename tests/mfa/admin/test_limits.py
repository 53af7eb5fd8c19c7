"""Security > Limits: to read for staff, brakes to lift for administrators."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa import counters, limits
from mfa.limits import HOUR
from mfa.models import AccountPolicy, AuditEvent, Brake, Event
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

PAGE = "/admin/mfa/brake/"
LIFT = "/admin/mfa/brake/lift/"
BLOCK = "+447546123"


@pytest.fixture
def brake(policy: AccountPolicy) -> Brake:
    now = timezone.now()
    return Brake.objects.create(scope=BLOCK, started_at=now, until=now + 12 * HOUR)


def staff(group: str) -> Browser:
    browser = Browser()
    user = make_user(f"{group.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    give_phone(user, "+447700900260")
    browser.log_in(user)
    return browser


def test_the_menu_names_the_page(office: Browser) -> None:
    assert f'href="{PAGE}"' in office.get("/admin/").content.decode()


def test_every_limit_stands_there_with_its_reason(office: Browser) -> None:
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
        "from the 10th on a wait of 30 seconds, doubling to 1 hour",
        "from the 10th on a wait of 15 minutes, doubling to 1 hour",
    ],
)
def test_figures_are_in_words(office: Browser, words: str) -> None:
    assert words in office.get(PAGE).content.decode()


def test_the_budget_of_the_policy_is_shown(office: Browser, policy: AccountPolicy) -> None:
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


def test_an_administrator_lifts_a_brake(brake: Brake) -> None:
    browser = staff("Administrators")
    assert f"{BLOCK}…" in browser.get(PAGE).content.decode()
    assert browser.post(LIFT, {"scope": BLOCK}).url == PAGE
    brake.refresh_from_db()
    assert brake.lifted_by.email == "administrators@example.org"
    page = browser.get(PAGE).content.decode()
    assert "Lifted by administrators@example.org" in page
    assert "Let texts go again</button>" not in page
    assert AuditEvent.objects.filter(event=Event.BRAKE_LIFTED).count() == 1


def test_a_country_is_named(office: Browser) -> None:
    now = timezone.now()
    Brake.objects.create(scope="FR", started_at=now, until=now + HOUR)
    assert "France" in office.get(PAGE).content.decode()


def test_a_brake_that_is_over_is_gone(office: Browser) -> None:
    now = timezone.now()
    Brake.objects.create(scope="FR", started_at=now - HOUR, until=now)
    assert "France" not in office.get(PAGE).content.decode()


def test_support_sees_and_cannot_lift(brake: Brake) -> None:
    browser = staff("Support")
    page = browser.get(PAGE).content.decode()
    assert f"{BLOCK}…" in page
    assert "Let texts go again</button>" not in page
    assert browser.post(LIFT, {"scope": BLOCK}).status_code == 403
    brake.refresh_from_db()
    assert brake.lifted_at is None


def test_staff_without_the_permission_see_nothing(policy: AccountPolicy, browser: Browser) -> None:
    user = make_user("guest@example.org", is_staff=True)
    give_phone(user, "+447700900261")
    browser.log_in(user)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(LIFT, {"scope": BLOCK}).status_code == 403


def test_charlie_sees_nothing(brake: Brake, other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(PAGE).status_code == 403
    assert other_browser.post(LIFT, {"scope": BLOCK}).status_code == 403


def test_looking_lifts_nothing(brake: Brake, office: Browser) -> None:
    assert office.get(LIFT, {"scope": BLOCK}).status_code in {302, 405}
    brake.refresh_from_db()
    assert brake.lifted_at is None


@pytest.mark.parametrize("scope", ["", "XX", "+440000000", "\x00"])
def test_what_is_no_brake_is_not_found(office: Browser, scope: str) -> None:
    assert office.post(LIFT, {"scope": scope}).status_code == 404
