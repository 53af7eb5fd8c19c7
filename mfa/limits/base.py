"""What a limit is: a maximum number of uses per subject in a period."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses in any window of length `per`, for each subject separately.

    `what` and `why` are for administrators: what is counted, and the reason for the number.
    """

    name: str
    most: int
    per: timedelta
    what: Promise | str = field(default="", compare=False)
    why: Promise | str = field(default="", compare=False)

    def of(self, subject: str) -> "Use":
        """Return one use by a subject, such as a phone number or a network address."""
        return Use(self, subject)


@dataclass(frozen=True, slots=True)
class Use:
    """One use that is about to be counted under its limit."""

    limit: Limit
    subject: str

    @property
    def key(self) -> str:
        """A keyed hash, so the table does not reveal numbers or addresses."""
        return keyed(f"{self.limit.name}:{self.limit.per.total_seconds():.0f}:{self.subject}")

    def bucket(self, now: datetime) -> int:
        """The number of the period that contains `now`."""
        return int(now.timestamp() // self.limit.per.total_seconds())


def keyed(subject: str) -> str:
    """Return 64 hex digits that identify a subject without revealing it.

    It uses the oldest secret key that is still configured, so counts and lockouts survive a key
    rotation. When that key is removed, a day later or more, the few that are lost do no harm
    (DT-01).
    """
    oldest = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)[-1]
    return hmac.digest(oldest.encode(), subject.encode(), "sha256").hex()
