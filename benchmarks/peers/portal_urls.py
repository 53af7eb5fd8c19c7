"""Our portal's pages, and a home page as small as the peers'."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.html import escape


def home(request: HttpRequest) -> HttpResponse:
    """Show who is logged in. The portal's middleware refuses everyone else."""
    return HttpResponse(f"<p>Logged in: {escape(request.user)}</p>")


urlpatterns = [path("small/", home, name="small_home"), path("", include("portal.urls"))]
