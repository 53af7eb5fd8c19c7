"""A number of an old numbering plan: today's number is suggested, and texted only after a click."""

from accounts.models import User
from mfa.models import OutboxMessage, SitePolicy
from tests.journeys.conftest import PHONE
from tests.portal_client import Browser


def test_suggested_number_gets_no_text_before_click(
    enrolling: Browser, bob: User, policy: SitePolicy
) -> None:
    policy.enroll_countries = ["MX"]
    policy.home_region = "MX"
    policy.save()
    for typed in ("+52 1 55 1234 5678", "044 55 1234 5678"):
        page = enrolling.post(PHONE, {"phone": typed}).content.decode()
        assert "is in an old format" in page
        assert 'name="phone" value="+52 55 1234 5678"' in page
        assert not OutboxMessage.objects.exists()
    enrolling.post(PHONE, {"phone": "+52 55 1234 5678"})
    assert OutboxMessage.objects.get().target == "+525512345678"
