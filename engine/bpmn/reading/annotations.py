"""What is said about each element, by order of precedence; conflicts are shown, never settled in silence.

The order: the product's own extension elements, the property bags of other tools, engines' attributes, standard
BPMN (performers, lanes, groups), then lines of plain text in documentation and notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from engine.bpmn.field_order import in_order
from engine.bpmn.form_shelf import Forms
from engine.bpmn.map_model import AUTOMATED_TASKS, HUMAN_TASKS, Annotation, Located, Node, NodeType, Said
from engine.bpmn.map_properties import Property
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.connectors import read_connector, read_mapping, read_topic
from engine.bpmn.reading.decision_calls import read_decision_call
from engine.bpmn.reading.elements import (
    MODEL,
    attribute,
    child,
    extensions,
    local,
    name_of,
    text_of,
)
from engine.bpmn.reading.field_making import ReadForm
from engine.bpmn.reading.form_files import embedded_forms, named_form
from engine.bpmn.reading.forms import read_fields
from engine.bpmn.reading.groups import read_groups
from engine.bpmn.reading.html_text import plain_text
from engine.bpmn.reading.jbpm_inputs import jbpm_properties
from engine.bpmn.reading.lanes import read_lanes, say_lanes_unheard
from engine.bpmn.reading.left_out import say_left_out
from engine.bpmn.reading.notes import read_notes
from engine.bpmn.reading.plain_text import PLAIN_TEXT, spoken_properties, unclear_approvals, without_properties
from engine.bpmn.reading.properties import foreign_properties, own_properties
from engine.bpmn.reading.structure import Document
from engine.bpmn.reading.vendor_attributes import standard_responsible, vendor_properties
from engine.bpmn.repairs.approval_text import approval_rule

Pair = tuple[Property, Said]

# What a line in the description of a map says of all its steps. A time there is meant for the whole of it.
_SPOKEN_OF_ALL = frozenset(
    {Property.STAGE, Property.RESPONSIBLE, Property.DISTRIBUTION, Property.ESCALATION, Property.FREEDOM}
)
_DECIDING_TASKS = frozenset({NodeType.BUSINESS_RULE_TASK, NodeType.SERVICE_TASK})
_CALLING_TASKS = AUTOMATED_TASKS | HUMAN_TASKS
_OWN = "reglament"
_DRAWN_BY_OTHERS = 2  # from this source on nobody mirrors the owner's table, as the bags of other tools do
_RESULT_ATTRIBUTES = ("resultVariable", "resultVariableName")


def read_annotations(document: Document, form_files: Forms, noticed: Noticed) -> None:
    """Fill the annotations of all processes and nodes of a file. ``form_files`` are fields by the form's name."""
    read_lanes(document)
    say_lanes_unheard(document, noticed)
    read_groups(document)
    notes = read_notes(document, noticed)
    resources = {
        attribute(resource, "id"): name_of(resource) for resource in document.definitions.iter(f"{{{MODEL}}}resource")
    }
    forms = dict(form_files)
    for process, element in document.process_elements.items():
        forms |= embedded_forms(element)
        described = spoken_properties(plain_text(text_of(child(element, "documentation"))), "documentation")
        spoken = (pair for pair in described if pair[0] in _SPOKEN_OF_ALL)
        said = (own_properties(element), foreign_properties(element), spoken)
        _fill(process.annotation, process, element, said, noticed)
        process.annotation.said.setdefault(Property.RESPONSIBLE, Said(process.pool, "pool"))
        process.annotation.connector = read_connector(element)
    for node, element in document.elements.items():
        sources = (
            own_properties(element),
            foreign_properties(element),
            vendor_properties(element),
            jbpm_properties(element),
            standard_responsible(element, resources),
            spoken_properties(node.documentation, "documentation"),
            *(spoken_properties(note, "note") for note in notes.get(node.source_id, ())),
        )
        _fill(node.annotation, node, element, sources, noticed)
        _say_approval_read(node, notes.get(node.source_id, ()), noticed)
        _read_form(node, element, forms, noticed)
        _standard(node, noticed)
        instruction = without_properties(node.documentation)
        if instruction:
            node.annotation.said.setdefault(Property.INSTRUCTION, Said(instruction, "documentation"))
        _read_script(node.annotation, element)
        say_left_out(node, element, noticed)
        if node.type in _DECIDING_TASKS:
            node.decision_call = read_decision_call(element)
        if node.type in _CALLING_TASKS:
            node.annotation.connector = read_connector(element)
            node.annotation.topic = read_topic(element)
            node.annotation.mapping = read_mapping(element)


