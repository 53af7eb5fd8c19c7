"""Rules of several levels change at once. Together they must leave everyone a method."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, OrganizationPolicy, User
from accounts.organizations import details, members, rules
from accounts.organizations.details import ConflictError
from accounts.organizations.rules import Wishes
from mfa.models import Factor, SitePolicy
from mfa.rules.fold import EmptyPolicyError
from mfa.rules.policy import Enforcement
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization, settings
from tests.portal_client import Browser
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
PHONE, APP = ("phone",), ("app",)
REFUSED = "refused"


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    return organization("Clinic", organization("Partner"))


@pytest.fixture
def boss(clinic: Organization) -> User:
    return join(make_user("boss@example.org"), clinic, role=MANAGER)


@pytest.fixture
def above(clinic: Organization) -> User:
    return join(make_user("above@example.org"), clinic.parent, role=MANAGER)


def tried(work: Callable[..., object], *args: object) -> Callable[[], object]:
    def call() -> object:
        try:
            return work(*args)
        except (EmptyPolicyError, ConflictError):
            return REFUSED

    return call


def wishing(
    actor: User, place: Organization, level: OrganizationPolicy, methods: tuple[str, ...]
) -> Callable[[], object]:
    wishes = Wishes(Enforcement.REQUIRED, methods)
    return tried(rules.change, actor, place, level, wishes)


def saving(actor: User, path: str, *methods: str) -> Callable[[], int]:
    """Return a click on Save by this manager."""
    browser = Browser()
    browser.log_in(actor)
    sent = {"enabled": "on", "methods": methods, "confirmed": "1"}
    return lambda: browser.post(f"/organizations/{path}security/", sent).status_code


def test_clinic_and_partner_never_leave_no_method(
    clinic: Organization, boss: User, above: User
) -> None:
    """The first one saves. The other one reads which rules conflict."""
    give_phone(boss, "+447700900401")
    give_phone(above, "+447700900402")
    clicks = [
        saving(boss, "clinic/", "phone"),
        saving(above, "partner/clients/", "app"),
    ]
    # pol4: managers who demand an app have one.
    Factor.objects.create(user=above, kind="app", secret="00", confirmed_at=timezone.now())
    for _ in range(ROUNDS):
        settings(clinic.own, methods=[])
        settings(clinic.parent.for_clients, methods=[])
        assert sorted(at_once(clicks)) == [200, 302]


def test_new_rules_and_new_member_never_leave_no_method(
    clinic: Organization, boss: User, bob: User
) -> None:
    join(bob, organization("School", methods=["app"]))
    for _ in range(ROUNDS):
        settings(clinic.own, methods=[])
        Membership.objects.filter(user=bob, organization=clinic).delete()
        answers = at_once(
            [
                wishing(boss, clinic, clinic.own, PHONE),
                tried(partial(members.join, None), bob, clinic),
            ]
        )
        assert answers.count(REFUSED) == 1


def test_new_rules_and_organization_that_is_turned_on_never_leave_no_method(
    clinic: Organization, boss: User, bob: User
) -> None:
    school = organization("School", methods=["app"])
    join(bob, clinic, school)
    root = make_user("root@example.org", is_superuser=True)
    for _ in range(ROUNDS):
        settings(clinic.own, methods=[])
        Organization.objects.filter(pk=school.pk).update(is_active=False)
        switching = partial(details.switch, root, Organization.objects.get(pk=school.pk), on=True)
        answers = at_once([wishing(boss, clinic, clinic.own, PHONE), tried(switching)])
        assert answers.count(REFUSED) == 1


def test_other_settings_of_the_level_are_kept(clinic: Organization, boss: User) -> None:
    """An administrator sets a contact while the manager saves."""
    deadline = timezone.now() + timedelta(days=30)
    for number in range(ROUNDS):
        contact = f"desk {number}"
        stored = OrganizationPolicy.objects.filter(pk=clinic.own_id)
        wishes = Wishes(Enforcement.REQUIRED, PHONE if number % 2 else APP, deadline)
        at_once(
            [
                partial(rules.change, boss, clinic, clinic.own, wishes),
                partial(stored.update, contact=contact),
            ]
        )
        assert stored.get().contact == contact
        assert stored.get().methods == list(wishes.methods)
