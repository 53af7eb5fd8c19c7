"""The real run: it does what the dry run said, once, and stops when its author may no longer."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.csv_import import dry_run, part, run, uploads
from accounts.csv_import.lines import LineFault
from accounts.models import Invitation, Membership, Organization, PeopleImport, User
from accounts.organizations import invitations, joining
from accounts.organizations.invitation_links import path_of
from mfa import factors
from mfa.audit import NOWHERE
from mfa.limits import counters, table as limits
from mfa.models import AuditEvent, Event, Factor, OutboxMessage, SitePolicy, Status
from tests.conftest import make_user
from tests.invitations import NEW
from tests.organizations import organization, settings

State = PeopleImport.State
HEADER = "email,full name,mobile,username,role,organization"


@pytest.fixture(autouse=True)
def _test_numbers(settings: object, policy: SitePolicy) -> None:
    settings.SMS_TEST_NUMBERS = ["+447700900"]  # type: ignore[attr-defined]


@pytest.fixture
def clinic(policy: SitePolicy) -> Organization:
    return Organization.objects.create(name="Maple Clinic", slug="maple-clinic")


@pytest.fixture
def mia(clinic: Organization) -> User:
    """The clinic's manager."""
    user = make_user("mia@example.org")
    membership = Membership.objects.create(user=user, organization=clinic, role="manager")
    user.home = membership
    user.save()
    return user


def checked(
    *lines: str, organization: Organization | None, by: User | None, invites: bool = False
) -> PeopleImport:
    content = "\n".join((HEADER, *lines)).encode()
    held = uploads.store(by, organization, content, name="people.csv", invites=invites)
    uploads.map_columns(held, uploads.mapped_in(held))
    dry_run.check(held.pk, seconds=60)
    held.refresh_from_db()
    return held


def imported(held: PeopleImport, by: User | None, *, sends_mail: bool = False) -> PeopleImport:
    run.start(by, held, sends_mail=sends_mail, client=NOWHERE)
    run.go_on(held.pk, seconds=60)
    held.refresh_from_db()
    return held


def test_run_does_what_the_dry_run_said_and_a_second_one_nothing(
    clinic: Organization, root: User
) -> None:
    lines = (
        "ann@example.org,Ann,+447700900211,annie,member,",
        "ben@example.org,Ben,,,manager,",
        "ben@example.org,Ben,,,manager,",
        "cy@example,Cy,,,,",
    )
    held = checked(*lines, organization=clinic, by=root)
    assert held.counts == {"new": 2, "repeated": 1, "bad": 1}
    assert held.total == sum(held.counts.values())
    assert not User.objects.filter(email="ann@example.org").exists()
    assert not held.parts.exists()
    held = imported(held, root)
    assert (held.state, held.counts) == (
        State.FINISHED,
        {"new": 2, "repeated": 1, "bad": 1, "refused": 0},
    )
    ann = User.objects.get(email="ann@example.org")
    assert (ann.full_name, ann.username) == ("Ann", "annie")
    assert not ann.has_usable_password()
    assert ann.mailbox_proven_at is None
    assert factors.proposed_number(ann) == "+447700900211"
    assert not Factor.objects.usable().filter(user=ann).exists()
    roles = Membership.objects.filter(organization=clinic).values_list("user__email", "role")
    assert set(roles) == {("ann@example.org", "member"), ("ben@example.org", "manager")}
    assert not OutboxMessage.objects.exists()
    assert AuditEvent.objects.filter(event=Event.IMPORTED, user=ann).count() == 1
    again = imported(checked(*lines, organization=clinic, by=root), root)
    assert again.counts == {"unchanged": 2, "repeated": 1, "bad": 1, "refused": 0}


def test_existing_people_keep_password_factors_powers_and_proof(
    clinic: Organization, alice: User, bob: User, root: User
) -> None:
    before = User.objects.values("password", "session_epoch", "is_staff").get(pk=alice.pk)
    held = checked(
        "alice@example.org,Alicia,+447700900222,,,",
        "bob@example.org,,+447700900223,,manager,",
        "root@example.org,Not Root,+447700900224,,,",
        organization=clinic,
        by=root,
    )
    faults = dict(held.findings.values_list("line", "fault"))
    assert faults == {2: LineFault.NUMBER_KEPT, 4: LineFault.STAFF}
    held = imported(held, root)
    assert held.counts == {"changed": 2, "refused": 1, "bad": 0, "repeated": 0}
    alice.refresh_from_db()
    assert alice.full_name == "Alicia"
    after = User.objects.values("password", "session_epoch", "is_staff").get(pk=alice.pk)
    assert after == before
    numbers = Factor.objects.filter(user=alice).values_list("target", "status")
    assert list(numbers) == [("+447700900201", Status.ACTIVE)]
    assert User.objects.get(email="bob@example.org").full_name == "Bob"
    assert User.objects.get(email="root@example.org").full_name == root.full_name


