"""The name and the accent color that an operator may choose."""

import pytest

from portal.looks import accent_css, check_accent, check_name, contrast_on_white


@pytest.mark.parametrize(
    ("color", "contrast"),
    [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#1d4ed8", 6.7)],
)
def test_contrast_is_that_of_wcag(color: str, contrast: float) -> None:
    """WCAG 2.2, relative luminance; #767676 is its known edge."""
    assert contrast_on_white(color) == pytest.approx(contrast, abs=0.01)


@pytest.mark.parametrize("color", ["#1d4ed8", "#000000", "#767676"])
def test_a_readable_accent_passes(settings, color: str) -> None:
    settings.PORTAL_ACCENT = color
    assert check_accent() == []


@pytest.mark.parametrize("color", ["#777777", "#ffffff", "#ffff00"])
def test_an_unreadable_accent_is_refused(settings, color: str) -> None:
    settings.PORTAL_ACCENT = color
    assert [error.id for error in check_accent()] == ["portal.E002"]


@pytest.mark.parametrize(
    "color", ["", "red", "#fff", "#1d4ed8;}", "1d4ed8", "#gggggg", "#1d4ed8\n"]
)
def test_what_is_no_color_is_refused(settings, color: str) -> None:
    """It goes into a stylesheet."""
    settings.PORTAL_ACCENT = color
    assert [error.id for error in check_accent()] == ["portal.E001"]


def test_the_stylesheet_is_one_rule() -> None:
    assert accent_css("#1d4ed8").count("{") == 1


@pytest.mark.parametrize("name", ["Acme Portal", "x" * 30, "St. Mary's, A&E", "Route 66"])
def test_a_plain_name_passes(settings, name: str) -> None:
    settings.PORTAL_NAME = name
    assert check_name() == []


@pytest.mark.parametrize("name", ["", "x" * 31, "Ärzte", "Portal 123456", "a\nb", "a@b", "#1"])
def test_another_name_is_refused(settings, name: str) -> None:
    """OT-10: it stands first in every text."""
    settings.PORTAL_NAME = name
    assert [error.id for error in check_name()] == ["portal.E003"]
