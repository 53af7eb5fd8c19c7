"""What the tests of the managers' pages share."""

from accounts.models import Membership, User
from tests.portal_client import Browser

ACME = "/organizations/acme/"
REASON = {"reason": "lost phone", "identified": "in_person"}
VERBS = ("", "number/", "reset/", "sessions/", "role/", "end/")


def page_of(user: User, slug: str = "acme") -> str:
    membership = Membership.objects.get(user=user, organization__slug=slug)
    return f"/organizations/{slug}/people/{membership.pk}/"


def text(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()
