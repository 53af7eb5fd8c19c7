"""Phone numbers as people write them."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType


def international(number: str) -> str:
    """Return an E.164 number with spaces: "+44 7546 123456"."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def examples(region: str) -> tuple[str, str] | None:
    """Return a mobile number as a country dials it, and with the country code.

    None for an unknown country.
    """
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if number is None:
        return None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return national, phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
