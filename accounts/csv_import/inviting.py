"""The invitations of a manager's import. Staff are never changed by a file."""

from collections.abc import Callable, Sequence
from functools import partial

from accounts.csv_import.comparing import Changes, Effect, Match
from accounts.csv_import.mailing import NOT_MAILED, client_of, count, mail
from accounts.models import ImportLine, Invitation, PeopleImport
from accounts.organizations import invitations
from mfa import audit
from mfa.limits import table as limits
from mfa.limits.counters import TooMany
from mfa.models import Event


def prepare(held: PeopleImport, new: Sequence[tuple[ImportLine, Changes]]) -> None:
    """Invite new addresses, with an email if chosen. Raises IntegrityError."""
    rest = [line for line, _ in new]
    while held.sends_mail and rest:
        line = rest.pop(0)
        refusal = _send_or_prepare(held, line)
        if refusal and _ends_the_day(refusal):
            count(held, NOT_MAILED, len(rest))
            break
    if held.by is None or held.organization is None or not rest:
        return
    rows = [_invitation(held, line) for line in sorted(rest, key=lambda line: line.email)]
    invitations.prepare_new(held.by, held.organization, rows, client=client_of(held))


def invite(held: PeopleImport, line: ImportLine, match: Match, changes: Changes) -> None:
    """Prepare or send the invitation of a line."""
    if changes.effect != Effect.INVITED:
        return
    if match.has_powers and match.person and held.organization:
        audit.record(
            Event.INVITATION_REFUSED,
            match.person,
            client=client_of(held),
            organization=held.organization.pk,
        )
    if held.sends_mail and not match.has_powers:
        _send_or_prepare(held, line)
    else:
        _invite(held, line, invitations.prepare)


def _send_or_prepare(held: PeopleImport, line: ImportLine) -> TooMany | None:
    refusal = mail(held, partial(_invite, held, line, invitations.invite))
    if refusal:
        _invite(held, line, invitations.prepare)
    return refusal


def _ends_the_day(refusal: TooMany) -> bool:
    """Whether no one else can be sent an invitation, because the limit is not of one address."""
    return any(use.limit is not limits.INVITATIONS_PER_ADDRESS for use in refusal.over)


def _invite(held: PeopleImport, line: ImportLine, verb: Callable[..., object]) -> object:
    return verb(
        held.by,
        held.organization,
        line.email,
        full_name=line.full_name,
        mobile=line.mobile,
        client=client_of(held),
    )


def _invitation(held: PeopleImport, line: ImportLine) -> Invitation:
    return Invitation(
        organization=held.organization,
        email=line.email,
        full_name=line.full_name,
        mobile=line.mobile,
    )
