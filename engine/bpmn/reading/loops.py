"""How often an activity runs: multi-instance and standard loop characteristics, as drawn."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.map_model import Loop
from engine.bpmn.reading.elements import attribute, child, extensions, is_true, text_of

_COLLECTION_ATTRIBUTES = ("collection", "inputCollection")
_ITEM_ATTRIBUTES = ("elementVariable", "inputElement")
_OUTPUT_ATTRIBUTE = "outputCollection"
_RESULT_ATTRIBUTE = "outputElement"


def read_loop(element: etree._Element, default_language: str) -> Loop | None:
    multiple = child(element, "multiInstanceLoopCharacteristics")
    if multiple is not None:
        return _multi_instance(multiple, default_language)
    standard = child(element, "standardLoopCharacteristics")
    if standard is None:
        return None
    condition = child(standard, "loopCondition")
    return Loop(
        multiple=False,
        condition=text_of(condition),
        language=_language(condition, default_language),
        test_before=is_true(standard.get("testBefore")),
        maximum=attribute(standard, "loopMaximum"),
    )


def _multi_instance(element: etree._Element, default_language: str) -> Loop:
    cardinality, completion = child(element, "loopCardinality"), child(element, "completionCondition")
    loop = Loop(
        multiple=True,
        sequential=is_true(element.get("isSequential")),
        throws=attribute(element, "behavior") not in ("", "All"),
        cardinality=text_of(cardinality),
        condition=text_of(completion),
        language=_language(completion if completion is not None else cardinality, default_language),
    )
    for holder in (element, *extensions(element)):
        for key, value in holder.attrib.items():
            name = str(key).rsplit("}", 1)[-1]
            if name in _COLLECTION_ATTRIBUTES:
                loop.collection = loop.collection or str(value).strip()
            elif name in _ITEM_ATTRIBUTES:
                loop.item_variable = loop.item_variable or str(value).strip()
            elif name == _OUTPUT_ATTRIBUTE:
                loop.output = loop.output or str(value).strip()
            elif name == _RESULT_ATTRIBUTE:
                loop.result = loop.result or str(value).strip()
    reference = text_of(child(element, "loopDataInputRef"))
    if not loop.collection and reference:
        loop.collection = reference
        item = child(element, "inputDataItem")
        loop.item_variable = attribute(item, "id") or attribute(item, "name") if item is not None else ""
    output = text_of(child(element, "loopDataOutputRef"))
    if not loop.output and output:
        loop.output = output
        item = child(element, "outputDataItem")
        loop.result = attribute(item, "id") or attribute(item, "name") if item is not None else ""
    return loop


def _language(element: etree._Element | None, default: str) -> str:
    return (attribute(element, "language") if element is not None else "") or default
