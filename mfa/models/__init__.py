"""All tables of the second step."""

from mfa.models.challenges import TESTS, TRIES, Challenge, Delivery, Purpose, Reason
from mfa.models.factors import Factor, RecoveryCode
from mfa.models.jobs import Job
from mfa.models.people import Pause, Protected
from mfa.models.policies import AccountPolicy
from mfa.models.records import AuditEvent, Brake, Counter, Event, OutboxMessage, Tally, Wait
from mfa.sessions import Session

__all__ = [
    "TESTS",
    "TRIES",
    "AccountPolicy",
    "AuditEvent",
    "Brake",
    "Challenge",
    "Counter",
    "Delivery",
    "Event",
    "Factor",
    "Job",
    "OutboxMessage",
    "Pause",
    "Protected",
    "Purpose",
    "Reason",
    "RecoveryCode",
    "Session",
    "Tally",
    "Wait",
]
