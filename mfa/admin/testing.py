"""The tests of the SMS account (connection and text) and of the mail server."""

from dataclasses import replace

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mfa import audit, channels, factors
from mfa.admin import mail_test
from mfa.admin.forms import SMS_FIELDS, TESTED, AccountPolicyForm
from mfa.admin.test_line import test_line
from mfa.challenges import Outcome
from mfa.channels.base import DeliveryError
from mfa.client import client_of
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows, typed
from mfa.login.flow import Flow
from mfa.login.guards import SignedIn, fresh, is_fresh
from mfa.login.typed import keeps
from mfa.messages import circuit
from mfa.models import (
    AccountPolicy,
    Challenge,
    Event,
    SitePolicy,
    SmsAccount,
    SmsValues,
)
from mfa.rules.methods import STRONG, ChannelName
from mfa.rules.routes import Purpose
from mfa.session_engine import ABOUT
from mfa.sessions.proofs import keep_alive, keep_proof
from mfa.views.pages import code_context, refused

TEMPLATE = "admin/mfa/accountpolicy/test_message.html"
FORM = "admin:mfa_accountpolicy_changelist"


class TestCodeForm(CodeForm):
    """The code from the test, and whether the number becomes the administrator's own."""

    own = forms.BooleanField(
        label=_("Use this number for my own two-step verification"), required=False, initial=True
    )


@require_POST
@fresh(back=FORM)
@sensitive_post_parameters("sms_auth_token")
@keeps(AccountPolicyForm)
def test_connection(request: SignedIn) -> HttpResponse:
    """Ask the provider about the values of the page, or the stored ones, and show the answer."""
    demand_permission(request)
    typed = _typed(request)
    if typed is None or not typed.errors.keys() & SMS_FIELDS:
        _check(request, typed.sms_values if typed else None)
    else:
        messages.error(request, gettext("Correct the SMS account values first."))
    return shown_again(request)


@require_POST
@fresh(back=FORM)
@keeps(AccountPolicyForm)
def test_mail(request: SignedIn) -> HttpResponse:
    """Email the administrator. The result decides whether codes by email are offered (A26)."""
    demand_permission(request)
    _try_mail(request)
    return shown_again(request)


def _try_mail(request: SignedIn) -> None:
    fault = mail_test.run(request.user)
    if fault is None:
        words = gettext("The mail server accepted the test email. Check that it arrived.")
        messages.success(request, words)
    else:
        messages.error(
            request, gettext("The test email failed. The reason: %s") % mail_test.explain(*fault)
        )


def _mail_is_due() -> bool:
    """Whether the first test text tests email too: in the first hour, if nobody has done it."""
    policy = SitePolicy.load()
    untested = not (policy.health.mail_tested or policy.health.mail_failed)
    return policy.first_enabled_at is None and untested and channels.available(ChannelName.EMAIL)


def _check(request: SignedIn, values: SmsValues | None) -> None:
    provider, live = channels.get(ChannelName.SMS), SmsAccount.load().values
    try:
        findings = provider.check(values)
    except DeliveryError as error:
        messages.error(request, provider.explain(error.reason, error.code))
        return
    if values in (None, live):
        SmsAccount.note(is_trial=any(finding.is_trial for finding in findings))
    for finding in findings:
        level = messages.SUCCESS if finding.good else messages.WARNING
        messages.add_message(request, level, finding.text)


def _typed(request: SignedIn) -> AccountPolicyForm | None:
    """Return the form as it was filled in, if the button belongs to the form."""
    if TESTED not in request.POST:
        return None
    form = AccountPolicyForm(request.POST, instance=AccountPolicy.load())
    form.full_clean()
    return form


def shown_again(request: SignedIn) -> HttpResponse:
    """Show the form again, unsaved. Without a form, return to the page with the button."""
    if TESTED in request.POST:
        page = admin.site.get_model_admin(AccountPolicy)
        return page.changeform_view(request, str(AccountPolicy.load().pk))
    return redirect(_origin())


def _origin() -> str:
    """Return the URL name of the next page: the checklist until MFA was first enabled."""
    return "admin:index" if SitePolicy.load().first_enabled_at is None else FORM


