"""The pages to register: what they ask, what they refuse, and what they never tell."""

import re
from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Membership, Organization, Registration, User
from mfa.models import (
    AuditEvent,
    Challenge,
    Delivery,
    OutboxMessage,
    SitePolicy,
)
from mfa.models.channel_health import ChannelHealth, mail_config
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import give_phone, make_user
from tests.journeys.statements import CountingBrowser
from tests.organizations import join, organization, settings as set_rules
from tests.portal_client import Browser, code
from tests.registration import (
    ANN,
    CLINIC,
    CODE,
    NEW,
    NUMBER,
    PAGE,
    TYPED,
    clinic,
    open_site,
    prove,
    register,
)

TAKEN = "Your email address already has an account"
LONG = f"ann@{'.'.join(letter * 60 for letter in 'bcdef')}.org"
# What differs between two visits of one page: tokens and moments
VARYING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|\d+ seconds?|data-wait="\d+"|<time.*?</time>'
)


@pytest.fixture
def site(policy: SitePolicy) -> SitePolicy:
    """The policy, with registration open for the site."""
    open_site()
    return policy


@pytest.fixture
def maple(policy: SitePolicy) -> Organization:
    """A clinic whose patients can register. The site is closed."""
    return clinic()


# Closed


@pytest.mark.parametrize("method", ["get", "post"])
def test_closed_registration_looks_like_a_missing_organization(
    browser: Browser, policy: SitePolicy, method: str
) -> None:
    organization("Maple Clinic")
    closed = getattr(browser, method)(CLINIC, TYPED if method == "post" else None)
    missing = getattr(browser, method)("/register/nowhere/", TYPED if method == "post" else None)
    assert closed.status_code == missing.status_code == 404
    closed, missing = (VARYING.sub("", each.content.decode()) for each in (closed, missing))
    assert closed == missing.replace("nowhere", "maple-clinic")
    assert getattr(browser, method)(PAGE).status_code == 404
    assert not OutboxMessage.objects.exists()


def test_inactive_organization_is_closed(browser: Browser, maple: Organization) -> None:
    Organization.objects.update(is_active=False)
    assert browser.get(CLINIC).status_code == 404


def test_open_organization_does_not_open_the_site(browser: Browser, maple: Organization) -> None:
    assert browser.get(CLINIC).status_code == 200
    assert browser.get(PAGE).status_code == 404
    assert "/register/" not in browser.get("/login/").content.decode()


def test_partners_rules_for_clients_open_nothing(browser: Browser, policy: SitePolicy) -> None:
    north = organization("North")
    set_rules(north.for_clients, registration=True)
    organization("Maple Clinic", north)
    assert browser.get(CLINIC).status_code == 404
    assert browser.get("/register/north/").status_code == 404


def test_logged_in_person_is_led_home(browser: Browser, site: SitePolicy, alice: User) -> None:
    browser.log_in(alice)
    assert browser.get(PAGE).url == "/"
    assert browser.get(CODE).url == "/"


# The form


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": ""}, "Enter your email."),
        ({"email": "no email"}, "Enter a valid email address."),
        (
            {"email": f"ann@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.org"},
            "That email is too long.",
        ),
        ({"full_name": ""}, "Enter your name."),
        ({"full_name": "Ann\x00"}, "Null characters are not allowed."),
        ({"full_name": "Ann https://evil.example"}, ""),
        ({"password": ""}, "Enter a password."),
        ({"password": "short one"}, "This password is too short."),
        ({"password": "ann archer ann archer"}, "mostly repeats your name"),
        ({"password": "x" * 300}, "Use at most 256 characters."),
        ({"phone": ""}, "Enter your mobile number."),
        ({"phone": "020 7946 0000"}, "looks like a landline or special-rate number"),
        ({"phone": "0800 123 4567"}, "looks like a landline or special-rate number"),
        ({"phone": "0909 879 0000"}, "looks like a landline or special-rate number"),
        ({"phone": "+33 6 12 34 56 78"}, "Country not supported: France."),
    ],
)
def test_form_explains_what_is_wrong(
    browser: Browser, site: SitePolicy, typed: dict[str, str], words: str
) -> None:
    """C04, M02 to M04, PW-01, PW-05: nothing is stored, and no email is sent."""
    answer = register(browser, **typed)
    if not words:
        assert answer.url == CODE
        return
    page = answer.content.decode()
    assert "There is a problem" in page
    assert words in page.replace("&#x27;", "'")
    assert NEW not in page
    assert not Registration.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_number_that_is_fixed_or_mobile_is_accepted(browser: Browser, site: SitePolicy) -> None:
    """K14: numbers of the United States do not tell."""
    SitePolicy.objects.update(home_region="US")
    assert register(browser, phone="(201) 555-0123").url == CODE
    assert Registration.objects.get().phone == "+12015550123"


