"""The decision table of reading phone numbers."""

import pytest

from mfa.rules.phone_numbers import Misread, Mistake, PhoneNumber, read, read_sender

ALICE = PhoneNumber("+447546123456", "GB", "+44 7546 123456")
DRAMA = PhoneNumber("+447700900123", "GB", "+44 7700 900123")
MAGIC_SENDER = PhoneNumber("+15005550006", "US", "+1 500-555-0006")


def case(name, typed, home_region, expected):
    return pytest.param(typed, home_region, expected, id=name)


@pytest.mark.parametrize(
    ("typed", "home_region", "expected"),
    [
        case("E.164", "+447546123456", None, ALICE),
        case("E.164 from elsewhere", "+447546123456", "US", ALICE),
        case("blanks", "+44 7546 123456", None, ALICE),
        case("national zero kept", "+4407546123456", None, ALICE),
        case("national zero in brackets", "+44 (0)7546 123456", None, ALICE),
        case("two national zeros", "+44 00 7546 123456", None, ALICE),
        case("dialled from abroad", "0044 7546 123456", None, ALICE),
        case("00 at home in Britain", "0044 7546 123456", "GB", ALICE),
        case("00 where abroad is 011", "0044 7546 123456", "US", ALICE),
        case("011 where abroad is 011", "011 44 7546 123456", "US", ALICE),
        case("001 where abroad is 001", "001 44 7546 123456", "HK", ALICE),
        case("plus and 00", "+0044 7546 123456", None, ALICE),
        case("as dialled at home", "07546 123456", "GB", ALICE),
        case("at home without the zero", "7546 123456", "GB", ALICE),
        case("at home without the plus", "447546123456", "GB", ALICE),
        case("at home in Guernsey", "07546 123456", "GG", ALICE),
        case("plus in brackets", "(+44) 7546 123456", None, ALICE),
        case("dashes, dots, slash", "+44-7546\u2013123.4/5\u22126", None, ALICE),
        case("square brackets, middle dot", "+44 [0]7546·123456", None, ALICE),
        case(
            "full width", "\uff0b\uff14\uff14\uff08\uff10\uff097546\uff0e123\uff0f456", None, ALICE
        ),
        case("small plus", "\ufe62447546123456", None, ALICE),
        case("Arabic-Indic digits", "٠٧٥٤٦ ١٢٣٤٥٦", "GB", ALICE),
        case("no-break spaces", "+44\u00a07546\u202f123456", None, ALICE),
        case("bidi marks", "\u202a+44 7546 123456\u202c", None, ALICE),
        case("zero width", "\ufeff+44\u200b7546\u2060123456", None, ALICE),
        case("tab before, line after", "\t +44 7546 123456 \r\n", None, ALICE),
        case("longest spelling", "+447546123456".ljust(250, "-"), None, ALICE),
        case(
            "mobile of Guernsey",
            "+44 7911 123456",
            None,
            PhoneNumber("+447911123456", "GG", "+44 7911 123456"),
        ),
        case(
            "mobile of Man, between the pagers",
            "+44 7624 123456",
            None,
            PhoneNumber("+447624123456", "IM", "+44 7624 123456"),
        ),
        case(
            "fixed line or mobile",
            "(201) 555-0123",
            "US",
            PhoneNumber("+12015550123", "US", "+1 201-555-0123"),
        ),
        case(
            "Jamaica behind +1",
            "1 876 210 1234",
            "US",
            PhoneNumber("+18762101234", "JM", "+1 876-210-1234"),
        ),
        case(
            "Argentina dialled at home",
            "011 15 2345-6789",
            "AR",
            PhoneNumber("+5491123456789", "AR", "+54 9 11 2345-6789"),
        ),
        case("810 where abroad is 810", "8 10 44 7546 123456", "RU", ALICE),
    ],
)
def test_mobile_numbers_are_read_in_all_formats(typed, home_region, expected):
    assert read(typed, home_region=home_region) == expected


