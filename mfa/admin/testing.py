"""The two tests of the SMS account: does it answer, and does a text arrive."""

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

from mfa import answers, audit, challenges, channels, circuit, factors, origin as origins
from mfa.admin import mail_test
from mfa.answers import Answer
from mfa.challenges import Asking, Target
from mfa.channels.base import DeliveryError
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.guards import SignedIn, fresh, is_fresh
from mfa.models import (
    AccountPolicy,
    Challenge,
    Delivery,
    Event,
    Purpose,
    Reason,
)
from mfa.rules.routes import STRONG, ChannelName
from mfa.sessions import ABOUT, keep_alive, keep_proof
from mfa.views.pages import code_context, refused

TEMPLATE = "admin/mfa/accountpolicy/test_message.html"
FORM = "admin:mfa_accountpolicy_changelist"


class TestCodeForm(CodeForm):
    """The code typed back, and whether the number becomes the administrator's own."""

    own = forms.BooleanField(
        label=_("Use this number for my own second step"), required=False, initial=True
    )


@require_POST
@fresh(back=FORM)
def test_connection(request: SignedIn) -> HttpResponse:
    """Ask the provider about the account, and tell what it said."""
    _demand_permission(request)
    try:
        findings = channels.get(ChannelName.SMS).check()
        AccountPolicy.objects.update(is_trial=any(finding.is_trial for finding in findings))
        for finding in findings:
            level = messages.SUCCESS if finding.good else messages.WARNING
            messages.add_message(request, level, finding.text)
    except DeliveryError as error:
        messages.error(request, channels.get(ChannelName.SMS).explain(error.reason, error.code))
    return redirect(FORM)


@require_POST
@fresh(back=FORM)
def test_mail(request: SignedIn) -> HttpResponse:
    """Mail the administrator; what the server says decides about codes by email (A26)."""
    _demand_permission(request)
    fault = mail_test.run(request.user)
    if fault is None:
        messages.success(request, gettext("The mail server took the test mail. Did it arrive?"))
    else:
        messages.error(request, gettext("The test mail failed: %s.") % mail_test.explain(*fault))
    return redirect(FORM)


@require_safe
def setup_steps(request: SignedIn) -> HttpResponse:
    """Show how to get an SMS account, in nine steps (A04)."""
    _demand_permission(request)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Set up the SMS provider"),
    }
    return TemplateResponse(request, "admin/mfa/accountpolicy/setup_steps.html", context)


@require_POST
@fresh(back=FORM)
def try_texts(request: SignedIn) -> HttpResponse:
    """Let texts go on trial at once, without waiting for the probe."""
    _demand_permission(request)
    if circuit.try_again():
        audit.record(Event.POLICY_CHANGED, request.user, origin=origins.of(request), texts="tried")
        messages.success(request, gettext("Texts go out again. The next one decides."))
    return redirect(FORM)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "code")
@fresh()
def test_message(request: SignedIn) -> HttpResponse:
    """Text a code to a typed number, show what became of it, and take the code back (A06)."""
    _demand_permission(request)
    asking = Asking.of(request.session, Purpose.TEST)
    challenge = asking.question(request.user)
    # The test goes out while texts rest, too: it may be what shows that they can go on.
    policy = replace(request.user.mfa_policy, resting=frozenset())
    phone_form = PhoneForm(request.POST if "phone" in request.POST else None, policy=policy)
    code_form = TestCodeForm(request.POST if "code" in request.POST else None)
    if phone_form.is_valid():
        return _send(request, phone_form)
    if challenge and code_form.is_valid():
        judgement = answers.judge(
            challenge,
            request.user,
            code_form.cleaned_data["code"],
            nonce=asking.nonce,
            origin=origins.of(request, request.user),
        )
        if judgement.answer is Answer.RIGHT:
            return _passed(request, challenge, own=code_form.cleaned_data["own"])
        code_form.refuse(judgement, challenge)
    return _show(request, phone_form, code_form, challenge)


def _explained(delivery: Delivery | None) -> str:
    if delivery is None or not delivery.reason:
        return ""
    return channels.get(delivery.channel).explain(Reason(delivery.reason), delivery.code)


def _demand_permission(request: SignedIn) -> None:
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied


def _send(request: SignedIn, form: PhoneForm) -> HttpResponse:
    # Each test asks anew: its code must come by the values that are stored now.
    asking = Asking(purpose=Purpose.TEST, nonce=challenges.new_nonce())
    target = Target(channel=ChannelName.SMS, address=form.cleaned_data["phone"])
    try:
        challenge = challenges.issue(
            request.user,
            target,
            purpose=Purpose.TEST,
            nonce=asking.nonce,
            origin=origins.of(request),
        )
    except TooMany as refusal:
        return _show(request, form, TestCodeForm(), None, refusal=refusal)
    asking.challenge = str(challenge.pk)
    asking.save(request.session)
    return redirect("admin:mfa_accountpolicy_test_message")


def _passed(request: SignedIn, challenge: Challenge, *, own: bool) -> HttpResponse:
    """Keep which values passed; the number becomes the administrator's phone if they wish."""
    policy = AccountPolicy.load()
    policy.tested_at = timezone.now()
    policy.tested_credentials = policy.credentials()
    policy.save(update_fields=["tested_at", "tested_credentials"])
    origin = origins.of(request)
    audit.record(Event.POLICY_TESTED, request.user, origin=origin)
    Asking.of(request.session, Purpose.TEST).drop(request.session)
    adopt = own and is_fresh(request, request.user, binding=True)
    adopt = adopt and factors.may_have(request.user, challenge.target)
    if adopt and factors.set_phone(request.user, challenge.target, origin=origin):
        # A confirmed phone answered in this session: that is a second step.
        request.session[ABOUT] = {
            **request.session.get(ABOUT, {}),
            "aal": STRONG,
            "channel": challenge.channel,
        }
        keep_proof(request.session, challenge.channel)
        keep_alive(request, request.user)
    elif own:
        messages.warning(
            request, gettext("Your own phone stays as it was: change it in My Details.")
        )
    messages.success(request, gettext("The test message arrived: texts work with these values."))
    return redirect(FORM)


def _show(
    request: SignedIn,
    phone_form: PhoneForm,
    code_form: TestCodeForm,
    challenge: Challenge | None,
    refusal: TooMany | None = None,
) -> HttpResponse:
    delivery = challenge.deliveries.order_by("-pk").first() if challenge else None
    context = {
        **admin.site.each_context(request),
        **code_context(challenge),
        "title": gettext("Send test message"),
        "phone_form": phone_form,
        "code_form": code_form,
        "delivery": delivery,
        "explanation": _explained(delivery),
        "refused_until": refusal and refusal.until,
    }
    return refused(TemplateResponse(request, TEMPLATE, context), refusal)
