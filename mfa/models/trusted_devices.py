"""Trusted browsers: where a person logs in without a second step for some days."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.client import device_of


class TrustedBrowser(models.Model):
    """A browser that its person trusts (TB-02). Only the SHA-256 hash of its token is stored.

    `state` is a hash of what the person and the policy were: the trust ends when it changes. After
    `until` it ends too. `address` is that of the last use.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="trusted_browsers"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        """Names for retention, and its index. People remove their own on the Security page."""

        verbose_name_plural = _("trusted browsers")
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["until"], name="trusted_browser_until")]

    def __str__(self) -> str:
        """Return the browser in words."""
        return self.device

    @property
    def device(self) -> str:
        """The browser and system in words, "" without a browser."""
        return device_of(self.browser)
