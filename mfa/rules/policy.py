"""The policy that applies to a person: layers of settings, folded from the outermost inward.

A lower level can only tighten requirements. For contact, flow and home country, the nearest level
wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from mfa.rules.methods import Method
from mfa.rules.regions import EVERYWHERE, group


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


class AfterEnrollment(StrEnum):
    """What follows after the first factor is confirmed (K1)."""

    LOGIN_AGAIN = "login_again"
    FINISH = "finish"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The settings of one level. None means "the level above decides"."""

    name: str
    enforcement: Enforcement | None = None
    methods: frozenset[Method] | None = None
    email_codes: EmailCodes | None = None
    backup: bool | None = None
    code_life: timedelta | None = None
    session_life: timedelta | None = None
    session_idle: timedelta | None = None
    allow_voip: bool | None = None
    enroll_regions: frozenset[str] | None = None
    text_regions: frozenset[str] | None = None
    after_enrollment: AfterEnrollment | None = None
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
    way to log in besides a phone. `decided_by` names the layer behind each field that a layer
    decided.
    """

    in_force: bool = False
    paused: bool = False
    resting: frozenset[str] = frozenset()
    mail_tested: bool = False
    enforcement: Enforcement = Enforcement.REQUIRED
    methods: frozenset[Method] = frozenset(Method)
    email_codes: EmailCodes = EmailCodes.LOGIN
    backup: bool = False
    # NIST SP 800-63B-4, 3.1.3.2: at most 10 minutes
    code_life: timedelta = timedelta(minutes=10)
    # NIST SP 800-63B-4, 2.2.3: a session lasts up to 24 hours, and up to 1 hour without a request
    session_life: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(minutes=30)
    allow_voip: bool = False
    enroll_regions: frozenset[str] = EVERYWHERE
    text_regions: frozenset[str] = EVERYWHERE
    after_enrollment: AfterEnrollment = AfterEnrollment.LOGIN_AGAIN
    home_region: str = ""
    contact: str = ""
    decided_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def demanded(self) -> bool:
        """Whether the person needs a second step now."""
        return self.in_force and not self.paused

    def may_enroll(self, region: str) -> bool:
        """Whether a new number of this region can be enrolled."""
        return region in self.enroll_regions & self.text_regions


# The bounds for every level. Codes: NIST SP 800-63B-4, 3.1.3.2, and ASVS 5.0, 6.5.5, allow 10
# minutes; under 2 minutes is too short for people. Sessions: NIST SP 800-63B-4, 2.2.3, allows 24
# hours and one idle hour; with an idle timeout under 5 minutes people lose what they write.
BOUNDS = {
    "code_life": (timedelta(minutes=2), timedelta(minutes=10)),
    "session_life": (timedelta(hours=1), timedelta(hours=24)),
    "session_idle": (timedelta(minutes=5), timedelta(hours=1)),
}
# The fields that decide where new numbers can be
COUNTRIES = ("enroll_regions", "text_regions", "home_region")

Strictness = TypeVar("Strictness", Enforcement, EmailCodes)
Item = TypeVar("Item", Method, str)


class EmptyPolicyError(ValueError):
    """The levels together allow no `field`: "methods" or "countries".

    `levels` names the levels that restrict it. `policy` is the result so far: confirmed factors
    still work, and nothing new can be enrolled.
    """

    def __init__(self, field: str, levels: tuple[str, ...], policy: Policy) -> None:
        """Store the empty field, the levels that restrict it, and the policy so far."""
        super().__init__(f"no {field} left by {', '.join(levels)}")
        self.field = field
        self.levels = levels
        self.policy = policy


def resolve(
    site: Layer,
    layers: Iterable[Layer] = (),
    *,
    in_force: bool,
    paused: bool = False,
    resting: frozenset[str] = frozenset(),
    mail_tested: bool = False,
) -> Policy:
    """Fold the site's layer and the layers below it, outermost first, into one policy.

    If no level names countries, new numbers must be of the home country: every extra country is
    another target for SMS pumping. Raises EmptyPolicyError.
    """
    return _folded(
        site,
        tuple(layers),
        in_force=in_force,
        paused=paused,
        resting=resting,
        mail_tested=mail_tested,
    )


def _fold(
    site: Layer,
    layers: tuple[Layer, ...],
    *,
    in_force: bool,
    paused: bool,
    resting: frozenset[str],
    mail_tested: bool,
) -> Policy:
    site = bounded(site)
    levels = (site, *layers)
    given = Policy(in_force=in_force, paused=paused, resting=resting, mail_tested=mail_tested)
    policy = _set(given, site)
    for layer in levels[1:]:
        policy = tighten(policy, layer)
    if policy.home_region and all(layer.enroll_regions is None for layer in levels):
        policy = _at_home(policy)
    if not policy.methods:
        raise EmptyPolicyError("methods", _wishing(levels, "methods"), policy)
    closed = policy.enroll_regions.isdisjoint(policy.text_regions)
    if closed and Method.PHONE in policy.methods:
        raise EmptyPolicyError("countries", _wishing(levels, *COUNTRIES), policy)
    return policy


# The same layers give the same policy. The layers are loaded again in each request.
_folded = lru_cache(maxsize=256)(_fold)


def _wishing(levels: Iterable[Layer], *names: str) -> tuple[str, ...]:
    """Return the names of the levels that set one of these fields."""
    return tuple(
        layer.name for layer in levels if any(getattr(layer, name) is not None for name in names)
    )


def _at_home(policy: Policy) -> Policy:
    decided_by = {**policy.decided_by, "enroll_regions": policy.decided_by["home_region"]}
    return replace(policy, enroll_regions=group(policy.home_region), decided_by=decided_by)


def tighten(policy: Policy, layer: Layer) -> Policy:
    """Apply one more layer, which can tighten requirements and choose the flow."""
    layer = bounded(layer)
    kept = Layer(
        name=layer.name,
        enforcement=_stricter(policy.enforcement, layer.enforcement),
        methods=_common(policy.methods, layer.methods),
        email_codes=_stricter(policy.email_codes, layer.email_codes),
        backup=policy.backup or layer.backup,
        code_life=min(policy.code_life, layer.code_life or policy.code_life),
        session_life=min(policy.session_life, layer.session_life or policy.session_life),
        session_idle=min(policy.session_idle, layer.session_idle or policy.session_idle),
        allow_voip=policy.allow_voip and layer.allow_voip is not False,
        enroll_regions=_common(policy.enroll_regions, layer.enroll_regions),
        text_regions=_common(policy.text_regions, layer.text_regions),
        after_enrollment=layer.after_enrollment,
        home_region=layer.home_region,
        contact=layer.contact,
    )
    return _set(policy, kept)


def bounded(layer: Layer) -> Layer:
    """Return the layer with each duration within its bounds, whatever the form or row contains."""
    numbers = {
        name: min(max(wished, least), most)
        for name, (least, most) in BOUNDS.items()
        if (wished := getattr(layer, name)) is not None
    }
    return replace(layer, **numbers)


def _set(policy: Policy, layer: Layer) -> Policy:
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
