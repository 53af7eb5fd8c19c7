"""Security > Account Policy (A08-A16, M18)."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.channels.base import Finding
from mfa.channels.outbox import OutboxChannel
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage, SitePolicy, SmsValues
from mfa.models.channel_health import ChannelHealth, mail_config
from tests.authenticator import give_app
from tests.conftest import give_phone, make_user
from tests.phones import KEY
from tests.portal_client import Browser, code

FORM = "/admin/mfa/accountpolicy/1/change/"
LIST = "/admin/mfa/accountpolicy/"
TEST = "/admin/mfa/accountpolicy/test-message/"
ENABLE = "/admin/mfa/accountpolicy/enable/"
SWITCH_OFF = "/admin/mfa/accountpolicy/switch-off/"
ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "5ecret5ecret5ecret5ecret5ecrab12"
NOWHERE = "+447700900240"
VALUES = {
    "sms_account_id": ACCOUNT,
    "sms_auth_token": TOKEN,
    "sms_phone_number": "+1 500 555 0006",
}


@pytest.fixture
def fresh(db: None) -> SitePolicy:
    """A new installation."""
    return SitePolicy.load()


@pytest.fixture
def installer(browser: Browser, fresh: SitePolicy) -> Browser:
    """The first superuser of a new install, without a phone."""
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    return browser


def member(group: str) -> User:
    user = make_user(f"{group.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def save(browser: Browser, **values: str) -> HttpResponse:
    """Return the form's data as a browser sends it, with these values."""
    return browser.post(FORM, {"_continue": "Save", **values}, follow=True)


def stored() -> AccountPolicy:
    return AccountPolicy.objects.get()


def test_index_has_group_and_its_entry(office: Browser) -> None:
    """A09."""
    page = office.get("/admin/").content.decode()
    assert re.search(r'href="/admin/mfa/"[^>]*>\s*Security\s*</a>', page)
    assert re.search(rf'href="{LIST}"[^>]*>\s*Account Policy\s*</a>', page)


def test_menu_entry_leads_to_form(office: Browser) -> None:
    assert office.get(LIST).url == FORM


def test_second_path_leads_to_same_form(office: Browser) -> None:
    """A10: Administration > System Settings > System Settings > Security > Account Policy."""
    index = office.get("/admin/").content.decode()
    assert re.search(r'href="/admin/system-settings/"[^>]*>\s*System Settings\s*</a>', index)
    tree = office.get("/admin/system-settings/").content.decode()
    folder = tree.index("Security")
    assert tree.index(f'<a href="{LIST}">Account Policy</a>') > folder
    save(office, enabled="on", **VALUES)
    page = office.get(office.get(LIST).url).content.decode()
    assert f'value="{ACCOUNT}"' in page


def test_mfa_fields_come_last_and_are_these_four(office: Browser) -> None:
    """A09, A11-A14."""
    form = office.get(FORM).context["adminform"]
    *_others, (name, fieldset) = form.fieldsets
    assert name == "Multi-factor Authentication (MFA)"
    labels = [str(form.form.fields[field].label) for field in fieldset["fields"]]
    assert labels == [
        "Enable Multi-factor authentication",
        "SMS Account ID",
        "SMS Authentication Token",
        "SMS Phone Number",
    ]


def test_new_installation_has_mfa_off(installer: Browser) -> None:
    """A11."""
    page = installer.get(FORM).content.decode()
    box = re.search(r'<input[^>]*name="enabled"[^>]*>', page)[0]
    assert "checked" not in box
    assert "MFA is off" in page


def test_each_field_explains_where_to_find_value(office: Browser) -> None:
    """A05, A02: and that texts cost money."""
    page = office.get(FORM).content.decode()
    assert "Account SID" in page
    assert "Auth Token" in page
    assert "(trial or purchased)" in page
    assert "your own Twilio account, and each text costs money" in page


