"""Many registrations of one address at once, and many proofs."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import Membership, Organization, Registration, User
from accounts.people import registration
from accounts.people.registration import NoAccount, Pending
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.models import Challenge, Delivery, SitePolicy
from mfa.sessions import SessionStore
from tests.organizations import organization, settings
from tests.races.parallel import at_once, many
from tests.registration import ANN, NEW, open_site

pytestmark = pytest.mark.django_db(transaction=True)
HERE = Client("198.51.100.1", "Firefox")


@pytest.fixture
def site(policy: SitePolicy) -> SitePolicy:
    """The policy, with registration open for the site."""
    open_site()
    return policy


def begin(client: Client = HERE, place: Organization | None = None) -> SessionBase:
    """Register ann's address in a browser of its own."""
    session = SessionStore()
    form = Registration(email=ANN, full_name="Ann", language="en", organization=place)
    registration.begin(session, form, NEW, client=client)
    return session


def proving(session: SessionBase) -> Callable[[], object]:
    """Return the click on "Verify Code" with the right code."""
    pending = Pending.load(session)
    typed = pending.row.challenge.code_for(pending.row.challenge.browser)
    rows = [pending.row for _ in range(20)]
    return lambda: registration.prove(pending, rows.pop(), typed, client=HERE)


def test_twenty_registrations_of_one_address_send_three_emails(site: SitePolicy) -> None:
    """They come from one network each, so only the limit of the address holds."""
    clients = [Client(f"198.51.{number}.1", "bot") for number in range(20)]
    given = at_once([lambda client=client: begin(client) for client in clients])
    assert len([one for one in given if isinstance(one, TooMany)]) == 17
    assert Registration.objects.count() == Delivery.objects.count() == 3
    assert Challenge.objects.count() == 3


def test_twenty_registrations_of_one_network_send_at_most_five_emails(site: SitePolicy) -> None:
    given = many(20, begin)
    assert len([one for one in given if not isinstance(one, TooMany)]) == 3


def test_one_of_twenty_right_codes_makes_the_account(site: SitePolicy) -> None:
    given = many(20, proving(begin()))
    assert len([one for one in given if isinstance(one, User)]) == 1
    assert User.objects.filter(email=ANN).count() == 1


def test_three_browsers_that_prove_one_address_make_one_account(site: SitePolicy) -> None:
    given = at_once([proving(begin()) for _ in range(3)])
    assert len([one for one in given if isinstance(one, User)]) == 1
    assert {one for one in given if not isinstance(one, User)} == {NoAccount.TAKEN}
    assert User.objects.filter(email=ANN).count() == 1
    assert not Registration.objects.exists()


def test_proof_and_closing_of_the_organization_agree(policy: SitePolicy) -> None:
    for number in range(3):
        place = organization(f"Clinic {number}", registration=True)
        click = proving(begin(place=place))
        made, _ = at_once([click, lambda place=place: settings(place.own, registration=False)])
        assert Membership.objects.filter(organization=place).exists() is isinstance(made, User)
        User.objects.filter(email=ANN).update(home=None)
        Membership.objects.all().delete()
        User.objects.filter(email=ANN).delete()
