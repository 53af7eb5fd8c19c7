"""Two imports at once, two workers on one import, and a policy that changes meanwhile."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from time import sleep

import pytest
from django.db import connection, transaction

from accounts.csv_import import dry_run, run, uploads
from accounts.models import Membership, Organization, PeopleImport, User
from accounts.organizations import members
from mfa.audit import NOWHERE
from mfa.models import AuditEvent, Event, Factor
from tests.organizations import organization, settings
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 30
LINES = "email,full name\n" + "".join(f"p{each}@example.org,P{each}\n" for each in range(PEOPLE))
State = PeopleImport.State


@pytest.fixture
def acme(root: User) -> Organization:
    return organization("Acme")


def checked(root: User, acme: Organization, emails: Sequence[str] = ()) -> PeopleImport:
    content = "\n".join(("email", *emails)) if emails else LINES
    held = uploads.store(root, acme, content.encode(), name="people.csv", invites=False)
    uploads.map_columns(held, uploads.mapped_in(held))
    dry_run.check(held.pk, seconds=60)
    return held


def running(root: User, held: PeopleImport) -> Callable[[], bool]:
    held.refresh_from_db()
    run.start(root, held, sends_mail=False, client=NOWHERE)
    return lambda: run.go_on(held.pk, seconds=60)


def assert_all_are_here_once(acme: Organization) -> None:
    assert User.objects.filter(email__startswith="p").count() == PEOPLE
    assert Membership.objects.filter(organization=acme).count() == PEOPLE
    created = AuditEvent.objects.filter(event=Event.IMPORTED, details__effect="new")
    assert created.count() == PEOPLE


def test_two_imports_of_the_same_people_at_once(acme: Organization, root: User) -> None:
    imports = [checked(root, acme) for _ in range(2)]
    at_once([running(root, each) for each in imports])
    assert_all_are_here_once(acme)
    for each in imports:
        each.refresh_from_db()
        assert each.state == State.FINISHED
        effects = ("new", "changed", "unchanged", "refused")
        assert sum(each.counts.get(name, 0) for name in effects) == PEOPLE
    assert sum(each.counts.get("new", 0) for each in imports) == PEOPLE
    assert sum(each.counts.get("unchanged", 0) for each in imports) == PEOPLE


def test_two_imports_in_opposite_order(acme: Organization, root: User) -> None:
    """Neither waits for the other in a circle, with new people and with people who are here."""
    emails = [f"p{each}@example.org" for each in range(PEOPLE)]
    User.objects.bulk_create(User(email=email) for email in emails[::3])
    imports = [checked(root, acme, lines) for lines in (emails, emails[::-1])]
    at_once([running(root, each) for each in imports])
    assert Membership.objects.filter(organization=acme).count() == PEOPLE
    assert User.objects.filter(email__in=emails).count() == PEOPLE


def test_import_beside_people_who_join_by_themselves(acme: Organization, root: User) -> None:
    emails = [f"p{each}@example.org" for each in range(PEOPLE)]
    people = User.objects.bulk_create(User(email=email) for email in emails)
    held = checked(root, acme, emails)

    def join(some: list[User]) -> bool:
        for person in some:
            members.join(None, person, acme)
        return True

    some = [partial(join, people[::-1]), partial(join, people)]
    at_once([running(root, held), *some])
    assert Membership.objects.filter(organization=acme).count() == PEOPLE
    assert User.objects.filter(home__organization=acme).count() == PEOPLE


def test_four_workers_on_one_import(acme: Organization, root: User) -> None:
    held = checked(root, acme)
    many(4, running(root, held))
    run.go_on(held.pk, seconds=60)
    assert_all_are_here_once(acme)
    held.refresh_from_db()
    assert (held.state, held.position, held.counts["new"]) == (State.FINISHED, PEOPLE, PEOPLE)


def test_policy_that_changes_during_an_import(acme: Organization, root: User) -> None:
    """Each person joins under the rules of one moment, and no one is lost."""
    held = checked(root, acme)

    def tighten() -> bool:
        for methods in (["phone"], ["app"], ["phone", "app"]):
            settings(acme.own, methods=methods)
        return True

    at_once([running(root, held), tighten])
    assert_all_are_here_once(acme)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no single rows")
def test_import_leaves_a_person_who_becomes_staff_while_it_waits(
    acme: Organization, root: User
) -> None:
    ann = User.objects.create(email="ann@example.org", full_name="Ann")
    content = "email,full name,mobile\nann@example.org,Eve,+447700900123\n"
    held = uploads.store(root, acme, content.encode(), name="people.csv", invites=False)
    uploads.map_columns(held, uploads.mapped_in(held))
    dry_run.check(held.pk, seconds=60)
    bring, promoted = running(root, held), threading.Event()

    def promote() -> bool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=ann.pk)
            User.objects.filter(pk=ann.pk).update(is_staff=True)
            promoted.set()
            wait_for_a_lock()
        return True

    at_once([promote, lambda: promoted.wait(10) and bring()])
    ann.refresh_from_db()
    assert (ann.is_staff, ann.full_name) == (True, "Ann")
    assert not Factor.objects.filter(user=ann).exists()
    assert not Membership.objects.filter(user=ann).exists()
    held.refresh_from_db()
    assert held.counts["refused"] == 1


def wait_for_a_lock() -> None:
    """Return once another connection waits for a row."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
