"""The demo's people and its SMS account, as data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mfa.models import Factor, SitePolicy, SmsAccount, SmsValues
from portal.demo import organizations
from portal.demo.organizations import CLINIC, CLUB, MANAGER, MEMBER, PARTNER, SCHOOL
from portal.demo.states import STATES

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

PASSWORD = "demo demo demo demo"  # noqa: S105 printed by the demo for everyone
# Ofcom reserves +44 7700 900000 to 900999 for drama, so nobody owns them.
ADMIN_NUMBER = "+447700900100"
SMS_ACCOUNT_ID = "AC" + "0123456789abcdef" * 2
SMS_AUTH_TOKEN = "fedcba9876543210" * 2
SMS_NUMBER = "+447700900999"


@dataclass(frozen=True, slots=True)
class Person:
    """A person to log in as."""

    email: str
    full_name: str
    note: "StrOrPromise"
    number: str = ""
    group: str = ""
    superuser: bool = False
    password: str = PASSWORD
    # Short names of organizations, each with the role there
    places: tuple[tuple[str, str], ...] = ()


PEOPLE = (
    Person(
        "ada@example.com", "Ada Adams", _("A new person: the first login asks for a phone number.")
    ),
    Person(
        "ben@example.com", "Ben Brown", _("Has a phone: gets a text right away."), "+447700900101"
    ),
    Person(
        "admin@example.com",
        "Alex Admin",
        _("Administrator: texts go to +447700900100."),
        ADMIN_NUMBER,
        group="Administrators",
        superuser=True,
    ),
    Person(
        "sam@example.com",
        "Sam Support",
        _("Support: helps people, under Support in the menu."),
        "+447700900102",
        group="Support",
    ),
    Person(
        "pat@example.com",
        "Pat Partner",
        _("Manager of a partner: sees its people and its clients."),
        "+447700900103",
        places=((PARTNER, MANAGER),),
    ),
    Person(
        "mia@example.com",
        "Mia Manager",
        _("Manager of a clinic: resets people and sets their rules."),
        "+447700900104",
        places=((CLINIC, MANAGER),),
    ),
    Person(
        "noah@example.com",
        "Noah Nurse",
        _("Belongs to the clinic: can skip the setup for 30 days."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "kim@example.com",
        "Kim Keeper",
        _("Belongs to the clinic and the school: support helps, not their managers."),
        "+447700900105",
        places=((SCHOOL, MEMBER), (CLINIC, MEMBER)),
    ),
    Person(
        "sky@example.com",
        "Sky Skipper",
        _("Skipped the setup: logs in at once, and finds “Enable MFA” in the menu."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "wes@example.com",
        "Wes Waiting",
        _("Entered too many wrong codes: waits for a week."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "lena@example.com",
        "Lena Landline",
        _("Has just a landline from an old system: is asked for a mobile number."),
        places=((SCHOOL, MEMBER),),
    ),
    Person(
        "una@example.com",
        "Una Unproven",
        _("A manager entered the number: the first code proves it."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "nell@example.com",
        "Nell Newnumber",
        _("Logs in as “nell” too. Saved a new number: verifies it at the login."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "emma@example.com",
        "Emma Email",
        _("Gets her codes at emma@home.example: her club allows only email."),
        places=((CLUB, MEMBER),),
    ),
    Person(
        "finn@example.com",
        "Finn First",
        _("New at the club: the first login asks for an email for codes."),
        places=((CLUB, MEMBER),),
    ),
    Person(
        "tess@example.com",
        "Tess Trusting",
        _("Belongs to the school: can trust a browser for 14 days, beside the code."),
        "+447700900110",
        places=((SCHOOL, MEMBER),),
    ),
    Person(
        "pia@example.com",
        "Pia Paused",
        _("Two-step verification is paused for a week: the password is enough."),
        places=((SCHOOL, MEMBER),),
    ),
    Person(
        "bo@example.com",
        "Bo Blocked",
        _("Lost every method: support helps."),
        places=((CLINIC, MEMBER),),
    ),
    Person(
        "rosa@example.com",
        "Rosa Reset",
        _("Was reset by support: proves the email address, then sets up a phone."),
        places=((CLINIC, MEMBER),),
    ),
)


def make() -> None:
    """Add the missing people and organizations. At the first run, enable MFA."""
    organizations.make()
    for person in PEOPLE:
        if not User.objects.filter(email=person.email).exists():
            _make_person(person)
    organizations.invite()
    policy, account = SitePolicy.load(), SmsAccount.load()
    if not account.complete:
        account.values = SmsValues(SMS_ACCOUNT_ID, SMS_AUTH_TOKEN, SMS_NUMBER)
        account.tested_at = timezone.now()
        account.tested_credentials = account.credentials()
        account.save()
        policy.portal_name = "Acme Portal"
        policy.home_region = "GB"
        policy.contact = "the help desk, 020 7946 0000"
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
    organizations.join(user, person.places)
    if enter := STATES.get(person.email):
        enter(user)
