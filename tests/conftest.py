"""What all tests share: people, a browser-like client, the outbox, a fixed noon."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
import time_machine

from accounts.models import User
from mfa import recovery
from mfa.audit import NOWHERE
from mfa.models import AccountPolicy, AuditEvent, Factor, OutboxMessage
from tests.portal_client import PASSWORD, Browser

# A slow machine is no failed property.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mail_to_the_outbox(settings) -> None:
    """Django's test runner swaps the mail backend; the portal's own outbox is what we read."""
    settings.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"


@pytest.fixture(autouse=True)
def _cheap_recovery_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trivial by intent, as the hash of passwords: ten real ones cost half a second."""
    monkeypatch.setattr(recovery, "MEMORY_KIB", 8)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A fixed noon that tests move by hand."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def policy(db: None) -> AccountPolicy:
    """MFA on, with a tested SMS account."""
    site = AccountPolicy.load()
    site.enabled = True
    site.sms_account_id = "AC" + "0" * 32
    site.sms_auth_token = "token" * 6 + "ab12"
    site.sms_phone_number = "+15005550006"
    site.home_region = "GB"
    site.contact = "the help desk"
    site.tested_credentials = site.credentials()
    site.save()
    return site


def make_user(email: str, **fields: object) -> User:
    return User.objects.create_user(email, PASSWORD, **fields)


def give_phone(user: User, number: str) -> Factor:
    """A confirmed phone; for staff with the recovery codes without which they do not get in."""
    now = datetime.now(tz=UTC)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now)
    user.refresh_from_db()
    if user.is_staff:
        kind = Factor.Kind.RECOVERY_CODES
        Factor.objects.create(user=user, kind=kind, secret="00" * 16, confirmed_at=now)
    return Factor.objects.create(user=user, target=number, confirmed_at=now)


def give_codes(user: User) -> list[str]:
    """Recovery codes, as the person has saved them."""
    codes = recovery.make(user, origin=NOWHERE)
    OutboxMessage.objects.all().delete()
    AuditEvent.objects.all().delete()
    return codes


@pytest.fixture
def alice(policy: AccountPolicy) -> User:
    """Has a confirmed phone."""
    user = make_user("alice@example.org", full_name="Alice")
    give_phone(user, "+447700900201")
    return user


@pytest.fixture
def bob(policy: AccountPolicy) -> User:
    """Has enrolled nothing yet."""
    return make_user("bob@example.org", full_name="Bob")


@pytest.fixture
def charlie(policy: AccountPolicy) -> User:
    """Must not see what is not theirs; has a phone."""
    user = make_user("charlie@example.org", full_name="Charlie")
    give_phone(user, "+447700900203")
    return user


@pytest.fixture
def root(policy: AccountPolicy) -> User:
    """A superuser with a phone, and recovery codes, as staff need them."""
    user = make_user("root@example.org", is_staff=True, is_superuser=True)
    give_phone(user, "+447700900204")
    return user


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def other_browser(db: None) -> Browser:
    return Browser()
