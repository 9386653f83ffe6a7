"""Approvals in parallel, each decided at once, that return the deal out of the split while others are still asked."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from support.drawn_maps import END, START, chain, compiled, element, flow, step
from support.instance_run import InstanceRun
from support.rework_maps import APPROVED, RETURNED, faults_of_walk, rework_map

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import MoveToken
from engine.errors import DomainError, MapFailed

APPROVALS = ("legal", "finance")
ASKING = '<parallelGateway id="split"/><parallelGateway id="join"/>' + "".join(
    step(one, approval="any") + element("exclusiveGateway", f"{one}_decides") for one in APPROVALS
)
ANSWERS = "".join(
    chain("split", one, f"{one}_decides") + flow(f"{one}_decides", "join", "Погоджено") for one in APPROVALS
)
AROUND = (START, END, step("prepare"), step("sign"))


@pytest.fixture(scope="module")
def returning() -> CompiledProcess:
    """prepare → split → legal and finance, each back to prepare or on → join → sign."""
    back = "".join(flow(f"{one}_decides", "prepare", "На доопрацювання") for one in APPROVALS)
    return compiled(*AROUND, ASKING, ANSWERS, back, chain("start", "prepare", "split"), chain("join", "sign", "end"))


@pytest.fixture(scope="module")
def by_the_standard() -> CompiledProcess:
    """The same with nothing but what the standard has: a part that a return ends by an error."""
    failing = "".join(
        element("endEvent", f"{one}_fails", "", '<errorEventDefinition errorRef="returned"/>')
        + flow(f"{one}_decides", f"{one}_fails", "На доопрацювання")
        for one in APPROVALS
    )
    ends = element("startEvent", "begun") + element("endEvent", "agreed")
    inside = ends + ASKING + ANSWERS + failing + chain("begun", "split") + chain("join", "agreed")
    border = element("boundaryEvent", "back", "", '<errorEventDefinition errorRef="returned"/>', attachedToRef="asking")
    return compiled(
        *AROUND,
        element("subProcess", "asking", "", inside),
        border,
        chain("start", "prepare", "asking", "sign", "end"),
        chain("back", "prepare"),
        around='<error id="returned" name="Повернення" errorCode="returned"/>',
    )


def seen_of(process: CompiledProcess, acts: tuple[tuple[int, str], ...]) -> list[list[str]]:
    """What is open after each of ``acts``: which of the open steps is completed, and how, if it is an approval."""
    run = InstanceRun(process)
    seen = [run.open]
    for which, outcome in acts:
        if not run.steps:
            break
        opened = sorted(run.steps.values(), key=lambda one: one.element_id)[which % len(run.steps)]
        run.complete_opened(opened, outcome if opened.element_id in APPROVALS else "completed", {})
        seen.append(run.open)
    return seen


def test_it_is_what_a_part_that_ends_by_an_error_would_be(
    returning: CompiledProcess, by_the_standard: CompiledProcess
) -> None:
    act = tuple(product((0, 1), (APPROVED, RETURNED)))
    for acts in product(act, repeat=6):
        assert seen_of(returning, acts) == seen_of(by_the_standard, acts), acts


def test_who_is_asked_still_is_asked_anew_behind_the_rework(returning: CompiledProcess) -> None:
    run = InstanceRun(returning)
    run.complete("prepare")
    asked = run.activity("legal")
    run.complete("finance", RETURNED)
    assert run.open == ["prepare"], "nobody answers for a text that is being changed"
    run.complete("prepare")
    assert run.activity("legal") != asked
    run.complete("finance", APPROVED)
    assert run.open == ["legal"]
    run.complete("legal", APPROVED)
    assert run.open == ["sign"]


def test_an_answer_to_the_earlier_text_does_not_count_for_the_new_one(returning: CompiledProcess) -> None:
    run = InstanceRun(returning)
    run.complete("prepare")
    run.complete("legal", APPROVED)
    run.complete("finance", RETURNED)
    run.complete("prepare")
    run.complete("finance", APPROVED)
    assert run.open == ["legal"]


def test_a_move_leads_only_to_where_such_a_map_can_come(returning: CompiledProcess) -> None:
    run = InstanceRun(returning)
    run.complete("prepare")
    run.complete("legal", RETURNED)
    with pytest.raises(DomainError):
        run.apply(MoveToken("sign", frozenset()))
    run.complete("prepare")
    assert run.open == ["finance", "legal"]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_no_approval_is_asked_twice_or_passed_by(random: Random, data: st.DataObject) -> None:
    drawn = rework_map(random)
    note(str(drawn.ways))
    process = drawn.compiled()
    assert process is not None, "what returns only to what lies before it can always be executed"
    assert not faults_of_walk(drawn, process, data.draw(st.randoms(use_true_random=False)))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_ways_into_other_branches_pass_no_approval_by(random: Random, data: st.DataObject) -> None:
    """Such maps may wait for what cannot come, which is told and stops the deal; or they are refused."""
    drawn = rework_map(random, wild=True)
    note(str(drawn.ways))
    process = drawn.compiled()
    if process is None:
        return
    try:
        faults = faults_of_walk(drawn, process, data.draw(st.randoms(use_true_random=False)))
    except MapFailed:
        return
    assert not faults
