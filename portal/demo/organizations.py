"""The demo's organizations: a partner with clients, and their people in several states."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.models.invitations import LIFE
from accounts.organizations import members
from mfa.models import SitePolicy

PARTNER, CLINIC, SCHOOL = "northwind", "maple-clinic", "harbor-school"
CLUB = "oak-club"
NAMES = {
    PARTNER: "Northwind Partners",
    CLINIC: "Maple Clinic",
    SCHOOL: "Harbor School",
    CLUB: "Oak Club",
}
# Enough that lists have pages and a search has something to do
MANY = 2_000
# Only these people have addresses there.
CROWD = "@harbor-school.example"
# Days
TRUST = 14
MANAGER, MEMBER = "manager", "member"


def make() -> None:
    """Add the organizations at the first run."""
    if Organization.objects.filter(slug=PARTNER).exists():
        return
    methods = ["phone", "email", "app", "passkey", "push", "recovery_codes"]
    # The clinic and the partner switch it off for their people.
    SitePolicy.note(
        may_relax_to="off", login_with="either", methods=methods, trust_browser_days=TRUST
    )
    partner = Organization.objects.create(slug=PARTNER, name=NAMES[PARTNER])
    partner.own.trust_browser_days = 0
    partner.own.save()
    for slug in (CLINIC, SCHOOL, CLUB):
        Organization.objects.create(slug=slug, name=NAMES[slug], parent=partner)
    clinic = Organization.objects.get(slug=CLINIC)
    clinic.own.enforcement = "optional"
    clinic.own.registration = True
    clinic.own.trust_browser_days = 0
    clinic.own.number_change = "save_then_verify"
    clinic.own.after_enrollment = "continue"
    clinic.own.deadline = timezone.now() + timedelta(days=30)
    clinic.own.save()
    club = Organization.objects.get(slug=CLUB)
    club.own.methods, club.own.after_enrollment = ["email"], "finish"
    club.own.save()
    _crowd(Organization.objects.get(slug=SCHOOL))


def join(user: User, places: tuple[tuple[str, str], ...]) -> None:
    """Add a person to organizations by short name and role."""
    for slug, role in places:
        members.join(None, user, Organization.objects.get(slug=slug), role=role)


def invite() -> None:
    """Add an invitation in each state to the clinic, at the first run. None is emailed."""
    clinic = Organization.objects.get(slug=CLINIC)
    if clinic.invitations.exists():
        return
    mia = User.objects.get(email="mia@example.com")
    now = timezone.now()
    states: dict[str, dict[str, datetime]] = {
        "Wanda Waiting": {},
        "Eric Expired": {"expires_at": now - timedelta(hours=3)},
        "Anna Accepted": {"accepted_at": now},
        "Rob Revoked": {"revoked_at": now},
    }
    for name, values in states.items():
        Invitation.objects.create(
            organization=clinic,
            inviter=mia,
            full_name=name,
            email=f"{name.split()[0].lower()}@example.com",
            round=1,
            **{"expires_at": now + LIFE, **values},
        )


def _crowd(school: Organization) -> None:
    """Add many people who cannot log in, for the lists."""
    names = [f"Pupil {number:04}" for number in range(1, MANY + 1)]
    people = User.objects.bulk_create(
        User(
            email=f"{name.replace(' ', '').lower()}{CROWD}",
            full_name=name,
            password=make_password(None),
        )
        for name in names
    )
    now = timezone.now()
    # They joined over the last weeks, so the enrollment report has bars.
    rows = Membership.objects.bulk_create(
        Membership(user=person, organization=school, since=now - timedelta(days=number % 40))
        for number, person in enumerate(people)
    )
    for person, row in zip(people, rows, strict=True):
        person.home = row
    User.objects.bulk_update(people, ["home"], batch_size=200)
