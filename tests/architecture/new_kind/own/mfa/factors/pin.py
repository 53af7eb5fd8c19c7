"""PINs: four digits that a person chose. An example kind for its test."""

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from mfa import challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.kind import Asked, Kind, Words
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor
from mfa.rules.methods import Method


def add(user: AbstractMfaUser, digits: str, *, client: Client) -> Result:
    """Add a PIN. EXPIRED if another session changed the person first."""
    with transaction.atomic():
        if not rebind(user):
            return Result(Outcome.EXPIRED)
        Factor.objects.create(
            user_id=user.pk, kind=Factor.Kind.PIN, secret=digits, confirmed_at=timezone.now()
        )
        notices.tell(Event.PIN_SET, user, client=client)
    return Result(Outcome.RIGHT)


def verify(
    user: AbstractMfaUser, factor: Factor | None, typed: str, *, client: Client, asked: Asked
) -> Result:
    """Verify four digits."""
    with transaction.atomic():
        challenges.hold(user, client)
        mine = Factor.objects.usable().filter(pk=factor and factor.pk)
        held = mine.first()
        if held is None or not held.readable:
            return Result(Outcome.EXPIRED)
        if constant_time_compare(held.secret, typed):
            challenges.forgive(
                user, held.pk, client=client, own=asked.own, channel=KIND.way.channel
            )
            return Result(Outcome.RIGHT)
        left = challenges.blame(user, mine, client=client)
    return Result(Outcome.WRONG if left else Outcome.LOCKED, left)


KIND = Kind(
    method=Method.PIN,
    verify=verify,
    page="mfa:pin",
    enroll="mfa:enroll_pin",
    words=Words(
        label=_("PIN"),
        asked=_("a PIN"),
        ready=_("Can use a PIN."),
        by=_("by PIN"),
        choose=_("Your PIN"),
        out_of_order=_("PINs are not available right now."),
        enroll=_("PIN"),
        about=_("Four digits that you choose."),
        enrolled=_("Your PIN is set"),
        from_now_on=_("From now on we ask your PIN each time you log in."),
    ),
)