def test_mistyped_number_is_repaired_by_a_button(browser: Browser, site: SitePolicy) -> None:
    """The number doctor. The button comes after the field, so its number counts."""
    mistyped = "+44 44 7700 900260"
    page = register(browser, phone=mistyped).content.decode()
    assert "Did you mean +44 7700 900260?" in page
    button = 'name="phone" value="+44 7700 900260">Register with +44 7700 900260</button>'
    assert button in page
    assert page.index(">Register</button>") < page.index(button)
    sent = {**TYPED, "phone": [mistyped, "+44 7700 900260"]}
    assert browser.post(PAGE, sent).url == CODE
    assert Registration.objects.get().phone == NUMBER


def test_policy_without_phones_asks_for_no_number(browser: Browser, policy: SitePolicy) -> None:
    clinic(methods=["app"])
    assert 'name="phone"' not in browser.get(CLINIC).content.decode()
    register(browser, CLINIC)
    assert prove(browser).url == "/login/enroll/app/"
    assert not User.objects.get(email=ANN).factors.exists()


def test_fields_have_the_attributes_that_browsers_need(browser: Browser, site: SitePolicy) -> None:
    """PW-09, WCAG 1.3.5."""
    page = browser.get(PAGE).content.decode()
    for name, attribute in {
        "full_name": 'autocomplete="name"',
        "email": 'autocomplete="username"',
        "password": 'autocomplete="new-password"',
        "phone": 'autocomplete="tel"',
    }.items():
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0]
        assert attribute in field
        assert "autofocus" not in field


def test_fields_of_others_are_ignored(browser: Browser, maple: Organization) -> None:
    """RG-03: no field of the form sets organization, role, staff or policy."""
    other = organization("Globex", registration=True)
    extra = {
        "organization": str(other.pk),
        "slug": "globex",
        "role": "manager",
        "is_staff": "on",
        "is_superuser": "on",
        "is_active": "",
        "groups": "1",
        "username": "root",
        "registered_at": "2001-01-01",
        "mailbox_proven_at": "2001-01-01",
        "enforcement": "off",
        "language": "xx",
    }
    register(browser, CLINIC, **extra)
    browser.post(CODE, {"code": code(ANN), **extra})
    ann = User.objects.get(email=ANN)
    assert (ann.is_staff, ann.is_superuser, ann.username) == (False, False, None)
    assert (ann.registered_at, ann.language) == (None, "en")
    assert list(Membership.objects.values_list("organization__slug", "role")) == [
        ("maple-clinic", "member")
    ]


def refuse(_request: HttpRequest) -> bool:
    return False


def allow(request: HttpRequest) -> bool:
    return request.POST["email"] == ANN


def test_bot_check_decides_who_may_register(settings, browser: Browser, site: SitePolicy) -> None:
    settings.REGISTRATION_CHECK = f"{__name__}.refuse"
    page = register(browser).content.decode()
    assert "We couldn&#x27;t accept this registration. Try again." in page
    assert not Registration.objects.exists()
    settings.REGISTRATION_CHECK = f"{__name__}.allow"
    assert register(browser).url == CODE


def test_registration_waits_for_the_mail_server(browser: Browser, site: SitePolicy) -> None:
    ChannelHealth.objects.update(
        mail_tested_at=timezone.now(), mail_test_config=mail_config(), mail_test_reason="network"
    )
    page = register(browser).content.decode()
    assert "We can&#x27;t send emails right now." in page


# Neutral answers


def people() -> dict[str, User | None]:
    """An account in each state, by its email."""
    active = make_user("active@example.org")
    give_phone(active, "+447700900201")
    closed = make_user("closed@example.org")
    User.objects.filter(pk=closed.pk).update(closed_at=timezone.now() - timedelta(days=30))
    made = {
        "new": None,
        "active": active,
        "inactive": make_user("inactive@example.org", is_active=False),
        "closed": closed,
        "staff": make_user("staff@example.org", is_staff=True),
        "member": join(make_user("member@example.org"), organization("Globex")),
        "unproven": make_user("unproven@example.org", last_login=timezone.now()),
    }
    return {f"{name}@example.org": user for name, user in made.items()}


