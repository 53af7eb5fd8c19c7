"""The page behind the link of an invitation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.forms.passwords import NewPasswordForm
from accounts.models import Invitation, User
from accounts.organizations import joining
from accounts.organizations.invitation_links import Closed, opened_by
from accounts.organizations.joining import Acceptance
from mfa import login as second_step
from mfa.client import client_of
from mfa.login.guards import confirm_first, is_fresh
from mfa.rules.fold import EmptyPolicyError
from mfa.rules.masking import masked_email
from mfa.sessions import devices

PAGE = "accounts/invitation.html"


@login_not_required
@never_cache
@sensitive_variables("token")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show an invitation, and accept it only by POST, because email scanners open links (inv3)."""
    found, actor = opened_by(uid, token), _person(request)
    if isinstance(found, Closed):
        status = 200 if found is Closed.ACCEPTED else 410
        return render(request, PAGE, {"closed": found}, status=status)
    way = joining.way_of(actor, found.email)
    form = _form(request, found) if way is Acceptance.SET_PASSWORD else None
    context = {"invitation": found, "way": way, "form": form, "masked": masked_email(found.email)}
    if request.method != "POST" or way not in joining.OPEN or (form and not form.is_valid()):
        return render(request, PAGE, context)
    if way is Acceptance.CONFIRM and actor and not is_fresh(request, actor):
        return confirm_first(request, actor)
    password, client = form.new if form else "", client_of(request)
    try:
        person = joining.accept(actor, uid, token, password=password, client=client)
    except EmptyPolicyError as error:
        return render(request, PAGE, {**context, "conflict": error.levels}, status=409)
    return _lead_on(request, person, found, way)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _form(request: HttpRequest, found: Invitation) -> NewPasswordForm:
    owner = User(email=found.email, full_name=found.full_name)
    return NewPasswordForm(owner, request.POST or None)


def _lead_on(
    request: HttpRequest, person: User | None, found: Invitation, way: Acceptance
) -> HttpResponse:
    """Lead a new person to the setup of the second step, and all others to what the page says."""
    if person is None:
        words = gettext("This account can't accept it. An administrator can add it to %s.")
        messages.warning(request, words % found.organization)
    if person is None or way is not Acceptance.SET_PASSWORD:
        return redirect(request.path)
    response = second_step.begin_invited(request, person) or redirect(request.path)
    # Recognize the device, so that failures of others cannot prevent the owner's login (LG-02).
    devices.remember(request, response, person)
    return response
