"""Receipts: only Twilio's, only about our recent texts, and a state only rises (WB-07)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, RequestFactory

from accounts.models import User
from mfa.channels.twilio import receipts
from mfa.models import Delivery, Reason, Session, SitePolicy, SmsAccount
from mfa.views.hooks import LARGEST_BODY, receipt
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
    """Alice's code, accepted by Twilio."""
    Delivery.objects.update(state=State.ACCEPTED, provider_id=SID)
    return Delivery.objects.get()


def state(row: Delivery) -> tuple[str, str, str]:
    row.refresh_from_db()
    return row.state, row.reason, row.code


# Signatures


def test_signed_receipt_needs_no_session_or_csrf_token(row: Delivery) -> None:
    sessions = Session.objects.count()
    answer = report(Client(enforce_csrf_checks=True), row, "delivered")
    assert (answer.status_code, answer.content, answer.cookies) == (204, b"", {})
    assert state(row) == (State.DELIVERED, "", "")
    assert Session.objects.count() == sessions


def test_no_signature_is_refused(client: Client, row: Delivery) -> None:
    assert post(client, row, fields(row, "delivered"), signature="").status_code == 403
    assert state(row)[0] == State.ACCEPTED


@pytest.mark.parametrize("signature", ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "é", "\u0000"])
def test_wrong_signature_is_refused(client: Client, row: Delivery, signature: str) -> None:
    form = fields(row, "delivered")
    assert post(client, row, form, signature=signature).status_code == 403
    assert state(row)[0] == State.ACCEPTED


def test_another_accounts_token_does_not_sign(client: Client, row: Delivery) -> None:
    assert post(client, row, fields(row, "delivered"), token="x" * 32).status_code == 403


def test_api_key_that_sends_does_not_sign(settings, client: Client, row: Delivery) -> None:
    settings.SMS_API_KEY, settings.SMS_API_SECRET = "SK1", "secret" * 5
    form = fields(row, "delivered")
    assert post(client, row, form, token=settings.SMS_API_SECRET).status_code == 403
    assert post(client, row, form).status_code == 204


def test_empty_token_cannot_sign(client: Client, row: Delivery) -> None:
    SmsAccount.note(auth_token="")
    assert report(client, row, "delivered").status_code == 403


def test_changed_field_is_refused(client: Client, row: Delivery) -> None:
    form = fields(row, "sent")
    signature = twilio_signature(row, form)
    changed = form | {"MessageStatus": "delivered"}
    assert post(client, row, changed, signature=signature).status_code == 403


