"""Something in the activity that was not the person: what to do, and a button that does it."""

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import passwords
from accounts.views.details import SignedIn
from mfa import audit, factors, origin as origins
from mfa.views.pages import show


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: SignedIn, event_id: int) -> HttpResponse:
    """Explain an event; the button ends every session, this one too, and asks for a new password.

    Who has a second step gets back in by it, and a thief of the session or the password does not.
    Where there is none, the thief of a password could be first at the next login, so the password
    is changed right here.
    """
    event = get_object_or_404(audit.events_of(request.user), pk=event_id)
    held = factors.only_of(request.user) or len(factors.shown_of(request.user)) > 1
    guarded = bool(held) and request.user.mfa_policy.demanded
    if request.method == "POST" and not guarded:
        return redirect("accounts:password")
    if request.method == "POST":
        passwords.disown(request.user, event, origin=origins.of(request))
        logout(request)
        return redirect(f"{reverse('accounts:login')}?notice=secured")
    context = {"event": event, "guarded": guarded, "factors": factors.shown_of(request.user)}
    return show(request, "accounts/not_me.html", context, user=request.user)
