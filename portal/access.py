"""gunicorn's access log without secrets."""

from typing import Any

from gunicorn import glogging

from portal.logs import message_of


class Atoms(glogging.SafeAtoms):
    """The values for a log format. They are redacted when read, so a disabled log costs nothing."""

    def __getitem__(self, name: str) -> Any:
        """Return the value without tokens, numbers and emails."""
        value = super().__getitem__(name)
        return message_of(value) if isinstance(value, str) else value


class Logger(glogging.Logger):
    """Removes tokens from the request line, the Referer and the headers."""

    atoms_wrapper_class = Atoms
