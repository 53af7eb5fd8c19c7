"""What a whole login comes to: the steps one after the other, and their outcome."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from mfa.rules.steps import Facts, Proof, Step, next_step


class NextLogin(StrEnum):
    """What a login asks besides the password."""

    NOTHING = "nothing"
    CODE = "code"
    MAY_SET_UP = "may_set_up"
    SET_UP = "set_up"
    BLOCKED = "blocked"


ENDS = {
    Step.ENROLL: NextLogin.SET_UP,
    Step.OFFER: NextLogin.MAY_SET_UP,
    Step.BACK_UP: NextLogin.CODE,
}
# A lockout delays a login, and a saved number needs one more code. Neither changes the outcome.
LASTING: dict[str, Any] = {"locked": False, "number_due": False}


def path_of(facts: Facts) -> tuple[Step, ...]:
    """Return the steps of a login in which the person does each of them right."""
    step = next_step(facts)
    if step is Step.PROVE_MAILBOX:
        return (step, *path_of(replace(facts, mailbox_proven=True)))
    if step in {Step.ANSWER, Step.CHOOSE}:
        return (step, *path_of(replace(facts, proof=Proof.ANSWER)))
    return (step,)


def outcome_of(facts: Facts) -> NextLogin:
    """Return what the login asks, once a lockout is over and a saved number verified."""
    *asked, last = path_of(replace(facts, **LASTING))
    if last is Step.ENTER:
        return NextLogin.CODE if asked else NextLogin.NOTHING
    return ENDS.get(last, NextLogin.BLOCKED)
