"""A map as the import layer sees it: own typed nodes and flows, which the repairs rewrite until they can be executed.

Reading builds it from XML, the rules of ``repairs`` change it, ``canonical`` writes it. Nothing outside the import
layer sees these classes; what leaves is a CompiledProcess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from engine.bpmn.compiled import (
    ApprovalRule,
    CalledApprovals,
    CallRule,
    Condition,
    FieldDefinition,
    LoopRule,
    MessageRule,
    Outcome,
    StepKind,
    TimerKind,
    TimerRule,
)
from engine.bpmn.deadline_rules import DeadlineRule
from engine.bpmn.dmn.drawn import DecisionShelf
from engine.bpmn.dmn.model import DecisionTask, ResultShape
from engine.bpmn.element_ids import free_id
from engine.bpmn.form_shelf import Forms
from engine.bpmn.map_properties import Property
from engine.bpmn.template_shelf import TemplateShelf


class Located(Protocol):
    """Anything that a finding can point at."""

    @property
    def source_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def file(self) -> str: ...


class NodeType(StrEnum):
    """The local names of BPMN 2.0 flow nodes."""

    TASK = "task"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    AD_HOC = "adHocSubProcess"
    START = "startEvent"
    END = "endEvent"
    CATCH = "intermediateCatchEvent"
    THROW = "intermediateThrowEvent"
    BOUNDARY = "boundaryEvent"
    EXCLUSIVE = "exclusiveGateway"
    PARALLEL = "parallelGateway"
    INCLUSIVE = "inclusiveGateway"
    EVENT_BASED = "eventBasedGateway"
    COMPLEX = "complexGateway"


HUMAN_TASKS = frozenset({NodeType.TASK, NodeType.USER_TASK, NodeType.MANUAL_TASK})
AUTOMATED_TASKS = frozenset(
    {NodeType.SERVICE_TASK, NodeType.SEND_TASK, NodeType.SCRIPT_TASK, NodeType.BUSINESS_RULE_TASK}
)
SUB_PROCESSES = frozenset({NodeType.SUB_PROCESS, NodeType.TRANSACTION, NodeType.AD_HOC})
ACTIVITIES = HUMAN_TASKS | AUTOMATED_TASKS | SUB_PROCESSES | {NodeType.RECEIVE_TASK, NodeType.CALL_ACTIVITY}
GATEWAYS = frozenset(
    {NodeType.EXCLUSIVE, NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.EVENT_BASED, NodeType.COMPLEX}
)


class EventKind(StrEnum):
    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    TERMINATE = "terminate"
    COMPENSATE = "compensate"
    CANCEL = "cancel"
    LINK = "link"
    UNKNOWN = "unknown"


@dataclass(slots=True, eq=False)
class EventDefinition:
    """Why an event happens. ``name`` is the message's, signal's or link's name, or the error's or escalation's code."""

    kind: EventKind
    id: str = ""
    name: str = ""
    reference: str = ""  # what the drawing refers to, found or not
    target: str = ""  # a link's target; of a thrown compensation, the activity that it undoes
    waits: bool = True  # a thrown compensation goes on when everything is undone
    timer_kind: TimerKind | None = None
    text: str = ""  # a timer's value or a condition
    other_text: str = ""  # a second value that a timer has, and that does not count
    language: str = ""
    correlation: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Loop:
    """Multi-instance (``multiple``) or standard loop, as drawn."""

    multiple: bool
    sequential: bool = False
    cardinality: str = ""
    collection: str = ""
    item_variable: str = ""
    condition: str = ""  # completion condition, or the condition to go on of a standard loop
    language: str = ""
    test_before: bool = False
    maximum: str = ""
    throws: bool = False  # its completed runs throw events
    output: str = ""  # the list that the runs' results are collected in
    result: str = ""  # what of each run goes there


