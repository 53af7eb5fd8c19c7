"""Who may open what: every URL for every kind of person (AZ-01, AZ-02).

tests/access.py holds the matrix.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Tile, User
from accounts.organizations import invitations
from mfa.models import AuditEvent, Event, Job, Pause, SendBlock, SitePolicy
from tests import stations
from tests.access import (
    ACTORS,
    DENIED,
    LOGIN,
    MATRIX,
    MISSING,
    OPEN,
    ORDINARY,
    STAFF,
    VISITOR,
    Outcomes,
)
from tests.architecture.addresses import ADDRESSES, Address
from tests.conftest import give_phone, make_user
from tests.journeys.database import Dump, dump
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser
from tests.registration import registered

OF_ORGANIZATIONS = [each for each in ADDRESSES if each.route.startswith("organizations/")]
# A refusal is recorded and counted, and it moves the session's times.
RECORDED = {"mfa_auditevent", "mfa_counter", "mfa_session", "sqlite_sequence"}
# Their buttons change memberships.
CHANGE_MEMBERS = {"accounts:member_end", "accounts:member_role"}
# Values that no form of a person or manager may set
PRIVILEGES = {
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "role": "manager",
    "organization": "1",
    "user": "1",
    "home": "1",
    "email": "taken@evil.example",
    "username": "taken",
    "groups": "1",
    "parent": "1",
    "for_clients": "1",
    "registered_at": "2001-01-01",
    "valid_until": "2001-01-01",
}


@pytest.fixture
def actors(policy: SitePolicy, monkeypatch: pytest.MonkeyPatch) -> dict[str, Browser]:
    """Log each actor in, and let the URLs name Ned and Acme."""
    names = ("ned", *ORDINARY, *STAFF)
    people = {name: make_user(f"{name}@example.org", is_staff=name in STAFF) for name in names}
    for number, user in enumerate(people.values(), 210):
        give_phone(user, f"+447700900{number}")
    people["support"].groups.add(Group.objects.get(name="Support"))
    people["administrator"].groups.add(Group.objects.get(name="Administrators"))
    User.objects.filter(email="superuser@example.org").update(is_superuser=True)
    north, globex = organization("North"), organization("Globex")
    acme = organization("Acme", north, registration=True)
    SitePolicy.note(registration=True)
    ned = join(people["ned"], acme)
    join(people["member"], acme)
    for name, place in (("manager", acme), ("partner", north), ("rival", globex)):
        join(people[name], place, role=MANAGER)
    _add_rows(ned, people["superuser"])
    invitation = invitations.invite(people["manager"], acme, "ann@example.org")
    browsers = {VISITOR: Browser()}
    for name in ("ned", *ACTORS[1:]):
        browsers[name] = Browser()
        browsers[name].log_in(people[name])
    login = AuditEvent.objects.get(user=ned, event=Event.LOGGED_IN)
    ids = {"slug": "acme", "member_id": ned.home_id, "person_id": ned.pk, "event_id": login.pk}
    ids["invitation_id"] = invitation.pk
    for parameter, value in {**ids, "pk": ned.factors.get().pk}.items():
        monkeypatch.setitem(stations.KEYS, parameter, lambda value=value: str(value))
    del browsers["ned"]
    return browsers


def _add_rows(ned: User, root: User) -> None:
    """Add a row to each table that the logins leave empty."""
    now = timezone.now()
    Pause.objects.create(user=ned, reason="-", started_at=now, until=now, ended_at=now)
    SendBlock.objects.create(scope="+447546123", started_at=now, until=now)
    Job.objects.create(action="end_sessions", by=root, people=[ned.pk], total=1)
    Tile.objects.create(title="Handbook", address="https://example.org/", icon="document")


@contextmanager
def undone(browser: Browser) -> Iterator[None]:
    """Undo what one request changes, in the database and in the browser."""
    cookies = deepcopy(browser.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    browser.cookies = cookies


def answer(browser: Browser, address: Address) -> HttpResponse:
    """Open the URL, or post to it where it accepts nothing else."""
    with undone(browser):
        found = browser.get(address.path)
        return found if found.status_code != 405 else browser.post(address.path)


def outcome_of(found: HttpResponse) -> str:
    if found.status_code == 302 and found.url.startswith(("/login/?next=", "/admin/login/")):
        return LOGIN
    return {403: DENIED, 404: MISSING}.get(found.status_code, OPEN)


def expected(address: Address) -> Outcomes:
    return MATRIX.get(address.name or address.route, {})


def test_every_url_opens_only_for_those_in_the_matrix(actors: dict[str, Browser]) -> None:
    wrong = [
        f"{address}: {actor} {found}, expected {expected(address).get(actor)}"
        for address in ADDRESSES
        for actor, browser in actors.items()
        if (found := outcome_of(answer(browser, address))) != expected(address).get(actor)
    ]
    assert wrong == []


def test_refused_post_changes_nothing(actors: dict[str, Browser]) -> None:
    before = _kept()
    for actor, browser in actors.items():
        for address in ADDRESSES:
            if expected(address)[actor] == OPEN:
                continue
            found = browser.post(address.path, {**PRIVILEGES, "confirmed": "yes"})
            right = outcome_of(found) == expected(address)[actor]
            assert right or found.status_code == 405, (actor, address)
        assert _kept() == before, actor
    recorded = AuditEvent.objects.filter(event=Event.ORGANIZATION_REFUSED)
    refused = set(ACTORS) - {VISITOR, "partner"}
    assert {event.person for event in recorded} == {f"{name}@example.org" for name in refused}


def test_forms_of_managers_ignore_fields_that_they_do_not_have(actors: dict[str, Browser]) -> None:
    before = _privileges()
    for actor in ("manager", "partner"):
        for address in OF_ORGANIZATIONS:
            if expected(address)[actor] == OPEN and address.name not in CHANGE_MEMBERS:
                actors[actor].post(address.path, PRIVILEGES)
        assert _privileges() == before, actor


def test_other_organizations_cost_the_same_as_missing_ones(actors: dict[str, Browser]) -> None:
    """The rival gets one answer for Acme and for a name that no organization has."""
    for address in OF_ORGANIZATIONS:
        foreign, missing = address.path, address.path.replace("acme", "nowhere")
        assert _cost(actors["rival"], foreign) == _cost(actors["rival"], missing), address


def test_rows_of_other_organizations_cost_the_same_as_missing_ones(
    actors: dict[str, Browser],
) -> None:
    """The rival names its own organization and Acme's rows."""
    for address in OF_ORGANIZATIONS:
        foreign = address.path.replace("acme", "globex")
        missing = foreign
        for parameter in ("member_id", "invitation_id"):
            missing = missing.replace(f"/{stations.KEYS[parameter]()}/", "/999999/")
        if foreign != missing:
            assert _cost(actors["rival"], foreign) == _cost(actors["rival"], missing), address


