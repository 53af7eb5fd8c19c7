"""What gunicorn writes of requests where its access log is on."""

from typing import Any

from gunicorn import glogging

from portal.logs import message_of


class Atoms(glogging.SafeAtoms):
    """What a log format may name; redacted when it is read, so that no log costs no time."""

    def __getitem__(self, name: str) -> Any:
        """Return the value without tokens, numbers and emails."""
        value = super().__getitem__(name)
        return message_of(value) if isinstance(value, str) else value


class Logger(glogging.Logger):
    """Keeps tokens out of the request's line, its Referer and its headers."""

    atoms_wrapper_class = Atoms
