"""Safe redirects: to a page of this host that can be opened (WB-03), or to an account page."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

# The name of the variable in Django's method decorators that lists what they allow
METHODS = "request_method_list"


def account_page(page: str) -> str:
    """Return the URL name of a page that belongs to the project's accounts.

    Raises ImproperlyConfigured if settings.MFA_ACCOUNT_URLS lacks it.
    """
    try:
        return str(settings.MFA_ACCOUNT_URLS[page])
    except (AttributeError, KeyError):
        raise ImproperlyConfigured(
            f"MFA_ACCOUNT_URLS must name the URL of the page {page!r}."
        ) from None


def safe_next(request: HttpRequest, url: str) -> str:
    """Return the URL if it is a path of this host that answers GET, else the home page."""
    safe = url.startswith("/") and url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if safe and is_page(url) else resolve_url(settings.LOGIN_REDIRECT_URL)


def is_page(url: str) -> bool:
    """Whether a path leads to a view that answers GET."""
    path = unquote(urlsplit(url).path)
    # Django appends a missing final slash.
    view = _view(path) or _view(f"{path}/")
    return view is not None and answers_get(view)


def answers_get(view: Callable[..., Any]) -> bool:
    """Whether all decorators of a view allow GET."""
    return all("GET" in allowed for allowed in _allowed(view))


def _view(path: str) -> Callable[..., Any] | None:
    try:
        return resolve(path).func
    except Resolver404:
        return None


def _allowed(view: Callable[..., Any] | None) -> Iterator[list[str]]:
    """Yield what each method decorator allows, from the outermost to the innermost."""
    while view is not None:
        kept = inspect.getclosurevars(view).nonlocals if inspect.isroutine(view) else {}
        if METHODS in kept:
            yield kept[METHODS]
        view = getattr(view, "__wrapped__", None)
