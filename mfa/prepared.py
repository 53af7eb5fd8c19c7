"""Statements whose SQL is built once, for the queries of every login.

Django builds a queryset's SQL each time it runs, which costs more than the rest of the query. Here
a queryset with slots is built at its first use, and later uses only fill the slots.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery
from django.utils.functional import cached_property

Row = TypeVar("Row", bound=models.Model)


class Slot(models.Expression):
    """A placeholder in a queryset. Its value is given by name when the statement runs."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        """Store the name, and the field that converts the value."""
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Return a placeholder with this slot as its parameter."""
        return "%s", [self]

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing, because it is a single value, as in Django's own Value."""
        return []


# A time for a queryset: a known one, or a slot
Moment = datetime | Slot


def moment(name: str) -> Slot:
    """Return a slot for a datetime."""
    return Slot(name, models.DateTimeField())


def number(name: str) -> Slot:
    """Return a slot for an id or another integer."""
    return Slot(name, models.BigIntegerField())


def text(name: str) -> Slot:
    """Return a slot for text."""
    return Slot(name, models.TextField())


def uuid(name: str) -> Slot:
    """Return a slot for a UUID, or for one as text."""
    return Slot(name, models.UUIDField())


class _Statement(threading.local):
    """SQL with slots. Each thread builds its own, because converters belong to its connection."""

    sql = ""
    locks = False
    parameters: Sequence[Any] = ()

    def filled(self, values: dict[str, object]) -> list[Any]:
        """Return the parameters with the values of the slots, converted for the database."""
        connection = connections[DEFAULT_DB_ALIAS]
        return [
            one.output_field.get_db_prep_value(values[one.name], connection)
            if isinstance(one, Slot)
            else one
            for one in self.parameters
        ]


class _Reading(_Statement):
    """What is needed to make instances from rows."""

    model: type[models.Model]
    names: list[str]
    part: slice
    converters: dict[int, Any]
    populators: list[Any]
    annotations: dict[str, int]


class Query(Generic[Row]):
    """A queryset with slots: `all(name=value)` returns its rows, `first` the first one.

    `build` returns the queryset. It is called at the first use.
    """

    def __init__(self, build: Callable[[], models.QuerySet[Row]]) -> None:
        """Store the function that builds it."""
        self._build = build
        self._statement = _Reading()

    def first(self, **values: object) -> Row | None:
        """Return the first row. The queryset sets the order and the limit."""
        return next(iter(self.all(**values)), None)

    def all(self, **values: object) -> list[Row]:
        """Return all rows."""
        reading = self._statement
        if not reading.sql:
            self._prepare(reading)
        connection = connections[DEFAULT_DB_ALIAS]
        if reading.locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("rows are locked in a transaction only")
        with connection.cursor() as cursor:
            cursor.execute(reading.sql, reading.filled(values))
            rows = cursor.fetchall()
        return [self._instance(reading, row) for row in rows]

    def _prepare(self, reading: _Reading) -> None:
        query = self._build().query
        reading.locks = query.select_for_update
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, reading.parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        reading.converters = compiler.get_converters(columns)
        kind = compiler.klass_info
        assert kind, "a prepared query returns rows of a model"  # noqa: S101
        reading.model = kind["model"]
        places = kind["select_fields"]
        reading.part = slice(places[0], places[-1] + 1)
        reading.names = [column.target.attname for column in columns[reading.part]]
        # The stubs are for a later Django version.
        reading.populators = get_related_populators(  # type: ignore[call-arg]
            kind, compiler.select, DEFAULT_DB_ALIAS
        )
        reading.annotations = compiler.annotation_col_map or {}
        reading.sql = sql

    def _instance(self, reading: _Reading, row: Sequence[Any]) -> Row:
        connection, values = connections[DEFAULT_DB_ALIAS], list(row)
        for place, (convert, expression) in reading.converters.items():
            for converter in convert:
                values[place] = converter(values[place], expression, connection)
        found = reading.model.from_db(DEFAULT_DB_ALIAS, reading.names, values[reading.part])
        for populator in reading.populators:
            populator.populate(values, found)
        for name, place in reading.annotations.items():
            setattr(found, name, values[place])
        # The type of the queryset that was built
        return cast("Row", found)


class Update:
    """An UPDATE with slots. Call it with their values; it returns the number of changed rows."""

    def __init__(self, build: Callable[[], models.QuerySet[Any]], **changes: object) -> None:
        """Store the queryset and the changes."""
        self._build, self._changes = build, changes
        self._statement = _Statement()

    def __call__(self, **values: object) -> int:
        """Run it."""
        if not self._statement.sql:
            self._prepare()
        with (
            transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS),
            connections[DEFAULT_DB_ALIAS].cursor() as cursor,
        ):
            cursor.execute(self._statement.sql, self._statement.filled(values))
            changed: int = cursor.rowcount
        return changed

    def _prepare(self) -> None:
        query = cast("UpdateQuery", self._build().query.chain(UpdateQuery))
        query.add_update_values(self._changes)
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        self._statement.sql, self._statement.parameters = compiler.as_sql()


class Insert(Generic[Row]):
    """An INSERT of whole rows. Call it with instances, which then have their ids.

    Like `bulk_create` it sends no signals. Several rows need one statement.
    """

    def __init__(self, model: type[Row]) -> None:
        """Store the model."""
        self._model = model

    def __call__(self, *rows: Row) -> None:
        """Run it. Raises IntegrityError."""
        connection = connections[DEFAULT_DB_ALIAS]
        values = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for row in rows
            for field in self._columns
        ]
        with (
            transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS),
            connection.cursor() as cursor,
        ):
            cursor.execute(self._statement(len(rows)), values)
            keys = cursor.fetchall() if self._given else ()
        for row, (key,) in zip(rows, keys, strict=bool(keys)):
            row.pk = key
        for row in rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 Django's

    @property
    def _given(self) -> models.Field[Any, Any] | None:
        """The id, if the database generates it."""
        return self._model._meta.auto_field  # noqa: SLF001 Django's public name

    @cached_property
    def _columns(self) -> list[models.Field[Any, Any]]:
        """All stored columns, except an id that the database generates."""
        fields = self._model._meta.local_concrete_fields  # noqa: SLF001 Django's public name
        return [field for field in fields if field is not self._given and not field.generated]

    def _statement(self, rows: int) -> str:
        quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
        meta = self._model._meta  # noqa: SLF001
        names = ", ".join(quote(str(field.column)) for field in self._columns)
        row = f"({', '.join(['%s'] * len(self._columns))})"
        returning = f" RETURNING {quote(str(self._given.column))}" if self._given else ""
        # Only names of tables and columns. Each value has a placeholder.
        return (
            f"INSERT INTO {quote(meta.db_table)} ({names}) "  # noqa: S608
            f"VALUES {', '.join([row] * rows)}{returning}"
        )
