"""The real run: the checked lines, some at a time, each once.

A batch of people and its count are in one transaction, so a killed worker skips nobody and repeats
nothing. Every line is compared again, because people may have changed since the dry run.
"""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.csv_import.comparing import Changes, Effect, Match, changes_of, matches_of
from accounts.csv_import.lines import MEMBER, LineFault, LineFinding
from accounts.models import ImportFinding, ImportLine, Organization, PeopleImport, User
from accounts.organizations import authority, invitations, members
from accounts.organizations.managers import may_invite
from accounts.people import resets
from mfa import audit, factors
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.models import Event
from mfa.rules.fold import EmptyPolicyError

State = PeopleImport.State
# People per transaction
BATCH = 25
# In the counts: emails sent, and those that a daily limit held back
MAILED, NOT_MAILED = "mailed", "not_mailed"


def start(actor: User | None, held: PeopleImport, *, sends_mail: bool, client: Client) -> bool:
    """Begin the run of a checked or stopped import. Return False if it is in another state."""
    with transaction.atomic():
        rows = PeopleImport.objects.select_for_update(no_key=True)
        row = rows.get(pk=held.pk)
        if row.state not in {State.CHECKED, State.STOPPED}:
            return False
        if row.state == State.CHECKED:
            # The counts of the dry run were a forecast.
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
        lines = list(held.lines.filter(is_done=False).order_by("pk")[:BATCH])
        match = matches_of(lines)
        for line in lines:
            _import(held, line, match[line.line])
        held.position += len(lines)
        held.worked_at = timezone.now()
        if not lines:
            held.state, held.finished_at = State.FINISHED, held.worked_at
        held.save(update_fields=["state", "position", "counts", "worked_at", "finished_at"])
        return bool(lines)


def _is_backed(held: PeopleImport) -> bool:
    """Whether the person who started it could start it now. A command needs nobody."""
    if held.by is None:
        return not held.by_epoch and not held.invites
    same = held.by.session_epoch == held.by_epoch and held.by.may_log_in
    return same and may_import(held.by, held.organization, invites=held.invites)


def _import(held: PeopleImport, line: ImportLine, match: Match) -> None:
    try:
        with transaction.atomic():
            changes = changes_of(line, match, invites=held.invites)
            (_invite if held.invites else _apply)(held, line, match, changes)
    except (IntegrityError, EmptyPolicyError) as error:
        fault = LineFault.NO_METHOD if isinstance(error, EmptyPolicyError) else LineFault.CONFLICT
        changes = Changes(Effect.REFUSED, findings=[LineFinding(line.line, fault)])
    line.effect, line.is_done = changes.effect, True
    line.save(update_fields=["effect", "is_done"])
    held.counts[line.effect] = held.counts.get(line.effect, 0) + 1
    _note(held, changes.findings)


def _apply(held: PeopleImport, line: ImportLine, match: Match, changes: Changes) -> None:
    """Create or change the account of a line, for administrators."""
    if changes.effect in {Effect.REFUSED, Effect.UNCHANGED}:
        return
    person = match.person or User(email=line.email)
    person.full_name = changes.full_name or person.full_name
    person.username = changes.username or person.username
    if match.person is None:
        person.set_unusable_password()
        person.save(force_insert=True)
    else:
        person.save(update_fields=["full_name", "username"])
    client = _client_of(held)
    if changes.number:
        factors.propose_phone(person, changes.number, client=client)
    if changes.joins and line.organization:
        members.join(
            held.by, person, line.organization, role=changes.role, tells=False, client=client
        )
    elif changes.role and match.membership:
        members.give_role(held.by, match.membership, changes.role, client=client)
    audit.record(
        Event.IMPORTED, person, client=client, by=held.by_id or 0, effect=str(changes.effect)
    )
    if held.sends_mail and changes.effect == Effect.NEW:
        _mail(held, partial(resets.send, person, client=client, by=held.by_id or 0))


def _invite(held: PeopleImport, line: ImportLine, match: Match, changes: Changes) -> None:
    """Prepare or send an invitation, for managers. Staff are never changed by a file."""
    if changes.effect != Effect.INVITED or held.by is None or held.organization is None:
        return
    actor, organization, client = held.by, held.organization, _client_of(held)
    if match.has_powers and match.person:
        audit.record(
            Event.INVITATION_REFUSED, match.person, client=client, organization=organization.pk
        )

    def invite(verb: Callable[..., object]) -> None:
        name, mobile = line.full_name, line.mobile
        verb(actor, organization, line.email, full_name=name, mobile=mobile, client=client)

    sends = held.sends_mail and not match.has_powers
    if not sends or _mail(held, partial(invite, invitations.invite)) == NOT_MAILED:
        invite(invitations.prepare)


def _mail(held: PeopleImport, send: Callable[[], object]) -> str:
    """Send an email unless a limit of the day holds it back. Count and return which it was."""
    try:
        send()
    except TooMany:
        what = NOT_MAILED
    else:
        what = MAILED
    held.counts[what] = held.counts.get(what, 0) + 1
    return what


def _client_of(held: PeopleImport) -> Client:
    return Client(address=held.address or "", browser=held.browser)


def _note(held: PeopleImport, findings: Sequence[LineFinding]) -> None:
    """Store what is new since the dry run."""
    for each in findings:
        ImportFinding.objects.get_or_create(
            of=held,
            line=each.line,
            fault=each.fault,
            defaults={"field": each.field, "shown": each.shown, "is_bad": each.is_bad},
        )
