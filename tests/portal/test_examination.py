"""The findings of `manage.py doctor`, and its exit code."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from mfa import metrics
from mfa.models import AuditEvent, Delivery, Event, Factor, Metric, SitePolicy, SmsAccount
from portal.examination import Health, examine
from tests.conftest import give_phone, make_user
from tests.organizations import organization
from tests.phones import KEY, give_deaf_phone
from tests.twilio_endpoint.fixtures import authority, endpoint, straight

__all__ = ["authority", "endpoint", "straight"]


def found() -> dict[str, list[tuple[Health, str]]]:
    lines: dict[str, list[tuple[Health, str]]] = {}
    for line in examine():
        lines.setdefault(line.part, []).append((line.health, line.words))
    return lines


def worst(part: str) -> Health:
    return max(health for health, _ in found()[part])


def run(*options: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code)
    return out.getvalue(), 0


@pytest.fixture
def safe(settings, policy: SitePolicy):
    """As a company has it, as far as settings go."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.DEBUG, settings.DEMO = True, False
    settings.MOVED_TO_POLICY = {}
    settings.TRUSTED_PROXIES = ["10.0.0.5"]
    return settings


def test_settings_are_weak_or_at_fault_as_the_checks_say(safe) -> None:
    assert worst("settings") == Health.WEAK
    safe.TRUSTED_PROXIES = ["everybody"]
    assert max((h, w[-10:]) for h, w in found()["settings"]) == (Health.ILL, "(mfa.E003)")


def test_doctor_stops_without_database(db) -> None:
    def cut(*_: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(cut):
        lines = found()
    assert lines["database"] == [(Health.ILL, "does not respond")]
    assert "keys" not in lines


def test_working_keys_are_reported_healthy(policy: SitePolicy) -> None:
    assert found()["keys"] == [(Health.WELL, "all stored values can be decrypted")]


def test_staff_who_are_released_from_mfa_are_a_weak_spot(policy: SitePolicy) -> None:
    """S05: a reminder to require MFA again."""
    assert "staff" not in found()
    call_command("staff_mfa", "off", reason="moving")
    assert worst("staff") == Health.WEAK


def test_undecryptable_token_is_reported_as_fault(policy: SitePolicy, settings) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert [words for _, words in found()["sms account"]] == [
        "the token cannot be decrypted with any of ENCRYPTION_KEYS, so no texts are sent"
    ]


def test_unfinished_key_rotation_is_weak(policy: SitePolicy, settings) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    settings.SECRET_KEY_FALLBACKS = ["a former key, as long and as dull as the present one"]
    words = " ".join(words for _, words in found()["keys"])
    assert worst("keys") == Health.WEAK
    assert "1 stored values use an old key. Run manage.py reencrypt" in words
    assert "SECRET_KEY_FALLBACKS is set" in words


def test_alerts_without_recipient_are_a_fault(root: User) -> None:
    assert "alerts" not in found()
    User.objects.filter(pk=root.pk).update(email="root@")
    assert found()["alerts"][0][0] == Health.ILL


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ("the help desk", False),
        ("help@example.com", False),
        ("The help desk (help@example.com).", False),
        ("help@", True),
        ("Acme, Inc. <help@>", True),
    ],
)
def test_undeliverable_contact_is_weak(
    policy: SitePolicy,
    contact: str,
    said: bool,  # noqa: FBT001
) -> None:
    SitePolicy.objects.update(contact=contact)
    assert ("contact" in found()) is said


