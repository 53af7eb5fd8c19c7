"""The test of the mail server: one email to the administrator, and its result (A26)."""

from django.utils import timezone
from django.utils.translation import gettext

from mfa import audit, channels
from mfa.messages import worker
from mfa.models import AbstractMfaUser, ChannelHealth, Event, Reason
from mfa.models.channel_health import mail_config
from mfa.rules.methods import ChannelName

MESSAGE = "mail_test"


def run(administrator: AbstractMfaUser) -> tuple[Reason, str] | None:
    """Send the email while the page waits. Return the error's reason and code, if any."""
    fault = _send(administrator)
    reason, code = fault or ("", "")
    ChannelHealth.note(
        mail_tested_at=timezone.now(),
        mail_test_config=mail_config(),
        mail_test_reason=reason,
        mail_test_code=code,
    )
    audit.record(Event.MAIL_TESTED, administrator, reason=reason)
    return fault


def explain(reason: Reason, code: str) -> str:
    """Return why the email was not sent."""
    if not channels.available(ChannelName.EMAIL):
        return gettext("This portal has no mail server: set EMAIL_URL.")
    return channels.get(ChannelName.EMAIL).explain(reason, code)


def _send(administrator: AbstractMfaUser) -> tuple[Reason, str] | None:
    fault = worker.send_now(administrator, MESSAGE)
    return (fault.reason, fault.code) if fault else None
