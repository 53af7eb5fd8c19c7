"""Codes: what each depends on, how it is truncated, and which input is accepted."""

import hashlib
import hmac
import json
from collections import Counter
from dataclasses import replace

import pytest

from mfa.rules.codes import (
    Binding,
    Misshapen,
    browser_of,
    derive,
    fingerprint,
    key_of,
    normalize,
)

SECRET = "not a secret"
KEY = key_of(SECRET)
ALICE = Binding(
    challenge="0123456789abcdef0123456789abcdef",
    user="1",
    purpose="login",
    channel="sms",
    target="+447700900201",
    browser=browser_of("Alice's browser"),
)
SWAPS = {
    "challenge": "0123456789abcdef0123456789abcdee",
    "user": "2",
    "purpose": "enroll",
    "channel": "email",
    "target": "+447700900203",
    "browser": browser_of("Charlie's browser"),
}
each_swap = pytest.mark.parametrize(
    "swap", [{field: other} for field, other in SWAPS.items()], ids=SWAPS
)
SAMPLES = 10_000


def numbered(number, **swap):
    return replace(ALICE, challenge=f"{number:032x}", **swap)


def truncated(digest):
    """RFC 4226, 5.4, in the words of its reference implementation (appendix C)."""
    offset = digest[len(digest) - 1] & 0xF
    binary = (
        ((digest[offset] & 0x7F) << 24)
        | ((digest[offset + 1] & 0xFF) << 16)
        | ((digest[offset + 2] & 0xFF) << 8)
        | (digest[offset + 3] & 0xFF)
    )
    return f"{binary % 1_000_000:06d}"


@pytest.mark.parametrize(
    ("count", "code"),
    [
        (0, "755224"),
        (1, "287082"),
        (2, "359152"),
        (3, "969429"),
        (4, "338314"),
        (5, "254676"),
        (6, "287922"),
        (7, "162583"),
        (8, "399871"),
        (9, "520489"),
    ],
)
def test_truncation_gives_codes_of_rfc_appendix_d(count, code):
    digest = hmac.digest(b"12345678901234567890", count.to_bytes(8, "big"), hashlib.sha1)
    assert truncated(digest) == code


def test_known_binding_has_known_code():
    assert derive(KEY, ALICE) == "468865"


def test_codes_are_the_truncated_hmac_of_the_bound_facts_in_order():
    message = json.dumps([ALICE.challenge, "1", "login", "sms", "+447700900201", ALICE.browser])
    assert derive(KEY, ALICE) == truncated(hmac.digest(KEY, message.encode(), hashlib.sha256))


def test_every_truncation_offset_follows_rfc():
    others = [numbered(number) for number in range(500)]
    messages = [
        json.dumps([b.challenge, b.user, b.purpose, b.channel, b.target, b.browser]).encode()
        for b in others
    ]
    digests = [hmac.digest(KEY, message, hashlib.sha256) for message in messages]
    assert {digest[-1] & 0xF for digest in digests} == set(range(16))
    assert [derive(KEY, binding) for binding in others] == [truncated(d) for d in digests]


@pytest.mark.parametrize(
    ("challenge", "code"), [(4, "051213"), (883, "000351"), (138_103, "000001")]
)
def test_small_numbers_are_padded_with_zeros(challenge, code):
    assert derive(KEY, numbered(challenge)) == code


def test_same_binding_has_same_code():
    assert derive(KEY, replace(ALICE)) == derive(key_of(SECRET), ALICE)


@each_swap
def test_changed_value_gives_other_code(swap):
    assert derive(KEY, replace(ALICE, **swap)) != derive(KEY, ALICE)


def test_another_key_gives_another_code():
    assert derive(key_of("another secret"), ALICE) != derive(KEY, ALICE)


@pytest.mark.parametrize("field", [field for field in SWAPS if field != "challenge"])
def test_changed_value_collides_no_more_often_than_chance(field):
    swap = {field: SWAPS[field]}
    same = [
        derive(KEY, numbered(number)) == derive(KEY, numbered(number, **swap))
        for number in range(SAMPLES)
    ]
    # One in a million is chance: a hundredth is expected here.
    assert sum(same) <= 1


def test_challenges_collide_no_more_often_than_chance():
    shared = SAMPLES - len({derive(KEY, numbered(number)) for number in range(SAMPLES)})
    # The birthday bound expects fifty.
    assert 20 < shared < 80


def test_digits_are_evenly_distributed():
    codes = [derive(KEY, numbered(number)) for number in range(SAMPLES)]
    counts = [
        Counter(places)[digit] for places in zip(*codes, strict=True) for digit in "0123456789"
    ]
    # A thousand are expected; five standard deviations are 150.
    assert all(850 < count < 1150 for count in counts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            {"user": "1", "purpose": "2login"}, {"user": "12", "purpose": "login"}, id="moved"
        ),
        pytest.param({"user": "", "purpose": "1"}, {"user": "1", "purpose": ""}, id="empty"),
        pytest.param(
            {"user": '1", "2', "purpose": "3"}, {"user": "1", "purpose": '2", "3'}, id="quoted"
        ),
        pytest.param({"user": "sms", "channel": "1"}, {"user": "1", "channel": "sms"}, id="traded"),
    ],
)
def test_values_of_binding_are_separated(one, other):
    assert derive(KEY, replace(ALICE, **one)) != derive(KEY, replace(ALICE, **other))


