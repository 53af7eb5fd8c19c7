"""Forms: the messages for each shape, mistake and answer."""

from datetime import timedelta

import pytest
import time_machine
from django.http import QueryDict

from accounts.models import User
from mfa.challenges import Outcome, Result
from mfa.forms.codes import SHAPES, CodeForm
from mfa.forms.phones import MISTAKES, PhoneForm
from mfa.forms.routes import RouteForm
from mfa.models import Challenge
from mfa.rules.codes import Misshapen
from mfa.rules.methods import ChannelName
from mfa.rules.phone_numbers import Mistake
from mfa.rules.policy import Policy
from mfa.rules.routes import Route
from tests.conftest import NOON
from tests.portal_client import Browser

UK = Policy(home_region="GB")


def phone_form(typed: str, policy: Policy = UK) -> PhoneForm:
    form = PhoneForm({"phone": typed}, policy=policy)
    form.is_valid()
    return form


@pytest.fixture
def challenge(clock: time_machine.Traveller, browser: Browser, alice: User) -> Challenge:
    """A challenge whose text was sent three minutes ago."""
    browser.password(alice)
    clock.shift(timedelta(minutes=3))
    return Challenge.objects.get()


def refusal(result: Result, challenge: Challenge | None) -> str:
    form = CodeForm(QueryDict("code=123456"))
    assert form.is_valid()
    form.refuse(result, challenge)
    (error,) = form.errors["code"]
    return error.replace("\xa0", " ")


def test_every_shape_and_every_mistake_has_its_words() -> None:
    assert set(SHAPES) == set(Misshapen)
    assert set(MISTAKES) == set(Mistake)


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123-456 ", "1 2 3 4 5 6", "123\u2011456"])
def test_six_digits_are_accepted_in_any_format(typed: str) -> None:
    form = CodeForm({"code": typed})
    assert form.is_valid()
    assert form.cleaned_data["code"] == "123456"


@pytest.mark.parametrize(
    ("typed", "shape"),
    [
        ("", Misshapen.EMPTY),
        ("   ", Misshapen.EMPTY),
        ("12345", Misshapen.TOO_SHORT),
        ("1234567", Misshapen.TOO_LONG),
        ("1" * 10_000, Misshapen.TOO_LONG),
        ("12345x", Misshapen.NOT_DIGITS),
    ],
)
def test_invalid_codes_have_different_messages(typed: str, shape: Misshapen) -> None:
    """OT-09."""
    form = CodeForm({"code": typed})
    assert not form.is_valid()
    assert form.errors["code"] == [str(SHAPES[shape])]


def test_missing_field_counts_as_empty() -> None:
    form = CodeForm({})
    assert not form.is_valid()
    assert form.errors["code"] == ["Enter the code."]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result(Outcome.WRONG, 4), "That is not the code we sent. 4 attempts left."),
        (Result(Outcome.WRONG, 1), "That is not the code we sent. 1 attempt left."),
        (Result(Outcome.WRONG, 0), "That was the fifth wrong code. Ask for a new one."),
        (Result(Outcome.EXPIRED), "This code is older than 10 minutes. Ask for a new one."),
        (Result(Outcome.SPENT), "This code has already been used. Each code works once."),
        (Result(Outcome.REPLACED, 4), "That code was replaced."),
    ],
)
def test_each_answer_has_a_message(challenge: Challenge, result: Result, words: str) -> None:
    """M07, M08, M13, M21, M22."""
    assert refusal(result, challenge).startswith(words)


@pytest.mark.parametrize(
    ("channel", "answer", "words"),
    [
        (ChannelName.SMS, Outcome.WRONG, "We sent the latest text 3 minutes ago."),
        (ChannelName.EMAIL, Outcome.WRONG, "We sent the latest email 3 minutes ago."),
        (ChannelName.SMS, Outcome.REPLACED, "Use the one we texted 3 minutes ago."),
        (ChannelName.EMAIL, Outcome.REPLACED, "Use the one we emailed 3 minutes ago."),
    ],
)
def test_wrong_code_shows_time_of_newest_message(
    challenge: Challenge, channel: ChannelName, answer: Outcome, words: str
) -> None:
    """M07, M21."""
    challenge.channel = channel
    assert refusal(Result(answer, 4), challenge).endswith(words)


def test_question_without_delivery_gives_time_of_message(challenge: Challenge) -> None:
    challenge.deliveries.all().delete()
    words = refusal(Result(Outcome.WRONG, 4), challenge)
    assert words.endswith("3 minutes ago.")


def test_code_without_challenge_is_expired() -> None:
    assert refusal(Result(Outcome.WRONG, 4), None).startswith("This code is older than 10 minutes")


def test_message_names_shorter_code_lifetime(challenge: Challenge) -> None:
    challenge.expires_at = NOON + timedelta(minutes=2)
    words = refusal(Result(Outcome.EXPIRED), challenge)
    assert words.startswith("This code is older than 2 minutes.")


def test_refused_code_is_emptied(challenge: Challenge) -> None:
    form = CodeForm(QueryDict("code=123456"))
    form.is_valid()
    form.refuse(Result(Outcome.WRONG, 4), challenge)
    assert "123456" not in str(form)


