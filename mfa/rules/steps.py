"""The state machine of the login: facts in, next step out.

The rows of `next_step` are the decision table of the README, in the same order.
"""

from dataclasses import dataclass
from enum import StrEnum

from mfa.rules.methods import ChannelName
from mfa.rules.policy import AfterEnrollment, Enforcement
from mfa.rules.routes import ENROLLED_EMAIL, Purpose, Route


class Step(StrEnum):
    """What a person with a pending login has to do next."""

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


class Proof(StrEnum):
    """What the flow has proven in addition to the password."""

    NONE = "none"
    ANSWER = "answer"
    ENROLLED = "enrolled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the decision depends on.

    `alive`: the pending login is younger than 15 minutes, the password unchanged and the person
    active. `demanded`: the policy is in force for this person and no pause runs. `binding`: the
    step-up is for adding a factor, which lasts longer than a pause. `rescued`: an administrator
    with access to the server lets this person in. `lost`: the person reported the factors lost.
    `mailbox_due`: the account was not used for so long that the person proves the email address
    before adding a first factor. `backed_up`: the person has the backup that the policy requires
    besides a phone. `was_reset`: support removed the factors, and none was added since.
    `outdated`: all factors were added before the policy required everyone to set one up again (K9),
    or none is the passkey that everyone needs. `only_passkeys`: a setup adds a passkey (PS-09).
    `number_due`: the person saved a new number that is not verified yet (C16). `proved`: what the
    answer proved (`Route.proof`). `email_confirms`: an enrolled email can confirm a new factor
    (EM-07); it is only read if one is due.
    `device_due`: the person has no factor and proves the email address on this new device.
    `by_email`: an email answered or was enrolled, which is too weak to make recovery codes (LK-01).
    `by_pass`: a one-time pass from support was right, which opens only the enrollment.
    `by_recovery_email`: the link of this reset went to the recovery email (RV-08).
    `trusted`: the person trusts this browser, so the login asks no factor (TB-01).
    """

    alive: bool
    demanded: bool
    purpose: Purpose = Purpose.LOGIN
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
    was_reset: bool = False
    skipped: bool = False
    backed_up: bool = True
    outdated: bool = False
    only_passkeys: bool = False
    number_due: bool = False
    proved: str = ""
    email_confirms: bool = False
    device_due: bool = False
    by_email: bool = False
    by_pass: bool = False
    by_recovery_email: bool = False

    @property
    def by_password(self) -> bool:
        """Whether the password is the only thing that we can ask this person for.

        A person who ever had a factor cannot add one with just the password, whether or not logins
        need a second step now (EN-02).
        """
        if self.binding:
            return self.rescued or not self.ever_bound
        asked = self.demanded and self.enforcement is not Enforcement.OFF
        return not (asked and self.ever_bound)

    @property
    def spared(self) -> bool:
        """Whether a trusted browser replaces the question, never a setup that is due (TB-01)."""
        if not self.trusted:
            return False
        due = self.outdated or self.number_due or not self.backed_up
        return not (due or self.lost or self.was_reset)

    @property
    def recovering(self) -> bool:
        """Whether the person lost the factors and is allowed to recover by email (EM-03)."""
        return self.lost and self.ever_bound and self.recovery_allowed

    @property
    def by_mailbox(self) -> bool:
        """Whether only email is left, and one of the routes is the account's own address."""
        only_email = {route.channel for route in self.routes} == {ChannelName.EMAIL}
        return only_email and any(route.linked or route.factor is None for route in self.routes)

    @property
    def may_set_up(self) -> bool:
        """Whether the answer is enough for a new factor. An enrolled email often is not (EM-07)."""
        return self.proved != ENROLLED_EMAIL or self.email_confirms

    @property
    def route(self) -> Route | None:
        """The route to ask: the chosen one if it is usable, else the best one."""
        if self.chosen in self.routes:
            return self.chosen
        return self.routes[0] if self.routes else None


