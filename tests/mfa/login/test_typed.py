"""A form that a step-up interrupts comes back: to the same person, once, without secrets."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from cryptography.fernet import Fernet
from django import forms
from django.contrib.auth.models import Group
from django.db import connection

from accounts.forms.passwords import PasswordForm
from accounts.models import User
from mfa.admin.forms import AccountPolicyForm
from mfa.forms.apps import NewAppForm
from mfa.login.typed import FORM, KEY, MOST_BYTES, form_of, is_secret, may_keep
from mfa.models import OutboxMessage
from tests.architecture.addresses import ADDRESSES
from tests.conftest import give_phone, make_user
from tests.portal_client import PASSWORD, Browser, code

EMAIL, PHONE = "/me/email/", "/me/phone/"
NEW = "new@example.com"
KEPT = "We kept what you typed. Nothing is saved yet."
GONE = "We no longer have what you typed. Enter it again."
LATER = timedelta(minutes=10)


@pytest.fixture
def stale(clock: time_machine.Traveller, home: Browser) -> Browser:
    """Alice, whose factor is ten minutes old."""
    clock.shift(LATER)
    return home


def confirm(browser: Browser, user: User, late: str) -> str:
    """Confirm at the step-up, and return where it leads."""
    browser.post("/me/confirm/", {"next": parse_qs(urlsplit(late).query)["next"][0]})
    target = user.factors.get(kind="phone").target
    return browser.post("/login/verify/", {"code": code(target)}).url


def returned(browser: Browser, user: User, path: str, form: dict[str, str]) -> str:
    """Post a form too late, confirm, and return the page that follows."""
    led = confirm(browser, user, browser.post(path, form).url)
    assert led == path
    return browser.get(led).text


@pytest.mark.parametrize(
    ("path", "form"), [(EMAIL, {"email": "no address"}), (PHONE, {"phone": "07700 90025"})]
)
def test_form_comes_back_as_it_was_typed_and_only_once(
    stale: Browser, alice: User, path: str, form: dict[str, str]
) -> None:
    page = returned(stale, alice, path, form)
    assert KEPT in page
    assert f'value="{next(iter(form.values()))}"' in page
    # Neither validated nor sent
    assert "There is a problem" not in page
    again = stale.get(path).text
    assert KEPT not in again
    assert next(iter(form.values())) not in again
    assert KEY not in stale.session


def test_returned_form_saves_nothing_before_button_is_pressed(stale: Browser, alice: User) -> None:
    returned(stale, alice, EMAIL, {"email": NEW})
    alice.refresh_from_db()
    assert alice.new_email == ""
    assert not OutboxMessage.objects.filter(target=NEW).exists()
    assert stale.post(EMAIL, {"email": NEW}).url == "/me/?saved=link"
    alice.refresh_from_db()
    assert alice.new_email == NEW


def test_support_reset_form_comes_back_after_step_up(
    browser: Browser, clock: time_machine.Traveller, alice: User
) -> None:
    sam = make_user("sam@example.org", is_staff=True)
    sam.groups.add(Group.objects.get(name="Support"))
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    clock.shift(LATER)
    typed = {"reason": "Lost in <Rome>", "identified": "other", "details": "Video call"}
    page = returned(browser, sam, f"/support/people/{alice.pk}/reset/", typed)
    assert KEPT in page
    assert 'value="Lost in &lt;Rome&gt;"' in page
    assert 'value="other"' in page.partition(" checked")[0].rpartition("<input")[2]
    assert alice.factors.usable().exists()


@pytest.mark.parametrize("page", ["pass", "recovery"])
def test_reason_for_lost_phone_comes_back_after_step_up(
    browser: Browser, clock: time_machine.Traveller, alice: User, page: str
) -> None:
    sam = make_user("sam@example.org", is_staff=True, is_superuser=True)
    give_phone(sam, "+447700900206")
    browser.log_in(sam)
    clock.shift(LATER)
    typed = {"reason": "Lost in <Rome>", "minutes": "60"}
    shown = returned(browser, sam, f"/support/people/{alice.pk}/{page}/", typed)
    assert KEPT in shown
    assert 'value="Lost in &lt;Rome&gt;"' in shown
    assert not alice.one_time_passes.exists()
    assert not alice.recovery_requests.exists()


def test_recovery_email_comes_back_after_step_up(stale: Browser, alice: User) -> None:
    assert f'value="{NEW}"' in returned(stale, alice, "/me/recovery-email/", {"email": NEW})
    assert not OutboxMessage.objects.filter(target=NEW).exists()


def test_typed_markup_is_shown_as_text(stale: Browser, alice: User) -> None:
    page = returned(stale, alice, PHONE, {"phone": '"><script>alert(1)</script>'})
    assert "&quot;&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_session_keeps_no_plain_text(stale: Browser) -> None:
    stale.post(EMAIL, {"email": NEW})
    assert NEW not in str(stale.session[KEY])
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM mfa_session")
        assert NEW not in str(cursor.fetchall())


def test_forged_form_is_not_kept(clock: time_machine.Traveller, alice: User) -> None:
    """WB-01: the check of the CSRF token comes first."""
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(EMAIL, {"email": "evil@example.com"}).status_code == 403
    assert KEY not in browser.session
    token = {"csrfmiddlewaretoken": browser.get("/me/").context["csrf_token"]}
    browser.post(EMAIL, {"email": NEW, **token})
    assert KEY in browser.session


def test_next_person_in_browser_does_not_see_kept_form(
    stale: Browser, alice: User, charlie: User
) -> None:
    stale.post(EMAIL, {"email": NEW})
    stale.post("/logout/")
    assert KEY not in stale.session
    stale.log_in(charlie)
    assert NEW not in stale.get(EMAIL).text


def test_record_of_another_person_is_not_shown(stale: Browser, charlie: User) -> None:
    stale.post(EMAIL, {"email": NEW})
    record = stale.session[KEY]
    charlies = Browser()
    charlies.log_in(charlie)
    session = charlies.session
    session[KEY] = record
    session.save()
    assert NEW not in charlies.get(EMAIL).text


def test_other_session_of_person_does_not_see_kept_form(stale: Browser, alice: User) -> None:
    stale.post(EMAIL, {"email": NEW})
    other = Browser()
    other.log_in(alice)
    assert NEW not in other.get(EMAIL).text


def test_values_do_not_fill_another_form(stale: Browser, alice: User) -> None:
    """The address of the return can be changed, but not the form of the values."""
    stale.post(PHONE, {"phone": "07700 900251", "email": NEW})
    assert confirm(stale, alice, f"/me/confirm/?next={EMAIL}") == EMAIL
    page = stale.get(f"{EMAIL}?email={NEW}").text
    assert KEPT not in page
    assert f'value="{NEW}"' not in page
    assert "07700 900251" in stale.get(PHONE).text


def test_only_the_latest_form_is_kept(stale: Browser, alice: User) -> None:
    """Two tabs."""
    stale.post(EMAIL, {"email": NEW})
    assert KEPT in returned(stale, alice, PHONE, {"phone": "07700 900251"})
    assert NEW not in stale.get(EMAIL).text


def test_form_sent_from_another_tab_forgets_the_kept_one(stale: Browser, alice: User) -> None:
    late = stale.post(EMAIL, {"email": "old@example.com"}).url
    confirm(stale, alice, late)
    stale.post(EMAIL, {"email": NEW})
    page = stale.get(EMAIL).text
    assert KEPT not in page
    assert "old@example.com" not in page


def test_form_that_is_too_large_is_not_kept(stale: Browser, alice: User) -> None:
    late = stale.post(EMAIL, {"email": "x" * MOST_BYTES}).url
    assert late.endswith("&notice=unsaved")
    assert "Nothing was saved" in stale.get(late).text
    assert KEY not in stale.session


def test_larger_form_replaces_the_kept_one(stale: Browser) -> None:
    stale.post(EMAIL, {"email": NEW})
    stale.post(PHONE, {"phone": "7" * MOST_BYTES})
    assert KEY not in stale.session


def test_form_is_kept_for_ten_minutes(
    stale: Browser, alice: User, clock: time_machine.Traveller
) -> None:
    late = stale.post(EMAIL, {"email": NEW}).url
    clock.shift(LATER)
    page = stale.get(confirm(stale, alice, late)).text
    assert GONE in page
    assert NEW not in page
    assert KEY not in stale.session


def test_lost_key_shows_an_empty_form(stale: Browser, alice: User, settings) -> None:
    late = stale.post(EMAIL, {"email": NEW}).url
    led = confirm(stale, alice, late)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert GONE in stale.get(led).text


@pytest.mark.parametrize("record", [{}, [], "x", {"user": 1}, {"user": "1", "at": None}])
def test_record_of_another_version_counts_as_missing(home: Browser, record: object) -> None:
    session = home.session
    session[KEY] = record
    session.save()
    page = home.get(EMAIL)
    assert page.status_code == 200
    assert KEPT not in page.text


def test_head_request_does_not_use_up_kept_form(stale: Browser, alice: User) -> None:
    led = confirm(stale, alice, stale.post(EMAIL, {"email": NEW}).url)
    stale.head(led)
    assert KEPT in stale.get(led).text


def test_passwords_are_never_kept(stale: Browser) -> None:
    form = {"old_password": PASSWORD, "new_password1": NEW * 3, "new_password2": NEW * 3}
    late = stale.post("/me/password/", form).url
    assert late.endswith("&notice=unsaved")
    assert KEY not in stale.session


def test_late_button_keeps_no_form_and_leads_back(stale: Browser, alice: User) -> None:
    late = stale.post("/me/security/sessions/end/").url
    assert late.endswith("&notice=again")
    assert KEY not in stale.session
    assert confirm(stale, alice, late) == "/me/security/"


class Odd(forms.Form):
    """One field of each kind."""

    name = forms.CharField()
    notes = forms.CharField(widget=forms.Textarea)
    amount = forms.IntegerField()
    agreed = forms.BooleanField()
    one = forms.ChoiceField()
    many = forms.MultipleChoiceField()
    backup_codes = forms.ChoiceField()
    api_secret = forms.CharField()
    access_token_2 = forms.CharField()
    code = forms.CharField()
    recovery_codes = forms.CharField(widget=forms.Textarea)
    answer = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))
    disguised = forms.CharField(widget=forms.TextInput(attrs={"type": "password"}))
    phrase = forms.CharField(widget=forms.PasswordInput)
    file = forms.FileField()
    mark = forms.CharField(widget=forms.HiddenInput)
    two = forms.SplitDateTimeField()


def shown(form: type[forms.Form] | type[forms.ModelForm]) -> list[str]:
    return [name for name, field in form.base_fields.items() if may_keep(name, field)]


def test_fields_of_unknown_kind_count_as_secret() -> None:
    known = ["name", "notes", "amount", "agreed", "one", "many", "backup_codes"]
    assert shown(Odd) == known
    assert shown(NewAppForm) == ["name"]
    assert shown(PasswordForm) == []
    policy = set(AccountPolicyForm.base_fields)
    assert policy - set(shown(AccountPolicyForm)) == {"sms_auth_token"}


@pytest.mark.parametrize("name", ["csrfmiddlewaretoken", "new_password1", "CODE", "pin", "api_key"])
def test_secret_is_known_by_its_name(name: str) -> None:
    assert is_secret(name)


def test_each_marked_form_is_tested() -> None:
    marked = {each.name for each in ADDRESSES if form_of(each.view)}
    assert marked == {
        "accounts:change_email",
        "accounts:recovery_email",
        "accounts:support_pass",
        "accounts:support_recovery",
        # tests/accounts/views/organizations/test_guards.py
        "accounts:clients_security",
        "accounts:invite",
        "accounts:member",
        "accounts:member_number",
        "accounts:member_reset",
        "accounts:organization_security",
        # tests/accounts/views/organizations/test_security.py
        "accounts:two_factor",
        "accounts:support_number",
        "accounts:support_pause",
        "accounts:support_reset",
        "mfa:change_phone",
        # tests/mfa/views/test_phones.py
        "mfa:add_phone",
        "mfa:rename_factor",
        # tests/mfa/views/test_emails.py
        "mfa:add_email",
        "admin:mfa_accountpolicy_confirm_account",
        "admin:mfa_accountpolicy_show_impact",
        "admin:mfa_accountpolicy_test_connection",
        "admin:mfa_accountpolicy_test_mail",
        "admin:mfa_accountpolicy_test_message",
    }
    assert FORM in vars(next(each.view for each in ADDRESSES if each.name == "mfa:change_phone"))


@pytest.mark.parametrize(
    ("path", "back"),
    [(EMAIL, EMAIL), ("/me/security/sessions/end/", "/me/security/"), ("/me/", "/me/")],
)
def test_form_after_the_end_of_a_session_is_not_kept(
    clock: time_machine.Traveller, home: Browser, path: str, back: str
) -> None:
    """SS-03: the login page says that nothing was saved, and leads back to the page."""
    clock.shift(timedelta(minutes=30))
    login = home.post(path, {"email": NEW}).url
    assert parse_qs(urlsplit(login).query) == {"notice": ["unsent"], "next": [back]}
    assert "so nothing was saved" in home.get(login).text
    alice = User.objects.get()
    home.password(alice, next=back)
    assert home.post("/login/verify/", {"code": code(alice.factors.get().target)}).url == back
    assert NEW not in home.get(back, follow=True).text
