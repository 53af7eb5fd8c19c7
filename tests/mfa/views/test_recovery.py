"""Recovery codes: optional for people, required for staff (LK-01, M13)."""

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from mfa.audit import NOWHERE
from mfa.factors import recovery_codes
from mfa.models import Factor, OutboxMessage, RecoveryCode, SitePolicy
from mfa.rules.recovery import normalize
from tests.conftest import give_codes
from tests.portal_client import Browser, code, codes

VERIFY, SPARE, CHOOSE = "/login/verify/", "/login/recovery-code/", "/login/choose/"
DONE, SAVE = "/login/enroll/done/", "/login/enroll/done/codes/"
MINE, FILE = "/me/security/codes/", "/me/security/codes/file/"
SHOWN = re.compile(r"<li><code>([0-9A-Z-]+)</code></li>")
WRONG = "0000-0000-00000"


@pytest.fixture
def saved(alice: User) -> list[str]:
    """Alice's recovery codes."""
    return give_codes(alice)


def shown(response) -> list[str]:
    return SHOWN.findall(response.content.decode())


# Login with a code


def test_code_logs_in_once(browser: Browser, alice: User, saved: list[str]) -> None:
    browser.password(alice)
    assert "Use a recovery code" in browser.get(VERIFY).content.decode()
    assert browser.post(SPARE, {"code": saved[0]}).url == "/"
    assert browser.signed_in
    other = Browser()
    other.password(alice)
    page = other.post(SPARE, {"code": saved[0]}).content.decode()
    assert "This code has already been used. Each code works once." in page
    assert not other.signed_in


def test_session_by_recovery_code_is_aal2(browser: Browser, alice: User, saved: list[str]) -> None:
    """The design's table of labels: a code issued in an AAL2 session proves AAL2."""
    browser.password(alice)
    browser.post(SPARE, {"code": saved[0]})
    assert browser.session["mfa_about"]["aal"] == 2
    assert alice.sessions.get(aal=2).user == alice


@pytest.mark.parametrize(
    "spelling", [str.lower, lambda code: code.replace("-", " "), " {} ".format]
)
def test_code_is_accepted_in_any_format(
    browser: Browser, alice: User, saved: list[str], spelling
) -> None:
    browser.password(alice)
    browser.post(SPARE, {"code": spelling(saved[0])})
    assert browser.signed_in


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter one of your recovery codes."),
        ("123456", "That code is too short"),
        ("x" * 61, "That code is too long"),
        ("x" * 10_000, "That code is too long"),
        ("\u2460234-5678-9ABCD", "only letters and digits"),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_malformed_code_uses_no_attempt(
    browser: Browser, alice: User, saved: list[str], typed: str, words: str
) -> None:
    """OT-09."""
    browser.password(alice)
    assert words in browser.post(SPARE, {"code": typed}).content.decode()
    alice.refresh_from_db()
    assert alice.wrong_answers == 0


def test_wrong_code_shows_attempts_left_and_is_not_repeated(
    browser: Browser, alice: User, saved: list[str]
) -> None:
    browser.password(alice)
    page = browser.post(SPARE, {"code": WRONG}).content.decode()
    assert "That is not one of your recovery codes. 4 attempts left" in page
    assert WRONG not in page


def test_tenth_wrong_code_causes_lockout(browser: Browser, alice: User, saved: list[str]) -> None:
    """LG-01: texts and codes share it."""
    browser.password(alice)
    for _ in range(5):
        browser.post(VERIFY, {"code": "000000"})
    answers = [browser.post(SPARE, {"code": WRONG}) for _ in range(5)]
    assert answers[-1].url == "/login/help/"
    assert browser.post(SPARE, {"code": saved[0]}).url == "/login/help/"
    assert not browser.signed_in


def test_other_browser_or_new_login_keeps_count(
    browser: Browser, other_browser: Browser, alice: User, saved: list[str]
) -> None:
    """OT-05."""
    for each in (browser, other_browser):
        each.password(alice)
        for _ in range(5):
            each.post(SPARE, {"code": WRONG})
    assert other_browser.get(SPARE).url == "/login/help/"


