"""The logged-in person's pages: change of number, and activity."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import audit
from mfa.challenges import Outcome
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows, typed
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh
from mfa.login.redirects import account_page
from mfa.login.typed import keeps
from mfa.models import Challenge
from mfa.rules.methods import ChannelName, Method
from mfa.rules.routes import Purpose
from mfa.views.entries import entries_on
from mfa.views.pages import code_context, refused, show

EVENTS_PER_PAGE = 50


@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(mailed=True, binding=True)
@keeps(PhoneForm)
def change_phone(request: SignedIn) -> HttpResponse:
    """Ask for another number and text a code to it. The old number stays until it is confirmed."""
    if Method.PHONE not in request.user.mfa_policy.offered:
        raise Http404
    flow = _flow(request)
    if "keep" in request.POST:
        flow.keep_number()
        return redirect(account_page("details"))
    form = _phone_form(request, flow)
    typed.fill(request, form)
    phone = flow.phone
    refusal = None
    if form.is_valid() and phone and phone.target == form.cleaned_data["phone"]:
        form.add_error("phone", gettext("This is already your number."))
    if form.is_valid():
        try:
            flow.ask(form.cleaned_data["phone"])
            return redirect("mfa:change_phone_verify")
        except TooMany as too_many:
            refusal = too_many
    context = {
        "form": form,
        "repaired": form.repaired,
        "phone": phone,
        "others": len(flow.phones) - 1,
        "saved": flow.saved_number,
    }
    return show(request, "mfa/change_phone.html", context, user=request.user, refusal=refusal)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def change_phone_verify(request: SignedIn) -> HttpResponse:
    """Verify the code that proves the new number or email."""
    flow = _flow(request)
    adds, by = flow.pending.adds, flow.pending.asked_by
    if (challenge := flow.question) is None:
        return redirect(_start(flow))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            result = flow.verify(form.cleaned_data["code"])
        except TooMany as lockout:
            form.lock(lockout.until)
            return refused(_show_verify(flow, form, challenge), lockout)
        if result.outcome is Outcome.RIGHT:
            return _changed(flow, added=by if adds else "")
        form.refuse(result, challenge)
    return _show_verify(flow, form, challenge)


@never_cache
@require_POST
@fresh(mailed=True, binding=True, back="mfa:change_phone")
def change_phone_resend(request: SignedIn) -> HttpResponse:
    """Send the code to the new number or email again."""
    flow = _flow(request)
    if (challenge := flow.question) is None:
        return redirect(_start(flow))
    try:
        flow.resend()
    except TooMany as refusal:
        return _show_verify(flow, CodeForm(), challenge, refusal)
    return redirect("mfa:change_phone_verify")


@never_cache
@require_safe
def activity(request: SignedIn) -> HttpResponse:
    """List the events of the account, newest first."""
    events = audit.events_of(request.user)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"events": page, "entries": entries_on(page, events)}
    return show(request, "mfa/activity.html", context, user=request.user)


def _phone_form(request: SignedIn, flow: Flow) -> PhoneForm:
    policy = request.user.mfa_policy
    if request.method == "POST":
        return PhoneForm(request.POST, policy=policy)
    return PhoneForm.filled(flow.saved_number, policy=policy)


def _flow(request: SignedIn) -> Flow:
    return flows.apart(request, request.user, Purpose.CHANGE)


def _start(flow: Flow) -> str:
    """Return the URL name of the page that asks for the number or email."""
    if flow.pending.asked_by == ChannelName.EMAIL:
        return "mfa:add_email"
    return "mfa:add_phone" if flow.pending.adds else "mfa:change_phone"


def _changed(flow: Flow, *, added: str) -> HttpResponse:
    if not flow.enrolled:
        # Another session changed the person first, which ended this session.
        return redirect(settings.LOGIN_URL)
    if added:
        done = "mailbox" if added == ChannelName.EMAIL else "added"
        return redirect(f"{reverse('mfa:security')}?done={done}")
    return redirect(f"{reverse(account_page('details'))}?saved=phone")


def _show_verify(
    flow: Flow, form: CodeForm, challenge: Challenge, refusal: TooMany | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "here": reverse("mfa:change_phone_verify"),
        "again": _start(flow),
        **code_context(challenge),
    }
    page = "mfa/change_phone_verify.html"
    return show(flow.request, page, context, user=flow.user, refusal=refusal)
