"""Which of the processes in an upload is the sales map; the others are outside parties."""

from __future__ import annotations

from engine.bpmn.map_model import HUMAN_TASKS, EventKind, Located, Node, NodeType, Process, SalesMap, Scope
from engine.bpmn.map_properties import Property
from engine.bpmn.noticed import Noticed
from engine.bpmn.questions import Because, Proposal, QuestionKind
from engine.bpmn.yes_or_no import says_yes


def human_steps(process: Process) -> int:
    return sum(node.type in HUMAN_TASKS for node in process.scope.all_nodes())


def merge_crossed_pools(sales_map: SalesMap, noticed: Noticed) -> None:
    """A sequence flow between two pools says that they are one process, whatever the standard says about it.

    So does a link event that goes on in another process: pages of one drawing are exported like that.
    """
    _join_pages(sales_map, noticed)
    for process in tuple(sales_map.processes):
        for flow in tuple(process.scope.flows()):
            source, target = flow.source.scope, flow.target.scope
            crosses = source.process is not target.process and source.owner is None and target.owner is None
            if crosses:
                noticed.info("POOLS_MERGED", flow, source=flow.source.title, target=flow.target.title)
                _move(target.process, source.process)


def _join_pages(sales_map: SalesMap, noticed: Noticed) -> None:
    for process in tuple(sales_map.processes):
        caught = {name for node, name in _links(process) if node.type is NodeType.CATCH}
        for thrown, name in _links(process):
            if thrown.type is NodeType.CATCH or not name or name in caught:
                continue
            pages = [
                other
                for other in sales_map.processes
                if other is not process
                and any(node.type is NodeType.CATCH and name == theirs for node, theirs in _links(other))
            ]
            if len(pages) == 1:
                noticed.info("POOLS_MERGED", thrown, source=thrown.title, target=pages[0].title)
                _move(pages[0], process)


def _links(process: Process) -> list[tuple[Node, str]]:
    """The link events on the first level of a process, and how each link is called."""
    return [
        (node, event.name or node.name)
        for node in process.scope.nodes
        for event in node.events
        if event.kind is EventKind.LINK
    ]


def _move(process: Process, into: Process) -> None:
    for node in process.scope.nodes:
        node.scope = into.scope
        if node.inside is not None:
            _give(node.inside, into)
    into.scope.nodes += process.scope.nodes
    process.scope.nodes = []
    for loose in process.loose_flows:
        if loose.scope is process.scope:
            loose.scope = into.scope
    into.loose_flows += process.loose_flows
    into.duplicates += process.duplicates
    process.loose_flows, process.duplicates = [], []


def _give(scope: Scope, process: Process) -> None:
    for inner in scope.scopes():
        inner.process = process


def candidates(sales_map: SalesMap) -> list[Process]:
    """The processes with anything in them, the one with most human steps first."""
    filled = [process for process in sales_map.processes if process.scope.nodes]
    return sorted(filled, key=lambda process: (-human_steps(process), -len(list(process.scope.all_nodes()))))


def choose_process(sales_map: SalesMap, process_key: str | None, noticed: Noticed) -> Process | None:
    """The process to execute: the one asked for, else the one with most human steps. None is said in a finding."""
    filled = candidates(sales_map)
    if process_key is not None:
        filled = [process for process in filled if process_key in (process.source_id, process.id)]
        if not filled:
            noticed.refuse("PROCESS_NOT_FOUND", None, key=process_key)
            return None
    if not filled:
        _say_nothing_to_execute(sales_map, noticed)
        return None
    chosen = filled[0] if process_key is not None else _said_to_be(filled) or filled[0]
    _ask_which(sales_map, chosen, noticed)
    filled = [chosen, *(process for process in filled if process is not chosen)]
    others = [_called(process) for process in filled[1:]]
    if others:
        noticed.info("POOLS_CHOSEN", chosen, others=", ".join(others), chosen=_called(chosen))
    black_boxes = [pool.name for pool in sales_map.pools if pool.process is None and pool.name]
    if black_boxes:
        noticed.info("POOLS_OUTSIDE", chosen, pools=", ".join(black_boxes))
    if not chosen.executable:
        noticed.info("NOT_EXECUTABLE_FLAG", chosen)
    return chosen


def _called(process: Process) -> str:
    """As people see it in the drawing: by its pool, else by a name that only some tools show."""
    return process.pool or process.name or process.source_id


def _said_to_be(filled: list[Process]) -> Process | None:
    """The one process of which the owner says that it is executed."""
    said = [process for process in filled if says_yes(process.annotation.text(Property.EXECUTED))]
    return said[0] if len(said) == 1 else None


def _ask_which(sales_map: SalesMap, chosen: Process, noticed: Noticed) -> None:
    called = {node.called for process in sales_map.processes for node in process.scope.all_nodes()}
    possible = [
        process
        for process in candidates(sales_map)
        if process.source_id and (process is chosen or process.source_id not in called)
    ]
    if len(possible) == 1 or chosen not in possible or _said_to_be(possible) is not None:
        return
    proposals = [
        Proposal(
            value=process.source_id,
            label=process.pool or process.name or process.source_id,
            because=Because.MOST_STEPS if process is possible[0] else Because.OTHER_POOL,
            params={"steps": str(human_steps(process))},
        )
        for process in (chosen, *(other for other in possible if other is not chosen))
    ]
    noticed.ask(QuestionKind.POOL, chosen, proposals, assumed=chosen.source_id, name=chosen.pool)


def _say_nothing_to_execute(sales_map: SalesMap, noticed: Noticed) -> None:
    if sales_map.choreography is not None:
        noticed.refuse("CHOREOGRAPHY", sales_map.choreography)
    elif sales_map.conversation:
        noticed.refuse("CONVERSATION")
    else:
        places: list[Located] = [*sales_map.pools, *sales_map.processes]
        place = places[0] if places else None
        noticed.refuse("NOTHING_TO_EXECUTE", place)
