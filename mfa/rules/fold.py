"""Folding: the levels of a person become one policy.

The site is outermost. Below it each membership has its own levels, a partner and an organization,
and roles such as staff come last. Adding a membership to a person who has one never loosens
anything, and the order of the memberships after the first does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from mfa.rules.methods import FIRST, RESISTANT, Method, only_email
from mfa.rules.policy import Enforcement, Layer, Policy, apply, bounded, tighten
from mfa.rules.regions import group

# The fields that decide where new numbers can be
COUNTRIES = ("enroll_regions", "text_regions", "home_region")
STRICTNESS = list(Enforcement)


@dataclass(frozen=True, slots=True)
class Branch:
    """The levels between the site and the person in one organization, outermost first.

    An account that registered itself has a membership without levels.
    """

    levels: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class Combination:
    """The levels of one or several organizations.

    `organization` is the id of one, and its people are read if they are needed. For several,
    `people` are the emails of some people who belong to all of them, and `count` is how many do.
    """

    branches: tuple[Branch, ...]
    people: tuple[str, ...] = ()
    count: int = 0
    organization: int | None = None


class EmptyPolicyError(ValueError):
    """The levels together allow no `field`: "methods", "passkeys", "countries" or "ready".

    "passkeys": one level demands a passkey, and another does not allow them. "ready": the portal
    offers none of the methods. `levels` names the levels that restrict it. `policy` is the result
    so far: confirmed factors still work, and nothing new can be enrolled.
    """

    def __init__(self, field: str, levels: tuple[str, ...], policy: Policy) -> None:
        """Store the empty field, the levels that restrict it, and the policy so far."""
        super().__init__(f"no {field} left by {', '.join(levels)}")
        self.field = field
        self.levels = levels
        self.policy = policy


def resolve(
    site: Layer,
    roles: Iterable[Layer] = (),
    branches: Iterable[Branch] = (),
    *,
    in_force: bool,
    floor: Enforcement | None = None,
    paused: bool = False,
    resting: frozenset[str] = frozenset(),
    mail_tested: bool = False,
    unready: frozenset[Method] = frozenset(),
) -> Policy:
    """Fold the site, a person's memberships (the home first) and roles into one policy.

    A level that allows only email decides nothing about the methods of people in a role without it
    (EM-07). Each membership may loosen the site's enforcement down to `floor`, and the strictest
    membership counts (K11). If no level of the home names countries, new numbers must be of the
    home country: every extra country is another target for SMS pumping. `unready` are methods that
    the portal does not offer, which matters only to a check. Raises EmptyPolicyError.
    """
    return _folded(
        site,
        tuple(roles),
        tuple(branches) or (Branch(),),
        in_force=in_force,
        floor=floor,
        paused=paused,
        resting=resting,
        mail_tested=mail_tested,
        unready=unready,
    )


def _fold(
    site: Layer,
    roles: tuple[Layer, ...],
    branches: tuple[Branch, ...],
    *,
    in_force: bool,
    floor: Enforcement | None,
    paused: bool,
    resting: frozenset[str],
    mail_tested: bool,
    unready: frozenset[Method],
) -> Policy:
    below = (site, *(level for branch in branches for level in branch.levels))
    named = any(Method.EMAIL in (level.methods or ()) for level in below)
    no_email = named and any(role.no_email for role in roles)
    known = Policy(
        in_force=in_force,
        paused=paused,
        resting=resting,
        mail_tested=mail_tested,
        no_email=no_email,
    )
    if no_email:
        site = _without_email(site)
        branches = tuple(Branch(tuple(map(_without_email, each.levels))) for each in branches)
    home, *others = branches
    nearest = (site, *home.levels, *roles)
    policy = _with_enforcement(apply(known, bounded(site)), site.name, branches, floor)
    for level in (*home.levels, *roles):
        policy = tighten(policy, level)
    if policy.home_region and all(level.enroll_regions is None for level in nearest):
        policy = _at_home(policy)
    for branch in sorted(others, key=_names):
        policy = _with_demands(policy, site, branch)
    levels = (*nearest, *(level for other in others for level in other.levels))
    if policy.methods.isdisjoint(FIRST):
        raise EmptyPolicyError("methods", _wishing(levels, "methods"), policy)
    if unready.issuperset(policy.methods.intersection(FIRST)):
        raise EmptyPolicyError("ready", _wishing(levels, "methods"), policy)
    if policy.passkeys_from and policy.methods.isdisjoint(RESISTANT):
        raise EmptyPolicyError("passkeys", _wishing(levels, "methods", "passkeys_from"), policy)
    closed = policy.enroll_regions.isdisjoint(policy.text_regions)
    if closed and Method.PHONE in policy.methods:
        raise EmptyPolicyError("countries", _wishing(levels, *COUNTRIES), policy)
    return policy


# The same layers give the same policy. The layers are loaded again in each request.
_folded = lru_cache(maxsize=256)(_fold)


def _without_email(level: Layer) -> Layer:
    """Return the level without its methods if email is the only one of them."""
    return replace(level, methods=None) if only_email(level.methods or ()) else level


def _with_enforcement(
    policy: Policy, site: str, branches: tuple[Branch, ...], floor: Enforcement | None
) -> Policy:
    """Resolve the enforcement per membership; the strictest one counts."""
    above = Layer(name=site, enforcement=policy.enforcement)
    found = [_strictest(branch.levels) or above for branch in sorted(branches, key=_names)]
    strictest = max(found, key=_strictness)
    least = floor or policy.enforcement
    if _strictness(strictest) < STRICTNESS.index(least):
        strictest = replace(above, enforcement=least)
    if strictest.enforcement is policy.enforcement:
        return policy
    return apply(policy, Layer(name=strictest.name, enforcement=strictest.enforcement))


def _strictest(levels: Iterable[Layer]) -> Layer | None:
    """Return the level with the strictest enforcement, or None if no level has one."""
    stated = [level for level in levels if level.enforcement is not None]
    return max(stated, key=_strictness, default=None)


def _strictness(level: Layer) -> int:
    return STRICTNESS.index(level.enforcement or Enforcement.OFF)


def _with_demands(policy: Policy, site: Layer, branch: Branch) -> Policy:
    """Apply the requirements of a membership that is not the home. Its wording has no effect."""
    for level in branch.levels:
        demands = replace(
            level,
            after_enrollment=None,
            number_change=None,
            home_region=None,
            contact=None,
            may_close=None,
        )
        policy = tighten(policy, demands)
    says = [level for level in (site, *branch.levels) if level.may_close is not None]
    if policy.may_close and not (says and says[-1].may_close):
        refusing = says[-1].name if says else site.name
        policy = apply(policy, Layer(name=refusing, may_close=False))
    return policy


def _names(branch: Branch) -> tuple[str, ...]:
    return tuple(level.name for level in branch.levels)


def _wishing(levels: Iterable[Layer], *names: str) -> tuple[str, ...]:
    """Return the names of the levels that set one of these fields, each once."""
    wishing = (
        level.name for level in levels if any(getattr(level, name) is not None for name in names)
    )
    return tuple(dict.fromkeys(wishing))


def _at_home(policy: Policy) -> Policy:
    decided_by = {**policy.decided_by, "enroll_regions": policy.decided_by["home_region"]}
    return replace(policy, enroll_regions=group(policy.home_region), decided_by=decided_by)
