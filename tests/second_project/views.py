"""Its own account pages. mfa asks for the second step between them."""

from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from mfa import login
from mfa.login.guards import fresh


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Verify the password with Django, then start the second step."""
    email, password = request.POST.get("email"), request.POST.get("password")
    if user := authenticate(request, username=email, password=password):
        return login.begin(request, user, request.POST.get("next", ""))
    return render(request, "registration/sign_in.html")


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the second step again."""
    flow = login.step_up(request, request.user, request.GET.get("next", ""))
    if request.method == "POST":
        return login.confirm(flow)
    return render(request, "registration/confirm.html")


def desk(request: HttpRequest) -> HttpResponse:
    """A page that needs a login."""
    return render(request, "desk.html")


@fresh()
def salary(request: HttpRequest) -> HttpResponse:
    """A page that needs a second factor of the last ten minutes."""
    return render(request, "desk.html")
