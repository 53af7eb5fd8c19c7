"""Every page and email at 320 px in the pseudo-languages: 40 % longer, and from right to left."""

import pytest
from django.utils import translation

from tests.architecture.addresses import ADMIN, PORTAL
from tests.architecture.test_messages import MAILS, render
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_admin_pages import shown
from tests.pseudo import ACCENTED, RIGHT_TO_LEFT, speaking
from tests.stations import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.full]

ADDRESSES = {address.name: address for address in PORTAL}
DIRECTIONS = {ACCENTED: "ltr", RIGHT_TO_LEFT: "rtl"}
LANGUAGES = pytest.mark.parametrize("language", DIRECTIONS)
# 1.4.10: no scrolling in two dimensions. From right to left, a page grows to the left.
LOOK = """() => {
  for (const details of document.querySelectorAll("main details")) details.open = true;
  const width = document.documentElement.clientWidth;
  const found = [document.documentElement.dir];
  if (document.documentElement.scrollWidth > width) {
    const out = [...document.body.querySelectorAll("*")].filter((node) => {
      const { left, right } = node.getBoundingClientRect();
      return node.checkVisibility() && (left < -1 || right > width + 1);
    });
    const name = (node) => `${node.localName} ${(node.id || node.innerText).slice(0, 40)}`;
    found.push(...out.slice(-3).map(name));
    if (!out.length) found.push("wider");
  }
  return found;
}"""


@LANGUAGES
@pytest.mark.parametrize("station", sorted(set(PAGES.values())))
def test_translated_page_fits_320_pixels(
    request: pytest.FixtureRequest, visit: Visit, settings, station: str, language: str
) -> None:
    browser = request.getfixturevalue(station)
    paths = [ADDRESSES[name].path for name, seen_from in PAGES.items() if seen_from == station]
    paths += shown(browser, list(ADMIN)) if station == "ruling" else []
    visitor = visit(width=NARROW).take_over(browser)
    with speaking(settings, language):
        found = {}
        for path in paths:
            visitor.open(path)
            found[path] = visitor.page.evaluate(LOOK)
    assert found == {path: [DIRECTIONS[language]] for path in paths}


@LANGUAGES
def test_translated_mail_fits_320_pixels(visit: Visit, settings, language: str) -> None:
    visitor = visit(width=NARROW)
    found = {}
    with speaking(settings, language):
        for name in MAILS:
            visitor.page.set_content(render(f"emails/{name}/body.html"))
            found[name] = visitor.page.evaluate(LOOK)
        assert translation.get_language() == language
    assert found == {name: [DIRECTIONS[language]] for name in MAILS}