def test_twenty_first_code_in_an_hour_is_refused_with_reason(
    browser: Browser, alice: User, saved: list[str]
) -> None:
    """WB-06."""
    recovery_codes.spend(alice, normalize(saved[0]), client=NOWHERE)
    browser.password(alice)
    pages = [browser.post(SPARE, {"code": saved[0]}) for _ in range(20)]
    assert [page.status_code for page in pages] == [200] * 19 + [429]
    assert "Try again later" in pages[-1].content.decode()


def test_recovery_code_page_without_codes_redirects_back(asked: Browser) -> None:
    assert "Use a recovery code" not in asked.get(VERIFY).content.decode()
    assert asked.get(SPARE).url == VERIFY
    assert asked.post(SPARE, {"code": WRONG}).url == VERIFY


def test_charlies_code_does_not_log_alice_in(
    asked: Browser, charlie: User, saved: list[str]
) -> None:
    theirs = give_codes(charlie)
    asked.post(SPARE, {"code": theirs[0]})
    assert not asked.signed_in
    assert recovery_codes.left(recovery_codes.codes_of(charlie)) == 10


def test_recovery_code_page_needs_password_first(browser: Browser, saved: list[str]) -> None:
    """LG-04."""
    assert browser.get(SPARE).url == "/login/"
    assert browser.post(SPARE, {"code": saved[0]}).url == "/login/"
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


def test_recovery_codes_are_offered(browser: Browser, alice: User, saved: list[str]) -> None:
    browser.password(alice)
    assert "A recovery code that you saved" in browser.get(CHOOSE).content.decode()
    codes_ = alice.factors.get(kind="recovery_codes")
    assert browser.post(CHOOSE, {"route": f"recovery_codes-{codes_.pk}"}).url == SPARE
    assert browser.get(VERIFY).url == SPARE
    browser.post(SPARE, {"code": saved[1]})
    assert browser.signed_in


def test_recovery_codes_work_with_disabled_phone(
    browser: Browser, alice: User, saved: list[str], clock: time_machine.Traveller
) -> None:
    """RV-08: a disabled factor leads to another, never to the password."""
    alice.factors.filter(kind="phone").update(status="disabled")
    assert browser.password(alice).url == CHOOSE
    assert not codes(alice.email)
    assert browser.get(SPARE).status_code == 200
    browser.post(SPARE, {"code": saved[0]})
    assert browser.signed_in


def test_expired_login_accepts_no_code(
    browser: Browser, alice: User, saved: list[str], clock: time_machine.Traveller
) -> None:
    browser.password(alice)
    clock.shift(timedelta(minutes=16))
    assert browser.post(SPARE, {"code": saved[0]}).url.startswith("/login/?notice=ended")
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


# A new set


def test_set_is_shown_once(home: Browser, alice: User) -> None:
    assert "You have no recovery codes." in home.get(MINE).content.decode()
    made = shown(home.post(MINE))
    assert len(set(made)) == 10
    page = home.get(MINE).content.decode()
    assert "You have 10 recovery codes left." in page
    assert not [each for each in made if each in page]
    assert home.signed_in


def test_new_set_replaces_old_one(home: Browser, alice: User) -> None:
    former = shown(home.post(MINE))
    home.post(MINE)
    other = Browser()
    other.password(alice)
    other.post(SPARE, {"code": former[0]})
    assert not other.signed_in


def test_new_set_ends_other_sessions(home: Browser, other_browser: Browser, alice: User) -> None:
    """SS-06."""
    other_browser.log_in(alice)
    home.post(MINE)
    assert other_browser.get("/me/").status_code == 302
    assert home.get("/me/").status_code == 200


