"""Pages of authenticator apps: E04, E09, E14, TO-01, TO-02, EN-03, PS-01."""

import re
from datetime import timedelta

import time_machine
from django.utils import timezone

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from tests.authenticator import SECRET, give_app, shows, typed_in
from tests.portal_client import Browser, code, codes

PHONE = "+447700900201"
VERIFY, CHOOSE = "/login/verify/", "/login/choose/"
ENROLL, FIRST, MORE = "/login/enroll/", "/login/enroll/app/", "/me/security/app/"


def secret_on(page: str) -> bytes:
    """Return the key as shown on the page."""
    return typed_in(re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1])


# Logging in


def test_no_text_without_request_beside_app(browser: Browser, alice: User) -> None:
    """E09, K2."""
    give_app(alice)
    assert browser.password(alice).url == VERIFY
    page = browser.get(VERIFY).content.decode()
    assert "from your authenticator app" in page
    assert "Work phone" in page
    assert not OutboxMessage.objects.exists()


def test_apps_code_logs_in(browser: Browser, alice: User) -> None:
    give_app(alice)
    browser.password(alice)
    assert browser.post(VERIFY, {"code": shows(SECRET)}).url == "/"
    assert browser.session["mfa_about"]["aal"] == 2
    assert browser.session["mfa_about"]["channel"] == "app"


def test_app_code_logs_in_once(browser: Browser, other_browser: Browser, alice: User) -> None:
    """TO-02."""
    give_app(alice)
    used = shows(SECRET)
    for each in (browser, other_browser):
        each.password(alice)
        last = each.post(VERIFY, {"code": used})
    assert "This code has already been used." in last.content.decode()
    assert not other_browser.signed_in


def test_text_is_sent_on_request(browser: Browser, alice: User) -> None:
    """E09: "Send me a text instead"."""
    give_app(alice)
    browser.password(alice)
    page = browser.get(VERIFY).content.decode()
    assert "Send me a text instead" in page
    route = re.search(r'name="route" value="(sms-\d+)"', page)[1]
    assert browser.post(CHOOSE, {"route": route}).url == VERIFY
    browser.post(VERIFY, {"code": code(PHONE)})
    assert browser.signed_in


def test_app_code_is_wrong_after_text_was_requested(browser: Browser, alice: User) -> None:
    """OT-04: the answer is judged by what was asked."""
    give_app(alice)
    browser.password(alice)
    phone = alice.factors.get(kind="phone")
    browser.post(CHOOSE, {"route": f"sms-{phone.pk}"})
    browser.post(VERIFY, {"code": shows(SECRET)})
    assert not browser.signed_in


def test_wrong_code_says_how_many_attempts_are_left(browser: Browser, alice: User) -> None:
    give_app(alice, b"x" * 20)
    browser.password(alice)
    page = browser.post(VERIFY, {"code": "000000"}).content.decode()
    assert "That is not the code your app shows now. 4 attempts left" in page


def test_ten_wrong_app_codes_cause_lockout(browser: Browser, alice: User) -> None:
    give_app(alice, b"x" * 20)
    browser.password(alice)
    answers = [browser.post(VERIFY, {"code": "000000"}) for _ in range(10)]
    assert answers[-1].url == "/login/help/"


def test_each_of_two_apps_logs_in(browser: Browser, alice: User) -> None:
    """E14."""
    give_app(alice, name="Old phone")
    newer = give_app(alice, b"y" * 20, "New phone")
    browser.password(alice)
    page = browser.get(CHOOSE).content.decode()
    assert "Code from the authenticator app (Old phone)" in page
    browser.post(CHOOSE, {"route": f"app-{newer.pk}"})
    browser.post(VERIFY, {"code": shows(b"y" * 20)})
    assert browser.signed_in


def test_charlies_app_does_not_log_in_alice(asked: Browser, charlie: User) -> None:
    theirs = give_app(charlie)
    assert asked.post(CHOOSE, {"route": f"app-{theirs.pk}"}).status_code == 200
    asked.post(VERIFY, {"code": shows(SECRET)})
    assert not asked.signed_in


def test_removed_app_does_not_log_in(browser: Browser, alice: User) -> None:
    """RV-07: at once, in the middle of a login."""
    give_app(alice)
    browser.password(alice)
    alice.factors.filter(kind="app").update(status="revoked")
    browser.post(VERIFY, {"code": shows(SECRET)})
    assert not browser.signed_in


def test_resend_texts_nothing_while_app_is_asked(browser: Browser, alice: User) -> None:
    give_app(alice)
    browser.password(alice)
    assert browser.post("/login/verify/resend/").url == VERIFY
    assert not codes(PHONE)


