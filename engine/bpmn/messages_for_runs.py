"""Messages that several runs of one part wait for, and of which nothing says which run is meant: told at upload.

Three suppliers are asked side by side, and the offer of one ends the wait of another: a message without correlation, or
with one that is alike in all runs, is for the run that began to wait first. One that the runs throw themselves is not
told of: each is for the run that it was thrown in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.counters import COUNTERS, LOOP_COUNTER
from engine.bpmn.forward_order import inner_scope
from engine.bpmn.loops import MultiInstance
from engine.bpmn.map_model import Node
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.spec import ExecutableSpec, ScopeSpec, build_spec
from engine.bpmn.throwing_events import EndEvent, ThrowEvent
from engine.bpmn.value_sources import names_read_in, writings


def say_messages_for_any_run(workbench: Workbench, process: CompiledProcess) -> None:
    """A warning where runs are about items of a list, a note where they are only counted."""
    nodes: Mapping[str, Node] = {node.id: node for node in workbench.nodes()}
    written = writings(process)
    told: set[str] = set()
    spec = build_spec(process)
    throwers = _throwers(spec)
    for loop, elements in _side_by_side(spec):
        item = process.loops[loop.bpmn_id].item_variable
        given = {name for name, ones in written.items() if not elements.isdisjoint(one.element for one in ones)}
        for element in sorted(elements & process.messages.keys() & nodes.keys() - told):
            message = process.messages[element]
            if not elements.isdisjoint(throwers.get(message.name, ())):
                continue
            if names_read_in(message.correlation.values()).isdisjoint({*given, *COUNTERS, *([item] if item else [])}):
                told.add(element)
                tell = workbench.noticed.warning if item else workbench.noticed.info
                tell(
                    "MESSAGE_FOR_ANY_RUN",
                    nodes[element],
                    event=message.name,
                    part=_drawn_as(nodes, loop.bpmn_id),
                    by=item or LOOP_COUNTER,
                )


def _throwers(spec: ExecutableSpec) -> Mapping[str, set[str]]:
    """By the name of a message, the ids of what throws it."""
    throwers: dict[str, set[str]] = {}
    for scope in spec.scopes.values():
        for one in scope.task_specs.values():
            if isinstance(one, ThrowEvent | EndEvent) and isinstance(one.event_definition, MessageEventDefinition):
                throwers.setdefault(one.event_definition.name, set()).add(one.bpmn_id)
    return throwers


def _drawn_as(nodes: Mapping[str, Node], part: str) -> str:
    """What the element is called that ``part`` was made of, as the sub-process of a repeated receive task is."""
    made_of = (one.name for one in nodes.values() if one.source_id == nodes[part].source_id and one.name)
    return next(made_of, nodes[part].title)


def _side_by_side(spec: ExecutableSpec) -> Iterator[tuple[MultiInstance, frozenset[str]]]:
    """The parts whose runs go on at once, the innermost last, and the ids of what is inside."""
    for scope in spec.scopes.values():
        for one in scope.task_specs.values():
            if isinstance(one, MultiInstance) and not one.sequential:
                run = inner_scope(scope.task_specs[one.task_spec])
                if run is not None:
                    yield one, frozenset(_inside(spec, spec.scopes[run]))


def _inside(spec: ExecutableSpec, scope: ScopeSpec) -> Iterator[str]:
    for one in scope.task_specs.values():
        yield one.bpmn_id or one.name
        inner = inner_scope(one)
        if inner is not None:
            yield from _inside(spec, spec.scopes[inner])
