"""Warnings about wrong codes, which the owner confirms by an emailed link."""

from django.db import transaction

from accounts.models import User
from accounts.people import links
from accounts.people.links import Link
from mfa import challenges
from mfa.client import Client


def confirm(user: User, uid: str, token: str, *, client: Client) -> bool:
    """Clear the counts of wrong codes. Return False if the link is no longer valid or was used."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if links.opened_by(person, uid, token) is not Link.WARNING:
            return False
        challenges.acknowledge(person, client=client)
    return True
