"""Inputs without a template: the same HTML as Django's own."""

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from hypothesis import given, strategies as st

from portal.renderer import INPUTS, Renderer

WIDGETS = {
    widget.template_name: widget
    for widget in (
        forms.EmailInput,
        forms.HiddenInput,
        forms.NumberInput,
        forms.PasswordInput,
        forms.TelInput,
        forms.TextInput,
        forms.URLInput,
    )
}


@pytest.mark.parametrize("template", sorted(INPUTS))
@given(
    name=st.text(),
    value=st.none() | st.text() | st.integers() | st.booleans() | st.text().map(mark_safe),
    attrs=st.dictionaries(st.text(min_size=1), st.booleans() | st.text() | st.integers()),
)
def test_inputs_are_written_as_django_writes_them(
    template: str, name: str, value: object, attrs: dict[str, object]
) -> None:
    widget = WIDGETS[template]()
    context = widget.get_context(name, value, attrs)
    context["widget"]["value"] = value
    assert Renderer().render(template, context) == TemplatesSetting().render(template, context)
