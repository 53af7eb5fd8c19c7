"""The state of a flow in a request: its person, the facts, the open question, and saving."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.http import HttpRequest

from mfa import challenges, factors
from mfa.client import Client, moment_of
from mfa.login.facts import follow, gather
from mfa.login.pending import APART, PendingLogin
from mfa.models import AbstractMfaUser, Challenge, Factor, TrustedBrowser
from mfa.rules.methods import ChannelName
from mfa.rules.policy import Enforcement
from mfa.rules.routes import Purpose, Route
from mfa.rules.steps import Facts, Proof, Step, next_step
from mfa.sessions import trust
from mfa.sessions.devices import recognize


@dataclass(kw_only=True)
class Standing:
    """A flow's person, its progress, and the facts, which are read once per request.

    `choosing`: the person wants to see the list of methods. `asked_before` is false in the request
    that began the flow, because its nonce has no question yet.
    """

    request: HttpRequest
    pending: PendingLogin
    user: AbstractMfaUser
    choosing: bool = False
    asked_before: bool = True

    @cached_property
    def known(self) -> tuple[Factor, ...]:
        """The factors that the person can log in with, and a proposed number, newest first."""
        return tuple(factors.known_of(self.user))

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The factors that the person can log in with, newest first."""
        return tuple(factor for factor in self.known if factor.is_usable)

    @cached_property
    def facts(self) -> Facts:
        """What the decision depends on, read once and updated by `save`."""
        return gather(
            self.user,
            policy=self.user.mfa_policy,
            factors=self.known,
            pending=self.pending,
            client=self.client,
            now=self.now,
            choosing=self.choosing,
            trusted=self.trusted is not None,
        )

    @cached_property
    def trusted(self) -> TrustedBrowser | None:
        """The row that says that the person trusts this browser, if the login asks for a factor."""
        asks = self.purpose is Purpose.LOGIN and self.user.mfa_policy.asks
        return trust.find(self.request, self.user) if asks else None

    @property
    def trust_days(self) -> int:
        """For how many days the right code can make this a trusted browser, 0 for never (TB-01)."""
        if self.purpose is not Purpose.LOGIN or not self.user.mfa_policy.trust_browser_for:
            return 0
        route = self.facts.route
        offers = route is not None and route.channel in {ChannelName.SMS, ChannelName.APP}
        return trust.days_for(self.user) if offers else 0

    @property
    def client(self) -> Client:
        """Where the request comes from."""
        return recognize(self.request, self.user)

    @property
    def now(self) -> datetime:
        """The time of the request."""
        return moment_of(self.request)

    @property
    def purpose(self) -> Purpose:
        """The purpose of the flow, and of its questions to existing factors."""
        return Purpose(self.pending.purpose)

    @property
    def step(self) -> Step:
        """The step that the facts lead to."""
        return next_step(self.facts)

    @property
    def asks(self) -> Purpose:
        """The purpose of the current step's question."""
        if self.purpose in APART:
            return self.purpose
        if self.step in {Step.ENROLL, Step.OFFER}:
            return Purpose.CHANGE if self.facts.number_due else Purpose.ENROLL
        return Purpose.RECOVER if self.step is Step.PROVE_MAILBOX else self.purpose

    @property
    def may_skip(self) -> bool:
        """Whether the person can log in without setting up a factor (EN-06)."""
        facts = self.facts
        optional = facts.enforcement is Enforcement.OPTIONAL and not facts.ever_bound
        due = facts.device_due and not facts.mailbox_proven
        return optional and not due and self.step in {Step.OFFER, Step.PROVE_MAILBOX}

    @property
    def enrolled(self) -> bool:
        """Whether the flow added a factor."""
        return self.pending.proof == Proof.ENROLLED

    @property
    def wait_until(self) -> datetime | None:
        """When the lockout after wrong codes ends here, or None without a lockout."""
        return challenges.waits_until(self.user, self.client, self.now)

    @property
    def phone(self) -> Factor | None:
        """The phone that gets the codes."""
        return next(iter(self.phones), None)

    @property
    def phones(self) -> list[Factor]:
        """The phones that the person can log in with. The first one gets the codes."""
        phones = [one for one in self.factors if one.kind == Factor.Kind.PHONE]
        return sorted(phones, key=attrgetter("preferred"), reverse=True)

    @property
    def saved_number(self) -> str:
        """The person's new number that waits for its code, or ""."""
        return factors.waiting_number(self.known)

    @property
    def app(self) -> Factor | None:
        """The app, if the current route asks one."""
        route = self.facts.route
        return self.factor(route.factor) if route and route.channel is ChannelName.APP else None

    def route_by(self, channel: ChannelName) -> Route | None:
        """Return the first route by a channel, if there is one."""
        return next((route for route in self.facts.routes if route.channel is channel), None)

    @property
    def refused_until(self) -> datetime | None:
        """When a refused request can be made again, or None."""
        until = datetime.fromtimestamp(self.pending.refused_until, tz=UTC)
        return until if until > self.now else None

    @property
    def push(self) -> Route | None:
        """The route with the person's phones that approve, if there is one."""
        return next((r for r in self.facts.routes if r.channel is ChannelName.PUSH), None)

    @property
    def recovery_codes(self) -> Route | None:
        """The route with recovery codes, if there is one."""
        return self.route_by(ChannelName.RECOVERY_CODES)

    @property
    def is_doubtful(self) -> bool:
        """Whether texts to the phone that is asked failed repeatedly."""
        factor = self.factor(self.facts.route.factor) if self.facts.route else None
        return factor is not None and factor.doubtful_since is not None

    @property
    def question(self) -> Challenge | None:
        """The question of the current step, if it was asked."""
        return self.challenge(self.asks)

    def factor(self, pk: int | None) -> Factor | None:
        """Return one of the person's factors."""
        return next((factor for factor in self.factors if factor.pk == pk), None)

    def challenge(self, purpose: Purpose) -> Challenge | None:
        """Return the question that this flow asked for a purpose.

        A question to a factor must belong to the current route, and a new number must be allowed:
        the policy may have changed since.
        """
        if not self.pending.challenge:
            return None
        asked = challenges.asked(self.pending.challenge, self.user, purpose)
        if asked is None:
            return None
        if purpose in {Purpose.ENROLL, Purpose.CHANGE}:
            allowed = factors.may_prove(self.user, asked.channel, asked.target)
            return asked if allowed else None
        to_mailbox = purpose is Purpose.RECOVER
        if purpose is self.purpose and purpose not in APART and (route := self.facts.route):
            if (asked.channel, asked.factor_id) != (route.channel, route.factor):
                return None
            to_mailbox = route.factor is None
        if purpose is Purpose.RECOVER:
            return asked if asked.target in self.user.recovery_addresses(self.now) else None
        return None if to_mailbox and asked.target != self.user.email else asked

    def save(self, **news: Any) -> None:
        """Store this request's changes, and update the facts with them and with `news`."""
        self.pending.save(self.request.session)
        if "facts" in vars(self):
            self.facts = replace(follow(self.facts, self.pending), **news)

    def end(self) -> None:
        """Delete the flow."""
        self.pending.drop(self.request.session, self.purpose)
