"""Actions on many people: the worker runs them in steps, and the admin shows the progress."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from mfa.admin.base import jobs
from mfa.admin.base.jobs import ACTIONS, Action
from mfa.audit import NOWHERE
from mfa.models import AbstractMfaUser, AuditEvent, Event, Job, OutboxMessage, Session, backlog
from mfa.sessions import revoke
from portal.celery import app
from tests.conftest import give_phone, make_user
from tests.portal_client import Browser

USERS = "/admin/accounts/user/"
ALL = {"select_across": "1", "index": "0", "post": "yes"}


@pytest.fixture
def office(browser: Browser, root: User) -> Browser:
    """A superuser, logged in with the second step."""
    browser.log_in(root)
    return browser


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Queue the tasks. Tests run them as the worker does, one batch per step."""
    monkeypatch.setattr(backlog, "STEP", timedelta())
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def crowd(db: None) -> list[User]:
    return [make_user(f"crowd{number}@example.org") for number in range(60)]


@pytest.fixture
def admin(browser: Browser, policy: object) -> Browser:
    """Ada, of the group Administrators and not a superuser."""
    ada = make_user("ada@example.org", is_staff=True)
    ada.groups.add(Group.objects.get(name="Administrators"))
    give_phone(ada, "+447700900205")
    browser.log_in(ada)
    return browser


def choose_all(browser: Browser, action: str, query: str = "") -> object:
    chosen = {"action": action, "_selected_action": [User.objects.first().pk], **ALL}
    return browser.post(f"{USERS}{query}", chosen)


def finish(job: Job) -> None:
    while Job.objects.filter(pk=job.pk, finished_at=None).exists():
        jobs.work(job.pk)


def ended() -> int:
    return AuditEvent.objects.filter(event=Event.SESSIONS_ENDED).count()


def test_worker_runs_steps_and_page_shows_progress(
    office: Browser, crowd: list[User], worker: None
) -> None:
    hers = Browser()
    hers.password(crowd[0])
    answer = choose_all(office, "end_sessions", "?is_staff__exact=0")
    job = Job.objects.get()
    assert answer.url == f"/admin/mfa/job/{job.pk}/change/"
    assert ended() == 0
    jobs.work(job.pk)
    assert "20 of 60 people" in office.get(answer.url).text
    assert ended() == 20
    finish(job)
    page = office.get("/admin/mfa/job/").text
    assert "60 of 60 people" in page
    assert "Log the selected people out everywhere" in page
    assert ended() == 60
    assert not Session.objects.filter(user__in=crowd).exists()


def test_worker_emails_links(office: Browser, crowd: list[User], worker: None) -> None:
    User.objects.filter(pk=crowd[0].pk).update(is_active=False)
    choose_all(office, "send_link", "?is_staff__exact=0")
    job = Job.objects.get()
    finish(job)
    job.refresh_from_db()
    assert (job.total, job.position, job.left_out) == (60, 60, 1)
    sent = AuditEvent.objects.filter(event=Event.PASSWORD_LINK_SENT)
    assert sent.values("user").distinct().count() == 59


@pytest.mark.parametrize("action", ["send_link", "require_new_password", "end_sessions"])
def test_many_people_without_worker_are_refused_with_reason(
    office: Browser, crowd: list[User], action: str
) -> None:
    answer = choose_all(office, action)
    assert answer.url == USERS
    assert "Nothing was changed. Choose at most 50 rows." in office.get(USERS).text
    assert not Job.objects.exists()
    assert ended() == 0
    assert not User.objects.filter(password_expired=True).exists()
    assert not OutboxMessage.objects.filter(channel="email").exists()


def test_fifty_people_need_no_worker(office: Browser, crowd: list[User]) -> None:
    chosen = [one.pk for one in crowd[:50]]
    office.post(USERS, {"action": "end_sessions", "_selected_action": chosen, "post": "yes"})
    assert ended() == 50


