"""How people tell their factors apart: a name for each, and which phone or email comes first."""

from django.contrib.auth import get_user_model
from django.db import transaction

from mfa import audit
from mfa.client import Client
from mfa.models import AbstractMfaUser, Event, Factor


def rename(user: AbstractMfaUser, factor: Factor, name: str, *, client: Client) -> None:
    """Give a factor a name that only its owner sees."""
    with transaction.atomic():
        Factor.objects.usable().filter(user_id=user.pk, pk=factor.pk).update(name=name)
        audit.record(Event.FACTOR_RENAMED, user, client=client, factor=factor.pk)


def prefer(user: AbstractMfaUser, factor: Factor, *, client: Client) -> None:
    """Send the codes of logins to this phone or email before others of its kind."""
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        alike = Factor.objects.usable().filter(user_id=user.pk, kind=factor.kind)
        alike.filter(preferred=True).update(preferred=False)
        if alike.filter(pk=factor.pk).update(preferred=True):
            audit.record(Event.FACTOR_PREFERRED, user, client=client, factor=factor.pk)
