"""What a right answer proves, and how a new number becomes a phone."""

from typing import assert_never

from django.core.exceptions import PermissionDenied
from django.db import transaction

from mfa import factors, recoveries
from mfa.client import Client
from mfa.login.pending import PendingLogin
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Challenge, Event
from mfa.rules.methods import ChannelName
from mfa.rules.routes import ENROLLED_EMAIL, Purpose
from mfa.rules.steps import Proof


def prove(
    challenge: Challenge, user: AbstractMfaUser, pending: PendingLogin, *, client: Client
) -> None:
    """Apply the right answer to a question."""
    channel, purpose = ChannelName(challenge.channel), Purpose(challenge.purpose)
    match purpose:
        case Purpose.LOGIN | Purpose.STEP_UP | Purpose.RESET | Purpose.TEST | Purpose.ACCOUNT:
            answered(pending, channel)
        case Purpose.ENROLL | Purpose.CHANGE:
            with transaction.atomic():
                if _bind(challenge, user, pending, client):
                    enrolled(user, pending, channel)
        case Purpose.RECOVER:
            _prove_mailbox(user, pending, client)
        case Purpose.REGISTER:
            raise PermissionDenied
        case _:
            assert_never(purpose)


def _bind(
    challenge: Challenge, user: AbstractMfaUser, pending: PendingLogin, client: Client
) -> bool:
    if challenge.channel == ChannelName.EMAIL:
        return factors.add_email(user, challenge.target, client=client)
    if pending.adds:
        return factors.add_phone(user, challenge.target, client=client)
    setup = challenge.purpose == Purpose.ENROLL
    return factors.change_phone(user, challenge.target, client=client, all_of_them=setup)


def answered(pending: PendingLogin, channel: ChannelName, *, proof: str = "") -> None:
    """Record that a factor answered. `proof` is what the session keeps, if not the channel."""
    pending.proof, pending.channel = Proof.ANSWER, channel
    pending.proved = proof or channel


def enrolled(user: AbstractMfaUser, pending: PendingLogin, channel: ChannelName) -> None:
    """Continue with a new factor. Lost factors end in the same transaction."""
    pending.proof, pending.channel = Proof.ENROLLED, channel
    pending.proved = ENROLLED_EMAIL if channel is ChannelName.EMAIL else channel
    if pending.lost:
        factors.end_former(user)
    recoveries.finish(user)
    # The new factor raised the epoch, which ends all other flows.
    pending.session_hash = user.get_session_auth_hash()


def _prove_mailbox(user: AbstractMfaUser, pending: PendingLogin, client: Client) -> None:
    """Allow an enrollment. An emailed code proves nothing else, not even AAL1 (EM-03)."""
    pending.mailbox_proven = True
    # A removed number is notified only if there is no other.
    numbers = notices.numbers_of(user) or [factors.last_number(user)]
    first = int(user.ever_bound_at is None)
    notices.tell(Event.MAILBOX_PROVEN, user, client=client, numbers=numbers, first=first)
