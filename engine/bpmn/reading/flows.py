"""The arrows of a file: both ends found, or said which end touches nothing."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.map_model import Flow, LooseFlow, Node, Place, Process, SalesMap
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.arrow_ends import ArrowEnds
from engine.bpmn.reading.conditions import without_code_around
from engine.bpmn.reading.elements import MODEL, attribute, child, line_of, name_of, text_of
from engine.bpmn.reading.structure import Document
from engine.bpmn.reading.things import read_things


def read_flows(document: Document, sales_map: SalesMap, noticed: Noticed) -> None:
    reader = _FlowReader(document, sales_map, noticed)
    for element in document.definitions.iter(f"{{{MODEL}}}sequenceFlow"):
        reader.read(element)
    reader.read_unwritten()


class _FlowReader:
    def __init__(self, document: Document, sales_map: SalesMap, noticed: Noticed) -> None:
        self._document = document
        self._map = sales_map
        self._noticed = noticed
        self._ends = ArrowEnds(document.drawing, document.nodes, document.elements)
        self._things = read_things(document.definitions)
        self._processes = {element: process for process, element in document.process_elements.items()}

    def read(self, element: etree._Element) -> None:
        process = next((self._processes[one] for one in element.iterancestors() if one in self._processes), None)
        source_reference, target_reference = attribute(element, "sourceRef"), attribute(element, "targetRef")
        source = self._document.find_node(source_reference, process)
        target = self._document.find_node(target_reference, process)
        place = Place(attribute(element, "id"), name_of(element), line_of(element), self._document.file)
        if (source is None or target is None) and not self._touches_a_thing(source_reference, target_reference):
            source, target = self._ends.repair(place, source, target, self._noticed)
        if source is not None and target is not None:
            self._connect(element, source, target)
        elif self._touches_a_thing(source_reference, target_reference):
            self._past_a_thing(element, place, source)
        else:
            self._keep_loose(element, place, source, target, process)

    def read_unwritten(self) -> None:
        """Arrows that are no elements of their own: one step says that it leaves there, another that it arrives."""
        written = {attribute(element, "id") for element in self._document.definitions.iter(f"{{{MODEL}}}sequenceFlow")}
        for flow_id, source, target in self._ends.agreed():
            if flow_id not in written:
                place = Place(flow_id, "", source.line, self._document.file)
                self._noticed.info("ARROW_END_REPAIRED", place, step=target.title)
                self._map.connect(source, target).source_id = flow_id

    def _touches_a_thing(self, *references: str) -> bool:
        """Whether one end is a paper, a store or a pool."""
        return any(self._things.is_pool(one) or self._things.is_data(one) for one in references)

    def _past_a_thing(self, element: etree._Element, place: Place, source: Node | None) -> None:
        """Through data the arrow is followed to what comes behind it; out of data it was followed already."""
        source_reference, target_reference = attribute(element, "sourceRef"), attribute(element, "targetRef")
        if self._things.is_pool(source_reference) or self._things.is_pool(target_reference):
            self._noticed.warning("ARROW_TO_POOL", place)
            return
        behind = [self._document.find_node(one) for one in self._things.behind_data(target_reference)]
        targets = [node for node in behind if node is not None]
        if source is None or not targets:
            if source_reference not in self._things.entered:
                self._noticed.info("ARROW_TO_DATA", place)
            return
        for target in targets:
            self._noticed.info("ARROW_THROUGH_DATA", place, source=source.title, target=target.title)
            self._connect(element, source, target)

    def _keep_loose(
        self, element: etree._Element, place: Place, source: Node | None, target: Node | None, process: Process | None
    ) -> None:
        known = source or target
        process = known.scope.process if known is not None else process
        if process is None:
            return
        scope = known.scope if known is not None else process.scope
        ends = attribute(element, "sourceRef"), attribute(element, "targetRef")
        process.loose_flows.append(LooseFlow(place.source_id, place.name, place.line, scope, source, target, *ends))

    def _connect(self, element: etree._Element, source: Node, target: Node) -> None:
        source_id = attribute(element, "id")
        condition = child(element, "conditionExpression")
        language = attribute(condition, "language") if condition is not None else ""
        flow = Flow(
            id=self._map.new_id(source_id or f"{source.id}_to_{target.id}"),
            source_id=source_id,
            source=source,
            target=target,
            name=name_of(element),
            line=line_of(element),
            condition_text=without_code_around(text_of(condition)),
            condition_language=language or self._document.references.expression_language,
        )
        source.outgoing.append(flow)
        target.incoming.append(flow)
        if source_id and source_id == source.default_reference:
            source.default = flow
