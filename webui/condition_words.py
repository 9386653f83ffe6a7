"""Conditions as people say them: "Discount, % is more than 5" instead of ``= discount > 5``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from babel.dates import format_time

from engine.bpmn.compiled import (
    CompiledProcess,
    Condition,
    ExpressionCondition,
    FieldDefinition,
    FieldType,
    OutcomeCondition,
    OutcomeKind,
)
from engine.bpmn.expressions import ExpressionRefused, compile_expression, syntax
from engine.bpmn.expressions.reading import path_of
from engine.bpmn.outline import Outline
from engine.errors import N_
from webui.formats import day, day_and_time, number
from webui.i18n import _, locale
from webui.outcomes import decided

KNOWN_VALUES = {
    "deal.amount": N_("the deal’s amount"),
    "deal.currency": N_("the deal’s currency"),
    "deal.close_date": N_("the deal’s close date"),
    "client.segment": N_("the client’s segment"),
    "owner": N_("the deal’s owner"),
    "today": N_("today"),
    "now": N_("now"),
}
_COMPARED = {
    "=": N_("%(left)s is %(right)s"),
    "==": N_("%(left)s is %(right)s"),
    "!=": N_("%(left)s is not %(right)s"),
    "<": N_("%(left)s is less than %(right)s"),
    "<=": N_("%(left)s is at most %(right)s"),
    ">": N_("%(left)s is more than %(right)s"),
    ">=": N_("%(left)s is at least %(right)s"),
}
_OUTCOME = "_outcome"


class _NotSayable(Exception):
    """A part of an expression for which there are no everyday words."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the variables of a map are called: fields by name, steps and ways by their ids in the executed form."""

    fields: Mapping[str, FieldDefinition] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, process: CompiledProcess, outline: Outline) -> Vocabulary:
        fields = {one.name: one for step in process.steps.values() for one in step.fields}
        labels = {one.id: one.label for step in process.steps.values() for one in step.outcomes if one.label}
        names = {key: step.name or step.source_id for key, step in process.steps.items()}
        names |= {key: process.elements.get(key, key) for key in process.called_approvals}
        return cls(fields, names, {way.id: way.name for way in outline.ways.values()} | labels)


def condition_words(condition: Condition | None, words: Vocabulary) -> str:
    """The condition for a person; an expression without everyday words is quoted as the map's owner wrote it."""
    match condition:
        case None:
            return _("no condition")
        case OutcomeCondition(steps=steps, outcomes=outcomes, otherwise=otherwise):
            decisive = [one for one in outcomes if not otherwise or one in set(OutcomeKind)]
            said = ", ".join(answer_words(one, words) for one in decisive)
            return f"{_steps(steps, words)}: {said}"
        case ExpressionCondition(text=text):
            return expression_words(text, words)


def expression_words(text: str, words: Vocabulary) -> str:
    try:
        return _Sentence(words).of(compile_expression(text).tree)
    except (ExpressionRefused, _NotSayable):
        return _("“%(text)s”", text=text.strip().removeprefix("=").strip())


def value_words(text: str, words: Vocabulary) -> str:
    """What an expression gives, by what people call it; quoted where there is no word for it."""
    try:
        return _Sentence(words).value(compile_expression(text).tree)
    except (ExpressionRefused, _NotSayable):
        return _("“%(text)s”", text=text.strip().removeprefix("=").strip())


def answer_words(outcome: str, words: Vocabulary) -> str:
    """What a step answered: the decision, or the way chosen by its name."""
    return decided(outcome) if outcome in set(OutcomeKind) else _("“%(name)s”", name=words.ways.get(outcome) or outcome)


def _steps(steps: Iterable[str], words: Vocabulary) -> str:
    return ", ".join(_("“%(name)s”", name=words.steps.get(one, one)) for one in steps)


