"""Facts: everything that decides the next step, read once into one value, without a request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter

from django.conf import settings

from mfa import challenges, factors as verbs, pauses
from mfa.channels import webpush
from mfa.client import Client
from mfa.login.pending import PendingLogin
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import BESIDE_RESISTANT, ChannelName, Method
from mfa.rules.policy import NumberChange, Policy
from mfa.rules.routes import ENROLLED_EMAIL, Purpose, Route, routes_for
from mfa.rules.steps import Facts, Proof


def gather(
    user: AbstractMfaUser,
    *,
    policy: Policy,
    factors: Sequence[Factor],
    pending: PendingLogin,
    client: Client,
    now: datetime,
    choosing: bool = False,
    trusted: bool = False,
) -> Facts:
    """Read everything that the decision depends on.

    `factors` are those that the person can log in with and a proposed number, newest first.
    `choosing`: the person wants to see the list of methods. `trusted`: this browser is trusted.
    """
    purpose, skips = Purpose(pending.purpose), user.skips_under(policy)
    held = [factor for factor in factors if factor.is_usable]
    best_first = sorted(held, key=attrgetter("preferred"), reverse=True)
    holdings = tuple(factor.holding for factor in best_first)
    channels = _channels(user, policy, pending, now)
    due = user.mailbox_due(policy, now)
    lacks_passkey = policy.lacks_passkey([factor.kind for factor in held])
    outdated = verbs.are_outdated(held, policy.enroll_again_from) or lacks_passkey
    number_due = (
        policy.number_change is NumberChange.SAVE_THEN_VERIFY
        and Method.PHONE in policy.offered
        and bool(verbs.waiting_number(factors))
    )
    # A first factor after long inactivity needs a code by email (S12).
    asks_mailbox = due and purpose is Purpose.STEP_UP and pending.binding
    may_use = partial(
        routes_for,
        policy=policy,
        holdings=holdings,
        channels_up=channels,
        mailbox=user.mailbox_at(now),
        never_stronger=user.only_email_since is not None,
        was_reset=user.reset_at is not None,
        waited=user.recovers(now),
        outdated=outdated,
    )
    routes = may_use(purpose, binds=pending.binding, idle=due)
    # During a pause, a person who never had a factor needs the same.
    paused = purpose is Purpose.STEP_UP and pauses.lets_in(policy)
    return Facts(
        alive=pending.alive(user, now),
        demanded=policy.demanded,
        purpose=purpose,
        binding=pending.binding,
        rescued=pauses.rescues(user, policy),
        enforcement=policy.enforcement_after(skips, now),
        after_enrollment=policy.after_enrollment,
        proof=Proof(pending.proof),
        trusted=trusted,
        locked=challenges.waits_until(user, client, now) is not None,
        routes=routes,
        chosen=_chosen(routes, pending),
        choosing=choosing,
        ever_bound=paused or asks_mailbox or user.ever_bound_at is not None,
        skipped=skips > 0 and policy.remembers_skip,
        lost=pending.lost,
        mailbox_proven=pending.mailbox_proven,
        mailbox_due=due,
        recovery_allowed=bool(may_use(Purpose.RECOVER)),
        was_reset=user.reset_at is not None,
        # Without recovery codes the backup page would have nothing to offer.
        backed_up=not policy.backup
        or Method.RECOVERY_CODES not in policy.methods
        or verbs.are_backed_up(_counted(held, policy)),
        outdated=outdated,
        only_passkeys=policy.only_passkeys,
        number_due=number_due,
        proved=pending.proved,
        email_confirms=(outdated or number_due)
        and any(one.proof == ENROLLED_EMAIL for one in may_use(Purpose.STEP_UP, binds=True)),
        device_due=policy.new_device_email
        and policy.mail_tested
        and user.ever_bound_at is None
        and not client.known,
        by_email=pending.channel == ChannelName.EMAIL,
        by_pass=pending.by_pass,
        by_recovery_email=pending.by_recovery_email,
    )


def _counted(held: list[Factor], policy: Policy) -> list[Factor]:
    """Return the factors that a login can ask for: beside a passkey, a policy can refuse others."""
    if not policy.refuses_weaker([factor.kind for factor in held]):
        return held
    return [factor for factor in held if factor.kind in BESIDE_RESISTANT]


def follow(facts: Facts, pending: PendingLogin) -> Facts:
    """Return the facts after changes to the pending login, without reading again."""
    return replace(
        facts,
        proof=Proof(pending.proof),
        proved=pending.proved,
        chosen=_chosen(facts.routes, pending),
        lost=pending.lost,
        mailbox_proven=pending.mailbox_proven,
        by_email=pending.channel == ChannelName.EMAIL,
        by_pass=pending.by_pass,
    )


def _chosen(routes: tuple[Route, ...], pending: PendingLogin) -> Route | None:
    return next((route for route in routes if route.name == pending.chosen), None)


def _channels(
    user: AbstractMfaUser,
    policy: Policy,
    pending: PendingLogin,
    now: datetime,
) -> frozenset[ChannelName]:
    """Return the channels that can reach this person now."""
    channels = frozenset(ChannelName(name) for name in settings.MFA_CHANNELS)
    if webpush.is_on():
        channels |= {ChannelName.PUSH}
    # Email has no factor to disable. It is unavailable until the count falls (LG-01).
    if user.wrong_answers_at(now) >= challenges.MOST_WRONG_ANSWERS:
        channels -= {ChannelName.EMAIL}
    # A channel that is down gets no new codes, but the code that was sent can be entered.
    asked_by = pending.asked_by if pending.challenge else ""
    return channels - {ChannelName(name) for name in policy.resting if name != asked_by}
