"""Password hashes: check one at the same cost for everybody."""

from django.contrib.auth.hashers import make_password

from accounts.models import User


def fit(user: User | None, password: str) -> bool:
    """Say whether the password is this person's; nobody's costs as much (LG-03)."""
    if user is None:
        make_password(password)
        return False
    return user.check_password(password)
