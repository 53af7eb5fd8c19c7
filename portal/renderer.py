"""The form renderer: Django's templates, except for simple inputs, which are faster without."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe

# Django's templates that only include input.html
INPUTS = {
    f"django/forms/widgets/{kind}.html"
    for kind in ("email", "hidden", "number", "password", "tel", "text", "url")
}


class Renderer(TemplatesSetting):
    """Renders one-line inputs without a template, in a tenth of the time."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        """Return the HTML of a widget, a field or a form."""
        if template_name not in INPUTS:
            return mark_safe(super().render(template_name, context, request))  # noqa: S308 rendered
        return _input(context["widget"])


def _input(widget: dict[str, Any]) -> SafeString:
    """Return the same HTML as Django's input.html and attrs.html."""
    written = [_attribute("type", widget["type"]), _attribute("name", widget["name"])]
    if widget["value"] is not None:
        written.append(_attribute("value", widget["value"]))
    for name, value in widget["attrs"].items():
        if value is True:
            written.append(f" {conditional_escape(name)}")
        elif value is not False:
            written.append(_attribute(name, value))
    return mark_safe(f"<input{''.join(written)}>")  # noqa: S308 each part is escaped


def _attribute(name: str, value: object) -> str:
    text = conditional_escape(value if isinstance(value, SafeData) else str(value))
    return f' {conditional_escape(name)}="{text}"'
