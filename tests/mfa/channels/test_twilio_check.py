"""The connection test of the admin page."""

import pytest

from mfa.channels.base import DeliveryError, Finding
from mfa.channels.twilio import TwilioChannel, check, http
from mfa.models import Reason, SitePolicy
from tests.twilio_endpoint.answers import HTML, Answer, Cut, Reset, record, refusal
from tests.twilio_endpoint.endpoint import Endpoint

pytestmark = pytest.mark.django_db


def bad(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if not finding.good]


def said(findings: list[Finding]) -> str:
    return " ".join(finding.text for finding in findings)


def test_complete_account_has_three_good_findings(direct: TwilioChannel) -> None:
    assert [finding.text for finding in direct.check()] == [
        "The Twilio account is active.",
        "This account has the number +15005550006, and it can send texts.",
        "Balance: 12.34 USD.",
    ]


def test_check_sends_nothing(direct: TwilioChannel, endpoint: Endpoint) -> None:
    direct.check()
    assert all(request.startswith("GET ") for request in endpoint.requests)


def test_findings_hold_no_token(direct: TwilioChannel, endpoint: Endpoint) -> None:
    assert endpoint.account.token not in str(direct.check())


def test_trial_account_shows_its_limits(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.account.kind = "Trial"
    findings = direct.check()
    assert "trial account. It only sends to numbers verified" in said(findings)
    assert bad(findings) == []


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_account_that_is_not_active_ends_check(
    direct: TwilioChannel, endpoint: Endpoint, status: str
) -> None:
    endpoint.account.status = status
    assert bad(direct.check()) == [f"The Twilio account is not active. Its status is “{status}”."]
    assert len(endpoint.requests) == 1


def test_wrong_token_ends_check(
    direct: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    policy.sms.auth_token = "wrong"
    policy.sms.save()
    assert "rejected the account ID and token" in bad(direct.check())[0]
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("code", [20008, 20999])
def test_test_credentials_are_recognized(
    direct: TwilioChannel, endpoint: Endpoint, code: int
) -> None:
    endpoint.answer_next(refusal(code, 403))
    assert "Twilio's test credentials" in bad(direct.check())[0]


def test_account_without_funds_is_not_reported_as_test_credentials(
    direct: TwilioChannel, endpoint: Endpoint
) -> None:
    endpoint.answer_next(refusal(20005))
    assert "suspended, closed or out of funds" in bad(direct.check())[0]


def test_number_of_other_account_is_reported(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.account.numbers = {"+150055500069": True}
    assert bad(direct.check()) == ["This account does not have the number +15005550006."]


def test_number_without_texts_is_reported(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.account.numbers = {"+15005550006": False}
    assert bad(direct.check()) == ["The number +15005550006 cannot send texts."]


@pytest.mark.parametrize("capabilities", [None, "sms", {}, {"sms": "yes"}])
def test_malformed_capabilities_count_as_none(
    direct: TwilioChannel, endpoint: Endpoint, capabilities: object
) -> None:
    number = {"phone_number": "+15005550006", "capabilities": capabilities}
    endpoint.answer_next(
        record({"status": "active", "type": "Full"}), record({"incoming_phone_numbers": [number]})
    )
    assert bad(direct.check()) == ["The number +15005550006 cannot send texts."]


def test_malformed_list_is_a_finding(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(record({"status": "active", "type": "Full"}), record({"a": [], "b": []}))
    assert bad(direct.check()) == ["the provider refused the message"]


def test_forbidden_number_lookup_is_a_finding(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(record({"status": "active", "type": "Full"}), refusal(70051))
    assert "rejected the account ID and token" in bad(direct.check())[0]


@pytest.mark.parametrize(("service", "good"), [("MG" + "0" * 32, True), ("MG" + "1" * 32, False)])
def test_messaging_service_is_looked_up(
    direct: TwilioChannel, policy: SitePolicy, service: str, *, good: bool
) -> None:
    account = policy.sms
    account.phone_number = service
    findings = http.guarded(direct._wire(), account, lambda client: check.look(account, client))
    assert [finding.good for finding in findings] == [True, good, True]
    assert "messaging service" in findings[1].text


def test_forbidden_service_lookup_is_a_finding(
    direct: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    account = policy.sms
    account.phone_number = "MG" + "0" * 32
    endpoint.answer_next(record({"status": "active", "type": "Full"}), refusal(20003))
    findings = http.guarded(direct._wire(), account, lambda client: check.look(account, client))
    assert "rejected the account ID and token" in bad(findings)[0]


@pytest.mark.parametrize("balance", [None, "", "none"])
def test_account_without_balance_is_accepted(
    direct: TwilioChannel, endpoint: Endpoint, balance: str | None
) -> None:
    endpoint.account.balance = balance
    assert "Balance" not in said(direct.check())


@pytest.mark.parametrize("balance", ["0", "0.00", "-3.5"])
def test_empty_balance_is_a_bad_finding(
    direct: TwilioChannel, endpoint: Endpoint, balance: str
) -> None:
    endpoint.account.balance = balance
    assert "Balance" in bad(direct.check())[0]


@pytest.mark.parametrize("answer", [Cut(), Reset()])
def test_fault_of_network_is_raised(
    direct: TwilioChannel, endpoint: Endpoint, answer: Answer
) -> None:
    endpoint.answer_next(answer)
    with pytest.raises(DeliveryError) as caught:
        direct.check()
    assert caught.value.reason is Reason.NETWORK


def test_failing_service_lookup_is_a_finding(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(HTML)
    assert "busy" in bad(direct.check())[0]


def test_malformed_answer_is_a_fault(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(record([]))
    with pytest.raises(DeliveryError) as caught:
        direct.check()
    assert caught.value.code == "garbled"