@dataclass(frozen=True, slots=True)
class DecisionCall:
    """Which decision an activity makes, as drawn. ``reference`` is the decision's id, or an expression that gives it.

    ``unread`` names what cannot be read of the mapping. ``inputs`` and ``outputs`` are expressions by name, in the
    notation of ``engine.bpmn.expressions``.
    """

    reference: str
    shape: ResultShape = ResultShape.OUTPUTS
    result_variable: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    only_outputs: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a property, and where it was said: for showing conflicts."""

    text: str
    source: str


@dataclass(slots=True, eq=False)
class Annotation:
    """Everything that is said about an element beside the flow of control."""

    said: dict[Property, Said] = field(default_factory=dict)
    fields: list[FieldDefinition] = field(default_factory=list)
    result_variable: str = ""
    script: str = ""
    script_language: str = ""
    connector: dict[str, str] = field(default_factory=dict)  # what is said about a call, by the product's own keys
    topic: str = ""  # of another engine's workers
    mapping: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))  # what goes and comes

    def text(self, key: Property) -> str:
        found = self.said.get(key)
        return found.text if found else ""


@dataclass(slots=True, eq=False)
class StepPlan:
    """Why and how a person acts at a node: becomes a StepDefinition."""

    kind: StepKind
    outcomes: list[Outcome] = field(default_factory=list)
    fields: list[FieldDefinition] = field(default_factory=list)
    approval: ApprovalRule | None = None
    deadline: DeadlineRule | None = None
    deadline_text: str = ""
    synthetic: bool = False  # not drawn: its stage and responsible come from its neighbour
    asks_again: bool = False  # a choice of what to begin next, offered until it is enough


@dataclass(slots=True, eq=False)
class Node:
    id: str
    source_id: str
    type: NodeType
    name: str
    line: int | None
    scope: Scope
    events: list[EventDefinition] = field(default_factory=list)
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    default: Flow | None = None
    default_reference: str = ""
    host: Node | None = None
    host_reference: str = ""
    boundaries: list[Node] = field(default_factory=list)
    interrupting: bool = True
    inside: Scope | None = None
    triggered_by_event: bool = False
    for_compensation: bool = False
    counts_tokens: bool = False  # begins with several tokens, or ends with several
    parallel_multiple: bool = False  # all of its triggers are needed, not the first one
    undone_by: Node | None = None  # the activity that undoes this one
    undoes: Node | None = None  # and the other way round
    undone_at: str = ""  # id of the compensation event on the border
    ordered: bool = False  # ad-hoc, one at a time
    over_when: str = ""  # ad-hoc: its completion condition
    cancels_remaining: bool = True  # ad-hoc: whether it withdraws what still runs when it is over
    activation: str = ""  # of a complex gateway: when it joins
    loop: Loop | None = None  # as drawn
    loop_rule: LoopRule | None = None  # as executed
    called: str = ""
    documentation: str = ""
    lanes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    annotation: Annotation = field(default_factory=Annotation)
    step: StepPlan | None = None
    timer: TimerRule | None = None
    message: MessageRule | None = None
    call: CallRule | None = None
    assignments: tuple[tuple[str, str], ...] = ()
    withdraws: tuple[Node, ...] = ()  # of one that was not drawn: whose tokens it takes away, but for its own
    decision_call: DecisionCall | None = None  # as drawn
    decision: DecisionTask | None = None  # as executed
    condition: Condition | None = None  # of a conditional event
    calls: Process | None = None
    heard: CalledApprovals | None = None  # of a call: the approvals that the decision right behind it follows
    like: Node | None = None  # of a node that was not drawn: what it was made for
    settled: bool = False  # a gateway that was not drawn and about which nothing is open

    @property
    def file(self) -> str:
        return self.scope.process.file

    @property
    def event(self) -> EventDefinition | None:
        """The one event definition that is left after the repairs."""
        return self.events[0] if self.events else None

    def has_event(self, kind: EventKind) -> bool:
        return any(event.kind is kind for event in self.events)

    @property
    def title(self) -> str:
        """What to call it in front of people."""
        return self.name or self.source_id

    @property
    def is_human(self) -> bool:
        return self.step is not None


@dataclass(slots=True, eq=False)
class Flow:
    """A sequence flow whose two ends are known."""

    id: str
    source_id: str
    source: Node
    target: Node
    name: str = ""
    line: int | None = None
    condition_text: str = ""
    condition_language: str = ""
    condition: Condition | None = None

    @property
    def file(self) -> str:
        return self.source.file

    @property
    def is_default(self) -> bool:
        return self.source.default is self


@dataclass(slots=True, eq=False)
class LooseFlow:
    """An arrow that touches nothing at one end or at both."""

    source_id: str
    name: str
    line: int | None
    scope: Scope
    source: Node | None
    target: Node | None
    source_reference: str = ""
    target_reference: str = ""

    @property
    def file(self) -> str:
        return self.scope.process.file


@dataclass(slots=True, eq=False)
class Scope:
    """A process or the inside of a sub-process."""

    process: Process
    owner: Node | None = None
    nodes: list[Node] = field(default_factory=list)

    def flows(self) -> Iterator[Flow]:
        for node in self.nodes:
            yield from node.outgoing

    def all_nodes(self) -> Iterator[Node]:
        """The nodes of this scope and of every scope inside it, in the order of the drawing."""
        for node in self.nodes:
            yield node
            if node.inside is not None:
                yield from node.inside.all_nodes()

    def scopes(self) -> Iterator[Scope]:
        """This scope and every scope inside it, outermost first."""
        yield self
        for node in self.nodes:
            if node.inside is not None:
                yield from node.inside.scopes()

    def of_type(self, *types: NodeType) -> list[Node]:
        return [node for node in self.nodes if node.type in types]

    @property
    def starts(self) -> list[Node]:
        return self.of_type(NodeType.START)

    @property
    def event_sub_processes(self) -> list[Node]:
        return [node for node in self.nodes if node.triggered_by_event]

    @property
    def entries(self) -> list[Node]:
        """What begins without an arrow: the start events, and the event sub-processes beside everything else."""
        return [*self.starts, *self.event_sub_processes]


@dataclass(slots=True, eq=False)
class Process:
    id: str
    source_id: str
    name: str
    line: int | None
    file: str
    executable: bool = True
    pool: str = ""
    annotation: Annotation = field(default_factory=Annotation)
    scope: Scope = field(init=False)
    loose_flows: list[LooseFlow] = field(default_factory=list)
    duplicates: list[Node] = field(default_factory=list)  # nodes whose id another node of the file has too

    def __post_init__(self) -> None:
        self.scope = Scope(self)

    @property
    def title(self) -> str:
        """What to call it in front of people."""
        return self.name or self.pool or self.source_id

    @property
    def key(self) -> str:
        """Under which the map is deployed: its id in the file, if that can be an id at all."""
        return self.source_id if self.id.startswith(self.source_id) and self.source_id else self.id


@dataclass(slots=True, eq=False)
class Pool:
    """A participant. ``process`` is None for a black box."""

    source_id: str
    name: str
    line: int | None
    file: str
    process: Process | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file that is no node of the model."""

    source_id: str = ""
    name: str = ""
    line: int | None = None
    file: str = ""


