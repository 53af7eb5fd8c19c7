"""Keys are rotated while the portal runs, without loss of data (DT-01)."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from mfa.management.commands import reencrypt
from mfa.models import Factor, SitePolicy, SmsAccount

OLD = "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24="
NEW = "Tm90IGEgc2VjcmV0LCBqdXN0IDMyIGJ5dGVzIGxvbmc="
SECRET = "token" * 6 + "ab12"


def run(*options: str) -> str:
    out = StringIO()
    call_command("reencrypt", *options, stdout=out)
    return out.getvalue()


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM mfa_smsaccount")
        return str(cursor.fetchone()[0])


@pytest.fixture
def rotated(settings, policy: SitePolicy):
    """Add a new key before the one that encrypted the token."""
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return settings


def test_every_encrypted_column_is_found() -> None:
    found = {(model._meta.label, column) for model, column in reencrypt.places()}
    assert ("mfa.SmsAccount", "auth_token") in found
    assert {("mfa.SmsAccount", "previous_token"), ("mfa.Factor", "secret")} <= found


def test_new_key_decrypts_everything_afterwards(rotated) -> None:
    assert "mfa.SmsAccount.auth_token: 1 renewed, 0 cannot be decrypted" in run()
    rotated.ENCRYPTION_KEYS = [NEW]
    assert SmsAccount.load().auth_token == SECRET
    assert Fernet(NEW).decrypt(stored()).decode() == SECRET


def test_second_run_finds_nothing_to_do(rotated) -> None:
    run()
    before = stored()
    assert ".auth_token: 0 renewed" in run()
    assert stored() == before


def test_dry_run_prints_counts_and_changes_nothing(rotated) -> None:
    before = stored()
    assert ".auth_token: 1 would be renewed" in run("--dry-run")
    assert stored() == before


def test_empty_value_stays_empty(rotated) -> None:
    SmsAccount.note(auth_token="")
    assert ".auth_token: 0 renewed" in run()
    assert stored() == ""


def test_undecryptable_value_is_reported_and_unchanged(rotated, policy: SitePolicy) -> None:
    before = stored()
    rotated.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="missing key"):
        run()
    assert stored() == before


def test_table_larger_than_a_batch_is_processed_completely(
    rotated, alice: User, monkeypatch
) -> None:
    monkeypatch.setattr(reencrypt, "BATCH", 2)
    rotated.ENCRYPTION_KEYS = [OLD]
    for number in range(5):
        Factor.objects.create(
            user=alice, kind="app", secret=f"secret {number}", confirmed_at=alice.date_joined
        )
    rotated.ENCRYPTION_KEYS = [NEW, OLD]
    assert "mfa.Factor.secret: 5 renewed" in run()
    rotated.ENCRYPTION_KEYS = [NEW]
    kept = Factor.objects.filter(kind="app").order_by("pk").values_list("secret", flat=True)
    assert list(kept) == [f"secret {number}" for number in range(5)]


def test_value_saved_meanwhile_is_not_overwritten(rotated, monkeypatch) -> None:
    """Compare and swap: the stored token must still be the one that was read."""
    renewed = reencrypt.crypto.renewed

    def slowly(token: str) -> str:
        SmsAccount.note(auth_token="a newer token")
        return renewed(token)

    monkeypatch.setattr(reencrypt.crypto, "renewed", slowly)
    assert ".auth_token: 0 renewed" in run()
    assert SmsAccount.load().auth_token == "a newer token"
