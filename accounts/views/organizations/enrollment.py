"""The enrollment report of an organization: a plot, its table, and the same numbers as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.models import Organization
from accounts.organizations import bars, enrollment, sheets
from accounts.organizations.enrollment import STATES, Day
from accounts.views.organizations.guards import for_manager
from accounts.views.requests import UserRequest


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
    """Send the numbers of the report as CSV."""
    days = _days(request, organization)
    heads = [gettext("Organization"), gettext("Day"), *(state.words for state in STATES)]
    having = [gettext("Has: %s") % enrollment.name_of(method) for method in days[0].holders]
    rows = (
        [
            organization.name,
            each.day.isoformat(),
            *each.people.values(),
            *each.holders.values(),
            _finished(each),
        ]
        for each in days
    )
    text = sheets.sheet([[*heads, *having, gettext("Day is over")], *rows])
    name = f"enrollment-{organization.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _days(request: UserRequest, organization: Organization) -> list[Day]:
    zone, now = timezone.get_current_timezone(), timezone.now()
    return enrollment.days_of(request.user, organization, zone=zone, now=now)


def _finished(day: Day) -> str:
    return gettext("yes") if day.finished else gettext("no")
