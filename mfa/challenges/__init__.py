"""Challenges: one question to one factor, and how its answer is verified."""

from mfa.challenges.issue import Target, asked, issue, new_nonce, resend
from mfa.challenges.verify import (
    MOST_WRONG_ANSWERS,
    Outcome,
    Result,
    acknowledge,
    blame,
    clear,
    forgive,
    hold,
    judge,
    waits_until,
)

__all__ = [
    "MOST_WRONG_ANSWERS",
    "Outcome",
    "Result",
    "Target",
    "acknowledge",
    "asked",
    "blame",
    "clear",
    "forgive",
    "hold",
    "issue",
    "judge",
    "new_nonce",
    "resend",
    "waits_until",
]
