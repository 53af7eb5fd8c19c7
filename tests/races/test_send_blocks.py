"""Fraud in parallel: a burst at one block, and the last texts of a day."""

from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from mfa import challenges
from mfa.challenges import Target
from mfa.client import Client
from mfa.limits import budget
from mfa.models import Challenge, Delivery, SendBlock, SitePolicy
from mfa.rules.methods import ChannelName
from mfa.rules.routes import Purpose
from tests.conftest import make_user
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BURST = 12


def ask(user: User, number: str) -> Challenge:
    target = Target(channel=ChannelName.SMS, address=number)
    client = Client(f"198.51.100.{user.pk % 250}", "bot")
    return challenges.issue(user, target, purpose=Purpose.ENROLL, nonce=number, client=client)


def test_burst_at_one_block_gets_five_texts(policy: SitePolicy) -> None:
    """PS-07: counted in the request, so exact."""
    bots = [make_user(f"bot{n}@example.org") for n in range(BURST)]
    at_once([partial(ask, bot, f"+447546123{n:03}") for n, bot in enumerate(bots)])
    assert Challenge.objects.count() == Delivery.objects.count() == 5
    assert [block.scope for block in SendBlock.objects.all()] == ["+447546123"]


def test_twelve_parallel_texts_share_last_three_of_daily_budget(
    policy: SitePolicy, bob: User
) -> None:
    policy.texts_a_day = 3
    policy.save()
    challenge = Challenge(user=bob, purpose=Purpose.ENROLL, channel="sms", new_in="GB")
    now = timezone.now()
    rows = [
        Delivery(user=bob, challenge=challenge, channel="sms", created_at=now) for _ in range(BURST)
    ]
    assert at_once([partial(budget.spend, row) for row in rows]).count(True) == 3
