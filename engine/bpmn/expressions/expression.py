"""Compile a text once, evaluate it as often as a deal comes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from engine.bpmn.expressions import reading, syntax
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.closures import Closure, Lookup, build
from engine.bpmn.expressions.dialects import Dialect, read_source
from engine.bpmn.expressions.failures import DataNestedTooDeeply, ExpressionFailed
from engine.bpmn.expressions.parser import parse
from engine.bpmn.expressions.values import settle

CACHED_EXPRESSIONS: Final = 4_096
UNANSWERED: Final = (ExpressionFailed, RecursionError, ArithmeticError, TypeError, ValueError, LookupError)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledExpression:
    """An accepted expression. ``names`` are the root variables that it reads, ``paths`` the dotted ones.

    Loop variables and the names of functions are in neither.
    """

    text: str
    dialect: Dialect
    names: frozenset[str]
    paths: frozenset[str]
    functions: frozenset[str]
    tree: syntax.Node = field(repr=False)
    closure: Closure = field(repr=False)
    loops: int = field(repr=False)

    def evaluate(self, lookup: Mapping[str, Any] | Callable[[str], Any]) -> Any:
        """The value for these variables: None, bool, int, Decimal, str, date, datetime, time, timedelta, list or dict.

        ``lookup`` maps root names to values; a callable may raise LookupError. A missing variable is null.
        Raises ExpressionFailed. Nothing in the result is shared with the variables.
        """
        find = _missing_as_null(lookup) if callable(lookup) else lookup.get
        try:
            return settle(self.closure(find, Budget(self.loops)))
        except UNANSWERED as error:
            raise self._failure(error) from None

    def run(self, lookup: Lookup) -> Any:
        """The value as the closures made it: for conditions, which need no settled value."""
        try:
            return self.closure(lookup, Budget(self.loops))
        except UNANSWERED as error:
            raise self._failure(error) from None

    def run_within(self, lookup: Lookup, budget: Budget) -> Any:
        """The value as the closures made it, as a part of something larger that shares its budget."""
        try:
            return self.closure(lookup, budget)
        except UNANSWERED as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> ExpressionFailed:
        """The failure that the caller sees, naming this expression and nothing of Python's words."""
        if isinstance(error, ExpressionFailed):
            error.params = {"text": self.text, **error.params}
            return error
        if isinstance(error, RecursionError):
            return DataNestedTooDeeply(text=self.text)
        return ExpressionFailed(text=self.text)


def _missing_as_null(lookup: Callable[[str], Any]) -> Lookup:
    def find(name: str) -> Any:
        try:
            return lookup(name)
        except LookupError:
            return None

    return find


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compile_expression(text: str) -> CompiledExpression:
    """Read FEEL (``= amount > 1000``), JUEL (``${amount > 1000}``) or plain Python style and FEEL (``amount > 1000``).

    In plain text lists are counted from 0, as in Python; behind "=" from 1, as in FEEL.
    Raises ExpressionRefused with the position of what cannot be read.
    """
    source = read_source(text)
    tree, loops = parse(source)
    found = reading.read(tree)
    return CompiledExpression(
        text=text,
        dialect=source.dialect,
        names=frozenset(found.names),
        paths=frozenset(found.paths),
        functions=frozenset(found.functions),
        tree=tree,
        closure=build(tree),
        loops=loops,
    )
