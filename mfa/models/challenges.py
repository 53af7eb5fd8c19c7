"""Challenges: one question to one target each."""

import secrets
import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from mfa.models.factors import Factor
from mfa.models.message_words import CHANNELS
from mfa.prepared import Moment
from mfa.rules import codes
from mfa.rules.methods import MESSAGING
from mfa.rules.routes import Purpose

# LG-01 and docs/security.md: five attempts per code
TRIES = 5


def random_id() -> uuid.UUID:
    """Return 128 random bits; a version-4 UUID would have 122."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


def current_key() -> str:
    """Return the fingerprint of the key for new challenges."""
    return codes.fingerprint(codes.key_of(settings.SECRET_KEY))


def key_named(name: str) -> bytes | None:
    """Return the key with this fingerprint from the current and former secret keys, or None."""
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = map(codes.key_of, known)
    return next((key for key in keys if codes.fingerprint(key) == name), None)


PURPOSES = {
    Purpose.REGISTER: _("verify an email to register"),
    Purpose.LOGIN: _("log in"),
    Purpose.ENROLL: _("verify a first number or email"),
    Purpose.CHANGE: _("verify a new number or email"),
    Purpose.STEP_UP: _("confirm who is logged in"),
    Purpose.RESET: _("set a new password"),
    Purpose.RECOVER: _("set up a new way to log in"),
    Purpose.TEST: _("test the SMS account"),
    Purpose.ACCOUNT: _("confirm new SMS account values"),
}
# The purposes of an administrator's tests of the SMS account
TESTS = (Purpose.TEST, Purpose.ACCOUNT)


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    """Challenges by their state."""

    def open(self, now: Moment) -> "ChallengeQuerySet":
        """Keep the challenges that can still be answered."""
        return self.filter(passed_at=None, voided_at=None, expires_at__gt=now, tries_left__gt=0)


class Challenge(models.Model):
    """One question to one target. Its code is derived and never stored.

    Someone who registers has no `user` yet. `browser` is the SHA-256 of a nonce in the session,
    `key` the fingerprint of the code's key.
    """

    id = models.UUIDField(primary_key=True, default=random_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="challenges",
        verbose_name=_("person"),
    )
    factor = models.ForeignKey(Factor, models.CASCADE, null=True, related_name="challenges")
    purpose = models.CharField(_("purpose"), max_length=16, choices=PURPOSES)
    channel = models.CharField(_("channel"), max_length=8, choices=[(c, c) for c in MESSAGING])
    target = models.CharField(max_length=254)
    # The country of a number that was never confirmed, "" for other targets
    new_in = models.CharField(max_length=2, blank=True)
    # The network that requested a text to a new number: a /24, or a /64 for IPv6
    network = models.CharField(max_length=43, blank=True)
    # Whether mfa.limits.unconfirmed still counts it among its neighbors
    unsettled = models.BooleanField(default=False)
    browser = models.CharField(max_length=64)
    key = models.CharField(max_length=8)
    created_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))
    tries_left = models.PositiveSmallIntegerField(_("attempts left"), default=TRIES)
    sends = models.PositiveSmallIntegerField(_("messages"), default=1)
    resend_at = models.DateTimeField(_("next message allowed from"))
    passed_at = models.DateTimeField(_("verified"), null=True)
    voided_at = models.DateTimeField(_("replaced"), null=True)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        """Names in the admin, and indexes for a browser's challenges and a country's newest."""

        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        indexes: ClassVar = [
            models.Index(fields=["browser"], name="challenge_browser"),
            models.Index(fields=["expires_at"], name="challenge_expires"),
            # For the admin's list and its filter
            models.Index(fields=["created_at"], name="challenge_created"),
            models.Index(fields=["purpose", "created_at"], name="challenge_purpose"),
            models.Index(
                fields=["new_in", "-created_at"],
                condition=~Q(new_in=""),
                name="challenge_new_in_country",
            ),
            models.Index(
                fields=["network", "-created_at"],
                condition=~Q(network=""),
                name="challenge_new_in_network",
            ),
        ]

    def __str__(self) -> str:
        """Name the challenge without its target."""
        words = {
            "purpose": self.get_purpose_display(),
            "channel": CHANNELS.get(self.channel, self.channel),
        }
        return gettext("%(purpose)s (%(channel)s)") % words

    @property
    def life(self) -> int:
        """Minutes from creation to expiry."""
        return round((self.expires_at - self.created_at).total_seconds() / 60)

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered, as in `ChallengeQuerySet.open`."""
        untouched = self.passed_at is None and self.voided_at is None
        return untouched and self.expires_at > now and self.tries_left > 0

    def code_for(self, browser: str) -> str | None:
        """Derive the code for a browser, as its session or this row names it.

        Return None if the key is no longer configured, which ends the challenge.
        """
        key = key_named(self.key)
        return codes.derive(key, self._binding(browser)) if key else None

    def _binding(self, browser: str) -> codes.Binding:
        return codes.Binding(
            challenge=self.id.hex,
            user=str(self.user_id),
            purpose=self.purpose,
            channel=self.channel,
            target=self.target,
            browser=browser,
        )
