"""A number of an old numbering plan: offered as it is today, and texted after a click only."""

from accounts.models import User
from mfa.models import AccountPolicy, OutboxMessage
from tests.journeys.conftest import PHONE
from tests.portal_client import Browser


def test_nothing_is_sent_to_the_number_that_is_meant_before_a_click(
    enrolling: Browser, bob: User, policy: AccountPolicy
) -> None:
    policy.enroll_countries = ["MX"]
    policy.home_region = "MX"
    policy.save()
    for typed in ("+52 1 55 1234 5678", "044 55 1234 5678"):
        page = enrolling.post(PHONE, {"phone": typed}).content.decode()
        assert "is an old spelling" in page
        assert 'name="phone" value="+52 55 1234 5678"' in page
        assert not OutboxMessage.objects.exists()
    enrolling.post(PHONE, {"phone": "+52 55 1234 5678"})
    assert OutboxMessage.objects.get().target == "+525512345678"
