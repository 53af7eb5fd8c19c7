"""The page that asks before a change that many people notice."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

TEMPLATE = "admin/asking.html"


def page(
    request: HttpRequest,
    *,
    title: str,
    lines: Sequence[str],
    button: str,
    keep: str,
    trail: Sequence[tuple[str, str]],
    danger: bool = False,
) -> HttpResponse:
    """Show what will happen, a button for it, and a link back.

    `trail` holds the pages above, with their URL names or addresses; the link leads to the last.
    """
    above = [(words, where if "/" in where else reverse(where)) for words, where in trail]
    context = {
        **admin.site.each_context(request),
        "title": title,
        "lines": lines,
        "button": button,
        "keep": keep,
        "tone": "danger" if danger else "default",
        "trail": above,
        "back": above[-1][1],
    }
    return TemplateResponse(request, TEMPLATE, context)
