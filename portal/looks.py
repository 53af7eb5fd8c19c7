"""The operator's name and accent color, and the checks that both can be read."""

import re

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

# 30 characters, all in the GSM alphabet, leave room for the longest text.
LONGEST_NAME = 30
PLAIN = re.compile(r"(?!.*\d{4})[A-Za-z0-9 .,&'+-]+")
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# Below this, sRGB is linear (WCAG 2.2, relative luminance).
DARK_END = 0.04045
# WCAG 2.2, 1.4.3: white text on the accent and the accent on white
LEAST_CONTRAST = 4.5


def accent_css(color: str) -> str:
    """Return the stylesheet that sets the accent."""
    # As specific as Django's own rule, so that the administration takes the accent too.
    return f":root, html[data-theme] {{ --accent: {color}; }}\n"


def contrast_on_white(color: str) -> float:
    """Return the contrast ratio of `#rrggbb` on white (WCAG 2.2, relative luminance)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= DARK_END else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


@register
def check_name(**_: object) -> list[CheckMessage]:
    """Refuse a name that would make a text longer than one message."""
    name = settings.PORTAL_NAME
    if len(name) <= LONGEST_NAME and PLAIN.fullmatch(name):
        return []
    return [
        Error(
            f"PORTAL_NAME must have 1 to {LONGEST_NAME} plain letters, digits and blanks.",
            hint="It stands first in every text, and four digits in a row would look like a code.",
            id="portal.E003",
        )
    ]


@register
def check_accent(**_: object) -> list[CheckMessage]:
    """Refuse an accent that is no color, or one on which text cannot be read."""
    color = settings.PORTAL_ACCENT
    if not HEX_COLOR.fullmatch(color):
        return [Error("PORTAL_ACCENT must look like #1d4ed8.", id="portal.E001")]
    if contrast_on_white(color) < LEAST_CONTRAST:
        return [
            Error(
                f"PORTAL_ACCENT {color} has a contrast under {LEAST_CONTRAST}:1 on white.",
                hint="Choose a darker color.",
                id="portal.E002",
            )
        ]
    return []
