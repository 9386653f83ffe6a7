"""Events with several triggers, signals, conditions, starts: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_events import DEFINITIONS, ROOTS, handler, throwing
from support.drawn_maps import END, START, chain, codes, compiled, drawn, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import StepKind
from engine.errors import MapFailed


class TestSeveralTriggers:
    BOTH = DEFINITIONS["message"] + DEFINITIONS["timer"]

    @pytest.mark.parametrize("first", ["message", "timer", "person"])
    def test_between_steps_whichever_comes_first_or_a_person_says_so(self, first: str) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", self.BOTH),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        assert process.steps["c"].kind is StepKind.EVENT
        run = InstanceRun(process)
        if first == "message":
            run.deliver_to(next(iter(run.messages.values())))
        elif first == "timer":
            run.fire_timer(next(iter(run.timers.values())))
        else:
            run.complete("c")
        assert run.open == ["t"]
        assert not run.messages
        assert not run.timers

    def test_all_of_a_parallel_multiple_event_are_awaited(self) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", self.BOTH, parallelMultiple="true"),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.fire_timer(next(iter(run.timers.values())))
        assert "t" not in run.open
        run.deliver_to(next(iter(run.messages.values())))
        assert run.open == ["t"]

    @pytest.mark.parametrize("interrupting", [True, False])
    def test_on_a_border_whichever_comes(self, *, interrupting: bool) -> None:
        process = compiled(
            START,
            throwing("timer"),
            element(
                "boundaryEvent",
                "b",
                "",
                DEFINITIONS["timer"] + DEFINITIONS["signal"],
                attachedToRef="sub",
                cancelActivity=str(interrupting).lower(),
            ),
            step("aside"),
            END,
            chain("start", "sub", "end"),
            chain("b", "aside", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver_to(next(iter(run.messages.values())))
        assert run.open == (["aside"] if interrupting else ["aside", "t"])
        assert bool(run.timers) is not interrupting

    def test_all_of_several_on_a_border_are_refused(self) -> None:
        outcome = outcome_of(
            START,
            step("t"),
            element("boundaryEvent", "b", "", self.BOTH, attachedToRef="t", parallelMultiple="true"),
            END,
            chain("start", "t", "end"),
            chain("b", "end"),
            around=ROOTS,
        )
        assert outcome.process is None
        assert found(outcome, "PARALLEL_MULTIPLE").element_id == "b"

    @pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
    def test_all_are_thrown_in_turn(self, tag: str) -> None:
        process = compiled(
            START,
            step("t"),
            element(tag, "both", "", DEFINITIONS["signal"] + DEFINITIONS["escalation"]),
            chain("start", "t", "both"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.complete("t")
        assert run.last.finished
        assert [(each.kind, each.name) for each in run.last.thrown] == [("signal", "Тривога"), ("escalation", "late")]


class TestSignals:
    def test_one_from_another_deal_is_awaited_between_steps(self) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", DEFINITIONS["signal"]),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        (waiting,) = run.messages.values()
        assert (waiting.kind, waiting.name) == ("signal", "Тривога")
        run.deliver_to(waiting)
        assert run.open == ["t"]

    @pytest.mark.parametrize("interrupting", [True, False])
    def test_one_from_another_deal_is_awaited_on_a_border(self, *, interrupting: bool) -> None:
        process = compiled(
            START,
            step("t"),
            element(
                "boundaryEvent",
                "b",
                "Тривога",
                DEFINITIONS["signal"],
                attachedToRef="t",
                cancelActivity=str(interrupting).lower(),
            ),
            step("aside"),
            END,
            chain("start", "t", "end"),
            chain("b", "aside", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        (waiting,) = run.messages.values()
        assert (waiting.kind, waiting.name) == ("signal", "Тривога")
        run.deliver_to(waiting)
        assert run.open == (["aside"] if interrupting else ["aside", "t"])


def test_a_condition_on_the_border_sees_what_a_step_beside_it_writes() -> None:
    asked = '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>'
    condition = "<conditionalEventDefinition><condition>сума &gt; 100</condition></conditionalEventDefinition>"
    process = compiled(
        START,
        '<parallelGateway id="fork"/>',
        element("userTask", "t", "Ввести", asked),
        step("u", "Чекати"),
        element("boundaryEvent", "b", "", condition, attachedToRef="u"),
        step("big", "Велика"),
        END,
        chain("start", "fork", "t", "end"),
        chain("fork", "u", "end"),
        chain("b", "big", "end"),
    )
    run = InstanceRun(process)
    run.complete("t", сума=500)
    assert run.open == ["big"]


def test_a_map_called_from_two_places_is_compiled_once() -> None:
    other = '<process id="other"><startEvent id="os"/>' + step("t") + chain("os", "t") + "</process>"
    main = (
        START
        + element("callActivity", "c1", calledElement="other")
        + element("callActivity", "c2", calledElement="other")
        + END
        + chain("start", "c1", "c2", "end")
    )
    outcome = compile_bpmn({"карта.bpmn": drawn(main, around=other)}, process_key="sale")
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    (only_step,) = run.open
    run.complete(only_step)
    (only_step,) = run.open
    run.complete(only_step)
    assert run.last.finished


def test_a_condition_that_cannot_be_read_is_told_from_outside_and_one_that_fails_is_an_incident() -> None:
    condition = "<conditionalEventDefinition><condition>якщо треба</condition></conditionalEventDefinition>"
    outcome = outcome_of(START, step("t"), END, chain("start", "t", "end"), handler(condition))
    assert {"CONDITION_NOT_UNDERSTOOD", "MESSAGE_FROM_OUTSIDE"} <= codes(outcome)
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.deliver("hs")
    assert run.open == ["h"]
    compared = condition.replace("якщо треба", "deal.amount &gt; deal.title")
    process = compiled(START, step("t"), END, chain("start", "t", "end"), handler(compared))
    with pytest.raises(MapFailed):
        InstanceRun(process, deal={"amount": 1, "title": "два"})


@pytest.mark.parametrize(
    ("attributes", "loop", "code"),
    [
        ({"startQuantity": "2"}, "", "TOKEN_QUANTITY"),
        ({"completionQuantity": "3"}, "", "TOKEN_QUANTITY"),
        ({}, ' behavior="One" oneBehaviorEventRef="said"', "LOOP_THROWS"),
        ({}, ' behavior="None" noneBehaviorEventRef="said"', "LOOP_THROWS"),
        ({}, ' behavior="Complex"', "LOOP_THROWS"),
    ],
)
def test_what_a_drawing_asks_of_tokens_beyond_one_each_is_refused(
    attributes: dict[str, str], loop: str, code: str
) -> None:
    inner = (
        f"<multiInstanceLoopCharacteristics{loop}><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>"
    )
    outcome = outcome_of(
        START, element("userTask", "t", "Крок", inner if loop else "", **attributes), END, chain("start", "t", "end")
    )
    assert outcome.process is None
    assert found(outcome, code).element_id == "t"


@pytest.mark.parametrize("kind", ["signal", "timer", "conditional"])
@pytest.mark.parametrize("all_needed", [False, True])
def test_a_start_with_another_trigger_than_a_message_is_opened_by_a_person(kind: str, *, all_needed: bool) -> None:
    triggers = DEFINITIONS[kind] + (DEFINITIONS["message"] if all_needed else "")
    attributes = {"parallelMultiple": "true"} if all_needed else {}
    outcome = outcome_of(
        element("startEvent", "x", "Початок", triggers, **attributes),
        step("t"),
        END,
        chain("x", "t", "end"),
        around=ROOTS,
    )
    assert found(outcome, "START_TRIGGER").element_id == "x"
    assert outcome.process is not None
    assert outcome.process.start_messages == ()
    assert InstanceRun(outcome.process).open == ["t"]


def test_an_event_without_a_trigger_is_told_from_outside() -> None:
    process = compiled(
        START,
        throwing("timer"),
        element("boundaryEvent", "b", "Передумав", attachedToRef="sub"),
        step("aside"),
        END,
        chain("start", "sub", "end"),
        chain("b", "aside", "end"),
    )
    run = InstanceRun(process)
    (waiting,) = run.messages.values()
    assert waiting.name == "Передумав"
    run.deliver("b")
    assert run.open == ["aside"]


def test_a_choice_without_a_name_is_called_by_what_leads_to_it() -> None:
    told = "<messageEventDefinition/>"
    outcome = outcome_of(
        START,
        step("offer", "Надіслати пропозицію"),
        element("eventBasedGateway", "eg"),
        element("intermediateCatchEvent", "yes", "Клієнт згоден", told),
        element("intermediateCatchEvent", "no", "Клієнт відмовився", told),
        END,
        chain("start", "offer", "eg", "yes", "end"),
        flow("eg", "no"),
        flow("no", "end"),
    )
    buttons = [one for one in outcome.findings if one.code == "BOUNDARY_BUTTON"]
    assert [one.params["step"] for one in buttons] == ["Надіслати пропозицію"] * 2
