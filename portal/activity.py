"""Which requests count as activity and extend the idle timeout of a session (S23)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mfa.login.guards import SAFE

# Pages and scripts request these on their own. Add new addresses of this kind.
AUTOMATIC = {
    "admin:autocomplete",
    "admin:jsi18n",
    "admin:mfa_accountpolicy_account_status",
    "admin:mfa_accountpolicy_test_status",
    "mfa:automatic_passkey",
    "accounts:import_status",
    "accounts:login_by_passkey_options",
    "mfa:add_passkey_options",
    "mfa:approve_manifest",
    "mfa:approve_worker",
    "mfa:change_phone_status",
    "mfa:new_phone_status",
    "mfa:note_nudge",
    "mfa:push_status",
    "mfa:renew_phone",
    "mfa:time_left",
    "mfa:status",
    "portal:healthz",
    "portal:metrics",
    "portal:readyz",
    "portal:theme_css",
}
# Scripts of forms ask these addresses what the browser needs.
OPTIONS = "_options"
REFUSED = 400


def is_activity(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a person opened a page that needs a login, or sent a form."""
    match = request.resolver_match
    if match is None or is_automatic(match.view_name) or response.status_code >= REFUSED:
        return False
    if request.method not in SAFE:
        return True
    behind_login = getattr(match.func, "login_required", True)
    return request.method == "GET" and behind_login and _is_navigation(request)


def is_automatic(name: str) -> bool:
    """Whether the address of this name is requested without the person."""
    return name in AUTOMATIC or name.endswith(OPTIONS)


def _is_navigation(request: HttpRequest) -> bool:
    """Whether the browser reports a navigation. Older browsers report nothing.

    Scripts, data requests and prefetching report something else, and pages cannot forge it.
    """
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    return not ahead and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
