"""Encryption: a dump of the database tells no secret, and keys can be rotated."""

from copy import copy

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from mfa.encryption import EncryptedTextField
from mfa.models import AccountPolicy

pytestmark = pytest.mark.django_db

TOKEN = "fedcba9876543210" * 2
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def store(token: str = TOKEN) -> None:
    AccountPolicy.objects.update_or_create(pk=1, defaults={"sms_auth_token": token})


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sms_auth_token FROM mfa_accountpolicy")
        return cursor.fetchone()[0]


def test_python_sees_the_text() -> None:
    store()
    assert AccountPolicy.load().sms_auth_token == TOKEN


def test_the_database_sees_none_of_it() -> None:
    store()
    assert TOKEN not in stored()


def test_the_same_text_never_looks_the_same() -> None:
    store()
    first = stored()
    store()
    assert stored() != first


def test_the_empty_text_stays_empty() -> None:
    store("")
    assert (stored(), AccountPolicy.load().sms_auth_token) == ("", "")


def test_no_text_stays_none() -> None:
    field = EncryptedTextField()
    assert field.get_prep_value(None) is None
    assert field.from_db_value(None, None, connection) is None


def test_a_former_key_still_reads(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert AccountPolicy.load().sms_auth_token == TOKEN


def test_the_first_key_writes(settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW]
    assert AccountPolicy.load().sms_auth_token == TOKEN


def test_without_its_key_it_is_not_read(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW]
    assert AccountPolicy.load().sms_auth_token == ""
    assert AccountPolicy.load().token_lost


def test_saving_the_row_loses_nothing_that_cannot_be_read(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    kept = stored()
    settings.ENCRYPTION_KEYS = [NEW]
    copy(AccountPolicy.load()).save()
    assert stored() == kept
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert AccountPolicy.load().sms_auth_token == TOKEN


def test_what_was_tampered_with_is_not_read() -> None:
    store()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mfa_accountpolicy SET sms_auth_token = %s", [f"{stored()[:-4]}AAA="])
    assert AccountPolicy.load().token_lost


def test_other_settings_do_not_matter(settings) -> None:
    store()
    settings.PORTAL_NAME = "Another"
    assert AccountPolicy.load().sms_auth_token == TOKEN
