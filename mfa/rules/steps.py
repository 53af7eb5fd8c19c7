"""The login state machine: facts in, the next step out.

The rows of `next_step` are the decision table of the README, in its order.
"""

from dataclasses import dataclass
from enum import StrEnum

from mfa.rules.policy import AfterEnrollment, Enforcement
from mfa.rules.routes import ChannelName, Route


class Step(StrEnum):
    """What a half signed-in person has to do next."""

    START_OVER = "start_over"
    ENTER = "enter"
    FINISH = "finish"
    WAIT = "wait"
    ANSWER = "answer"
    CHOOSE = "choose"
    BACK_UP = "back_up"
    ENROLL = "enroll"
    PROVE_MAILBOX = "prove_mailbox"
    BLOCKED = "blocked"
    OFFER = "offer"


class Aim(StrEnum):
    """What a walk is for: to log in, to confirm who is logged in, or to set a new password."""

    LOGIN = "login"
    STEP_UP = "step-up"
    RESET = "reset"


class Proof(StrEnum):
    """What the walk has shown beyond the password."""

    NONE = "none"
    ANSWER = "answer"
    ENROLLED = "enrolled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the decision may look at.

    `alive`: the pending login is younger than 15 minutes, the password unchanged, the person
    active. `demanded`: the policy is in force for this person and no pause runs. `binding`: what is
    confirmed will bind a factor, which outlives a pause. `rescued`: whoever holds the machine lets
    this person in. `lost`: the person says so of the factors. `mailbox_due`: the account was not
    used for so long that its mailbox is proven before a first factor is set up. `backed_up`: the
    person has what the policy wants beside a phone.
    """

    alive: bool
    demanded: bool
    aim: Aim = Aim.LOGIN
    binding: bool = False
    rescued: bool = False
    enforcement: Enforcement
    after_enrollment: AfterEnrollment
    proof: Proof = Proof.NONE
    trusted: bool = False
    locked: bool = False
    routes: tuple[Route, ...] = ()
    chosen: Route | None = None
    choosing: bool = False
    ever_bound: bool = False
    lost: bool = False
    mailbox_proven: bool = False
    mailbox_due: bool = False
    recovery_allowed: bool = False
    skipped: bool = False
    backed_up: bool = True

    @property
    def by_password(self) -> bool:
        """Whether the password is all that this person can be asked for: nothing else is theirs.

        It binds no factor where there ever was one, whether or not a login asks for it now (EN-02).
        """
        if self.binding:
            return self.rescued or not self.ever_bound
        asked = self.demanded and self.enforcement is not Enforcement.OFF
        return not (asked and self.ever_bound)

    @property
    def recovering(self) -> bool:
        """Whether the person has lost what could be asked, and may do without it (EM-03)."""
        return self.lost and self.ever_bound and self.recovery_allowed

    @property
    def by_mailbox(self) -> bool:
        """Whether a mailbox is all that is left to ask."""
        return bool(self.routes) and {route.channel for route in self.routes} == {ChannelName.EMAIL}

    @property
    def route(self) -> Route | None:
        """The route to ask: the chosen one while it is usable, else the best one."""
        if self.chosen in self.routes:
            return self.chosen
        return self.routes[0] if self.routes else None


AFTER_ENROLLMENT = {
    AfterEnrollment.LOGIN_AGAIN: Step.START_OVER,
    AfterEnrollment.FINISH: Step.FINISH,
    AfterEnrollment.CONTINUE: Step.ENTER,
}


def next_step(facts: Facts) -> Step:
    """Decide by the first row that fits."""
    if facts.aim is not Aim.LOGIN:
        return _confirm(facts)
    if not facts.alive:
        return Step.START_OVER
    if not facts.demanded or facts.enforcement is Enforcement.OFF:
        return Step.ENTER
    if facts.trusted or facts.proof is not Proof.NONE:
        return _proven(facts)
    if facts.locked:
        return Step.WAIT
    if facts.route and not facts.recovering:
        return _ask(facts, facts.route)
    if facts.ever_bound:
        return _recover(facts)
    return _begin(facts)


def _begin(facts: Facts) -> Step:
    """Set up a first factor, but not by the password alone where the account lay idle (S12)."""
    optional = facts.enforcement is Enforcement.OPTIONAL
    if optional and facts.skipped:
        return Step.ENTER
    if facts.mailbox_due and not facts.mailbox_proven:
        return Step.PROVE_MAILBOX
    return Step.OFFER if optional else Step.ENROLL


def _confirm(facts: Facts) -> Step:
    """The same walk for who is logged in or came by a mailed link; nothing is enrolled.

    Where no factor is asked, the password confirms, on the page that the walk began with; and the
    link resets, which is all that it can (RV-02). A mailbox that is all there is was proven by
    the link (EM-07).
    """
    if not facts.alive:
        return Step.START_OVER
    if facts.proof is Proof.ANSWER:
        return Step.ENTER
    if facts.aim is Aim.RESET and (facts.by_password or facts.by_mailbox):
        return Step.ENTER
    if facts.by_password:
        return Step.START_OVER
    if facts.locked:
        return Step.WAIT
    return _ask(facts, facts.route) if facts.route else Step.BLOCKED


def _proven(facts: Facts) -> Step:
    """Enter, but not without a way out beside the phone where the policy wants one."""
    if facts.trusted:
        return Step.ENTER
    answered = facts.proof is Proof.ANSWER
    then = Step.ENTER if answered else AFTER_ENROLLMENT[facts.after_enrollment]
    return then if facts.backed_up or then is Step.START_OVER else Step.BACK_UP


def _ask(facts: Facts, route: Route) -> Step:
    if facts.choosing:
        return Step.CHOOSE
    chosen = facts.chosen == route
    return Step.ANSWER if chosen or route.asks_by_itself else Step.CHOOSE


def _recover(facts: Facts) -> Step:
    if not facts.recovery_allowed:
        return Step.BLOCKED
    return Step.ENROLL if facts.mailbox_proven else Step.PROVE_MAILBOX
