"""The nudge for a passkey or a second way: when the home page asks, and what answers do (key12)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Factor, SitePolicy, Status
from tests.authenticator import give_app
from tests.conftest import give_codes
from tests.organizations import join, organization
from tests.passkeys import LOG_IN, answered, give_passkey
from tests.portal_client import Browser, code

PASSKEY, SECOND_WAY = "Log in faster with a passkey", "Add a second way to log in"
ANSWER, SHOWN, SECURITY = "/me/security/nudge/", "/me/security/nudge/shown/", "/me/security/"
BY_EMAIL = "We then email you a code to set up another way."
BY_HELP = "can't log in until the help desk helps you."
ONLY = "You have only one way to log in."

pytestmark = pytest.mark.usefixtures("clock")


def asked(browser: Browser) -> str:
    """Return what the home page asks for, or ""."""
    page = browser.get("/").content.decode()
    return next((words for words in (PASSKEY, SECOND_WAY) if words in page), "")


def later(browser: Browser, clock, user: User, **shift: float) -> Browser:
    """Log in again after a time, on another device."""
    clock.shift(timedelta(**shift))
    other = Browser()
    other.log_in(user)
    return other


def test_not_now_counts_for_30_days_on_all_devices(clock, browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert asked(browser) == PASSKEY
    assert browser.post(ANSWER, {"answer": "later"}).url == "/"
    assert asked(browser) == ""
    assert asked(later(browser, clock, alice, days=29, hours=23)) == ""
    assert asked(later(browser, clock, alice, hours=1)) == PASSKEY


def test_shown_nudge_stays_in_its_session_and_waits_in_all_others(
    clock, browser: Browser, alice: User
) -> None:
    """Also if nobody answers it, as on the way to another page."""
    browser.log_in(alice)
    assert browser.post(SHOWN).status_code == 204
    assert asked(browser) == PASSKEY
    assert asked(later(browser, clock, alice, minutes=1)) == ""
    assert browser.post(ANSWER, {"answer": "later"}).url == "/"
    assert asked(browser) == ""
    assert asked(later(browser, clock, alice, days=31)) == PASSKEY


def test_noting_it_again_does_not_put_it_off(clock, browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    browser.post(SHOWN)
    seen = User.objects.get(pk=alice.pk).nudged_at
    clock.shift(timedelta(minutes=5))
    browser.post(SHOWN)
    assert User.objects.get(pk=alice.pk).nudged_at == seen


def test_never_again_holds_for_good_and_for_this_person_only(
    clock, browser: Browser, alice: User, charlie: User
) -> None:
    browser.log_in(alice)
    browser.post(SHOWN)
    assert browser.post(ANSWER, {"answer": "never"}).url == "/"
    assert asked(browser) == ""
    assert asked(later(browser, clock, alice, days=400)) == ""
    assert "Add a passkey or security key" in later(browser, clock, alice).get(SECURITY).text
    assert asked(later(browser, clock, charlie)) == PASSKEY


def test_answers_need_a_login_and_change_nobody_else(
    browser: Browser, alice: User, charlie: User
) -> None:
    browser.password(alice)
    for path in (ANSWER, SHOWN):
        assert browser.post(path, {"answer": "never", "user": charlie.pk}).url.startswith("/login/")
    assert not User.objects.exclude(nudged_at=None, nudge_declined_at=None).exists()
    browser.post("/login/verify/", {"code": code(alice.factors.get().target)})
    browser.post(ANSWER, {"answer": "never", "user": charlie.pk})
    assert list(User.objects.exclude(nudge_declined_at=None)) == [alice]


def test_showing_it_writes_nothing_and_answers_are_no_security_events(
    browser: Browser, alice: User
) -> None:
    browser.log_in(alice)
    events = AuditEvent.objects.count()
    assert asked(browser) == PASSKEY
    assert User.objects.get(pk=alice.pk).nudged_at is None
    browser.post(ANSWER, {"answer": "later"})
    assert AuditEvent.objects.count() == events


def test_only_a_template_that_the_script_opens_asks_for_a_passkey(
    browser: Browser, alice: User
) -> None:
    """Without script, the Security page has the link."""
    browser.log_in(alice)
    page = browser.get("/").text
    before, _, rest = page.partition('<template data-origin="http://testserver">')
    inside, _, after = rest.partition("</template>")
    assert PASSKEY in inside
    assert PASSKEY not in before + after
    assert "portal/nudge" in before


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"methods": ["phone", "recovery_codes"]}, SECOND_WAY),
        ({"enforcement": "off"}, ""),
        ({"enabled": False}, ""),
        ({"enforcement": "optional"}, PASSKEY),
    ],
)
def test_policy_decides_what_is_asked(
    browser: Browser, alice: User, rules: dict, words: str
) -> None:
    browser.log_in(alice)
    SitePolicy.note(**rules)
    assert asked(browser) == words


def test_organization_without_passkeys_asks_for_none(browser: Browser, alice: User) -> None:
    join(alice, organization("Acme", methods=["phone", "app"]))
    browser.log_in(alice)
    assert asked(browser) == SECOND_WAY


def test_more_urgent_task_comes_first(browser: Browser, alice: User) -> None:
    codes = give_codes(alice)
    browser.log_in(alice)
    assert asked(browser) == PASSKEY
    held = alice.factors.get(kind="recovery_codes").recovery_codes
    held.filter(pk__in=held.values("pk")[: len(codes) - 3]).update(used_at=timezone.now())
    assert "Make new ones" in browser.get("/").text
    assert asked(browser) == ""


# What happens without a second way (key11)


def test_only_way_says_what_happens_without_it(browser: Browser, alice: User) -> None:
    """In the nudge and on the Security page."""
    browser.log_in(alice)
    for page in ("/", SECURITY):
        text = browser.get(page).text
        assert ONLY in text
        assert BY_EMAIL in text
    SitePolicy.note(email_codes="off")
    for page in ("/", SECURITY):
        text = browser.get(page).text
        assert BY_HELP in text
        assert BY_EMAIL not in text


@pytest.mark.parametrize("second", ["app", "codes", "passkey"])
def test_second_way_of_any_kind_ends_the_warning(
    browser: Browser, alice: User, second: str
) -> None:
    browser.log_in(alice)
    match second:
        case "app":
            give_app(alice)
        case "codes":
            give_codes(alice)
        case "passkey":
            give_passkey(alice)
    browser = Browser()
    browser.password(alice)
    browser.post("/login/choose/", {"route": f"sms-{alice.factors.get(kind='phone').pk}"})
    browser.post("/login/verify/", {"code": code(alice.factors.get(kind="phone").target)})
    assert ONLY not in browser.get("/").text
    assert ONLY not in browser.get(SECURITY).text


def test_passkey_as_the_only_way_leads_to_a_second_one(
    clock, browser: Browser, alice: User
) -> None:
    key = give_passkey(alice)
    alice.factors.filter(kind="phone").update(status=Status.REVOKED)
    answered(browser, key, LOG_IN)
    page = browser.get("/").text
    assert SECOND_WAY in page
    assert "<template" not in page
    assert BY_EMAIL in page
    assert "You're all set." not in page
    assert BY_EMAIL in browser.get(SECURITY).text
    browser.post(ANSWER, {"answer": "later"})
    assert asked(browser) == ""
    assert BY_EMAIL in browser.get(SECURITY).text


def test_phone_that_a_passkey_turns_off_is_no_second_way(browser: Browser, alice: User) -> None:
    SitePolicy.note(weaker_ways="refuse")
    answered(browser, give_passkey(alice), LOG_IN)
    assert asked(browser) == SECOND_WAY
    give_passkey(alice, "Spare")
    assert asked(browser) == ""
    assert ONLY not in browser.get(SECURITY).text


def test_factor_that_the_policy_dropped_is_no_second_way(browser: Browser, alice: User) -> None:
    Factor.objects.create(
        user=alice, kind="email", target="a@b.example", confirmed_at=timezone.now()
    )
    browser.log_in(alice)
    assert ONLY in browser.get(SECURITY).text


@pytest.mark.parametrize("methods", [[], ["phone"]])
def test_done_page_leads_to_a_second_way(finishing: Browser, bob: User, methods: list) -> None:
    SitePolicy.note(methods=methods)
    page = finishing.get("/login/enroll/done/").text
    assert ("Show my recovery codes" in page) is not bool(methods)
    assert ("Add a second way too" in page) is bool(methods)
    assert "Finish and add another way" in page
    assert finishing.post("/login/enroll/done/", {"more": "1"}).url == SECURITY
    assert finishing.get(SECURITY).status_code == 200
    assert finishing.get("/me/security/phone/").status_code == 200
