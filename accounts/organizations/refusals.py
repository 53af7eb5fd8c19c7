"""Why an organization's new rules are refused before they are saved, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext

from accounts.models import Organization, OrganizationPolicy, User
from accounts.organizations import deciders, rules
from mfa import factors
from mfa.models.policy import Conflict
from mfa.rules.methods import RESISTANT, only_email
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
    if words := _too_long_trust(organization, changed):
        return RulesRefusal("trust_browser_days", words)
    if _demands_passkeys(changed) and not factors.holds_one_of(actor, RESISTANT):
        return RulesRefusal("passkeys_from", gettext("Set up a passkey yourself first."))
    asks = changed.enforcement not in {"", Enforcement.OFF}
    if asks and not factors.holds_one_of(actor, changed.methods):
        return RulesRefusal("methods", gettext("Set up one of these methods yourself first."))
    return None


def _too_long_trust(organization: Organization, changed: OrganizationPolicy) -> str:
    days, most = changed.trust_browser_days or 0, rules.most_trust_days(organization, changed)
    # What was stored before a level above allowed less has no effect, so it may stay.
    stored = OrganizationPolicy.objects.get(pk=changed.pk).trust_browser_days
    return deciders.most_trust(most) if days > most and days != stored else ""


def _demands_passkeys(changed: OrganizationPolicy) -> bool:
    """Whether the change sets a date from which people need a passkey."""
    if changed.passkeys_from is None:
        return False
    stored = OrganizationPolicy.objects.get(pk=changed.pk)
    return changed.passkeys_from != stored.passkeys_from


def _without_method(conflict: Conflict) -> str:
    if conflict.error.field == "passkeys":
        words = gettext("These rules together require passkeys but do not allow them: %s.")
        return words % ", ".join(conflict.error.levels)
    if conflict.error.field == "ready":
        return gettext(
            "These rules leave only approval on a phone, which this portal can't offer yet. "
            "Choose another method, or ask an administrator."
        )
    if conflict.shared:
        words = gettext("Another organization's rules leave these people no method: %s.")
        return words % conflict.named
    words = gettext("These rules together leave no method: %s. Choose another one.")
    found = words % ", ".join(conflict.error.levels)
    if conflict.people:
        found += " " + gettext("People affected: %s.") % conflict.named
    return found
