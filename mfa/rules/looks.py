"""Which portal names and accent colors are allowed: plain words, and colors that can be read."""

import re
from dataclasses import dataclass

# With 30 characters of the GSM alphabet, the longest text fits into one message.
LONGEST_NAME = 30
# The name is the first word of every text. Four digits in a row would look like a code.
PLAIN = re.compile(r"(?!.*\d{4})[A-Za-z0-9][A-Za-z0-9 .,&'+-]*")
HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# The values of portal.css and of a new policy
FIRST_NAME, OWN_ACCENT = "Portal", "#1d4ed8"
# WCAG 2.2, 1.4.3: for text on the accent, and for links
LEAST_CONTRAST = 4.5
# sRGB is linear up to this value of 255 (WCAG 2.2, relative luminance: 0.04045 of 1).
DARK_END = 10


@dataclass(frozen=True, slots=True)
class Theme:
    """How a stylesheet derives links and buttons from the accent, and their backgrounds."""

    # Links have this share of the accent, and the rest of another color.
    share: float
    mixed_with: str
    # The text on buttons, and whether the buttons have the color of links
    on_button: str
    button_is_ink: bool
    # Page, cards, sunken areas, and selected rows of the admin
    surfaces: tuple[str, ...]

    def ink(self, accent: str) -> str:
        """Return the color of links."""
        mixed = map(self._mix, _channels(accent), _channels(self.mixed_with))
        return "#" + "".join(f"{channel:02x}" for channel in mixed)

    def button(self, accent: str) -> str:
        """Return the color of buttons."""
        return self.ink(accent) if self.button_is_ink else accent

    def contrast(self, accent: str) -> float:
        """Return the lowest contrast ratio of links and buttons."""
        button, ink = self.button(accent), self.ink(accent)
        on_surfaces = (
            contrast(color, surface) for color in {button, ink} for surface in self.surfaces
        )
        return min(contrast(self.on_button, button), *on_surfaces)

    def is_readable(self, accent: str) -> bool:
        """Whether links and buttons have enough contrast."""
        return self.contrast(accent) >= LEAST_CONTRAST

    def _mix(self, own: int, other: int) -> int:
        return round(own * self.share + other * (1 - self.share))


LIGHT = Theme(
    share=0.85,
    mixed_with="#000000",
    on_button="#ffffff",
    button_is_ink=False,
    surfaces=("#f5f6f9", "#ffffff", "#eef0f5", "#e9effc"),
)
DARK = Theme(
    share=0.45,
    mixed_with="#ffffff",
    on_button="#0c1018",
    button_is_ink=True,
    surfaces=("#0e1117", "#171b24", "#1f2530", "#1d2a44"),
)


def is_name(text: str) -> bool:
    """Whether it can be the portal's name."""
    return len(text) <= LONGEST_NAME and PLAIN.fullmatch(text) is not None


def is_color(text: str) -> bool:
    """Whether it has the form `#rrggbb`."""
    return HEX_COLOR.fullmatch(text) is not None


def is_accent(text: str) -> bool:
    """Whether it is a color that can be read in both themes."""
    return is_color(text) and LIGHT.is_readable(text) and DARK.is_readable(text)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors `#rrggbb` (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = map(_linear, _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if channel <= DARK_END else ((value + 0.055) / 1.055) ** 2.4


def _channels(color: str) -> tuple[int, ...]:
    return tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))
