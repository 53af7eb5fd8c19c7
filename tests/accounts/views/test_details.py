"""My Details: the name, the username, the language, and nothing else."""

import pytest

from accounts.forms import DetailsForm
from accounts.models import User
from mfa.models import AccountPolicy
from tests.portal_client import Browser


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    browser.log_in(alice)
    return browser


def test_the_page_shows_what_is_known(home: Browser) -> None:
    page = home.get("/me/").content.decode()
    assert 'value="Alice"' in page
    assert "My Details" in page


def test_saving_keeps_name_and_username(home: Browser, alice: User) -> None:
    form = {"full_name": "Alice Adams", "username": "alice", "language": "en"}
    response = home.post("/me/", form, follow=True)
    assert "Your details are saved." in response.content.decode()
    alice.refresh_from_db()
    assert (alice.full_name, alice.username, alice.language) == ("Alice Adams", "alice", "en")


FOREIGN = {
    "email": "evil@example.org",
    "password": "x",
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "groups": "1",
    "session_epoch": "9",
    "skipped_at": "2026-01-01",
    "ever_bound_at": "",
    "wrong_answers": "0",
    "phone": "+447700900299",
    "pk": "1",
    "id": "1",
}


@pytest.mark.parametrize("field", FOREIGN)
def test_a_foreign_field_is_not_taken(home: Browser, alice: User, field: str) -> None:
    """ASVS 15.3.3: mass assignment."""
    before = User.objects.filter(pk=alice.pk).values().get()
    phone = alice.factors.values().get()
    home.post("/me/", {"full_name": "Alice", "language": "en", field: FOREIGN[field]})
    after = User.objects.filter(pk=alice.pk).values().get()
    assert after == before
    assert alice.factors.values().get() == phone
    assert not alice.groups.exists()


def test_saving_undoes_nothing_that_happened_meanwhile(home: Browser, alice: User) -> None:
    """A counter that another request raised while this one was under way stays raised."""
    stale = User.objects.get(pk=alice.pk)
    User.objects.filter(pk=alice.pk).update(session_epoch=5, wrong_answers=7)
    form = DetailsForm({"full_name": "Alice", "language": "en"}, instance=stale)
    assert form.is_valid()
    form.save()
    alice.refresh_from_db()
    assert (alice.session_epoch, alice.wrong_answers) == (5, 7)


@pytest.mark.parametrize(
    "form",
    [
        {"full_name": "x" * 151, "language": "en"},
        {"full_name": "Alice", "language": "xx"},
        {"full_name": "\x00", "language": "en"},
        {"full_name": "Alice", "language": "en", "username": "a b"},
        {},
    ],
)
def test_what_cannot_be_saved_is_explained(home: Browser, alice: User, form: dict) -> None:
    response = home.post("/me/", form)
    assert response.status_code == 200
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


def test_a_username_is_taken_once(home: Browser, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(username="charlie")
    form = {"full_name": "Alice", "username": "charlie", "language": "en"}
    assert home.post("/me/", form).status_code == 200


def test_a_name_is_escaped(home: Browser) -> None:
    """WB-04."""
    home.post("/me/", {"full_name": "<script>alert(1)</script>", "language": "en"})
    page = home.get("/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_with_mfa_off_the_page_says_so(home: Browser, policy: AccountPolicy) -> None:
    policy.enabled = False
    policy.save()
    assert "takes only your password at the moment" in home.get("/me/").content.decode()


def test_without_a_phone_the_page_says_so(
    browser: Browser, bob: User, policy: AccountPolicy
) -> None:
    policy.enabled = False
    policy.save()
    browser.password(bob)
    assert "You have no phone number here yet." in browser.get("/me/").content.decode()


def test_charlie_sees_his_own(home: Browser, other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    page = other_browser.get("/me/").content.decode()
    assert "Charlie" in page
    assert "number ending 03" in page
    assert "Alice" not in page
    assert "number ending 01" not in page


def test_charlie_changes_only_himself(
    home: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    form = {"full_name": "Evil", "language": "en", "id": alice.pk, "email": alice.email}
    other_browser.post("/me/", form)
    alice.refresh_from_db()
    charlie.refresh_from_db()
    assert (alice.full_name, charlie.full_name) == ("Alice", "Evil")