def test_administrator_job_skips_staff(
    admin: Browser, crowd: list[User], root: User, worker: None
) -> None:
    """RV-06."""
    answer = choose_all(admin, "require_new_password")
    job = Job.objects.get()
    finish(job)
    job.refresh_from_db()
    assert (job.total, job.left_out) == (62, 2)
    root.refresh_from_db()
    assert not root.password_expired
    assert User.objects.filter(password_expired=True).count() == 60
    assert "62 of 62 people" in admin.get(answer.url).text


def test_job_skips_person_who_became_staff(admin: Browser, crowd: list[User], worker: None) -> None:
    choose_all(admin, "require_new_password", "?q=crowd")
    User.objects.filter(pk=crowd[-1].pk).update(is_staff=True)
    finish(Job.objects.get())
    assert not User.objects.get(pk=crowd[-1].pk).password_expired


@pytest.mark.parametrize("loss", [{"is_active": False}, {"is_staff": False}])
def test_job_stops_when_starter_loses_permission(
    office: Browser, root: User, crowd: list[User], worker: None, loss: dict[str, bool]
) -> None:
    choose_all(office, "end_sessions", "?is_staff__exact=0")
    job = Job.objects.get()
    jobs.work(job.pk)
    User.objects.filter(pk=root.pk).update(**loss)
    finish(job)
    job.refresh_from_db()
    assert (job.position, job.left_out) == (60, 40)
    assert ended() == 20


def test_second_click_starts_no_second_job(
    office: Browser, crowd: list[User], worker: None
) -> None:
    choose_all(office, "end_sessions")
    assert choose_all(office, "end_sessions").url == USERS
    assert Job.objects.count() == 1


@pytest.fixture
def faulty(crowd: list[User]) -> Iterator[str]:
    """An action that fails for one person."""

    def verb(one: AbstractMfaUser, _by: AbstractMfaUser, _origin: object) -> bool:
        User.objects.filter(pk=one.pk).update(full_name="done")
        if one == crowd[30]:
            raise RuntimeError
        return True

    ACTIONS["faulty"] = Action("faulty", verb)
    yield "faulty"
    del ACTIONS["faulty"]


def test_error_for_one_person_does_not_stop_job(
    root: User, crowd: list[User], worker: None, faulty: str
) -> None:
    """Its partial changes are rolled back."""
    people = [one.pk for one in crowd]
    job = Job.objects.create(action=faulty, by=root, people=people, total=60)
    finish(job)
    job.refresh_from_db()
    assert (job.position, job.left_out) == (60, 1)
    assert User.objects.filter(full_name="done").count() == 59


def test_job_continues_after_lost_step(
    clock: time_machine.Traveller, root: User, crowd: list[User]
) -> None:
    """The beat asks each minute. Here the task runs inside the call, because there is no worker."""
    people = [one.pk for one in crowd]
    job = Job.objects.create(action="end_sessions", by=root, people=people, total=60)
    jobs.catch_up()
    assert ended() == 0
    clock.shift(timedelta(minutes=3))
    jobs.catch_up()
    job.refresh_from_db()
    assert job.finished_at == timezone.now()
    assert ended() == 60


def test_deleting_many_rows_at_once_is_refused(office: Browser) -> None:
    """Each row deletes related rows, which a page cannot do for thousands."""
    for number in range(51):
        Group.objects.create(name=f"Group {number}")
    groups = [group.pk for group in Group.objects.all()]
    form = {"action": "delete_selected", "_selected_action": groups, "post": "yes"}
    office.post("/admin/auth/group/", form)
    across = {**form, "_selected_action": groups[:1], "select_across": "1"}
    office.post("/admin/auth/group/", across)
    assert Group.objects.count() == len(groups)
    assert re.search("Choose at most 50 rows", office.get("/admin/auth/group/").text)


def test_job_stops_when_starter_is_logged_out_everywhere(
    office: Browser, crowd: list[User], root: User, worker: None
) -> None:
    """An attacker with a stolen session may have started it."""
    choose_all(office, "end_sessions", "?is_staff__exact=0")
    job = Job.objects.get()
    jobs.work(job.pk)
    revoke.end_all(root, by=root, client=NOWHERE)
    finish(job)
    job.refresh_from_db()
    assert (job.position, job.left_out) == (60, 40)
    assert ended() == 21