AFTER_ENROLLMENT = {
    AfterEnrollment.LOGIN_AGAIN: Step.START_OVER,
    AfterEnrollment.FINISH: Step.FINISH,
    AfterEnrollment.CONTINUE: Step.ENTER,
}


def next_step(facts: Facts) -> Step:
    """Return the step of the first row that matches."""
    if facts.purpose is not Purpose.LOGIN:
        return _confirm(facts)
    if not facts.alive:
        return Step.START_OVER
    if not facts.demanded or facts.enforcement is Enforcement.OFF:
        return Step.ENTER
    if facts.proof is not Proof.NONE:
        return _proven(facts)
    if facts.by_pass:
        return Step.ENROLL
    if facts.locked:
        return Step.WAIT
    if facts.route and not facts.recovering:
        return Step.ENTER if facts.spared else _ask(facts, facts.route)
    if facts.ever_bound:
        return _recover(facts)
    return _begin(facts)


def _begin(facts: Facts) -> Step:
    """Set up a first factor. After a long time without a login, prove the email first (S12)."""
    optional = facts.enforcement is Enforcement.OPTIONAL
    if facts.device_due and not facts.mailbox_proven:
        return Step.PROVE_MAILBOX
    if optional and facts.skipped:
        return Step.ENTER
    if facts.mailbox_due and not facts.mailbox_proven:
        return Step.PROVE_MAILBOX
    return Step.OFFER if optional else Step.ENROLL


def _confirm(facts: Facts) -> Step:
    """Decide a step-up or a reset by an emailed link. Neither enrolls anything.

    If no factor is asked, the password confirms a step-up, on the page where the flow began. A
    reset needs nothing besides its link, which can do nothing else (RV-02). If email is the only
    route, the link has proven the account's address (EM-07). An enrolled email at another address
    is asked. A link to the recovery email proves too little without an answer or a pass (RV-04).
    """
    if not facts.alive:
        return Step.START_OVER
    if facts.proof is Proof.ANSWER:
        return Step.ENTER
    if facts.purpose is Purpose.RESET and facts.by_pass:
        # The link and the pass are two proofs by different ways (RV-04).
        return Step.ENTER
    if facts.purpose is Purpose.RESET and facts.was_reset:
        # Email already opens the enrollment. With the password it would be the whole account.
        return Step.BLOCKED
    to_account = facts.purpose is Purpose.RESET and not facts.by_recovery_email
    if to_account and (facts.by_password or facts.by_mailbox):
        return Step.ENTER
    if facts.by_password:
        return Step.START_OVER
    if facts.locked:
        return Step.WAIT
    return _ask(facts, facts.route) if facts.route else Step.BLOCKED


def _proven(facts: Facts) -> Step:
    """Let the person in, or ask for a newer factor or for the backup that the policy requires.

    A new number that is not verified yet is asked for after the old factor answered (C16).
    """
    if facts.by_pass:
        # A pass opens the enrollment, and never a session.
        return Step.START_OVER
    due = facts.outdated or facts.number_due
    if due and facts.may_set_up and facts.proof is not Proof.ENROLLED:
        return Step.ENROLL
    answered = facts.proof is Proof.ANSWER
    then = Step.ENTER if answered else AFTER_ENROLLMENT[facts.after_enrollment]
    backed_up = facts.backed_up or facts.by_email
    return then if backed_up or then is Step.START_OVER else Step.BACK_UP


def _ask(facts: Facts, route: Route) -> Step:
    if facts.choosing:
        return Step.CHOOSE
    chosen = facts.chosen == route
    return Step.ANSWER if chosen or route.asks_by_itself else Step.CHOOSE


def _recover(facts: Facts) -> Step:
    if not facts.recovery_allowed:
        return Step.BLOCKED
    return Step.ENROLL if facts.mailbox_proven else Step.PROVE_MAILBOX
