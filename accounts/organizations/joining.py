"""Accepting an invitation: who may, and what it changes (RG-04, inv1-inv5)."""

from enum import StrEnum

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.organizations import members
from accounts.organizations.invitation_links import opened_by
from accounts.people import ownership
from mfa import audit, factors
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.models import Event, Factor


class Acceptance(StrEnum):
    """How the owner of the address accepts."""

    # No account, or one whose email address was never proven: set a password
    SET_PASSWORD = "set_password"  # noqa: S105 a name
    # An account that belongs to no organization now, so it cannot log in before
    JOIN = "join"
    # An account whose owner is not logged in
    LOG_IN = "log_in"
    # Its owner is logged in, and needs a fresh proof
    CONFIRM = "confirm"
    # Someone else is logged in (inv1)
    OTHER = "other"


# The ways with a button
OPEN = {Acceptance.SET_PASSWORD, Acceptance.JOIN, Acceptance.CONFIRM}


def way_of(actor: User | None, email: str) -> Acceptance:
    """Return how a person, or an anonymous visitor, accepts an invitation of an address."""
    return _way(actor, User.objects.filter(email=email).first())


def accept(
    actor: User | None, uid: str, token: str, *, password: str = "", client: Client
) -> User | None:
    """Accept with a link: `actor` is the logged-in person, if any. Return the new member.

    None means that the page now shows something else: the link or the account has changed, another
    person is logged in, or staff was invited. The caller has checked the password's strength, and a
    fresh proof of a logged-in person. Raises EmptyPolicyError.
    """
    # The slow hash comes before the locks.
    encoded = make_password(password) if password else ""
    try:
        with transaction.atomic():
            invitation = opened_by(uid, token, lock=True)
            if not isinstance(invitation, Invitation):
                return None
            people = User.objects.select_for_update(no_key=True)
            person = people.filter(email=invitation.email).first()
            if person is not None and person.has_powers:
                _refuse_staff(person, invitation, client)
                return None
            way = _way(actor, person)
            if way not in OPEN or bool(password) != (way is Acceptance.SET_PASSWORD):
                return None
            if person is None or way is Acceptance.SET_PASSWORD:
                person = ownership.claim(
                    invitation.email, person, full_name=invitation.full_name, password=encoded
                )
            _join(person, invitation, client)
    except IntegrityError:
        # An account with this address was made in this moment.
        return None
    return person


def _way(actor: User | None, person: User | None) -> Acceptance:
    if actor is not None and actor != person:
        return Acceptance.OTHER
    if person is None or ownership.is_unclaimed(person):
        return Acceptance.SET_PASSWORD
    if actor is not None:
        return Acceptance.CONFIRM
    return Acceptance.JOIN if _is_homeless(person) else Acceptance.LOG_IN


def _is_homeless(person: User) -> bool:
    """Whether nothing but a membership is missing for a login."""
    now = timezone.now()
    ended = person.deleted_from is not None and person.deleted_from <= now
    usable = person.is_active and person.is_valid_at(now) and not ended
    return usable and not person.may_log_in


def _join(person: User, invitation: Invitation, client: Client) -> None:
    now = timezone.now()
    members.join(
        invitation.inviter, person, invitation.organization, role=invitation.role, client=client
    )
    User.objects.filter(pk=person.pk).update(mailbox_proven_at=now)
    if invitation.mobile and not Factor.objects.bound().filter(user_id=person.pk).exists():
        factors.propose_phone(person, invitation.mobile, client=client)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    person.refresh_from_db()


def _refuse_staff(person: User, invitation: Invitation, client: Client) -> None:
    """Record that staff was invited: only administrators change the memberships of staff (org8)."""
    if counters.is_first(limits.LATE_RECORDS.of(f"invitations:{person.pk}")):
        audit.record(
            Event.INVITATION_REFUSED,
            person,
            client=client,
            organization=invitation.organization_id,
            invitation=invitation.pk,
        )
