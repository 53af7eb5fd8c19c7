"""A walk: one request of a half signed-in person, and the facts that decide what comes next."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from mfa import answers, factors, origin as origins, pauses
from mfa.models import Challenge, Factor, Protected, Purpose
from mfa.origin import Origin
from mfa.pending import PendingLogin
from mfa.rules.policy import Enforcement, Method
from mfa.rules.routes import (
    ChannelName,
    Holding,
    Route,
    binding,
    by_mailbox_only,
    confirming,
    recovers,
    usable,
)
from mfa.rules.steps import Aim, Facts, Proof, Step, next_step
from mfa.sessions import person_of

PURPOSES = {
    Aim.LOGIN: Purpose.LOGIN,
    Aim.STEP_UP: Purpose.STEP_UP,
    Aim.RESET: Purpose.RESET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Who walks, how far they are, and what was read of them once for this request.

    `asked_before` is false in the request that began it: its nonce holds no question yet.
    """

    request: HttpRequest
    pending: PendingLogin
    user: Protected
    factors: tuple[Factor, ...]
    choosing: bool = False
    asked_before: bool = True

    @property
    def facts(self) -> Facts:
        """What the decision may look at, as it is now."""
        now = timezone.now()
        policy = self.user.mfa_policy
        routes = self._routes()
        return Facts(
            alive=self.pending.alive(self.user, now),
            demanded=policy.demanded,
            aim=self.aim,
            binding=self.pending.binding,
            rescued=pauses.rescues(self.user),
            enforcement=policy.enforcement,
            after_enrollment=policy.after_enrollment,
            proof=Proof(self.pending.proof),
            locked=answers.waits_until(self.user, self.origin) is not None,
            routes=routes,
            chosen=next((route for route in routes if route.name == self.pending.chosen), None),
            choosing=self.choosing,
            ever_bound=self._ever_bound,
            skipped=self.user.skipped_at is not None,
            lost=self.pending.lost,
            mailbox_proven=self.pending.mailbox_proven,
            mailbox_due=self.user.mailbox_due(now),
            recovery_allowed=recovers(policy, self._holdings, self._reachable()),
            # Where there are no recovery codes nothing can be saved: the page would lead nowhere.
            backed_up=not policy.backup
            or Method.RECOVERY_CODES not in policy.methods
            or factors.are_backed_up(self.factors),
        )

    @property
    def _ever_bound(self) -> bool:
        """Whether there was a factor; a pause asks the same of a person who never had one.

        So does a first factor of an account that lay idle: its mailbox is asked (S12).
        """
        paused = self.aim is Aim.STEP_UP and pauses.lets_in(self.user)
        return paused or self._asks_mailbox or self.user.ever_bound_at is not None

    @property
    def _asks_mailbox(self) -> bool:
        binds = self.aim is Aim.STEP_UP and self.pending.binding
        return binds and self.user.mailbox_due(timezone.now())

    @property
    def may_skip(self) -> bool:
        """Whether the person may log in without setting up a factor (EN-06)."""
        facts = self.facts
        optional = facts.enforcement is Enforcement.OPTIONAL and not facts.ever_bound
        return optional and self.step in {Step.OFFER, Step.PROVE_MAILBOX}

    @property
    def aim(self) -> Aim:
        """What the walk is for."""
        return Aim(self.pending.aim)

    @property
    def purpose(self) -> Purpose:
        """The purpose of its questions to factors that the person has."""
        return PURPOSES[self.aim]

    @property
    def step(self) -> Step:
        """What the facts ask for."""
        return next_step(self.facts)

    @property
    def origin(self) -> Origin:
        """Where the request came from."""
        return origins.of(self.request, self.user)

    @property
    def app(self) -> Factor | None:
        """The app that is asked, where the present route is one."""
        route = self.facts.route
        return self.factor(route.factor) if route and route.channel is ChannelName.APP else None

    @property
    def recovery_codes(self) -> Route | None:
        """The route by recovery codes, while it is one."""
        by_codes = (r for r in self.facts.routes if r.channel is ChannelName.RECOVERY_CODES)
        return next(by_codes, None)

    @property
    def is_doubtful(self) -> bool:
        """Whether texts to the phone that is asked have failed again and again."""
        factor = self.factor(self.facts.route.factor) if self.facts.route else None
        return factor is not None and factor.doubtful_since is not None

    def factor(self, pk: int | None) -> Factor | None:
        """Return one of the person's factors."""
        return next((factor for factor in self.factors if factor.pk == pk), None)

    def challenge(self, purpose: Purpose) -> Challenge | None:
        """Return the question that this walk has asked for a purpose.

        A question to a factor must have gone by the present route: one that the policy has closed
        since asks no more.
        """
        if not self.pending.challenge:
            return None
        asked = Challenge.objects.filter(user_id=self.user.pk, purpose=purpose)
        if purpose is self.purpose and (route := self.facts.route):
            asked = asked.filter(channel=route.channel, factor=route.factor)
            if route.factor is None:
                asked = asked.filter(target=self.user.email)
        if purpose is Purpose.RECOVER:
            asked = asked.filter(target=self.user.email)
        return asked.filter(pk=self.pending.challenge).first()

    @property
    def _holdings(self) -> tuple[Holding, ...]:
        return tuple(factor.holding for factor in self.factors)

    def _routes(self) -> tuple[Route, ...]:
        policy = self.user.mfa_policy
        holdings, reachable = self._holdings, self._reachable()
        routes = usable(policy, holdings, reachable)
        if self._asks_mailbox:
            return (Route(ChannelName.EMAIL),) if ChannelName.EMAIL in reachable else ()
        if self.pending.binding:
            return binding(policy, holdings, routes, reachable)
        return routes if self.aim is Aim.LOGIN else confirming(policy, holdings, routes)

    def _reachable(self) -> frozenset[ChannelName]:
        policy = self.user.mfa_policy
        reachable = frozenset(ChannelName(name) for name in settings.MFA_CHANNELS)
        now = timezone.now()
        if self.user.wrong_answers_at(now) >= answers.MOST_WRONG_ANSWERS:
            # The mailbox has no row to disable: it rests until the count falls (LG-01).
            reachable -= {ChannelName.EMAIL}
        if self.user.mailbox_rests(now) and not by_mailbox_only(policy, self._holdings):
            reachable -= {ChannelName.EMAIL}
        # What rests takes no new question; the one that is out may be answered.
        asked_by = self.pending.asked_by if self.pending.challenge else ""
        return reachable - {ChannelName(name) for name in policy.resting if name != asked_by}


def start(
    request: HttpRequest,
    pending: PendingLogin,
    user: Protected,
    *,
    choosing: bool = False,
    asked_before: bool = True,
) -> Walk:
    """Read what the facts need."""
    held = Factor.objects.usable().filter(user_id=user.pk).order_by("-confirmed_at")
    return Walk(
        request=request,
        pending=pending,
        user=user,
        factors=tuple(held),
        choosing=choosing,
        asked_before=asked_before,
    )


def resume(request: HttpRequest, *, choosing: bool = False) -> Walk | None:
    """Return the walk that the session has open."""
    pending = PendingLogin.load(request.session)
    user = person_of(request.session)
    if pending is None or not isinstance(user, Protected) or user.pk != pending.user:
        return None
    if pending.aim == Aim.STEP_UP and request.user != user:
        # A step-up goes with its login.
        return None
    return start(request, pending, user, choosing=choosing)
