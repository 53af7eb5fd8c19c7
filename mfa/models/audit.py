"""The audit: the kinds of events and their table."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from mfa.client import device_of

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


class Event(models.TextChoices):
    """An event's name in logs, and the words that the person reads."""

    PASSWORD_RIGHT = "password_right", _("The password was correct.")
    PASSWORD_WRONG = "password_wrong", _("The password was wrong.")
    PASSWORD_SLOWED = (
        "password_slowed",
        _("There were too many wrong passwords. Logins were slowed down."),
    )
    PASSWORD_CHANGED = "password_changed", _("The password was changed.")
    PASSWORD_FORGOTTEN = "password_forgotten", _("A password reset link was requested.")
    PASSWORD_LINK_SENT = "password_link_sent", _("You were sent a link to set your password.")
    PASSWORD_RESET = "password_reset", _("The password was reset with an emailed link.")
    PASSWORD_EXPIRED = "password_expired", _("An administrator required a new password.")
    EMAIL_ASKED = "email_asked", _("A link was sent to verify a new email address.")
    EMAIL_CHANGED = "email_changed", _("The email address was changed.")
    RECOVERY_EMAIL_CHANGED = (
        "recovery_email_changed",
        _("The recovery email was changed."),
    )
    CODE_SENT = "code_sent", _("A code was sent.")
    CODE_REFUSED = "code_refused", _("No code was sent because too many were requested.")
    CODE_RIGHT = "code_right", _("The code was correct.")
    PASSKEY_RIGHT = "passkey_right", _("The passkey was accepted.")
    PASSKEY_REFUSED = "passkey_refused", _("A passkey was not accepted.")
    PASSKEY_COPIED = "passkey_copied", _("A passkey may have been copied. It was not accepted.")
    PUSH_SENT = "push_sent", _("A request was sent to a phone.")
    PUSH_RIGHT = "push_right", _("The request was approved on a phone.")
    PUSH_WRONG = "push_wrong", _("The number typed on the phone was wrong.")
    PUSH_REFUSED = "push_refused", _("An answer to a request was not signed by the phone.")
    PUSH_DENIED = "push_denied", _("The request was refused on a phone.")
    CODE_WRONG = "code_wrong", _("The code was wrong.")
    CODES_GUESSED = (
        "codes_guessed",
        _("Several wrong codes were entered after the correct password."),
    )
    WARNING_CONFIRMED = "warning_confirmed", _("You confirmed the warning about wrong codes.")
    CODE_LATE = "code_late", _("The code had expired, was replaced or was already used.")
    LOGGED_IN = "logged_in", _("You logged in.")
    UNUSUAL_LOGIN = "unusual_login", _("There was a login from a new browser or after a long time.")
    STEPPED_UP = "stepped_up", _("You confirmed that it's you.")
    LOGGED_OUT = "logged_out", _("You logged out.")
    BLOCKED = "blocked", _("No verification method could be used.")
    LOCKED = "locked", _("Too many wrong codes. Logins were locked for a while.")
    FACTOR_ADDED = "factor_added", _("A phone number was verified.")
    FACTOR_CHANGED = "factor_changed", _("The phone number was changed.")
    NUMBER_SAVED = "number_saved", _("You saved a new phone number.")
    NUMBER_DROPPED = "number_dropped", _("You kept your old phone number.")
    NUMBER_ASSIGNED = "number_assigned", _("An administrator changed your phone number.")
    FACTOR_SUSPENDED = (
        "factor_suspended",
        _("A verification method was reported lost and turned off."),
    )
    FACTOR_RENAMED = "factor_renamed", _("A verification method was renamed.")
    FACTOR_PREFERRED = "factor_preferred", _("Another phone or email gets the codes first.")
    FACTOR_REMOVED = "factor_removed", _("A verification method was removed.")
    DISOWNED = "disowned", _("You reported activity that wasn't yours.")
    DATA_DOWNLOADED = "data_downloaded", _("Your data was downloaded.")
    ACCOUNT_OPENED = "account_opened", _("The closed account was opened again.")
    ACCOUNT_CLOSED = "account_closed", _("You closed the account.")
    ACCOUNT_KEPT = "account_kept", _("A login kept the account that was to be deleted.")
    SESSIONS_ENDED = "sessions_ended", _("Other devices were logged out.")
    FACTOR_DISABLED = (
        "factor_disabled",
        _("A verification method was turned off after 100 wrong codes."),
    )
    MAILBOX_PROVEN = "mailbox_proven", _("An emailed code was used to set up a new way to log in.")
    APP_ADDED = "app_added", _("An authenticator app was added.")
    EMAIL_ADDED = "email_added", _("An email for login codes was added.")
    PASSKEY_ADDED = "passkey_added", _("A passkey was added.")
    PUSH_ADDED = "push_added", _("A phone that approves logins was added.")
    BROWSER_TRUSTED = "browser_trusted", _("You chose to trust a browser.")
    BROWSERS_UNTRUSTED = "browsers_untrusted", _("You stopped trusting a browser.")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes were made.")
    RECOVERY_CODE_USED = "recovery_code_used", _("A recovery code was used.")
    SKIPPED = "skipped", _("You skipped two-step verification.")
    SETUP_CHOSEN = "setup_chosen", _("You chose to set up two-step verification.")
    STEP_REFUSED = "step_refused", _("Someone tried to open a login step out of order.")
    POLICY_CHANGED = "policy_changed", _("You changed the account policy.")
    SMS_ENTERED = "sms_entered", _("You entered new values for the SMS account.")
    SMS_DISCARDED = "sms_discarded", _("You discarded the new values for the SMS account.")
    SMS_CONFIRMED = "sms_confirmed", _("The new values for the SMS account are in use.")
    POWERS_CHANGED = "powers_changed", _("The permissions of this account were changed.")
    GROUP_CHANGED = "group_changed", _("You changed a group.")
    STAFF_RELEASED = "staff_released", _("MFA for staff was turned off by a server command.")
    STAFF_BOUND = "staff_bound", _("MFA for staff was turned on by a server command.")
    POLICY_TESTED = "policy_tested", _("You tested the SMS account.")
    PAUSED = "paused", _("Two-step verification was paused.")
    REGISTERED = "registered", _("You registered this account.")
    MEMBER_JOINED = "member_joined", _("This account joined an organization.")
    MEMBER_LEFT = "member_left", _("This account's membership of an organization ended.")
    ROLE_CHANGED = "role_changed", _("The role of this account in an organization was changed.")
    RULES_CHANGED = "rules_changed", _("You changed the rules of an organization.")
    HOME_CHOSEN = "home_chosen", _("The main organization of this account was changed.")
    ORGANIZATION_CHANGED = "organization_changed", _("You changed an organization.")
    NAME_CHANGED = "name_changed", _("The name was changed by a manager.")
    ORGANIZATION_REFUSED = (
        "organization_refused",
        _("You tried to open a page of an organization without permission."),
    )
    INVITED = "invited", _("You invited someone to an organization.")
    EXPORTED = "exported", _("You downloaded people or records as a file.")
    IMPORT_STARTED = "import_started", _("You imported people from a file.")
    IMPORTED = "imported", _("An import from a file created or changed the account.")
    INVITATION_PREPARED = (
        "invitation_prepared",
        _("You prepared an invitation to an organization, without an email."),
    )
    INVITATION_REVOKED = "invitation_revoked", _("You revoked an invitation.")
    INVITATION_REFUSED = (
        "invitation_refused",
        _("An invitation was not accepted, because this is an account of staff."),
    )
    REMINDED = "reminded", _("A manager reminded you to set up two-step verification.")
    FACTORS_RESET = "factors_reset", _("Two-step verification was reset.")
    SUPPORT_REFUSED = "support_refused", _("You tried to open a support page without permission.")
    SUPPORT_OPENED = "support_opened", _("Support looked at this account to help.")
    LOCKOUT_ENDED = "lockout_ended", _("A lockout was ended.")
    PAUSE_ENDED = "pause_ended", _("The pause of two-step verification was ended.")
    MAIL_TESTED = "mail_tested", _("You tested the mail server.")
    TEXTS_RESTED = "texts_rested", _("Texts stopped because of a problem with the SMS account.")
    TEXTS_RESUMED = "texts_resumed", _("Texts are sent again.")
    BRAKE_LIFTED = "brake_lifted", _("You allowed texts to blocked numbers again.")
    PASS_ASKED = "pass_asked", _("Support asked you to confirm that you are talking to them.")
    PASS_CONFIRMED = "pass_confirmed", _("You confirmed that you are talking to support.")
    PASS_MADE = "pass_made", _("Support made a one-time pass.")
    PASS_USED = "pass_used", _("A one-time pass was used. Earlier methods were turned off.")
    PASS_CANCELLED = "pass_cancelled", _("An unused one-time pass was canceled.")
    RECOVERY_STARTED = (
        "recovery_started",
        _("Someone asked to set up a new phone, because the phone was lost."),
    )
    RECOVERY_WAITING = "recovery_waiting", _("You were reminded that your phone is reported lost.")
    RECOVERY_READY = "recovery_ready", _("The wait after a lost phone ended.")
    RECOVERY_SHORTENED = (
        "recovery_shortened",
        _("Support shortened the wait after a lost phone."),
    )
    RECOVERY_ENDED = "recovery_ended", _("The request to set up a new phone ended.")
    ALERTED = "alerted", _("Administrators were alerted.")

    @property
    def told(self) -> "StrOrPromise":
        """The words for anyone but the person."""
        return TOLD.get(self, self.label)


