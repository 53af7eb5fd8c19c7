"""The setup of the first phone, the code of any new number or email, and the final page."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mfa import audit, factors, login
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.login.flow import Flow
from mfa.login.guards import ANY_STEP, on_step
from mfa.models import Event
from mfa.rules.methods import ChannelName, Method, is_strong
from mfa.rules.steps import Proof, Step
from mfa.views.pages import code_context, show, uncompressed
from mfa.views.recovery import about, as_file


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_phone(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Ask for a number and text a code to it, if the policy allows phones."""
    if Method.PHONE not in flow.user.mfa_policy.offered:
        return redirect(login.page_of(flow))
    # Someone who proved only the email has lost the old number.
    may_keep = flow.facts.number_due and flow.facts.proof is Proof.ANSWER
    if may_keep and "keep" in request.POST:
        flow.keep_number()
        return login.advance(flow)
    form, refusal = _phone_form(request, flow), None
    if form.is_valid():
        try:
            flow.ask(form.cleaned_data["phone"])
            return redirect("mfa:enroll_verify")
        except TooMany as too_many:
            refusal = too_many
    context = {"form": form, "repaired": form.repaired, "may_skip": flow.step is Step.OFFER}
    context["number_due"], context["phone"] = flow.facts.number_due, flow.phone
    context["may_keep"] = may_keep
    context["set_up_again"] = flow.facts.outdated
    context["deadline"] = flow.user.mfa_policy.deadline
    context["other_ways"] = len(factors.to_enroll(flow.user.mfa_policy.offered)) > 1
    return show(request, "mfa/enroll_phone.html", context, user=flow.user, refusal=refusal)


def _phone_form(request: HttpRequest, flow: Flow) -> PhoneForm:
    """Return the form, filled with a number that was typed or imported before (C02, C11)."""
    policy = flow.user.mfa_policy
    if request.method == "POST":
        return PhoneForm(request.POST, policy=policy)
    return PhoneForm.filled(factors.proposed_number(flow.user), policy=policy)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_verify(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Verify the code that proves the number or email."""
    if flow.question is None:
        return redirect(login.page_of(flow))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        result = flow.verify(form.cleaned_data["code"])
        if result.leads_on:
            return login.advance(flow)
        form.refuse(result, flow.question)
    return show_enroll_verify(request, flow, form)


def show_enroll_verify(
    request: HttpRequest, flow: Flow, form: CodeForm, refusal: TooMany | None = None
) -> HttpResponse:
    """Render the page for the code of a new number or email."""
    by_email = flow.pending.asked_by == ChannelName.EMAIL
    context = {
        "again": "mfa:enroll_email" if by_email else "mfa:enroll_phone",
        "form": form,
        "here": reverse("mfa:enroll_verify"),
        "purpose": flow.asks,
        **code_context(flow.question),
    }
    return show(request, "mfa/enroll_verify.html", context, user=flow.user, refusal=refusal)


@on_step(Step.FINISH, Step.BACK_UP, Step.ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
@uncompressed
def enroll_done(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Show recovery codes once, if wanted or required. "Finish" logs in (D08, LK-01)."""
    open_ = flow.step is not Step.ENTER
    # An email is too weak to make stronger codes (LK-01).
    allowed = Method.RECOVERY_CODES in flow.user.mfa_policy.offered
    may_make = open_ and allowed and is_strong(flow.pending.channel)
    codes, refusal = None, None
    if may_make and "make" in request.POST:
        try:
            codes = flow.make_codes()
        except TooMany as too_many:
            refusal = too_many
    elif request.method == "POST" and flow.step is not Step.BACK_UP:
        # A second way is added after the login, with this fresh proof (key11).
        return login.enter(flow, reverse("mfa:security") if "more" in request.POST else "")
    elif not open_:
        return redirect(login.page_of(flow))
    context = {
        "codes": codes,
        **(about(flow.user) if codes else {}),
        "may_make": may_make,
        "needed": flow.step is Step.BACK_UP,
        "enrolled": flow.enrolled,
        "words": factors.kind_by(flow.pending.channel).words,
        "download": reverse("mfa:save_codes"),
    }
    return show(request, "mfa/enroll_done.html", context, user=flow.user, refusal=refusal)


@on_step(Step.FINISH, Step.BACK_UP, Step.ENTER)
@require_POST
@uncompressed
def save_codes(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Return the codes of the page as a file."""
    return as_file(request, flow.user)


@on_step(*ANY_STEP)
@require_POST
def skip(_request: HttpRequest, flow: Flow) -> HttpResponse:
    """Continue without a second step, if the policy allows it (EN-06)."""
    if not flow.may_skip:
        if counters.is_first(limits.LATE_RECORDS.of(str(flow.user.pk))):
            audit.record(Event.STEP_REFUSED, flow.user, client=flow.client, step=flow.step)
        raise PermissionDenied
    return login.skip(flow)
