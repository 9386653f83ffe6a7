"""The canonical form as wired SpiffWorkflow specs, built once per map and shared by all its instances."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lxml import etree
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.bpmn.activities import (
    Activity,
    Assignments,
    Call,
    DecisionStep,
    Enclosing,
    HumanStep,
    ServiceCall,
    SubProcess,
    Withdrawal,
)
from engine.bpmn.catching_events import BoundaryEvent, CatchEvent, EventGateway
from engine.bpmn.compensation import CompensateEventDefinition, Ledger
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.elements import Element, ExclusiveGateway, Origin, Passage, StartEvent
from engine.bpmn.guards import NoSuchStart, map_failed
from engine.bpmn.joins import ComplexGateway, InclusiveGateway, ParallelGateway
from engine.bpmn.looking_ahead import look_ahead
from engine.bpmn.lookups import Lookups, lookups_of
from engine.bpmn.loops import MultiInstance, StandardLoop
from engine.bpmn.scope_events import EventSubProcess, Listener
from engine.bpmn.throwing_events import EndEvent, ThrowEvent
from engine.bpmn.timer_events import StoredTimer
from engine.bpmn.variables import outcome_variable

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CACHED_SPECS = 256
# No NCName holds a space or a bracket: what stands for no element of the map cannot collide with one.
_ORIGIN = "(origin)"
_LEDGER = "(ledger)"
_RUN = "%s (run)"
_PASSAGE = "%s (flow)"


class NotCanonical(ValueError):
    """The document is not the form that the importer writes; a fault of the engine, not of the map's owner."""


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """A map, or a sub-process in it.

    ``outcomes`` are the variables that hold what the steps in it decided, as far as anything reads them. ``inclusive``
    are its inclusive joins, ``listeners`` the start events of its event sub-processes, ``undone_by`` names its event
    sub-process that a compensation starts. ``is_attended`` says whether anything may live in it that
    does not hold it open. ``tracks`` keeps where its tokens can stand together, ``forward_order`` what lies ahead of
    what, once a jump has asked for it (engine/bpmn/markings.py, engine/bpmn/forward_order.py).
    """

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)  # stock's own adds elements named Start, End and EndJoin
        self.bpmn_start_events: list[StartEvent] = []
        self.start = Origin(self, _ORIGIN)
        self.data_objects: dict[str, Any] = {}
        self.io_specification = None
        self.inclusive: tuple[InclusiveGateway, ...] = ()
        self.has_conditional_events = False
        self.listeners: tuple[Listener, ...] = ()
        self.ledger: Ledger | None = None
        self.undone_by: str | None = None
        self.outcomes: frozenset[str] = frozenset()
        self.is_attended = False
        self.tracks: dict[str, Any] = {}
        self.forward_order: Any = None

    def plain_start(self) -> StartEvent:
        """Where a sub-process begins: at its start event without a trigger, else at its first."""
        return next((start for start in self.bpmn_start_events if _is_plain(start)), self.bpmn_start_events[0])

    def start_for(self, message: str | None, name: str) -> StartEvent:
        """Where an instance begins. Raises MapFailed when no start event waits for ``message``.

        Without a message: at the plain start event, else at the one of a timer or a condition (somebody began it by
        hand), else at the first.
        """
        starts = self.bpmn_start_events
        if message is None:
            manual = [start for start in starts if not isinstance(start.event_definition, MessageEventDefinition)]
            return next((start for start in starts if _is_plain(start)), (manual or starts)[0])
        for start in starts:
            if start.event_definition.name == message and not isinstance(start.event_definition, StoredTimer):
                return start
        raise map_failed(NoSuchStart(message=message), self.name, name)


def _is_plain(start: StartEvent) -> bool:
    return isinstance(start.event_definition, NoneEventDefinition)


@dataclass(frozen=True, slots=True)
class ExecutableSpec:
    """A map ready to be stepped: immutable from here on, safe to share between threads."""

    key: str
    main: ScopeSpec
    scopes: dict[str, ScopeSpec]  # sub-processes and called maps, by id
    lookups: Lookups
    apart: frozenset[str]  # the steps inside of parts whose runs are each about something else


_cache: OrderedDict[str, ExecutableSpec] = OrderedDict()
_cache_lock = threading.Lock()


