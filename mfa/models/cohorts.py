"""Cohorts: people in the same roles and organizations, so that the same policy applies to all."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.lookups import GreaterThan

from mfa.rules.fold import Branch
from mfa.rules.policy import Layer


@dataclass(frozen=True, slots=True)
class Cohort:
    """A condition for people, with their roles and the levels of their organizations.

    The condition may hold aggregates (`has_any`).
    `later` replaces `branches` after a change of these levels. None: they stay.
    """

    people: Q
    roles: tuple[Layer, ...] = ()
    branches: tuple[Branch, ...] = ()
    later: tuple[Branch, ...] | None = None


def has_any(rows: str, which: Q) -> Q:
    """Return the condition that a person has such rows, as an aggregate.

    All conditions of a query that ask for the same rows share one join.
    """
    return Q(GreaterThan(Count(rows, filter=which), 0))
