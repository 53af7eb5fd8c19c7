"""Every URL of the portal as the resolver knows it, including the admin."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth import get_user_model
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from tests.stations import KEYS

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Values for the admin's two regular expressions, by their groups
MATCHES = {"app_label": "mfa/", "url": "no-such-page/"}


@dataclass(frozen=True, slots=True)
class Address:
    """One URL pattern: its full name (or ""), its route and its view."""

    name: str
    route: str
    view: Callable[..., object]

    def __str__(self) -> str:
        return f"{self.name or 'unnamed'} /{self.route}"

    @property
    def path(self) -> str:
        """Return the path with the id of the first row in its part of the admin."""
        return "/" + PARAMETER.sub(lambda match: self._key(match[1]), self.route)

    def _key(self, parameter: str) -> str:
        if not self.route.startswith("admin/"):
            return KEYS[parameter]()
        _admin, app, model, *rest = self.route.split("/")
        rows = apps.get_model(app, model)._default_manager.all()
        if rest[0] == "person":
            # Actions for a person are refused for staff.
            rows = get_user_model()._default_manager.filter(is_staff=False)
        row = rows.order_by("pk").first()
        return str(row.pk) if row else "1"


def _walk(
    resolver: URLResolver, prefix: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if isinstance(entry.pattern, RegexPattern):
            route = prefix + MATCHES[next(iter(entry.pattern.regex.groupindex))]
        else:
            route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Address(
                ":".join((*spaces, entry.name)) if entry.name else "", route, entry.callback
            )
        else:
            yield from _walk(
                entry, route, (*spaces, entry.namespace) if entry.namespace else spaces
            )


ADDRESSES = tuple(_walk(get_resolver()))
ADMIN = tuple(address for address in ADDRESSES if address.route.startswith("admin/"))
PORTAL = tuple(address for address in ADDRESSES if address not in ADMIN)
