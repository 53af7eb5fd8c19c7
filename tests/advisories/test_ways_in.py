"""MFA applies to every way to log in (X10, Logto CVE-2026-15616; X9, Zitadel CVE-2026-119128).

The list is in docs/security.md (LG-06). A new way to log in needs a row there and a trial here.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from accounts.people import resets
from mfa.audit import NOWHERE
from mfa.models import SitePolicy
from tests.advisories.trial import BODIES, bound, undone
from tests.architecture.addresses import PORTAL
from tests.conftest import give_codes, make_user
from tests.invitations import accept, invite, link_to
from tests.organizations import MANAGER, join, organization
from tests.portal_client import PASSWORD, Browser
from tests.registration import open_site, prove, register
from tests.stations import PHONE, mailed_link

ROOT = Path(settings.BASE_DIR)
NEW_PASSWORD = "another long enough one"
FORM = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
VERIFY, ENROLL = "/login/verify/", PHONE


def press(browser: Browser) -> HttpResponse:
    """Press the button of the newest emailed link."""
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
        resets.send(root, client=NOWHERE, by=root.pk)
    return press(browser).url


def by_confirming(browser: Browser, root: User) -> str:
    assert browser.post("/me/confirm/", {"password": PASSWORD}).url.startswith("/login/")
    browser.password(root)
    assert browser.post("/me/confirm/", {"password": PASSWORD}).url.startswith("/login/")
    return browser.get("/me/confirm/", follow=True).redirect_chain[-1][0].partition("?")[0]


def by_pause(browser: Browser, root: User) -> str:
    """It lets in one person, and has no effect for staff."""
    other = User.objects.get(email="alice@example.org")
    office = Browser()
    office.log_in(root)
    answer = office.post(f"/support/people/{root.pk}/pause/", {"reason": "mine", "hours": "1"})
    assert answer.status_code == 403
    office.post(f"/support/people/{other.pk}/pause/", {"reason": "lost phone", "hours": "1"})
    assert browser.password(other).url == "/"
    browser.post("/logout/")
    return browser.password(root).url


def by_breakglass(browser: Browser, root: User) -> str:
    """It lets in only the named person."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("breakglass", "alice@example.org", reason="lost phone")
    return browser.password(root).url


def by_releasing_staff(browser: Browser, root: User) -> str:
    """Then staff follow the same rules as everyone, who still need a second step."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("staff_mfa", "off", reason="a test")
    return browser.password(root).url


def by_createsuperuser(browser: Browser, root: User) -> str:
    call_command("createsuperuser", interactive=False, email="new@example.org")
    new = User.objects.get(email="new@example.org")
    new.set_password(PASSWORD)
    new.save()
    return browser.password(new).url


def by_registering(browser: Browser, root: User) -> str:
    open_site()
    register(browser)
    return prove(browser).url


def by_invitation(browser: Browser, root: User) -> str:
    manager, office = User.objects.get(email="alice@example.org"), Browser()
    office.log_in(join(manager, organization("Acme"), role=MANAGER))
    invite(office)
    return accept(browser, link_to()).url


def by_recovery_code(browser: Browser, root: User) -> str:
    """Alone it opens nothing, and it does not replace a setup that is due for everyone."""
    stranger, owner = Browser(), User.objects.get(email="alice@example.org")
    typed = give_codes(owner)[0]
    assert stranger.post("/login/recovery-code/", {"code": typed}).url == "/login/"
    SitePolicy.note(enroll_again_from=timezone.now())
    browser.password(owner)
    return browser.post("/login/recovery-code/", {"code": typed}).url


# Each way, by its first words in the document, and where it leads without a second step
WAYS: dict[str, tuple[Callable[[Browser, User], str], str]] = {
    "`/login/`": (by_login, VERIFY),
    "`/admin/`": (by_admin, VERIFY),
    "`/password/forgot/`": (by_forgotten_password, VERIFY),
    "a link that an administrator sends": (by_link_of_an_administrator, VERIFY),
    "`/login/recovery-code/`": (by_recovery_code, ENROLL),
    "`/register/`": (by_registering, ENROLL),
    "`/invitation/`": (by_invitation, ENROLL),
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


def test_each_documented_way_to_log_in_is_tested() -> None:
    ways = documented()
    assert len(ways) == len(WAYS)
    assert [way for way in ways if not way.startswith(tuple(WAYS))] == []


@pytest.mark.parametrize("way", WAYS)
def test_no_way_to_log_in_skips_second_step(
    browser: Browser, alice: User, root: User, way: str
) -> None:
    """X10, pol2: the superuser's second step, because that account is worth the most."""
    walk, led = WAYS[way]
    assert walk(browser, root) == led
    assert not browser.signed_in
    assert browser.get("/admin/").status_code == 302


# What turns a session into a login, by name or by key
LOGS_IN = re.compile(
    r"\bauth\.login\(|\bdjango_login\(|\bforce_login\b|\bRemoteUser"
    r"|\[(?:\"_auth_user_id\"|SESSION_KEY)\]\s*="
    r"|from django\.contrib\.auth import [^\n]*\blogin\b"
)


def test_only_one_function_logs_people_in() -> None:
    """X10: no page starts a session without the steps of a login."""
    files = [path for app in ("accounts", "mfa", "portal") for path in (ROOT / app).rglob("*.py")]
    logging_in = {str(p.relative_to(ROOT)) for p in files if LOGS_IN.search(p.read_text())}
    assert logging_in == {"mfa/login/enter.py"}


# X9: people without any credentials


@pytest.fixture
def fresh_account(policy: SitePolicy) -> User:
    """Created in the admin or imported, without password and factor."""
    user = make_user("fresh@example.org")
    user.set_unusable_password()
    user.save()
    return user


@pytest.mark.parametrize("field", ["stored", "", "!", " ", "None", "\x00", PASSWORD])
def test_account_without_password_accepts_none(
    browser: Browser, fresh_account: User, field: str
) -> None:
    """X9: not even the text in the column."""
    typed = fresh_account.password if field == "stored" else field
    assert browser.password(fresh_account, typed).status_code in {200, 400}
    assert "mfa_pending" not in browser.session


def test_strangers_cannot_set_first_credential(browser: Browser, fresh_account: User) -> None:
    """X9: otherwise anyone could. Tries every page with all fields of its forms."""
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


def test_emailed_link_sets_password_and_leads_to_enrollment(
    browser: Browser, fresh_account: User
) -> None:
    """X9: and it does not log in."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(fresh_account, client=NOWHERE, by=fresh_account.pk)
    assert press(browser).url == "/password/new/"
    assert browser.post("/password/new/", FORM).url == ENROLL
    assert not browser.signed_in


def test_link_of_another_person_does_not_work(
    browser: Browser, other_browser: Browser, fresh_account: User, bob: User
) -> None:
    """X9: Charlie's part."""
    browser.post("/password/forgot/", {"email": bob.email})
    _uid, token = mailed_link()
    with TestCase.captureOnCommitCallbacks(execute=True):
        resets.send(fresh_account, client=NOWHERE, by=fresh_account.pk)
    uid, _token = mailed_link()
    assert other_browser.post(f"/password/reset/{uid}/{token}/").status_code == 410
    assert other_browser.post("/password/new/", FORM).url == "/password/forgot/?notice=ended"
