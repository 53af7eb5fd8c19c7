"""`manage.py prune`: what goes, in words or as data."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from mfa import audit
from mfa.models import AuditEvent, Event
from tests.conftest import NOON


@pytest.fixture
def old(clock, alice: User) -> User:
    audit.record(Event.LOGGED_IN, alice)
    clock.move_to(NOON + timedelta(days=500))
    return alice


def run(*options: str) -> str:
    out = StringIO()
    call_command("prune", *options, stdout=out)
    return out.getvalue()


def test_counts_are_printed(old: User) -> None:
    assert "audit: 1\n" in run()
    assert not AuditEvent.objects.exists()


def test_counts_are_printed_as_json(old: User) -> None:
    assert json.loads(run("--json"))["audit"] == 1


def test_dry_run_removes_nothing(old: User) -> None:
    assert "audit: 1\n" in run("--dry-run")
    assert AuditEvent.objects.exists()
