"""Cohorts: people in the same roles and organizations, so that the same policy applies to all."""

from dataclasses import dataclass

from django.db.models import Q

from mfa.rules.fold import Branch
from mfa.rules.policy import Layer


@dataclass(frozen=True, slots=True)
class Cohort:
    """A condition for people, with their roles and the levels of their organizations.

    `later` replaces `branches` after a change of these levels. None: they stay.
    """

    people: Q
    roles: tuple[Layer, ...] = ()
    branches: tuple[Branch, ...] = ()
    later: tuple[Branch, ...] | None = None
