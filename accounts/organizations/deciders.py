"""Which level decided each field of an organization's rules, and what this level may choose."""

from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from accounts import policies
from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import rules
from accounts.what_if import METHODS
from mfa.login.policy_words import day_of
from mfa.rules.policy import Enforcement, Policy


def explain(organization: Organization, level: OrganizationPolicy) -> dict[str, str]:
    """Return a sentence for each field of the managers' form."""
    now = rules.policy_with(organization, level)
    may = choices(organization, level)
    required = decided(decider(organization, level, now.enforcement))
    return {
        "enabled": f"{required} {may['enforcement']}",
        "opt_out": required,
        "deadline": decided(now.decided_by["deadline"]) if now.deadline else "",
        "methods": f"{decided(now.decided_by.get('methods', policies.SITE))} {may['methods']}",
        "trust_browser_days": _trust(organization, level, now),
        "passkeys_from": _passkeys(organization, level, now),
    }


def choices(organization: Organization, level: OrganizationPolicy) -> dict[str, str]:
    """Say what this level may require, and which methods it may choose."""
    return {
        "enforcement": _requirement(organization, level),
        "methods": _methods(organization, level),
    }


def decided(level: str) -> str:
    """Return the sentence that names the level behind a field."""
    name = gettext("the portal") if level == policies.SITE else level
    return gettext("Decided by: %s.") % name


def decider(organization: Organization, level: OrganizationPolicy, enforcement: Enforcement) -> str:
    """Return the outermost level that demands it, or else the one that states it."""
    least = organization.site.floor or organization.site.layer(policies.SITE).enforcement
    stating = [
        each.name
        for each in rules.branch_with(organization, level).levels
        if each.enforcement is enforcement
    ]
    by_site = enforcement is least is not Enforcement.OFF
    return policies.SITE if by_site or not stating else stating[0]


def _trust(organization: Organization, level: OrganizationPolicy, now: Policy) -> str:
    by = now.decided_by.get("trust_browser_for", policies.SITE)
    return f"{decided(by)} {most_trust(rules.most_trust_days(organization, level))}"


def most_trust(days: int) -> str:
    """Say for how many days this level may let people trust a browser."""
    if not days:
        return gettext("No level above allows it.")
    words = ngettext("You can choose up to %d day.", "You can choose up to %d days.", days)
    return words % days


def _passkeys(organization: Organization, level: OrganizationPolicy, now: Policy) -> str:
    if now.passkeys_from is None:
        return ""
    above = rules.policy_with(organization, OrganizationPolicy(pk=level.pk)).passkeys_from
    latest = gettext("The levels above require it from %s.") % day_of(above) if above else ""
    return " ".join(filter(None, (decided(now.decided_by["passkeys_from"]), latest)))


def _requirement(organization: Organization, level: OrganizationPolicy) -> str:
    loosest = OrganizationPolicy(pk=level.pk, enforcement=Enforcement.OFF)
    match rules.policy_with(organization, loosest).enforcement:
        case Enforcement.REQUIRED:
            return gettext("MFA is required above, so you can't loosen it.")
        case Enforcement.OPTIONAL:
            return gettext("You can require MFA, or let people skip it.")
        case _:
            return gettext("You can turn MFA on or off.")


def _methods(organization: Organization, level: OrganizationPolicy) -> str:
    above = rules.policy_with(organization, OrganizationPolicy(pk=level.pk))
    names = [str(words) for method, words in METHODS if method in above.methods]
    return gettext("You can choose from: %s.") % get_text_list(names, gettext("or"))
