"""What people draw, and what it is executed as: each repair with what it says."""

from __future__ import annotations

import pytest
from support.decision_tables import dmn, table
from support.drawn_maps import (
    END,
    START,
    chain,
    codes,
    compiled,
    drawn,
    element,
    flow,
    found,
    named,
    outcome_of,
    step,
)
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess, LoopRule, MessageRule, OutcomeKind, StepKind, TimerKind
from engine.bpmn.deadline_rules import ElapsedTime
from engine.bpmn.findings import Severity

ANSWER = '<message id="m1" name="ВідповідьКлієнта"/>'
TIMER = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"


def walk(process: CompiledProcess, *steps: str) -> InstanceRun:
    """Complete steps by name, in order."""
    run = InstanceRun(process)
    for name in steps:
        run.complete(named(process, name).element_id)
    return run


def finished(process: CompiledProcess, *steps: str) -> bool:
    return walk(process, *steps).last.finished


def test_a_lone_task_without_start_and_end_is_a_whole_map() -> None:
    outcome = outcome_of(step("t", "Крок"))
    assert {"IMPLICIT_START", "IMPLICIT_END"} <= codes(outcome, Severity.INFO)
    assert outcome.process is not None
    assert finished(outcome.process, "Крок")


def test_several_arrows_out_of_a_step_are_gone_at_once() -> None:
    outcome = outcome_of(
        START, step("t", "Крок"), step("a", "А"), step("b", "Б"), chain("start", "t", "a"), flow("t", "b")
    )
    assert found(outcome, "IMPLICIT_SPLIT").element_id == "t"
    assert outcome.process is not None
    assert walk(outcome.process, "Крок").open == ["a", "b"]


def test_conditional_arrows_out_of_a_step_are_each_decided() -> None:
    amount = '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>'
    outcome = outcome_of(
        START,
        element("userTask", "t", "Крок", amount),
        step("a", "Завжди"),
        step("b", "Велика"),
        chain("start", "t", "a"),
        flow("t", "b", condition="сума > 100"),
    )
    assert outcome.process is not None
    assert found(outcome, "CONDITIONAL_FLOW").severity is Severity.WARNING
    assert "CONDITIONAL_FLOW_ENDS" not in codes(outcome)
    run = InstanceRun(outcome.process)
    run.complete("t", сума=5)
    assert run.open == ["a"]


def test_links_become_arrows() -> None:
    link = '<linkEventDefinition name="Далі"/>'
    process = compiled(
        START,
        step("a", "Перший"),
        element("intermediateThrowEvent", "out", "", link),
        element("intermediateCatchEvent", "into", "", link),
        step("b", "Другий"),
        chain("start", "a", "out"),
        chain("into", "b"),
    )
    assert finished(process, "Перший", "Другий")


def linked(*links: tuple[str, str, str]) -> CompileOutcome:
    """Start → “Перший” → the first of ``links`` that leaves; each that arrives has a step behind it."""
    parts = [START, step("a", "Перший"), chain("start", "a", "out")]
    for tag, element_id, definition in links:
        parts.append(element(tag, element_id, "", definition))
        if tag == "intermediateCatchEvent":
            parts += [step(f"{element_id}_step"), chain(element_id, f"{element_id}_step")]
    return outcome_of(*parts)


@pytest.mark.parametrize("name", ["Далі", ""])
def test_a_link_that_arrives_at_two_places_is_refused(name: str) -> None:
    """The first of them was taken, and what stood behind the other was never done."""
    link = f'<linkEventDefinition name="{name}"/>'
    arriving = (("intermediateCatchEvent", one, link) for one in ("here", "there"))
    finding = found(linked(("intermediateThrowEvent", "out", link), *arriving), "LINK_AMBIGUOUS")
    assert (finding.severity, finding.element_id) == (Severity.ERROR, "out")
    assert finding.params == {"link": name or "–", "count": "2"}


def test_of_links_without_a_name_the_one_that_is_named_by_its_id_is_meant() -> None:
    leaving = '<linkEventDefinition name=""><target>there_link</target></linkEventDefinition>'
    outcome = linked(
        ("intermediateThrowEvent", "out", leaving),
        ("intermediateCatchEvent", "here", '<linkEventDefinition id="here_link" name=""/>'),
        ("intermediateCatchEvent", "there", '<linkEventDefinition id="there_link" name=""/>'),
    )
    assert outcome.process is not None
    assert walk(outcome.process, "Перший").open == ["there_step"]


