"""What django-allauth leaves to its project: where numbers are stored, and how texts are sent."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import User

from benchmarks.peers.sites.outbox import deliver


class Adapter(DefaultAccountAdapter):
    """The number is the username, which has an index."""

    def get_user_by_phone(self, phone: str) -> User | None:
        """Return the owner of a number."""
        return User.objects.filter(username=phone).first()

    def get_phone(self, user: User) -> tuple[str, bool]:
        """Return a person's number, which is confirmed."""
        return user.username, True

    def set_phone(self, user: User, phone: str, verified: bool) -> None:  # noqa: FBT001
        """Numbers do not change."""

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Numbers are confirmed."""

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_: object) -> None:
        """Store the code."""
        deliver(phone, code)
