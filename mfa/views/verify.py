"""The second step: enter the code, get another one, choose another method, get help."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import channels, factors, login
from mfa.forms.codes import CodeForm
from mfa.forms.routes import RouteForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows
from mfa.login.blocked import WORDS, BlockedBy, causes_of
from mfa.login.flow import Flow
from mfa.login.guards import ANY_STEP, on_step
from mfa.models import Factor, SitePolicy
from mfa.rules import base32, masking
from mfa.rules.methods import ChannelName, Method
from mfa.rules.routes import Purpose, Route
from mfa.rules.steps import Step
from mfa.views.enroll import show_enroll_verify
from mfa.views.mailbox import losing, why_not_lost
from mfa.views.pages import code_context, out_of_order, show, show_locked
from mfa.views.passes import may_use_pass
from mfa.views.question import start_words
from mfa.views.recover import may_ask


@on_step(Step.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Verify the code that logs in."""
    if (page := login.page_of(flow)) != "mfa:verify":
        return redirect(page)
    form = CodeForm(request.POST or None, trust_days=flow.trust_days)
    if form.is_valid():
        result = flow.verify(form.cleaned_data["code"], trusts=form.trusts)
        if result.leads_on:
            return login.advance(flow)
        if flow.app:
            form.refuse_app(result)
        else:
            form.refuse(result, flow.question)
    return _show_verify(request, flow, form)