def test_all_four_values_are_saved_at_once(installer: Browser) -> None:
    """A15."""
    response = save(installer, **VALUES, contact="the help desk")
    policy = stored()
    assert response.request["PATH_INFO"] == FORM
    assert (policy.sms.account_id, policy.sms.auth_token) == (ACCOUNT, TOKEN)
    assert policy.sms.phone_number == "+15005550006"
    assert policy.contact == "the help desk"


@pytest.mark.parametrize(
    "blank", [" {} ", "\t{}\n", "\u200b{}\u200b", "\ufeff{}", "\u00a0{}\u2060"]
)
@pytest.mark.parametrize("field", ["sms_account_id", "sms_auth_token"])
def test_spaces_around_value_are_trimmed(installer: Browser, field: str, blank: str) -> None:
    """A05: including invisible ones."""
    save(installer, **{**VALUES, field: blank.format(VALUES[field])})
    assert getattr(stored(), field) == VALUES[field]


def test_approval_as_the_only_method_needs_a_push_key(office: Browser, settings) -> None:
    def refused() -> bool:
        page = save(office, methods=["push", "recovery_codes"]).content.decode()
        return "This portal has no key for approval on a phone" in page

    assert refused()
    assert stored().methods == []
    settings.VAPID_PRIVATE_KEY = KEY
    assert not refused()


def test_malformed_id_is_refused_with_field_error(installer: Browser) -> None:
    """A12."""
    accounts = (
        *("AC", "AC" + "0" * 31, "AC" + "0" * 33, "SK" + "0" * 32, "AC" + "g" * 32),
        *("ac" + "0" * 32, "AC" + "0" * 16 + " " + "0" * 15, "<script>"),
    )
    assert [each for each in accounts if not refused(installer, "sms_account_id", each)] == []
    assert stored().sms.account_id == ""


def refused(browser: Browser, field: str, value: str) -> bool:
    """Whether the page shows an error at the field with this value."""
    page = save(browser, **{**VALUES, field: value})
    return bool(page.context and page.context["adminform"].form.errors.get(field))


@pytest.mark.parametrize(
    "spelling",
    ["+15005550006", "+1 500 555 0006", "+1 (500) 555-0006", "0015005550006", "+1.500.555.0006"],
)
def test_number_is_stored_normalized(installer: Browser, spelling: str) -> None:
    """A14."""
    save(installer, **{**VALUES, "sms_phone_number": spelling})
    assert stored().sms.phone_number == "+15005550006"


def test_national_number_is_accepted(installer: Browser) -> None:
    """A14: by the home country in the same form."""
    save(installer, **{**VALUES, "sms_phone_number": "07700 900999", "home_region": "gb"})
    assert stored().sms.phone_number == "+447700900999"
    assert stored().home_region == "GB"


def test_messaging_service_is_accepted_as_sender(installer: Browser) -> None:
    service = "MG" + "0a" * 16
    save(installer, **{**VALUES, "sms_phone_number": f" {service} "})
    assert stored().sms.phone_number == service


def test_invalid_number_is_refused(installer: Browser) -> None:
    """A14."""
    numbers = ("none", "12345", "+1", "my number", "+44 12")
    assert [each for each in numbers if not refused(installer, "sms_phone_number", each)] == []
    assert stored().sms.phone_number == ""


def test_invalid_country_is_refused(installer: Browser) -> None:
    regions = ("XX", "G1", "44", "\u0130S")
    assert [each for each in regions if not refused(installer, "home_region", each)] == []


@pytest.mark.parametrize(("typed", "kept"), [("1", None), ("2", 2), ("10", 10), ("11", None)])
def test_code_life_is_two_to_ten_minutes(installer: Browser, typed: str, kept: int | None) -> None:
    """OT-02: 11 is refused."""
    save(installer, **VALUES, code_life_minutes=typed)
    assert stored().code_life_minutes == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [("enforcement", "perhaps"), ("email_codes", "perhaps"), ("after_enrollment", "nowhere")],
)
def test_unknown_choice_is_refused(installer: Browser, field: str, value: str) -> None:
    save(installer, **VALUES, **{field: value})
    assert getattr(stored(), field) == ""


