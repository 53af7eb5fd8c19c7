"""Pages of passkeys: setup, second step, login, step-up, and what each refusal says."""

from datetime import timedelta
from html import unescape

import pytest

from accounts.models import User
from mfa.models import (
    AuditEvent,
    Event,
    Factor,
    OutboxMessage,
    SitePolicy,
    Status,
)
from mfa.models.passkeys import Passkey, PasskeyHandle
from mfa.session_engine import ABOUT
from tests.conftest import give_codes
from tests.one_time_passes import made
from tests.organizations import join, organization
from tests.passkeys import (
    ADD,
    ENROLL,
    LOG_IN,
    SECOND,
    answered,
    asked,
    create,
    give_passkey,
    new_key,
)
from tests.portal_client import Browser, code
from tests.security_key import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SecurityKey, decode, encode
from tests.stations import mailed_link

OTHER_WAY = ("Send me a text instead", "Try another way")


def words(page) -> str:
    return unescape(" ".join(page.content.decode().split()))


def refused(page, said: str) -> None:
    """The page says why, is a 400, and offers another way."""
    assert (page.status_code, said in words(page)) == (400, True), words(page)[-3000:]


def at_second_step(browser: Browser, user: User, **values: object) -> SecurityKey:
    key = give_passkey(user, **values)
    assert browser.password(user).url == SECOND
    return key


# Setup


def test_passkey_is_added_and_then_logs_in(browser: Browser, alice: User) -> None:
    """E04, E07, WA-06."""
    browser.log_in(alice)
    assert "Create a passkey" in words(browser.get(ADD))
    key = new_key(flags=PRESENT | VERIFIED | ELIGIBLE, counter=None)
    assert create(browser, key, ADD, "Blue key").url == "/me/security/?done=passkey"
    shown = words(browser.get("/me/security/"))
    assert "Blue key" in shown
    assert "Synced to your other devices" in shown
    notices = {
        message.channel for message in OutboxMessage.objects.filter(body__contains="passkey")
    }
    assert notices == {"sms", "email"}
    handle = bytes(PasskeyHandle.objects.get().value)
    assert (len(handle), key.handle) == (64, handle)
    browser.post("/logout/")
    OutboxMessage.objects.all().delete()
    assert browser.password(alice).url == SECOND
    assert not OutboxMessage.objects.exists()
    assert answered(browser, key, SECOND).url == "/"
    assert browser.session[ABOUT]["aal"] == 2
    assert Factor.objects.get(kind="passkey").last_used_at is not None


@pytest.mark.parametrize("size", [1023, 1024])
def test_ids_of_up_to_1023_bytes_are_stored_and_found(
    browser: Browser, alice: User, size: int
) -> None:
    """key7."""
    browser.log_in(alice)
    key = new_key(credential_id=bytes(range(256)) * 4 if size == 1024 else b"\7" * size)
    page = create(browser, key, ADD)
    if size == 1024:
        refused(page, "This kind of security key is not supported.")
        return
    browser.post("/logout/")
    assert answered(browser, key, LOG_IN).url == "/"


