"""Writes the form that is executed: plain BPMN in which every expression is only the id of its element.

What an id means stands in the tables of the CompiledProcess; no text of the owner's diagram gets in here except names.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.compiled import LoopRule, TimerKind
from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Process, SalesMap, Scope
from engine.bpmn.reading.elements import MODEL

_TIMER_ELEMENTS = {
    TimerKind.DATE: "timeDate",
    TimerKind.DURATION: "timeDuration",
    TimerKind.CYCLE: "timeCycle",
}
_REFERENCES = {
    EventKind.MESSAGE: "messageRef",
    EventKind.SIGNAL: "signalRef",
    EventKind.ERROR: "errorRef",
    EventKind.ESCALATION: "escalationRef",
}
_CODES = {EventKind.ERROR: "errorCode", EventKind.ESCALATION: "escalationCode"}


def write_canonical(sales_map: SalesMap, processes: list[Process]) -> str:
    """One document: the main process first, then those that it calls."""
    return _Writer(sales_map).write(processes)


class _Writer:
    def __init__(self, sales_map: SalesMap) -> None:
        self._sales_map = sales_map
        self._root = etree.Element(f"{{{MODEL}}}definitions", nsmap={"bpmn": MODEL})
        self._root.set("targetNamespace", "urn:reglament:executable")
        self._named: dict[tuple[EventKind, str], str] = {}

    def write(self, processes: list[Process]) -> str:
        for process in processes:
            element = self._add(self._root, "process", process.id, process.name)
            element.set("isExecutable", "true")
            self._scope(element, process.scope)
        return etree.tostring(self._root, encoding="unicode")

    def _add(self, parent: etree._Element, tag: str, element_id: str, name: str = "") -> etree._Element:
        element = etree.SubElement(parent, f"{{{MODEL}}}{tag}", id=element_id)
        if name:
            element.set("name", name)
        return element

    def _scope(self, parent: etree._Element, scope: Scope) -> None:
        for node in scope.nodes:
            self._node(parent, node)
        for flow in scope.flows():
            element = self._add(parent, "sequenceFlow", flow.id, flow.name)
            element.set("sourceRef", flow.source.id)
            element.set("targetRef", flow.target.id)
            if flow.condition is not None:
                self._text(element, "conditionExpression", flow.id)

    def _node(self, parent: etree._Element, node: Node) -> None:
        element = self._add(parent, node.type.value, node.id, node.name)
        for attribute, value in _attributes(node):
            element.set(attribute, value)
        if node.loop_rule is not None:
            self._loop(element, node, node.loop_rule)
        if node.assignments:
            self._text(element, "script", node.id)
        if node.activation:
            self._text(element, "activationCondition", node.id)
        if node.event is not None:
            self._event(element, node, node.event)
        if node.inside is not None:
            self._scope(element, node.inside)
        if node.undone_by is not None:
            self._undo(parent, node, node.undone_by)

    def _loop(self, element: etree._Element, node: Node, rule: LoopRule) -> None:
        if rule.again_while is not None:
            standard = etree.SubElement(element, f"{{{MODEL}}}standardLoopCharacteristics")
            standard.set("testBefore", "true" if rule.test_before else "false")
            return
        loop = etree.SubElement(element, f"{{{MODEL}}}multiInstanceLoopCharacteristics")
        loop.set("isSequential", "true" if rule.sequential else "false")
        self._text(loop, "loopCardinality", node.id)

    def _undo(self, parent: etree._Element, node: Node, handler: Node) -> None:
        event = self._add(parent, NodeType.BOUNDARY.value, node.undone_at)
        event.set("attachedToRef", node.id)
        etree.SubElement(event, f"{{{MODEL}}}compensateEventDefinition")
        association = self._add(parent, "association", self._sales_map.new_id(f"{node.id}_undone_by"))
        association.set("sourceRef", str(event.get("id")))
        association.set("targetRef", handler.id)

    def _text(self, parent: etree._Element, tag: str, text: str) -> None:
        etree.SubElement(parent, f"{{{MODEL}}}{tag}").text = text

    def _event(self, parent: etree._Element, node: Node, event: EventDefinition) -> None:
        definition = etree.SubElement(parent, f"{{{MODEL}}}{event.kind.value}EventDefinition")
        if event.kind is EventKind.TIMER and node.timer is not None:
            self._text(definition, _TIMER_ELEMENTS[node.timer.kind], node.id)
        elif event.kind is EventKind.CONDITIONAL:
            self._text(definition, "condition", node.id)
        elif event.kind is EventKind.COMPENSATE and event.target:
            definition.set("activityRef", event.target)
        elif event.kind in _REFERENCES and (event.name or node.type not in (NodeType.BOUNDARY, NodeType.START)):
            definition.set(_REFERENCES[event.kind], self._reference(event.kind, event.name or node.id))

    def _reference(self, kind: EventKind, name: str) -> str:
        """The id of the root element that declares a message, signal, error or escalation of that name."""
        known = self._named.get((kind, name))
        if known is not None:
            return known
        element_id = self._sales_map.new_id(f"{kind.value}_{len(self._named) + 1}")
        self._named[kind, name] = element_id
        element = etree.Element(f"{{{MODEL}}}{kind.value}", id=element_id, name=name)
        if kind in _CODES:
            element.set(_CODES[kind], name)
        self._root.insert(len(self._named) - 1, element)
        return element_id


def _attributes(node: Node) -> Iterator[tuple[str, str]]:
    if node.default is not None:
        yield "default", node.default.id
    if node.host is not None and node.type is NodeType.BOUNDARY:
        yield "attachedToRef", node.host.id
        yield "cancelActivity", "true" if node.interrupting else "false"
    if node.triggered_by_event:
        yield "triggeredByEvent", "true"
    if node.type is NodeType.START and not node.interrupting:
        yield "isInterrupting", "false"
    if node.undoes is not None:
        yield "isForCompensation", "true"
    if node.calls is not None:
        yield "calledElement", node.calls.id
