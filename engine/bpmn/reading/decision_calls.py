"""Which decision an activity makes, as Camunda, Zeebe, Flowable and the product itself write it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.dmn.model import ResultShape
from engine.bpmn.map_model import DecisionCall
from engine.bpmn.reading.elements import attribute, extensions, local, namespace, text_of, vendor

_SHAPES = {
    "": ResultShape.RESULT_LIST,  # what Camunda does where nothing is chosen
    **{
        shape.value: shape
        for shape in (
            ResultShape.SINGLE_ENTRY,
            ResultShape.SINGLE_RESULT,
            ResultShape.COLLECT_ENTRIES,
            ResultShape.RESULT_LIST,
        )
    },
}
_TABLE_FIELD = "decisionTableReferenceKey"


def read_decision_call(element: etree._Element) -> DecisionCall | None:
    """The decision that the element names, or None. Without a reference of its own a task may be matched by name."""
    said = {vendor(uri): name_and_value for uri, name_and_value in _vendor_attributes(element)}
    own, camunda = said.get("reglament", {}), said.get("camunda", {})
    if own.get("decision"):
        return _with_variable(own["decision"], own.get("resultVariable", ""), ResultShape.STANDARD)
    if camunda.get("decisionRef"):
        shape = _SHAPES.get(camunda.get("mapDecisionResult", ""), ResultShape.RESULT_LIST)
        inputs, outputs, unread = camunda_parameters(element)
        call = _with_variable(camunda["decisionRef"], camunda.get("resultVariable", ""), shape)
        return DecisionCall(call.reference, call.shape, call.result_variable, inputs, outputs, unread=unread)
    for extension in extensions(element):
        if vendor(namespace(extension)) == "zeebe" and local(extension) == "calledDecision":
            call = _with_variable(
                attribute(extension, "decisionId"), attribute(extension, "resultVariable"), ResultShape.STANDARD
            )
            inputs, outputs = zeebe_mapping(element)
            return DecisionCall(
                call.reference, call.shape, call.result_variable, inputs, outputs, only_outputs=bool(outputs)
            )
        if vendor(namespace(extension)) in {"flowable", "activiti"} and attribute(extension, "name") == _TABLE_FIELD:
            return DecisionCall(attribute(extension, "stringValue") or text_of(extension))
    return None


def _with_variable(reference: str, variable: str, shape: ResultShape) -> DecisionCall:
    """Without a variable for its result, a decision gives each output under its own name."""
    return DecisionCall(reference, shape if variable else ResultShape.OUTPUTS, variable)


def _vendor_attributes(element: etree._Element) -> Iterator[tuple[str, dict[str, str]]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in element.attrib.items():
        uri, _, name = str(key).removeprefix("{").rpartition("}")
        if uri:
            found.setdefault(uri, {})[name] = str(value).strip()
    yield from found.items()


def camunda_parameters(element: etree._Element) -> tuple[dict[str, str], dict[str, str], str]:
    """Camunda's inputs and outputs; the third is the name of one that is no plain text (a script, a list)."""
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for extension in extensions(element):
        if vendor(namespace(extension)) != "camunda" or local(extension) != "inputOutput":
            continue
        for parameter in extension:
            into = {"inputParameter": inputs, "outputParameter": outputs}.get(local(parameter))
            name = attribute(parameter, "name")
            if into is None:
                continue
            if len(parameter):
                return inputs, outputs, name
            into[name] = _expression(text_of(parameter), marks=("${", "#{"))
    return inputs, outputs, ""


def zeebe_mapping(element: etree._Element) -> tuple[dict[str, str], dict[str, str]]:
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for extension in extensions(element):
        if vendor(namespace(extension)) == "zeebe" and local(extension) == "ioMapping":
            for pair in extension:
                into = {"input": inputs, "output": outputs}.get(local(pair))
                if into is not None:
                    into[attribute(pair, "target")] = _expression(attribute(pair, "source"), marks=("=",))
    return inputs, outputs


def _expression(text: str, *, marks: tuple[str, ...]) -> str:
    """The text itself where it is marked as an expression, else an expression that gives the text."""
    return text if text.startswith(marks) else "=" + json.dumps(text, ensure_ascii=False)
