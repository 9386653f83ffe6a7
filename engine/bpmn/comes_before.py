"""What a deal may have come by when it comes to a place of the map for the first time.

That is what leads there, and what goes on beside: a token that a gateway, an alarm or an event sub-process has sent
another way. What another way of a choice leads to is not, nor what an event does that ended the work before the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition

from engine.bpmn.catching_events import BoundaryEvent, EventGateway
from engine.bpmn.compensation import CompensateEventDefinition
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.elements import ExclusiveGateway, StartEvent
from engine.bpmn.forward_order import WaysThrough, inner_scope
from engine.bpmn.joins import ComplexGateway, InclusiveGateway, ParallelGateway
from engine.bpmn.spec import ExecutableSpec


class ComesBefore:
    """What is said of deals that no message opened: those have whatever the message said."""

    def __init__(self, process: CompiledProcess, spec: ExecutableSpec) -> None:
        self._spec = spec
        by_message = [one for one in spec.main.bpmn_start_events if _is_by_message(one)]
        self._starts = tuple(one.name for one in spec.main.bpmn_start_events if one not in by_message)
        self._ways = WaysThrough(spec)
        self._on_the_way = self._ways.ways_to(self._starts)
        self._specs = [one for scope in spec.scopes.values() for one in scope.task_specs.values()]
        conditional = (one.bpmn_id for one in self._specs if _is_of(one, ConditionalEventDefinition))
        self._waiting = frozenset({*process.steps, *process.timers, *process.messages, *process.calls, *conditional})
        self._handlers = [
            (frozenset(one.bpmn_id for one in scope.task_specs.values()), listener.handler)
            for scope in spec.scopes.values()
            for listener in scope.listeners
        ]
        self._borders = list(_borders(spec))
        self._splits = [one for one in self._specs if _sends_several(one)]
        behind_messages = frozenset(self._ways.id_of(name) for one in by_message for name in one._outputs)  # noqa: SLF001  # stock's name
        self._with_nothing = (
            self._ways.reached_from(self._starts, without="", before=behind_messages)
            if by_message
            else self._reached(self._starts, without="")[0]
        )
        self._may_wait = self._waiting | {one.bpmn_id for one in self._specs if _may_wait_for_others(one)}

    def leads_to(self, element: str, name: str) -> bool:
        """Whether a way is known on which a deal comes by ``element``, an id, before it comes to ``name``.

        Quickly told, and True is certain.
        """
        current = self._on_the_way.get(name)
        while current is not None:
            if self._ways.id_of(current) == element:
                return True
            current = self._on_the_way[current]
        return False

    def come_with_nothing_to(self, name: str) -> bool:
        """Whether a deal comes to ``name`` that a person opened, and not where a message may open one as well."""
        return self._ways.id_of(name) in self._with_nothing

    def before_and_behind(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of all that a deal may have come by when it first comes to ``name``, and of what comes after that."""
        reached, beside = self._reached(self._starts, without=name)
        behind, _ = self._reached([name], without="")
        if name not in self._on_the_way:  # inside of an event sub-process: anything may have happened
            return reached, behind - reached
        leading = self._leading_to(name) & reached
        alarms = [event.name for host, event in self._borders if host.bpmn_id in leading and not event.cancel_activity]
        sent, begun = self._sent_beside(name, leading)
        before = leading | beside | self._ways.reached_from(alarms, without=name) | sent
        return before, (behind | begun) - before

    def inside(self, spec: Any) -> frozenset[str]:
        """The ids of ``spec`` and of all that a token may come by before ``spec`` is done."""
        found = {spec.bpmn_id}
        run = getattr(spec, "task_spec", None)  # of a loop: the name of the element that it repeats
        repeated = spec._wf_spec.task_specs[run] if isinstance(run, str) else spec  # noqa: SLF001  # stock's name
        for one in {spec.name: spec, repeated.name: repeated}.values():
            for event in getattr(one, "boundary", ()):
                found |= self._ways.reached_from([event], without=spec.name)
        inner = inner_scope(repeated)
        if inner is not None:
            for one in (scope := self._spec.scopes[inner]).task_specs.values():
                found |= self.inside(one)
            for listener in scope.listeners:
                found |= self.inside(scope.task_specs[listener.handler])
        return frozenset(found)

    def _leading_to(self, name: str) -> frozenset[str]:
        """The ids of all from which a token, or what it does inside of a part that an event ends, leads to ``name``."""
        leading = self._ways.leading_to(name)
        more = True
        while more:
            more = False
            for host, event in self._borders:
                if event.bpmn_id in leading and not leading.issuperset(inside := self._parts_of(host)):
                    leading |= inside
                    more = True
        return leading

    def _parts_of(self, spec: Any) -> frozenset[str]:
        """The ids of all that stands in ``spec``, and in the parts in it."""
        run = getattr(spec, "task_spec", None)
        inner = inner_scope(spec._wf_spec.task_specs[run] if isinstance(run, str) else spec)  # noqa: SLF001  # as above
        found = frozenset({spec.bpmn_id})
        for one in self._spec.scopes[inner].task_specs.values() if inner is not None else ():
            found |= self._parts_of(one)
        return found

    def _sent_beside(self, name: str, leading: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of what may be done on the other ways out of gateways before a token comes from there to ``name``.

        Where it comes there at once, nothing that waits for somebody is: that, behind it, is begun only.
        """
        splits = [one for one in self._splits if one.bpmn_id in leading]
        if not splits:
            return frozenset(), frozenset()
        later = self._ways.leading_to_any(self._may_wait & leading, without=name)
        slow = [one.name for one in splits if one.bpmn_id in later]
        at_once = [one.name for one in splits if one.bpmn_id not in later]
        done = self._ways.reached_from(at_once, without=name, before=self._waiting)
        return self._ways.reached_from(slow, without=name) | done, self._ways.reached_from(at_once, without=name)

    def _reached(self, names: Iterable[str], *, without: str) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of all elements that a deal can come by from ``names`` before ``without``; those beside the work."""
        found = self._ways.reached_from(names, without=without)
        beside: frozenset[str] = frozenset()
        seen: set[str] = set()
        more = True
        while more:  # what an event sub-process hears may happen wherever a deal stands still
            more = False
            for around, handler in self._handlers if not found.isdisjoint(self._waiting) else ():
                if handler not in seen and handler != without and not around.isdisjoint(found):
                    seen.add(handler)
                    beside |= self._ways.reached_from([handler], without=without)
                    found |= beside
                    more = True
        return found, beside


def _borders(spec: ExecutableSpec) -> Iterator[tuple[Any, BoundaryEvent]]:
    """What events stand on the border of, and these."""
    for scope in spec.scopes.values():
        for one in scope.task_specs.values():
            for name in getattr(one, "boundary", ()):
                event = scope.task_specs[name]
                if isinstance(event, BoundaryEvent):
                    yield one, event


def _is_by_message(start: StartEvent) -> bool:
    return _is_of(start, MessageEventDefinition)


def _is_of(spec: Any, definition: type) -> bool:
    """Whether ``spec`` is an event of that kind."""
    return isinstance(getattr(spec, "event_definition", None), definition)


def _may_wait_for_others(spec: Any) -> bool:
    """Whether a token may stand there until another comes, or until what was done is undone."""
    if isinstance(spec, ParallelGateway | InclusiveGateway | ComplexGateway):
        return len(spec._inputs) > 1  # noqa: SLF001  # stock's name
    return _is_of(spec, CompensateEventDefinition)


def _sends_several(spec: Any) -> bool:
    """Whether more tokens than one may go on from there."""
    return len(spec._outputs) > 1 and not isinstance(spec, ExclusiveGateway | EventGateway)  # noqa: SLF001  # stock's name
