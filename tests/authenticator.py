"""An authenticator app, as it runs on a person's phone."""

from base64 import b32decode

from django.utils import timezone

from accounts.models import User
from mfa.models import Factor
from mfa.rules.totp import hotp, step_at
from mfa.totp import NewApp

SECRET = b"12345678901234567890"


def give_app(user: User, secret: bytes = SECRET, name: str = "Work phone") -> Factor:
    """A confirmed app."""
    return user.factors.create(
        kind="app", secret=NewApp(secret).stored, name=name, confirmed_at=timezone.now()
    )


def shows(secret: bytes, *, later: int = 0) -> str:
    """What an app with this secret shows now, or some steps later."""
    return hotp(secret, step_at(timezone.now().timestamp()) + later)


def typed_in(key: str) -> bytes:
    """The secret that an app keeps when a key in groups of four is typed into it."""
    return b32decode(key.replace(" ", ""))
