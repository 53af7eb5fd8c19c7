"""People."""

import logging
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext_lazy as _

from accounts import links
from accounts.emails import EmailField
from accounts.links import Link
from mfa import plain_text
from mfa.models import AccountPolicy, Protected
from mfa.rules.emails import normalize
from mfa.rules.policy import EmailCodes, EmptyPolicyError, Enforcement, Layer, Policy, resolve

# Staff can undo everybody's second step: where MFA binds them, it is never optional and never a
# mailbox (EM-01), so they need a way out beside the phone. Their sessions are shorter (AZ-03).
STAFF = Layer(
    name="staff",
    enforcement=Enforcement.REQUIRED,
    email_codes=EmailCodes.OFF,
    backup=True,
    session_life=timedelta(hours=12),
    session_idle=timedelta(minutes=15),
)


logger = logging.getLogger("accounts")
# What the column of ids holds; a database refuses to look for more.
LARGEST_ID = (1 << 63) - 1


# How the hashes of accounts.hashers begin, and Django's mark of no password
OWN_HASHES, NO_HASH = "argon2$", "!"


class UserManager(BaseUserManager["User"]):
    """Makes people; their emails are normalized by the column."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Store a person. Raises IntegrityError where the email is taken."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Store an administrator who may do everything.

        Raises ValidationError for a weak password: the command asks no rules of what comes from
        its environment, and lets people pass over them (PW-01).
        """
        if password is not None:
            validate_password(password, self.model(email=email, **fields))
        # The operator, on the machine itself, has named the mailbox.
        proven = {"mailbox_proven_at": timezone.now()}
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **{**proven, **fields}
        )

    def by_link(self, uid: str, token: str) -> "tuple[User, Link] | None":
        """Return whose link this is and what it opens; None for one that is dead."""
        user = self.named_by(uid)
        link = links.opened_by(user, uid, token) if user else None
        return (user, link) if user and link else None

    def named_by(self, uid: str) -> "User | None":
        """Return the person that a link names; the link itself is not checked."""
        try:
            pk = int(urlsafe_base64_decode(uid))
        except ValueError:
            return None
        return self.filter(pk=pk).first() if 0 < pk <= LARGEST_ID else None

    def get_by_natural_key(self, username: str | None) -> "User":
        """Look up by email in any spelling: an exact look-up that the index serves."""
        return self.get(email=username or "")


class User(Protected):
    """A person who logs in with an email."""

    email = EmailField(_("Email"), unique=True)
    # Waits for the link that was mailed to it
    new_email = EmailField(blank=True, editable=False)
    username = models.CharField(
        _("Username"),
        max_length=150,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[\w.+-]+\Z", _("Use letters, digits and . + - _ only."))],
    )
    full_name = models.CharField(
        _("Full name"), max_length=150, blank=True, validators=[plain_text.check]
    )
    language = models.CharField(
        _("Language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Set by an administrator, on evidence that it is known to others (PW-06)
    password_expired = models.BooleanField(default=False, editable=False)
    # When a hash that another system made came in; None for those of this portal
    password_imported_at = models.DateTimeField(null=True, editable=False)
    is_staff = models.BooleanField(_("may enter the administration"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    role_layers = (STAFF,)

    objects = UserManager()

    class Meta:
        """Admin names."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes: ClassVar = [
            models.Index(
                fields=["password_imported_at"],
                condition=Q(password_imported_at__isnull=False),
                name="user_imported_password",
            ),
            # Hashes of other systems that no import has noted: none, as a rule
            models.Index(
                fields=["id"],
                condition=Q(password_imported_at=None)
                & ~Q(password__startswith=OWN_HASHES)
                & ~Q(password__startswith=NO_HASH),
                name="user_unnoted_password",
            ),
        ]

    def __str__(self) -> str:
        """Name the person by the email."""
        return self.email

    def clean(self) -> None:
        """Fold the email and the username into their stored forms, an empty username into none."""
        super().clean()
        self.email = normalize(self.email)
        self.username = self.normalize_username(self.username or "") or None

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether the password is right, and renew an outdated hash of it.

        The new hash replaces only the one that was checked: where a reset was saved meanwhile, the
        old password is right no more.
        """
        checked, stale = self.password, False

        def renew(password: str) -> None:
            nonlocal stale
            renewed = make_password(password)
            mine = User.objects.filter(pk=self.pk, password=checked)
            stale = not mine.update(password=renewed, password_imported_at=None)
            self.password = checked if stale else renewed

        return check_password(raw_password, checked, renew) and not stale

    def get_full_name(self) -> str:
        """Return what to call the person."""
        return self.full_name or self.email

    def mailed_link(self, link: str, *, target: str, at: datetime, epoch: int | None) -> str | None:
        """Return a link of a mail that was asked for at a moment; None if it would be dead."""
        return links.address_of(Link(link), self, target=target, at=at, epoch=epoch)

    @cached_property
    def mfa_policy(self) -> Policy:
        """The policy that binds this person, folded once per request."""
        site = AccountPolicy.load_for(self)
        layers = self.role_layers if self.is_staff else ()
        try:
            return resolve(
                site.layer("site"),
                layers,
                in_force=site.binds,
                paused=site.is_paused,
                resting=site.resting,
                mail_tested=site.mail_tested,
            )
        except EmptyPolicyError as error:
            # Saving refuses such a policy. One that is stored all the same must lock nobody out.
            logger.warning("the policy of person %s is empty: %s", self.pk, error)
            return error.policy


class Introduction(models.Model):
    """A permission that a release gave to one of our groups, once: see accounts.groups.

    `permission` is its label, such as "mfa.add_pause".
    """

    group = models.CharField(max_length=150)
    permission = models.CharField(max_length=200)

    class Meta:
        """One row each; nobody needs a permission for it."""

        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "permission"], name="introduction_once")
        ]

    def __str__(self) -> str:
        """Name the group and the permission."""
        return f"{self.group}: {self.permission}"


class ImportedHash(models.Model):
    """A kind of password hash that people still have from another system; a handful of rows.

    `iterations` is 0 where the algorithm counts none.
    """

    algorithm = models.CharField(max_length=40)
    iterations = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row for each."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["algorithm", "iterations"], name="imported_hash_kind")
        ]

    def __str__(self) -> str:
        """Name the kind."""
        return f"{self.algorithm}, {self.iterations} iterations"
