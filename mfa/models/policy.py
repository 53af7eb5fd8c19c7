"""The site's policy: who MFA applies to, and the settings for everyone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from mfa import prepared
from mfa.models import plain_text
from mfa.models.branding import Branded
from mfa.models.channel_health import ChannelHealth
from mfa.models.level import Level
from mfa.models.pauses import Pause
from mfa.models.people import AbstractMfaUser
from mfa.models.sms_account import SmsAccount
from mfa.rules.fold import Combination, EmptyPolicyError, resolve
from mfa.rules.methods import ChannelName, Method
from mfa.rules.policy import STAFF_ROLE, Enforcement, Layer, due

# Enough for a small organization's first day. It bounds the cost of a fraud.
TEXTS_A_DAY = 500
# 100 times the default. More is a typo, or fraud with an administrator's session.
MOST_TEXTS_A_DAY = 50_000

BESIDE = (
    "sms__auth_token",
    "health__texts_rest_since",
    "health__texts_tried_at",
    "health__mail_test_config",
    "health__mail_test_reason",
)

EMPTY = {
    "methods": _("This policy leaves no verification method that people can set up (%(levels)s)."),
    "passkeys": _("This policy requires passkeys but does not allow them (%(levels)s)."),
    "countries": _(
        "This policy leaves no country whose numbers people can set up (%(levels)s). Allow texts "
        "to at least one of the countries for new numbers."
    ),
    "ready": _(
        "This policy leaves only approval on a phone (%(levels)s), and this portal has no key for "
        "it. Allow another method, or ask the operator to run: manage.py new_push_key"
    ),
}


TOO_STRICT = _("This is stricter than the requirement above. Choose the same or less.")
STRICTNESS = [str(each) for each in Enforcement]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Levels that together leave no method, and some people who would have none left."""

    error: EmptyPolicyError
    people: tuple[str, ...] = ()
    count: int = 0
    # Whether these people belong to several organizations
    shared: bool = False

    @property
    def field(self) -> str:
        """The field of a form that the conflict is about."""
        return "enroll_countries" if self.error.field == "countries" else "methods"

    def __str__(self) -> str:
        """Say what is left out, with the names of the levels and people."""
        words = str(EMPTY[self.error.field]) % {"levels": ", ".join(self.error.levels)}
        affected = gettext("People affected: %s.") % self.named
        return " ".join((words, *([affected] if self.people else [])))

    @property
    def named(self) -> str:
        """The people by their emails, and how many more there are."""
        names, more = ", ".join(self.people), self.count - len(self.people)
        if more <= 0:
            return names
        words = ngettext(
            "%(names)s and %(number)d more person", "%(names)s and %(number)d more people", more
        )
        return words % {"names": names, "number": more}


def unready() -> frozenset[Method]:
    """Return the methods that nobody can set up, because the operator has not prepared them."""
    return frozenset() if settings.VAPID_PRIVATE_KEY else frozenset({Method.PUSH})


def conflict_of(
    site: Layer, roles: Iterable[Layer], combinations: Iterable[Combination]
) -> Conflict | None:
    """Return the first levels that leave someone nothing to set up, for each role; or None."""
    combined = product(((), *((role,) for role in roles)), (Combination(()), *combinations))
    for layers, each in combined:
        try:
            resolve(site, layers, each.branches, in_force=True, unready=unready())
        except EmptyPolicyError as error:
            people, count = each.people, each.count
            if each.organization is not None:
                people, count = get_user_model().some_in(each.organization)
            return Conflict(error, people, count, shared=len(each.branches) > 1)
    return None


