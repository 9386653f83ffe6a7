"""Whoever includes a part of a page has imported the macros that it calls, also those that it rarely calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[2] / "webui" / "templates"
SOURCES = {str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}


@dataclass(frozen=True, slots=True)
class Template:
    """``calls``: shared macros that the template neither imports nor defines; ``has``: what its parts are given."""

    calls: frozenset[str]
    has: frozenset[str]
    parts: frozenset[str]


def read_templates(environment: Environment, sources: Mapping[str, str]) -> dict[str, Template]:
    trees = {name: environment.parse(source) for name, source in sources.items()}
    shared = [tree for name, tree in trees.items() if name.startswith("macros/")]
    macros = {macro.name for tree in shared for macro in tree.find_all(nodes.Macro)}
    return {name: _read(tree, macros) for name, tree in trees.items()}


def _read(tree: nodes.Template, macros: set[str]) -> Template:
    called = {call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    imported = (name for one in tree.find_all(nodes.FromImport) for name in one.names)
    has = {name if isinstance(name, str) else name[1] for name in imported}
    has |= {macro.name for macro in tree.find_all(nodes.Macro)}
    parts = {part.template.value for part in tree.find_all(nodes.Include) if isinstance(part.template, nodes.Const)}
    return Template(frozenset(called & macros - has), frozenset(has), frozenset(parts))


def missing_macros(templates: Mapping[str, Template]) -> Iterator[str]:
    """As "page → part: macro". A page that nobody includes has to import all of its macros itself."""
    included = {part for template in templates.values() for part in template.parts}
    for name, template in templates.items():
        if name not in included:
            yield from (f"{name}: {macro}" for macro in sorted(template.calls))
        for part in sorted(template.parts):
            wanted = templates[part].calls - template.has - template.calls
            yield from (f"{name} → {part}: {macro}" for macro in sorted(wanted))


def test_every_macro_that_a_page_may_call_is_at_hand(speaking_app: Flask) -> None:
    assert list(missing_macros(read_templates(speaking_app.jinja_env, SOURCES))) == []


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        ('{% from "macros/words.html" import told %}{% include "part.html" %}', []),
        ('{% include "part.html" %}', ["page.html → part.html: told"]),
        ("{{ told() }}", ["page.html: told"]),
    ],
)
def test_a_macro_that_is_not_at_hand_is_found(speaking_app: Flask, page: str, missing: list[str]) -> None:
    sources = {
        "macros/words.html": "{% macro told() %}Done.{% endmacro %}",
        "part.html": "{% if rare %}{{ told() }}{% endif %}",
        "page.html": page,
    }
    found = list(missing_macros(read_templates(speaking_app.jinja_env, sources)))
    assert [one for one in found if one.startswith("page.html")] == missing
