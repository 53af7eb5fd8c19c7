"""New SMS account values: a superuser confirms them with a test code to their own phone (S05)."""

from dataclasses import replace

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mfa import factors
from mfa.admin import asking
from mfa.admin.test_line import test_line
from mfa.challenges import Outcome
from mfa.client import client_of
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows, typed
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh
from mfa.login.typed import keeps
from mfa.messages import sms_account
from mfa.models import Challenge, Delivery, Factor, SmsAccount, Status
from mfa.rules.methods import AAL, STRONG
from mfa.rules.routes import Purpose
from mfa.sessions.proofs import fresh_proofs
from mfa.views.pages import code_context, refused

FORM = "admin:mfa_accountpolicy_changelist"
PAGE = "admin:mfa_accountpolicy_confirm_account"
TEMPLATE = "admin/mfa/accountpolicy/confirm_account.html"


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "code")
@fresh()
@keeps(PhoneForm)
def confirm_account(request: SignedIn) -> HttpResponse:
    """Text a test code with the new values, and make them live after it is entered."""
    _demand_superuser(request)
    # Read first, because a code confirms only these values.
    account = SmsAccount.load()
    if account.candidate_since is None:
        return redirect(FORM)
    phone = _own_phone(request)
    flow = flows.apart(request, request.user, Purpose.ACCOUNT)
    challenge = _question(flow, phone)
    if "send" in request.POST:
        return _send(request, flow, account, phone)
    if "live" in request.POST and phone is None:
        return _by_factor(request, flow, account, challenge)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if phone and challenge and form.is_valid():
        try:
            result = flow.verify(form.cleaned_data["code"])
        except TooMany as lockout:
            form.lock(lockout.until)
            return refused(_show(request, account, phone, challenge, form), lockout)
        if result.outcome is Outcome.RIGHT:
            return _done(request, account, way="code")
        form.refuse(result, challenge)
    return _show(request, account, phone, challenge, form)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh()
def discard_account(request: SignedIn) -> HttpResponse:
    """Ask first, then discard the new values."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    if request.method == "POST":
        sms_account.discard(by=request.user, client=client_of(request))
        messages.success(request, gettext("The new values were discarded."))
        return redirect(FORM)
    kept = gettext("The SMS account keeps the values in use. You would have to enter these again.")
    return asking.page(
        request,
        title=gettext("Discard the new values?"),
        lines=[kept],
        button=gettext("Discard the new values"),
        keep=gettext("Keep the new values"),
        danger=True,
        trail=[(gettext("Account Policy"), FORM)],
    )


def _demand_superuser(request: SignedIn) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def _own_phone(request: SignedIn) -> Factor | None:
    phone = factors.phone_of(request.user)
    return None if phone is None or phone.status == Status.ASSIGNED else phone


def _question(flow: Flow, phone: Factor | None) -> Challenge | None:
    """Return the open test, if it went to the superuser's own number or they have none."""
    asked = flow.question
    return asked if asked and (phone is None or asked.target == phone.target) else None


def _send(request: SignedIn, flow: Flow, account: SmsAccount, phone: Factor | None) -> HttpResponse:
    number, form = phone.target if phone else "", _number_form(request)
    if phone is None and form.is_valid():
        number = form.cleaned_data["phone"]
    if not number:
        return _show(request, account, phone, None, CodeForm(), number_form=form)
    try:
        flow.ask(number)
    except TooMany as refusal:
        # The last code that was sent still works.
        return _show(request, account, phone, _question(flow, phone), CodeForm(), refusal=refusal)
    return redirect(PAGE)


def _number_form(request: SignedIn) -> PhoneForm:
    posted = request.POST if "phone" in request.POST else None
    # The test is sent even while texts are off, because the new values may be the remedy.
    policy = replace(request.user.mfa_policy, resting=frozenset())
    return PhoneForm(posted, policy=policy)


def _by_factor(
    request: SignedIn, flow: Flow, account: SmsAccount, challenge: Challenge | None
) -> HttpResponse:
    """Confirm without a phone: the test must have arrived, and a factor must be fresh."""
    if not _has_arrived(challenge):
        messages.warning(request, gettext("The test message has not been delivered yet."))
        return redirect(PAGE)
    proofs = fresh_proofs(request.session, timezone.now())
    if not any(aal >= STRONG and channel in proofs for channel, aal in AAL.items()):
        raise PermissionDenied
    flow.end()
    return _done(request, account, way="factor")


def _has_arrived(challenge: Challenge | None) -> bool:
    if challenge is None or challenge.voided_at is not None:
        return False
    return challenge.deliveries.filter(state=Delivery.State.DELIVERED).exists()


def _done(request: SignedIn, account: SmsAccount, *, way: str) -> HttpResponse:
    client = client_of(request)
    if sms_account.confirm(account.candidate_since, by=request.user, client=client, way=way):
        messages.success(request, gettext("Texts are now sent with the new values."))
    else:
        messages.warning(request, gettext("Someone else has entered other values. Test again."))
    return redirect(FORM)


def _show(
    request: SignedIn,
    account: SmsAccount,
    phone: Factor | None,
    challenge: Challenge | None,
    form: CodeForm,
    *,
    number_form: PhoneForm | None = None,
    refusal: TooMany | None = None,
) -> HttpResponse:
    number_form = number_form or PhoneForm(policy=request.user.mfa_policy)
    typed.fill(request, number_form)
    context = {
        **admin.site.each_context(request),
        **code_context(challenge),
        "title": gettext("Confirm the new SMS account"),
        "account": account,
        "phone": phone,
        "code_form": form,
        "number_form": number_form,
        "line": test_line(challenge),
        "arrived": _has_arrived(challenge),
        "refused_until": refusal and refusal.until,
    }
    return refused(TemplateResponse(request, TEMPLATE, context), refusal)
