"""One name, five places: URL name, view, template, and the page that only listed people see."""

import re
from inspect import getsource, unwrap
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from tests.architecture.addresses import ADDRESSES, ADMIN, PORTAL, Address

TEMPLATES = Path(settings.BASE_DIR) / "templates"
RENDERED = re.compile(r'"([\w/]+\.html)"')
# Pages that say no on behalf of others
REFUSALS = {"mfa/second_step.html"}
# Anonymous people reach these and no others.
PUBLIC = {
    "accounts:change_password",
    "accounts:confirm_email",
    "accounts:confirm_warning",
    "accounts:cut_warning",
    "accounts:forgot",
    "accounts:login",
    "accounts:logout",
    "accounts:new_password",
    "accounts:reset",
    "accounts:cut_reset",
    "accounts:cut_email",
    "admin:login",
    "admin:logout",
    "demo:phone",
    "mfa:cancel",
    "mfa:choose",
    "mfa:continue",
    "mfa:enroll",
    "mfa:enroll_app",
    "mfa:enroll_done",
    "mfa:enroll_phone",
    "mfa:enroll_verify",
    "mfa:help",
    "mfa:lost",
    "mfa:mailbox",
    "mfa:recovery_code",
    "mfa:resend",
    "mfa:save_codes",
    "mfa:send_to_email",
    "mfa:skip",
    "mfa:status",
    "mfa:twilio_receipt",
    "mfa:verify",
    "portal:healthz",
    "portal:metrics",
    "portal:readyz",
    "portal:theme",
    "portal:theme_css",
}


def template_of(address: Address) -> str:
    """The template that the name asks for; home is the site's own."""
    app, _, page = address.name.rpartition(":")
    return f"{app}/{page}.html".lstrip("/")


def sources() -> str:
    folders = ("accounts", "mfa", "portal")
    files = [path for name in folders for path in Path(settings.BASE_DIR, name).rglob("*.py")]
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("address", PORTAL, ids=str)
def test_a_view_has_the_name_of_its_address(address: Address) -> None:
    assert unwrap(address.view).__name__.rstrip("_") == address.name.rpartition(":")[2]


@pytest.mark.parametrize("address", PORTAL, ids=str)
def test_a_view_renders_the_template_of_its_name(address: Address) -> None:
    rendered = set(RENDERED.findall(getsource(unwrap(address.view))))
    assert rendered - REFUSALS <= {template_of(address)}


@pytest.mark.parametrize("address", PORTAL, ids=str)
def test_a_view_stands_in_the_app_of_its_address(address: Address) -> None:
    app = address.name.rpartition(":")[0] or "accounts"
    folders = {"demo": "portal.demo"}
    assert unwrap(address.view).__module__.startswith(folders.get(app, app) + ".")


def test_every_template_that_the_code_names_exists() -> None:
    named = set(re.findall(r'"((?:accounts|mfa|admin|demo)/[\w/]+\.html|\w+\.html)"', sources()))
    assert named
    for name in named:
        get_template(name)


def test_every_template_is_used() -> None:
    """By code, by another template, or by Django's names for it."""
    theirs = {"400", "403", "403_csrf", "404", "500", "django/forms/field"}
    theirs |= {"admin/base_site", "admin/search_form"}
    pages = [path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts]
    known = sources() + "".join(path.read_text() for path in pages)
    names = {str(path.relative_to(TEMPLATES).with_suffix("")) for path in pages}
    assert {name for name in names - theirs if f'"{name}.html"' not in known} == set()


def test_the_public_pages_are_the_listed_ones() -> None:
    open_ones = {each.name for each in ADDRESSES if not getattr(each.view, "login_required", True)}
    assert open_ones == PUBLIC


def test_names_are_unique_and_every_page_of_the_portal_has_one() -> None:
    names = [address.name for address in PORTAL]
    assert all(names)
    assert len(names) == len(set(names))


def test_addresses_end_with_a_slash() -> None:
    assert [
        each.route
        for each in PORTAL
        if not re.fullmatch(
            r"$|\.well-known/change-password|(?:[\w-]+/|<\w+:\w+>/)+|theme\.css|healthz|readyz|metrics",
            each.route,
        )
    ] == []


def test_the_walk_knows_the_whole_administration() -> None:
    """The walks of the journeys are as good as this list."""
    names = {address.name for address in ADMIN}
    assert {
        "admin:index",
        "admin:system_settings",
        "admin:mfa_accountpolicy_change",
        "admin:mfa_accountpolicy_test_connection",
        "admin:mfa_accountpolicy_test_message",
        "admin:mfa_auditevent_changelist",
        "admin:mfa_challenge_changelist",
        "admin:mfa_delivery_changelist",
        "admin:mfa_factor_changelist",
        "admin:mfa_pause_changelist",
        "admin:accounts_user_change",
    } <= names


@pytest.mark.parametrize("address", PORTAL, ids=str)
def test_a_views_module_has_its_tests(address: Address) -> None:
    module = unwrap(address.view).__module__
    *folders, name = module.split(".")
    assert Path(settings.BASE_DIR, "tests", *folders, f"test_{name}.py").is_file()
