"""Sessions as rows that can be listed and ended: whose, since when, from where, how strong.

settings.SESSION_ENGINE names this module.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.http import HttpRequest

# Where a login leaves what it knows of itself (mfa.login writes it, the row repeats it).
ABOUT = "mfa_about"
COLUMNS = {"user_id", "started_at", "address", "browser", "aal"}


class Session(AbstractBaseSession):
    """One browser's session; `aal` is 0 before login, then 1 or 2 (NIST SP 800-63B-4)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    started_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    aal = models.PositiveSmallIntegerField(default=0)

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        """Return the store that reads and writes these rows."""
        return SessionStore


def keep_alive(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Let the acting session outlive the change of its person's password or factors."""
    # The stubs know only the project's own user model.
    update_session_auth_hash(request, user)  # type: ignore[arg-type]


class SessionStore(DatabaseStore):
    """Django's database sessions on our own table."""

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one by default, in one statement."""
        Session.objects.filter(session_key=session_key or self.session_key).delete()

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Repeat in columns what the login wrote into the session."""
        row = super().create_model_instance(data)
        about = data.get(ABOUT, {})
        for name in COLUMNS & about.keys():
            setattr(row, name, about[name])
        return row
