"""What a whole login comes to: the steps one after the other, and their outcome."""

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Any

from mfa.rules.methods import BESIDE_RESISTANT, RESISTANT, WAYS, ChannelName
from mfa.rules.steps import Facts, Proof, Step, next_step


class NextLogin(StrEnum):
    """What a login asks besides the password.

    PASSKEY: only a passkey or a recovery code can be used. BACK_UP: a code, and then recovery codes
    are saved.
    """

    NOTHING = "nothing"
    CODE = "code"
    PASSKEY = "passkey"
    BACK_UP = "back_up"
    MAY_SET_UP = "may_set_up"
    SET_UP = "set_up"
    SET_UP_PASSKEY = "set_up_passkey"
    BLOCKED = "blocked"


ENDS = {
    Step.ENROLL: NextLogin.SET_UP,
    Step.OFFER: NextLogin.MAY_SET_UP,
    Step.BACK_UP: NextLogin.BACK_UP,
}
# A lockout delays a login, and a saved number needs one more code. Neither changes the outcome.
LASTING: dict[str, Any] = {"locked": False, "number_due": False}
RESISTING = {WAYS[method].channel for method in RESISTANT}
BESIDE = {WAYS[method].channel for method in BESIDE_RESISTANT}


def path_of(facts: Facts) -> tuple[Step, ...]:
    """Return the steps of a login in which the person does each of them right."""
    step = next_step(facts)
    if step is Step.PROVE_MAILBOX:
        return (step, *path_of(replace(facts, mailbox_proven=True)))
    if step in {Step.ANSWER, Step.CHOOSE}:
        # A person who can answer by something stronger than an email does.
        by_email = _channels(facts) == {ChannelName.EMAIL}
        return (step, *path_of(replace(facts, proof=Proof.ANSWER, by_email=by_email)))
    return (step,)


def outcome_of(facts: Facts) -> NextLogin:
    """Return what the login asks, once a lockout is over and a saved number verified."""
    *asked, last = path_of(replace(facts, **LASTING))
    if last is Step.ENTER:
        return _answered(_channels(facts)) if asked else NextLogin.NOTHING
    if last is Step.ENROLL and facts.only_passkeys:
        return NextLogin.SET_UP_PASSKEY
    return ENDS.get(last, NextLogin.BLOCKED)


def _answered(channels: Collection[ChannelName]) -> NextLogin:
    only = not RESISTING.isdisjoint(channels) and BESIDE.issuperset(channels)
    return NextLogin.PASSKEY if only else NextLogin.CODE


def _channels(facts: Facts) -> set[ChannelName]:
    return {route.channel for route in facts.routes}
