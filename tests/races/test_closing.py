"""A login at the moment in which a closed account is deleted; two last managers who leave."""

from datetime import timedelta
from functools import partial
from threading import Event as Signal, Thread

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Membership, User
from accounts.organizations.members import LastManagerError
from accounts.people import closing as verbs
from mfa import closing, retention
from mfa.audit import NOWHERE
from mfa.models import SitePolicy
from tests.conftest import give_phone, make_user
from tests.organizations import MANAGER, join, organization
from tests.portal_client import Browser, code
from tests.races.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
DAY = timedelta(days=1)


def closed(number: int, *, left: timedelta) -> User:
    """A person whose closed account is deleted in a while."""
    user = make_user(f"gone{number}@example.org")
    give_phone(user, f"+4477009004{number:02}")
    at = timezone.now() - closing.CLOSING_LASTS + left
    User.objects.filter(pk=user.pk).update(closed_at=at)
    user.refresh_from_db()
    return user


def test_login_and_deletion_never_both_win(policy: SitePolicy) -> None:
    """The last moment passes while the code is verified and the worker prunes, repeatedly."""
    for number in range(ROUNDS):
        user = closed(number, left=timedelta(seconds=1))
        browser = Browser()
        browser.password(user)
        typed = {"code": code(user.factors.get().target)}
        left = timedelta(milliseconds=10 * number)
        User.objects.filter(pk=user.pk).update(
            closed_at=timezone.now() - closing.CLOSING_LASTS + left
        )
        at_once(
            [
                partial(browser.post, "/login/verify/", typed),
                lambda: [retention.prune() for _ in range(3)],
            ]
        )
        retention.prune()
        kept = User.objects.filter(pk=user.pk, closed_at=None).exists()
        assert User.objects.filter(pk=user.pk).exists() == kept
        assert (browser.get("/me/").status_code == 200) == kept


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks the whole database")
def test_login_waits_for_a_deletion_and_then_fails(policy: SitePolicy) -> None:
    user = closed(0, left=DAY)
    browser = Browser()
    browser.password(user)
    typed = {"code": code(user.factors.get().target)}
    with transaction.atomic():
        keys = list(closing.due(timezone.now() + 2 * DAY))
        login = Thread(target=_run, args=(partial(browser.post, "/login/verify/", typed),))
        login.start()
        login.join(0.5)
        User.objects.filter(pk__in=keys).delete()
    login.join()
    assert not User.objects.filter(pk=user.pk).exists()
    assert browser.get("/me/").status_code == 302


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks the whole database")
def test_deletion_waits_for_a_login_and_then_finds_nobody(policy: SitePolicy) -> None:
    user = closed(0, left=DAY)
    found: list[list[int]] = []
    held = Signal()

    def delete() -> None:
        held.wait()
        with transaction.atomic():
            found.append(list(closing.due(timezone.now() + 2 * DAY)))

    worker = Thread(target=_run, args=(delete,))
    worker.start()
    with transaction.atomic():
        assert closing.keep(user, client=NOWHERE)
        held.set()
        worker.join(0.5)
    worker.join()
    assert found == [[]]


def test_one_of_two_last_managers_closes(policy: SitePolicy) -> None:
    SitePolicy.note(may_close=True)
    acme = organization("Acme")
    people = [join(make_user(f"m{number}@example.org"), acme, role=MANAGER) for number in range(2)]

    def close(user: User) -> str:
        try:
            verbs.close(user)
        except LastManagerError:
            return "last"
        return "closed"

    assert sorted(at_once([partial(close, user) for user in people])) == ["closed", "last"]
    assert Membership.objects.managing(timezone.now()).count() == 1


def _run(work: object) -> None:
    try:
        work()  # type: ignore[operator]
    finally:
        connections.close_all()
