"""Confirming again who is logged in, before what decides over the account."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import ConfirmForm
from accounts.views.details import SignedIn
from mfa import login
from mfa.views.pages import show


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def step_up(request: SignedIn) -> HttpResponse:
    """Say why a proof is asked for; the button asks for it (SS-08)."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    binding = "binding" in (request.POST or request.GET)
    either = "either" in (request.POST or request.GET)
    by_password = either and "factor" not in request.POST
    walk = login.step_up(request, request.user, next_url, binding=binding)
    wants_password = by_password or login.wants_password(walk)
    form = ConfirmForm(request, request.user, wants_password=wants_password)
    if form.is_valid():
        return login.confirm_by_password(walk) if by_password else login.confirm(walk)
    context = {
        "form": form,
        "next": walk.pending.next,
        "binding": binding,
        "either": either,
        "factor": either and not login.wants_password(walk),
        "unsaved": request.GET.get("notice") == "unsaved",
        "sends": login.will_send(walk),
    }
    return show(request, "accounts/step_up.html", context, user=request.user)
