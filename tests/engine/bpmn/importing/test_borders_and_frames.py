"""Events that tools put beside the border they belong to, and frames that arrows cross: followed as they were drawn."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, compiled, element, flow, found, named, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import WorkingTime
from engine.bpmn.findings import Severity

TWO_DAYS = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"
INSIDE = '<startEvent id="is"/>' + step("inner") + '<endEvent id="ie"/>' + chain("is", "inner", "ie")


def shape(element_id: str, x: int, y: int, width: int, height: int) -> str:
    return (
        f'<bpmndi:BPMNShape bpmnElement="{element_id}">'
        f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></bpmndi:BPMNShape>'
    )


def arrow(flow_id: str, *points: tuple[int, int]) -> str:
    tips = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<bpmndi:BPMNEdge bpmnElement="{flow_id}">{tips}</bpmndi:BPMNEdge>'


def drawing(*shapes: str) -> str:
    plane = f'<bpmndi:BPMNPlane bpmnElement="sale">{"".join(shapes)}</bpmndi:BPMNPlane>'
    return f"<bpmndi:BPMNDiagram>{plane}</bpmndi:BPMNDiagram>"


def process_of(outcome: CompileOutcome) -> CompiledProcess:
    assert outcome.process is not None, outcome.findings
    return outcome.process


def test_an_event_that_a_tool_wrote_inside_its_sub_process_sits_on_the_border_of_it() -> None:
    event = element("boundaryEvent", "late", "Пізно", TWO_DAYS, attachedToRef="part")
    outcome = outcome_of(
        START,
        element("subProcess", "part", "Частина", INSIDE + event + flow("late", "other")),
        step("other"),
        END,
        chain("start", "part", "end"),
        flow("other", "end"),
    )
    process = process_of(outcome)
    assert found(outcome, "BORDER_EVENT_MOVED").params == {"step": "Частина"}
    run = InstanceRun(process)
    run.fire("late")
    assert run.open == ["other"]


def test_a_lonely_event_whose_arrow_leaves_its_sub_process_is_on_the_border_of_that() -> None:
    event = element("intermediateCatchEvent", "late", "Пізно", TWO_DAYS)
    outcome = outcome_of(
        START,
        element("subProcess", "part", "Частина", INSIDE + event),
        step("other"),
        END,
        chain("start", "part", "end"),
        chain("late", "other", "end"),
    )
    run = InstanceRun(process_of(outcome))
    run.fire("late")
    assert run.open == ["other"]
    assert found(outcome, "BORDER_BY_DRAWING").severity is Severity.WARNING


@pytest.mark.parametrize("tag", ["intermediateCatchEvent", "boundaryEvent"])
def test_an_event_that_is_only_drawn_on_a_border_is_put_there(tag: str) -> None:
    picture = drawing(shape("t", 100, 100, 100, 80), shape("far", 400, 100, 100, 80), shape("late", 182, 162, 36, 36))
    outcome = outcome_of(
        START,
        step("t"),
        step("far"),
        element(tag, "late", "Пізно", TWO_DAYS),
        END,
        chain("start", "t", "end"),
        chain("late", "far", "end"),
        around=picture,
    )
    assert found(outcome, "BORDER_BY_DRAWING").params == {"step": "t"}
    run = InstanceRun(process_of(outcome))
    run.fire("late")
    assert run.open == ["far"]


def test_an_event_drawn_beside_everything_stays_unreachable() -> None:
    picture = drawing(shape("t", 100, 100, 100, 80), shape("late", 300, 300, 36, 36))
    event = element("intermediateCatchEvent", "late", "Пізно", TWO_DAYS)
    outcome = outcome_of(START, step("t"), event, END, chain("start", "t", "end"), flow("late", "end"), around=picture)
    assert found(outcome, "UNREACHABLE").element_id == "late"


def test_a_tip_that_touches_an_event_on_a_border_means_the_event() -> None:
    """The step below is only a few pixels away: no eye would hesitate."""
    picture = drawing(
        shape("t", 100, 100, 100, 80),
        shape("e", 150, 160, 30, 30),
        shape("u", 300, 300, 100, 80),
        arrow("loose", (165, 190), (300, 340)),
    )
    outcome = outcome_of(
        START,
        step("t"),
        step("u"),
        element("boundaryEvent", "e", "Відмова", "<errorEventDefinition/>", attachedToRef="t"),
        END,
        chain("start", "t", "end"),
        '<sequenceFlow id="loose"/>',
        flow("u", "end"),
        around=picture,
    )
    assert process_of(outcome)
    assert [one.params["step"] for one in outcome.findings if one.code == "ARROW_SNAPPED"] == ["Відмова", "u"]


def test_a_frame_that_an_arrow_crosses_is_only_a_stage() -> None:
    outcome = outcome_of(
        START,
        step("first"),
        element(
            "subProcess",
            "frame",
            "Підготовка",
            step("a")
            + step("b")
            + '<exclusiveGateway id="g" name="Готово?"/>'
            + chain("a", "g")
            + flow("g", "b", "Ні"),
        ),
        step("last"),
        END,
        chain("start", "first", "frame", "last", "end"),
        flow("g", "last", "Так", flow_id="cross"),
    )
    process = process_of(outcome)
    assert found(outcome, "FRAME_CROSSED").element_id == "cross"
    assert {named(process, name).stage for name in ("a", "b")} == {"Підготовка"}
    choice = {one.label: one.id for one in named(process, "a").outcomes}
    for answer, through in (("Так", []), ("Ні", ["b"])):
        run = InstanceRun(process)
        run.complete(named(process, "first").element_id)
        run.complete(named(process, "a").element_id, choice[answer])
        for name in (*through, "last"):
            run.complete(named(process, name).element_id)
        assert run.last.finished


def test_an_arrow_into_the_middle_of_a_frame_is_followed() -> None:
    process = compiled(
        START,
        element("exclusiveGateway", "g", "Досвідчений?"),
        element("subProcess", "frame", "Частина", step("a") + step("b") + chain("a", "b")),
        END,
        chain("start", "g", "frame", "end"),
        flow("g", "b", "Так", flow_id="cross"),
    )
    run = InstanceRun(process)
    (question,) = run.steps.values()
    run.complete(question.element_id, "cross")
    assert run.open == ["b"]
    run.complete("b")
    assert run.last.finished


def test_a_frame_that_waits_for_several_branches_is_no_mere_frame() -> None:
    inside = step("a") + step("b") + '<parallelGateway id="p"/>' + chain("p", "a") + chain("p", "b")
    outcome = outcome_of(
        START,
        element("subProcess", "frame", "Частина", inside),
        END,
        chain("start", "frame", "end"),
        flow("a", "end", flow_id="cross"),
    )
    assert outcome.process is None
    assert found(outcome, "CROSS_SUBPROCESS_FLOW").element_id == "cross"


def test_an_event_on_a_border_in_another_pool_than_its_step_goes_to_the_step() -> None:
    other = (
        '<process id="other"><boundaryEvent id="b" attachedToRef="t"><errorEventDefinition/></boundaryEvent></process>'
    )
    process = compiled(START, step("t"), END, chain("start", "t", "end"), around=other)
    assert len(named(process, "t").outcomes) == 2


def test_values_that_a_condition_looks_for_in_a_list_are_offered_to_be_ticked() -> None:
    gateway = '<exclusiveGateway id="g" default="g_end"/>'
    process = compiled(
        START,
        step("t"),
        gateway,
        step("u"),
        END,
        chain("start", "t", "g"),
        flow("g", "u", "", '= some risk in risks satisfies risk = "red"'),
        flow("g", "end"),
        flow("u", "end"),
    )
    (field,) = named(process, "t").fields
    assert (field.type, [choice.value for choice in field.choices]) == ("many", ["red"])


def test_an_arrow_from_inside_a_repeated_frame_to_the_frame_itself_is_refused_by_name() -> None:
    repeated = step("inner") + '<multiInstanceLoopCharacteristics isSequential="true"/>'
    outcome = outcome_of(
        START,
        element("subProcess", "frame", "Частина", repeated),
        END,
        chain("start", "frame", "end"),
        flow("inner", "frame", flow_id="cross"),
    )
    assert outcome.process is None
    assert found(outcome, "CROSS_SUBPROCESS_FLOW").element_id == "cross"


def test_a_note_that_lies_beside_one_step_is_read_for_it() -> None:
    note = '<textAnnotation id="n"><text>Термін: 3 р.д.</text></textAnnotation>'
    picture = drawing(shape("t", 100, 100, 100, 80), shape("u", 300, 100, 100, 80), shape("n", 110, 50, 90, 30))
    outcome = outcome_of(START, step("t"), step("u"), note, END, chain("start", "t", "u", "end"), around=picture)
    assert process_of(outcome).steps["t"].deadline == WorkingTime(days=3)
    assert process_of(outcome).steps["u"].deadline is None
    assert found(outcome, "NOTE_BY_DRAWING").params == {"text": "Термін: 3 р.д.", "step": "t"}


def test_a_note_between_two_steps_is_read_for_none_and_said() -> None:
    note = '<textAnnotation id="n"><text>Термін: 3 р.д.</text></textAnnotation>'
    picture = drawing(shape("t", 100, 100, 100, 80), shape("u", 300, 100, 100, 80), shape("n", 215, 110, 70, 30))
    outcome = outcome_of(START, step("t"), step("u"), note, END, chain("start", "t", "u", "end"), around=picture)
    assert found(outcome, "NOTE_UNTIED").element_id == "n"
    assert all(one.deadline is None for one in process_of(outcome).steps.values())


def test_a_note_that_says_nothing_of_a_step_is_left_alone() -> None:
    note = '<textAnnotation id="n"><text>Тут буває довго</text></textAnnotation>'
    outcome = outcome_of(START, step("t"), note, END, chain("start", "t", "end"))
    assert not {one.code for one in outcome.findings} & {"NOTE_UNTIED", "NOTE_BY_DRAWING"}
