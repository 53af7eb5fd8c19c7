"""A flow: one request's part of a conversation that asks, verifies and stores what was proven.

Login, enrollment, step-up, reset, change of number and test messages all ask and verify here. The
facts decide the next step.
"""

from collections.abc import Callable
from typing import assert_never

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mfa import audit, challenges, factors, passes, recoveries
from mfa.challenges import Outcome, Result, Target, new_nonce
from mfa.client import moment_of
from mfa.factors import Asked, Kind, recovery_codes
from mfa.limits import counters
from mfa.login import verify
from mfa.login.pending import APART, ENTERING, PendingLogin
from mfa.login.standing import Standing
from mfa.models import AbstractMfaUser, Challenge, Event
from mfa.rules.methods import MESSAGING, ChannelName, Method, is_strong
from mfa.rules.policy import NumberChange
from mfa.rules.routes import Purpose, Route
from mfa.sessions import phones
from mfa.sessions.proofs import keep_alive, person_of

RECOVERY_STOPPED = _(
    "Your phone was reported lost. That request ended, because you just logged in."
)


class Flow(Standing):
    """The object through which pages ask and verify. Pages show its results and decide nothing."""

    def ask(self, new: str = "", *, by: ChannelName = ChannelName.SMS, adds: bool = False) -> None:
        """Send the question of the current step.

        `new` is a number or address that the person wants to prove, and `by` its channel. `adds`:
        it does not replace another one.

        Raises TooMany over a limit. If the question goes to a factor, the page instead shows a
        message and offers the other methods.
        """
        purpose = self.asks
        match purpose:
            case Purpose.LOGIN | Purpose.STEP_UP | Purpose.RESET:
                self._ask_factor()
            case Purpose.RECOVER if self.question and not new:
                self.resend()
            case Purpose.RECOVER:
                known = self.user.recovery_addresses(self.now)
                address = new if new in known else self.user.email
                self._issue(Target(channel=ChannelName.EMAIL, address=address))
            case Purpose.ENROLL | Purpose.CHANGE:
                self.pending.adds = adds
                is_number = by is ChannelName.SMS
                if purpose is Purpose.CHANGE and self._saves_first and is_number and not adds:
                    factors.save_number(self.user, new, client=self.client)
                self._issue(Target(channel=by, address=new))
            case Purpose.TEST | Purpose.ACCOUNT:
                # Each test sends a new code, so it uses the values that are stored now.
                self.pending.nonce = new_nonce()
                self._issue(Target(channel=ChannelName.SMS, address=new))
            case Purpose.REGISTER:
                raise PermissionDenied
            case _:
                assert_never(purpose)

    def resend(self) -> None:
        """Repeat the question of the current step. Raises TooMany during a pause."""
        if challenge := self._repeatable:
            nonce = self.pending.nonce
            self._asked(challenges.resend(challenge, self.user, nonce=nonce, client=self.client))
        elif self.asks is self.purpose and self.purpose not in APART:
            self._ask_factor(again=True)

    def keep_number(self) -> None:
        """Forget the new number that waits for its code. The old one stays (C16)."""
        if factors.drop_proposed(self.user):
            audit.record(Event.NUMBER_DROPPED, self.user, client=self.client)
        self.pending.challenge = ""
        self.save(number_due=False)

    @property
    def _saves_first(self) -> bool:
        return self.user.mfa_policy.number_change is NumberChange.SAVE_THEN_VERIFY

    @property
    def _repeatable(self) -> Challenge | None:
        """The question to repeat. For a number that is no longer allowed, the form shows why."""
        if self.pending.challenge and self.asks in {Purpose.ENROLL, Purpose.CHANGE}:
            return challenges.asked(self.pending.challenge, self.user, self.asks)
        return self.question

    def verify(self, typed: str, *, by: Route | None = None, trusts: bool = False) -> Result:
        """Verify a typed code. Store what a right one proves, and count a wrong one.

        `by` is the page's route if it differs from the route that was asked. `trusts`: the person
        wants to trust this browser. Raises TooMany during a lockout.
        """
        if self.asks in ENTERING:
            trusts = trusts and by is None
            return self._verify_factor(by or self.facts.route, typed, trusts=trusts)
        if (challenge := self.question) is None:
            return Result(Outcome.EXPIRED)
        result = challenges.judge(
            challenge,
            self.user,
            typed,
            nonce=self.pending.nonce,
            client=self.client,
            own=self.pending.wrong_answers,
        )
        if result.outcome is Outcome.RIGHT:
            verify.prove(challenge, self.user, self.pending, client=self.client)
        return self._noted(result)

    def use_pass(self, code: str) -> Result:
        """Verify a one-time pass. A right one opens the enrollment. Raises TooMany."""
        with transaction.atomic():
            result = passes.spend(self.user, code, client=self.client)
            if result.outcome is Outcome.RIGHT:
                self.pending.by_pass, self.pending.challenge = True, ""
                # All other flows have ended.
                self.pending.session_hash = self.user.get_session_auth_hash()
                recoveries.finish(self.user)
        if result.outcome is Outcome.RIGHT:
            for read_before in ("known", "factors", "facts"):
                vars(self).pop(read_before, None)
        return self._noted(result)

    def bind(self, method: Method, add: Callable[[], Result]) -> Result:
        """Add a first factor with its kind's own function.

        Raises TooMany, and PermissionDenied for a kind that the policy does not offer (PS-09).
        """
        if method not in self.user.mfa_policy.offered:
            raise PermissionDenied
        with transaction.atomic():
            result = add()
            if result.outcome is Outcome.RIGHT:
                channel = factors.KINDS[method].way.channel
                verify.enrolled(self.user, self.pending, channel)
        if result.leads_on:
            self.save(locked=result.outcome is Outcome.LOCKED)
        return result

    def make_codes(self) -> list[str] | None:
        """Make recovery codes in a flow that has proven AAL2 (LK-01).

        Return None if the user changed since it was loaded. Raises TooMany, and PermissionDenied
        after a code by email only.
        """
        if not is_strong(self.pending.channel):
            raise PermissionDenied
        codes = recovery_codes.make(self.user, client=self.client)
        # The new set raised the epoch, which ends all other flows.
        self.pending.session_hash = self.user.get_session_auth_hash()
        self.save()
        return codes

    def _ask_factor(self, *, again: bool = False) -> None:
        route = self.facts.route
        kind = factors.kind_of(route) if route else None
        try:
            if route and kind and kind.ask:
                # The page stays, also if the request turns out not to reach the phone.
                self.pending.chosen = route.name
                self.save()
                asked = self._asked_of(kind)
                kind.ask(self.user, client=self.client, asked=asked, again=again)
            elif route and route.channel in MESSAGING:
                factor = self.factor(route.factor)
                address = factor.target if factor else self.user.email
                self._issue(Target(channel=route.channel, address=address, factor=factor))
        except counters.TooMany as refusal:
            self.pending.challenge = ""
            self.pending.refused_until = refusal.until.timestamp()
            self.save()

    def _verify_factor(self, route: Route | None, typed: str, *, trusts: bool) -> Result:
        if route is None:
            return Result(Outcome.EXPIRED)
        kind, pending = factors.kind_of(route), self.pending
        challenge = self.question if route.channel in MESSAGING else None
        asked = self._asked_of(kind, challenge)
        factor = self.factor(route.factor)
        result = kind.verify(self.user, factor, typed, client=self.client, asked=asked)
        if result.outcome is Outcome.RIGHT:
            verify.answered(pending, kind.way.channel, proof=route.proof)
            pending.trusts = trusts and self.trust_days > 0
            self._stop_recovery(route)
        pending.drifted = result.drifted
        return self._noted(result)

    def _stop_recovery(self, route: Route) -> None:
        """End a request after a lost phone: this factor is not lost. An emailed code is none."""
        if route.proof == ChannelName.EMAIL:
            return
        if recoveries.stop_by_login(self.user, client=self.client):
            messages.warning(self.request, RECOVERY_STOPPED)

    def _asked_of(self, kind: Kind, challenge: Challenge | None = None) -> Asked:
        pending = self.pending
        return Asked(
            challenge=challenge,
            nonce=pending.nonce,
            own=pending.wrong_answers,
            drifted=pending.drifted,
            here=phones.hashes_of(self.request) if kind.ask else (),
            purpose=self.purpose,
        )

    def _issue(self, target: Target) -> None:
        issued = challenges.issue(
            self.user,
            target,
            purpose=self.asks,
            nonce=self.pending.nonce,
            client=self.client,
            asked_before=self.asked_before,
        )
        self._asked(issued)

    def _asked(self, challenge: Challenge) -> None:
        self.pending.challenge = str(challenge.pk)
        self.pending.asked_by = challenge.channel
        self.pending.refused_until = 0.0
        self.save()

    def _noted(self, result: Result) -> Result:
        """Store a result. A right answer takes back the session's own wrong ones (LG-01)."""
        if self.purpose in APART:
            return self._closed(result)
        match result.outcome:
            case Outcome.WRONG | Outcome.REPLACED | Outcome.LOCKED:
                self.pending.wrong_answers += 1
            case Outcome.RIGHT:
                pass
            case Outcome.EXPIRED | Outcome.SPENT:
                # Nothing to store, and saving could undo what a parallel right answer has proven.
                return result
            case _:
                assert_never(result.outcome)
        self.save(locked=result.outcome is Outcome.LOCKED)
        return result

    def _closed(self, result: Result) -> Result:
        """End a logged-in person's flow. The session continues with the new factor.

        Other results write nothing, because a parallel right answer may have changed the session.
        """
        if result.outcome is Outcome.RIGHT:
            self.end()
            if self.enrolled:
                keep_alive(self.request, self.user)
        return result


def resume(request: HttpRequest, *, choosing: bool = False) -> Flow | None:
    """Return the session's open flow."""
    pending = PendingLogin.load(request.session)
    user = person_of(request.session)
    if pending is None or not isinstance(user, AbstractMfaUser) or user.pk != pending.user:
        return None
    if pending.purpose == Purpose.STEP_UP and request.user != user:
        # A step-up ends with its login.
        return None
    return Flow(request=request, pending=pending, user=user, choosing=choosing)


def apart(request: HttpRequest, user: AbstractMfaUser, purpose: Purpose) -> Flow:
    """Return the open flow in which a logged-in person proves a number, or begin one."""
    pending = PendingLogin.load(request.session, purpose)
    if pending is None or pending.user != user.pk:
        pending = PendingLogin.begin(user, purpose, moment_of(request))
    return Flow(request=request, pending=pending, user=user)
