"""Email as a factor of its own: set up, used, removed, and what it may not do (D11-D13, EM-07)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from mfa import factors, rescue
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Challenge, Event, Factor, OutboxMessage, SitePolicy
from mfa.models.channel_health import ChannelHealth, mail_config
from mfa.rescue import Identified
from tests.conftest import give_phone, make_user
from tests.journeys.conftest import NEW_NUMBER
from tests.organizations import join, organization, settings as store
from tests.portal_client import PASSWORD, Browser, code, codes
from tests.stations import mailed_link

ENROLL, CODE = "/login/enroll/email/", "/login/enroll/verify/"
ADD, VERIFY = "/me/security/email/", "/me/phone/verify/"
HOME_ADDRESS, WORK = "bob@home.example", "bob@work.example"
NEW = "another horse battery staple"
ALL = ["phone", "email", "app", "recovery_codes"]


@pytest.fixture
def email_only(policy: SitePolicy) -> SitePolicy:
    store(policy, methods=["email"], after_enrollment="finish")
    return policy


@pytest.fixture
def mixed(policy: SitePolicy) -> SitePolicy:
    """Everything is allowed, also email."""
    store(policy, methods=ALL, after_enrollment="continue")
    return policy


def set_up(browser: Browser, user: User, address: str = "") -> None:
    """Log in with the password and set up an email."""
    target = address or user.email
    browser.password(user)
    browser.post(ENROLL, {"email": target})
    browser.post(CODE, {"code": code(target)})
    user.refresh_from_db()


def log_in(browser: Browser, user: User, address: str) -> None:
    browser.password(user)
    browser.post("/login/verify/", {"code": code(address)})


def give_email(user: User, address: str) -> Factor:
    user.refresh_from_db()
    assert factors.add_email(user, address, client=NOWHERE)
    OutboxMessage.objects.all().delete()
    return user.factors.usable().get(target=address)


def emails(user: User) -> list[str]:
    held = user.factors.usable().filter(kind="email")
    return sorted(held.values_list("target", flat=True))


def url_of(user: User, address: str, act: str) -> str:
    return f"/me/security/factors/{user.factors.usable().get(target=address).pk}/{act}/"


def test_first_email_is_prefilled_confirmed_and_finished(
    browser: Browser, bob: User, email_only: SitePolicy
) -> None:
    """D11-D13, C03, D09: the only method, another address, then one code at each login."""
    assert browser.password(bob).url == ENROLL
    page = browser.get(ENROLL).content.decode()
    assert f'value="{bob.email}"' in page
    assert "Set up another way" not in page
    assert not OutboxMessage.objects.exists()

    assert browser.post(ENROLL, {"email": "  Bob@Home.Example. "}).url == CODE
    page = browser.get(CODE).content.decode()
    assert HOME_ADDRESS in page
    assert ENROLL in page
    assert not bob.factors.exists()
    browser.post(CODE, {"code": code(HOME_ADDRESS)})
    page = browser.get("/login/enroll/done/").content.decode()
    assert "Your email is set up" in page
    assert "recovery code" not in page
    assert browser.post("/login/enroll/done/", {"make": "codes"}).url == "/"
    assert not bob.factors.exclude(kind="email").exists()
    assert browser.session["mfa_about"]["aal"] == 1
    sent = AuditEvent.objects.get(event=Event.CODE_SENT)
    assert (sent.details["purpose"], sent.details["channel"]) == ("enroll", "email")
    assert {
        mail.target for mail in OutboxMessage.objects.filter(body__contains="code that we")
    } == {
        bob.email,
        HOME_ADDRESS,
    }

    browser.post("/logout/")
    OutboxMessage.objects.all().delete()
    assert browser.password(bob).url == "/login/verify/"
    page = browser.get("/login/verify/").content.decode()
    assert "b…@home.example" in page
    assert "I can no longer read this email" in page
    assert (len(codes(HOME_ADDRESS)), len(codes(bob.email))) == (1, 0)
    browser.post("/login/verify/", {"code": code(HOME_ADDRESS)})
    assert browser.session["mfa_about"]["aal"] == 1


@pytest.mark.parametrize(
    ("after", "url"),
    [("login_again", "/login/?notice=mailbox&next=%2F"), ("continue", "/")],
)
def test_setup_ends_as_the_policy_says(
    browser: Browser, bob: User, email_only: SitePolicy, after: str, url: str
) -> None:
    store(email_only, after_enrollment=after)
    browser.password(bob)
    browser.post(ENROLL, {"email": WORK})
    answer = browser.post(CODE, {"code": code(WORK)})
    assert answer.url == url
    assert browser.signed_in is (after == "continue")
    if after == "login_again":
        assert "Your email is verified." in browser.get(url).content.decode()


def test_choice_offers_each_allowed_kind(browser: Browser, bob: User, mixed: SitePolicy) -> None:
    browser.password(bob)
    page = browser.get("/login/enroll/").content.decode()
    assert ENROLL in page
    assert "Anyone who can read that email can get it." in page
    assert "Set up another way" in browser.get(ENROLL).content.decode()


def test_code_proves_the_address_that_it_was_sent_to(
    browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """fac1: in whichever tab it is typed, and after a change of the kind."""
    browser.password(bob)
    browser.post(ENROLL, {"email": HOME_ADDRESS})
    browser.post(ENROLL, {"email": WORK})
    page = browser.post(CODE, {"code": code(HOME_ADDRESS)}).content.decode()
    assert "That code was replaced." in page
    browser.post("/login/enroll/phone/", {"phone": NEW_NUMBER})
    assert "That code was replaced." in browser.post(CODE, {"code": code(WORK)}).content.decode()
    assert not bob.factors.exists()
    browser.post(CODE, {"code": code(NEW_NUMBER)})
    assert bob.factors.get().target == NEW_NUMBER


def test_email_outside_the_policy_cannot_be_set_up_or_used(
    browser: Browser, other_browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """fac3: not by any request, also with a code that was sent before."""
    browser.password(bob)
    browser.post(ENROLL, {"email": WORK})
    store(mixed, methods=["phone", "app"])
    assert browser.get(ENROLL).url == "/login/enroll/phone/"
    assert browser.post(ENROLL, {"email": HOME_ADDRESS}).url == "/login/enroll/phone/"
    assert browser.post(CODE, {"code": code(WORK)}).url == "/login/enroll/phone/"
    assert browser.post("/login/verify/resend/").url == "/login/enroll/phone/"
    assert not bob.factors.exists()
    assert not codes(HOME_ADDRESS)

    held = give_email(bob, WORK)
    give_phone(bob, NEW_NUMBER)
    other_browser.log_in(bob)
    assert ADD not in other_browser.get("/me/security/").content.decode()
    assert other_browser.post(ADD, {"email": HOME_ADDRESS}).status_code == 404
    assert other_browser.post(url_of(bob, WORK, "prefer")).status_code == 403
    other_browser.post("/logout/")
    other_browser.password(bob)
    other_browser.post("/login/choose/", {"route": f"email-{held.pk}"})
    assert not codes(WORK)


def test_person_keeps_several_emails(browser: Browser, alice: User, mixed: SitePolicy) -> None:
    """Added with a fresh factor; renamed, preferred, listed, told and removed one by one."""
    browser.log_in(alice)
    OutboxMessage.objects.all().delete()
    assert f'value="{alice.email}"' in browser.get(ADD).content.decode()
    assert browser.post(ADD, {"email": HOME_ADDRESS}).url == VERIFY
    page = browser.get(VERIFY).content.decode()
    assert HOME_ADDRESS in page
    assert ADD in page
    page = browser.post(VERIFY, {"code": code(HOME_ADDRESS)}, follow=True).content.decode()
    assert "Your email is added." in page
    assert "an email for login codes was added" in OutboxMessage.objects.get(channel="sms").body
    assert "already gets your codes" in browser.post(ADD, {"email": HOME_ADDRESS}).content.decode()
    browser.post(ADD, {"email": WORK})
    browser.post(VERIFY, {"code": code(WORK)})
    assert emails(alice) == [HOME_ADDRESS, WORK]

    assert browser.post(url_of(alice, HOME_ADDRESS, "prefer")).url.endswith("?done=preferred")
    browser.post(url_of(alice, HOME_ADDRESS, "name"), {"name": "Home mail"})
    page = browser.get("/me/security/").content.decode()
    assert page.count("First choice for emails") == 1
    assert "Home mail" in page
    browser.post("/logout/")
    browser.password(alice)
    assert "Send code to email" in browser.get("/login/verify/").text
    home = alice.factors.get(target=HOME_ADDRESS)
    browser.post("/login/choose/", {"route": f"email-{home.pk}"})
    page = browser.get("/login/verify/").text
    assert "We emailed a code" in page
    assert "Send code to email" not in page
    assert "Try another way" in page
    browser.post("/login/choose/", {"route": f"sms-{alice.factors.get(kind='phone').pk}"})
    choice = browser.get("/login/choose/").content.decode()
    listed = [
        "number ending 01",
        "b…@home.example (Home mail)",
        "b…@work.example",
        "a…@example.org",
    ]
    assert sorted(listed, key=choice.index) == listed
    browser.post("/login/verify/", {"code": code("+447700900201")})

    OutboxMessage.objects.all().delete()
    assert browser.post(url_of(alice, WORK, "remove")).url.endswith("?done=removed")
    told = set(OutboxMessage.objects.filter(channel="email").values_list("target", flat=True))
    assert told == {alice.email, HOME_ADDRESS, WORK}
    notice = OutboxMessage.objects.filter(channel="email").latest("pk")
    assert "removed from your account: email b…@work.example." in notice.body
    assert emails(alice) == [HOME_ADDRESS]


def test_adding_needs_a_fresh_factor_and_keeps_what_was_typed(
    clock: time_machine.Traveller, browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """fac5."""
    browser.log_in(alice)
    clock.shift(timedelta(minutes=11))
    answer = browser.post(ADD, {"email": WORK})
    assert answer.url.startswith("/me/confirm/")
    assert "notice=kept" in answer.url
    assert not codes(WORK)
    browser.post(answer.url)
    browser.post("/login/verify/", {"code": code("+447700900201")})
    assert f'value="{WORK}"' in browser.get(ADD).content.decode()


def test_sixth_email_is_refused(browser: Browser, alice: User, mixed: SitePolicy) -> None:
    """On the page, and when its code arrives after a fifth one was added elsewhere."""
    browser.log_in(alice)
    browser.post(ADD, {"email": WORK})
    for number in range(5):
        Factor.objects.create(
            user=alice, kind="email", target=f"{number}@home.example", confirmed_at=timezone.now()
        )
    browser.post(VERIFY, {"code": code(WORK)})
    assert WORK not in emails(alice)
    browser.log_in(alice)
    assert "You have 5 emails for codes" in browser.get(ADD).content.decode()
    browser.post(ADD, {"email": HOME_ADDRESS})
    assert not codes(HOME_ADDRESS)


def test_last_email_stays(browser: Browser, bob: User, email_only: SitePolicy) -> None:
    store(email_only, after_enrollment="continue")
    set_up(browser, bob, WORK)
    page = browser.get(url_of(bob, WORK, "remove")).content.decode()
    assert "You can't remove your only verification method." in page
    assert ADD in page
    assert browser.post(url_of(bob, WORK, "remove")).status_code == 403
    assert emails(bob) == [WORK]


def test_phone_that_is_not_allowed_does_not_free_the_last_email(
    browser: Browser, bob: User, email_only: SitePolicy
) -> None:
    store(email_only, after_enrollment="continue")
    give_email(bob, WORK)
    give_phone(bob, NEW_NUMBER)
    log_in(browser, bob, WORK)
    assert browser.post(url_of(bob, WORK, "remove")).status_code == 403


def test_changed_account_email_leaves_the_enrolled_one(
    browser: Browser, bob: User, email_only: SitePolicy
) -> None:
    """fac2: with the same address, at the next login, and in the days of EM-06."""
    store(email_only, after_enrollment="continue")
    set_up(browser, bob)
    assert "Your email for codes still gets them." in browser.get("/me/email/").text
    browser.post("/me/email/", {"email": "bob@new.example"})
    uid, token = mailed_link()
    browser.post(f"/me/email/{uid}/{token}/")
    browser.post("/logout/")
    moved = User.objects.get(pk=bob.pk)
    assert moved.email == "bob@new.example"
    notice = OutboxMessage.objects.filter(target=bob.email).latest("pk")
    assert "except to an email that you set up for codes" in notice.body
    OutboxMessage.objects.all().delete()
    log_in(browser, moved, bob.email)
    assert browser.signed_in
    assert not codes(moved.email)


def test_removed_lost_and_disabled_emails_get_no_codes(
    browser: Browser, other_browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """fac4: also if the code was asked for before."""
    for address, act in ((HOME_ADDRESS, "remove"), (WORK, "suspend")):
        held = give_email(alice, address)
        other_browser.password(alice)
        other_browser.post("/login/choose/", {"route": f"email-{held.pk}"})
        sent = code(address)
        browser.log_in(alice)
        browser.post(url_of(alice, address, act))
        assert not other_browser.post("/login/verify/", {"code": sent}).url.startswith("/me/")
        OutboxMessage.objects.all().delete()
        browser.post("/logout/")
        browser.password(alice)
        browser.post("/login/choose/", {"route": f"email-{held.pk}"})
        assert not codes(address)
        assert address not in browser.get("/login/choose/").content.decode()
    held.status = "disabled"
    held.save()
    browser.post("/login/choose/", {"route": f"email-{held.pk}"})
    assert not codes(WORK)


def test_email_confirms_changes_while_there_never_was_more(
    clock: time_machine.Traveller, browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """EM-07: the password and a code; after a phone, only the phone."""
    set_up(browser, bob, WORK)
    assert bob.only_email_since is not None
    clock.shift(timedelta(minutes=11))
    answer = browser.post("/me/security/phone/", {"phone": NEW_NUMBER})
    page = browser.get(answer.url).content.decode()
    assert 'name="password"' in page
    browser.post(answer.url, {"password": PASSWORD})
    browser.post("/login/verify/", {"code": code(WORK)})
    assert browser.post("/me/security/phone/", {"phone": NEW_NUMBER}).url == VERIFY
    browser.post(VERIFY, {"code": code(NEW_NUMBER)})
    bob.refresh_from_db()
    assert bob.only_email_since is None

    clock.shift(timedelta(minutes=11))
    OutboxMessage.objects.all().delete()
    answer = browser.post(ADD, {"email": HOME_ADDRESS})
    browser.post(answer.url, {"password": PASSWORD})
    assert not codes(WORK)
    assert codes(NEW_NUMBER)


def lose_by_removal(user: User, phone: Factor) -> None:
    factors.remove(user, phone, client=NOWHERE)


def lose_by_report(user: User, phone: Factor) -> None:
    factors.suspend(user, phone, client=NOWHERE)


def lose_by_reset(user: User, phone: Factor) -> None:
    rescue.reset(None, user, reason="lost", identified=Identified.OPERATOR)
    user.refresh_from_db()
    give_email(user, WORK)


def lose_by_retention(user: User, phone: Factor) -> None:
    phone.delete()


def test_email_beside_a_phone_sets_up_nothing_at_the_login(
    browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """EM-07, C16: a number that waits for its code opens no setup, and is not proven."""
    store(mixed, number_change="save_then_verify", email_codes="off")
    held = give_email(alice, WORK)
    factors.save_number(alice, NEW_NUMBER, client=NOWHERE)
    before = list(alice.factors.order_by("pk").values_list("target", "status"))
    browser.password(alice)
    browser.post("/login/choose/", {"route": f"email-{held.pk}"})
    assert browser.post("/login/verify/", {"code": code(WORK)}).url == "/"
    assert browser.session["mfa_about"]["aal"] == 1
    browser.post("/login/enroll/phone/", {"phone": "+447700900266"})
    browser.post(ENROLL, {"email": HOME_ADDRESS})
    assert not codes("+447700900266") + codes(HOME_ADDRESS)
    assert list(alice.factors.order_by("pk").values_list("target", "status")) == before
    browser.post("/logout/")
    browser.log_in(alice)
    assert browser.get("/login/enroll/phone/").status_code == 200


def test_email_beside_a_phone_does_not_replace_outdated_factors(
    browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """EM-07, K9: the phone leads to the new setup, the email does not."""
    held = give_email(alice, WORK)
    store(mixed, enroll_again_from=timezone.now())
    browser.password(alice)
    assert WORK not in browser.get("/login/choose/").content.decode()
    browser.post("/login/choose/", {"route": f"email-{held.pk}"})
    assert not codes(WORK)
    answer = browser.post("/login/verify/", {"code": code("+447700900201")})
    assert answer.url.startswith("/login/enroll/")


def test_only_email_ever_held_leads_to_the_new_setup(
    browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """EM-07, K9: it is all that this person ever had."""
    give_email(bob, WORK)
    store(mixed, enroll_again_from=timezone.now())
    browser.password(bob)
    answer = browser.post("/login/verify/", {"code": code(WORK)})
    assert answer.url.startswith("/login/enroll/")


@pytest.mark.parametrize(
    "lose", [lose_by_removal, lose_by_report, lose_by_reset, lose_by_retention]
)
def test_phone_of_the_past_still_counts(
    browser: Browser, bob: User, mixed: SitePolicy, lose: object
) -> None:
    """EM-07: the email logs in at AAL1, but confirms no change and no password reset."""
    give_email(bob, WORK)
    factors.add_phone(bob, NEW_NUMBER, client=NOWHERE)
    lose(bob, bob.factors.usable().get(kind="phone"))
    log_in(browser, bob, WORK)
    assert browser.session["mfa_about"]["aal"] == 1
    for page in (ADD, "/me/security/phone/", "/me/phone/", "/me/security/codes/", "/me/email/"):
        assert browser.get(page).url.startswith("/me/confirm/")
    answer = browser.get(ADD)
    browser.post(answer.url, {"password": PASSWORD})
    page = browser.get("/login/help/").content.decode()
    assert "A code by email is not enough here" in page
    browser.post("/logout/")
    OutboxMessage.objects.all().delete()
    browser.post("/password/forgot/", {"email": bob.email})
    uid, token = mailed_link()
    assert browser.post(f"/password/reset/{uid}/{token}/").url == "/login/help/"
    assert not codes(WORK)


def test_account_email_beside_an_enrolled_one_proves_less(
    browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """EM-03: a code to the account may change the number; one to an enrolled email may not."""
    give_email(alice, WORK)
    browser.password(alice)
    browser.post("/login/choose/", {"route": f"email-{alice.factors.get(kind='email').pk}"})
    browser.post("/login/verify/", {"code": code(WORK)})
    assert browser.signed_in
    assert browser.get("/me/phone/").url.startswith("/me/confirm/")
    browser.post("/logout/")
    browser.password(alice)
    browser.post("/login/verify/email/")
    browser.post("/login/verify/", {"code": code(alice.email)})
    assert browser.get("/me/phone/").status_code == 200


@pytest.mark.parametrize("only", [["email"], ALL])
def test_reset_by_the_same_address_asks_nothing_more(
    browser: Browser, bob: User, mixed: SitePolicy, only: list[str]
) -> None:
    """EM-07: and the hold of EM-04 does not apply to the next login."""
    store(mixed, methods=only)
    give_email(bob, bob.email)
    browser.post("/password/forgot/", {"email": bob.email})
    uid, token = mailed_link()
    assert browser.post(f"/password/reset/{uid}/{token}/").url == "/password/new/"
    browser.post("/password/new/", {"new_password1": NEW, "new_password2": NEW})
    bob.refresh_from_db()
    assert bob.mailbox_rests_until > timezone.now()
    OutboxMessage.objects.all().delete()
    browser.password(bob, NEW)
    browser.post("/login/verify/", {"code": code(bob.email)})
    assert browser.signed_in


def test_reset_asks_an_email_at_another_address(
    browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """RV-02: the link proves only the account's address."""
    give_email(bob, WORK)
    browser.post("/password/forgot/", {"email": bob.email})
    uid, token = mailed_link()
    assert browser.post(f"/password/reset/{uid}/{token}/").url == "/login/verify/"
    assert browser.post("/password/new/", {"password": PASSWORD}).status_code == 302
    browser.post("/login/verify/", {"code": code(WORK)})
    assert browser.get("/password/new/").status_code == 200


