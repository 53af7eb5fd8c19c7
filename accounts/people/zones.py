"""Time zones that people choose from."""

from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils import timezone

# The others are aliases and fixed offsets.
AREAS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}


@cache
def names() -> list[str]:
    """Return the zones that are named after a place, in alphabetical order."""
    return sorted(name for name in available_timezones() if name.partition("/")[0] in AREAS)


def zone_of(name: str) -> tzinfo:
    """Return a zone by its name; the portal's own for "" and for one that this system lacks."""
    try:
        return ZoneInfo(name) if name else timezone.get_default_timezone()
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()
