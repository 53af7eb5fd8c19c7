"""The second step: the code, another one, another way, and help."""

from datetime import UTC, datetime
from typing import assert_never

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import answers, audit, login, questions, walk as walks
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm, RouteForm
from mfa.guards import ANY_STEP, on_step
from mfa.models import AccountPolicy, Purpose
from mfa.rules.policy import Method
from mfa.rules.routes import ChannelName, Route
from mfa.rules.steps import Step
from mfa.views.enroll import show_enroll_verify
from mfa.views.mailbox import may_lose
from mfa.views.pages import code_context, out_of_order, show
from mfa.views.question import masked, start_words
from mfa.walk import Walk


@on_step(Step.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Take the code that logs in."""
    if (page := login.page_of(walk)) != "mfa:verify":
        return redirect(page)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        judgement = questions.answer(walk, form.cleaned_data["code"], walk.purpose)
        if judgement.leads_on:
            return login.proceed(walk)
        if walk.app:
            form.refuse_app(judgement)
        else:
            form.refuse(judgement, walk.challenge(walk.purpose))
    return _show_verify(request, walk, form)


@on_step(Step.ANSWER, Step.ENROLL, Step.OFFER)
@require_POST
def resend(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Send the code again."""
    answering = walk.step is Step.ANSWER
    if not answering and Method.PHONE not in walk.user.mfa_policy.methods:
        return redirect(login.page_of(walk))
    try:
        questions.resend(walk, walk.purpose if answering else Purpose.ENROLL)
    except TooMany as refusal:
        page = _show_verify if answering else show_enroll_verify
        return page(request, walk, CodeForm(), refusal)
    return redirect("mfa:verify" if answering else "mfa:enroll_verify")


@on_step(Step.ANSWER)
@require_POST
def send_to_email(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Take the mailbox as the way, where it is one."""
    mailbox = Route(ChannelName.EMAIL)
    if mailbox in walk.facts.routes:
        return login.choose(walk, mailbox)
    return _show_verify(request, walk, CodeForm(), email_closed=True)


@on_step(Step.CHOOSE, choosing=True)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Offer every way in, best first."""
    labels = {route: _label(route, walk) for route in walk.facts.routes}
    form = RouteForm(request.POST or None, labels=labels)
    if form.is_valid():
        return login.choose(walk, form.cleaned_data["route"])
    refused = any(route.refused for route in walk.facts.routes)
    context = {"form": form, "aim": walk.aim, "start_words": start_words() if refused else ""}
    context |= {"may_lose": may_lose(walk), **out_of_order(walk)}
    return show(request, "mfa/choose.html", context, user=walk.user)


@on_step(Step.ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
def continue_(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Let in a person of whom no second step is asked any more; a GET never logs in."""
    if request.method == "POST":
        return login.advance(walk)
    return render(request, "mfa/continue.html")


@login_not_required
@never_cache
@require_safe
def help_(request: HttpRequest) -> HttpResponse:
    """Say what helps, to anyone; to a half signed-in person also what is wrong."""
    walk = walks.resume(request)
    if walk is None or walk.step is Step.START_OVER:
        contact = AccountPolicy.objects.values_list("contact", flat=True).first()
        return render(request, "mfa/help.html", {"reason": "", "contact": contact})
    stopped = "resting" if ChannelName.SMS in walk.user.mfa_policy.resting else "blocked"
    reasons = {Step.WAIT: "wait", Step.BLOCKED: stopped}
    context = {
        "reason": reasons.get(walk.step, ""),
        "back": reverse(login.page_of(walk)) if walk.step not in reasons else "",
        "aim": walk.aim,
        "wait_until": answers.waits_until(walk.user, walk.origin),
        "known": walk.origin.known,
        "reference": audit.reference_of(walk.pending.case) if walk.pending.case else "",
        **code_context(walk.challenge(walk.purpose)),
        **out_of_order(walk),
    }
    return show(request, "mfa/help.html", context, user=walk.user)


@on_step(*ANY_STEP)
@require_POST
def cancel(_request: HttpRequest, walk: Walk) -> HttpResponse:
    """Give the walk up."""
    return login.give_up(walk)


def _show_verify(
    request: HttpRequest,
    walk: Walk,
    form: CodeForm,
    refusal: TooMany | None = None,
    *,
    email_closed: bool = False,
) -> HttpResponse:
    challenge = walk.challenge(walk.purpose)
    refused_until = datetime.fromtimestamp(walk.pending.refused_until, tz=UTC)
    if refusal is None and challenge is None and refused_until > timezone.now():
        refusal = TooMany(refused_until)
    mailbox = Route(ChannelName.EMAIL)
    context = {
        "form": form,
        "doubtful": walk.is_doubtful,
        "email_closed": email_closed,
        "aim": walk.aim,
        "purpose": walk.purpose,
        # A refused resend shows this page at an address that takes no code.
        "here": reverse("mfa:verify"),
        "ways": len(walk.facts.routes),
        "app": walk.app,
        "may_lose": may_lose(walk),
        "text_route": next((r for r in walk.facts.routes if r.channel is ChannelName.SMS), None),
        "spare": walk.recovery_codes is not None,
        "email_offered": mailbox in walk.facts.routes and walk.facts.route != mailbox,
        **code_context(challenge),
        **out_of_order(walk),
    }
    return show(request, "mfa/verify.html", context, user=walk.user, refusal=refusal)


def _label(route: Route, walk: Walk) -> str:
    factor = walk.factor(route.factor)
    name = factor.masked if factor else ""
    match route.channel:
        case ChannelName.SMS:
            return gettext("Text to the %s") % name
        case ChannelName.EMAIL:
            return gettext("Email to %s") % masked(route.channel, walk.user.email)
        case ChannelName.APP:
            return gettext("Code from the app: %s") % name
        case ChannelName.RECOVERY_CODES:
            return gettext("A recovery code that you saved")
        case _:
            assert_never(route.channel)
