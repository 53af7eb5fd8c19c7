"""My Details: the name, and nothing that has no effect."""

import pytest
from django.utils import timezone

from accounts.forms.details import DetailsForm
from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from tests.portal_client import Browser


@pytest.fixture
def home(browser: Browser, alice: User) -> Browser:
    browser.log_in(alice)
    return browser


def test_page_shows_stored_details(home: Browser) -> None:
    page = home.get("/me/").content.decode()
    assert 'value="Alice"' in page
    assert "My Details" in page


def test_saving_keeps_name(home: Browser, alice: User) -> None:
    form = {"full_name": "Alice Adams"}
    response = home.post("/me/", form, follow=True)
    assert "Your details are saved." in response.content.decode()
    alice.refresh_from_db()
    assert alice.full_name == "Alice Adams"


def test_fields_without_effect_are_not_shown(home: Browser, settings) -> None:
    """Nobody logs in with a username, and one language is no choice."""
    assert not {"username", "language"} & set(home.get("/me/").context["form"].fields)
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    assert "language" in home.get("/me/").context["form"].fields


FOREIGN = {
    "email": "evil@example.org",
    "username": "evil",
    "language": "xx",
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
def test_unknown_field_is_ignored(home: Browser, alice: User, field: str) -> None:
    """ASVS 15.3.3: mass assignment."""
    before = User.objects.filter(pk=alice.pk).values().get()
    phone = alice.factors.values().get()
    home.post("/me/", {"full_name": "Alice", field: FOREIGN[field]})
    after = User.objects.filter(pk=alice.pk).values().get()
    assert after == before
    assert alice.factors.values().get() == phone
    assert not alice.groups.exists()


def test_saving_keeps_parallel_changes(home: Browser, alice: User) -> None:
    """A counter that another request raised in the meantime is kept."""
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
        {"full_name": "x" * 151},
        {"full_name": "\x00"},
    ],
)
def test_invalid_details_are_explained(home: Browser, alice: User, form: dict) -> None:
    response = home.post("/me/", form)
    assert response.status_code == 200
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


def test_name_is_escaped(home: Browser) -> None:
    """WB-04."""
    home.post("/me/", {"full_name": "<script>alert(1)</script>", "language": "en"})
    page = home.get("/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_page_shows_that_mfa_is_off(home: Browser, policy: SitePolicy) -> None:
    policy.enabled = False
    policy.save()
    assert "log in with just your password for now" in home.get("/me/").content.decode()


def test_page_shows_that_there_is_no_phone(browser: Browser, bob: User, policy: SitePolicy) -> None:
    policy.enabled = False
    policy.save()
    browser.password(bob)
    assert "You have no phone number yet." in browser.get("/me/").content.decode()


def test_charlie_sees_his_own_details(home: Browser, other_browser: Browser, charlie: User) -> None:
    other_browser.log_in(charlie)
    page = other_browser.get("/me/").content.decode()
    assert "Charlie" in page
    assert "number ending 03" in page
    assert "Alice" not in page
    assert "number ending 01" not in page


def test_charlie_changes_only_his_own_details(
    home: Browser, other_browser: Browser, alice: User, charlie: User
) -> None:
    other_browser.log_in(charlie)
    form = {"full_name": "Evil", "language": "en", "id": alice.pk, "email": alice.email}
    other_browser.post("/me/", form)
    alice.refresh_from_db()
    charlie.refresh_from_db()
    assert (alice.full_name, charlie.full_name) == ("Alice", "Evil")


def test_times_are_shown_in_persons_zone(
    home: Browser, other_browser: Browser, alice: User
) -> None:
    """On pages and in emails; nobody else's change."""
    assert "UTC" in home.get("/me/activity/").content.decode()
    home.post("/me/", {"full_name": "Alice", "time_zone": "Asia/Tokyo"})
    assert "JST" in home.get("/me/activity/").content.decode()
    other_browser.log_in(alice)
    assert "JST" in OutboxMessage.objects.filter(channel="email").latest("pk").body
    assert timezone.get_current_timezone_name() == "UTC"


def test_unknown_zone_is_refused_and_removed_one_falls_back_to_portals(
    home: Browser, alice: User
) -> None:
    assert home.post("/me/", {"full_name": "Alice", "time_zone": "../etc"}).status_code == 200
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Atlantis")
    assert "UTC" in home.get("/me/activity/").content.decode()
