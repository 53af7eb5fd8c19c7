"""The login page: the same answer and cost for all failures (LG-03), and lockouts."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import get_hasher
from django.http import HttpResponse

from accounts.models import User
from mfa.models import AuditEvent, Event, OutboxMessage, Session
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import make_user
from tests.portal_client import PASSWORD, Browser

pytestmark = pytest.mark.usefixtures("clock")

M01 = "That email and password do not match. Check both and try again."
UNKNOWN, WRONG, INACTIVE = "nobody@example.org", "alice@example.org", "gone@example.org"
TOKENS = re.compile(r'(name="csrfmiddlewaretoken" value=)"\w+"')


@pytest.fixture
def gone(alice: User) -> User:
    """An inactive person with an account."""
    return make_user(INACTIVE, is_active=False)


def attempt(email: str, password: str = "not the password") -> HttpResponse:
    return Browser().post("/login/", {"email": email, "password": password})


def look(response: HttpResponse, email: str) -> tuple[int, str, dict[str, str], list[str]]:
    """Return everything that a stranger sees in an answer, except the typed email."""
    body = TOKENS.sub(r"\1", response.content.decode()).replace(email, "EMAIL")
    # Each request has a random id.
    own = {"Content-Length", "X-Request-ID"}
    headers = {name: value for name, value in response.items() if name not in own}
    return response.status_code, body, headers, sorted(response.cookies)


@pytest.mark.parametrize("password", ["not the password", "", "x" * 257])
def test_unknown_wrong_and_inactive_look_the_same(gone: User, password: str) -> None:
    looks = [look(attempt(email, password), email) for email in (UNKNOWN, WRONG, INACTIVE)]
    assert looks[0] == looks[1] == looks[2]


def test_right_password_of_inactive_person_looks_same(gone: User) -> None:
    assert look(attempt(INACTIVE, PASSWORD), INACTIVE) == look(attempt(UNKNOWN), UNKNOWN)


def test_error_does_not_tell_which_part_is_wrong(alice: User) -> None:
    """M01 and B03: the login page is shown again."""
    response = attempt(WRONG)
    assert response.status_code == 200
    assert M01 in response.content.decode()
    assert "Error:" in response.content.decode()


def test_failed_login_sends_nothing_and_creates_no_session(gone: User) -> None:
    """C10, LG-04."""
    for email in (UNKNOWN, WRONG, INACTIVE):
        attempt(email)
    assert not OutboxMessage.objects.exists()
    assert not Session.objects.exists()


def test_code_page_stays_closed_after_failed_login(browser: Browser, alice: User) -> None:
    browser.password(alice, "not the password")
    assert browser.get("/login/verify/").url == "/login/"


@pytest.mark.parametrize(
    ("email", "password"),
    [(UNKNOWN, "wrong"), (WRONG, "wrong"), (WRONG, PASSWORD), (INACTIVE, PASSWORD)],
)
def test_each_attempt_costs_one_hash(settings, gone: User, email: str, password: str) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    before = CountingHasher.runs
    attempt(email, password)
    assert CountingHasher.runs == before + 1


def test_password_of_a_megabyte_is_not_read(settings, alice: User) -> None:
    """PW-03, S15."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    before = CountingHasher.runs
    assert attempt(WRONG, "x" * 1_000_000).status_code == 413
    assert CountingHasher.runs == before