def _fill(
    annotation: Annotation,
    at: Located,
    element: etree._Element,
    sources: tuple[Iterator[Pair], ...],
    noticed: Noticed,
) -> None:
    for number, source in enumerate(sources):
        for key, said in source:
            first = annotation.said.setdefault(key, said)
            if first.text.casefold() == said.text.casefold():
                continue
            conflict = {
                "property": key.value,
                "used": first.text,
                "used_from": first.source,
                "other": said.text,
                "other_from": said.source,
            }
            if first.source == _OWN and number >= _DRAWN_BY_OTHERS:
                noticed.info("PROPERTY_OVERRULED", at, **conflict)
            else:
                noticed.warning("PROPERTY_CONFLICT", at, **conflict)
    _read_call(annotation, element)


def _say_approval_read(node: Node, notes: Iterable[str], noticed: Noticed) -> None:
    """Plain text that makes an approval of a step, or that may have been meant to, is shown to the owner."""
    said = node.annotation.said.get(Property.APPROVAL)
    if node.type not in HUMAN_TASKS:
        return
    if said is None:
        for line in (line for text in (node.documentation, *notes) for line in unclear_approvals(text)):
            noticed.warning("APPROVAL_LINE_UNCLEAR", node, text=line)
    elif said.source in PLAIN_TEXT and approval_rule(said.text) is not None:
        noticed.info("APPROVAL_FROM_LINE", node, text=said.text)


def _read_form(node: Node, element: etree._Element, forms: Forms, noticed: Noticed) -> None:
    """The fields of a step, of its own or of the form that it names, and what of them cannot be had."""
    form = read_fields(element)
    if not form.fields and node.type in HUMAN_TASKS:
        named = named_form(element, forms)
        form = ReadForm(named.fields, [*form.problems, *named.problems])
    if node.type is NodeType.START and form.fields:
        noticed.warning("START_FORM_LEFT_OUT", node, fields=", ".join(one.label for one in form.fields))
        return
    node.annotation.fields = form.fields
    notices = {"error": noticed.error, "warning": noticed.warning, "info": noticed.info}
    for problem in form.problems:
        notices[problem.severity](problem.code, node, **problem.params)
    circle = in_order(form.fields)[1]
    if circle:
        noticed.error("FIELD_CIRCLE", node, fields=", ".join(circle))


def _standard(node: Node, noticed: Noticed) -> None:
    """Who does it and its stage as they are drawn. A line of text counts before the drawing, and both are shown."""
    pool = node.scope.process.pool
    drawn = [(Property.RESPONSIBLE, Said(node.lanes[-1], "lane"))] if node.lanes else []
    drawn += [(Property.STAGE, Said(node.groups[-1], "group"))] if node.groups else []
    for key, said in drawn:
        first = node.annotation.said.setdefault(key, said)
        if first.source in PLAIN_TEXT and first.text.casefold() != said.text.casefold():
            conflict = {"used": first.text, "used_from": first.source, "other": said.text, "other_from": said.source}
            noticed.warning("PROPERTY_CONFLICT", node, property=key.value, **conflict)
    if pool and not node.lanes:
        node.annotation.said.setdefault(Property.RESPONSIBLE, Said(pool, "pool"))


def _read_call(annotation: Annotation, element: etree._Element) -> None:
    for key, value in element.attrib.items():
        name = str(key).rsplit("}", 1)[-1]
        if str(key).startswith("{") and name in _RESULT_ATTRIBUTES:
            annotation.result_variable = str(value).strip()


def _read_script(annotation: Annotation, element: etree._Element) -> None:
    script = child(element, "script")
    if script is not None:
        annotation.script = text_of(script)
        annotation.script_language = attribute(element, "scriptFormat")
    for extension in extensions(element):
        if local(extension) == "script" and attribute(extension, "expression"):
            variable = attribute(extension, "resultVariable") or annotation.result_variable
            expression = attribute(extension, "expression").removeprefix("=")
            annotation.script = f"{variable} = {expression}" if variable else ""
            annotation.script_language = "feel"