@pytest.mark.parametrize(("amount", "is_over"), [(5, True), (500, False)])
def test_a_deal_that_ends_at_the_only_arrow_with_a_condition_is_told_at_upload(amount: int, is_over: bool) -> None:
    field = '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>'
    only = (START, element("userTask", "t", "Крок", field), step("b", "Велика"), chain("start", "t"))
    outcome = outcome_of(*only, flow("t", "b", condition="сума > 100"))
    assert found(outcome, "CONDITIONAL_FLOW_ENDS").params == {"target": "Велика"}
    assert "CONDITIONAL_FLOW" not in codes(outcome), "of one arrow nothing is said about several"
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.complete("t", сума=amount)
    assert run.last.finished is is_over


def test_a_signal_at_the_end_is_thrown_before_the_end() -> None:
    signal = '<signalEventDefinition signalRef="s1"/>'
    process = compiled(
        START,
        step("t", "Крок"),
        element("endEvent", "end", "", signal),
        chain("start", "t", "end"),
        around='<signal id="s1" name="Виграно"/>',
    )
    run = walk(process, "Крок")
    assert run.last.finished
    assert [(each.kind, each.name) for each in run.last.thrown] == [("signal", "Виграно")]


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask", "scriptTask"])
def test_an_automated_task_that_we_cannot_run_is_confirmed_by_a_person(tag: str) -> None:
    outcome = outcome_of(START, element(tag, "t", "Виставити рахунок"), END, chain("start", "t", "end"))
    assert outcome.process is not None
    assert outcome.process.steps["t"].kind is StepKind.CONFIRM
    assert found(outcome, "AUTOMATED_STAND_IN").severity is Severity.WARNING


def test_a_script_of_assignments_runs_and_any_other_is_left_to_a_person() -> None:
    script = "<script>знижка = deal.amount / 10</script>"
    process = compiled(START, element("scriptTask", "t", "Порахувати", script), END, chain("start", "t", "end"))
    assert process.assignments["t"] == (("знижка", "deal.amount / 10"),)
    outcome = outcome_of(
        START, element("scriptTask", "t", "Порахувати", "<script>import os</script>"), END, chain("start", "t", "end")
    )
    assert {"SCRIPT_NOT_RUN", "AUTOMATED_STAND_IN"} <= codes(outcome)


def test_a_named_message_is_said_by_a_person_or_comes_by_itself() -> None:
    process = compiled(
        START,
        element("intermediateCatchEvent", "wait", "Клієнт відповів", '<messageEventDefinition messageRef="m1"/>'),
        step("t", "Крок"),
        END,
        chain("start", "wait", "t", "end"),
        around=ANSWER,
    )
    assert process.steps["wait"].kind is StepKind.EVENT
    assert list(process.messages.values()) == [MessageRule(name="ВідповідьКлієнта")]
    assert walk(process, "Клієнт відповів").open == ["t"]
    run = InstanceRun(process)
    (waiting,) = run.messages.values()
    assert waiting.name == "ВідповідьКлієнта"
    run.deliver_to(waiting)
    assert run.open == ["t"]


def test_an_event_gateway_waits_for_a_button_a_message_or_a_time() -> None:
    process = compiled(
        START,
        element("eventBasedGateway", "g", "Чекаємо на клієнта"),
        element("intermediateCatchEvent", "yes", "Погодився", '<messageEventDefinition messageRef="m1"/>'),
        element("intermediateCatchEvent", "no", "Відмовився", "<messageEventDefinition/>"),
        element("intermediateCatchEvent", "late", "Минуло 2 дні", TIMER),
        step("a", "Договір"),
        step("b", "Архів"),
        step("c", "Нагадати"),
        chain("start", "g", "yes", "a"),
        chain("g", "no", "b"),
        chain("g", "late", "c"),
        around=ANSWER,
    )
    waiting = named(process, "Чекаємо на клієнта")
    assert waiting.kind is StepKind.EVENT
    assert {each.label: each.kind for each in waiting.outcomes} == {
        "Погодився": OutcomeKind.WAY,
        "Відмовився": OutcomeKind.WAY,
    }
    ways = {each.label: each.id for each in waiting.outcomes}
    for button, expected in (("Погодився", ["a"]), ("Відмовився", ["b"])):
        run = InstanceRun(process)
        run.complete(waiting.element_id, ways[button])
        assert run.open == expected
    run = InstanceRun(process)
    run.fire("late")
    assert run.open == ["c"]
    assert not run.messages


