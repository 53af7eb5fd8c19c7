"""Password rules. Each refusal says why, and how to choose better (PW-01 to PW-05).

A password is compared and hashed as received, without Unicode normalization: ASVS 5.0, 6.2.8,
requires that, and NIST SP 800-63B-4 leaves it open.
"""

import re

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.people import strength
from mfa.models import SitePolicy

# PW-03: longer ones only cost hashing time. NIST SP 800-63B-4 requires at least 64.
LONGEST = 256
# NIST SP 800-63B-4, 3.1.1.2: 15 if the password is the only factor, 8 with a second step
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


class GuessingValidator:
    """Refuses what guessing programs try first."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a listed password, or one of words, names and patterns."""
        if len(password) > LONGEST:
            return
        if strength.is_known(password):
            raise ValidationError(_known(), code="password_known")
        # More than half of the minimum length must need guessing.
        least = settings.PASSWORD_MIN_LENGTH // 2 + 1
        if strength.worth(password) < least:
            raise ValidationError(_pattern(), code="password_pattern")
        if strength.worth(password, _names(user)) < least:
            raise ValidationError(_personal(), code="password_personal")

    def get_help_text(self) -> str:
        """Return how to choose a password."""
        return _better()


@register(Tags.security)
def check_length(**_: object) -> list[CheckMessage]:
    """Refuse passwords under 8 characters, and warn of those under 15 (PW-01)."""
    least = settings.PASSWORD_MIN_LENGTH
    if least < LEAST:
        return [Error(f"PASSWORD_MIN_LENGTH must be {LEAST} or more.", id="accounts.E001")]
    if least < LEAST_ALONE:
        words = f"PASSWORD_MIN_LENGTH under {LEAST_ALONE} is weak for logins with just a password."
        return [Caution(words, id="accounts.W001")]
    return []


def _names(user: object) -> frozenset[str]:
    """Lowercase words that an attacker knows about this person and the portal."""
    said = [SitePolicy.brand().name, settings.HOST]
    said += [str(getattr(user, name, None) or "") for name in ("email", "full_name", "username")]
    return frozenset(word for text in said for word in re.findall(r"[^\W_]+", text.lower()))


def _better() -> str:
    return _("Try four or more unrelated words.")


def _known() -> str:
    return _("This password has appeared in a data breach. Choose another.") + f" {_better()}"


def _pattern() -> str:
    words = _("This password is too easy to guess.")
    return f"{words} {_better()}"


def _personal() -> str:
    words = _("This password mostly repeats your name, your email or the name of this portal.")
    return f"{words} {_better()}"
