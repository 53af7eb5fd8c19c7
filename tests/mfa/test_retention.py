"""How long rows are kept, and that nothing else is removed (DT-02, OT-07)."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from django.apps import apps

import accounts
import mfa
from accounts.models import User
from mfa import audit, retention
from mfa.limits import counters, lockouts
from mfa.limits.base import DAY, HOUR, Limit
from mfa.messages import queue as deliveries
from mfa.models import (
    AuditEvent,
    Challenge,
    Counter,
    Delivery,
    Event,
    Factor,
    Lockout,
    OutboxMessage,
    Pause,
    Session,
    SmsAccount,
)
from mfa.retention import RULES
from tests.conftest import NOON
from tests.portal_client import Browser

# Tables that are not pruned, and what ends their rows
KEPT = {
    "accounts.FormerSlug": "links with the former short name keep working",
    "accounts.ImportedHash": "one row for each kind of hash that an import brought",
    "accounts.ImportFinding": "it goes with its import",
    "accounts.ImportLine": "it goes with its import",
    "accounts.ImportPart": "it goes with its import",
    "accounts.Introduction": "one row for each permission that a release gave a group",
    "accounts.Membership": "an ended one keeps the account shut; it goes with its person",
    "accounts.Organization": "an administrator turns it off",
    "accounts.OrganizationPolicy": "two rows of each organization",
    "accounts.Tile": "an administrator deletes a link",
    "mfa.AccountPolicy": "the page of mfa.SitePolicy",
    "mfa.ChannelHealth": "one row",
    "mfa.Passkey": "goes with its factor",
    "mfa.PasskeyHandle": "one row of each person who has had a passkey",
    "mfa.RecoveryCode": "goes with its set",
    "mfa.SitePolicy": "one row",
    "mfa.SmsAccount": "one row",
    "mfa.Metric": "some hundred rows, about nobody",
}
MINUTE = timedelta(minutes=1)
DOCUMENT = Path(__file__).parent.parent.parent / "docs/security.md"


@pytest.fixture
def asked(clock, browser: Browser, alice: User) -> Challenge:
    """A challenge with its message, at noon."""
    browser.password(alice)
    return Challenge.objects.get()


def later(clock, age: timedelta) -> dict[str, int]:
    clock.move_to(NOON + age)
    return retention.prune()


@pytest.mark.parametrize("spent", [{}, {"passed_at": NOON}, {"voided_at": NOON}, {"tries_left": 0}])
def test_challenge_is_pruned_a_day_after_its_end(clock, asked: Challenge, spent: dict) -> None:
    """OT-07: with the beat's 20 minutes, within 24 h."""
    Challenge.objects.update(**spent)
    later(clock, timedelta(hours=23, minutes=39))
    assert Challenge.objects.exists()
    later(clock, timedelta(hours=23, minutes=41))
    assert not Challenge.objects.exists()


def test_delivery_is_kept_for_a_month(clock, asked: Challenge) -> None:
    later(clock, DAY)
    assert (Delivery.objects.get().challenge, Delivery.objects.get().state) == (None, "delivered")
    later(clock, 29 * DAY)
    assert Delivery.objects.exists()
    later(clock, 30 * DAY + MINUTE)
    assert not Delivery.objects.exists()


def test_unsent_message_is_dropped_with_its_challenge(clock, asked: Challenge) -> None:
    Delivery.objects.update(state="queued", finished_at=None)
    OutboxMessage.objects.all().delete()
    later(clock, DAY)
    deliveries.sweep()
    assert Delivery.objects.get().state == "dropped"
    assert not OutboxMessage.objects.exists()


def test_audit_is_kept_for_thirteen_months(clock, alice: User) -> None:
    audit.record(Event.LOGGED_IN, alice)
    later(clock, 400 * DAY - MINUTE)
    assert AuditEvent.objects.exists()
    later(clock, 400 * DAY + MINUTE)
    assert not AuditEvent.objects.exists()


def test_phone_in_use_is_never_pruned(clock, alice: User) -> None:
    later(clock, 4000 * DAY)
    assert alice.factors.count() == 1
    Factor.objects.update(status="revoked", status_at=NOON)
    later(clock, 4000 * DAY)
    assert alice.factors.count() == 0


