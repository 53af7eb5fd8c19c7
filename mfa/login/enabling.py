"""Two-step verification, enabled by a person who skipped it or never set it up (D16, D17)."""

from django.db import transaction

from mfa import audit
from mfa.client import Client
from mfa.models import AbstractMfaUser, Event


def enable(user: AbstractMfaUser, *, client: Client) -> None:
    """Forget a remembered skip, so that the next login asks for a first factor.

    Where the policy counts skips, the count stays: this gives no new ones (K8). The caller checks
    `may_enable_mfa`.
    """
    with transaction.atomic():
        if user.mfa_policy.remembers_skip:
            user.skipped_at = None
            user.save(update_fields=["skipped_at"])
        audit.record(Event.SETUP_CHOSEN, user, client=client)
