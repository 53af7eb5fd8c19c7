"""The demo's people and its SMS account, as data."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa.models import AccountPolicy, Factor

PASSWORD = "demo demo demo demo"  # noqa: S105 printed by the demo for everybody
# Ofcom keeps +44 7700 900000 to 900999 for drama: they belong to nobody.
ADMIN_NUMBER = "+447700900100"
SMS_ACCOUNT_ID = "AC" + "0123456789abcdef" * 2
SMS_AUTH_TOKEN = "fedcba9876543210" * 2
SMS_NUMBER = "+447700900999"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to log in as."""

    email: str
    full_name: str
    note: str
    number: str = ""
    group: str = ""
    superuser: bool = False
    password: str = PASSWORD


PEOPLE = (
    Person(
        "ada@example.com", "Ada Adams", "A new person: the first login asks for a phone number."
    ),
    Person("ben@example.com", "Ben Brown", "Has a phone: a text comes at once.", "+447700900101"),
    Person(
        "admin@example.com",
        "Alex Admin",
        f"Administrator: texts go to {ADMIN_NUMBER}.",
        ADMIN_NUMBER,
        group="Administrators",
        superuser=True,
    ),
    Person(
        "sam@example.com",
        "Sam Support",
        "Support: reads the administration.",
        "+447700900102",
        group="Support",
    ),
)


def make() -> None:
    """Add the people who are missing, and switch MFA on at the first time."""
    for person in PEOPLE:
        if not User.objects.filter(email=person.email).exists():
            _make_person(person)
    policy = AccountPolicy.load()
    if not policy.complete:
        policy.sms_account_id = SMS_ACCOUNT_ID
        policy.sms_auth_token = SMS_AUTH_TOKEN
        policy.sms_phone_number = SMS_NUMBER
        policy.home_region = "GB"
        policy.contact = "the help desk, 020 7946 0000"
        policy.tested_at = timezone.now()
        policy.tested_credentials = policy.credentials()
        policy.enabled = True
        policy.save()


def _make_person(person: Person) -> None:
    user = User.objects.create_user(
        person.email,
        person.password,
        full_name=person.full_name,
        language=settings.LANGUAGE_CODE,
        mailbox_proven_at=timezone.now(),
        is_staff=bool(person.group),
        is_superuser=person.superuser,
    )
    if person.group:
        user.groups.add(Group.objects.get(name=person.group))
    if person.number:
        now = timezone.now()
        Factor.objects.create(user=user, target=person.number, confirmed_at=now)
        User.objects.filter(pk=user.pk).update(ever_bound_at=now)
