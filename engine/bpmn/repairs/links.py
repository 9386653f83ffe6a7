"""Link events are only a way to draw a long arrow: they become that arrow."""

from __future__ import annotations

from collections import Counter

from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process, Scope
from engine.bpmn.repairs.workbench import Workbench


def rewire_links(workbench: Workbench, process: Process) -> None:
    for scope in process.scope.scopes():
        _rewire(workbench, scope)


def _link(node: Node) -> EventDefinition | None:
    return next((event for event in node.events if event.kind is EventKind.LINK), None)


def _name(node: Node) -> str:
    link = _link(node)
    return (link.name if link is not None else "") or node.name


def _rewire(workbench: Workbench, scope: Scope) -> None:
    linked = [node for node in scope.nodes if _link(node) is not None]
    catches = [node for node in linked if node.type is NodeType.CATCH]
    throws = [node for node in linked if node.type in (NodeType.THROW, NodeType.END)]
    for node in linked:
        if node.type is NodeType.BOUNDARY:
            workbench.noticed.refuse("LINK_BOUNDARY", node)
    thrown = {_name(node) for node in throws}
    of_name = Counter(map(_name, catches))
    named = {_name(catch): catch for catch in catches}
    waiting = [catch for catch in catches if _name(catch) not in thrown]  # what a link may have been meant for
    for node in throws:
        target = _wished(node, catches)
        if target is None and of_name[_name(node)] > 1:
            workbench.noticed.refuse("LINK_AMBIGUOUS", node, link=_name(node) or "–", count=str(of_name[_name(node)]))
            continue
        target = target or named.get(_name(node)) or _left_over(throws, catches, node)
        if target is not None:
            node.type = NodeType.THROW
            workbench.sales_map.connect(node, target)
            workbench.noticed.info("LINK_REWIRED", node, link=_name(node))
        elif waiting:
            workbench.noticed.refuse("LINK_UNMATCHED", node, link=_name(node))
        else:
            workbench.noticed.warning("LINK_OFF_PAGE", node, link=_name(node))
    for node in linked:
        node.events = [event for event in node.events if event.kind is not EventKind.LINK]
    for node in catches:
        node.type = NodeType.THROW


def _wished(throw: Node, catches: list[Node]) -> Node | None:
    """The one of ``catches`` that the throw names by its id."""
    link = _link(throw)
    wished = (link.target if link is not None else "").rsplit(":", 1)[-1]
    for catch in catches:
        catch_link = _link(catch)
        if wished and wished in (catch.source_id, catch_link.id if catch_link is not None else ""):
            return catch
    return None


def _left_over(throws: list[Node], catches: list[Node], throw: Node) -> Node | None:
    """What the throw may mean where one throw and one of ``catches`` are left that share their name with nothing."""
    names, caught = {_name(node) for node in throws}, {_name(catch) for catch in catches}
    lone_throws = [node for node in throws if _name(node) not in caught]
    lone_catches = [catch for catch in catches if _name(catch) not in names]
    return lone_catches[0] if lone_throws == [throw] and len(lone_catches) == 1 else None
