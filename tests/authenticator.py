"""An authenticator app on a person's phone."""

from base64 import b32decode

from django.utils import timezone

from accounts.models import User
from mfa.factors.totp import NewApp
from mfa.models import Factor
from mfa.rules.totp import hotp, step_at

SECRET = b"12345678901234567890"


def give_app(user: User, secret: bytes = SECRET, name: str = "Work phone") -> Factor:
    """Create a confirmed app."""
    return user.factors.create(
        kind="app", secret=NewApp(secret).stored, name=name, confirmed_at=timezone.now()
    )


def shows(secret: bytes, *, later: int = 0) -> str:
    """Return the code of an app with this secret, now or some steps later."""
    return hotp(secret, step_at(timezone.now().timestamp()) + later)


def typed_in(key: str) -> bytes:
    """Return the secret for a key typed in groups of four."""
    return b32decode(key.replace(" ", ""))
