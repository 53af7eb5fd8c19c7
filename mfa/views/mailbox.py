"""Recovery by email: an emailed code allows the enrollment of a new factor (EM-03)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from mfa import channels, factors, login
from mfa.challenges import MOST_WRONG_ANSWERS
from mfa.factors.kind import Kind
from mfa.forms.codes import CodeForm
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import on_step
from mfa.rules.methods import ChannelName, Method, only_email
from mfa.rules.policy import EmailCodes
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.views.pages import code_context, out_of_order, show


@on_step(Step.PROVE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Send a code on request, and verify it."""
    form, refusal = CodeForm(), None
    other = next(iter(flow.user.recovery_addresses(flow.now)[1:]), "")
    if "code" in request.POST:
        form = CodeForm(request.POST)
        if form.is_valid():
            result = flow.verify(form.cleaned_data["code"])
            if result.leads_on:
                return login.advance(flow)
            form.refuse(result, flow.question)
    elif request.method == "POST":
        try:
            flow.ask(other if "other" in request.POST else "")
            return redirect("mfa:mailbox")
        except TooMany as too_many:
            refusal = too_many
    context = {
        "form": form,
        "losing": losing(flow),
        # The notice goes to a removed number if there is no other.
        "phone": bool(factors.last_number(flow.user)),
        "here": reverse("mfa:mailbox"),
        "first": not flow.facts.ever_bound,
        "new_device": flow.facts.device_due,
        "may_skip": flow.may_skip,
        "deadline": flow.user.mfa_policy.deadline,
        "email_only": only_email(flow.user.mfa_policy.methods),
        "lost": flow.pending.lost and bool(flow.facts.routes),
        "other": other and channels.masked(ChannelName.EMAIL, other),
        "masked": channels.masked(ChannelName.EMAIL, flow.user.email),
        **code_context(flow.question),
        **out_of_order(flow),
    }
    return show(request, "mfa/mailbox.html", context, user=flow.user, refusal=refusal)


@on_step(Step.ANSWER, Step.CHOOSE, Step.PROVE_MAILBOX)
@require_POST
def lost(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Continue without the phone or app, or with it after all."""
    if not may_lose(flow):
        may_wait = flow.purpose is Purpose.LOGIN and not flow.user.has_powers
        return redirect("mfa:recover" if may_wait else "mfa:help")
    return login.say_lost(flow, lost="found" not in request.POST)


def may_lose(flow: Flow) -> bool:
    """Whether the person can log in without the factors that could be asked."""
    return flow.purpose is Purpose.LOGIN and flow.facts.recovery_allowed


def losing(flow: Flow) -> Kind:
    """Return the kind that is asked, or that the person is likely to have."""
    route = flow.facts.route
    if route and route.factor:
        return factors.kind_of(route)
    only = only_email(flow.user.mfa_policy.methods)
    return factors.KINDS[Method.EMAIL if only else Method.PHONE]


def why_not_lost(flow: Flow) -> str:
    """Return why an emailed code cannot replace a lost phone now, or "" if it can."""
    facts = flow.facts
    if flow.purpose is not Purpose.LOGIN or facts.recovery_allowed or not facts.ever_bound:
        return ""
    user, policy = flow.user, flow.user.mfa_policy
    if policy.email_codes is EmailCodes.OFF:
        return gettext("For your account, codes by email are turned off.")
    if user.mailbox_rests(flow.now) and (opens := user.mailbox_opens_at):
        words = gettext(
            "Your email or password was changed recently. Codes by email work again from %s."
        )
        return words % date_format(localtime(opens), "j F Y, H:i T")
    if not channels.available(ChannelName.EMAIL) or ChannelName.EMAIL in policy.resting:
        return gettext("We can't send emails right now. Try again later.")
    if user.wrong_answers_at(flow.now) >= MOST_WRONG_ANSWERS:
        return gettext("Codes by email are turned off after too many wrong codes.")
    return gettext("Your number is new. First verify it with a code that we text to it.")
