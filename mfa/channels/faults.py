"""Logging of our own faults: where they happened, without any data.

The text of an exception can hold a number, code or token (a header that cannot be encoded, a row
that does not fit), and so can the variables of its frames.
"""

import errno
import logging
from collections.abc import Iterator
from traceback import extract_tb

logger = logging.getLogger("mfa.faults")

LOCAL = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EMFILE, errno.ENFILE, errno.ENOSPC}


def log(error: BaseException, doing: str) -> None:
    """Log the types of the exceptions and the lines they passed. `doing` must hold no secret."""
    logger.error("a fault in the portal while %s\n%s", doing, "\n".join(_lines(error)))


def is_local(error: BaseException) -> bool:
    """Whether this machine caused it, not the network: a missing file, or no free file handle."""
    return any(isinstance(each, OSError) and each.errno in LOCAL for each in _chain(error))


def _lines(error: BaseException) -> Iterator[str]:
    for each in _chain(error):
        yield f"{type(each).__module__}.{type(each).__qualname__}, raised at"
        for frame in extract_tb(each.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Return the exception and its causes."""
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
