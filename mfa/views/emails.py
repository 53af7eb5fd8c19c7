"""Emails as factors: the setup of the first one at a login, and further ones on Security."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mfa import factors, login
from mfa.forms.emails import NewEmailForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows, typed
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, on_step
from mfa.login.typed import keeps
from mfa.models import AbstractMfaUser
from mfa.rules.methods import ChannelName, Method
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.views.pages import show


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_email(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Ask for an address and email a code to it, if the policy allows emails (D12)."""
    if Method.EMAIL not in flow.user.mfa_policy.offered:
        return redirect(login.page_of(flow))
    form, refusal = _form(request, flow.user, prefilled=flow.user.email), None
    if form.is_valid():
        refusal = _send(flow, form)
        if refusal is None:
            return redirect("mfa:enroll_verify")
    context = {
        "form": form,
        "may_skip": flow.step is Step.OFFER,
        "set_up_again": flow.facts.outdated,
        "deadline": flow.user.mfa_policy.deadline,
        "other_ways": len(factors.to_enroll(flow.user.mfa_policy.offered)) > 1,
    }
    return show(request, "mfa/enroll_email.html", context, user=flow.user, refusal=refusal)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@keeps(NewEmailForm)
def add_email(request: SignedIn) -> HttpResponse:
    """Ask for one more address and email a code to it. The other methods stay."""
    user = request.user
    if Method.EMAIL not in user.mfa_policy.offered:
        raise Http404
    flow = flows.apart(request, user, Purpose.CHANGE)
    mine = {factor.email for factor in flow.factors}
    form = _form(request, user, prefilled="" if user.email in mine else user.email)
    typed.fill(request, form)
    most = factors.MOST_EMAILS if factors.has_most_emails(user) else 0
    refusal = None
    if form.is_valid() and form.cleaned_data["email"] in mine:
        form.add_error("email", gettext("This email already gets your codes."))
    if form.is_valid() and not most:
        refusal = _send(flow, form)
        if refusal is None:
            return redirect("mfa:change_phone_verify")
    context = {"form": form, "most": most}
    return show(request, "mfa/add_email.html", context, user=user, refusal=refusal)


def _form(request: HttpRequest, user: AbstractMfaUser, *, prefilled: str) -> NewEmailForm:
    data = request.POST if request.method == "POST" else None
    return NewEmailForm(data, policy=user.mfa_policy, initial={"email": prefilled})


def _send(flow: Flow, form: NewEmailForm) -> TooMany | None:
    """Email a code. Return the refusal of a limit."""
    try:
        flow.ask(form.cleaned_data["email"], by=ChannelName.EMAIL, adds=True)
    except TooMany as too_many:
        return too_many
    return None
