"""One-time passes: the helper's page, and the person's confirmation behind an emailed link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import pass_links, support
from accounts.people.links import Dead
from accounts.views import links
from accounts.views.support import for_support, opened
from mfa import passes, rescue
from mfa.client import client_of
from mfa.forms.rescues import HELPED_ENOUGH, MakePassForm
from mfa.limits.counters import TooMany
from mfa.login import typed
from mfa.login.guards import SignedIn, fresh
from mfa.login.typed import keeps
from mfa.views.pages import refused, show, uncompressed

PAGE = "accounts:support_pass"
NEW_ADDRESS = _(
    "The email address was changed in the last 7 days, so it can't confirm. "
    "Only an administrator can make a pass."
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
@fresh()
@keeps(MakePassForm)
@uncompressed
@sensitive_variables("code")
def support_pass(request: SignedIn, person_id: int) -> HttpResponse:
    """Ask the person to confirm, then make a pass and show it once. Never for staff."""
    person = opened(request, person_id)
    if not rescue.may_rescue(request.user, person):
        raise PermissionDenied
    if "ask" in request.POST:
        return _ask(request, person)
    form = MakePassForm(request.POST or None)
    code, refusal = None, None
    if form.is_valid():
        alone = support.may_vouch(request.user, person)
        client = client_of(request)
        try:
            code = support.make_pass(
                request.user, person, alone=alone, client=client, **form.cleaned_data
            )
        except TooMany as too_many:
            refusal = too_many
            form.add_error(None, HELPED_ENOUGH)
        else:
            if code is None:
                messages.warning(request, gettext("The person has not confirmed. Ask them again."))
                return redirect(PAGE, person.pk)
    typed.fill(request, form)
    return refused(_shown(request, person, form, code), refusal)


def _ask(request: SignedIn, person: User) -> HttpResponse:
    try:
        asked = support.ask_for_pass(request.user, person, client=client_of(request))
    except TooMany:
        messages.error(request, gettext("This person already got several of these emails."))
    else:
        if asked:
            messages.success(request, gettext("The email is on its way. It works for ten minutes."))
        else:
            messages.error(request, NEW_ADDRESS)
    return redirect(PAGE, person.pk)


def _shown(request: SignedIn, person: User, form: MakePassForm, code: str | None) -> HttpResponse:
    context = {
        "form": form,
        "person": person,
        "code": code,
        "confirmed": passes.confirmed_of(request.user, person),
        "waiting": passes.waiting_of(request.user, person),
        "may_vouch": support.may_vouch(request.user, person),
        "lately": passes.made_lately(person),
    }
    return show(request, "accounts/support_pass.html", context, user=request.user)


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_pass(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show who asks, and confirm by POST without a login: email scanners open links by GET."""
    asked = pass_links.opened_by(uid, token)
    if isinstance(asked, Dead):
        return links.because(request, links.PASS, asked)
    if request.method == "POST":
        if passes.confirm(asked, client=client_of(request)):
            return redirect("accounts:confirm_pass", uid, token)
        return links.because(request, links.PASS, Dead.EXPIRED)
    context = {"asked": asked, "helper": asked.helper}
    return show(request, "accounts/confirm_pass.html", context, user=asked.user)
