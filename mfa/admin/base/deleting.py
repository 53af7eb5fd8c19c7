"""What a page says will be deleted: rows that have a name, not the links between two rows."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.utils.text import capfirst


def named(listed: Iterable[Any]) -> list[Any]:
    """Leave out rows of link tables: Django lists "Group_permissions object (5)"."""
    links = tuple(f"{words}: " for words in _links("verbose_name"))
    found = (row if isinstance(row, str) else named(row) for row in listed)
    return [row for row in found if row and not (isinstance(row, str) and row.startswith(links))]


def counted(numbers: dict[str, int]) -> dict[str, int]:
    """Leave out the numbers of links."""
    links = _links("verbose_name_plural")
    return {words: number for words, number in numbers.items() if capfirst(words) not in links}


def _links(attribute: str) -> set[str]:
    tables = (model._meta for model in apps.get_models(include_auto_created=True))  # noqa: SLF001 - Django's public API
    return {str(capfirst(getattr(table, attribute))) for table in tables if table.auto_created}