def test_doctor_checks_mail_server(policy: SitePolicy, settings) -> None:
    assert found()["mail"] == [(Health.WELL, "The mail server answers.")]
    settings.MFA_CHANNELS = {
        "email": {"BACKEND": "mfa.channels.email.EmailChannel", "OPTIONS": {}},
        "sms": settings.MFA_CHANNELS["sms"],
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert worst("mail") == Health.ILL


def test_doctor_contacts_no_mail_server_if_none_is_set(policy: SitePolicy, settings) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert "mail" not in found()


@pytest.mark.parametrize("place", ["site", "organization"])
def test_open_registration_without_mail_server_is_a_fault(
    policy: SitePolicy, settings, place: str
) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert "registration" not in found()
    if place == "site":
        SitePolicy.note(registration=True)
    else:
        organization("Maple Clinic", registration=True)
    assert worst("registration") is Health.ILL


@pytest.mark.parametrize(("enabled", "health"), [(True, Health.ILL), (False, Health.WEAK)])
def test_missing_sms_account_is_reported(policy: SitePolicy, enabled, health: Health) -> None:
    SmsAccount.note(account_id="")
    SitePolicy.objects.update(enabled=enabled)
    assert found()["sms account"] == [(health, "not set up. Enter it in Security > Account Policy")]


def test_approval_without_a_key_is_reported(policy: SitePolicy, alice: User, settings) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    assert "approval" in found()
    settings.VAPID_PRIVATE_KEY = ""
    assert "approval" not in found(), "nobody needs it"
    Factor.objects.filter(user=alice).delete()
    settings.VAPID_PRIVATE_KEY = KEY
    give_deaf_phone(alice)
    SitePolicy.objects.update(methods=["push"])
    settings.VAPID_PRIVATE_KEY = ""
    policy_words, people = found()["approval"]
    assert policy_words[0] is people[0] is Health.ILL
    assert "manage.py new_push_key" in policy_words[1]
    assert people[1] == "VAPID_PRIVATE_KEY is empty. People whose only method is approval: 1"


def test_people_who_have_only_a_phone_are_counted_while_no_text_is_sent(
    policy: SitePolicy, alice: User, root: User
) -> None:
    """pol4: alice has a phone, and root also has recovery codes."""
    words = "people whose only verification method is a phone: 1"
    give_phone(make_user("gone@example.org", is_active=False), "+447700900291")
    assert words not in [words for _, words in found()["sms account"]]
    SmsAccount.note(account_id="")
    assert (Health.ILL, words) in found()["sms account"]


def test_name_that_nobody_chose_is_weak(policy: SitePolicy) -> None:
    assert "name" not in found()
    SitePolicy.objects.update(portal_name="Portal")
    assert found()["name"] == [
        (Health.WEAK, "is still Portal. Change it in Security > Account Policy")
    ]


def test_proxy_is_named_without_its_password(policy: SitePolicy, settings) -> None:
    settings.SMS_PROXY_URL = "http://user:secret@proxy.example.org:3128"
    assert found()["proxy"] == [(Health.WELL, "texts are sent through proxy.example.org:3128")]


def test_texts_kept_by_twilio_are_a_weakness(policy: SitePolicy, settings) -> None:
    SmsAccount.note(unredacted=True)
    assert worst("sms account") == Health.WELL
    settings.SMS_REDACT = True
    assert worst("sms account") == Health.WEAK


def test_clock_is_compared_with_database(policy: SitePolicy) -> None:
    assert worst("clock") == Health.WELL


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has this machine's clock")
def test_wrong_clock_is_reported_as_fault(policy: SitePolicy, clock) -> None:
    assert worst("clock") == Health.ILL


def test_counting_worker_is_reported_healthy(policy: SitePolicy, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = False
    assert found()["worker"] == [
        (Health.ILL, "not active yet. Check that worker and beat are running")
    ]
    metrics.count()
    assert worst("worker") == Health.WELL
    minutes_ago = timezone.now() - timedelta(minutes=5)
    Metric.objects.filter(name="mark", words="at").update(value=int(minutes_ago.timestamp()))
    assert worst("worker") == Health.ILL


def test_weak_installation_exits_with_1(safe, alice: User) -> None:
    assert {health for lines in found().values() for health, _ in lines} == {
        Health.WELL,
        Health.WEAK,
    }
    words, exit_code = run()
    assert exit_code == 1
    assert "weak  settings: " in words
    assert "ok    database: available" in words


def test_faulty_installation_exits_with_2(safe, alice: User) -> None:
    safe.CELERY_TASK_ALWAYS_EAGER = False
    asked = timezone.now() - timedelta(minutes=5)
    Delivery.objects.create(
        user=alice, message="code", channel="sms", target="+447700900201", created_at=asked
    )
    words, exit_code = run()
    assert exit_code == 2
    assert "FAULT queue: a message has waited for 300 s" in words


def test_healthy_installation_exits_with_0(safe, alice: User) -> None:
    safe.DEBUG, safe.DEMO = False, True
    words, exit_code = run()
    assert exit_code == 0, words


def test_json_output_is_valid(policy: SitePolicy) -> None:
    words, _ = run("--json")
    lines = json.loads(words)
    assert {"part": "database", "health": "well", "words": "available"} in lines


def test_doctor_checks_sms_account(straight: None, settings) -> None:
    """An account that Twilio does not know is a fault."""
    settings.MFA_CHANNELS = {"sms": {"BACKEND": "mfa.channels.twilio.TwilioChannel", "OPTIONS": {}}}
    assert worst("sms account") == Health.WELL
    SmsAccount.note(account_id="AC" + "9" * 32)
    assert worst("sms account") == Health.ILL


def test_misspelled_emails_are_named_by_key(safe) -> None:
    """Only the keys, because output of doctor is pasted into tickets."""
    assert worst("emails") == Health.WELL
    person, twin = (User.objects.create_user(f"{name}@example.org") for name in "ab")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = 'A@example.org' WHERE id = %s", [twin.pk])
    assert found()["emails"] == [
        (
            Health.ILL,
            f"person {twin.pk} has the same address as person {person.pk}. Keep one of them",
        )
    ]


def test_single_address_of_all_logins_is_a_weakness(policy: SitePolicy) -> None:
    """X22."""
    assert worst("addresses") is Health.WELL
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(at=now, event=Event.PASSWORD_RIGHT, user_id=n % 9, address="10.0.0.9")
        for n in range(60)
    )
    [(health, words)] = found()["addresses"]
    assert health is Health.WEAK
    assert "10.0.0.9" in words
    assert "TRUSTED_PROXIES" in words


def test_imported_hashes_are_counted(policy: SitePolicy, alice: User) -> None:
    """S11."""
    assert found()["passwords"] == [(Health.WELL, "all are hashed by this portal")]
    User.objects.filter(pk=alice.pk).update(password="pbkdf2_sha256$1$salt$hash")
    [(_health, words)] = found()["passwords"]
    assert words.startswith("1 imported hashes left")
