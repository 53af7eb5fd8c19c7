"""Routes: the factor and channel pairs that a person can use, best first.

`routes_for` answers for every purpose. Other packages call only this function, not its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from mfa.rules.methods import (
    BESIDE_RESISTANT,
    MESSAGING,
    SHARED,
    STRONG_FIRST,
    WAYS,
    ChannelName,
    Method,
    is_strong,
    only_email,
)
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


ASKED_BY: dict[Method, ChannelName] = {method: way.channel for method, way in WAYS.items()}
WAITING = {way.channel for way in WAYS.values() if not way.by_itself}
STRONG = {WAYS[method].channel for method in STRONG_FIRST}

# They work whether or not messages can be sent.
BY_THEMSELVES = frozenset(ChannelName) - {*MESSAGING, ChannelName.PUSH}

# The proof of an enrolled email, beside the names of the channels
ENROLLED_EMAIL = "enrolled_email"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The account's own email address, which is not a factor.

    `rests`: it cannot replace a factor for a while after a reset or a change of address (EM-04,
    EM-06). `after_reset`: the password was reset by it, so a factor with the same address waits
    too (EM-04).
    """

    address: str | None = None
    rests: bool = False
    after_reset: bool = False


UNKNOWN = Mailbox()


@dataclass(frozen=True, slots=True)
class Holding:
    """What routes need to know about a factor. Not `proven`: an administrator entered it.

    Not `works`: its secret cannot be read at the moment.
    """

    factor: int
    method: Method
    target: str = ""  # E.164 for a phone, the address for an email
    refuses: bool = False  # its owner texted STOP, or a phone for approval gets no alerts
    proven: bool = True
    works: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """A factor and its channel. `factor` is the factor's id, or None for the account's email.

    `refused`: the owner texted STOP, so we send nothing without being asked. `linked`: it is an
    enrolled email with the account's own address.
    """

    channel: ChannelName
    factor: int | None = None
    refused: bool = field(default=False, compare=False)
    linked: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """The value of this route in forms and in the session."""
        return self.channel if self.factor is None else f"{self.channel}-{self.factor}"

    @property
    def asks_by_itself(self) -> bool:
        """Whether the second step asks right away (K2). The account's email waits."""
        if self.channel is ChannelName.EMAIL and self.factor is None:
            return False
        return self.channel not in WAITING and not self.refused

    @property
    def proof(self) -> str:
        """What a session has proven with it. A code to the account's email is no factor."""
        enrolled = self.channel is ChannelName.EMAIL and self.factor is not None
        return ENROLLED_EMAIL if enrolled else self.channel


def routes_for(
    purpose: Purpose,
    policy: Policy,
    holdings: Iterable[Holding],
    channels_up: frozenset[ChannelName],
    *,
    mailbox: Mailbox = UNKNOWN,
    binds: bool = False,
    idle: bool = False,
    never_stronger: bool = False,
    was_reset: bool = False,
    waited: bool = False,
    outdated: bool = False,
) -> tuple[Route, ...]:
    """List the routes a person can use for a purpose, best first.

    `channels_up` are the channels that work now, and `mailbox` is the account's own. `binds`: the
    step-up is for adding a factor. `idle`: it is the first factor of an account that was not used
    for long (S12). `never_stronger`: the person never had a factor stronger than an email (EM-07).
    `was_reset`: support removed the factors, so a code by email comes before the next one, whatever
    the policy says of such codes (RV-05). `waited`: the same after a lost phone, once its owner had
    the time to stop it (E13). `outdated`: a login sets up a new factor, which an enrolled email
    confirms only if it is alone (K9, EM-07).
    """
    held = tuple(holdings)
    alone = by_mailbox_only(policy, held, never_stronger=never_stronger)
    rests = mailbox.rests and (was_reset or not alone)
    without = channels_up - {ChannelName.EMAIL} if rests else channels_up
    if mailbox.after_reset and not alone:
        held = tuple(each for each in held if each.target != mailbox.address)
    own = (Route(ChannelName.EMAIL),) if ChannelName.EMAIL in without else ()
    match purpose:
        case Purpose.LOGIN:
            routes = usable(policy, held, channels_up, mailbox=mailbox, rests=rests)
            return routes if alone or not outdated else without_enrolled_emails(routes)
        case Purpose.STEP_UP if binds and (idle or was_reset):
            return own
        case Purpose.STEP_UP | Purpose.RESET:
            routes = usable(policy, held, channels_up, mailbox=mailbox)
            confirmed = confirming(routes, alone=alone)
            binds = binds and purpose is Purpose.STEP_UP
            return binding(policy, held, confirmed, without) if binds else confirmed
        case Purpose.RECOVER:
            return own if was_reset or waited or recovers(policy, held, without) else ()
        case _:
            # All other purposes ask a number or address that is not a factor yet.
            return ()


