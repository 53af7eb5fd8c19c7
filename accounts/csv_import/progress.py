"""How far an import is, in words and numbers."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts.csv_import.dry_run import BAD, REPEATED
from accounts.csv_import.mailing import MAILED, NOT_MAILED
from accounts.models import ImportFinding, ImportLine, PeopleImport

Effect, State = ImportLine.Effect, PeopleImport.State
COUNTS: dict[str, str | Promise] = {
    Effect.NEW: _("New people"),
    Effect.CHANGED: _("Changed people"),
    Effect.INVITED: _("Invitations prepared"),
    Effect.UNCHANGED: _("Nothing to change"),
    Effect.REFUSED: _("Refused"),
    REPEATED: _("Repeated lines"),
    BAD: _("Left out because of a mistake"),
    MAILED: _("Emails sent"),
    NOT_MAILED: _("Emails not sent because of a daily limit"),
}


def counts_of(held: PeopleImport) -> Iterator[tuple[str, int]]:
    """Return the outcomes of the lines in words, without zeros."""
    for name, label in COUNTS.items():
        if number := held.counts.get(name):
            yield str(label), number


def findings_of(held: PeopleImport) -> QuerySet[ImportFinding]:
    """Return what was found in the lines: first what leaves a person out."""
    return held.findings.order_by("-is_bad", "line", "pk")


def words_of(held: PeopleImport) -> str:
    """Return the progress as the page says it."""
    match held.state:
        case State.CHECKING:
            words = ngettext("%d line checked", "%d lines checked", held.position)
            return words % held.position
        case State.RUNNING:
            numbers = {"done": held.position, "total": held.total}
            return gettext("%(done)d of %(total)d people imported") % numbers
    return held.get_state_display()
