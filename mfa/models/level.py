"""The columns that all policy levels share. Empty means that the level above decides."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Self

from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mfa.models import plain_text
from mfa.rules import regions
from mfa.rules.methods import Method
from mfa.rules.policy import (
    BOUNDS,
    AfterEnrollment,
    EmailCodes,
    Enforcement,
    Layer,
    NumberChange,
    WeakerWays,
    due,
)

# More than anyone skips. It keeps a typing mistake from meaning "forever".
MOST_SKIPS = 100
MOST_TRUST = BOUNDS["trust_browser_for"][1]


def within(number: str, unit: timedelta) -> list[BaseValidator]:
    """Return the validators for a column with a number of the policy in these units."""
    least, most = BOUNDS[number]
    return [MinValueValidator(least // unit), MaxValueValidator(most // unit)]


class Level(models.Model):
    """One level's settings as columns. Empty means that the level above decides."""

    class Enforce(models.TextChoices):
        """Enforcement in words."""

        OFF = Enforcement.OFF, _("Off")
        OPTIONAL = Enforcement.OPTIONAL, _("Optional")
        REQUIRED = Enforcement.REQUIRED, _("Required")

    class Email(models.TextChoices):
        """EmailCodes in words."""

        LOGIN = EmailCodes.LOGIN, _("To log in (never for staff)")
        RECOVERY = EmailCodes.RECOVERY, _("Only to set up a new way to log in (never for staff)")
        OFF = EmailCodes.OFF, _("Never")

    class Weaker(models.TextChoices):
        """WeakerWays in words."""

        ALLOW = WeakerWays.ALLOW, _("With any of their methods")
        REFUSE = WeakerWays.REFUSE, _("Only with passkeys and recovery codes")

    class Afterwards(models.TextChoices):
        """AfterEnrollment in words."""

        LOGIN_AGAIN = AfterEnrollment.LOGIN_AGAIN, _("Go back to the login page")
        FINISH = AfterEnrollment.FINISH, _("Show a page with the button “Finish”")
        CONTINUE = AfterEnrollment.CONTINUE, _("Go straight to the portal")

    class ChangeOfNumber(models.TextChoices):
        """NumberChange in words."""

        AFTER_CODE = NumberChange.AFTER_CODE, _("Store it after its code")
        SAVE_THEN_VERIFY = (
            NumberChange.SAVE_THEN_VERIFY,
            _("Store it at once, and ask for its code at the next login too"),
        )

    class Reenable(models.TextChoices):
        """What becomes of factors when MFA is turned off and on again (K9)."""

        KEEP = "keep", _("People keep what they set up")
        ENROLL_AGAIN = "enroll_again", _("Everyone sets up MFA again")

    enforcement = models.CharField(_("MFA requirement"), max_length=10, choices=Enforce, blank=True)
    methods = models.JSONField(_("Methods"), default=list, blank=True)
    most_skips = models.PositiveSmallIntegerField(
        _("Times people can skip the setup"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_SKIPS)],
        help_text=_("0 to 100. Leave empty for no limit: one skip is then remembered."),
    )
    skips_until = models.DateTimeField(_("People can skip the setup until"), null=True, blank=True)
    # When the level last became required: earlier skips do not count (K18)
    skips_from = models.DateTimeField(null=True, editable=False)
    deadline = models.DateTimeField(
        _("Required from"),
        null=True,
        blank=True,
        help_text=_("MFA is optional until then. People see the date."),
    )
    on_reenable = models.CharField(
        _("When MFA is turned on again"), max_length=12, choices=Reenable, blank=True
    )
    enroll_again_from = models.DateTimeField(null=True, editable=False)
    new_device_email = models.BooleanField(
        _("Email code on a new device"),
        null=True,
        blank=True,
        help_text=_("For people who have no method yet."),
    )
    backup = models.BooleanField(
        _("People with one method save recovery codes"),
        null=True,
        blank=True,
        help_text=_("At the end of a login, if recovery codes are allowed. Staff always do."),
    )
    may_close = models.BooleanField(_("People can close their account"), null=True, blank=True)
    email_codes = models.CharField(
        _("Codes by email"),
        max_length=10,
        choices=Email,
        blank=True,
        help_text=_("Anyone who can read a person's email can then use these codes."),
    )
    weaker_ways = models.CharField(
        _("People with a passkey log in"),
        max_length=10,
        choices=Weaker,
        blank=True,
        help_text=_("Support and recovery by email still help people who lose their passkey."),
    )
    passkeys_from = models.DateTimeField(
        _("Everyone needs a passkey from"),
        null=True,
        blank=True,
        help_text=_(
            "People see the date. From then on, other methods only lead to the setup of a passkey."
        ),
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
    trust_browser_days = models.PositiveSmallIntegerField(
        _("Days a person can trust a browser"),
        null=True,
        blank=True,
        validators=within("trust_browser_for", timedelta(days=1)),
        help_text=_(
            "0 to 30. Default: 0, which means off. In a trusted browser, people log in with just "
            "their password. Important changes still need a second step. Never for staff and "
            "managers."
        ),
    )
    recovery_hours = models.PositiveSmallIntegerField(
        _("Wait after a lost phone (hours)"),
        null=True,
        blank=True,
        validators=within("recovery_wait", timedelta(hours=1)),
        help_text=_(
            "24 to 168. Default: 72. People who lost their phone can ask to set up a new one after "
            "this time. They are notified at once and every day, and can stop it. Never for staff."
        ),
    )
    # When the level last changed: browsers trusted before ask for a second step again (TB-02)
    trusts_from = models.DateTimeField(null=True, editable=False)
    allow_voip = models.BooleanField(_("Accept internet (VoIP) numbers"), null=True, blank=True)
    enroll_countries = models.JSONField(_("Countries for new numbers"), default=list, blank=True)
    text_countries = models.JSONField(
        _("Countries for texts to verified numbers"), default=list, blank=True
    )
    after_enrollment = models.CharField(
        _("After first set-up"), max_length=12, choices=Afterwards, blank=True
    )
    number_change = models.CharField(
        _("When people change their number"),
        max_length=16,
        choices=ChangeOfNumber,
        blank=True,
        help_text=_("Codes go to the old number until the new one is verified."),
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

    # The columns with a date from which people need a passkey
    passkey_dates: tuple[str, ...] = ("passkeys_from",)

    # What an empty column means where no level above says more
    enforcement_if_unset = ""
    on_reenable_if_unset = Reenable.KEEP.value

    class Meta:
        """Columns only: each level has its own table."""

        abstract = True

    @property
    def enrolls_again(self) -> bool:
        """Whether everyone sets up MFA again after it was off (K9)."""
        return (self.on_reenable or self.on_reenable_if_unset) == self.Reenable.ENROLL_AGAIN

    def follow(self, former: "Level") -> set[str]:
        """Note what a changed requirement means for what people did before. Return the columns.

        A level that becomes required forgets earlier skips (K18). One that is no longer off may
        ask everyone to set up MFA again (K9). Every change ends the trust in browsers (TB-02).
        """
        before = former.enforcement or self.enforcement_if_unset
        after = self.enforcement or self.enforcement_if_unset
        noted = set()
        if after == self.Enforce.REQUIRED != before:
            self.skips_from = timezone.now()
            noted.add("skips_from")
        if before == self.Enforce.OFF != after and self.enrolls_again:
            self.enroll_again_from = timezone.now()
            noted.add("enroll_again_from")
        if self.layer("") != former.layer(""):
            self.trusts_from = timezone.now()
            noted.add("trusts_from")
        return noted

    def coming(self, former: "Level", now: datetime) -> dict[str, datetime]:
        """Return the new dates from which people need a passkey, and that are not over yet."""
        dates = {name: getattr(self, name) for name in self.passkey_dates}
        return {
            name: at
            for name, at in dates.items()
            if at and at > now and at != getattr(former, name)
        }

    def on_dates(self, names: Iterable[str], now: datetime) -> Self:
        """Return a copy as if these dates were now. It is not saved."""
        later = copy(self)
        for name in names:
            setattr(later, name, now)
        return later

    def layer(self, name: str, now: datetime | None = None) -> Layer:
        """Return the settings for the rules, as they are at a time."""
        lists = (tuple(self.methods), tuple(self.enroll_countries), tuple(self.text_countries))
        layer = _layer(name, _SAME(self), _WORDS(self), _LENGTHS(self), lists)
        dated = layer.deadline or layer.passkeys_from
        return due(layer, now or timezone.now()) if dated else layer


# The columns that are the same in the rules
_SAME = attrgetter(
    "most_skips",
    "skips_until",
    "skips_from",
    "deadline",
    "enroll_again_from",
    "passkeys_from",
    "new_device_email",
    "backup",
    "may_close",
    "allow_voip",
    "trusts_from",
)
_WORDS = attrgetter(
    "enforcement",
    "email_codes",
    "weaker_ways",
    "after_enrollment",
    "number_change",
    "home_region",
    "contact",
)
_LENGTHS = attrgetter(
    "code_life_minutes",
    "session_hours",
    "session_idle_minutes",
    "trust_browser_days",
    "recovery_hours",
)


# The same columns give the same layer. They are loaded again in each request.
@lru_cache(maxsize=1024)
def _layer(
    name: str,
    same: tuple[Any, ...],
    words: tuple[str, ...],
    lengths: tuple[int | None, ...],
    lists: tuple[tuple[str, ...], ...],
) -> Layer:
    most_skips, skips_until, skips_from, deadline, again_from, passkeys_from, *flags = same
    by_email, backup, may_close, voip, trusts_from = flags
    enforcement, email_codes, weaker_ways, after_enrollment, number_change, *rest = words
    home_region, contact = rest
    minutes, hours, idle, trust, wait = lengths
    methods, enroll_countries, text_countries = lists
    # Where this level allows new numbers. Texts always go there.
    at_home = enroll_countries or (home_region,) * bool(home_region)
    return Layer(
        name=name,
        enforcement=Enforcement(enforcement) if enforcement else None,
        methods=frozenset(map(Method, methods)) if methods else None,
        most_skips=most_skips,
        skips_until=skips_until,
        skips_from=skips_from,
        deadline=deadline,
        enroll_again_from=again_from,
        new_device_email=by_email,
        backup=backup,
        may_close=may_close,
        email_codes=EmailCodes(email_codes) if email_codes else None,
        weaker_ways=WeakerWays(weaker_ways) if weaker_ways else None,
        passkeys_from=passkeys_from,
        code_life=timedelta(minutes=minutes) if minutes else None,
        session_life=timedelta(hours=hours) if hours else None,
        session_idle=timedelta(minutes=idle) if idle else None,
        trust_browser_for=None if trust is None else timedelta(days=min(trust, MOST_TRUST.days)),
        trusts_from=trusts_from,
        recovery_wait=timedelta(hours=wait) if wait else None,
        allow_voip=voip,
        enroll_regions=_regions(enroll_countries),
        text_regions=_regions(text_countries and (*text_countries, *at_home)),
        after_enrollment=AfterEnrollment(after_enrollment) if after_enrollment else None,
        number_change=NumberChange(number_change) if number_change else None,
        home_region=home_region or None,
        contact=contact or None,
    )


def _regions(countries: tuple[str, ...]) -> frozenset[str] | None:
    return frozenset().union(*map(regions.group, countries)) if countries else None
