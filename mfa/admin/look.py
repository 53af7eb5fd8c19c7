"""The preview of an accent color: buttons and links in both themes, before it is saved."""

from django.core.exceptions import BadRequest
from django.forms import BoundField
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from mfa.admin.testing import FORM, demand_permission, shown_again
from mfa.login.guards import SignedIn, fresh
from mfa.models import SitePolicy
from mfa.rules import looks
from mfa.rules.looks import DARK, LIGHT, Theme

TEMPLATE = "admin/mfa/accountpolicy/accent.svg"
# The color of text on the page, which does not follow the accent
TEXT = {LIGHT: "#151922", DARK: "#edf0f5"}


@require_POST
@fresh(back=FORM)
def show_accent(request: SignedIn) -> HttpResponse:
    """Show the form as it was filled in, and draw the typed color, for pages without script."""
    demand_permission(request)
    return shown_again(request)


def drawn(field: BoundField) -> str:
    """Return the color to draw beside its field: what was typed, if it is a color."""
    typed = str(field.value() or "")
    return (typed if looks.is_color(typed) else SitePolicy.brand().accent).removeprefix("#")


@require_safe
def accent_svg(request: SignedIn) -> HttpResponse:
    """Draw the color in the URL, or the portal's.

    The page loads it as an image, so it needs no style that the content policy forbids.
    """
    demand_permission(request)
    own = SitePolicy.brand().accent.removeprefix("#")
    accent = f"#{request.GET.get('accent', own)}"
    if not looks.is_color(accent):
        raise BadRequest
    halves = [_half(LIGHT, gettext("Light"), accent), _half(DARK, gettext("Dark"), accent)]
    svg = render_to_string(TEMPLATE, {"halves": halves})
    return HttpResponse(svg, content_type="image/svg+xml")


def _half(theme: Theme, name: str, accent: str) -> dict[str, object]:
    return {
        "name": name,
        "text": TEXT[theme],
        "page": theme.surfaces[1],
        "button": theme.button(accent),
        "on_button": theme.on_button,
        "ink": theme.ink(accent),
        "contrast": f"{int(theme.contrast(accent) * 10) / 10}:1",
        "readable": theme.is_readable(accent),
    }
