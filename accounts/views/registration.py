"""The pages to register: the form, and the emailed code."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms.registration import RegistrationForm
from accounts.models import Organization, Registration, User
from accounts.people import registration
from accounts.people.registration import NoAccount, Pending
from mfa import channels, login as second_step
from mfa.challenges import Result
from mfa.client import client_of
from mfa.forms.codes import CodeForm
from mfa.limits.counters import TooMany
from mfa.login import PREFILL
from mfa.models import SitePolicy
from mfa.rules.methods import ChannelName
from mfa.sessions import devices
from mfa.views.pages import code_context, refused


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Take the form for an account of the site.

    The answer is the same whether or not the email has an account (RG-02).
    """
    return _form_page(request, "accounts/register.html", None)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register_at(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the form for a member of an organization, with the same answers.

    The address still works when the organization gets another short name (org7).
    """
    rows = Organization.objects.select_related("own", "parent__for_clients")
    place = rows.filter(slug=slug).first() or get_object_or_404(rows, former_slugs__slug=slug)
    return _form_page(request, "accounts/register_at.html", place)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register_code(request: HttpRequest) -> HttpResponse:
    """Verify the emailed code, or send it again, in the browser that registered (reg1)."""
    if request.user.is_authenticated:
        return redirect("home")
    pending = Pending.load(request.session)
    row = pending.row if pending else None
    if pending is None or row is None:
        return redirect("accounts:login")
    form, refusal, closed = CodeForm(), None, None
    if "code" in request.POST:
        form = CodeForm(request.POST)
        answer = _prove(request, form, pending, row) if form.is_valid() else None
        if isinstance(answer, User):
            return _lead_on(request, answer, row)
        closed = answer
    elif request.method == "POST":
        try:
            registration.resend(pending, row, client=client_of(request))
            return redirect("accounts:register_code")
        except TooMany as too_many:
            refusal = too_many
    context = {
        "form": form,
        "closed": closed,
        "email": row.email,
        "organization": row.organization,
        "here": reverse("accounts:register_code"),
        "contact": registration.policy_for(row.organization).contact,
        "refused_until": refusal.until if refusal else None,
        **code_context(row.challenge),
    }
    return refused(render(request, "accounts/register_code.html", context), refusal)


def _form_page(request: HttpRequest, page: str, place: Organization | None) -> HttpResponse:
    """Show the form, or continue. A closed registration looks like no such organization."""
    if not registration.is_open(place):
        raise Http404
    if request.user.is_authenticated:
        return redirect("home")
    policy = registration.policy_for(place)
    sent = request.POST if request.method == "POST" else None
    form = RegistrationForm(sent, policy=policy, names=SitePolicy.brand().login_with)
    if form.is_valid() and (fault := _fault(request)):
        form.add_error(None, fault)
    refusal = _begin(request, form, place) if form.is_valid() else None
    if form.is_valid() and refusal is None:
        return redirect("accounts:register_code")
    context = {
        "form": form,
        "repaired": form.repaired,
        "organization": place,
        "contact": policy.contact,
        "refused_until": refusal.until if refusal else None,
    }
    return refused(render(request, page, context), refusal)


def _begin(
    request: HttpRequest, form: RegistrationForm, place: Organization | None
) -> TooMany | None:
    """Store the form and email the code. Return the refusal over a limit."""
    row, password = form.as_row(), form.cleaned_data["password"]
    row.organization, row.language = place, get_language() or settings.LANGUAGE_CODE
    try:
        registration.begin(request.session, row, password, client=client_of(request))
    except TooMany as refusal:
        return refusal
    return None


def _prove(
    request: HttpRequest, form: CodeForm, pending: Pending, row: Registration
) -> User | NoAccount | None:
    """Verify the code. Return None if the page shows what is wrong with it."""
    typed, client = form.cleaned_data["code"], client_of(request)
    answer = registration.prove(pending, row, typed, client=client)
    if isinstance(answer, Result):
        form.refuse(answer, row.challenge)
        return None
    if isinstance(answer, NoAccount):
        request.session.flush()
    return answer


def _fault(request: HttpRequest) -> str:
    """Return why nobody, or not this visitor, can register now; "" if nothing is wrong."""
    health = SitePolicy.load().health
    if not channels.available(ChannelName.EMAIL) or health.mail_failed:
        return gettext("We can't send emails right now. Try again later.")
    if not settings.REGISTRATION_CHECK:
        return ""
    check: Callable[[HttpRequest], bool] = import_string(settings.REGISTRATION_CHECK)
    return "" if check(request) else gettext("We couldn't accept this registration. Try again.")


def _lead_on(request: HttpRequest, person: User, wanted: Registration) -> HttpResponse:
    """Lead on to the setup of the second step, or to the login if none is due (RV-03)."""
    response = second_step.begin_invited(request, person)
    if response is None:
        request.session.flush()
        request.session[PREFILL] = person.login_name
        response = redirect(f"{reverse('accounts:login')}?notice=registered")
    if wanted.username and not person.username:
        words = gettext("The username %s is not available. Log in with your email.")
        messages.warning(request, words % wanted.username)
    if wanted.organization and person.home is None:
        words = gettext("%s no longer takes registrations. You have an account without it.")
        messages.warning(request, words % wanted.organization)
    # Recognize the device, so that failures of others cannot prevent the owner's login (LG-02).
    devices.remember(request, response, person)
    return response
