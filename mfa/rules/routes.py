"""Routes: the factor and channel pairs that a person can use, best first.

`routes_for` answers for every purpose. Other packages call only this function, not its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from mfa.rules.methods import MESSAGING, WAYS, ChannelName, Method
from mfa.rules.policy import EmailCodes, Policy
from mfa.rules.regions import EVERYWHERE, region_of


class Purpose(StrEnum):
    """What a flow or a challenge is for, and what a right answer allows.

    There is no flow to register: it would need a person. Its challenge proves an email address.
    """

    REGISTER = "register"
    LOGIN = "login"
    STEP_UP = "step_up"
    RESET = "reset"
    ENROLL = "enroll"
    RECOVER = "recover"
    CHANGE = "change"
    TEST = "test"
    ACCOUNT = "account"


# The kinds that are factors of a person. Email belongs to the account.
ASKED_BY: dict[Method, ChannelName] = {
    method: way.channel for method, way in WAYS.items() if method is not Method.EMAIL
}
FIRST = {way.channel for way in WAYS.values() if way.first}
WAITING = {way.channel for way in WAYS.values() if not way.by_itself}


@dataclass(frozen=True, slots=True)
class Holding:
    """What routes need to know about a factor. Not `proven`: an administrator entered it.

    Not `works`: its secret cannot be read at the moment.
    """

    factor: int
    method: Method
    number: str = ""  # E.164, for a phone
    refuses: bool = False  # its owner texted STOP
    proven: bool = True
    works: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """A factor and its channel. `factor` is the factor's id, or None for the account's email.

    `refused`: the owner texted STOP, so we send nothing without being asked.
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
        """Whether the second step asks right away (K2)."""
        return self.channel not in WAITING and not self.refused


def routes_for(
    purpose: Purpose,
    policy: Policy,
    holdings: Iterable[Holding],
    channels_up: frozenset[ChannelName],
    *,
    binds: bool = False,
    idle: bool = False,
    mailbox_rests: bool = False,
    was_reset: bool = False,
) -> tuple[Route, ...]:
    """List the routes a person can use for a purpose, best first.

    `channels_up` are the channels that work now. `binds`: the step-up is for adding a factor.
    `idle`: it is the first factor of an account that was not used for long (S12). `mailbox_rests`:
    email cannot replace a factor for a while after a reset or a change of address (EM-04, EM-06).
    `was_reset`: support removed the factors, so a code by email comes before the next one, whatever
    the policy says of such codes (RV-05).
    """
    held = tuple(holdings)
    if mailbox_rests and (was_reset or not by_mailbox_only(policy, held)):
        channels_up -= {ChannelName.EMAIL}
    mailbox = (Route(ChannelName.EMAIL),) if ChannelName.EMAIL in channels_up else ()
    match purpose:
        case Purpose.LOGIN:
            return usable(policy, held, channels_up)
        case Purpose.STEP_UP if binds and (idle or was_reset):
            return mailbox
        case Purpose.STEP_UP if binds:
            return binding(policy, held, usable(policy, held, channels_up), channels_up)
        case Purpose.STEP_UP | Purpose.RESET:
            return confirming(policy, held, usable(policy, held, channels_up))
        case Purpose.RECOVER:
            return mailbox if was_reset or recovers(policy, held, channels_up) else ()
        case _:
            # All other purposes ask a number that is not a factor yet.
            return ()


def confirming(
    policy: Policy, holdings: Iterable[Holding], routes: tuple[Route, ...]
) -> tuple[Route, ...]:
    """Keep the routes for a step-up or a password reset.

    Email is not an authenticator (NIST SP 800-63B-4, 3.1.3.1), so it drops out (EM-01), unless the
    policy allows or the person has nothing else (EM-07). An outage of another channel, such as
    texts, makes no difference.
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
    """Keep the routes for adding a factor.

    If logins need no second step, people who lost their factors cannot report it there. Then email
    is enough here if it could recover the account at a login (EM-03).
    """
    held = tuple(holdings)
    confirmed = confirming(policy, held, routes)
    mailbox = Route(ChannelName.EMAIL)
    if policy.demanded or mailbox in confirmed or not recovers(policy, held, channels):
        return confirmed
    return (*confirmed, mailbox)


def by_mailbox_only(policy: Policy, holdings: Iterable[Holding]) -> bool:
    """Whether email is the only factor that the policy allows or the person has (EM-07)."""
    held = frozenset(holding.method for holding in holdings)
    return frozenset({Method.EMAIL}) in {policy.methods, held}


def recovers(policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]) -> bool:
    """Whether an emailed code allows a new enrollment (EM-02, EM-03).

    It does not before the first code to a number that an administrator entered (K6).
    """
    allowed = policy.email_codes is not EmailCodes.OFF
    proofs = {holding.proven for holding in holdings if ASKED_BY.get(holding.method) in FIRST}
    return allowed and ChannelName.EMAIL in channels and proofs != {False}


def usable(
    policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]
) -> tuple[Route, ...]:
    """List the routes that the policy allows and that work now, best first.

    `channels` are the channels that work now; an app and recovery codes need none. Email comes
    after the factors and needs a proven phone or app: with email as the only factor, a password
    reset would take over the account (ASVS 5.0, 6.4.3). A phone that refuses texts comes last.
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
    """Whether the policy allows texts to its country. Parses the number only if needed."""
    return policy.text_regions == EVERYWHERE or region_of(phone.number) in policy.text_regions
