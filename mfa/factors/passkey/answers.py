"""Answers by passkeys: verified, and recorded once they count."""

from django.db import transaction
from django.db.models import BinaryField, BooleanField, Q

from mfa import audit, challenges, prepared
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.address import origin, site
from mfa.factors.kind import Asked
from mfa.factors.passkey.challenges import spend
from mfa.factors.passkey.refusals import counted, report
from mfa.models import AbstractMfaUser, Event, Factor
from mfa.models.factors import USABLE
from mfa.models.passkeys import Passkey
from mfa.rules import passkeys
from mfa.rules.methods import ChannelName
from mfa.rules.passkeys import Assertion, Check, ExpectedAnswer, Refused, Stored
from mfa.rules.routes import Purpose

_FOUND = prepared.Query(
    lambda: Passkey.objects.filter(
        credential_id=prepared.Slot("identity", BinaryField()), factor__status__in=USABLE
    ).select_related("factor__user__passkey_handle")
)
# One statement, so that parallel answers cannot use a counter twice. Synced passkeys send only 0.
_COUNT = prepared.Update(
    lambda: Passkey.objects.filter(
        Q(sign_count__lt=prepared.number("count")) | Q(sign_count=0),
        pk=prepared.number("key"),
        factor__in=Factor.objects.usable(),
    ),
    sign_count=prepared.number("count"),
    backed_up=prepared.Slot("backed_up", BooleanField()),
)


def judge(
    user: AbstractMfaUser,
    typed: str,
    *,
    nonce: str,
    purpose: Purpose,
    client: Client,
    own: int = 0,
) -> Result:
    """Verify an answer by one of the person's passkeys. Raises Refused and TooMany.

    Refusals count against the client's network and not against the person: nobody guesses keys.
    """
    with counted(client):
        passkey, assertion = _answered(typed, nonce, purpose, user, client)
    with transaction.atomic():
        challenges.hold(user, client)
        _use(passkey, assertion, user, client, own)
    return Result(Outcome.RIGHT)


def identify(typed: str, *, nonce: str, client: Client) -> tuple[Passkey, Assertion]:
    """Verify an answer that says itself who the person is (X18). Raises Refused and TooMany.

    `use` must follow, once it is clear that this person may log in with a passkey.
    """
    with counted(client):
        return _answered(typed, nonce, Purpose.LOGIN, None, client)


def use(passkey: Passkey, assertion: Assertion, *, client: Client) -> None:
    """Record the use of a passkey that said who the person is. Raises Refused."""
    with transaction.atomic():
        _use(passkey, assertion, passkey.factor.user, client, 0)


def verify(
    user: AbstractMfaUser,
    factor: Factor | None,  # noqa: ARG001 any of the person's passkeys may answer
    typed: str,
    *,
    client: Client,
    asked: Asked,
) -> Result:
    """Verify an answer. Raises Refused and TooMany."""
    return judge(
        user, typed, nonce=asked.nonce, purpose=asked.purpose, client=client, own=asked.own
    )


def _answered(
    typed: str,
    nonce: str,
    purpose: Purpose,
    owner: AbstractMfaUser | None,
    client: Client,
) -> tuple[Passkey, Assertion]:
    assertion = passkeys.read_assertion(typed)
    challenge = spend(passkeys.challenge_in(assertion), nonce, purpose, owner)
    passkey = _FOUND.first(identity=assertion.credential.raw_id)
    if passkey is None:
        raise Refused(_why_missing(assertion.credential.raw_id) if challenge else Check.CHALLENGE)
    expected = ExpectedAnswer(
        challenge=challenge,
        site=site(),
        origin=origin(),
        verified=owner is None,
        owner=owner.pk if owner else None,
        stored=_stored(passkey),
    )
    try:
        passkeys.verify_assertion(assertion, expected)
    except Refused as refusal:
        report(passkey, refusal.check, owner or passkey.factor.user, client)
        raise
    return passkey, assertion


def _why_missing(credential_id: bytes) -> Check:
    """Return KNOWN only if no account has the passkey, in use or suspended (key10)."""
    held = Factor.objects.not_revoked().filter(passkey__credential_id=credential_id)
    return Check.ALLOWED if held.exists() else Check.KNOWN


def _stored(passkey: Passkey) -> Stored:
    return Stored(
        owner=passkey.factor.user_id,
        handle=bytes(passkey.factor.user.passkey_handle.value),
        credential_id=bytes(passkey.credential_id),
        public_key=bytes(passkey.public_key),
        sign_count=passkey.sign_count,
        backup_eligible=passkey.backup_eligible,
    )


def _use(
    passkey: Passkey, assertion: Assertion, user: AbstractMfaUser, client: Client, own: int
) -> None:
    data = assertion.data
    if not _COUNT(key=passkey.pk, count=data.sign_count, backed_up=data.flags.bs):
        raise Refused(Check.COUNTER)
    channel = ChannelName.PASSKEY
    challenges.clear(user, passkey.pk, client=client, channel=channel, own=own)
    audit.record(Event.PASSKEY_RIGHT, user, client=client, channel=channel)
