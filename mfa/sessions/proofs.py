"""What a session has proven about its person, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from mfa.models import Session
from mfa.session_engine import ABOUT, SessionStore, hash_of

# When the session last proved each channel, and the password, as timestamps
PROOFS = "proofs"
PASSWORD = "password"  # noqa: S105 a name
# From docs/security.md. No standard gives a number.
FRESH = timedelta(minutes=10)


def person_of(session: SessionBase) -> AbstractBaseUser | None:
    """Return the person of the session's login or pending login, loaded with its row."""
    return session.person if isinstance(session, SessionStore) else None


def keep_alive(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Keep the acting session when its person's password or factors change.

    The change has ended all other logins. Their rows go too, because the Security page lists them
    and each person has a limited number of logins (SS-07).
    """
    acting = hash_of(request.session.session_key or "")
    Session.objects.filter(user_id=user.pk, aal__gt=0).exclude(key_hash=acting).delete()
    # The stubs know only the project's user model.
    update_session_auth_hash(request, user)  # type: ignore[arg-type]


def keep_proof(session: SessionBase, by: str, *, at: float | None = None) -> None:
    """Store when the session proved a channel or PASSWORD: now, or at a timestamp."""
    about = session.get(ABOUT, {})
    moment = timezone.now().timestamp() if at is None else at
    session[ABOUT] = {**about, PROOFS: {**about.get(PROOFS, {}), by: moment}}


def fresh_proofs(session: SessionBase, now: datetime) -> frozenset[str]:
    """Return what the session proved in the last ten minutes."""
    proofs: dict[str, float] = session.get(ABOUT, {}).get(PROOFS, {})
    oldest = (now - FRESH).timestamp()
    return frozenset(by for by, at in proofs.items() if at > oldest)


def aal_of(session: SessionBase) -> int:
    """Return the AAL of the login: 0 before it, then 1 or 2 (NIST SP 800-63B-4)."""
    aal: int = session.get(ABOUT, {}).get("aal", 0)
    return aal


def once_saved(session: SessionBase, verb: Callable[[], object]) -> None:
    """Run `verb` in the transaction that writes the session, so no event exists without its login.

    If another request ended the session, it is not written and `verb` does not run.
    """
    if isinstance(session, SessionStore):
        session.waiting.append(verb)
    else:
        verb()


def is_over(session: SessionBase, *, life: timedelta, idle: timedelta) -> bool:
    """Whether a login exceeds limits that are shorter than those at its start (SS-10)."""
    about = session.get(ABOUT, {})
    if "started_at" not in about or not isinstance(session, SessionStore):
        return False
    now = timezone.now()
    over = datetime.fromisoformat(about["started_at"]) + life <= now
    return over or bool(session.seen_at and session.seen_at + idle <= now)


def text_of(session: SessionBase, key: str) -> str:
    """Return a text that a session stores, or "" for anything else."""
    kept = session.get(key, "")
    return kept if isinstance(kept, str) else ""
