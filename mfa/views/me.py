"""The logged-in person's own pages: another phone number, and what happened."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import answers, audit, challenges, factors, origin as origins
from mfa.answers import Answer
from mfa.challenges import Asking, Target
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.guards import SignedIn, fresh
from mfa.models import Challenge, Purpose
from mfa.rules.policy import Method
from mfa.rules.routes import ChannelName
from mfa.sessions import keep_alive
from mfa.views.pages import code_context, show

EVENTS_PER_PAGE = 25


@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(mailed=True, binding=True)
def change_phone(request: SignedIn) -> HttpResponse:
    """Ask for another number and text a code to it; the old one stays until that is entered."""
    if Method.PHONE not in request.user.mfa_policy.methods:
        raise Http404
    form = PhoneForm(request.POST or None, policy=request.user.mfa_policy)
    phone = factors.phone_of(request.user)
    refusal = None
    if form.is_valid() and phone and phone.target == form.cleaned_data["phone"]:
        form.add_error("phone", gettext("This is your number already."))
    if form.is_valid():
        try:
            _ask(request, form.cleaned_data["phone"])
            return redirect("mfa:change_phone_verify")
        except TooMany as too_many:
            refusal = too_many
    context = {"form": form, "repaired": form.repaired, "phone": phone}
    return show(request, "mfa/change_phone.html", context, user=request.user, refusal=refusal)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def change_phone_verify(request: SignedIn) -> HttpResponse:
    """Take the code that proves the new number."""
    asking = Asking.of(request.session, Purpose.CHANGE)
    challenge = asking.question(request.user)
    # The policy may have been narrowed since the text went out.
    if challenge is None or not factors.may_have(request.user, challenge.target):
        return redirect("mfa:change_phone")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        judgement = answers.judge(
            challenge,
            request.user,
            form.cleaned_data["code"],
            nonce=asking.nonce,
            origin=origins.of(request, request.user),
        )
        if judgement.answer is Answer.RIGHT:
            return _changed(request, challenge.target)
        form.refuse(judgement, challenge)
    return _show_verify(request, form, challenge)


@never_cache
@require_POST
@fresh(mailed=True, binding=True, back="mfa:change_phone")
def change_phone_resend(request: SignedIn) -> HttpResponse:
    """Send the code to the new number again."""
    asking = Asking.of(request.session, Purpose.CHANGE)
    challenge = asking.question(request.user)
    # The policy may have been narrowed since the text went out.
    if challenge is None or not factors.may_have(request.user, challenge.target):
        return redirect("mfa:change_phone")
    try:
        repeated = challenges.resend(
            challenge, request.user, nonce=asking.nonce, origin=origins.of(request)
        )
    except TooMany as refusal:
        return _show_verify(request, CodeForm(), challenge, refusal)
    asking.challenge = str(repeated.pk)
    asking.save(request.session)
    return redirect("mfa:change_phone_verify")


@never_cache
@require_safe
def activity(request: SignedIn) -> HttpResponse:
    """List what happened with the account, newest first."""
    pages = Paginator(audit.events_of(request.user), EVENTS_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return show(request, "mfa/activity.html", {"events": page}, user=request.user)


def _ask(request: SignedIn, number: str) -> None:
    asking = Asking.of(request.session, Purpose.CHANGE)
    challenge = challenges.issue(
        request.user,
        Target(channel=ChannelName.SMS, address=number),
        purpose=Purpose.CHANGE,
        nonce=asking.nonce,
        origin=origins.of(request),
    )
    asking.challenge = str(challenge.pk)
    asking.save(request.session)


def _changed(request: SignedIn, number: str) -> HttpResponse:
    if not factors.set_phone(request.user, number, origin=origins.of(request)):
        # Another session was first, and its change has ended this one.
        return redirect("accounts:login")
    Asking.of(request.session, Purpose.CHANGE).drop(request.session)
    keep_alive(request, request.user)
    return redirect(f"{reverse('accounts:details')}?saved=phone")


def _show_verify(
    request: SignedIn, form: CodeForm, challenge: Challenge, refusal: TooMany | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "here": reverse("mfa:change_phone_verify"),
        **code_context(challenge),
    }
    return show(
        request, "mfa/change_phone_verify.html", context, user=request.user, refusal=refusal
    )
