"""The enrollment report of an organization: a plot, its table, and the same numbers as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Organization
from accounts.organizations import bars, enrollment
from accounts.organizations.enrollment import STATES, Day
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest
from mfa import files


@require_safe
@for_manager
def enrollment_report(request: UserRequest, organization: Organization) -> HttpResponse:
    """Show who has set up a second step, for each of the last days."""
    days = _days(request, organization)
    context = {
        "organization": organization,
        "states": STATES,
        "days": days[::-1],
        "today": days[-1],
        "tallest": max(day.total for day in days),
        "bars": bars.bars_of(days),
        "size": (len(days) * bars.SLOT, bars.HEIGHT),
        "width": bars.WIDTH,
        "without_number": enrollment.without_number(request.user, organization),
    }
    return render(request, "accounts/enrollment_report.html", context)


@require_safe
@for_manager
def enrollment_file(request: UserRequest, organization: Organization) -> HttpResponse:
    """Send the numbers of the report as a file."""
    rows = enrollment.rows(organization, _days(request, organization))
    kind = files.wanted(request.GET)
    return files.download(f"enrollment-{organization.slug}", enrollment.columns(), rows, kind)


def _days(request: UserRequest, organization: Organization) -> list[Day]:
    zone, now = timezone.get_current_timezone(), timezone.now()
    return enrollment.days_of(request.user, organization, zone=zone, now=now)
