"""Endpoints for machines: liveness, readiness and metrics."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mfa.client import client_of

PLAIN = "text/plain; charset=utf-8"
# Headers that a proxy adds. A local scraper does not send them.
FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host")


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that this process is alive.

    It does not test the database, so an outage causes no restart.
    """
    return HttpResponse("alive\n", content_type=PLAIN)


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Report for each part whether it works. The status is 503 if one does not."""
    # Imported here because it needs the Redis client (60 modules, 7 MB), which many portals do not.
    from portal import readiness

    parts = list(readiness.parts())
    lines = [f"{part.name}: {part.fault or 'ok'}\n" for part in parts]
    status = 503 if any(part.fault for part in parts) else 200
    return HttpResponse("".join(lines), content_type=PLAIN, status=status)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics for a client with METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponse("Show METRICS_TOKEN as a bearer token.\n", PLAIN, status=403)
    from portal import metrics as counted

    return HttpResponse(counted.text(), content_type=counted.CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    """Require the token if it is set. Otherwise allow only this machine, without a proxy."""
    if token := settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return constant_time_compare(shown, f"Bearer {token}")
    if any(name in request.headers for name in FORWARDING):
        return False
    address = client_of(request).address
    return bool(address) and ip_address(address).is_loopback
