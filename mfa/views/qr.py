"""QR codes as inline SVG, so that what they hold is not sent to another server."""

from django.utils.safestring import SafeString, mark_safe


def drawn(address: str) -> SafeString:
    """Draw the code of an address."""
    # Few pages draw one, so others do not load the library.
    import segno

    svg = segno.make(address, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(svg)  # noqa: S308 made only of numbers
