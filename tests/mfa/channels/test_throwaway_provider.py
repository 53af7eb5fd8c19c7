"""Another provider of texts is one package and one line of the settings."""

import json
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from mfa import channels
from mfa.channels.base import Channel, Message
from mfa.models import Delivery, Reason, SitePolicy
from tests.mfa.channels.contract import Arrivals, Carried, Posted, ProviderContract, fault
from tests.portal_client import Browser
from tests.throwaway_provider import SIGNATURE, ThrowawayChannel, sign
from tests.throwaway_provider.server import Server, running

TO = "+447700900123"
State = Delivery.State


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as other_end:
        yield other_end


@pytest.fixture
def installed(settings, server: Server, policy: SitePolicy) -> Channel:
    """The settings line."""
    line = {
        "BACKEND": "tests.throwaway_provider.ThrowawayChannel",
        "OPTIONS": {"address": server.address},
    }
    settings.MFA_CHANNELS = settings.MFA_CHANNELS | {"sms": line}
    return channels.get("sms")


def posted_by(token: str, told: dict[str, str], name: UUID) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(told).encode()
    return body, {SIGNATURE: sign(name, body, token)}


class TestThrowawayChannel(ProviderContract):
    target = TO
    refused = "+44 7700 900"

    @pytest.fixture
    def channel(self, installed: Channel) -> Channel:
        return installed

    @pytest.fixture
    def unreachable(self, policy: SitePolicy) -> Channel:
        return ThrowawayChannel("127.0.0.1:1")

    @pytest.fixture
    def carried(self, server: Server) -> Arrivals:
        return lambda: [Carried(each["to"], each["text"]) for each in server.texts]

    @pytest.fixture
    def posted(self, policy: SitePolicy) -> Posted:
        told = {"id": "T1", "to": TO, "state": "there"}
        return lambda name: posted_by(policy.sms.auth_token, told, name)


def test_provider_faults_map_to_our_reasons(installed: Channel, server: Server) -> None:
    server.fault = "E2"
    error = fault(installed, Message(TO, "Hello"))
    assert (error.reason, error.permanent, error.code) == (Reason.ACCOUNT, True, "E2")


def test_login_works_with_provider(
    installed: Channel, server: Server, browser: Browser, alice: User
) -> None:
    browser.password(alice)
    [text] = server.texts
    browser.post("/login/verify/", {"code": re.search(r"\b\d{6}\b", text["text"])[0]})
    assert browser.signed_in


def report(row: Delivery, state: str, token: str, **more: str) -> int:
    """What the provider posts to the URL that it was given."""
    told = {"id": row.provider_id, "to": row.target, "state": state, **more}
    body, headers = posted_by(token, told, row.receipt_id)
    path = f"/hooks/throwaway/{row.receipt_id}/"
    kind = "application/json"
    return Client().post(path, body, content_type=kind, headers=headers).status_code


@pytest.fixture
def row(installed: Channel, browser: Browser, alice: User) -> Delivery:
    """A text that it accepted."""
    browser.password(alice)
    return Delivery.objects.get(state=State.ACCEPTED)


def test_provider_gets_url_for_receipts(server: Server, row: Delivery) -> None:
    assert server.texts[0]["reports"].endswith(f"/hooks/throwaway/{row.receipt_id}/")


def test_receipts_update_state(row: Delivery, policy: SitePolicy) -> None:
    assert report(row, "there", policy.sms.auth_token) == 204
    row.refresh_from_db()
    assert row.state == State.DELIVERED


def test_fault_in_receipt_is_mapped_to_our_reason(row: Delivery, policy: SitePolicy) -> None:
    assert report(row, "lost", policy.sms.auth_token, fault="E1") == 204
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.FAILED, Reason.UNKNOWN_NUMBER, "E1")


def test_receipt_of_others_is_refused(row: Delivery) -> None:
    assert report(row, "there", "another token") == 403
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


def test_receipts_of_another_provider_have_no_address(row: Delivery) -> None:
    path, form = f"/hooks/twilio/{row.receipt_id}/", "application/x-www-form-urlencoded"
    assert Client().post(path, "MessageStatus=sent", content_type=form).status_code == 404


def test_admin_shows_providers_words(office: Browser, installed: Channel) -> None:
    path = "/admin/mfa/accountpolicy/1/change/"
    page = office.get(path).content.decode()
    assert "Texts go through your own account at Throwaway." in page
    assert "Your customer number." in page
    assert "Texts go straight to Throwaway." in page
    assert "Twilio" not in page
    steps = office.get("/admin/mfa/accountpolicy/setup-steps/").content.decode()
    assert "Open an account at Throwaway." in steps
    assert "Twilio" not in steps
    form = {"sms_account_id": "AC12", "sms_phone_number": "+15005550006", "enabled": "on"}
    assert "A customer number has digits alone." in office.post(path, form).content.decode()


def test_button_tests_provider_account(office: Browser, installed: Channel) -> None:
    path = "/admin/mfa/accountpolicy/test-connection/"
    assert "The account answers." in office.post(path, follow=True).content.decode()
