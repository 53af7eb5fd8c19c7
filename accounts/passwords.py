"""Passwords: proving one without telling who exists."""

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User
from accounts.validators import LONGEST
from mfa import audit, browsers, counters, limits, notices, origin as origins, waits
from mfa.models import AuditEvent, Event, Session
from mfa.origin import Origin
from mfa.sessions import keep_alive


def prove(request: HttpRequest, email: str, password: str) -> User | None:
    """Return the person whose email and password these are.

    Unknown, wrong and inactive cost one hash each and look the same (LG-03). Raises TooMany
    while the browser has to wait, whether or not anybody has that email: a known one for its own
    failures alone, all others together for theirs and for their address (LG-02).
    """
    # Whose browser it is matters only where a cookie says that it is somebody's.
    people = User.objects.filter(email=email)
    cookie = browsers.cookie_name() in request.COOKIES
    origin = origins.of(request, people.first() if cookie else None)
    subject = origin.failures_of(email)
    per_address = limits.PASSWORDS_PER_ADDRESS.of(origin.network)
    failed_before = waits.check(waits.WRONG_PASSWORDS, subject)
    if not origin.known:
        counters.peek(per_address)
    user = authenticate(request, username=email, password=password)
    if isinstance(user, User):
        if failed_before:
            waits.forget(waits.WRONG_PASSWORDS, subject)
        return user
    _count_wrong(subject, people.first(), origin)
    if not origin.known:
        counters.count(per_address)
    return None


def confirm(request: HttpRequest, user: User, password: str) -> bool:
    """Say whether a logged-in person's password is right, under waits like those of the login.

    They are counted apart, or strangers could keep the person from changing it (LG-02).
    """
    subject = f"logged-in:{user.email}"
    waits.check(waits.WRONG_PASSWORDS, subject)
    if len(password) <= LONGEST and user.check_password(password):
        waits.forget(waits.WRONG_PASSWORDS, subject)
        return True
    _count_wrong(subject, user, origins.of(request))
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
    columns = ["password", "password_expired", "session_epoch", "device_epoch"]
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


def _count_wrong(subject: str, user: User | None, origin: Origin) -> None:
    audit.record(Event.PASSWORD_WRONG, user, origin=origin)
    failures = waits.fail(waits.WRONG_PASSWORDS, subject)
    if waits.WRONG_PASSWORDS.after(failures):
        audit.record(Event.PASSWORD_SLOWED, user, origin=origin)