def test_known_and_unknown_emails_look_and_cost_the_same(settings, site: SitePolicy) -> None:
    """RG-02, LG-03, reg4: body, status, headers, cookies, statements, hashes and broker calls."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    seen = set()
    for number, email in enumerate(people()):
        browser, before = CountingBrowser(), CountingHasher.runs
        browser.defaults["REMOTE_ADDR"] = f"198.51.{number}.1"
        answers = [register(browser, email=email), browser.get(CODE)]
        answers.append(browser.post(CODE, {"code": "000000"}))
        answers.append(browser.post(CODE))
        bodies = [answer.content.decode().replace(email, "EMAIL") for answer in answers]
        seen.add(
            (
                tuple(answer.status_code for answer in answers),
                tuple(VARYING.sub("", body) for body in bodies),
                tuple(name for answer in answers for name in answer.headers),
                tuple(sorted(browser.cookies)),
                tuple((len(each.reads), len(each.writes)) for each in browser.log),
                CountingHasher.runs - before,
                Delivery.objects.filter(target=email).count(),
            )
        )
    assert len(seen) == 1


def test_owner_of_known_email_is_notified_without_a_code(site: SitePolicy) -> None:
    """C05, RG-02: also for accounts that cannot be used."""
    for number, (email, user) in enumerate(people().items()):
        browser = Browser(REMOTE_ADDR=f"198.51.{number}.1")
        register(browser, email=email)
        mail = OutboxMessage.objects.get(target=email)
        if user is None:
            assert re.search(r"\b\d{6}\b", mail.body)
            continue
        if email.startswith("unproven"):
            continue
        assert TAKEN.lower() in mail.subject.lower()
        assert not re.search(r"\b\d{6}\b", mail.body)


def test_known_email_gets_nothing_by_guessing_the_code(
    browser: Browser, site: SitePolicy, alice: User
) -> None:
    """Even the right code, which nobody was sent, changes nothing."""
    before = (alice.password, alice.mailbox_proven_at)
    register(browser, email=alice.email)
    challenge = Challenge.objects.get()
    page = browser.post(CODE, {"code": challenge.code_for(challenge.browser)}).content.decode()
    assert "You already have an account" in page
    alice.refresh_from_db()
    assert (alice.password, alice.mailbox_proven_at) == before
    assert alice.factors.count() == 1
    assert not browser.signed_in
    assert browser.get(CODE).url == "/login/"


def test_pending_registration_is_no_account(browser: Browser, site: SitePolicy) -> None:
    """RG-01: it cannot log in, and "Forgot your password?" sends nothing."""
    register(browser)
    answer = browser.post("/login/", {"email": ANN, "password": NEW})
    assert "do not match" in answer.content.decode()
    browser.post("/password/forgot/", {"email": ANN})
    assert OutboxMessage.objects.count() == 1
    assert not User.objects.filter(email=ANN).exists()


# The code


def test_code_works_only_in_the_browser_that_registered(
    browser: Browser, other_browser: Browser, site: SitePolicy
) -> None:
    """reg1."""
    register(browser)
    assert other_browser.get(CODE).url == "/login/"
    assert other_browser.post(CODE, {"code": code(ANN)}).url == "/login/"
    assert not User.objects.filter(email=ANN).exists()
    assert prove(browser).url == "/login/enroll/phone/"


def test_code_is_typed_in_a_browser_with_a_registration_of_its_own(
    browser: Browser, other_browser: Browser, site: SitePolicy
) -> None:
    """OT-04: for the same address and for another one."""
    register(browser)
    first = code(ANN)
    for email in (ANN, "eve@example.org"):
        register(other_browser, email=email)
        page = other_browser.post(CODE, {"code": first}).content.decode()
        assert "That is not the code we sent. 4 attempts left." in page
    assert not User.objects.filter(email__in=[ANN, "eve@example.org"]).exists()


def test_code_works_once(browser: Browser, site: SitePolicy) -> None:
    """OT-03: another browser with the same session finds nothing."""
    register(browser)
    cookies = browser.cookies.copy()
    prove(browser)
    replay = Browser()
    replay.cookies = cookies
    assert replay.post(CODE, {"code": code(ANN)}).url == "/login/"
    assert User.objects.filter(email=ANN).count() == 1


def test_five_wrong_codes_close_the_question(browser: Browser, site: SitePolicy) -> None:
    register(browser)
    wrong = f"{(int(code(ANN)) + 1) % 1_000_000:06}"
    pages = [browser.post(CODE, {"code": wrong}).content.decode() for _ in range(6)]
    assert "4 attempts left" in pages[0]
    assert "That was the fifth wrong code. Ask for a new one." in pages[4]
    page = prove(browser).content.decode()
    assert "Ask for a new one" in page
    assert not User.objects.filter(email=ANN).exists()
    late = AuditEvent.objects.filter(event="code_late", user=None)
    assert late.count() == 2


def test_code_expires(site: SitePolicy, clock) -> None:
    browser = Browser()
    register(browser)
    clock.shift(timedelta(minutes=10, seconds=1))
    assert "This code is older than 10 minutes." in prove(browser).content.decode()
    assert not User.objects.filter(email=ANN).exists()


def test_code_of_another_purpose_is_refused(
    browser: Browser, other_browser: Browser, site: SitePolicy
) -> None:
    """OT-04: the code depends on the purpose."""
    register(browser)
    challenge = Challenge.objects.get()
    right = challenge.code_for(challenge.browser)
    challenge.purpose = "login"
    assert challenge.code_for(challenge.browser) != right
    Challenge.objects.update(purpose="login")
    assert "That is not the code we sent." in browser.post(CODE, {"code": right}).content.decode()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "1" * 10_000, "\x00"])
def test_odd_codes_are_explained(browser: Browser, site: SitePolicy, typed: str) -> None:
    """OT-09."""
    register(browser)
    answer = browser.post(CODE, {"code": typed})
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()


def test_registration_without_its_challenge_asks_for_a_new_code(
    browser: Browser, site: SitePolicy
) -> None:
    """Retention removes challenges after a day, and registrations after a week."""
    register(browser)
    first = code(ANN)
    Delivery.objects.all().delete()
    Challenge.objects.all().delete()
    assert "This code is older than" in browser.post(CODE, {"code": first}).content.decode()
    assert browser.post(CODE).url == CODE
    assert prove(browser).url == "/login/enroll/phone/"


def test_registration_of_another_version_starts_again(browser: Browser, site: SitePolicy) -> None:
    register(browser)
    session = browser.session
    session["registration"] = {"number": "x"}
    session.save()
    assert browser.get(CODE).url == "/login/"


# Closed in the middle


def test_closed_meanwhile_registers_for_the_site_if_that_is_open(
    browser: Browser, site: SitePolicy, maple: Organization
) -> None:
    register(browser, CLINIC)
    set_rules(maple.own, registration=False)
    answer = prove(browser)
    ann = User.objects.get(email=ANN)
    assert ann.registered_at
    assert not Membership.objects.exists()
    words = "Maple Clinic no longer takes registrations. You have an account without it."
    assert words in browser.get(answer.url).content.decode()


@pytest.mark.parametrize("change", ["closed", "inactive"])
def test_closed_meanwhile_is_refused_in_words_if_the_site_is_closed(
    browser: Browser, maple: Organization, change: str
) -> None:
    register(browser, CLINIC)
    if change == "closed":
        set_rules(maple.own, registration=False)
    else:
        Organization.objects.update(is_active=False)
    page = prove(browser).content.decode()
    assert "Registration is closed" in page
    assert "Maple Clinic closed its registration before you entered the code" in page
    assert "Ask the help desk." in page
    assert not User.objects.filter(email=ANN).exists()


def test_site_closed_meanwhile_is_refused_in_words(browser: Browser, site: SitePolicy) -> None:
    register(browser)
    SitePolicy.note(registration=False)
    page = prove(browser).content.decode()
    assert "The registration was closed before you entered the code" in page
    assert not User.objects.filter(email=ANN).exists()


def test_rules_that_leave_no_method_refuse_in_words(browser: Browser, maple: Organization) -> None:
    """Saving refuses such rules. If they are stored anyway, nobody meets an error."""
    register(browser, CLINIC)
    SitePolicy.note(methods=["app"])
    set_rules(maple.own, methods=["phone"])
    assert "Registration is closed" in prove(browser).content.decode()
    assert not User.objects.filter(email=ANN).exists()


def test_session_key_changes_with_registration_and_with_its_proof(
    browser: Browser, site: SitePolicy
) -> None:
    """SS-01."""
    keys = set()
    for step in (register, prove):
        step(browser)
        keys.add(browser.session.session_key)
    assert len(keys) == 2
    assert "registration" not in browser.session