def test_key_is_hmac_of_secret():
    # printf mfa.rules.codes | openssl dgst -sha256 -hmac "not a secret"
    assert KEY.hex() == "5552e36cddea1db7da29c5c776806f5916c37e734d6a77df89c6fe761287419b"


def test_key_is_named_by_four_bytes_of_its_digest():
    # FIPS 180-2, B.1: the digest of "abc"
    assert fingerprint(b"abc") == "ba7816bf"


def test_fingerprint_does_not_reveal_key():
    assert fingerprint(KEY) not in KEY.hex()


def test_browser_id_is_digest_of_its_nonce():
    assert browser_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("123456", "123456", id="plain"),
        pytest.param("000123", "000123", id="zeros first"),
        pytest.param("000000", "000000", id="zeros only"),
        pytest.param("123 456", "123456", id="blank between"),
        pytest.param(" 123456\r\n", "123456", id="blanks around"),
        pytest.param("1 2 3 4 5 6", "123456", id="blanks everywhere"),
        pytest.param("123\t456", "123456", id="tab"),
        pytest.param("123\u00a0456", "123456", id="no-break space"),
        pytest.param("123\u202f456", "123456", id="narrow no-break space"),
        pytest.param("123\u3000456", "123456", id="ideographic space"),
        pytest.param("123-456", "123456", id="hyphen"),
        pytest.param("123\u2011456", "123456", id="no-break hyphen"),
        pytest.param("123\u2013456", "123456", id="en dash"),
        pytest.param("123 \u2014 456", "123456", id="em dash with blanks"),
        pytest.param("123\u200b456", "123456", id="zero-width space"),
        pytest.param("\ufeff123456", "123456", id="byte order mark"),
        pytest.param("123\u00ad456", "123456", id="soft hyphen"),
        pytest.param("\u2068123456\u2069", "123456", id="bidi isolates"),
        pytest.param("123456".rjust(40), "123456", id="forty characters"),
        pytest.param("123456".rjust(41), Misshapen.TOO_LONG, id="forty-one characters"),
        pytest.param("", Misshapen.EMPTY, id="nothing"),
        pytest.param("   ", Misshapen.EMPTY, id="blanks only"),
        pytest.param("\u200b-\u2014", Misshapen.EMPTY, id="marks only"),
        pytest.param("1", Misshapen.TOO_SHORT, id="one digit"),
        pytest.param("12345", Misshapen.TOO_SHORT, id="five digits"),
        pytest.param("1-2-3-4-5", Misshapen.TOO_SHORT, id="dashes are no digits"),
        pytest.param("1234567", Misshapen.TOO_LONG, id="seven digits"),
        pytest.param("123456 123456", Misshapen.TOO_LONG, id="pasted twice"),
        pytest.param("1" * 10_240, Misshapen.TOO_LONG, id="ten kilobytes of digits"),
        pytest.param(" " * 10_240, Misshapen.TOO_LONG, id="ten kilobytes of blanks"),
        pytest.param("x" * 10_240, Misshapen.TOO_LONG, id="ten kilobytes of letters"),
        pytest.param("12345x", Misshapen.NOT_DIGITS, id="letter"),
        pytest.param("code", Misshapen.NOT_DIGITS, id="letters only"),
        pytest.param("Your code is 123456", Misshapen.NOT_DIGITS, id="whole message"),
        pytest.param("123.456", Misshapen.NOT_DIGITS, id="point"),
        pytest.param("+123456", Misshapen.NOT_DIGITS, id="plus"),
        pytest.param("123_456", Misshapen.NOT_DIGITS, id="underscore"),
        pytest.param("1e5", Misshapen.NOT_DIGITS, id="exponent"),
        pytest.param("١٢٣٤٥٦", "123456", id="Arabic digits"),
        pytest.param("12345٦", "123456", id="one Arabic digit"),
        pytest.param("\u06f1\u06f2\u06f3 \u06f4\u06f5\u06f6", "123456", id="Persian digits"),
        pytest.param("\uff11\uff12\uff13\uff0d\uff14\uff15\uff16", "123456", id="full width"),
        pytest.param("\u0967\u0968\u0969\u096a\u096b\u096c", "123456", id="Devanagari"),
        pytest.param("\U0001d7cf23456", "123456", id="mathematical bold"),
        pytest.param("\u2460" * 6, Misshapen.NOT_DIGITS, id="circled"),
        pytest.param("12345\u00b2", Misshapen.NOT_DIGITS, id="superscript"),
        pytest.param("123456\x00", Misshapen.NOT_DIGITS, id="NUL"),
        pytest.param("\x00", Misshapen.NOT_DIGITS, id="NUL only"),
        pytest.param("123456\ud800", Misshapen.NOT_DIGITS, id="lone surrogate"),
        pytest.param("123456\u0301", Misshapen.NOT_DIGITS, id="combining accent"),
    ],
)
def test_typed_text_is_a_code_or_has_a_reason(typed, expected):
    assert normalize(typed) == expected


def test_code_with_leading_zeros_is_accepted():
    code = derive(KEY, numbered(883))
    assert (normalize(code), normalize(code.lstrip("0"))) == (code, Misshapen.TOO_SHORT)