def test_invalid_receipt_is_logged_without_number(
    client: Client,
    row: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("mfa.messages.receipts.STATE_OF", {})
    assert report(client, row, "delivered").status_code == 500
    assert "a fault in the portal while taking a receipt" in caplog.text
    assert "in receive" in caplog.text
    assert row.target not in caplog.text
    assert state(row) == (State.ACCEPTED, "", "")


def test_added_field_is_refused(client: Client, row: Delivery) -> None:
    form = fields(row, "delivered")
    added = form | {"ErrorCode": "21610"}
    assert post(client, row, added, signature=twilio_signature(row, form)).status_code == 403


def test_receipt_is_invalid_for_other_message(client: Client, row: Delivery) -> None:
    """The URL is part of the signature, so a receipt cannot be replayed elsewhere."""
    form, url = fields(row, "delivered"), receipts.url_of(uuid4())
    assert post(client, row, form, url=url).status_code == 403


@pytest.mark.parametrize("host", ["http://portal.example.com", "https://evil.example.com"])
def test_signed_url_ignores_host_and_scheme_of_request(
    client: Client, row: Delivery, host: str
) -> None:
    form, url = fields(row, "delivered"), f"{host}/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, form, url=url).status_code == 403


@pytest.mark.parametrize("base", ["https://portal.example.com", "https://portal.example.com:443"])
@pytest.mark.parametrize("spelt", ["https://portal.example.com", "https://portal.example.com:443"])
def test_default_port_is_optional_in_signed_url(
    settings, client: Client, row: Delivery, base: str, spelt: str
) -> None:
    settings.BASE_URL = base
    form, url = fields(row, "delivered"), f"{spelt}/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, form, url=url).status_code == 204


def test_other_port_is_another_url(settings, client: Client, row: Delivery) -> None:
    settings.BASE_URL = "https://portal.example.com:8443"
    assert report(client, row, "delivered").status_code == 204
    url = f"https://portal.example.com/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, fields(row, "delivered"), url=url).status_code == 403


def test_ipv6_url_can_be_signed(settings, client: Client, row: Delivery) -> None:
    settings.BASE_URL = "https://[2600::1]"
    url = f"https://[2600::1]:443/hooks/twilio/{row.receipt_id}/"
    assert post(client, row, fields(row, "delivered"), url=url).status_code == 204


def test_unknown_fields_and_spaces_are_signed(client: Client, row: Delivery) -> None:
    form = fields(row, "delivered") | {"New Field": " a b&c=d ", "Ünknown": "é", "Empty": ""}
    assert report_form(client, row, form) == 204


def report_form(client: Client, row: Delivery, form: dict[str, str]) -> int:
    return post(client, row, form).status_code


def twilio_signature(row: Delivery, form: dict[str, str]) -> str:
    from twilio.request_validator import RequestValidator

    token = SmsAccount.load().auth_token
    return RequestValidator(token).compute_signature(receipts.url_of(row.receipt_id), form)


# While the token is replaced


@pytest.fixture
def replaced(row: Delivery) -> Delivery:
    """The administrator just entered another token."""
    account = SmsAccount.load()
    account.keep_token(OLD_TOKEN, row.created_at)
    account.save()
    return row


def test_former_token_signs_for_some_hours(
    client: Client, replaced: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=5, minutes=59))
    form = fields(replaced, "delivered")
    assert post(client, replaced, form, token=OLD_TOKEN).status_code == 204
    assert state(replaced)[0] == State.DELIVERED


def test_former_token_stops_signing(
    client: Client, replaced: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=6))
    form = fields(replaced, "delivered")
    assert post(client, replaced, form, token=OLD_TOKEN).status_code == 403
    assert report(client, replaced, "delivered").status_code == 204


def test_new_values_keep_the_former_token_encrypted(office: Browser, row: Delivery) -> None:
    former = SmsAccount.load().auth_token
    values = {"sms_account_id": SmsAccount.load().account_id, "enabled": "on"}
    office.post(
        "/admin/mfa/accountpolicy/1/change/",
        values | {"sms_auth_token": "n" * 32, "sms_phone_number": "+15005550006"},
    )
    assert SmsAccount.load().auth_token == former
    call_command("sms_account", "confirm")
    policy = SitePolicy.load()
    assert policy.sms.auth_token == "n" * 32
    assert policy.sms.tokens(row.created_at) == ["n" * 32, former]
    assert former not in str(dump())


def test_saving_another_field_keeps_no_token(office: Browser, row: Delivery) -> None:
    policy = SitePolicy.load()
    values = {"sms_account_id": policy.sms.account_id, "enabled": "on", "contact": "me"}
    office.post("/admin/mfa/accountpolicy/1/change/", values | {"sms_phone_number": "+15005550006"})
    assert SitePolicy.load().contact == "me"
    assert SmsAccount.load().previous_token == ""


# The message


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
def test_receipt_that_does_not_match_message_is_ignored(
    client: Client, row: Delivery, foreign: dict[str, str]
) -> None:
    assert report_form(client, row, fields(row, "delivered") | foreign) == 204
    assert state(row)[0] == State.ACCEPTED


def test_redacted_number_in_receipt_matches(client: Client, row: Delivery) -> None:
    """Message Redaction, requested by SMS_REDACT or by the account's settings."""
    form = fields(row, "delivered")
    assert report_form(client, row, form | {"To": f"{row.target[:-4]}XXXX"}) == 204
    assert state(row)[0] == State.DELIVERED


def test_unknown_address_changes_nothing(client: Client, row: Delivery) -> None:
    known = row.receipt_id
    row.receipt_id = uuid4()
    assert report(client, row, "delivered").status_code == 204
    assert Delivery.objects.get(receipt_id=known).state == State.ACCEPTED