@pytest.mark.parametrize(
    ("typed", "home_region", "expected"),
    [
        case("nothing", "", "GB", Misread(Mistake.EMPTY)),
        case("blanks only", " \t\r\n ", "GB", Misread(Mistake.EMPTY)),
        case("invisible only", "\u200b\u202c", "GB", Misread(Mistake.EMPTY)),
        case("punctuation only", "(--)", "GB", Misread(Mistake.EMPTY)),
        case("letters", "call me", "GB", Misread(Mistake.UNREADABLE)),
        case("letters around", "X07546 123456X", "GB", Misread(Mistake.UNREADABLE)),
        case("vanity", "1-800-FLOWERS", "US", Misread(Mistake.UNREADABLE)),
        case("channel prefix", "whatsapp:+447546123456", None, Misread(Mistake.UNREADABLE)),
        case("link", "tel:+447546123456", None, Misread(Mistake.UNREADABLE)),
        case("mail address", "alice@example.org", None, Misread(Mistake.UNREADABLE)),
        case("plus alone", "+", "GB", Misread(Mistake.UNREADABLE)),
        case("two pluses", "++447546123456", "GB", Misread(Mistake.UNREADABLE)),
        case("plus at the end", "447546123456+", "GB", Misread(Mistake.UNREADABLE)),
        case("NUL", "+44 7546\x00 123456", None, Misread(Mistake.UNREADABLE)),
        case("unit separator at the end", "+447546123456\x1f", None, Misread(Mistake.UNREADABLE)),
        case("tab within", "+44\t7546 123456", None, Misread(Mistake.UNREADABLE)),
        case("lone surrogate", "+44\ud8007546123456", None, Misread(Mistake.UNREADABLE)),
        case("superscript", "+44754612345²", None, Misread(Mistake.UNREADABLE)),
        case("service code", "*31#07546123456", "GB", Misread(Mistake.UNREADABLE)),
        case("endless", "+447546123456".ljust(251, "-"), None, Misread(Mistake.UNREADABLE)),
        case("ten kilobytes", "7" * 10_240, "GB", Misread(Mistake.UNREADABLE)),
        case("endless blanks", " " * 251, "GB", Misread(Mistake.UNREADABLE)),
        case(
            "two numbers",
            "07546 123456, 07546 123457",
            "GB",
            Misread(Mistake.UNREADABLE),
        ),
        case(
            "the same number twice",
            "+447546123456 +447546123456",
            "GB",
            Misread(Mistake.UNREADABLE),
        ),
        case("no home", "07546 123456", None, Misread(Mistake.NO_COUNTRY)),
        case("empty home", "07546 123456", "", Misread(Mistake.NO_COUNTRY)),
        case("home nobody knows", "07546 123456", "XX", Misread(Mistake.NO_COUNTRY)),
        case("code nobody has", "+999 123456789", "GB", Misread(Mistake.NO_COUNTRY)),
        case("code nobody has, from abroad", "00999 12345678", None, Misread(Mistake.NO_COUNTRY)),
        case("short code, no home", "12345", None, Misread(Mistake.NO_COUNTRY)),
        case(
            "no plus, no home",
            "447546123456",
            None,
            Misread(Mistake.NO_COUNTRY, repaired="+447546123456"),
        ),
        case(
            "plus before the zero",
            "+07546 123456",
            "GB",
            Misread(Mistake.NO_COUNTRY, repaired="+447546123456"),
        ),
        case("one digit", "1", "GB", Misread(Mistake.TOO_SHORT)),
        case("country code alone", "+44", None, Misread(Mistake.TOO_SHORT)),
        case(
            "country and little more",
            "+44 12",
            None,
            Misread(Mistake.TOO_SHORT, "GB", 8, number="+44 12"),
        ),
        case(
            "short code at home",
            "12345",
            "GB",
            Misread(Mistake.TOO_SHORT, "GB", 5, number="+44 12345"),
        ),
        case(
            "one digit short",
            "07546 12345",
            "GB",
            Misread(Mistake.TOO_SHORT, "GB", 1, number="+44 754612345"),
        ),
        case(
            "one digit short, with code",
            "+44 7546 12345",
            "GB",
            Misread(Mistake.TOO_SHORT, "GB", 1, number="+44 754612345"),
        ),
        case(
            "short, and not for another number of the same country",
            "+91 98765 432",
            "IN",
            Misread(Mistake.TOO_SHORT, "IN", 2, number="+91 98765432"),
        ),
        case(
            "without area code",
            "555-0123",
            "US",
            Misread(Mistake.TOO_SHORT, "US", 3, number="+1 5550123"),
        ),
        case(
            "short where lengths differ",
            "+49 151 123456",
            None,
            Misread(Mistake.TOO_SHORT, "DE", number="+49 151123456"),
        ),
        case(
            "short where machines have longer numbers",
            "+31 6 1234567",
            None,
            Misread(Mistake.TOO_SHORT, "NL", 1, number="+31 61234567"),
        ),
        case(
            "long where machines have longer numbers",
            "+31 6 12345678 9",
            None,
            Misread(Mistake.TOO_LONG, "NL", number="+31 6123456789"),
        ),
        case(
            "plus without the code",
            "+7546 123456",
            "GB",
            Misread(Mistake.TOO_SHORT, "RU", 1, repaired="+447546123456", number="+7 546123456"),
        ),
        case(
            "plus without the code, no home",
            "+7546 123456",
            None,
            Misread(Mistake.TOO_SHORT, "RU", 1, number="+7 546123456"),
        ),
        case(
            "one digit long",
            "07546 123456 7",
            "GB",
            Misread(Mistake.TOO_LONG, "GB", number="+44 75461234567"),
        ),
        case("endless digits", "7" * 250, "GB", Misread(Mistake.TOO_LONG)),
        case(
            "no plus, other country's home",
            "447546123456",
            "US",
            Misread(Mistake.TOO_LONG, "US", repaired="+447546123456", number="+1 447546123456"),
        ),
        case(
            "national number of another country",
            "07546 123456",
            "US",
            Misread(Mistake.TOO_LONG, "US", number="+1 07546123456"),
        ),
        case(
            "zero where the country has none",
            "+34 (0) 612 345 678",
            None,
            Misread(Mistake.TOO_LONG, "ES", repaired="+34612345678", number="+34 0612345678"),
        ),
        case(
            "zero where the country has none, from abroad",
            "0034 0612 345 678",
            None,
            Misread(Mistake.TOO_LONG, "ES", repaired="+34612345678", number="+34 0612345678"),
        ),
        case(
            "country twice",
            "+44447546123456",
            None,
            Misread(
                Mistake.COUNTRY_TWICE,
                "GB",
                repaired="+447546123456",
                number="+44 447546123456",
            ),
        ),
        case(
            "country twice, from abroad",
            "+44 0044 7546 123456",
            None,
            Misread(
                Mistake.COUNTRY_TWICE,
                "GB",
                repaired="+447546123456",
                number="+44 447546123456",
            ),
        ),
        case(
            "country and plus twice",
            "+44 +44 7546 123456",
            "US",
            Misread(
                Mistake.COUNTRY_TWICE, "GB", repaired="+447546123456", number="+44 7546 123456"
            ),
        ),
        case(
            "country and plus twice, landline",
            "+44 +44 20 7946 0000",
            None,
            Misread(Mistake.COUNTRY_TWICE, "GB", number="+44 20 7946 0000"),
        ),
        case(
            "country twice and short",
            "+44 +44 7546 12345",
            None,
            Misread(Mistake.COUNTRY_TWICE, "GB", 1, number="+44 754612345"),
        ),
        case(
            "what is no country twice",
            "+7 +7546 123456",
            "GB",
            Misread(
                Mistake.COUNTRY_TWICE, "RU", 1, repaired="+447546123456", number="+7 546123456"
            ),
        ),
        case(
            "fiction",
            "07700 900123",
            "GB",
            Misread(Mistake.NOT_A_NUMBER, "GB", number="+44 7700 900123"),
        ),
        case(
            "fiction of Hollywood",
            "+1 555 123 4567",
            None,
            Misread(Mistake.NOT_A_NUMBER, "US", number="+1 555-123-4567"),
        ),
        case(
            "landline",
            "020 7946 0000",
            "GB",
            Misread(Mistake.LANDLINE, "GB", number="+44 20 7946 0000"),
        ),
        case(
            "landline of Jersey",
            "+44 1534 456789",
            None,
            Misread(Mistake.LANDLINE, "JE", number="+44 1534 456789"),
        ),
        case(
            "landline whose digits are a mobile of Gabon",
            "24 1399 1785",
            "GB",
            Misread(Mistake.LANDLINE, "GB", number="+44 24 1399 1785"),
        ),
        case(
            "VoIP",
            "+44 56 1234 5678",
            None,
            Misread(Mistake.VOIP, "GB", number="+44 56 1234 5678"),
        ),
        case(
            "satellite called mobile",
            "+881 6 123 45678",
            None,
            Misread(Mistake.SATELLITE, number="+881 6 123 45678"),
        ),
        case(
            "satellite at sea",
            "+870 773 112 345",
            None,
            Misread(Mistake.SATELLITE, number="+870 773 112 345"),
        ),
        case(
            "premium of no country",
            "+979 1 2345 6789",
            None,
            Misread(Mistake.SATELLITE, number="+979 1 2345 6789"),
        ),
        case(
            "toll-free of no country",
            "+800 1234 5678",
            "GB",
            Misread(Mistake.SATELLITE, number="+800 1234 5678"),
        ),
        case(
            "no country and too short",
            "+883 12",
            None,
            Misread(Mistake.SATELLITE, number="+883 12"),
        ),
    ],
)
def test_every_mistake_is_diagnosed(typed, home_region, expected):
    assert read(typed, home_region=home_region) == expected


