"""Countries as regions of calling codes, and the groups that they form."""

import phonenumbers

# The library types a code as optional, though a parsed number always has one.
REGIONS: dict[int | None, tuple[str, ...]] = dict(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items())
# Calling codes that independent countries share: 25 share +1, two share +7.
SHARED_CODES = {1, 7}
EVERYWHERE: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
# The entries of a country list. Each stands for its group.
MAIN_REGIONS = tuple(
    sorted(
        region
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        for region in (regions if code in SHARED_CODES else regions[:1])
        if region in EVERYWHERE
    )
)


def is_region(name: str) -> bool:
    """Whether libphonenumber knows this ISO 3166 country code."""
    return name in phonenumbers.SUPPORTED_REGIONS


def group(region: str) -> frozenset[str]:
    """Return the regions that a country stands for: the United Kingdom includes GG, IM and JE.

    All regions of a calling code belong to one country, except in `SHARED_CODES`.
    """
    code = phonenumbers.country_code_for_region(region)
    return frozenset({region}) if code in SHARED_CODES else frozenset(REGIONS[code])


def region_of(number: str) -> str:
    """Return the region of an E.164 number, or "" if its code belongs to no country."""
    return region_of_parsed(phonenumbers.parse(number))


def region_of_parsed(number: phonenumbers.PhoneNumber) -> str:
    """Return the region of a parsed number, or "" if its code belongs to no country."""
    main = REGIONS[number.country_code][0]
    if main == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return ""
    return phonenumbers.region_code_for_number(number) or main
