"""Options of operators for Twilio: in the request if set, and absent otherwise."""

import logging

import pytest

from mfa.channels.base import DeliveryError, Message, Sent
from mfa.channels.twilio import TwilioChannel
from mfa.models import Reason, SitePolicy, SmsAccount
from tests.mfa.channels.contract import fault, report
from tests.twilio_endpoint.answers import NONSENSE, Answer, Reset, refusal
from tests.twilio_endpoint.endpoint import Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("straight")]

CODE = Message("+447700900123", "123456 is your code", life_seconds=600)
NOTICE = Message("+447700900123", "Your number was changed.")
KEY = "SK" + "5" * 32
# Not written out, because error reports quote the source.
SECRET = "".join(reversed("terces yek a"))


# An API key sends, and the token does the rest


@pytest.fixture
def keyed(endpoint: Endpoint) -> TwilioChannel:
    """Sends by a standard key of the account."""
    endpoint.account.keys = {KEY: SECRET}
    return TwilioChannel(api_key=KEY, api_secret=SECRET)


def test_api_key_sends_for_account(
    keyed: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    keyed.send(CODE)
    assert endpoint.users == [KEY]
    assert endpoint.requests == [f"POST /2010-04-01/Accounts/{policy.sms.account_id}/Messages.json"]
    assert len(endpoint.messages) == 1


def test_without_a_key_the_account_sends(endpoint: Endpoint, policy: SitePolicy) -> None:
    TwilioChannel().send(CODE)
    assert endpoint.users == [policy.sms.account_id]


def test_retry_uses_api_key(keyed: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(refusal(20429))
    keyed.send(CODE)
    assert endpoint.users == [KEY, KEY]


def test_account_is_read_by_its_token(
    keyed: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    findings = keyed.check()
    assert set(endpoint.users) == {policy.sms.account_id}
    assert all(finding.good for finding in findings)
    assert "Send a test message" in findings[-1].text


def test_check_without_api_key_mentions_none() -> None:
    assert "key" not in "".join(finding.text for finding in TwilioChannel().check())


def test_deleted_api_key_is_reported(keyed: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.account.keys = {}
    error = fault(keyed, CODE)
    assert (error.reason, error.sent, error.code) == (Reason.CREDENTIALS, Sent.NO, "20003")
    assert "SMS_API_KEY" in keyed.explain(error.reason, error.code)


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_and_no_log_holds_the_keys_secret(
    keyed: TwilioChannel,
    endpoint: Endpoint,
    settings: object,
    caplog: pytest.LogCaptureFixture,
    *,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    caplog.set_level(logging.DEBUG)
    keyed.send(CODE)
    endpoint.answer_next(refusal(21610))
    told = report(lambda: keyed.send(CODE))
    logged = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert SECRET not in told + logged


# Feedback


@pytest.fixture
def reporting() -> TwilioChannel:
    """Tells Twilio which codes came back."""
    return TwilioChannel(feedback=True)


def test_feedback_is_announced_for_codes_and_for_no_notice(
    reporting: TwilioChannel, endpoint: Endpoint
) -> None:
    reporting.send(CODE)
    reporting.send(NOTICE)
    code, notice = endpoint.messages
    assert code["ProvideFeedback"] == "true"
    assert "ProvideFeedback" not in notice
    assert endpoint.account.mistakes == []


def test_feedback_belongs_to_its_message(
    reporting: TwilioChannel, endpoint: Endpoint, policy: SitePolicy
) -> None:
    message = reporting.send(CODE).provider_id
    reporting.confirm(message)
    home = f"/2010-04-01/Accounts/{policy.sms.account_id}/Messages"
    assert endpoint.requests == [f"POST {home}.json", f"POST {home}/{message}/Feedback.json"]
    assert endpoint.account.confirmed_messages == [message]
    assert endpoint.account.mistakes == []


def test_feedback_uses_api_key(endpoint: Endpoint) -> None:
    endpoint.account.keys = {KEY: SECRET}
    channel = TwilioChannel(feedback=True, api_key=KEY, api_secret=SECRET)
    channel.confirm(channel.send(CODE).provider_id)
    assert endpoint.users == [KEY, KEY]


@pytest.mark.parametrize("answer", [refusal(20404), Reset(), NONSENSE], ids=repr)
def test_failed_feedback_is_not_repeated(
    reporting: TwilioChannel, endpoint: Endpoint, answer: Answer
) -> None:
    message = reporting.send(CODE).provider_id
    endpoint.answer_next(answer)
    with pytest.raises(DeliveryError) as caught:
        reporting.confirm(message)
    assert message not in f"{caught.value!r}"
    assert len(endpoint.requests) == 2


# Redaction


@pytest.fixture
def redacting() -> TwilioChannel:
    """Asks Twilio to keep nothing."""
    return TwilioChannel(redact=True)


def is_unredacted() -> bool:
    return SmsAccount.load().unredacted


def test_redaction_of_text_and_number_is_requested(
    redacting: TwilioChannel, endpoint: Endpoint
) -> None:
    """OT-08."""
    redacting.send(CODE)
    redacting.send(NOTICE)
    for form in endpoint.messages:
        assert (form["ContentRetention"], form["AddressRetention"]) == ("discard", "obfuscate")
    assert len(endpoint.requests) == 2
    assert endpoint.account.mistakes == []
    assert not is_unredacted()


@pytest.mark.parametrize("code", [30029, 30030])
def test_account_without_redaction_still_sends(
    redacting: TwilioChannel, endpoint: Endpoint, code: int
) -> None:
    endpoint.answer_next(refusal(code))
    redacting.send(CODE)
    assert len(endpoint.requests) == 2
    (sent,) = endpoint.messages
    assert sent["Body"] == CODE.text
    assert not {"ContentRetention", "AddressRetention"} & sent.keys()


def test_missing_redaction_is_reported_once(
    redacting: TwilioChannel, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.account.redacts = False
    redacting.send(CODE)
    redacting.send(CODE)
    assert is_unredacted()
    told = [record.getMessage() for record in caplog.records if record.name == "mfa.channels"]
    assert told == ["Twilio redacts no texts of this account, although SMS_REDACT is on"]


def test_redaction_is_requested_for_each_text(redacting: TwilioChannel, endpoint: Endpoint) -> None:
    """Nothing has to be reset after Twilio enabled it."""
    endpoint.account.redacts = False
    redacting.send(CODE)
    endpoint.account.redacts = True
    redacting.send(CODE)
    assert "ContentRetention" in endpoint.messages[-1]
    assert not is_unredacted()


def test_too_many_requests_do_not_count_as_missing_redaction(
    redacting: TwilioChannel, endpoint: Endpoint
) -> None:
    endpoint.answer_next(refusal(20429), refusal(30029), refusal(20429))
    redacting.send(CODE)
    assert (len(endpoint.requests), len(endpoint.messages)) == (4, 1)
    assert is_unredacted()


@pytest.mark.parametrize(
    ("answer", "sent"),
    [(refusal(21610), Sent.NO), (refusal(30029, 500), Sent.MAYBE), (Reset(), Sent.MAYBE)],
    ids=["another refusal", "a server's fault", "no answer"],
)
def test_other_refusals_are_not_repeated(
    redacting: TwilioChannel, endpoint: Endpoint, answer: Answer, sent: Sent
) -> None:
    endpoint.answer_next(answer)
    assert fault(redacting, CODE).sent is sent
    assert len(endpoint.requests) == 1
    assert not is_unredacted()


def test_fault_without_redaction_is_reported(redacting: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(refusal(30029), refusal(21610))
    assert fault(redacting, CODE).reason is Reason.OPTED_OUT
    assert not is_unredacted()


def test_request_without_redaction_is_not_repeated(endpoint: Endpoint) -> None:
    endpoint.answer_next(refusal(30029))
    assert fault(TwilioChannel(), CODE).reason is Reason.REFUSED
    assert len(endpoint.requests) == 1


# Message intent


def test_intent_is_sent_with_every_text(endpoint: Endpoint) -> None:
    told = TwilioChannel(intent="otp")
    told.send(CODE)
    told.send(NOTICE)
    assert [form["MessageIntent"] for form in endpoint.messages] == ["otp", "otp"]
    assert endpoint.account.mistakes == []


def test_unset_options_are_not_sent(endpoint: Endpoint) -> None:
    TwilioChannel().send(CODE)
    assert endpoint.messages[0].keys() == {"To", "From", "Body", "ValidityPeriod", "SmartEncoded"}
