"""Emails as pages: axe's rules, phone width, light and dark."""

import pytest

from tests.architecture.test_messages import MAILS, render
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of

pytestmark = pytest.mark.browser


def test_every_email_renders(visit: Visit) -> None:
    visitor = visit()
    problems = {}
    for name in MAILS:
        visitor.page.set_content(render(f"emails/{name}/body.html"))
        problems[name] = problems_of(visitor.page)
    assert problems == {name: [] for name in MAILS}