def build_spec(process: CompiledProcess) -> ExecutableSpec:
    """The executable form of ``process``, from the cache if its ``content_hash`` was built lately.

    Raises MapFailed when an expression of its tables cannot be compiled, NotCanonical when the document is not what
    the importer writes.
    """
    with _cache_lock:
        spec = _cache.get(process.content_hash)
        if spec is not None:
            _cache.move_to_end(process.content_hash)
            return spec
    spec = _build(process)  # outside the lock: two threads may build the same map, and either result will do
    with _cache_lock:
        _cache[process.content_hash] = spec
        while len(_cache) > CACHED_SPECS:
            _cache.popitem(last=False)
    return spec


def _build(process: CompiledProcess) -> ExecutableSpec:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(process.executable.encode(), parser)
    if process.key not in {element.get("id") for element in root.iter(MODEL + "process")}:
        raise NotCanonical(process.key)
    owners = {str(flow.get("id")): str(flow.get("sourceRef")) for flow in root.iter(MODEL + "sequenceFlow")}
    lookups = lookups_of(process, owners)
    undoes = next(root.iter(MODEL + "compensateEventDefinition"), None) is not None
    builder = _Builder(_Declared(root), lookups, undoes=undoes)
    scopes: dict[str, ScopeSpec] = {}
    for element in root.iter(MODEL + "process", MODEL + "subProcess"):
        scopes[str(element.get("id"))] = builder.scope(element)
    for called in (call.get("calledElement") for call in root.iter(MODEL + "callActivity")):
        if called not in scopes:
            raise NotCanonical(called)
    _mark_called_elsewhere(scopes)
    for scope in scopes.values():
        scope.outcomes = frozenset(map(outcome_variable, _steps_in(scope, scopes))) & lookups.kept
    return ExecutableSpec(process.key, scopes[process.key], scopes, lookups, _apart(scopes))


def _mark_called_elsewhere(scopes: Mapping[str, ScopeSpec]) -> None:
    """Tell the calls of a map from each other where there are several: each is about something else."""
    calls: dict[str, list[Call]] = defaultdict(list)
    for scope in scopes.values():
        for spec in scope.task_specs.values():
            if isinstance(spec, Call):
                calls[spec.spec].append(spec)
    for ones in calls.values():
        for one in ones:
            one.called_elsewhere = len(ones) > 1


def _apart(scopes: Mapping[str, ScopeSpec]) -> frozenset[str]:
    """The steps in multi-instances, in maps called from several places, and in what events begin beside the work."""
    apart: set[str] = set()
    for scope in scopes.values():
        beside = {listener.handler for listener in scope.listeners if not listener.interrupting}
        for name, spec in scope.task_specs.items():
            if isinstance(spec, Enclosing) and (spec.decides_apart or spec.called_elsewhere or name in beside):
                apart.update(_steps_in(scopes[spec.spec], scopes))
    return frozenset(apart)


def _steps_in(scope: ScopeSpec, scopes: Mapping[str, ScopeSpec]) -> Iterator[str]:
    """The steps in ``scope`` and in all that is inside it."""
    waiting, seen = [scope], {scope.name}
    while waiting:
        for spec in waiting.pop().task_specs.values():
            if isinstance(spec, HumanStep):
                yield spec.bpmn_id
            elif isinstance(spec, Enclosing) and spec.spec not in seen:
                yield spec.bpmn_id
                seen.add(spec.spec)
                waiting.append(scopes[spec.spec])


class _Declared:
    """Names and codes of the messages, signals, errors and escalations at the top of the document."""

    def __init__(self, root: Any) -> None:
        self.names = {e.get("id"): e.get("name") or e.get("id") for e in root if isinstance(e.tag, str)}
        self.codes = {
            e.get("id"): e.get("errorCode") or e.get("escalationCode") or None for e in root if isinstance(e.tag, str)
        }


