"""S21: every change in the admin requires a factor of the last ten minutes; forms come back."""

import html
import json
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Tile, User
from mfa.admin.base.edits import SEEN
from mfa.login.typed import KEY
from mfa.models import Pause, SitePolicy, SmsAccount
from mfa.session_engine import ABOUT, Session
from mfa.sessions.proofs import PROOFS
from tests.architecture.addresses import ADMIN
from tests.journeys.database import dump
from tests.portal.test_admin_edits import CHANGED, POLICY, SMS, marks
from tests.portal_client import Browser, code, marks_in

GROUPS = "/admin/auth/group/"
LIST = "/admin/mfa/accountpolicy/"
# They end the session, or redirect to pages that ask on their own.
OPEN = {"admin:logout", "admin:login", "admin:password_change", "admin:password_change_done"}
FORM = {"post": "yes", "name": "Evil", "email": "evil@example.org", "language": "en", "hours": "1"}


@pytest.fixture
def stale(clock: time_machine.Traveller, ruling: Browser) -> Browser:
    """A superuser whose factor is ten minutes old."""
    clock.shift(timedelta(minutes=10))
    return ruling


def unchanged() -> dict[str, list[tuple[object, ...]]]:
    """Return the database without what a session keeps for its own person."""
    rows = dump()
    rows["mfa_session"] = [*Session.objects.order_by("pk").values_list("pk", "user_id", "aal")]
    return rows


def returned(browser: Browser, asked: str, root: User) -> str:
    """Confirm, and return the page of the form to which this leads."""
    browser.post("/me/confirm/", {"next": parse_qs(urlsplit(asked).query)["next"][0]})
    led = browser.post("/login/verify/", {"code": code(root.factors.get(kind="phone").target)})
    return browser.get(led.url, follow=True).text


def prove(browser: Browser, **proofs: float) -> None:
    """Write the proofs of a session, which several texts would exhaust the limits for."""
    session = browser.session
    session[ABOUT] = {**session[ABOUT], PROOFS: proofs}
    session.save()


def test_stale_session_cannot_change_anything(stale: Browser) -> None:
    before = unchanged()
    paths = [each.path for each in ADMIN if each.name not in OPEN]
    led = {path: stale.post(path, FORM).headers.get("Location", "") for path in paths}
    assert {path: url for path, url in led.items() if not url.startswith("/me/confirm/")} == {}
    assert unchanged() == before


