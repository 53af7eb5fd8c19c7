"""What operators may wish of Twilio: on the wire when set, and not a trace of it if not."""

import logging

import pytest

from mfa.channels.base import DeliveryError, Message, Sent
from mfa.channels.twilio import TwilioChannel
from mfa.models import AccountPolicy, Reason
from tests.mfa.channels.contract import fault, report
from tests.twilio_endpoint.answers import NONSENSE, Answer, Reset, refusal
from tests.twilio_endpoint.endpoint import Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("straight")]

CODE = Message("+447700900123", "123456 is your code", life_seconds=600)
NOTICE = Message("+447700900123", "Your number was changed.")
KEY = "SK" + "5" * 32
# Not spelled out: error reports quote the source, too.
SECRET = "".join(reversed("terces yek a"))


# An API key sends, the token does the rest


@pytest.fixture
def keyed(endpoint: Endpoint) -> TwilioChannel:
    """Sends by a standard key of the account."""
    endpoint.account.keys = {KEY: SECRET}
    return TwilioChannel(api_key=KEY, api_secret=SECRET)


def test_a_key_sends_for_the_account(
    keyed: TwilioChannel, endpoint: Endpoint, policy: AccountPolicy
) -> None:
    keyed.send(CODE)
    assert endpoint.users == [KEY]
    assert endpoint.requests == [f"POST /2010-04-01/Accounts/{policy.sms_account_id}/Messages.json"]
    assert len(endpoint.messages) == 1


def test_without_a_key_the_account_sends(endpoint: Endpoint, policy: AccountPolicy) -> None:
    TwilioChannel().send(CODE)
    assert endpoint.users == [policy.sms_account_id]


def test_a_second_try_is_the_key_s_too(keyed: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(refusal(20429))
    keyed.send(CODE)
    assert endpoint.users == [KEY, KEY]


def test_the_account_is_read_by_its_token(
    keyed: TwilioChannel, endpoint: Endpoint, policy: AccountPolicy
) -> None:
    findings = keyed.check()
    assert set(endpoint.users) == {policy.sms_account_id}
    assert all(finding.good for finding in findings)
    assert "only a test message shows" in findings[-1].text


def test_a_check_without_a_key_speaks_of_none() -> None:
    assert "key" not in "".join(finding.text for finding in TwilioChannel().check())


def test_a_key_that_was_deleted_is_named(keyed: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.account.keys = {}
    error = fault(keyed, CODE)
    assert (error.reason, error.sent, error.code) == (Reason.CREDENTIALS, Sent.NO, "20003")
    assert "SMS_API_KEY" in keyed.explain(error.reason, error.code)


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_and_no_log_holds_the_key_s_secret(
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


def test_feedback_is_on_its_message(
    reporting: TwilioChannel, endpoint: Endpoint, policy: AccountPolicy
) -> None:
    message = reporting.send(CODE).provider_id
    reporting.confirm(message)
    home = f"/2010-04-01/Accounts/{policy.sms_account_id}/Messages"
    assert endpoint.requests == [f"POST {home}.json", f"POST {home}/{message}/Feedback.json"]
    assert endpoint.account.confirmed_messages == [message]
    assert endpoint.account.mistakes == []


def test_feedback_goes_by_the_key(endpoint: Endpoint) -> None:
    endpoint.account.keys = {KEY: SECRET}
    channel = TwilioChannel(feedback=True, api_key=KEY, api_secret=SECRET)
    channel.confirm(channel.send(CODE).provider_id)
    assert endpoint.users == [KEY, KEY]


@pytest.mark.parametrize("answer", [refusal(20404), Reset(), NONSENSE], ids=repr)
def test_feedback_that_fails_is_one_error_and_asked_once(
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
    return AccountPolicy.load().unredacted


def test_twilio_is_asked_to_keep_neither_text_nor_number(
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
def test_an_account_that_cannot_redact_sends_all_the_same(
    redacting: TwilioChannel, endpoint: Endpoint, code: int
) -> None:
    endpoint.answer_next(refusal(code))
    redacting.send(CODE)
    assert len(endpoint.requests) == 2
    (sent,) = endpoint.messages
    assert sent["Body"] == CODE.text
    assert not {"ContentRetention", "AddressRetention"} & sent.keys()


def test_who_can_act_is_told_once(
    redacting: TwilioChannel, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.account.redacts = False
    redacting.send(CODE)
    redacting.send(CODE)
    assert is_unredacted()
    told = [record.getMessage() for record in caplog.records if record.name == "mfa.channels"]
    assert told == ["Twilio redacts no texts of this account, although SMS_REDACT is on"]


def test_each_text_is_to_be_redacted_again(redacting: TwilioChannel, endpoint: Endpoint) -> None:
    """Nothing has to be reset when Twilio has enabled it."""
    endpoint.account.redacts = False
    redacting.send(CODE)
    endpoint.account.redacts = True
    redacting.send(CODE)
    assert "ContentRetention" in endpoint.messages[-1]
    assert not is_unredacted()


def test_too_many_requests_are_no_word_about_redaction(
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
def test_nothing_else_is_asked_twice(
    redacting: TwilioChannel, endpoint: Endpoint, answer: Answer, sent: Sent
) -> None:
    endpoint.answer_next(answer)
    assert fault(redacting, CODE).sent is sent
    assert len(endpoint.requests) == 1
    assert not is_unredacted()


def test_a_fault_without_the_wish_is_the_text_s(
    redacting: TwilioChannel, endpoint: Endpoint
) -> None:
    endpoint.answer_next(refusal(30029), refusal(21610))
    assert fault(redacting, CODE).reason is Reason.OPTED_OUT
    assert not is_unredacted()


def test_who_did_not_ask_is_not_asked_again(endpoint: Endpoint) -> None:
    endpoint.answer_next(refusal(30029))
    assert fault(TwilioChannel(), CODE).reason is Reason.REFUSED
    assert len(endpoint.requests) == 1


# What texts are for


def test_an_intent_is_told_of_every_text(endpoint: Endpoint) -> None:
    told = TwilioChannel(intent="otp")
    told.send(CODE)
    told.send(NOTICE)
    assert [form["MessageIntent"] for form in endpoint.messages] == ["otp", "otp"]
    assert endpoint.account.mistakes == []


def test_without_wishes_nothing_of_them_is_told(endpoint: Endpoint) -> None:
    TwilioChannel().send(CODE)
    assert endpoint.messages[0].keys() == {"To", "From", "Body", "ValidityPeriod", "SmartEncoded"}
