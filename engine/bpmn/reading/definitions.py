"""What events refer to: messages, signals, errors, escalations and shared event definitions of one file."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.compiled import TimerKind
from engine.bpmn.map_model import EventDefinition, EventKind
from engine.bpmn.reading.elements import (
    attribute,
    child,
    children,
    extensions,
    is_true,
    local,
    name_of,
    short_reference,
    text_of,
)

_DEFINITION_SUFFIX = "EventDefinition"
_KINDS = {kind.value: kind for kind in EventKind}
_TIMERS = {
    "timeDate": TimerKind.DATE,
    "timeDuration": TimerKind.DURATION,
    "timeCycle": TimerKind.CYCLE,
}
_REFERENCES = {
    EventKind.MESSAGE: "messageRef",
    EventKind.SIGNAL: "signalRef",
    EventKind.ERROR: "errorRef",
    EventKind.ESCALATION: "escalationRef",
}
_REFERRED = frozenset({"message", "signal", "error", "escalation"})


@dataclass(slots=True)
class References:
    """The elements of a file that others refer to by id."""

    by_id: dict[str, etree._Element] = field(default_factory=dict)
    expression_language: str = ""

    def find(self, reference: str) -> etree._Element | None:
        if not reference:
            return None
        found = self.by_id.get(reference)
        return found if found is not None else self.by_id.get(short_reference(reference))


def read_references(definitions: etree._Element) -> References:
    references = References(expression_language=attribute(definitions, "expressionLanguage"))
    for element in children(definitions):
        if local(element) in _REFERRED or local(element).endswith(_DEFINITION_SUFFIX):
            references.by_id.setdefault(attribute(element, "id"), element)
    return references


def read_events(element: etree._Element, references: References) -> list[EventDefinition]:
    """The event definitions of an event, its own and the shared ones that it refers to."""
    events: list[EventDefinition] = []
    for part in children(element):
        if local(part).endswith(_DEFINITION_SUFFIX):
            events.append(_read_event(part, references))
        elif local(part) == "eventDefinitionRef":
            shared = references.find(text_of(part))
            if shared is not None:
                events.append(_read_event(shared, references))
            else:
                events.append(EventDefinition(EventKind.UNKNOWN, reference=text_of(part)))
    return events


def message_of(element: etree._Element, references: References) -> EventDefinition:
    """The message that a send or receive task refers to."""
    return _named_event(EventKind.MESSAGE, element, references)


def _read_event(element: etree._Element, references: References) -> EventDefinition:
    name = local(element).removesuffix(_DEFINITION_SUFFIX)
    kind = _KINDS.get(name, EventKind.UNKNOWN)
    if kind in _REFERENCES:
        return _named_event(kind, element, references)
    event = EventDefinition(kind, id=attribute(element, "id"), reference=name if kind is EventKind.UNKNOWN else "")
    if kind is EventKind.TIMER:
        _read_timer(event, element)
    elif kind is EventKind.CONDITIONAL:
        condition = child(element, "condition")
        event.text = text_of(condition)
        event.language = attribute(condition, "language") if condition is not None else ""
        event.language = event.language or references.expression_language
    elif kind is EventKind.COMPENSATE:
        event.reference = attribute(element, "activityRef")
        event.waits = element.get("waitForCompletion") is None or is_true(element.get("waitForCompletion"))
    elif kind is EventKind.LINK:
        event.name = name_of(element)
        event.target = text_of(child(element, "target"))
    return event


def _read_timer(event: EventDefinition, element: etree._Element) -> None:
    """The standard allows one value; of several the first that says something counts."""
    said = [(_TIMERS[local(part)], text_of(part)) for part in children(element, *_TIMERS)]
    filled = [one for one in said if one[1]]
    if said:
        event.timer_kind, event.text = (filled or said[-1:])[0]
    event.other_text = ", ".join(text for _, text in filled[1:])


def _named_event(kind: EventKind, element: etree._Element, references: References) -> EventDefinition:
    reference = attribute(element, _REFERENCES[kind])
    event = EventDefinition(kind, id=attribute(element, "id"), reference=reference)
    found = references.find(reference)
    if found is None:
        return event
    code = attribute(found, f"{kind}Code") if kind in (EventKind.ERROR, EventKind.ESCALATION) else ""
    event.name = code or name_of(found) or attribute(found, "id")
    event.correlation = _correlation(found)
    return event


def _correlation(message: etree._Element) -> dict[str, str]:
    for extension in extensions(message):
        key = attribute(extension, "correlationKey")
        if local(extension) == "subscription" and key:
            return {"key": key}
        if local(extension) == "correlation" and attribute(extension, "name"):
            return {attribute(extension, "name"): attribute(extension, "value")}
    return {}
