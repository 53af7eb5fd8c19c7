"""Staff always need MFA once it was enabled. Only a command on the server can release them."""

from django.db import transaction
from django.utils import timezone

from mfa.messages import changes
from mfa.messages.changes import Change
from mfa.models import SitePolicy


def release(reason: str) -> bool:
    """Let flag and pilot group apply to staff as to everyone. Return False if they already do."""
    with transaction.atomic():
        SitePolicy.load()
        bound = SitePolicy.objects.filter(staff_released_at=None)
        if not bound.update(staff_released_at=timezone.now()):
            return False
        changes.tell(Change.STAFF_RELEASED, by=None, reason=reason)
    return True


def bind(reason: str) -> bool:
    """Require MFA for staff again, whatever flag and pilot group say. Return False if it is."""
    with transaction.atomic():
        released = SitePolicy.objects.exclude(staff_released_at=None)
        if not released.update(staff_released_at=None):
            return False
        changes.tell(Change.STAFF_BOUND, by=None, reason=reason)
    return True