class SitePolicy(Level, Branded):
    """The site's one row. The SMS account and the channels' health have their own rows."""

    enabled = models.BooleanField(_("Enable Multi-factor authentication"), default=False)
    sms = models.OneToOneField(SmsAccount, models.PROTECT, related_name="+", editable=False)
    health = models.OneToOneField(ChannelHealth, models.PROTECT, related_name="+", editable=False)
    pilot_group = models.ForeignKey(
        "auth.Group",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Pilot group"),
        help_text=_("Only members of this group use MFA. Leave empty for everyone."),
    )
    # When `enabled` last changed
    switched_at = models.DateTimeField(null=True, editable=False)
    # Set once: from then on staff stay bound, and new SMS values wait for a superuser (S05)
    first_enabled_at = models.DateTimeField(null=True, editable=False)
    # `manage.py staff_mfa off`: the flag and the pilot group apply to staff as to everyone
    staff_released_at = models.DateTimeField(null=True, editable=False)
    invitation = models.CharField(
        _("What the portal is"),
        max_length=200,
        blank=True,
        validators=[plain_text.check_unlinked],
        help_text=_(
            "One sentence for the email that invites people. Plain text without links. Example: "
            "Here you see your orders and invoices."
        ),
    )
    staff_passkeys_from = models.DateTimeField(
        _("Staff need a passkey from"),
        null=True,
        blank=True,
        help_text=_("As for everyone, but only for staff."),
    )
    texts_a_day = models.PositiveIntegerField(
        _("Daily text limit for new numbers"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_TEXTS_A_DAY)],
        help_text=_(
            "Limits the cost of abuse. 1 to 50,000. Default: 500. Verified numbers have ten times "
            "this limit, counted separately. Administrators get an email at 50%."
        ),
    )

    may_relax_to = models.CharField(
        _("Organizations can loosen MFA to"),
        max_length=10,
        choices=Level.Enforce,
        blank=True,
        help_text=_("Leave empty if organizations can only make it stricter."),
    )

    enforcement_if_unset = Level.Enforce.REQUIRED.value
    passkey_dates = (*Level.passkey_dates, "staff_passkeys_from")

    # Set by load_for() for one person
    is_pilot = False
    is_paused = False
    is_for_staff = False

    class Meta:
        """Names in the admin. The page has its own permission, mfa.change_accountpolicy."""

        default_permissions = ()
        verbose_name = _("Account Policy")
        verbose_name_plural = _("Account Policy")

    def __str__(self) -> str:
        """Return the name of the page."""
        return str(_("Account Policy"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and record when MFA was first enabled."""
        if self.enabled and self.first_enabled_at is None:
            self.first_enabled_at = self.switched_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                noted = ("first_enabled_at", "switched_at")
                kwargs["update_fields"] = {*kwargs["update_fields"], *noted}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse to require less than organizations may, and settings that leave nothing.

        They must leave something with each role, and in each organization.
        """
        least = self.may_relax_to or self.Enforce.OFF
        if STRICTNESS.index(least) > STRICTNESS.index(
            self.enforcement or self.enforcement_if_unset
        ):
            raise ValidationError({"may_relax_to": TOO_STRICT})
        if found := self.conflict:
            raise ValidationError(str(found))

    @property
    def conflict(self) -> Conflict | None:
        """Levels that together leave someone nothing to set up, for the site as it is here."""
        people = get_user_model()
        roles = self.in_roles(people.role_layers)
        return conflict_of(self.layer("site"), roles, people.combinations())

    @classmethod
    def made(cls) -> Self:
        """Create the row and its related rows, unless they exist."""
        beside = {"sms": SmsAccount.load, "health": ChannelHealth.load}
        return cls.objects.get_or_create(pk=1, defaults=beside)[0]

    @classmethod
    def load_for(cls, user: AbstractMfaUser) -> "SitePolicy":
        """Return the row with its values for this person, in one statement."""
        site = _FOR_ONE.first(person=user.pk, now=timezone.now()) or SitePolicy.load()
        site.meet(user)
        return site

    def meet(self, user: AbstractMfaUser) -> None:
        """Prepare the row, which was just read, for this person."""
        self.remember()
        self.is_for_staff = user.is_staff or user.is_superuser

    @classmethod
    def for_one(cls) -> models.QuerySet[Any]:
        """Return the row, with whether a person is in the pilot group and has an active pause.

        Related rows are loaded only as far as `resting` needs them.
        """
        person = prepared.number("person")
        pilots = Group.objects.filter(user=person, pk=OuterRef("pilot_group"))
        pauses = Pause.objects.honored(prepared.moment("now")).filter(user_id=person)
        own = [field.name for field in cls._meta.concrete_fields]
        site = cls.objects.select_related("sms", "health").only(*own, *BESIDE)
        return site.annotate(is_pilot=Exists(pilots), is_paused=Exists(pauses)).order_by("pk")[:1]

    def in_roles(self, roles: Iterable[Layer]) -> tuple[Layer, ...]:
        """Return the fixed layers of roles with what this policy demands of staff."""
        since = self.staff_passkeys_from
        if since is None:
            return tuple(roles)
        now = timezone.now()
        return tuple(
            due(replace(role, passkeys_from=since), now) if role.name == STAFF_ROLE else role
            for role in roles
        )

    @property
    def floor(self) -> Enforcement | None:
        """The least that organizations can require; None for what the site requires."""
        return Enforcement(self.may_relax_to) if self.may_relax_to else None

    @property
    def budget(self) -> int:
        """The maximum number of texts per day to new numbers."""
        return min(self.texts_a_day or TEXTS_A_DAY, MOST_TEXTS_A_DAY)

    @property
    def resting(self) -> frozenset[str]:
        """The channels that are down now."""
        texts_out = self.health.texts_rest or self.sms.token_lost
        out = {ChannelName.SMS: texts_out, ChannelName.EMAIL: self.health.mail_failed}
        return frozenset(name for name, rests in out.items() if rests)

    @property
    def changes_wait(self) -> bool:
        """Whether new SMS values wait for a superuser instead of taking effect at once (S05)."""
        return self.first_enabled_at is not None

    @property
    def enrolls_again_now(self) -> bool:
        """Whether everyone sets up MFA again when it is turned on now (K9)."""
        return self.enrolls_again and self.first_enabled_at is not None and not self.enabled

    @property
    def binds_staff(self) -> bool:
        """Whether staff need MFA, whatever the flag and the pilot group say (S05)."""
        return self.first_enabled_at is not None and self.staff_released_at is None

    @property
    def binds(self) -> bool:
        """Whether the person of load_for() needs a second step."""
        if self.is_for_staff and self.binds_staff:
            return True
        return self.enabled and (self.pilot_group_id is None or self.is_pilot)


class AccountPolicy(SitePolicy):
    """Security > Account Policy: the page that edits policy and SMS account together.

    Its URL, permission and history use this name.
    """

    # Fields of the page besides the policy's own columns (mfa.admin.base.edits)
    beside = ("sms_account_id", "sms_auth_token", "sms_phone_number")

    class Meta:
        """The same table."""

        proxy = True
        verbose_name = _("Account Policy")
        verbose_name_plural = _("Account Policy")

    @property
    def sms_account_id(self) -> str:
        """The account ID that was entered last."""
        return self.sms.entered.account_id

    @property
    def sms_auth_token(self) -> str:
        """The token that was entered last."""
        return self.sms.entered.auth_token

    @property
    def sms_phone_number(self) -> str:
        """The sender that was entered last."""
        return self.sms.entered.phone_number


_FOR_ONE = prepared.Query(SitePolicy.for_one)