@pytest.mark.parametrize(("typed", "kept"), [("", "None"), ("true", "True"), ("false", "False")])
def test_voip_choice_is_yes_no_or_empty(installer: Browser, typed: str, kept: str) -> None:
    save(installer, **VALUES, allow_voip=typed)
    assert str(stored().allow_voip) == kept


def test_empty_choice_shows_default(office: Browser) -> None:
    page = office.get(FORM).content.decode()
    assert "Default: Required" in page
    assert "Default: Go back to the login page" in page
    assert "Default: To log in (never for staff)" in page


def test_token_is_never_shown(installer: Browser) -> None:
    """A13."""
    page = save(installer, **VALUES).content.decode()
    assert TOKEN not in page
    assert "Set, ends …ab12. Leave empty to keep it." in page
    box = re.search(r'<input[^>]*name="sms_auth_token"[^>]*>', page)[0]
    assert "value=" not in box
    assert 'type="password"' in box


def test_token_is_not_shown_beside_error(installer: Browser) -> None:
    response = save(installer, **{**VALUES, "sms_account_id": "none"})
    assert TOKEN not in response.content.decode()


def test_empty_token_keeps_stored_one(installer: Browser) -> None:
    """A13."""
    save(installer, **VALUES)
    save(installer, **{**VALUES, "sms_auth_token": "", "contact": "the help desk"})
    assert (stored().sms.auth_token, stored().contact) == (TOKEN, "the help desk")


