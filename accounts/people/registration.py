"""Registration: a form, an emailed code, and then an account (RG-01 to RG-04).

Nothing looks for an existing account before the code is right, so a known address sees the same
pages at the same cost (RG-02). Its owner gets an email that says so, without a code.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import policies
from accounts.models import Organization, Registration, User
from accounts.organizations import members
from accounts.people import ownership
from mfa import audit, factors
from mfa.challenges import Outcome, Result, new_nonce, newcomers
from mfa.client import Client
from mfa.limits import counters, table as limits
from mfa.limits.counters import TooMany
from mfa.models import Challenge, Event, SitePolicy
from mfa.rules import kept
from mfa.rules.fold import Branch, EmptyPolicyError
from mfa.rules.policy import Policy
from mfa.rules.routes import Purpose

KEY = "registration"


class NoAccount(StrEnum):
    """Why a right code makes no account."""

    # There is one with this address. Only its owner can read this: the code was emailed there.
    TAKEN = "taken"
    # Registration was closed meanwhile
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Pending:
    """What a session keeps of its registration. Only this browser can continue (reg1)."""

    number: int
    nonce: str

    @classmethod
    def load(cls, session: SessionBase) -> Self | None:
        """Return the session's registration, or None."""
        held = session.get(KEY)
        return cls(**held) if kept.fits(held, cls) else None

    @property
    def row(self) -> Registration | None:
        """The form that was sent, or None if it is too old, or the address was proven elsewhere."""
        place = ("organization__own", "organization__parent__for_clients")
        rows = Registration.objects.select_related("challenge", *place)
        return rows.filter(pk=self.number).first()


def is_open(organization: Organization | None) -> bool:
    """Whether people can register at an organization, or for the site."""
    if organization:
        return organization.is_active and organization.own.registration
    return SitePolicy.load().registration


def is_open_somewhere() -> bool:
    """Whether people can register for the site or at an active organization."""
    places = Organization.objects.filter(is_active=True, own__registration=True)
    return is_open(None) or places.exists()


def policy_for(organization: Organization | None) -> Policy:
    """Return the policy of someone who registers there."""
    branch = policies.branch_of(organization) if organization else Branch()
    return policies.policy_at(SitePolicy.load(), branch)


def begin(session: SessionBase, form: Registration, password: str, *, client: Client) -> None:
    """Store a form that is not saved yet, and email the code. Raises TooMany.

    Refused requests cost no hash, no email and no row.
    """
    network = limits.REGISTRATIONS_PER_NETWORK.of(client.neighborhood)
    with _recorded(client):
        newcomers.count(form.email, network)
    form.password = make_password(password)
    nonce = new_nonce()
    with transaction.atomic():
        form.challenge = _ask(form, nonce, client)
        form.save()
    session.flush()
    session[KEY] = asdict(Pending(form.pk, nonce))


def resend(pending: Pending, form: Registration, *, client: Client) -> None:
    """Email the code again, or a new one if it expires soon. Raises TooMany."""
    held = form.challenge
    if held and held.resend_at > timezone.now():
        raise TooMany(held.resend_at)
    with _recorded(client):
        newcomers.count(form.email)
    if held and newcomers.is_worth_repeating(held):
        newcomers.repeat(held, words=_words(form), client=client)
        return
    with transaction.atomic():
        form.challenge = _ask(form, pending.nonce, client)
        form.save(update_fields=["challenge"])


def prove(
    pending: Pending, form: Registration, typed: str, *, client: Client
) -> User | NoAccount | Result:
    """Verify the emailed code. A right one makes the account, and a member of the organization.

    If the organization closed its registration meanwhile, the account is one of the site, as far
    as the site is open.
    """
    if form.challenge is None:
        return Result(Outcome.EXPIRED)
    result = newcomers.judge(form.challenge, typed, nonce=pending.nonce, client=client)
    return _account_of(form, client) if result.outcome is Outcome.RIGHT else result


def _account_of(form: Registration, client: Client) -> User | NoAccount:
    try:
        with transaction.atomic():
            return _make(form, client)
    except IntegrityError:
        # An account with this address was made in this moment.
        return NoAccount.TAKEN
    except EmptyPolicyError:
        return NoAccount.CLOSED


def _make(form: Registration, client: Client) -> User | NoAccount:
    person = User.objects.select_for_update(no_key=True).filter(email=form.email).first()
    if person and not person.is_free:
        return NoAccount.TAKEN
    place = form.organization if form.organization and is_open(form.organization) else None
    if place is None and not is_open(None):
        return NoAccount.CLOSED
    person = ownership.claim(form.email, person, full_name=form.full_name, password=form.password)
    person.language = form.language
    # A member has no standing beside the membership: the managers help, and can end it.
    person.registered_at = None if place else timezone.now()
    person.save(update_fields=["language", "registered_at"])
    if form.username:
        _name(person, form.username)
    if place:
        members.join(person, person, place, client=client)
    if form.phone:
        factors.propose_phone(person, form.phone, client=client)
    where = {"organization": place.pk} if place else {}
    audit.record(Event.REGISTERED, person, client=client, purpose=Purpose.REGISTER, **where)
    return User.objects.get(pk=person.pk)


def _name(person: User, username: str) -> None:
    """Give the username, unless someone has it.

    The form does not tell whether a username exists, so only a proven person learns it here.
    """
    with suppress(IntegrityError), transaction.atomic():
        User.objects.filter(pk=person.pk).update(username=username)


def _ask(form: Registration, nonce: str, client: Client) -> Challenge:
    life = policy_for(form.organization).code_life
    return newcomers.issue(form.email, life=life, nonce=nonce, words=_words(form), client=client)


def _words(form: Registration) -> dict[str, str]:
    """Return what the email needs. Nothing in it was typed by the visitor (S20)."""
    return {
        "language": form.language,
        "contact": policy_for(form.organization).contact,
        "organization_name": form.organization.name if form.organization else "",
    }


@contextmanager
def _recorded(client: Client) -> Iterator[None]:
    """Record a refusal, but not each of thousands."""
    try:
        yield
    except TooMany:
        if counters.is_first(limits.LATE_RECORDS.of(f"register:{client.neighborhood}")):
            audit.record(Event.CODE_REFUSED, None, client=client, purpose=Purpose.REGISTER)
        raise
