"""The download of a person's own data."""

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.people import my_data
from accounts.views.requests import UserRequest
from mfa.client import client_of
from mfa.limits.counters import TooMany
from mfa.login.guards import confirm_first, is_fresh
from mfa.sessions.devices import recognize
from mfa.views.pages import show

FILE = {"Content-Disposition": 'attachment; filename="my-data.json"'}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: UserRequest) -> HttpResponseBase:
    """Say what the file holds, and send it by POST, after a step-up."""
    if not is_fresh(request, request.user):
        return confirm_first(request, request.user)
    if request.method != "POST":
        return _page(request)
    try:
        my_data.count(request.user, client=client_of(request))
    except TooMany as refusal:
        return _page(request, refusal)
    recognized = bool(recognize(request, request.user).known)
    pieces = my_data.written(request.user, recognized=recognized)
    return StreamingHttpResponse(pieces, content_type="application/json", headers=FILE)


def _page(request: UserRequest, refusal: TooMany | None = None) -> HttpResponse:
    return show(request, "accounts/data.html", {}, user=request.user, refusal=refusal)
