"""What a new password must be; each refusal says why and how to choose better (PW-01 to PW-05).

A password is compared and hashed as it was received, without Unicode normalization: ASVS 5.0,
6.2.8, wants that, and NIST SP 800-63B-4 leaves it open.
"""

import re

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import guessing

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


class GuessingValidator:
    """Refuses what guessing programs try first."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a listed password, or one of words, names and patterns."""
        if len(password) > LONGEST:
            return
        if guessing.is_known(password):
            raise ValidationError(_known(), code="password_known")
        # More than half of the least length has to be guessed, whatever the rest is.
        least = settings.PASSWORD_MIN_LENGTH // 2 + 1
        if guessing.worth(password) < least:
            raise ValidationError(_pattern(), code="password_pattern")
        if guessing.worth(password, _names(user)) < least:
            raise ValidationError(_personal(), code="password_personal")

    def get_help_text(self) -> str:
        """Say how to choose."""
        return _better()


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


def _names(user: object) -> frozenset[str]:
    """Words that a guesser knows of this person and this portal, in lower case."""
    said = [settings.PORTAL_NAME, settings.HOST]
    said += [str(getattr(user, name, None) or "") for name in ("email", "full_name", "username")]
    return frozenset(word for text in said for word in re.findall(r"[^\W_]+", text.lower()))


def _better() -> str:
    return _("Choose four or more words that have nothing to do with each other or with you.")


def _known() -> str:
    return (
        _("This password is on lists of stolen passwords, which are tried first.") + f" {_better()}"
    )


def _pattern() -> str:
    words = _(
        "This password is mostly common words, years, repeats or keys in a row, which are tried "
        "first."
    )
    return f"{words} {_better()}"


def _personal() -> str:
    words = _("This password is mostly your name, your email or the name of this portal.")
    return f"{words} {_better()}"
