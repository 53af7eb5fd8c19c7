"""Fields for countries: people pick a name, type one, or type two letters."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa import countries
from mfa.rules import regions

UNKNOWN = _("Choose a country from the list. We do not know “%s”.")
SHARED = _("%(one)s has the numbers of %(main)s. Choose %(main)s, which includes it.")
# The page's one list of names, which all these fields offer
LIST = "countries"


def _read(typed: str) -> str:
    if (found := countries.find(typed)) is None:
        raise forms.ValidationError(UNKNOWN % typed[:40])
    return found


def _main(region: str) -> str:
    if region in regions.MAIN_REGIONS:
        return region
    with_it = next(main for main in regions.MAIN_REGIONS if region in regions.group(main))
    names = {"one": countries.name_of(region), "main": countries.name_of(with_it)}
    raise forms.ValidationError(SHARED % names)


class CountryField(forms.CharField):
    """One country, or none; its value is the two letters."""

    def __init__(self, **kwargs: Any) -> None:
        """Offer the page's list of names."""
        attrs = {"list": LIST, "autocomplete": "off", "size": 40}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The countries by name, for people who enter a value in words."""
        return countries.all_names()

    def clean(self, value: str | None) -> str:
        """Return the two letters."""
        typed = str(super().clean(value))
        return _read(typed) if typed else ""

    def prepare_value(self, value: str | None) -> str:
        """Show the name."""
        return countries.name_of(value) if value else ""

    def has_changed(self, initial: str | None, data: str | None) -> bool:
        """Compare the countries, not their spelling."""
        return (initial or "") != (countries.find(data) if data else "")


class CountriesWidget(forms.CheckboxSelectMultiple):
    """The chosen countries to untick, and a field to add others."""

    template_name = "admin/mfa/countries.html"

    def optgroups(self, name: str, value: list[Any], attrs: Any = None) -> list[Any]:
        """Offer only the chosen ones. The page's list has all the others."""
        chosen = set(value)
        self.choices = [choice for choice in countries.choices() if choice[0] in chosen]
        return super().optgroups(name, value, attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the id of the page's list, and typed text that is not a country."""
        context = super().get_context(name, value, attrs)
        known = dict(countries.choices())
        typed = ", ".join(each for each in value or () if each not in known)
        described = context["widget"]["attrs"].get("aria-describedby", "")
        context["widget"] |= {"list": LIST, "typed": typed, "described": described}
        return context


class CountriesField(forms.Field):
    """Several countries, each with those that share its calling code."""

    widget = CountriesWidget

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The countries by name, for people who enter a value in words."""
        return countries.choices()

    def clean(self, value: Iterable[str] | None) -> list[str]:
        """Return the letters, each once, in their order."""
        found = [_main(_read(each)) for each in _each(value)]
        return sorted(set(found), key=found.index)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the countries, in any order."""
        return set(initial or ()) != {countries.find(each) for each in _each(data)}


def _each(value: Iterable[str] | None) -> list[str]:
    """Split what was typed by commas, and drop what is empty."""
    return [each.strip() for typed in value or () for each in typed.split(",") if each.strip()]
