"""The test of the mail server: one mail to the administrator, and what is kept of it (A26)."""

from django.utils import timezone
from django.utils.translation import gettext

from mfa import audit, channels, deliveries
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
        return gettext("This portal has no mail server: set EMAIL_URL")
    return channels.get(ChannelName.EMAIL).explain(reason, code)


def _send(administrator: Protected) -> tuple[Reason, str] | None:
    fault = deliveries.send_now(administrator, MESSAGE)
    return (fault.reason, fault.code) if fault else None