@require_safe
def setup_steps(request: SignedIn) -> HttpResponse:
    """Show how to get an SMS account, in nine steps (A04)."""
    demand_permission(request)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Set up the SMS provider"),
        "words": channels.get(ChannelName.SMS).account_words,
    }
    return TemplateResponse(request, "admin/mfa/accountpolicy/setup_steps.html", context)


@require_POST
@fresh(back=FORM)
def try_texts(request: SignedIn) -> HttpResponse:
    """Resume sending on trial immediately, without waiting for the probe."""
    demand_permission(request)
    if circuit.try_again():
        audit.record(Event.POLICY_CHANGED, request.user, client=client_of(request), texts="tried")
        messages.success(
            request, gettext("Sending resumed. The next text will confirm whether it works.")
        )
    return redirect(FORM)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "code")
@fresh()
@keeps(PhoneForm)
def test_message(request: SignedIn) -> HttpResponse:
    """Text a code to a number, show its state, and verify the code (A06)."""
    demand_permission(request)
    if not SmsAccount.load().complete:
        messages.warning(request, gettext("Enter the three values of the SMS account first."))
        return redirect(FORM)
    flow = flows.apart(request, request.user, Purpose.TEST)
    challenge = flow.question
    # The test is sent even while texts are off, because it may show that they work.
    policy = replace(request.user.mfa_policy, resting=frozenset())
    phone_form = PhoneForm(request.POST if "phone" in request.POST else None, policy=policy)
    code_form = TestCodeForm(request.POST if "code" in request.POST else None)
    typed.fill(request, phone_form)
    if challenge:
        # Of two fields only the first may ask for the focus.
        phone_form.fields["phone"].widget.attrs.pop("autofocus")
    if phone_form.is_valid():
        return _send(request, flow, phone_form)
    if challenge and code_form.is_valid():
        try:
            result = flow.verify(code_form.cleaned_data["code"])
        except TooMany as lockout:
            code_form.lock(lockout.until)
            return refused(_show(request, phone_form, code_form, challenge), lockout)
        if result.outcome is Outcome.RIGHT:
            return _passed(request, challenge, own=code_form.cleaned_data["own"])
        code_form.refuse(result, challenge)
    return _show(request, phone_form, code_form, challenge)


def demand_permission(request: SignedIn) -> None:
    """Refuse people who cannot change the policy (A08)."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied


def _send(request: SignedIn, flow: Flow, form: PhoneForm) -> HttpResponse:
    try:
        flow.ask(form.cleaned_data["phone"])
    except TooMany as refusal:
        # The last code that was sent still works.
        return _show(request, form, TestCodeForm(), flow.question, refusal=refusal)
    if _mail_is_due():
        _try_mail(request)
    return redirect("admin:mfa_accountpolicy_test_message")


def _passed(request: SignedIn, challenge: Challenge, *, own: bool) -> HttpResponse:
    """Record the tested values. The number becomes the administrator's phone if they wish."""
    account = SmsAccount.load()
    account.tested_at = timezone.now()
    account.tested_credentials = account.credentials()
    account.save(update_fields=["tested_at", "tested_credentials"])
    client = client_of(request)
    audit.record(Event.POLICY_TESTED, request.user, client=client)
    adopt = own and is_fresh(request, request.user, binding=True)
    adopt = adopt and factors.may_have(request.user, challenge.target)
    if adopt and factors.change_phone(request.user, challenge.target, client=client):
        # A confirmed phone answered in this session, which is a second step.
        request.session[ABOUT] = {
            **request.session.get(ABOUT, {}),
            "aal": STRONG,
            "channel": challenge.channel,
        }
        keep_proof(request.session, challenge.channel)
        keep_alive(request, request.user)
    elif own:
        messages.warning(
            request, gettext("Your own phone was not changed. You can change it in My Details.")
        )
    messages.success(request, gettext("The test message arrived. Texts work with these values."))
    return redirect(_origin())


def _show(
    request: SignedIn,
    phone_form: PhoneForm,
    code_form: TestCodeForm,
    challenge: Challenge | None,
    refusal: TooMany | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **code_context(challenge),
        "title": gettext("Send test message"),
        "phone_form": phone_form,
        "code_form": code_form,
        "line": test_line(challenge),
        "mail_due": _mail_is_due(),
        "refused_until": refusal and refusal.until,
    }
    return refused(TemplateResponse(request, TEMPLATE, context), refusal)