class _Builder:
    def __init__(self, declared: _Declared, lookups: Lookups, *, undoes: bool) -> None:
        self.declared = declared
        self.lookups = lookups
        self.undoes = undoes
        self.makers: Mapping[str, Callable[[ScopeSpec, Any], Element]] = {
            "startEvent": lambda scope, e: StartEvent(scope, e.get("id"), event_definition=self.definition(e)),
            "endEvent": lambda scope, e: EndEvent(scope, e.get("id"), event_definition=self.definition(e)),
            "intermediateCatchEvent": lambda scope, e: CatchEvent(
                scope, e.get("id"), event_definition=self.definition(e)
            ),
            "intermediateThrowEvent": lambda scope, e: ThrowEvent(
                scope, e.get("id"), event_definition=self.definition(e)
            ),
            "boundaryEvent": self.boundary_event,
            "exclusiveGateway": lambda scope, e: ExclusiveGateway(scope, e.get("id")),
            "parallelGateway": lambda scope, e: ParallelGateway(scope, e.get("id")),
            "inclusiveGateway": lambda scope, e: InclusiveGateway(scope, e.get("id")),
            "complexGateway": self.complex_gateway,
            "eventBasedGateway": lambda scope, e: EventGateway(scope, e.get("id")),
            "userTask": self.activity,
            "serviceTask": self.activity,
            "scriptTask": self.activity,
            "businessRuleTask": self.activity,
            "subProcess": self.activity,
            "callActivity": self.activity,
        }

    def scope(self, element: Any) -> ScopeSpec:
        scope = ScopeSpec(element.get("id"))
        elements: dict[str, tuple[Any, Element]] = {}
        if self.undoes:
            scope.ledger = Ledger(scope, _LEDGER)
        for child in element:
            name = _local_name(child)
            if _is_true(child, "triggeredByEvent"):
                self._event_sub_process(scope, child)
            elif name == "boundaryEvent" and child.find(_COMPENSATION) is not None:
                continue  # it waits for nothing: what it leads to is looked up when the compensation is thrown
            elif name in self.makers:
                elements[child.get("id")] = (child, self.makers[name](scope, child))
            elif name not in _NO_NODES and not name.endswith("EventDefinition"):
                raise NotCanonical(name)
        if not scope.bpmn_start_events:
            raise NotCanonical(f"{scope.name} has no start event")
        self._attach(scope, elements)
        _compensate(scope, element)
        _connect(scope, element, elements, self.lookups)
        _decide_at_once(scope, self.lookups)
        scope.inclusive = tuple(spec for spec in scope.task_specs.values() if isinstance(spec, InclusiveGateway))
        look_ahead(scope.inclusive, scope.task_specs, _withdraw(scope, self.lookups))
        scope.is_attended = any(spec.attends for spec in scope.task_specs.values())
        scope.has_conditional_events = any(
            isinstance(getattr(spec, "event_definition", None), ConditionalEventDefinition)
            for spec in scope.task_specs.values()
        )
        return scope

    def activity(self, scope: ScopeSpec, element: Any) -> Element:
        element_id = element.get("id")
        multiple = element.find(MODEL + "multiInstanceLoopCharacteristics")
        standard = element.find(MODEL + "standardLoopCharacteristics")
        if multiple is None and standard is None:
            return self._plain_activity(scope, element, element_id)
        rule = _found(self.lookups.loops, element_id)
        inner = self._plain_activity(scope, element, _RUN % element_id)
        inner.bpmn_id = element_id
        inner.loop = rule
        loop: MultiInstance | StandardLoop
        if multiple is not None:
            loop = MultiInstance(scope, element_id, inner.name, rule, sequential=_is_true(multiple, "isSequential"))
            inner.decides_apart, inner.side_by_side = True, not loop.sequential
            if isinstance(inner, HumanStep):
                inner.forgets_outcome = False
        else:
            loop = StandardLoop(scope, element_id, inner.name, rule, test_before=_is_true(standard, "testBefore"))
        inner.completed_event.connect(loop.run_completed)
        return loop

    def _plain_activity(self, scope: ScopeSpec, element: Any, name: str) -> Element:
        element_id = element.get("id")
        match _local_name(element):
            case "userTask":
                return HumanStep(scope, name)
            case "serviceTask":
                return ServiceCall(scope, name)
            case "scriptTask":
                return self._script(scope, element_id, name)
            case "businessRuleTask":
                _found(self.lookups.decisions, element_id)
                return DecisionStep(scope, name)
            case "subProcess":
                return SubProcess(scope, name, subworkflow_spec=element_id)
            case _:
                return Call(scope, name, subworkflow_spec=element.get("calledElement"))

    def _script(self, scope: ScopeSpec, element_id: str, name: str) -> Element:
        if element_id in self.lookups.withdrawals:
            return Withdrawal(scope, name, script=element_id)
        _found(self.lookups.assignments, element_id)
        return Assignments(scope, name, script=element_id)

    def boundary_event(self, scope: ScopeSpec, element: Any) -> Element:
        definition = self.definition(element)
        if isinstance(definition, NoneEventDefinition):
            raise NotCanonical(f"{element.get('id')} waits for nothing")
        return BoundaryEvent(
            scope,
            element.get("id"),
            event_definition=definition,
            cancel_activity=element.get("cancelActivity", "true") == "true",
        )

    def complex_gateway(self, scope: ScopeSpec, element: Any) -> Element:
        _found(self.lookups.conditions, element.get("id"))
        return ComplexGateway(scope, element.get("id"))

    def _event_sub_process(self, scope: ScopeSpec, element: Any) -> None:
        """What starts it stands beside it in the scope, under the ids of its start events."""
        handler = EventSubProcess(scope, element.get("id"), subworkflow_spec=element.get("id"))
        for start in element.iterchildren(MODEL + "startEvent"):
            definition = self.definition(start)
            if isinstance(definition, CompensateEventDefinition):
                scope.undone_by = handler.name
                continue
            if isinstance(definition, NoneEventDefinition):
                raise NotCanonical(f"{start.get('id')} waits for nothing")
            interrupting = start.get("isInterrupting", "true") == "true"
            listener = Listener(scope, start.get("id"), definition, handler.name, interrupting=interrupting)
            scope.listeners += (listener,)

    def _attach(self, scope: ScopeSpec, elements: Mapping[str, tuple[Any, Element]]) -> None:
        attached = defaultdict(list)
        for event_id, (element, spec) in elements.items():
            if isinstance(spec, BoundaryEvent):
                attached[element.get("attachedToRef")].append(event_id)
        for host_id, events in attached.items():
            host = scope.task_specs.get(host_id)
            if not isinstance(host, Activity):
                raise NotCanonical(f"{events[0]} is attached to {host_id}")
            host.boundary = tuple(events)

    def definition(self, element: Any) -> Any:
        """The event definition of an event element; what triggers it is looked up by ids alone."""
        element_id = element.get("id")
        for child in element:
            kind = _local_name(child)
            if kind == "timerEventDefinition":
                repeats = "false" in (element.get("cancelActivity"), element.get("isInterrupting"))
                return StoredTimer(element_id, _found(self.lookups.timers, element_id).rule, repeats=repeats)
            if kind == "conditionalEventDefinition":
                _found(self.lookups.conditions, element_id)
                return ConditionalEventDefinition(element_id)
            if kind in _BARE:
                return _BARE[kind]()
            if kind == "compensateEventDefinition":
                return CompensateEventDefinition(child.get("activityRef"))
            if kind in _REFERENCES:
                return self._declared(child, kind)
            if kind.endswith("EventDefinition"):
                raise NotCanonical(f"{kind} at {element_id}")
        return NoneEventDefinition()

    def _declared(self, definition: Any, kind: str) -> Any:
        reference = definition.get(_REFERENCES[kind])
        if reference is not None and reference not in self.declared.names:
            raise NotCanonical(reference)
        name = self.declared.names.get(reference)
        code = self.declared.codes.get(reference)
        match kind:
            case "messageEventDefinition":
                return MessageEventDefinition(name)
            case "signalEventDefinition":
                return SignalEventDefinition(name)
            case "errorEventDefinition":
                return ErrorEventDefinition(name, code)
            case _:
                return EscalationEventDefinition(name, code)


