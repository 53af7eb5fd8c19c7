"""A Redis outage: pages answer, nothing is lost or sent twice, and no restart is needed."""

import pytest

from tests.processes.visitor import soon
from tests.robustness.site import Site

pytestmark = pytest.mark.processes


def test_text_requested_during_outage_is_sent_when_redis_is_back(site: Site) -> None:
    person, other = site.person(), site.person()
    site.queue.kill()
    answers = []
    for asking in (person, other):
        asking.get("/login/")
        fields = {"email": asking.email, "password": "correct horse battery staple"}
        answers.append(asking.send("POST", "/login/", fields))
    assert [answer.status for answer in answers] == [302, 302]
    assert max(answer.seconds for answer in answers) < 5
    assert person.deliveries("state") == other.deliveries("state") == [("queued",)]

    site.queue.start()
    for asking in (person, other):
        code = soon(asking.texts, within=60)
        assert asking.type(asking.next_code()) == "/"
        assert len(code) == len(asking.deliveries("id")) == 1
    third = site.person()
    third.log_in()
    assert third.type(third.next_code()) == "/"
