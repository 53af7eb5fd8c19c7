"""OT-08, LO-02: codes, tokens, passwords, session keys and full numbers stay where they belong."""

import logging
import re
from collections.abc import Iterator

import pytest
import time_machine
from celery.signals import task_prerun
from django.apps import apps
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import User
from mfa.models import Session, SmsAccount
from tests.architecture.addresses import ADMIN
from tests.journeys import database, pocket
from tests.journeys.conftest import NEW_NUMBER, PHONE
from tests.portal_client import PASSWORD, Browser

OLD_NUMBER = "+447700900201"
TOKEN = "5ecret5ecret5ecret5ecret5ecrab12"
POLICY = "/admin/mfa/accountpolicy/1/change/"
NEW_PASSWORD = "another long enough one"


def stands_in(secret: str, text: str) -> bool:
    """Whether it occurs on its own, not inside a longer hash or number."""
    return bool(re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", text))


@pytest.fixture
def in_pocket(settings) -> Iterator[None]:
    """Texts and emails without a row in the database."""
    settings.MFA_CHANNELS = {
        "sms": {"BACKEND": "tests.journeys.pocket.PocketChannel", "OPTIONS": {}},
        "email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}},
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    pocket.TEXTS.clear()
    yield
    pocket.TEXTS.clear()


def all_codes() -> list[str]:
    mailed = [re.search(r"#(\d{6})", message.body) for message in mail.outbox]
    return pocket.codes() + [match[1] for match in mailed if match]


def walk(root: User, alice: User, bob: User) -> list[Browser]:
    """Everything that people do with secrets."""
    new, old, office = Browser(), Browser(), Browser()
    new.password(bob, "not the password")
    new.password(bob)
    new.post(PHONE, {"phone": NEW_NUMBER})
    new.post("/login/enroll/verify/", {"code": "000000"})
    new.post("/login/enroll/verify/", {"code": pocket.newest_code(NEW_NUMBER)})
    new.password(bob)
    new.post("/login/verify/", {"code": pocket.newest_code(NEW_NUMBER)})
    old.password(alice)
    old.post("/login/verify/email/")
    old.post("/login/verify/", {"code": all_codes()[-1]})
    old.post("/me/phone/", {"phone": "+447700900251"})
    old.post("/me/phone/verify/", {"code": pocket.newest_code("+447700900251")})
    old.post(
        "/me/password/",
        {
            "old_password": PASSWORD,
            "new_password1": NEW_PASSWORD,
            "new_password2": NEW_PASSWORD,
        },
    )
    office.password(root)
    office.post("/login/verify/", {"code": pocket.newest_code("+447700900204")})
    save_token(office)
    office.post("/admin/mfa/accountpolicy/sms-account/", {"send": "1"})
    confirming = {"code": pocket.newest_code("+447700900204")}
    office.post("/admin/mfa/accountpolicy/sms-account/", confirming)
    office.post("/admin/mfa/accountpolicy/test-connection/")
    office.post("/admin/mfa/accountpolicy/test-message/", {"phone": "+447700900252"})
    Browser().password(bob)
    return [new, old, office]


def save_token(office: Browser) -> HttpResponse:
    return office.post(
        POLICY,
        {
            "enabled": "on",
            "sms_account_id": "AC" + "1" * 32,
            "sms_auth_token": TOKEN,
            "sms_phone_number": "+1 500 555 0006",
        },
    )


@pytest.fixture
def walked(
    in_pocket: None, clock: time_machine.Traveller, root: User, alice: User, bob: User
) -> list[Browser]:
    return walk(root, alice, bob)


def test_journey_contains_all_secrets(walked: list[Browser]) -> None:
    assert len(set(all_codes())) >= 7
    assert all(browser.signed_in for browser in walked)
    assert SmsAccount.load().auth_token == TOKEN


def test_logs_at_debug_hold_no_secret(
    in_pocket: None,
    caplog: pytest.LogCaptureFixture,
    root: User,
    alice: User,
    bob: User,
) -> None:
    caplog.set_level(logging.DEBUG)
    browsers = walk(root, alice, bob)
    log = caplog.text + "".join(f"{record.__dict__}" for record in caplog.records)
    assert "mfa.audit" in log
    keys = [browser.session.session_key for browser in browsers]
    numbers = [NEW_NUMBER[3:], OLD_NUMBER[3:], "7700900251", "7700900204", "7700900252"]
    secrets = [*keys, *numbers, TOKEN, PASSWORD, NEW_PASSWORD]
    assert [secret for secret in secrets if secret in log] == []
    assert [code for code in all_codes() if stands_in(code, caplog.text)] == []


def test_database_holds_no_code_no_plain_token_and_no_session_key(
    walked: list[Browser],
) -> None:
    """OT-07, A13, SS-01: nor do the sessions in it."""
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    stored = "\n".join([database.text(), *sessions])
    assert [code for code in all_codes() if stands_in(code, stored)] == []
    keys = [browser.session.session_key for browser in walked]
    secrets = (TOKEN, PASSWORD, NEW_PASSWORD, *keys)
    assert [secret for secret in secrets if secret in stored] == []


def test_token_is_encrypted_in_its_column(walked: list[Browser]) -> None:
    """A13, DT-01."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM mfa_smsaccount")
        (stored,) = cursor.fetchone()
    assert stored.startswith("gAAAA")
    assert TOKEN not in stored


def test_task_carries_only_id_of_row(in_pocket: None, root: User, alice: User, bob: User) -> None:
    calls: list[tuple[object, object]] = []

    def note(*, args: object, kwargs: object, **_: object) -> None:
        calls.append((args, kwargs))

    task_prerun.connect(note)
    walk(root, alice, bob)
    task_prerun.disconnect(note)
    assert len(calls) >= 8
    assert {(type(pk), len(kwargs)) for (pk,), kwargs in calls} == {(int, 0)}


# What distinguishes the rows of a model on their page
SORTS = {
    "factor": "kind",
    "challenge": "purpose",
    "delivery": "message",
    "pause": "reason",
    "auditevent": "event",
    "accountpolicy": "pk",
}


def pages(office: Browser) -> dict[str, str]:
    """Every page of the admin, with one row of each kind per model."""
    paths = [each.path for each in ADMIN]
    for model, sort in SORTS.items():
        rows = apps.get_model("mfa", model).objects.all()
        for row in {getattr(row, sort): row for row in rows}.values():
            paths.append(reverse(f"admin:mfa_{model}_change", args=[row.pk]))
            paths.append(reverse(f"admin:mfa_{model}_history", args=[row.pk]))
    return {path: office.get(path).content.decode() for path in paths}


def test_malicious_superuser_sees_no_code_token_or_number(walked: list[Browser]) -> None:
    """DT-03, A13, PS-10: all pages of the admin while codes are open."""
    shown = pages(walked[-1])
    assert "ends …ab12" in shown[POLICY]
    numbers = ["7700900201", "7700900204", NEW_NUMBER[3:], "7700900251", "7700900252"]
    secrets = [TOKEN, TOKEN[:8], "gAAAA", PASSWORD, "md5$", *numbers]
    assert [
        (path, secret) for path, page in shown.items() for secret in secrets if secret in page
    ] == []
    assert [
        (path, code)
        for path, page in shown.items()
        for code in all_codes()
        if stands_in(code, page)
    ] == []


def test_history_and_audit_name_the_fields_and_no_values(walked: list[Browser]) -> None:
    """A13, A15."""
    rows = database.dump()
    kept = f"{rows['django_admin_log']}{rows['mfa_auditevent']}"
    assert "SMS Authentication Token" in kept
    assert "sms_auth_token" in kept
    assert "ab12" not in kept
    assert "5550006" not in kept


def test_account_pages_show_no_code_or_full_number(walked: list[Browser], bob: User) -> None:
    """OT-08, PS-10."""
    half = Browser()
    half.password(bob)
    shown = [half.get(path) for path in ("/login/verify/", "/login/help/", "/login/choose/")]
    shown += [walked[0].get(path) for path in ("/", "/me/", "/me/phone/", "/me/activity/")]
    text = "".join(page.content.decode() for page in shown)
    assert [code for code in all_codes() if stands_in(code, text)] == []
    assert NEW_NUMBER[3:] not in text


def test_urls_contain_no_secret(asked: Browser, alice: User) -> None:
    """OT-08: forms post, and redirects contain no code, number or email."""
    response = asked.post("/login/verify/email/", follow=True)
    urls = "".join(url for url, _status in response.redirect_chain)
    assert alice.email not in urls
    assert "7700900201" not in urls
