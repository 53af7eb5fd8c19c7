"""Shared fixtures: people, a browser-like client, the outbox, a fixed noon."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
import time_machine
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from mfa import audit
from mfa.admin.audit_details import DETAILS, ELSEWHERE
from mfa.audit import NOWHERE
from mfa.factors import recovery_codes
from mfa.models import AuditEvent, Factor, OutboxMessage, SitePolicy, SmsValues, branding
from mfa.models.branding import Brand
from tests import empty_tables
from tests.portal_client import PASSWORD, Browser
from tests.selection import pytest_addoption, pytest_collection_modifyitems

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]

# A slow machine must not fail a property.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Django's own, with a faster cleanup after tests with real transactions."""
    with django_db_blocker.unblock():
        empty_tables.remember()
    empty_tables.install()


@pytest.fixture(scope="session", autouse=True)
def _words_for_every_detail() -> Iterator[None]:
    """Fail a test that records a detail for which the audit page has no words."""
    log, known = audit._log, {*DETAILS, *ELSEWHERE}

    def checked(row: AuditEvent) -> None:
        assert row.details.keys() <= known, f"no words for {row.details} in mfa.admin.audit_details"
        log(row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_log", checked)
        yield


@pytest.fixture(autouse=True)
def _mail_to_the_outbox(settings) -> None:
    """Django's test runner replaces the mail backend, but we read the portal's own outbox."""
    settings.EMAIL_BACKEND = "mfa.channels.outbox.EmailBackend"


@pytest.fixture(autouse=True)
def _known_brand() -> None:
    """Forget the name and accent of an earlier test, as if this process had just read them."""
    branding.store(Brand(branding.first_name(), branding.first_accent()))


@pytest.fixture(autouse=True)
def _cheap_recovery_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trivial hash, like that of passwords: ten real ones take half a second."""
    monkeypatch.setattr(recovery_codes, "MEMORY_KIB", 8)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A fixed noon, which tests move by hand."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def policy(db: None) -> SitePolicy:
    """Enable MFA, with a tested SMS account."""
    site = SitePolicy.load()
    site.enabled = True
    site.home_region = "GB"
    site.contact = "the help desk"
    site.save()
    account = site.sms
    account.values = SmsValues("AC" + "0" * 32, "token" * 6 + "ab12", "+15005550006")
    account.tested_credentials = account.credentials()
    account.save()
    return site


def make_user(email: str, **fields: object) -> User:
    return User.objects.create_user(email, PASSWORD, **fields)


def give_phone(user: User, number: str) -> Factor:
    """Add a confirmed phone, and for staff the recovery codes that they need."""
    now = datetime.now(tz=UTC)
    User.objects.filter(pk=user.pk).update(ever_bound_at=now)
    user.refresh_from_db()
    if user.is_staff:
        kind = Factor.Kind.RECOVERY_CODES
        Factor.objects.create(user=user, kind=kind, secret="00" * 16, confirmed_at=now)
    return Factor.objects.create(user=user, target=number, confirmed_at=now)


def give_codes(user: User) -> list[str]:
    """Return recovery codes, as the person saved them."""
    codes = recovery_codes.make(user, client=NOWHERE)
    OutboxMessage.objects.all().delete()
    AuditEvent.objects.all().delete()
    return codes


@pytest.fixture
def alice(policy: SitePolicy) -> User:
    """A person with a confirmed phone."""
    user = make_user("alice@example.org", full_name="Alice")
    give_phone(user, "+447700900201")
    return user


@pytest.fixture
def bob(policy: SitePolicy) -> User:
    """A person without a factor."""
    return make_user("bob@example.org", full_name="Bob")


@pytest.fixture
def charlie(policy: SitePolicy) -> User:
    """A person with a phone, who must not see other people's data."""
    user = make_user("charlie@example.org", full_name="Charlie")
    give_phone(user, "+447700900203")
    return user


@pytest.fixture
def root(policy: SitePolicy) -> User:
    """A superuser with a phone, and with recovery codes, which staff need."""
    user = make_user("root@example.org", is_staff=True, is_superuser=True)
    give_phone(user, "+447700900204")
    return user


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def other_browser(db: None) -> Browser:
    return Browser()