# The events whose words talk to the person, in words for everyone else
TOLD: "dict[Event, StrOrPromise]" = {
    Event.PASSWORD_LINK_SENT: _("A link to set the password was sent."),
    Event.WARNING_CONFIRMED: _("The warning about wrong codes was confirmed."),
    Event.LOGGED_IN: _("The person logged in."),
    Event.STEPPED_UP: _("The person verified again who they are."),
    Event.LOGGED_OUT: _("The person logged out."),
    Event.NUMBER_SAVED: _("The person saved a new phone number."),
    Event.NUMBER_DROPPED: _("The person kept the old phone number."),
    Event.NUMBER_ASSIGNED: _("An administrator changed the phone number."),
    Event.DISOWNED: _("The person reported activity that wasn't theirs."),
    Event.DATA_DOWNLOADED: _("The person's data was downloaded."),
    Event.ACCOUNT_CLOSED: _("The person closed the account."),
    Event.BROWSER_TRUSTED: _("The person chose to trust a browser."),
    Event.BROWSERS_UNTRUSTED: _("The person stopped trusting a browser."),
    Event.SKIPPED: _("The person skipped two-step verification."),
    Event.SETUP_CHOSEN: _("The person chose to set up two-step verification."),
    Event.POLICY_CHANGED: _("The account policy was changed."),
    Event.RULES_CHANGED: _("The rules of an organization were changed."),
    Event.ORGANIZATION_CHANGED: _("An organization was changed."),
    Event.ORGANIZATION_REFUSED: _(
        "The person tried to open a page of an organization without permission."
    ),
    Event.REGISTERED: _("The person registered this account."),
    Event.INVITED: _("Someone was invited to an organization."),
    Event.EXPORTED: _("People or records were downloaded as a file."),
    Event.IMPORT_STARTED: _("People were imported from a file."),
    Event.INVITATION_PREPARED: _("An invitation was prepared, without an email."),
    Event.INVITATION_REVOKED: _("An invitation was revoked."),
    Event.REMINDED: _("A manager reminded the person to set up two-step verification."),
    Event.SMS_ENTERED: _("New values for the SMS account were entered."),
    Event.SMS_DISCARDED: _("The new values for the SMS account were discarded."),
    Event.GROUP_CHANGED: _("A group was changed."),
    Event.POLICY_TESTED: _("The SMS account was tested."),
    Event.SUPPORT_REFUSED: _("The person tried to open a support page without permission."),
    Event.MAIL_TESTED: _("The mail server was tested."),
    Event.PASS_ASKED: _("Support asked the person to confirm that they are talking to support."),
    Event.PASS_CONFIRMED: _("The person confirmed that they are talking to support."),
    Event.RECOVERY_WAITING: _("The person was reminded that their phone is reported lost."),
    Event.BRAKE_LIFTED: _("Texts to blocked numbers were allowed again."),
}

