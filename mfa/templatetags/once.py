"""A tag for page parts that never change, so they are rendered once."""

from typing import Any

from django import template
from django.core.signals import setting_changed
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
# A part has few variants, but a URL can name any number of them.
MOST = 50


@register.tag
def once(parser: Parser, token: Token) -> template.Node:
    """Render the part between `{% once %}` and `{% endonce %}` once per process and language.

    It can use only the named values: `{% once portal.theme %}` renders it once per theme. Never
    name a value that belongs to a person or a session.
    """
    _tag, *words = token.split_contents()
    nodes = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodes, [parser.compile_filter(word) for word in words])


class OnceNode(template.Node):
    """Caches its output by language, prefix and named values."""

    def __init__(self, nodelist: NodeList, words: list[FilterExpression]) -> None:
        """Store the part and its named values."""
        self.nodelist, self.words = nodelist, words
        self.rendered: dict[tuple[object, ...], SafeString] = {}
        setting_changed.connect(self._forget)

    def render(self, context: template.Context) -> SafeString:
        """Return the rendered part."""
        named = [word.resolve(context) for word in self.words]
        key = (get_language(), get_script_prefix(), *named)
        found = self.rendered.get(key)
        if found is None:
            found = self.nodelist.render(context)
            if len(self.rendered) >= MOST:
                self.rendered.clear()
            self.rendered[key] = found
        return found

    def _forget(self, **_: Any) -> None:
        self.rendered.clear()
