"""Receipts: only Twilio's, only about our own recent texts, and a state only rises (WB-07)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, RequestFactory

from accounts.models import User
from mfa import deliveries
from mfa.channels import twilio_receipts
from mfa.models import AccountPolicy, Delivery, Reason, Session
from mfa.views.hooks import LARGEST_BODY, twilio_receipt
from tests.journeys.database import dump
from tests.portal_client import Browser
from tests.twilio_endpoint.receipts import FORM, fields, post, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

State = Delivery.State
SID = "SM" + "b" * 32
OLD_TOKEN = "0ld" * 10 + "ab"


@pytest.fixture(autouse=True)
def _public(settings) -> None:
    settings.BASE_URL, settings.HOST, settings.HTTPS = (
        "https://portal.example.com",
        "portal.example.com",
        True,
    )


@pytest.fixture
def row(asked: Browser) -> Delivery:
    """Alice's code, taken by Twilio."""
    Delivery.objects.update(state=State.ACCEPTED, provider_id=SID)
    return Delivery.objects.get()


def state(row: Delivery) -> tuple[str, str, str]:
    row.refresh_from_db()
    return row.state, row.reason, row.code


# Whose word it is


def test_a_signed_receipt_is_taken_without_a_session_or_a_token_of_ours(row: Delivery) -> None:
    sessions = Session.objects.count()
    answer = report(Client(enforce_csrf_checks=True), row, "delivered")
    assert (answer.status_code, answer.content, answer.cookies) == (204, b"", {})
    assert state(row) == (State.DELIVERED, "", "")
    assert Session.objects.count() == sessions


def test_no_signature_is_refused(client: Client, row: Delivery) -> None:
    assert post(client, row, fields(row, "delivered"), signature="").status_code == 403
    assert state(row)[0] == State.ACCEPTED


@pytest.mark.parametrize("signature", ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "é", "\u0000"])
def test_a_wrong_signature_is_refused(client: Client, row: Delivery, signature: str) -> None:
    form = fields(row, "delivered")
    assert post(client, row, form, signature=signature).status_code == 403
    assert state(row)[0] == State.ACCEPTED


def test_another_account_s_token_does_not_sign(client: Client, row: Delivery) -> None:
    assert post(client, row, fields(row, "delivered"), token="x" * 32).status_code == 403


def test_an_api_key_that_sends_does_not_sign(settings, client: Client, row: Delivery) -> None:
    settings.SMS_API_KEY, settings.SMS_API_SECRET = "SK1", "secret" * 5
    form = fields(row, "delivered")
    assert post(client, row, form, token=settings.SMS_API_SECRET).status_code == 403
    assert post(client, row, form).status_code == 204


def test_an_empty_token_is_no_key_that_everybody_knows(client: Client, row: Delivery) -> None:
    AccountPolicy.objects.update(sms_auth_token="")
    assert report(client, row, "delivered").status_code == 403


def test_a_changed_field_is_refused(client: Client, row: Delivery) -> None:
    form = fields(row, "sent")
    signature = twilio_signature(row, form)
    changed = form | {"MessageStatus": "delivered"}
    assert post(client, row, changed, signature=signature).status_code == 403


