"""Sessions as rows that can be listed and ended: whose, since when, from where, how strong.

settings.SESSION_ENGINE names this module.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string

from mfa import kept
from mfa.origin import device_of

# Where a login leaves what it knows of itself (mfa.login writes it, the row repeats it).
ABOUT = "mfa_about"
KEY_LENGTH = 32
COLUMNS = {"user_id", "started_at", "address", "browser", "aal", "pause_id"}
# When the session last proved what: timestamps by channel, and the password's
PROOFS = "proofs"
PASSWORD = "password"  # noqa: S105 a name
# The security design's figure; no standard gives one.
FRESH = timedelta(minutes=10)
# A person's devices at once, with some to spare: the eleventh login ends the oldest of those that
# proved least (SS-07).
MOST_SESSIONS = 10
# Often enough for limits in minutes, rarely enough not to write at every click
TOUCH_EVERY = timedelta(minutes=1)


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions by what they still open."""

    def open(self, now: datetime) -> "SessionQuerySet":
        """Keep the sessions that have not reached their end, nor that of the pause behind them."""
        counts = Q(pause=None) | Q(pause__until__gt=now)
        return self.filter(counts, expire_date__gt=now)

    def logged_in(self, now: datetime) -> "SessionQuerySet":
        """Keep the open logins, without the half ones."""
        return self.open(now).filter(aal__gt=0)

    def kept(self, now: datetime) -> "SessionQuerySet":
        """Keep those that open something: of a person's logins the ten that count most.

        More proof counts more, then the later start: a thief of the password, however often he
        logs in, ends no session that showed a second step (S07). The newest login of each level
        is always kept, or one by an emailed code would open nothing and not say why.
        """
        stronger = Q(aal__gt=OuterRef("aal"))
        newer = Q(aal=OuterRef("aal"), started_at__gt=OuterRef("started_at"))
        ahead = (
            Session.objects.logged_in(now)
            .filter(stronger | newer, user=OuterRef("user"))
            .order_by()
            .values("user")
            .annotate(
                number=Least(Count("pk", filter=stronger), MOST_SESSIONS - 1)
                + Count("pk", filter=newer)
            )
        )
        ranked = self.open(now).annotate(ahead=Coalesce(Subquery(ahead.values("number")), 0))
        return ranked.filter(Q(aal=0) | Q(ahead__lt=MOST_SESSIONS))


def hash_of(session_key: str) -> str:
    """Return what the database keeps of a session key: SHA-256 in 64 hex digits.

    A key has 165 random bits, so a fast hash without a secret is enough, and sessions survive a
    change of SECRET_KEY.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()


class Session(AbstractBaseSession):
    """One browser's session; `aal` is 1 or 2 (NIST SP 800-63B-4), and 0 before the login.

    The row holds only a hash of the key: a query, a dump or a backup opens no session.

    Of a login `expire_date` is the nearer of two ends: so long after `started_at`, or so long
    after `seen_at`, which is at most a minute behind.

    Who is half signed in has a row with a `user` and `aal` 0: that is no login.
    """

    session_key = None  # type: ignore[assignment]  # drops Django's column of plain keys
    key_hash = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    started_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    aal = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    # The pause that let it in by the password alone, and whose end ends it
    pause = models.ForeignKey("mfa.Pause", models.CASCADE, null=True, related_name="sessions")

    objects = BaseSessionManager.from_queryset(SessionQuerySet)()  # type: ignore[misc]

    def __str__(self) -> str:
        """Return the session's id."""
        return self.public_id

    @property
    def public_id(self) -> str:
        """Return the id that its owner's page shows."""
        return self.key_hash[:16]

    @property
    def device(self) -> str:
        """The browser and system in words."""
        return device_of(self.browser)

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        """Return the store that reads and writes these rows."""
        return SessionStore


def person_of(session: SessionBase) -> AbstractBaseUser | None:
    """Return whose login or half login the session's row is; they were read together."""
    return session.person if isinstance(session, SessionStore) else None


