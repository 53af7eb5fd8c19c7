"""The one-time pass from support: it opens only the setup of a new way to log in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from mfa import login
from mfa.forms.recovery_codes import PassForm
from mfa.login.flow import Flow
from mfa.login.guards import on_step
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.views.pages import show

STEPS = (Step.ANSWER, Step.CHOOSE, Step.BLOCKED, Step.PROVE_MAILBOX)


def may_use_pass(flow: Flow) -> bool:
    """Whether a pass can open something here: after the password, or a link to set one."""
    return flow.purpose is not Purpose.STEP_UP and flow.step in STEPS


@on_step(*STEPS)
@require_http_methods(["GET", "HEAD", "POST"])
def one_time_pass(request: HttpRequest, flow: Flow) -> HttpResponse:
    """Verify the pass after the password, or after the link to set one. Raises TooMany."""
    if not may_use_pass(flow):
        return redirect("mfa:help")
    form = PassForm(request.POST or None)
    if form.is_valid():
        result = flow.use_pass(form.cleaned_data["code"])
        if result.leads_on:
            return login.advance(flow)
        form.refuse(result)
    context = {"form": form, "purpose": flow.purpose}
    return show(request, "mfa/one_time_pass.html", context, user=flow.user)
