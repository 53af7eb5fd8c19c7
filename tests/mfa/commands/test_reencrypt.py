"""Keys are rotated while the portal runs, and nothing is lost on the way (DT-01)."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from mfa.management.commands import reencrypt
from mfa.models import AccountPolicy, Factor

OLD = "dGVzdHMgb25seSwgZXhhY3RseSAzMiBieXRlcyBsb24="
NEW = "Tm90IGEgc2VjcmV0LCBqdXN0IDMyIGJ5dGVzIGxvbmc="
SECRET = "token" * 6 + "ab12"


def run(*options: str) -> str:
    out = StringIO()
    call_command("reencrypt", *options, stdout=out)
    return out.getvalue()


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sms_auth_token FROM mfa_accountpolicy")
        return str(cursor.fetchone()[0])


@pytest.fixture
def rotated(settings, policy: AccountPolicy):
    """A new key in front of the one under which the token is stored."""
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return settings


def test_every_encrypted_column_is_found() -> None:
    found = {(model._meta.label, column) for model, column in reencrypt.places()}
    assert ("mfa.AccountPolicy", "sms_auth_token") in found
    assert {("mfa.AccountPolicy", "sms_auth_token_previous"), ("mfa.Factor", "secret")} <= found


def test_afterwards_the_new_key_alone_reads_everything(rotated) -> None:
    assert "mfa.AccountPolicy.sms_auth_token: 1 renewed, 0 fit no key" in run()
    rotated.ENCRYPTION_KEYS = [NEW]
    assert AccountPolicy.load().sms_auth_token == SECRET
    assert Fernet(NEW).decrypt(stored()).decode() == SECRET


def test_a_second_run_finds_nothing_to_do(rotated) -> None:
    run()
    before = stored()
    assert "sms_auth_token: 0 renewed" in run()
    assert stored() == before


def test_a_dry_run_says_it_and_changes_nothing(rotated) -> None:
    before = stored()
    assert "sms_auth_token: 1 would be renewed" in run("--dry-run")
    assert stored() == before


def test_the_empty_value_stays_empty(rotated) -> None:
    AccountPolicy.objects.update(sms_auth_token="")
    assert "sms_auth_token: 0 renewed" in run()
    assert stored() == ""


def test_what_fits_no_key_is_said_and_left_alone(rotated, policy: AccountPolicy) -> None:
    before = stored()
    rotated.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="fits none"):
        run()
    assert stored() == before


def test_a_table_larger_than_a_batch_is_walked_to_its_end(
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


def test_a_value_that_somebody_saves_meanwhile_is_not_overwritten(rotated, monkeypatch) -> None:
    """Compare and swap: the token that was read must still be the stored one."""
    renewed = reencrypt.encryption.renewed

    def slowly(token: str) -> str:
        AccountPolicy.objects.update(sms_auth_token="a newer token")
        return renewed(token)

    monkeypatch.setattr(reencrypt.encryption, "renewed", slowly)
    assert "sms_auth_token: 0 renewed" in run()
    assert AccountPolicy.load().sms_auth_token == "a newer token"
