"""Dates with a time, entered in the browser's own picker and in the reader's time zone."""

from datetime import datetime

from django import forms

# The picker knows no seconds.
FORMAT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """One input. A stored value that was not touched counts as unchanged, whatever its seconds."""

    def __init__(self, **options: object) -> None:
        """Use the browser's picker."""
        options["widget"] = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)
        super().__init__(**options)  # type: ignore[arg-type]

    def has_changed(self, initial: object, data: object) -> bool:
        """Compare to the minute."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)
