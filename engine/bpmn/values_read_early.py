"""Decisions by a value that a deal is asked for only behind them: told before any deal comes by and stops there.

A condition without an answer is an incident, never "probably not". What stands here stops every deal that comes by, or
each whose other values leave the answer open; not what a deal may have from anywhere else: from a step on any way
there or beside, a message, a script, a table, a program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice, product
from types import MappingProxyType
from typing import Any

from engine.bpmn.comes_before import ComesBefore
from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, FieldType
from engine.bpmn.counters import ACTIVATION_COUNT, COUNTERS
from engine.bpmn.elements import ExclusiveGateway
from engine.bpmn.expressions import compile_condition, compile_expression
from engine.bpmn.joins import ComplexGateway
from engine.bpmn.loops import MultiInstance, StandardLoop
from engine.bpmn.map_model import Located
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.spec import build_spec
from engine.bpmn.value_sources import name_known_as, writings
from engine.bpmn.values_read import constants_beside, field_by_comparison, fields_by_name, is_number
from engine.errors import DomainError

_TRIED = 500  # so many sets of other values are tried at one place; what is found behind them is not told
_TIMES = frozenset({"today", "now"})
_DATES = (date(2000, 1, 1), date(2100, 1, 1))
_MOMENTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def say_values_read_early(workbench: Workbench, process: CompiledProcess) -> None:
    """A warning for each place where a deal stops because nobody has been asked yet."""
    nodes: Mapping[str, Located] = {node.id: node for node in workbench.nodes()}
    labels = {name: field.label or name for name, field in fields_by_name(process).items()}
    for element, early in _Early(process).found().items():
        if element in nodes:
            workbench.noticed.warning(
                "CONDITION_READ_TOO_EARLY",
                nodes[element],
                text=early.text,
                values=", ".join(labels.get(name, name) for name in early.names),
                steps=", ".join(process.elements.get(one, one) for one in early.given_at),
                empty=f"{early.names[0]} == null",
            )


@dataclass(frozen=True, slots=True)
class _Read:
    """``text`` reads ``names`` too early; they are given at the elements ``given_at`` only."""

    text: str
    names: tuple[str, ...]
    given_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where ``texts`` are read, in this order; if ``first_decides``, none behind the first that holds.

    ``is_condition``: the answer has to be yes or no. ``within``: what is done inside of the element comes before.
    """

    spec: Any
    texts: tuple[str, ...]
    is_condition: bool = True
    first_decides: bool = False
    within: bool = True