def test_email_waits_after_a_reset_by_the_same_address(
    clock: time_machine.Traveller, browser: Browser, alice: User, mixed: SitePolicy
) -> None:
    """EM-04: for 72 hours, or until a stronger factor was used. A code by email does not end it."""
    for address in (alice.email, WORK):
        give_email(alice, address)
    User.objects.filter(pk=alice.pk).update(
        mailbox_rests_until=timezone.now() + timedelta(hours=72)
    )
    browser.password(alice)
    choice = browser.get("/login/choose/").content.decode()
    assert "a…@example.org" not in choice
    work = alice.factors.get(target=WORK)
    browser.post("/login/choose/", {"route": f"email-{work.pk}"})
    browser.post("/login/verify/", {"code": code(WORK)})
    assert browser.signed_in
    alice.refresh_from_db()
    assert alice.mailbox_rests_until is not None
    browser.post("/logout/")
    browser.log_in(alice)
    alice.refresh_from_db()
    assert alice.mailbox_rests_until is None


def test_staff_and_managers_never_use_email(browser: Browser, bob: User, mixed: SitePolicy) -> None:
    """EM-07: a manager of an organization with just email learns what to set up."""
    club = organization("Club", methods=["email"])
    member = join(make_user("mia@example.org"), club)
    manager = join(bob, club, role="manager")
    assert browser.password(member).url == ENROLL
    browser.post("/login/cancel/")
    assert browser.password(manager).url == "/login/enroll/phone/"
    for page in ("/login/enroll/phone/", "/login/enroll/", "/login/enroll/app/"):
        said = browser.get(page).content.decode()
        assert "Managers and staff don't get login codes by email." in said
        assert "Set up another way to log in." in said
    assert ENROLL not in browser.get("/login/enroll/").content.decode()
    browser.post(ENROLL, {"email": WORK})
    assert not codes(WORK)
    assert "don't get login codes by email" not in browser.get("/login/help/").content.decode()


