"""Staff stay bound to MFA from the day it was enabled; only the machine itself releases them."""

from django.db import transaction
from django.utils import timezone

from mfa import changes
from mfa.changes import Change
from mfa.models import AccountPolicy


def release(reason: str) -> bool:
    """Let staff follow the flag and the pilot group like everybody; False if they do already."""
    with transaction.atomic():
        AccountPolicy.load()
        bound = AccountPolicy.objects.filter(staff_released_at=None)
        if not bound.update(staff_released_at=timezone.now()):
            return False
        changes.tell(Change.STAFF_RELEASED, by=None, reason=reason)
    return True


def bind(reason: str) -> bool:
    """Bind staff again, whatever the flag and the pilot group say; False if they are."""
    with transaction.atomic():
        released = AccountPolicy.objects.exclude(staff_released_at=None)
        if not released.update(staff_released_at=None):
            return False
        changes.tell(Change.STAFF_BOUND, by=None, reason=reason)
    return True
