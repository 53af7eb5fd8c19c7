"""What browsers need: options to make or ask a passkey, and which passkeys they may keep."""

import json
import secrets
from typing import Any

from mfa.client import Client
from mfa.factors.address import site
from mfa.factors.passkey.challenges import AUTOMATIC, draw
from mfa.models import AbstractMfaUser, SitePolicy
from mfa.models.factors import USABLE
from mfa.models.passkeys import Passkey, PasskeyHandle
from mfa.rules import passkeys
from mfa.rules.passkeys import Check, Known, Refused
from mfa.rules.routes import Purpose

HANDLE_BYTES = 64
# Phones, computers and two security keys. More are likely forgotten.
MOST_PASSKEYS = 10


def are_enough(user: AbstractMfaUser) -> bool:
    """Whether the person has the maximum number of passkeys."""
    return len(_known_of(user)) >= MOST_PASSKEYS


def options_to_add(
    user: AbstractMfaUser, *, nonce: str, client: Client, automatic: bool = False
) -> dict[str, Any]:
    """Return a browser's options for a new passkey. Raises TooMany.

    `automatic`: the browser makes it automatically (conditional create).
    """
    handle, _new = PasskeyHandle.objects.get_or_create(
        user_id=user.pk, defaults={"value": secrets.token_bytes(HANDLE_BYTES)}
    )
    return passkeys.creation_options(
        draw(nonce, AUTOMATIC if automatic else Purpose.ENROLL, user, client),
        site=site(),
        portal=SitePolicy.brand().name,
        person=(bytes(handle.value), user.login_name),
        known=_known_of(user),
    )


def options_to_answer(
    user: AbstractMfaUser, *, nonce: str, purpose: Purpose, client: Client
) -> dict[str, Any]:
    """Return a browser's options to ask this person's passkeys. Raises TooMany."""
    challenge = draw(nonce, purpose, user, client)
    return passkeys.request_options(challenge, site=site(), known=_known_of(user))


def options_to_log_in(*, nonce: str, client: Client) -> dict[str, Any]:
    """Return a browser's options to log in with a passkey alone. Raises TooMany.

    They are the same for everyone: nobody has said who they are.
    """
    challenge = draw(nonce, Purpose.LOGIN, None, client)
    return passkeys.request_options(challenge, site=site(), verified=True)


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


def unknown_in(typed: str, refusal: Refused | None) -> str:
    """Return the id of a passkey that the browser may forget, or "".

    That is one that no account has, and not one that was refused for another reason (key10).
    """
    if refusal is None or refusal.check is not Check.KNOWN:
        return ""
    return passkeys.read_assertion(typed).credential.id


def _known_of(user: AbstractMfaUser) -> list[Known]:
    held = Passkey.objects.filter(factor__user_id=user.pk, factor__status__in=USABLE)
    rows = held.order_by("factor_id").values_list("credential_id", "transports")
    return [Known(bytes(identity), tuple(transports)) for identity, transports in rows]
