"""The page that closes one's own account."""

from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.organizations.managers import Manager
from accounts.organizations.members import LastManagerError
from accounts.people import closing as verbs
from accounts.views.requests import UserRequest
from mfa import closing
from mfa.client import client_of
from mfa.login.guards import fresh
from mfa.views.pages import show


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh(binding=True)
def close_account(request: UserRequest) -> HttpResponse:
    """Say what closing means, then close the account and log out."""
    user = request.user
    if not closing.may_close(user):
        raise Http404
    if request.method == "POST":
        try:
            verbs.close(user, client=client_of(request))
        except LastManagerError:
            return redirect("accounts:close_account")
        logout(request)
        return redirect(f"{reverse('accounts:login')}?notice=closed")
    context = {"last_in": Manager(user).last_in(), "days": closing.DAYS}
    return show(request, "accounts/close_account.html", context, user=user)
