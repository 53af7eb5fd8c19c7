"""An import as files: what was found in its lines, and what happens to each person."""

from collections.abc import Iterator

from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts.csv_import import progress, words
from accounts.models import ImportLine, PeopleImport
from mfa.files import Columns, Row

Effect = ImportLine.Effect
FINDINGS: Columns = {
    "line": _("Line"),
    "column": _("Column"),
    "value": _("Value"),
    "reason": _("What is wrong"),
    "remedy": _("What to do"),
    "left_out": _("Left out"),
}
OUTCOMES: Columns = {
    "line": _("Line"),
    "email": _("Email"),
    "full_name": _("Full name"),
    "effect": _("What happens"),
    "email_if_chosen": _("Gets an email, if you choose it"),
}
# The effects of which the person hears, if the author of the import chooses it
MAILED = {Effect.NEW, Effect.INVITED}
# Rows in memory at a time
AT_ONCE = 500


def findings(held: PeopleImport) -> Iterator[Row]:
    """Return what was found, first what leaves a person out."""
    for each in progress.findings_of(held).iterator(AT_ONCE):
        reason, remedy = words.reason_of(each), words.remedy_of(each)
        yield each.line, each.field, each.shown, reason, remedy, _yes_or_no(each.is_bad)


def outcomes(held: PeopleImport) -> Iterator[Row]:
    """Return each person with what happens, in the order of the file."""
    for each in held.lines.order_by("pk").iterator(AT_ONCE):
        mailed = _yes_or_no(each.effect in MAILED)
        yield each.line, each.email, each.full_name, each.get_effect_display(), mailed


def mail_words(held: PeopleImport) -> str:
    """Return how many people an email can go to, before the import starts."""
    people = sum(held.counts.get(effect, 0) for effect in MAILED)
    if not people:
        return gettext("No one gets an email.")
    if held.invites:
        words = ngettext(
            "No one gets an email unless you choose it. Then %d person gets the invitation.",
            "No one gets an email unless you choose it. Then %d people get the invitation.",
            people,
        )
    else:
        words = ngettext(
            "No one gets an email unless you choose it. Then %d new person gets a link to set a "
            "password.",
            "No one gets an email unless you choose it. Then %d new people get a link to set a "
            "password.",
            people,
        )
    return str(words % people)


def _yes_or_no(holds: bool) -> str:  # noqa: FBT001 a column of a file
    return gettext("yes") if holds else gettext("no")
