"""What is counted, kept for later reading, or kept for the demo."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from mfa.origin import device_of


class Counter(models.Model):
    """How often a limited thing happened in one bucket of time; `key` is a keyed hash."""

    key = models.CharField(max_length=64)
    bucket = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        """The upsert's target, and what finds the old ones."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "bucket"], name="counter_key_bucket")
        ]
        indexes: ClassVar = [models.Index(fields=["bucket"], name="counter_bucket")]

    def __str__(self) -> str:
        """Say the count; the key says nothing."""
        return f"{self.count} in bucket {self.bucket}"


class Wait(models.Model):
    """Failures in a row under one key (a keyed hash), and the wait that they cost."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        """What finds the old ones."""

        indexes: ClassVar = [models.Index(fields=["until"], name="wait_until")]

    def __str__(self) -> str:
        """Say the count; the key says nothing."""
        return f"{self.failures} failures"


class Tally(models.Model):
    """How often something has happened since the beginning; `words` tell it apart, by "|"."""

    name = models.CharField(max_length=16)
    words = models.CharField(max_length=80)
    value = models.BigIntegerField()

    class Meta:
        """One row for each."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "words"], name="tally_name_words")
        ]

    def __str__(self) -> str:
        """Name the figure."""
        return f"{self.name} {self.words}: {self.value}"


class BrakeQuerySet(models.QuerySet["Brake"]):
    """Brakes by their time."""

    def running(self, now: datetime) -> "BrakeQuerySet":
        """Keep those whose time has not run out, lifted ones too: these vouch for their scope."""
        return self.filter(until__gt=now)


class Brake(models.Model):
    """No texts to new numbers of a scope until a time, or until an administrator lifts it.

    `scope` is the start of numbers ("+447700900"), a country ("GB"), or those who ask: an account
    ("person:7") or a network ("network:198.51.100.0/24"). A lifted one vouches for its scope until
    its time is over.
    """

    scope = models.CharField(_("numbers"), max_length=60, primary_key=True)
    started_at = models.DateTimeField(_("started"))
    until = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    objects = BrakeQuerySet.as_manager()

    class Meta:
        """Admin names (its page shows all limits), and what finds the old ones."""

        verbose_name = _("brake")
        verbose_name_plural = _("limits")
        indexes: ClassVar = [models.Index(fields=["until"], name="brake_until")]

    def __str__(self) -> str:
        """Name the numbers that it holds."""
        return self.scope

    @property
    def is_country(self) -> bool:
        """Whether a whole country is held, and not the start of numbers."""
        return not (self.scope.startswith("+") or self.asker)

    @property
    def asker(self) -> str:
        """The account or network that is held, "" where numbers are."""
        kind, _colon, rest = self.scope.partition(":")
        match kind:
            case "person":
                return gettext("account no. %s") % rest
            case "network":
                return gettext("network %s") % rest
        return ""


