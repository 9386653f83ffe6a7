"""Where a process begins: one plain start in every scope, beside it a start for each message that opens a deal."""

from __future__ import annotations

from engine.bpmn.compiled import MessageRule
from engine.bpmn.map_model import EventDefinition, EventKind, Located, Node, NodeType, Place, Process, Scope
from engine.bpmn.map_properties import Property
from engine.bpmn.map_surgery import remove_node
from engine.bpmn.questions import ALL, ASK, Because, Proposal, QuestionKind
from engine.bpmn.repairs.workbench import Workbench

_MOST_PROPOSED = 12


def settle_starts(workbench: Workbench, process: Process) -> None:
    if not process.scope.nodes:
        workbench.noticed.refuse("NOTHING_TO_EXECUTE", _place(process.scope))  # what was drawn had to be left out
    for scope in tuple(process.scope.scopes()):
        if scope.nodes and not (scope.owner is not None and scope.owner.triggered_by_event):
            _settle(workbench, scope)


def _settle(workbench: Workbench, scope: Scope) -> None:
    starts = scope.of_type(NodeType.START)
    if starts:
        _from_start_events(workbench, scope, starts)
        return
    entries = _entries(scope)
    said = _said(scope, entries or _could_be_first(scope))
    if not entries and isinstance(said, Node):
        entries = [said]
    elif not entries:
        workbench.noticed.refuse("NO_ENTRY", _place(scope))
        proposals = [_begin_at(node, Because.MAY_BE_FIRST) for node in _could_be_first(scope)[:_MOST_PROPOSED]]
        if proposals:
            workbench.noticed.ask(QuestionKind.START, _place(scope), proposals)
    elif len(entries) == 1:
        workbench.noticed.info("IMPLICIT_START", entries[0], steps=entries[0].title)
    elif isinstance(said, Node):
        entries = [said]
    elif said == ASK:
        _ask_in_the_deal(workbench, scope, _new_start(workbench, scope), entries)
        return
    elif said != ALL:
        workbench.noticed.warning("SEVERAL_ENTRIES", entries[0], steps=", ".join(entry.title for entry in entries))
        _ask_where(workbench, scope, entries, Because.NO_ARROW_IN, assumed=ALL)
    _begin_with_all(workbench, scope, entries)


def _place(scope: Scope) -> Located:
    """What the question where to begin is about."""
    process = scope.process
    return scope.owner or Place(process.source_id, process.name or process.pool, process.line, process.file)


def _said(scope: Scope, possible: list[Node]) -> Node | str:
    """Where the owner says that it begins: one of ``possible``, ASK, ALL, or nothing that can be used."""
    annotation = scope.owner.annotation if scope.owner is not None else scope.process.annotation
    text = annotation.text(Property.START_AT)
    return next((node for node in possible if text and node.source_id == text), text.casefold())


def _could_be_first(scope: Scope) -> list[Node]:
    return [node for node in scope.nodes if node.type not in (NodeType.BOUNDARY, NodeType.END) and node.source_id]


def _begin_at(node: Node, because: Because) -> Proposal:
    return Proposal(value=node.source_id, label=node.name, because=because)


def _ask_where(workbench: Workbench, scope: Scope, entries: list[Node], because: Because, *, assumed: str) -> None:
    """Which of several: the one that is drawn, whoever opens the deal knows, or all at once."""
    words = [Proposal(value=ASK, because=Because.STARTER_KNOWS)]
    if assumed == ALL:
        words.insert(0, Proposal(value=ALL, because=Because.BY_THE_STANDARD))
    drawn = [_begin_at(node, because) for node in entries]
    names = ", ".join(node.title for node in entries)
    workbench.noticed.ask(QuestionKind.START, _place(scope), [*words, *drawn], assumed=assumed, starts=names)


def _entries(scope: Scope) -> list[Node]:
    """What has no arrow into it, and can have one."""
    return [
        node
        for node in scope.nodes
        if not node.incoming
        and node.type is not NodeType.BOUNDARY
        and not node.triggered_by_event
        and node.undoes is None
    ]


def _new_start(workbench: Workbench, scope: Scope) -> Node:
    like = scope.owner
    return workbench.sales_map.add_node(scope, NodeType.START, like, suffix="begin")


def _begin_with_all(workbench: Workbench, scope: Scope, entries: list[Node]) -> None:
    for entry in entries:
        if entry.type is NodeType.START:
            _pass_through(entry)
    origin = _new_start(workbench, scope)
    if len(entries) > 1:
        fork = workbench.sales_map.add_node(scope, NodeType.PARALLEL, scope.owner, suffix="begin_all")
        workbench.sales_map.connect(origin, fork)
        origin = fork
    for entry in entries:
        workbench.sales_map.connect(origin, entry)


def _pass_through(start: Node) -> None:
    start.type = NodeType.THROW
    start.events = []


def _from_start_events(workbench: Workbench, scope: Scope, starts: list[Node]) -> None:
    if len(starts) == 1 and not starts[0].incoming:
        _single(workbench, scope, starts[0])
        return
    messages = {start: _message(start) for start in starts} if scope.owner is None else {}
    said = _said(scope, starts)
    if isinstance(said, Node):
        starts = [start for start in starts if start is said or messages.get(start) is not None]
        _leave_out(scope, starts)
    for start in starts:
        if start.incoming:
            workbench.noticed.info("FLOW_INTO_START", start)
        _pass_through(start)
    origin = _new_start(workbench, scope)
    if isinstance(said, Node) or len(starts) == 1:
        workbench.sales_map.connect(origin, said if isinstance(said, Node) else starts[0])
    else:
        if said != ASK:
            workbench.noticed.warning("SEVERAL_STARTS", starts[0], starts=", ".join(start.title for start in starts))
            _ask_where(workbench, scope, starts, Because.DRAWN_AS_START, assumed=ASK)
        _ask_in_the_deal(workbench, scope, origin, starts)
    for start in starts:
        message = messages.get(start)
        if message is not None:
            _message_start(workbench, start, message)


def _leave_out(scope: Scope, kept: list[Node]) -> None:
    for start in scope.starts:
        if start not in kept:
            remove_node(start)


def _ask_in_the_deal(workbench: Workbench, scope: Scope, origin: Node, entries: list[Node]) -> None:
    """Whoever opens a deal says where it begins."""
    question = workbench.sales_map.add_node(scope, NodeType.EXCLUSIVE, entries[0], suffix="which_start")
    question.name, question.settled = scope.process.name, True
    workbench.sales_map.connect(origin, question)
    for entry in entries:
        workbench.sales_map.connect(question, entry)


def _single(workbench: Workbench, scope: Scope, start: Node) -> None:
    message = _message(start) if scope.owner is None else None
    if start.events:
        workbench.noticed.info("START_TRIGGER", start, trigger=start.events[0].kind.value)
    start.events = []
    if message is not None:
        _pass_through(start)
        workbench.sales_map.connect(_new_start(workbench, scope), start)
        _message_start(workbench, start, message)


def _message(start: Node) -> EventDefinition | None:
    """The message that alone can open a deal there."""
    if start.parallel_multiple:
        return None
    return next((event for event in start.events if event.kind is EventKind.MESSAGE and event.name), None)


def _message_start(workbench: Workbench, entry: Node, message: EventDefinition) -> None:
    """A deal also begins at ``entry`` when the message comes."""
    start = workbench.sales_map.add_node(entry.scope, NodeType.START, entry, suffix="by_message")
    start.name = entry.name
    start.events = [message]
    start.message = MessageRule(name=message.name)
    workbench.sales_map.connect(start, entry)
