"""One random change of an XML tree that keeps it well-formed: what a broken tool or a careless hand could write."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET  # our own fixtures, before they are damaged

_MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_TAGS = [
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
    "sequenceFlow",
    "association",
    "group",
    "lane",
    "laneSet",
    "participant",
    "process",
    "collaboration",
    "textAnnotation",
    "documentation",
    "extensionElements",
    "dataObject",
    "timerEventDefinition",
    "messageEventDefinition",
    "signalEventDefinition",
    "linkEventDefinition",
    "compensateEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
    "cancelEventDefinition",
    "terminateEventDefinition",
    "conditionalEventDefinition",
    "conditionExpression",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
]
_ATTRIBUTES = [
    "id",
    "name",
    "sourceRef",
    "targetRef",
    "default",
    "attachedToRef",
    "cancelActivity",
    "triggeredByEvent",
    "isForCompensation",
    "isInterrupting",
    "startQuantity",
    "completionQuantity",
    "isExecutable",
    "processRef",
    "bpmnElement",
    "calledElement",
    "parallelMultiple",
    "ordering",
    "messageRef",
    "signalRef",
    "errorRef",
    "escalationRef",
    "activityRef",
    "categoryValueRef",
    "gatewayDirection",
    "isSequential",
    "behavior",
    "loopMaximum",
    "testBefore",
    "instantiate",
    "x",
    "y",
    "width",
    "height",
]
_VENDOR_ATTRIBUTES = [
    _CAMUNDA + name
    for name in ("assignee", "candidateGroups", "dueDate", "followUpDate", "priority", "collection", "decisionRef")
]
_VALUES = (
    *(
        "",
        " ",
        "true",
        "false",
        "1",
        "0",
        "-1",
        "999999999999",
        "NaN",
        "1e308",
        "None",
        "start",
        "end",
        "Start",
        "Root",
    ),
    *(
        "a b",
        "ні",
        "\u200f",
        "%(x)s",
        "%s",
        "<b>",
        "${x}",
        "=1/0",
        "=x.y.z",
        "P1D",
        "R/PT0S",
        "PT0S",
        "P9999Y",
        "3 р.д.",
    ),
    *("до 18:00", "=deal.close_date - 3 р.д.", "x" * 3000, "ns:x", "#{", "true()", "Погоджено", "a.BoundaryEventSplit"),
)
_PARTS = (
    "<multiInstanceLoopCharacteristics><loopCardinality>1000000000</loopCardinality></multiInstanceLoopCharacteristics>",
    "<multiInstanceLoopCharacteristics isSequential='true'/>",
    "<standardLoopCharacteristics testBefore='true'><loopCondition>true</loopCondition></standardLoopCharacteristics>",
    "<timerEventDefinition><timeCycle>R/PT1S</timeCycle></timerEventDefinition>",
    "<timerEventDefinition/>",
    "<messageEventDefinition messageRef='m'/>",
    "<conditionalEventDefinition><condition>x &gt; 1</condition></conditionalEventDefinition>",
    "<compensateEventDefinition/>",
    "<linkEventDefinition name='a'/>",
    "<terminateEventDefinition/>",
    "<conditionExpression>amount &gt; 5 and f(x)</conditionExpression>",
    "<documentation>Термін: 3 р.д.\nВідповідальний: юрист</documentation>",
    "<boundaryEvent id='bbb' attachedToRef='t'><errorEventDefinition/></boundaryEvent>",
    "<subProcess id='sss'><startEvent id='s1'/></subProcess>",
    "<subProcess id='eee' triggeredByEvent='1'><startEvent id='s2'><signalEventDefinition/></startEvent></subProcess>",
    "<sequenceFlow id='fff' sourceRef='t' targetRef='t'/>",
    "<task id='ttt' isForCompensation='true'/>",
    "<dataInputAssociation><sourceRef>a</sourceRef><targetRef>b</targetRef></dataInputAssociation>",
    "<potentialOwner><resourceRef>a</resourceRef></potentialOwner>",
)
_REFERENCE = re.compile(r"(Ref|Element|default|incoming|outgoing)$")

Chance = random.Random


def mutate_tree(root: ET.Element, chance: Chance) -> None:
    """Change one thing below ``root``."""
    chance.choice(_CHANGES)(root, chance)


def _any(root: ET.Element, chance: Chance) -> ET.Element:
    return chance.choice(list(root.iter()))


def _with_parent(root: ET.Element, chance: Chance) -> tuple[ET.Element, ET.Element] | None:
    pairs = [(parent, child) for parent in root.iter() for child in parent]
    return chance.choice(pairs) if pairs else None


def _drop(root: ET.Element, chance: Chance) -> None:
    if found := _with_parent(root, chance):
        found[0].remove(found[1])


def _double(root: ET.Element, chance: Chance) -> None:
    if found := _with_parent(root, chance):
        found[0].append(copy.deepcopy(found[1]))


def _move(root: ET.Element, chance: Chance) -> None:
    found = _with_parent(root, chance)
    if found is None:
        return
    parent, child = found
    parent.remove(child)
    _any(root, chance).insert(0, child)


def _around(root: ET.Element, chance: Chance) -> None:
    """A frame around one element."""
    if found := _with_parent(root, chance):
        parent, child = found
        at = list(parent).index(child)
        parent.remove(child)
        frame = ET.Element(
            _MODEL + chance.choice(("subProcess", "transaction", "adHocSubProcess", "process")), id="around"
        )
        frame.append(child)
        parent.insert(at, frame)


def _dissolve(root: ET.Element, chance: Chance) -> None:
    """What is inside an element stands beside it."""
    if found := _with_parent(root, chance):
        parent, child = found
        parent.extend(list(child))
        parent.remove(child)


def _other_kind(root: ET.Element, chance: Chance) -> None:
    _any(root, chance).tag = _MODEL + chance.choice(_TAGS)


def _other_kind_throughout(root: ET.Element, chance: Chance) -> None:
    old, new = _any(root, chance).tag, _MODEL + chance.choice(_TAGS)
    for element in list(root.iter(old)):
        element.tag = new


def _odd_attribute(root: ET.Element, chance: Chance) -> None:
    _any(root, chance).set(chance.choice((*_ATTRIBUTES, *_VENDOR_ATTRIBUTES)), chance.choice(_VALUES))


def _lose_attribute(root: ET.Element, chance: Chance) -> None:
    element = _any(root, chance)
    if element.attrib:
        del element.attrib[chance.choice(sorted(element.attrib))]


def _references(root: ET.Element) -> list[tuple[ET.Element, str | None]]:
    """Attributes, and texts (None), that name another element."""
    found: list[tuple[ET.Element, str | None]] = []
    for element in root.iter():
        found += [(element, key) for key in element.attrib if _REFERENCE.search(key)]
        if _REFERENCE.search(str(element.tag)):
            found.append((element, None))
    return found


def _other_reference(root: ET.Element, chance: Chance) -> None:
    """To another element, to itself, or to nothing."""
    references = _references(root)
    if not references:
        return
    element, key = chance.choice(references)
    ids = [one.get("id", "") for one in root.iter() if one.get("id")]
    wanted = chance.choice((*chance.sample(ids, min(3, len(ids))), element.get("id", ""), "nothing", "ns:nothing", ""))
    if key is None:
        element.text = wanted
    else:
        element.set(key, wanted)


def _same_id(root: ET.Element, chance: Chance) -> None:
    named = [one for one in root.iter() if one.get("id")]
    if named:
        chance.choice(named).set("id", chance.choice(named).get("id", ""))


def _odd_text(root: ET.Element, chance: Chance) -> None:
    _any(root, chance).text = chance.choice(_VALUES)


def _part(root: ET.Element, chance: Chance) -> None:
    model = _MODEL[1:-1]
    part = ET.fromstring(f'<a xmlns="{model}">{chance.choice(_PARTS)}</a>')[0]  # noqa: S314  # from the list above
    _any(root, chance).append(part)


_CHANGES: tuple[Callable[[ET.Element, Chance], None], ...] = (
    _drop,
    _double,
    _move,
    _around,
    _dissolve,
    _other_kind,
    _other_kind,
    _other_kind_throughout,
    _odd_attribute,
    _odd_attribute,
    _lose_attribute,
    _other_reference,
    _other_reference,
    _same_id,
    _odd_text,
    _part,
    _part,
)
