"""Passwords: verification without revealing who has an account, and changes."""

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User
from accounts.people import hashes, login_names
from accounts.people.validators import LONGEST
from mfa import audit
from mfa.client import Client, client_of
from mfa.limits import counters, lockouts, table as limits
from mfa.limits.lockouts import Reservation
from mfa.messages import notices
from mfa.models import Event
from mfa.sessions.devices import recognize
from mfa.sessions.proofs import keep_alive


def prove(request: HttpRequest, typed: str, password: str) -> User | None:
    """Return the person with this login name and password, or None.

    Unknown, wrong and inactive cost the same hashes and look the same (LG-03). Raises TooMany
    during a lockout, whether or not the name has an account. A recognized device counts only its
    own failures. All others share a count, and also count per address (LG-02).
    """
    user = login_names.find(typed)
    client = recognize(request, user)
    attempt = _reserve(lockouts.of_person(user.pk) if user else lockouts.of_typed(typed), client)
    if hashes.fit(user, password) and user and user.may_log_in:
        _count_right(attempt, client)
        return user
    _count_wrong(attempt, client, user)
    return None


def confirm(request: HttpRequest, user: User, password: str) -> bool:
    """Whether a logged-in person's password is right, with lockouts as at the login.

    They count separately, or strangers could prevent the person from changing it (LG-02).
    """
    client = recognize(request, user)
    attempt = _reserve(f"logged-in:{lockouts.of_person(user.pk)}", client, per_address=False)
    if len(password) <= LONGEST and user.check_password(password):
        _count_right(attempt, client)
        return True
    _count_wrong(attempt, client, user)
    return False


def is_present(user: User, password: str) -> bool:
    """Whether a new password is the current one, which the person did not have to prove.

    Each check costs a slow hash, and must not help to guess passwords. Raises TooMany.
    """
    if len(password) > LONGEST:
        return False
    counters.take([limits.NEW_PASSWORDS.of(str(user.pk))])
    return user.check_password(password)


def change(request: HttpRequest, user: User, password: str) -> bool:
    """Change a logged-in person's password, and end all other sessions.

    Return False if another change came first, such as "not me" in another session, which ended this
    session too.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if person.get_session_auth_hash() != user.get_session_auth_hash():
            return False
        store(person, password)
        notices.tell(Event.PASSWORD_CHANGED, person, client=client_of(request))
    keep_alive(request, person)
    user.device_epoch = person.device_epoch
    return True


def store(person: User, password: str) -> None:
    """Store a new password, end all sessions, and forget all recognized devices.

    Call it with the person's row locked.
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


def expire(user: User, *, client: Client, by: int) -> None:
    """End all sessions, and require a new password after the next login (PW-06)."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            password_expired=True,
            session_epoch=F("session_epoch") + 1,
            device_epoch=F("device_epoch") + 1,
        )
        notices.tell(Event.PASSWORD_EXPIRED, user, client=client, by=by)


def _reserve(subject: str, client: Client, *, per_address: bool = True) -> Reservation:
    """Count an attempt before its slow hash. Raises TooMany.

    Of parallel attempts, only as many are hashed as failures are allowed.
    """
    counted = per_address and not client.known
    return lockouts.reserve(
        lockouts.WRONG_PASSWORDS,
        client.failures_of(subject),
        limits.PASSWORDS_AT_ONCE,
        (limits.PASSWORDS_PER_ADDRESS.of(client.network),) if counted else (),
    )


def _count_right(attempt: Reservation, client: Client) -> None:
    """Give back a reservation.

    It also clears a recognized device's own failures. Those shared by all other devices stay, or
    the owner's login would give an attacker new attempts.
    """
    lockouts.give_back_all(attempt)
    if client.known and attempt.failures:
        lockouts.forget(attempt.backoff, attempt.subject)


def _count_wrong(attempt: Reservation, client: Client, user: User | None) -> None:
    failures = lockouts.fail_reserved(attempt)
    audit.record(Event.PASSWORD_WRONG, user, client=client)
    if attempt.backoff.after(failures):
        audit.record(Event.PASSWORD_SLOWED, user, client=client)
