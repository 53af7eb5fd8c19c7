"""Texts by Twilio: requests, answers and secrets."""

from functools import partial
from urllib.parse import urlencode
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from twilio.request_validator import RequestValidator

from mfa.channels.base import Channel, DeliveryError, Message, Progress, Receipt, Sent
from mfa.channels.twilio import TwilioChannel, http, receipts, send
from mfa.models import Reason, SitePolicy, SmsAccount
from tests.mfa.channels.contract import (
    Arrivals,
    Carried,
    Posted,
    ProviderContract,
    fault,
    report,
)
from tests.twilio_endpoint.answers import Reset, Silence, record, refusal
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy

TO = "+447700900123"
TOKEN_START = "tokentoken"


class TestTwilioChannel(ProviderContract):
    target = TO
    refused = "+44 7700 900"

    @pytest.fixture
    def channel(self, through: TwilioChannel) -> Channel:
        return through

    @pytest.fixture
    def unreachable(self, policy: SitePolicy) -> Channel:
        return TwilioChannel("http://127.0.0.1:1")

    @pytest.fixture
    def carried(self, endpoint: Endpoint) -> Arrivals:
        return lambda: [Carried(form["To"], form["Body"]) for form in endpoint.messages]

    @pytest.fixture
    def posted(self, policy: SitePolicy) -> Posted:
        form = {
            "AccountSid": policy.sms.account_id,
            "MessageSid": "SM" + "a" * 32,
            "MessageStatus": "delivered",
            "To": TO,
        }

        def post(name: UUID) -> tuple[bytes, dict[str, str]]:
            validator = RequestValidator(policy.sms.auth_token)
            signature = validator.compute_signature(receipts.url_of(name), form)
            return urlencode(form).encode(), {"X-Twilio-Signature": signature}

        return post


class TestTwilioChannelWithoutProxy(TestTwilioChannel):
    @pytest.fixture
    def channel(self, straight: None) -> Channel:
        return TwilioChannel()


def test_create_request_has_these_parameters(direct: TwilioChannel, endpoint: Endpoint) -> None:
    direct.send(Message(TO, "Hello", life_seconds=540))
    assert endpoint.messages == [
        {
            "To": TO,
            "From": "+15005550006",
            "Body": "Hello",
            "ValidityPeriod": "540",
            "SmartEncoded": "true",
        }
    ]
    assert endpoint.account.mistakes == []


def test_only_test_message_uses_new_values(
    direct: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    """S05."""
    account = policy.sms
    account.candidate_account_id = "AC" + "e" * 32
    account.candidate_auth_token, account.candidate_phone_number = "n" * 32, "+15005550009"
    account.save()
    policy.sms.save()
    direct.send(Message(TO, "Hello"))
    direct_account, from_ = endpoint.requests[0].split("/")[3], endpoint.messages[0]["From"]
    assert (direct_account, from_) == (account.account_id, account.phone_number)
    with pytest.raises(DeliveryError):
        # The endpoint does not know such an account.
        direct.send(Message(TO, "Hello", by_candidate=True))
    assert endpoint.requests[1].split("/")[3] == account.candidate_account_id


@pytest.mark.parametrize(
    ("life", "period"), [(5, "6"), (6, "6"), (600, "600"), (36_000, "36000"), (99_999, "36000")]
)
def test_text_expires_with_its_code(
    direct: TwilioChannel, endpoint: Endpoint, life: int, period: str
) -> None:
    direct.send(Message(TO, "Hello", life_seconds=life))
    assert endpoint.messages[0]["ValidityPeriod"] == period
    assert endpoint.account.mistakes == []


def test_notice_does_not_expire(direct: TwilioChannel, endpoint: Endpoint) -> None:
    direct.send(Message(TO, "Your number was changed."))
    assert "ValidityPeriod" not in endpoint.messages[0]


def test_twilio_reports_to_the_configured_address(
    settings, direct: TwilioChannel, endpoint: Endpoint
) -> None:
    """WB-07: BASE_URL, never a request's host."""
    base = "https://portal.example.com"
    settings.BASE_URL, settings.HOST, settings.HTTPS = base, "portal.example.com", True
    name = UUID(int=7)
    direct.send(Message(TO, "Hello", receipt_id=name))
    assert endpoint.messages[0]["StatusCallback"] == f"{base}/hooks/twilio/{name}/"
    assert endpoint.account.mistakes == []


def test_private_portal_requests_no_receipts(direct: TwilioChannel, endpoint: Endpoint) -> None:
    direct.send(Message(TO, "Hello", receipt_id=UUID(int=7)))
    assert "StatusCallback" not in endpoint.messages[0]


def test_second_attempt_is_marked(direct: TwilioChannel, endpoint: Endpoint) -> None:
    direct.send(Message(TO, "Hello", attempt=2))
    assert endpoint.messages[0]["Attempt"] == "2"
    assert endpoint.account.mistakes == []


def test_messaging_service_sends_instead_of_number(
    direct: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    work = partial(send.create, "MG" + "0" * 32, Message(TO, "Hello"))
    outcome = http.guarded(direct._wire(), policy.sms, work)
    assert isinstance(outcome, Receipt)
    assert endpoint.messages[0]["MessagingServiceSid"] == "MG" + "0" * 32
    assert "From" not in endpoint.messages[0]


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        ("accepted", Progress.ACCEPTED),
        ("queued", Progress.ACCEPTED),
        ("sending", Progress.ACCEPTED),
        ("sent", Progress.SENT),
        ("delivered", Progress.DELIVERED),
        ("read", Progress.DELIVERED),
        ("something new", Progress.ACCEPTED),
    ],
)
def test_first_status_is_progress(
    direct: TwilioChannel, endpoint: Endpoint, status: str, progress: Progress
) -> None:
    endpoint.account.first_status = status
    assert direct.send(Message(TO, "Hello")).progress is progress


