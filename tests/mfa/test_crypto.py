"""Encryption: a database dump reveals no secrets, and keys can be rotated."""

from copy import copy

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from mfa.crypto import EncryptedTextField
from mfa.models import SitePolicy, SmsAccount

pytestmark = pytest.mark.django_db

TOKEN = "fedcba9876543210" * 2
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def store(token: str = TOKEN) -> None:
    SmsAccount.note(auth_token=token)


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM mfa_smsaccount")
        return cursor.fetchone()[0]


def test_python_gets_plain_text() -> None:
    store()
    assert SmsAccount.load().auth_token == TOKEN


def test_database_has_no_plain_text() -> None:
    store()
    assert TOKEN not in stored()


def test_same_text_is_encrypted_differently() -> None:
    store()
    first = stored()
    store()
    assert stored() != first


def test_empty_text_stays_empty() -> None:
    store("")
    assert (stored(), SmsAccount.load().auth_token) == ("", "")


def test_none_stays_none() -> None:
    field = EncryptedTextField()
    assert field.get_prep_value(None) is None
    assert field.from_db_value(None, None, connection) is None


def test_former_encryption_key_still_decrypts(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert SmsAccount.load().auth_token == TOKEN


def test_first_encryption_key_encrypts(settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW]
    assert SmsAccount.load().auth_token == TOKEN


def test_value_without_key_reads_as_empty(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    settings.ENCRYPTION_KEYS = [NEW]
    assert SmsAccount.load().auth_token == ""
    assert SmsAccount.load().token_lost


def test_saving_keeps_undecryptable_value(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    store()
    kept = stored()
    settings.ENCRYPTION_KEYS = [NEW]
    copy(SitePolicy.load()).save()
    assert stored() == kept
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert SmsAccount.load().auth_token == TOKEN


def test_manipulated_value_is_not_read() -> None:
    store()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mfa_smsaccount SET auth_token = %s", [f"{stored()[:-4]}AAA="])
    assert SmsAccount.load().token_lost


def test_other_settings_do_not_matter(settings) -> None:
    store()
    settings.PORTAL_LOGO = "Another"
    assert SmsAccount.load().auth_token == TOKEN
