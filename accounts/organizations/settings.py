"""Which level decides each setting of an organization's rules, and what this level may choose."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from accounts.models import Organization, OrganizationPolicy
from accounts.organizations import deciders, rules
from accounts.what_if import COLUMNS
from mfa import countries
from mfa.models.level import Level
from mfa.rules.policy import EmailCodes, Policy, WeakerWays
from mfa.rules.regions import EVERYWHERE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The field of a resolved policy behind each column that has another name
FIELDS = {column: name for name, column in COLUMNS.items()}


def settings_of(
    organization: Organization, level: OrganizationPolicy, names: Iterable[str]
) -> dict[str, str]:
    """Return a sentence or two for each of these columns, if there is something to say."""
    now = rules.policy_with(organization, level)
    above = rules.policy_with(organization, OrganizationPolicy(pk=level.pk))
    found = {}
    for column in names:
        name = FIELDS.get(column, column)
        decided = _decided(organization, level, now, name)
        may = deciders.choices(organization, level).get(column) or _may(above, name)
        found[column] = " ".join(filter(None, (decided, may)))
    return found


def _decided(organization: Organization, level: OrganizationPolicy, now: Policy, name: str) -> str:
    if name == "enforcement":
        return deciders.decided(deciders.decider(organization, level, now.enforcement))
    return deciders.decided(now.decided_by[name]) if name in now.decided_by else ""


def _may(above: Policy, name: str) -> str:
    """Say how far this level may go: it only tightens what the levels above demand."""
    match getattr(above, name, None):
        case timedelta() as most if name == "trust_browser_for":
            return deciders.most_trust(most // DAY)
        case timedelta() as most:
            return gettext("You can choose up to %s.") % _duration(most)
        case datetime() as end:
            latest = date_format(localtime(end), "j F Y, H:i T")
            return gettext("You can choose %s or earlier.") % latest
        case EmailCodes() as loosest if loosest is not EmailCodes.LOGIN:
            allowed = list(EmailCodes)[list(EmailCodes).index(loosest) :]
            words = [str(Level.Email(each).label) for each in allowed]
            return gettext("You can choose from: %s.") % get_text_list(words, gettext("or"))
        case WeakerWays.REFUSE | WeakerWays.NONE:
            return gettext("A level above requires it.")
        case frozenset() as regions if regions != EVERYWHERE:
            return gettext("You can choose from: %s.") % countries.words(regions)
        case bool() as chosen:
            return _yes_or_no(name, chosen=chosen)
        case int() as most:
            return gettext("You can choose up to %d.") % most
    return ""


def _yes_or_no(name: str, *, chosen: bool) -> str:
    if name in {"new_device_email", "backup"} and chosen:
        return gettext("A level above requires it.")
    if name == "allow_voip" and not chosen:
        return gettext("A level above does not allow it.")
    return ""


def _duration(most: timedelta) -> str:
    if most > DAY and most % DAY == timedelta():
        return ngettext("%d day", "%d days", most // DAY) % (most // DAY)
    if most > HOUR and most % HOUR == timedelta():
        return ngettext("%d hour", "%d hours", most // HOUR) % (most // HOUR)
    minutes = most // timedelta(minutes=1)
    return ngettext("%d minute", "%d minutes", minutes) % minutes
