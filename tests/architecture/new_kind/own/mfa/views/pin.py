"""PINs: entering one, and choosing one as the first factor."""

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from mfa import login
from mfa.factors import pin as pins
from mfa.login.flow import Flow
from mfa.login.guards import on_step
from mfa.rules.methods import Method
from mfa.rules.steps import Step
from mfa.views.pages import out_of_order, show


class PinForm(forms.Form):
    """Four digits."""

    code = forms.RegexField("[0-9]{4}")


@on_step(Step.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def pin(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Take the PIN."""
    form = PinForm(request.POST or None)
    if form.is_valid():
        result = flow.verify(form.cleaned_data["code"])
        if result.leads_on:
            return login.advance(flow)
        form.add_error("code", "That is not your PIN.")
    return show(request, "mfa/pin.html", {"form": form, **out_of_order(flow)}, user=flow.user)


@on_step(Step.ENROLL, Step.OFFER)
@require_http_methods(["GET", "HEAD", "POST"])
def enroll_pin(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Choose a PIN, if the policy offers it."""
    if Method.PIN not in flow.user.mfa_policy.offered:
        return redirect(login.page_of(flow))
    form = PinForm(request.POST or None)
    if form.is_valid():
        digits = form.cleaned_data["code"]
        flow.bind(Method.PIN, partial(pins.add, flow.user, digits, client=flow.client))
        return login.advance(flow)
    return show(request, "mfa/pin.html", {"form": form}, user=flow.user)
