"""The template variables that every page has."""

from django.conf import settings
from django.http import HttpRequest

from mfa.models import SitePolicy
from mfa.rules.looks import OWN_ACCENT

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"


def brand(request: HttpRequest) -> dict[str, object]:
    """Return what pages show of the portal, and the browser's theme."""
    known = SitePolicy.brand()
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    return {
        "portal": {
            "name": known.name,
            "logo": settings.PORTAL_LOGO,
            "base_url": settings.BASE_URL,
            "host": settings.HOST,
            "accent": known.accent.removeprefix("#"),
            "registration": known.registration,
            "says_otp": known.says_otp,
            "alone": known.alone,
            "own_accent": known.accent == OWN_ACCENT,
            "theme": theme if theme in THEMES else "system",
        }
    }
