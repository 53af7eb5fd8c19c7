"""Alerts: to people who can act, once an hour for each subject."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import TestCase

from accounts.models import User
from mfa.messages import alerts, worker
from mfa.messages.alerts import Alert
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


def test_people_who_can_change_policy_get_alerts(root: User, ada: User, alice: User) -> None:
    support = make_user("sam@example.org", is_staff=True)
    support.groups.add(Group.objects.get(name="Support"))
    assert warn()
    assert told() == [ada.email, root.email]


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_people_without_access_get_no_alerts(root: User, ada: User, column: str) -> None:
    User.objects.filter(pk=ada.pk).update(**{column: False})
    warn()
    assert told() == [root.email]


def test_person_in_two_groups_gets_one_alert(ada: User) -> None:
    second = Group.objects.create(name="Second")
    second.permissions.set(Group.objects.get(name="Administrators").permissions.all())
    ada.groups.add(second)
    warn()
    assert told() == [ada.email]


def test_alert_has_fault_and_link(root: User) -> None:
    warn(fault="The account is suspended.")
    mail = OutboxMessage.objects.get()
    assert mail.subject == "Acme Portal: texts are not being sent"
    assert "The account is suspended." in mail.body
    assert "http://testserver/admin/mfa/accountpolicy/" in mail.body


def test_same_alert_is_sent_once_an_hour(root: User, clock: time_machine.Traveller) -> None:
    assert warn("GB")
    assert not warn("GB")
    clock.shift(timedelta(hours=2))
    assert warn("GB")
    assert len(told()) == 2


def test_other_alert_is_sent_at_once(root: User) -> None:
    assert warn("GB")
    assert warn("FR")
    assert len(told()) == 2


def test_alert_is_in_the_audit(root: User) -> None:
    warn("GB", number=3)
    event = AuditEvent.objects.get()
    assert (event.event, event.user) == ("alerted", None)
    assert event.details == {"alert": "texts_down", "about": "GB", "number": 3}


def test_alert_without_mail_server_is_only_in_the_audit(settings, root: User) -> None:
    settings.MFA_CHANNELS = {"sms": settings.MFA_CHANNELS["sms"]}
    assert warn()
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.get().event == "alerted"


def test_alert_of_rolled_back_transaction_is_sent_again(root: User) -> None:
    with transaction.atomic():
        alerts.warn(Alert.TEXTS_DOWN)
        transaction.set_rollback(True)
    assert warn()
    assert told() == [root.email]


def test_caller_does_not_wait_for_mail(root: User) -> None:
    with TestCase.captureOnCommitCallbacks():
        alerts.warn(Alert.TEXTS_DOWN)
        row = Delivery.objects.get()
        assert (row.state, row.channel) == (Delivery.State.QUEUED, "email")
    worker.deliver(row.pk)
    assert told() == [root.email]
