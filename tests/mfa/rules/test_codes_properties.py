"""Properties of every code and of any input."""

import re

from hypothesis import example, given, strategies as st

from mfa.rules.codes import Binding, Misshapen, derive, fingerprint, key_of, normalize

SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)
IGNORED = " \t\r\n\u00a0\u2009\u202f\u3000-\u2010\u2011\u2013\u2014\u00ad\u200b\u200e\u2060\ufeff"

bindings = st.builds(
    Binding,
    challenge=st.text(),
    user=st.text(),
    purpose=st.text(),
    channel=st.text(),
    target=st.text(),
    browser=st.text(),
)
keys = st.binary(min_size=32, max_size=32)
six_digits = st.text("0123456789", min_size=6, max_size=6)
typings = st.one_of(
    st.text(), st.text("0123456789", max_size=12), st.text("0123456789" + IGNORED, max_size=50)
)


@given(keys, bindings)
def test_code_is_always_six_digits(key, binding):
    assert SIX_DIGITS.fullmatch(derive(key, binding))


@given(keys, bindings)
def test_code_is_accepted_as_sent(key, binding):
    code = derive(key, binding)
    assert normalize(code) == code


@given(st.text())
def test_key_has_32_bytes_and_name_of_8_hex_digits(secret):
    key = key_of(secret)
    assert (len(key), len(bytes.fromhex(fingerprint(key)))) == (32, 4)


@given(typings)
@example("123456\x00")
@example("١٢٣٤٥٦")
def test_typed_text_is_six_digits_or_misshapen(typed):
    answer = normalize(typed)
    assert answer in set(Misshapen) or SIX_DIGITS.fullmatch(answer)


@given(typings)
def test_normalizing_twice_changes_nothing(typed):
    answer = normalize(typed)
    code = "123456" if isinstance(answer, Misshapen) else answer
    assert normalize(code) == code


@given(six_digits, st.lists(st.text(IGNORED, max_size=4), min_size=7, max_size=7))
def test_spaces_and_dashes_are_ignored_anywhere(code, between):
    typed = "".join(gap + digit for gap, digit in zip(between, [*code, ""], strict=True))
    assert normalize(typed) == code


@given(
    six_digits,
    st.integers(0, 6),
    st.characters(exclude_categories=["Zs", "Zl", "Zp", "Pd", "Cf", "Cc", "Nd"]),
)
def test_foreign_character_anywhere_is_refused(code, place, intruder):
    assert normalize(code[:place] + intruder + code[place:]) is Misshapen.NOT_DIGITS


@given(st.text("0123456789", min_size=1, max_size=5))
def test_fewer_digits_are_too_short(typed):
    assert normalize(typed) is Misshapen.TOO_SHORT


@given(st.one_of(st.text("0123456789", min_size=7), st.text(min_size=41)))
def test_longer_text_is_too_long(typed):
    assert normalize(typed) is Misshapen.TOO_LONG