def test_manager_invites_everyone_alike_and_nobody_gets_mail(
    clinic: Organization, mia: User, alice: User, root: User
) -> None:
    held = checked(
        "new@example.org,New,+447700900231,nick,,",
        "alice@example.org,Alice,,,,",
        "root@example.org,Root,,,manager,other-org",
        "mia@example.org,Mia,,,,",
        organization=clinic,
        by=mia,
        invites=True,
    )
    assert held.counts == {"invited": 3, "unchanged": 1}
    held = imported(held, mia)
    assert held.counts["invited"] == 3
    rows = Invitation.objects.filter(organization=clinic)
    assert {row.state for row in rows} == {Invitation.State.PREPARED}
    assert {row.role for row in rows} == {"member"}
    assert rows.get(email="new@example.org").mobile == "+447700900231"
    assert not User.objects.filter(email="new@example.org").exists()
    assert not OutboxMessage.objects.exists()
    refused = AuditEvent.objects.filter(event=Event.INVITATION_REFUSED)
    assert [event.user for event in refused] == [root]
    again = checked(
        "new@example.org,New,+447700900231,,,", organization=clinic, by=mia, invites=True
    )
    assert again.counts == {"unchanged": 1}


def test_run_ends_with_its_authors_sessions_and_powers(clinic: Organization, mia: User) -> None:
    def stops(change: Callable[[], object]) -> None:
        line = f"p{PeopleImport.objects.count()}@example.org,P,,,,"
        held = checked(line, organization=clinic, by=mia, invites=True)
        run.start(mia, held, sends_mail=False, client=NOWHERE)
        change()
        run.go_on(held.pk, seconds=60)
        held.refresh_from_db()
        assert (held.state, held.position) == (State.STOPPED, 0)

    people = User.objects.filter(pk=mia.pk)
    stops(lambda: people.update(session_epoch=mia.session_epoch + 1))
    mia.refresh_from_db()
    stops(lambda: Membership.objects.filter(user=mia).update(role="member"))
    Membership.objects.filter(user=mia).update(role="manager")
    stops(lambda: Organization.objects.filter(pk=clinic.pk).update(is_active=False))
    assert not Invitation.objects.exists()


def test_stopped_import_continues_where_it_was(
    clinic: Organization, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "MOST", 2)
    lines = [f"p{number}@example.org,P,,,," for number in range(5)]
    held = checked(*lines, organization=clinic, by=root)
    run.start(root, held, sends_mail=False, client=NOWHERE)
    assert run.go_on(held.pk, seconds=0)
    assert run.stop(held)
    assert not run.go_on(held.pk, seconds=60)
    assert Membership.objects.filter(organization=clinic).count() == 2
    held = imported(held, root)
    assert (held.position, held.counts["new"]) == (5, 5)


def test_import_without_an_organization_follows_the_column(
    clinic: Organization, root: User
) -> None:
    held = checked(
        "a@example.org,A,,,,Maple-Clinic",
        "b@example.org,B,,,,nowhere",
        "c@example.org,C,,,,",
        organization=None,
        by=root,
    )
    assert dict(held.findings.values_list("line", "fault")) == {3: LineFault.NO_ORGANIZATION}
    imported(held, root)
    assert User.objects.get(email="a@example.org").home.organization == clinic
    assert User.objects.get(email="c@example.org").home is None


def test_new_people_are_created_together_in_a_few_statements(
    clinic: Organization, root: User, django_assert_max_num_queries: Callable
) -> None:
    lines = [f"p{each}@example.org,P,+447700900{each},,," for each in range(100, 200)]
    held = checked(*lines, organization=clinic, by=root)
    run.start(root, held, sends_mail=False, client=NOWHERE)
    with django_assert_max_num_queries(60):
        run.go_on(held.pk, seconds=60)
    people = User.objects.filter(home__organization=clinic)
    assert people.count() == Factor.objects.filter(status=Status.PROPOSED).count() == 100
    for event in (Event.IMPORTED, Event.MEMBER_JOINED):
        assert AuditEvent.objects.filter(event=event, actor=root, user__in=people).count() == 100