class Event(models.TextChoices):
    """What happened, by its name in logs and by the words that its person reads."""

    PASSWORD_RIGHT = "password_right", _("The password was right.")
    PASSWORD_WRONG = "password_wrong", _("The password was wrong.")
    PASSWORD_SLOWED = "password_slowed", _("There were too many wrong passwords.")
    PASSWORD_CHANGED = "password_changed", _("The password was changed.")
    PASSWORD_FORGOTTEN = "password_forgotten", _("A link to reset the password was asked for.")
    PASSWORD_LINK_SENT = "password_link_sent", _("You were sent a link to set your password.")
    PASSWORD_RESET = "password_reset", _("The password was set by a link from your mailbox.")
    PASSWORD_EXPIRED = "password_expired", _("An administrator asked for a new password.")
    EMAIL_ASKED = "email_asked", _("A link was sent to a new email to confirm it.")
    EMAIL_CHANGED = "email_changed", _("The email was changed.")
    CODE_SENT = "code_sent", _("A code was sent.")
    CODE_REFUSED = "code_refused", _("No code was sent: too many had been asked for.")
    CODE_RIGHT = "code_right", _("The code was right.")
    CODE_WRONG = "code_wrong", _("The code was wrong.")
    CODES_GUESSED = "codes_guessed", _("Several wrong codes followed the right password.")
    WARNING_CONFIRMED = "warning_confirmed", _("You confirmed the warning about wrong codes.")
    CODE_LATE = "code_late", _("The code was too old, replaced or already used.")
    LOGGED_IN = "logged_in", _("You logged in.")
    UNUSUAL_LOGIN = "unusual_login", _("A login came from a new browser, or after a long time.")
    STEPPED_UP = "stepped_up", _("You confirmed that it is you.")
    LOGGED_OUT = "logged_out", _("You logged out.")
    LOCKED = "locked", _("Too many wrong codes: there is a wait before the next one.")
    FACTOR_ADDED = "factor_added", _("A phone number was confirmed.")
    FACTOR_CHANGED = "factor_changed", _("The phone number was changed.")
    NUMBER_ASSIGNED = "number_assigned", _("An administrator wrote another phone number for you.")
    FACTOR_SUSPENDED = "factor_suspended", _("A phone or app was reported lost and switched off.")
    FACTOR_REMOVED = "factor_removed", _("A phone or app was removed.")
    DISOWNED = "disowned", _("You said that something here was not you.")
    SESSIONS_ENDED = "sessions_ended", _("Logins on other devices were ended.")
    FACTOR_DISABLED = (
        "factor_disabled",
        _("A second step was switched off after a hundred wrong codes."),
    )
    MAILBOX_PROVEN = "mailbox_proven", _("An emailed code opened the way to a new second step.")
    APP_ADDED = "app_added", _("An authenticator app was added.")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes were made.")
    RECOVERY_CODE_USED = "recovery_code_used", _("A recovery code was used.")
    SKIPPED = "skipped", _("You chose to go on without a second step.")
    STEP_REFUSED = "step_refused", _("A step was tried out of turn.")
    POLICY_CHANGED = "policy_changed", _("You changed the account policy.")
    SMS_ENTERED = "sms_entered", _("You entered new values of the SMS account.")
    SMS_DISCARDED = "sms_discarded", _("You discarded new values of the SMS account.")
    SMS_CONFIRMED = "sms_confirmed", _("New values of the SMS account went live.")
    POWERS_CHANGED = "powers_changed", _("What this account may do was changed.")
    GROUP_CHANGED = "group_changed", _("You changed a group.")
    STAFF_RELEASED = "staff_released", _("MFA for staff was switched off on the server.")
    STAFF_BOUND = "staff_bound", _("MFA for staff was switched on on the server.")
    POLICY_TESTED = "policy_tested", _("You tested the SMS account.")
    PAUSED = "paused", _("The second step was paused for a time.")
    PAUSE_ENDED = "pause_ended", _("The pause of the second step was ended.")
    MAIL_TESTED = "mail_tested", _("You tested the mail server.")
    TEXTS_RESTED = "texts_rested", _("Texts rest: the SMS account is at fault.")
    TEXTS_RESUMED = "texts_resumed", _("Texts go out again.")
    BRAKE_LIFTED = "brake_lifted", _("You let texts go again to numbers that were held.")
    ALERTED = "alerted", _("The administrators were alerted.")


def _named(number: int | None, person: models.Model | None) -> str:
    if number is None:
        return ""
    return str(person) if person else gettext("number %d, deleted") % number


class AuditEvent(models.Model):
    """One thing that happened to a person's login; written by mfa.audit alone.

    `user` is the person concerned, `actor` the one who did it to them. The database ties neither to
    the table of people: both keep their numbers when these are deleted.
    """

    at = models.DateTimeField(_("when"))
    event = models.CharField(_("event"), max_length=40)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="audit_events",
        verbose_name=_("person"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("done by"),
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        """Admin names, and the activity page's look-up."""

        verbose_name = _("audit event")
        verbose_name_plural = _("audit")
        indexes: ClassVar = [
            models.Index(fields=["user", "-at"], name="audit_user_at"),
            models.Index(fields=["actor", "-at"], condition=~Q(actor=None), name="audit_actor_at"),
        ]

    def __str__(self) -> str:
        """Say the event in words."""
        return self.text

    @property
    def person(self) -> str:
        """The person concerned, by the email; by the number after the person was deleted."""
        return _named(self.user_id, self.user)

    @property
    def done_by(self) -> str:
        """Who did it to somebody else, "" for nobody; a command on the machine by its name."""
        return _named(self.actor_id, self.actor) or str(self.details.get("command", ""))

    @property
    def device(self) -> str:
        """The browser in words, "" where none was behind the event."""
        return device_of(self.browser)

    @property
    def text(self) -> str:
        """The words of the event; its bare name if this version knows it no more."""
        return str(Event(self.event).label) if self.event in Event else self.event


class OutboxMessage(models.Model):
    """A message of the demo: nothing leaves the machine, the virtual phone shows it."""

    at = models.DateTimeField(auto_now_add=True)
    channel = models.CharField(max_length=8)
    target = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Name the way and the target."""
        return f"{self.channel} to {self.target}"
