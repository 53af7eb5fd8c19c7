"""The policy that applies to a person, and what one more layer of settings does to it.

A lower level can only tighten requirements. For contact, flow and home country, the nearest level
wins. `mfa.rules.fold` folds all levels of a person.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from mfa.rules.methods import BESIDE_RESISTANT, DEFAULT, RESISTANT, Method
from mfa.rules.regions import EVERYWHERE

# The name of the layer for staff. The site can demand more of them.
STAFF_ROLE = "staff"


class Enforcement(StrEnum):
    """Whether a second step is required, loosest first."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class EmailCodes(StrEnum):
    """What a code sent to the account's email address can be used for, loosest first."""

    LOGIN = "login"
    RECOVERY = "recovery"
    OFF = "off"


class WeakerWays(StrEnum):
    """Which methods can be used beside passkeys and recovery codes, loosest first.

    REFUSE: none by people who have a passkey. NONE: everyone needs a passkey (PS-09).
    """

    ALLOW = "allow"
    REFUSE = "refuse"
    NONE = "none"


class AfterEnrollment(StrEnum):
    """What follows after the first factor is confirmed (K1)."""

    LOGIN_AGAIN = "login_again"
    FINISH = "finish"
    CONTINUE = "continue"


class NumberChange(StrEnum):
    """When a changed number is stored (K7). The old one works until the new one is verified."""

    AFTER_CODE = "after_code"
    SAVE_THEN_VERIFY = "save_then_verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The settings of one level. None means "the level above decides".

    While a second step is optional: `most_skips` and `skips_until` limit how often and until when a
    person can skip the setup, and from `deadline` on the level requires it. A skip before
    `skips_from` is forgotten (K18). From `passkeys_from` on everyone needs a passkey (PS-09).
    `trusts_from` is when the level last changed, which ends the trust in browsers (TB-02).
    `no_email`: people in this role never log in by email (EM-07).
    """

    name: str
    enforcement: Enforcement | None = None
    most_skips: int | None = None
    skips_until: datetime | None = None
    skips_from: datetime | None = None
    deadline: datetime | None = None
    enroll_again_from: datetime | None = None
    new_device_email: bool | None = None
    may_close: bool | None = None
    methods: frozenset[Method] | None = None
    no_email: bool | None = None
    email_codes: EmailCodes | None = None
    weaker_ways: WeakerWays | None = None
    passkeys_from: datetime | None = None
    backup: bool | None = None
    code_life: timedelta | None = None
    session_life: timedelta | None = None
    session_idle: timedelta | None = None
    trust_browser_for: timedelta | None = None
    trusts_from: datetime | None = None
    recovery_wait: timedelta | None = None
    allow_voip: bool | None = None
    enroll_regions: frozenset[str] | None = None
    text_regions: frozenset[str] | None = None
    after_enrollment: AfterEnrollment | None = None
    number_change: NumberChange | None = None
    home_region: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The resolved policy of one person. The values here are the product's defaults.

    `in_force` is the enable flag together with the pilot group; it comes before all layers.
    `paused` is one person's exception, which has a reason and an end. `resting` names the channels
    that are down at the moment. `mail_tested`: the current mail server accepted a test mail.
    `enroll_regions` allows new numbers and `text_regions` allows texts: a number that was confirmed
    before can still log in if only `text_regions` has its region. `backup`: a person needs a second
    way to log in besides a phone. A factor counts only if it was added after `enroll_again_from`
    (K9). `new_device_email`: a person without a factor proves the email address on a new device.
    `trust_browser_for`: how long a trusted browser needs no second step, zero for never (TB-01).
    `recovery_wait`: how long a request for a lost phone waits before it opens the setup (E13).
    `may_close`: people can close their own account. `no_email`: a level names email as a method,
    but not for people in this role (EM-07). `decided_by` names the layer behind each field that a
    layer decided.
    """

    in_force: bool = False
    paused: bool = False
    resting: frozenset[str] = frozenset()
    mail_tested: bool = False
    enforcement: Enforcement = Enforcement.REQUIRED
    most_skips: int | None = None
    skips_until: datetime | None = None
    skips_from: datetime | None = None
    deadline: datetime | None = None
    enroll_again_from: datetime | None = None
    new_device_email: bool = False
    may_close: bool = False
    methods: frozenset[Method] = DEFAULT
    no_email: bool = False
    email_codes: EmailCodes = EmailCodes.LOGIN
    weaker_ways: WeakerWays = WeakerWays.ALLOW
    passkeys_from: datetime | None = None
    backup: bool = False
    # NIST SP 800-63B-4, 3.1.3.2: at most 10 minutes
    code_life: timedelta = timedelta(minutes=10)
    # NIST SP 800-63B-4, 2.2.3: a session lasts up to 24 hours, and up to 1 hour without a request
    session_life: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(minutes=30)
    trust_browser_for: timedelta = timedelta()
    trusts_from: datetime | None = None
    recovery_wait: timedelta = timedelta(hours=72)
    allow_voip: bool = False
    enroll_regions: frozenset[str] = EVERYWHERE
    text_regions: frozenset[str] = EVERYWHERE
    after_enrollment: AfterEnrollment = AfterEnrollment.LOGIN_AGAIN
    number_change: NumberChange = NumberChange.AFTER_CODE
    home_region: str = ""
    contact: str = ""
    decided_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def demanded(self) -> bool:
        """Whether the person needs a second step now."""
        return self.in_force and not self.paused

    @property
    def asks(self) -> bool:
        """Whether a login asks for a second step, or offers to set one up."""
        return self.demanded and self.enforcement is not Enforcement.OFF

    @property
    def remembers_skip(self) -> bool:
        """Whether one skip is enough for good (D15)."""
        return self.most_skips is None and self.skips_until is None

    @property
    def only_passkeys(self) -> bool:
        """Whether everyone needs a passkey now (PS-09).

        A policy that allows no passkeys demands none, because people could not log in.
        """
        return self.weaker_ways is WeakerWays.NONE and not self.methods.isdisjoint(RESISTANT)

    @property
    def passkeys_due(self) -> datetime | None:
        """From when everyone will need a passkey, or None if they need one now or never (PS-09)."""
        return self.passkeys_from if self.asks and not self.only_passkeys else None

    @property
    def offered(self) -> frozenset[Method]:
        """The methods that people can set up. Those that they have may be more."""
        return self.methods.intersection(BESIDE_RESISTANT) if self.only_passkeys else self.methods

    def enforcement_after(self, skips: int, now: datetime) -> Enforcement:
        """Return the enforcement for a person who skipped the setup so many times (K8)."""
        counted = self.most_skips is None or skips < self.most_skips
        timely = self.skips_until is None or now < self.skips_until
        may_skip = counted and timely and not self.only_passkeys
        if self.enforcement is Enforcement.OPTIONAL and not may_skip:
            return Enforcement.REQUIRED
        return self.enforcement

    @property
    def fingerprint(self) -> str:
        """A hash of what the levels decided, without outages, pauses and the contact."""
        decided = {each.name: getattr(self, each.name) for each in fields(self)}
        parts = [
            f"{name}={sorted(value) if isinstance(value, frozenset) else value}"
            for name, value in decided.items()
            if name not in UNDECIDED
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def refuses_weaker(self, held: Collection[str]) -> bool:
        """Whether a person who holds these methods can use only strong ones and recovery codes.

        Strong ones resist phishing. A policy that allows none of them refuses nothing, because
        people could not log in.
        """
        strong = self.methods.intersection(RESISTANT, held)
        return self.weaker_ways is not WeakerWays.ALLOW and bool(strong)

    def lacks_passkey(self, held: Collection[str]) -> bool:
        """Whether a person who holds these methods has to set up a passkey now (PS-09)."""
        return self.only_passkeys and set(RESISTANT).isdisjoint(held)

    def may_enroll(self, region: str) -> bool:
        """Whether a new number of this region can be enrolled."""
        return region in self.enroll_regions & self.text_regions


# What `Policy.fingerprint` leaves out: the state of the person and the portal, and words
UNDECIDED = {"in_force", "paused", "resting", "mail_tested", "contact", "decided_by"}
# The bounds for every level. Codes: NIST SP 800-63B-4, 3.1.3.2, and ASVS 5.0, 6.5.5, allow 10
# minutes; under 2 minutes is too short for people. Sessions: NIST SP 800-63B-4, 2.2.3, allows 24
# hours and one idle hour; with an idle timeout under 5 minutes people lose what they write.
# Trusted browsers: zero is off; 30 days is the most that this portal allows (docs/security.md).
# Lost phones: a day gives the owner time to read a notice, and a week is long enough for anyone.
BOUNDS = {
    "code_life": (timedelta(minutes=2), timedelta(minutes=10)),
    "session_life": (timedelta(hours=1), timedelta(hours=24)),
    "session_idle": (timedelta(minutes=5), timedelta(hours=1)),
    "trust_browser_for": (timedelta(), timedelta(days=30)),
    "recovery_wait": (timedelta(hours=24), timedelta(days=7)),
}
Strictness = TypeVar("Strictness", Enforcement, EmailCodes, WeakerWays)
Item = TypeVar("Item", Method, str)
Limit = TypeVar("Limit", int, datetime, timedelta)


def tighten(policy: Policy, layer: Layer) -> Policy:
    """Apply one more layer, which can tighten requirements and choose the flow."""
    layer = bounded(layer)
    kept = Layer(
        name=layer.name,
        enforcement=_stricter(policy.enforcement, layer.enforcement),
        most_skips=_chosen(min, policy.most_skips, layer.most_skips),
        skips_until=_chosen(min, policy.skips_until, layer.skips_until),
        skips_from=_chosen(max, policy.skips_from, layer.skips_from),
        deadline=_chosen(min, policy.deadline, layer.deadline),
        enroll_again_from=_chosen(max, policy.enroll_again_from, layer.enroll_again_from),
        new_device_email=policy.new_device_email or layer.new_device_email,
        may_close=layer.may_close,
        methods=_common(policy.methods, layer.methods),
        email_codes=_stricter(policy.email_codes, layer.email_codes),
        weaker_ways=_stricter(policy.weaker_ways, layer.weaker_ways),
        passkeys_from=_chosen(min, policy.passkeys_from, layer.passkeys_from),
        backup=policy.backup or layer.backup,
        code_life=min(policy.code_life, layer.code_life or policy.code_life),
        session_life=min(policy.session_life, layer.session_life or policy.session_life),
        session_idle=min(policy.session_idle, layer.session_idle or policy.session_idle),
        trust_browser_for=_chosen(min, policy.trust_browser_for, layer.trust_browser_for),
        trusts_from=_chosen(max, policy.trusts_from, layer.trusts_from),
        recovery_wait=max(policy.recovery_wait, layer.recovery_wait or policy.recovery_wait),
        allow_voip=policy.allow_voip and layer.allow_voip is not False,
        enroll_regions=_common(policy.enroll_regions, layer.enroll_regions),
        text_regions=_common(policy.text_regions, layer.text_regions),
        after_enrollment=layer.after_enrollment,
        number_change=layer.number_change,
        home_region=layer.home_region,
        contact=layer.contact,
    )
    return apply(policy, kept)


def bounded(layer: Layer) -> Layer:
    """Return the layer with each duration within its bounds, whatever the form or row contains."""
    numbers = {
        name: min(max(wished, least), most)
        for name, (least, most) in BOUNDS.items()
        if (wished := getattr(layer, name)) is not None
    }
    return replace(layer, **numbers)


def apply(policy: Policy, layer: Layer) -> Policy:
    """Set what the layer says, looser or stricter, and record the layer's name."""
    wishes = {wish.name: getattr(layer, wish.name) for wish in fields(Layer) if wish.name != "name"}
    decided = {
        name: value
        for name, value in wishes.items()
        if value is not None and value != getattr(policy, name)
    }
    by = {**policy.decided_by, **dict.fromkeys(decided, layer.name)}
    return replace(policy, **decided, decided_by=by)


def _stricter(current: Strictness, wished: Strictness | None) -> Strictness:
    order = list(type(current))
    return current if wished is None else max(current, wished, key=order.index)


def _common(current: frozenset[Item], wished: frozenset[Item] | None) -> frozenset[Item]:
    return current if wished is None else current & wished


def _chosen(
    choose: Callable[[list[Limit]], Limit], current: Limit | None, wished: Limit | None
) -> Limit | None:
    known = [limit for limit in (current, wished) if limit is not None]
    return choose(known) if known else None


def due(layer: Layer, now: datetime) -> Layer:
    """Return the layer as it is now.

    From its deadline on, an optional second step is required. From `passkeys_from` on, everyone
    needs a passkey.
    """
    if layer.passkeys_from is not None and layer.passkeys_from <= now:
        layer = replace(layer, weaker_ways=WeakerWays.NONE)
    over = layer.deadline is not None and layer.deadline <= now
    if not over:
        return layer
    optional = layer.enforcement is Enforcement.OPTIONAL
    return replace(
        layer,
        deadline=None,
        enforcement=Enforcement.REQUIRED if optional else layer.enforcement,
    )
