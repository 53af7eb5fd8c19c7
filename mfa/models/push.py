"""Phones that approve logins, and the requests that they answer."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.client import device_of
from mfa.crypto import EncryptedTextField
from mfa.models.challenges import key_named, random_id
from mfa.models.factors import Factor
from mfa.rules import push
from mfa.rules.push import RequestState

POINT_BYTES = 65


class PushDevice(models.Model):
    """A browser on a phone: its signing key, and how it gets messages (PU-03).

    Without a `factor` it is being added, and approves nothing but its own test. `code_hash` is the
    SHA-256 of the code beside the QR code, and `asked_by` of the nonce of the session that shows
    it. `token_hash` is that of the phone's cookie, which only shows it its requests.
    `subscription` is JSON with endpoint, p256dh and auth; "" if it ended. `server_key` is the
    portal's public key at that time.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_devices")
    factor = models.OneToOneField(Factor, models.CASCADE, null=True, related_name="push_device")
    code_hash = models.CharField(max_length=64, unique=True)
    asked_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    paired_at = models.DateTimeField(null=True)
    public_key = models.BinaryField(max_length=POINT_BYTES, default=b"")
    token_hash = models.CharField(max_length=64, blank=True)
    subscription = EncryptedTextField(blank=True)
    server_key = models.CharField(max_length=100, blank=True)
    subscribed_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        """Names for retention, and the lookup by the phone's cookie."""

        verbose_name_plural = _("phones for approval")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=Q(factor=None), name="phone_unfinished"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="phone_token"
            )
        ]

    def __str__(self) -> str:
        """Return the browser in words."""
        return self.words

    @property
    def words(self) -> str:
        """The browser and system in words, "" without a browser."""
        return device_of(self.browser)


class PushRequest(models.Model):
    """One question to a person's phones: is this you? (PU-01).

    `asked_by` is the hash of the asking session's nonce. `to` is the only phone that may answer, if
    it is being tested. `here` are the phones in the asking browser, which may not. `device` is the
    phone that answered. `claimed_at` is when a worker began to send it. `reached` counts the phones
    whose push service took the message, once sent.
    """

    STATES: ClassVar = [
        (state.value, state.value) for state in RequestState if state is not RequestState.EXPIRED
    ]

    id = models.UUIDField(primary_key=True, default=random_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    to = models.ForeignKey(PushDevice, models.CASCADE, null=True, related_name="tests")
    here = models.JSONField(default=list)
    purpose = models.CharField(max_length=16)
    asked_by = models.CharField(max_length=64)
    key = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=STATES, default=RequestState.OPEN.value)
    claimed_at = models.DateTimeField(null=True)
    reached = models.PositiveSmallIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)
    device = models.ForeignKey(
        PushDevice, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        """Names for retention, and at most one open login request of a person."""

        verbose_name_plural = _("approval requests")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["user", "created_at"], name="push_request_of_user"),
            models.Index(fields=["created_at"], name="push_request_age"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="open", to=None), name="push_request_open_once"
            )
        ]

    def __str__(self) -> str:
        """Return the purpose and the state."""
        return f"{self.purpose}: {self.state}"

    def state_at(self, now: datetime) -> RequestState:
        """The state, which ends with time."""
        return push.state_of(RequestState(self.state), self.created_at, now)

    @property
    def number(self) -> str:
        """The number that the asking browser shows, "" if its key is gone."""
        key = key_named(self.key)
        if key is None:
            return ""
        return push.number_of(
            key,
            request=self.pk.hex,
            user=str(self.user_id),
            purpose=self.purpose,
            browser=self.asked_by,
        )

    @property
    def asked_on(self) -> str:
        """The asking browser and system in words, "" without a browser."""
        return device_of(self.browser)
