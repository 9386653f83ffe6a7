"""The smallest drawing of each BPMN element at each place that it can stand in. The element itself is always ``x``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from support.decision_tables import dmn
from support.decision_tables import table as decision_table
from support.drawn_maps import END, START, bag, chain, drawn, element, flow, step

ROOTS = (
    '<message id="m" name="Лист"/><signal id="s" name="Тривога"/><error id="e" name="Зламано" errorCode="broken"/>'
    '<escalation id="l" name="Пізно" escalationCode="late"/><globalUserTask id="task" name="Спільний крок"/>'
    '<globalTask id="task2"/><globalManualTask id="task3"/><globalScriptTask id="task4"/>'
    '<globalBusinessRuleTask id="task5"/><dataStore id="store"/>'
    '<process id="other"><startEvent id="os"/><userTask id="ot"/><userTask id="ou"/><endEvent id="oe"/>'
    '<sequenceFlow id="o1" sourceRef="os" targetRef="ot"/><sequenceFlow id="o2" sourceRef="ot" targetRef="ou"/>'
    '<sequenceFlow id="o3" sourceRef="ou" targetRef="oe"/></process>'
)
DEFINITIONS = {
    "messageEventDefinition": '<messageEventDefinition messageRef="m"/>',
    "timerEventDefinition": "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
    "signalEventDefinition": '<signalEventDefinition signalRef="s"/>',
    "errorEventDefinition": '<errorEventDefinition errorRef="e"/>',
    "escalationEventDefinition": '<escalationEventDefinition escalationRef="l"/>',
    "conditionalEventDefinition": (
        "<conditionalEventDefinition><condition>deal.amount &gt; 5</condition></conditionalEventDefinition>"
    ),
    "compensateEventDefinition": "<compensateEventDefinition/>",
    "cancelEventDefinition": "<cancelEventDefinition/>",
    "terminateEventDefinition": "<terminateEventDefinition/>",
    "linkEventDefinition": '<linkEventDefinition name="Далі"/>',
}
MESSAGE_OR_TIMER = DEFINITIONS["messageEventDefinition"] + DEFINITIONS["timerEventDefinition"]
SIGNAL_AND_ESCALATION = DEFINITIONS["signalEventDefinition"] + DEFINITIONS["escalationEventDefinition"]
LINE = chain("start", "t", "x", "u", "end")
INSIDE = '<startEvent id="is"/>' + step("it") + '<endEvent id="ie"/>' + chain("is", "it", "ie")
BOTH_STEPS = step("t") + step("u")


@dataclass(frozen=True, slots=True)
class Drawing:
    """``parts`` of the process ``sale``, between its start and its end; ``outside`` stands beside the process.

    ``tables`` is a file of decision tables that comes with it.
    """

    parts: tuple[str, ...]
    outside: str = ROOTS
    tables: bytes = b""

    @property
    def body(self) -> tuple[str, ...]:
        return (START, *self.parts, END) if self.parts else ()

    def file(self) -> bytes:
        return drawn(*self.body, around=self.outside)

    def files(self) -> dict[str, bytes]:
        return {"x.bpmn": self.file(), **({"x.dmn": self.tables} if self.tables else {})}


def _on_the_way(tag: str, inner: str = "", **attributes: str) -> Drawing:
    """start → t → x → u → end."""
    return Drawing((BOTH_STEPS, element(tag, "x", "Елемент", inner, **attributes), LINE))


class _OwnStart(Drawing):
    """It brings its own start event."""

    __slots__ = ()

    @property
    def body(self) -> tuple[str, ...]:
        return (*self.parts, END)


def _begins_with(definitions: str, **attributes: str) -> Drawing:
    return _OwnStart(
        (
            BOTH_STEPS + step("v"),
            element("startEvent", "x", "Початок", definitions, **attributes),
            chain("x", "t", "u", "v", "end"),
        )
    )


def _throwing_part(definitions: str = "") -> str:
    inner = '<startEvent id="is"/>' + step("it") + element("endEvent", "ie", "", definitions) + chain("is", "it", "ie")
    return element("subProcess", "part", "Частина", inner)


_RAISED = ("errorEventDefinition", "escalationEventDefinition")


def _handler(name: str, definitions: str = "", **attributes: str) -> Drawing:
    """x starts an event sub-process; what is raised is raised beside it."""
    started = definitions or DEFINITIONS[name]
    inside = element("startEvent", "x", "Сталося", started, **attributes) + step("h") + chain("x", "h")
    thrown = DEFINITIONS[name] if name in _RAISED else ""
    return Drawing(
        (
            step("t"),
            _throwing_part(thrown),
            chain("start", "part", "t", "end"),
            element("subProcess", "ev", "Подія", inside, triggeredByEvent="true"),
        )
    )


def _border(name: str, definitions: str = "", **attributes: str) -> Drawing:
    happens = definitions or DEFINITIONS.get(name, "")
    return Drawing(
        (
            step("t"),
            step("u"),
            _throwing_part(DEFINITIONS[name] if name in _RAISED else ""),
            element("boundaryEvent", "x", "Сталося", happens, attachedToRef="part", **attributes),
            chain("start", "part", "t", "end"),
            chain("x", "u", "end"),
        )
    )


def _between(tag: str, definitions: str = "", **attributes: str) -> Drawing:
    return _on_the_way(tag, definitions, **attributes)


def _at_the_end(definitions: str, around: str = "") -> Drawing:
    end = element("endEvent", "x", "Кінець", definitions)
    if not around:
        return Drawing((BOTH_STEPS + step("v"), end, chain("start", "t", "u", "v", "x")))
    inside = '<startEvent id="is"/>' + step("it") + end + chain("is", "it", "x")
    border = element("boundaryEvent", "b", "Сталося", definitions, attachedToRef="part")
    return Drawing(
        (
            BOTH_STEPS,
            element(around, "part", "Частина", inside),
            border,
            chain("start", "part", "t", "end"),
            chain("b", "u", "end"),
        )
    )


def _undone(name: str, *, called: bool = True) -> Drawing:
    """The compensation event, its handler or what throws it is x, as ``name`` says."""
    event, handler, thrower = ("x" if name == each else each for each in ("event", "handler", "thrower"))
    return Drawing(
        (
            BOTH_STEPS,
            element("boundaryEvent", event, "", DEFINITIONS["compensateEventDefinition"], attachedToRef="t"),
            element("userTask", handler, "Скасувати", isForCompensation="true"),
            element("association", "by", sourceRef=event, targetRef=handler),
            chain("start", "t", "u"),
            element("intermediateThrowEvent", thrower, "", DEFINITIONS["compensateEventDefinition"] if called else ""),
            chain("u", thrower, "end"),
        )
    )


def _undone_inside() -> Drawing:
    """x starts the event sub-process that undoes a sub-process."""
    handler = element("startEvent", "x", "", DEFINITIONS["compensateEventDefinition"]) + step("h") + chain("x", "h")
    inside = INSIDE + element("subProcess", "ev", "", handler, triggeredByEvent="true")
    return Drawing(
        (
            BOTH_STEPS,
            element("subProcess", "part", "", inside),
            element("intermediateThrowEvent", "undo", "", DEFINITIONS["compensateEventDefinition"]),
            chain("start", "part", "t", "undo", "u", "end"),
        )
    )


def _cancelled(name: str) -> Drawing:
    event, end = ("x" if name == each else each for each in ("event", "cancelled"))
    cancel = DEFINITIONS["cancelEventDefinition"]
    inside = '<startEvent id="is"/>' + step("it") + element("endEvent", end, "", cancel) + chain("is", "it", end)
    return Drawing(
        (
            BOTH_STEPS,
            element("transaction", "part", "", inside),
            element("boundaryEvent", event, "", cancel, attachedToRef="part"),
            chain("start", "part", "t", "end"),
            chain(event, "u", "end"),
        )
    )


def _looped(tag: str, inner: str = "", **attributes: str) -> Drawing:
    """A sub-process x that runs several times."""
    return _on_the_way("subProcess", element(tag, "marker", "", inner, **attributes) + INSIDE)


def _split(tag: str, *, conditions: bool) -> Drawing:
    return Drawing(
        (
            BOTH_STEPS,
            element(tag, "x", "Куди?"),
            chain("start", "x"),
            flow("x", "t", "Туди", condition="deal.amount > 5" if conditions else ""),
            flow("x", "u", "Сюди", condition="deal.amount < 9" if conditions else ""),
            chain("t", "end"),
            chain("u", "end"),
        )
    )


def _join(tag: str, inner: str = "") -> Drawing:
    return Drawing(
        (
            BOTH_STEPS,
            '<parallelGateway id="fork"/>',
            element(tag, "x", "Разом", inner),
            step("v"),
            chain("start", "fork"),
            chain("fork", "t", "x"),
            chain("fork", "u", "x"),
            chain("x", "v", "end"),
        )
    )


def _race(*definitions: str, **attributes: str) -> Drawing:
    catches = "".join(
        element("intermediateCatchEvent", f"c{number}", f"Подія {number}", DEFINITIONS[name])
        for number, name in enumerate(definitions)
    )
    return Drawing(
        (
            BOTH_STEPS,
            catches,
            element("eventBasedGateway", "x", "Що станеться?", **attributes),
            chain("start", "x"),
            chain("x", "c0", "t", "end"),
            chain("x", "c1", "u", "end"),
        )
    )


def _link(name: str) -> Drawing:
    throws, catches = ("x" if name == each else each for each in ("throws", "catches"))
    link = DEFINITIONS["linkEventDefinition"]
    return Drawing(
        (
            BOTH_STEPS,
            element("intermediateThrowEvent", throws, "", link),
            element("intermediateCatchEvent", catches, "", link),
            chain("start", "t", throws),
            chain(catches, "u", "end"),
        )
    )


def _beside(part: str) -> Drawing:
    """Something that stands in no path."""
    return Drawing((BOTH_STEPS, part, chain("start", "t", "u", "end")))


def _arrow(condition: str = "", *, default: bool = False) -> Drawing:
    return Drawing(
        (
            BOTH_STEPS,
            element("exclusiveGateway", "g", "", **({"default": "x"} if default else {})),
            chain("start", "g"),
            flow(
                "g", "t", condition="deal.amount > 5" if condition or default else "", flow_id="y" if default else "x"
            ),
            flow("g", "u", condition="" if default else "deal.amount < 9", flow_id="x" if default else "y"),
            chain("t", "end"),
            chain("u", "end"),
        )
    )


def _activities() -> Iterator[tuple[tuple[str, str], Drawing]]:
    for tag in ("task", "userTask", "manualTask", "serviceTask", "sendTask"):
        yield (tag, "–"), _on_the_way(tag)
    for tag in ("serviceTask", "sendTask"):
        yield (tag, "with a connector"), _on_the_way(tag, bag(connector="job", topic="x"))
    decided = _on_the_way("businessRuleTask")
    table = dmn(decision_table(["знижка"], ["межа"], ("> 5", "1"), decision="x"))
    yield ("businessRuleTask", "with a decision table"), replace(decided, tables=table)
    yield ("businessRuleTask", "without one"), decided
    yield ("receiveTask", "–"), _on_the_way("receiveTask", messageRef="m")
    yield ("scriptTask", "assignments"), _on_the_way("scriptTask", "<script>знижка = 5</script>")
    yield ("scriptTask", "anything else"), _on_the_way("scriptTask", "<script>import os</script>")
    yield ("subProcess", "–"), _on_the_way("subProcess", INSIDE)
    yield ("subProcess", "empty"), _on_the_way("subProcess")
    yield (
        ("subProcess", "started by an event"),
        _beside(
            element(
                "subProcess",
                "x",
                "Подія",
                element("startEvent", "hs", "", MESSAGE_OR_TIMER) + step("h") + chain("hs", "h"),
                triggeredByEvent="true",
            )
        ),
    )
    yield ("transaction", "–"), _on_the_way("transaction", INSIDE)
    yield ("adHocSubProcess", "–"), _on_the_way("adHocSubProcess", step("a") + step("b"))
    yield (
        ("adHocSubProcess", "two first steps lead to the same"),
        _on_the_way(
            "adHocSubProcess",
            element("userTask", "a") + step("b") + element("userTask", "x1") + chain("a", "x1") + chain("b", "x1"),
        ),
    )
    yield ("callActivity", "a map that is here"), _on_the_way("callActivity", calledElement="other")
    yield ("callActivity", "anything else"), _on_the_way("callActivity", calledElement="nowhere")
    for number, tag in enumerate(
        ("globalUserTask", "globalTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask")
    ):
        yield (tag, "called"), _on_the_way("callActivity", calledElement=f"task{number + 1}" if number else "task")
    yield (
        ("standardLoopCharacteristics", "a condition"),
        _looped("standardLoopCharacteristics", "<loopCondition>deal.amount &gt; 5</loopCondition>", loopMaximum="3"),
    )
    yield ("standardLoopCharacteristics", "anything else"), _looped("standardLoopCharacteristics")
    yield (
        ("standardLoopCharacteristics", "loopMaximum alone"),
        _looped("standardLoopCharacteristics", loopMaximum="3"),
    )
    for where, sequential in (("parallel", "false"), ("sequential", "true")):
        yield (
            ("multiInstanceLoopCharacteristics", where),
            _looped(
                "multiInstanceLoopCharacteristics", "<loopCardinality>3</loopCardinality>", isSequential=sequential
            ),
        )
    yield (
        ("multiInstanceLoopCharacteristics", "without a number or a list"),
        _looped("multiInstanceLoopCharacteristics"),
    )
    yield (
        ("multiInstanceLoopCharacteristics", "its runs throw events"),
        _looped(
            "multiInstanceLoopCharacteristics",
            "<loopCardinality>3</loopCardinality><complexBehaviorDefinition><condition>true</condition>"
            '<event id="ev"/></complexBehaviorDefinition>',
            behavior="Complex",
        ),
    )
    yield (
        ("implicitThrowEvent", "thrown by the runs of a multi-instance"),
        _looped(
            "multiInstanceLoopCharacteristics",
            "<loopCardinality>3</loopCardinality>",
            behavior="One",
            oneBehaviorEventRef="ev",
        ),
    )
    yield ("an activity with startQuantity or completionQuantity", "not 1"), _on_the_way("userTask", startQuantity="2")
    yield ("an activity with isForCompensation", "called"), _undone("handler")
    yield ("an activity with isForCompensation", "never called"), _undone("handler", called=False)


def _gateways() -> Iterator[tuple[tuple[str, str], Drawing]]:
    for tag in ("exclusiveGateway", "inclusiveGateway"):
        yield (tag, "splits, with conditions"), _split(tag, conditions=True)
        yield (tag, "splits, without conditions"), _split(tag, conditions=False)
        yield (tag, "joins"), _join(tag)
    yield ("parallelGateway", "splits"), _split("parallelGateway", conditions=False)
    yield ("parallelGateway", "joins"), _join("parallelGateway")
    yield ("complexGateway", "splits, with conditions"), _split("complexGateway", conditions=True)
    yield ("complexGateway", "splits, without conditions"), _split("complexGateway", conditions=False)
    rule = "<activationCondition>activationCount &gt;= 2</activationCondition>"
    yield ("complexGateway", "joins by a rule"), _join("complexGateway", rule)
    yield ("complexGateway", "joins without a rule"), _join("complexGateway")
    yield (
        ("eventBasedGateway", "everything comes by itself"),
        _race("timerEventDefinition", "timerEventDefinition"),
    )
    yield (
        ("eventBasedGateway", "something comes from outside"),
        _race("timerEventDefinition", "messageEventDefinition"),
    )
    yield (
        ("eventBasedGateway", "parallel"),
        _race("timerEventDefinition", "timerEventDefinition", eventGatewayType="Parallel"),
    )


_NONE = "no trigger"
_START = "start"
_STARTS_INTERRUPTING = "event sub-process start, interrupting"
_STARTS_BESIDE = "event sub-process start, not interrupting"
_CATCH = "intermediate catch"
_THROW = "intermediate throw"
_BORDER = "boundary, interrupting"
_BORDER_BESIDE = "boundary, not interrupting"
_END = "end"
BESIDE = {"isInterrupting": "false"}
NOT_CANCELLING = {"cancelActivity": "false"}


def _events() -> Iterator[tuple[tuple[str, str], Drawing]]:
    yield (_NONE, _START), _begins_with("")
    yield (_NONE, _THROW), _between("intermediateThrowEvent")
    yield (_NONE, _BORDER), _border("")
    yield (_NONE, _END), _at_the_end("")
    for name in (
        "messageEventDefinition",
        "signalEventDefinition",
        "timerEventDefinition",
        "conditionalEventDefinition",
    ):
        yield (name, _START), _begins_with(DEFINITIONS[name])
        yield (name, _STARTS_INTERRUPTING), _handler(name)
        yield (name, _STARTS_BESIDE), _handler(name, **BESIDE)
        yield (name, _CATCH), _between("intermediateCatchEvent", DEFINITIONS[name])
        yield (name, _BORDER), _border(name)
        yield (name, _BORDER_BESIDE), _border(name, **NOT_CANCELLING)
    for name in ("messageEventDefinition", "signalEventDefinition", "escalationEventDefinition"):
        yield (name, _THROW), _between("intermediateThrowEvent", DEFINITIONS[name])
        yield (name, _END), _at_the_end(DEFINITIONS[name])
    yield ("errorEventDefinition", _STARTS_INTERRUPTING), _handler("errorEventDefinition")
    yield ("errorEventDefinition", _BORDER), _border("errorEventDefinition")
    yield ("errorEventDefinition", "end, handled"), _at_the_end(DEFINITIONS["errorEventDefinition"], "subProcess")
    yield ("errorEventDefinition", "end, not handled"), _at_the_end(DEFINITIONS["errorEventDefinition"])
    yield ("escalationEventDefinition", _STARTS_INTERRUPTING), _handler("escalationEventDefinition")
    yield ("escalationEventDefinition", _STARTS_BESIDE), _handler("escalationEventDefinition", **BESIDE)
    yield ("escalationEventDefinition", _BORDER), _border("escalationEventDefinition")
    yield ("escalationEventDefinition", _BORDER_BESIDE), _border("escalationEventDefinition", **NOT_CANCELLING)
    yield ("compensateEventDefinition", "event sub-process start"), _undone_inside()
    yield ("compensateEventDefinition", "boundary"), _undone("event")
    yield ("compensateEventDefinition", _THROW), _undone("thrower")
    yield ("compensateEventDefinition", _END), _at_the_end(DEFINITIONS["compensateEventDefinition"])
    yield ("cancelEventDefinition", "boundary of a transaction"), _cancelled("event")
    yield ("cancelEventDefinition", "end of a transaction"), _cancelled("cancelled")
    yield ("cancelEventDefinition", "anywhere else"), _at_the_end(DEFINITIONS["cancelEventDefinition"])
    yield ("terminateEventDefinition", _END), _at_the_end(DEFINITIONS["terminateEventDefinition"])
    yield ("linkEventDefinition", _CATCH), _link("catches")
    yield ("linkEventDefinition", _THROW), _link("throws")
    yield ("several triggers", _START), _begins_with(MESSAGE_OR_TIMER)
    yield ("several triggers", _STARTS_INTERRUPTING), _handler("", MESSAGE_OR_TIMER)
    yield ("several triggers", _STARTS_BESIDE), _handler("", MESSAGE_OR_TIMER, **BESIDE)
    yield ("several triggers", _CATCH), _between("intermediateCatchEvent", MESSAGE_OR_TIMER)
    yield ("several triggers", _BORDER), _border("", MESSAGE_OR_TIMER)
    yield ("several triggers", _BORDER_BESIDE), _border("", MESSAGE_OR_TIMER, **NOT_CANCELLING)
    yield ("several triggers", _THROW), _between("intermediateThrowEvent", SIGNAL_AND_ESCALATION)
    yield ("several triggers", _END), _at_the_end(SIGNAL_AND_ESCALATION)
    all_of_them = {"parallelMultiple": "true"}
    yield ("several triggers, all needed", _START), _begins_with(MESSAGE_OR_TIMER, **all_of_them)
    yield ("several triggers, all needed", "event sub-process start"), _handler("", MESSAGE_OR_TIMER, **all_of_them)
    yield (
        ("several triggers, all needed", _CATCH),
        _between("intermediateCatchEvent", MESSAGE_OR_TIMER, **all_of_them),
    )
    yield ("several triggers, all needed", "boundary"), _border("", MESSAGE_OR_TIMER, **all_of_them)


def _everything_else() -> Iterator[tuple[tuple[str, str], Drawing]]:
    yield ("sequenceFlow", "–"), Drawing((BOTH_STEPS, flow("start", "t", flow_id="x"), chain("t", "u", "end")))
    yield ("sequenceFlow", "with a condition, out of a gateway"), _arrow("deal.amount > 5")
    yield (
        ("sequenceFlow", "with a condition, out of a step"),
        Drawing(
            (
                BOTH_STEPS,
                step("v"),
                chain("start", "t", "u", "end"),
                flow("t", "v", condition="deal.amount > 5", flow_id="x"),
                chain("v", "end"),
            )
        ),
    )
    yield ("sequenceFlow", "default"), _arrow(default=True)
    for tag, attributes in (
        ("dataObject", {}),
        ("dataObjectReference", {"dataObjectRef": "d"}),
        ("dataStoreReference", {"dataStoreRef": "store"}),
        ("property", {}),
        ("ioSpecification", {}),
        ("textAnnotation", {}),
        ("group", {}),
    ):
        yield (tag, "–"), _beside(element(tag, "x", **attributes))
    yield ("association", "–"), _beside(element("association", "x", sourceRef="t", targetRef="u"))
    yield (
        ("dataInputAssociation, dataOutputAssociation", "–"),
        Drawing(
            (
                element("userTask", "t", "", element("dataInputAssociation", "x", "", "<targetRef>d</targetRef>")),
                step("u"),
                chain("start", "t", "u", "end"),
            )
        ),
    )
    yield (
        ("laneSet, lane", "–"),
        _beside('<laneSet id="ls"><lane id="x" name="Юрист"><flowNodeRef>t</flowNodeRef></lane></laneSet>'),
    )
    pools = '<participant id="p" processRef="sale"/><participant id="{}" name="Клієнт"/>'
    between = element("messageFlow", "x", sourceRef="t", targetRef="q")
    steps_alone = (BOTH_STEPS, chain("start", "t", "u", "end"))
    yield ("participant", "–"), Drawing(steps_alone, ROOTS + element("collaboration", "c", "", pools.format("x")))
    yield (
        ("messageFlow", "–"),
        Drawing(steps_alone, ROOTS + element("collaboration", "c", "", pools.format("q") + between)),
    )
    for tag in ("choreographyTask", "subChoreography", "callChoreography"):
        yield (tag, "–"), Drawing((), element("choreography", "c", "", element(tag, "x")))
    for tag in ("conversation", "subConversation", "callConversation"):
        yield (tag, "–"), Drawing((), element("collaboration", "c", "", element(tag, "x")))


DRAWINGS: dict[tuple[str, str], Drawing] = dict((*_activities(), *_gateways(), *_events(), *_everything_else()))
