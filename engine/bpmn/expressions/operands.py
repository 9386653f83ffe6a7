"""What an expression begins with: a number, a text, a name, a call, a bracket, a word that opens a construct."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from decimal import DecimalException
from typing import Final

from engine.bpmn.expressions import syntax
from engine.bpmn.expressions.cursor import Cursor
from engine.bpmn.expressions.dialects import Dialect, Source
from engine.bpmn.expressions.functions import FUNCTIONS
from engine.bpmn.expressions.grammar import (
    CONSTANTS,
    JUEL_WORDS,
    LOOSEST,
    NOT,
    RESERVED,
    SIGN,
)
from engine.bpmn.expressions.lexer import Kind, Token, tokenize
from engine.bpmn.expressions.limits import NUMBERS
from engine.bpmn.expressions.refusals import (
    FunctionNotAvailable,
    IncompleteExpression,
    NameNotAllowed,
    NumberTooLong,
    UnexpectedPart,
    WrongNumberOfValues,
)
from engine.bpmn.expressions.time_functions import read_instant
from engine.bpmn.expressions.variable_helpers import VARIABLE_PREFIXES, helper_call

INPUT: Final = "?"  # in a unary test: the value that is tested


class Operands(Cursor, ABC):
    """The part of the parser that needs no left side."""

    knows_input = False  # whether "?" may stand for the value that is tested

    def __init__(self, source: Source) -> None:
        super().__init__(tokenize(source.body, source.offset))
        self.dialect = source.dialect
        self.depth = 0
        self.loops = 0
        self.loop_places: dict[str, int] = {}

    @abstractmethod
    def expression(self, binding: int) -> syntax.Node:
        """The longest expression whose operators bind tighter than ``binding``."""

    def beginning(self) -> syntax.Node:
        token = self.take()
        if token.kind is Kind.NUMBER:
            return self.number(token)
        if token.kind is Kind.TEXT:
            return syntax.Constant(token.text)
        if token.kind is Kind.NAME:
            return self.word(token)
        if token.kind is Kind.END:
            raise IncompleteExpression(token.position)
        return self.symbol(token)

    def number(self, token: Token) -> syntax.Constant:
        try:
            number = NUMBERS.create_decimal(token.text)
        except DecimalException:
            raise NumberTooLong(token.position, number=token.text) from None
        if len(number.as_tuple().digits) >= NUMBERS.prec:
            raise NumberTooLong(token.position, number=token.text)
        return syntax.Constant(int(token.text) if token.text.isdigit() else number)

    def symbol(self, token: Token) -> syntax.Node:
        if token.text == "!":
            return syntax.Not(self.expression(SIGN))
        if token.text == "-":
            return syntax.Minus(self.expression(SIGN))
        if token.text in {"[", "("}:
            return self.bracket(included=token.text == "[")
        if token.text == "]":
            low = self.expression(LOOSEST)
            self.expect("..")
            return self.span(low, low_included=False)
        if token.text == INPUT and self.knows_input:
            return syntax.Variable(INPUT)
        if token.text == "@" and self.peek().kind is Kind.TEXT:
            value = read_instant(self.take().text)
            if value is not None:
                return syntax.Constant(value)
        raise UnexpectedPart(token.position, part=token.text)

    def bracket(self, *, included: bool) -> syntax.Node:
        """After "[": a list or a range; after "(": an expression in brackets or a range that excludes its low end."""
        if included and self.accept("]"):
            return syntax.Listing(())
        first = self.expression(LOOSEST)
        if self.accept(".."):
            return self.span(first, low_included=included)
        if not included:
            self.expect(")")
            return first
        return syntax.Listing((first, *self.rest("]")))

    def span(self, low: syntax.Node, *, low_included: bool) -> syntax.Span:
        """After "..": the high end and its bracket. FEEL writes an end that does not belong to it ``)`` or ``[``."""
        high = self.expression(LOOSEST)
        high_included = self.accept("]")
        if not high_included and not self.accept("["):
            self.expect(")")
        return syntax.Span(low, high, low_included, high_included)

    def rest(self, closing: str) -> tuple[syntax.Node, ...]:
        """``, b, c`` up to the closing bracket, which is taken."""
        nodes = []
        while self.accept(","):
            nodes.append(self.expression(LOOSEST))
        self.expect(closing)
        return tuple(nodes)

    # Words

    def word(self, token: Token) -> syntax.Node:
        word = token.text
        if word in CONSTANTS:
            return syntax.Constant(CONSTANTS[word])
        if word in OPENINGS:
            return OPENINGS[word](self)
        if word in RESERVED or (self.dialect is Dialect.JUEL and word in JUEL_WORDS):
            raise UnexpectedPart(token.position, part=word)
        if word == "empty" and self.dialect is Dialect.JUEL:
            return syntax.Call("isEmpty", (self.expression(SIGN),))
        return self.reference(token)

    def reference(self, token: Token) -> syntax.Node:
        """A variable, a function's call, or one of the vendors' two ways to name a variable."""
        word = token.text
        if word in VARIABLE_PREFIXES and self.stands(":") and self.stands("(", 2):
            return self.variable_helper()
        if self.accept("("):
            return self.call(word, self.values(), token)
        if word == "execution" and self.stands(".") and self.stands("getVariable", 1):
            self.at += 2
            self.expect("(")
            variable = self.named_variable()
            self.expect(")")
            return variable
        return self.variable(word, token)

    def negation(self) -> syntax.Not:
        """FEEL's not(…) is a function; JUEL's and Python's ``not`` reaches as far as the next ``and``."""
        return syntax.Not(self.expression(SIGN if self.dialect is Dialect.FEEL else NOT))

    def some(self) -> syntax.Loop:
        return self.loop("some")

    def every(self) -> syntax.Loop:
        return self.loop("every")

    def each(self) -> syntax.Loop:
        return self.loop("for")

    def variable(self, name: str, token: Token) -> syntax.Node:
        if name in self.loop_places:
            return syntax.LoopVariable(self.loop_places[name])
        if name.startswith("_"):
            raise NameNotAllowed(token.position, name=name)
        return syntax.Variable(name)

    def named_variable(self) -> syntax.Node:
        """A variable given by its name, in quotation marks or not."""
        token = self.take()
        if token.kind not in {Kind.NAME, Kind.TEXT} or not token.text.isidentifier():
            raise NameNotAllowed(token.position, name=token.text)
        return self.variable(token.text, token)

    def conditional(self) -> syntax.Conditional:
        test = self.expression(LOOSEST)
        self.expect("then")
        then = self.expression(LOOSEST)
        self.expect("else")
        return syntax.Conditional(test, then, self.expression(LOOSEST))

    def loop(self, word: syntax.LoopWord) -> syntax.Loop:
        name = self.name()
        self.expect("in")
        source = self.expression(LOOSEST)
        self.expect("return" if word == "for" else "satisfies")
        place = self.loops
        self.loops += 1
        outer = self.loop_places
        self.loop_places = {**outer, name: place}
        body = self.expression(LOOSEST)
        self.loop_places = outer
        return syntax.Loop(word, place, source, body)

    def values(self) -> tuple[syntax.Node, ...]:
        """The values of a call, after its opening bracket."""
        if self.accept(")"):
            return ()
        return (self.expression(LOOSEST), *self.rest(")"))

    def call(self, name: str, values: tuple[syntax.Node, ...], token: Token) -> syntax.Call:
        function = FUNCTIONS.get(name)
        if function is None:
            raise FunctionNotAvailable(token.position, name=name)
        if not function.minimum <= len(values) <= function.maximum:
            raise WrongNumberOfValues(token.position, name=name, minimum=function.minimum, maximum=function.maximum)
        return syntax.Call(name, values)

    def variable_helper(self) -> syntax.Node:
        """``var:equals(name, value)`` and its kin."""
        self.expect(":")
        helper = self.take()
        self.expect("(")
        variable = self.named_variable()
        node = helper_call(helper.text, variable, self.rest(")"))
        if node is None:
            raise FunctionNotAvailable(helper.position, name=f"var:{helper.text}")
        return node


OPENINGS: Final[Mapping[str, Callable[[Operands], syntax.Node]]] = {
    "not": Operands.negation,
    "if": Operands.conditional,
    "some": Operands.some,
    "every": Operands.every,
    "for": Operands.each,
}