_COMPENSATION = MODEL + "compensateEventDefinition"
_NO_NODES = frozenset(
    {
        "association",
        "sequenceFlow",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "script",
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "",  # a comment
    }
)
_BARE: Mapping[str, Callable[[], Any]] = {
    "terminateEventDefinition": TerminateEventDefinition,
    "cancelEventDefinition": CancelEventDefinition,
}
_REFERENCES = {
    "messageEventDefinition": "messageRef",
    "signalEventDefinition": "signalRef",
    "errorEventDefinition": "errorRef",
    "escalationEventDefinition": "escalationRef",
}


def _compensate(scope: ScopeSpec, element: Any) -> None:
    """Tell each activity what undoes it: an association leads there from the compensation event on its border."""
    hosts = {
        event.get("id"): event.get("attachedToRef")
        for event in element.iterchildren(MODEL + "boundaryEvent")
        if event.find(_COMPENSATION) is not None
    }
    for association in element.iterchildren(MODEL + "association"):
        host = scope.task_specs.get(hosts.get(association.get("sourceRef")))
        handler = scope.task_specs.get(association.get("targetRef"))
        if not isinstance(host, Activity) or not isinstance(handler, Activity):
            raise NotCanonical(association.get("id"))
        undone = scope.task_specs[host.task_spec] if isinstance(host, MultiInstance | StandardLoop) else host
        undone.handler = handler.name
        handler.undone_loop = undone.loop
        handler.for_compensation = True