# A factor was bound to the person: the notice goes to the phone too, and a report turns it off.
BINDING = frozenset(
    {
        Event.FACTOR_ADDED,
        Event.FACTOR_CHANGED,
        Event.NUMBER_ASSIGNED,
        Event.APP_ADDED,
        Event.EMAIL_ADDED,
        Event.PASSKEY_ADDED,
        Event.PUSH_ADDED,
        Event.RECOVERY_CODES_MADE,
    }
)
# An answer counted, or did not. The page says so, and no notice follows.
ACCEPTED = frozenset({Event.CODE_RIGHT, Event.PASSKEY_RIGHT, Event.PUSH_RIGHT})
DECLINED = frozenset(
    {
        Event.CODE_WRONG,
        Event.CODE_LATE,
        Event.PASSKEY_REFUSED,
        Event.PUSH_WRONG,
        Event.PUSH_REFUSED,
    }
)
# Someone else may have tried a factor: an alert, and a notice to the phone too.
SUSPECT = frozenset({Event.FACTOR_DISABLED, Event.PASSKEY_COPIED, Event.PUSH_DENIED})
ALARMING = SUSPECT | {
    Event.PAUSED,
    Event.ALERTED,
    Event.TEXTS_RESTED,
    Event.STAFF_RELEASED,
    Event.SMS_CONFIRMED,
}