@on_step(Step.ANSWER, Step.ENROLL, Step.OFFER)
@require_POST
def resend(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Send the code again."""
    answering = flow.step is Step.ANSWER
    if not answering and not _may_set_up(flow):
        return redirect(login.page_of(flow))
    try:
        flow.resend()
    except TooMany as refusal:
        page = _show_verify if answering else show_enroll_verify
        return page(request, flow, CodeForm(), refusal)
    return redirect("mfa:verify" if answering else "mfa:enroll_verify")


@on_step(Step.ANSWER)
@require_POST
def send_to_email(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Choose email as the method, if it is available."""
    mailbox = Route(ChannelName.EMAIL)
    if mailbox in flow.facts.routes:
        return login.choose(flow, mailbox)
    return _show_verify(request, flow, CodeForm(), email_closed=True)


@on_step(Step.CHOOSE, choosing=True)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Offer all methods, best first."""
    labels = {route: _label(route, flow) for route in flow.facts.routes}
    form = RouteForm(request.POST or None, labels=labels, asked=flow.facts.route)
    if form.is_valid():
        return login.choose(flow, form.cleaned_data["route"])
    refused = any(r.refused and r.channel is ChannelName.SMS for r in flow.facts.routes)
    context = {
        "form": form,
        "purpose": flow.purpose,
        "start_words": start_words() if refused else "",
        "losing": flow.purpose is Purpose.LOGIN and losing(flow),
        **out_of_order(flow),
    }
    return show(request, "mfa/choose.html", context, user=flow.user)


@on_step(Step.ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
def continue_(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Let in a person who no longer needs a second step. A GET never logs in."""
    if request.method == "POST":
        return login.advance(flow)
    return render(request, "mfa/continue.html")


@login_not_required
@never_cache
@require_safe
def help_(request: HttpRequest) -> HttpResponse:
    """Show help to anyone, and in a pending login also what is wrong."""
    flow = flows.resume(request)
    if flow is None or flow.step is Step.START_OVER:
        contact = SitePolicy.objects.values_list("contact", flat=True).first()
        return render(request, "mfa/help.html", {"reason": "", "contact": contact})
    if flow.step is Step.WAIT and (until := flow.wait_until):
        return _show_locked(request, flow, until)
    blocked = flow.step is Step.BLOCKED
    causes = causes_of(flow.user) if blocked else []
    resting = BlockedBy.NO_TEXTS in causes and ChannelName.SMS in flow.user.mfa_policy.resting
    stopped = "resting" if resting else "blocked"
    context = {
        "reason": stopped if blocked else "",
        "causes": [WORDS[cause] for cause in causes],
        "back": "" if blocked else reverse(login.page_of(flow)),
        "app": flow.app,
        "purpose": flow.purpose,
        "why_not_lost": why_not_lost(flow),
        "losing": losing(flow),
        "may_wait": may_ask(flow),
        "may_pass": may_use_pass(flow),
        "spare": flow.recovery_codes is not None,
        "reference": _reference(flow),
        **_others(flow),
        **code_context(flow.challenge(flow.purpose)),
        **out_of_order(flow),
    }
    return show(request, "mfa/help.html", context, user=flow.user)


@on_step(*ANY_STEP)
@require_POST
def cancel(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """Cancel the login."""
    return login.give_up(flow)


def _show_locked(request: HttpRequest, flow: Flow, until: datetime) -> HttpResponse:
    context = {
        "known": flow.client.known,
        "purpose": flow.purpose,
        "reference": _reference(flow),
    }
    return show_locked(request, context, until=until, contact=flow.user.mfa_policy.contact)


def _may_set_up(flow: Flow) -> bool:
    """Whether the policy still allows the kind whose code is sent again (fac3)."""
    by = flow.pending.asked_by
    return bool(by) and factors.kind_by(by).method in flow.user.mfa_policy.methods


def _reference(flow: Flow) -> str:
    return base32.reference_to(flow.pending.case) if flow.pending.case else ""


def _show_verify(
    request: HttpRequest,
    flow: Flow,
    form: CodeForm,
    refusal: TooMany | None = None,
    *,
    email_closed: bool = False,
) -> HttpResponse:
    challenge = flow.question
    refused_until = datetime.fromtimestamp(flow.pending.refused_until, tz=UTC)
    if refusal is None and challenge is None and refused_until > timezone.now():
        refusal = TooMany(refused_until)
    context = {
        "form": form,
        "doubtful": flow.is_doubtful,
        "email_closed": email_closed,
        "purpose": flow.purpose,
        # A refused resend shows this page at an address that takes no code.
        "here": reverse("mfa:verify"),
        "app": flow.app,
        "losing": flow.purpose is Purpose.LOGIN and losing(flow),
        "text_route": next((r for r in flow.facts.routes if r.channel is ChannelName.SMS), None),
        "spare": flow.recovery_codes is not None,
        **_others(flow),
        **code_context(challenge),
        **out_of_order(flow),
    }
    return show(request, "mfa/verify.html", context, user=flow.user, refusal=refusal)


def _others(flow: Flow) -> dict[str, object]:
    """Return whether there are other methods than the one in use, and whether email is one."""
    mailbox, routes, asked = Route(ChannelName.EMAIL), flow.facts.routes, flow.facts.route
    by_email = asked is not None and asked.channel is ChannelName.EMAIL
    return {
        "ways": len(routes),
        "email_offered": mailbox in routes and not by_email,
    }


def _label(route: Route, flow: Flow) -> str:
    """Return a route in words. One that a fake website cannot use is recommended."""
    factor, kind = flow.factor(route.factor), factors.kind_of(route)
    name = _name(factor, flow) if factor else _masked_email(flow.user.email, flow)
    label = str(kind.words.choose) % {"name": name}
    is_best = kind.way.resists and len(flow.facts.routes) > 1
    return gettext("%s (recommended)") % label if is_best else label


def _masked_email(address: str, flow: Flow) -> str:
    """Mask an email, but tell it from the person's others."""
    emails = {each.target for each in flow.factors if each.kind == Factor.Kind.EMAIL}
    return masking.masked_apart(address, {flow.user.email, *emails} - {address})


def _name(factor: Factor, flow: Flow) -> str:
    if factor.kind == Factor.Kind.EMAIL:
        masked = _masked_email(factor.target, flow)
    elif factor.target:
        masked = channels.masked(factors.KINDS[Method(factor.kind)].way.channel, factor.target)
    else:
        masked = factor.get_kind_display()
    return f"{masked} ({factor.name})" if factor.name else masked
