"""`manage.py createsuperuser`: Django's own, with an email to all administrators (S05)."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db import transaction

from accounts.models import User
from mfa.messages import changes
from mfa.messages.changes import Change

POWERS = ["is_staff", "is_superuser"]


class Command(createsuperuser.Command):
    """Creates a superuser, and notifies administrators."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Notify in the transaction that creates the account."""
        with transaction.atomic():
            before = set(_superusers())
            super().handle(*args, **options)
            for user in User.objects.filter(is_superuser=True).exclude(pk__in=before):
                changes.tell(Change.POWERS, by=None, about=user, given=POWERS)


def _superusers() -> list[int]:
    return list(User.objects.filter(is_superuser=True).values_list("pk", flat=True))
