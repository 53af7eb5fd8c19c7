"""Trusted browsers: a cookie that replaces the second step of a login (TB-01, TB-02).

The cookie holds one random token for each of its people. A token counts only with its row, for the
row's person, and while the person and the policy are as they were. Recognized devices
(`mfa.sessions.devices`) are something else and grant nothing.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from mfa import audit
from mfa.client import Client, moment_of
from mfa.models import AbstractMfaUser, Event, Factor, TrustedBrowser
from mfa.rules.kept import LARGEST_ID
from mfa.rules.policy import BOUNDS

# 256 random bits
TOKEN_BYTES, TOKEN_LENGTH = 32, 43
# A family's computer. The person with the oldest trust is dropped first.
MOST_PEOPLE = 5
# As many as sessions. The oldest one ends.
MOST_BROWSERS = 10
DAY = timedelta(days=1)


def cookie_name() -> str:
    """Return the cookie's name, in the same style as the other cookies."""
    return "__Host-trusted" if settings.HTTPS else "trusted"


def days_for(user: AbstractMfaUser) -> int:
    """Return for how many days the person can trust a browser, 0 for never (TB-01).

    The layers of staff and managers turn it off. It is also off for others with permissions.
    """
    days = user.mfa_policy.trust_browser_for // DAY
    return 0 if not days or user.has_powers else days


def find(request: HttpRequest, user: AbstractMfaUser) -> TrustedBrowser | None:
    """Return the row if the person trusts this browser. Without a cookie nothing is read."""
    if not (hashes := _hashes(request)) or not user.mfa_policy.trust_browser_for:
        return None
    held = TrustedBrowser.objects.filter(user_id=user.pk, token_hash__in=hashes)
    row = held.filter(until__gt=moment_of(request)).order_by("-pk").first()
    if row is None or row.state != _state_of(user) or user.has_powers:
        return None
    return row


def use(trusted: TrustedBrowser, request: HttpRequest, client: Client) -> bool:
    """Record a login. Return False if the trust was removed in this moment."""
    held = TrustedBrowser.objects.filter(pk=trusted.pk)
    return bool(held.update(used_at=moment_of(request), address=client.address or None))


def grant(
    request: HttpRequest, response: HttpResponse, user: AbstractMfaUser, client: Client
) -> TrustedBrowser:
    """Set the cookie, and return the row for `keep`. Other people's tokens stay in the cookie."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), moment_of(request)
    mine = set(
        TrustedBrowser.objects.filter(user_id=user.pk, token_hash__in=_hashes(request)).values_list(
            "token_hash", flat=True
        )
    )
    others = [each for each in _tokens(request) if _hash(each) not in mine]
    response.set_cookie(
        cookie_name(),
        "|".join([token, *others][:MOST_PEOPLE]),
        # The longest that any policy allows. Each row knows its own end.
        max_age=BOUNDS["trust_browser_for"][1],
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    # A later login here replaces the row.
    TrustedBrowser.objects.filter(user_id=user.pk, token_hash__in=mine).delete()
    return TrustedBrowser(
        user_id=user.pk,
        token_hash=_hash(token),
        state=_state_of(user),
        made_at=now,
        used_at=now,
        until=now + user.mfa_policy.trust_browser_for,
        address=client.address or None,
        browser=client.browser,
    )


def keep(trusted: TrustedBrowser) -> None:
    """Store a row of `grant`. Rows that no longer count are deleted."""
    trusted.save()
    mine = TrustedBrowser.objects.filter(user_id=trusted.user_id)
    live = mine.filter(state=trusted.state, until__gt=trusted.made_at).order_by("-pk")
    mine.exclude(pk__in=list(live.values_list("pk", flat=True)[:MOST_BROWSERS])).delete()


def live_of(user: AbstractMfaUser, now: datetime) -> QuerySet[TrustedBrowser]:
    """Return the browsers that the person trusts, the newest first."""
    mine = TrustedBrowser.objects.filter(user_id=user.pk, state=_state_of(user))
    return mine.filter(until__gt=now).order_by("-pk")


def remove(user: AbstractMfaUser, number: str, *, client: Client) -> int:
    """Remove the trust in one browser by its number. Return how many ended."""
    pk = int(number) if number.isascii() and number.isdecimal() else 0
    mine = TrustedBrowser.objects.filter(user_id=user.pk, pk=pk if pk <= LARGEST_ID else 0)
    return _remove(mine, user, client)


def remove_all(user: AbstractMfaUser, *, client: Client) -> int:
    """Remove the trust in all browsers. Return how many ended."""
    return _remove(TrustedBrowser.objects.filter(user_id=user.pk), user, client)


def end_for(pk: int) -> None:
    """End the trust in all browsers of a person whose role or permissions change."""
    TrustedBrowser.objects.filter(user_id=pk).delete()


def _remove(mine: QuerySet[TrustedBrowser], user: AbstractMfaUser, client: Client) -> int:
    ended, _rows = mine.delete()
    if ended:
        audit.record(Event.BROWSERS_UNTRUSTED, user, client=client, number=ended)
    return ended


def _state_of(user: AbstractMfaUser) -> str:
    """Return a hash of everything whose change ends the trust (TB-02)."""
    usable = Factor.objects.usable().filter(user_id=user.pk).order_by("pk")
    parts = (
        # The password, and the epoch that each change of a factor, email or password raises
        user.get_session_auth_hash(),
        user.device_epoch,
        user.email,
        user.mfa_policy.fingerprint,
        # A factor that was turned off after wrong codes raises no epoch.
        *usable.values_list("pk", flat=True),
    )
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def _tokens(request: HttpRequest) -> list[str]:
    parts = request.COOKIES.get(cookie_name(), "").split("|")[:MOST_PEOPLE]
    return [part for part in parts if len(part) == TOKEN_LENGTH and part.isascii()]


def _hashes(request: HttpRequest) -> list[str]:
    return [_hash(token) for token in _tokens(request)]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
