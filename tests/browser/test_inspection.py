"""The inspection and the watch detect faults, so the tests that use them can fail."""

import pytest

from mfa.models import SitePolicy
from tests.browser.conftest import Visit
from tests.browser.inspection import problems_of

pytestmark = pytest.mark.browser

PAGE = '<html lang="en"><title>A page</title><main><h1>A page</h1>{}</main>'


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ('<p style="width: 500px">Wide', "wider than 320"),
        ('<p class="card" style="width: 9em"><b style="padding: 0 4em">Out</b>', "sticks out"),
        ('<h2>Below</h2><button style="margin-top: -2em">Above</button>', 'over "Below"'),
        ('<p style="color: #999; background: #fff">Pale', "axe color-contrast"),
        (
            '<input aria-label="A" style="border: 1px solid #ccc; background: #fff">',
            "border contrast",
        ),
        (
            '<button style="font-size: 8px; padding: 0">A</button><button>B</button>',
            "axe target-size",
        ),
        ("<button>A</button>", "lower than 44 px"),
        ("<button></button>", "axe button-name"),
        ('<button aria-label="Close">Open it</button>', "axe label-content-name-mismatch"),
        ("<input>", "axe label"),
        ("<h1>Another</h1>", "first headings: 2"),
        ("<h4>Deep</h4>", "axe heading-order"),
        ('<p aria-describedby="b">', "aria-describedby of nothing"),
        ("<img src='data:,'>", "axe image-alt"),
        ("<table><tr><td>1", "a bare table"),
        ("<fieldset><input></fieldset>", "a bare fieldset"),
    ],
)
def test_inspection_finds_each_fault(visit: Visit, fault: str, problem: str) -> None:
    visitor = visit()
    visitor.page.set_content(PAGE.format(fault))
    assert problem in "\n".join(problems_of(visitor.page))


@pytest.mark.parametrize("script", [True, False])
def test_inspection_reports_csp_violation(
    visit: Visit, policy: SitePolicy, *, script: bool
) -> None:
    visitor = visit(script=script)
    visitor.expects("Content Security Policy", "CSP style-src")
    visitor.open("/login/")
    visitor.page.evaluate("document.body.setAttribute('style', 'color: red')")
    visitor.page.wait_for_function("true")
    assert any("Content Security Policy" in line for line in visitor.watch.complaints)


def test_browser_tests_detect_script_errors(visit: Visit, policy: SitePolicy) -> None:
    visitor = visit()
    visitor.expects("script: ")
    visitor.open("/login/")
    with visitor.context.expect_event("weberror"):
        visitor.page.evaluate("setTimeout(() => { throw new Error('broken') })")
    assert any("broken" in line for line in visitor.watch.complaints)
