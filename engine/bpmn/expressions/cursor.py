"""A place among the tokens: look, take, insist."""

from __future__ import annotations

from engine.bpmn.expressions.grammar import BEHIND, BETWEEN, RESERVED
from engine.bpmn.expressions.lexer import Kind, Token
from engine.bpmn.expressions.refusals import MissingPart, NameNotAllowed, UnexpectedPart


class Cursor:
    """Walks over tokens that end with END; beyond the end it stays there."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def stands(self, text: str, ahead: int = 0) -> bool:
        token = self.peek(ahead)
        return token.text == text and token.kind in {Kind.SYMBOL, Kind.NAME}

    def closes_range(self) -> bool:
        """Whether the "[" here ends a range (``]1..3[``): nothing follows that an index could begin with."""
        following = self.peek(1)
        if following.kind is Kind.NAME:
            return following.text in BETWEEN
        return following.kind is Kind.END or (following.kind is Kind.SYMBOL and following.text in BEHIND)

    def accept(self, text: str) -> bool:
        found = self.stands(text)
        self.at += found
        return found

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise MissingPart(self.peek().position, expected=text)

    def expect_end(self) -> None:
        token = self.peek()
        if token.kind is not Kind.END:
            raise UnexpectedPart(token.position, part=token.text)

    def name(self) -> str:
        token = self.take()
        if token.kind is not Kind.NAME or token.text in RESERVED or token.text.startswith("_"):
            raise NameNotAllowed(token.position, name=token.text)
        return token.text
