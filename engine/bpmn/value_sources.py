"""What writes the values that a map reads, and which others a value is computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.compiled import CompiledProcess, FieldType
from engine.bpmn.dmn.model import DecisionTask
from engine.bpmn.dmn.names import asked_paths, names_in_cells
from engine.bpmn.expressions import compile_expression
from engine.bpmn.repairs.connectors import names_written
from engine.bpmn.variables import FACTS

_OWN_OF_DEAL = frozenset({"number", "title", "amount", "currency", "close_date", "stage"})


@dataclass(frozen=True, slots=True)
class Writing:
    """``element`` writes a value: ``computed_by`` an expression or a table from ``reads``, or given from outside."""

    element: str
    computed_by: str = ""
    reads: frozenset[str] = frozenset()


def names_read_in(texts: Iterable[str]) -> frozenset[str]:
    """The values that expressions read, each under the one name that it goes by."""
    return frozenset(
        name for text in texts for path in compile_expression(text).paths if (name := name_known_as(path)) is not None
    )


def writings(process: CompiledProcess) -> Mapping[str, tuple[Writing, ...]]:
    """By name of the value, everything in the map that writes it. Outcomes of steps are none: deciding is no writing.

    A service's answer counts as given from outside. A message's values do not count: a message is refused where it
    must not change anything.
    """
    found: dict[str, list[Writing]] = defaultdict(list)
    for name, writing in _written(process):
        known_as = name_known_as(name)
        if known_as is not None:
            found[known_as].append(writing)
    return {name: tuple(ones) for name, ones in found.items()}


def name_known_as(path: str) -> str | None:
    """An own field of the deal is also read as ``deal.<name>``; None for what no map writes: owner, today, now."""
    root, _, rest = path.partition(".")
    attribute = rest.partition(".")[0]
    if root not in FACTS:
        return root
    if root == "deal" and attribute:
        return f"deal.{attribute}" if attribute in _OWN_OF_DEAL else attribute
    return f"client.{attribute}" if root == "client" and attribute else None


def _written(process: CompiledProcess) -> Iterator[tuple[str, Writing]]:
    for step in process.steps.values():
        for field in step.fields:
            if field.type is FieldType.CALCULATED:
                yield field.name, _by_expression(step.element_id, field.formula or "=null")
            elif field.type is not FieldType.READ_ONLY:
                yield field.name, Writing(step.element_id)
    yield from _written_by_programs(process)


def _written_by_programs(process: CompiledProcess) -> Iterator[tuple[str, Writing]]:
    for element, pairs in process.assignments.items():
        yield from ((name, _by_expression(element, text)) for name, text in pairs)
    for element, task in process.decision_tasks.items():
        yield from ((name, Writing(element, task.decision, _read_by(process, task))) for name in task.writes)
    for element, call in process.calls.items():
        yield from ((name, Writing(element)) for name in names_written(call))
    for element, loop in process.loops.items():
        if loop.output_collection:
            yield loop.output_collection, Writing(element)


def _by_expression(element: str, text: str) -> Writing:
    return Writing(element, text, names_read_in([text]))


def _read_by(process: CompiledProcess, task: DecisionTask) -> frozenset[str]:
    decision = process.decisions[task.decision]
    paths = {path for path, _ in asked_paths(decision, process.decisions)}
    paths |= {cell.name for cell in names_in_cells(decision, process.decisions)}
    own = {known for path in paths if path.partition(".")[0] not in task.inputs and (known := name_known_as(path))}
    return frozenset(own) | names_read_in(task.inputs.values())
