"""The request type of a logged-in person of this project."""

from django.http import HttpRequest

from accounts.models import User


class UserRequest(HttpRequest):
    """A request whose user is the project's own user model."""

    user: User
