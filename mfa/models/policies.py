"""The stored policy: the site's one row, and the fields that every level shares."""

import hashlib
from copy import copy
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import (
    BaseValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from mfa import plain_text
from mfa.encryption import EncryptedTextField, Sealed
from mfa.models.people import Pause, Protected
from mfa.rules import contacts
from mfa.rules.policy import (
    BOUNDS,
    AfterEnrollment,
    EmailCodes,
    EmptyPolicyError,
    Enforcement,
    Layer,
    resolve,
)
from mfa.rules.routes import ChannelName

# Long enough to promote a new token in Twilio's console after entering it here
PREVIOUS_TOKEN_FOR = timedelta(hours=6)
# Enough for a small organization's first day; what a fraud may cost before somebody looks
TEXTS_A_DAY = 500
# A hundred times that: more is a typing error, or a fraud with an administrator's session
MOST_TEXTS_A_DAY = 50_000

MAIL = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")


def mail_config() -> str:
    """Name the configured mail server in 64 hex digits that tell nothing of it."""
    values = [getattr(settings, f"EMAIL_{name}", "") for name in MAIL]
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    # The portal's name is there by default: a new one needs no new test.
    sender = address if name == settings.PORTAL_NAME else settings.DEFAULT_FROM_EMAIL
    said = "\0".join(map(str, (*values, sender)))
    return salted_hmac("mfa.mail", said, algorithm="sha256").hexdigest()


EMPTY = {
    "methods": _("No second step is left that people could set up (%(levels)s)."),
    "countries": _(
        "No country is left whose numbers people could set up (%(levels)s): texts must go to at "
        "least one country whose numbers may be set up."
    ),
}


def within(number: str, unit: timedelta) -> list[BaseValidator]:
    """Return the validators of a column that holds a number of the policy in such units."""
    least, most = BOUNDS[number]
    return [MinValueValidator(least // unit), MaxValueValidator(most // unit)]


class Level(models.Model):
    """One level's wishes as columns; empty means that the level above decides."""

    class Enforce(models.TextChoices):
        """Enforcement in words."""

        OPTIONAL = Enforcement.OPTIONAL, _("People may skip it")
        REQUIRED = Enforcement.REQUIRED, _("Everybody needs it")

    class Email(models.TextChoices):
        """EmailCodes in words."""

        LOGIN = EmailCodes.LOGIN, _("May stand in for a text (never for staff)")
        RECOVERY = EmailCodes.RECOVERY, _("Only to set up a new phone or app (never for staff)")
        OFF = EmailCodes.OFF, _("Never")

    class Afterwards(models.TextChoices):
        """AfterEnrollment in words."""

        LOGIN_AGAIN = AfterEnrollment.LOGIN_AGAIN, _("Back to the login page")
        FINISH = AfterEnrollment.FINISH, _("A page with the button “Finish”")
        CONTINUE = AfterEnrollment.CONTINUE, _("Straight in")

    enforcement = models.CharField(
        _("Who needs a second step"), max_length=10, choices=Enforce, blank=True
    )
    email_codes = models.CharField(
        _("Codes by email"),
        max_length=10,
        choices=Email,
        blank=True,
        help_text=_("Anyone who reads a person's mail can then pass or replace the second step."),
    )
    code_life_minutes = models.PositiveSmallIntegerField(
        _("Minutes that a code lives"),
        null=True,
        blank=True,
        validators=within("code_life", timedelta(minutes=1)),
        help_text=_("2 to 10; 10 where empty."),
    )
    session_hours = models.PositiveSmallIntegerField(
        _("Hours that a login lasts"),
        null=True,
        blank=True,
        validators=within("session_life", timedelta(hours=1)),
        help_text=_("1 to 24; 12 where empty, and never more than 12 for staff."),
    )
    session_idle_minutes = models.PositiveSmallIntegerField(
        _("Minutes without a click that end a login"),
        null=True,
        blank=True,
        validators=within("session_idle", timedelta(minutes=1)),
        help_text=_("5 to 60; 30 where empty, and never more than 15 for staff."),
    )
    allow_voip = models.BooleanField(_("Accept internet (VoIP) numbers"), null=True, blank=True)
    enroll_countries = models.JSONField(
        _("Countries whose numbers may be set up"), default=list, blank=True
    )
    text_countries = models.JSONField(
        _("Countries where confirmed numbers get texts"), default=list, blank=True
    )
    after_enrollment = models.CharField(
        _("After the first confirmed number"), max_length=12, choices=Afterwards, blank=True
    )
    home_region = models.CharField(
        _("Home country"),
        max_length=2,
        blank=True,
        help_text=_("Two letters, like GB: numbers may then be written as dialled at home."),
    )
    contact = models.CharField(
        _("Whom to ask for help"),
        max_length=200,
        blank=True,
        validators=[plain_text.check],
        help_text=_("Shown to people who cannot get in, such as “the help desk, 020 7946 0000”."),
    )

    class Meta:
        """Columns only: each level has its own table."""

        abstract = True

    @property
    def _at_home(self) -> list[str]:
        """Where numbers may be set up by this level alone: texts always go there."""
        return self.enroll_countries or [self.home_region] * bool(self.home_region)

    def layer(self, name: str) -> Layer:
        """Return these wishes for the rules."""
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


class SmsValues(NamedTuple):
    """What texts are sent with: all of it comes from the provider's console."""

    account_id: str
    auth_token: str
    phone_number: str


def _regions(countries: list[str]) -> frozenset[str] | None:
    return frozenset().union(*map(contacts.group, countries)) if countries else None


class AccountPolicy(Level):
    """The site's policy and its SMS account: one row, made on first use."""

    enabled = models.BooleanField(_("Enable Multi-factor authentication"), default=False)
    sms_account_id = models.CharField(
        _("SMS Account ID"),
        max_length=34,
        blank=True,
        validators=[
            RegexValidator(
                r"^AC[0-9a-fA-F]{32}\Z",
                _("An account ID starts with AC and has 32 more digits or letters a to f."),
            )
        ],
    )
    sms_auth_token = EncryptedTextField(_("SMS Authentication Token"), blank=True)
    # A number in E.164, or a messaging service that picks one for each country
    sms_phone_number = models.CharField(_("SMS Phone Number"), max_length=34, blank=True)
    pilot_group = models.ForeignKey(
        "auth.Group",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Pilot group"),
        help_text=_("Only members are asked for a second step. Empty: everybody is."),
    )
    # Set once: from then on staff stay bound, and new SMS values wait for a superuser (S05)
    first_enabled_at = models.DateTimeField(null=True, editable=False)
    # `manage.py staff_mfa off`: staff follow the flag and the pilot group like everybody
    staff_released_at = models.DateTimeField(null=True, editable=False)
    # New SMS values that wait for a superuser (mfa.sms_account)
    candidate_since = models.DateTimeField(null=True, editable=False)
    candidate_account_id = models.CharField(max_length=34, blank=True, editable=False)
    candidate_auth_token = EncryptedTextField(blank=True, editable=False)
    candidate_phone_number = models.CharField(max_length=34, blank=True, editable=False)
    # Twilio signs receipts with the old token until its console says otherwise.
    sms_auth_token_previous = EncryptedTextField(blank=True, editable=False)
    previous_token_until = models.DateTimeField(null=True, editable=False)
    texts_a_day = models.PositiveIntegerField(
        _("Texts a day to new numbers"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_TEXTS_A_DAY)],
        help_text=_(
            "The budget of a day, test messages included; 500 where empty, 50,000 at most. "
            "Confirmed numbers may get ten times as many, counted apart. You are told by mail "
            "when half is used."
        ),
    )
    # The circuit (mfa.circuit): resting since, its last fault, on trial since, and closed again
    texts_rest_since = models.DateTimeField(null=True, editable=False)
    texts_failed_at = models.DateTimeField(null=True, editable=False)
    texts_fault_reason = models.CharField(max_length=20, blank=True, editable=False)
    texts_fault_code = models.CharField(max_length=12, blank=True, editable=False)
    texts_tried_at = models.DateTimeField(null=True, editable=False)
    texts_resumed_at = models.DateTimeField(null=True, editable=False)
    # Twilio kept the last text although it was asked not to (SMS_REDACT)
    unredacted = models.BooleanField(default=False, editable=False)
    # What the tests of the account and of the mail last said
    is_trial = models.BooleanField(default=False, editable=False)
    mail_tested_at = models.DateTimeField(null=True, editable=False)
    mail_test_config = models.CharField(max_length=64, blank=True, editable=False)
    mail_test_reason = models.CharField(max_length=20, blank=True, editable=False)
    mail_test_code = models.CharField(max_length=12, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    tested_credentials = models.CharField(max_length=64, blank=True, editable=False)

    # What load_for() knows of one person
    is_pilot = False
    is_paused = False
    is_for_staff = False

    class Meta:
        """Admin names: the group is the app's, "Security"."""

        verbose_name = _("Account Policy")
        verbose_name_plural = _("Account Policy")

    def __str__(self) -> str:
        """Name the page."""
        return str(_("Account Policy"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and note when MFA was first enabled."""
        if self.enabled and self.first_enabled_at is None:
            self.first_enabled_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "first_enabled_at"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse wishes that leave nothing together with those of a role."""
        for layers in ((), *((layer,) for layer in get_user_model().role_layers)):
            try:
                resolve(self.layer("site"), layers, in_force=True)
            except EmptyPolicyError as error:
                words = {"levels": ", ".join(error.levels)}
                raise ValidationError(EMPTY[error.field] % words) from error

    @classmethod
    def load(cls) -> Self:
        """Return the one row, fresh from the database."""
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def load_for(cls, user: Protected) -> Self:
        """Return the one row with what it says of this person, in one statement."""
        pilots = Group.objects.filter(user=user.pk, pk=OuterRef("pilot_group"))
        pauses = Pause.objects.honored(timezone.now()).filter(user_id=user.pk)
        site = cls.objects.annotate(is_pilot=Exists(pilots), is_paused=Exists(pauses)).first()
        site = site or cls.load()
        site.is_for_staff = user.is_staff or user.is_superuser
        return site

    @property
    def budget(self) -> int:
        """How many texts a day may go to new numbers."""
        return min(self.texts_a_day or TEXTS_A_DAY, MOST_TEXTS_A_DAY)

    @property
    def texts_rest(self) -> bool:
        """Whether the text route is hidden for new questions."""
        return self.texts_rest_since is not None and self.texts_tried_at is None

    @property
    def texts_on_trial(self) -> bool:
        """Whether texts go again after a rest, and none has got through yet."""
        return self.texts_rest_since is not None and self.texts_tried_at is not None

    @property
    def resting(self) -> frozenset[str]:
        """The channels that are no way now, whatever the installation has."""
        texts_out = self.texts_rest or self.token_lost
        out = {ChannelName.SMS: texts_out, ChannelName.EMAIL: self.mail_failed}
        return frozenset(name for name, rests in out.items() if rests)

    @property
    def token_lost(self) -> bool:
        """Whether the stored token fits none of ENCRYPTION_KEYS."""
        return isinstance(self.sms_auth_token, Sealed)

    @property
    def mail_failed(self) -> bool:
        """Whether the last test of just this mail server failed (A26).

        A mail server that was never tested, or was changed since, gets the benefit of the doubt.
        """
        return bool(self.mail_test_reason) and self.mail_test_config == mail_config()

    @property
    def mail_tested(self) -> bool:
        """Whether the last test of just this mail server went well."""
        return not self.mail_test_reason and self.mail_test_config == mail_config()

    @property
    def complete(self) -> bool:
        """Whether all three values of the SMS account are there."""
        return all(self.sms_values)

    @property
    def sms_values(self) -> SmsValues:
        """The values that texts are sent with."""
        return SmsValues(self.sms_account_id, self.sms_auth_token, self.sms_phone_number)

    @sms_values.setter
    def sms_values(self, values: SmsValues) -> None:
        self.sms_account_id, self.sms_auth_token, self.sms_phone_number = values

    @property
    def candidate_values(self) -> SmsValues:
        """The values that wait for a superuser."""
        return SmsValues(
            self.candidate_account_id, self.candidate_auth_token, self.candidate_phone_number
        )

    @property
    def changes_wait(self) -> bool:
        """Whether new SMS values wait for a superuser instead of being used at once (S05)."""
        return self.first_enabled_at is not None

    def with_candidate(self) -> Self:
        """Return a copy that sends with the values that wait."""
        other = copy(self)
        other.sms_values = self.candidate_values
        return other

    def credentials(self) -> str:
        """Name what texts are sent with in 64 hex digits; the token's 128 bits keep it secret.

        An API key of the environment is part of it: another one has sent no test message yet.
        """
        key = filter(None, (settings.SMS_API_KEY, settings.SMS_API_SECRET))
        values = (self.sms_account_id, self.sms_auth_token, self.sms_phone_number, *key)
        return hashlib.sha256("\0".join(values).encode()).hexdigest()

    @property
    def tested(self) -> bool:
        """Whether a test message's code was typed back under just these credentials."""
        return self.complete and self.tested_credentials == self.credentials()

    def keep_token(self, former: str, now: datetime) -> None:
        """Keep a token that has just been replaced, for the receipts still signed with it."""
        self.sms_auth_token_previous = former
        self.previous_token_until = now + PREVIOUS_TOKEN_FOR

    def tokens(self, now: datetime) -> list[str]:
        """Return the tokens that a receipt may be signed with."""
        kept = self.previous_token_until and self.previous_token_until > now
        tokens = (self.sms_auth_token, self.sms_auth_token_previous if kept else "")
        return [token for token in tokens if token]

    @property
    def binds_staff(self) -> bool:
        """Whether staff are asked, whatever the flag and the pilot group say (S05)."""
        return self.first_enabled_at is not None and self.staff_released_at is None

    @property
    def binds(self) -> bool:
        """Whether the person of load_for() is asked for a second step."""
        if self.is_for_staff and self.binds_staff:
            return True
        return self.enabled and (self.pilot_group_id is None or self.is_pilot)
