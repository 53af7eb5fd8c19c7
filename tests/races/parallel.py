"""Runs a function many times at once, in threads that start together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

from mfa.limits.counters import TooMany

Outcome = TypeVar("Outcome")


def at_once(work: Sequence[Callable[[], Outcome]]) -> list[Outcome | TooMany]:
    """Return each result, including refusals. Other exceptions are raised here."""
    gate = Barrier(len(work))

    def run(one: Callable[[], Outcome]) -> Outcome | TooMany:
        gate.wait()
        try:
            return one()
        except TooMany as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run, work))


def many(times: int, work: Callable[[], Outcome]) -> list[Outcome | TooMany]:
    """Return the results of the same function, run many times at once."""
    return at_once([work] * times)
