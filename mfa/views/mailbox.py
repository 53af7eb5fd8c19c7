"""Recovery by email: a code to the mailbox opens the enrollment of a new factor (EM-03)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mfa import login, questions
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm
from mfa.guards import on_step
from mfa.models import Purpose
from mfa.rules.routes import ChannelName
from mfa.rules.steps import Aim, Step
from mfa.views.pages import code_context, out_of_order, show
from mfa.views.question import masked
from mfa.walk import Walk


@on_step(Step.PROVE_MAILBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Send a code on request, and take it."""
    form, refusal = CodeForm(), None
    if "code" in request.POST:
        form = CodeForm(request.POST)
        if form.is_valid():
            judgement = questions.answer(walk, form.cleaned_data["code"], Purpose.RECOVER)
            if judgement.leads_on:
                return login.proceed(walk)
            form.refuse(judgement, walk.challenge(Purpose.RECOVER))
    elif request.method == "POST":
        try:
            questions.ask_mailbox(walk)
            return redirect("mfa:mailbox")
        except TooMany as too_many:
            refusal = too_many
    context = {
        "form": form,
        "here": reverse("mfa:mailbox"),
        "first": not walk.facts.ever_bound,
        "may_skip": walk.may_skip,
        "lost": walk.pending.lost and bool(walk.facts.routes),
        "masked": masked(ChannelName.EMAIL, walk.user.email),
        **code_context(walk.challenge(Purpose.RECOVER)),
        **out_of_order(walk),
    }
    return show(request, "mfa/mailbox.html", context, user=walk.user, refusal=refusal)


@on_step(Step.ANSWER, Step.CHOOSE, Step.PROVE_MAILBOX)
@require_POST
def lost(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Go on without the phone or app, or with it after all."""
    if not may_lose(walk):
        return redirect("mfa:help")
    return login.say_lost(walk, lost="found" not in request.POST)


def may_lose(walk: Walk) -> bool:
    """Whether the person may log in without the factors that could be asked."""
    return walk.aim is Aim.LOGIN and walk.facts.recovery_allowed
