"""What people log in with (K3), and the normal form of usernames."""

import unicodedata
from enum import StrEnum

from mfa.rules.emails import LONGEST_SPELLING, visible


class LoginWith(StrEnum):
    """The login name. People without a username always use their email."""

    EMAIL = "email"
    USERNAME = "username"
    EITHER = "either"


def is_email(typed: str) -> bool:
    """Whether a login name is an email. Usernames contain no @, in whatever width it is typed."""
    return "@" in unicodedata.normalize("NFKC", typed)


def normalize(typed: str) -> str:
    """Return the form of a username that is stored, looked up and counted.

    It ignores case, width and invisible characters. Normalizing it again changes nothing.
    """
    if len(typed) > LONGEST_SPELLING:
        return typed
    text = unicodedata.normalize("NFKC", visible(typed).casefold()).strip()
    return text if text == typed else normalize(text)
