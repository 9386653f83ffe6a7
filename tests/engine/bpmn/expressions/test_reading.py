"""What an expression reads and calls is known before it runs."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest

from engine.bpmn.expressions import compile_expression


@pytest.mark.parametrize(
    ("text", "names", "paths", "functions"),
    [
        ("amount > 1000", {"amount"}, {"amount"}, set()),
        ("= deal.amount > limit", {"deal", "limit"}, {"deal.amount", "limit"}, set()),
        ("${client['segment'] == 'vip'}", {"client"}, {"client.segment"}, set()),
        ("deal.items[0].price", {"deal"}, {"deal.items"}, set()),
        ("rows[place]", {"rows", "place"}, {"rows", "place"}, set()),
        ("= some risk in risks satisfies risk.level = level", {"risks", "level"}, {"risks", "level"}, set()),
        ("= some x in x satisfies x > 1", {"x"}, {"x"}, set()),
        ("upper case(name) = 'A'", {"name"}, {"name"}, {"upper case"}),
        ("${name.startsWith(prefix)}", {"name", "prefix"}, {"name", "prefix"}, {"startsWith"}),
        ("${var:equals(amount, 5)}", {"amount"}, {"amount"}, set()),
        ("${execution.getVariable('segment')}", {"segment"}, {"segment"}, set()),
        ("${empty answer}", {"answer"}, {"answer"}, {"isEmpty"}),
        ("a in (b..c) or d in (< e)", {"a", "b", "c", "d", "e"}, {"a", "b", "c", "d", "e"}, set()),
        ("true", set(), set(), set()),
    ],
)
def test_an_expression_reads(
    text: str, names: AbstractSet[str], paths: AbstractSet[str], functions: AbstractSet[str]
) -> None:
    expression = compile_expression(text)
    assert (expression.names, expression.paths, expression.functions) == (names, paths, functions)