@pytest.mark.parametrize(("ended", "then"), [("role", DENIED), ("membership", MISSING)])
def test_former_manager_is_refused_at_next_request(
    actors: dict[str, Browser], ended: str, then: str
) -> None:
    rows = Membership.objects.filter(user__email="manager@example.org")
    now = {"role": "member"} if ended == "role" else {"ended_at": timezone.now()}
    rows.update(**now)
    User.objects.filter(email="manager@example.org").update(**registered())
    for address in OF_ORGANIZATIONS:
        assert outcome_of(answer(actors["manager"], address)) == then, address
        posted = actors["manager"].post(address.path, PRIVILEGES)
        assert posted.status_code == 405 or outcome_of(posted) == then, address


def _kept() -> Dump:
    return {table: rows for table, rows in dump().items() if table not in RECORDED}


def _privileges() -> list[tuple[object, ...]]:
    people = User.objects.order_by("pk").values_list(
        "email", "username", "is_staff", "is_superuser", "is_active", "home", "valid_until"
    )
    places = Membership.objects.order_by("pk").values_list("user", "organization", "role")
    return [*people, *places]


def _cost(browser: Browser, path: str) -> tuple[int, int]:
    """Return status and number of statements. The first request of an hour is recorded."""
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        found = browser.get(path)
    return found.status_code, len(queries)
