"""MFA holds on every way in (X10, Logto CVE-2026-15616; X9, Zitadel CVE-2026-119128).

The list of ways is that of docs/security.md (LG-06): a new way needs a line there and a trial here.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import TestCase

from accounts import resets
from accounts.models import User
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy
from tests.advisories.trial import BODIES, bound, undone
from tests.architecture.addresses import PORTAL
from tests.conftest import make_user
from tests.portal_client import PASSWORD, Browser
from tests.stations import PHONE, mailed_link

ROOT = Path(settings.BASE_DIR)
NEW_PASSWORD = "another long enough one"
FORM = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
VERIFY, ENROLL = "/login/verify/", PHONE


def press(browser: Browser) -> HttpResponse:
    """The button of the newest mailed link."""
    uid, token = mailed_link()
    return browser.post(f"/password/reset/{uid}/{token}/")


def by_login(browser: Browser, root: User) -> str:
    return browser.password(root).url


def by_admin(browser: Browser, root: User) -> str:
    page = browser.post(
        "/admin/login/?next=/admin/", {"username": root.email, "password": PASSWORD}, follow=True
    )
    return browser.password(root, next=page.context["next"]).url


def by_forgotten_password(browser: Browser, root: User) -> str:
    browser.post("/password/forgot/", {"email": root.email})
    return press(browser).url


def by_link_of_an_administrator(browser: Browser, root: User) -> str:
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(root, origin=NOWHERE, by=root.pk)
    return press(browser).url


def by_confirming(browser: Browser, root: User) -> str:
    assert browser.post("/me/confirm/", {"password": PASSWORD}).url.startswith("/login/")
    browser.password(root)
    assert browser.post("/me/confirm/", {"password": PASSWORD}).url.startswith("/login/")
    return browser.get("/me/confirm/", follow=True).redirect_chain[-1][0].partition("?")[0]


def by_pause(browser: Browser, root: User) -> str:
    """It lets in one person; for staff none is honored."""
    other = User.objects.get(email="alice@example.org")
    office = Browser()
    office.log_in(root)
    answer = office.post(f"/admin/mfa/pause/person/{root.pk}/", {"reason": "mine", "hours": "1"})
    assert answer.status_code == 403
    office.post(f"/admin/mfa/pause/person/{other.pk}/", {"reason": "lost phone", "hours": "1"})
    assert browser.password(other).url == "/"
    browser.post("/logout/")
    return browser.password(root).url


def by_breakglass(browser: Browser, root: User) -> str:
    """It lets in only the person that it names."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("breakglass", "alice@example.org", reason="lost phone")
    return browser.password(root).url


def by_releasing_staff(browser: Browser, root: User) -> str:
    """Staff are then asked like everybody, and everybody is asked."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("staff_mfa", "off", reason="a test")
    return browser.password(root).url


def by_createsuperuser(browser: Browser, root: User) -> str:
    call_command("createsuperuser", interactive=False, email="new@example.org")
    new = User.objects.get(email="new@example.org")
    new.set_password(PASSWORD)
    new.save()
    return browser.password(new).url


# Each way in, by its first words in the document, and where it leads without a second step
WAYS: dict[str, tuple[Callable[[Browser, User], str], str]] = {
    "`/login/`": (by_login, VERIFY),
    "`/admin/`": (by_admin, VERIFY),
    "`/password/forgot/`": (by_forgotten_password, VERIFY),
    "a link that an administrator sends": (by_link_of_an_administrator, VERIFY),
    "`/me/confirm/`": (by_confirming, "/login/"),
    "a pause": (by_pause, VERIFY),
    "`manage.py breakglass`": (by_breakglass, VERIFY),
    "`manage.py staff_mfa off`": (by_releasing_staff, VERIFY),
    "`manage.py createsuperuser`": (by_createsuperuser, ENROLL),
}


def documented() -> list[str]:
    text = (ROOT / "docs/security.md").read_text()
    table = re.search(r"^## Ways in\n(.+?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:1] == "|"]
    return [cells[0] for cells in rows[2:]]


def test_each_way_of_the_document_is_tried() -> None:
    ways = documented()
    assert len(ways) == len(WAYS)
    assert [way for way in ways if not way.startswith(tuple(WAYS))] == []


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_leads_past_the_second_step(
    browser: Browser, alice: User, root: User, way: str
) -> None:
    """X10: the superuser's second step, since no other account is worth as much."""
    walk, led = WAYS[way]
    assert walk(browser, root) == led
    assert not browser.signed_in
    assert browser.get("/admin/").status_code == 302


