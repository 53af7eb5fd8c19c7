"""Passkeys and security keys: challenges, new passkeys, and verification of answers."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa import audit, challenges
from mfa.challenges import Outcome, Result
from mfa.client import Client
from mfa.factors.binding import rebind
from mfa.factors.kind import Asked, Kind, Words
from mfa.factors.phone import numbers_of
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.messages import notices
from mfa.models import (
    AbstractMfaUser,
    Event,
    Factor,
    Passkey,
    PasskeyChallenge,
    PasskeyHandle,
    SitePolicy,
)
from mfa.models.factors import NAME_LENGTH, USABLE
from mfa.rules import passkeys
from mfa.rules.codes import browser_of
from mfa.rules.methods import ChannelName, Method
from mfa.rules.passkeys import (
    CHALLENGE_BYTES,
    TIMEOUT,
    Assertion,
    Check,
    Creation,
    Expected,
    ExpectedAnswer,
    Known,
    Refused,
    Stored,
)
from mfa.rules.routes import Purpose

# Phones, computers and two security keys. More are likely forgotten.
MOST_PASSKEYS = 10
HANDLE_BYTES = 64
LIFE = timedelta(milliseconds=TIMEOUT)
PROVIDERS = Path(__file__).with_name("passkey_providers.json")


def origin() -> str:
    """Return the address where passkeys work.

    Browsers refuse them at IP addresses. On this machine the name localhost works.
    """
    return _named(settings.BASE_URL)


@cache
def _named(address: str) -> str:
    url = urlsplit(address)
    try:
        local = ip_address(url.hostname or "").is_loopback
    except ValueError:
        local = False
    if not local:
        return address
    return f"{url.scheme}://localhost" + (f":{url.port}" if url.port else "")


def site() -> str:
    """Return the host name that passkeys belong to, their RP ID."""
    return urlsplit(origin()).hostname or ""


def are_enough(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of passkeys."""
    return len(_known_of(user)) >= MOST_PASSKEYS


def options_to_add(user: AbstractMfaUser, *, nonce: str, client: Client) -> dict[str, Any]:
    """Return a browser's options for a new passkey. Raises TooMany."""
    handle, _new = PasskeyHandle.objects.get_or_create(
        user_id=user.pk, defaults={"value": secrets.token_bytes(HANDLE_BYTES)}
    )
    return passkeys.creation_options(
        _challenge(nonce, Purpose.ENROLL, user, client),
        site=site(),
        portal=SitePolicy.brand().name,
        person=(bytes(handle.value), user.login_name),
        known=_known_of(user),
    )


def options_to_answer(
    user: AbstractMfaUser, *, nonce: str, purpose: Purpose, client: Client
) -> dict[str, Any]:
    """Return a browser's options to ask this person's passkeys. Raises TooMany."""
    challenge = _challenge(nonce, purpose, user, client)
    return passkeys.request_options(challenge, site=site(), known=_known_of(user))


def options_to_log_in(*, nonce: str, client: Client) -> dict[str, Any]:
    """Return a browser's options to log in with a passkey alone. Raises TooMany.

    They are the same for everyone: nobody has said who they are.
    """
    challenge = _challenge(nonce, Purpose.LOGIN, None, client)
    return passkeys.request_options(challenge, site=site(), verified=True)