@pytest.mark.parametrize(
    ("typed", "place", "number"),
    [
        pytest.param("+448001234567", "GB", "+44 800 123 4567", id="toll-free"),
        pytest.param("+449012345678", "GB", "+44 901 234 5678", id="premium"),
        pytest.param("+41840123456", "CH", "+41 840 123 456", id="shared cost"),
        pytest.param("+447012345678", "GB", "+44 70 1234 5678", id="personal"),
        pytest.param("+447640123456", "GB", "+44 76 4012 3456", id="pager"),
        pytest.param("+445512345678", "GB", "+44 55 1234 5678", id="company"),
        pytest.param("+41860123456789", "CH", "+41 860 12 345 67 89", id="voicemail"),
    ],
)
def test_special_rates_are_refused(typed, place, number):
    assert read(typed, home_region=None) == Misread(Mistake.SPECIAL_RATE, place, number=number)


@pytest.mark.parametrize(
    "ending_of_line",
    [
        " x1",
        "x12",
        "X 123456",
        " ext 5",
        " ext. 5",
        " extn:5",
        " Extension 5",
        ";ext=9",
        "#12",
        ",,1",
        " ; 1",
    ],
)
def test_extensions_are_refused_and_cut_off(ending_of_line):
    expected = Misread(Mistake.EXTENSION, "GB", repaired="+447546123456", number="+44 7546 123456")
    assert read(f"+44 7546 123456{ending_of_line}", home_region=None) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(
            "020 7946 0000 x12",
            Misread(Mistake.EXTENSION, "GB", number="+44 20 7946 0000"),
            id="landline",
        ),
        pytest.param(
            "+44 44 7546 123456 x12",
            Misread(Mistake.EXTENSION, "GB", repaired="+447546123456", number="+44 447546123456"),
            id="country twice",
        ),
        pytest.param(
            "07546 12345 x12",
            Misread(Mistake.EXTENSION, "GB", 1, number="+44 754612345"),
            id="short",
        ),
        pytest.param("07546\x00123456 x12", Misread(Mistake.EXTENSION), id="NUL before it"),
        pytest.param("07546 123456 x1234567", Misread(Mistake.UNREADABLE), id="too long for one"),
        pytest.param("whatsapp:07546123456 x1", Misread(Mistake.UNREADABLE), id="letters first"),
        pytest.param("x1", Misread(Mistake.UNREADABLE), id="nothing before it"),
    ],
)
def test_extension_does_not_hide_other_mistakes(typed, expected):
    assert read(typed, home_region="GB") == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(
            "+445612345678",
            PhoneNumber("+445612345678", "GB", "+44 56 1234 5678"),
            id="VoIP",
        ),
        pytest.param(
            "+447012345678",
            PhoneNumber("+447012345678", "GB", "+44 70 1234 5678"),
            id="personal",
        ),
        pytest.param("+447546123456", ALICE, id="mobile"),
        pytest.param(
            "+442079460000",
            Misread(Mistake.LANDLINE, "GB", number="+44 20 7946 0000"),
            id="landline",
        ),
        pytest.param(
            "+449012345678",
            Misread(Mistake.SPECIAL_RATE, "GB", number="+44 901 234 5678"),
            id="premium",
        ),
        pytest.param(
            "+883510012345",
            Misread(Mistake.SATELLITE, number="+883 510 012 345"),
            id="VoIP of no country",
        ),
    ],
)
def test_policy_can_allow_voip_and_personal_numbers(typed, expected):
    assert read(typed, home_region=None, allow_voip=True) == expected


