"""Finds people by what they typed to log in: an email or a username (K3)."""

from typing import Any, cast

from django.db.models import Field, QuerySet

from accounts.models import User
from mfa import prepared
from mfa.rules.login_names import is_email


def _people_by(column: str) -> prepared.Query[User]:
    def build() -> QuerySet[User]:
        field = cast("Field[Any, Any]", User._meta.get_field(column))  # noqa: SLF001 Django's public name
        return User.objects.filter(**{column: prepared.Slot("typed", field)})

    return prepared.Query(build)


_BY_EMAIL, _BY_USERNAME = _people_by("email"), _people_by("username")


def owner_of(typed: str) -> User | None:
    """Return the person with this email or username, in one statement."""
    return (_BY_EMAIL if is_email(typed) else _BY_USERNAME).first(typed=typed)


def find(typed: str) -> User | None:
    """Return the person who logs in with this, in one statement.

    Where people log in with usernames, the email of a person who has one finds nobody.
    """
    person = owner_of(typed)
    if person and is_email(typed) and person.login_name != person.email:
        return None
    return person
