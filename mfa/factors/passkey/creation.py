"""New passkeys: verified and stored."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.address import origin, site
from mfa.factors.binding import rebind
from mfa.factors.passkey.challenges import AUTOMATIC, spend
from mfa.factors.passkey.providers import provider_of
from mfa.factors.passkey.refusals import counted
from mfa.factors.phone import numbers_of
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event, Factor
from mfa.models.factors import NAME_LENGTH
from mfa.models.passkeys import Passkey
from mfa.rules import passkeys
from mfa.rules.passkeys import Check, Creation, Expected, Refused
from mfa.rules.routes import Purpose


def read_new(
    user: AbstractMfaUser, typed: str, *, nonce: str, client: Client, automatic: bool = False
) -> Creation:
    """Verify a new passkey, which is not stored yet. Raises Refused and TooMany.

    `automatic`: the browser made it without being asked, so nobody may have touched anything.
    """
    purpose = AUTOMATIC if automatic else Purpose.ENROLL
    with counted(client):
        creation = passkeys.read_creation(typed)
        expected = Expected(
            challenge=spend(passkeys.challenge_in(creation), nonce, purpose, user),
            site=site(),
            origin=origin(),
            present=not automatic,
        )
        passkeys.verify_creation(creation, expected)
        if Passkey.objects.filter(credential_id=creation.credential_id).exists():
            raise Refused(Check.UNIQUE)
    return creation


def add(user: AbstractMfaUser, new: Creation, *, name: str, client: Client) -> Result:
    """Store a verified new passkey.

    The outcome is EXPIRED if another session changed the factors. Raises Refused if another request
    stored the same passkey.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            if not rebind(user):
                return Result(Outcome.EXPIRED)
            factor = Factor.objects.create(
                user_id=user.pk,
                kind=Factor.Kind.PASSKEY,
                name=name or provider_of(new.provider)[:NAME_LENGTH],
                confirmed_at=now,
                address=client.address or None,
                browser=client.browser,
            )
            Passkey.objects.create(
                factor=factor,
                credential_id=new.credential_id,
                public_key=new.public_key,
                sign_count=new.data.sign_count,
                backup_eligible=new.data.flags.be,
                backed_up=new.data.flags.bs,
                transports=new.transports,
                provider=new.provider,
            )
            numbers = numbers_of(user)
            notices.tell(
                Event.PASSKEY_ADDED, user, client=client, numbers=numbers, factor=factor.pk
            )
    except IntegrityError as error:
        raise Refused(Check.UNIQUE) from error
    return Result(Outcome.RIGHT)
