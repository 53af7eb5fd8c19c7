"""The name of each cell's column, which the cards of an admin list show on a phone."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def named(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> list[SafeString]:
    """Return the cells of a row with the names of their columns."""
    return [_named(cell, header["text"]) for cell, header in zip(cells, headers, strict=True)]


def _named(cell: SafeString, name: str) -> SafeString:
    attribute = format_html('<td data-label="{}"', capfirst(name))
    return SafeString(cell.replace("<td", attribute, 1)) if cell.startswith("<td") else cell
