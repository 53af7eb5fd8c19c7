"""The SMS account: its live values, the waiting ones, and the results of tests."""

import hashlib
from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mfa.crypto import EncryptedTextField, Sealed
from mfa.models.one_row import OneRow

# Time to promote a new token in the provider's console after entering it here
PREVIOUS_TOKEN_FOR = timedelta(hours=6)


class SmsValues(NamedTuple):
    """The values for sending texts, all from the provider's console."""

    account_id: str
    auth_token: str
    phone_number: str


class SmsAccount(OneRow):
    """The live values, and those that wait for a superuser (mfa.messages.sms_account)."""

    account_id = models.CharField(_("SMS Account ID"), max_length=34, blank=True)
    auth_token = EncryptedTextField(_("SMS Authentication Token"), blank=True)
    # A number in E.164, or the provider's replacement for one
    phone_number = models.CharField(_("SMS Phone Number"), max_length=34, blank=True)
    candidate_since = models.DateTimeField(null=True, editable=False)
    candidate_account_id = models.CharField(max_length=34, blank=True, editable=False)
    candidate_auth_token = EncryptedTextField(blank=True, editable=False)
    candidate_phone_number = models.CharField(max_length=34, blank=True, editable=False)
    # Receipts have the old token's signature until the new one is promoted at the provider.
    previous_token = EncryptedTextField(blank=True, editable=False)
    previous_token_until = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    tested_credentials = models.CharField(max_length=64, blank=True, editable=False)
    is_trial = models.BooleanField(default=False, editable=False)
    # The provider kept the last text although SMS_REDACT is on
    unredacted = models.BooleanField(default=False, editable=False)

    class Meta:
        """The Account Policy page edits it, with its own permission."""

        default_permissions = ()

    def __str__(self) -> str:
        """Name the row without the secret token."""
        return self.account_id

    @property
    def values(self) -> SmsValues:
        """The values that texts are sent with."""
        return SmsValues(self.account_id, self.auth_token, self.phone_number)

    @values.setter
    def values(self, values: SmsValues) -> None:
        self.account_id, self.auth_token, self.phone_number = values

    @property
    def candidate_values(self) -> SmsValues:
        """The values that wait for a superuser."""
        return SmsValues(
            self.candidate_account_id, self.candidate_auth_token, self.candidate_phone_number
        )

    @property
    def entered(self) -> SmsValues:
        """The values entered last, even if they wait for a superuser."""
        return self.candidate_values if self.candidate_since else self.values

    @property
    def complete(self) -> bool:
        """Whether all three values are set."""
        return all(self.values)

    @property
    def token_lost(self) -> bool:
        """Whether none of ENCRYPTION_KEYS decrypts the stored token."""
        return isinstance(self.auth_token, Sealed)

    def with_candidate(self) -> Self:
        """Return a copy that sends with the waiting values."""
        other = copy(self)
        other.values = self.candidate_values
        return other

    def credentials(self) -> str:
        """Return 64 hex digits that identify the values. The token's 128 bits keep them secret.

        An API key in the environment is included, because a new one needs a new test message.
        """
        key = filter(None, (settings.SMS_API_KEY, settings.SMS_API_SECRET))
        return hashlib.sha256("\0".join((*self.values, *key)).encode()).hexdigest()

    @property
    def tested(self) -> bool:
        """Whether a test code was entered for exactly these values."""
        return self.complete and self.tested_credentials == self.credentials()

    def keep_token(self, former: str, now: datetime) -> None:
        """Keep a replaced token, for the receipts that are still signed with it."""
        self.previous_token = former
        self.previous_token_until = now + PREVIOUS_TOKEN_FOR

    def tokens(self, now: datetime) -> list[str]:
        """Return the tokens that can sign a receipt."""
        kept = self.previous_token_until and self.previous_token_until > now
        tokens = (self.auth_token, self.previous_token if kept else "")
        return [token for token in tokens if token]