def test_token_is_encrypted_in_database(installer: Browser) -> None:
    """A13."""
    save(installer, **VALUES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM mfa_smsaccount")
        (kept,) = cursor.fetchone()
    assert kept.startswith("gAAAA")
    assert TOKEN[:8] not in kept


def test_saving_is_in_the_audit_by_name_and_fields(installer: Browser) -> None:
    """A15, A13: no values."""
    save(installer, **VALUES)
    event = AuditEvent.objects.get(event=Event.POLICY_CHANGED)
    assert event.user.email == "root@example.org"
    assert set(event.details["fields"]) == set(VALUES)
    assert TOKEN not in f"{event.details}"
    entry = LogEntry.objects.get()
    assert "SMS Authentication Token" in entry.change_message
    assert TOKEN not in entry.change_message


def test_history_is_the_audit_of_changes_without_values(installer: Browser) -> None:
    """A13, P22."""
    save(installer, **VALUES)
    answer = installer.get("/admin/mfa/accountpolicy/1/history/")
    assert answer.url == "/admin/mfa/auditevent/?event=policy_changed"
    page = installer.get(answer.url).content.decode()
    assert "root@example.org" in page
    assert TOKEN not in page


def turn_on(browser: Browser, **values: str) -> str:
    return save(browser, enabled="on", **values).content.decode()


def test_mfa_cannot_be_enabled_without_account(installer: Browser) -> None:
    page = turn_on(installer, contact="the help desk")
    assert "Your settings are saved, but MFA is not on yet" in page
    assert "Enter the three values of the SMS account" in page
    assert stored().contact == "the help desk"
    assert not stored().enabled


@pytest.mark.parametrize("missing", VALUES)
def test_mfa_cannot_be_enabled_with_missing_value(installer: Browser, missing: str) -> None:
    page = turn_on(installer, **{**VALUES, missing: ""})
    assert "Enter the three values of the SMS account" in page
    assert not stored().enabled


def test_mfa_cannot_be_enabled_before_test(installer: Browser) -> None:
    page = turn_on(installer, **VALUES)
    assert "Send a test message and enter its code" in page
    assert f'href="{TEST}"' in page
    assert stored().sms.complete
    assert not stored().enabled


def test_mfa_cannot_be_enabled_without_own_factor(installer: Browser) -> None:
    save(installer, **VALUES)
    policy = stored()
    policy.sms.tested_credentials = policy.sms.credentials()
    policy.sms.save()
    page = turn_on(installer, **VALUES)
    assert "Verify your own phone" in page
    assert 'href="/me/phone/"' in page
    assert not stored().enabled


def test_administrator_has_one_of_the_methods(office: Browser, root: User) -> None:
    """pol4: root has a phone and recovery codes, and would be shut out."""
    words = "Set up one of these methods yourself first."
    sent = {**VALUES, "portal_name": "Portal", "accent": "#1d4ed8", "login_with": "email"}

    def keep(*methods: str) -> list[str]:
        page = save(office, **sent, enabled="on", methods=list(methods)).content.decode()
        assert (words in page) is (stored().methods != list(methods))
        return stored().methods

    assert keep("app") == []
    assert keep("app", "recovery_codes") == []
    assert keep("phone") == ["phone"]
    give_app(root)
    assert keep("app") == ["app"]


def test_own_phone_can_follow_the_test_message(installer: Browser) -> None:
    """The recovery codes wait for it, and its last page leads back."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE)})
    assert "/me/phone/" in todo(installer)
    assert "/me/security/codes/" not in todo(installer)
    installer.post("/me/phone/", {"phone": NOWHERE})
    page = installer.post("/me/phone/verify/", {"code": code(NOWHERE)}, follow=True)
    assert '<a class="action" href="/admin/">Continue setting up</a>' in page.content.decode()
    assert "/me/security/codes/" in todo(installer)


def test_mfa_cannot_be_enabled_without_backup(installer: Browser) -> None:
    """M18: staff get no codes by email, so a lost phone would lock them out."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    page = turn_on(installer, **VALUES)
    assert "Save recovery codes or add an authenticator app" in page
    assert '<a href="/me/security/codes/">Save recovery codes' in page
    assert not stored().enabled


def test_mfa_can_be_enabled_after_test_with_backup(installer: Browser) -> None:
    """A16: values, test message, its code, recovery codes, the flag. Everyone is notified."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    installer.post("/me/security/codes/")
    page = turn_on(installer, **VALUES)
    assert stored().enabled
    assert (
        "MFA is on for 1 person. People you add set up a verification method at their first login."
    ) in page
    assert OutboxMessage.objects.filter(subject__contains="MFA was turned on").count() == 1
    assert installer.get("/admin/").status_code == 200


def test_mfa_cannot_be_enabled_together_with_new_values(installer: Browser) -> None:
    """The test must use exactly these values."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    page = turn_on(installer, **{**VALUES, "sms_auth_token": "other" * 6})
    assert "Send a test message and enter its code" in page
    assert not stored().enabled
    assert stored().sms.auth_token == "other" * 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sms_account_id", "AC" + "f" * 32),
        ("sms_auth_token", "other" * 6),
        ("sms_phone_number", "+15005550007"),
    ],
)
def test_each_changed_value_needs_a_new_test(
    office: Browser, policy: SitePolicy, field: str, value: str
) -> None:
    policy.enabled = False
    policy.sms.values = (ACCOUNT, TOKEN, "+15005550006")
    policy.sms.tested_credentials = policy.sms.credentials()
    policy.save()
    policy.sms.save()
    page = turn_on(office, **{**VALUES, field: value})
    assert "Confirm the new SMS account values" in page
    assert not stored().enabled


def test_open_code_does_not_confirm_changed_values(installer: Browser) -> None:
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    save(installer, **{**VALUES, "sms_auth_token": "other" * 6})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    assert not stored().sms.tested


def test_refused_enabling_is_not_in_the_audit(installer: Browser) -> None:
    turn_on(installer, **VALUES)
    assert set(AuditEvent.objects.get(event=Event.POLICY_CHANGED).details["fields"]) == set(VALUES)


def untick(browser: Browser) -> HttpResponse:
    """Save the form with only the flag removed."""
    policy = stored()
    kept = {name: getattr(policy, name) for name in VALUES if name != "sms_auth_token"}
    return save(browser, **kept, contact=policy.contact, home_region=policy.home_region)