def test_an_event_gateway_of_timers_only_needs_nobody() -> None:
    process = compiled(
        START,
        '<eventBasedGateway id="g"/>',
        element("intermediateCatchEvent", "one", "2 дні", TIMER),
        element("intermediateCatchEvent", "other", "", TIMER.replace("P2D", "P5D")),
        '<endEvent id="e1"/>',
        '<endEvent id="e2"/>',
        chain("start", "g", "one", "e1"),
        chain("g", "other", "e2"),
    )
    assert process.steps == {}
    run = InstanceRun(process)
    run.fire("other")
    assert run.last.end_events == ("e2",)


def test_a_timer_is_read_from_its_label_and_an_unreadable_one_is_told_by_a_person() -> None:
    empty = "<timerEventDefinition/>"
    outcome = outcome_of(
        START,
        element("intermediateCatchEvent", "w", "48 годин", empty),
        element("intermediateCatchEvent", "x", "Колись", empty),
        END,
        chain("start", "w", "x", "end"),
    )
    assert outcome.process is not None
    assert outcome.process.timers["w"].rule == ElapsedTime(seconds=48 * 3600)
    assert found(outcome, "TIMER_FROM_LABEL").element_id == "w"
    assert found(outcome, "TIMER_NOT_UNDERSTOOD").element_name == "Колись"
    assert outcome.process.steps["x"].kind is StepKind.EVENT


def test_an_interrupting_cycle_fires_once() -> None:
    cycle = "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"
    process = compiled(
        START,
        step("t", "Крок"),
        END,
        element("boundaryEvent", "b", "Щогодини", cycle, attachedToRef="t"),
        '<endEvent id="e2"/>',
        chain("start", "t", "end"),
        chain("b", "e2"),
    )
    assert process.timers["b"].kind is TimerKind.DURATION
    assert process.timers["b"].rule == ElapsedTime(seconds=3600)


def test_an_error_on_the_border_of_a_stand_in_is_one_more_button() -> None:
    process = compiled(
        START,
        element("serviceTask", "pay", "Списати кошти"),
        END,
        element("boundaryEvent", "failed", "Картку відхилено", "<errorEventDefinition/>", attachedToRef="pay"),
        step("call", "Зателефонувати"),
        chain("start", "pay", "end"),
        chain("failed", "call"),
    )
    completed, refused = process.steps["pay"].outcomes
    assert (completed.kind, refused.kind, refused.label) == (
        OutcomeKind.COMPLETED,
        OutcomeKind.WAY,
        "Картку відхилено",
    )
    run = InstanceRun(process)
    run.complete("pay", refused.id)
    assert run.open == ["call"]


def test_an_error_that_nobody_handles_ends_the_process_and_is_said() -> None:
    inner = (
        '<startEvent id="s2"/>' + step("t", "Крок") + element("endEvent", "e2", "Зле", "<errorEventDefinition/>")
    ) + chain("s2", "t", "e2")
    outcome = outcome_of(
        START,
        element("subProcess", "sub", "Етап", inner),
        step("after", "Далі"),
        END,
        chain("start", "sub", "after", "end"),
    )
    assert found(outcome, "ERROR_NOT_CAUGHT").element_id == "e2"
    assert outcome.process is not None
    assert finished(outcome.process, "Крок")


def test_an_event_sub_process_withdraws_everything_beside_it() -> None:
    handler = (
        element("startEvent", "hs", "Клієнт відмовився", '<messageEventDefinition messageRef="m1"/>')
        + step("h", "Записати причину")
        + '<endEvent id="he"/>'
        + chain("hs", "h", "he")
    )
    process = compiled(
        START,
        step("t", "Крок"),
        END,
        chain("start", "t", "end"),
        element("subProcess", "ev", "Відмова", handler, triggeredByEvent="true"),
        around=ANSWER,
    )
    assert finished(process, "Крок")
    run = InstanceRun(process)
    (waiting,) = run.messages.values()
    run.deliver_to(waiting)
    assert run.open == ["h"]
    run.complete("h")
    assert run.last.finished


def test_several_starts_are_asked_for_and_a_message_begins_at_its_own() -> None:
    process = compiled(
        element("startEvent", "by_call", "Дзвінок"),
        element("startEvent", "by_mail", "Лист", '<messageEventDefinition messageRef="m1"/>'),
        step("a", "Записати"),
        step("b", "Прочитати"),
        chain("by_call", "a"),
        chain("by_mail", "b"),
        around=ANSWER,
    )
    (question,) = [each for each in process.steps.values() if each.kind is StepKind.CHOICE]
    assert [each.label for each in question.outcomes] == ["Дзвінок", "Лист"]
    assert InstanceRun(process, message="ВідповідьКлієнта").open == ["b"]


