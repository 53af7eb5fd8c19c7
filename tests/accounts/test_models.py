"""People: how they are made, looked up and bound."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from mfa.models import AccountPolicy
from mfa.rules.policy import EmailCodes, Enforcement
from tests.conftest import make_user
from tests.portal_client import PASSWORD

pytestmark = pytest.mark.django_db


def test_an_email_is_stored_in_lower_case() -> None:
    assert User.objects.create_user(" Alice@Example.ORG ", PASSWORD).email == "alice@example.org"


def test_a_person_is_found_by_email_in_any_spelling() -> None:
    alice = make_user("alice@example.org")
    assert User.objects.get_by_natural_key(" ALICE@example.org") == alice


@pytest.mark.parametrize("email", ["", None, "nobody@example.org"])
def test_nobody_is_found_by_another(email: str | None) -> None:
    make_user("alice@example.org")
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(email)


def test_an_email_is_taken_once_in_any_spelling() -> None:
    make_user("alice@example.org")
    with pytest.raises(IntegrityError):
        make_user("ALICE@example.org")


def test_a_person_without_a_password_cannot_log_in() -> None:
    assert not User.objects.create_user("alice@example.org").has_usable_password()


def test_a_superuser_may_do_everything() -> None:
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    assert root.is_staff
    assert root.is_superuser


def test_a_person_is_not_staff_by_accident() -> None:
    alice = make_user("alice@example.org")
    assert not alice.is_staff
    assert not alice.is_superuser


def test_cleaning_folds_the_email_and_the_empty_username() -> None:
    alice = User(email="Alice@Example.org", username="")
    alice.clean()
    assert (alice.email, alice.username) == ("alice@example.org", None)


def test_many_people_have_no_username() -> None:
    make_user("alice@example.org")
    make_user("bob@example.org")
    assert User.objects.filter(username=None).count() == 2


@pytest.mark.parametrize("username", ["a b", "<script>", "a@b", "name\n", "x" * 151])
def test_a_username_is_plain(username: str) -> None:
    alice = make_user("alice@example.org")
    alice.username = username
    with pytest.raises(ValidationError):
        alice.full_clean()


def test_a_person_is_called_by_name_or_else_by_email() -> None:
    assert make_user("alice@example.org", full_name="Alice").get_full_name() == "Alice"
    assert make_user("bob@example.org").get_full_name() == "bob@example.org"
    assert str(User(email="charlie@example.org")) == "charlie@example.org"


def test_staff_are_bound_tighter_than_the_site(policy: AccountPolicy) -> None:
    """EM-01."""
    policy.enforcement = "optional"
    policy.email_codes = "login"
    policy.save()
    staff = make_user("sam@example.org", is_staff=True).mfa_policy
    other = make_user("alice@example.org").mfa_policy
    assert (staff.enforcement, staff.email_codes) == (Enforcement.REQUIRED, EmailCodes.OFF)
    assert (other.enforcement, other.email_codes) == (Enforcement.OPTIONAL, EmailCodes.LOGIN)
    assert staff.decided_by["enforcement"] == "staff"


def test_a_changed_epoch_changes_the_session_hash() -> None:
    """SS-06."""
    alice = make_user("alice@example.org")
    before = alice.get_session_auth_hash()
    alice.session_epoch += 1
    assert alice.get_session_auth_hash() != before


def test_a_changed_password_changes_the_session_hash() -> None:
    alice = make_user("alice@example.org")
    before = alice.get_session_auth_hash()
    alice.set_password("another long enough one")
    assert alice.get_session_auth_hash() != before


def test_sessions_survive_a_rotated_secret_key(settings, browser, policy: AccountPolicy) -> None:
    """DT-01: rotatable."""
    policy.enabled = False
    policy.save()
    browser.password(make_user("alice@example.org"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one, as long and as dull as the old one had to be"
    assert browser.get("/me/").status_code == 200
