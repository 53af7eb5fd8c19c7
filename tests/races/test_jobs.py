"""Several workers on one job process each person once."""

import pytest

from accounts.models import User
from mfa.admin.base import jobs
from mfa.models import AuditEvent, Event, Job
from tests.conftest import make_user
from tests.races.parallel import many

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_person_is_processed_once() -> None:
    root = make_user("root@example.org", is_staff=True, is_superuser=True)
    people = [make_user(f"crowd{number}@example.org").pk for number in range(100)]
    job = Job.objects.create(action="end_sessions", by=root, people=people, total=100)
    many(4, lambda: [jobs.work(job.pk) for _ in range(10)])
    job.refresh_from_db()
    assert (job.position, job.left_out) == (100, 0)
    assert job.finished_at is not None
    events = AuditEvent.objects.filter(event=Event.SESSIONS_ENDED)
    assert events.count() == events.values("user").distinct().count() == 100
    assert set(User.objects.filter(pk__in=people).values_list("session_epoch", flat=True)) == {1}
