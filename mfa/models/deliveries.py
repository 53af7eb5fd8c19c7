"""Deliveries: messages with codes and notices, and their state."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from mfa.models.challenges import Challenge
from mfa.models.message_words import CHANNELS, MESSAGES
from mfa.rules.methods import MESSAGING


class Reason(models.TextChoices):
    """Why a message did not arrive, in the words of message M10."""

    UNKNOWN_NUMBER = "unknown_number", _("this number does not exist")
    CANNOT_GET_TEXTS = "cannot_get_texts", _("this number cannot receive texts")
    UNREACHABLE = "unreachable", _("the phone is off or has no signal")
    BLOCKED = "blocked", _("the phone company blocked the message")
    # Because of the content, not the recipient
    FILTERED = "filtered", _("the phone company blocked the message")
    OPTED_OUT = "opted_out", _("this phone blocked our texts; text us START to unblock them")
    COUNTRY = "country", _("we cannot send texts to this country")
    TRIAL = "trial", _("the trial account only sends to numbers verified at the provider")
    BUSY = "busy", _("the service is busy; try again in a few minutes")
    CAPPED = "capped", _("the service is busy; try again in a few minutes")
    ACCOUNT = "account", _("texts are not available right now")
    CREDENTIALS = "credentials", _("texts are not available right now")
    SENDER = "sender", _("texts are not available right now")
    UNREGISTERED = "unregistered", _("texts are not available right now")
    HELD = "held", _("we cannot text this number right now")
    PROXY = "proxy", _("the text service could not be reached")
    NETWORK = "network", _("the service did not respond")
    HELD_BACK = "held_back", _("texts are not available right now")
    OUR_FAULT = "our_fault", _("something went wrong on our side")
    # The portal failed before it asked a provider, or while it read the answer
    INTERNAL = "internal", _("an error in the portal stopped the message")
    REFUSED = "refused", _("the provider refused the message")
    UNKNOWN = "unknown", _("no reason given")


class Delivery(models.Model):
    """One message with a challenge's code or a notice, and its state.

    A message to someone who registers has no `user` yet.

    `message` names the template, `context` its values (never a code). A row is QUEUED until a
    worker claims it. `bulk` rows leave at a set rate, beside all others. It is MAYBE if nobody
    knows whether the message was sent; then it is never repeated. `receipt_id`, 128 random bits, is
    part of the URL for the provider's reports.
    """

    class State(models.TextChoices):
        """The state of a message."""

        QUEUED = "queued", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        ACCEPTED = "accepted", _("accepted by the provider")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        MAYBE = "maybe", _("unknown, may have been sent")
        DROPPED = "dropped", _("canceled, no longer needed")

    challenge = models.ForeignKey(
        Challenge, models.CASCADE, null=True, related_name="deliveries", verbose_name=_("challenge")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="deliveries",
        verbose_name=_("person"),
    )
    message = models.CharField(_("message"), max_length=40)
    context = models.JSONField(default=dict)
    channel = models.CharField(_("channel"), max_length=8, choices=[(c, c) for c in MESSAGING])
    target = models.CharField(max_length=254)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    bulk = models.BooleanField(default=False, db_default=False, editable=False)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    reason = models.CharField(_("reason"), max_length=20, blank=True, choices=Reason)
    code = models.CharField(_("provider's error number"), max_length=12, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=64, blank=True)
    receipt_id = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(_("requested"))
    claimed_at = models.DateTimeField(_("taken by a worker"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # When the portal reported the entered code to the provider (SMS_FEEDBACK)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Names in the admin, and the index for the sweep."""

        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "sending"], bulk=False),
                name="delivery_unsent",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(state="queued", claimed_at=None, bulk=True),
                name="delivery_bulk",
            ),
            models.Index(
                fields=["claimed_at"],
                condition=Q(state="queued", claimed_at__isnull=False, bulk=True),
                name="delivery_bulk_again",
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(state="sending"), name="delivery_sending"
            ),
            # For statistics of failures. A row enters it when the worker has finished it.
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="delivery_finished",
            ),
            # For the filters and the search of the admin's list
            models.Index(fields=["state", "id"], name="delivery_state"),
            models.Index(fields=["message", "id"], name="delivery_message"),
            models.Index(fields=["channel", "id"], name="delivery_channel"),
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="delivery_provider_id"
            ),
        ]

    def __str__(self) -> str:
        """Name the message without its target."""
        words = {
            "message": MESSAGES.get(self.message, self.message),
            "channel": CHANNELS.get(self.channel, self.channel),
        }
        return gettext("%(message)s (%(channel)s)") % words
