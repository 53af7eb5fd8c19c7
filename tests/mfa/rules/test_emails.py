"""Emails: which spellings are one address, and which are undeliverable."""

import pytest
from hypothesis import example, given, strategies as st

from mfa.rules.emails import LONGEST_SPELLING, Flaw, flaw, normalize

STORED = "jo.smith+x@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        STORED,
        "Jo.Smith+X@EXAMPLE.Org",
        "  jo.smith+x@example.org\r\n",
        "\u00a0jo.smith+x@example.org\u3000",
        "\ufeffjo.smith+x@example.org",
        "jo.smith+x@example.org\u200b",
        "jo.smith+x@example.org\u200e",
        "\u202ajo.smith+x@example.org\u202c",
        "jo.\u2060smith+x@exam\u00adple.org",
        "jo.smith\u200d+x@example.org\ufe0f",
        "jo.smith+x@example\U000e0100.org\U000e01ef",
        "jo\u034f.smith+x@exa\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0mple.org",
        "jo\u180b.smith+x@ex\u180fample.org\ufe00",
        "jo.smith+x@example.org.",
        "jo.smith+x@example.org..",
        "jo.smith+x\uff20example\uff0eorg",
        "jo.smith+x\ufe6bexample\u3002org",
        "jo.smith+x@example\uff61org\ufe52",
        "\uff4a\uff4f\uff0e\uff33mith\uff0bx@example.org",
        "<jo.smith+x@example.org>",
        "mailto:jo.smith+x@example.org",
        "<MAILTO:jo.smith+x@example.org>",
        '"jo.smith+x@example.org"',
        "'jo.smith+x@example.org'",
        "(jo.smith+x@example.org)",
        "[jo.smith+x@example.org]",
        "\u201cjo.smith+x@example.org\u201d",
        "\u201ejo.smith+x@example.org\u201c",
        "\u2018jo.smith+x@example.org\u2019",
        "\u00abjo.smith+x@example.org\u00bb",
        "\u00ab jo.smith+x@example.org \u00bb",
        "jo.smith+x@example.org,",
        "; jo.smith+x@example.org;",
        '"<jo.smith+x@example.org.>",',
    ],
)
def test_spellings_of_one_address_are_stored_alike(typed: str) -> None:
    assert normalize(typed) == STORED
    assert flaw(normalize(typed)) is None


@pytest.mark.parametrize(
    "typed",
    [
        "jo@bücher.example",
        "jo@BÜCHER.example",
        "jo@bu\u0308cher.example",
        "jo@XN--bcher-KVA.example",
        "jo@bücher\u3002example.",
    ],
)
def test_domain_is_stored_as_dns_has_it(typed: str) -> None:
    assert normalize(typed) == "jo@xn--bcher-kva.example"


def test_accented_twins_are_two_addresses() -> None:
    """X16: and one accented letter is the same, composed or not."""
    assert normalize("josé@example.org") == normalize("jose\u0301@example.org")
    assert normalize("josé@example.org") != "jose@example.org"
    assert flaw(normalize("josé@example.org")) is Flaw.NAME


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("jo@example.org", None),
        ("o'brien@example.org", None),
        ("'jo@example.org", None),
        ("m\u0131ke@example.org", Flaw.NAME),
        ("mi\u017fs@example.org", Flaw.NAME),
        ("\ufb01n@example.org", Flaw.NAME),
        ("джо@example.org", Flaw.NAME),
        ('"jo"@example.org', Flaw.NAME),
        ("jo@\u00fc@example.org", Flaw.NAME),
        ("jo@fa\u00df.example", Flaw.DOMAIN),
        ("jo@\u03c2.example", Flaw.DOMAIN),
        ("jo@b\u00fc..example", Flaw.DOMAIN),
        ("jo@\u33c2.example", Flaw.DOMAIN),
        (f"jo@{'ü' * 64}.example", Flaw.DOMAIN),
    ],
)
def test_undeliverable_address_has_a_flaw(email: str, expected: Flaw | None) -> None:
    assert flaw(normalize(email)) is expected


def test_kelvin_sign_is_read_as_k() -> None:
    assert normalize("mi\u212ae@example.org") == "mike@example.org"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        ('"', ""),
        ("<>", ""),
        ("Jo", "jo"),
        ("Bücher.", "bücher"),
        ("jo <jo@example.org>", "jo <jo@example.org>"),
        ("jo@ example.org", "jo@ example.org"),
        ("'jo@example.org", "'jo@example.org"),
        ("a@b@Example.org", "a@b@example.org"),
        ("a@b@b\u00fccher.example", "a@b@xn--bcher-kva.example"),
        ("jo@", "jo@"),
        ("jo@fa\u00df.example.", "jo@fa\u00df.example"),
    ],
)
def test_text_without_address_is_returned_cleaned(typed: str, read: str) -> None:
    assert normalize(typed) == read


def test_overlong_text_is_returned_unchanged() -> None:
    longest = "A" * LONGEST_SPELLING
    assert normalize(longest) == longest.lower()
    assert normalize(longest + "A") == longest + "A"


@given(st.text(max_size=60) | st.emails())
@example("\u0130@\u0130.example")
@example('"mailto:<a@b.>"')
def test_normalized_address_stays_as_it_is(typed: str) -> None:
    assert normalize(normalize(typed)) == normalize(typed)
