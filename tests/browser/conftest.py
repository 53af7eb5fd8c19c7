"""One Chromium for all browser tests, with a context for each visitor."""

import os
from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser as Chromium, expect

from tests.browser import chromium as chromiums
from tests.browser.hands import Hands, Keyboard, Pointer
from tests.browser.visitor import Visitor
from tests.stations import *  # noqa: F403 fixtures come in by their names

DESKTOP, PHONE, NARROW = 1280, 390, 320
HEIGHT = 844
POINTER = Pointer()
# Generous for two busy cores. A page that exists is found at once.
PATIENCE = 15_000


class Visit(Protocol):
    """Makes visitors."""

    def __call__(
        self, *, script: bool = True, hands: Hands = POINTER, width: int = DESKTOP
    ) -> Visitor:
        """Return a person with a new browser."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    """The browser. Without it the tests are skipped, and fail in CI."""
    path = chromiums.find()
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"No Chromium on PATH (looked for {', '.join(chromiums.NAMES)}).")
    # Playwright keeps an event loop in this thread, with which Django's ORM refuses to work.
    with pytest.MonkeyPatch.context() as patch, chromiums.launched(path) as browser:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        yield browser


@pytest.fixture
def visit(chromium: Chromium, live_server) -> Iterator[Visit]:
    """Make visitors of the running portal. At the end, their browsers must have no complaints."""
    visitors: list[Visitor] = []

    def make(*, script: bool = True, hands: Hands = POINTER, width: int = DESKTOP) -> Visitor:
        context = chromium.new_context(
            java_script_enabled=script, viewport={"width": width, "height": HEIGHT}
        )
        context.set_default_timeout(PATIENCE)
        visitors.append(Visitor(context, live_server.url, hands))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.watch.unexpected] == []


@pytest.fixture(
    params=[
        "pointer",
        pytest.param("no script", marks=pytest.mark.full),
        pytest.param("keyboard", marks=pytest.mark.full),
    ]
)
def visitor(request: pytest.FixtureRequest, visit: Visit) -> Visitor:
    """Run each journey in three ways: with script, without, and by keyboard."""
    match request.param:
        case "pointer":
            return visit(width=PHONE)
        case "no script":
            return visit(script=False)
        case _:
            return visit(hands=Keyboard())
