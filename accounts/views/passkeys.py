"""Login with a passkey instead of the password."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.views.login import form_of, show_lockout
from mfa.client import client_of
from mfa.factors import passkey as passkeys
from mfa.limits.counters import TooMany
from mfa.login.passkeys import begin
from mfa.login.redirects import safe_next
from mfa.rules.passkeys import Refused
from mfa.views.passkeys import BAD_REQUEST, nonce_of, refusal_context


@login_not_required
@never_cache
@sensitive_post_parameters("credential")
@require_POST
def login_by_passkey(request: HttpRequest) -> HttpResponse:
    """Log in with a passkey that says who the person is and verified them."""
    next_url, typed = request.POST.get("next", ""), request.POST.get("credential", "")
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request, next_url))
    try:
        return begin(request, typed, nonce=nonce_of(request.session), next_url=next_url)
    except TooMany as too_many:
        return show_lockout(request, too_many)
    except Refused as refusal:
        return _refuse(request, next_url, refusal)


@login_not_required
@never_cache
@require_POST
def login_by_passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser needs to offer its passkeys. It is the same for everyone (key6)."""
    if request.user.is_authenticated:
        raise PermissionDenied
    nonce, client = nonce_of(request.session), client_of(request)
    return JsonResponse(passkeys.options_to_log_in(nonce=nonce, client=client))


def _refuse(request: HttpRequest, next_url: str, refusal: Refused) -> HttpResponse:
    context = {
        "form": form_of(request),
        "next": next_url,
        "notice": "refused",
        "unknown": passkeys.unknown_in(request.POST.get("credential", ""), refusal),
        **refusal_context(request, refusal),
    }
    return render(request, "accounts/login.html", context, status=BAD_REQUEST)
