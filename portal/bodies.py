"""Refuses request bodies that no page could read, before anything reads them.

No page accepts uploads. A view that does sets `upload_limit`, in bytes, on itself.
"""

import re
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

# The largest form of the admin has a tenth of it.
LARGEST = 100 * 1024
LENGTH = re.compile(r"[0-9]{1,12}")
# RFC 2046, 4.1.2: ASCII is a subset of UTF-8.
CHARSETS = {"", "utf-8", "utf8", "us-ascii", "ascii"}
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
PAGES = {
    HTTPStatus.BAD_REQUEST: "400.html",
    HTTPStatus.LENGTH_REQUIRED: "400.html",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "413.html",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "415.html",
}


class Bodies:
    """Middleware that answers with the portal's error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse the request, or pass it on."""
        fault = _fault(request)
        if fault:
            return render(request, PAGES[fault], status=fault)
        return self.get_response(request)


def _fault(request: HttpRequest) -> HTTPStatus | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not LENGTH.fullmatch(length) or request.method not in METHODS:
        return HTTPStatus.BAD_REQUEST
    # WSGI has no length for a chunked body, so Django would not read it.
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        return HTTPStatus.LENGTH_REQUIRED
    limit = _upload_limit(request.path_info)
    if int(length) > (limit or LARGEST):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if (request.content_type or "").startswith("multipart/") and not limit:
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return _unreadable(request)


def _unreadable(request: HttpRequest) -> HTTPStatus | None:
    """Refuse other charsets, and addresses with NUL, which PostgreSQL cannot search."""
    charset = (request.content_params or {}).get("charset", "").strip().lower()
    refused = "\0" in request.path_info or charset not in CHARSETS
    return HTTPStatus.BAD_REQUEST if refused else None


def _upload_limit(path: str) -> int:
    """Return the view's limit in bytes, or 0 if it accepts no uploads."""
    try:
        view = resolve(path).func
    except Resolver404:
        return 0
    return int(getattr(view, "upload_limit", 0))
