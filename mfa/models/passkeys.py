"""Passkeys: their keys, the handles of people, and the challenges that wait for an answer."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from mfa.models.factors import Factor
from mfa.rules.passkeys import LONGEST_ID


class PasskeyHandle(models.Model):
    """The user handle of a person: 64 random bytes that all of their passkeys carry (WA-06)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="passkey_handle"
    )
    value = models.BinaryField(max_length=64, unique=True)

    class Meta:
        """Nobody edits it."""

        default_permissions = ()

    def __str__(self) -> str:
        """Return what it is."""
        return "handle"


class Passkey(models.Model):
    """The public part of a passkey. Its name, its state and its last use are the factor's.

    `backup_eligible` (BE): it can be synced to other devices; `backed_up` (BS): it was at the last
    use. `provider` is the AAGUID: which app or which model of key holds it.
    """

    factor = models.OneToOneField(Factor, models.CASCADE, primary_key=True, related_name="passkey")
    credential_id = models.BinaryField(max_length=LONGEST_ID, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    transports = models.JSONField(default=list)
    provider = models.UUIDField()

    class Meta:
        """Nobody edits it."""

        default_permissions = ()

    def __str__(self) -> str:
        """Return the AAGUID."""
        return str(self.provider)


class PasskeyChallenge(models.Model):
    """A challenge that one browser got for one purpose (WA-02). Its answer deletes the row.

    Without a `user` the passkey says who the person is. `browser` is the hash of a nonce that the
    session keeps.
    """

    challenge = models.BinaryField(max_length=32, unique=True)
    browser = models.CharField(max_length=64)
    purpose = models.CharField(max_length=16)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Names for retention, and its index."""

        verbose_name_plural = "passkey challenges"
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["created_at"], name="passkey_challenge_age")]

    def __str__(self) -> str:
        """Return the purpose."""
        return self.purpose
