"""Password reset: an emailed link and a code open the form for a new password, never a login."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from mfa.login import flow as flows
from mfa.login.enter import counts_on, start_over
from mfa.login.flow import Flow
from mfa.login.redirects import account_page
from mfa.session_engine import ABOUT


def opened_reset(request: HttpRequest) -> Flow | None:
    """Return the reset whose form for a new password is open."""
    flow = flows.resume(request)
    return flow if flow and flow.pending.may_save(flow.user, flow.now) else None


def open_form(flow: Flow) -> HttpResponseRedirect:
    """Open the form for a new password, once. Going back does not extend its ten minutes."""
    if (counted := counts_on(flow)) is None:
        return start_over(flow)
    if not flow.pending.opened:
        session = flow.request.session
        session[ABOUT] = {**session[ABOUT], **counted}
        flow.pending.opened = flow.now.timestamp()
        flow.save()
        session.cycle_key()
    return redirect(account_page("new_password"))
