"""Logging in with a username (C20, K3): the words, who it finds, and what it never tells."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from mfa.models import Lockout, OutboxMessage, SitePolicy
from tests.accounts.people.hashers import CountingHasher
from tests.accounts.views.test_login import look
from tests.conftest import make_user
from tests.organizations import settings as store
from tests.portal_client import PASSWORD, Browser, code

pytestmark = pytest.mark.usefixtures("clock")

WRONG = "That username and password do not match."


@pytest.fixture
def patient(alice: User, policy: SitePolicy) -> User:
    """Alice has a username, and people log in with theirs."""
    store(policy, login_with="username", says_otp=True)
    User.objects.filter(pk=alice.pk).update(username="alice.77")
    alice.refresh_from_db()
    return alice


def log_in(name: str, password: str = PASSWORD, browser: Browser | None = None) -> str:
    """Return where the login leads, or the page that refuses it."""
    response = (browser or Browser()).post("/login/", {"email": name, "password": password})
    return response.get("Location") or response.content.decode()


def test_username_in_any_spelling_logs_in_with_a_code(patient: User) -> None:
    browser = Browser()
    page = browser.get("/login/").content.decode()
    assert ">Username</label>" in page
    assert 'type="email"' not in page
    assert "If you have no username, enter your email." in page
    assert log_in(" ALICE.７７ ", browser=browser) == "/login/verify/"  # noqa: RUF001 as some keyboards type it
    page = browser.get("/login/verify/").content.decode()
    assert ">OTP</label>" in page
    assert ">Code</label>" not in page
    assert "<h1>Enter your OTP</h1>" in page
    assert "123456 is your OTP to log in." in page
    assert "We texted an OTP to the" in page
    assert "Not received an OTP?" in page
    number = patient.factors.get().target
    assert "is your OTP to log in." in OutboxMessage.objects.get(target=number).body
    browser.post("/login/verify/", {"code": code(number)})
    assert "alice.77" in browser.get("/me/").content.decode()
    assert "Enter your username." in log_in("")


def test_setup_and_change_of_a_number_say_otp_too(patient: User) -> None:
    bob = make_user("bob@example.org")
    browser, number = Browser(), "+447700900270"
    browser.password(bob)
    browser.post("/login/enroll/phone/", {"phone": number})
    page = browser.get("/login/enroll/verify/").text
    assert "<h1>Enter the OTP</h1>" in page
    assert "We texted an OTP to <strong>" in page
    assert "is your OTP to set up your phone." in OutboxMessage.objects.get(target=number).body
    browser.post("/login/enroll/verify/", {"code": code(number)})
    browser.log_in(bob)
    browser.post("/me/phone/", {"phone": "+447700900271"})
    changed = OutboxMessage.objects.get(target="+447700900271").body
    assert "is your OTP for the new number." in changed


def test_who_can_use_the_email_depends_on_the_policy(patient: User, policy: SitePolicy) -> None:
    """People without a username keep their email, so nobody is locked out by the switch."""
    make_user("bare@example.org")
    assert WRONG in log_in(patient.email)
    assert log_in("Bare@example.org").startswith("/login/")
    store(policy, login_with="either")
    assert ">Email or username</label>" in Browser().get("/login/").content.decode()
    assert log_in(patient.email) == log_in("Alice.77") == "/login/verify/"
    store(policy, login_with="email")
    assert ">Email</label>" in Browser().get("/login/").content.decode()
    assert "Enter a valid email address." in log_in("alice.77")


def test_nothing_tells_whether_a_username_exists(settings, patient: User) -> None:
    """LG-03: the same page and hashes for the login and the forgotten password."""
    make_user("gone@example.org", username="gone", is_active=False)
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    names = ("alice.77", "nobody", "gone", "alice@example.org", "no@example.org")
    for path, wrong in (("/login/", {"password": "not the password"}), ("/password/forgot/", {})):
        seen = [_seen(path, {"email": name, **wrong}) for name in names]
        assert all(each == seen[1] for each in seen), path


def _seen(path: str, form: dict[str, str]) -> tuple[object, ...]:
    """Return what a stranger sees of an answer, and what it costs."""
    browser, before = Browser(), CountingHasher.runs
    response = browser.post(path, form)
    seen = look(response, form["email"])
    return (*seen, CountingHasher.runs - before)


def test_email_and_username_share_one_count_of_wrong_passwords(
    patient: User, policy: SitePolicy
) -> None:
    """An alias gives an attacker no further attempts."""
    store(policy, login_with="either")
    for attempt in range(10):
        log_in(("alice.77", patient.email)[attempt % 2], "not the password")
    assert Lockout.objects.get(failures=10)
    assert "Too many" in log_in("ALICE.77")
    assert "Too many" in log_in(patient.email)


def test_forgotten_password_takes_either_and_tells_the_owner_the_username(patient: User) -> None:
    page = Browser().get("/password/forgot/").content.decode()
    assert "Enter your email or username." in page
    for name in ("Alice.77", patient.email):
        OutboxMessage.objects.all().delete()
        Browser().post("/password/forgot/", {"email": name})
        mail = OutboxMessage.objects.get(channel="email")
        assert mail.target == patient.email
        assert "Your username is alice.77. Log in with it." in mail.body


def test_username_gives_no_further_mails(patient: User) -> None:
    """The email address is counted, not what was typed."""
    bob = make_user("bob@example.org", username="bob")
    names = {patient: ("alice.77", patient.email), bob: (bob.email, bob.email)}
    for number, (person, spellings) in enumerate(names.items()):
        browser = Browser(REMOTE_ADDR=f"10.{number}.0.1")
        for attempt in range(20):
            browser.post("/password/forgot/", {"email": spellings[attempt % 2]})
        names[person] = OutboxMessage.objects.filter(target=person.email).count()
    assert names[patient] == names[bob] > 0


def test_usernames_are_unique_in_their_normal_form(patient: User) -> None:
    twin = make_user("twin@example.org")
    twin.username = "ALICE.77"
    with pytest.raises(ValidationError, match="already exists"):
        twin.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()
    twin.username = "alice@example.org"
    with pytest.raises(ValidationError, match="Use letters"):
        twin.full_clean()
    twin.username = ""
    twin.full_clean()
    twin.save()
    assert User.objects.get(pk=twin.pk).username is None
