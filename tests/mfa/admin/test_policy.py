"""Security > Account Policy (A08-A16, M18)."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.http import HttpResponse

from accounts.models import User
from mfa.models import AccountPolicy, AuditEvent, Event, OutboxMessage
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser, code

FORM = "/admin/mfa/accountpolicy/1/change/"
LIST = "/admin/mfa/accountpolicy/"
TEST = "/admin/mfa/accountpolicy/test-message/"
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
def fresh(db: None) -> AccountPolicy:
    """A new install."""
    return AccountPolicy.load()


@pytest.fixture
def installer(browser: Browser, fresh: AccountPolicy) -> Browser:
    """The first superuser of a new install, without a phone."""
    browser.password(make_user("root@example.org", is_staff=True, is_superuser=True))
    return browser


def member(group: str) -> User:
    user = make_user(f"{group.lower()}@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def save(browser: Browser, **values: str) -> HttpResponse:
    """The form as a browser sends it, with these values in it."""
    return browser.post(FORM, {"_continue": "Save", **values}, follow=True)


def stored() -> AccountPolicy:
    return AccountPolicy.objects.get()


def test_the_index_has_the_group_and_its_entry(office: Browser) -> None:
    """A09."""
    page = office.get("/admin/").content.decode()
    assert re.search(r'href="/admin/mfa/"[^>]*>\s*Security\s*</a>', page)
    assert re.search(rf'href="{LIST}"[^>]*>\s*Account Policy\s*</a>', page)


def test_the_entry_leads_to_the_form(office: Browser) -> None:
    assert office.get(LIST).url == FORM


def test_the_second_path_leads_to_the_same_form(office: Browser) -> None:
    """A10: Administration > System Settings > System Settings > Security > Account Policy."""
    index = office.get("/admin/").content.decode()
    assert re.search(r'href="/admin/system-settings/"[^>]*>\s*System Settings\s*</a>', index)
    tree = office.get("/admin/system-settings/").content.decode()
    folder = tree.index("Security")
    assert tree.index(f'<a href="{LIST}">Account Policy</a>') > folder
    save(office, enabled="on", **VALUES)
    page = office.get(office.get(LIST).url).content.decode()
    assert f'value="{ACCOUNT}"' in page


def test_the_mfa_fields_come_last_and_are_these_four(office: Browser) -> None:
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


def test_a_new_install_has_it_off(installer: Browser) -> None:
    """A11."""
    page = installer.get(FORM).content.decode()
    box = re.search(r'<input[^>]*name="enabled"[^>]*>', page)[0]
    assert "checked" not in box
    assert "Multi-factor authentication is off." in page


def test_each_value_says_where_to_find_it(office: Browser) -> None:
    """A05, A02: and that texts cost money."""
    page = office.get(FORM).content.decode()
    assert "Account SID" in page
    assert "Auth Token" in page
    assert "trial or bought number" in page
    assert "Twilio account, which pays for each of them" in page


def test_save_keeps_all_four_at_once(installer: Browser) -> None:
    """A15."""
    response = save(installer, **VALUES, contact="the help desk")
    policy = stored()
    assert response.request["PATH_INFO"] == FORM
    assert (policy.sms_account_id, policy.sms_auth_token) == (ACCOUNT, TOKEN)
    assert policy.sms_phone_number == "+15005550006"
    assert policy.contact == "the help desk"


@pytest.mark.parametrize(
    "blank", [" {} ", "\t{}\n", "\u200b{}\u200b", "\ufeff{}", "\u00a0{}\u2060"]
)
@pytest.mark.parametrize("field", ["sms_account_id", "sms_auth_token"])
def test_blanks_around_a_value_are_trimmed(installer: Browser, field: str, blank: str) -> None:
    """A05: also those that nobody sees."""
    save(installer, **{**VALUES, field: blank.format(VALUES[field])})
    assert getattr(stored(), field) == VALUES[field]


@pytest.mark.parametrize(
    "account",
    [
        "AC",
        "AC" + "0" * 31,
        "AC" + "0" * 33,
        "SK" + "0" * 32,
        "AC" + "g" * 32,
        "ac" + "0" * 32,
        "AC" + "0" * 16 + " " + "0" * 15,
        "<script>",
    ],
)
def test_a_malformed_id_is_refused_with_a_field_error(installer: Browser, account: str) -> None:
    """A12."""
    response = save(installer, **{**VALUES, "sms_account_id": account})
    assert response.context["adminform"].form.errors["sms_account_id"]
    assert stored().sms_account_id == ""


@pytest.mark.parametrize(
    "spelling",
    ["+15005550006", "+1 500 555 0006", "+1 (500) 555-0006", "0015005550006", "+1.500.555.0006"],
)
def test_any_spelling_of_the_number_is_stored_as_one(installer: Browser, spelling: str) -> None:
    """A14."""
    save(installer, **{**VALUES, "sms_phone_number": spelling})
    assert stored().sms_phone_number == "+15005550006"


def test_a_number_may_be_written_as_at_home(installer: Browser) -> None:
    """A14: by the home country of the same form."""
    save(installer, **{**VALUES, "sms_phone_number": "07700 900999", "home_region": "gb"})
    assert stored().sms_phone_number == "+447700900999"
    assert stored().home_region == "GB"


def test_a_messaging_service_may_send_in_the_number_s_place(installer: Browser) -> None:
    service = "MG" + "0a" * 16
    save(installer, **{**VALUES, "sms_phone_number": f" {service} "})
    assert stored().sms_phone_number == service


@pytest.mark.parametrize("number", ["none", "12345", "+1", "my number", "+44 12"])
def test_what_is_no_number_is_refused(installer: Browser, number: str) -> None:
    """A14."""
    response = save(installer, **{**VALUES, "sms_phone_number": number})
    assert response.context["adminform"].form.errors["sms_phone_number"]
    assert stored().sms_phone_number == ""


@pytest.mark.parametrize("region", ["XX", "G1", "44", "\u0130S"])
def test_what_is_no_country_is_refused(installer: Browser, region: str) -> None:
    response = save(installer, **VALUES, home_region=region)
    assert response.context["adminform"].form.errors["home_region"]


@pytest.mark.parametrize(("typed", "kept"), [("1", None), ("2", 2), ("10", 10), ("11", None)])
def test_a_code_lives_two_to_ten_minutes(installer: Browser, typed: str, kept: int | None) -> None:
    """OT-02: 11 is refused."""
    save(installer, **VALUES, code_life_minutes=typed)
    assert stored().code_life_minutes == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [("enforcement", "off"), ("email_codes", "perhaps"), ("after_enrollment", "nowhere")],
)
def test_a_choice_is_one_of_the_offered(installer: Browser, field: str, value: str) -> None:
    save(installer, **VALUES, **{field: value})
    assert getattr(stored(), field) == ""


@pytest.mark.parametrize(("typed", "kept"), [("", "None"), ("true", "True"), ("false", "False")])
def test_voip_is_a_wish_or_none(installer: Browser, typed: str, kept: str) -> None:
    save(installer, **VALUES, allow_voip=typed)
    assert str(stored().allow_voip) == kept


def test_an_empty_choice_names_what_it_means(office: Browser) -> None:
    page = office.get(FORM).content.decode()
    assert "Default: Everybody needs it" in page
    assert "Default: Back to the login page" in page
    assert "Default: May stand in for a text (never for staff)" in page


def test_the_token_is_never_rendered_again(installer: Browser) -> None:
    """A13."""
    page = save(installer, **VALUES).content.decode()
    assert TOKEN not in page
    assert "Set, ends …ab12. Leave empty to keep it." in page
    box = re.search(r'<input[^>]*name="sms_auth_token"[^>]*>', page)[0]
    assert "value=" not in box
    assert 'type="password"' in box


def test_nor_beside_an_error(installer: Browser) -> None:
    response = save(installer, **{**VALUES, "sms_account_id": "none"})
    assert TOKEN not in response.content.decode()


def test_an_empty_token_keeps_the_stored_one(installer: Browser) -> None:
    """A13."""
    save(installer, **VALUES)
    save(installer, **{**VALUES, "sms_auth_token": "", "contact": "the help desk"})
    assert (stored().sms_auth_token, stored().contact) == (TOKEN, "the help desk")


def test_the_token_is_ciphertext_in_its_column(installer: Browser) -> None:
    """A13."""
    save(installer, **VALUES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sms_auth_token FROM mfa_accountpolicy")
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


def test_the_history_page_holds_no_value(installer: Browser) -> None:
    """A13."""
    save(installer, **VALUES)
    page = installer.get("/admin/mfa/accountpolicy/1/history/").content.decode()
    assert "SMS Authentication Token" in page
    assert TOKEN not in page


def turn_on(browser: Browser, **values: str) -> str:
    return save(browser, enabled="on", **values).content.decode()


def test_without_an_account_the_values_are_saved_and_the_tick_is_not(installer: Browser) -> None:
    page = turn_on(installer, contact="the help desk")
    assert "Your settings are saved, but MFA is not on yet" in page
    assert "the three values of the SMS account are missing" in page
    assert stored().contact == "the help desk"
    assert not stored().enabled


@pytest.mark.parametrize("missing", VALUES)
def test_with_one_value_missing_too(installer: Browser, missing: str) -> None:
    page = turn_on(installer, **{**VALUES, missing: ""})
    assert "the three values of the SMS account are missing" in page
    assert not stored().enabled


def test_before_the_test_the_tick_is_not_saved(installer: Browser) -> None:
    page = turn_on(installer, **VALUES)
    assert "no test message has been typed back with these values" in page
    assert f'href="{TEST}"' in page
    assert stored().complete
    assert not stored().enabled


def test_without_a_factor_of_ones_own_neither(installer: Browser) -> None:
    save(installer, **VALUES)
    policy = stored()
    policy.tested_credentials = policy.credentials()
    policy.save()
    page = turn_on(installer, **VALUES)
    assert "you have no confirmed phone of your own" in page
    assert 'href="/me/phone/"' in page
    assert not stored().enabled


def test_after_the_test_with_a_phone_alone_it_is_not(installer: Browser) -> None:
    """M18: a lost phone would lock out who gets no codes by email."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    page = turn_on(installer, **VALUES)
    assert "neither recovery codes nor an authenticator app" in page
    assert '<a href="/me/security/codes/">Make recovery codes</a>' in page
    assert not stored().enabled


