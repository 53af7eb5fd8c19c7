"""The portal's name, accent color, login name and registration, which pages and messages show.

They are columns of the policy. Each process caches them for some seconds, so a page needs no query.
"""

import time
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error, models
from django.utils.translation import gettext_lazy as _

from mfa.models import plain_text
from mfa.models.one_row import OneRow
from mfa.rules import looks
from mfa.rules.login_names import LoginWith
from mfa.rules.methods import ALONE

# Seconds until a process without logged-in visitors sees a change. Reading the policy shows it at
# once.
REMEMBERED_FOR = 10


@dataclass(frozen=True, slots=True)
class Brand:
    """What pages show: the accent as `#rrggbb`, and if codes are called OTP, among others.

    `alone`: the login page offers to log in without a password, because the site's methods
    include a kind for it.
    """

    name: str
    accent: str
    login_with: LoginWith = LoginWith.EMAIL
    says_otp: bool = False
    registration: bool = False
    alone: bool = True


class _Memory:
    """What this process read last, and when."""

    brand: Brand | None = None
    read_at = 0.0


def store(brand: Brand | None) -> None:
    """Remember what was read; None reads again at the next use."""
    _Memory.brand, _Memory.read_at = brand, time.monotonic()


def first_name() -> str:
    """Return the name for a new policy: the value of the former setting, if there is one."""
    former = _former("PORTAL_NAME")
    return former if looks.is_name(former) else looks.FIRST_NAME


def first_accent() -> str:
    """Return the accent for a new policy, in the same way."""
    former = _former("PORTAL_ACCENT")
    return former.lower() if looks.is_accent(former) else looks.OWN_ACCENT


def _former(setting: str) -> str:
    moved: dict[str, str] = getattr(settings, "MOVED_TO_POLICY", {})
    return moved.get(setting, "")


def check_name(text: str) -> None:
    """Raise ValidationError for a name that does not fit into every text and email (S20)."""
    plain_text.check_unlinked(text)
    if not looks.is_name(text):
        raise ValidationError(
            _(
                "Use only letters from A to Z, digits, spaces and . , & ' + - and at most three "
                "digits in a row. Start with a letter or digit."
            ),
            code="name",
        )


def check_accent(text: str) -> None:
    """Raise ValidationError for anything but a color that can be read in both themes."""
    if not looks.is_color(text):
        raise ValidationError(_("Enter a color like #1d4ed8."), code="color")
    for theme, refusal in _UNREADABLE:
        if not theme.is_readable(text):
            # Rounded down: 4.48 is not 4.5.
            found = int(theme.contrast(text) * 10) / 10
            raise ValidationError(refusal % {"found": found}, code="contrast")


_UNREADABLE = (
    (
        looks.LIGHT,
        _(
            "The contrast in the light theme is %(found)s:1. It must be at least 4.5:1. "
            "Choose a darker color."
        ),
    ),
    (
        looks.DARK,
        _(
            "The contrast in the dark theme is %(found)s:1. It must be at least 4.5:1. "
            "Choose a lighter color."
        ),
    ),
)


class Branded(OneRow):
    """The columns. `brand` is how everything else reads them."""

    class LoginName(models.TextChoices):
        """LoginWith in words."""

        EMAIL = LoginWith.EMAIL, _("Email")
        USERNAME = LoginWith.USERNAME, _("Username")
        EITHER = LoginWith.EITHER, _("Email or username")

    portal_name = models.CharField(
        _("Portal name"),
        max_length=looks.LONGEST_NAME,
        default=first_name,
        validators=[check_name],
        help_text=_(
            "Shown on pages, in emails and at the start of every text. At most 30 characters."
        ),
    )
    accent = models.CharField(
        _("Accent color"),
        max_length=7,
        default=first_accent,
        validators=[check_accent],
        help_text=_("For buttons and links, for example #1d4ed8."),
    )
    login_with = models.CharField(
        _("People log in with"),
        max_length=10,
        choices=LoginName,
        default=LoginName.EMAIL,
        help_text=_("People without a username use their email, whatever you choose."),
    )
    says_otp = models.BooleanField(
        _("Call the login code “OTP”"),
        default=False,
        help_text=_("For people who know it as a one-time password. Otherwise it is “Code”."),
    )
    registration = models.BooleanField(
        _("People can register themselves"),
        default=False,
        help_text=_("The login page then has the link “Register”."),
    )

    class Meta:
        """Columns only."""

        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and show the new values at once."""
        super().save(*args, **kwargs)
        if kwargs.get("update_fields") is None:
            self.remember()
        else:
            store(None)

    @classmethod
    def load(cls) -> Self:
        """Return the one row, and remember what pages show of it."""
        row = super().load()
        row.remember()
        return row

    @classmethod
    def brand(cls, *, newest: bool = False) -> Brand:
        """Return what pages show, at most some seconds old.

        Pages and messages need them even while the database is down, so this never fails.
        """
        known = _Memory.brand
        if newest or known is None or time.monotonic() - _Memory.read_at > REMEMBERED_FOR:
            known = cls._read() or known or Brand(first_name(), first_accent())
            store(known)
        return known

    @classmethod
    def _read(cls) -> Brand | None:
        try:
            row = cls.objects.filter(pk=1).values_list(*_SHOWN).first()
        except Error:
            return None
        return _brand(*row) if row else None

    def remember(self) -> None:
        """Remember what was just read."""
        store(_brand(*_COLUMNS(self)))


_SHOWN = ("methods", "portal_name", "accent", "login_with", "says_otp", "registration")
_COLUMNS = attrgetter(*_SHOWN)
_LOGIN_WITH = {str(each): each for each in LoginWith}


def _brand(methods: list[str], name: str, accent: str, login_with: str, *flags: bool) -> Brand:
    flags = (*flags, not methods or not set(ALONE).isdisjoint(methods))
    return Brand(name, accent, _LOGIN_WITH[login_with], *flags)
