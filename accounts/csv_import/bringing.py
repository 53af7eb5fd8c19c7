"""The accounts of an administrator's import."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from accounts.csv_import.comparing import Changes, Effect, Match
from accounts.csv_import.mailing import client_of, mail
from accounts.models import ImportLine, Organization, PeopleImport, User
from accounts.organizations import members
from accounts.people import resets
from mfa import audit, factors
from mfa.models import Event

Pairs = Sequence[tuple[ImportLine, Changes]]


def create(held: PeopleImport, new: Pairs) -> None:
    """Create the accounts of new people. Raises IntegrityError and EmptyPolicyError."""
    people = [_person(line, changes) for line, changes in new]
    # By the address, so that two imports never wait for each other.
    User.objects.bulk_create(sorted(people, key=lambda person: person.email))
    numbers = {
        person.pk: changes.number
        for person, (_, changes) in zip(people, new, strict=True)
        if changes.number
    }
    factors.propose_phones(numbers, client=client_of(held))
    _join(held, people, new)
    details: audit.Details = {"by": held.by_id or 0, "effect": str(Effect.NEW)}
    about = ((person, details) for person in people)
    audit.record_each(Event.IMPORTED, about, client=client_of(held))
    if held.sends_mail:
        for person in people:
            _mail(held, person)


def apply(held: PeopleImport, line: ImportLine, match: Match, changes: Changes) -> None:
    """Create or change the account of a line. Raises IntegrityError and EmptyPolicyError."""
    if changes.effect == Effect.NEW:
        create(held, [(line, changes)])
        return
    person = match.person
    if changes.effect != Effect.CHANGED or person is None:
        return
    person.full_name = changes.full_name or person.full_name
    person.username = changes.username or person.username
    person.save(update_fields=["full_name", "username"])
    client = client_of(held)
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


def _person(line: ImportLine, changes: Changes) -> User:
    username = changes.username or None
    person = User(email=line.email, full_name=changes.full_name, username=username)
    person.set_unusable_password()
    return person


def _join(held: PeopleImport, people: Sequence[User], new: Pairs) -> None:
    places: dict[Organization, dict[User, str]] = defaultdict(dict)
    for person, (line, changes) in zip(people, new, strict=True):
        if changes.joins and line.organization:
            places[line.organization][person] = changes.role
    for organization, roles in places.items():
        members.join_new(held.by, roles, organization, client=client_of(held))


def _mail(held: PeopleImport, person: User) -> None:
    mail(held, partial(resets.send, person, client=client_of(held), by=held.by_id or 0))
