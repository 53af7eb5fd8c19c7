"""Passwords: what they must be, and proving one without telling who exists."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from mfa import audit, browsers, limits, origin as origins, waits
from mfa.models import Event
from mfa.origin import Origin

# PW-03: more than this would only cost hashing time; NIST SP 800-63B-4 wants 64 accepted.
LONGEST = 256
# NIST SP 800-63B-4, 3.1.1.2: 15 where the password may be all, 8 always beside a second step
LEAST, LEAST_ALONE = 8, 15


class MaximumLengthValidator:
    """Refuses passwords over 256 characters instead of cutting them."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a password that is too long."""
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Say the rule."""
        return _("Use at most %d characters.") % LONGEST


@register(Tags.security)
def check_length(**_: object) -> list[CheckMessage]:
    """Refuse passwords under 8 characters, and warn of those under 15 (PW-01)."""
    least = settings.PASSWORD_MIN_LENGTH
    if least < LEAST:
        return [Error(f"PASSWORD_MIN_LENGTH must be {LEAST} or more.", id="accounts.E001")]
    if least < LEAST_ALONE:
        words = f"PASSWORD_MIN_LENGTH under {LEAST_ALONE} is weak where a password stands alone."
        return [Caution(words, id="accounts.W001")]
    return []


def prove(request: HttpRequest, email: str, password: str) -> User | None:
    """Return the person whose email and password these are.

    Unknown, wrong and inactive cost one hash each and look the same (LG-03). Raises TooMany
    while the browser has to wait, whether or not anybody has that email: a known one for its own
    failures alone, all others together for theirs and for their address (LG-02).
    """
    origin = origins.of(request)
    known = browsers.count_of(request, email)
    subject = f"known-{known}:{email}" if known else email
    per_address = limits.PASSWORDS_PER_ADDRESS.of(origin.network)
    failed_before = waits.check(waits.WRONG_PASSWORDS, subject)
    if not known:
        limits.peek(per_address)
    user = authenticate(request, username=email, password=password)
    if isinstance(user, User):
        if failed_before:
            waits.forget(waits.WRONG_PASSWORDS, subject)
        return user
    _count_wrong(subject, User.objects.filter(email=email).first(), origin)
    if not known:
        limits.count(per_address)
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


def _count_wrong(subject: str, user: User | None, origin: Origin) -> None:
    audit.record(Event.PASSWORD_WRONG, user, origin=origin)
    if waits.fail(waits.WRONG_PASSWORDS, subject):
        audit.record(Event.PASSWORD_SLOWED, user, origin=origin)