def test_text_may_fail_within_answer(direct: TwilioChannel, endpoint: Endpoint) -> None:
    sid = "SM" + "0" * 32
    endpoint.answer_next(record({"sid": sid, "status": "failed", "error_code": 30003}, 201))
    error = fault(direct, Message(TO, "Hello"))
    assert (error.reason, error.sent, error.code) == (Reason.UNREACHABLE, Sent.NO, "30003")


def test_text_may_fail_without_number(direct: TwilioChannel, endpoint: Endpoint) -> None:
    sid = "SM" + "0" * 32
    endpoint.answer_next(record({"sid": sid, "status": "canceled", "error_code": None}, 201))
    error = fault(direct, Message(TO, "Hello"))
    assert (error.reason, error.sent, error.code) == (Reason.REFUSED, Sent.NO, "")


@pytest.mark.parametrize("field", ["account_id", "auth_token", "phone_number"])
def test_no_request_without_credentials(
    through: TwilioChannel, proxy: Proxy, policy: SitePolicy, field: str
) -> None:
    SmsAccount.note(**{field: ""})
    error = fault(through, Message(TO, "Hello"))
    assert (error.reason, error.sent) == (Reason.CREDENTIALS, Sent.NO)
    assert [finding.good for finding in through.check()] == [False]
    assert proxy.requests == []


def test_undecryptable_token_is_our_own_fault(
    through: TwilioChannel, proxy: Proxy, settings
) -> None:
    """Twilio is not blamed for it."""
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    error = fault(through, Message(TO, "Hello"))
    assert (error.reason, error.sent, error.code) == (Reason.INTERNAL, Sent.NO, "key")
    assert "An error in the portal" in through.explain(error.reason, error.code)
    assert proxy.requests == []


@pytest.mark.parametrize("token", ["another token", "žeton"])
def test_wrong_token_is_refused(
    through: TwilioChannel, endpoint: Endpoint, policy: SitePolicy, token: str
) -> None:
    policy.sms.auth_token = token
    policy.sms.save()
    error = fault(through, Message(TO, "Hello"))
    assert (error.reason, error.sent, error.code) == (Reason.CREDENTIALS, Sent.NO, "20003")
    assert endpoint.messages == []


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("answer", [refusal(21610), refusal(20003), Silence()])
def test_no_error_report_holds_the_token(
    hurried: TwilioChannel, endpoint: Endpoint, settings: object, answer: object, *, debug: bool
) -> None:
    settings.DEBUG = debug
    endpoint.answer_next(answer)
    said = report(lambda: hurried.send(Message(TO, "Hello 123456")))
    assert endpoint.account.token not in said
    assert TOKEN_START not in said
    assert TO not in said


def test_failed_check_reports_no_token(through: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(Reset())
    assert TOKEN_START not in report(through.check)


def test_no_data_of_a_call_is_kept(through: TwilioChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = through._wire()
    monkeypatch.setattr(through, "_wire", lambda: wire)
    through.send(Message(TO, "Hello 123456"))
    assert wire.left
    kept = str(vars(wire))
    assert "123456" not in kept
    assert TOKEN_START not in kept