def test_email_is_offered_beside_app_without_phone(browser: Browser, alice: User) -> None:
    alice.factors.all().delete()
    give_app(alice)
    browser.password(alice)
    assert "Send code to email" in browser.get(VERIFY).content.decode()
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.session["mfa_about"]["aal"] == 1


# The first factor


def test_methods_are_offered_side_by_side(enrolling: Browser) -> None:
    """PS-01: an unrestricted way is offered to everyone."""
    assert "Set up another way" in enrolling.get("/login/enroll/phone/").content.decode()
    page = enrolling.get(ENROLL).content.decode()
    assert "Authenticator app" in page
    assert "Text message" in page


def test_app_can_be_first_factor(enrolling: Browser, bob: User) -> None:
    """E04: QR code, text key, and a code before it counts."""
    page = enrolling.post(FIRST).content.decode()
    assert '<svg viewBox="0 0 ' in page
    secret = secret_on(page)
    # For a phone that cannot scan its own screen
    assert 'href="otpauth://totp/Acme%20Portal' in page
    assert not bob.factors.exists()
    answer = enrolling.post(FIRST, {"code": shows(secret), "name": "My phone"})
    assert answer.url == "/login/?notice=app&next=%2F"
    assert str(bob.factors.get()) == "My phone"
    enrolling.password(bob)
    assert not OutboxMessage.objects.filter(channel="sms").exists()
    enrolling.post(VERIFY, {"code": shows(secret, later=1)})
    assert enrolling.signed_in


def test_reopened_page_shows_no_secret(enrolling: Browser) -> None:
    """TO-01: shown once."""
    secret = re.search(r"data-secret>([A-Z2-7 ]+)<", enrolling.post(FIRST).content.decode())[1]
    page = enrolling.get(FIRST).content.decode()
    assert secret not in page
    assert "<svg viewBox" not in page.partition("<h1")[2]


def test_wrong_code_shows_same_secret_again(enrolling: Browser, bob: User) -> None:
    secret = secret_on(enrolling.post(FIRST).content.decode())
    page = enrolling.post(FIRST, {"code": shows(b"z" * 20)}).content.decode()
    assert "That is not the code this app shows." in page
    assert secret_on(page) == secret
    assert not bob.factors.exists()


def test_code_without_secret_adds_no_app(enrolling: Browser, bob: User) -> None:
    """EN-06: the previous step was skipped."""
    enrolling.post(FIRST, {"code": shows(SECRET)})
    assert not bob.factors.exists()


def test_secret_of_one_session_is_not_that_of_another(
    enrolling: Browser, other_browser: Browser, bob: User
) -> None:
    secret = secret_on(enrolling.post(FIRST).content.decode())
    other_browser.password(bob)
    other_browser.post(FIRST)
    other_browser.post(FIRST, {"code": shows(secret)})
    assert not bob.factors.exists()


def test_person_with_factor_cannot_add_app_by_password(asked: Browser, alice: User) -> None:
    """EN-02."""
    assert asked.post(FIRST).url == VERIFY
    assert asked.get(ENROLL).url == VERIFY
    assert not alice.factors.filter(kind="app").exists()


