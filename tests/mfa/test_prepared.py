"""Statements that are built once: they find and change what their querysets would."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts.models import User
from mfa.models import AuditEvent, Event, Factor, Lockout, Pause
from mfa.prepared import Insert, Query, Update, moment, number, text
from tests.conftest import give_phone, make_user


def phones_by(
    person: object, until: object, target: object
) -> Callable[[], models.QuerySet[Factor]]:
    pauses = Pause.objects.honored(until).filter(user=OuterRef("user"))
    return lambda: (
        Factor.objects.annotate(paused=Exists(pauses))
        .filter(user=person, target__startswith=target)
        .select_related("user")
        .order_by("-pk")
    )


def test_prepared_query_returns_rows_of_its_queryset(alice: User) -> None:
    give_phone(alice, "+447700900299")
    now = timezone.now()
    prepared = Query(phones_by(number("person"), moment("now"), text("target")))
    found = prepared.all(person=alice.pk, now=now, target="+44")
    expected = list(phones_by(alice.pk, now, "+44")())
    assert len(found) == 2
    for one, other in zip(found, expected, strict=True):
        assert {**vars(one), "_state": None} == {**vars(other), "_state": None}
        assert vars(one.user)["password"] == alice.password
        assert one._state.adding is False


def test_prepared_query_is_built_once(alice: User, charlie: User) -> None:
    built = []

    def build() -> models.QuerySet[User]:
        built.append(1)
        return User.objects.filter(pk=number("person"))

    prepared = Query(build)
    assert [prepared.first(person=user.pk) for user in (alice, charlie)] == [alice, charlie]
    assert prepared.first(person=0) is None
    assert built == [1]


def test_value_with_quote_or_percent_sign_is_only_value(alice: User) -> None:
    prepared = Query(lambda: User.objects.filter(full_name=text("name")))
    assert prepared.first(name="%s' OR 1=1 --") is None
    assert prepared.first(name=alice.full_name) == alice


def test_missing_value_is_error(alice: User) -> None:
    prepared = Query(lambda: User.objects.filter(pk=number("person")))
    with pytest.raises(KeyError, match="person"):
        prepared.first()


def test_prepared_update_changes_its_rows_and_counts_them(alice: User, charlie: User) -> None:
    raised = Update(
        lambda: User.objects.filter(pk=number("person")),
        session_epoch=F("session_epoch") + 1,
        last_login=moment("now"),
    )
    now = timezone.now()
    assert raised(person=alice.pk, now=now) == 1
    assert raised(person=0, now=now) == 0
    for user, epoch in ((alice, alice.session_epoch + 1), (charlie, charlie.session_epoch)):
        user.refresh_from_db()
        assert user.session_epoch == epoch
    assert (alice.last_login, charlie.last_login) == (now, None)


def test_prepared_update_that_fails_undoes_its_transaction(db: None) -> None:
    one, other = make_user("one@example.org"), make_user("other@example.org")
    renamed = Update(lambda: User.objects.filter(pk=number("person")), email=text("email"))
    with pytest.raises(IntegrityError), transaction.atomic():
        renamed(person=one.pk, email=other.email)
    assert User.objects.get(pk=one.pk).email == "one@example.org"


def test_prepared_inserts_store_all_rows_in_one_statement(
    alice: User, django_assert_num_queries
) -> None:
    events = [
        AuditEvent(at=timezone.now(), event=event, user=alice, details={"by": 1})
        for event in (Event.PASSWORD_RIGHT, Event.LOGGED_IN)
    ]
    with django_assert_num_queries(1):
        Insert(AuditEvent)(*events)
    assert all(event.pk and not event._state.adding for event in events)
    stored = AuditEvent.objects.in_bulk([event.pk for event in events])
    for event in events:
        assert stored[event.pk].event == event.event
        assert stored[event.pk].details == {"by": 1}


def test_prepared_insert_of_taken_key_undoes_its_transaction(db: None) -> None:
    one = Lockout(key="a", failures=1, until=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Insert(Lockout)(one, one)
    assert not Lockout.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_only_in_a_transaction() -> None:
    """Django looks when it builds the statement; a prepared one is built once."""
    prepared = Query(lambda: User.objects.select_for_update().filter(pk=number("person")))
    with transaction.atomic():
        assert prepared.first(person=0) is None
    with pytest.raises(transaction.TransactionManagementError):
        prepared.first(person=0)
