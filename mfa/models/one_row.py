"""Tables with one row, which is created at first use."""

from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from mfa import prepared

Row = TypeVar("Row", bound="OneRow")


class OneRow(models.Model):
    """A table whose only row has the primary key 1."""

    objects: ClassVar[models.Manager[Self]]

    class Meta:
        """Columns only."""

        abstract = True

    @classmethod
    def load(cls) -> Self:
        """Return the one row, fresh from the database."""
        return _row_of(cls).first() or cls.made()

    @classmethod
    def made(cls) -> Self:
        """Create the row, unless it exists."""
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def note(cls, **values: Any) -> None:
        """Write just these columns, so that parallel changes of others stay."""
        cls.load()
        cls.objects.update(**values)


@cache
def _row_of(model: type[Row]) -> prepared.Query[Row]:
    return prepared.Query(lambda: model.objects.filter(pk=1))
