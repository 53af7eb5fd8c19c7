"""Changed numbering plans: what is suggested for old and dialled numbers."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from mfa.rules.phone_numbers import Misread, Mistake, PhoneNumber, read, read_sender
from mfa.rules.plans import CHANGES, renewed

OLD = Mistake.OLD_PLAN
TODAY = [
    ("+52 1 55 1234 5678", None, "+525512345678"),
    ("044 55 1234 5678", "MX", "+525512345678"),
    ("045 55 1234 5678", "MX", "+525512345678"),
    ("01 55 1234 5678", "MX", "+525512345678"),
    ("+55 11 8765 4321", None, "+5511987654321"),
    ("(81) 6704-2155", "BR", "+5581967042155"),
    ("+225 01 23 45 67", None, "+2250101234567"),
    ("+225 45 12 34 56", None, "+2250545123456"),
    ("07 12 34 56", "CI", "+2250707123456"),
    ("+229 97 12 34 56", None, "+2290197123456"),
    ("0120 123 4567", "VN", "+84701234567"),
    ("0121 123 4567", "VN", "+84791234567"),
    ("0122 123 4567", "VN", "+84771234567"),
    ("0126 123 4567", "VN", "+84761234567"),
    ("0128 123 4567", "VN", "+84781234567"),
    ("0123 123 4567", "VN", "+84831234567"),
    ("0124 123 4567", "VN", "+84841234567"),
    ("0125 123 4567", "VN", "+84851234567"),
    ("0127 123 4567", "VN", "+84811234567"),
    ("0129 123 4567", "VN", "+84821234567"),
    ("0162 123 4567", "VN", "+84321234567"),
    ("0169 123 4567", "VN", "+84391234567"),
    ("0186 123 4567", "VN", "+84561234567"),
    ("0188 123 4567", "VN", "+84581234567"),
    ("0199 123 4567", "VN", "+84591234567"),
    ("+241 06 12 34 56", None, "+24166123456"),
    ("+241 07 12 34 56", None, "+24177123456"),
    ("09 8765 4321", "CL", "+56987654321"),
    ("8765 4321", "CL", "+56987654321"),
    ("+56 6209 9485", None, "+56962099485"),
    ("+506 381 2345", None, "+50683812345"),
    ("09 876 5432", "EC", "+593998765432"),
    ("010 123 4567", "EG", "+201001234567"),
    ("016 123 4567", "EG", "+201061234567"),
    ("018 123 4567", "EG", "+201281234567"),
    ("014 123 4567", "EG", "+201141234567"),
    ("+237 75 50 52 47", None, "+237675505247"),
    ("+230 776 1234", None, "+23057761234"),
    ("01 234 5678", "TH", "+66812345678"),
    ("+240 23 45 67", None, "+240222234567"),
]


@pytest.mark.parametrize(("typed", "home", "meant"), TODAY)
def test_old_number_is_suggested_as_todays(typed, home, meant):
    answer = read(typed, home_region=home)
    assert isinstance(answer, Misread)
    assert (answer.mistake, answer.repaired) == (OLD, meant)
    assert isinstance(read(meant, home_region=None), PhoneNumber)


@pytest.mark.parametrize("typed", ["11 2345-6789", "+54 11 2345-6789", "+54 351 311 6713"])
def test_argentine_number_is_suggested_as_mobile(typed):
    """It can be a landline too, so it is still refused."""
    answer = read(typed, home_region="AR")
    assert (answer.mistake, answer.repaired[:4]) == (Mistake.LANDLINE, "+549")


def test_refusal_names_country_and_number_as_they_were_read():
    assert read("1 55 1234 5678", home_region="MX") == Misread(
        OLD, "MX", repaired="+525512345678", number="+52 15512345678"
    )


@pytest.mark.parametrize(
    ("typed", "home", "meant"),
    [
        ("11 15 2345 6789", "AR", "+5491123456789"),
        ("03 310 123 4567", "CO", "+573101234567"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("0150 123 4567", "EG", "+201501234567"),
        ("99 123 456", "UY", "+59899123456"),
    ],
)
def test_numbers_that_libphonenumber_repairs_are_accepted(typed, home, meant):
    assert read(typed, home_region=home).e164 == meant


@pytest.mark.parametrize(
    "landline",
    ["+66 2 123 4567", "+55 11 3456 7890", "+20 2 2345 6789", "+229 01 21 30 12 34"],
)
def test_todays_landline_has_no_suggestion(landline):
    answer = read(landline, home_region=None)
    assert (answer.mistake, answer.repaired) == (Mistake.LANDLINE, None)


@pytest.mark.parametrize("typed", ["+54 11 2345 6789", "+241 06 12 34 56"])
def test_sender_is_not_changed(typed):
    """It is written like this in the provider's account."""
    assert read_sender(typed, home_region=None).e164 == typed.replace(" ", "")


def test_number_without_match_has_no_suggestion():
    """It has the length of an old number, but matches nothing of today."""
    assert read("+225 11 11 11 11", home_region=None).repaired is None
    # There is no area code 10.
    refused = read("+55 10 8765 4321", home_region=None)
    assert (refused.mistake, refused.repaired) == (Mistake.NOT_A_NUMBER, None)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.code} {change.new}")
def test_each_row_names_its_source_and_a_country(change):
    assert phonenumbers.COUNTRY_CODE_TO_REGION_CODE[change.code]
    assert ":" in change.source or "communication" in change.source
    assert any(character.isdigit() for character in change.source) or change.code == 54


def test_todays_mobiles_are_not_old_numbers():
    """The example of every country; libphonenumber's own one of Gabon is of the plan until 2019."""
    examples = {
        region: phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        for region in phonenumbers.SUPPORTED_REGIONS
    }
    old = {
        region
        for region, example in examples.items()
        if example
        and any(
            renewed(
                example.country_code,
                phonenumbers.national_significant_number(example),
                known=True,
            )
        )
    }
    assert old == {"GA"}


def test_row_applies_only_to_its_country():
    assert list(renewed(52, "15512345678", known=False)) == ["+525512345678"]
    assert list(renewed(53, "15512345678", known=False)) == []
    assert list(renewed(52, "15512345678", known=True)) == []
    assert list(renewed(54, "1123456789", known=True)) == ["+5491123456789"]
    assert list(renewed(54, "1123456789", known=False)) == ["+5491123456789"]