def test_staff_with_only_app_must_save_recovery_codes(browser: Browser, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    give_app(bob)
    User.objects.filter(pk=bob.pk).update(ever_bound_at=timezone.now())
    browser.password(bob)
    assert browser.post(VERIFY, {"code": shows(SECRET)}).url == "/login/enroll/done/"


def test_done_page_mentions_app(enrolling: Browser, policy: SitePolicy) -> None:
    policy.after_enrollment = "finish"
    policy.save()
    secret = secret_on(enrolling.post(FIRST).content.decode())
    enrolling.post(FIRST, {"code": shows(secret)})
    assert "your app shows the code" in enrolling.get("/login/enroll/done/").content.decode()


# One more


def test_app_is_added_beside_phone(home: Browser, alice: User) -> None:
    """EN-03."""
    secret = secret_on(home.post(MORE).content.decode())
    assert home.post(MORE, {"code": shows(secret)}).url == "/me/?saved=app"
    assert sorted(alice.factors.usable().values_list("kind", flat=True)) == ["app", "phone"]
    assert "Your app is set up." in home.get("/me/?saved=app").content.decode()


def test_sixth_app_is_refused_until_one_is_removed(home: Browser, alice: User) -> None:
    """The page with the secret was opened while there were four."""
    *_, oldest = [give_app(alice) for _ in range(4)]
    secret = secret_on(home.post(MORE).content.decode())
    give_app(alice)
    page = home.post(MORE, {"code": shows(secret)}).content.decode()
    assert "You have 5 authenticator apps, which is the maximum." in page
    assert "data-secret" not in page
    assert alice.factors.filter(kind="app").count() == 5
    home.post(f"/me/security/factors/{oldest.pk}/remove/")
    assert home.post(MORE, {"code": shows(secret)}).url == "/me/?saved=app"


def test_app_is_set_up_again_after_a_text(home: Browser, alice: User) -> None:
    """E12: lost phone, same number. The old app ends, and its name stays."""
    old = give_app(alice)
    page = f"/me/security/factors/{old.pk}/app/"
    assert page in home.get("/me/security/").text
    assert "“Work phone” stops working when you finish." in home.get(page).text
    shown = home.post(page).text
    assert 'value="Work phone"' in shown
    secret = secret_on(shown)
    form = {"code": shows(secret), "name": "Work phone"}
    assert home.post(page, form).url == "/me/?saved=app"
    app = alice.factors.usable().get(kind="app")
    assert (app.name, app.pk == old.pk) == ("Work phone", False)
    browser = Browser()
    browser.password(alice)
    browser.post(VERIFY, {"code": shows(SECRET)})
    assert not browser.signed_in
    browser.post(VERIFY, {"code": shows(secret, later=1)})
    assert browser.signed_in


def test_only_own_apps_are_set_up_again(home: Browser, alice: User, charlie: User) -> None:
    phone = alice.factors.get(kind="phone")
    for factor in (phone, give_app(charlie)):
        assert home.post(f"/me/security/factors/{factor.pk}/app/").status_code == 404
    mine = give_app(alice)
    SitePolicy.note(methods=["phone"])
    assert home.post(f"/me/security/factors/{mine.pk}/app/").status_code == 404


def test_setting_up_again_needs_a_strong_fresh_proof(browser: Browser, alice: User) -> None:
    """SS-08, EM-01."""
    app = give_app(alice)
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.post(f"/me/security/factors/{app.pk}/app/").status_code == 302
    assert "mfa_new_app" not in browser.session


def test_wrong_clock_is_explained_after_two_codes(
    browser: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    """TO-02: neither code logs in."""
    give_app(alice)
    browser.password(alice)
    assert "clock" not in browser.post(VERIFY, {"code": shows(SECRET, later=10)}).text
    assert "clock" not in browser.post(VERIFY, {"code": shows(SECRET, later=10)}).text
    clock.shift(timedelta(seconds=30))
    page = browser.post(VERIFY, {"code": shows(SECRET, later=10)}).text
    assert "Your phone&#x27;s clock is about 5 minutes fast." in page
    assert not browser.signed_in


def test_setup_explains_a_wrong_clock(enrolling: Browser) -> None:
    secret = secret_on(enrolling.post(FIRST).text)
    page = enrolling.post(FIRST, {"code": shows(secret, later=-2)}).text
    assert "Your phone&#x27;s clock is about 1 minute slow." in page


def test_wrong_code_adds_no_app(home: Browser, alice: User) -> None:
    home.post(MORE)
    assert "A code contains only digits." in home.post(MORE, {"code": "12345x"}).content.decode()
    assert (
        "not the code this app shows" in home.post(MORE, {"code": shows(SECRET)}).content.decode()
    )
    assert not alice.factors.filter(kind="app").exists()


def test_adding_an_app_needs_a_strong_fresh_proof(browser: Browser, alice: User) -> None:
    """SS-08, EM-01."""
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.post(MORE).status_code == 302
    assert "mfa_new_app" not in browser.session


def test_secret_and_codes_are_not_kept_in_logs(home: Browser, caplog) -> None:
    """LO-02, OT-08."""
    page = home.post(MORE).content.decode()
    secret = secret_on(page)
    home.post(MORE, {"code": shows(secret)})
    text = re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1]
    assert text not in caplog.text
    assert text.replace(" ", "") not in caplog.text


def test_person_with_app_sees_no_password_only_warning(
    enrolling: Browser, bob: User, policy: SitePolicy
) -> None:
    policy.after_enrollment = "continue"
    policy.save()
    assert enrolling.post(FIRST).status_code == 200
    secret = secret_on(enrolling.post(FIRST).content.decode())
    enrolling.post(FIRST, {"code": shows(secret)})
    assert "only a password" not in enrolling.get("/").content.decode()


def test_another_way_is_offered_only_if_there_is_one(
    browser: Browser, bob: User, policy: SitePolicy
) -> None:
    browser.password(bob)
    assert "Set up another way" in browser.get("/login/enroll/app/").text
    SitePolicy.note(methods=["app"])
    assert "Set up another way" not in browser.get("/login/enroll/app/").text
