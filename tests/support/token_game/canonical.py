"""Draws a map for the execution core alone: the canonical form, without the import layer."""

from __future__ import annotations

from support.canonical_maps import MapBuilder, after, every, when
from support.decision_tables import build, dmn
from support.token_game.drawing import rule_of, table_of
from support.token_game.maps import Chosen, Decided, Event, Graph, Kind, Node, Says, What

from engine.bpmn.compiled import CompiledProcess, OutcomeCondition

_GATEWAYS = {
    Kind.EXCLUSIVE: "exclusive",
    Kind.PARALLEL: "parallel",
    Kind.INCLUSIVE: "inclusive",
    Kind.COMPLEX: "inclusive",  # a split: what the importer makes of it
    Kind.RACE: "eventBased",
}


def as_canonical(graph: Graph) -> CompiledProcess:
    draw = MapBuilder()
    _scope(draw, graph)
    return draw.build(variables=graph.variables())


def _scope(draw: MapBuilder, graph: Graph) -> None:
    for node in graph.nodes.values():
        _node(draw, node, next((flow.flow_id for flow in graph.leaving(node.node_id) if flow.default), None))
    for flow in graph.flows:
        condition: str | OutcomeCondition | None = None
        if isinstance(flow.question, Says):
            condition = flow.question.variable
        elif isinstance(flow.question, Decided):
            condition = when("|".join(flow.question.outcomes), *flow.question.steps)
        elif isinstance(flow.question, Chosen):
            condition = when(flow.question.way, flow.question.step)
        draw.flow(flow.source, flow.target, condition, flow_id=flow.flow_id)
    for node in graph.nodes.values():
        if node.undoes:
            draw.undo(node.undoes, node.node_id)


def _node(draw: MapBuilder, node: Node, default: str | None) -> None:  # noqa: C901, PLR0912  # one case for each kind
    event = _event(draw, node)
    loop = _loop(draw, node)
    match node.kind:
        case Kind.START:
            draw.start(node.node_id, event, interrupting=node.interrupting)
        case Kind.END:
            draw.end(node.node_id, event)
        case Kind.STEP:
            draw.step(node.node_id, loop)
        case Kind.SERVICE:
            draw.call_service(node.node_id)
        case Kind.SCRIPT:
            assert node.writes is not None
            draw.script(node.node_id, (node.writes[0], str(node.writes[1]).lower()))
        case Kind.RULE:
            assert node.table is not None
            decision, _, _ = build(dmn(table_of(node)), node.node_id)
            assert decision is not None
            draw.decide(node.node_id, decision, node.table.output)
        case Kind.COMPLEX if node.enough is not None:
            draw.complex_join(node.node_id, rule_of(node.enough))
        case Kind.CATCH if event:
            draw.catch(node.node_id, event)
        case Kind.CATCH | Kind.THROW:
            draw.throw(node.node_id, event)
        case Kind.BOUNDARY:
            assert node.host is not None
            draw.boundary(node.node_id, node.host, event, interrupting=node.interrupting)
        case Kind.SCOPE:
            assert node.inner is not None
            with draw.scope(node.node_id, loop):
                _scope(draw, node.inner)
        case Kind.HANDLER:
            assert node.inner is not None
            with draw.event_scope(node.node_id):
                _scope(draw, node.inner)
        case Kind.CALL:
            _call(draw, node, loop)
        case _:
            draw.gateway(_GATEWAYS[node.kind], node.node_id, default)


def _call(draw: MapBuilder, node: Node, loop: str) -> None:
    """Calls of one map draw it once."""
    assert node.inner is not None
    called = node.called or f"map_of_{node.node_id}"
    if not any(one.startswith(f'<process id="{called}"') for one in draw.maps):
        with draw.called(called):
            _scope(draw, node.inner)
    draw.call(node.node_id, called, loop)


def _event(draw: MapBuilder, node: Node) -> str:  # noqa: C901, PLR0911  # one case for each kind
    event: Event | None = node.event
    if event is None:
        return ""
    match event.what:
        case What.TIMER:
            rule = every(days=event.days, repetitions=event.ticks) if event.cycle else after(days=event.days)
            return draw.timer(node.node_id, rule)
        case What.MESSAGE:
            return draw.message(node.node_id, event.name)
        case What.SIGNAL:
            return draw.signal(event.name)
        case What.CONDITION:
            return draw.conditional(node.node_id, event.name)
        case What.ERROR:
            return draw.error(event.name or None)
        case What.ESCALATION:
            return draw.escalation(event.name or None)
        case What.TERMINATE:
            return draw.terminate()
        case What.CANCEL:
            return draw.cancel()
        case What.COMPENSATE:
            return draw.compensate(event.name or None)


def _loop(draw: MapBuilder, node: Node) -> str:
    repeat = node.repeat
    if repeat is None:
        return ""
    count = None if repeat.count is None else str(repeat.count)
    if repeat.loop:
        enough = f"not({repeat.variable})" if repeat.variable else None
        return draw.standard_loop(node.node_id, cardinality=count, completion_condition=enough)
    return draw.multi_instance(
        node.node_id, sequential=repeat.in_turn, cardinality=count, completion_condition=repeat.variable or None
    )
