"""What staff do to the accounts of many people: the verbs behind the actions of the people list."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts import passwords, resets
from accounts.models import User
from mfa import endings
from mfa.counters import TooMany
from mfa.jobs import ACTIONS, Action
from mfa.models import Protected
from mfa.origin import Origin


def may_act(by: Protected, one: Protected) -> bool:
    """Whether somebody may change this account: staff are for superusers (RV-06)."""
    mighty = one.is_staff or one.is_superuser
    return by.has_perm("accounts.change_user") and (by.is_superuser or not mighty)


def send_link(one: Protected, by: Protected, origin: Origin) -> bool:
    """Mail a link to set the password."""
    try:
        return resets.send(_reached(one, by), origin=origin, by=by.pk)
    except TooMany:
        return False


def require_new_password(one: Protected, by: Protected, origin: Origin) -> bool:
    """Log the person out, and ask for a new password at the next login."""
    passwords.expire(_reached(one, by), origin=origin, by=by.pk)
    return True


def end_sessions(one: Protected, by: Protected, origin: Origin) -> bool:
    """Log the person out everywhere."""
    endings.end_all(_reached(one, by), by=by, origin=origin)
    return True


def _reached(one: Protected, by: Protected) -> User:
    if not isinstance(one, User) or not may_act(by, one):
        raise PermissionDenied
    return one


def register() -> None:
    """Offer the three to the worker; each by the name of its action in the list."""
    ACTIONS.update(
        send_link=Action(_("Send a link to set the password"), send_link),
        require_new_password=Action(_("Require a new password"), require_new_password),
        end_sessions=Action(_("Log the chosen people out everywhere"), end_sessions),
    )
