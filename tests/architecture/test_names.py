"""Naming rules for URL names, views, templates and public pages."""

import re
from inspect import getsource, unwrap
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template

from tests.architecture.addresses import ADDRESSES, ADMIN, PORTAL, Address

TEMPLATES = Path(settings.BASE_DIR) / "templates"
RENDERED = re.compile(r'"([\w/]+\.html)"')
# Views that refuse for other views
REFUSALS = {"mfa/second_step.html"}
# Anonymous people can open these and no other pages.
PUBLIC = {
    "accounts:change_password",
    "accounts:confirm_email",
    "accounts:confirm_warning",
    "accounts:cut_warning",
    "accounts:forgot",
    "accounts:link_sent",
    "accounts:login",
    "accounts:login_by_passkey",
    "accounts:login_by_passkey_options",
    "accounts:register",
    "accounts:register_at",
    "accounts:register_code",
    "accounts:logout",
    "accounts:new_password",
    "accounts:report",
    "accounts:reset",
    "accounts:cut_reset",
    "accounts:cut_email",
    "accounts:cut_report",
    "accounts:invitation",
    "accounts:cut_invitation",
    "accounts:stop_recovery",
    "accounts:cut_recovery",
    "accounts:confirm_pass",
    "accounts:cut_pass",
    "accounts:cut_recovery_email",
    "accounts:confirm_recovery_email",
    "admin:login",
    "admin:logout",
    "demo:phone",
    "mfa:approvals",
    "mfa:approve",
    "mfa:approve_manifest",
    "mfa:approve_worker",
    "mfa:cancel",
    "mfa:choose",
    "mfa:continue",
    "mfa:enroll",
    "mfa:enroll_app",
    "mfa:enroll_done",
    "mfa:enroll_email",
    "mfa:enroll_passkey",
    "mfa:enroll_passkey_options",
    "mfa:enroll_phone",
    "mfa:enroll_push",
    "mfa:enroll_verify",
    "mfa:help",
    "mfa:lost",
    "mfa:recover",
    "mfa:one_time_pass",
    "mfa:mailbox",
    "mfa:new_phone_status",
    "mfa:pair",
    "mfa:passkey",
    "mfa:passkey_options",
    "mfa:push",
    "mfa:push_again",
    "mfa:push_status",
    "mfa:receipt",
    "mfa:renew_phone",
    "mfa:recovery_code",
    "mfa:resend",
    "mfa:save_codes",
    "mfa:send_to_email",
    "mfa:time_left",
    "mfa:skip",
    "mfa:status",
    "mfa:verify",
    "portal:healthz",
    "portal:metrics",
    "portal:readyz",
    "portal:theme",
    "portal:theme_css",
}


def template_of(address: Address) -> str:
    """Return the template for a name. Home uses the site's own."""
    app, _, page = address.name.rpartition(":")
    return f"{app}/{page}.html".lstrip("/")


def sources() -> str:
    folders = ("accounts", "mfa", "portal")
    files = [path for name in folders for path in Path(settings.BASE_DIR, name).rglob("*.py")]
    return "\n".join(path.read_text() for path in files)


def test_view_has_name_of_its_url() -> None:
    assert PORTAL
    assert [
        each
        for each in PORTAL
        if unwrap(each.view).__name__.rstrip("_") != each.name.rpartition(":")[2]
    ] == []


def test_view_renders_template_of_its_name() -> None:
    rendered = {
        each: set(RENDERED.findall(getsource(unwrap(each.view)))) - REFUSALS for each in PORTAL
    }
    assert [each for each, names in rendered.items() if not names <= {template_of(each)}] == []


def test_view_is_in_app_of_its_url() -> None:
    assert [each for each in PORTAL if not module_of(each).startswith(app_of(each) + ".")] == []


def module_of(address: Address) -> str:
    return unwrap(address.view).__module__


def app_of(address: Address) -> str:
    app = address.name.rpartition(":")[0] or "accounts"
    return {"demo": "portal.demo"}.get(app, app)


def test_every_template_that_the_code_names_exists() -> None:
    named = set(re.findall(r'"((?:accounts|mfa|admin|demo)/[\w/]+\.html|\w+\.html)"', sources()))
    assert named
    for name in named:
        get_template(name)


def test_every_template_is_used() -> None:
    """By code, by another template, or by Django's names."""
    theirs = {"400", "403", "403_csrf", "404", "500", "django/forms/field"}
    theirs |= {"admin/base_site", "admin/pagination", "admin/search_form"}
    theirs |= {"admin/change_list_results", "admin/includes/fieldset"}
    theirs |= {"admin/prepopulated_fields_js", "admin/accounts/user/change_list"}
    pages = [path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts]
    known = sources() + "".join(path.read_text() for path in pages)
    names = {str(path.relative_to(TEMPLATES).with_suffix("")) for path in pages}
    assert {name for name in names - theirs if f'"{name}.html"' not in known} == set()


def test_only_listed_pages_are_public() -> None:
    open_ones = {each.name for each in ADDRESSES if not getattr(each.view, "login_required", True)}
    assert open_ones == PUBLIC


def test_every_page_has_a_unique_name() -> None:
    names = [address.name for address in PORTAL]
    assert all(names)
    assert len(names) == len(set(names))


def test_urls_end_with_a_slash() -> None:
    assert [
        each.route
        for each in PORTAL
        if not re.fullmatch(
            r"$|\.well-known/change-password|(?:[\w-]+/|<\w+:\w+>/)+|theme\.css|healthz|readyz|metrics",
            each.route,
        )
    ] == []


def test_list_of_urls_includes_whole_admin() -> None:
    """The tests of journeys depend on this list."""
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


def test_every_views_module_has_tests() -> None:
    modules = sorted({module_of(each) for each in PORTAL})
    assert [module for module in modules if not file_of_tests(module).is_file()] == []


def file_of_tests(module: str) -> Path:
    *folders, name = module.split(".")
    return Path(settings.BASE_DIR, "tests", *folders, f"test_{name}.py")
