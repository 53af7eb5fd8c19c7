"""What a whole login comes to."""

from dataclasses import replace

import pytest

from mfa.rules.methods import ChannelName
from mfa.rules.outcomes import NextLogin, outcome_of, path_of
from mfa.rules.policy import AfterEnrollment, Enforcement
from mfa.rules.routes import Route
from mfa.rules.steps import Facts, Step

NEW = Facts(
    alive=True,
    demanded=True,
    enforcement=Enforcement.REQUIRED,
    after_enrollment=AfterEnrollment.LOGIN_AGAIN,
)
BOUND = replace(NEW, ever_bound=True, routes=(Route(ChannelName.SMS, 1),))
CODES = replace(BOUND, routes=(Route(ChannelName.RECOVERY_CODES, 1),))
LOST = replace(NEW, ever_bound=True)
OPTIONAL = replace(NEW, enforcement=Enforcement.OPTIONAL)

PATHS = {
    "off": (replace(NEW, demanded=False), (Step.ENTER,), NextLogin.NOTHING),
    "new": (NEW, (Step.ENROLL,), NextLogin.SET_UP),
    "idle": (replace(NEW, mailbox_due=True), (Step.PROVE_MAILBOX, Step.ENROLL), NextLogin.SET_UP),
    "optional": (OPTIONAL, (Step.OFFER,), NextLogin.MAY_SET_UP),
    "skipped": (replace(OPTIONAL, skipped=True), (Step.ENTER,), NextLogin.NOTHING),
    "skipped, new device": (
        replace(OPTIONAL, skipped=True, device_due=True),
        (Step.PROVE_MAILBOX, Step.ENTER),
        NextLogin.CODE,
    ),
    "phone": (BOUND, (Step.ANSWER, Step.ENTER), NextLogin.CODE),
    "choice": (CODES, (Step.CHOOSE, Step.ENTER), NextLogin.CODE),
    "locked": (replace(BOUND, locked=True), (Step.WAIT,), NextLogin.CODE),
    "outdated": (replace(BOUND, outdated=True), (Step.ANSWER, Step.ENROLL), NextLogin.SET_UP),
    "saved number": (replace(BOUND, number_due=True), (Step.ANSWER, Step.ENROLL), NextLogin.CODE),
    "no backup": (replace(BOUND, backed_up=False), (Step.ANSWER, Step.BACK_UP), NextLogin.BACK_UP),
    "lost": (LOST, (Step.BLOCKED,), NextLogin.BLOCKED),
    "lost, with email": (
        replace(LOST, recovery_allowed=True),
        (Step.PROVE_MAILBOX, Step.ENROLL),
        NextLogin.SET_UP,
    ),
    "not alive": (replace(NEW, alive=False), (Step.START_OVER,), NextLogin.BLOCKED),
}


@pytest.mark.parametrize("case", PATHS)
def test_path_and_its_outcome(case: str) -> None:
    facts, path, outcome = PATHS[case]
    assert (path_of(facts), outcome_of(facts)) == (path, outcome)


def test_outcomes_have_these_values() -> None:
    assert [*NextLogin] == [
        "nothing",
        "code",
        "passkey",
        "back_up",
        "may_set_up",
        "set_up",
        "set_up_passkey",
        "blocked",
    ]