def test_pause_is_pruned_long_after_its_end(clock, alice: User) -> None:
    Pause.objects.create(user=alice, reason="lost phone", started_at=NOON, until=NOON)
    later(clock, 399 * DAY)
    assert Pause.objects.exists()
    later(clock, 401 * DAY)
    assert not Pause.objects.exists()


def test_only_ended_sessions_are_pruned(clock, asked: Challenge) -> None:
    later(clock, HOUR)
    assert Session.objects.exists()
    later(clock, 13 * HOUR)
    assert not Session.objects.exists()


def test_lockout_is_kept_while_its_failures_count(clock, db) -> None:
    lockouts.fail(lockouts.WRONG_PASSWORDS, "alice@example.org")
    later(clock, DAY - MINUTE)
    assert Lockout.objects.exists()
    later(clock, DAY + MINUTE)
    assert not Lockout.objects.exists()


@pytest.mark.parametrize("period", [5 * MINUTE, 30 * MINUTE, HOUR, DAY, 31 * DAY], ids=str)
def test_counter_is_kept_while_its_window_may_reach_it(clock, db, period: timedelta) -> None:
    counters.take([Limit("thing", 3, period).of("me")])
    later(clock, period)
    assert Counter.objects.exists()
    later(clock, 3 * period)
    assert not Counter.objects.exists()


def named_limits() -> Iterator[Limit]:
    for package in (mfa, accounts):
        for found in walk_packages(package.__path__, package.__name__ + "."):
            if "migrations" in found.name:
                continue
            for value in vars(import_module(found.name)).values():
                each = value if isinstance(value, (tuple, list)) else (value,)
                yield from (limit for limit in each if isinstance(limit, Limit))


def test_every_limit_has_a_window_that_pruning_knows() -> None:
    """Otherwise its counters would be pruned while they count."""
    windows = {limit.per for limit in named_limits()}
    assert windows
    assert windows <= set(retention.PERIODS)


def test_removed_factor_keeps_no_secret(clock, alice: User) -> None:
    """DT-02: nobody can use it, so nobody needs it."""
    kept = Factor.objects.create(user=alice, kind="app", secret="in use", confirmed_at=NOON)
    gone = Factor.objects.create(
        user=alice, kind="app", secret="removed", confirmed_at=NOON, status="revoked"
    )
    assert retention.prune(dry_run=True)[retention.SECRETS] == 1
    assert retention.prune()[retention.SECRETS] == 1
    assert [Factor.objects.get(pk=each.pk).secret for each in (kept, gone)] == ["in use", ""]


def test_former_sms_token_is_deleted_when_no_longer_needed(clock, policy) -> None:
    policy.sms.keep_token("the former token", NOON)
    policy.sms.save()
    later(clock, 5 * HOUR)
    assert SmsAccount.load().previous_token == "the former token"
    later(clock, 7 * HOUR)
    assert SmsAccount.load().previous_token == ""
    assert SmsAccount.load().auth_token


def test_every_table_is_pruned_or_kept_for_a_reason() -> None:
    ours = {model for app in ("mfa", "accounts") for model in apps.get_app_config(app).get_models()}
    pruned = {rule.model for rule in RULES}
    assert {model._meta.label for model in ours - pruned} == set(KEPT)


def test_more_than_a_batch_is_removed_completely(clock, alice: User, monkeypatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        audit.record(Event.LOGGED_IN, alice)
    assert later(clock, 500 * DAY)["audit"] == 5
    assert not AuditEvent.objects.exists()


def test_dry_run_counts_and_removes_nothing(clock, asked: Challenge) -> None:
    clock.move_to(NOON + 500 * DAY)
    found = retention.prune(dry_run=True)
    assert (found["challenges"], found["deliveries"]) == (1, 1)
    assert Challenge.objects.exists()
    assert Delivery.objects.exists()


def test_beat_prunes_too(clock, asked: Challenge) -> None:
    clock.move_to(NOON + DAY)
    retention.clean.delay()
    assert not Challenge.objects.exists()


def test_document_names_every_table_that_is_pruned(db) -> None:
    """DT-02: retention is documented."""
    text = DOCUMENT.read_text().partition("## How long things are kept")[2].partition("\n## ")[0]
    assert [name for name in retention.prune(dry_run=True) if f"| {name} |" not in text] == []
