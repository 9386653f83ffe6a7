"""The cells of a decision table: FEEL's unary tests, tests of one value that is not named (DMN 1.3, chapter 7.3.10).

``-`` passes everything; ``"a", "b"`` one of several; ``< 5``, ``[1..3]``, ``]1..3[`` a bound or a range; ``not(…)``
anything else; ``? > a and ? < b`` a condition in which ``?`` is the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from engine.bpmn.expressions import reading, syntax
from engine.bpmn.expressions.closures import build
from engine.bpmn.expressions.dialects import Dialect, read_feel
from engine.bpmn.expressions.expression import CACHED_EXPRESSIONS, CompiledExpression
from engine.bpmn.expressions.fixed_values import fixed_value
from engine.bpmn.expressions.grammar import LOOSEST
from engine.bpmn.expressions.lexer import Kind, Token
from engine.bpmn.expressions.operands import INPUT
from engine.bpmn.expressions.parser import Parser
from engine.bpmn.expressions.refusals import ExpressionRefused, UnexpectedPart
from engine.bpmn.expressions.values import Range

_DECIDING_FUNCTIONS: Final = frozenset(
    {
        "contains", "starts with", "ends with", "list contains", "all", "any", "is defined", "isEmpty", "equals",
        "equalsIgnoreCase", "startsWith", "endsWith",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class CompiledTests:
    """The tests of one cell. ``condition`` is None when every value passes.

    ``tests`` are those without their ``not``; ``names`` the variables that they read beside the tested value.
    ``asks_others`` says that a test is a condition which does not look at the value at all.
    """

    text: str
    condition: CompiledExpression | None
    tests: tuple[syntax.Test, ...]
    negated: bool
    names: frozenset[str]
    asks_others: bool

    @property
    def values(self) -> tuple[Any, ...] | None:
        """What the cell lists, in its order, where it is a list of plain values and nothing else; else None."""
        if self.condition is None or self.negated:
            return None
        listed = [fixed_value(test.operand) for test in self.tests if test.symbol is None]
        values = tuple(one.value for one in listed if one is not None and type(one.value) not in {list, Range})
        return values if len(values) == len(self.tests) else None


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compile_unary_tests(text: str) -> CompiledTests:
    """Read the cell of an input column. Raises ExpressionRefused with the position of what cannot be read."""
    parser = _CellParser(read_feel(text))
    negated, tests = parser.cell()
    if not tests:
        return CompiledTests(text, None, (), negated=False, names=frozenset(), asks_others=False)
    tree = _tree(tests)
    if negated:
        tree = syntax.Not(tree)
    found = reading.read(tree)
    condition = CompiledExpression(
        text=text,
        dialect=Dialect.FEEL,
        names=frozenset(found.names),
        paths=frozenset(found.paths),
        functions=frozenset(found.functions),
        tree=tree,
        closure=build(tree),
        loops=parser.loops,
    )
    return CompiledTests(
        text,
        condition,
        tests,
        negated=negated,
        names=frozenset(found.names - {INPUT}),
        asks_others=any(_is_condition(test) and INPUT not in reading.read(test.operand).names for test in tests),
    )


class _CellParser(Parser):
    knows_input = True

    def cell(self) -> tuple[bool, tuple[syntax.Test, ...]]:
        """Whether the tests stand inside ``not(…)``, and the tests; no test for a cell that passes everything."""
        if self.stands("-") and self.peek(1).kind is Kind.END:
            return False, ()
        if self.stands("not") and self.stands("(", 1):
            negated = self._inside_not()
            if negated is not None:
                return True, negated
        return False, self._several(Kind.END)

    def _inside_not(self) -> tuple[syntax.Test, ...] | None:
        """The tests of a cell that is one ``not(…)``; None, and nothing taken, when it is something else."""
        start, self.at = self.at, self.at + 2
        try:
            tests = self._several(")")
        except ExpressionRefused:
            tests = ()
        if tests and self.peek().kind is Kind.END:
            return tests
        self.at, self.depth = start, 0
        return None

    def _several(self, closing: str | Kind) -> tuple[syntax.Test, ...]:
        tests = [self._one()]
        while self.accept(","):
            tests.append(self._one())
        if isinstance(closing, Kind):
            self.expect_end()
        else:
            self.expect(closing)
        return tuple(tests)

    def _one(self) -> syntax.Test:
        token = self.peek()
        test = self.test(LOOSEST)
        _ensure_meant(test, token)
        return test


def _ensure_meant(test: syntax.Test, token: Token) -> None:
    """A condition must be one, and a value must not be made of the tested value: ``? + 1`` tests nothing."""
    operand = test.operand
    misplaced = isinstance(operand, syntax.Not) and not _decides(operand.operand)
    about_itself = test.symbol is None and not _decides(operand) and INPUT in reading.read(operand).names
    if misplaced or about_itself:
        raise UnexpectedPart(token.position, part=token.text)


def _tree(tests: Sequence[syntax.Test]) -> syntax.Node:
    conditions = tuple(test.operand for test in tests if _is_condition(test))
    values = tuple(test for test in tests if not _is_condition(test))
    parts: tuple[syntax.Node, ...] = conditions
    if values:
        parts = (syntax.Membership(syntax.Variable(INPUT), values, within_text=False), *conditions)
    return parts[0] if len(parts) == 1 else syntax.Junction("or", parts)


def _is_condition(test: syntax.Test) -> bool:
    return test.symbol is None and _decides(test.operand)


def _decides(node: syntax.Node) -> bool:
    """Whether the expression gives yes or no by its form, and so is a condition and no value to compare with."""
    match node:
        case syntax.Comparison() | syntax.Membership() | syntax.Junction() | syntax.Variable("?"):
            return True
        case syntax.Not(operand):
            return _decides(operand) or isinstance(operand, syntax.Variable | syntax.Field)
        case syntax.Loop(word):
            return word != "for"
        case syntax.Call(function):
            return function in _DECIDING_FUNCTIONS
        case syntax.Conditional(_, then, otherwise):
            return _decides(then) and _decides(otherwise)
    return False
