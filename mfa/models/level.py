"""The columns that all policy levels share. Empty means that the level above decides."""

from datetime import timedelta

from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mfa.models import plain_text
from mfa.rules import regions
from mfa.rules.policy import BOUNDS, AfterEnrollment, EmailCodes, Enforcement, Layer


def within(number: str, unit: timedelta) -> list[BaseValidator]:
    """Return the validators for a column with a number of the policy in these units."""
    least, most = BOUNDS[number]
    return [MinValueValidator(least // unit), MaxValueValidator(most // unit)]


class Level(models.Model):
    """One level's settings as columns. Empty means that the level above decides."""

    class Enforce(models.TextChoices):
        """Enforcement in words."""

        OPTIONAL = Enforcement.OPTIONAL, _("Optional")
        REQUIRED = Enforcement.REQUIRED, _("Required")

    class Email(models.TextChoices):
        """EmailCodes in words."""

        LOGIN = EmailCodes.LOGIN, _("To log in (never for staff)")
        RECOVERY = EmailCodes.RECOVERY, _("Only to set up a new phone or app (never for staff)")
        OFF = EmailCodes.OFF, _("Never")

    class Afterwards(models.TextChoices):
        """AfterEnrollment in words."""

        LOGIN_AGAIN = AfterEnrollment.LOGIN_AGAIN, _("Go back to the login page")
        FINISH = AfterEnrollment.FINISH, _("Show a page with the button “Finish”")
        CONTINUE = AfterEnrollment.CONTINUE, _("Go straight to the portal")

    enforcement = models.CharField(_("MFA requirement"), max_length=10, choices=Enforce, blank=True)
    email_codes = models.CharField(
        _("Codes by email"),
        max_length=10,
        choices=Email,
        blank=True,
        help_text=_("Anyone who can read a person's email can then use these codes."),
    )
    code_life_minutes = models.PositiveSmallIntegerField(
        _("Code lifetime (minutes)"),
        null=True,
        blank=True,
        validators=within("code_life", timedelta(minutes=1)),
        help_text=_("2 to 10. Default: 10."),
    )
    session_hours = models.PositiveSmallIntegerField(
        _("Session length (hours)"),
        null=True,
        blank=True,
        validators=within("session_life", timedelta(hours=1)),
        help_text=_("1 to 24. Default: 12. Staff: at most 12."),
    )
    session_idle_minutes = models.PositiveSmallIntegerField(
        _("Idle timeout (minutes)"),
        null=True,
        blank=True,
        validators=within("session_idle", timedelta(minutes=1)),
        help_text=_("5 to 60. Default: 30. Staff: at most 15."),
    )
    allow_voip = models.BooleanField(_("Accept internet (VoIP) numbers"), null=True, blank=True)
    enroll_countries = models.JSONField(_("Countries for new numbers"), default=list, blank=True)
    text_countries = models.JSONField(
        _("Countries for texts to verified numbers"), default=list, blank=True
    )
    after_enrollment = models.CharField(
        _("After first set-up"), max_length=12, choices=Afterwards, blank=True
    )
    home_region = models.CharField(
        _("Home country"),
        max_length=2,
        blank=True,
        help_text=_("People can enter numbers from this country without the country code."),
    )
    contact = models.CharField(
        _("Contact for help"),
        max_length=200,
        blank=True,
        validators=[plain_text.check],
        help_text=_("Shown to people who cannot log in. Example: the help desk, 020 7946 0000."),
    )

    class Meta:
        """Columns only: each level has its own table."""

        abstract = True

    @property
    def _at_home(self) -> list[str]:
        """Where this level alone allows new numbers. Texts always go there."""
        return self.enroll_countries or [self.home_region] * bool(self.home_region)

    def layer(self, name: str) -> Layer:
        """Return the settings for the rules."""
        minutes, hours, idle = self.code_life_minutes, self.session_hours, self.session_idle_minutes
        return Layer(
            name=name,
            enforcement=Enforcement(self.enforcement) if self.enforcement else None,
            email_codes=EmailCodes(self.email_codes) if self.email_codes else None,
            code_life=timedelta(minutes=minutes) if minutes else None,
            session_life=timedelta(hours=hours) if hours else None,
            session_idle=timedelta(minutes=idle) if idle else None,
            allow_voip=self.allow_voip,
            enroll_regions=_regions(self.enroll_countries),
            text_regions=_regions(self.text_countries and [*self.text_countries, *self._at_home]),
            after_enrollment=(
                AfterEnrollment(self.after_enrollment) if self.after_enrollment else None
            ),
            home_region=self.home_region or None,
            contact=self.contact or None,
        )


def _regions(countries: list[str]) -> frozenset[str] | None:
    return frozenset().union(*map(regions.group, countries)) if countries else None
