"""Effects of permission changes in the admin."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from mfa import pauses
from mfa.client import client_of
from mfa.login.guards import person


def end_pauses(request: HttpRequest, people: QuerySet[User]) -> None:
    """End the pauses of people who now have permissions (K19)."""
    for one in people.filter(pauses__until__gt=timezone.now()).distinct():
        if one.has_powers:
            pauses.end_running(one, by=person(request), client=client_of(request))
