"""Parallel edits: the older form saves nothing and shows both values."""

import html
import re

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from mfa.admin.base.edits import SEEN
from mfa.audit import NOWHERE
from mfa.messages import sms_account
from mfa.models import ChannelHealth, SitePolicy, SmsAccount
from tests.conftest import make_user
from tests.portal_client import Browser

POLICY = "/admin/mfa/accountpolicy/1/change/"
CHANGED = "Someone else changed this after you opened the form. Nothing was saved."
SMS = {"sms_account_id": "AC" + "0" * 32, "sms_phone_number": "+15005550006"}
FORM = {"enabled": "on", "home_region": "GB", "contact": "the help desk", **SMS}
TOKEN = "new" * 9 + "token"


def marks(page: str) -> str:
    """Return the hidden field's value, as a browser sends it."""
    found = re.search(rf'name="{SEEN}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def opened(browser: Browser, path: str) -> str:
    return marks(browser.get(path).text)


def text_of(page: str) -> str:
    return html.unescape(page)


def test_stale_tab_does_not_disable_mfa(office: Browser, policy: SitePolicy) -> None:
    SitePolicy.objects.update(enabled=False)
    stale = {**FORM, "code_life_minutes": "5", SEEN: opened(office, POLICY)}
    del stale["enabled"]
    SitePolicy.objects.update(enabled=True)
    raw = office.post(POLICY, stale).text
    page = text_of(raw)
    assert CHANGED in page
    assert "Stored now: Yes. Your form still had: No. The field now shows what is stored." in page
    assert re.search(r'name="enabled"[^>]* checked', page)
    assert 'name="code_life_minutes" value="5"' in page
    policy.refresh_from_db()
    assert (policy.enabled, policy.code_life_minutes) == (True, None)
    office.post(POLICY, {**FORM, "code_life_minutes": "5", SEEN: marks(raw)})
    policy.refresh_from_db()
    assert (policy.enabled, policy.code_life_minutes) == (True, 5)


def test_both_values_are_shown_and_a_second_save_decides(
    office: Browser, policy: SitePolicy
) -> None:
    mine = {**FORM, "contact": "mine", "email_codes": "off", SEEN: opened(office, POLICY)}
    SitePolicy.objects.update(contact="theirs", email_codes="recovery")
    raw = office.post(POLICY, mine).text
    page = text_of(raw)
    assert "Stored now: theirs. You entered: mine. Saving again stores your value." in page
    assert "Stored now: Only to set up a new way to log in (never for staff)." in page
    assert "You entered: Never." in page
    policy.refresh_from_db()
    assert (policy.contact, policy.email_codes) == ("theirs", "recovery")
    office.post(POLICY, {**mine, SEEN: marks(raw)})
    policy.refresh_from_db()
    assert (policy.contact, policy.email_codes) == ("mine", "off")


def test_same_change_is_not_a_conflict(office: Browser, policy: SitePolicy) -> None:
    mine = {**FORM, "contact": "ours", SEEN: opened(office, POLICY)}
    SitePolicy.objects.update(contact="ours")
    assert office.post(POLICY, mine).status_code == 302


def test_change_outside_form_is_not_a_conflict(office: Browser, policy: SitePolicy) -> None:
    """The worker writes into the same row."""
    mine = {**FORM, "contact": "mine", SEEN: opened(office, POLICY)}
    ChannelHealth.note(texts_fault_code="20003")
    assert office.post(POLICY, mine).status_code == 302


def test_secret_is_compared_and_not_shown(office: Browser, policy: SitePolicy) -> None:
    mine = {**FORM, "sms_auth_token": TOKEN, SEEN: opened(office, POLICY)}
    policy.sms.auth_token = "theirs" * 5 + "ef"
    policy.sms.save()
    page = text_of(office.post(POLICY, mine).text)
    assert "Stored now: not shown. You entered: not shown." in page
    assert TOKEN not in page
    assert policy.sms.auth_token not in page
    policy.refresh_from_db()
    assert policy.sms.auth_token.startswith("theirs")


def test_values_that_wait_are_compared_too(office: Browser, policy: SitePolicy, root: User) -> None:
    mine = {**FORM, "sms_phone_number": "+15005550007", SEEN: opened(office, POLICY)}
    theirs = policy.sms.values._replace(phone_number="+15005550008")
    sms_account.enter(theirs, by=root, client=NOWHERE)
    page = text_of(office.post(POLICY, mine).text)
    assert "Stored now: +15005550008. You entered: +15005550007." in page
    assert SmsAccount.load().candidate_values == theirs


def test_other_error_keeps_form_stale(office: Browser, policy: SitePolicy) -> None:
    mine = {**FORM, "contact": "mine", "home_region": "Nowhere", SEEN: opened(office, POLICY)}
    again = marks(office.post(POLICY, mine).text)
    SitePolicy.objects.update(contact="theirs")
    page = office.post(POLICY, {**FORM, "contact": "mine", SEEN: again}).text
    assert "Stored now: theirs. You entered: mine." in page


@pytest.mark.parametrize("brought", ["", "[", "[]", "{}", '{"contact": 1}', '{"contact": "é"}'])
def test_form_without_its_initial_values_saves_nothing(
    office: Browser, policy: SitePolicy, brought: str
) -> None:
    page = office.post(POLICY, {**FORM, "contact": "mine", SEEN: brought}).text
    assert CHANGED in page
    policy.refresh_from_db()
    assert policy.contact == "the help desk"


@pytest.mark.parametrize(("shown", "stored"), [("True", True), ("False", False), ("", None)])
def test_unchanged_form_changes_nothing(
    office: Browser, policy: SitePolicy, shown: str, stored: object
) -> None:
    SitePolicy.objects.update(allow_voip=stored)
    page = office.get(POLICY).text
    select = re.search(r'<select name="allow_voip".*?</select>', page, re.DOTALL)[0]
    assert f'value="{shown}" selected' in select
    office.post(POLICY, {**FORM, "allow_voip": shown, SEEN: marks(page)})
    policy.refresh_from_db()
    assert policy.allow_voip is stored


def test_stale_form_of_person_is_refused(office: Browser) -> None:
    bob, group = make_user("bob@example.org", full_name="Bob"), Group.objects.get(name="Support")
    path = f"/admin/accounts/user/{bob.pk}/change/"
    form = {"full_name": "Robert", "language": "en", "is_active": "on", SEEN: opened(office, path)}
    User.objects.filter(pk=bob.pk).update(full_name="Bobby", is_staff=True)
    bob.groups.add(group)
    page = text_of(office.post(path, form).text)
    assert "Stored now: Bobby. You entered: Robert." in page
    assert "Stored now: Support. Your form still had: empty." in page
    bob.refresh_from_db()
    assert (bob.full_name, bob.is_staff, bob.groups.get()) == ("Bobby", True, group)


def test_stale_form_of_group_is_refused(office: Browser) -> None:
    """A stale form does not restore removed permissions."""
    group = Group.objects.get(name="Support")
    path = f"/admin/auth/group/{group.pk}/change/"
    held = [str(each.pk) for each in group.permissions.all()]
    form = {"name": "Helpers", "permissions": held, SEEN: opened(office, path)}
    group.permissions.clear()
    assert CHANGED in office.post(path, form).text
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("Support", 0)
