"""Tokens into a tree: one operator-precedence (Pratt) parser for FEEL, JUEL and Python-style expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.bpmn.expressions import syntax
from engine.bpmn.expressions.dialects import Dialect, Source
from engine.bpmn.expressions.functions import METHODS
from engine.bpmn.expressions.grammar import (
    AND,
    BINDING,
    CHOICE,
    COMPARING,
    COMPARISONS,
    CONSTANTS,
    JUEL_WORDS,
    LOOSEST,
    OR,
    POWER,
)
from engine.bpmn.expressions.lexer import Kind, Token
from engine.bpmn.expressions.limits import MAX_DEPTH
from engine.bpmn.expressions.operands import Operands
from engine.bpmn.expressions.refusals import (
    FunctionNotAvailable,
    NameNotAllowed,
    NestedTooDeeply,
    UnexpectedPart,
    WrongNumberOfValues,
)


def parse(source: Source) -> tuple[syntax.Node, int]:
    """The tree of an expression and how many loop variables it has. Raises ExpressionRefused with the position."""
    parser = Parser(source)
    tree = parser.expression(LOOSEST)
    parser.expect_end()
    return tree, parser.loops


class Parser(Operands):
    def expression(self, binding: int) -> syntax.Node:
        """The longest expression whose operators bind tighter than ``binding``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NestedTooDeeply(self.peek().position, limit=MAX_DEPTH)
        left = self.beginning()
        while True:
            operator = self.operator()
            if operator is None or BINDING[operator] <= binding:
                break
            left = self.continuation(operator, left)
        self.depth -= 1
        return left

    def operator(self) -> str | None:
        """The operator that stands here, without taking it. ``eq`` and the like are operators in JUEL only."""
        token = self.peek()
        text = token.text
        if token.kind is Kind.NAME:
            if self.dialect is Dialect.JUEL:
                text = JUEL_WORDS.get(text, text)
            if text == "not" and self.stands("in", 1):
                return "not in"
        elif token.kind is not Kind.SYMBOL or (text == "[" and self.closes_range()):
            return None
        return text if text in BINDING else None

    def continuation(self, operator: str, left: syntax.Node) -> syntax.Node:
        if operator in COMPARISONS:
            return self.comparing(left)
        self.take()
        if operator in CONTINUATIONS:
            return CONTINUATIONS[operator](self, left)
        # Powers bind to the right: 2 ** 3 ** 2 is 2 ** 9.
        binding = POWER - 1 if operator == "**" else BINDING[operator]
        return syntax.Arithmetic(operator, left, self.expression(binding))

    def conjunction(self, left: syntax.Node) -> syntax.Node:
        return self.junction("and", left, AND)

    def disjunction(self, left: syntax.Node) -> syntax.Node:
        return self.junction("or", left, OR)

    def exclusion(self, left: syntax.Node) -> syntax.Node:
        self.expect("in")
        return syntax.Not(self.membership(left))

    def between(self, left: syntax.Node) -> syntax.Node:
        low = self.expression(COMPARING)
        self.expect("and")
        span = syntax.Span(low, self.expression(COMPARING), low_included=True, high_included=True)
        return syntax.Membership(left, (syntax.Test(None, span),), within_text=False)

    def question(self, left: syntax.Node) -> syntax.Node:
        """JUEL's ``test ? then : otherwise``."""
        then = self.expression(LOOSEST)
        self.expect(":")
        return syntax.Conditional(left, then, self.expression(CHOICE - 1))

    def afterthought(self, left: syntax.Node) -> syntax.Node:
        """Python's ``then if test else otherwise``."""
        test = self.expression(CHOICE)
        self.expect("else")
        return syntax.Conditional(test, left, self.expression(CHOICE - 1))

    def subscript(self, left: syntax.Node) -> syntax.Node:
        index = self.expression(LOOSEST)
        self.expect("]")
        return self.item(left, index)

    def junction(self, word: syntax.JunctionWord, left: syntax.Node, binding: int) -> syntax.Junction:
        right = self.expression(binding)
        parts = left.parts if isinstance(left, syntax.Junction) and left.word == word else (left,)
        return syntax.Junction(word, (*parts, right))

    def comparing(self, left: syntax.Node) -> syntax.Comparison:
        """``a < b``, and on: ``a < b <= c``."""
        symbols: list[str] = []
        operands = [left]
        while (operator := self.operator()) in COMPARISONS:
            self.take()
            symbols.append(COMPARISONS[operator])
            operands.append(self.expression(COMPARING))
        return self.comparison(tuple(symbols), tuple(operands))

    def comparison(self, symbols: tuple[str, ...], operands: tuple[syntax.Node, ...]) -> syntax.Comparison:
        return syntax.Comparison(symbols, operands, coercing=self.dialect is Dialect.JUEL)

    def identity(self, left: syntax.Node) -> syntax.Comparison:
        """Python's ``is None``, ``is not True``. Nothing else: "price is low" are words."""
        symbol = "!=" if self.accept("not") else "="
        token = self.take()
        if token.kind is not Kind.NAME or token.text not in CONSTANTS:
            raise UnexpectedPart(token.position, part=token.text)
        return syntax.Comparison((symbol,), (left, syntax.Constant(CONSTANTS[token.text])))

    def membership(self, left: syntax.Node) -> syntax.Membership:
        tests = self.tests() if self.accept("(") else (self.test(COMPARING),)
        return syntax.Membership(left, tests, within_text=self.dialect is not Dialect.FEEL)

    def tests(self) -> tuple[syntax.Test, ...]:
        """After ``in (``: tests separated by commas, or a range that excludes its low end."""
        first = self.test(LOOSEST)
        if first.symbol is None and self.accept(".."):
            return (syntax.Test(None, self.span(first.operand, low_included=False)),)
        tests = [first]
        while self.accept(",") and not self.stands(")"):
            tests.append(self.test(LOOSEST))
        self.expect(")")
        return tuple(tests)

    def test(self, binding: int) -> syntax.Test:
        token = self.peek()
        if token.kind is Kind.SYMBOL and token.text in COMPARISONS:
            self.take()
            return syntax.Test(COMPARISONS[token.text], self.expression(COMPARING))
        return syntax.Test(None, self.expression(binding))

    def member(self, left: syntax.Node) -> syntax.Node:
        token = self.take()
        if token.kind is not Kind.NAME or token.text.startswith("_"):
            raise NameNotAllowed(token.position, name=token.text)
        if not self.accept("("):
            return syntax.Field(left, token.text)
        values = self.values()
        if token.text == "get":
            return self.getter(left, values, token)
        if token.text not in METHODS:
            raise FunctionNotAvailable(token.position, name=token.text)
        return self.call(METHODS[token.text], (left, *values), token)

    def getter(self, left: syntax.Node, values: tuple[syntax.Node, ...], token: Token) -> syntax.Node:
        """``client.get("segment")``, with or without another value in case of nothing."""
        match values:
            case (key,):
                return self.item(left, key)
            case key, otherwise:
                return syntax.Call("get or else", (self.item(left, key), otherwise))
        raise WrongNumberOfValues(token.position, name="get", minimum=1, maximum=2)

    def item(self, left: syntax.Node, index: syntax.Node) -> syntax.Item:
        return syntax.Item(left, index, from_one=self.dialect is Dialect.FEEL)


CONTINUATIONS: Final[Mapping[str, Callable[[Parser, syntax.Node], syntax.Node]]] = {
    "and": Parser.conjunction,
    "&&": Parser.conjunction,
    "or": Parser.disjunction,
    "||": Parser.disjunction,
    "in": Parser.membership,
    "not in": Parser.exclusion,
    "is": Parser.identity,
    "between": Parser.between,
    "?": Parser.question,
    "if": Parser.afterthought,
    ".": Parser.member,
    "[": Parser.subscript,
}
