"""Page parts that are rendered once, by language and named values."""

from django.template import Context, Template
from django.utils import translation

from mfa.templatetags.once import MOST, OnceNode


def render(template: Template, **values: object) -> str:
    return template.render(Context(values))


def test_cached_template_part_depends_on_its_named_values() -> None:
    template = Template("{% load once %}{% once a %}{{ a }}{{ b }}{% endonce %}")
    given = [render(template, a=a, b=b) for a, b in (("1", "x"), ("1", "y"), ("2", "z"))]
    assert given == ["1x", "1x", "2z"]


def test_cached_template_part_depends_on_language() -> None:
    template = Template("{% load once %}{% once %}{{ word }}{% endonce %}")
    given = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            given.append(render(template, word=language))
    assert given == ["en", "de", "en"]


def test_changed_settings_clear_cache(settings) -> None:
    template = Template("{% load once %}{% once %}{{ name }}{% endonce %}")
    assert render(template, name="before") == "before"
    settings.PORTAL_LOGO = "Another"
    assert render(template, name="after") == "after"


def test_number_of_variants_is_limited() -> None:
    template = Template("{% load once %}{% once a %}{{ a }}{% endonce %}")
    assert [render(template, a=a) for a in range(3 * MOST)] == [str(a) for a in range(3 * MOST)]
    (node,) = template.nodelist.get_nodes_by_type(OnceNode)
    assert len(node.rendered) <= MOST


def test_cached_template_part_is_escaped() -> None:
    template = Template("{% load once %}{% once a %}{{ a }}{% endonce %}")
    assert [render(template, a="<b>") for _ in range(2)] == ["&lt;b&gt;"] * 2
