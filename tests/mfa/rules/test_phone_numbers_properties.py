"""Properties of every phone number and of any input."""

import phonenumbers
from hypothesis import example, given, strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from mfa.rules.phone_numbers import (
    LONGEST_SPELLING,
    Misread,
    Mistake,
    PhoneNumber,
    read,
    read_sender,
)

TEST_PREFIXES = ["+447700900", "+1555"]
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def example_mobile(region):
    return phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)


homes = st.one_of(st.none(), st.sampled_from(REGIONS), st.sampled_from(["", "XX", "001", "gb"]))
# libphonenumber's example for Gabon belongs to the plan before 2019, so it is read as an old
# number.
WITH_MOBILES = [region for region in REGIONS if example_mobile(region) and region != "GA"]
mobiles = st.sampled_from([example_mobile(region) for region in WITH_MOBILES])
prefixes = st.sampled_from(["", "0", "00", "+", "+0", "+00"])
codes = st.sampled_from(["", *map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE)])
digits = st.text("0123456789", min_size=1, max_size=16)


def mangled(mobile, prefix, between, after):
    code, national = mobile.country_code, phonenumbers.national_significant_number(mobile)
    return f"{prefix}{between.format(code)}{national}{after}"


# Cases that random text does not reach: digits after a code, and mobiles with a typo.
dialled = st.one_of(
    st.builds("{}{}{}{}".format, prefixes, codes, st.sampled_from(["", "0", "00", "+44"]), digits),
    st.builds(
        mangled,
        mobiles,
        prefixes,
        st.sampled_from(["", "{0}", "{0}0", "{0}00", "{0}{0}", "{0}+{0}", "{0}00{0}"]),
        st.sampled_from(["", "", "", "7", "x7"]),
    ),
)
typings = st.one_of(dialled, st.text(), st.text("+0123456789 ()-./x#,;ext\x00\u202a٣", max_size=40))
separators = st.text(" \u00a0\u202f-\u2013.()/[]\u200b\u202a\u202c", max_size=3)


@given(typings, homes, st.booleans())
def test_no_text_raises(typed, home, allow_voip):
    answer = read(typed, home_region=home, allow_voip=allow_voip, test_prefixes=TEST_PREFIXES)
    assert isinstance(answer, PhoneNumber | Misread)
    assert isinstance(read_sender(typed, home_region=home), PhoneNumber | Misread)


@given(st.text(min_size=LONGEST_SPELLING + 1, max_size=LONGEST_SPELLING + 50), homes)
def test_overlong_text_is_unreadable(typed, home):
    assert read(typed, home_region=home) == Misread(Mistake.UNREADABLE)


@given(dialled, homes, homes)
@example("+49001711234567", None, "DE")
@example("+7 8 8 912 345 67 89", None, "RU")
def test_read_number_reads_as_itself_in_any_country(typed, home, other_home):
    answer = read(typed, home_region=home, test_prefixes=TEST_PREFIXES)
    number = getattr(answer, "e164", None) or answer.repaired or "+447546123456"
    accepted = read(number, home_region=other_home, test_prefixes=TEST_PREFIXES)
    assert isinstance(accepted, PhoneNumber)
    assert accepted.e164 == number


@given(dialled, homes, homes)
@example("+49003012345", None, "DE")
@example("+1234", "US", None)
def test_sender_number_is_parsed_unchanged_in_any_country(typed, home, other_home):
    answer = read_sender(typed, home_region=home)
    number = getattr(answer, "e164", None) or answer.repaired or "+15005550006"
    accepted = read_sender(number, home_region=other_home)
    assert isinstance(accepted, PhoneNumber)
    assert accepted.e164 == number


@given(typings, homes, st.booleans())
def test_nothing_but_a_plus_and_at_most_fifteen_digits_is_stored(typed, home, allow_voip):
    answer = read(typed, home_region=home, allow_voip=allow_voip)
    number = getattr(answer, "e164", None) or answer.repaired or "+447546123456"
    assert number.isascii()
    assert number[0] == "+"
    assert number[1:].isdecimal()
    assert len(number) <= len("+") + 15


@given(mobiles, st.sampled_from([PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL]), homes)
def test_mobiles_of_every_country_are_read(mobile, spelling, home):
    answer = read(phonenumbers.format_number(mobile, spelling), home_region=home)
    assert isinstance(answer, PhoneNumber)
    assert answer.e164 == phonenumbers.format_number(mobile, PhoneNumberFormat.E164)


@given(st.sampled_from(WITH_MOBILES))
def test_every_country_reads_numbers_in_its_own_format(region):
    national = phonenumbers.format_number(example_mobile(region), PhoneNumberFormat.NATIONAL)
    e164 = phonenumbers.format_number(example_mobile(region), PhoneNumberFormat.E164)
    answer = read(national, home_region=region)
    assert isinstance(answer, PhoneNumber)
    assert answer.e164 == e164


@given(mobiles, st.lists(separators, min_size=16, max_size=16), homes)
def test_separators_and_invisible_marks_change_nothing(mobile, between, home):
    e164 = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
    spelled = "".join(map("".join, zip(e164, between, strict=False)))
    assert read(spelled, home_region=home) == read(e164, home_region=None)


@given(mobiles, st.sampled_from([0x0660, 0x06F0, 0x0966, 0xFF10, 0x1D7CE]), homes)
def test_digits_of_every_script_are_same(mobile, zero, home):
    e164 = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
    spelled = e164.translate({ord("0") + digit: zero + digit for digit in range(10)})
    assert read(spelled, home_region=home) == read(e164, home_region=None)


@given(mobiles, st.characters(categories=["L", "Cc"]), st.integers(1, 7), homes)
@example(example_mobile("GB"), "\x00", 1, None)
def test_letter_or_control_character_within_is_refused(mobile, intruder, place, home):
    e164 = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
    answer = read(e164[:place] + intruder + e164[place:], home_region=home)
    assert isinstance(answer, Misread)
    assert answer.mistake in {Mistake.UNREADABLE, Mistake.EXTENSION}
