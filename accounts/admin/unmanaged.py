"""The warning after an account was closed or deleted that was the last manager's (org3)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Membership, Organization
from accounts.organizations.managers import unmanaged


@contextmanager
def warning_of_unmanaged(request: HttpRequest, held: QuerySet[Membership]) -> Iterator[None]:
    """Warn after a POST of this block took an organization's last manager."""
    places = _managed(held) if request.method == "POST" else []
    yield
    _warn(request, places)


def warn_of_unmanaged(request: HttpRequest, held: QuerySet[Membership]) -> None:
    """Warn if organizations of these managers have no active manager now."""
    _warn(request, _managed(held))


def _managed(held: QuerySet[Membership]) -> list[int]:
    rows = held.filter(role=Membership.Role.MANAGER, ended_at=None)
    return list(rows.values_list("organization", flat=True))


def _warn(request: HttpRequest, places: list[int]) -> None:
    left = (
        unmanaged(timezone.now()).filter(pk__in=places) if places else Organization.objects.none()
    )
    for organization in left:
        words = gettext("%s has no active manager now. Make someone a manager.")
        messages.warning(request, words % organization)