def _connect(scope: ScopeSpec, element: Any, elements: Mapping[str, tuple[Any, Element]], lookups: Lookups) -> None:
    flows = [child for child in element if _local_name(child) == "sequenceFlow"]
    alike = Counter((flow.get("sourceRef"), flow.get("targetRef")) for flow in flows)
    leaving = Counter(flow.get("sourceRef") for flow in flows)
    for flow in flows:
        flow_id, source_id, target_id = flow.get("id"), flow.get("sourceRef"), flow.get("targetRef")
        if source_id not in elements or target_id not in elements:
            raise NotCanonical(flow_id)
        source_element, source = elements[source_id]
        target = elements[target_id][1]
        if alike[source_id, target_id] > 1:
            if isinstance(source, EventGateway):
                raise NotCanonical(f"{source_id} leads to {target_id} twice")
            passage = Passage(scope, _PASSAGE % flow_id)
            passage.connect(target)
            target = passage
        source.flow_ids[target.name] = flow_id
        if isinstance(source, ExclusiveGateway | InclusiveGateway):
            condition = flow_id if flow_id in lookups.conditions else None
            is_default = source_element.get("default") == flow_id
            if condition is None and not is_default and leaving[source_id] > 1:
                if isinstance(source, ExclusiveGateway):
                    raise NotCanonical(f"{flow_id} has no condition")
                source.unconditional += (target.name,)
            source.connect_outgoing_if(None if is_default else condition, target)
        else:
            source.connect(target)


def _withdraw(scope: ScopeSpec, lookups: Lookups) -> list[Withdrawal]:
    """Tell each withdrawal where the tokens stand that it takes away; those on their way to or from there too."""
    withdrawals = [spec for spec in scope.task_specs.values() if isinstance(spec, Withdrawal)]
    for spec in withdrawals:
        elements = {scope.task_specs[element_id] for element_id in lookups.withdrawals[spec.bpmn_id]}
        rounds = {element.round for element in elements if isinstance(element, ComplexGateway)}
        passages = {
            one
            for one in scope.task_specs.values()
            if isinstance(one, Passage) and elements.intersection((*one.inputs, *one.outputs))
        }
        spec.withdrawn = frozenset(one.name for one in elements | rounds | passages)
    return withdrawals


def _decide_at_once(scope: ScopeSpec, lookups: Lookups) -> None:
    """What decides behind a call goes on with the call: else another token could end there between, decided otherwise.

    Between them stand events that wait for nothing.
    """
    waiting = [scope.task_specs[key] for key in lookups.called_approvals if key in scope.task_specs]
    for spec in waiting:
        for following in spec.outputs:
            is_between = isinstance(following, ThrowEvent) and not spec.decides()
            decides = not lookups.repeating.isdisjoint(following.flow_ids.values())
            if (is_between or decides) and not following.at_once:
                following.at_once = True
                waiting.append(following)


_Found = TypeVar("_Found")


def _found(table: Mapping[str, _Found], element_id: str) -> _Found:
    """The entry of ``element_id``; raises NotCanonical when the document names what its table lacks."""
    if element_id not in table:
        raise NotCanonical(f"{element_id} has no entry in its table")
    return table[element_id]


def _local_name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _is_true(element: Any, attribute: str) -> bool:
    return bool(element.get(attribute, "false") == "true")