def keep_alive(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Let the acting session outlive the change of its person's password or factors."""
    # The stubs know only the project's own user model.
    update_session_auth_hash(request, user)  # type: ignore[arg-type]


def keep_proof(session: SessionBase, by: str, *, at: float | None = None) -> None:
    """Keep when the session proved its person: now, or at a timestamp; by a channel or PASSWORD."""
    about = session.get(ABOUT, {})
    moment = timezone.now().timestamp() if at is None else at
    session[ABOUT] = {**about, PROOFS: {**about.get(PROOFS, {}), by: moment}}


def fresh_proofs(session: SessionBase, now: datetime) -> frozenset[str]:
    """Name what the session proved in the last ten minutes."""
    proofs: dict[str, float] = session.get(ABOUT, {}).get(PROOFS, {})
    oldest = (now - FRESH).timestamp()
    return frozenset(by for by, at in proofs.items() if at > oldest)


def once_saved(session: SessionBase, verb: Callable[[], object]) -> None:
    """Do something in the transaction that writes the session: no event of a login that never was.

    Another request may have ended the session meanwhile, and then it is not written.
    """
    if isinstance(session, SessionStore):
        session.waiting.append(verb)
    else:
        verb()


def is_over(session: SessionBase, *, life: timedelta, idle: timedelta) -> bool:
    """Whether a login has reached ends that are nearer than those it began with (SS-10)."""
    about = session.get(ABOUT, {})
    if "started_at" not in about or not isinstance(session, SessionStore):
        return False
    now = timezone.now()
    over = datetime.fromisoformat(about["started_at"]) + life <= now
    return over or bool(session.seen_at and session.seen_at + idle <= now)


class SessionStore(DatabaseStore):
    """Django's database sessions on our own table, at one statement a request."""

    def __init__(self, session_key: str | None = None) -> None:
        """Start with the key that the browser sent."""
        super().__init__(session_key)
        # The key that the stored row still has after cycle_key(), until it is saved
        self._former_key: str | None = None
        self.person: AbstractBaseUser | None = None
        self.seen_at: datetime | None = None
        # Whether this request shows that the person is there; what saves without it moves no end.
        self.attended = True
        self.waiting: list[Callable[[], object]] = []

    def load(self) -> dict[str, Any]:
        """Read the row, and with it its person: a half login needs both in each request."""
        now = timezone.now()
        mine = Session.objects.kept(now).filter(key_hash=hash_of(self.session_key or ""))
        row = mine.select_related("user").first()
        if row is None:
            self._session_key = None
            return {}
        data = self.decode(row.session_data)
        if not kept.fits_session(data):
            # Another version's; without its level and its ends it must open nothing.
            self._session_key = None
            return {}
        self.person, self.seen_at = row.user, row.seen_at
        return data

    def touch(self) -> None:
        """Move the idle end of a login that was just used, at most once a minute."""
        now = timezone.now()
        if self.seen_at is None or self.modified or not self.attended:
            return
        if now - self.seen_at < TOUCH_EVERY:
            return
        ends = _end_of(self.get(ABOUT, {}), now)
        mine = Session.objects.filter(key_hash=hash_of(self.session_key or ""))
        mine.update(seen_at=now, **({"expire_date": ends} if ends else {}))

    def cycle_key(self) -> None:
        """Take another key; the old one dies when the row is saved under the new one (SS-01)."""
        # Read now: afterwards the row could not be found any more.
        self.keys()
        self._former_key = self._former_key or self.session_key
        self._session_key = self._get_new_session_key() if self._former_key else None
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 Django's signature
        """Write the row and do what waits for that, both or neither.

        Raises UpdateError when it has been ended meanwhile.
        """
        # Taken first: a new session comes here a second time.
        waiting, self.waiting = self.waiting, []
        if not waiting:
            self._write(must_create=must_create)
            return
        with transaction.atomic():
            self._write(must_create=must_create)
            for verb in waiting:
                verb()

    def _write(self, *, must_create: bool) -> None:
        if self._former_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        names = [field.attname for field in row._meta.fields]  # noqa: SLF001 - Django's public name
        columns = {name: getattr(row, name) for name in names}
        former = Session.objects.filter(key_hash=hash_of(self._former_key))
        if not former.update(**columns):
            raise UpdateError
        self._former_key = None

    def exists(self, session_key: str) -> bool:
        """Whether the key has a row."""
        return Session.objects.filter(key_hash=hash_of(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one by default, in one statement, if there is one to end."""
        ended = session_key or self._former_key or self.session_key
        if ended:
            Session.objects.filter(key_hash=hash_of(ended)).delete()
        if ended == self._former_key:
            self._former_key = None

    def _get_new_session_key(self) -> str:
        """Draw 165 random bits; Django would look them up first, and the insert does that too."""
        return get_random_string(KEY_LENGTH, VALID_KEY_CHARS)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Repeat in columns what the login wrote into the session."""
        key: str = self._get_or_create_session_key()  # type: ignore[attr-defined]  # Django's
        row = Session(
            key_hash=hash_of(key),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )
        about = data.get(ABOUT, {})
        for name in COLUMNS & about.keys():
            setattr(row, name, about[name])
        seen = timezone.now() if self.attended or self.seen_at is None else self.seen_at
        if ends := _end_of(about, seen):
            row.expire_date, row.seen_at = ends, seen
        return row


def _end_of(about: dict[str, Any], now: datetime) -> datetime | None:
    """Return when a login ends that is used now; None before there is one (SS-03)."""
    if "life" not in about:
        return None
    over = datetime.fromisoformat(about["started_at"]) + timedelta(seconds=about["life"])
    return min(over, now + timedelta(seconds=about["idle"]))