def test_known_provider_names_the_passkey(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    key = new_key(provider=bytes.fromhex("d548826e79b4db40a3d811116f7e8349"))
    create(browser, key, ADD)
    assert Factor.objects.get(kind="passkey").title == "Bitwarden"


def test_first_passkey_is_set_up_at_the_login(browser: Browser, bob: User) -> None:
    browser.password(bob)
    chooser = words(browser.get("/login/enroll/"))
    assert "Passkey or security key (recommended)" in chooser
    key = new_key()
    page = create(browser, key, ENROLL, "Key")
    assert page.url.startswith("/login/?notice=passkey")
    assert not browser.signed_in
    browser.password(bob)
    assert answered(browser, key, SECOND).url == "/"


def test_passkey_of_anyone_cannot_be_added_again(
    browser: Browser, alice: User, charlie: User
) -> None:
    taken = give_passkey(charlie)
    browser.log_in(alice)
    refused(create(browser, taken, ADD), "This passkey is already set up.")
    assert not alice.factors.filter(kind="passkey").exists()


def test_options_name_the_passkeys_that_exist(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    browser.password(alice)
    answered(browser, key, SECOND)
    excluded = browser.post(f"{ADD}options/").json()["excludeCredentials"]
    assert [decode(each["id"]) for each in excluded] == [key.credential_id]


def test_number_of_passkeys_is_limited(browser: Browser, alice: User) -> None:
    keys = [give_passkey(alice) for _ in range(10)]
    browser.password(alice)
    answered(browser, keys[0], SECOND)
    assert "which is the maximum" in words(browser.get(ADD))
    assert browser.post(f"{ADD}options/").status_code == 404


def test_passkey_is_recommended_first_wherever_methods_are_chosen(
    browser: Browser, other_browser: Browser, alice: User, bob: User
) -> None:
    """WA-01: at the first setup, on the Security page, and in the choice of a login."""
    recommended = "Passkey or security key (recommended)"
    other_browser.password(bob)
    chooser = words(other_browser.get("/login/enroll/"))
    assert recommended in chooser.partition("</li>")[0]
    browser.log_in(alice)
    page = words(browser.get("/me/security/"))
    assert page.index("Add a passkey or security key") < page.index("Add an authenticator app")
    hint = 'Add a passkey or security key</a> <span class="hint">Recommended</span>'
    assert hint in page
    give_passkey(alice)
    again = Browser()
    again.password(alice)
    choice = words(again.get("/login/choose/"))
    assert choice.index("A passkey or security key (recommended)") < choice.index("ending 01")
    key = give_passkey(alice)
    answered(again, key, SECOND)
    assert "Recommended<" not in words(again.get("/me/security/"))
    alice.factors.exclude(kind="passkey").delete()
    SitePolicy.note(email_codes="off")
    alone = Browser()
    alone.password(alice)
    assert "(recommended)" not in words(alone.get("/login/choose/"))


def test_policy_without_passkeys_offers_and_takes_none(browser: Browser, alice: User) -> None:
    """fac3."""
    key = give_passkey(alice)
    SitePolicy.note(methods=["phone"])
    SitePolicy.load()
    assert "Log in with a passkey" not in words(browser.get("/login/"))
    refused(answered(browser, key, LOG_IN), "This passkey can't be used here.")
    assert browser.password(alice).url == "/login/verify/"
    assert browser.post(f"{SECOND}options/").status_code == 404
    assert browser.post(SECOND, {"credential": "{}"}).url == "/login/verify/"
    browser.post("/login/verify/", {"code": code(alice.factors.get(kind="phone").target)})
    assert browser.get(ADD).status_code == 404
    assert browser.post(f"{ADD}options/").status_code == 404


# Login


def test_several_open_pages_can_finish(browser: Browser, alice: User) -> None:
    """key2."""
    key = at_second_step(browser, alice)
    older, newer = asked(browser, SECOND), asked(browser, SECOND)
    assert older != newer
    assert answered(browser, key, SECOND, challenge=older).url == "/"
    browser.post("/logout/")
    older, newer = asked(browser, LOG_IN), asked(browser, LOG_IN)
    assert answered(browser, key, LOG_IN, challenge=newer).url == "/"
    other = Browser()
    first = asked(other, LOG_IN)
    asked(other, LOG_IN)
    assert answered(other, key, LOG_IN, challenge=first).url == "/"


@pytest.mark.parametrize(("minutes", "works"), [(4.9, True), (5.1, False)])
def test_challenge_is_valid_for_five_minutes(
    clock, browser: Browser, alice: User, *, minutes: float, works: bool
) -> None:
    """WA-02."""
    key = at_second_step(browser, alice)
    challenge = asked(browser, SECOND)
    clock.shift(timedelta(minutes=minutes))
    page = answered(browser, key, SECOND, challenge=challenge)
    if works:
        assert page.url == "/"
    else:
        refused(page, "The page was open for too long. Try again.")
        assert answered(browser, key, SECOND).url == "/"


def test_counter_that_does_not_rise_is_refused_and_told_once(browser: Browser, alice: User) -> None:
    """key4, WA-05."""
    key = at_second_step(browser, alice, counter=7)
    for sent in (7, 6, 0):
        page = answered(browser, key, SECOND, counter=sent)
        refused(page, "This passkey may have been copied")
        assert any(way in words(page) for way in OTHER_WAY)
    assert Passkey.objects.get().sign_count == 7
    told = OutboxMessage.objects.filter(channel="email", body__contains="copy of your passkey")
    assert told.count() == 1
    assert AuditEvent.objects.filter(event=Event.PASSKEY_COPIED).count() == 1
    reasons = AuditEvent.objects.filter(event=Event.PASSKEY_REFUSED).values_list("details")
    assert list(reasons) == [({"check": "counter"},)] * 3
    assert answered(browser, key, SECOND, counter=8).url == "/"
    assert Passkey.objects.get().sign_count == 8


def test_passkey_that_changed_its_backup_flag_is_refused_in_words(
    browser: Browser, alice: User
) -> None:
    """key5."""
    key = at_second_step(browser, alice)
    page = answered(browser, key, SECOND, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    refused(page, "This passkey has changed, so we can't accept it.")
    assert any(way in words(page) for way in OTHER_WAY)
    assert AuditEvent.objects.get(event=Event.PASSKEY_REFUSED).details == {"check": "eligible"}
    browser.post("/login/choose/", {"route": f"sms-{alice.factors.get(kind='phone').pk}"})
    browser.post("/login/verify/", {"code": code("+447700900201")})
    assert browser.signed_in


def test_security_page_tells_the_browser_which_passkeys_exist(
    browser: Browser, alice: User
) -> None:
    """key10: removed passkeys disappear from the browser's list."""
    key, gone = give_passkey(alice), give_passkey(alice)
    answered(browser, key, LOG_IN)
    page = browser.get("/me/security/")
    assert all(encode(each.credential_id) in words(page) for each in (key, gone))
    factor = Passkey.objects.get(credential_id=gone.credential_id).factor
    browser.post(f"/me/security/factors/{factor.pk}/remove/")
    page = words(browser.get("/me/security/?done=removed"))
    assert encode(key.credential_id) in page
    assert encode(gone.credential_id) not in page


def test_passkeys_can_be_renamed_and_suspended(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    answered(browser, key, LOG_IN)
    factor = alice.factors.get(kind="passkey")
    browser.post(f"/me/security/factors/{factor.pk}/name/", {"name": "Office key"})
    assert "Office key" in words(browser.get("/me/security/"))
    browser.post(f"/me/security/factors/{factor.pk}/suspend/")
    other = Browser()
    refused(answered(other, key, LOG_IN), "This passkey can't be used here.")
    assert other.password(alice).url == "/login/verify/"


# Step-up and reset


def test_passkey_steps_up(clock, browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    answered(browser, key, LOG_IN)
    clock.shift(timedelta(minutes=11))
    page = browser.get(ADD)
    assert page.url.startswith("/me/confirm/"), page.url
    assert browser.post("/me/confirm/", {"next": ADD, "binding": "1"}).url == SECOND
    assert "Confirm with your passkey" in words(browser.get(SECOND))
    assert answered(browser, key, SECOND).url == ADD
    assert browser.get(ADD).status_code == 200


def test_passkey_confirms_a_password_reset(browser: Browser, alice: User) -> None:
    key = give_passkey(alice)
    browser.post("/password/forgot/", {"email": alice.email})
    uid, token = mailed_link()
    assert browser.post(f"/password/reset/{uid}/{token}/").url == SECOND
    assert answered(browser, key, SECOND).url == "/password/new/"
    assert not browser.signed_in


def test_page_without_script_says_what_to_do(browser: Browser, alice: User) -> None:
    at_second_step(browser, alice)
    page = words(browser.get(SECOND))
    assert "<noscript>" in page
    assert "Passkeys need JavaScript." in page
    assert "Send me a text instead" in page


def test_passkey_as_the_only_kind_names_no_other_way(
    browser: Browser, bob: User, policy: SitePolicy
) -> None:
    """Neither the page of the setup nor its words without script."""
    browser.password(bob)
    other = "Set up another way"
    assert other in browser.get(ENROLL).text
    SitePolicy.note(methods=["passkey"])
    page = words(browser.get(ENROLL))
    assert "Passkeys need JavaScript. Turn it on in your browser.<" in page
    assert other not in page


def test_manager_with_passkey_reads_why_email_is_not_offered(browser: Browser, bob: User) -> None:
    """EM-07."""
    SitePolicy.note(methods=["email", "passkey"])
    join(bob, organization("Club", methods=["email"]), role="manager")
    assert browser.password(bob).url == ENROLL
    assert "don't get login codes by email. Set up another way" in words(browser.get(ENROLL))


def test_help_tells_what_to_do_without_the_passkey(browser: Browser, alice: User) -> None:
    at_second_step(browser, alice)
    assert ">Back</a>" in browser.get("/login/choose/").text
    page = words(browser.get("/login/help/"))
    assert "Lost passkey" in page
    assert "I no longer have my passkey" in page
    assert "Not received a code?" not in page
    assert "this phone" not in page
    SitePolicy.objects.update(email_codes="off")
    assert "You can't set up a new way to log in by email now." in words(
        browser.get("/login/help/")
    )


def test_lost_passkey_is_replaced_by_email(browser: Browser, alice: User) -> None:
    """The page names what the person has: an old number only if there is one."""
    at_second_step(browser, alice)
    assert browser.post("/login/lost/").url == "/login/mailbox/"
    assert "we'll also text your old number" in words(browser.get("/login/mailbox/"))
    alice.factors.filter(kind="phone").delete()
    page = words(browser.get("/login/mailbox/"))
    assert "Enter it to set up a new way to log in." in page
    assert "Back: I have my passkey" in page
    assert "phone" not in page
    assert "number" not in page
    assert browser.post("/login/lost/", {"found": "yes"}).url == SECOND


def test_ip_address_says_why_passkeys_do_not_work(browser: Browser, settings, alice: User) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    key = at_second_step(browser, alice)
    page = words(browser.get(SECOND, headers={"host": "127.0.0.1:8000"}))
    assert "Passkeys don't work at this address." in page
    assert "Press the button." not in page
    assert "http://localhost:8000/login/passkey/" in page
    home = words(browser.get(SECOND, headers={"host": "localhost:8000"}))
    assert "Use passkey" in home
    key.site, key.origin = "localhost", "http://localhost:8000"
    assert answered(browser, key, SECOND).url == "/"


# Weaker methods


def test_policy_can_refuse_weaker_methods_beside_a_passkey(browser: Browser, alice: User) -> None:
    """PS-09: with a passkey, nothing that a fake website could take logs in."""
    SitePolicy.note(weaker_ways="refuse")
    key = at_second_step(browser, alice)
    page = words(browser.get(SECOND))
    assert not any(said in page for said in OTHER_WAY)
    phone = alice.factors.get(kind="phone")
    for path, form in (
        ("/login/choose/", {"route": f"sms-{phone.pk}"}),
        ("/login/verify/email/", {}),
        ("/login/verify/resend/", {}),
        ("/login/verify/", {"code": "000000"}),
    ):
        browser.post(path, form)
    assert not OutboxMessage.objects.exists()
    assert not browser.signed_in
    answered(browser, key, SECOND)
    assert browser.signed_in
    assert "only with passkeys and recovery codes" in words(browser.get("/me/security/"))


def test_refused_weaker_methods_leave_recovery_codes_a_pass_and_email(
    browser: Browser, alice: User, root: User
) -> None:
    """PS-09: the ways back after a lost passkey."""
    SitePolicy.note(weaker_ways="refuse")
    give_passkey(alice)
    typed = give_codes(alice)[0]
    browser.password(alice)
    assert browser.post("/login/recovery-code/", {"code": typed}).url == "/"
    assert browser.signed_in

    lost = Browser()
    lost.password(alice)
    assert lost.post("/login/lost/").url == "/login/mailbox/"
    lost.post("/login/mailbox/", {"send": "1"})
    page = lost.post("/login/mailbox/", {"code": code(alice.email)})
    assert page.url.startswith("/login/enroll/")

    helped = Browser()
    helped.password(alice)
    page = helped.post("/login/pass/", {"code": made(root, alice)})
    assert page.url.startswith("/login/enroll/")
    assert not helped.signed_in


def test_passkey_that_was_reported_lost_opens_the_phone_again(
    browser: Browser, alice: User
) -> None:
    SitePolicy.note(weaker_ways="refuse")
    give_passkey(alice)
    alice.factors.filter(kind="passkey").update(status=Status.SUSPENDED)
    assert browser.log_in(alice).url == "/"


def test_phone_is_no_backup_where_a_passkey_refuses_it(browser: Browser, alice: User) -> None:
    """key11: losing the passkey must leave another way."""
    SitePolicy.note(weaker_ways="refuse", backup=True)
    key = at_second_step(browser, alice)
    assert answered(browser, key, SECOND).url == "/login/enroll/done/"
    SitePolicy.note(weaker_ways="")
    browser.post("/login/enroll/done/")
    assert browser.signed_in


def test_policy_without_texts_offers_none(browser: Browser, alice: User) -> None:
    """PS-09: only passkeys and recovery codes."""
    SitePolicy.note(methods=["passkey", "recovery_codes"], email_codes="off")
    key = at_second_step(browser, alice)
    page = words(browser.get(SECOND)).lower()
    assert not any(said.lower() in page for said in OTHER_WAY)
    answered(browser, key, SECOND)
    assert browser.signed_in
    for path in ("/me/phone/", "/me/security/phone/", "/me/security/app/"):
        assert browser.get(path).status_code == 404, path
    assert "phone number" not in words(browser.get("/me/security/")).lower()
    assert not OutboxMessage.objects.filter(channel="sms").exists()
