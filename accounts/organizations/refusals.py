"""Why an organization's new rules are refused before they are saved, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext

from accounts.models import Organization, OrganizationPolicy, User
from accounts.organizations import rules
from mfa import factors
from mfa.models.policy import Conflict
from mfa.rules.methods import only_email
from mfa.rules.policy import Enforcement


@dataclass(frozen=True, slots=True)
class RulesRefusal:
    """The field of the rules that is refused, and why."""

    field: str
    words: str


def refusal_of(
    actor: User, organization: Organization, changed: OrganizationPolicy
) -> RulesRefusal | None:
    """Return why the levels above do not allow a changed level, or who would lose every method."""
    if conflict := rules.conflict_with(organization, changed):
        return RulesRefusal("methods", _without_method(conflict))
    if only_email(changed.methods) and not organization.site.health.mail_tested:
        words = gettext("Emails of this portal are not tested yet. Ask an administrator to do it.")
        return RulesRefusal("methods", words)
    if rules.demands_less(organization, changed):
        field = "opt_out" if changed.enforcement == Enforcement.OPTIONAL else "enabled"
        words = gettext("The portal requires more. You can only make it stricter.")
        return RulesRefusal(field, words)
    asks = changed.enforcement not in {"", Enforcement.OFF}
    if asks and not factors.holds_one_of(actor, changed.methods):
        return RulesRefusal("methods", gettext("Set up one of these methods yourself first."))
    return None


def _without_method(conflict: Conflict) -> str:
    if conflict.shared:
        words = gettext("Another organization's rules leave these people no method: %s.")
        return words % conflict.named
    words = gettext("These rules together leave no method: %s. Choose another one.")
    found = words % ", ".join(conflict.error.levels)
    if conflict.people:
        found += " " + gettext("People affected: %s.") % conflict.named
    return found