@pytest.mark.parametrize("length", [257, 100_000])
def test_overlong_password_is_refused_unhashed(settings, alice: User, length: int) -> None:
    """PW-03."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    before = CountingHasher.runs
    response = attempt(WRONG, "x" * length)
    assert response.status_code == 200
    assert "at most 256 characters" in response.content.decode()
    assert CountingHasher.runs == before


def test_hash_uses_owasp_parameters(settings) -> None:
    """PW-08."""
    settings.PASSWORD_HASHERS = ["accounts.people.hashers.Argon2idHasher"]
    encoded = get_hasher().encode("x" * 15, "12345678")
    assert encoded.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")


def test_outdated_hash_is_renewed_at_login(settings, browser: Browser, alice: User) -> None:
    """PW-08: hashes can be upgraded."""
    settings.PASSWORD_HASHERS = [
        "accounts.people.hashers.Argon2idHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert browser.password(alice).url == "/login/verify/"
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$")
    assert browser.get("/login/verify/").status_code == 200


@pytest.mark.parametrize(
    "spelling", ["ALICE@EXAMPLE.ORG", "Alice@Example.org", " alice@example.org "]
)
def test_email_may_be_in_any_case(browser: Browser, alice: User, spelling: str) -> None:
    response = browser.post("/login/", {"email": spelling, "password": PASSWORD})
    assert response.url == "/login/verify/"


@pytest.mark.parametrize(
    "password", [f" {PASSWORD}", f"{PASSWORD} ", PASSWORD.upper(), PASSWORD[:-1]]
)
def test_password_is_not_changed_before_hashing(
    browser: Browser, alice: User, password: str
) -> None:
    """PW-02."""
    browser.password(alice, password)
    assert "mfa_pending" not in browser.session


@pytest.mark.parametrize("password", ["🔑" * 64, "  blank at both ends  ", "x" * 256])
def test_long_and_unusual_passwords_work(browser: Browser, alice: User, password: str) -> None:
    """PW-02."""
    alice.set_password(password)
    alice.save()
    assert browser.password(alice, password).url == "/login/verify/"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "", "password": ""},
        {"email": "nonsense", "password": "x"},
        {"email": "a\x00@example.org", "password": "x"},
        {"email": "alice@example.org", "password": "\x00"},
        {"email": "x" * 10_000 + "@example.org", "password": "x"},
        {"email": ["alice@example.org", "bob@example.org"], "password": ["a", "b"]},
        {"email": "\ud83d@example.org".encode("utf-16", "surrogatepass"), "password": "x"},
        {"email": "alice@example.org", "password": "x", "next": "\x00"},
    ],
)
def test_malformed_forms_show_login_page_again(browser: Browser, alice: User, form: dict) -> None:
    """OT-09: never a 500."""
    response = browser.post("/login/", form)
    assert response.status_code == 200
    assert 'name="password"' in response.content.decode()


def test_body_that_is_not_a_form_shows_login_page_again(browser: Browser, alice: User) -> None:
    response = browser.post("/login/", b"\xff\xfe{", content_type="application/json")
    assert response.status_code == 200


def test_password_is_never_in_page(alice: User) -> None:
    assert "not the password" not in attempt(WRONG).content.decode()


def test_typed_email_stays_in_form(alice: User) -> None:
    assert f'value="{WRONG}"' in attempt(WRONG).content.decode()


@pytest.mark.parametrize("email", [UNKNOWN, WRONG, INACTIVE])
def test_ten_failures_cause_same_wait_for_known_and_unknown(
    clock: time_machine.Traveller, gone: User, email: str
) -> None:
    """LG-02, M09."""
    first = [attempt(email).status_code for _ in range(10)]
    response = attempt(email)
    assert first == [200] * 10
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    assert "Too many attempts." in response.content.decode()


def test_waits_look_the_same(clock: time_machine.Traveller, gone: User) -> None:
    looks = []
    for email in (UNKNOWN, WRONG, INACTIVE):
        for _ in range(10):
            attempt(email)
        looks.append(look(attempt(email), email))
    assert looks[0] == looks[1] == looks[2]


def test_right_password_waits_during_lockout(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    for _ in range(10):
        attempt(WRONG)
    assert browser.password(alice).status_code == 429
    clock.shift(timedelta(seconds=31))
    assert browser.password(alice).url == "/login/verify/"


def test_refused_attempt_costs_no_hash(
    clock: time_machine.Traveller, settings, alice: User
) -> None:
    for _ in range(10):
        attempt(WRONG)
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    before = CountingHasher.runs
    attempt(WRONG)
    assert CountingHasher.runs == before


def test_lockout_affects_only_one_person(
    clock: time_machine.Traveller, browser: Browser, alice: User, charlie: User
) -> None:
    for _ in range(10):
        attempt(WRONG)
    assert browser.password(charlie).url == "/login/verify/"


def test_other_spelling_of_email_shares_lockout(clock: time_machine.Traveller, alice: User) -> None:
    for _ in range(10):
        attempt(WRONG.upper())
    assert attempt(WRONG).status_code == 429


def test_owner_login_does_not_reset_attackers_lockout(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """S22: the owner's new device gets back only its own attempt."""
    for _ in range(9):
        attempt(WRONG)
    browser.log_in(alice)
    assert [attempt(WRONG).status_code for _ in range(2)] == [200, 429]


