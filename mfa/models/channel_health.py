"""The health of the channels: whether texts are off, and the last test of the mail server."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

from mfa.models.one_row import OneRow

MAIL = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")


def mail_config() -> str:
    """Return 64 hex digits that identify the configured mail server without revealing it."""
    values = [getattr(settings, f"EMAIL_{name}", "") for name in MAIL]
    # Without the portal's name, which is added when it sends: a new name needs no new test.
    said = "\0".join(map(str, (*values, settings.DEFAULT_FROM_EMAIL)))
    return salted_hmac("mfa.mail", said, algorithm="sha256").hexdigest()


class ChannelHealth(OneRow):
    """Written by the worker and by administrators' tests. It has no form."""

    # For mfa.messages.circuit: open since, last fault, on trial since, closed since
    texts_rest_since = models.DateTimeField(null=True, editable=False)
    texts_failed_at = models.DateTimeField(null=True, editable=False)
    texts_fault_reason = models.CharField(max_length=20, blank=True, editable=False)
    texts_fault_code = models.CharField(max_length=12, blank=True, editable=False)
    # Whether the provider accepted the text and reported the fault later
    texts_fault_reported = models.BooleanField(default=False, editable=False)
    texts_tried_at = models.DateTimeField(null=True, editable=False)
    texts_resumed_at = models.DateTimeField(null=True, editable=False)
    mail_tested_at = models.DateTimeField(null=True, editable=False)
    mail_test_config = models.CharField(max_length=64, blank=True, editable=False)
    mail_test_reason = models.CharField(max_length=20, blank=True, editable=False)
    mail_test_code = models.CharField(max_length=12, blank=True, editable=False)

    class Meta:
        """It has no form, so it needs no permissions."""

        default_permissions = ()

    def __str__(self) -> str:
        """Name the row."""
        return "Channels"

    @property
    def texts_rest(self) -> bool:
        """Whether texts are unavailable for new questions."""
        return self.texts_rest_since is not None and self.texts_tried_at is None

    @property
    def texts_on_trial(self) -> bool:
        """Whether texts are sent again after a fault, but none has arrived yet."""
        return self.texts_rest_since is not None and self.texts_tried_at is not None

    @property
    def mail_failed(self) -> bool:
        """Whether the last test of this mail server failed (A26).

        A mail server that was never tested, or changed since, counts as working.
        """
        return bool(self.mail_test_reason) and self.mail_test_config == mail_config()

    @property
    def mail_tested(self) -> bool:
        """Whether the last test of this mail server succeeded."""
        return not self.mail_test_reason and self.mail_test_config == mail_config()
