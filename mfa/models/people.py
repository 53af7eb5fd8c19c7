"""What the second step keeps on each person."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, Permission, PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from mfa import plain_text
from mfa.rules.policy import Layer, Policy

# LG-01: the count toward a hundred falls after a day without a wrong answer.
FORGOTTEN_AFTER = timedelta(days=1)
# EM-06, the security design's figure: the owner of the old mailbox has been told and can object.
RESTS_AFTER_CHANGE = timedelta(days=7)
# The security design's figures: nobody notices what happens to an account that lay idle so long,
# and a link to set the password counts as proof of the mailbox for a day.
IDLE, PROOF_LASTS = timedelta(days=30), timedelta(hours=24)


class Protected(AbstractBaseUser, PermissionsMixin):
    """What this app asks of the project's user model, and the columns it gives to it.

    `session_epoch` ends all sessions when it rises, `device_epoch` forgets all recognized devices;
    `ever_bound_at` keeps a password alone from
    enrolling a factor once there was one.

    `wrong_answers` counts wrong codes over all factors and devices, `wrong_answer_at` is when the
    last one came. No right answer clears them: they fall after a day without a wrong one, or when
    the owner confirms the mailed warning (`answers_confirmed_at`). `wait_until` is what the wrong
    codes of unrecognized devices cost.

    `mailbox_rests_until` is the end of the rest after a reset by that mailbox alone (EM-04),
    `email_changed_at` begins the one after a change (EM-06). `mailbox_proven_at` is when the
    person last came by a mailed link or code. `mailbox_due_at` is when the password alone let in
    a person whose account had lain idle (S12).
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
    recovering_since = models.DateTimeField(null=True, editable=False)
    skipped_at = models.DateTimeField(null=True, editable=False)
    mailbox_rests_until = models.DateTimeField(null=True, editable=False)
    mailbox_proven_at = models.DateTimeField(null=True, editable=False)
    email_changed_at = models.DateTimeField(null=True, editable=False)
    mailbox_due_at = models.DateTimeField(null=True, editable=False)

    # The fixed layers of roles, which the account policy must leave something to
    role_layers: ClassVar[tuple[Layer, ...]] = ()

    class Meta:
        """Columns only: the table is the user model's."""

        abstract = True

    @property
    @abstractmethod
    def mfa_policy(self) -> Policy:
        """The policy that binds this person."""

    @abstractmethod
    def mailed_link(self, link: str, *, target: str, at: datetime, epoch: int | None) -> str | None:
        """Return a link of a mail that was asked for at a moment; None if it would be dead."""

    @property
    def has_powers(self) -> bool:
        """Whether the person is staff, or has permissions that others lack: never paused (K19)."""
        return self.is_staff or self.is_superuser or _powers(self.pk).exists()

    def lay_idle(self, now: datetime) -> bool:
        """Whether the mailbox is to be proven before the password enrolls a first factor (S12).

        Its thief could be the only one who still knows the password. A mailed link of the last
        day is proof; so is any, or the machine's word, for an account that was never used.
        """
        proven = self.mailbox_proven_at
        if proven and (self.last_login is None or proven > now - PROOF_LASTS):
            return False
        if self.mailbox_due_at and not (proven and proven >= self.mailbox_due_at):
            # A login without a second step does not end it.
            return True
        return (self.last_login or self.date_joined) < now - IDLE

    def wrong_answers_at(self, now: datetime) -> int:
        """Return the wrong codes that still count; a day without one forgets them."""
        last = self.wrong_answer_at
        return 0 if last and last < now - FORGOTTEN_AFTER else self.wrong_answers

    def mailbox_due(self, now: datetime) -> bool:
        """Whether the mailbox comes before a first factor: at the login, and behind it (S12)."""
        return self.mfa_policy.mail_tested and not self.ever_bound_at and self.lay_idle(now)

    def mailbox_rests(self, now: datetime) -> bool:
        """Whether codes and links by email must not stand in for a factor (EM-04, EM-06)."""
        changed = self.email_changed_at
        return bool(
            (self.mailbox_rests_until and self.mailbox_rests_until > now)
            or (changed and changed + RESTS_AFTER_CHANGE > now)
        )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie sessions to the password and to the epoch, under any of the secret keys (SS-06)."""
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac(
            "mfa.models.Protected", value, secret=secret, algorithm="sha256"
        ).hexdigest()


def _powers(user: int | OuterRef) -> models.QuerySet[Permission]:
    """Return what a person may do, by their own permissions or by those of a group."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user))


def with_powers() -> Q:
    """Return the condition of people who are staff, or have permissions that others lack."""
    staff = Q(is_staff=True) | Q(is_superuser=True)
    return staff | Q(Exists(_powers(OuterRef("pk"))))


class PauseQuerySet(models.QuerySet["Pause"]):
    """Pauses by their time."""

    def running(self, now: datetime) -> "PauseQuerySet":
        """Keep the pauses that have not ended."""
        return self.filter(until__gt=now)

    def honored(self, now: datetime) -> "PauseQuerySet":
        """Keep the running ones that count: for staff only those of the operator (K19).

        One condition of the statement that reads: whatever a race left in the table lets nobody in.
        """
        ordinary = Q(user__is_staff=False, user__is_superuser=False)
        powers = Exists(_powers(OuterRef("user")))
        return self.running(now).filter(Q(breakglass=True) | (ordinary & ~Q(powers)))


class Pause(models.Model):
    """A time in which one person logs in by password alone, with its reason.

    `breakglass`: started by the operator on the machine, and so good for staff too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pauses", verbose_name=_("person")
    )
    reason = models.CharField(
        _("reason"), max_length=plain_text.LONGEST_REASON, validators=[plain_text.check]
    )
    started_at = models.DateTimeField(_("started"))
    until = models.DateTimeField(_("until"))
    # Set once it is over; without it the next one cannot start
    ended_at = models.DateTimeField(null=True, editable=False)
    breakglass = models.BooleanField(_("breakglass"), default=False, editable=False)

    objects = PauseQuerySet.as_manager()

    class Meta:
        """Admin names."""

        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        indexes: ClassVar = [
            models.Index(fields=["user", "until"], name="pause_user_until"),
            models.Index(fields=["until"], name="pause_until"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="pause_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        """Name the person and the end."""
        return f"{self.user} until {self.until:%Y-%m-%d %H:%M} UTC"
