"""The user model."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext, gettext_lazy as _

from accounts import cohorts, combinations, policies
from accounts.models import usernames
from accounts.models.emails import EmailField
from accounts.models.invitations import Invitation
from accounts.models.memberships import Membership
from accounts.models.organizations import Organization
from accounts.models.policies import MANAGER, STAFF
from accounts.models.registrations import Registration
from accounts.models.usernames import UsernameField
from accounts.organizations import invitation_links, reminder_links
from accounts.organizations.managers import Manager
from accounts.people import links, notice_links, ownership, pass_links, recovery_links, zones
from accounts.people.hashers import is_sound
from accounts.people.links import Link
from mfa.models import AbstractMfaUser, SitePolicy, plain_text
from mfa.models.cohorts import Cohort
from mfa.models.people import RESTS_AFTER_CHANGE
from mfa.rules.fold import Combination
from mfa.rules.login_names import LoginWith
from mfa.rules.policy import Policy

# The largest id that the column can hold. Databases refuse larger ones in queries.
LARGEST_ID = (1 << 63) - 1
# The prefix of our own hashes, and Django's mark for "no password"
OWN_HASHES, NO_HASH = "argon2$", "!"


class UserManager(BaseUserManager["User"]):
    """Creates people. The column normalizes their emails."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a person. Raises IntegrityError if the email exists."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a superuser.

        Raises ValidationError for a weak password, because Django's command does not validate
        passwords from its environment and lets people bypass the rules (PW-01).
        """
        if password is not None:
            validate_password(password, self.model(email=email, **fields))
        # An operator with access to the server named the address, so it counts as proven.
        proven = {"mailbox_proven_at": timezone.now()}
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **{**proven, **fields}
        )

    def by_link(self, uid: str, token: str) -> "tuple[User, Link] | None":
        """Return the person of a link and what it opens, or None if it is not valid."""
        user = self.named_by(uid)
        link = links.opened_by(user, uid, token) if user else None
        return (user, link) if user and link else None

    def named_by(self, uid: str) -> "User | None":
        """Return the person that a link names, without checking the link."""
        try:
            pk = int(urlsafe_base64_decode(uid))
        except ValueError:
            return None
        return self.filter(pk=pk).first() if 0 < pk <= LARGEST_ID else None

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this email in any format. The lookup uses the index."""
        return self.get(email=username or "")


