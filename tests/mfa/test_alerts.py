"""Alerts: to those who can act, once an hour for each matter."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import TestCase

from accounts.models import User
from mfa import alerts, deliveries
from mfa.alerts import Alert
from mfa.models import AuditEvent, Delivery, OutboxMessage
from tests.conftest import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "policy")]


def warn(about: str = "", **words: str | int) -> bool:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return alerts.warn(Alert.TEXTS_DOWN, about=about, **words)


def told() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("target", flat=True))


@pytest.fixture
def ada() -> User:
    """An administrator by her group."""
    ada = make_user("ada@example.org", is_staff=True)
    ada.groups.add(Group.objects.get(name="Administrators"))
    return ada


def test_those_are_told_who_may_change_the_policy(root: User, ada: User, alice: User) -> None:
    support = make_user("sam@example.org", is_staff=True)
    support.groups.add(Group.objects.get(name="Support"))
    assert warn()
    assert told() == [ada.email, root.email]


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_nobody_is_told_who_cannot_get_there(root: User, ada: User, column: str) -> None:
    User.objects.filter(pk=ada.pk).update(**{column: False})
    warn()
    assert told() == [root.email]


def test_a_person_in_two_groups_is_told_once(ada: User) -> None:
    second = Group.objects.create(name="Second")
    second.permissions.set(Group.objects.get(name="Administrators").permissions.all())
    ada.groups.add(second)
    warn()
    assert told() == [ada.email]


def test_the_mail_says_what_the_service_said_and_where_to_look(root: User) -> None:
    warn(fault="The account is suspended.")
    mail = OutboxMessage.objects.get()
    assert mail.subject == "Acme Portal: texts are not going out"
    assert "The account is suspended." in mail.body
    assert "http://testserver/admin/mfa/accountpolicy/" in mail.body


def test_the_same_matter_is_told_once_an_hour(root: User, clock: time_machine.Traveller) -> None:
    assert warn("GB")
    assert not warn("GB")
    clock.shift(timedelta(hours=2))
    assert warn("GB")
    assert len(told()) == 2


def test_another_matter_is_told_at_once(root: User) -> None:
    assert warn("GB")
    assert warn("FR")
    assert len(told()) == 2


def test_an_alert_stands_in_the_audit(root: User) -> None:
    warn("GB", count=3)
    event = AuditEvent.objects.get()
    assert (event.event, event.user) == ("alerted", None)
    assert event.details == {"alert": "texts_down", "about": "GB", "count": 3}


def test_without_mail_the_audit_alone_is_told(settings, root: User) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert warn()
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.get().event == "alerted"


def test_what_was_undone_is_told_again(root: User) -> None:
    with transaction.atomic():
        alerts.warn(Alert.TEXTS_DOWN)
        transaction.set_rollback(True)
    assert warn()
    assert told() == [root.email]


def test_the_caller_waits_for_no_mail(root: User) -> None:
    with TestCase.captureOnCommitCallbacks():
        alerts.warn(Alert.TEXTS_DOWN)
        row = Delivery.objects.get()
        assert (row.state, row.channel) == (Delivery.State.QUEUED, "email")
    deliveries.deliver(row.pk)
    assert told() == [root.email]