class _Early:
    def __init__(self, process: CompiledProcess) -> None:
        self._process = process
        self._spec = build_spec(process)
        self._writings = {name: tuple(one.element for one in ones) for name, ones in writings(process).items()}
        self._deals = ComesBefore(process, self._spec)
        constants = constants_beside(process)
        self._numbers = (Decimal(0), Decimal(10) ** 12, *(one + by for one in constants[0] for by in (-1, 0, 1)))
        self._texts = ("?", *constants[1])

    def found(self) -> Mapping[str, _Read]:
        """By element, the first that it reads too early."""
        found: dict[str, _Read] = {}
        for place in self._places():
            element = place.spec.bpmn_id
            if element not in found and (names := self._unasked(place)):
                early = self._stopping(place, names)
                if early is not None:
                    found[element] = early
        return found

    def _places(self) -> Iterator[_Place]:
        for scope in self._spec.scopes.values():
            for spec in scope.task_specs.values():
                if isinstance(spec, ComplexGateway):
                    yield from self._of_rule(spec)
                if getattr(spec, "cond_task_specs", None):
                    yield _Place(spec, tuple(self._texts_of(spec)), first_decides=isinstance(spec, ExclusiveGateway))
                if isinstance(spec, MultiInstance | StandardLoop):
                    yield from self._of_loop(spec)

    def _of_rule(self, spec: ComplexGateway) -> Iterator[_Place]:
        condition = self._process.conditions.get(spec.bpmn_id)
        if isinstance(condition, ExpressionCondition) and not condition.open_is_no:
            yield _Place(spec, (condition.text,))

    def _texts_of(self, spec: Any) -> Iterator[str]:
        for condition, name in spec.cond_task_specs:
            one = self._process.conditions[spec.flow_ids[name]] if condition is not None else None
            if isinstance(one, ExpressionCondition) and not one.open_is_no:
                yield one.text

    def _of_loop(self, spec: MultiInstance | StandardLoop) -> Iterator[_Place]:
        rule = self._process.loops[spec.bpmn_id]
        is_before = isinstance(spec, StandardLoop) and spec.test_before
        for text in (rule.collection, rule.cardinality):
            if text and (is_before or isinstance(spec, MultiInstance)):
                yield _Place(spec, (text,), is_condition=False, within=False)
        for text in (rule.again_while, rule.completion_condition):
            if text:
                yield _Place(spec, (text,), within=not is_before)

    def _unasked(self, place: _Place) -> Mapping[str, tuple[str, ...]]:
        """The values that ``place`` reads and that are given only behind it, with where."""
        read = {
            known for text in place.texts for path in compile_expression(text).paths if (known := name_known_as(path))
        }
        name = place.spec.name
        written = {one: self._writings[one] for one in read & self._writings.keys() if "." not in one}
        written = {
            one: elements
            for one, elements in written.items()
            if not any(self._deals.leads_to(element, name) for element in elements)
        }
        if not written or not self._deals.come_with_nothing_to(name):
            return {}
        before, behind = self._deals.before_and_behind(name)
        inside = self._deals.inside(place.spec) if place.within else frozenset()
        if not (before | inside).isdisjoint(self._process.messages):  # a message may bring whatever the map knows
            return {}
        behind -= inside
        return {one: elements for one, elements in written.items() if behind.issuperset(elements)}

    def _stopping(self, place: _Place, unasked: Mapping[str, tuple[str, ...]]) -> _Read | None:
        """The first text that has no answer for some values of all else, because nothing of ``unasked`` is there."""
        paths = {path for text in place.texts for path in compile_expression(text).paths} - _TIMES
        paths = {path for path in paths if not any(other.startswith(path + ".") for other in paths)}
        missing = sorted(path for path in paths if name_known_as(path) in unasked)
        for given in self._sets_of(sorted(paths.difference(missing)), place):
            text = _unanswered(place, given)
            if text is None:
                continue
            here = [path for path in missing if path in compile_expression(text).paths]
            filled = [
                _unanswered(replace(place, texts=(text,)), {**given, **one}) for one in self._sets_of(here, place)
            ]
            if here and filled.count(None) > len(filled) / 2:  # else something besides leaves it open
                names = tuple(dict.fromkeys(str(name_known_as(path)) for path in here))
                return _Read(text, names, tuple(dict.fromkeys(one for name in names for one in unasked[name])))
        return None

    def _sets_of(
        self, paths: Sequence[str], place: _Place, beside: Mapping[str, Any] = MappingProxyType({})
    ) -> Iterator[dict[str, Any]]:
        """Variables with values to try under all of ``paths``, and with those of ``beside``."""
        tried = [self._tried(path, is_first=not place.within) for path in paths]
        return (_as_variables(paths, values, beside) for values in islice(product(*tried), _TRIED))

    def _tried(self, path: str, *, is_first: bool) -> Iterable[Any]:
        """Values that ``path`` can have, those beside the constants of the map among them.

        ``is_first``: nothing of a loop has run yet.
        """
        if path in COUNTERS or path == ACTIVATION_COUNT:
            return (0,) if is_first else tuple(one for one in self._numbers if one >= 1)
        field = fields_by_name(self._process).get(path) or field_by_comparison(self._process, path)
        if is_number(field):
            return self._numbers
        by_type: Mapping[FieldType, tuple[Any, ...]] = {
            FieldType.YES_NO: (True, False),
            FieldType.DATE: _DATES,
            FieldType.MOMENT: _MOMENTS,
            FieldType.MANY: tuple([one] for one in self._texts),
        }
        return by_type.get(field.type, (*self._texts, *(choice.value for choice in field.choices)))


def _as_variables(paths: Iterable[str], values: Iterable[Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = {"today": _DATES[0], "now": _MOMENTS[0], **deepcopy(dict(beside))}
    for path, value in zip(paths, values, strict=True):
        *roots, name = path.split(".")
        inner = variables
        for root in roots:
            inner = inner.setdefault(root, {})
        inner[name] = value
    return variables


def _unanswered(place: _Place, variables: Mapping[str, Any]) -> str | None:
    """Which of the texts has no answer for a deal with these values."""
    for text in place.texts:
        try:
            if not place.is_condition:
                return text if compile_expression(text).evaluate(variables) is None else None
            if compile_condition(text).holds(variables) and place.first_decides:
                return None
        except DomainError:
            return text
    return None