def test_other_fields_stay(challenge: Challenge) -> None:
    form = CodeForm(QueryDict("code=123456&own=on"))
    form.is_valid()
    form.refuse(Result(Outcome.WRONG, 4), challenge)
    assert form.data["own"] == "on"


@pytest.mark.parametrize("typed", ["07546 123456", "+447546123456", "+4407546123456"])
def test_number_is_e164(typed: str) -> None:
    """A18."""
    assert phone_form(typed).cleaned_data["phone"] == "+447546123456"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter your mobile number."),
        ("call me", "We can't read this as a phone number."),
        ("+44 7546 12345", "is one digit short."),
        ("+44 7546 1234", "is 2 digits short."),
        ("+44 7546 1234567", "There are too many digits."),
        ("+44 +44 7546 123456", "You entered the country code twice."),
        ("07546 123456 ext. 12", "without an extension"),
        ("020 7946 0000", "+44 20 7946 0000 looks like a landline or special-rate number"),
        ("+44 9011 123456", "looks like a landline or special-rate number"),
        ("+44 56 0000 0000", "is an internet phone number."),
        ("+8816 1234 5678", "receive texts from us."),
    ],
)
def test_each_mistake_has_a_message(typed: str, words: str) -> None:
    """A22, M02-M04."""
    (error,) = phone_form(typed).errors["phone"]
    assert words in error


def test_number_without_home_country_needs_plus() -> None:
    (error,) = phone_form("07546 123456", Policy()).errors["phone"]
    assert error == "Start with + and the country code, as in +44 7546 123456."


def test_internet_number_passes_if_policy_allows() -> None:
    """K14."""
    policy = Policy(home_region="GB", allow_voip=True)
    assert phone_form("+44 56 0000 0000", policy).errors == {}


def test_test_numbers_pass_only_while_they_are_set(settings) -> None:
    """LG-10."""
    assert phone_form("07700 900201").errors == {}
    settings.SMS_TEST_NUMBERS = []
    assert phone_form("07700 900201").errors


@pytest.mark.parametrize(
    ("typed", "repaired"),
    [("+44 +44 7546 123456", "+44 7546 123456"), ("020 7946 0000", ""), ("07546 123456", "")],
)
def test_suggested_number_is_formatted_for_people(typed: str, repaired: str) -> None:
    assert phone_form(typed).repaired == repaired


def test_repaired_number_is_parsed_as_offered() -> None:
    meant = phone_form("+44 +44 7546 123456").repaired
    assert phone_form(meant).cleaned_data["phone"] == "+447546123456"


ROUTES = {Route(ChannelName.SMS, 3): "Text", Route(ChannelName.EMAIL): "Email"}


def test_methods_are_offered_best_first() -> None:
    form = RouteForm(labels=ROUTES)
    assert form.fields["route"].choices == [("sms-3", "Text"), ("email", "Email")]
    assert form.fields["route"].initial == "sms-3"


def test_method_that_is_asked_already_is_not_selected() -> None:
    form = RouteForm(labels=ROUTES, asked=Route(ChannelName.SMS, 3))
    assert form.fields["route"].initial == "email"
    only = {Route(ChannelName.EMAIL): "Email"}
    assert RouteForm(labels=only, asked=Route(ChannelName.EMAIL)).fields["route"].initial == "email"


@pytest.mark.parametrize("route", ROUTES)
def test_chosen_route_is_used(route: Route) -> None:
    form = RouteForm({"route": route.name}, labels=ROUTES)
    assert form.is_valid()
    assert form.cleaned_data["route"] == route


@pytest.mark.parametrize("name", ["", "sms-4", "sms", "push"])
def test_other_method_is_refused(name: str) -> None:
    assert not RouteForm({"route": name}, labels=ROUTES).is_valid()


def test_missing_method_is_refused() -> None:
    form = RouteForm({"route": "email"}, labels={})
    assert not form.is_valid()


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("+33612345678", "France"),
        ("+18765551234", "Jamaica"),
        ("+12025550123", "United States"),
        ("+447911123456", "Guernsey"),
    ],
)
def test_closed_country_is_named(typed: str, country: str) -> None:
    """M06: by region, so Guernsey is separate if the United Kingdom is not allowed."""
    policy = Policy(enroll_regions=frozenset({"GB", "CA"}), contact="the help desk")
    (error,) = phone_form(typed, policy).errors["phone"]
    assert error == (
        f"Country not supported: {country}. Enter another number, or ask the help desk."
    )


def test_refusal_without_contact_names_administrator() -> None:
    (error,) = phone_form("+33612345678", Policy(enroll_regions=frozenset())).errors["phone"]
    assert error.endswith("or ask your administrator.")


def test_repaired_number_of_closed_country_is_refused_when_it_is_sent() -> None:
    policy = Policy(home_region="GB", enroll_regions=frozenset({"GB"}))
    typed = phone_form("+33 +33 6 12 34 56 78", policy).repaired
    assert "France" in str(phone_form(typed, policy).errors["phone"])
