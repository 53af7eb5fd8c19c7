"""The authentication backend."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.models.users import LARGEST_ID
from mfa import prepared

_BY_ID = prepared.Query(lambda: User.objects.filter(pk=prepared.number("person")))


class Backend(ModelBackend):
    """Django's backend, with a prepared query for the person."""

    def get_user(self, user_id: int) -> User | None:
        """Return an active person, or None. Ids that no column can hold are refused."""
        person = _BY_ID.first(person=user_id) if user_id <= LARGEST_ID else None
        return person if person and self.user_can_authenticate(person) else None

    def user_can_authenticate(self, user: User) -> bool:  # type: ignore[override]
        """Whether the account can be used now, at the login and in each request after it."""
        return user.may_log_in
