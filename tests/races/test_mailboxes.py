"""Several people with one new email, and one person with several clicks."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.people import links, mailboxes
from accounts.people.links import Link
from mfa.models import AuditEvent, Event, OutboxMessage
from tests.conftest import make_user
from tests.races.parallel import at_once, many

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "one@new.example"


def confirming(user: User) -> Callable[[], bool]:
    """A person's click on the link at the new address."""
    User.objects.filter(pk=user.pk).update(new_email=NEW)
    user.refresh_from_db()
    address = links.address_of(Link.EMAIL, user, target=NEW, at=timezone.now(), epoch=0)
    assert address
    *_, uid, token, _end = address.split("/")
    request = RequestFactory().post(address)
    request.user = AnonymousUser()
    return lambda: mailboxes.confirm(request, user, uid, token)


def test_one_of_ten_people_gets_the_same_new_email(policy: object) -> None:
    people = [make_user(f"person{number}@example.org") for number in range(10)]
    given = at_once([confirming(person) for person in people])
    assert given.count(True) == 1
    assert given.count(False) == 9
    assert User.objects.get(email=NEW).pk == people[given.index(True)].pk
    assert AuditEvent.objects.filter(event=Event.EMAIL_CHANGED).count() == 1


def test_one_of_ten_clicks_on_a_link_counts(alice: User) -> None:
    given = many(10, confirming(alice))
    assert given.count(True) == 1
    alice.refresh_from_db()
    assert (alice.email, alice.session_epoch) == (NEW, 1)
    assert OutboxMessage.objects.filter(target="alice@example.org").count() == 1
