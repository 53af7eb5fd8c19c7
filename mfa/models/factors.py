"""Factors: what a person enrolled."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from mfa import prepared
from mfa.crypto import EncryptedTextField
from mfa.models import plain_text
from mfa.rules import masking
from mfa.rules.methods import FIRST, SECRET, Method
from mfa.rules.routes import Holding

NAME_LENGTH = 40


class Status(models.TextChoices):
    """The state of a factor. Only assigned and active ones can be used to log in.

    `proposed` waits for its proof. `assigned` was entered by an administrator, and its first code
    proves it (K6). `suspended` was reported lost by its owner (RV-07). `disabled` had a hundred
    wrong codes in a row (NIST SP 800-63B-4, 3.2.2). `revoked` has ended.
    """

    PROPOSED = "proposed", _("not verified yet")
    ASSIGNED = "assigned", _("entered by an administrator, not verified yet")
    ACTIVE = "active", _("in use")
    SUSPENDED = "suspended", _("reported lost")
    DISABLED = "disabled", _("disabled after 100 wrong codes")
    REVOKED = "revoked", _("removed")


USABLE = (Status.ASSIGNED, Status.ACTIVE)


class FactorQuerySet(models.QuerySet["Factor"]):
    """Factors by what they can be used for."""

    def set_up(self, since: datetime | None) -> "FactorQuerySet":
        """Keep usable phones and apps, and only those from after a time if there is one (K9)."""
        first = self.usable().filter(kind__in=FIRST)
        return first.filter(confirmed_at__gt=since) if since else first

    def usable(self) -> "FactorQuerySet":
        """Keep the factors that a person can log in with."""
        return self.filter(status__in=USABLE)

    def not_revoked(self) -> "FactorQuerySet":
        """Keep the factors that a person has, including those out of use."""
        return self.exclude(status=Status.REVOKED)

    def with_details(self) -> "FactorQuerySet":
        """Load what the Security page shows of kinds with a table of their own."""
        return self.select_related("passkey")

    def bound(self) -> "FactorQuerySet":
        """Keep the factors that a person has and that are theirs: not numbers without a proof."""
        return self.not_revoked().exclude(status=Status.PROPOSED)

    def end(self) -> None:
        """Revoke the factors. A number without a proof was never one, so its row goes."""
        self.filter(status=Status.PROPOSED).delete()
        self.not_revoked().become(Status.REVOKED)

    def become(self, status: Status) -> int:
        """Set the status of the factors as of now. Return their number."""
        return self.update(status=status, status_at=timezone.now())


class Factor(models.Model):
    """A phone, email, app, passkey or set of recovery codes (NIST SP 800-63B-4, 4.1).

    A row exists only after its code was entered (EN-01), except for a number that the person typed
    at registration or that was imported: it is proposed, and only fills a form (C02, C11). `status`
    is its state and `status_at` the time of that; `confirmed_at` is the time of the setup. `secret`
    is an app's key in base 32 (TO-01) or the salt of recovery codes in hex. `name` is what the
    person calls it, and `last_step` the newest time step used (TO-02).
    """

    class Kind(models.TextChoices):
        """The method in words."""

        PHONE = Method.PHONE, _("phone")
        EMAIL = Method.EMAIL, _("email")
        APP = Method.APP, _("authenticator app")
        PASSKEY = Method.PASSKEY, _("passkey")
        PUSH = Method.PUSH, _("approval on a phone")
        RECOVERY_CODES = Method.RECOVERY_CODES, _("recovery codes")

    # The index with the status below includes it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="factors",
        verbose_name=_("person"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.PHONE)
    target = models.CharField(max_length=254, blank=True)
    # Staff search people by these digits.
    last_four = models.GeneratedField(
        expression=Right("target", 4), output_field=models.CharField(max_length=4), db_persist=True
    )
    name = models.CharField(
        _("name"), max_length=NAME_LENGTH, blank=True, validators=[plain_text.check]
    )
    # The phone or email that gets the codes of logins before others of its kind
    preferred = models.BooleanField(default=False, editable=False)
    secret = EncryptedTextField(blank=True, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    confirmed_at = models.DateTimeField(_("verified"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.ACTIVE)
    status_at = models.DateTimeField(_("status since"), default=timezone.now)
    # Set after restoring a dump: recovery codes used after the dump may work once more.
    restored_at = models.DateTimeField(null=True, editable=False)
    wrong_answers = models.PositiveSmallIntegerField(_("wrong codes in a row"), default=0)
    wrong_answer_at = models.DateTimeField(null=True, editable=False)
    # The results of texts to it: STOP until a time, or repeated failures
    refuses_until = models.DateTimeField(_("blocks texts until"), null=True)
    doubtful_since = models.DateTimeField(_("doubtful since"), null=True)
    address = models.GenericIPAddressField(_("verified from"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    objects = FactorQuerySet.as_manager()

    class Meta:
        """Names in the admin, the lookup of the login, and who else has a number."""

        verbose_name = _("factor")
        verbose_name_plural = _("factors")
        permissions: ClassVar = [("rescue_person", "Can help people who cannot log in")]
        indexes: ClassVar = [
            models.Index(fields=["user", "status"], name="factor_of_user"),
            models.Index(
                fields=["target"], condition=~Q(status=Status.REVOKED), name="factor_of_target"
            ),
            models.Index(
                fields=["last_four"],
                condition=~Q(status=Status.REVOKED) & ~Q(target=""),
                name="factor_last_four",
            ),
            # For retention: the rows to remove, and those to erase before
            models.Index(
                fields=["status_at"],
                condition=Q(status=Status.REVOKED),
                name="factor_revoked",
            ),
            models.Index(
                fields=["id"],
                condition=Q(status=Status.REVOKED) & ~Q(secret=""),
                name="factor_former_secret",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="factor_status_is_known"
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(preferred=True) & ~Q(status=Status.REVOKED),
                name="factor_preferred_once",
            ),
        ]

    def __str__(self) -> str:
        """Return the factor's name as on pages."""
        return self.masked

    @property
    def masked(self) -> str:
        """The factor in words, with a masked target (PS-10)."""
        if self.kind == self.Kind.PHONE:
            return gettext("number ending %s") % masking.ending(self.target)
        if self.kind == self.Kind.EMAIL:
            return gettext("email %s") % masking.masked_email(self.target)
        return self.name or self.get_kind_display()

    @property
    def title(self) -> str:
        """The factor as its owner named it, or in words."""
        return self.name or self.masked

    @property
    def known_as(self) -> str:
        """The factor in words, with the name that its owner gave it."""
        return f"{self.masked} ({self.name})" if self.name and self.target else self.masked

    @property
    def is_usable(self) -> bool:
        """Whether the person can log in with it."""
        return self.status in USABLE

    @property
    def readable(self) -> bool:
        """Whether its secret can be used. Some kinds have none; others need an encryption key."""
        return self.kind not in SECRET or bool(self.secret)

    @property
    def refuses(self) -> bool:
        """Whether its owner's STOP is in force, or a phone for approval cannot be alerted."""
        if self.kind == self.Kind.PUSH:
            return self.doubtful_since is not None
        return self.refuses_until is not None and self.refuses_until > timezone.now()

    @property
    def state(self) -> str:
        """The state in words."""
        status = self.get_status_display()
        if self.status in {Status.REVOKED, Status.SUSPENDED}:
            return status
        if not self.readable:
            return gettext("does not work: its encryption key is missing")
        if self.status != Status.ACTIVE:
            return status
        if self.kind == self.Kind.PUSH and self.refuses:
            return gettext("gets no alerts until the portal is opened on it")
        if self.refuses:
            return gettext("blocks texts: someone replied STOP")
        return gettext("texts to it have failed several times") if self.doubtful_since else status

    @property
    def number(self) -> str:
        """The number of a phone, "" for other kinds."""
        return self.target if self.kind == self.Kind.PHONE else ""

    @property
    def email(self) -> str:
        """The address of an enrolled email, "" for other kinds."""
        return self.target if self.kind == self.Kind.EMAIL else ""

    @property
    def restricted(self) -> bool:
        """Whether NIST SP 800-63B-4, 3.2.9, calls the method restricted."""
        return self.kind == self.Kind.PHONE

    @property
    def holding(self) -> Holding:
        """The factor in the form that routes use."""
        method = Method(self.kind)
        return Holding(
            self.pk,
            method,
            self.target,
            self.refuses,
            proven=self.status != Status.ASSIGNED,
            works=self.readable,
        )


def note_right_answer(factor: int, now: datetime) -> None:
    """Record a right answer: it proves an assigned factor, and shows that texts arrive.

    A late one does not bring back a factor that is out of use.
    """
    _PROVE(factor=factor, now=now)


_ASSIGNED = Q(status=Status.ASSIGNED)
_PROVE = prepared.Update(
    lambda: Factor.objects.filter(pk=prepared.number("factor")),
    last_used_at=prepared.moment("now"),
    refuses_until=None,
    doubtful_since=None,
    status=Case(When(_ASSIGNED, Value(Status.ACTIVE)), default=F("status")),
    status_at=Case(When(_ASSIGNED, prepared.moment("now")), default=F("status_at")),
)


class RecoveryCode(models.Model):
    """One recovery code of a set: its slow hash, and when it was used (LK-01)."""

    factor = models.ForeignKey(Factor, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        """The lookup of an answer."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_digest")
        ]

    def __str__(self) -> str:
        """Return whether it is used. The code is not stored."""
        return "used" if self.used_at else "unused"