def test_making_codes_needs_fresh_proof(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """SS-08, LK-01."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=11))
    assert f"next={MINE}" in unquote(browser.post(MINE).url)
    assert not RecoveryCode.objects.exists()


def test_session_by_emailed_code_cannot_make_codes(browser: Browser, alice: User) -> None:
    """LK-01, EM-01: only in a session at AAL2."""
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post(VERIFY, {"code": code(alice.email)})
    assert browser.session["mfa_about"]["aal"] == 1
    assert browser.post(MINE).status_code == 302
    assert not RecoveryCode.objects.exists()


def test_sixth_set_in_hour_is_refused(home: Browser) -> None:
    for _ in range(5):
        home.post(MINE)
    assert home.post(MINE).status_code == 429


def test_few_codes_left_are_shown(home: Browser, alice: User) -> None:
    home.post(MINE)
    RecoveryCode.objects.filter(pk__in=RecoveryCode.objects.values("pk")[:7]).update(
        used_at=alice.date_joined
    )
    page = home.get(MINE).content.decode()
    assert "You have 3 recovery codes left." in page
    assert "Make new ones soon." in page


# The file


def named(text: str) -> bool:
    """Whether a text has lines with portal, address, account, date, methods and who helps."""
    day = timezone.now().strftime("%-d %B %Y")
    about = ("Recovery codes for Acme Portal", "http://testserver", "Account: alice@example.org")
    ways = ("Other methods: number ending 01", "For help: the help desk")
    return all(line in text for line in (*about, f"Made on {day}", *ways))


def test_printed_and_copied_codes_name_portal_account_and_date(home: Browser) -> None:
    """On paper nothing else identifies the list."""
    page = home.post(MINE).content.decode()
    assert named(page[page.index("data-about") : page.index("spare-list")])


def test_enrollment_codes_page_names_account_and_date(finishing: Browser) -> None:
    page = finishing.post(DONE, {"make": "codes"}).content.decode()
    assert "Account: bob@example.org" in page
    file = finishing.post("/login/enroll/done/codes/", {"codes": SHOWN.findall(page)})
    assert "Account: bob@example.org" in file.content.decode()


def test_codes_of_person_without_other_methods_name_none(skipped: Browser) -> None:
    page = skipped.post(MINE).content.decode()
    assert "Account: bob@example.org" in page
    assert "Other methods" not in page
    file = skipped.post(FILE, {"codes": SHOWN.findall(page)}).content.decode()
    assert "Other methods" not in file


def test_codes_name_the_username_that_logs_in(home: Browser, alice: User) -> None:
    """K3: people who log in with a username need it on paper."""
    User.objects.filter(pk=alice.pk).update(username="alice.77")
    SitePolicy.note(login_with="username")
    assert "Account: alice.77" in home.post(MINE).content.decode()


def test_file_holds_what_page_showed(home: Browser) -> None:
    made = shown(home.post(MINE))
    file = home.post(FILE, {"codes": made})
    assert file.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in file.headers["Cache-Control"]
    text = file.content.decode()
    assert named(text)
    assert re.findall(r"^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}$", text, re.MULTILINE) == made


@pytest.mark.parametrize(
    "sent", [[], ["0" * 13], ["0" * 13] * 9 + ["<script>"], ["x" * 10_000] * 10]
)
def test_file_with_other_content_is_refused(home: Browser, sent: list[str]) -> None:
    """It repeats codes and nothing else."""
    assert home.post(FILE, {"codes": sent}).status_code == 400


# Staff


def test_staff_with_only_phone_must_save_codes(backing_up: Browser, root: User) -> None:
    """A phone is not enough, because staff get no codes by email (EM-01)."""
    assert not backing_up.signed_in
    assert backing_up.get("/admin/").status_code == 302
    assert "Save your recovery codes" in backing_up.get(DONE).content.decode()
    made = shown(backing_up.post(DONE, {"make": "codes"}))
    assert len(made) == 10
    assert backing_up.post(SAVE, {"codes": made}).status_code == 200
    assert backing_up.post(DONE).url == "/"
    assert backing_up.signed_in
    assert backing_up.session["mfa_about"]["aal"] == 2
    other = Browser()
    other.password(root)
    other.post(SPARE, {"code": made[0]})
    assert other.signed_in


def test_staff_cannot_skip_saving_codes(backing_up: Browser) -> None:
    """EN-06."""
    assert backing_up.post(DONE).status_code == 200
    assert backing_up.get("/login/continue/").url == DONE
    assert backing_up.post("/login/continue/").url == DONE
    assert backing_up.post(VERIFY, {"code": "000000"}).url == DONE
    assert not backing_up.signed_in


def test_codes_are_made_once_by_the_page(backing_up: Browser) -> None:
    """Posting its form again makes no second set, because the first may be printed already."""
    backing_up.post(DONE, {"make": "codes"})
    assert backing_up.post(DONE, {"make": "codes"}).url == "/"
    assert Factor.objects.filter(kind="recovery_codes").count() == 1


def test_staff_with_codes_log_in_right_away(browser: Browser, root: User) -> None:
    assert browser.log_in(root).url == "/"
    assert browser.signed_in


def test_staff_who_have_used_up_their_codes_make_new_ones(browser: Browser, root: User) -> None:
    root.factors.filter(kind="recovery_codes").update(status="revoked")
    assert browser.log_in(root).url == DONE


@pytest.mark.parametrize("flow", ["finish", "continue"])
def test_first_enrollment_of_staff_ends_with_codes(
    browser: Browser, bob: User, policy: SitePolicy, flow: str
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    policy.after_enrollment = flow
    policy.save()
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": "+447700900250"})
    assert browser.post("/login/enroll/verify/", {"code": code("+447700900250")}).url == DONE
    assert browser.post(DONE).status_code == 200
    assert not browser.signed_in
    browser.post(DONE, {"make": "codes"})
    browser.post(DONE)
    assert browser.signed_in


def test_policy_asks_everyone_with_one_method_to_save_codes(browser: Browser, alice: User) -> None:
    """LK-01: people can lose their only phone or passkey."""
    SitePolicy.note(backup=True)
    assert browser.log_in(alice).url == DONE
    assert browser.post(DONE).status_code == 200
    assert not browser.signed_in
    assert len(shown(browser.post(DONE, {"make": "codes"}))) == 10
    browser.post(DONE)
    assert browser.signed_in
    other = Browser()
    assert other.log_in(alice).url == "/"


def test_second_method_is_enough_for_the_policy(browser: Browser, alice: User) -> None:
    SitePolicy.note(backup=True)
    Factor.objects.create(user=alice, kind="app", secret="A" * 32, confirmed_at=timezone.now())
    browser.password(alice)
    browser.post("/login/choose/", {"route": f"sms-{alice.factors.get(kind='phone').pk}"})
    browser.post(VERIFY, {"code": code("+447700900201")})
    assert browser.signed_in


def test_code_by_email_makes_no_codes_and_still_logs_in(browser: Browser, alice: User) -> None:
    """LK-01: an email is too weak to make them, so the next login by phone asks."""
    SitePolicy.note(backup=True)
    browser.password(alice)
    browser.post("/login/verify/email/")
    assert browser.post(VERIFY, {"code": code(alice.email)}).url == "/"
    assert browser.signed_in
    assert not RecoveryCode.objects.exists()


def test_policy_without_recovery_codes_asks_for_none(browser: Browser, alice: User) -> None:
    SitePolicy.note(backup=True, methods=["phone", "app"])
    assert browser.log_in(alice).url == "/"
    assert browser.signed_in


def test_others_can_choose_to_save_codes(finishing: Browser, bob: User) -> None:
    """D08: "Finish" is there right away."""
    assert len(shown(finishing.post(DONE, {"make": "codes"}))) == 10
    finishing.post(DONE)
    assert finishing.signed_in
    assert bob.factors.usable().count() == 2


def test_others_need_no_codes(finishing: Browser, bob: User) -> None:
    finishing.post(DONE)
    assert finishing.signed_in
    assert not OutboxMessage.objects.filter(body__contains="recovery codes").exists()