class _Sentence:
    """Puts a tree in words. Raises _NotSayable."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words

    def of(self, node: syntax.Node) -> str:
        match node:
            case syntax.Junction(word, parts):
                joint = _("and") if word == "and" else _("or")
                return f" {joint} ".join(self._part(one) for one in parts)
            case syntax.Not(operand):
                return _("it is not so that %(what)s", what=self.of(operand))
            case syntax.Comparison((symbol,), (left, right)) if symbol in _COMPARED:
                return _(_COMPARED[symbol], left=self._subject(left), right=self._value(right, left))
            case syntax.Membership(value, tests, within_text=False):
                return self._membership(value, tests)
            case syntax.Variable() | syntax.Field() | syntax.Item():
                return _("%(left)s is %(right)s", left=self._subject(node), right=_("yes"))
        raise _NotSayable

    def value(self, node: syntax.Node) -> str:
        return self._value(node, node)

    def _part(self, node: syntax.Node) -> str:
        said = self.of(node)
        return f"({said})" if isinstance(node, syntax.Junction) else said

    def _membership(self, value: syntax.Node, tests: tuple[syntax.Test, ...]) -> str:
        subject = self._subject(value)
        match tests:
            case (syntax.Test(None, syntax.Span(low, high)),):
                return _(
                    "%(left)s is from %(low)s to %(high)s",
                    left=subject,
                    low=self._value(low, value),
                    high=self._value(high, value),
                )
            case (syntax.Test(None, syntax.Listing(items)),):
                values = [self._value(one, value) for one in items]
            case _ if all(one.symbol is None for one in tests):
                values = [self._value(one.operand, value) for one in tests]
            case _:
                raise _NotSayable
        return _("%(left)s is one of: %(values)s", left=subject, values=", ".join(values))

    def _subject(self, node: syntax.Node) -> str:
        path = path_of(node)
        if path is None:
            return self._sum(node)
        name = ".".join(path)
        if name in self._words.fields:
            return _("“%(name)s”", name=self._words.fields[name].label or name)
        if name in KNOWN_VALUES:
            return _(KNOWN_VALUES[name])
        step = self._words.steps.get(name.removesuffix(_OUTCOME)) if name.endswith(_OUTCOME) else None
        return _("the decision at “%(step)s”", step=step) if step else _("“%(name)s”", name=name)

    def _sum(self, node: syntax.Node) -> str:
        match node:
            case syntax.Arithmetic(("+" | "-" | "*" | "/") as symbol, left, right):
                sign = {"-": "−", "*": "×"}.get(symbol, symbol)
                return f"{self._operand(left)} {sign} {self._operand(right)}"
        raise _NotSayable

    def _operand(self, node: syntax.Node) -> str:
        said = self._value(node, node)
        return f"({said})" if isinstance(node, syntax.Arithmetic) else said

    def _value(self, node: syntax.Node, about: syntax.Node) -> str:
        """A value beside what it is compared with, which may have words of its own for it."""
        match node:
            case syntax.Constant(value):
                return self._constant(value, about)
            case syntax.Minus(syntax.Constant(Decimal() | int() as value)):
                return number(-value)
        return self._subject(node)

    def _constant(self, value: object, about: syntax.Node) -> str:
        path = ".".join(path_of(about) or ())
        asked = self._words.fields.get(path)
        match value:
            case None:
                return _("empty")
            case bool():
                return _("yes") if value else _("no")
            case str() if path.endswith(_OUTCOME):
                return answer_words(value, self._words)
            case str() if asked is not None and asked.type in (FieldType.CHOICE, FieldType.MANY):
                found = next((one.label for one in asked.choices if one.value == value), value)
                return _("“%(name)s”", name=found)
            case str():
                return _("“%(name)s”", name=value) if value else _("empty")
        return _plain(value)


_PLAIN: tuple[tuple[type, Callable[..., str]], ...] = (
    (int, number),
    (float, number),
    (Decimal, number),
    (datetime, day_and_time),
    (date, day),
    (time, lambda value: format_time(value, format="HH:mm", locale=locale())),
)


def _plain(value: object) -> str:
    for kind, said in _PLAIN:
        if isinstance(value, kind):
            return said(value)
    raise _NotSayable
