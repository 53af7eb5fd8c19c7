"""Passwords: proving one without telling who exists."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts import hashes
from accounts.models import User
from accounts.validators import LONGEST
from mfa import audit, counters, limits, notices, origin as origins, waits
from mfa.limits import Use
from mfa.models import AuditEvent, Event, Session
from mfa.origin import Origin
from mfa.sessions import keep_alive


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password about to be judged, counted as wrong so far; `failures` in a row with this one."""

    subject: str
    failures: int
    origin: Origin
    uses: tuple[Use, ...]
    at: datetime


def prove(request: HttpRequest, email: str, password: str) -> User | None:
    """Return the person whose email and password these are.

    Unknown, wrong and inactive cost the same hashes and look the same (LG-03). Raises TooMany
    while the browser has to wait, whether or not anybody has that email: a known one for its own
    failures alone, all others together for theirs and for their address (LG-02).
    """
    user = User.objects.filter(email=email).first()
    origin = origins.of(request, user)
    attempt = _reserve(waits.of_person(user.pk) if user else waits.of_typed(email), origin)
    if hashes.fit(user, password) and user and user.is_active:
        _give_back(attempt)
        return user
    _record_wrong(attempt, user)
    return None


def confirm(request: HttpRequest, user: User, password: str) -> bool:
    """Say whether a logged-in person's password is right, under waits like those of the login.

    They are counted apart, or strangers could keep the person from changing it (LG-02).
    """
    origin = origins.of(request, user)
    attempt = _reserve(f"logged-in:{waits.of_person(user.pk)}", origin, per_address=False)
    if len(password) <= LONGEST and user.check_password(password):
        _give_back(attempt)
        return True
    _record_wrong(attempt, user)
    return False


def is_present(user: User, password: str) -> bool:
    """Say whether somebody who needs not prove it typed the present password as a new one.

    Each look costs a slow hash, and nobody shall guess here past the waits. Raises TooMany.
    """
    if len(password) > LONGEST:
        return False
    counters.take([limits.NEW_PASSWORDS.of(str(user.pk))])
    return user.check_password(password)


def change(request: HttpRequest, user: User, password: str) -> bool:
    """Change the password of who is logged in; all other sessions end.

    False when something else came first, such as a "not me" in another session: what this one may
    do has ended with it.
    """
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        if person.get_session_auth_hash() != user.get_session_auth_hash():
            return False
        store(person, password)
        notices.tell(Event.PASSWORD_CHANGED, person, origin=origins.of(request))
    keep_alive(request, person)
    user.device_epoch = person.device_epoch
    return True


def store(person: User, password: str) -> None:
    """Store a new password, which ends all sessions and forgets all recognized devices.

    Call it with the person's row held.
    """
    person.set_password(password)
    person.password_expired = False
    person.session_epoch += 1
    person.device_epoch += 1
    person.password_imported_at = None
    columns = [
        "password",
        "password_imported_at",
        "password_expired",
        "session_epoch",
        "device_epoch",
    ]
    person.save(update_fields=columns)


def expire(user: User, *, origin: Origin, by: int) -> None:
    """Ask for a new password before anything else, from the next login on; sessions end (PW-06)."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            password_expired=True,
            session_epoch=F("session_epoch") + 1,
            device_epoch=F("device_epoch") + 1,
        )
        notices.tell(Event.PASSWORD_EXPIRED, user, origin=origin, by=by)


def disown(user: User, event: AuditEvent, *, origin: Origin) -> None:
    """Take a person's word that an event was somebody else: all sessions end, the password too."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            password_expired=True,
            session_epoch=F("session_epoch") + 1,
            device_epoch=F("device_epoch") + 1,
        )
        Session.objects.filter(user_id=user.pk).delete()
        notices.tell(Event.DISOWNED, user, origin=origin, what=event.event, number=event.pk)


def _reserve(subject: str, origin: Origin, *, per_address: bool = True) -> Attempt:
    """Count an attempt as wrong before its slow hash. Raises TooMany.

    Of parallel attempts no more are hashed than may be wrong.
    """
    counted = per_address and not origin.known
    uses = (limits.PASSWORDS_PER_ADDRESS.of(origin.network),) if counted else ()
    subject = origin.failures_of(subject)
    with transaction.atomic():
        failures = waits.reserve(waits.WRONG_PASSWORDS, subject)
        if uses:
            counters.take(uses)
    return Attempt(subject, failures, origin, uses, timezone.now())


def _give_back(attempt: Attempt) -> None:
    """Undo a reservation: the password was right.

    A recognized device's own failures are forgotten with it. Those that all other devices share
    stay, or the owner's login would give a guesser new attempts.
    """
    if attempt.origin.known:
        waits.forget(waits.WRONG_PASSWORDS, attempt.subject)
    else:
        waits.give_back(waits.WRONG_PASSWORDS, attempt.subject)
    counters.give_back(attempt.uses, at=attempt.at)


def _record_wrong(attempt: Attempt, user: User | None) -> None:
    audit.record(Event.PASSWORD_WRONG, user, origin=attempt.origin)
    if waits.WRONG_PASSWORDS.after(attempt.failures):
        audit.record(Event.PASSWORD_SLOWED, user, origin=attempt.origin)
