"""The client: which address counts behind which proxies, and its groups for limits (LG-08)."""

import pytest
from django.test import RequestFactory

from mfa.client import Client, client_of
from mfa.models import AuditEvent
from tests.portal_client import Browser

PROXIES = ["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7"]


def address(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    return client_of(request).address


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.1", None, "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.7", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.8", "203.0.113.9", "192.0.2.8"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "1.1.1.1,203.0.113.9,10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9, <script>", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9:1234", "203.0.113.9"),
        ("2001:db8:1::1", "2001:DB8:2:0::9", "2001:db8:2::9"),
        ("", "203.0.113.9", "203.0.113.9"),
        ("unix:", "203.0.113.9", "203.0.113.9"),
    ],
    ids=[
        "direct",
        "spoofed",
        "one proxy",
        "a proxy by its address",
        "a neighbor of the proxy",
        "spoofed behind a proxy",
        "two proxies",
        "a client among the proxies",
        "a proxy that says nothing",
        "a proxy that says an empty word",
        "a proxy that says no address",
        "a proxy that says nonsense",
        "an address with a port",
        "IPv6 in another spelling",
        "no peer",
        "a peer without an address",
    ],
)
def test_address_is_the_last_untrusted_one(
    settings, peer: str, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address(peer, forwarded) == expected


def test_header_is_ignored_without_trusted_proxies(settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address("10.1.2.3", "203.0.113.9") == "10.1.2.3"


def test_ipv4_client_of_ipv6_socket_is_ipv4_client(settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("::ffff:198.51.100.1") == "198.51.100.1"


def test_proxy_on_ipv6_socket_is_trusted(settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("::ffff:10.1.2.3", "::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("zone", ["eth0", "'; --"])
def test_zone_of_link_local_address_is_dropped(zone: str) -> None:
    assert address(f"fe80::1%{zone}") == "fe80::1"


@pytest.mark.parametrize(
    ("hop", "expected"),
    [
        ("203.0.113.9:1234", "203.0.113.9"),
        ("[2001:db8:2::9]:1234", "2001:db8:2::9"),
        ("[2001:db8:2::9]", "2001:db8:2::9"),
        ("2001:db8:2::9", "2001:db8:2::9"),
        ("203.0.113.9:port", "10.1.2.3"),
        ("203.0.113.999", "10.1.2.3"),
    ],
)
def test_port_that_some_proxies_write_is_dropped(settings, hop: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("10.1.2.3", hop) == expected


def test_unix_socket_has_no_address_without_trusted_proxies(settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address("", "203.0.113.9") == ""


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:2:3:4:5:6:7", "2001:db8:2:3::/64"),
        ("2001:db8:2:3::9", "2001:db8:2:3::/64"),
        ("2001:db8:2:4::9", "2001:db8:2:4::/64"),
        ("", ""),
    ],
)
def test_limits_count_whole_ipv6_network_of_customer(client: str, network: str) -> None:
    assert Client(client, "").network == network


def test_browsers_name_is_cut_to_tables_length() -> None:
    request = RequestFactory().get("/", headers={"User-Agent": "x" * 10_000})
    assert client_of(request).browser == "x" * 200


def test_missing_user_agent_gives_no_browser_name() -> None:
    assert client_of(RequestFactory().get("/")).browser == ""


MOZILLA, KHTML = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox on Linux"),
        (f"{MOZILLA} (Windows NT 10.0) {KHTML} Chrome/140 Safari/537", "Chrome on Windows"),
        (f"{MOZILLA} (Windows NT 10.0) {KHTML} Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        (f"{MOZILLA} (Linux; Android 15) {KHTML} Chrome/140 Mobile", "Chrome on Android"),
        (f"{MOZILLA} (iPhone; CPU like Mac OS X) {KHTML} Version/18 Safari", "Safari on iPhone"),
        (f"{MOZILLA} (Macintosh; Mac OS X) {KHTML} Version/18 Safari", "Safari on Mac"),
        (f"{MOZILLA} (X11; CrOS x86_64) {KHTML} Chrome/140 Safari/537", "Chrome on ChromeOS"),
        ("curl on Windows", "Unknown browser on Windows"),
        ("Call 0900 123456 now", "Unknown browser on unknown system"),
        ("", ""),
    ],
)
def test_device_is_named_in_our_words(user_agent: str, device: str) -> None:
    assert Client("", user_agent).device == device


def test_audit_keeps_proxied_client(settings, browser: Browser, alice) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    browser.post(
        "/login/",
        {"email": alice.email, "password": "wrong"},
        headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"},
        REMOTE_ADDR="10.1.2.3",
    )
    assert AuditEvent.objects.get().address == "203.0.113.9"


def test_spoofed_header_neither_reaches_audit_nor_escapes_limit(
    settings, browser: Browser, alice
) -> None:
    settings.TRUSTED_PROXIES = []
    for last in range(51):
        response = browser.post(
            "/login/",
            {"email": f"{last}@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{last}"},
        )
    assert response.status_code == 429
    assert set(AuditEvent.objects.values_list("address", flat=True)) == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_neighborhood_is_24_or_64(address: str, network: str) -> None:
    assert Client(address, "Firefox").neighborhood == network
