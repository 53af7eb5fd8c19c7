"""Facts without a request: the same person, policy and moment give the same value."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from mfa import audit, factors
from mfa.login.facts import gather
from mfa.login.pending import LIFE, PendingLogin
from mfa.rules.methods import ChannelName
from mfa.rules.policy import Policy
from mfa.rules.routes import Purpose
from mfa.rules.steps import Facts, Step, next_step


def facts_of(user: User, *, policy: Policy | None = None, age: timedelta = timedelta(0)) -> Facts:
    now = timezone.now()
    pending = PendingLogin.begin(user, Purpose.LOGIN, now - age)
    return gather(
        user,
        policy=policy or user.mfa_policy,
        factors=factors.held_by(user),
        pending=pending,
        client=audit.NOWHERE,
        now=now,
    )


def test_facts_of_the_same_state_are_equal(alice: User) -> None:
    assert facts_of(alice) == facts_of(User.objects.get(pk=alice.pk))


def test_phone_gets_code_at_login(alice: User) -> None:
    facts = facts_of(alice)
    assert facts.route is not None
    assert facts.route.channel is ChannelName.SMS
    assert next_step(facts) is Step.ANSWER


def test_given_policy_overrides_persons_policy(alice: User) -> None:
    """What-if: MFA that is off asks nothing."""
    assert alice.mfa_policy.demanded
    assert next_step(facts_of(alice, policy=Policy(in_force=False))) is Step.ENTER


def test_given_time_overrides_clock(alice: User) -> None:
    assert next_step(facts_of(alice, age=LIFE)) is Step.START_OVER
