"""The data of the limits page: every limit with its reason, and today's use."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import countries
from mfa.challenges import MOST_WRONG_ANSWERS
from mfa.fraud.conversion import ACCOUNT, COUNTRY, NETWORK, Conversion
from mfa.limits import budget, counters, table as limits
from mfa.limits.base import DAY, HOUR, MINUTE, Limit
from mfa.limits.lockouts import WRONG_CODES, WRONG_CODES_OF_STRANGERS, WRONG_PASSWORDS, Backoff
from mfa.models import TRIES, SitePolicy
from mfa.rules.regions import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: what is limited, the limit, and the reason."""

    what: Promise | str
    most: str
    why: Promise | str


@dataclass(frozen=True, slots=True)
class Share:
    """The use of a limit that all people share."""

    what: str
    used: int
    most: int


def limits_of(policy: SitePolicy) -> list[Figure]:
    """List the limits, with the numbers of the policy."""
    own = {use.limit.name: use.limit for use in budget.pots(policy)}
    windows: dict[str, list[Limit]] = {}
    for limit in limits.TABLE:
        windows.setdefault(limit.name, []).append(own.get(limit.name, limit))
    return [
        Figure(same[0].what, ", ".join(map(_most, same)), same[0].why) for same in windows.values()
    ]


def _most(limit: Limit) -> str:
    return gettext("%(most)d in %(time)s") % {"most": limit.most, "time": _time(limit.per)}


def _time(length: timedelta) -> str:
    for unit, one, many in (
        (DAY, "%d day", "%d days"),
        (HOUR, "%d hour", "%d hours"),
        (MINUTE, "%d minute", "%d minutes"),
    ):
        if length >= unit:
            return ngettext(one, many, length // unit) % (length // unit)
    seconds = round(length.total_seconds())
    return ngettext("%d second", "%d seconds", seconds) % seconds


def other_figures() -> list[Figure]:
    """List the limits outside of the table."""
    return [
        Figure(
            _("Verified share of texts to new numbers, per account"),
            _share(ACCOUNT),
            _("Below this, the account gets no texts to new numbers for 12 hours."),
        ),
        Figure(
            _("Verified share of texts to new numbers, per network (/24, /64)"),
            _share(NETWORK),
            _("Below this, the network gets no texts to new numbers for 12 hours."),
        ),
        Figure(
            _("Verified share of texts to new numbers, per country"),
            _share(COUNTRY),
            _(
                "Below this, only verified numbers of that country get texts for a day. "
                "Applies only if the texts come from at least 10 accounts in 5 networks "
                "and go to 5 blocks of a thousand numbers."
            ),
        ),
        Figure(
            _("People with the same number"),
            str(limits.PEOPLE_PER_NUMBER),
            _("A family may share a phone. Administrators are emailed."),
        ),
        Figure(
            _("Attempts per code"),
            str(TRIES),
            _("Six digits are safe if only a few attempts are possible."),
        ),
        Figure(
            _("Wrong codes for one person, from all unrecognized devices"),
            _waits(WRONG_CODES_OF_STRANGERS),
            _("Five of the ten attempts are kept for recognized devices."),
        ),
        Figure(
            _("Wrong codes in a row from one recognized device"),
            _waits(WRONG_CODES),
            _("Delays rather than locks, so an attacker cannot lock the owner out."),
        ),
        Figure(
            _("Wrong codes for one factor"),
            str(MOST_WRONG_ANSWERS),
            _(
                "Then the factor is disabled. "
                "The count resets after a day without a wrong code, "
                "or when the owner confirms the emailed warning."
            ),
        ),
        Figure(
            _("Wrong passwords in a row for one person, not from recognized devices"),
            _waits(WRONG_PASSWORDS),
            _("Others cannot lock someone out for long."),
        ),
    ]


def _share(conversion: Conversion) -> str:
    return gettext("%(share)d %% of %(texts)d or more in %(time)s") % {
        "share": round(conversion.least_share * 100),
        "texts": conversion.from_texts,
        "time": _time(conversion.window),
    }


def _waits(backoff: Backoff) -> str:
    return gettext("After %(nth)d in a row: wait %(first)s, doubling up to %(longest)s") % {
        "nth": backoff.free + 1,
        "first": _time(backoff.first),
        "longest": _time(backoff.longest),
    }


def shares_of(policy: SitePolicy) -> list[Share]:
    """List the site's budgets, and each foreign country with texts to new numbers."""
    pots = budget.pots(policy)
    abroad = {limits.NEW_PER_COUNTRY.of(region): region for region in sorted(EVERYWHERE)}
    used = counters.used([*pots, *abroad])
    return [
        *(Share(str(use.limit.what), used[use], use.limit.most) for use in pots),
        *(
            Share(countries.name_of(region), used[use], use.limit.most)
            for use, region in abroad.items()
            if used[use]
        ),
    ]
