"""Challenges, and the deliveries that carry them and the notices."""

import secrets
import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mfa.models.factors import Factor
from mfa.rules import codes
from mfa.rules.routes import MESSAGING

# LG-01 and the figures of the security design: five tries on one code
TRIES = 5


def random_id() -> uuid.UUID:
    """Return 128 random bits; a version-4 UUID would have 122."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


def current_key() -> str:
    """Name the key that new challenges use."""
    return codes.fingerprint(codes.key_of(settings.SECRET_KEY))


def key_named(name: str) -> bytes | None:
    """Find a challenge's key among the current and the former secret keys."""
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = map(codes.key_of, known)
    return next((key for key in keys if codes.fingerprint(key) == name), None)


class Purpose(models.TextChoices):
    """What the right answer opens."""

    LOGIN = "login", _("log in")
    ENROLL = "enroll", _("confirm a first number")
    CHANGE = "change", _("confirm a new number")
    STEP_UP = "step_up", _("confirm who is logged in")
    RESET = "reset", _("set a new password")
    RECOVER = "recover", _("set up a new second step")
    TEST = "test", _("test the SMS account")
    ACCOUNT = "account", _("confirm new values of the SMS account")


# What an administrator sends to see whether the SMS account works
TESTS = (Purpose.TEST, Purpose.ACCOUNT)


class Reason(models.TextChoices):
    """Why a message did not arrive, in the words that the person reads in M10."""

    UNKNOWN_NUMBER = "unknown_number", _("this number does not exist")
    CANNOT_GET_TEXTS = "cannot_get_texts", _("this number cannot get texts")
    UNREACHABLE = "unreachable", _("the phone is switched off or out of reach")
    BLOCKED = "blocked", _("the phone company blocked it")
    OPTED_OUT = "opted_out", _("this phone refuses our texts until you text us START")
    COUNTRY = "country", _("we cannot send texts to this country")
    TRIAL = "trial", _("the trial account sends only to numbers confirmed there")
    BUSY = "busy", _("the service is busy; try again in a few minutes")
    CAPPED = "capped", _("the service is busy; try again in a few minutes")
    ACCOUNT = "account", _("texts are not available right now")
    CREDENTIALS = "credentials", _("texts are not available right now")
    SENDER = "sender", _("texts are not available right now")
    UNREGISTERED = "unregistered", _("texts are not available right now")
    HELD = "held", _("we cannot send a text to this number now")
    PROXY = "proxy", _("the text service could not be reached")
    NETWORK = "network", _("the service did not answer")
    HELD_BACK = "held_back", _("texts are not available right now")
    OUR_FAULT = "our_fault", _("something went wrong on our side")
    # The portal broke before a provider was asked, or while it read the answer
    INTERNAL = "internal", _("a fault in this portal stopped it")
    REFUSED = "refused", _("it was refused")
    UNKNOWN = "unknown", _("nobody says why")


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    """Challenges by what may still become of them."""

    def open(self, now: datetime) -> "ChallengeQuerySet":
        """Keep the challenges that an answer may still pass."""
        return self.filter(passed_at=None, voided_at=None, expires_at__gt=now, tries_left__gt=0)


class Challenge(models.Model):
    """One question put to one target; its code is derived and stands nowhere.

    `browser` is the SHA-256 of a nonce in the asking session, `key` names the key of its code.
    """

    id = models.UUIDField(primary_key=True, default=random_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="challenges",
        verbose_name=_("person"),
    )
    factor = models.ForeignKey(Factor, models.CASCADE, null=True, related_name="challenges")
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=8, choices=[(c, c) for c in MESSAGING])
    target = models.CharField(max_length=254)
    # The country of a number that nobody has confirmed yet, "" for all other targets
    new_in = models.CharField(max_length=2, blank=True)
    # Where a text to a new number was asked for: a /24, or a /64 of IPv6
    network = models.CharField(max_length=43, blank=True)
    # Whether mfa.prefixes still counts it among its neighbors
    unsettled = models.BooleanField(default=False)
    browser = models.CharField(max_length=64)
    key = models.CharField(max_length=8)
    created_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("until"))
    tries_left = models.PositiveSmallIntegerField(_("tries left"), default=TRIES)
    sends = models.PositiveSmallIntegerField(_("messages"), default=1)
    resend_at = models.DateTimeField(_("next message from"))
    passed_at = models.DateTimeField(_("passed"), null=True)
    voided_at = models.DateTimeField(_("replaced"), null=True)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        """Admin names, the earlier questions to a browser, and the newest to a country."""

        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        indexes: ClassVar = [
            models.Index(fields=["browser"], name="challenge_browser"),
            models.Index(fields=["expires_at"], name="challenge_expires"),
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
        """Name the question without its target."""
        return f"{self.purpose} by {self.channel}"

    @property
    def life(self) -> int:
        """Minutes between asking and expiry."""
        return round((self.expires_at - self.created_at).total_seconds() / 60)

    def is_open(self, now: datetime) -> bool:
        """Whether an answer may still pass it, as `ChallengeQuerySet.open` asks the database."""
        untouched = self.passed_at is None and self.voided_at is None
        return untouched and self.expires_at > now and self.tries_left > 0

    def code_for(self, browser: str) -> str | None:
        """Derive the code for a browser as its session or this row names it.

        None when the key is among the configured secrets no more, which ends the challenge.
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


class Delivery(models.Model):
    """One attempt to carry a challenge's code or a notice: the record of truth about it.

    `message` names the template, `context` what it says (never a code). A row is QUEUED until a
    worker claims it, and MAYBE when nobody can tell whether it left; that is never repeated.
    `receipt_id`, 128 random bits, is the address at which the provider reports about a text.
    """

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", _("waiting for the worker")
        SENDING = "sending", _("being sent")
        ACCEPTED = "accepted", _("taken by the provider")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        MAYBE = "maybe", _("maybe sent")
        DROPPED = "dropped", _("not needed any more")

    challenge = models.ForeignKey(
        Challenge, models.CASCADE, null=True, related_name="deliveries", verbose_name=_("challenge")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="deliveries",
        verbose_name=_("person"),
    )
    message = models.CharField(_("message"), max_length=40)
    context = models.JSONField(default=dict)
    channel = models.CharField(_("channel"), max_length=8, choices=[(c, c) for c in MESSAGING])
    target = models.CharField(max_length=254)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    reason = models.CharField(_("reason"), max_length=20, blank=True, choices=Reason)
    code = models.CharField(_("provider's error number"), max_length=12, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=64, blank=True)
    receipt_id = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(_("asked"))
    claimed_at = models.DateTimeField(_("taken by a worker"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # When the provider was told that the code came back (SMS_FEEDBACK)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Admin names, and what the sweep looks for."""

        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="delivery_unfinished",
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(state="sending"), name="delivery_sending"
            ),
            # For those who learn from failures; a row enters it when the worker is done with it.
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="delivery_finished",
            ),
        ]

    def __str__(self) -> str:
        """Name the message without its target."""
        return f"{self.message} by {self.channel}"
