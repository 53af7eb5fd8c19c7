"""The user model: creation, lookup and policy."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from mfa.models import SitePolicy
from mfa.rules.policy import EmailCodes, Enforcement
from tests.conftest import make_user
from tests.portal_client import PASSWORD

pytestmark = pytest.mark.django_db


def test_email_is_stored_in_lower_case() -> None:
    assert User.objects.create_user(" Alice@Example.ORG ", PASSWORD).email == "alice@example.org"


def test_person_is_found_by_email_in_any_spelling() -> None:
    alice = make_user("alice@example.org")
    assert User.objects.get_by_natural_key(" ALICE@example.org") == alice


@pytest.mark.parametrize("email", ["", None, "nobody@example.org"])
def test_unknown_email_finds_no_one(email: str | None) -> None:
    make_user("alice@example.org")
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(email)


def test_email_is_unique_in_any_spelling() -> None:
    make_user("alice@example.org")
    with pytest.raises(IntegrityError):
        make_user("ALICE@example.org")


def test_person_without_password_cannot_log_in() -> None:
    assert not User.objects.create_user("alice@example.org").has_usable_password()


def test_superuser_has_all_permissions() -> None:
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    assert root.is_staff
    assert root.is_superuser


def test_new_person_is_not_staff() -> None:
    alice = make_user("alice@example.org")
    assert not alice.is_staff
    assert not alice.is_superuser


def test_saving_normalizes_email_and_empty_username() -> None:
    alice = make_user("Alice@Example.org", username="")
    assert (alice.email, alice.username) == ("alice@example.org", None)


def test_many_people_have_no_username() -> None:
    make_user("alice@example.org")
    make_user("bob@example.org")
    assert User.objects.filter(username=None).count() == 2


@pytest.mark.parametrize("username", ["a b", "<script>", "a@b", "name\nx", "x" * 151])
def test_username_allows_only_plain_characters(username: str) -> None:
    alice = make_user("alice@example.org")
    alice.username = username
    with pytest.raises(ValidationError):
        alice.full_clean()


def test_full_name_falls_back_to_email() -> None:
    assert make_user("alice@example.org", full_name="Alice").get_full_name() == "Alice"
    assert make_user("bob@example.org").get_full_name() == "bob@example.org"
    assert str(User(email="charlie@example.org")) == "charlie@example.org"


def test_staff_policy_is_stricter_than_site(policy: SitePolicy) -> None:
    """EM-01."""
    policy.enforcement = "optional"
    policy.email_codes = "login"
    policy.save()
    staff = make_user("sam@example.org", is_staff=True).mfa_policy
    other = make_user("alice@example.org").mfa_policy
    assert (staff.enforcement, staff.email_codes) == (Enforcement.REQUIRED, EmailCodes.OFF)
    assert (other.enforcement, other.email_codes) == (Enforcement.OPTIONAL, EmailCodes.LOGIN)
    assert staff.decided_by["enforcement"] == "staff"


def test_changed_epoch_changes_session_hash() -> None:
    """SS-06."""
    alice = make_user("alice@example.org")
    before = alice.get_session_auth_hash()
    alice.session_epoch += 1
    assert alice.get_session_auth_hash() != before


def test_changed_password_changes_session_hash() -> None:
    alice = make_user("alice@example.org")
    before = alice.get_session_auth_hash()
    alice.set_password("another long enough one")
    assert alice.get_session_auth_hash() != before


def test_sessions_survive_a_rotated_secret_key(settings, browser, policy: SitePolicy) -> None:
    """DT-01: keys can be rotated."""
    policy.enabled = False
    policy.save()
    browser.password(make_user("alice@example.org"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one, as long and as dull as the old one had to be"
    assert browser.get("/me/").status_code == 200
