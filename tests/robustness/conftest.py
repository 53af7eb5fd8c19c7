"""One portal on its own servers. Each test finds everything running."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.processes import cluster as clusters, people, queue as queues
from tests.processes.portal import company
from tests.processes.services import required
from tests.robustness.site import Site

PEOPLE = 40
PUSHES = {
    "VAPID_PRIVATE_KEY": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    "VAPID_CONTACT": "mailto:security@example.com",
}


@pytest.fixture(scope="session")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    binaries, program = required(clusters.binaries), required(queues.program)
    folder = tmp_path_factory.mktemp("robustness")
    with ExitStack() as exits:
        cluster = exits.enter_context(clusters.cluster(binaries))
        queue = exits.enter_context(queues.queue(program, folder))
        portal = exits.enter_context(company(cluster.url, queue.url, folder, **PUSHES))
        fresh = people.enroll(portal, "person", PEOPLE)
        portal.start_web(workers=1)
        portal.start_worker()
        clicks = exits.enter_context(ThreadPoolExecutor())
        yield Site(portal, cluster, queue, fresh, clicks)


@pytest.fixture
def site(_site: Site) -> Iterator[Site]:
    yield _site
    _site.mend()
