"""The forgotten password: the email, its link, and the new password."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.mailboxes import ForgotForm
from accounts.forms.passwords import NewPasswordForm
from accounts.models import User
from accounts.people import resets
from accounts.people.links import Link
from accounts.views import links
from accounts.views.details import refuse_present
from mfa import login as second_step
from mfa.login.flow import Flow
from mfa.models import SitePolicy
from mfa.sessions import devices
from mfa.views.pages import refused

RESETTING = {Link.RESET, Link.RESET_BY_RECOVERY, Link.SET}


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Take an email or a username, and answer the same whether or not it has an account (LG-03).

    Raises TooMany.
    """
    form = ForgotForm(request.POST or None, SitePolicy.brand().login_with)
    if form.is_valid():
        elsewhere = "recovery" in request.POST
        resets.ask(request, form.cleaned_data["email"], elsewhere=elsewhere)
        return redirect("accounts:link_sent")
    notice = "" if request.method == "POST" else request.GET.get("notice", "")
    return render(request, "accounts/forgot.html", {"form": form, "notice": notice})


@login_not_required
@never_cache
@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, if there is an account with that email."""
    return render(request, "accounts/link_sent.html")


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show a button and continue only by POST, because email scanners open links (RV-01)."""
    held = User.objects.by_link(uid, token)
    if held is None or held[1] not in RESETTING:
        return links.dead(request, links.RESET, uid, token)
    user, link = held
    if request.method == "POST":
        return second_step.begin_reset(
            request,
            user,
            invited=link is Link.SET,
            by_recovery_email=link is Link.RESET_BY_RECOVERY,
        )
    is_new = link is Link.SET and not user.has_usable_password() and user.last_login is None
    return render(request, "accounts/reset.html", {"link": link, "is_new": is_new})


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Set the new password after an emailed link and the second step."""
    flow = second_step.opened_reset(request)
    if flow is None:
        return redirect(f"{reverse('accounts:forgot')}?notice=ended")
    form = NewPasswordForm(flow.user, request.POST or None)
    refusal = refuse_present(form)
    if not form.is_valid():
        context = {"form": form, "person": flow.user, "invited": flow.pending.invited}
        return refused(render(request, "accounts/new_password.html", context), refusal)
    if not resets.finish(flow, form.cleaned_data["new_password1"]):
        return redirect(f"{reverse('accounts:forgot')}?notice=ended")
    response = _lead_on(request, flow)
    # Recognize the device, so that failures of others cannot prevent the owner's login (LG-02).
    devices.remember(request, response, flow.user)
    return response


def _lead_on(request: HttpRequest, flow: Flow) -> HttpResponseRedirect:
    """Lead invited people, and those with a pass, to the setup; everyone else to the login."""
    if flow.pending.by_pass:
        return second_step.begin_passed(request, flow.user)
    if flow.pending.invited and (response := second_step.begin_invited(request, flow.user)):
        return response
    notice = "set" if flow.pending.invited else "reset"
    return redirect(f"{reverse('accounts:login')}?notice={notice}")
