"""The error table, row by row: first as Twilio's answers, then as words."""

from time import monotonic

import pytest

from mfa.channels import twilio_errors
from mfa.channels.base import Message, Sent
from mfa.channels.twilio import TwilioChannel
from mfa.channels.twilio_errors import FAULTS, ON_THE_WAY, Remedy, explain
from mfa.models import Reason
from tests.mfa.channels.contract import fault
from tests.twilio_endpoint.answers import STATUSES, Silence, problem, refusal
from tests.twilio_endpoint.endpoint import Endpoint
from tests.twilio_endpoint.proxy import Proxy

TO = "+447700900123"

ROWS: list[tuple[Reason, Remedy, bool, set[int]]] = [
    (Reason.UNKNOWN_NUMBER, Remedy.PERSON, True, {21211, 21217, 30005}),
    (Reason.CANNOT_GET_TEXTS, Remedy.PERSON, True, {21614, 21635, 21265, 30006}),
    (Reason.OUR_FAULT, Remedy.DEVELOPER, True, {30011, 21617, 21602, 21604, 90007}),
    (Reason.REFUSED, Remedy.ADMINISTRATOR, True, {30029, 30030}),
    (Reason.OPTED_OUT, Remedy.OPT_IN, True, {21610}),
    (Reason.CREDENTIALS, Remedy.ADMINISTRATOR, True, {20003, 70051, 20404, 20008}),
    (Reason.ACCOUNT, Remedy.ADMINISTRATOR, True, {20005, 10001, 20403, 30002}),
    (
        Reason.SENDER,
        Remedy.ADMINISTRATOR,
        True,
        {21606, 21659, 21660, 21661, 21212, 21603, 21267, 21701, 21703, 21704, 21705},
    ),
    (Reason.SENDER, Remedy.ADMINISTRATOR, True, {30037}),
    (Reason.UNREGISTERED, Remedy.ADMINISTRATOR, True, {30034, 30032, 30024, 30018, 30042}),
    (Reason.COUNTRY, Remedy.ADMINISTRATOR, True, {21408, 21612}),
    (Reason.TRIAL, Remedy.ADMINISTRATOR, True, {21608, 572002, 572005, 21607, 21219}),
    (Reason.ACCOUNT, Remedy.ADMINISTRATOR, True, {572006, 10002, 575001}),
    (Reason.CAPPED, Remedy.ADMINISTRATOR, False, {30022, 30023, 21611}),
    (Reason.BLOCKED, Remedy.PERSON, True, {30004}),
    (Reason.BLOCKED, Remedy.TIME, False, {30007}),
    (Reason.HELD, Remedy.FRAUD, True, {30450, 30453, 60410}),
    (Reason.BUSY, Remedy.TIME, False, {20429, 20500, 20503, 30001, 30410, 30500, 30036}),
    (Reason.UNREACHABLE, Remedy.TIME, False, {30003}),
    (Reason.UNKNOWN, Remedy.TIME, False, {30008}),
]
CODES = [pytest.param(code, *row, id=str(code)) for *row, codes in ROWS for code in sorted(codes)]


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "reason", "remedy", "permanent"), CODES)
def test_an_answer_means_what_the_table_says(
    direct: TwilioChannel,
    endpoint: Endpoint,
    *,
    code: int,
    reason: Reason,
    remedy: Remedy,
    permanent: bool,
) -> None:
    endpoint.answer_next(refusal(code), refusal(code))
    error = fault(direct, Message(TO, "123456"))
    certain = STATUSES.get(code, 400) < 500
    assert (error.reason, error.permanent, error.code) == (reason, permanent, str(code))
    assert error.sent is (Sent.NO if certain else Sent.MAYBE)
    assert twilio_errors.fault(code).remedy is remedy
    assert len(endpoint.requests) == (2 if code == 20429 else 1)


def test_the_rows_are_the_whole_table() -> None:
    assert sorted(param.values[0] for param in CODES) == sorted(FAULTS)


