"""Why an organization's new rules are refused before they are saved, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext

from accounts.models import Organization, User
from accounts.organizations import rules
from accounts.organizations.rules import Wishes
from mfa.rules.fold import EmptyPolicyError
from mfa.rules.policy import Enforcement

# So many people are named at once.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RulesRefusal:
    """The field of the rules that is refused, and why."""

    field: str
    words: str


def refusal_of(actor: User, organization: Organization, wishes: Wishes) -> RulesRefusal | None:
    """Return why the levels above do not allow the wishes, or who would lose every method."""
    own = rules.changed(organization, wishes)
    try:
        policy = rules.policy_with(organization, own)
    except EmptyPolicyError as error:
        words = gettext("These rules together leave no method: %s. Choose another one.")
        return RulesRefusal("methods", words % ", ".join(error.levels))
    order = list(Enforcement)
    if order.index(policy.enforcement) > order.index(wishes.enforcement):
        field = "opt_out" if wishes.enforcement is Enforcement.OPTIONAL else "enabled"
        return RulesRefusal(
            field, gettext("The portal requires more. You can only make it stricter.")
        )
    if wishes.enforcement is not Enforcement.OFF and not rules.holds_allowed(actor, wishes.methods):
        return RulesRefusal("methods", gettext("Set up one of these methods yourself first."))
    if shut := rules.conflicts(organization, own):
        names = ", ".join(person.email for person in shut[:MOST_NAMED])
        words = gettext("Another organization's rules leave these people no method: %s.")
        return RulesRefusal("methods", words % names)
    return None
