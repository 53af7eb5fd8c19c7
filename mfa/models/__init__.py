"""All database tables of the app."""

from importlib import import_module
from pkgutil import iter_modules

from mfa.models.audit import AuditEvent, Event
from mfa.models.challenges import TESTS, TRIES, Challenge
from mfa.models.channel_health import ChannelHealth
from mfa.models.deliveries import Delivery, Reason
from mfa.models.factors import Factor, RecoveryCode, Status
from mfa.models.jobs import Job
from mfa.models.limits import Counter, Lockout, SendBlock
from mfa.models.metrics import Metric
from mfa.models.outbox import OutboxMessage
from mfa.models.passes import OneTimePass
from mfa.models.pauses import Pause
from mfa.models.people import CLOSING_LASTS, AbstractMfaUser
from mfa.models.policy import AccountPolicy, SitePolicy
from mfa.models.push import PushDevice, PushRequest
from mfa.models.recoveries import RecoveryRequest
from mfa.models.sms_account import SmsAccount, SmsValues
from mfa.models.trusted_devices import TrustedBrowser
from mfa.session_engine import Session

__all__ = [
    "CLOSING_LASTS",
    "TESTS",
    "TRIES",
    "AbstractMfaUser",
    "AccountPolicy",
    "AuditEvent",
    "Challenge",
    "ChannelHealth",
    "Counter",
    "Delivery",
    "Event",
    "Factor",
    "Job",
    "Lockout",
    "Metric",
    "OneTimePass",
    "OutboxMessage",
    "Pause",
    "PushDevice",
    "PushRequest",
    "Reason",
    "RecoveryCode",
    "RecoveryRequest",
    "SendBlock",
    "Session",
    "SitePolicy",
    "SmsAccount",
    "SmsValues",
    "Status",
    "TrustedBrowser",
]

# A kind of factor can have tables of its own, which only its module imports.
for each in iter_modules(__path__):
    import_module(f"{__name__}.{each.name}")