UNKNOWN = [
    # code, status, reason, who can help, sent
    (29999, 400, Reason.REFUSED, Remedy.ADMINISTRATOR, Sent.NO),
    (20999, 401, Reason.CREDENTIALS, Remedy.ADMINISTRATOR, Sent.NO),
    (20999, 403, Reason.ACCOUNT, Remedy.ADMINISTRATOR, Sent.NO),
    (20999, 404, Reason.CREDENTIALS, Remedy.ADMINISTRATOR, Sent.NO),
    (20999, 429, Reason.BUSY, Remedy.TIME, Sent.NO),
    (20999, 500, Reason.BUSY, Remedy.TIME, Sent.MAYBE),
    (20999, 503, Reason.BUSY, Remedy.TIME, Sent.MAYBE),
    (30999, 400, Reason.UNKNOWN, Remedy.TIME, Sent.NO),
    (63999, 400, Reason.REFUSED, Remedy.ADMINISTRATOR, Sent.NO),
    (572999, 400, Reason.TRIAL, Remedy.ADMINISTRATOR, Sent.NO),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "status", "reason", "remedy", "sent"), UNKNOWN)
def test_an_unknown_number_falls_into_a_class_by_its_range(
    direct: TwilioChannel,
    endpoint: Endpoint,
    *,
    code: int,
    status: int,
    reason: Reason,
    remedy: Remedy,
    sent: Sent,
) -> None:
    endpoint.answer_next(refusal(code, status))
    error = fault(direct, Message(TO, "123456"))
    assert (error.reason, error.sent, error.code) == (reason, sent, str(code))
    assert twilio_errors.fault(code, status).remedy is remedy


@pytest.mark.parametrize(
    ("code", "reason", "remedy"),
    [
        (30999, Reason.UNKNOWN, Remedy.TIME),
        (29999, Reason.REFUSED, Remedy.ADMINISTRATOR),
        (0, Reason.REFUSED, Remedy.ADMINISTRATOR),
    ],
)
def test_an_unknown_number_in_a_receipt(code: int, reason: Reason, remedy: Remedy) -> None:
    meaning = twilio_errors.fault(code)
    assert (meaning.reason, meaning.remedy) == (reason, remedy)


@pytest.mark.django_db
def test_the_newer_shape_of_errors_is_read_too(direct: TwilioChannel, endpoint: Endpoint) -> None:
    endpoint.answer_next(problem(21610))
    error = fault(direct, Message(TO, "123456"))
    assert (error.reason, error.sent, error.code) == (Reason.OPTED_OUT, Sent.NO, "21610")


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["21610", None, [1], True, 7, 10**9])
def test_a_number_that_is_none_is_not_kept(
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


def test_an_unknown_number_keeps_the_words_of_its_reason_and_leads_to_twilio_s_page() -> None:
    assert explain(Reason.BUSY, "99999") == (
        "the service is busy; try again in a few minutes"
        " (Twilio's error 99999: https://www.twilio.com/docs/errors/99999)"
    )


def test_an_unknown_number_has_the_words_of_its_range() -> None:
    assert explain(Reason.REFUSED, "29999").startswith("Twilio refused the text.")
    assert explain(Reason.UNKNOWN, "30999").startswith("The text was not delivered;")


@pytest.mark.parametrize("word", sorted(ON_THE_WAY))
def test_a_fault_on_the_way_has_words(word: str) -> None:
    assert explain(Reason.NETWORK, word) == str(ON_THE_WAY[word])


def test_a_fault_of_the_proxy_names_it() -> None:
    assert explain(Reason.PROXY, "proxy", proxy="proxy.example:3128") == (
        "The SMS service could not be reached through the proxy proxy.example:3128. Ask your"
        " network administrator."
    )


def test_a_reason_alone_is_its_label() -> None:
    assert explain(Reason.CREDENTIALS) == Reason.CREDENTIALS.label


@pytest.mark.django_db
def test_too_many_requests_get_one_quick_second_try(
    direct: TwilioChannel, endpoint: Endpoint
) -> None:
    """20429 is the one refusal after which Twilio has certainly taken nothing."""
    endpoint.answer_next(refusal(20429))
    direct.send(Message(TO, "123456"))
    assert (len(endpoint.requests), len(endpoint.messages)) == (2, 1)


@pytest.mark.django_db
def test_a_second_try_ends_with_the_deadline(proxy: Proxy, endpoint: Endpoint) -> None:
    hurried = TwilioChannel(f"http://{proxy.address}", timeout=0.5, deadline=1)
    hurried.send(Message(TO, "123456"))
    endpoint.answer_next(refusal(20429), Silence())
    start = monotonic()
    error = fault(hurried, Message(TO, "123456"))
    assert monotonic() - start < 2
    assert error.sent is Sent.MAYBE
