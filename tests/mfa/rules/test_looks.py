"""Portal names and accent colors."""

import re
from pathlib import Path

import pytest

from mfa.rules import looks
from mfa.rules.looks import DARK, LIGHT, OWN_ACCENT, Theme

STATIC = Path("portal/static/portal")
TOKENS = ("page", "surface", "sunken")
# A color, a variable or a mix of colors
VALUE = r"(?:#\w+|var\(--[\w-]+\)|color-mix\(.+?\w\))"


@pytest.mark.parametrize("name", ["Acme Portal", "x" * 30, "St. Mary's, A&E", "Route 66", "3M"])
def test_plain_name_is_accepted(name: str) -> None:
    assert looks.is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 31,
        "\xc4rzte",
        "Portal 123456",
        "a\nb",
        "a\n",
        "a@b",
        "#1",
        "<b>",
        "https://x",
        " a",
    ],
)
def test_other_name_is_refused(name: str) -> None:
    """OT-10: it is the first word of every text."""
    assert not looks.is_name(name)


@pytest.mark.parametrize(
    ("color", "contrast"),
    [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#1d4ed8", 6.7)],
)
def test_contrast_on_white_matches_wcag(color: str, contrast: float) -> None:
    """WCAG 2.2, relative luminance; #767676 is its known edge."""
    assert looks.contrast(color, "#ffffff") == pytest.approx(contrast, abs=0.01)
    assert looks.contrast("#ffffff", color) == looks.contrast(color, "#ffffff")


@pytest.mark.parametrize(
    ("color", "luminance"),
    [("#010101", 0.00030353), ("#0a0a0a", 0.00303527), ("#0b0b0b", 0.00334654)],
)
def test_luminance_of_dark_colors_matches_wcag(color: str, luminance: float) -> None:
    """The formula changes between 10 and 11 of 255."""
    assert looks.contrast(color, "#000000") == pytest.approx((luminance + 0.05) / 0.05, abs=1e-6)


def test_text_on_buttons_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pale = Theme(1.0, "#000000", "#eeeeee", button_is_ink=False, surfaces=("#000000",))
    assert pale.contrast("#ffffff") == looks.contrast("#eeeeee", "#ffffff")
    assert not pale.is_readable("#ffffff")
    monkeypatch.setattr(looks, "LEAST_CONTRAST", pale.contrast("#ffffff"))
    assert pale.is_readable("#ffffff")


@pytest.mark.parametrize("color", [OWN_ACCENT, "#b3201c", "#17703c", "#6d28d9", "#9a3412"])
def test_color_readable_in_both_themes_is_accepted(color: str) -> None:
    assert looks.is_accent(color)


@pytest.mark.parametrize(
    ("color", "light", "dark"),
    [
        ("#ffffff", False, True),
        ("#ffff00", False, True),
        ("#767676", False, True),
        ("#000000", True, False),
        ("#00000a", True, False),
    ],
)
def test_color_unreadable_in_one_theme_is_refused(color: str, light: bool, dark: bool) -> None:  # noqa: FBT001
    assert (LIGHT.is_readable(color), DARK.is_readable(color)) == (light, dark)
    assert not looks.is_accent(color)


@pytest.mark.parametrize(
    "color", ["", "red", "#fff", "#1d4ed8;}", "1d4ed8", "#gggggg", "#1d4ed8\n", "#1d4ed8ff"]
)
def test_anything_but_a_color_is_refused(color: str) -> None:
    """It becomes part of a stylesheet."""
    assert not looks.is_color(color)
    assert not looks.is_accent(color)


def read(sheet: str, token: str) -> list[str]:
    """Return the light and the dark value of a token, as the stylesheet has them."""
    found = re.findall(rf"--{token}: light-dark\(\s*({VALUE}),\s*({VALUE})\s*\);", sheet)
    return list(found[0])


@pytest.mark.parametrize("sheet", ["portal.css", "admin.css"])
def test_themes_match_stylesheets(sheet: str) -> None:
    css = (STATIC / sheet).read_text()
    assert f"--accent: {OWN_ACCENT};" in css

    def mix(theme: Theme) -> str:
        mixed_with = {"#000000": "black", "#ffffff": "white"}[theme.mixed_with]
        return f"color-mix(in srgb, var(--accent) {theme.share:.0%}, {mixed_with})"

    assert read(css, "accent-ink") == [mix(LIGHT), mix(DARK)]
    assert read(css, "accent-fill") == ["var(--accent)", "var(--accent-ink)"]
    assert (LIGHT.button_is_ink, DARK.button_is_ink) == (False, True)
    assert (LIGHT.on_button, read(css, "on-accent")) == ("#ffffff", ["#fff", DARK.on_button])


def test_surfaces_match_stylesheets() -> None:
    portal = (STATIC / "portal.css").read_text()
    admin = (STATIC / "admin.css").read_text()
    pairs = [read(portal, token) for token in TOKENS] + [read(admin, "selected-row")]
    light, dark = zip(*pairs, strict=True)
    in_full = tuple("#ffffff" if value == "#fff" else value for value in light)
    assert (LIGHT.surfaces, DARK.surfaces) == (in_full, dark)


def test_mixed_colors_match_browser() -> None:
    """`color-mix(in srgb, …)` in Chromium, rounded."""
    assert LIGHT.ink("#1d4ed8") == "#1942b8"
    assert DARK.ink("#1d4ed8") == "#99afed"
