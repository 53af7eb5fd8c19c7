"""The step-up page, where a logged-in person confirms before a sensitive change."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms.login import ConfirmForm
from accounts.people import passwords
from accounts.views.requests import UserRequest
from mfa import login
from mfa.limits.counters import TooMany
from mfa.views.pages import refused, show


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def step_up(request: UserRequest) -> HttpResponse:
    """Show why a proof is needed. The button starts it (SS-08)."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    binding = "binding" in (request.POST or request.GET)
    either = "either" in (request.POST or request.GET)
    by_password = either and "factor" not in request.POST
    flow = login.step_up(request, request.user, next_url, binding=binding)
    wants_password = by_password or login.wants_password(flow)
    typed = request.POST if request.method == "POST" else None
    form = ConfirmForm(typed, wants_password=wants_password)
    lockout = _check(request, form) if form.is_valid() else None
    if form.is_valid():
        return login.confirm_by_password(flow) if by_password else login.confirm(flow)
    context = {
        "form": form,
        "next": flow.pending.next,
        "binding": binding,
        "either": either,
        "factor": either and not login.wants_password(flow),
        "notice": request.GET.get("notice", ""),
        "sends": login.will_send(flow),
    }
    return refused(show(request, "accounts/step_up.html", context, user=request.user), lockout)


def _check(request: UserRequest, form: ConfirmForm) -> TooMany | None:
    """Show a password that is required and wrong, or a lockout, which is returned."""
    typed = form.cleaned_data.get("password")
    try:
        if typed is not None and not passwords.confirm(request, request.user, typed):
            form.say_wrong()
    except TooMany as lockout:
        form.lock(lockout.until)
        return lockout
    return None
