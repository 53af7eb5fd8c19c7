"""The first phone: its number, its code, and the end."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mfa import audit, counters, factors, limits, login, questions
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.guards import ANY_STEP, on_step
from mfa.models import Event, Purpose
from mfa.rules.policy import Method
from mfa.rules.routes import ChannelName
from mfa.rules.steps import Proof, Step
from mfa.views.pages import code_context, show
from mfa.views.recovery import about, as_file
from mfa.walk import Walk


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_phone(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Ask for a number and text a code to it, where the policy allows phones."""
    if Method.PHONE not in walk.user.mfa_policy.methods:
        return redirect(login.page_of(walk))
    form = PhoneForm(request.POST or None, policy=walk.user.mfa_policy)
    refusal = None
    if form.is_valid():
        try:
            questions.ask_number(walk, form.cleaned_data["phone"])
            return redirect("mfa:enroll_verify")
        except TooMany as too_many:
            refusal = too_many
    context = {"form": form, "repaired": form.repaired, "may_skip": walk.step is Step.OFFER}
    context["other_ways"] = Method.APP in walk.user.mfa_policy.methods
    return show(request, "mfa/enroll_phone.html", context, user=walk.user, refusal=refusal)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_verify(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Take the code that proves the number."""
    challenge = walk.challenge(Purpose.ENROLL)
    # The policy may have been narrowed since the text went out.
    if challenge is None or not factors.may_have(walk.user, challenge.target):
        return redirect(login.page_of(walk))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        judgement = questions.answer(walk, form.cleaned_data["code"], Purpose.ENROLL)
        if judgement.leads_on:
            return login.proceed(walk)
        form.refuse(judgement, walk.challenge(Purpose.ENROLL))
    return show_enroll_verify(request, walk, form)


def show_enroll_verify(
    request: HttpRequest, walk: Walk, form: CodeForm, refusal: TooMany | None = None
) -> HttpResponse:
    """Render the page on which a new number's code is entered."""
    context = {
        "form": form,
        "here": reverse("mfa:enroll_verify"),
        **code_context(walk.challenge(Purpose.ENROLL)),
    }
    return show(request, "mfa/enroll_verify.html", context, user=walk.user, refusal=refusal)


@on_step(Step.FINISH, Step.BACK_UP, Step.ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_done(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Show recovery codes once, where they are wished or needed; "Finish" logs in (D08, LK-01)."""
    open_ = walk.step is not Step.ENTER
    may_make = Method.RECOVERY_CODES in walk.user.mfa_policy.methods
    codes, refusal = None, None
    if open_ and may_make and "make" in request.POST:
        try:
            codes = questions.make_codes(walk)
        except TooMany as too_many:
            refusal = too_many
    elif request.method == "POST" and walk.step is not Step.BACK_UP:
        return login.enter(walk)
    elif not open_:
        return redirect(login.page_of(walk))
    context = {
        "codes": codes,
        **about(walk.user),
        "may_make": may_make,
        "needed": walk.step is Step.BACK_UP,
        "enrolled": walk.pending.proof == Proof.ENROLLED,
        "by_app": walk.pending.channel == ChannelName.APP,
        "download": reverse("mfa:save_codes"),
    }
    return show(request, "mfa/enroll_done.html", context, user=walk.user, refusal=refusal)


@on_step(Step.FINISH, Step.BACK_UP, Step.ENTER)
@require_POST
def save_codes(request: HttpRequest, walk: Walk) -> HttpResponse:
    """Give the codes that the page has just shown as a file."""
    return as_file(request, walk.user)


@on_step(*ANY_STEP)
@require_POST
def skip(_request: HttpRequest, walk: Walk) -> HttpResponse:
    """Go on without a second step, where the policy offers that (EN-06)."""
    if not walk.may_skip:
        if counters.is_first(limits.LATE_RECORDS.of(str(walk.user.pk))):
            audit.record(Event.STEP_REFUSED, walk.user, origin=walk.origin, step=walk.step)
        raise PermissionDenied
    return login.skip(walk)