def test_receipts_are_accepted_for_a_day(
    client: Client, row: Delivery, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=1))
    assert report(client, row, "delivered").status_code == 204
    assert state(row)[0] == State.ACCEPTED


def test_receipt_just_within_a_day_is_accepted(
    client: Client, row: Delivery, clock: time_machine.Traveller
) -> None:
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
def test_early_receipt_resolves_maybe_sent(client: Client, row: Delivery, before: str) -> None:
    Delivery.objects.update(state=before, provider_id="", reason=Reason.NETWORK, code="cut")
    row.refresh_from_db()
    report(client, row, "sent")
    assert state(row) == (State.SENT, "", "")
    assert row.provider_id == "SM" + "a" * 32


@pytest.mark.parametrize("before", [State.QUEUED, State.DROPPED])
def test_unsent_message_has_no_receipt(client: Client, row: Delivery, before: str) -> None:
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
def test_failure_has_its_reason_by_same_table(
    client: Client, row: Delivery, code: object, reason: str, kept: str
) -> None:
    report(client, row, "undelivered", code)
    assert state(row) == (State.FAILED, reason, kept)


def test_error_code_of_successful_delivery_is_not_a_failure(client: Client, row: Delivery) -> None:
    report(client, row, "delivered", 30003)
    assert state(row) == (State.DELIVERED, "", "")


# Other requests


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_answered(client: Client, row: Delivery, method: str) -> None:
    assert getattr(client, method)(f"/hooks/twilio/{row.receipt_id}/").status_code == 405


def test_huge_body_is_not_read(client: Client, row: Delivery) -> None:
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
def test_malformed_receipt_is_refused(
    client: Client, row: Delivery, body: bytes, kind: str
) -> None:
    path, headers = f"/hooks/twilio/{row.receipt_id}/", {"X-Twilio-Signature": "AAAA"}
    answer = client.generic("POST", path, body, content_type=kind, headers=headers)
    assert answer.status_code in {400, 403, 415}


def test_signed_receipt_with_a_nul_is_refused(client: Client, row: Delivery) -> None:
    """S17: PostgreSQL refuses queries with one."""
    form = fields(row, "delivered") | {"To": "+447700900201\0"}
    assert report_form(client, row, form) == 400
    assert state(row)[0] == State.ACCEPTED


@pytest.mark.parametrize("path", ["x", "../", "00000000-0000-0000-0000-00000000000g"])
def test_invalid_url_is_not_found(client: Client, path: str) -> None:
    answer = client.post(f"/hooks/twilio/{path}/", content_type=FORM)
    assert answer.status_code in {302, 404}


def test_disconnected_caller_causes_no_error(db: None) -> None:
    class HangingUp:
        def read(self, *_: int) -> bytes:
            raise OSError

    request = RequestFactory().post("/", b"a=b", content_type=FORM)
    request._stream = HangingUp()
    assert receipt(request, "twilio", uuid4()).status_code == 400


def test_receipt_is_not_lost_to_redirect(settings, client: Client, row: Delivery) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert report(client, row, "delivered").status_code == 204
    assert client.get("/login/").status_code == 301


# The requested URL


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
def test_twilio_gets_reachable_url(settings, url: str, told: bool) -> None:  # noqa: FBT001
    from urllib.parse import urlsplit

    settings.BASE_URL, settings.HOST = url, urlsplit(url).hostname
    settings.HTTPS = url.startswith("https://")
    name = uuid4()
    assert receipts.address(name) == (f"{url}/hooks/twilio/{name}/" if told else "")


def test_message_without_id_has_no_address() -> None:
    assert receipts.address(None) == ""


def test_each_text_has_128_random_bits(browser: Browser, alice: User) -> None:
    for _ in range(2):
        browser.password(alice)
        browser.post("/login/cancel/")
    first, second = Delivery.objects.values_list("receipt_id", flat=True)
    assert first != second
    assert None not in {first, second}


def test_mail_has_no_receipt(asked: Browser) -> None:
    asked.post("/login/verify/email/")
    assert Delivery.objects.get(channel="email").receipt_id is None
