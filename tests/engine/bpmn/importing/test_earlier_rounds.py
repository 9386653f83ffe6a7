"""An approval that a later round leaves out decides nothing in it."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, compiled, element, flow, outcome_of, step
from support.instance_run import InstanceRun

SIZE = (
    "<extensionElements><camunda:formData><camunda:formField id='big' type='boolean'/></camunda:formData>"
    "</extensionElements>"
)
NO = '<endEvent id="no" name="Відмова"/>'
PREPARE = '<exclusiveGateway id="again"/>' + element("userTask", "prepare", "Підготувати", SIZE)
DECIDE = '<exclusiveGateway id="g"/>' + NO + END
WAYS = flow("g", "end", "Погоджено") + flow("g", "again", "На доопрацювання") + flow("g", "no", "Відхилено")
LEGAL, FINANCE = step("legal", "Юрист", погодження="будь-хто"), step("finance", "Фінанси", погодження="будь-хто")
BYPASS = '<exclusiveGateway id="x" default="x_mx"/><exclusiveGateway id="mx"/>'
PAST = flow("x", "finance", condition="${big}") + flow("x", "mx") + chain("finance", "mx")


def inclusive(condition: str = "${big}") -> str:
    split = '<inclusiveGateway id="split" default="split_legal"/><inclusiveGateway id="join"/>'
    ways = flow("split", "legal") + flow("split", "finance", condition=condition) + chain("finance", "join")
    return split + LEGAL + FINANCE + chain("prepare", "split") + ways + chain("legal", "join", "g")


def past_one_branch() -> str:
    split = '<parallelGateway id="split"/><parallelGateway id="join"/>' + BYPASS
    ways = chain("prepare", "split", "legal", "join", "g") + chain("split", "x") + PAST + chain("mx", "join")
    return split + LEGAL + FINANCE + ways


def in_a_part() -> str:
    inner = '<startEvent id="is"/>' + LEGAL + FINANCE + BYPASS + '<endEvent id="ie"/>'
    inner += chain("is", "legal", "x") + PAST + chain("mx", "ie")
    return element("subProcess", "part", "Погодження", inner) + chain("prepare", "part", "g")


def deeper_in_a_part() -> str:
    steps = '<startEvent id="ds"/>' + FINANCE + '<endEvent id="de"/>' + chain("ds", "finance", "de")
    inner = element("subProcess", "deep", "Фінанси", steps)
    past = flow("x", "deep", condition="${big}") + flow("x", "mx") + chain("deep", "mx")
    split = '<parallelGateway id="split"/><parallelGateway id="join"/>' + BYPASS + LEGAL + inner
    return split + chain("prepare", "split", "legal", "join", "g") + chain("split", "x") + past + chain("mx", "join")


def returned_by_finance(approvals: str) -> InstanceRun:
    run = InstanceRun(compiled(START, PREPARE, approvals, DECIDE, chain("start", "again", "prepare"), WAYS))
    run.complete("prepare", big=True)
    if "legal" in run.open:
        run.complete("legal", "approved")
    run.complete("finance", "returned")
    assert run.open == ["prepare"]
    return run


@pytest.mark.parametrize("approvals", [past_one_branch(), in_a_part(), deeper_in_a_part()])
def test_a_return_of_a_round_before_does_not_send_the_deal_back_again(approvals: str) -> None:
    run = returned_by_finance(approvals)
    run.complete("prepare", big=False)
    run.complete("legal", "approved")
    assert run.last.end_events == ("end",)


def test_of_an_inclusive_split_only_the_ways_of_this_round_decide() -> None:
    run = returned_by_finance(inclusive())
    run.complete("prepare", big=False)
    assert run.open == ["legal"]
    run.complete("legal", "approved")
    assert run.last.end_events == ("end",)


@pytest.mark.parametrize("approvals", [past_one_branch(), in_a_part(), inclusive()])
def test_an_approval_that_is_asked_again_decides_again(approvals: str) -> None:
    run = returned_by_finance(approvals)
    run.complete("prepare", big=True)
    if "legal" in run.open:
        run.complete("legal", "approved")
    run.complete("finance", "rejected")
    assert run.last.end_events == ("no",)


def test_a_map_that_asks_again_only_who_returned_it_keeps_what_the_others_said() -> None:
    again = inclusive('${finance_outcome == "returned" || big}')
    process = compiled(START, PREPARE, again, DECIDE, chain("start", "again", "prepare"), WAYS)
    assert not any(name == "finance_outcome" for pairs in process.assignments.values() for name, _ in pairs)


def test_a_loop_that_looks_at_the_round_before_keeps_it() -> None:
    while_returned = "<standardLoopCharacteristics><loopCondition>${finance_outcome == 'returned'}</loopCondition>"
    mend = element("userTask", "mend", "Виправити", while_returned + "</standardLoopCharacteristics>")
    part = in_a_part().replace('targetRef="part"', 'targetRef="mend"') + mend + chain("mend", "part")
    assert not compiled(START, PREPARE, part, DECIDE, chain("start", "again", "prepare"), WAYS).assignments


def repeated_outside(loop: str = "") -> tuple[str, ...]:
    """All of a round in a part of its own; whoever asks for another goes around the part."""
    round_ = '<startEvent id="rs"/>' + PREPARE.replace('<exclusiveGateway id="again"/>', "") + inclusive()
    round_ += "".join(f'<endEvent id="{end}"/>' for end in ("yes", "later", "never")) + '<exclusiveGateway id="g"/>'
    round_ += chain("rs", "prepare") + flow("g", "yes", "Погоджено") + flow("g", "later", "На доопрацювання")
    part = element("subProcess", "round", "Раунд", round_ + flow("g", "never", "Відхилено") + loop)
    ask = '<exclusiveGateway id="more"/>' + step("ask", "Ще раунд?") + '<exclusiveGateway id="asked"/>' + END
    ways = flow("asked", "end", "Досить") + flow("asked", "more", "Ще раз")
    return START, part, ask, chain("start", "more", "round", "ask", "asked"), ways


def test_a_round_that_is_repeated_from_outside_its_part_forgets_as_well() -> None:
    run = InstanceRun(compiled(*repeated_outside()))
    run.complete("prepare", big=True)
    run.complete("finance", "returned")
    run.complete("ask", "asked_more")
    run.complete("prepare", big=False)
    run.complete("legal", "approved")
    assert "yes" in {passed.element_id for passed in run.last.passed}


def side_by_side(part: str) -> InstanceRun:
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    steps = '<startEvent id="rs"/><exclusiveGateway id="g"/><endEvent id="yes"/><endEvent id="never"/>' + part
    steps += flow("g", "yes", "Погоджено") + flow("g", "never", "Відхилено")
    around = element("subProcess", "each", "Кожна позиція", steps + loop)
    return InstanceRun(compiled(START, around, END, chain("start", "each", "end")))


def passed(run: InstanceRun) -> set[str]:
    return {one.element_id for one in run.last.passed} & {"yes", "never"}


def test_a_round_of_undoing_is_repeated_as_often_as_what_it_undoes() -> None:
    """Finance refused to take the first delivery back, and decided so about the second without being asked."""
    inside = '<startEvent id="us"/><endEvent id="back"/><endEvent id="kept"/><exclusiveGateway id="g"/>'
    inside += element("userTask", "prepare", "Підготувати", SIZE) + inclusive() + chain("us", "prepare")
    inside += flow("g", "back", "Погоджено") + flow("g", "kept", "Відхилено")
    undo = element("subProcess", "undo", "Повернути", inside, isForCompensation="true")
    undone = element("boundaryEvent", "undone", "", "<compensateEventDefinition/>", attachedToRef="work")
    undone += '<association id="undoes" sourceRef="undone" targetRef="undo" associationDirection="One"/>'
    off = element("intermediateThrowEvent", "off", "", "<compensateEventDefinition/>")
    ask = '<exclusiveGateway id="more"/>' + step("ask", "Ще раз?") + '<exclusiveGateway id="asked"/>' + END
    ways = chain("start", "more", "work", "off", "ask", "asked")
    ways += flow("asked", "end", "Досить") + flow("asked", "more", "Ще раз")
    run = InstanceRun(compiled(START, step("work"), undo, undone, off, ask, ways))
    run.complete("work")
    run.complete("prepare", big=True)
    run.complete("finance", "rejected")
    run.complete("ask", next(one.id for one in run.process.steps["ask"].outcomes if one.label == "Ще раз"))
    run.complete("work")
    run.complete("prepare", big=False)
    run.complete("legal", "approved")
    assert "back" in {one.element_id for one in run.last.passed}


def test_what_is_approved_in_one_run_is_not_approved_in_the_one_beside_it() -> None:
    both = '<parallelGateway id="s"/><parallelGateway id="j"/>' + LEGAL + FINANCE
    run = side_by_side(both + chain("rs", "s", "legal", "j", "g") + chain("s", "finance", "j"))
    run.complete("legal", "rejected")
    run.complete("legal", "approved")  # in the other run
    run.complete("finance", "approved")
    assert passed(run) == {"never"}
    run.complete("finance", "approved")
    assert passed(run) == {"yes"}


def test_an_approval_left_out_in_one_run_does_not_decide_there_by_what_another_run_said() -> None:
    ask = element("userTask", "prepare", "Підготувати", SIZE)
    split = '<inclusiveGateway id="split"/><inclusiveGateway id="join"/>' + LEGAL + FINANCE + ask
    ways = flow("split", "legal", condition="${1 == 1}") + flow("split", "finance", condition="${big}")
    ways += chain("rs", "prepare", "split") + chain("legal", "join", "g") + chain("finance", "join")
    run = side_by_side(split + ways)
    run.complete("prepare", big=True)
    run.complete("finance", "rejected")
    run.complete("prepare", big=False)
    run.complete("legal", "approved")
    assert passed(run) == {"never"}
    run.complete("legal", "approved")
    assert passed(run) == {"yes"}


def test_two_decisions_in_a_row_forget_once() -> None:
    decide = '<exclusiveGateway id="g" name="Погоджено?"/><exclusiveGateway id="h"/>' + NO + END
    ways = flow("g", "end", "Так") + flow("g", "h", "Ні") + flow("h", "again", "На доопрацювання")
    ways += flow("h", "no", "Відхилено")
    process = compiled(START, PREPARE, in_a_part(), decide, chain("start", "again", "prepare"), ways)
    assert list(process.assignments.values()) == [(("finance_outcome", "null"),)]


def test_nothing_is_put_into_a_map_that_asks_once_or_asks_all_each_time() -> None:
    once = WAYS.replace('targetRef="again"', 'targetRef="no"')
    assert not compiled(START, PREPARE, in_a_part(), DECIDE, chain("start", "again", "prepare"), once).assignments
    split = '<parallelGateway id="split"/><parallelGateway id="join"/>' + LEGAL + FINANCE
    ways = chain("prepare", "split", "legal", "join", "g") + chain("split", "finance", "join")
    assert not compiled(START, PREPARE, split + ways, DECIDE, chain("start", "again", "prepare"), WAYS).assignments


def skipping(approvals: str) -> set[str]:
    outcome = outcome_of(START, PREPARE, approvals, DECIDE, chain("start", "again", "prepare"), WAYS)
    return {one.params["steps"] for one in outcome.findings if one.code == "APPROVALS_MAY_BE_SKIPPED"}


def test_a_decision_that_a_deal_may_reach_unapproved_is_told() -> None:
    split = '<inclusiveGateway id="split" default="split_join"/><inclusiveGateway id="join"/>' + LEGAL + FINANCE
    ways = chain("prepare", "split") + flow("split", "join") + flow("split", "legal", condition="${!big}")
    ways += flow("split", "finance", condition="${big}") + chain("legal", "join", "g") + chain("finance", "join")
    assert skipping(split + ways) == {"Юрист, Фінанси"}
    inner = '<startEvent id="is"/>' + FINANCE + BYPASS + '<endEvent id="ie"/>' + chain("is", "x") + PAST
    part = element("subProcess", "part", "Погодження", inner + chain("mx", "ie"))
    assert skipping(part + chain("prepare", "part", "g")) == {"Фінанси"}


@pytest.mark.parametrize("approvals", [past_one_branch(), in_a_part(), deeper_in_a_part(), inclusive()])
def test_nothing_is_told_where_one_approval_is_always_asked(approvals: str) -> None:
    assert skipping(approvals) == set()


def test_an_approval_beside_other_work_is_always_asked() -> None:
    inner = '<startEvent id="is"/><parallelGateway id="s"/><parallelGateway id="j"/>' + LEGAL + step("docs", "Пакет")
    inner += '<endEvent id="ie"/>' + chain("is", "s", "legal", "j", "ie") + chain("s", "docs", "j")
    part = element("subProcess", "part", "Погодження", inner) + chain("prepare", "part", "g")
    assert skipping(part) == set()
    assert not compiled(START, PREPARE, part, DECIDE, chain("start", "again", "prepare"), WAYS).assignments


def test_a_part_that_fails_before_its_approval_does_not_come_to_the_decision() -> None:
    inner = '<startEvent id="is"/><endEvent id="ie"/><endEvent id="bad"><errorEventDefinition/></endEvent>' + LEGAL
    inner += '<exclusiveGateway id="x" default="x_legal"/>' + chain("is", "x") + flow("x", "legal")
    inner += flow("x", "bad", condition="${big}") + chain("legal", "ie")
    part = element("subProcess", "part", "Погодження", inner) + chain("prepare", "part", "g")
    border = '<boundaryEvent id="b" attachedToRef="part"><errorEventDefinition/></boundaryEvent>' + chain("b", "no")
    assert skipping(part + border) == set()


def test_a_step_that_is_no_approval_is_none_that_may_be_skipped() -> None:
    """A decision right behind a step to which several ways lead: its buttons are ways, and it is always done."""
    plain = BYPASS + step("finance", "Порахувати") + chain("prepare", "x") + PAST + step("check", "Перевірити")
    assert skipping(plain + chain("mx", "check", "g")) == set()
    merged = BYPASS + step("finance", "Порахувати") + chain("prepare", "x") + PAST.replace('"mx"', '"check"')
    assert skipping(merged + step("check", "Перевірити") + chain("check", "g")) == set()
