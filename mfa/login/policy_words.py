"""A policy and the impact of a change in sentences, in the reader's language."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa.factors import KINDS
from mfa.login.impact import Affected, Impact, Later
from mfa.models import SitePolicy
from mfa.rules.fold import EmptyPolicyError, resolve
from mfa.rules.methods import RESISTANT, Method
from mfa.rules.outcomes import NextLogin
from mfa.rules.policy import Enforcement, Policy

DAY = timedelta(days=1)
# What the next login asks of one person, in a list
OUTCOMES: dict[NextLogin, str | Promise] = {
    NextLogin.SET_UP_PASSKEY: _("must set up a passkey"),
    NextLogin.SET_UP: _("must set up MFA"),
    NextLogin.MAY_SET_UP: _("may set up MFA"),
    NextLogin.BACK_UP: _("enters a code, then saves recovery codes"),
    NextLogin.PASSKEY: _("uses a passkey or a recovery code"),
    NextLogin.CODE: _("enters a code"),
    NextLogin.NOTHING: _("logs in with just the password"),
    NextLogin.BLOCKED: _("cannot log in: needs support"),
}


# What a date from which everyone needs a passkey leads to
BY_PASSKEY = (NextLogin.SET_UP_PASSKEY, NextLogin.PASSKEY)


def sentence_of(policy: Policy) -> str:
    """Say what the policy asks of a person, in a sentence or two."""
    if policy.enforcement is Enforcement.OFF:
        return gettext("People log in with just their password.")
    said = (_asked(policy), _beside(policy), _trust(policy.trust_browser_for // DAY))
    return " ".join(filter(None, said))


def _asked(policy: Policy) -> str:
    names = [str(words) for words in _wanted(policy.offered)]
    said = {"methods": get_text_list(names, gettext("or"))}
    if policy.enforcement is Enforcement.REQUIRED or policy.only_passkeys:
        return gettext("Everyone sets up %(methods)s, and uses it to log in.") % said
    if policy.deadline is None:
        return gettext("People can set up %(methods)s, or skip it.") % said
    said["day"] = day_of(policy.deadline)
    return gettext("People can set up %(methods)s. From %(day)s, everyone must.") % said


def _beside(policy: Policy) -> str:
    """Say which people can use other methods than passkeys and recovery codes, and until when."""
    found = []
    if policy.only_passkeys:
        found.append(gettext("Other methods only lead to this setup."))
    elif policy.refuses_weaker(RESISTANT):
        found.append(gettext("People with a passkey log in only with passkeys and recovery codes."))
    if policy.passkeys_due:
        found.append(gettext("From %s, everyone needs a passkey.") % day_of(policy.passkeys_due))
    return " ".join(found)


def day_of(moment: datetime) -> str:
    """Return the day in words."""
    return date_format(localtime(moment), "j F Y")


def _trust(days: int) -> str:
    if not days:
        return ""
    words = ngettext(
        "People can skip the second step for %d day in a browser that they trust.",
        "People can skip the second step for %d days in a browser that they trust.",
        days,
    )
    return words % days


def sentence_of_site(site: SitePolicy) -> str:
    """Say what the site asks of a person without an organization."""
    if not site.enabled:
        return gettext("MFA is off. People log in with just their password.")
    try:
        policy = resolve(site.layer("site"), in_force=True, floor=site.floor)
    except EmptyPolicyError as error:
        policy = error.policy
    since = site.staff_passkeys_from
    staff = gettext("From %s, staff need a passkey.") % day_of(since) if since else ""
    return " ".join(filter(None, (sentence_of(policy), staff)))


def impact_sentences(impact: Impact, later: Iterable[Later] = ()) -> list[str]:
    """Say how many people a change affects, and how: at once, and from its dates on."""
    counted = impact.count()
    allowed = {method for change in impact.changes for method in change.after.methods}
    method = next((str(words) for words in _wanted(allowed)), "")
    found = [
        f"{', '.join(_clauses(outcome, counted[outcome], method))}."
        for outcome in OUTCOMES
        if outcome in counted
    ]
    found += [sentence for each in later for sentence in _later(each)]
    return found or [gettext("The change affects no one's next login.")]


def _later(later: Later) -> Iterator[str]:
    counted = later.impact.count()
    for outcome in BY_PASSKEY:
        if outcome in counted:
            said = ", ".join(_clauses(outcome, counted[outcome], ""))
            words = gettext("From %(day)s: %(sentence)s.")
            yield words % {"day": day_of(later.day), "sentence": said}


def grouped(number: int) -> str:
    """Return a number with its digits grouped, as in "100,000"."""
    return number_format(number, force_grouping=True)


def _wanted(methods: Collection[Method]) -> Iterator[Promise]:
    for method, kind in KINDS.items():
        if method in methods and kind.words.asked:
            yield kind.words.asked


def _clauses(outcome: NextLogin, affected: Affected, method: str) -> Iterator[str]:
    yield _main(outcome, affected.people) % {
        "number": grouped(affected.people),
        "method": method,
    }
    if outcome is NextLogin.SET_UP and (without := affected.without_number):
        words = ngettext(
            "%s of them has no usable number", "%s of them have no usable number", without
        )
        yield words % grouped(without)
    if active := affected.logged_in:
        yield ngettext("%s is logged in now", "%s are logged in now", active) % grouped(active)


def _main(outcome: NextLogin, number: int) -> str:
    match outcome:
        case NextLogin.SET_UP_PASSKEY:
            return ngettext(
                "%(number)s person will be asked to set up a passkey at the next login",
                "%(number)s people will be asked to set up a passkey at their next login",
                number,
            )
        case NextLogin.BACK_UP:
            return ngettext(
                "%(number)s person will enter a code and save recovery codes at the next login",
                "%(number)s people will enter a code and save recovery codes at their next login",
                number,
            )
        case NextLogin.PASSKEY:
            return ngettext(
                "%(number)s person will log in only with a passkey or a recovery code",
                "%(number)s people will log in only with a passkey or a recovery code",
                number,
            )
        case NextLogin.SET_UP:
            return ngettext(
                "%(number)s person will be asked to set up %(method)s at the next login",
                "%(number)s people will be asked to set up %(method)s at their next login",
                number,
            )
        case NextLogin.MAY_SET_UP:
            return ngettext(
                "%(number)s person can set up %(method)s at the next login, or skip it",
                "%(number)s people can set up %(method)s at their next login, or skip it",
                number,
            )
        case NextLogin.CODE:
            return ngettext(
                "%(number)s person will enter a code at the next login",
                "%(number)s people will enter a code at their next login",
                number,
            )
        case NextLogin.NOTHING:
            return ngettext(
                "%(number)s person will log in with just the password",
                "%(number)s people will log in with just their password",
                number,
            )
        case NextLogin.BLOCKED:
            return ngettext(
                "%(number)s person cannot log in until support helps",
                "%(number)s people cannot log in until support helps",
                number,
            )
