"""Codes and facts are stored without a language, and each reader gets their own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import TestCase
from django.utils import timezone, translation
from django.utils.translation import trans_real

from accounts.models import User
from mfa import pauses
from mfa.admin import mail_test
from mfa.audit import NOWHERE
from mfa.fraud import blocks
from mfa.limits.base import HOUR
from mfa.messages import alerts, failures
from mfa.messages.alerts import Alert
from mfa.models import AuditEvent, Delivery, OutboxMessage, Reason, SitePolicy
from mfa.sessions import revoke
from tests.authenticator import shows, typed_in
from tests.conftest import give_phone, make_user
from tests.journeys import database
from tests.portal_client import Browser, code

MARKED = "de"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
POLICY = "/admin/mfa/accountpolicy/1/change/"
State = Delivery.State


class Marked(trans_real.DjangoTranslation):
    """A test language in which every translated text is in guillemets."""

    def __init__(self) -> None:
        super().__init__("en")
        self._DjangoTranslation__language = MARKED
        self._DjangoTranslation__to_language = MARKED

    def gettext(self, message: str) -> str:
        return f"«{message}»" if message else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"


@pytest.fixture(autouse=True)
def _marked(settings) -> Iterator[None]:
    settings.LANGUAGES = [("en", "English"), (MARKED, "marked")]
    trans_real._translations[MARKED] = Marked()
    yield
    del trans_real._translations[MARKED]


@contextmanager
def writing(settings, language: str) -> Iterator[None]:
    """Requests, commands and the worker use this language."""
    settings.LANGUAGE_CODE = language
    with translation.override(language), TestCase.captureOnCommitCallbacks(execute=True):
        yield


def fail(user: User, reason: Reason, code: str, number: str) -> None:
    row = Delivery.objects.create(
        user=user,
        message="code",
        channel="sms",
        target=number,
        state=State.FAILED,
        reason=reason,
        code=code,
        created_at=timezone.now(),
        finished_at=timezone.now(),
    )
    failures.learn(row.pk)


def live(alice: User, root: User) -> None:
    """Everything that people, administrators and the worker do and that sends notices."""
    browser = Browser(headers={"user-agent": FIREFOX})
    browser.log_in(alice)
    browser.post("/me/phone/", {"phone": "+447700900250"})
    browser.post("/me/phone/verify/", {"code": code("+447700900250")})
    page = browser.post("/me/security/app/")
    secret = typed_in(page.context["secret"])
    name = page.context["form"].initial["name"]
    browser.post("/me/security/app/", {"code": shows(secret), "name": name})
    browser.post("/me/security/codes/")
    phone, app = (alice.factors.usable().get(kind=kind) for kind in ("phone", "app"))
    browser.post(f"/me/security/factors/{phone.pk}/remove/")
    browser.post(f"/me/security/factors/{app.pk}/suspend/")
    worn = give_phone(alice, "+447700900251")
    alice.factors.filter(pk=worn.pk).update(wrong_answers=99)
    guesser = Browser(headers={"user-agent": FIREFOX})
    guesser.password(alice)
    guesser.post("/login/verify/", {"code": "000000"})
    revoke.end_all(alice, by=root, client=NOWHERE)

    office = Browser(headers={"user-agent": FIREFOX})
    office.log_in(root)
    policy = SitePolicy.load()
    kept = {
        "sms_account_id": policy.sms.account_id,
        "sms_phone_number": policy.sms.phone_number,
    }
    office.post(POLICY, {**kept, "enabled": "on", "home_region": "GB", "contact": "the new desk"})
    office.post(POLICY, {**kept, "enabled": "on", "home_region": "GB", "sms_auth_token": "n" * 32})
    office.post("/admin/mfa/accountpolicy/test-mail/")
    office.post("/admin/mfa/accountpolicy/test-connection/")
    bob = make_user("bob@example.org")
    data = {"language": "en", "is_active": "on", "is_staff": "on", "email": bob.email}
    office.post(f"/admin/accounts/user/{bob.pk}/change/", data)
    mail_test.run(root)
    pauses.start(alice, reason="lost phone", hours=1, by=root)

    for _ in range(3):
        fail(alice, Reason.CREDENTIALS, "20003", "+447700900251")
    fail(alice, Reason.COUNTRY, "21408", "+447700900251")
    fail(alice, Reason.HELD, "30450", "+447700900251")
    for scope in ("GB", "person:7", "network:192.0.2.0/24"):
        blocks._start(scope, HOUR)
    alerts.warn(Alert.BUDGET, about="new half", used=1, most=2, kind="new")


@pytest.fixture
def told(alice: User, root: User) -> list[User]:
    return [alice, root]


def test_database_stores_no_translated_text(told: list[User], settings) -> None:
    """Audit, deliveries with context, circuit, policy, factors, admin history: everything."""
    with writing(settings, MARKED):
        live(*told)
    assert AuditEvent.objects.count() > 30
    rows = database.dump()
    assert {table: row for table in rows for row in rows[table] if "«" in str(row)} == {}


# What some mails say; the names of countries are Babel's, in the language that is marked
SAID = [
    ("factor_removed", "«number ending 50»"),
    ("factor_suspended", "«authenticator app»"),
    ("factor_disabled", "«number ending 51»"),
    ("factor_removed", "«Firefox on Linux»"),
    ("texts_down", "«"),
    ("texts_failing", "Vereinigtes Königreich"),
    ("texts_held", "Vereinigtes Königreich"),
    ("braked", "Vereinigtes Königreich"),
    ("braked", "«account no. 7»"),
    ("braked", "«network 192.0.2.0/24»"),
    ("admin_change", "«Contact for help»"),
    ("admin_change", "«staff access»"),
]


def test_each_reader_gets_their_own_language(told: list[User], settings) -> None:
    """The writer's language was English."""
    User.objects.update(language=MARKED)
    for user in told:
        user.refresh_from_db()
    with writing(settings, "en"):
        live(*told)
    mails = Delivery.objects.filter(channel="email").values_list("message", flat=True)
    assert {message for message, _words in SAID} - {*mails} == set()
    said = "\n".join(OutboxMessage.objects.filter(channel="email").values_list("body", flat=True))
    assert [words for _message, words in SAID if words not in said] == []
