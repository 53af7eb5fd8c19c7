"""Invitations: who was asked by email to join which organization."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.emails import EmailField
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization
from mfa.models import plain_text

if TYPE_CHECKING:
    from accounts.models.users import User

# PW-10 and NIST SP 800-63B-4, 4.2.1.2, allow 24 hours.
LIFE = timedelta(hours=24)


class Invitation(models.Model):
    """One address invited to one organization. Inviting it again renews the row.

    `round` counts the emails. Each link names its round, so a new email replaces the older link.
    `inviter` is the person who sent the newest one, and the link depends on that person's role.
    """

    class State(models.TextChoices):
        """What the manager sees."""

        PREPARED = "prepared", _("not sent yet")
        WAITING = "waiting", _("waiting")
        EXPIRED = "expired", _("expired")
        ACCEPTED = "accepted", _("accepted")
        REVOKED = "revoked", _("revoked")

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="invitations", db_index=False
    )
    email = EmailField(_("email"))
    full_name = models.CharField(
        _("full name"), max_length=150, blank=True, default="", validators=[plain_text.check]
    )
    role = models.CharField(
        _("role"), max_length=7, choices=Membership.Role, default=Membership.Role.MEMBER
    )
    # From an import, to fill in at the setup. Nothing proves that it is theirs.
    mobile = models.CharField(max_length=20, blank=True, default="", editable=False)
    inviter: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    round = models.PositiveIntegerField(default=0)
    # An import can prepare an invitation that a manager sends later.
    is_prepared = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """One row for an organization and an address."""

        default_permissions = ()
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "email"], name="invitation_once"),
        ]
        indexes: ClassVar = [
            # For the managers' list, newest first
            models.Index(fields=["organization", "-id"], name="invitation_of_organization"),
        ]

    def __str__(self) -> str:
        """Name the row without the address."""
        return f"invitation {self.pk}"

    def state_at(self, now: datetime) -> "Invitation.State":
        """Return what has become of it."""
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.revoked_at:
            return self.State.REVOKED
        if self.is_prepared:
            return self.State.PREPARED
        return self.State.EXPIRED if self.expires_at <= now else self.State.WAITING

    @property
    def state(self) -> "Invitation.State":
        """The state now."""
        return self.state_at(timezone.now())

    @property
    def is_open(self) -> bool:
        """Whether the person can still accept it, now or after it was sent."""
        return self.state in {self.State.WAITING, self.State.PREPARED}

    @property
    def state_words(self) -> str | Promise:
        """The state as managers read it."""
        return self.state.label
