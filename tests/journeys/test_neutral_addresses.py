"""reg4: no page where an address is typed tells who has an account.

The import of people comes later.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
import time_machine
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import User
from mfa.models import Delivery, SitePolicy
from tests.accounts.people.hashers import CountingHasher
from tests.conftest import give_phone, make_user
from tests.invitations import send
from tests.journeys.statements import CountingBrowser
from tests.organizations import MANAGER, join, organization
from tests.registration import CLINIC, CODE, PAGE, clinic, open_site, register

# What differs between two visits: the token of the form, and the visitor and the organization
VARYING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|visitor\d+|acme-\d+|Acme \d+|/\d+/|ending \d\d'
)
BROKER = re.compile(r"Task mfa\.deliveries\.\w+\[")
Answers = list[HttpResponse]
Route = Callable[[CountingBrowser, str], Answers]


class Seen(NamedTuple):
    """What a visitor can see or measure, and what an address gets."""

    pages: tuple[object, ...]
    statements: tuple[tuple[int, int], ...]
    hashes: int
    broker_calls: int
    mails: int


def addresses() -> list[str]:
    """Return one without an account, and those of accounts in each state."""
    active = make_user("active@example.org")
    give_phone(active, "+447700900211")
    closed = make_user("closed@example.org")
    User.objects.filter(pk=closed.pk).update(closed_at=timezone.now() - timedelta(days=30))
    make_user("inactive@example.org", is_active=False)
    make_user("staff@example.org", is_staff=True)
    join(make_user("member@example.org"), organization("Globex"))
    names = ("nobody", "active", "closed", "inactive", "staff", "member")
    return [f"{name}@example.org" for name in names]


def log_in(browser: CountingBrowser) -> User:
    """Log in a person who has done nothing yet, so that no limit is near."""
    number = User.objects.count()
    user = make_user(f"visitor{number}@example.org")
    give_phone(user, f"+4477009005{number:02}")
    browser.log_in(user)
    browser.log.clear()
    return user


def registers(browser: CountingBrowser, email: str) -> Answers:
    return [register(browser, PAGE, email=email), browser.get(CODE)]


def registers_at_a_clinic(browser: CountingBrowser, email: str) -> Answers:
    return [register(browser, CLINIC, email=email), browser.get(CODE)]


def forgot(browser: CountingBrowser, email: str) -> Answers:
    answer = browser.post("/password/forgot/", {"email": email})
    return [answer, browser.get(answer.url)]


def changes_the_email(browser: CountingBrowser, email: str) -> Answers:
    log_in(browser)
    answer = browser.post("/me/email/", {"email": email})
    return [answer, browser.get(answer.url)]


def adds_an_email_for_codes(browser: CountingBrowser, email: str) -> Answers:
    log_in(browser)
    answer = browser.post("/me/security/email/", {"email": email})
    return [answer, browser.get(answer.url)]


def invites(browser: CountingBrowser, email: str) -> Answers:
    user = log_in(browser)
    acme = organization(f"Acme {user.pk}")
    join(user, acme, role=MANAGER)
    pages = f"/organizations/{acme.slug}/invitations/"
    answer = browser.post(f"{pages}new/", {"email": email, "full_name": "Ann Archer"})
    listed = browser.get(answer.url)
    send()
    return [answer, listed]


def visit(route: Route, email: str, number: int, caplog: pytest.LogCaptureFixture) -> Seen:
    """Use a page with an address, from a network of its own."""
    browser = CountingBrowser()
    browser.defaults["REMOTE_ADDR"] = f"198.51.{number}.1"
    hashed = CountingHasher.runs
    caplog.clear()
    answers = route(browser, email)
    pages = (
        (
            answer.status_code,
            VARYING.sub("", answer.headers.get("Location", "")),
            VARYING.sub("", answer.content.decode().replace(email, "EMAIL")),
            tuple(answer.headers),
            tuple(answer.cookies),
        )
        for answer in answers
    )
    return Seen(
        tuple(pages),
        tuple((len(each.reads), len(each.writes)) for each in browser.log),
        CountingHasher.runs - hashed,
        len(BROKER.findall(caplog.text)),
        Delivery.objects.filter(target=email).count(),
    )


@pytest.fixture
def open_portal(settings, policy: SitePolicy) -> None:
    """Everything where an address can be typed is open."""
    settings.PASSWORD_HASHERS = ["tests.accounts.people.hashers.CountingHasher"]
    SitePolicy.note(methods=["phone", "email"])
    open_site()
    clinic()


@pytest.mark.usefixtures("open_portal")
@pytest.mark.parametrize(
    "route",
    [registers, registers_at_a_clinic, invites, changes_the_email, adds_an_email_for_codes],
)
def test_known_and_unknown_addresses_look_and_cost_the_same(
    clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture, route: Route
) -> None:
    caplog.set_level("INFO", logger="celery.app.trace")
    unknown, *known = [
        visit(route, email, number, caplog) for number, email in enumerate(addresses())
    ]
    assert unknown.mails == 1
    assert [each for each in known if each != unknown] == []


@pytest.mark.usefixtures("open_portal")
def test_known_and_unknown_addresses_look_the_same_in_a_reset(
    clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    """Only who can log in gets an email. One hash and one broker call hide its statements."""
    caplog.set_level("INFO", logger="celery.app.trace")
    unknown, *known = [
        visit(forgot, email, number, caplog) for number, email in enumerate(addresses())
    ]
    assert (unknown.hashes, unknown.broker_calls) == (1, 1)
    own = {"statements": unknown.statements, "mails": unknown.mails}
    assert [each for each in known if each._replace(**own) != unknown] == []
    assert [each.mails for each in known] == [1, 0, 0, 1, 1]
    ((reads, writes), sent), costs = unknown.statements, [each.statements for each in known]
    assert all(cost[1] == sent for cost in costs)
    assert all(cost[0][0] <= reads + 1 and cost[0][1] <= writes + 1 for cost in costs)