def test_disabling_mfa_asks_for_confirmation(office: Browser, alice: User, charlie: User) -> None:
    """A30: one statement counts the people, without staff."""
    page = untick(office)
    assert page.request["PATH_INFO"] == SWITCH_OFF
    assert "2 people will log in with just a password." in page.content.decode()
    assert "Staff still use MFA." in page.content.decode()
    assert stored().enabled
    office.post(SWITCH_OFF)
    assert not stored().enabled
    event = AuditEvent.objects.get(event=Event.POLICY_CHANGED)
    assert (event.details["fields"], event.details["people"]) == (["enabled"], 2)


def test_stale_tab_does_not_disable_mfa(office: Browser, policy: SitePolicy) -> None:
    """A form opened before MFA was enabled comes without the flag."""
    policy.enabled = False
    policy.save()
    office.get(FORM)
    SitePolicy.objects.update(enabled=True)
    untick(office)
    assert stored().enabled


def test_disabling_twice_is_reported_once(office: Browser, root: User) -> None:
    untick(office)
    office.post(SWITCH_OFF)
    assert office.post(SWITCH_OFF).url == LIST
    mails = OutboxMessage.objects.filter(target=root.email)
    assert mails.filter(subject__contains="MFA was turned off").count() == 1


def test_disabling_needs_permission(
    other_browser: Browser, charlie: User, policy: SitePolicy
) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(SWITCH_OFF).status_code == 403
    assert other_browser.post(SWITCH_OFF).status_code == 403
    assert stored().enabled


@pytest.mark.parametrize("enabled", [True, False])
def test_account_can_be_replaced_but_not_removed(
    office: Browser, policy: SitePolicy, *, enabled: bool
) -> None:
    """S05: staff need it, whatever the flag."""
    policy.enabled = enabled
    policy.save()
    tick = {"enabled": "on"} if enabled else {}
    response = save(office, **tick, sms_account_id="", sms_phone_number="")
    assert "you can replace the account but not remove it" in response.content.decode()
    assert stored().sms.complete


def test_account_can_be_removed_before_mfa_was_enabled(installer: Browser) -> None:
    save(installer, **VALUES)
    save(installer, sms_account_id="", sms_phone_number="")
    assert stored().sms.account_id == ""


def test_saving_again_keeps_mfa_on(office: Browser, policy: SitePolicy) -> None:
    values = {name: getattr(stored(), name) for name in VALUES if name != "sms_auth_token"}
    save(office, enabled="on", contact="the new desk", **values)
    assert stored().enabled
    assert stored().contact == "the new desk"


def test_page_needs_permission(browser: Browser, policy: SitePolicy) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    paths = (LIST, FORM, TEST, "/admin/mfa/accountpolicy/1/history/")
    assert {browser.get(path).status_code for path in paths} == {403}
    assert {browser.post(path).status_code for path in paths} == {403}
    assert not OutboxMessage.objects.filter(target=NOWHERE).exists()


def test_tests_need_permission(browser: Browser, policy: SitePolicy) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    assert browser.post(TEST, {"phone": NOWHERE}).status_code == 403
    assert browser.post("/admin/mfa/accountpolicy/test-connection/").status_code == 403
    assert not OutboxMessage.objects.filter(target=NOWHERE).exists()


def test_menu_entry_needs_permission(browser: Browser, policy: SitePolicy) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    pages = [browser.get(path).content.decode() for path in ("/admin/", "/admin/system-settings/")]
    assert "Account Policy" not in "".join(pages)


def test_view_permission_is_not_enough(browser: Browser, policy: SitePolicy) -> None:
    """A08: viewing requires the permission to change."""
    support = member("Support")
    give_phone(support, "+447700900205")
    support.user_permissions.add(Permission.objects.get(codename="view_accountpolicy"))
    browser.log_in(support)
    assert browser.get(FORM).status_code == 403


def test_administrators_have_access(browser: Browser, policy: SitePolicy) -> None:
    administrator = member("Administrators")
    give_phone(administrator, "+447700900205")
    browser.log_in(administrator)
    assert browser.get(FORM).status_code == 200