def test_refused_person_does_not_stop_the_others(
    clinic: Organization, root: User, policy: SitePolicy
) -> None:
    """The line is named, and the others of its part are imported one by one."""
    policy.methods = ["app"]
    policy.save()
    settings(organization("Texts").own, methods=["phone"])
    held = checked(
        "a@example.org,A,,,,maple-clinic", "b@example.org,B,,,,texts", organization=None, by=root
    )
    held = imported(held, root, sends_mail=True)
    assert (held.counts["new"], held.counts["refused"], held.counts["mailed"]) == (1, 1, 1)
    assert dict(held.findings.values_list("line", "fault")) == {3: LineFault.NO_METHOD}
    assert not User.objects.filter(email="b@example.org").exists()


def test_person_who_came_first_is_not_created_again(
    clinic: Organization, root: User, django_capture_on_commit_callbacks: Callable
) -> None:
    lines = ("a@example.org,A,,,,", "b@example.org,B,,,,")
    held = checked(*lines, organization=clinic, by=root)
    make_user("a@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        held = imported(held, root, sends_mail=True)
    assert (held.counts["changed"], held.counts["new"], held.counts["mailed"]) == (1, 1, 1)
    assert Membership.objects.filter(organization=clinic).count() == 2


def test_daily_limit_leaves_other_invitations_unsent(clinic: Organization, mia: User) -> None:
    limit = limits.INVITATIONS_PER_MANAGER
    for _ in range(limit.most - 2):
        counters.take([limit.of(str(mia.pk))])
    lines = [f"p{each}@example.org,P,,,," for each in range(60)]
    held = checked(*lines, organization=clinic, by=mia, invites=True)
    held = imported(held, mia, sends_mail=True)
    assert (held.counts["mailed"], held.counts["not_mailed"], held.counts["invited"]) == (2, 58, 60)
    states = [row.state for row in Invitation.objects.order_by("pk")]
    assert states.count(Invitation.State.WAITING) == 2
    assert states.count(Invitation.State.PREPARED) == 58


def test_usernames_of_others_are_not_taken(clinic: Organization, root: User, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="taken")
    held = checked(
        "a@example.org,A,,TAKEN,,",
        "b@example.org,B,,twice,,",
        "c@example.org,C,,Twice,,",
        organization=clinic,
        by=root,
    )
    imported(held, root)
    names = dict(User.objects.values_list("email", "username"))
    assert (names["a@example.org"], names["b@example.org"], names["c@example.org"]) == (
        None,
        "twice",
        None,
    )


def test_chosen_mail_goes_to_new_people_only(
    clinic: Organization, root: User, alice: User, django_capture_on_commit_callbacks: Callable
) -> None:
    held = checked(
        "a@example.org,A,,,,", "alice@example.org,Alice,,,,", organization=clinic, by=root
    )
    with django_capture_on_commit_callbacks(execute=True):
        held = imported(held, root, sends_mail=True)
    assert held.counts["mailed"] == 1
    assert [message.target for message in OutboxMessage.objects.all()] == ["a@example.org"]


def test_invited_number_fills_the_setup_unless_there_is_a_factor(
    clinic: Organization, mia: User, alice: User
) -> None:
    held = checked(
        "new@example.org,New,+447700900231,,,",
        "alice@example.org,Alice,+447700900232,,,",
        organization=clinic,
        by=mia,
        invites=True,
    )
    imported(held, mia)
    for row in Invitation.objects.order_by("pk"):
        invitations.renew(mia, row)
        person = User.objects.filter(email=row.email).first()
        *_, uid, token, _end = path_of(Invitation.objects.get(pk=row.pk)).split("/")
        password = "" if person else NEW
        joined = joining.accept(person, uid, token, password=password, client=NOWHERE)
        assert joined is not None
        expected = "" if person else "+447700900231"
        assert factors.proposed_number(joined) == expected


def test_prepared_invitation_has_no_working_link(clinic: Organization, mia: User) -> None:
    row = invitations.invite(mia, clinic, "new@example.org")
    *_, uid, token, _end = path_of(row).split("/")
    Invitation.objects.update(expires_at=timezone.now())
    held = checked("new@example.org,New,,,,", organization=clinic, by=mia, invites=True)
    imported(held, mia)
    assert joining.accept(None, uid, token, password=NEW, client=NOWHERE) is None
    *_, uid, token, _end = path_of(Invitation.objects.get()).split("/")
    assert joining.accept(None, uid, token, password=NEW, client=NOWHERE) is None