def without_enrolled_emails(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return the other routes."""
    return tuple(route for route in routes if route.proof != ENROLLED_EMAIL)


def confirming(routes: tuple[Route, ...], *, alone: bool) -> tuple[Route, ...]:
    """Keep the routes for a step-up or a password reset.

    Email is not an authenticator (NIST SP 800-63B-4, 3.1.3.1), so it drops out (EM-01). Only an
    enrolled one stays if it is `alone` (EM-07). An outage of another channel, such as texts, makes
    no difference.
    """
    strong = tuple(route for route in routes if is_strong(route.channel))
    if strong or not alone:
        return strong
    return tuple(route for route in routes if route.factor is not None)


def binding(
    policy: Policy,
    holdings: Iterable[Holding],
    confirmed: tuple[Route, ...],
    channels: frozenset[ChannelName],
) -> tuple[Route, ...]:
    """Return the routes for adding a factor, from those that confirm.

    If logins need no second step, people who lost their factors cannot report it there. Then email
    is enough here if it could recover the account at a login (EM-03).
    """
    if policy.demanded or not recovers(policy, holdings, channels):
        return confirmed
    return (*confirmed, Route(ChannelName.EMAIL))


def by_mailbox_only(policy: Policy, holdings: Iterable[Holding], *, never_stronger: bool) -> bool:
    """Whether email is the only factor that the policy allows or the person ever had (EM-07).

    The account's own address is not a factor. One that was removed or reported still counts.
    """
    if only_email(policy.methods):
        return True
    held = frozenset(holding.method for holding in holdings)
    return never_stronger and Method.EMAIL in policy.methods and held == {Method.EMAIL}


def recovers(policy: Policy, holdings: Iterable[Holding], channels: frozenset[ChannelName]) -> bool:
    """Whether an emailed code allows a new enrollment (EM-02, EM-03).

    It does not before the first code to a number that an administrator entered (K6).
    """
    allowed = policy.email_codes is not EmailCodes.OFF
    proofs = {holding.proven for holding in holdings if ASKED_BY.get(holding.method) in STRONG}
    return allowed and ChannelName.EMAIL in channels and proofs != {False}


def usable(
    policy: Policy,
    holdings: Iterable[Holding],
    channels: frozenset[ChannelName],
    *,
    mailbox: Mailbox = UNKNOWN,
    rests: bool = False,
) -> tuple[Route, ...]:
    """List the routes that the policy allows and that work now, best first.

    `channels` are the channels that work now; an app and recovery codes need none. The account's
    email comes after the factors, unless it `rests`, and needs a proven phone or app: with email as
    the only factor, a password reset would take over the account (ASVS 5.0, 6.4.3). A phone that
    refuses texts comes last.
    """
    held = tuple(holdings)
    if policy.refuses_weaker([holding.method for holding in held]):
        held = tuple(holding for holding in held if holding.method in BESIDE_RESISTANT)
        rests = True
    for method in SHARED:
        # One question asks all of them, also those that get no alert (push9).
        alike = [holding for holding in held if holding.method is method]
        if alike[1:]:
            first = min(alike, key=attrgetter("refuses"))
            others = [holding for holding in alike if holding is not first]
            held = tuple(holding for holding in held if holding not in others)
    asked = tuple(
        Route(channel, holding.factor, holding.refuses, linked=holding.target == mailbox.address)
        for method, channel in ASKED_BY.items()
        for holding in held
        if holding.method is method and method in policy.methods
    )
    unproven = {holding.factor for holding in held if not holding.proven}
    own = (
        (Route(ChannelName.EMAIL),)
        if STRONG & {route.channel for route in asked if route.factor not in unproven}
        and policy.email_codes is EmailCodes.LOGIN
        and ChannelName.EMAIL in channels
        and not rests
        else ()
    )
    closed = {
        holding.factor
        for holding in held
        if not holding.works
        or (holding.method is Method.PHONE and not _is_in_reach(holding, policy))
    }
    open_ones = (
        route
        for route in asked
        if route.channel in channels | BY_THEMSELVES and route.factor not in closed
    )
    return tuple(sorted((*open_ones, *own), key=attrgetter("refused")))


def _is_in_reach(phone: Holding, policy: Policy) -> bool:
    """Whether the policy allows texts to its country. Parses the number only if needed."""
    return policy.text_regions == EVERYWHERE or region_of(phone.target) in policy.text_regions
