"""What-if: the levels that apply to one person, what each decides, and what the next login asks."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts import policies
from accounts.models import User
from mfa import countries
from mfa.login import diagnose
from mfa.login.policy_words import sentence_of
from mfa.models import Factor
from mfa.models.level import Level
from mfa.rules.policy import Layer, WeakerWays

# The column behind each field of a layer, if it has another name
COLUMNS = {
    "code_life": "code_life_minutes",
    "session_life": "session_hours",
    "session_idle": "session_idle_minutes",
    "trust_browser_for": "trust_browser_days",
    "recovery_wait": "recovery_hours",
    "enroll_regions": "enroll_countries",
    "text_regions": "text_countries",
}
# The fields that no form shows
LABELS: dict[str, str | Promise] = {
    "skips_from": _("Earlier skips do not count since"),
    "enroll_again_from": _("Everyone sets up MFA again since"),
    "no_email": _("Never by email"),
    "code_life": _("Code lifetime"),
    "session_life": _("Session length"),
    "session_idle": _("Idle timeout"),
    "trust_browser_for": _("Trusted browsers"),
    "recovery_wait": _("Wait after a lost phone"),
    "trusts_from": _("Browsers trusted before do not count since"),
}
METHODS = Factor.Kind.choices
ROLES: dict[str, str | Promise] = {"staff": _("Role: staff"), "managers": _("Role: manager")}


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a level, its value, and whether this level decides it for the person."""

    label: str
    value: str
    decides: bool


@dataclass(frozen=True, slots=True)
class PolicyLevel:
    """One level with what it sets."""

    title: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The whole path of one person: the levels, the resolved policy, the next login and why."""

    levels: tuple[PolicyLevel, ...]
    sentence: str
    next_login: str
    reasons: tuple[str, ...]


def of(user: User) -> WhatIf:
    """Explain the policy of a person. Nothing is sent, counted or written."""
    verdict = diagnose.of(user)
    policy = user.mfa_policy
    sentence = sentence_of(policy)
    if not policy.in_force:
        sentence = gettext("MFA does not apply to this person.")
    return WhatIf(tuple(_levels(user)), sentence, verdict.words, verdict.reasons)


def _levels(user: User) -> Iterator[PolicyLevel]:
    affiliation = user.affiliation
    yield _level(user, gettext("Account Policy"), affiliation.site.layer(policies.SITE))
    for membership in affiliation.memberships:
        organization = membership.organization
        *above, own = policies.branch_of(organization).levels
        for layer in above:
            yield _level(user, gettext("%s: our clients") % organization.parent, layer)
        yield _level(user, organization.name, own)
    for layer in policies.roles_of(user, affiliation):
        yield _level(user, str(ROLES[layer.name]), layer)


def _level(user: User, title: str, layer: Layer) -> PolicyLevel:
    decided_by = user.mfa_policy.decided_by
    stated = {each.name: getattr(layer, each.name) for each in fields(Layer) if each.name != "name"}
    return PolicyLevel(
        title,
        tuple(
            Setting(_label(name), _value(name, value), decided_by.get(name) == layer.name)
            for name, value in stated.items()
            if value is not None
        ),
    )


def _label(name: str) -> str:
    if name in LABELS:
        return str(LABELS[name])
    field = Level._meta.get_field(COLUMNS.get(name, name))  # noqa: SLF001 Django's public name
    return str(field.verbose_name)  # type: ignore[union-attr]


def _value(name: str, value: object) -> str:
    match value:
        case bool():
            return gettext("Yes") if value else gettext("No")
        case datetime():
            return date_format(localtime(value), "j F Y, H:i T")
        case timedelta() if name == "trust_browser_for":
            days = value // timedelta(days=1)
            return ngettext("%d day", "%d days", days) % days if days else gettext("Off")
        case timedelta() if name == "recovery_wait":
            hours = value // timedelta(hours=1)
            return ngettext("%d hour", "%d hours", hours) % hours
        case timedelta():
            minutes = value // timedelta(minutes=1)
            return ngettext("%d minute", "%d minutes", minutes) % minutes
        case WeakerWays.NONE:
            return gettext("Everyone needs a passkey")
        case frozenset() if name == "methods":
            return ", ".join(str(words) for method, words in METHODS if method in value)
        case frozenset():
            return countries.words(value)
        case str() if name == "home_region":
            return countries.name_of(value)
        case _:
            choices = dict(Level._meta.get_field(name).choices or ())  # type: ignore[union-attr]  # noqa: SLF001
            return str(choices.get(value, value))
