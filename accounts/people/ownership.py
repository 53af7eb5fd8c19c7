"""Whose account it is: what the proof of an email address gives to the owner (RG-04).

Registration and invitations share it: both end with an emailed code or link.
"""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils import timezone

from accounts.models.registrations import Registration
from mfa.models import Factor, Session

if TYPE_CHECKING:
    from accounts.models.users import User


def is_unclaimed(person: "User") -> bool:
    """Whether the account is not its owner's yet: no one has proven its address or used it.

    An account that an organization or an administrator looks after is never taken over by a link.
    A registered one is always proven: the database has no other.
    """
    if person.mailbox_proven_at or person.home_id or person.has_powers:
        return False
    return person.last_login is None and person.ever_bound_at is None


def claim(email: str, person: "User | None", *, full_name: str, password: str) -> "User":
    """Return the account of the owner, who has just proven the address, with this hash.

    Everything that a stranger set before is gone, in an unclaimed account and in registrations of
    the address. Call it with the person's row locked. Raises IntegrityError if an account with this
    address was made in this moment.
    """
    Registration.objects.filter(email=email).delete()
    if person is None:
        person = get_user_model()(email=email)
    else:
        _clear(person)
    person.password, person.full_name = password, full_name
    person.mailbox_proven_at = timezone.now()
    person.save()
    return person


def _clear(person: "User") -> None:
    person.username, person.new_email = None, ""
    person.reset_at = person.skipped_at = None
    person.skips = 0
    person.password_expired, person.password_imported_at = False, None
    person.session_epoch += 1
    person.device_epoch += 1
    Factor.objects.filter(user_id=person.pk).end()
    Session.objects.filter(user_id=person.pk).delete()
