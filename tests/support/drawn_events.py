"""Events as tools draw them: their definitions, a handler of each, and what is undone by its handler."""

from __future__ import annotations

from support.drawn_maps import chain, element, step
from support.instance_run import InstanceRun

ROOTS = (
    '<message id="m" name="Скарга"/><signal id="s" name="Тривога"/>'
    '<error id="e" name="Зламано" errorCode="broken"/><escalation id="x" name="Пізно" escalationCode="late"/>'
)
DEFINITIONS = {
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "timer": "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
    "conditional": "<conditionalEventDefinition><condition>deal.amount &gt; 5</condition></conditionalEventDefinition>",
    "error": '<errorEventDefinition errorRef="e"/>',
    "escalation": '<escalationEventDefinition escalationRef="x"/>',
}
COMPENSATE = "<compensateEventDefinition/>"
CANCEL = "<cancelEventDefinition/>"


def handler(definitions: str, *inside: str, interrupting: bool = True, name: str = "Обробити") -> str:
    beside = {} if interrupting else {"isInterrupting": "false"}
    inner = inside or (step("h", name), '<endEvent id="he" name="Відмова"/>', chain("hs", "h", "he"))
    return element(
        "subProcess",
        "ev",
        "Подія",
        element("startEvent", "hs", "Сталося", definitions, **beside) + "".join(inner),
        triggeredByEvent="true",
    )


def trigger(run: InstanceRun, kind: str) -> None:
    match kind:
        case "message" | "signal":
            run.deliver("hs")
        case "timer":
            run.fire("hs")
        case "conditional":
            run.facts_changed(deal={"amount": 10})
        case _:
            run.complete("t")


def throwing(kind: str) -> str:
    """A step inside a sub-process whose end throws the error or the escalation, if ``kind`` is one."""
    thrown = DEFINITIONS[kind] if kind in ("error", "escalation") else ""
    inner = '<startEvent id="is"/>' + step("t", "Крок") + element("endEvent", "ie", "", thrown) + chain("is", "t", "ie")
    return element("subProcess", "sub", "Частина", inner)


def undoable(name: str, tag: str = "userTask", inner: str = "") -> str:
    return (
        element(tag, name, name, inner)
        + element("boundaryEvent", f"{name}_event", "", COMPENSATE, attachedToRef=name)
        + element("userTask", f"undo_{name}", f"Скасувати {name}", isForCompensation="true")
        + element("association", f"{name}_by", sourceRef=f"{name}_event", targetRef=f"undo_{name}")
    )
