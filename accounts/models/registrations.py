"""Registrations: what someone typed to get an account, until the email address is proven."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import usernames
from accounts.models.emails import EmailField
from accounts.models.organizations import Organization
from accounts.models.usernames import UsernameField
from mfa.models import Challenge


class Registration(models.Model):
    """One submitted form. It is no account: it cannot log in, be reset, or take an address.

    Anyone can register any address, so there can be several rows for one. The browser that proves
    the address first turns its own row into the account, and all others go (RG-04). `password` is a
    hash, `phone` a number in E.164 that nothing proves. The `challenge` is the newest.
    """

    email = EmailField()
    password = models.CharField(max_length=128)
    full_name = models.CharField(max_length=150)
    # Given with the account if no one has it by then
    username = UsernameField(max_length=usernames.LONGEST, null=True, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    # None: for the site
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")
    challenge = models.ForeignKey(Challenge, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Retention removes the rows; nobody browses them."""

        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="registration_created"),
            models.Index(fields=["email"], name="registration_email"),
        ]

    def __str__(self) -> str:
        """Name the row without the address."""
        return f"registration {self.pk}"