def _named(number: int | None, person: models.Model | None) -> str:
    if number is None:
        return ""
    return str(person) if person else gettext("number %d, deleted") % number


class AuditEvent(models.Model):
    """One event of a person's login. Only mfa.audit writes it.

    `user` is the person concerned, `actor` the person who acted. They are not foreign keys in the
    database: both numbers stay when the people are deleted.
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
        """Names in the admin, and the index of the activity page."""

        verbose_name = _("audit event")
        verbose_name_plural = _("audit")
        indexes: ClassVar = [
            models.Index(fields=["user", "-at"], name="audit_user_at"),
            models.Index(fields=["actor", "-at"], condition=~Q(actor=None), name="audit_actor_at"),
            models.Index(fields=["event", "id"], name="audit_event"),
        ]

    def __str__(self) -> str:
        """Return the event in words."""
        return self.told

    @property
    def person(self) -> str:
        """The person's email, or their number if they were deleted."""
        return _named(self.user_id, self.user)

    @property
    def done_by(self) -> str:
        """The person who acted for someone else, or the command on the server, or ""."""
        return _named(self.actor_id, self.actor) or str(self.details.get("command", ""))

    @property
    def by_staff(self) -> bool:
        """Whether someone else did it, by the portal or on the server."""
        other = self.actor_id is not None and self.actor_id != self.user_id
        return other or "command" in self.details

    @property
    def device(self) -> str:
        """The browser in words, "" without a browser."""
        return device_of(self.browser)

    @property
    def text(self) -> str:
        """The event as the person reads it, or its bare name if this version does not know it."""
        return str(Event(self.event).label) if self.event in Event else self.event

    @property
    def is_reportable(self) -> bool:
        """Whether the person can say "This wasn't me": not of what support only looked at."""
        return self.event != Event.SUPPORT_OPENED

    @property
    def told(self) -> str:
        """The event as everyone else reads it."""
        return str(Event(self.event).told) if self.event in Event else self.event