def test_a_receipt_that_the_portal_cannot_take_is_logged_without_its_number(
    client: Client,
    row: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(deliveries, "STATE_OF", {})
    assert report(client, row, "delivered").status_code == 500
    assert "a fault in the portal while taking a receipt" in caplog.text
    assert "in receive" in caplog.text
    assert row.target not in caplog.text
    assert state(row) == (State.ACCEPTED, "", "")


def test_an_added_field_is_refused(client: Client, row: Delivery) -> None:
    form = fields(row, "delivered")
    added = form | {"ErrorCode": "21610"}
    assert post(client, row, added, signature=twilio_signature(row, form)).status_code == 403


def test_a_receipt_for_one_message_is_none_for_another(client: Client, row: Delivery) -> None:
    """The address is part of what is signed, so nothing can be replayed elsewhere."""
    form, url = fields(row, "delivered"), twilio_receipts.url_of(uuid4())
    assert post(client, row, form, url=url).status_code == 403


@pytest.mark.parametrize("host", ["http://portal.example.com", "https://evil.example.com"])
def test_the_request_s_host_and_scheme_do_not_choose_the_url(
    client: Client, row: Delivery, host: str
) -> None:
    form, url = fields(row, "delivered"), f"{host}/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, form, url=url).status_code == 403


@pytest.mark.parametrize("base", ["https://portal.example.com", "https://portal.example.com:443"])
@pytest.mark.parametrize("spelt", ["https://portal.example.com", "https://portal.example.com:443"])
def test_twilio_may_spell_the_default_port_or_not(
    settings, client: Client, row: Delivery, base: str, spelt: str
) -> None:
    settings.BASE_URL = base
    form, url = fields(row, "delivered"), f"{spelt}/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, form, url=url).status_code == 204


def test_another_port_is_another_address(settings, client: Client, row: Delivery) -> None:
    settings.BASE_URL = "https://portal.example.com:8443"
    assert report(client, row, "delivered").status_code == 204
    url = f"https://portal.example.com/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, fields(row, "delivered"), url=url).status_code == 403


def test_an_address_of_ipv6_can_sign(settings, client: Client, row: Delivery) -> None:
    settings.BASE_URL = "https://[2600::1]"
    url = f"https://[2600::1]:443/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, fields(row, "delivered"), url=url).status_code == 204


def test_unknown_fields_and_blanks_count_too(client: Client, row: Delivery) -> None:
    form = fields(row, "delivered") | {"New Field": " a b&c=d ", "Ünknown": "é", "Empty": ""}
    assert report_form(client, row, form) == 204


def report_form(client: Client, row: Delivery, form: dict[str, str]) -> int:
    return post(client, row, form).status_code


def twilio_signature(row: Delivery, form: dict[str, str]) -> str:
    from twilio.request_validator import RequestValidator

    token = AccountPolicy.load().sms_auth_token
    return RequestValidator(token).compute_signature(twilio_receipts.url_of(row.receipt_id), form)


# While the token is replaced


@pytest.fixture
def replaced(row: Delivery) -> Delivery:
    """The administrator has just entered another token."""
    policy = AccountPolicy.load()
    policy.keep_token(OLD_TOKEN, row.created_at)
    policy.save()
    return row


def test_the_former_token_signs_for_some_hours(
    client: Client, replaced: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=5, minutes=59))
    form = fields(replaced, "delivered")
    assert post(client, replaced, form, token=OLD_TOKEN).status_code == 204
    assert state(replaced)[0] == State.DELIVERED


def test_then_it_signs_no_more(
    client: Client, replaced: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=6))
    form = fields(replaced, "delivered")
    assert post(client, replaced, form, token=OLD_TOKEN).status_code == 403
    assert report(client, replaced, "delivered").status_code == 204


def test_new_values_keep_the_former_token_encrypted(office: Browser, row: Delivery) -> None:
    former = AccountPolicy.load().sms_auth_token
    values = {"sms_account_id": AccountPolicy.load().sms_account_id, "enabled": "on"}
    office.post(
        "/admin/mfa/accountpolicy/1/change/",
        values | {"sms_auth_token": "n" * 32, "sms_phone_number": "+15005550006"},
    )
    assert AccountPolicy.load().sms_auth_token == former
    call_command("sms_account", "confirm")
    policy = AccountPolicy.load()
    assert policy.sms_auth_token == "n" * 32
    assert policy.tokens(row.created_at) == ["n" * 32, former]
    assert former not in str(dump())


def test_saving_another_field_keeps_no_token(office: Browser, row: Delivery) -> None:
    policy = AccountPolicy.load()
    values = {"sms_account_id": policy.sms_account_id, "enabled": "on", "contact": "me"}
    office.post("/admin/mfa/accountpolicy/1/change/", values | {"sms_phone_number": "+15005550006"})
    assert AccountPolicy.load().contact == "me"
    assert AccountPolicy.load().sms_auth_token_previous == ""


# What it is about


