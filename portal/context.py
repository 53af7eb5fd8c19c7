"""What every page knows of the portal."""

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"


def brand(request: HttpRequest) -> dict[str, object]:
    """Return the portal's name, logo, address and this browser's theme."""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    return {
        "portal": {
            "name": settings.PORTAL_NAME,
            "logo": settings.PORTAL_LOGO,
            "base_url": settings.BASE_URL,
            "host": settings.HOST,
            "theme": theme if theme in THEMES else "system",
        }
    }