def test_a_multi_instance_over_a_list_keeps_its_rule() -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="${deal.lots}" '
        'camunda:elementVariable="lot"/>'
    )
    process = compiled(START, element("userTask", "t", "Лот", loop), END, chain("start", "t", "end"))
    assert process.loops["t"] == LoopRule(sequential=True, collection="${deal.lots}", item_variable="lot")


def test_a_loop_without_a_count_asks_whether_once_more() -> None:
    loop = "<multiInstanceLoopCharacteristics/>"
    outcome = outcome_of(START, element("userTask", "t", "Лот", loop), END, chain("start", "t", "end"))
    assert outcome.process is not None
    assert found(outcome, "LOOP_ASKED").severity is Severity.WARNING
    again = next(each for each in outcome.process.steps["t"].outcomes if each.label == "Лот")
    run = InstanceRun(outcome.process)
    run.complete("t", again.id)
    assert run.open == ["t"]


def test_a_standard_loop_runs_while_its_condition_holds() -> None:
    loop = (
        '<extensionElements><reglament:field name="ще" type="yes_no"/></extensionElements>'
        "<standardLoopCharacteristics><loopCondition>${ще}</loopCondition></standardLoopCharacteristics>"
    )
    process = compiled(START, element("userTask", "t", "Лот", loop), END, chain("start", "t", "end"))
    run = InstanceRun(process)
    run.complete("t", ще=True)
    assert run.open == ["t"]
    run.complete("t", ще=False)
    assert run.last.finished


def test_a_called_process_of_the_same_upload_or_the_library_is_executed() -> None:
    discount = drawn(START, step("d", "Погодити знижку"), END, chain("start", "d", "end"), key="discount")
    main = drawn(
        START, element("callActivity", "c", "Знижка", calledElement="discount"), END, chain("start", "c", "end")
    )
    for outcome in (
        compile_bpmn({"a.bpmn": main, "b.bpmn": discount}, process_key="sale"),
        compile_bpmn({"a.bpmn": main}, library={"discount": discount}),
    ):
        assert outcome.process is not None
        assert outcome.process.called_keys == ("discount",)
        assert named(outcome.process, "Погодити знижку").process_key == "discount"
        assert finished(outcome.process, "Погодити знижку")


def test_a_called_map_that_is_not_here_or_calls_back_is_confirmed_by_a_person() -> None:
    for called in ("nowhere", "sale"):
        outcome = outcome_of(
            START, element("callActivity", "c", "Виклик", calledElement=called), END, chain("start", "c", "end")
        )
        assert outcome.process is not None
        assert outcome.process.steps["c"].kind is StepKind.CONFIRM
        assert found(outcome, "CALL_UNRESOLVED").params["called"] == called


def test_two_maps_that_call_each_other_do_not_hang() -> None:
    one = drawn(START, element("callActivity", "c", "Б", calledElement="other"), END, chain("start", "c", "end"))
    other = drawn(
        START, element("callActivity", "c", "А", calledElement="sale"), END, chain("start", "c", "end"), key="other"
    )
    outcome = compile_bpmn({"a.bpmn": one, "b.bpmn": other}, process_key="sale")
    assert "CALL_UNRESOLVED" in codes(outcome)
    assert outcome.process is not None


def test_pools_crossed_by_a_sequence_flow_are_one_process() -> None:
    data = drawn(START, step("t", "Ми"), chain("start", "t")).replace(
        b"</definitions>",
        f'<process id="other">{step("u", "Вони")}{flow("t", "u")}</process></definitions>'.encode(),
    )
    outcome = compile_bpmn({"карта.bpmn": data})
    assert outcome.process is not None
    assert finished(outcome.process, "Ми", "Вони")
    assert "POOLS_MERGED" in codes(outcome)


def test_the_pool_with_most_human_steps_is_proposed_and_another_can_be_chosen() -> None:
    data = drawn(START, step("t", "Ми"), chain("start", "t")).replace(
        b"</definitions>",
        f'<process id="big">{step("u", "Раз")}{step("v", "Два")}{flow("u", "v")}</process></definitions>'.encode(),
    )
    proposed = compile_bpmn({"карта.bpmn": data})
    assert [(each.key, each.steps, each.chosen) for each in proposed.processes] == [
        ("big", 2, True),
        ("sale", 1, False),
    ]
    chosen = compile_bpmn({"карта.bpmn": data}, process_key="sale")
    assert chosen.process is not None
    assert chosen.process.key == "sale"
    assert compile_bpmn({"карта.bpmn": data}, process_key="nobody").process is None