@dataclass(slots=True, eq=False)
class SalesMap:
    """All processes of an upload, and the ids that they use."""

    processes: list[Process] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    used_ids: set[str] = field(default_factory=set)
    forms: Forms = field(default_factory=dict)  # that came as files of their own
    tables: DecisionShelf = field(default_factory=DecisionShelf)  # decisions of the upload
    tables_of: dict[str, DecisionShelf] = field(default_factory=dict)  # of called maps, by the process's file
    templates: TemplateShelf = field(default_factory=TemplateShelf)  # of documents, in the upload
    templates_of: dict[str, TemplateShelf] = field(default_factory=dict)  # of called maps, by the process's file
    _next_number: dict[str, int] = field(default_factory=dict)  # by the id wished: those before it are used
    choreography: Place | None = None
    conversation: bool = False

    def tables_for(self, node: Node) -> DecisionShelf:
        """The decisions that came with the file that ``node`` stands in."""
        return self.tables_of.get(node.file, self.tables)

    def template(self, node: Node, name: str) -> bytes | None:
        """The template of that name that came with the file that ``node`` stands in; None where none did."""
        return self.templates_of.get(node.file, self.templates).find(name)

    def new_id(self, wished: str) -> str:
        """An id that is unique over the map, valid in XML and none of SpiffWorkflow's own."""
        found, self._next_number[wished] = free_id(wished, self.used_ids, self._next_number.get(wished, 1))
        self.used_ids.add(found)
        return found

    def add_node(self, scope: Scope, node_type: NodeType, like: Node | None = None, *, suffix: str = "") -> Node:
        """A node that was not drawn. ``like`` lends its place in the file and the beginning of the new id."""
        base = f"{like.id}_{suffix}" if like is not None else f"{scope.process.id}_{suffix}"
        node = Node(
            id=self.new_id(base),
            source_id=like.source_id if like is not None else "",
            type=node_type,
            name="",
            line=like.line if like is not None else scope.process.line,
            scope=scope,
        )
        if like is not None:
            node.lanes = like.lanes
            node.groups = like.groups
            if like.type in GATEWAYS:  # what the owner said of a decision holds for the question that it becomes
                node.annotation.said = {
                    key: said for key, said in like.annotation.said.items() if said.source == "reglament"
                }
            node.like = like
        scope.nodes.append(node)
        return node

    def take_out(self, node: Node) -> None:
        """A node that was not drawn, and its flows, are not needed after all: their ids are free again."""
        for flow in node.outgoing:
            flow.target.incoming.remove(flow)
            self._free(flow.id)
        node.scope.nodes.remove(node)
        self._free(node.id)

    def _free(self, element_id: str) -> None:
        self.used_ids.remove(element_id)
        self._next_number.pop(element_id, None)

    def connect(self, source: Node, target: Node, *, like: Flow | None = None) -> Flow:
        """A flow that was not drawn, from ``source`` to ``target``."""
        flow = Flow(
            id=self.new_id(f"{source.id}_to_{target.id}"),
            source_id=like.source_id if like is not None else "",
            source=source,
            target=target,
            name=like.name if like is not None else "",
            line=like.line if like is not None else None,
        )
        source.outgoing.append(flow)
        target.incoming.append(flow)
        return flow