def test_right_passwords_do_not_use_up_attempts(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """S14: neither those of the account nor those of the address."""
    for _ in range(60):
        assert Browser().password(alice).status_code == 302


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_other_spelling_or_new_email_gives_no_new_attempts(
    clock: time_machine.Traveller, browser: Browser, alice: User, email: str
) -> None:
    """X16: counted by person, or by the typed text for unknown emails."""
    spelled = (email, email.upper(), email.title(), f" {email} ")
    for number in range(10):
        data = {"email": spelled[number % 4], "password": WRONG}
        assert browser.post("/login/", data).status_code == 200
    data = {"email": email, "password": PASSWORD}
    assert browser.post("/login/", data).status_code == 429


def test_changed_email_gives_no_new_attempts(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """X16."""
    for _ in range(10):
        attempt(WRONG)
    User.objects.filter(pk=alice.pk).update(email="alice.new@example.org")
    alice.refresh_from_db()
    assert browser.password(alice).status_code == 429


def test_fifty_failures_from_one_address_lock_the_address(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    for number in range(50):
        attempt(f"nobody{number}@example.org")
    assert browser.password(alice).status_code == 429


def test_other_address_is_not_locked(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    for number in range(50):
        attempt(f"nobody{number}@example.org")
    response = browser.post(
        "/login/", {"email": WRONG, "password": PASSWORD}, REMOTE_ADDR="198.51.100.7"
    )
    assert response.url == "/login/verify/"


def test_forged_forwarding_header_is_ignored(
    clock: time_machine.Traveller, browser: Browser, alice: User
) -> None:
    """LG-08."""
    for number in range(50):
        attempt(f"nobody{number}@example.org")
    form = {"email": WRONG, "password": PASSWORD}
    response = browser.post("/login/", form, headers={"x-forwarded-for": "198.51.100.7"})
    assert response.status_code == 429
    assert not AuditEvent.objects.filter(address="198.51.100.7").exists()


def test_failures_are_in_the_audit(clock: time_machine.Traveller, alice: User) -> None:
    """LO-01: also for unknown people, without the email."""
    attempt(UNKNOWN)
    attempt(WRONG)
    wrong = AuditEvent.objects.filter(event=Event.PASSWORD_WRONG).order_by("pk")
    assert [event.user for event in wrong] == [None, alice]
    assert [event.details for event in wrong] == [{}, {}]


def test_lockout_is_in_the_audit(clock: time_machine.Traveller, alice: User) -> None:
    for _ in range(10):
        attempt(WRONG)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_SLOWED, user=alice).count() == 1


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        ("confirmed", "Your number is verified. Log in again to continue."),
        ("ended", "Your session has ended."),
    ],
)
def test_login_page_shows_notice(browser: Browser, db: None, notice: str, words: str) -> None:
    assert words in browser.get("/login/", {"notice": notice}).content.decode()


def test_unknown_notice_is_ignored(browser: Browser, db: None) -> None:
    page = browser.get("/login/", {"notice": "<script>alert(1)</script>"}).content.decode()
    assert "alert(1)" not in page


def test_notice_is_hidden_beside_error(browser: Browser, alice: User) -> None:
    page = browser.post("/login/?notice=confirmed", {"email": WRONG, "password": "x"})
    assert "Your number is verified" not in page.content.decode()


def test_next_parameter_is_escaped(browser: Browser, db: None) -> None:
    page = browser.get("/login/", {"next": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_logged_in_person_is_redirected_from_login(browser: Browser, alice: User) -> None:
    browser.log_in(alice)
    assert browser.get("/login/", {"next": "/me/"}).url == "/me/"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(browser: Browser, db: None, method: str) -> None:
    assert getattr(browser, method)("/login/").status_code == 405


def test_cookies_are_httponly_and_samesite(browser: Browser, alice: User) -> None:
    """SS-09: and deleted when the browser closes."""
    browser.get("/login/")
    browser.password(alice)
    for name in ("session", "csrf"):
        cookie = browser.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == ""
        assert cookie["expires"] == ""