@pytest.mark.parametrize("bad", ["Start", "End", "1 крок", "t.BoundaryEventSplit"])
def test_ids_that_no_executor_accepts_are_replaced_and_the_owners_id_is_kept(bad: str) -> None:
    task = f'<userTask id="{bad}" name="Крок"/>'
    process = compiled(START, task, END, chain("start", bad, "end"))
    definition = named(process, "Крок")
    assert definition.source_id == bad
    assert definition.element_id != bad
    assert finished(process, "Крок")


@pytest.mark.parametrize("bad", ["Start", "1 продаж", "=1/0", ""])
def test_a_process_whose_id_cannot_be_a_key_gets_another(bad: str) -> None:
    outcome = compile_bpmn({"карта.bpmn": drawn(step("t", "Крок"), key=bad)})
    assert outcome.process is not None
    assert outcome.process.key == outcome.processes[0].key != bad
    assert finished(outcome.process, "Крок")


def test_a_step_without_an_id_gets_one() -> None:
    assert finished(compiled('<userTask name="Крок"/>'), "Крок")


@pytest.mark.parametrize(
    ("parts", "code", "element_id", "line"),
    [
        ((START, step("t"), '<sequenceFlow id="f" sourceRef="t" targetRef="nobody"/>'), "DANGLING_FLOW", "f", 6),
        ((START, step("t"), step("t"), chain("start", "t")), "DUPLICATE_ID", "t", 6),
        (
            (
                START,
                element(
                    "subProcess", "s", "", step("inner") + '<multiInstanceLoopCharacteristics isSequential="true"/>'
                ),
                END,
                chain("start", "s", "end"),
                flow("inner", "end", flow_id="cross"),
            ),
            "CROSS_SUBPROCESS_FLOW",
            "cross",
            8,
        ),
        (
            (
                START,
                step("t"),
                END,
                chain("start", "t", "end"),
                '<boundaryEvent id="b" attachedToRef="nobody"/>',
            ),
            "BOUNDARY_HOST",
            "b",
            8,
        ),
        (
            (
                START,
                element("intermediateThrowEvent", "undo", "", '<compensateEventDefinition activityRef="t"/>'),
                END,
                chain("start", "undo", "end"),
            ),
            "COMPENSATION_TARGET",
            "undo",
            5,
        ),
        (
            (
                START,
                '<complexGateway id="j"/>',
                step("a"),
                step("b"),
                chain("start", "a", "j"),
                chain("start", "b", "j"),
            ),
            "COMPLEX_RULE",
            "j",
            5,
        ),
        (
            (
                START,
                element("intermediateThrowEvent", "out", "", '<linkEventDefinition name="А"/>'),
                element("intermediateCatchEvent", "into", "", '<linkEventDefinition name="Б"/>'),
                element("intermediateCatchEvent", "into2", "", '<linkEventDefinition name="В"/>'),
                chain("start", "out"),
            ),
            "LINK_UNMATCHED",
            "out",
            5,
        ),
        (
            (
                START,
                element(
                    "adHocSubProcess", "a", "", step("x") + step("y") + step("z") + chain("x", "z") + chain("y", "z")
                ),
                END,
                chain("start", "a", "end"),
            ),
            "AD_HOC_SHARED",
            "z",
            5,
        ),
        ((step("a"), step("b"), chain("a", "b", "a")), "NO_ENTRY", "sale", 3),
    ],
)
def test_what_has_no_faithful_stand_in_is_refused_at_its_line(
    parts: tuple[str, ...], code: str, element_id: str, line: int
) -> None:
    outcome = outcome_of(*parts)
    assert outcome.process is None
    finding = found(outcome, code)
    assert (finding.severity, finding.element_id, finding.line) == (Severity.ERROR, element_id, line)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок", термін="скоро"),
        step("u", "Інший", термін="потім"),
        '<sequenceFlow id="f" sourceRef="t" targetRef="nobody"/>',
        '<sequenceFlow id="g" sourceRef="nobody" targetRef="u"/>',
        chain("start", "t"),
    )
    errors = [(each.code, each.element_id) for each in outcome.findings if each.severity is Severity.ERROR]
    assert errors == [
        ("DANGLING_FLOW", "f"),
        ("DANGLING_FLOW", "g"),
        ("DEADLINE_NOT_UNDERSTOOD", "t"),
        ("DEADLINE_NOT_UNDERSTOOD", "u"),
    ]


