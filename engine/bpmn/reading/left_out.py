"""What other engines know of a step and this one does not do: said once for each step, so that nobody relies on it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.map_model import AUTOMATED_TASKS, SUB_PROCESSES, Node, NodeType
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.decision_calls import camunda_parameters, zeebe_mapping
from engine.bpmn.reading.elements import (
    attribute,
    child,
    children,
    extensions,
    local,
    name_of,
    namespace,
    text_of,
    vendor,
)

_ENGINES = frozenset({"camunda", "flowable", "activiti", "zeebe", "drools"})
_ATTRIBUTES = frozenset({"priority", "followUpDate", "skipExpression"})
_ELEMENTS = frozenset(
    {"taskListener", "executionListener", "taskListeners", "executionListeners", "priorityDefinition"}
)
_MAPPED = AUTOMATED_TASKS | {NodeType.TASK}  # where inputs and outputs are read, if the task is done by a program
_INPUTS = frozenset({"NotStartedNotify", "NotStartedReassign"})


def say_left_out(node: Node, element: etree._Element, noticed: Noticed) -> None:
    found = sorted(set(_left_out(element)))
    if found:
        noticed.info("VENDOR_LEFT_OUT", node, what=", ".join(found))
    if node.type not in _MAPPED:
        computed = dict.fromkeys(_computed(node, element))
        if computed:
            noticed.warning("VALUES_LEFT_OUT", node, values=", ".join(computed))


def _computed(node: Node, element: etree._Element) -> Iterator[str]:
    """The variables that another engine would write here, those aside that keep their name and their value.

    What goes into a step of a person is known to that step alone there: it decides nothing.
    """
    inputs, outputs, unclear = camunda_parameters(element)
    inputs_of_zeebe, outputs_of_zeebe = zeebe_mapping(element)
    inner = node.type in SUB_PROCESSES or node.type is NodeType.CALL_ACTIVITY
    for name, source in (
        *((*inputs.items(), *inputs_of_zeebe.items()) if inner else ()),
        *outputs.items(),
        *outputs_of_zeebe.items(),
        *_passed_to_called(element),
        *_standard_outputs(element),
    ):
        if name and source.strip("=#${} \t\n") != name:
            yield name
    if unclear:
        yield unclear


def _passed_to_called(element: etree._Element) -> Iterator[tuple[str, str]]:
    for extension in extensions(element):
        if vendor(namespace(extension)) in _ENGINES and local(extension) in ("in", "out"):
            yield (
                attribute(extension, "target"),
                attribute(extension, "source") or attribute(extension, "sourceExpression"),
            )


def _standard_outputs(element: etree._Element) -> Iterator[tuple[str, str]]:
    """What the standard's own outputs write: a value that is worked out, or an output under another name.

    An output that goes to a document on the drawing is no variable.
    """
    holder = child(element, "ioSpecification")
    drawn = children(holder, "dataOutput") if holder is not None else ()
    outputs, variables = {attribute(one, "id"): name_of(one) for one in drawn}, _variables(element)
    for association in children(element, "dataOutputAssociation"):
        assignments = list(children(association, "assignment"))
        for assignment in assignments:
            yield text_of(child(assignment, "to")), text_of(child(assignment, "from"))
        target, source = text_of(child(association, "targetRef")), text_of(child(association, "sourceRef"))
        if not assignments and target in variables and outputs.get(source):
            yield variables[target], outputs[source]


def _variables(element: etree._Element) -> dict[str, str]:
    """The names of the process variables that ``element`` can write, by id."""
    return {
        attribute(one, "id"): name_of(one) or attribute(one, "id")
        for around in element.iterancestors()
        for one in children(around, "property")
    }


def _left_out(element: etree._Element) -> Iterator[str]:
    yield from _attributes(element)
    for extension in extensions(element):
        if vendor(namespace(extension)) not in _ENGINES:
            continue
        if local(extension) in _ELEMENTS:
            yield local(extension)
        elif local(extension) == "taskSchedule" and extension.get("followUpDate"):
            yield "followUpDate"
    for holder in children(element, "ioSpecification"):
        names = {part.get("id"): part.get("name") for part in children(holder, "dataInput")}
        for association in children(element, "dataInputAssociation"):
            target = "".join(text_of(part) for part in children(association, "targetRef"))
            if names.get(target) in _INPUTS and "@[" in "".join(map(text_of, children(association, "assignment"))):
                yield names.get(target) or ""


def _attributes(element: etree._Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        uri, _, name = str(key).removeprefix("{").rpartition("}")
        if uri and name in _ATTRIBUTES and str(value).strip() and vendor(uri) in _ENGINES:
            yield name
