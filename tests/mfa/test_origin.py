"""Origin: whose address counts, behind which proxies, and how it is grouped for limits (LG-08)."""

import pytest
from django.test import RequestFactory

from mfa import origin
from mfa.models import AuditEvent
from mfa.origin import Origin
from tests.portal_client import Browser

PROXIES = ["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7"]


def address(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    return origin.of(request).address


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
def test_the_address_is_the_last_one_that_no_trusted_proxy_has(
    settings, peer: str, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address(peer, forwarded) == expected


def test_without_trusted_proxies_the_header_is_no_evidence(settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address("10.1.2.3", "203.0.113.9") == "10.1.2.3"


def test_an_ipv4_client_of_an_ipv6_socket_is_an_ipv4_client(settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("::ffff:198.51.100.1") == "198.51.100.1"


def test_a_proxy_that_comes_by_an_ipv6_socket_is_trusted_too(settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("::ffff:10.1.2.3", "::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("zone", ["eth0", "'; --"])
def test_the_zone_of_a_link_local_address_is_dropped(zone: str) -> None:
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
def test_the_port_that_some_proxies_write_is_dropped(settings, hop: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    assert address("10.1.2.3", hop) == expected


def test_without_trusted_proxies_a_unix_socket_tells_no_address(settings) -> None:
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
def test_limits_take_an_ipv6_customer_s_whole_network(client: str, network: str) -> None:
    assert Origin(client, "").network == network


def test_the_browser_s_name_is_cut_to_the_table_s_length() -> None:
    request = RequestFactory().get("/", headers={"User-Agent": "x" * 10_000})
    assert origin.of(request).browser == "x" * 200


def test_a_browser_without_a_name_has_none() -> None:
    assert origin.of(RequestFactory().get("/")).browser == ""


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
        ("curl on Windows", "A browser on Windows"),
        ("Call 0900 123456 now", "A browser on an unknown system"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_our_words(user_agent: str, device: str) -> None:
    assert Origin("", user_agent).device == device


def test_the_audit_keeps_the_proxied_client(settings, browser: Browser, alice) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    browser.post(
        "/login/",
        {"email": alice.email, "password": "wrong"},
        headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"},
        REMOTE_ADDR="10.1.2.3",
    )
    assert AuditEvent.objects.get().address == "203.0.113.9"


def test_a_spoofed_header_neither_reaches_the_audit_nor_escapes_a_limit(
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
def test_the_neighborhood_is_a_24_or_a_64(address: str, network: str) -> None:
    assert Origin(address, "Firefox").neighborhood == network
