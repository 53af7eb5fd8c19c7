"""What the app stores for each person."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from functools import cache
from typing import ClassVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group, Permission, PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from mfa.models.cohorts import Cohort
from mfa.rules.fold import Combination
from mfa.rules.policy import Layer, Policy
from mfa.rules.routes import Mailbox

# LG-01: the count toward 100 restarts after a day without a wrong answer.
FORGOTTEN_AFTER = timedelta(days=1)
# EM-06 and docs/security.md: time for the notified owner of the old address to object.
RESTS_AFTER_CHANGE = timedelta(days=7)
# From the design: time to change one's mind, and to read the email if someone else closed it.
CLOSING_LASTS = timedelta(days=14)
# From docs/security.md: time to come back from a journey, and an end that each notice says (E13).
RIPE_LASTS = timedelta(days=7)
# From docs/security.md. An attack on an account that was not used for so long goes unnoticed. A
# link to set the password proves the email address for a day.
IDLE, PROOF_LASTS = timedelta(days=30), timedelta(hours=24)


class AbstractMfaUser(AbstractBaseUser, PermissionsMixin):
    """What this app requires of the project's user model, and the columns that it adds.

    Raising `session_epoch` ends all sessions, raising `device_epoch` forgets all recognized
    devices. `ever_bound_at` prevents enrolling by password if there ever was a factor.
    `only_email_since` is when the first one was added, if it was an email and there never was a
    stronger one (EM-07).

    `wrong_answers` counts wrong codes for all factors and devices, `wrong_answer_at` is the time of
    the last one. Right answers do not clear them: they expire after a day without a wrong one, or
    when the owner confirms the emailed warning (`answers_confirmed_at`). `wait_until` is the end of
    the lockout for unrecognized devices.

    `mailbox_rests_until` is the end of the time without email codes after a reset by email (EM-04),
    `email_changed_at` the start of the one after a change of address (EM-06). `mailbox_proven_at`
    is when the person last used an emailed link or code. `mailbox_due_at` is when the password was
    enough to log in after long inactivity (S12).
    `reset_at` is when support removed the factors, until one is added (RV-05). `closed_at` is when
    the person closed the account, until a login opens it again. `recovery_ready_at` is when the
    open request after a lost phone is ripe, as its row says (E13).

    `nudged_at` is when the home page last asked for a passkey or a second way to log in, or when
    the person answered "Not now". `nudge_declined_at` is when they answered "Don't ask again".
    """

    email: "models.EmailField[str, str]"
    language: "models.CharField[str, str]"
    is_staff: "models.BooleanField[bool, bool]"
    date_joined: "models.DateTimeField[datetime, datetime]"

    device_epoch = models.PositiveIntegerField(default=0, editable=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    wrong_answers = models.PositiveIntegerField(default=0, editable=False)
    wrong_answer_at = models.DateTimeField(null=True, editable=False)
    answers_confirmed_at = models.DateTimeField(null=True, editable=False)
    wait_until = models.DateTimeField(null=True, editable=False)
    ever_bound_at = models.DateTimeField(null=True, editable=False)
    only_email_since = models.DateTimeField(null=True, editable=False)
    skipped_at = models.DateTimeField(null=True, editable=False)
    # How often in a row the setup was skipped
    skips = models.PositiveIntegerField(default=0, editable=False)
    mailbox_rests_until = models.DateTimeField(null=True, editable=False)
    mailbox_proven_at = models.DateTimeField(null=True, editable=False)
    email_changed_at = models.DateTimeField(null=True, editable=False)
    mailbox_due_at = models.DateTimeField(null=True, editable=False)
    reset_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    nudged_at = models.DateTimeField(null=True, editable=False)
    nudge_declined_at = models.DateTimeField(null=True, editable=False)
    recovery_ready_at = models.DateTimeField(null=True, editable=False)

    # The fixed layers of roles, which an account policy must be compatible with
    role_layers: ClassVar[tuple[Layer, ...]] = ()
    # The columns in which staff find people by words
    SEARCHED: ClassVar[tuple[str, ...]] = ("email",)

    @property
    def login_name(self) -> str:
        """What the person types to log in."""
        return self.email

    @classmethod
    def combinations(cls) -> Iterable[Combination]:
        """Return what a policy must be compatible with: the levels of organizations."""
        return ()

    @classmethod
    def some_in(cls, organization: int) -> tuple[tuple[str, ...], int]:
        """Return the emails of some people of an organization, and how many there are."""
        del organization
        return (), 0

    @classmethod
    def cohorts(cls) -> Iterable[Cohort]:
        """Return all people in cohorts, for the preview of a changed policy."""
        return (Cohort(Q()),)

    @classmethod
    def able_to_log_in(cls, now: datetime) -> Q:
        """Return the condition for accounts that can be used, as `may_log_in` says."""
        kept = Q(closed_at=None) | Q(closed_at__gt=now - CLOSING_LASTS)
        return Q(is_active=True) & kept

    class Meta:
        """Columns only. The user model has the table."""

        abstract = True

    @classmethod
    def forget(cls, people: Iterable[int]) -> None:
        """Delete what else the project stores about people who are about to be deleted."""

    @classmethod
    def owner_of(cls, email: str) -> "AbstractMfaUser | None":
        """Return the account because of which an address cannot be registered, or None."""
        return cls._default_manager.filter(**{cls.get_email_field_name(): email}).first()

    @property
    @abstractmethod
    def mfa_policy(self) -> Policy:
        """The policy that applies to this person."""

    @abstractmethod
    def mailed_link(
        self, link: str, *, target: str, at: datetime, epoch: int | None, number: int | None = None
    ) -> str | None:
        """Return a link for an email requested at a time, or None if it would not be valid.

        `number` is the row that the link opens, if it is not about this person.
        """

    @abstractmethod
    def not_me_link(self, event: int, *, at: datetime) -> str | None:
        """Return the link “This wasn't me” of a notice about an event; None for no such page."""

    @property
    def shut_because(self) -> str:
        """Why the account cannot be used, in words; "" if it can. A project can add reasons."""
        if not self.is_active:
            return gettext("Cannot log in: the account is turned off.")
        over = self.deleted_from is not None and self.deleted_from <= timezone.now()
        return gettext("Cannot log in: the person closed the account.") if over else ""

    @property
    def deleted_from(self) -> datetime | None:
        """When a closed account is deleted. A login before that keeps it."""
        return self.closed_at and self.closed_at + CLOSING_LASTS

    @property
    def may_log_in(self) -> bool:
        """Whether the account can be used."""
        return not self.shut_because

    def looks_after(self, person: "AbstractMfaUser") -> bool:
        """Whether this person manages everything that the other belongs to (K10)."""
        return False

    @property
    def more_emails(self) -> tuple[str, ...]:
        """The person's other verified addresses, which get all notices too (RV-08)."""
        return ()

    def recovery_addresses(self, now: datetime) -> tuple[str, ...]:
        """Return the verified addresses that a code to set up a new factor can go to (RV-08)."""
        del now
        return (self.email,)

    @property
    def zone(self) -> tzinfo:
        """The time zone of the person's messages."""
        return timezone.get_default_timezone()

    @property
    def has_powers(self) -> bool:
        """Whether the person is staff or has any permission. Such people cannot be paused (K19)."""
        if self.is_staff or self.is_superuser:
            return True
        return get_user_model().objects.filter(with_powers(), pk=self.pk).exists()

    def lay_idle(self, now: datetime) -> bool:
        """Whether the person must prove the email address before enrolling a first factor (S12).

        After long inactivity, an attacker may be the only one who knows the password. An emailed
        link of the last day is proof. For a never used account, any earlier proof is enough.
        """
        proven = self.mailbox_proven_at
        if proven and (self.last_login is None or proven > now - PROOF_LASTS):
            return False
        if self.mailbox_due_at and not (proven and proven >= self.mailbox_due_at):
            # A login without a second step does not end the requirement.
            return True
        return (self.last_login or self.date_joined) < now - IDLE

    @property
    def may_enable_mfa(self) -> bool:
        """Whether the next login can ask the person for a first factor (D16).

        That is so for people who skipped the setup or never did it, unless their policy asks for no
        second step.
        """
        if self.ever_bound_at is not None:
            return False
        return self.mfa_policy.asks

    def skips_under(self, policy: Policy) -> int:
        """Return how often the setup was skipped, as far as the policy counts it (K18)."""
        if self.skipped_at is None:
            return 0
        forgotten = policy.skips_from is not None and self.skipped_at <= policy.skips_from
        return 0 if forgotten else max(self.skips, 1)

    def wrong_answers_at(self, now: datetime) -> int:
        """Return the wrong codes that count now. A day without one clears them."""
        last = self.wrong_answer_at
        return 0 if last and last < now - FORGOTTEN_AFTER else self.wrong_answers

    def mailbox_due(self, policy: Policy, now: datetime) -> bool:
        """Whether the email address must be proven before a first factor (S12)."""
        return policy.mail_tested and not self.ever_bound_at and self.lay_idle(now)

    def mailbox_rests(self, now: datetime) -> bool:
        """Whether codes and links by email cannot replace a factor now (EM-04, EM-06)."""
        opens = self.mailbox_opens_at
        return opens is not None and opens > now

    def mailbox_at(self, now: datetime) -> Mailbox:
        """Return the account's own email for the rules."""
        until = None if self.reset_at else self.mailbox_rests_until
        return Mailbox(self.email, self.mailbox_rests(now), until is not None and until > now)

    def recovers(self, now: datetime) -> bool:
        """Whether a request after a lost phone is ripe: an emailed code then opens the setup.

        Never for staff, also if the request began before they were.
        """
        ready = self.recovery_ready_at
        is_ripe = ready is not None and ready <= now < ready + RIPE_LASTS
        return is_ripe and not self.has_powers

    def phone_is_lost(self, now: datetime) -> bool:
        """Whether a request after a lost phone is open, waiting or ripe."""
        ready = self.recovery_ready_at
        return ready is not None and now < ready + RIPE_LASTS

    @property
    def mailbox_opens_at(self) -> datetime | None:
        """When the latest hold on codes by email ends, maybe in the past; None without one.

        After a reset by support only a changed address counts: the code comes after the password.
        """
        changed = self.email_changed_at
        rests_until = None if self.reset_at else self.mailbox_rests_until
        ends = (rests_until, changed and changed + RESTS_AFTER_CHANGE)
        return max(filter(None, ends), default=None)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie sessions to the password and the epoch, under any of the secret keys (SS-06)."""
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac(
            "mfa.models.AbstractMfaUser", value, secret=secret, algorithm="sha256"
        ).hexdigest()


@cache
def with_powers(person: str = "") -> Q:
    """Return the condition for people who are staff or have any permission.

    `person` is the path to them in a query about other rows, such as "user__". A query in which
    several conditions share this one evaluates it once, because it is the same object.
    """
    user = OuterRef(f"{person}pk")
    own = Exists(Permission.objects.filter(user=user))
    of_groups = Exists(Group.objects.filter(user=user, permissions__isnull=False))
    staff = Q((f"{person}is_staff", True)) | Q((f"{person}is_superuser", True))
    return staff | Q(own) | Q(of_groups)
