"""A deal whose work waits for what cannot come, while events beside it may still happen."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, compiled, element, flow, step
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import waits_in
from engine.errors import MapFailed

ASKED = '<messageEventDefinition messageRef="asked"/>'
WEEKLY = "<timerEventDefinition><timeCycle>R/P7D</timeCycle></timerEventDefinition>"
AROUND = '<message id="asked" name="Клієнт запитав"/><error id="gave_up" name="Відмова" errorCode="gave_up"/>'
AROUND += '<escalation id="late" name="Запізно" escalationCode="late"/><signal id="prices" name="Ціни"/>'
ERROR = '<errorEventDefinition errorRef="gave_up"/>'
ESCALATION = '<escalationEventDefinition escalationRef="late"/>'


def agreeing(*more: str) -> str:
    """split → legal → join, and split → price → join, or past the join to an end: that leaves legal's token alone."""
    return (
        '<parallelGateway id="split"/><parallelGateway id="join" name="Усе погоджено"/>'
        '<exclusiveGateway id="cheap"/><endEvent id="told"/>'
        + step("legal", "Юрист")
        + step("price", "Ціна")
        + step("tell", "Повідомити керівника")
        + chain("split", "legal", "join")
        + chain("split", "price", "cheap")
        + flow("cheap", "join", condition="${not discount}")
        + flow("cheap", "tell", condition="${discount}")
        + chain("tell", "told")
        + "".join(more)
    )


def beside(trigger: str, *inside: str, interrupting: bool = False, ends_by: str = "") -> str:
    """An event sub-process: its trigger, what is in it, one after the other, and its end."""
    names = [one.split('id="')[1].split('"')[0] for one in inside]
    start = element("startEvent", "heard", "", trigger, isInterrupting=str(interrupting).lower())
    end = element("endEvent", "answered", "", ends_by)
    inner = start + "".join(inside) + end + chain("heard", *names, "answered")
    return element("subProcess", "listener", "Клієнт питає", inner, triggeredByEvent="true")


def plain(*more: str) -> CompiledProcess:
    return compiled(
        START,
        END,
        agreeing(*more),
        step("sign", "Підписати"),
        chain("start", "split"),
        chain("join", "sign", "end"),
        around=AROUND,
    )


def in_a_part(border: str, *more: str, inside: str = "") -> CompiledProcess:
    """The same in a sub-process with an event ``border`` on it, called bell; ``more`` stands around it."""
    inner = '<startEvent id="in"/><endEvent id="out"/>' + agreeing(inside) + chain("in", "split") + chain("join", "out")
    return compiled(
        START,
        END,
        element("subProcess", "part", "Погодити договір", inner),
        border,
        step("sign", "Підписати"),
        chain("start", "part", "sign", "end"),
        *more,
        around=AROUND,
    )


def bell(trigger: str, *, interrupting: bool = False) -> str:
    return element(
        "boundaryEvent", "bell", "", trigger, attachedToRef="part", cancelActivity=str(interrupting).lower()
    )


def until_the_join_is_forgotten(process: CompiledProcess) -> InstanceRun:
    """Everything is done but for the last step, behind which only what waits at the join is left."""
    run = InstanceRun(process, {"discount": True})
    run.complete("legal")
    run.complete("price")
    assert run.open == ["tell"]
    return run


ANSWER = step("answer", "Відповісти клієнту")
REMIND = step("remind", "Нагадати")
REMINDED = REMIND + '<endEvent id="reminded"/>' + chain("bell", "remind", "reminded")
STANDING = {
    "a message": lambda: plain(beside(ASKED, ANSWER)),
    "a reminder": lambda: plain(beside(WEEKLY, REMIND)),
    "a message that interrupts nobody at the border": lambda: in_a_part(bell(ASKED), REMINDED),
    "a reminder at the border": lambda: in_a_part(bell(WEEKLY), REMINDED),
    "a reminder in the part": lambda: in_a_part("", inside=beside(WEEKLY, REMIND)),
    "an escalation that nobody hears": lambda: plain(beside(WEEKLY, REMIND, ends_by=ESCALATION)),
    "a termination of the answer alone": lambda: plain(beside(ASKED, ANSWER, ends_by="<terminateEventDefinition/>")),
    "an escalation of which somebody only tells": lambda: in_a_part(
        bell(ESCALATION), REMINDED, inside=beside(ASKED, ANSWER, ends_by=ESCALATION)
    ),
}


@pytest.mark.parametrize("drawn", STANDING.values(), ids=STANDING)
def test_what_happens_beside_the_work_hides_no_standstill(drawn: pytest.FixtureRequest) -> None:
    run = until_the_join_is_forgotten(drawn())  # type: ignore[operator]
    with pytest.raises(MapFailed) as failed:
        run.complete("tell")
    assert failed.value.params["problem_code"] == "STALLED"
    assert failed.value.params["element_id"] == "join"
    assert "Усе погоджено" in str(failed.value)
    assert run.open == ["tell"]


def by_terminating() -> CompiledProcess:
    return in_a_part(
        bell(WEEKLY), REMIND, element("endEvent", "over", "", "<terminateEventDefinition/>"), chain("bell", "remind", "over")
    )


def waiting_for_an_answer() -> CompiledProcess:
    """What is left of the work waits until the client has agreed; the listener's step fills that in."""
    until = "<conditionalEventDefinition><condition>${agreed}</condition></conditionalEventDefinition>"
    return compiled(
        START,
        END,
        step("tell"),
        element("intermediateCatchEvent", "until", "Клієнт згоден", until),
        chain("start", "tell", "until", "end"),
        beside(WEEKLY, step("answer", "Спитати клієнта")),
        around=AROUND,
    )


FREED = {
    "a message that interrupts": lambda: plain(beside(ASKED, ANSWER, interrupting=True)),
    "an alarm that interrupts": lambda: in_a_part(bell(WEEKLY.replace("timeCycle>R/", "timeDuration>").replace("/timeCycle", "/timeDuration"), interrupting=True), REMINDED),
    "an error of the listener's": lambda: in_a_part(
        bell(ERROR, interrupting=True), REMINDED, inside=beside(ASKED, ANSWER, ends_by=ERROR)
    ),
    "an escalation of the listener's": lambda: in_a_part(
        bell(ESCALATION, interrupting=True), REMINDED, inside=beside(ASKED, ANSWER, ends_by=ESCALATION)
    ),
    "an end of everything": by_terminating,
}


@pytest.mark.parametrize("drawn", FREED.values(), ids=FREED)
def test_what_can_still_free_the_work_is_waited_for(drawn: pytest.FixtureRequest) -> None:
    run = until_the_join_is_forgotten(drawn())  # type: ignore[operator]
    run.complete("tell")
    assert not run.open
    assert not run.last.finished
    happened = run.fire_timer(next(iter(run.timers.values()))) if run.timers else run.deliver(next(iter(run.messages.values())).node_id)
    while run.steps and not happened.finished:
        happened = run.complete(run.open[0])
    assert happened.finished
