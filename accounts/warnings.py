"""Warnings about wrong codes: the owner confirms one by its mailed link."""

from django.db import transaction

from accounts import links
from accounts.links import Link
from accounts.models import User
from mfa import answers
from mfa.origin import Origin


def confirm(user: User, uid: str, token: str, *, origin: Origin) -> bool:
    """Clear the counts of wrong codes; False when the link has died meanwhile, as after its use."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        if links.opened_by(person, uid, token) is not Link.WARNING:
            return False
        answers.acknowledge(person, origin=origin)
    return True