@pytest.mark.parametrize(
    "foreign",
    [
        {"MessageSid": "SM" + "c" * 32},
        {"MessageSid": ""},
        {"AccountSid": "AC" + "1" * 32},
        {"To": "+447700900999"},
        {"To": "+447700901XXXX"},
        {"To": "XXXX"},
        {"To": ""},
        {"MessageStatus": "unheard of"},
    ],
    ids=str,
)
def test_what_does_not_fit_the_message_changes_nothing(
    client: Client, row: Delivery, foreign: dict[str, str]
) -> None:
    assert report_form(client, row, fields(row, "delivered") | foreign) == 204
    assert state(row)[0] == State.ACCEPTED


def test_a_number_whose_end_twilio_hides_fits(client: Client, row: Delivery) -> None:
    """Message Redaction, whether SMS_REDACT or the account's own settings ask for it."""
    form = fields(row, "delivered")
    assert report_form(client, row, form | {"To": f"{row.target[:-4]}XXXX"}) == 204
    assert state(row)[0] == State.DELIVERED


def test_an_unknown_address_changes_nothing(client: Client, row: Delivery) -> None:
    known = row.receipt_id
    row.receipt_id = uuid4()
    assert report(client, row, "delivered").status_code == 204
    assert Delivery.objects.get(receipt_id=known).state == State.ACCEPTED


def test_a_message_listens_for_a_day(
    client: Client, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=1))
    assert report(client, row, "delivered").status_code == 204
    assert state(row)[0] == State.ACCEPTED


def test_and_no_minute_less(client: Client, row: Delivery, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=1) - timedelta(minutes=1))
    report(client, row, "delivered")
    assert state(row)[0] == State.DELIVERED
    assert row.finished_at == row.created_at + timedelta(days=1) - timedelta(minutes=1)


# States only rise


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (["queued"], State.ACCEPTED),
        (["sending"], State.ACCEPTED),
        (["sent"], State.SENT),
        (["sent", "sending"], State.SENT),
        (["delivered", "sent"], State.DELIVERED),
        (["sent", "delivered"], State.DELIVERED),
        (["read"], State.DELIVERED),
        (["delivered", "undelivered"], State.DELIVERED),
        (["undelivered", "delivered"], State.FAILED),
        (["failed"], State.FAILED),
        (["canceled"], State.FAILED),
        (["sent", "undelivered", "sent"], State.FAILED),
    ],
)
def test_receipts_in_any_order_leave_the_highest_state(
    client: Client, row: Delivery, told: list[str], then: str
) -> None:
    for status in told:
        assert report(client, row, status).status_code == 204
    assert state(row)[0] == then


@pytest.mark.parametrize("before", [State.SENDING, State.MAYBE])
def test_a_receipt_overtakes_the_answer_and_clears_up_a_maybe(
    client: Client, row: Delivery, before: str
) -> None:
    Delivery.objects.update(state=before, provider_id="", reason=Reason.NETWORK, code="cut")
    row.refresh_from_db()
    report(client, row, "sent")
    assert state(row) == (State.SENT, "", "")
    assert row.provider_id == "SM" + "a" * 32


@pytest.mark.parametrize("before", [State.QUEUED, State.DROPPED])
def test_what_never_left_has_no_receipt(client: Client, row: Delivery, before: str) -> None:
    Delivery.objects.update(state=before, provider_id="")
    report(client, row, "delivered")
    assert state(row)[0] == before


@pytest.mark.parametrize(
    ("code", "reason", "kept"),
    [
        (30003, Reason.UNREACHABLE, "30003"),
        (21610, Reason.OPTED_OUT, "21610"),
        (30006, Reason.CANNOT_GET_TEXTS, "30006"),
        (30999, Reason.UNKNOWN, "30999"),
        (None, Reason.UNKNOWN, ""),
        ("0", Reason.UNKNOWN, ""),
        ("3000x", Reason.UNKNOWN, ""),
        ("٣٠٠٠٣", Reason.UNKNOWN, ""),
        ("9" * 4000, Reason.UNKNOWN, ""),
    ],
)
def test_a_failure_has_its_reason_by_the_same_table(
    client: Client, row: Delivery, code: object, reason: str, kept: str
) -> None:
    report(client, row, "undelivered", code)
    assert state(row) == (State.FAILED, reason, kept)