def test_stale_session_cannot_delete_group(stale: Browser, root: User) -> None:
    group = Group.objects.create(name="Pilots")
    one = f"{GROUPS}{group.pk}/delete/"
    many = {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"}
    asked = stale.post(one, {"post": "yes"})
    assert asked.url.startswith("/me/confirm/?next=%2Fadmin%2Fauth%2Fgroup%2F")
    assert stale.post(GROUPS, many).url.startswith("/me/confirm/")
    assert Group.objects.filter(pk=group.pk).exists()
    stale.post("/me/confirm/", {"next": one})
    target = root.factors.get(kind="phone").target
    assert stale.post("/login/verify/", {"code": code(target)}).url == one
    assert stale.post(one, {"post": "yes"}).url == GROUPS
    assert not Group.objects.filter(pk=group.pk).exists()


def test_post_only_url_redirects_to_page_with_its_button(stale: Browser) -> None:
    answer = stale.post("/admin/mfa/accountpolicy/try-texts/")
    assert "next=%2Fadmin%2Fmfa%2Faccountpolicy%2F&" in answer.url


def test_stale_session_can_still_log_out(stale: Browser) -> None:
    assert stale.post("/admin/logout/").url == "/login/"
    assert not stale.signed_in


TYPED = {"home_region": "FR", "contact": "the <b>desk</b>", "enforcement": "optional", **SMS}
SECRET = "5ecret5ecret5ecret5ecret5ecrab12"


def test_policy_comes_back_filled_without_its_secret(stale: Browser, root: User) -> None:
    """P03: nothing is saved before the button is pressed again."""
    before = SitePolicy.objects.values().get()
    late = stale.post(POLICY, {**TYPED, "sms_auth_token": SECRET})
    assert late.url.endswith("&notice=kept")
    assert "We keep what you typed" in stale.get(late.url).text
    page = returned(stale, late.url, root)
    assert "We kept what you typed. Enter again: SMS Authentication Token." in page
    assert 'value="France"' in page
    assert 'value="the &lt;b&gt;desk&lt;/b&gt;"' in page
    assert '<option value="optional" selected>' in page
    assert SECRET not in page
    assert SitePolicy.objects.values().get() == before
    stale.post(POLICY, {**TYPED, SEEN: marks(page)})
    assert SitePolicy.load().contact == "the <b>desk</b>"
    assert "We kept" not in stale.get(POLICY).text


@pytest.mark.parametrize("sent", [{}, {"staff_only": "on"}])
def test_returned_tick_is_the_one_that_was_sent(
    stale: Browser, root: User, sent: dict[str, str]
) -> None:
    Tile.objects.update(staff_only=not sent)
    tile = f"/admin/accounts/tile/{Tile.objects.get().pk}/change/"
    page = returned(stale, stale.post(tile, {"title": "Manual", **sent}).url, root)
    field = page.partition('name="staff_only"')[2].partition(">")[0]
    assert ("checked" in field) is bool(sent)


def test_returned_form_does_not_hide_an_edit_by_someone_else(stale: Browser, root: User) -> None:
    sent = marks_in("mfa", "accountpolicy", "1")
    SitePolicy.objects.update(contact="theirs")
    page = returned(stale, stale.post(POLICY, {**TYPED, SEEN: sent}).url, root)
    assert json.loads(marks(page))["contact"] == json.loads(sent)["contact"]
    saved = stale.post(POLICY, {**TYPED, SEEN: marks(page)}).text
    assert CHANGED in html.unescape(saved)
    assert SitePolicy.load().contact == "theirs"


def test_stale_connection_test_brings_the_typing_back(stale: Browser, root: User) -> None:
    late = stale.post(f"{LIST}test-connection/", {"_test": "connection", **TYPED})
    page = returned(stale, late.url, root)
    assert 'value="the &lt;b&gt;desk&lt;/b&gt;"' in page
    assert SitePolicy.load().contact == "the help desk"


def test_section_with_unsaved_values_is_open(stale: Browser, root: User) -> None:
    page = returned(stale, stale.post(POLICY, {**TYPED, "texts_a_day": "77"}).url, root)
    assert "<details" in page
    section = page.partition('name="texts_a_day"')[0].rpartition("<details")[2]
    assert " open>" in section.partition("\n")[0]


FORMS = {
    "/admin/accounts/user/add/": {"email": "new@example.org", "full_name": "New"},
    "/admin/accounts/user/{alice}/change/": {"full_name": "Alicia"},
    "/admin/accounts/tile/add/": {"title": "News", "address": "/x/"},
    "/admin/accounts/tile/{tile}/change/": {"title": "Manual"},
    "/admin/auth/group/add/": {"name": "Pilots"},
    "/support/people/{alice}/pause/": {"hours": "3", "reason": "Lost"},
    "/support/people/{alice}/number/": {"phone": "07700 900", "reason": "Lost"},
    "/admin/mfa/accountpolicy/test-message/": {"phone": "07700 900"},
}


def test_each_form_of_the_admin_comes_back(stale: Browser, root: User, alice: User) -> None:
    ids = {"alice": alice.pk, "tile": Tile.objects.get().pk}
    # While a pause runs there is no form for another one.
    Pause.objects.all().delete()
    tables = ("accounts_user", "accounts_tile", "auth_group", "mfa_pause", "mfa_factor")
    for path, typed in FORMS.items():
        page, before = path.format(**ids), [dump()[table] for table in tables]
        assert stale.post(page, typed).url.endswith("&notice=kept")
        assert [dump()[table] for table in tables] == before
        prove(stale, sms=time.time())
        filled = stale.get(page).text
        prove(stale)
        assert "We kept what you typed. Nothing is saved yet." in filled, path
        assert [value for value in typed.values() if f'value="{value}"' not in filled] == [], path


def test_number_for_the_new_sms_account_comes_back(stale: Browser, root: User) -> None:
    """A superuser without a phone enters a number there."""
    root.factors.filter(kind="phone").delete()
    SmsAccount.note(candidate_since=timezone.now())
    page = f"{LIST}sms-account/"
    assert stale.post(page, {"phone": "07700 900", "send": "1"}).url.endswith("&notice=kept")
    prove(stale, sms=time.time())
    filled = stale.get(page).text
    assert "We kept what you typed." in filled
    assert 'value="07700 900"' in filled


def test_button_must_be_pressed_again_after_step_up(stale: Browser, root: User) -> None:
    late = stale.post(f"{LIST}try-texts/")
    assert late.url.endswith("&notice=again")
    assert "press the button again" in stale.get(late.url).text
    assert "We kept" not in returned(stale, late.url, root)
    assert KEY not in stale.session


def test_form_without_permission_is_not_kept(stale: Browser, root: User, alice: User) -> None:
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    late = stale.post(f"/admin/accounts/user/{alice.pk}/change/", {"full_name": "Evil"})
    assert KEY not in stale.session
    assert late.url.startswith("/me/confirm/")
