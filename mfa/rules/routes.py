"""Routes: a factor by a channel, and which of them a person may use, best first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from mfa.rules.contacts import EVERYWHERE, region_of
from mfa.rules.policy import EmailCodes, Method, Policy


class ChannelName(StrEnum):
    """A way to reach a person, or what they hold that has to be reached by nothing."""

    SMS = "sms"
    EMAIL = "email"
    APP = "app"
    RECOVERY_CODES = "recovery_codes"


# What carries messages
MESSAGING = (ChannelName.SMS, ChannelName.EMAIL)
# What each proves beyond the password: a mailbox is no authenticator (NIST SP 800-63B-4, 3.1.3.1)
AAL = {
    ChannelName.SMS: 2,
    ChannelName.EMAIL: 1,
    ChannelName.APP: 2,
    ChannelName.RECOVERY_CODES: 2,
}
STRONG = 2
# How a factor is asked, best first: who has an app is texted on request only (K2, E09)
ASKED_BY = {
    Method.APP: ChannelName.APP,
    Method.PHONE: ChannelName.SMS,
    Method.RECOVERY_CODES: ChannelName.RECOVERY_CODES,
}
# A mailbox stands in for one of these; recovery codes are a stand-in themselves.
FIRST = {ChannelName.APP, ChannelName.SMS}
# These wait until the person takes them: each costs a code, or is the weaker way (K2).
WAITING = {ChannelName.EMAIL, ChannelName.RECOVERY_CODES}


@dataclass(frozen=True, slots=True)
class Holding:
    """A factor of the person, as far as routes care; not `proven` if an administrator wrote it.

    It `works` unless its secret cannot be read now.
    """

    factor: int
    method: Method
    number: str = ""  # E.164, for a phone
    refuses: bool = False  # its owner has texted STOP
    proven: bool = True
    works: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """A factor by a channel. `factor` is its id, None for the account's own mailbox.

    `refused`: the last text bounced off its owner's STOP, so nothing is sent unless asked for.
    """

    channel: ChannelName
    factor: int | None = None
    refused: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """The value of this route in forms and in the session."""
        return self.channel if self.factor is None else f"{self.channel}-{self.factor}"

    @property
    def asks_by_itself(self) -> bool:
        """Whether reaching the second step asks at once (K2)."""
        return self.channel not in WAITING and not self.refused


def confirming(
    policy: Policy, holdings: Iterable[Holding], routes: tuple[Route, ...]
) -> tuple[Route, ...]:
    """Keep the routes by which a person may confirm again, or reset the password.

    A mailbox is no authenticator (NIST SP 800-63B-4, 3.1.3.1), so it drops out (EM-01), unless
    the policy or the person has nothing else (EM-07). What only happens to be out of order now,
    such as the texts, does not make it good enough.
    """
    strong = tuple(route for route in routes if route.channel is not ChannelName.EMAIL)
    if strong or policy.email_codes is EmailCodes.OFF:
        return strong
    return routes if by_mailbox_only(policy, holdings) else ()


def binding(
    policy: Policy,
    holdings: Iterable[Holding],
    routes: tuple[Route, ...],
    channels: frozenset[ChannelName],
) -> tuple[Route, ...]:
    """Keep the routes by which a person may bind a factor.

    While no login asks for a second step, who has lost the factors cannot say so there: a mailbox
    that may recover will do, as it would at the login (EM-03).
    """
    held = tuple(holdings)
    confirmed = confirming(policy, held, routes)
    mailbox = Route(ChannelName.EMAIL)
    if policy.demanded or mailbox in confirmed or not recovers(policy, held, channels):
        return confirmed
    return (*confirmed, mailbox)


def by_mailbox_only(policy: Policy, holdings: Iterable[Holding]) -> bool:
    """Whether the policy allows, or the person has, no factor but a mailbox (EM-07)."""
    held = frozenset(holding.method for holding in holdings)
    return frozenset({Method.EMAIL}) in {policy.methods, held}


def recovers(policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]) -> bool:
    """Whether an emailed code may open the enrollment of a new factor (EM-02, EM-03).

    Not while the first code to a number that an administrator wrote is still to come (K6).
    """
    allowed = policy.email_codes is not EmailCodes.OFF and Method.EMAIL in policy.methods
    proofs = {holding.proven for holding in holdings if ASKED_BY.get(holding.method) in FIRST}
    return allowed and ChannelName.EMAIL in channels and proofs != {False}


def usable(
    policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]
) -> tuple[Route, ...]:
    """List the routes that policy and installation leave open, best first.

    `channels` are those that the installation has now; an app and recovery codes need none. The
    mailbox comes last and only beside a proven phone or app: a mailbox alone would make one
    password reset the whole account (ASVS 5.0, 6.4.3). A phone that refuses texts comes after all.
    """
    held = tuple(holdings)
    asked = tuple(
        Route(channel, holding.factor, holding.refuses)
        for method, channel in ASKED_BY.items()
        for holding in held
        if holding.method is method and method in policy.methods
    )
    unproven = {holding.factor for holding in held if not holding.proven}
    mailbox = (
        (Route(ChannelName.EMAIL),)
        if FIRST & {route.channel for route in asked if route.factor not in unproven}
        and policy.email_codes is EmailCodes.LOGIN
        and Method.EMAIL in policy.methods
        and ChannelName.EMAIL in channels
        else ()
    )
    closed = {
        holding.factor
        for holding in held
        if not holding.works
        or (holding.method is Method.PHONE and not _is_in_reach(holding, policy))
    }
    by_themselves = frozenset(ChannelName) - frozenset(MESSAGING)
    open_ones = (
        route
        for route in asked
        if route.channel in channels | by_themselves and route.factor not in closed
    )
    return tuple(sorted((*open_ones, *mailbox), key=attrgetter("refused")))


def _is_in_reach(phone: Holding, policy: Policy) -> bool:
    """Whether texts go to its country; asked of the number alone where that can matter."""
    return policy.text_regions == EVERYWHERE or region_of(phone.number) in policy.text_regions
