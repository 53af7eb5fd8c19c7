"""The support pages: find a person, see why they cannot log in, and help."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import what_if
from accounts.forms.support import SearchForm
from accounts.models import User
from accounts.organizations.managers import unmanaged
from accounts.people.support import may_send_link, send_link
from mfa import audit, factors, pauses, recoveries, rescue
from mfa.client import client_of
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.login import diagnose, typed
from mfa.login.guards import SAFE, SignedIn, confirm_first, is_fresh, is_strong
from mfa.models import Event
from mfa.search import people as search
from mfa.sessions import revoke

PEOPLE_PER_PAGE = 25
View = Callable[..., HttpResponse]


def for_support(view: View) -> View:
    """Allow staff with the permission and a second step (AZ-03); a POST needs a fresh one (S21).

    A refused POST is recorded, also one that the view refuses.
    """

    @never_cache
    @wraps(view)
    def guarded(request: SignedIn, **kwargs: int) -> HttpResponse:
        user = request.user
        try:
            _demand_support(request)
            if request.method not in SAFE and not is_fresh(request, user):
                return confirm_first(request, user, form=typed.form_of(view))
            return view(request, **kwargs)
        except PermissionDenied:
            refusals = limits.LATE_RECORDS.of(f"support:{user.pk}")
            if request.method not in SAFE and counters.is_first(refusals):
                audit.record(Event.SUPPORT_REFUSED, user, client=client_of(request), **kwargs)
            raise

    return guarded


def _demand_support(request: SignedIn) -> None:
    user = request.user
    if not (user.is_staff and user.has_perm(rescue.RESCUE) and is_strong(request, user)):
        raise PermissionDenied


def opened(request: SignedIn, person_id: int) -> User:
    """Return the person of a page, and count its opening. Raises Http404, TooMany."""
    person = get_object_or_404(User, pk=person_id)
    rescue.note_opening(request.user, person, client=client_of(request))
    return person


@require_safe
@for_support
def support(request: SignedIn) -> HttpResponse:
    """Search for people. Without a term nobody is listed. Raises TooMany."""
    form = SearchForm(request.GET if "q" in request.GET else None)
    pages = None
    if form.is_valid():
        found = search.ids_of_people(request, form.cleaned_data["q"])
        people = User.objects.filter(pk__in=found).order_by("email")
        pages = Paginator(people, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/support.html", {"form": form, "pages": pages})


@require_safe
@for_support
def support_organizations(request: SignedIn) -> HttpResponse:
    """List the organizations without a manager who can log in (org3)."""
    found = unmanaged(timezone.now()).select_related("parent").order_by("name", "pk")
    pages = Paginator(found, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/support_organizations.html", {"pages": pages})


@require_http_methods(["GET", "HEAD", "POST"])
@for_support
def support_person(request: SignedIn, person_id: int) -> HttpResponse:
    """Show why a person can or cannot log in, and do what support may do about it."""
    person = opened(request, person_id)
    if request.method == "POST":
        _act(request, person)
        return redirect("accounts:support_person", person.pk)
    context = {
        "person": person,
        "verdict": diagnose.of(person),
        "factors": factors.shown_of(person),
        "phone": factors.phone_of(person),
        "pause": pauses.running_of(person),
        "recovery": recoveries.open_of(person),
        "locked_until": rescue.locked_until(person),
        "email_rests": person.mailbox_rests(timezone.now()),
        "sessions": revoke.sessions_of(person),
        "may": {
            "rescue": rescue.may_rescue(request.user, person),
            "pause": rescue.may_rescue(request.user, person, rescue.PAUSE),
            "number": rescue.may_rescue(request.user, person, rescue.NUMBER),
            "link": may_send_link(request.user, person),
        },
    }
    return render(request, "accounts/support_person.html", context)


@require_safe
@for_support
def support_what_if(request: SignedIn, person_id: int) -> HttpResponse:
    """Show which level of the policy decides what for a person, and what the next login asks."""
    person = opened(request, person_id)
    context = {"person": person, "found": what_if.of(person)}
    return render(request, "accounts/support_what_if.html", context)


def _act(request: SignedIn, person: User) -> None:
    match request.POST.get("action"):
        case "link":
            _send_link(request, person)
        case "unlock":
            if rescue.unlock(request.user, person, client=client_of(request)):
                messages.success(request, gettext("The lockout has ended."))
            else:
                messages.info(request, gettext("There is no lockout now."))
        case "end_pause":
            if rescue.end_pause(request.user, person, client=client_of(request)):
                messages.success(request, gettext("The pause has ended."))
            else:
                messages.info(request, gettext("There is no pause now."))
        case _:
            raise BadRequest


def _send_link(request: SignedIn, person: User) -> None:
    try:
        sent = send_link(request.user, person, client=client_of(request))
    except TooMany:
        messages.error(
            request,
            gettext("This person already got several links in the last hour. Try again later."),
        )
        return
    if sent:
        messages.success(request, gettext("The link is on its way."))
    else:
        messages.error(request, gettext("No link was sent. No mail server is set up."))
