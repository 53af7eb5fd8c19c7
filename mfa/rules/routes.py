"""Routes: a factor by a channel, and which of them a person may use, best first."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mfa.rules.policy import EmailCodes, Method, Policy


class ChannelName(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Holding:
    """A confirmed factor of the person, as far as routes care."""

    factor: int
    method: Method


@dataclass(frozen=True, slots=True)
class Route:
    """A factor by a channel. `factor` is its id, None for the account's own mailbox."""

    channel: ChannelName
    factor: int | None = None

    @property
    def name(self) -> str:
        """The value of this route in forms and in the session."""
        return self.channel if self.factor is None else f"{self.channel}-{self.factor}"

    @property
    def asks_by_itself(self) -> bool:
        """Whether reaching the second step sends the code at once (K2); the mailbox waits."""
        return self.factor is not None


def usable(
    policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]
) -> tuple[Route, ...]:
    """List the routes that policy and installation leave open, best first.

    The mailbox comes last and only beside a factor that the person has confirmed: a mailbox
    alone would make one password reset the whole account (ASVS 5.0, 6.4.3).
    """
    phones = tuple(
        Route(ChannelName.SMS, holding.factor)
        for holding in holdings
        if holding.method is Method.PHONE and Method.PHONE in policy.methods
    )
    mailbox = (
        (Route(ChannelName.EMAIL),)
        if phones
        and policy.email_codes is EmailCodes.LOGIN
        and Method.EMAIL in policy.methods
        and ChannelName.EMAIL in channels
        else ()
    )
    return (phones if ChannelName.SMS in channels else ()) + mailbox