# What makes a session a login, by name or by its key
LOGS_IN = re.compile(
    r"\bauth\.login\(|\bdjango_login\(|\bforce_login\b|\bRemoteUser"
    r"|\[(?:\"_auth_user_id\"|SESSION_KEY)\]\s*="
    r"|from django\.contrib\.auth import [^\n]*\blogin\b"
)


def test_only_one_function_logs_anybody_in() -> None:
    """X10: no page opens a session past the steps of a login."""
    files = [path for app in ("accounts", "mfa", "portal") for path in (ROOT / app).rglob("*.py")]
    logging_in = {str(p.relative_to(ROOT)) for p in files if LOGS_IN.search(p.read_text())}
    assert logging_in == {"mfa/login.py"}


# X9: people who have nothing yet


@pytest.fixture
def fresh_account(policy: AccountPolicy) -> User:
    """Made in the administration or imported: no password, no factor."""
    user = make_user("fresh@example.org")
    user.set_unusable_password()
    user.save()
    return user


@pytest.mark.parametrize("field", ["stored", "", "!", " ", "None", "\x00", PASSWORD])
def test_no_password_fits_an_account_without_one(
    browser: Browser, fresh_account: User, field: str
) -> None:
    """X9: not even what stands in the column."""
    typed = fresh_account.password if field == "stored" else field
    assert browser.password(fresh_account, typed).status_code in {200, 400}
    assert "mfa_pending" not in browser.session


def test_nobody_sets_the_first_credential_of_an_account_without_one(
    browser: Browser, fresh_account: User
) -> None:
    """X9: anyone could. Every page, with all that its forms may ask for."""
    everything = {
        **BODIES["fields of other steps"],
        **FORM,
        "email": fresh_account.email,
        "user": str(fresh_account.pk),
        "uid": str(fresh_account.pk),
        "password": NEW_PASSWORD,
        "phone": "+447700900250",
        "code": "123456",
    }
    kept = bound()
    for each in PORTAL:
        with undone(browser) as twin:
            twin.post(each.path, everything)
            twin.post("/login/enroll/phone/", everything)
            assert bound() == kept, each
            assert not twin.signed_in


def test_the_mailed_link_opens_it_and_leads_to_the_enrollment(
    browser: Browser, fresh_account: User
) -> None:
    """X9: and it does not log in either."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(fresh_account, origin=NOWHERE, by=fresh_account.pk)
    assert press(browser).url == "/password/new/"
    assert browser.post("/password/new/", FORM).url == "/login/?notice=reset"
    assert not browser.signed_in
    assert browser.password(fresh_account, NEW_PASSWORD).url == ENROLL
    assert not browser.signed_in


def test_a_link_of_another_person_opens_nothing(
    browser: Browser, other_browser: Browser, fresh_account: User, bob: User
) -> None:
    """X9: Charlie's part."""
    browser.post("/password/forgot/", {"email": bob.email})
    _uid, token = mailed_link()
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(fresh_account, origin=NOWHERE, by=fresh_account.pk)
    uid, _token = mailed_link()
    assert other_browser.post(f"/password/reset/{uid}/{token}/").status_code == 410
    assert other_browser.post("/password/new/", FORM).url == "/password/forgot/?notice=ended"
