"""What an owner says where nothing listens to it: told, so that no rule of a map is lost in silence.

An approval on a gateway, a deadline on a sub-process, a proof of identity on a step that approves nothing: whoever
wrote it relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.bpmn.compiled import StepKind
from engine.bpmn.executed_tables import result_named
from engine.bpmn.map_model import Located, Node, NodeType, Place, Process, Said
from engine.bpmn.map_properties import Property
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.plain_text import PLAIN_TEXT
from engine.bpmn.repairs.approval_text import approval_rule
from engine.bpmn.yes_or_no import says_no

_APPROVALS = frozenset(
    {Property.APPROVAL, Property.APPROVED_CONTENT, Property.RECALL, Property.CONTENT_SEEN, Property.REASK}
)
_STEPS = frozenset(
    {
        Property.DEADLINE,
        Property.ESCALATION,
        Property.ESCALATE_AFTER,
        Property.REQUIRED,
        Property.FOUR_EYES,
        Property.REAUTHENTICATE,
    }
)
_MAPS = frozenset({Property.DEADLINE, Property.ESCALATION, Property.ESCALATE_AFTER, Property.FREEDOM})
_LOOKED_AT = _APPROVALS | _STEPS | {Property.FREEDOM, Property.RESULT}
_WRITTEN_BY_OWNERS = PLAIN_TEXT | {"reglament"}
_ASKS_FOR_NOTHING: Mapping[Property, Callable[[str], bool]] = {
    Property.APPROVAL: lambda text: approval_rule(text) is None,
    Property.FOUR_EYES: says_no,
    Property.REAUTHENTICATE: says_no,
    Property.RECALL: says_no,
    Property.CONTENT_SEEN: says_no,
    Property.REASK: says_no,
}


def say_what_is_unheard(processes: list[Process], noticed: Noticed) -> None:
    """A warning for each property that stands where it has no effect. Engines' attributes say less, and are left."""
    for process in processes:
        place = Place(process.source_id, process.name or process.pool, process.line, process.file)
        _say(place, process.annotation.said, _MAPS, noticed)
        for node in process.scope.all_nodes():
            if node.like is None and node.source_id:
                heard = _heard_at(node)
                _say(node, node.annotation.said, heard, noticed)
                result = node.annotation.said.get(Property.RESULT)
                if result is None or Property.RESULT not in heard or not result.text:
                    continue
                if result_named(result.text) is None:
                    noticed.warning("RESULT_UNKNOWN", node, text=result.text)


def _heard_at(node: Node) -> frozenset[Property]:
    if node.step is not None:
        heard = _STEPS | {Property.FREEDOM}
        return heard | _APPROVALS if node.step.kind is StepKind.APPROVAL else heard
    if node.type is NodeType.END and _ends_the_deal(node):
        return frozenset({Property.RESULT})
    if node.call is not None:
        return frozenset({Property.DEADLINE})  # said by the repair of calls, in better words
    return frozenset()


def _ends_the_deal(end: Node) -> bool:
    owner = end.scope.owner
    return owner is None or owner.triggered_by_event


def _say(at: Located, said: Mapping[Property, Said], heard: frozenset[Property], noticed: Noticed) -> None:
    for key, one in said.items():
        written = one.source in _WRITTEN_BY_OWNERS or one.source.endswith(":properties")
        if key not in _LOOKED_AT or key in heard or not written:
            continue
        if key in _ASKS_FOR_NOTHING and _ASKS_FOR_NOTHING[key](one.text):
            continue
        noticed.warning("PROPERTY_UNUSED", at, property=key.value, text=one.text)