def test_a_broken_structure_hides_no_date_that_is_none_on_arrows_and_in_tables() -> None:
    task = element("businessRuleTask", "d", "Межа", **{"camunda:decisionRef": "limit"})
    ways = '<exclusiveGateway id="g"/>' + step("t") + step("u")
    diagram = drawn(
        START,
        task + ways + END,
        chain("start", "d", "g", "t", "end") + chain("u", "end"),
        flow("g", "u", condition='deal.close_date > date("30.03.2026")'),
        '<sequenceFlow id="f" sourceRef="t" targetRef="nobody"/>',
    )
    limit = dmn(table([("a", "date")], ["x"], ('< date("2026-02-30")', '"x"')))
    outcome = compile_bpmn({"map.bpmn": diagram, "limit.dmn": limit})
    assert codes(outcome) >= {"DANGLING_FLOW", "DMN_VALUE_UNREADABLE", "VALUE_UNREADABLE"}
    assert found(outcome, "VALUE_UNREADABLE").params["value"] == 'date("30.03.2026")'


def test_a_broken_structure_tells_of_no_date_on_the_arrow_that_is_taken_otherwise() -> None:
    diagram = drawn(
        START,
        '<exclusiveGateway id="g" default="g_u"/>' + step("t") + step("u") + END,
        chain("start", "g") + flow("g", "t", condition="deal.amount > 5") + chain("t", "end") + chain("u", "end"),
        flow("g", "u", condition='deal.close_date > date("30.03.2026")'),
        '<sequenceFlow id="f" sourceRef="t" targetRef="nobody"/>',
    )
    assert "VALUE_UNREADABLE" not in codes(compile_bpmn({"map.bpmn": diagram}))


def test_an_end_says_whether_the_deal_is_won_or_lost() -> None:
    said = (
        '<extensionElements><camunda:properties><camunda:property name="результат" value="Програно"/>'
        "</camunda:properties></extensionElements>"
    )
    process = compiled(
        START, element("userTask", "t", "Крок"), element("endEvent", "e", "Кінець", said), chain("start", "t", "e")
    )
    assert process.results == {"e": "lost"}


def test_a_step_without_an_id_that_no_path_leads_to_is_told_by_its_name() -> None:
    outcome = outcome_of(START, step("t"), '<task name="Забутий"/>', END, chain("start", "t", "end"))
    assert found(outcome, "UNREACHABLE").element_name == "Забутий"


def waiting(label: str, value: str) -> CompileOutcome:
    timer = f"<timerEventDefinition><timeDuration>{value}</timeDuration></timerEventDefinition>"
    wait = element("intermediateCatchEvent", "w", label, timer)
    return outcome_of(START, wait, step("t"), END, chain("start", "w", "t", "end"))


@pytest.mark.parametrize(("label", "value"), [("2 дні", "PT5M"), ("2 р.д.", "P2D"), ("до 18:00", "PT4H")])
def test_a_timer_whose_label_tells_another_time_is_told(label: str, value: str) -> None:
    told = found(waiting(label, value), "PROPERTY_CONFLICT")
    assert (told.element_id, told.params["used"], told.params["other"]) == ("w", value, label)


@pytest.mark.parametrize(("label", "value"), [("2 дні", "P2D"), ("2 дні", "PT48H"), ("Чекаємо", "P2D"), ("", "P2D")])
def test_a_timer_whose_label_tells_the_same_or_nothing_is_not(label: str, value: str) -> None:
    assert "PROPERTY_CONFLICT" not in codes(waiting(label, value))


@pytest.mark.parametrize(
    ("first", "second", "label", "called"),
    [
        ("Підготувати", "Підписати", "", "Підготувати → Підписати"),
        ("Підготувати", "", "", "Підготувати → …"),
        ("", "", "", None),
        ("Підготувати", "Підписати", "Далі", "Далі"),
    ],
)
def test_an_arrow_without_a_label_is_called_by_what_it_joins(
    first: str, second: str, label: str, called: str | None
) -> None:
    outcome = outcome_of(
        START,
        element("userTask", "a", first),
        element("subProcess", "p", "Договір", element("userTask", "b", second)),
        END,
        chain("start", "a", "end"),
        flow("a", "b", label),
    )
    finding = found(outcome, "FRAME_CROSSED")
    assert (finding.element_id, finding.element_name) == ("a_b", called)
