"""The real run: the checked lines, some at a time, each once.

A part of the lines and its count are in one transaction, so a killed worker skips nobody and
repeats nothing.
"""

from time import monotonic

from django.db import transaction
from django.utils import timezone

from accounts.csv_import import part
from accounts.csv_import.lines import MEMBER
from accounts.models import Organization, PeopleImport, User
from accounts.organizations import authority
from accounts.organizations.managers import may_invite
from mfa import audit
from mfa.client import Client
from mfa.models import Event

State = PeopleImport.State


def start(actor: User | None, held: PeopleImport, *, sends_mail: bool, client: Client) -> bool:
    """Begin the run of a checked or stopped import. Return False if it is in another state."""
    with transaction.atomic():
        rows = PeopleImport.objects.select_for_update(no_key=True)
        row = rows.get(pk=held.pk)
        if row.state not in {State.CHECKED, State.STOPPED}:
            return False
        if row.state == State.CHECKED:
            # Count again: the dry run only predicted.
            row.position, row.sends_mail = 0, sends_mail
            row.counts = {name: row.counts.get(name, 0) for name in ("bad", "repeated", "refused")}
            row.total = row.lines.count()
        row.state, row.worked_at = State.RUNNING, timezone.now()
        row.by, row.by_epoch = actor, actor.session_epoch if actor else 0
        row.save()
        if actor is not None:
            audit.record(
                Event.IMPORT_STARTED,
                actor,
                client=client,
                **({"organization": row.organization_id} if row.organization_id else {}),
                people=row.total,
            )
    return True


def stop(held: PeopleImport) -> bool:
    """Stop after the people in work. `start` continues. Return False if it is not running."""
    rows = PeopleImport.objects.filter(pk=held.pk, state=State.RUNNING)
    return bool(rows.update(state=State.STOPPED, worked_at=timezone.now()))


def go_on(pk: int, *, seconds: float) -> bool:
    """Import the next people for some seconds. Return whether there are more."""
    ends = monotonic() + seconds
    while _next(pk):
        if monotonic() >= ends:
            return True
    return False


def may_import(actor: User, organization: Organization | None, *, invites: bool) -> bool:
    """Whether a person may import: managers invite to their own, administrators do the rest."""
    if not invites:
        return authority.rules_all(actor) and actor.has_perm("accounts.add_user")
    return organization is not None and may_invite(actor, organization, MEMBER)


def _next(pk: int) -> bool:
    with transaction.atomic():
        rows = PeopleImport.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        held = rows.select_related("by", "organization").filter(pk=pk, state=State.RUNNING).first()
        if held is None:
            return False
        if not _is_backed(held):
            held.state = State.STOPPED
            held.save(update_fields=["state"])
            return False
        number = part.bring(held)
        held.position += number
        held.worked_at = timezone.now()
        if not number:
            held.state, held.finished_at = State.FINISHED, held.worked_at
        held.save(update_fields=["state", "position", "counts", "worked_at", "finished_at"])
        return bool(number)


def _is_backed(held: PeopleImport) -> bool:
    """Whether the person who started it could still start it. A command has no such person."""
    if held.by is None:
        return not held.by_epoch and not held.invites
    same = held.by.session_epoch == held.by_epoch and held.by.may_log_in
    return same and may_import(held.by, held.organization, invites=held.invites)
