"""Several people act on one member, or on one organization, at once (K10, org3, org8)."""

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Invitation, Membership, Organization, User
from accounts.organizations import members
from accounts.organizations.members import LastManagerError
from mfa import rescue
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, Factor, SitePolicy
from mfa.rescue import Identified
from tests.conftest import give_phone, make_user
from tests.invitations import ANN
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
MEMBER = Membership.Role.MEMBER
REFUSED = "refused"


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    return organization("Clinic", organization("Partner"))


def manager_of(place: Organization, name: str) -> User:
    user = make_user(f"{name}@example.org")
    give_phone(user, f"+44770090041{len(name)}")
    return join(user, place, role=MANAGER)


def patient(place: Organization, number: int) -> User:
    user = make_user(f"patient{number}@example.org")
    give_phone(user, f"+4477009005{number:02}")
    return join(user, place)


def at(user: User, place: Organization) -> Membership:
    return Membership.objects.get(user=user, organization=place)


def tried(work: Callable[..., object], *args: object, **more: object) -> Callable[[], object]:
    """Return a call that answers `refused` for what the actor may not do."""

    def call() -> object:
        try:
            return work(*args, **more)
        except (PermissionDenied, LastManagerError):
            return REFUSED

    return call


def resetting(actor: User, person: User) -> Callable[[], object]:
    how = {"reason": "lost phone", "identified": Identified.IN_PERSON, "client": NOWHERE}
    return tried(rescue.reset, actor, person, **how)


def numbering(actor: User, person: User) -> Callable[[], object]:
    write = rescue.assign_number
    return tried(write, actor, person, "+447546123499", reason="new phone", client=NOWHERE)


def test_reset_comes_before_membership_elsewhere_or_not_at_all(clinic: Organization) -> None:
    """A person who joins elsewhere in this moment becomes shared: support resets shared people."""
    boss, elsewhere = manager_of(clinic, "boss"), organization("Elsewhere")
    for number in range(ROUNDS):
        person = patient(clinic, number)
        joining = partial(members.join, None, person, elsewhere)
        answers = at_once([resetting(boss, person), joining])
        reset = AuditEvent.objects.filter(user=person, event=Event.FACTORS_RESET)
        assert reset.exists() is (answers[0] is not REFUSED)
        joined = AuditEvent.objects.filter(user=person, event=Event.MEMBER_JOINED).latest("pk")
        assert all(event.pk < joined.pk for event in reset)
        assert Factor.objects.usable().filter(user=person).exists() is not reset.exists()


def test_number_comes_before_promotion_or_not_at_all(clinic: Organization) -> None:
    """org8: a manager writes a number while an administrator makes the person staff."""
    boss = manager_of(clinic, "boss")
    for number in range(ROUNDS):
        person = patient(clinic, number)
        promoted = User.objects.filter(pk=person.pk)
        at_once([numbering(boss, person), partial(promoted.update, is_staff=True)])
        person.refresh_from_db()
        assert numbering(boss, person)() is REFUSED
        assert Factor.objects.not_revoked().filter(user=person, kind="phone").count() == 1


def test_two_managers_write_numbers_and_reset_at_once(clinic: Organization) -> None:
    bosses = [manager_of(clinic, "boss"), manager_of(clinic, "second")]
    for number in range(ROUNDS):
        person = patient(clinic, number)
        at_once([numbering(bosses[0], person), resetting(bosses[1], person)])
        left = Factor.objects.not_revoked().filter(user=person)
        assert left.count() <= 1
        assert not left.filter(status="active").exists()


def test_end_and_promotion_of_one_member_agree(clinic: Organization) -> None:
    """A manager ends a membership while the partner's manager gives the role."""
    boss, above = manager_of(clinic, "boss"), manager_of(clinic.parent, "above")
    for number in range(ROUNDS):
        row = at(patient(clinic, number), clinic)
        ended, given = at_once(
            [tried(members.end, boss, row), tried(members.give_role, above, row, MANAGER)]
        )
        row.refresh_from_db()
        assert (ended is REFUSED) is (row.ended_at is None)
        assert (given is True) is (row.role == MANAGER)
        assert bool(row.ended_at) is not (row.role == MANAGER)


def test_one_of_two_last_managers_stays(clinic: Organization) -> None:
    """org3: the partner's managers demote one and end the other."""
    aboves = [manager_of(clinic.parent, "above"), manager_of(clinic.parent, "beside")]
    rows = [at(manager_of(clinic, name), clinic) for name in ("boss", "second")]
    answers = at_once(
        [
            tried(members.end, aboves[0], rows[0]),
            tried(members.give_role, aboves[1], rows[1], MEMBER),
        ]
    )
    assert answers.count(REFUSED) == 1
    left = Membership.objects.in_force().filter(organization=clinic, role=MANAGER)
    assert left.count() == 1


def burst(browser: Browser, path: str, **fields: str) -> list[int]:
    """Return the statuses of twenty clicks on one button."""
    copies = [Browser() for _ in range(20)]
    for copy in copies:
        copy.cookies.update(browser.cookies)
    answers = at_once([partial(copy.post, path, fields) for copy in copies])
    return [answer.status_code for answer in answers]


def test_twenty_clicks_on_invite_role_and_end_act_once(clinic: Organization) -> None:
    above, person = manager_of(clinic.parent, "above"), patient(clinic, 1)
    manager_of(clinic, "boss")
    browser = Browser()
    browser.log_in(above)
    row = at(person, clinic)
    page = f"/organizations/clinic/people/{row.pk}/"
    assert set(burst(browser, f"{page}role/", role=MANAGER)) == {302}
    assert AuditEvent.objects.filter(user=person, event=Event.ROLE_CHANGED).count() == 1
    # The first ends the membership; then the page is gone for the rest.
    assert set(burst(browser, f"{page}end/")) <= {302, 404}
    assert AuditEvent.objects.filter(user=person, event=Event.MEMBER_LEFT).count() == 1
    statuses = burst(browser, "/organizations/clinic/invitations/new/", email=ANN)
    assert set(statuses) <= {302, 429}
    assert Invitation.objects.get().round == statuses.count(302)
