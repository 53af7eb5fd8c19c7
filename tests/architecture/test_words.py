"""Unique names: a public class of the same name means the same everywhere."""

import ast
from collections import defaultdict

from tests.architecture.test_house import trees

# Django finds a command by this class name.
PLACED = {"Command"}
# Classes with the same meaning for different nouns
SAME = {"Misspelled", "Person"}


def test_different_classes_have_different_names() -> None:
    """`SignedIn` and `Line` once meant two and three things."""
    found = defaultdict(list)
    for name, tree in trees().items():
        if "/migrations/" in name:
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name)
    doubled = {name: places for name, places in found.items() if len(places) > 1}
    assert {name: places for name, places in doubled.items() if name not in PLACED | SAME} == {}