@pytest.mark.parametrize("typed", ["+447700900123", "07700 900123", "0044 (0)7700 900123"])
def test_number_under_test_prefix_need_not_exist(typed):
    prefixes = ["+1555", "+447700900"]
    assert read(typed, home_region="GB", test_prefixes=prefixes) == DRAMA


def test_test_numbers_may_be_of_any_kind():
    expected = PhoneNumber("+881612345678", "", "+881 6 123 45678")
    assert read("+881612345678", home_region=None, test_prefixes=["+8816"]) == expected


def test_test_numbers_are_offered_as_repairs():
    answer = read("447700900123", home_region=None, test_prefixes=["+447700900"])
    assert answer == Misread(Mistake.NO_COUNTRY, repaired="+447700900123")


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        pytest.param("+4477009001", Mistake.TOO_SHORT, id="short"),
        pytest.param("+4477009001234", Mistake.TOO_LONG, id="long"),
        pytest.param("+447700901123", Mistake.NOT_A_NUMBER, id="beside the prefix"),
        pytest.param("+442079460000", Mistake.LANDLINE, id="elsewhere"),
    ],
)
def test_test_prefix_allows_no_other_numbers(typed, mistake):
    answer = read(typed, home_region=None, test_prefixes=["+4477009001", "+447700900"])
    assert isinstance(answer, Misread)
    assert answer.mistake is mistake