def test_email_of_a_promoted_member_no_longer_counts(
    browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """The next login asks for the account's email, and then for a phone or app."""
    club = organization("Club", methods=["email"])
    member = join(bob, club)
    give_email(member, WORK)
    member.memberships.update(role="manager")
    browser.password(member)
    assert not codes(WORK)
    browser.post("/login/mailbox/")
    browser.post("/login/mailbox/", {"code": code(bob.email)})
    assert browser.get(ENROLL).url == "/login/enroll/phone/"


def test_wrong_codes_turn_only_this_email_off(
    browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    give_email(bob, WORK)
    bob.factors.update(wrong_answers=99, wrong_answer_at=timezone.now())
    browser.password(bob)
    wrong = f"{(int(code(WORK)) + 1) % 1_000_000:06}"
    OutboxMessage.objects.all().delete()
    browser.post("/login/verify/", {"code": wrong})
    assert bob.factors.get().status == "disabled"
    told = OutboxMessage.objects.filter(subject__contains="turned off")
    assert set(told.values_list("target", flat=True)) == {bob.email, WORK}


def test_emails_to_new_addresses_are_limited(
    clock: time_machine.Traveller, browser: Browser, bob: User, mixed: SitePolicy
) -> None:
    """Five new addresses a day for one person, and five codes an hour to one address."""
    browser.password(bob)
    for number in range(6):
        answer = browser.post(ENROLL, {"email": f"{number}@home.example"})
    assert answer.status_code == 429
    assert not codes("5@home.example")
    assert Challenge.objects.filter(channel="email").count() == 5
    for _ in range(5):
        clock.shift(timedelta(minutes=2))
        answer = browser.post("/login/verify/resend/")
    assert answer.status_code == 429
    assert len(codes("4@home.example")) == 5


def test_email_is_not_offered_while_the_mail_server_fails(
    browser: Browser, bob: User, email_only: SitePolicy
) -> None:
    """A26: the form says why."""
    ChannelHealth.note(mail_test_config=mail_config(), mail_test_reason="unreachable")
    browser.password(bob)
    page = browser.post(ENROLL, {"email": WORK}).content.decode()
    assert "We can&#x27;t send emails right now." in page
    assert not codes(WORK)


def test_similar_emails_differ_on_the_choice_page(
    browser: Browser, bob: User, email_only: SitePolicy
) -> None:
    """Issue 13: with just enough letters. A name helps too."""
    for number, address in enumerate(("billie@home.example", "bill@home.example", "x@a.example")):
        at = timezone.now() + timedelta(seconds=number)
        bob.factors.create(kind="email", target=address, confirmed_at=at)
    browser.password(bob)
    page = browser.get("/login/choose/").content.decode()
    for shown in ("billi…@home.example", "bill…@home.example", "x…@a.example"):
        assert f"Email to {shown}" in page