def test_a_code_of_a_success_is_no_failure(client: Client, row: Delivery) -> None:
    report(client, row, "delivered", 30003)
    assert state(row) == (State.DELIVERED, "", "")


# What else may knock


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_answered(client: Client, row: Delivery, method: str) -> None:
    assert getattr(client, method)(f"/hooks/twilio/{row.receipt_id}/").status_code == 405


def test_a_huge_body_is_not_read(client: Client, row: Delivery) -> None:
    form = fields(row, "delivered") | {"Padding": "x" * LARGEST_BODY}
    assert report_form(client, row, form) == 413
    assert state(row)[0] == State.ACCEPTED


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"\xff\xfe\x00=%zz&&&==", FORM),
        (b"{}", "application/json"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"a=b", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"a=b&" * 4000, FORM),
    ],
    ids=["empty", "bytes", "json", "multipart", "charset", "many fields"],
)
def test_nonsense_is_refused_and_breaks_nothing(
    client: Client, row: Delivery, body: bytes, kind: str
) -> None:
    path, headers = f"/hooks/twilio/{row.receipt_id}/", {"X-Twilio-Signature": "AAAA"}
    answer = client.generic("POST", path, body, content_type=kind, headers=headers)
    assert answer.status_code in {400, 403, 415}


def test_signed_receipt_with_a_nul_is_refused(client: Client, row: Delivery) -> None:
    """S17: PostgreSQL cannot even look for it."""
    form = fields(row, "delivered") | {"To": "+447700900201\0"}
    assert report_form(client, row, form) == 400
    assert state(row)[0] == State.ACCEPTED


@pytest.mark.parametrize("path", ["x", "../", "00000000-0000-0000-0000-00000000000g"])
def test_an_address_that_is_none_is_not_found(client: Client, path: str) -> None:
    answer = client.post(f"/hooks/twilio/{path}/", content_type=FORM)
    assert answer.status_code in {302, 404}


def test_a_caller_who_hangs_up_breaks_nothing(db: None) -> None:
    class HangingUp:
        def read(self, *_: int) -> bytes:
            raise OSError

    request = RequestFactory().post("/", b"a=b", content_type=FORM)
    request._stream = HangingUp()
    assert twilio_receipt(request, uuid4()).status_code == 400


def test_the_receipt_is_not_lost_to_a_redirect(settings, client: Client, row: Delivery) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert report(client, row, "delivered").status_code == 204
    assert client.get("/login/").status_code == 301


# What Twilio is told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://portal.example.com", True),
        ("https://portal.example.com:8443", True),
        ("https://203.0.113.1", False),
        ("https://8.8.8.8", True),
        ("http://portal.example.com", False),
        ("https://localhost", False),
        ("https://127.0.0.1:8000", False),
        ("https://192.168.1.5", False),
        ("https://[::1]", False),
        ("https://portal", False),
        ("https://portal.local", False),
        ("https://portal.corp.internal", False),
        ("https://my_portal.example.com", False),
    ],
)
def test_twilio_is_told_an_address_that_it_can_reach(settings, url: str, told: bool) -> None:  # noqa: FBT001
    from urllib.parse import urlsplit

    settings.BASE_URL, settings.HOST = url, urlsplit(url).hostname
    settings.HTTPS = url.startswith("https://")
    name = uuid4()
    assert twilio_receipts.address(name) == (f"{url}/hooks/twilio/{name}/" if told else "")


def test_a_message_without_an_id_has_no_address() -> None:
    assert twilio_receipts.address(None) == ""


def test_each_text_has_128_random_bits_of_its_own(browser: Browser, alice: User) -> None:
    for _ in range(2):
        browser.password(alice)
        browser.post("/login/cancel/")
    first, second = Delivery.objects.values_list("receipt_id", flat=True)
    assert first != second
    assert None not in {first, second}


def test_a_mail_has_no_receipt(asked: Browser) -> None:
    asked.post("/login/verify/email/")
    assert Delivery.objects.get(channel="email").receipt_id is None
