"""Passwords: what they must be, and proving one without telling who exists."""

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from mfa import audit, limits, origin as origins
from mfa.models import Event

# PW-03: more than this would only cost hashing time; NIST SP 800-63B-4 wants 64 accepted.
LONGEST = 256


class MaximumLengthValidator:
    """Refuses passwords over 256 characters instead of cutting them."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a password that is too long."""
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Say the rule."""
        return _("Use at most %d characters.") % LONGEST


def prove(request: HttpRequest, email: str, password: str) -> User | None:
    """Return the person whose email and password these are.

    Unknown, wrong and inactive cost one hash each and look the same (LG-03). Raises TooMany
    while the email or the address has to wait, whether or not anybody has that email.
    """
    origin = origins.of(request)
    per_address = limits.PASSWORDS_PER_ADDRESS.of(origin.network)
    limits.check(limits.WRONG_PASSWORDS, email)
    limits.peek(per_address)
    user = authenticate(request, username=email, password=password)
    if isinstance(user, User):
        limits.succeed(limits.WRONG_PASSWORDS, email)
        return user
    known = User.objects.filter(email=email).first()
    audit.record(Event.PASSWORD_WRONG, known, origin=origin)
    if limits.fail(limits.WRONG_PASSWORDS, email):
        audit.record(Event.PASSWORD_SLOWED, known, origin=origin)
    limits.count(per_address)
    return None
