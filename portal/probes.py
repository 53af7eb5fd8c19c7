"""What machines ask: is this process alive, is the portal ready, what has it counted."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from mfa import origin as origins
from portal import metrics as counted, readiness

PLAIN = "text/plain; charset=utf-8"
# Who sends these is no scraper on this machine, but behind a proxy on it.
FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host")


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is asked, so a lost database restarts nobody."""
    return HttpResponse("alive\n", content_type=PLAIN)


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say part by part whether the portal can serve; 503 while one cannot."""
    parts = list(readiness.parts())
    lines = [f"{part.name}: {part.fault or 'ok'}\n" for part in parts]
    status = 503 if any(part.fault for part in parts) else 200
    return HttpResponse("".join(lines), content_type=PLAIN, status=status)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus's text format, to whoever shows METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponse("Show METRICS_TOKEN as a bearer token.\n", PLAIN, status=403)
    return HttpResponse(counted.text(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """With a token only who shows it; without one only the machine itself, past no proxy."""
    if token := settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return constant_time_compare(shown, f"Bearer {token}")
    if any(name in request.headers for name in FORWARDING):
        return False
    address = origins.of(request).address
    return bool(address) and ip_address(address).is_loopback
