"""Factors: what a person enrolled."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from mfa import plain_text
from mfa.encryption import EncryptedTextField
from mfa.rules import contacts
from mfa.rules.policy import Method
from mfa.rules.routes import Holding

NAME_LENGTH = 40


class FactorQuerySet(models.QuerySet["Factor"]):
    """Factors by what they are good for."""

    def usable(self) -> "FactorQuerySet":
        """Keep the factors that may still prove a person."""
        return self.filter(revoked_at=None, disabled_at=None, suspended_at=None)


class Factor(models.Model):
    """A phone, an app or a set of recovery codes; what NIST SP 800-63B-4, 4.1, wants known of it.

    A row exists only once its code was entered (EN-01). `revoked_at` ends it for good,
    `suspended_at` when its owner reports it lost (RV-07), `disabled_at` after a hundred wrong
    answers in a row (NIST SP 800-63B-4, 3.2.2). `secret` is an app's key in base 32 (TO-01) or the
    salt of recovery codes in hex; `name` is the person's own for an app, `last_step` the newest
    time step that was used of it (TO-02).
    """

    class Kind(models.TextChoices):
        """Method in words."""

        PHONE = Method.PHONE, _("phone")
        APP = Method.APP, _("authenticator app")
        RECOVERY_CODES = Method.RECOVERY_CODES, _("recovery codes")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.PHONE)
    target = models.CharField(max_length=254, blank=True)
    # For staff, who find people by exactly these
    last_four = models.GeneratedField(
        expression=Right("target", 4), output_field=models.CharField(max_length=4), db_persist=True
    )
    name = models.CharField(
        _("name"), max_length=NAME_LENGTH, blank=True, validators=[plain_text.check]
    )
    secret = EncryptedTextField(blank=True, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("removed"), null=True)
    suspended_at = models.DateTimeField(_("reported lost"), null=True)
    # Written by an administrator and not yet proven by a code (K6)
    assigned = models.BooleanField(_("not proven yet"), default=False, editable=False)
    disabled_at = models.DateTimeField(_("disabled"), null=True)
    # A dump was restored: recovery codes that were used after it may work once more
    restored_at = models.DateTimeField(null=True, editable=False)
    wrong_answers = models.PositiveSmallIntegerField(_("wrong answers in a row"), default=0)
    wrong_answer_at = models.DateTimeField(null=True, editable=False)
    # What texts to it have met: STOP until then, or faults that speak against the number
    refuses_until = models.DateTimeField(_("refuses texts until"), null=True)
    doubtful_since = models.DateTimeField(_("doubtful since"), null=True)
    address = models.GenericIPAddressField(_("confirmed from"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    objects = FactorQuerySet.as_manager()

    class Meta:
        """Admin names, the one look-up of the login path, and who else has a number."""

        verbose_name = _("factor")
        verbose_name_plural = _("factors")
        indexes: ClassVar = [
            models.Index(fields=["user"], condition=Q(revoked_at=None), name="factor_of_user"),
            models.Index(fields=["target"], condition=Q(revoked_at=None), name="factor_of_target"),
            models.Index(
                fields=["last_four"],
                condition=Q(revoked_at=None) & ~Q(target=""),
                name="factor_last_four",
            ),
            # For what prunes: the rows that it removes, and those that it empties before
            models.Index(
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="factor_revoked",
            ),
            models.Index(
                fields=["id"],
                condition=Q(revoked_at__isnull=False) & ~Q(secret=""),
                name="factor_former_secret",
            ),
        ]

    def __str__(self) -> str:
        """Name the factor as pages do."""
        return self.masked

    @property
    def masked(self) -> str:
        """The factor in words, its target as far as pages may tell it (PS-10)."""
        match self.kind:
            case self.Kind.APP:
                return self.name or gettext("authenticator app")
            case self.Kind.RECOVERY_CODES:
                return gettext("recovery codes")
            case _:
                return gettext("number ending %s") % contacts.ending(self.target)

    @property
    def readable(self) -> bool:
        """Whether its secret can be used: a phone has none, others need their encryption key."""
        return self.kind == self.Kind.PHONE or bool(self.secret)

    @property
    def refuses(self) -> bool:
        """Whether its owner's STOP is still in force."""
        return self.refuses_until is not None and self.refuses_until > timezone.now()

    @property
    def state(self) -> str:
        """Say whether it can be used, in words."""
        if self.revoked_at:
            return gettext("removed")
        if self.suspended_at:
            return gettext("reported lost")
        if not self.readable:
            return gettext("out of order: its encryption key is missing")
        if self.assigned:
            return gettext("written by an administrator, not proven yet")
        if self.disabled_at:
            return gettext("disabled after a hundred wrong codes")
        if self.refuses:
            return gettext("refuses texts: STOP was sent from it")
        return gettext("doubtful: texts to it fail") if self.doubtful_since else gettext("in use")

    @property
    def restricted(self) -> bool:
        """Whether NIST SP 800-63B-4, 3.2.9, calls the method restricted."""
        return self.kind == self.Kind.PHONE

    @property
    def holding(self) -> Holding:
        """The factor as routes see it."""
        method = Method(self.kind)
        return Holding(
            self.pk,
            method,
            self.target,
            self.refuses,
            proven=not self.assigned,
            works=self.readable,
        )


class RecoveryCode(models.Model):
    """One recovery code of a set: a slow hash of it, and when it was used (LK-01)."""

    factor = models.ForeignKey(Factor, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        """The one look-up of an answer."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_digest")
        ]

    def __str__(self) -> str:
        """Say whether it is used; the code stands nowhere."""
        return "used" if self.used_at else "unused"
