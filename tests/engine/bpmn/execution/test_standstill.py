"""A deal whose work waits for what cannot come, while events beside it may still happen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.canonical_maps import MapBuilder, every
from support.drawn_maps import END, START, chain, compiled, element, flow, step
from support.instance_run import InstanceRun

from engine.bpmn import stepper
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import waits_in
from engine.bpmn.runtime import EvaluateConditions
from engine.errors import MapFailed

ASKED = '<messageEventDefinition messageRef="asked"/>'
IN_A_WEEK = "<timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>"
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
    return element("boundaryEvent", "bell", "", trigger, attachedToRef="part", cancelActivity=str(interrupting).lower())


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
def test_what_happens_beside_the_work_hides_no_standstill(drawn: Callable[[], CompiledProcess]) -> None:
    run = until_the_join_is_forgotten(drawn())
    with pytest.raises(MapFailed) as failed:
        run.complete("tell")
    assert failed.value.params["problem_code"] == "STALLED"
    assert failed.value.params["element_id"] == "join"
    assert "Усе погоджено" in str(failed.value)
    assert run.open == ["tell"]


def at_the_join_around(*, reminder_joins: bool) -> CompiledProcess:
    """The part stands in one branch; a reminder at its border leads to where the branches meet, or to an end."""
    ways = '<parallelGateway id="around"/><parallelGateway id="both"/>' + REMIND + element("endEvent", "reminded")
    inner = '<startEvent id="in"/><endEvent id="out"/>' + agreeing() + chain("in", "split") + chain("join", "out")
    to = "both" if reminder_joins else "reminded"
    return compiled(
        START,
        END,
        ways + element("subProcess", "part", "Погодити договір", inner) + bell(WEEKLY),
        step("pack", "Пакувати"),
        chain("start", "around", "part", "both", "end") + chain("around", "pack", "both") + chain("bell", "remind", to),
        around=AROUND,
    )


def waiting_for_a_value(trigger: str, *inside: str) -> InstanceRun:
    """The work waits until the client has agreed, and an event sub-process stands beside it: heard, then ``inside``."""
    draw = MapBuilder()
    draw.start()
    draw.step("tell")
    draw.catch("until", draw.conditional("until", "agreed"))
    draw.end()
    draw.chain("start", "tell", "until", "end")
    with draw.event_scope("listener"):
        definition = draw.message("heard", "asked") if trigger == "message" else draw.timer("heard", every(days=7))
        draw.start("heard", definition, interrupting=False)
        for one in inside:
            if one == "answer":
                draw.step(one)
            else:
                draw.throw(one, draw.signal("prices"))
        draw.end("answered")
        draw.chain("heard", *inside, "answered")
    return InstanceRun(draw.build(variables=["agreed"]), {"agreed": False})


BY_TERMINATING = REMIND + chain("bell", "remind", "over")
BY_TERMINATING += element("endEvent", "over", "", "<terminateEventDefinition/>")
FREED = {
    "a message that interrupts": lambda: plain(beside(ASKED, ANSWER, interrupting=True)),
    "an alarm that interrupts": lambda: in_a_part(bell(IN_A_WEEK, interrupting=True), REMINDED),
    "an error of the listener's": lambda: in_a_part(
        bell(ERROR, interrupting=True), REMINDED, inside=beside(ASKED, ANSWER, ends_by=ERROR)
    ),
    "an escalation of the listener's": lambda: in_a_part(
        bell(ESCALATION, interrupting=True), REMINDED, inside=beside(ASKED, ANSWER, ends_by=ESCALATION)
    ),
    "an end of everything": lambda: in_a_part(bell(WEEKLY), BY_TERMINATING),
}


@pytest.mark.parametrize("drawn", FREED.values(), ids=FREED)
def test_what_can_still_free_the_work_is_waited_for(drawn: Callable[[], CompiledProcess]) -> None:
    run = until_the_join_is_forgotten(drawn())
    run.complete("tell")
    assert not run.open
    happened = run.last
    while not happened.finished:
        if run.steps:
            happened = run.complete(run.open[0])
        elif run.timers:
            happened = run.fire_timer(next(iter(run.timers.values())))
        else:
            happened = run.deliver_to(next(iter(run.messages.values())))
    assert not run.timers
    assert not run.messages


@pytest.mark.parametrize("reminder_joins", [True, False])
def test_a_reminder_counts_where_it_comes_to_what_waits(*, reminder_joins: bool) -> None:
    run = until_the_join_is_forgotten_beside_packing(at_the_join_around(reminder_joins=reminder_joins))
    if reminder_joins:
        run.complete("tell")
        run.fire("bell")
        assert run.open == ["remind"]
    else:
        with pytest.raises(MapFailed):
            run.complete("tell")


def until_the_join_is_forgotten_beside_packing(process: CompiledProcess) -> InstanceRun:
    run = InstanceRun(process, {"discount": True})
    for one in ("pack", "legal", "price"):
        run.complete(one)
    return run


def test_who_answers_the_listener_may_fill_in_what_the_work_waits_for() -> None:
    run = waiting_for_a_value("timer", "answer")
    run.complete("tell")
    run.fire("heard")
    assert run.complete("answer", agreed=True).finished


def test_a_message_may_bring_what_the_work_waits_for() -> None:
    run = waiting_for_a_value("message")
    run.complete("tell")
    assert run.deliver("heard", agreed=True).finished


def test_a_signal_to_others_fills_in_nothing() -> None:
    run = waiting_for_a_value("timer", "told")
    with pytest.raises(MapFailed) as failed:
        run.complete("tell")
    assert failed.value.params["element_id"] == "until"


def test_what_waits_at_a_join_without_a_name_is_told_by_what_follows_it() -> None:
    unnamed = agreeing().replace(' name="Усе погоджено"', "")
    ways = chain("start", "split") + chain("join", "sign", "end")
    run = until_the_join_is_forgotten(compiled(START, END, unnamed, step("sign", "Підписати"), ways))
    with pytest.raises(MapFailed, match="Підписати"):
        run.complete("tell")


def test_a_deal_that_stood_still_before_it_was_noticed_is_told_of_and_goes_on_standing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = until_the_join_is_forgotten(plain(beside(ASKED, ANSWER)))
    assert run.state is not None
    assert waits_in(run.process, run.state).in_vain == ()
    with monkeypatch.context() as earlier:
        earlier.setattr(stepper, "stands_still", lambda _workflow, _waits: False)
        run.complete("tell")
    assert waits_in(run.process, run.state).in_vain == ("Усе погоджено",)
    run.apply(EvaluateConditions())
    run.deliver("heard")
    assert waits_in(run.process, run.state).in_vain == ()
    with pytest.raises(MapFailed):
        run.complete("answer")
