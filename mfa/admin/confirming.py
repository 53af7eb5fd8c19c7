"""New SMS account values: a superuser confirms them, by a test code to their own phone (S05)."""

from dataclasses import replace

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import answers, challenges, factors, origin as origins, sms_account
from mfa.answers import Answer
from mfa.challenges import Asking, Target
from mfa.counters import TooMany
from mfa.forms.codes import CodeForm
from mfa.forms.phones import PhoneForm
from mfa.guards import SignedIn, fresh
from mfa.models import AccountPolicy, Challenge, Delivery, Factor, Purpose
from mfa.rules.routes import AAL, STRONG, ChannelName
from mfa.sessions import fresh_proofs
from mfa.views.pages import code_context, refused

FORM = "admin:mfa_accountpolicy_changelist"
PAGE = "admin:mfa_accountpolicy_confirm_account"
TEMPLATE = "admin/mfa/accountpolicy/confirm_account.html"


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("phone", "code")
@fresh()
def confirm_account(request: SignedIn) -> HttpResponse:
    """Text a test code by the new values, and make them live once it has come back."""
    _demand_superuser(request)
    # Read before anything is judged: a code vouches for these values alone.
    policy = AccountPolicy.load()
    if policy.candidate_since is None:
        return redirect(FORM)
    phone = _own_phone(request)
    challenge = _question(request, phone)
    if "send" in request.POST:
        return _send(request, policy, phone)
    if "live" in request.POST and phone is None:
        return _by_factor(request, policy, challenge)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if phone and challenge and form.is_valid() and _is_right(request, challenge, form):
        return _done(request, policy, way="code")
    return _show(request, policy, phone, challenge, form)


@require_POST
@fresh(back=FORM)
def discard_account(request: SignedIn) -> HttpResponse:
    """Forget the new values."""
    if not request.user.has_perm("mfa.change_accountpolicy"):
        raise PermissionDenied
    sms_account.discard(by=request.user, origin=origins.of(request))
    messages.success(request, gettext("The new values are discarded."))
    return redirect(FORM)


def _demand_superuser(request: SignedIn) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def _own_phone(request: SignedIn) -> Factor | None:
    phone = factors.phone_of(request.user)
    return None if phone is None or phone.assigned else phone


def _question(request: SignedIn, phone: Factor | None) -> Challenge | None:
    """Return the test that is out, if it went to the superuser's own number where there is one."""
    asked = Asking.of(request.session, Purpose.ACCOUNT).question(request.user)
    return asked if asked and (phone is None or asked.target == phone.target) else None


def _send(request: SignedIn, policy: AccountPolicy, phone: Factor | None) -> HttpResponse:
    number, form = phone.target if phone else "", _number_form(request)
    if phone is None and form.is_valid():
        number = form.cleaned_data["phone"]
    if not number:
        return _show(request, policy, phone, None, CodeForm(), number_form=form)
    asking = Asking(purpose=Purpose.ACCOUNT, nonce=challenges.new_nonce())
    try:
        challenge = challenges.issue(
            request.user,
            Target(channel=ChannelName.SMS, address=number),
            purpose=Purpose.ACCOUNT,
            nonce=asking.nonce,
            origin=origins.of(request),
        )
    except TooMany as refusal:
        return _show(request, policy, phone, None, CodeForm(), refusal=refusal)
    asking.challenge = str(challenge.pk)
    asking.save(request.session)
    return redirect(PAGE)


def _number_form(request: SignedIn) -> PhoneForm:
    typed = request.POST if "phone" in request.POST else None
    # The test goes out while texts rest, too: the new values may be what they need.
    policy = replace(request.user.mfa_policy, resting=frozenset())
    return PhoneForm(typed, policy=policy)


def _is_right(request: SignedIn, challenge: Challenge, form: CodeForm) -> bool:
    judgement = answers.judge(
        challenge,
        request.user,
        form.cleaned_data["code"],
        nonce=Asking.of(request.session, Purpose.ACCOUNT).nonce,
        origin=origins.of(request, request.user),
    )
    if judgement.answer is Answer.RIGHT:
        return True
    form.refuse(judgement, challenge)
    return False


def _by_factor(
    request: SignedIn, policy: AccountPolicy, challenge: Challenge | None
) -> HttpResponse:
    """Without a phone: the test must have arrived, and a factor must have answered just now."""
    if not _has_arrived(challenge):
        messages.warning(request, gettext("The test message has not been delivered yet."))
        return redirect(PAGE)
    proofs = fresh_proofs(request.session, timezone.now())
    if not any(aal >= STRONG and channel in proofs for channel, aal in AAL.items()):
        raise PermissionDenied
    return _done(request, policy, way="factor")


def _has_arrived(challenge: Challenge | None) -> bool:
    if challenge is None or challenge.voided_at is not None:
        return False
    return challenge.deliveries.filter(state=Delivery.State.DELIVERED).exists()


def _done(request: SignedIn, policy: AccountPolicy, *, way: str) -> HttpResponse:
    Asking.of(request.session, Purpose.ACCOUNT).drop(request.session)
    origin = origins.of(request)
    if sms_account.confirm(policy.candidate_since, by=request.user, origin=origin, way=way):
        messages.success(request, gettext("Texts now go out by the new values."))
    else:
        messages.warning(request, gettext("Somebody entered other values meanwhile. Test again."))
    return redirect(FORM)


def _show(
    request: SignedIn,
    policy: AccountPolicy,
    phone: Factor | None,
    challenge: Challenge | None,
    form: CodeForm,
    *,
    number_form: PhoneForm | None = None,
    refusal: TooMany | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **code_context(challenge),
        "title": gettext("Confirm the new SMS account"),
        "policy": policy,
        "phone": phone,
        "code_form": form,
        "number_form": number_form or PhoneForm(policy=request.user.mfa_policy),
        "delivery": challenge.deliveries.order_by("-pk").first() if challenge else None,
        "arrived": _has_arrived(challenge),
        "refused_until": refusal and refusal.until,
    }
    return refused(TemplateResponse(request, TEMPLATE, context), refusal)