def read_new(user: AbstractMfaUser, typed: str, *, nonce: str, client: Client) -> Creation:
    """Verify a new passkey, which is not stored yet. Raises Refused and TooMany."""
    with _counted(client):
        creation = passkeys.read_creation(typed)
        expected = Expected(
            challenge=_spent(passkeys.challenge_in(creation), nonce, Purpose.ENROLL, user),
            site=site(),
            origin=origin(),
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
    with _counted(client):
        passkey, assertion = _answered(typed, nonce, purpose, user, client)
    with transaction.atomic():
        challenges.hold(user, client)
        _use(passkey, assertion, user, client, own)
    return Result(Outcome.RIGHT)


def identify(typed: str, *, nonce: str, client: Client) -> tuple[Passkey, Assertion]:
    """Verify an answer that says itself who the person is (X18). Raises Refused and TooMany.

    `use` must follow, once it is clear that this person may log in with a passkey.
    """
    with _counted(client):
        return _answered(typed, nonce, Purpose.LOGIN, None, client)


def use(passkey: Passkey, assertion: Assertion, *, client: Client) -> None:
    """Record the use of a passkey that said who the person is. Raises Refused."""
    with transaction.atomic():
        _use(passkey, assertion, passkey.factor.user, client, 0)


def unknown_in(typed: str, refusal: Refused | None) -> str:
    """Return the id of a passkey that the browser may forget, or "".

    That is one that no account has, and not one that was refused for another reason (key10).
    """
    if refusal is None or refusal.check is not Check.KNOWN:
        return ""
    return passkeys.read_assertion(typed).credential.id


def signals_of(user: AbstractMfaUser) -> str:
    """Return as JSON which passkeys of the person browsers may keep, "" if there never was one."""
    handle = PasskeyHandle.objects.filter(user_id=user.pk).first()
    if handle is None:
        return ""
    accepted = [passkeys.encoded(each.credential_id) for each in _known_of(user)]
    return json.dumps(
        {
            "rpId": site(),
            "userId": passkeys.encoded(bytes(handle.value)),
            "allAcceptedCredentialIds": accepted,
            "name": user.login_name,
            "displayName": user.login_name,
        }
    )


@cache
def _providers() -> dict[str, str]:
    names: dict[str, str] = json.loads(PROVIDERS.read_text())["names"]
    return names


def provider_of(number: str) -> str:
    """Return the name of an AAGUID's app or security key, or ""."""
    return _providers().get(number, "")


def _known_of(user: AbstractMfaUser) -> list[Known]:
    held = Passkey.objects.filter(factor__user_id=user.pk, factor__status__in=USABLE)
    rows = held.order_by("factor_id").values_list("credential_id", "transports")
    return [Known(bytes(identity), tuple(transports)) for identity, transports in rows]


def _challenge(nonce: str, purpose: Purpose, user: AbstractMfaUser | None, client: Client) -> bytes:
    """Draw a challenge and store it. Several can be open, so that each tab has its own (key2)."""
    counters.take([limits.PASSKEY_CHALLENGES.of(client.network)])
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    PasskeyChallenge.objects.create(
        challenge=challenge,
        browser=browser_of(nonce),
        purpose=purpose,
        user_id=user.pk if user else None,
    )
    return challenge


def _spent(sent: bytes, nonce: str, purpose: Purpose, user: AbstractMfaUser | None) -> bytes:
    """Return a challenge that was open for this browser, purpose and person, and close it.

    Return b"" for any other. Only the number of deleted rows decides, so it works once.
    """
    open_ = PasskeyChallenge.objects.filter(
        Q(user_id=user.pk) if user else Q(user=None),
        challenge=sent,
        browser=browser_of(nonce),
        purpose=purpose,
        created_at__gt=timezone.now() - LIFE,
    )
    deleted, _rows = open_.delete()
    return sent if deleted else b""


def _answered(
    typed: str,
    nonce: str,
    purpose: Purpose,
    owner: AbstractMfaUser | None,
    client: Client,
) -> tuple[Passkey, Assertion]:
    assertion = passkeys.read_assertion(typed)
    challenge = _spent(passkeys.challenge_in(assertion), nonce, purpose, owner)
    found = Passkey.objects.filter(
        credential_id=assertion.credential.raw_id, factor__status__in=USABLE
    )
    passkey = found.select_related("factor__user__passkey_handle").first()
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
        _report(passkey, refusal.check, owner or passkey.factor.user, client)
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
    """Store the counter in one statement, so that parallel answers cannot use it twice."""
    count = assertion.data.sign_count
    rises = Q(sign_count__lt=count) if count else Q(sign_count=0)
    usable = Factor.objects.usable().filter(pk=passkey.pk)
    mine = Passkey.objects.filter(rises, factor__in=usable)
    if not mine.update(sign_count=count, backed_up=assertion.data.flags.bs):
        raise Refused(Check.COUNTER)
    channel = ChannelName.PASSKEY
    challenges.clear(user, passkey.pk, client=client, channel=channel, own=own)
    audit.record(Event.PASSKEY_RIGHT, user, client=client, channel=channel)


def _report(passkey: Passkey, check: Check, about: AbstractMfaUser, client: Client) -> None:
    """Record a refusal, and tell the owner if the passkey may have been copied (WA-05)."""
    if counters.is_first(limits.LATE_RECORDS.of(str(about.pk))):
        audit.record(Event.PASSKEY_REFUSED, about, client=client, check=str(check))
    copied = check is Check.COUNTER
    if copied and counters.is_first(limits.PASSKEY_COPIES.of(str(passkey.pk))):
        with transaction.atomic():
            notices.tell(Event.PASSKEY_COPIED, about, client=client, factor=passkey.pk)


@contextmanager
def _counted(client: Client) -> Iterator[None]:
    """Count a refusal against the client's network. Raises TooMany after too many."""
    use = limits.PASSKEY_REFUSALS.of(client.network)
    counters.peek(use)
    try:
        yield
    except Refused:
        with suppress(TooMany):
            counters.take([use])
        raise


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


KIND = Kind(
    method=Method.PASSKEY,
    verify=verify,
    page="mfa:passkey",
    enroll="mfa:enroll_passkey",
    add="mfa:add_passkey",
    notice="passkey",
    words=Words(
        choose=_("A passkey or security key"),
        out_of_order=_("Passkeys are not available right now."),
        add=_("Add a passkey or security key"),
        enroll=_("Passkey or security key"),
        about=_(
            "You unlock your phone, computer or security key. There is no code to type, and it "
            "can't be used on a fake website."
        ),
        enrolled=_("Your passkey is set up"),
        from_now_on=_("From now on you can log in with your passkey."),
    ),
)