@pytest.mark.parametrize("action", ["add", "1/delete"])
def test_policy_cannot_be_added_or_deleted(office: Browser, action: str) -> None:
    assert office.get(f"{LIST}{action}/").status_code == 403
    assert office.post(f"{LIST}{action}/", {"post": "yes"}).status_code == 403
    assert SitePolicy.objects.count() == 1


def test_charlie_has_no_access(other_browser: Browser, charlie: User, policy: SitePolicy) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(FORM).status_code == 403
    assert other_browser.post(FORM, VALUES).status_code == 403


@pytest.mark.usefixtures("policy")
def test_proxy_is_shown_without_password(office: Browser, settings) -> None:
    """K16, A32."""
    settings.SMS_PROXY_URL = "http://user:hunter22@proxy.example.org:3128"
    page = office.get(FORM).content.decode()
    assert "proxy.example.org:3128" in page
    assert "hunter22" not in page


def test_missing_mail_server_is_reported(office: Browser, settings) -> None:
    """A26."""
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    page = office.get(FORM).content.decode()
    assert "EMAIL_URL" in page


def test_countries_are_chosen_by_name(installer: Browser) -> None:
    save(installer, **VALUES, enroll_countries=["FR", "GB"], text_countries=["US"])
    assert stored().enroll_countries == ["FR", "GB"]
    assert stored().text_countries == ["US"]
    page = installer.get(FORM).content.decode()
    assert re.search(r'name="enroll_countries" value="GB" checked>\s*United Kingdom \(with', page)


def test_unlisted_country_is_refused(installer: Browser) -> None:
    """Jersey belongs to the United Kingdom, and a satellite to nobody."""
    for region in ("JE", "001", "+1", "ZZ"):
        response = save(installer, **VALUES, enroll_countries=[region])
        assert response.context["adminform"].form.errors["enroll_countries"]
    assert stored().enroll_countries == []


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("", "Empty allows every country, because there is no home country."),
        (
            "GB",
            "Leave empty to allow only the home country (Guernsey, Isle of Man, Jersey, United",
        ),
    ],
)
def test_page_explains_empty_country_list(installer: Browser, home: str, words: str) -> None:
    save(installer, **VALUES, home_region=home)
    assert words in installer.get(FORM).content.decode()


def test_country_is_accepted_in_common_spellings(installer: Browser) -> None:
    """P05."""
    read = {}
    for typed in ("UK", "united  kingdom", "England", "gb", "Réunion", "reunion", "USA", ""):
        save(installer, home_region=typed)
        read[typed] = stored().home_region
    assert list(read.values()) == ["GB", "GB", "GB", "GB", "RE", "RE", "US", ""]
    save(installer, enroll_countries=["FR", "uk, Germany", ""])
    assert stored().enroll_countries == ["FR", "GB", "DE"]


