"""Says what is wrong with one decision, all of it, and ends the reading of it where nothing faithful is left."""

from __future__ import annotations

from typing import NoReturn

from engine.bpmn.dmn.drawn import DrawnDecision, DrawnText
from engine.bpmn.dmn.languages import as_expression
from engine.bpmn.expressions import ExpressionRefused, compile_expression, compile_unary_tests
from engine.bpmn.map_model import Place
from engine.bpmn.noticed import Noticed

_SHOWN_PART = 20  # characters of the part of a text at which reading it stopped


class Unusable(Exception):
    """The decision cannot be executed faithfully; the findings have been said."""


class Judge:
    """Findings about one decision. Errors are collected until ``ensure_sound``."""

    def __init__(self, drawn: DrawnDecision, noticed: Noticed) -> None:
        self._drawn = drawn
        self._noticed = noticed
        self._failed = False

    def error(self, code: str, line: int | None = None, **params: str) -> None:
        self._failed = True
        self._noticed.error(code, self._at(line), **params)

    def refuse(self, code: str, line: int | None = None, **params: str) -> NoReturn:
        self.error(code, line, **params)
        raise Unusable

    def warning(self, code: str, line: int | None = None, **params: str) -> None:
        self._noticed.warning(code, self._at(line), **params)

    def ensure_sound(self) -> None:
        """Raises Unusable after an error."""
        if self._failed:
            raise Unusable

    def expression(self, drawn: DrawnText, code: str, **params: str) -> str:
        """The text as ``compile_expression`` reads it; an error of that ``code``, and nothing, where it cannot."""
        marked = as_expression(drawn, self._drawn.file)
        try:
            compile_expression(marked)
        except ExpressionRefused as refusal:
            self.error(code, drawn.line, text=drawn.text, part=_part(marked, refusal), **params)
            return ""
        return marked

    def tests(self, drawn: DrawnText, code: str, **params: str) -> str:
        """The text as ``compile_unary_tests`` reads it; an error of that ``code``, and nothing, where it cannot."""
        tests = self._drawn.file.with_identifiers(drawn.text)
        try:
            compile_unary_tests(tests)
        except ExpressionRefused as refusal:
            self.error(code, drawn.line, text=drawn.text, part=_part(tests, refusal), **params)
            return ""
        return tests

    @property
    def types(self) -> dict[str, tuple[str, DrawnText]]:
        """The types that the decision's file defines: the type that each is made of, and what it allows."""
        return {name: (one.base, one.allowed) for name, one in self._drawn.file.types.items()}

    def _at(self, line: int | None) -> Place:
        drawn = self._drawn
        return Place(drawn.source_id, drawn.title, line or drawn.line, drawn.file.file)


def _part(text: str, refusal: ExpressionRefused) -> str:
    """Where reading stopped: the text from there on; all of it where the end is missing."""
    return text[refusal.position :].strip()[:_SHOWN_PART] or text.removeprefix("=")[-_SHOWN_PART:]
