"""Factors: what a person enrolled."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from mfa.rules import contacts
from mfa.rules.policy import Method
from mfa.rules.routes import Holding


class FactorQuerySet(models.QuerySet["Factor"]):
    """Factors by what they are good for."""

    def usable(self) -> "FactorQuerySet":
        """Keep the factors that may still prove a person."""
        return self.filter(revoked_at=None, disabled_at=None)


class Factor(models.Model):
    """A confirmed phone; what NIST SP 800-63B-4, 4.1, wants known of it, and its mistakes.

    A row exists only once its code was entered (EN-01). `revoked_at` ends it for good,
    `disabled_at` after a hundred wrong answers in a row (NIST SP 800-63B-4, 3.2.2).
    """

    class Kind(models.TextChoices):
        """Method in words."""

        PHONE = Method.PHONE, _("phone")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.PHONE)
    target = models.CharField(max_length=254)
    confirmed_at = models.DateTimeField(_("confirmed"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("removed"), null=True)
    disabled_at = models.DateTimeField(_("disabled"), null=True)
    wrong_answers = models.PositiveSmallIntegerField(_("wrong answers in a row"), default=0)
    address = models.GenericIPAddressField(_("confirmed from"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    objects = FactorQuerySet.as_manager()

    class Meta:
        """Admin names, and the one look-up of the login path."""

        verbose_name = _("factor")
        verbose_name_plural = _("factors")
        indexes: ClassVar = [
            models.Index(fields=["user"], condition=Q(revoked_at=None), name="factor_of_user")
        ]

    def __str__(self) -> str:
        """Name the factor as pages do."""
        return self.masked

    @property
    def masked(self) -> str:
        """The target as far as pages may tell it (PS-10)."""
        return gettext("number ending %s") % contacts.ending(self.target)

    @property
    def restricted(self) -> bool:
        """Whether NIST SP 800-63B-4, 3.2.9, calls the method restricted."""
        return self.kind == self.Kind.PHONE

    @property
    def holding(self) -> Holding:
        """The factor as routes see it."""
        return Holding(self.pk, Method(self.kind))
