"""Sessions as rows that can be listed and ended, with user, start, address and AAL."""

import hashlib
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import IntegrityError, models, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from mfa import prepared
from mfa.client import device_of
from mfa.prepared import Moment
from mfa.rules import kept

# The session key where a login stores its details. mfa.login writes it, and the row repeats it.
ABOUT = "mfa_about"
KEY_BYTES = 20
COLUMNS = {"user_id", "started_at", "address", "browser", "aal", "pause_id"}
# A person's devices, with some to spare. The eleventh login ends the oldest of those with the
# lowest AAL (SS-07).
MOST_SESSIONS = 10
# Frequent enough for limits in minutes, and no write at every click
TOUCH_EVERY = timedelta(minutes=1)


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions by what they allow now."""

    def open(self, now: Moment) -> "SessionQuerySet":
        """Keep the sessions before their end and before the end of their pause."""
        counts = Q(pause=None) | Q(pause__until__gt=now)
        return self.filter(counts, expire_date__gt=now)

    def logged_in(self, now: Moment) -> "SessionQuerySet":
        """Keep the open logins, without pending ones."""
        return self.open(now).filter(aal__gt=0)

    def kept(self, now: Moment) -> "SessionQuerySet":
        """Keep the sessions that are valid: of each person's logins, the ten with the highest rank.

        A higher AAL ranks first, then a later start: someone with a stolen password can log in any
        number of times without ending a session that proved a second step (S07). The newest login
        of each AAL is always kept, or a login by emailed code would end at once without a reason.
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
    """Return the database's form of a session key: SHA-256 in 64 hex digits.

    A key has 160 random bits, so a fast hash without a secret is enough, and sessions survive a
    change of SECRET_KEY.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()


class Session(AbstractBaseSession):
    """One browser's session. `aal` is 1 or 2 (NIST SP 800-63B-4), and 0 before the login.

    The row holds only a hash of the key, so a query, dump or backup opens no session.

    The `expire_date` of a login is the earlier of two ends: the maximum life after `started_at`, or
    the idle timeout after `seen_at`, which is up to a minute old.

    A pending login has a row with a `user` and `aal` 0.
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
    # The pause that let it in by password; the session ends with it
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

    @property
    def by_trust(self) -> bool:
        """Whether a trusted browser replaced the second step of the login (TB-01)."""
        return bool(self.get_decoded().get(ABOUT, {}).get("trusted"))

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        """Return the store that reads and writes these rows."""
        return SessionStore


# A pending login needs its person in each request too.
_OPENED = prepared.Query(
    lambda: (
        Session.objects.kept(prepared.moment("now"))
        .filter(key_hash=prepared.text("key"))
        .select_related("user")
    )
)


_COLUMNS = {field.attname: field for field in Session._meta.local_concrete_fields}  # noqa: SLF001
_REWRITE = prepared.Update(
    lambda: Session.objects.filter(key_hash=prepared.text("former")),
    **{name: prepared.Slot(name, field) for name, field in _COLUMNS.items()},
)
_ADD = prepared.Insert(Session)


def _insert(row: Session) -> None:
    """Add a session. Raises CreateError if its key exists."""
    try:
        with transaction.atomic():
            _ADD(row)
    except IntegrityError as error:
        raise CreateError from error


class SessionStore(DatabaseStore):
    """Django's database sessions in our own table, with one statement per request."""

    def __init__(self, session_key: str | None = None) -> None:
        """Start with the key from the browser."""
        super().__init__(session_key)
        # The key of the stored row after cycle_key(), until the session is saved
        self._former_key: str | None = None
        self.person: AbstractBaseUser | None = None
        self.seen_at: datetime | None = None
        # Whether a person caused this request. If not, saving does not extend the session.
        self.attended = True
        self.waiting: list[Callable[[], object]] = []

    def load(self) -> dict[str, Any]:
        """Read the row together with its person."""
        row = _OPENED.first(now=timezone.now(), key=hash_of(self.session_key or ""))
        if row is None:
            self._session_key = None
            return {}
        data = self.decode(row.session_data)
        if not kept.fits_session(data):
            # Another version wrote it. Without its AAL and its ends it is not valid.
            self._session_key = None
            return {}
        self.person, self.seen_at = row.user, row.seen_at
        return data

    def touch(self, *, every: timedelta = TOUCH_EVERY) -> None:
        """Extend the idle timeout of a login in use, once a minute at most."""
        now = timezone.now()
        if self.seen_at is None or self.modified or not self.attended:
            return
        if now - self.seen_at < every:
            return
        ends = _end_of(self.get(ABOUT, {}), now)
        mine = Session.objects.filter(key_hash=hash_of(self.session_key or ""))
        if mine.update(seen_at=now, **({"expire_date": ends} if ends else {})):
            self.seen_at = now

    def cycle_key(self) -> None:
        """Change the key. The old one ends when the row is saved under the new one (SS-01)."""
        # Read first, because the row cannot be found afterwards.
        self.keys()
        self._former_key = self._former_key or self.session_key
        self._session_key = self._get_new_session_key() if self._former_key else None
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 Django's signature
        """Write the row and run the waiting functions in one transaction.

        Raises UpdateError if the session was ended meanwhile.
        """
        # Clear the list first, because saving a new session calls this twice.
        waiting, self.waiting = self.waiting, []
        if not waiting:
            self._write(must_create=must_create)
            return
        with transaction.atomic():
            self._write(must_create=must_create)
            for verb in waiting:
                verb()

    def _write(self, *, must_create: bool) -> None:
        if self.session_key is None:
            self.create()
            return
        # A new session has nothing to load.
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's
        row = self.create_model_instance(data)
        if must_create:
            _insert(row)
            return
        columns = {name: getattr(row, name) for name in _COLUMNS}
        if not _REWRITE(former=hash_of(self._former_key or self.session_key), **columns):
            raise UpdateError
        self._former_key = None

    def exists(self, session_key: str) -> bool:
        """Whether the key has a row."""
        return Session.objects.filter(key_hash=hash_of(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End a session, by default this one, in one statement, if it exists."""
        ended = session_key or self._former_key or self.session_key
        if ended:
            Session.objects.filter(key_hash=hash_of(ended)).delete()
        if ended == self._former_key:
            self._former_key = None

    def _get_new_session_key(self) -> str:
        """Draw 160 random bits. Django would look the key up first, but the insert checks it."""
        # Base 32 in lowercase: 32 characters, a valid key for Django
        return b32encode(token_bytes(KEY_BYTES)).decode().lower()

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Copy to columns what the login wrote into the session."""
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
    """Return when a login used now ends, or None before a login (SS-03)."""
    if "life" not in about:
        return None
    over = datetime.fromisoformat(about["started_at"]) + timedelta(seconds=about["life"])
    return min(over, now + timedelta(seconds=about["idle"]))
