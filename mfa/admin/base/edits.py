"""Protection against parallel edits: a form older than its row does not overwrite new values."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import forms
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext, gettext_lazy as _

# The hidden field with the values that filled the form
SEEN = "_seen"
CHANGED = _(
    "Someone else changed this after you opened the form. Nothing was saved. "
    "Check the fields marked below, then save again."
)
KEPT = _("Stored now: %(stored)s. You entered: %(typed)s. Saving again stores your value.")
REPLACED = _(
    "Stored now: %(stored)s. Your form still had: %(typed)s. The field now shows what is stored."
)

if TYPE_CHECKING:
    Base = forms.ModelForm[models.Model]
else:
    Base = object


def marks_of(row: models.Model, names: Iterable[str]) -> dict[str, str]:
    """Return a keyed hash of each named field's stored value, which may be secret.

    If a page shows values of another row, `beside` names them.
    """
    fields = {field.name: field for field in (*row._meta.fields, *row._meta.many_to_many)}  # noqa: SLF001 - Django's public API
    values = {name: fields[name].value_from_object(row) for name in names if name in fields}
    values |= {name: getattr(row, name) for name in names if name in getattr(row, "beside", ())}
    return {name: _mark(row, name, value) for name, value in values.items()}


class Concurrent(Base):
    """A mixin for the form of every admin page."""

    # A form that comes back after a step-up still detects edits since it was opened.
    carried = (SEEN,)

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Store the marks now, because validation writes the typed values into the instance."""
        # As on our other pages, labels end without a colon.
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.stored = marks_of(self.instance, self.fields) if self.instance.pk else {}
        self.refused = False
        self.brought: dict[str, str] = {}

    @property
    def seen(self) -> str:
        """The value of the hidden field. A form that is shown again keeps its first marks."""
        sent = self.data if self.is_bound else self.brought
        brought = "" if self.refused else sent.get(SEEN, "")
        return brought or json.dumps(self.stored)

    def clean(self) -> dict[str, object] | None:
        """Refuse to overwrite a change that this form has not shown."""
        before = _read(self.data.get(SEEN, ""))
        moved = [name for name, mark in self.stored.items() if not _is(before.get(name), mark)]
        conflicts = [name for name in moved if name in self.changed_data]
        for name in conflicts:
            self._show_both(name, before.get(name))
        if conflicts:
            self.refused = True
            self.add_error(None, CHANGED)
        return super().clean()

    def _show_both(self, name: str, before: str | None) -> None:
        field, typed = self.fields[name], self.cleaned_data.get(name)
        untouched = _is(before, _mark(self.instance, name, typed))
        words = {
            "stored": _words(field, self.get_initial_for_field(field, name)),
            "typed": _words(field, typed),
        }
        if untouched:
            # Django calls this when it fills the field in again.
            field.bound_data = _stored  # type: ignore[method-assign]
        self.add_error(name, (REPLACED if untouched else KEPT) % words)


def _stored(data: object, initial: object) -> object:
    del data
    return initial


def _mark(row: models.Model, name: str, value: object) -> str:
    said = json.dumps([row._meta.label, str(row.pk), name, _plain(value)])  # noqa: SLF001
    return salted_hmac("mfa.admin.seen", said, algorithm="sha256").hexdigest()[:24]


def _plain(value: object) -> str | list[str]:
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted(str(_plain(each)) for each in value)
    return "" if value is None else str(value)


def _read(brought: str) -> dict[str, str]:
    """Parse the hidden field. If it is missing or invalid, nothing counts as seen."""
    try:
        marks = json.loads(brought)
    except ValueError:
        return {}
    if not isinstance(marks, dict):
        return {}
    return {name: mark for name, mark in marks.items() if isinstance(mark, str) and mark.isascii()}


def _is(before: str | None, mark: str) -> bool:
    return before is not None and constant_time_compare(before, mark)


def _words(field: forms.Field, value: object) -> str:
    """Return a value as the page shows it, but not a secret."""
    if getattr(field.widget, "input_type", "") == "password":
        return gettext("not shown")
    if isinstance(field, forms.ModelChoiceField):
        return _rows(field, value)
    labels = {str(key): str(label) for key, label in getattr(field, "choices", [])}
    if isinstance(value, list | tuple):
        return ", ".join(labels.get(str(each), str(each)) for each in value) or gettext("empty")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    said = "" if value is None else str(value)
    return labels.get(said, said) or gettext("empty")


def _rows(field: forms.ModelChoiceField[models.Model], value: object) -> str:
    keys = _plain(value)
    chosen = [key for key in ([keys] if isinstance(keys, str) else keys) if key]
    rows = field.queryset.filter(pk__in=chosen) if field.queryset is not None else []
    return ", ".join(field.label_from_instance(row) for row in rows) or gettext("empty")
