"""Which requests show that a person is there, and so move a session's idle end (S23)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mfa.guards import SAFE

# Asked by pages and scripts by themselves; a new address of this kind gets a line here.
AUTOMATIC = {
    "admin:autocomplete",
    "admin:jsi18n",
    "mfa:change_phone_status",
    "mfa:status",
    "portal:healthz",
    "portal:metrics",
    "portal:readyz",
    "portal:theme_css",
}
REFUSED = 400


def is_activity(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a person opened a page behind the login, or sent a form."""
    match = request.resolver_match
    if match is None or match.view_name in AUTOMATIC or response.status_code >= REFUSED:
        return False
    if request.method not in SAFE:
        return True
    behind_login = getattr(match.func, "login_required", True)
    return request.method == "GET" and behind_login and _is_navigation(request)


def _is_navigation(request: HttpRequest) -> bool:
    """Whether the browser says that a person goes there; older ones say nothing.

    Scripts, frames of data and loading ahead say something else, and no page can forge it.
    """
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    return not ahead and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