class User(AbstractMfaUser):
    """A person who logs in with an email."""

    email = EmailField(_("Email"), unique=True)
    # A new address, until its emailed link is opened
    new_email = EmailField(blank=True, editable=False)
    # A second address for notices and recovery, and one that waits for its link (RV-08)
    recovery_email = EmailField(blank=True, editable=False)
    new_recovery_email = EmailField(blank=True, editable=False)
    recovery_email_at = models.DateTimeField(null=True, editable=False)
    username = UsernameField(
        _("Username"), max_length=usernames.LONGEST, unique=True, null=True, blank=True
    )
    full_name = models.CharField(
        _("Full name"), max_length=150, blank=True, validators=[plain_text.check]
    )
    language = models.CharField(
        _("Language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    # Empty: the portal's own
    time_zone = models.CharField(_("Time zone"), max_length=63, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    # Set by an administrator when others may know the password (PW-06)
    password_expired = models.BooleanField(default=False, editable=False)
    # When an imported hash was noted; None for our own hashes
    password_imported_at = models.DateTimeField(null=True, editable=False)
    is_staff = models.BooleanField(_("staff access"), default=False)
    # The membership that chooses wording and flow. Only a person who never had one has none.
    home = models.ForeignKey(
        Membership, models.RESTRICT, null=True, related_name="+", editable=False, db_index=False
    )
    # Set when the person created the account, with a proven address: it then needs no membership
    registered_at = models.DateTimeField(null=True, editable=False)
    # When a manager last asked the person to set up two-step verification
    reminded_at = models.DateTimeField(null=True, editable=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    role_layers = (STAFF, MANAGER)
    SEARCHED = ("email", "username", "full_name")

    objects = UserManager()

    class Meta:
        """Admin names."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes: ClassVar = [
            # For the filters of the admin's list
            models.Index(fields=["email"], condition=Q(is_staff=True), name="user_staff"),
            models.Index(fields=["email"], condition=Q(is_active=False), name="user_inactive"),
            # For retention
            models.Index(
                fields=["closed_at"], condition=Q(closed_at__isnull=False), name="user_closed"
            ),
            models.Index(
                fields=["password_imported_at"],
                condition=Q(password_imported_at__isnull=False),
                name="user_imported_password",
            ),
            # Imported hashes that were not noted; usually none
            models.Index(
                fields=["id"],
                condition=Q(password_imported_at=None)
                & ~Q(password__startswith=OWN_HASHES)
                & ~Q(password__startswith=NO_HASH),
                name="user_unnoted_password",
            ),
        ]
        constraints: ClassVar = [
            # No stranger's factor can be in a reset of the owner (RG-04).
            models.CheckConstraint(
                condition=Q(registered_at=None) | Q(mailbox_proven_at__isnull=False),
                name="user_registered_is_proven",
            ),
        ]

    def __str__(self) -> str:
        """Name the person by the email."""
        return self.email

    @property
    def login_name(self) -> str:
        """What the person types to log in: the username where the site's policy wants it (K3)."""
        wanted = SitePolicy.brand().login_with is LoginWith.USERNAME
        return self.username if wanted and self.username else self.email

    def check_password(self, raw_password: str | None) -> bool:
        """Whether the password is right. An outdated hash of it is renewed.

        The new hash replaces only the one that was checked, so a password reset at the same time
        stays. A broken hash counts as no password.
        """
        checked, stale = self.password, False

        def renew(password: str) -> None:
            nonlocal stale
            renewed = make_password(password)
            mine = User.objects.filter(pk=self.pk, password=checked)
            stale = not mine.update(password=renewed, password_imported_at=None)
            self.password = checked if stale else renewed

        encoded = checked if is_sound(checked) else NO_HASH
        return check_password(raw_password, encoded, renew) and not stale

    @classmethod
    def forget(cls, people: Iterable[int]) -> None:
        """Delete the other rows with the addresses of people who are about to be deleted.

        An invitation that was sent after the account was closed stays. It leads to a new account.
        """
        people_here = cls.objects.filter(pk__in=people)
        closed = people_here.filter(email=OuterRef("email"), closed_at__gte=OuterRef("sent_at"))
        Invitation.objects.filter(Exists(closed)).delete()
        Registration.objects.filter(email__in=people_here.values("email")).delete()

    @classmethod
    def owner_of(cls, email: str) -> "User | None":
        """Return the account because of which an address cannot be registered, or None.

        One that nobody has proven or used yet does not keep the owner of the address away.
        """
        person = cls.objects.filter(email=email).first()
        return None if person and person.is_free else person

    @property
    def is_free(self) -> bool:
        """Whether the owner of the address can register over this account (RG-04)."""
        return self.may_log_in and ownership.is_unclaimed(self)

    @classmethod
    def combinations(cls) -> Iterable[Combination]:
        """Return the levels of all active organizations, alone and where people share them."""
        return combinations.combinations()

    @classmethod
    def some_in(cls, organization: int) -> tuple[tuple[str, ...], int]:
        """Return the emails of some of its members, and how many it has."""
        return combinations.some_in(organization)

    @classmethod
    def cohorts(cls) -> Iterable[Cohort]:
        """Return all people by role and organizations."""
        return cohorts.cohorts()

    @classmethod
    def able_to_log_in(cls, now: datetime) -> Q:
        """Return the condition for accounts that can be used, as `shut_because` says."""
        return super().able_to_log_in(now) & cohorts.is_valid(now)

    @property
    def zone(self) -> tzinfo:
        """The time zone of pages and messages."""
        return zones.zone_of(self.time_zone)

    @property
    def more_emails(self) -> tuple[str, ...]:
        """The recovery email, which gets all notices too."""
        return (self.recovery_email,) if self.recovery_email else ()

    def recovery_addresses(self, now: datetime) -> tuple[str, ...]:
        """Return where a code to set up a new factor can go.

        A new recovery email waits for a week, so that the notified owner can object (EM-06).
        """
        at = self.recovery_email_at
        waited = at is not None and at + RESTS_AFTER_CHANGE <= now
        return (self.email, *(self.more_emails if waited else ()))

    def get_full_name(self) -> str:
        """Return the full name, or the email."""
        return self.full_name or self.email

    def mailed_link(
        self, link: str, *, target: str, at: datetime, epoch: int | None, number: int | None = None
    ) -> str | None:
        """Return a link for an email requested at a time, or None if it would not be valid."""
        if link == invitation_links.LINK:
            return invitation_links.address_of(number, target=target, at=at)
        if link == reminder_links.LINK:
            return reminder_links.address_of(self, number)
        if link == recovery_links.LINK:
            return recovery_links.address_of(number, by_text="@" not in target)
        if link == pass_links.LINK:
            return pass_links.address_of(number, at=at)
        return links.address_of(Link(link), self, target=target, at=at, epoch=epoch)

    def not_me_link(self, event: int, *, at: datetime) -> str:
        """Return the link “This wasn't me” of a notice about an event."""
        return notice_links.address_of(self.pk, event, at=at)

    @cached_property
    def affiliation(self) -> "policies.Affiliation":
        """The site's policy and this person's memberships, read once per request."""
        return policies.affiliation_of(self)

    @cached_property
    def mfa_policy(self) -> Policy:
        """The policy of this person, folded once per request."""
        return policies.policy_of(self)

    def looks_after(self, person: AbstractMfaUser) -> bool:
        """Whether this person is a manager of everything that the other belongs to (K10)."""
        return isinstance(person, User) and Manager(self).may_act_on(person)

    @property
    def managed(self) -> list[Organization]:
        """The organizations in which this person is a manager."""
        if self.home_id is None:
            return []
        mine = self.affiliation.memberships
        return [each.organization for each in mine if each.role == Membership.Role.MANAGER]

    @property
    def shut_because(self) -> str:
        """Why the account cannot be used now: turned off, its dates, or no organization.

        A person whose memberships all ended, or whose organizations are all inactive, belongs
        nowhere. Staff and people who registered themselves need no membership.
        """
        if shut := super().shut_because or self._dates_because(timezone.now()):
            return shut
        free = self.is_staff or self.home_id is None or self.registered_at is not None
        if free or self.affiliation.memberships:
            return ""
        return gettext("Cannot log in: the person belongs to no active organization.")

    def is_valid_at(self, now: datetime) -> bool:
        """Whether a time is within the dates of the account."""
        return not self._dates_because(now)

    def _dates_because(self, now: datetime) -> str:
        if self.valid_from and now < self.valid_from:
            words = gettext("Cannot log in until %s: the account is not valid yet.")
            return words % _in_words(self.valid_from)
        if self.valid_until and self.valid_until <= now:
            words = gettext("Cannot log in: the account expired on %s.")
            return words % _in_words(self.valid_until)
        return ""


def _in_words(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y, H:i T")
