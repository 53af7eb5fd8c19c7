"""Further phones of a logged-in person, and the name and order of factors."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mfa import factors
from mfa.client import client_of
from mfa.forms.names import FactorNameForm
from mfa.forms.phones import PhoneForm
from mfa.limits.counters import TooMany
from mfa.login import flow as flows, typed
from mfa.login.guards import SignedIn, fresh
from mfa.login.typed import keeps
from mfa.models import Factor
from mfa.rules.methods import Method
from mfa.rules.routes import Purpose
from mfa.views.pages import show

HERE = "mfa:security"


@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@keeps(PhoneForm)
def add_phone(request: SignedIn) -> HttpResponse:
    """Ask for one more number and text a code to it. The other phones stay."""
    policy = request.user.mfa_policy
    if Method.PHONE not in policy.offered:
        raise Http404
    flow = flows.apart(request, request.user, Purpose.CHANGE)
    form = PhoneForm(request.POST or None, policy=policy)
    typed.fill(request, form)
    most = factors.MOST_PHONES if factors.are_enough(request.user) else 0
    refusal = None
    if form.is_valid() and form.cleaned_data["phone"] in {one.target for one in flow.phones}:
        form.add_error("phone", gettext("This is already your number."))
    if form.is_valid() and not most:
        try:
            flow.ask(form.cleaned_data["phone"], adds=True)
            return redirect("mfa:change_phone_verify")
        except TooMany as too_many:
            refusal = too_many
    becomes_first = bool(flow.phones) and not any(phone.preferred for phone in flow.phones)
    context = {"form": form, "repaired": form.repaired, "most": most}
    context["becomes_first"] = becomes_first
    return show(request, "mfa/add_phone.html", context, user=request.user, refusal=refusal)


@never_cache
@require_POST
@fresh(binding=True, back=HERE)
def prefer_phone(request: SignedIn, pk: int) -> HttpResponse:
    """Send the codes of logins to this phone or email before others of its kind."""
    factor = _factor(request, pk)
    if factor.kind not in request.user.mfa_policy.methods:
        raise PermissionDenied
    if not factor.target:
        raise Http404
    factors.prefer(request.user, factor, client=client_of(request))
    return _done("preferred")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
@keeps(FactorNameForm)
def rename_factor(request: SignedIn, pk: int) -> HttpResponse:
    """Name a phone, email or app, so that the person can tell several apart."""
    factor = _factor(request, pk)
    form = FactorNameForm(request.POST or None, initial={"name": factor.name})
    typed.fill(request, form)
    if form.is_valid():
        name = form.cleaned_data["name"]
        factors.rename(request.user, factor, name, client=client_of(request))
        return _done("renamed")
    context = {"form": form, "factor": factor}
    return show(request, "mfa/rename_factor.html", context, user=request.user)


def _factor(request: SignedIn, pk: int) -> Factor:
    return get_object_or_404(Factor.objects.usable(), user_id=request.user.pk, pk=pk)


def _done(what: str) -> HttpResponse:
    return redirect(f"{reverse(HERE)}?done={what}")
