"""Which level decided each field of an organization's rules, and what this level may choose."""

from django.utils.text import get_text_list
from django.utils.translation import gettext

from accounts import policies
from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import rules
from mfa.login.policy_words import METHODS
from mfa.rules.policy import Enforcement


def explain(organization: Organization, level: OrganizationPolicy) -> dict[str, str]:
    """Return a sentence for each field of the form."""
    now = rules.policy_with(organization, level)
    said = gettext("Decided by: %s.")
    required = said % _name(_decider(organization, level, now.enforcement))
    decided = {
        "enabled": required,
        "opt_out": required,
        "deadline": said % _name(now.decided_by["deadline"]) if now.deadline else "",
        "methods": said % _name(now.decided_by.get("methods", policies.SITE)),
    }
    choices = {
        "enabled": _requirement(organization, level),
        "methods": _methods(organization, level),
    }
    return {
        name: " ".join(filter(None, (words, choices.get(name)))) for name, words in decided.items()
    }


def _decider(
    organization: Organization, level: OrganizationPolicy, enforcement: Enforcement
) -> str:
    """Return the outermost level that demands it, or else the one that states it."""
    least = organization.site.floor or organization.site.layer(policies.SITE).enforcement
    stating = [
        each.name
        for each in rules.branch_with(organization, level).levels
        if each.enforcement is enforcement
    ]
    by_site = enforcement is least is not Enforcement.OFF
    return policies.SITE if by_site or not stating else stating[0]


def _name(level: str) -> str:
    return gettext("the portal") if level == policies.SITE else level


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
    names = [str(words) for method, words in METHODS.items() if method in above.methods]
    return gettext("You can choose from: %s.") % get_text_list(names, gettext("or"))