def test_after_the_test_and_with_a_way_out_it_is(installer: Browser) -> None:
    """A16: values, test message, its code typed back, recovery codes, the tick; all are told."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    installer.post("/me/security/codes/")
    page = turn_on(installer, **VALUES)
    assert stored().enabled
    assert "Multi-factor authentication is on." in page
    assert OutboxMessage.objects.filter(subject__contains="MFA was switched on").count() == 1
    assert installer.get("/admin/").status_code == 200


def test_values_and_tick_at_once_are_too_early(installer: Browser) -> None:
    """The test must have gone out by these very values."""
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    page = turn_on(installer, **{**VALUES, "sms_auth_token": "other" * 6})
    assert "no test message has been typed back with these values" in page
    assert not stored().enabled
    assert stored().sms_auth_token == "other" * 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sms_account_id", "AC" + "f" * 32),
        ("sms_auth_token", "other" * 6),
        ("sms_phone_number", "+15005550007"),
    ],
)
def test_each_changed_value_needs_a_new_test(
    office: Browser, policy: AccountPolicy, field: str, value: str
) -> None:
    policy.enabled = False
    policy.sms_values = (ACCOUNT, TOKEN, "+15005550006")
    policy.tested_credentials = policy.credentials()
    policy.save()
    page = turn_on(office, **{**VALUES, field: value})
    assert "the new SMS account values have not been confirmed" in page
    assert not stored().enabled


def test_a_code_that_is_out_does_not_vouch_for_changed_values(installer: Browser) -> None:
    save(installer, **VALUES)
    installer.post(TEST, {"phone": NOWHERE})
    save(installer, **{**VALUES, "sms_auth_token": "other" * 6})
    installer.post(TEST, {"code": code(NOWHERE), "own": "on"})
    assert not stored().tested


def test_a_refused_tick_is_not_in_the_audit(installer: Browser) -> None:
    turn_on(installer, **VALUES)
    assert set(AuditEvent.objects.get(event=Event.POLICY_CHANGED).details["fields"]) == set(VALUES)


def untick(browser: Browser) -> HttpResponse:
    """Save the form without the tick, and nothing else changed."""
    policy = stored()
    kept = {name: getattr(policy, name) for name in VALUES if name != "sms_auth_token"}
    return save(browser, **kept, contact=policy.contact, home_region=policy.home_region)


def test_disabling_is_a_tick_less_and_asks_once(
    office: Browser, alice: User, charlie: User
) -> None:
    """A30: how many people it concerns is one statement, and staff are not among them."""
    page = untick(office)
    assert page.request["PATH_INFO"] == SWITCH_OFF
    assert "2 people will log in with the password only." in page.content.decode()
    assert "Staff still need their second step." in page.content.decode()
    assert stored().enabled
    office.post(SWITCH_OFF)
    assert not stored().enabled
    event = AuditEvent.objects.get(event=Event.POLICY_CHANGED)
    assert (event.details["fields"], event.details["people"]) == (["enabled"], 2)


def test_a_stale_tab_switches_nothing_off(office: Browser, policy: AccountPolicy) -> None:
    """A form that was opened before MFA was on comes without the tick."""
    policy.enabled = False
    policy.save()
    office.get(FORM)
    AccountPolicy.objects.update(enabled=True)
    untick(office)
    assert stored().enabled


def test_switching_off_twice_is_told_once(office: Browser, root: User) -> None:
    untick(office)
    office.post(SWITCH_OFF)
    assert office.post(SWITCH_OFF).url == LIST
    mails = OutboxMessage.objects.filter(target=root.email)
    assert mails.filter(subject__contains="MFA was switched off").count() == 1


def test_switching_off_needs_the_permission(
    other_browser: Browser, charlie: User, policy: AccountPolicy
) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(SWITCH_OFF).status_code == 403
    assert other_browser.post(SWITCH_OFF).status_code == 403
    assert stored().enabled


@pytest.mark.parametrize("enabled", [True, False])
def test_the_account_is_replaced_but_not_removed(
    office: Browser, policy: AccountPolicy, *, enabled: bool
) -> None:
    """S05: staff need it, whatever the tick says."""
    policy.enabled = enabled
    policy.save()
    tick = {"enabled": "on"} if enabled else {}
    response = save(office, **tick, sms_account_id="", sms_phone_number="")
    assert "you can replace the account but not remove it" in response.content.decode()
    assert stored().complete


def test_an_account_may_go_before_mfa_was_ever_on(installer: Browser) -> None:
    save(installer, **VALUES)
    save(installer, sms_account_id="", sms_phone_number="")
    assert stored().sms_account_id == ""


def test_saving_once_more_keeps_it_on(office: Browser, policy: AccountPolicy) -> None:
    values = {name: getattr(policy, name) for name in VALUES if name != "sms_auth_token"}
    save(office, enabled="on", contact="the new desk", **values)
    assert stored().enabled
    assert stored().contact == "the new desk"


@pytest.mark.parametrize("path", [LIST, FORM, TEST, "/admin/mfa/accountpolicy/1/history/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_permission_it_is_forbidden(
    browser: Browser, policy: AccountPolicy, path: str, method: str
) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    assert getattr(browser, method)(path).status_code == 403
    assert not OutboxMessage.objects.filter(target=NOWHERE).exists()


def test_without_the_permission_nothing_can_be_tested(
    browser: Browser, policy: AccountPolicy
) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    assert browser.post(TEST, {"phone": NOWHERE}).status_code == 403
    assert browser.post("/admin/mfa/accountpolicy/test-connection/").status_code == 403
    assert not OutboxMessage.objects.filter(target=NOWHERE).exists()


def test_without_the_permission_there_is_no_entry(browser: Browser, policy: AccountPolicy) -> None:
    support = member("Support")
    give_phone(support, "+447700900205")
    browser.log_in(support)
    pages = [browser.get(path).content.decode() for path in ("/admin/", "/admin/system-settings/")]
    assert "Account Policy" not in "".join(pages)


def test_the_permission_to_view_alone_shows_nothing(
    browser: Browser, policy: AccountPolicy
) -> None:
    """A08: looking needs the permission to change."""
    support = member("Support")
    give_phone(support, "+447700900205")
    support.user_permissions.add(Permission.objects.get(codename="view_accountpolicy"))
    browser.log_in(support)
    assert browser.get(FORM).status_code == 403


def test_administrators_may(browser: Browser, policy: AccountPolicy) -> None:
    administrator = member("Administrators")
    give_phone(administrator, "+447700900205")
    browser.log_in(administrator)
    assert browser.get(FORM).status_code == 200


@pytest.mark.parametrize("action", ["add", "1/delete"])
def test_the_one_row_is_neither_added_nor_deleted(office: Browser, action: str) -> None:
    assert office.get(f"{LIST}{action}/").status_code == 403
    assert office.post(f"{LIST}{action}/", {"post": "yes"}).status_code == 403
    assert AccountPolicy.objects.count() == 1


def test_charlie_is_kept_out(other_browser: Browser, charlie: User, policy: AccountPolicy) -> None:
    other_browser.log_in(charlie)
    assert other_browser.get(FORM).status_code == 403
    assert other_browser.post(FORM, VALUES).status_code == 403


@pytest.mark.usefixtures("policy")
def test_the_proxy_is_named_without_its_password(office: Browser, settings) -> None:
    """K16, A32."""
    settings.SMS_PROXY_URL = "http://user:hunter22@proxy.example.org:3128"
    page = office.get(FORM).content.decode()
    assert "proxy.example.org:3128" in page
    assert "hunter22" not in page


def test_a_missing_mail_server_is_named(office: Browser, settings) -> None:
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


def test_what_is_no_country_of_the_list_is_refused(installer: Browser) -> None:
    """Jersey comes with the United Kingdom, and a satellite with nobody."""
    for region in ("JE", "001", "+1", "ZZ"):
        response = save(installer, **VALUES, enroll_countries=[region])
        assert response.context["adminform"].form.errors["enroll_countries"]
    assert stored().enroll_countries == []


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("", "None: every country, since there is no home country."),
        ("GB", "None: the home country alone (Guernsey, Isle of Man, Jersey, United Kingdom)."),
    ],
)
def test_the_page_says_what_no_country_means(installer: Browser, home: str, words: str) -> None:
    save(installer, **VALUES, home_region=home)
    assert words in installer.get(FORM).content.decode()
