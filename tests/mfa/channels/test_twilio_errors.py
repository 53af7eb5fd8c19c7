"""The error table, row by row: first as Twilio's answers, then as words."""

from time import monotonic

import pytest

from mfa.channels.base import Message, Sent
from mfa.channels.twilio import TwilioChannel, errors
from mfa.channels.twilio.errors import FAULTS, ON_THE_WAY, explain
from mfa.models import Reason
from tests.mfa.channels.contract import fault
from tests.twilio_endpoint.answers import STATUSES, Silence, problem, refusal
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy

TO = "+447700900123"

ROWS: list[tuple[Reason, bool, set[int]]] = [
    (Reason.UNKNOWN_NUMBER, True, {21211, 21217, 30005}),
    (Reason.CANNOT_GET_TEXTS, True, {21614, 21635, 21265, 30006}),
    (Reason.OUR_FAULT, True, {30011, 21617, 21602, 21604, 90007}),
    (Reason.REFUSED, True, {30029, 30030}),
    (Reason.OPTED_OUT, True, {21610}),
    (Reason.CREDENTIALS, True, {20003, 70051, 20404, 20008}),
    (Reason.ACCOUNT, True, {20005, 10001, 20403, 30002}),
    (
        Reason.SENDER,
        True,
        {21606, 21659, 21660, 21661, 21212, 21603, 21267, 21701, 21703, 21704, 21705},
    ),
    (Reason.SENDER, True, {30037}),
    (Reason.UNREGISTERED, True, {30034, 30032, 30024, 30018, 30042}),
    (Reason.COUNTRY, True, {21408, 21612}),
    (Reason.TRIAL, True, {21608, 572002, 572005, 21607, 21219}),
    (Reason.ACCOUNT, True, {572006, 10002, 575001}),
    (Reason.CAPPED, False, {30022, 30023, 21611}),
    (Reason.BLOCKED, True, {30004}),
    (Reason.FILTERED, False, {30007}),
    (Reason.HELD, True, {30450, 30453, 60410}),
    (Reason.BUSY, False, {20429, 20500, 20503, 30001, 30410, 30500, 30036}),
    (Reason.UNREACHABLE, False, {30003}),
    (Reason.UNKNOWN, False, {30008}),
]
CODES = [pytest.param(code, *row, id=str(code)) for *row, codes in ROWS for code in sorted(codes)]


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "reason", "permanent"), CODES)
def test_answers_follow_the_table(
    direct: TwilioChannel,
    endpoint: Endpoint,
    *,
    code: int,
    reason: Reason,
    permanent: bool,
) -> None:
    endpoint.answer_next(refusal(code), refusal(code))
    error = fault(direct, Message(TO, "123456"))
    certain = STATUSES.get(code, 400) < 500
    assert (error.reason, error.permanent, error.code) == (reason, permanent, str(code))
    assert error.sent is (Sent.NO if certain else Sent.MAYBE)
    assert len(endpoint.requests) == (2 if code == 20429 else 1)


def test_rows_cover_the_whole_table() -> None:
    assert sorted(param.values[0] for param in CODES) == sorted(FAULTS)


UNKNOWN = [
    # code, status, reason, sent
    (29999, 400, Reason.REFUSED, Sent.NO),
    (20999, 401, Reason.CREDENTIALS, Sent.NO),
    (20999, 403, Reason.ACCOUNT, Sent.NO),
    (20999, 404, Reason.CREDENTIALS, Sent.NO),
    (20999, 429, Reason.BUSY, Sent.NO),
    (20999, 500, Reason.BUSY, Sent.MAYBE),
    (20999, 503, Reason.BUSY, Sent.MAYBE),
    (30999, 400, Reason.UNKNOWN, Sent.NO),
    (63999, 400, Reason.REFUSED, Sent.NO),
    (572999, 400, Reason.TRIAL, Sent.NO),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "status", "reason", "sent"), UNKNOWN)
def test_unknown_error_number_is_classified_by_its_range(
    direct: TwilioChannel,
    endpoint: Endpoint,
    *,
    code: int,
    status: int,
    reason: Reason,
    sent: Sent,
) -> None:
    endpoint.answer_next(refusal(code, status))
    error = fault(direct, Message(TO, "123456"))
    assert (error.reason, error.sent, error.code) == (reason, sent, str(code))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (30999, Reason.UNKNOWN),
        (29999, Reason.REFUSED),
        (0, Reason.REFUSED),
    ],
)
def test_unknown_error_number_in_receipt_is_classified(code: int, reason: Reason) -> None:
    assert errors.fault(code).reason is reason


@pytest.mark.django_db
def test_newer_error_format_is_read(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(problem(21610))
    error = fault(direct, Message(TO, "123456"))
    assert (error.reason, error.sent, error.code) == (Reason.OPTED_OUT, Sent.NO, "21610")


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["21610", None, [1], True, 7, 10**9])
def test_invalid_error_number_is_dropped(
    direct: TwilioChannel, endpoint: Endpoint, code: int
) -> None:
    endpoint.answer_next(refusal(code, 400))
    error = fault(direct, Message(TO, "123456"))
    assert (error.reason, error.sent, error.code) == (Reason.REFUSED, Sent.NO, "")


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_administrators_read_words_and_number(code: int) -> None:
    said = explain(FAULTS[code].reason, str(code))
    assert str(FAULTS[code].words) in said
    assert f"error {code})" in said


def test_unknown_number_keeps_words_of_its_reason_and_leads_to_twilios_page() -> None:
    assert explain(Reason.BUSY, "99999") == (
        "the service is busy; try again in a few minutes"
        " (Twilio's error 99999: https://www.twilio.com/docs/errors/99999)"
    )


def test_unknown_error_number_has_message_of_its_range() -> None:
    assert explain(Reason.REFUSED, "29999").startswith("Twilio refused the text.")
    assert explain(Reason.UNKNOWN, "30999").startswith("The text was not delivered.")


@pytest.mark.parametrize("word", sorted(ON_THE_WAY))
def test_connection_fault_is_explained(word: str) -> None:
    assert explain(Reason.NETWORK, word) == str(ON_THE_WAY[word])


def test_proxy_fault_names_proxy() -> None:
    assert explain(Reason.PROXY, "proxy", proxy="proxy.example:3128") == (
        "The SMS service could not be reached through the proxy proxy.example:3128. Ask your"
        " network administrator."
    )


def test_reason_without_provider_code_is_its_label() -> None:
    assert explain(Reason.CREDENTIALS) == Reason.CREDENTIALS.label


@pytest.mark.django_db
def test_too_many_requests_are_retried_once(direct: TwilioChannel, endpoint: Endpoint) -> None:
    """20429 is the only refusal after which Twilio has certainly accepted nothing."""
    endpoint.answer_next(refusal(20429))
    direct.send(Message(TO, "123456"))
    assert (len(endpoint.requests), len(endpoint.messages)) == (2, 1)


@pytest.mark.django_db
def test_retry_ends_with_deadline(proxy: Proxy, endpoint: Endpoint) -> None:
    hurried = TwilioChannel(f"http://{proxy.address}", timeout=0.5, deadline=1)
    hurried.send(Message(TO, "123456"))
    endpoint.answer_next(refusal(20429), Silence())
    start = monotonic()
    error = fault(hurried, Message(TO, "123456"))
    assert monotonic() - start < 2
    assert error.sent is Sent.MAYBE
