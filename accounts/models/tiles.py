"""Tiles: the links of the home page that administrators edit."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mfa.models import AbstractMfaUser, plain_text


def check_address(text: str) -> None:
    """Raise ValidationError for anything but a path of this portal or an https address.

    Browsers read "//" and a backslash as the start of a host, and run "javascript:".
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    own = text.startswith("/") and not text.startswith("//")
    other = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    if not (own or other) or not text.isprintable() or set(text) & set(' \\"<>'):
        raise ValidationError(
            _("Enter a path such as /help/ or an address that starts with https://."),
            code="address",
        )


class TileQuerySet(models.QuerySet["Tile"]):
    """Tiles by who sees them."""

    def seen_by(self, user: AbstractMfaUser) -> "TileQuerySet":
        """Keep the tiles that a person sees."""
        mine = models.Q(group=None) | models.Q(group__in=Group.objects.filter(user=user.pk))
        return self.filter(mine) if user.is_staff else self.filter(mine, staff_only=False)


class Tile(models.Model):
    """One link, with an icon of components/icon.html."""

    class Icon(models.TextChoices):
        """The icons there are."""

        LINK = "link", _("Link")
        DOCUMENT = "document", _("Document")
        CALENDAR = "calendar", _("Calendar")
        CHART = "chart", _("Chart")
        PEOPLE = "people", _("People")
        MAIL = "mail", _("Mail")
        HELP = "help", _("Help")

    title = models.CharField(_("title"), max_length=40, validators=[plain_text.check])
    address = models.CharField(
        _("address"),
        max_length=500,
        validators=[check_address],
        help_text=_("A path of this portal, such as /help/, or an address with https://."),
    )
    icon = models.CharField(_("icon"), max_length=10, choices=Icon, default=Icon.LINK)
    group = models.ForeignKey(
        Group,
        # Without its group a tile would be shown to everyone.
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("only for group"),
        help_text=_("Leave empty to show it to everyone."),
    )
    staff_only = models.BooleanField(_("only for staff"), default=False)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lower numbers come first.")
    )

    objects = TileQuerySet.as_manager()

    class Meta:
        """Admin names and the order of the home page."""

        verbose_name = _("home page link")
        verbose_name_plural = _("home page links")
        ordering: ClassVar = ["position", "title", "pk"]

    def __str__(self) -> str:
        """Return the title."""
        return self.title
