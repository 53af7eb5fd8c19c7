"""The admin page of the home page's links."""

from django.contrib import admin
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Tile
from mfa.admin.base.page import PortalAdmin


@admin.register(Tile)
class TileAdmin(PortalAdmin[Tile]):
    """The links in the order of the home page."""

    list_display = ("title", "address", "group", "audience", "position")
    list_select_related = ("group",)
    ordering = ("position", "title", "pk")
    fields = ("title", "address", "icon", "group", "staff_only", "position")

    @admin.display(description=_("who sees it"))
    def audience(self, tile: Tile) -> str:
        """Whether only staff see it."""
        return gettext("Staff") if tile.staff_only else gettext("Everyone")