@pytest.mark.parametrize(
    "prefixes",
    [
        pytest.param([""], id="split of an empty setting"),
        pytest.param(["+"], id="plus"),
        pytest.param("+44", id="text instead of a list"),
    ],
)
def test_empty_test_prefix_is_ignored(prefixes):
    expected = Misread(Mistake.NOT_A_NUMBER, "GB", number="+44 7700 900123")
    assert read("+447700900123", home_region=None, test_prefixes=prefixes) == expected


@pytest.mark.parametrize(
    ("typed", "home_region", "expected"),
    [
        case("Twilio's magic number", "+15005550006", None, MAGIC_SENDER),
        case("any spelling", "(500) 555-0006", "US", MAGIC_SENDER),
        case("from abroad", "001 500 555 0006", "GB", MAGIC_SENDER),
        case("no such range", "+447700900123", None, DRAMA),
        case("mobile", "+44 (0)7546 123456", None, ALICE),
        case(
            "landline",
            "+442079460000",
            None,
            PhoneNumber("+442079460000", "GB", "+44 20 7946 0000"),
        ),
        case(
            "toll-free",
            "+18002345678",
            None,
            PhoneNumber("+18002345678", "US", "+1 800-234-5678"),
        ),
        case(
            "no country",
            "+883510012345",
            None,
            PhoneNumber("+883510012345", "", "+883 510 012 345"),
        ),
        case("short code", "12345", None, Misread(Mistake.NO_COUNTRY)),
        case(
            "short code at home",
            "12345",
            "US",
            Misread(Mistake.TOO_SHORT, "US", 5, number="+1 12345"),
        ),
        case(
            "without area code",
            "555-0123",
            "US",
            Misread(Mistake.TOO_SHORT, "US", 3, number="+1 5550123"),
        ),
        case(
            "between two lengths",
            "+44 20 7946 00",
            None,
            Misread(Mistake.TOO_SHORT, "GB", 2, number="+44 20794600"),
        ),
        case(
            "no country and short",
            "+883 12",
            None,
            Misread(Mistake.TOO_SHORT, number="+883 12"),
        ),
        case(
            "long",
            "+1 500 555 00067",
            None,
            Misread(Mistake.TOO_LONG, "US", number="+1 50055500067"),
        ),
        case(
            "no country and long",
            "+800 1234 5678 9",
            None,
            Misread(Mistake.TOO_LONG, number="+800 123456789"),
        ),
        case(
            "country twice",
            "+44 44 20 7946 0000",
            None,
            Misread(
                Mistake.COUNTRY_TWICE,
                "GB",
                repaired="+442079460000",
                number="+44 442079460000",
            ),
        ),
        case("name", "Portal", "US", Misread(Mistake.UNREADABLE)),
        case("channel prefix", "whatsapp:+15005550006", None, Misread(Mistake.UNREADABLE)),
        case("nothing", "", None, Misread(Mistake.EMPTY)),
    ],
)
def test_sender_only_needs_possible_length(typed, home_region, expected):
    assert read_sender(typed, home_region=home_region) == expected
