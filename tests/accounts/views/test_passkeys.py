"""Login with a passkey instead of the password."""

from datetime import timedelta
from html import unescape

from django.utils import timezone

from accounts.models import User
from mfa.models import (
    AuditEvent,
    Event,
    SitePolicy,
    Status,
)
from mfa.models.passkeys import PasskeyChallenge
from mfa.session_engine import ABOUT
from mfa.sessions.proofs import PROOFS
from tests.passkeys import ADD, LOG_IN, SECOND, answered, give_passkey, new_key
from tests.portal_client import Browser
from tests.security_key import PRESENT, encode


def words(page) -> str:
    return unescape(" ".join(page.content.decode().split()))


def refused(page, said: str) -> None:
    """The page says why, is a 400, and offers another way."""
    assert (page.status_code, said in words(page)) == (400, True), words(page)[-3000:]


def test_passkey_alone_logs_in_at_aal2(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    assert answered(browser, key, LOG_IN, next="/me/").url == "/me/"
    about = browser.session[ABOUT]
    assert (about["aal"], set(about[PROOFS])) == (2, {"passkey"})
    assert browser.get(ADD).status_code == 200
    events = list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))
    assert events == [Event.PASSKEY_RIGHT, Event.LOGGED_IN]


def test_touch_alone_does_not_log_in_but_is_a_second_step(browser: Browser, alice: User) -> None:
    """key3, WA-04, X18."""
    key = give_passkey(alice, flags=PRESENT)
    refused(answered(browser, key, LOG_IN), "Your device did not check that it's you.")
    assert not browser.signed_in
    browser.password(alice)
    assert answered(browser, key, SECOND).url == "/"


def test_options_are_the_same_for_everyone(browser: Browser, alice: User) -> None:
    """key6: they are requested before anyone says who they are."""
    give_passkey(alice)
    options = browser.post(f"{LOG_IN}options/").json()
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")


def test_only_an_unknown_passkey_is_signaled_to_the_browser(browser: Browser, alice: User) -> None:
    """key10."""
    key, signal = give_passkey(alice), "data-unknown-passkey"
    stranger = new_key(handle=key.handle)
    page = answered(browser, stranger, LOG_IN)
    refused(page, "This passkey can't be used here.")
    assert f'{signal}="{encode(stranger.credential_id)}"' in words(page)
    expired = answered(browser, stranger, LOG_IN, challenge=bytes(32))
    assert signal not in words(expired)
    assert signal not in words(answered(browser, key, LOG_IN, flags=PRESENT))
    alice.factors.filter(kind="passkey").update(status=Status.SUSPENDED)
    page = answered(browser, key, LOG_IN)
    refused(page, "This passkey can't be used here.")
    assert signal not in words(page)
    alice.factors.filter(kind="passkey").update(status=Status.ACTIVE)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    page = answered(browser, key, LOG_IN)
    refused(page, "This passkey can't be used here.")
    assert signal not in words(page)


def test_new_password_is_due_after_a_passkey_too(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    User.objects.filter(pk=alice.pk).update(password_expired=True)
    answered(browser, key, LOG_IN)
    assert "/renew/" in browser.get("/me/").url


def test_everyone_sets_up_again_after_a_passkey_too(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    SitePolicy.note(enroll_again_from=timezone.now() + timedelta(seconds=1))
    page = answered(browser, key, LOG_IN)
    assert page.url == "/login/enroll/phone/"
    assert not browser.signed_in


def test_backup_is_due_after_a_passkey_too(browser: Browser, root: User) -> None:
    root.factors.all().delete()
    key = give_passkey(root)
    assert answered(browser, key, LOG_IN).url == "/login/enroll/done/"
    assert not browser.signed_in


def test_closed_account_is_kept_by_a_passkey_login_as_by_any_other(
    browser: Browser, alice: User
) -> None:
    key = give_passkey(alice)
    User.objects.filter(pk=alice.pk).update(closed_at=timezone.now() - timedelta(days=13))
    assert answered(browser, key, LOG_IN).url == "/"
    User.objects.filter(pk=alice.pk).update(closed_at=timezone.now() - timedelta(days=15))
    refused(answered(Browser(), key, LOG_IN), "This passkey can't be used here.")


def test_challenges_of_one_network_are_limited(browser: Browser, policy: SitePolicy) -> None:
    answers = [browser.post(f"{LOG_IN}options/").status_code for _ in range(601)]
    assert set(answers[:600]) == {200}
    assert answers[600] == 429
    assert PasskeyChallenge.objects.count() == 600
