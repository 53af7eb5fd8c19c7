"""Web push: the vectors of the RFCs, which addresses get a message, and what answers mean."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mfa.channels import webpush
from mfa.channels.webpush import Pushed, RefusedError, Subscription, endpoints, keys, read_endpoint
from mfa.channels.webpush.encryption import encrypt
from tests.push_service import PHONE, PushService

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = timedelta(seconds=120)
KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"


@pytest.fixture(autouse=True)
def _configured(settings) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    settings.VAPID_CONTACT = "mailto:push@acme.com"


@pytest.fixture
def service(settings):
    with PushService() as running:
        settings.PUSH_TEST_ENDPOINTS = [running.origin]
        yield running


def test_message_equals_example_of_rfc_8291() -> None:
    """Appendix A, byte for byte."""
    sender = keys._private(KEY)
    message = encrypt(
        b"When I grow up, I want to be a watermelon",
        receiver=keys.decoded(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=keys.decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=sender,
        salt=keys.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert keys.encoded(message) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def verified(authorization: str, at: datetime = NOW) -> dict[str, object]:
    """Return the claims of a VAPID header whose signature is right, as a push service reads it."""
    token, key = authorization.removeprefix("vapid t=").split(", k=")
    signed, signature = token.rsplit(".", 1)
    raw = keys.decoded(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(keys.CURVE, keys.decoded(key))
    numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point.verify(encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(SHA256()))
    return json.loads(keys.decoded(signed.split(".")[1]))


def test_reader_accepts_example_of_rfc_8292() -> None:
    """Section 2.4: our reading of the header equals that of the standard."""
    claims = verified(
        "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZX"
        "QiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptF"
        "OepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, "
        "k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
    )
    assert claims == {
        "aud": "https://push.example.net",
        "exp": 1453523768,
        "sub": "mailto:push@example.com",
    }


def test_each_service_gets_own_audience_and_fresh_expiry() -> None:
    """push3: two phones at two services, and again a day later."""
    first, second = "https://fcm.googleapis.com", "https://web.push.apple.com"
    later = NOW + timedelta(days=1)
    proofs = [
        verified(keys.authorization(origin, now))
        for now in (NOW, later)
        for origin in (first, second)
    ]
    assert [proof["aud"] for proof in proofs] == [first, second] * 2
    hours = [(proof["exp"] - NOW.timestamp()) / 3600 for proof in proofs]
    assert hours == [1, 1, 25, 25]
    assert {proof["sub"] for proof in proofs} == {"mailto:push@acme.com"}


@pytest.mark.parametrize(
    "address",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://fcm.googleapis.com:443/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/QABC",
        "https://wns2-by3p.notify.windows.com/w/?token=abc%2B",
    ],
)
def test_known_services_are_accepted(address: str) -> None:
    assert not read_endpoint(address).is_test


@pytest.mark.parametrize(
    "address",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://fcm.googleapis.com.evil.com/abc",
        "https://evilfcm.googleapis.com/abc",
        "https://push.apple.com.evil.com/abc",
        "https://evilpush.apple.com/abc",
        "https://user@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com@127.0.0.1/abc",
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://localhost/abc",
        "https://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/a\r\nHost: evil",
        "https://fcm.googleapis.com\\@evil.com/",
        "https://fcm.googleapis.com/#x",
        "https://fcm.googleapis.com:port/",
        "https://[fcm.googleapis.com/",
        "https://fcm.googleapis.com/" + "a" * 1000,
        "https://fcm.googleapis.cöm/",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com?token=a",
        "https://web.push.apple.com./abc",
        "https://..push.apple.com/abc",
        "https://127.0.0.1%2f.push.apple.com/abc",
        "https://evil.com;.push.apple.com/abc",
        f"https://{'a' * 64}.push.apple.com/abc",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    """push5."""
    with pytest.raises(RefusedError):
        read_endpoint(address)


def test_listed_test_service_is_refused_in_production(settings, service: PushService) -> None:
    read_endpoint(service.address)
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(RefusedError):
        read_endpoint(service.address)


@pytest.mark.parametrize(
    "resolved",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["192.168.1.1", "142.250.74.10"],
        ["142.250.74.10", "100.64.0.1"],
        ["::1"],
        ["fe80::1%eth0"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["2002:7f00:1::"],
        ["64:ff9b::a00:1"],
        ["224.0.0.1"],
        ["0.0.0.0"],
    ],
)
def test_host_with_private_address_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, resolved: list[str]
) -> None:
    """push5: also if only one of its addresses is private."""
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: _found(resolved))
    monkeypatch.setattr("mfa.channels.webpush.post._post_to", _unreachable)
    phone = Subscription("https://fcm.googleapis.com/abc", PHONE.p256dh, PHONE.auth)
    assert webpush.push(phone, b"text", life=LIFE, topic="t") is Pushed.FAILED


def test_changing_dns_cannot_move_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """push5: the name is resolved once, and the connection goes to that address."""
    answers = [["142.250.74.10"], ["127.0.0.1"]]
    tried: list[tuple[str, str]] = []
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: _found(answers.pop(0)))

    def connect(address, timeout, *_args, **_options):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    phone = Subscription("https://fcm.googleapis.com/abc", PHONE.p256dh, PHONE.auth)
    assert webpush.push(phone, b"text", life=LIFE, topic="t") is Pushed.FAILED
    assert tried == [("142.250.74.10", 443)]
    assert answers == [["127.0.0.1"]]


def _found(addresses: list[str]) -> list[tuple]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]


def _unreachable(*_args, **_options):
    raise AssertionError("a connection was made")


def test_phone_reads_message_and_service_reads_headers(service: PushService) -> None:
    assert webpush.push(service.phone, b'{"id": 1}', life=LIFE, topic="abc") is Pushed.SENT
    (got,) = service.got
    assert got.text == b'{"id": 1}'
    assert got.headers["ttl"] == "120"
    assert got.headers["urgency"] == "high"
    assert got.headers["topic"] == "abc"
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.headers["host"] == service.origin.removeprefix("http://")
    assert verified(got.headers["authorization"])["aud"] == service.origin


def test_two_messages_share_no_byte_of_their_keys(service: PushService) -> None:
    for _ in range(2):
        webpush.push(service.phone, b"text", life=LIFE, topic="t")
    first, second = (got.body for got in service.got)
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (201, Pushed.SENT),
        (202, Pushed.SENT),
        (404, Pushed.GONE),
        (410, Pushed.GONE),
        (400, Pushed.FAILED),
        (413, Pushed.FAILED),
        (429, Pushed.FAILED),
        (503, Pushed.FAILED),
    ],
)
def test_answers_of_service(service: PushService, status: int, outcome: Pushed) -> None:
    service.status = status
    assert webpush.push(service.phone, b"text", life=LIFE, topic="t") is outcome
    assert len(service.got) == 1


def test_redirect_is_not_followed(service: PushService) -> None:
    service.status, service.location = 307, f"{service.origin}/inside"
    assert webpush.push(service.phone, b"text", life=LIFE, topic="t") is Pushed.FAILED
    assert [got.path for got in service.got] == ["/push/phone"]


def test_refused_contact_is_named_in_log(service: PushService, caplog) -> None:
    """push2: Apple answers 403 to a contact that it cannot reach."""
    service.status = 403
    assert webpush.push(service.phone, b"text", life=LIFE, topic="t") is Pushed.FAILED
    assert "mailto:push@acme.com" in caplog.text
    assert "/push/phone" not in caplog.text


def test_proxy_of_environment_is_not_used(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    assert webpush.push(service.phone, b"text", life=LIFE, topic="t") is Pushed.SENT


def test_silent_service_is_left_after_time_out(settings, monkeypatch) -> None:
    from urllib3 import Timeout

    monkeypatch.setattr("mfa.channels.webpush.post.PATIENCE", Timeout(connect=1, read=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings.PUSH_TEST_ENDPOINTS = [origin]
        phone = Subscription(f"{origin}/push", PHONE.p256dh, PHONE.auth)
        assert webpush.push(phone, b"text", life=LIFE, topic="t") is Pushed.FAILED


@pytest.mark.parametrize("piece", [b"a", b"\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue"])
def test_trickle_of_bytes_is_cut_at_the_deadline(settings, monkeypatch, piece: bytes) -> None:
    """Each byte comes in time, so only a limit on all of them frees the worker."""
    monkeypatch.setattr("mfa.channels.webpush.post.DEADLINE", 0.3)
    cut = threading.Event()

    def trickle() -> None:
        line, _ = slow.accept()
        with line:
            line.recv(65536)
            line.sendall(b"HTTP/1.1 100 Continue")
            for _ in range(50):
                line.sendall(piece)
                if cut.wait(0.02):
                    return
            line.sendall(b"\r\n\r\nHTTP/1.1 201 Created\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as slow:
        origin = f"http://127.0.0.1:{slow.getsockname()[1]}"
        settings.PUSH_TEST_ENDPOINTS = [origin]
        phone = Subscription(f"{origin}/push", PHONE.p256dh, PHONE.auth)
        thread = threading.Thread(target=trickle)
        thread.start()
        assert webpush.push(phone, b"text", life=LIFE, topic="t") is Pushed.FAILED
        cut.set()
        thread.join()


def test_broken_keys_of_phone_stop_nothing(service: PushService, caplog) -> None:
    phone = Subscription(service.address, b"no point", PHONE.auth)
    assert webpush.push(phone, b"text", life=LIFE, topic="t") is Pushed.FAILED
    assert service.got == []
    assert "no point" not in caplog.text


@pytest.mark.parametrize(
    "contact",
    [
        "http://portal.example.com",
        "mailto:",
        "mailto:portal@localhost",
        "mailto:portal@portal.local",
        "mailto:a@b.invalid",
        "https://localhost",
        "https://portal.test",
        "https://127.0.0.1",
        "https://[::1]",
        "portal",
        "",
    ],
)
def test_unreachable_contacts_have_a_fault(contact: str) -> None:
    assert webpush.contact_fault(contact)


@pytest.mark.parametrize("contact", ["mailto:a@acme.com", "https://portal.acme.com"])
def test_reachable_contacts_pass(contact: str) -> None:
    assert webpush.contact_fault(contact) == ""


@pytest.mark.parametrize("text", ["", "short", "A" * 44, "ü" * 43, "A" * 43])
def test_other_texts_are_no_keys(text: str) -> None:
    """The last one is zero, which no curve has as a private key."""
    assert not webpush.is_key(text)


def test_private_key_gives_public_key_of_browsers() -> None:
    """RFC 8291, Appendix A, lists both."""
    assert webpush.is_key(KEY)
    assert webpush.public_key() == (
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    )
