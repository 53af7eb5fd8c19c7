"""One production stack for all journeys."""

from collections.abc import Iterator

import pytest

from tests.processes.portal import Company, company
from tests.processes.services import broker, database, postgresql, required


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    server, queue = required(postgresql), required(broker)
    folder = tmp_path_factory.mktemp("production")
    with database(server) as url, company(url, queue, folder) as stack:
        stack.start_web(workers=2)
        stack.start_worker()
        yield stack
