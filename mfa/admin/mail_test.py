"""The test of the mail server: one mail to the administrator, and what is kept of it (A26)."""

from django.utils import timezone

from mfa import audit, channels, deliveries
from mfa.channels.base import DeliveryError
from mfa.models import AccountPolicy, Event, Protected, Reason
from mfa.models.policies import mail_config
from mfa.rules.routes import ChannelName

MESSAGE = "mail_test"


def run(administrator: Protected) -> tuple[Reason, str] | None:
    """Send the mail while the page waits; return the fault's reason and code, if there is one."""
    fault = _send(administrator)
    reason, code = fault or ("", "")
    AccountPolicy.objects.update(
        mail_tested_at=timezone.now(),
        mail_test_config=mail_config(),
        mail_test_reason=reason,
        mail_test_code=code,
    )
    audit.record(Event.MAIL_TESTED, administrator, reason=reason)
    return fault


def explain(reason: Reason, code: str) -> str:
    """Say in words why the mail did not go."""
    if not channels.available(ChannelName.EMAIL):
        return str(reason.label)
    return channels.get(ChannelName.EMAIL).explain(reason, code)


def _send(administrator: Protected) -> tuple[Reason, str] | None:
    mail = deliveries.mail(administrator, MESSAGE)
    if mail is None or not channels.available(ChannelName.EMAIL):
        return Reason.NETWORK, ""
    try:
        channels.get(ChannelName.EMAIL).send(mail)
    except DeliveryError as error:
        return error.reason, error.code
    return None
