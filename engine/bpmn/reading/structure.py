"""Processes, nodes and flows of one file, with every reference resolved that can be."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.map_model import (
    SUB_PROCESSES,
    EventKind,
    Node,
    NodeType,
    Place,
    Pool,
    Process,
    SalesMap,
    Scope,
)
from engine.bpmn.reading.definitions import References, message_of, read_events, read_references
from engine.bpmn.reading.drawing import Drawing, read_drawing
from engine.bpmn.reading.elements import (
    MODEL,
    attribute,
    child,
    children,
    is_true,
    line_of,
    local,
    name_of,
    short_reference,
    text_of,
)
from engine.bpmn.reading.html_text import plain_text
from engine.bpmn.reading.loops import read_loop

_NODE_TYPES = {node_type.value: node_type for node_type in NodeType} | {"globalUserTask": NodeType.USER_TASK}
_ONE_TOKEN = ("", "0", "1")  # nothing begins with no token: a tool writes 0 for what was not set
_MESSAGE_TASKS = frozenset({NodeType.SEND_TASK, NodeType.RECEIVE_TASK})
_CHOREOGRAPHY = ("choreographyTask", "subChoreography", "callChoreography")


@dataclass(slots=True)
class Document:
    """One file after its structure was read; the annotations are read from the same elements."""

    definitions: etree._Element
    file: str
    drawing: Drawing
    references: References
    processes: list[Process] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)  # by the id in the file
    namesakes: dict[tuple[Process, str], Node] = field(default_factory=dict)  # whose id is a node's of another pool
    elements: dict[Node, etree._Element] = field(default_factory=dict)
    process_elements: dict[Process, etree._Element] = field(default_factory=dict)

    def find_node(self, reference: str, process: Process | None = None) -> Node | None:
        """The node of that id; of several pools with the same ids, the one in ``process``."""
        if not reference:
            return None
        if process is not None and (process, reference) in self.namesakes:
            return self.namesakes[process, reference]
        return self.nodes.get(reference) or self.nodes.get(short_reference(reference))

    def owner_of(self, element: etree._Element) -> Node | None:
        """The innermost sub-process around an element."""
        for around in element.iterancestors():
            node = self.nodes.get(attribute(around, "id"))
            if node is not None and node.inside is not None:
                return node
        return None


def read_structure(definitions: etree._Element, file: str, sales_map: SalesMap) -> Document:
    document = Document(definitions, file, read_drawing(definitions), read_references(definitions))
    for element in definitions.iter(f"{{{MODEL}}}process"):
        _add_process(document, element, sales_map)
    # Processes first: their ids are keys, and keys must not depend on the names of steps.
    for process, element in document.process_elements.items():
        _read_scope(document, element, process.scope, sales_map)
    _read_pools(document)
    sales_map.processes += document.processes
    sales_map.pools += document.pools
    _look_for_choreography(document, sales_map)
    return document


def _add_process(document: Document, element: etree._Element, sales_map: SalesMap) -> None:
    source_id = attribute(element, "id")
    process = Process(
        id=sales_map.new_id(source_id),
        source_id=source_id,
        name=name_of(element),
        line=line_of(element),
        file=document.file,
        executable=element.get("isExecutable") is None or is_true(element.get("isExecutable")),
    )
    document.processes.append(process)
    document.process_elements[process] = element


def _read_scope(document: Document, parent: etree._Element, scope: Scope, sales_map: SalesMap) -> None:
    for element in children(parent):
        node_type = _NODE_TYPES.get(local(element))
        if node_type is None:
            continue
        node = _read_node(document, element, node_type, scope, sales_map)
        scope.nodes.append(node)
        if node_type in SUB_PROCESSES:
            node.inside = Scope(scope.process, owner=node)
            _read_scope(document, element, node.inside, sales_map)


def _read_node(
    document: Document, element: etree._Element, node_type: NodeType, scope: Scope, sales_map: SalesMap
) -> Node:
    source_id = attribute(element, "id")
    node = Node(
        id=sales_map.new_id(source_id),
        source_id=source_id,
        type=node_type,
        name=name_of(element),
        line=line_of(element),
        scope=scope,
        events=read_events(element, document.references),
        default_reference=attribute(element, "default"),
        host_reference=attribute(element, "attachedToRef"),
        interrupting=element.get("cancelActivity") is None or is_true(element.get("cancelActivity")),
        triggered_by_event=is_true(element.get("triggeredByEvent")),
        counts_tokens=any(
            attribute(element, name) not in _ONE_TOKEN for name in ("startQuantity", "completionQuantity")
        ),
        for_compensation=is_true(element.get("isForCompensation")),
        ordered=attribute(element, "ordering") == "Sequential",
        over_when=text_of(child(element, "completionCondition")) if node_type is NodeType.AD_HOC else "",
        cancels_remaining=element.get("cancelRemainingInstances") is None
        or is_true(element.get("cancelRemainingInstances")),
        activation=text_of(child(element, "activationCondition")),
        parallel_multiple=is_true(element.get("parallelMultiple")) or element.get("eventGatewayType") == "Parallel",
        loop=read_loop(element, document.references.expression_language),
        called=attribute(element, "calledElement") or _zeebe_called(element),
        documentation=_documentation(element),
    )
    if node_type is NodeType.START:
        node.interrupting = element.get("isInterrupting") is None or is_true(element.get("isInterrupting"))
    if node_type in _MESSAGE_TASKS:
        node.events = [message_of(element, document.references)]
    document.elements[node] = element
    if not source_id:
        return node
    first = document.nodes.setdefault(source_id, node)
    if first is not node:
        of_pool = (scope.process, source_id)
        if first.scope.process is scope.process or of_pool in document.namesakes:
            scope.process.duplicates.append(node)
        else:
            document.namesakes[of_pool] = node
    return node


def _documentation(element: etree._Element) -> str:
    """The first documentation that says anything."""
    return next((text for part in children(element, "documentation") if (text := plain_text(text_of(part)))), "")


def _zeebe_called(element: etree._Element) -> str:
    holder = child(element, "extensionElements")
    found = holder.find("{*}calledElement") if holder is not None else None
    return attribute(found, "processId") if found is not None else ""


def read_compensations(document: Document) -> None:
    """What undoes an activity hangs on the compensation event on its border by an association."""
    for element in document.definitions.iter(f"{{{MODEL}}}association"):
        one, other = attribute(element, "sourceRef"), attribute(element, "targetRef")
        for reference, led_to in ((one, other), (other, one)):  # tools draw it from either end
            event, handler = document.find_node(reference), document.find_node(led_to)
            if event is not None and handler is not None and _is_compensated_at(event):
                event.undone_by = event.undone_by or handler


def _is_compensated_at(event: Node) -> bool:
    return event.type is NodeType.BOUNDARY and event.has_event(EventKind.COMPENSATE)


def _read_pools(document: Document) -> None:
    by_id = {process.source_id: process for process in document.processes if process.source_id}
    for element in document.definitions.iter(f"{{{MODEL}}}participant"):
        if local_parent(element) != "collaboration":
            continue
        reference = attribute(element, "processRef")
        process = by_id.get(reference) or by_id.get(short_reference(reference))
        document.pools.append(
            Pool(attribute(element, "id"), name_of(element), line_of(element), document.file, process)
        )
        if process is not None:
            process.pool = process.pool or name_of(element)


def local_parent(element: etree._Element) -> str:
    parent = element.getparent()
    return local(parent) if parent is not None else ""


def _look_for_choreography(document: Document, sales_map: SalesMap) -> None:
    for name in _CHOREOGRAPHY:
        found = next(document.definitions.iter(f"{{{MODEL}}}{name}"), None)
        if found is not None and sales_map.choreography is None:
            place = Place(attribute(found, "id"), name_of(found), line_of(found), document.file)
            sales_map.choreography = place
    if next(document.definitions.iter(f"{{{MODEL}}}conversation"), None) is not None:
        sales_map.conversation = True
