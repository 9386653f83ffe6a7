"""Where a process begins: one plain start in every scope, beside it a start for each message that opens a deal."""

from __future__ import annotations

from engine.bpmn.compiled import MessageRule
from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Place, Process, Scope
from engine.bpmn.repairs.workbench import Workbench


def settle_starts(workbench: Workbench, process: Process) -> None:
    if not process.scope.nodes:
        workbench.noticed.refuse("NOTHING_TO_EXECUTE", _place(process))  # what was drawn had to be left out
    for scope in tuple(process.scope.scopes()):
        if scope.nodes and not (scope.owner is not None and scope.owner.triggered_by_event):
            _settle(workbench, scope)


def _settle(workbench: Workbench, scope: Scope) -> None:
    starts = scope.of_type(NodeType.START)
    if starts:
        _from_start_events(workbench, scope, starts)
        return
    entries = _entries(scope)
    if not entries:
        workbench.noticed.refuse("NO_ENTRY", scope.owner or _place(scope.process))
    else:
        code = "IMPLICIT_START" if len(entries) == 1 else "SEVERAL_ENTRIES"
        say = workbench.noticed.info if len(entries) == 1 else workbench.noticed.warning
        say(code, entries[0], steps=", ".join(entry.title for entry in entries))
    _begin_with_all(workbench, scope, entries)


def _place(process: Process) -> Place:
    return Place(process.source_id, process.name or process.pool, process.line, process.file)


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
    for start in starts:
        if start.incoming:
            workbench.noticed.info("FLOW_INTO_START", start)
        _pass_through(start)
    origin = _new_start(workbench, scope)
    if len(starts) == 1:
        workbench.sales_map.connect(origin, starts[0])
    else:
        workbench.noticed.warning("SEVERAL_STARTS", starts[0], starts=", ".join(start.title for start in starts))
        question = workbench.sales_map.add_node(scope, NodeType.EXCLUSIVE, starts[0], suffix="which_start")
        question.name = scope.process.name
        workbench.sales_map.connect(origin, question)
        for start in starts:
            workbench.sales_map.connect(question, start)
    for start, message in messages.items():
        if message is not None:
            _message_start(workbench, start, message)


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