def test_connection_test_uses_and_keeps_unsaved_values(
    installer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P03: the typed values are tested, shown again and not saved; the token is not shown."""
    asked: list[SmsValues | None] = []

    def check(_self: object, values: SmsValues | None = None) -> list[Finding]:
        asked.append(values)
        return [Finding(good=True, text="The account answers.", is_trial=True)]

    monkeypatch.setattr(OutboxChannel, "check", check)
    typed = {"_test": "connection", **VALUES, "home_region": "UK", "contact": "the desk"}
    page = installer.post("/admin/mfa/accountpolicy/test-connection/", typed).content.decode()
    assert asked == [SmsValues(ACCOUNT, TOKEN, "+15005550006")]
    assert "The account answers." in page
    assert re.search(rf'name="sms_account_id" value="{ACCOUNT}"', page)
    assert 'value="the desk"' in page
    assert TOKEN not in page
    assert "Enter the new token again before you save." in page
    assert (stored().contact, stored().sms.account_id, stored().sms.is_trial) == ("", "", False)


def test_checklist_leads_from_first_login_until_mfa_is_on(installer: Browser, settings) -> None:
    """P04, P21: each step has its button, and the last one says what happens next."""
    make_user("ann@example.org")
    assert 'href="/admin/"' in installer.get("/").content.decode()
    assert todo(installer) == [
        "/admin/mfa/accountpolicy/1/change/#id_home_region",
        "/admin/mfa/accountpolicy/1/change/#id_sms_account_id",
        "/admin/mfa/accountpolicy/test-mail/",
    ]
    leads_on = installer.post(FORM, {**VALUES, "home_region": "UK", "_send_test": "on"})
    assert leads_on.url == TEST
    assert "You also get a test email." in installer.get(TEST).content.decode()
    page = installer.post(TEST, {"phone": NOWHERE}, follow=True).content.decode()
    assert "The mail server accepted the test email." in page
    assert installer.post(TEST, {"code": code(NOWHERE), "own": "on"}).url == "/admin/"
    assert todo(installer) == ["/me/security/codes/"]
    installer.post(ENABLE)
    assert not stored().enabled
    installer.post("/me/security/codes/")
    assert todo(installer) == [ENABLE]
    page = installer.post(ENABLE, follow=True).content.decode()
    assert stored().enabled
    assert stored().switched_at
    assert (
        "MFA is on for 2 people. 1 person has no verification method yet and sets one up at the "
        "next login."
    ) in page
    assert OutboxMessage.objects.filter(subject__contains="MFA was turned on").count() == 1
    assert todo(installer) == []


def todo(browser: Browser) -> list[str]:
    """The addresses of the checklist's buttons."""
    page = browser.get("/admin/").content.decode()
    tasks = page.partition('class="module checklist"')[2].partition("</section>")[0]
    return re.findall(r'(?:href|action)="([^"]+)"', tasks)


def test_only_people_with_policy_permission_can_enable_mfa(
    browser: Browser, policy: SitePolicy
) -> None:
    """A08."""
    SitePolicy.objects.update(enabled=False)
    support = member("Support")
    give_phone(support, NOWHERE)
    browser.log_in(support)
    assert browser.post(ENABLE).status_code == 403
    assert todo(browser) == []
    assert not stored().enabled


def test_invitation_sentence_with_link_is_refused(installer: Browser) -> None:
    """P11: it is in every invitation."""
    linked = ("See evil.example.", "Open https://x.test", "Ask a@b.example", "two\nlines")
    kept = []
    for typed in linked:
        save(installer, invitation=typed)
        kept.append(stored().invitation)
    assert kept == [""] * len(linked)
    save(installer, invitation="Here you see your orders and invoices.")
    assert stored().invitation == "Here you see your orders and invoices."


def test_enabling_says_what_everyone_sees_next(installer: Browser) -> None:
    """Others who can log in with a code, and staff, who do not wait for their next login."""
    give_phone(make_user("ann@example.org"), "+447700900241")
    give_phone(make_user("sam@example.org", is_staff=True), "+447700900242")
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    installer.post("/me/security/codes/")
    page = turn_on(installer, **VALUES)
    assert (
        "MFA is on for 3 people. 2 other people enter a code at their next login. "
        "Staff who are logged in are asked right away."
    ) in page


def test_test_message_needs_values_first(installer: Browser) -> None:
    page = installer.post(FORM, {"home_region": "UK", "_send_test": "on"}, follow=True)
    assert page.request["PATH_INFO"] == FORM
    assert "Enter the three values of the SMS account first." in page.content.decode()


def test_first_superuser_lands_on_checklist_until_mfa_was_enabled(
    browser: Browser, other_browser: Browser, fresh: SitePolicy
) -> None:
    """P04."""
    root = make_user("root@example.org", is_staff=True, is_superuser=True)
    assert browser.password(root).url == "/admin/"
    assert "Set up two-step verification" in browser.get("/admin/").content.decode()
    assert Browser().password(root, next="/").url == "/admin/"
    assert other_browser.password(root, next="/me/").url == "/me/"
    assert Browser().password(member("Support")).url == "/"
    assert Browser().password(make_user("ben@example.org")).url == "/"
    now = timezone.now()
    SitePolicy.objects.update(first_enabled_at=now, staff_released_at=now)
    assert Browser().password(root).url == "/"


IMPACT, AFFECTED = f"{LIST}show-impact/", f"{LIST}affected/"


def test_preview_says_before_saving_who_a_change_affects(office: Browser, bob: User) -> None:
    """The counts, the names and a file with whole numbers; nothing is saved."""
    sent = {
        **VALUES,
        "portal_name": "Portal",
        "accent": "#1d4ed8",
        "enabled": "on",
        "login_with": "email",
    }
    shown = office.post(IMPACT, {**sent, "_test": "impact", "enforcement": "off"}).content.decode()
    assert (
        "Everyone sets up a phone, an authenticator app, a passkey or approval on a phone, "
        "and uses it to log in." in shown
    )
    assert "People log in with just their password." in shown
    assert "1 person will log in with just the password." in shown
    assert AccountPolicy.objects.get().enforcement == ""
    listed = office.post(AFFECTED, {**sent, "_test": "names", "enforcement": "off"})
    assert f"{bob.email}: logs in with just the password, no phone number" in (
        listed.content.decode()
    )
    assert TOKEN not in listed.content.decode()
    give_phone(bob, "+447700900288")
    again = {**sent, "format": "csv", "methods": ["app"]}
    file = b"".join(office.post(AFFECTED, again)).decode()
    assert f"{bob.email},,Bob,'+447700900288,must set up MFA,No" in file


def test_preview_of_refused_values_shows_the_errors(office: Browser) -> None:
    sent = {**VALUES, "_test": "impact", "code_life_minutes": "99"}
    assert "Error:" in office.post(IMPACT, sent).content.decode()
    assert office.post(AFFECTED, sent).status_code == 302


def test_preview_counts_that_everyone_sets_up_mfa_again(
    office: Browser, policy: SitePolicy, alice: User
) -> None:
    SitePolicy.objects.update(enabled=False, on_reenable="enroll_again")
    sent = {
        **VALUES,
        "portal_name": "Portal",
        "accent": "#1d4ed8",
        "enabled": "on",
        "login_with": "email",
    }
    shown = office.post(
        IMPACT, {**sent, "on_reenable": "enroll_again", "_test": "impact"}
    ).content.decode()
    assert "will be asked to set up a phone at" in shown
    assert "MFA is off." in shown


def test_preset_fills_the_form_and_saves_nothing(office: Browser) -> None:
    shown = office.get(f"{FORM}?preset=organization").content.decode()
    assert '<option value="finish" selected>' in shown
    assert '<option value="enroll_again" selected>' in shown
    assert "Nothing is saved yet." in shown
    assert AccountPolicy.objects.get().after_enrollment == ""
    assert "Nothing is saved yet." not in office.get(f"{FORM}?preset=other").content.decode()


def test_email_as_the_only_method_needs_a_test_email(office: Browser) -> None:
    """K5, A26: the form and the check before MFA is on say so."""
    account = SitePolicy.load().sms
    sms = {"sms_account_id": account.account_id, "sms_phone_number": account.phone_number}
    refused = save(office, enabled="on", methods="email", **sms).content.decode()
    assert "Send a test email first" in refused
    assert stored().methods == []
    assert "Anyone who controls the mailbox controls the account." in refused
    save(office, enabled="on", methods=["phone", "email"], **sms)
    assert stored().methods == ["phone", "email"]
    ChannelHealth.note(mail_test_config=mail_config(), mail_tested_at=timezone.now())
    save(office, enabled="on", methods="email", **sms)
    assert stored().methods == ["email"]


def test_mfa_with_just_email_waits_for_a_test_email(office: Browser, policy: SitePolicy) -> None:
    """M18: the mail server may have changed since the methods were saved."""
    SitePolicy.note(enabled=False, methods=["email"])
    check = "Send a test email, because email is the only method"
    assert check in office.get(FORM).content.decode()
    page = office.post(ENABLE, follow=True).content.decode()
    assert f"MFA is not on yet: {check}." in page
    ChannelHealth.note(mail_test_config=mail_config(), mail_tested_at=timezone.now())
    office.post(ENABLE)
    assert stored().enabled
