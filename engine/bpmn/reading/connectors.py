"""Which call a task makes: the pairs that its owner put on it, and the topics of other engines' workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.reading.decision_calls import camunda_parameters, zeebe_mapping
from engine.bpmn.reading.elements import attribute, extensions, local, namespace, vendor
from engine.bpmn.reading.property_keys import folded

_WORDS: Mapping[str, tuple[str, ...]] = {
    "connector": ("connector", "конектор"),
    "topic": ("topic", "черга"),
    "method": ("method", "метод"),
    "url": ("url", "адреса"),
    "body": ("body", "тіло"),
    "to": ("to", "кому"),
    "subject": ("subject", "тема"),
    "text": ("text", "текст"),
    "map": ("map", "карта"),
    "title": ("title", "назва"),
    "retries": ("retries", "повтори"),
    "retry_after": ("retry_after", "повтор_через"),
}
_DOTTED: Mapping[str, tuple[str, ...]] = {
    "header": ("header", "заголовок"),
    "input": ("input", "вхід"),
    "result": ("result", "результат"),
    "set": ("set", "поле"),
}
_BY_WORD = {word: key for key, words in _WORDS.items() for word in words}
_BY_PREFIX = {word: key for key, words in _DOTTED.items() for word in words}
_CARRIERS = frozenset({"reglament", "camunda", "zeebe", "spiffworkflow", "flowable", "activiti"})
_OWN_ELEMENT = "connector"


def read_connector(element: etree._Element) -> dict[str, str]:
    """What stands on the element about a call, by the product's own keys; what the product wrote itself goes first.

    A key such as ``header.Accept`` keeps what follows its first dot as it is written.
    """
    found: dict[str, str] = {}
    for name, value in (*_own(element), *_pairs(element, own=True), *_pairs(element, own=False)):
        key = connector_key(name)
        if key is not None and value.strip():
            found.setdefault(key, value.strip())
    return found


def connector_key(name: str) -> str | None:
    """The own name of a connector's key, from its English or Ukrainian word; None for a foreign word."""
    prefix, dot, rest = name.strip().partition(".")
    if dot:
        known = _BY_PREFIX.get(folded(prefix))
        return f"{known}.{rest.strip()}" if known is not None and rest.strip() else None
    return _BY_WORD.get(folded(prefix))


def read_topic(element: etree._Element) -> str:
    """The topic or type under which workers of another engine would fetch the task; empty when it names none."""
    for key, value in element.attrib.items():
        uri, _, name = str(key).removeprefix("{").rpartition("}")
        if name == "topic" and vendor(uri) in {"camunda", "flowable", "activiti"}:
            return str(value).strip()
    for extension in extensions(element):
        if local(extension) == "taskDefinition" and vendor(namespace(extension)) == "zeebe":
            return attribute(extension, "type")
    return ""


def read_mapping(element: etree._Element) -> tuple[dict[str, str], dict[str, str]]:
    """What goes to the worker and what is taken from its answer, as Camunda or Zeebe write it: expressions by name."""
    inputs, outputs, unread = camunda_parameters(element)
    if unread:
        return {}, {}
    of_zeebe = zeebe_mapping(element)
    return inputs | of_zeebe[0], outputs | of_zeebe[1]


def _own(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Attributes of the element in the product's namespace, and an element ``reglament:connector type="…"``."""
    for key, value in element.attrib.items():
        uri, _, name = str(key).removeprefix("{").rpartition("}")
        if vendor(uri) == "reglament":
            yield name, str(value)
    for extension in extensions(element):
        if vendor(namespace(extension)) == "reglament" and local(extension) == _OWN_ELEMENT:
            for key, value in extension.attrib.items():
                yield ("connector" if str(key) == "type" else str(key)), str(value)


def _pairs(element: etree._Element, *, own: bool) -> Iterator[tuple[str, str]]:
    for extension in extensions(element):
        if vendor(namespace(extension)) not in _CARRIERS or local(extension) not in ("properties", "property"):
            continue
        for part in (extension, *extension.iterchildren()):
            if local(part) == "property" and (vendor(namespace(part)) == "reglament") is own:
                value = part.get("value")
                yield attribute(part, "name"), value if value is not None else (part.text or "")
