"""The pages of each peer, and the home page that they share."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.html import escape


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show who is logged in."""
    return HttpResponse(f"<p>Logged in: {escape(request.user)}</p>")


if settings.SITE == "plain":
    from django.contrib.auth.views import LoginView

    pages = path("login/", LoginView.as_view())
elif settings.SITE == "allauth":
    pages = path("accounts/", include("allauth.urls"))
else:
    from two_factor.urls import urlpatterns as two_factor

    pages = path("", include(two_factor))

urlpatterns = [pages, path("home/", home)]
