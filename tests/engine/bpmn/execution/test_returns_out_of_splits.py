"""Approvals in parallel, each decided at once, that return the deal out of the split while others are still asked."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from support.drawn_maps import END, START, chain, compiled, element, flow, step
from support.instance_run import InstanceRun
from support.rework_maps import APPROVED, RETURNED, rework_map
from support.rework_walks import faults_of_walk

from engine.bpmn.carrying import CarryOrder, carry
from engine.bpmn.carrying_problems import BranchesDiffer, CannotCarry
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import jump_targets
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


def acts_of(run: InstanceRun) -> list[tuple[int, str]]:
    """All that can be done next: which of the open steps is completed, and how."""
    return [
        (which, outcome)
        for which, one in enumerate(run.open)
        for outcome in ((APPROVED, RETURNED) if one in APPROVALS else ("completed",))
    ]


def gone_on(run: InstanceRun, act: tuple[int, str]) -> InstanceRun:
    which, outcome = act
    further = run.copy()
    opened = sorted(further.steps.values(), key=lambda one: one.element_id)[which]
    further.complete_opened(opened, outcome, {})
    return further


def test_it_is_what_a_part_that_ends_by_an_error_would_be(
    returning: CompiledProcess, by_the_standard: CompiledProcess
) -> None:
    """Every way of eight acts, each gone on from where those stand that begin alike."""
    runs: dict[tuple[tuple[int, str], ...], tuple[InstanceRun, InstanceRun]]
    runs = {(): (InstanceRun(returning), InstanceRun(by_the_standard))}
    for _ in range(8):
        runs = {
            (*acts, act): (gone_on(ours, act), gone_on(standard, act))
            for acts, (ours, standard) in runs.items()
            for act in acts_of(ours)
        }
        for acts, (ours, standard) in runs.items():
            assert (ours.open, ours.last.finished) == (standard.open, standard.last.finished), acts
    assert len(runs) > 64


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


def test_no_deal_is_moved_to_what_takes_others_back(returning: CompiledProcess) -> None:
    assert returning.withdrawals
    assert not returning.withdrawals.keys() & set(jump_targets(returning))


def kept_apart(**archiving: str) -> CompiledProcess:
    """prepare → legal and finance, each back to prepare or on → sign, beside archiving with an end of its own."""
    back = "".join(flow(f"{one}_decides", "prepare", "На доопрацювання") for one in APPROVALS)
    ways = chain("start", "prepare", "split", "archive", "kept") + chain("join", "sign", "end")
    return compiled(*AROUND, ASKING, ANSWERS, back, ways, step("archive", **archiving), '<endEvent id="kept"/>')


def test_a_deal_is_not_carried_to_where_the_new_version_would_have_taken_a_step_back() -> None:
    """The drawing is the same; what is an approval now is not left open by a return."""
    old, new = kept_apart(), kept_apart(approval="any")
    run = InstanceRun(old)
    run.complete("prepare")
    run.complete("legal", RETURNED)
    assert run.open == ["archive", "prepare"]
    with pytest.raises(CannotCarry) as refused:
        carry(old, new, run.state or b"", CarryOrder(), run.context())
    assert [type(one) for one in refused.value.problems] == [BranchesDiffer]
    taken_back = CarryOrder({"archive": None})
    assert carry(old, new, run.state or b"", taken_back, run.context()).waiting == {"archive", "prepare"}


def decided(*approvals: str, join: str, to: str) -> str:
    """Each of ``approvals``, and the arrows from its decision to ``join`` and back to ``to``."""
    return "".join(
        step(one, approval="any")
        + element("exclusiveGateway", f"{one}_decides")
        + chain(one, f"{one}_decides")
        + flow(f"{one}_decides", join, "Погоджено")
        + flow(f"{one}_decides", to, "На доопрацювання")
        for one in approvals
    )


def begun(*parts: str) -> InstanceRun:
    run = InstanceRun(compiled(*parts), {"amount": 10})
    run.complete("prepare")
    return run


@pytest.mark.parametrize("condition", ["", "${amount > 5}"])
def test_an_inclusive_join_waits_for_an_approval_that_may_still_be_returned(condition: str) -> None:
    """The way back leads to all arrows of the join, but not beside the tokens that wait there: it takes them away."""
    run = begun(
        *AROUND,
        element("inclusiveGateway" if condition else "parallelGateway", "split") + '<inclusiveGateway id="join"/>',
        decided(*APPROVALS, join="join", to="prepare"),
        "".join(flow("split", one, condition=condition) for one in APPROVALS),
        chain("start", "prepare", "split") + chain("join", "sign", "end"),
    )
    run.complete("legal", APPROVED)
    assert run.open == ["finance"]
    run.complete("finance", RETURNED)
    assert run.open == ["prepare"]
    run.complete("prepare")
    run.complete("finance", APPROVED)
    assert run.open == ["legal"]
    run.complete("legal", APPROVED)
    assert run.open == ["sign"]


def test_an_inclusive_join_waits_for_a_rework_from_which_the_deal_goes_back() -> None:
    run = begun(
        *AROUND,
        step("rework"),
        '<parallelGateway id="split"/><inclusiveGateway id="join"/>',
        decided(*APPROVALS, join="join", to="rework"),
        chain("split", "legal") + chain("split", "finance") + chain("rework", "prepare"),
        chain("start", "prepare", "split") + chain("join", "sign", "end"),
    )
    run.complete("finance", RETURNED)
    run.complete("legal", APPROVED)
    assert run.open == ["rework"]
    run.complete("rework")
    run.complete("prepare")
    assert run.open == ["finance", "legal"]


@pytest.mark.parametrize("join", ["parallelGateway", "inclusiveGateway"])
def test_an_answer_that_waits_in_a_join_around_is_taken_back_as_well(join: str) -> None:
    """Both approvals stand in one branch of a split, and join with its other one."""
    run = begun(
        *AROUND,
        step("check") + step("pack"),
        '<parallelGateway id="around"/><parallelGateway id="split"/>' + element(join, "join"),
        decided(*APPROVALS, join="join", to="check"),
        chain("start", "prepare", "around", "check", "split", "legal") + chain("split", "finance"),
        chain("around", "pack", "join", "sign", "end"),
    )
    run.complete("pack")
    run.complete("check")
    run.complete("finance", APPROVED)
    run.complete("legal", RETURNED)
    assert run.open == ["check"]
    run.complete("check")
    run.complete("legal", APPROVED)
    assert run.open == ["finance"], "what finance said was said of the earlier text"
    run.complete("finance", APPROVED)
    assert run.open == ["sign"]


def test_what_waits_behind_an_event_gateway_is_taken_back_with_all_its_events() -> None:
    timer = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"
    run = begun(
        *AROUND,
        '<parallelGateway id="split"/><parallelGateway id="join"/>',
        '<eventBasedGateway id="waits"/><endEvent id="late"/>',
        element("intermediateCatchEvent", "soon", "", timer) + element("intermediateCatchEvent", "later", "", timer),
        decided("legal", join="join", to="prepare"),
        chain("start", "prepare", "split", "legal") + chain("split", "waits", "soon", "join", "sign", "end"),
        chain("waits", "later", "late"),
    )
    assert sorted(run.due) == ["later", "soon"]
    run.complete("legal", RETURNED)
    assert run.open == ["prepare"]
    assert not run.timers


def test_an_alarm_on_the_step_that_it_leads_back_to_begins_that_anew() -> None:
    timer = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"
    run = InstanceRun(
        compiled(
            *AROUND,
            element("boundaryEvent", "alarm", "", timer, attachedToRef="prepare", cancelActivity="false"),
            decided("legal", join="sign", to="prepare"),
            chain("start", "prepare", "legal") + chain("alarm", "prepare") + chain("sign", "end"),
        )
    )
    run.fire("alarm")
    assert run.open == ["prepare"]
    run.complete("prepare")
    assert run.open == ["legal"]


def test_two_of_three_are_enough_and_the_third_may_still_return_the_deal() -> None:
    enough = "<activationCondition>${activationCount &gt;= 2}</activationCondition>"
    run = begun(
        *AROUND,
        '<parallelGateway id="split"/>' + element("complexGateway", "join", "", enough),
        decided("legal", "finance", "head", join="join", to="prepare"),
        decided("director", join="sign", to="prepare"),
        "".join(chain("split", one) for one in ("legal", "finance", "head")),
        chain("start", "prepare", "split") + chain("join", "director") + chain("sign", "end"),
    )
    run.complete("legal", APPROVED)
    run.complete("finance", APPROVED)
    assert run.open == ["director", "head"]
    run.complete("head", RETURNED)
    assert run.open == ["prepare"]


def test_a_third_that_is_being_reworked_still_ends_where_two_were_enough() -> None:
    """Its branch has only reworks left, each of which comes to the join past what takes tokens of the branch back."""
    enough = "<activationCondition>${activationCount &gt;= 2}</activationCondition>"
    run = begun(
        *AROUND,
        step("pack") + step("count") + step("check") + step("rework"),
        '<parallelGateway id="around"/><parallelGateway id="split"/><parallelGateway id="agreed"/>',
        element("complexGateway", "join", "", enough),
        decided(*APPROVALS, join="agreed", to="rework"),
        chain("start", "prepare", "around", "check", "split", "legal") + chain("split", "finance"),
        chain("around", "pack", "join") + chain("around", "count", "join") + chain("agreed", "join"),
        chain("rework", "check") + chain("join", "sign", "end"),
    )
    run.complete("check")
    for one in APPROVALS:
        run.complete(one, RETURNED)
    run.complete("pack")
    run.complete("count")
    assert run.open == ["rework", "rework", "sign"]
    run.complete("rework")
    run.complete("check")
    for one in APPROVALS:
        run.complete(one, APPROVED)
    run.complete("sign")
    assert run.last.finished, "the third came late, and nothing follows it"


def test_a_branch_with_two_arrows_into_where_enough_have_come_is_reworked_and_still_ends_there() -> None:
    """One of its tokens has counted, and was taken back by the return of the other: both come late."""
    enough = "<activationCondition>${activationCount &gt;= 2}</activationCondition>"
    run = begun(
        *AROUND,
        step("check") + step("pack"),
        '<parallelGateway id="around"/><parallelGateway id="split"/>' + element("complexGateway", "join", "", enough),
        decided("legal", join="join", to="check"),
        chain("start", "prepare", "around", "check", "split", "legal") + chain("split", "pack", "join"),
        step("count") + chain("around", "count", "join", "sign", "end"),
    )
    for one in ("count", "check", "pack"):
        run.complete(one)
    assert run.open == ["legal", "sign"]
    run.complete("legal", RETURNED)
    run.complete("sign")
    for one in ("check", "pack"):
        run.complete(one)
    assert run.open == ["legal"], "nothing is signed twice"
    assert run.complete("legal", APPROVED).finished


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_splits_and_joins_of_all_kinds_pass_no_approval_by(random: Random, data: st.DataObject) -> None:
    """Some of these maps are refused: an alarm that leads back where nobody is asked brings two tokens on."""
    drawn = rework_map(random, varied=True)
    note(str(drawn.ways))
    process = drawn.compiled()
    if process is not None:
        assert not faults_of_walk(drawn, process, data.draw(st.randoms(use_true_random=False)))


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


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_ways_into_other_branches_that_nothing_is_told_of_lead_past_what_is_drawn_so(
    random: Random, data: st.DataObject
) -> None:
    """With joins of all kinds: a return into a branch beside lets an inclusive one go on without the approval."""
    drawn = rework_map(random, wild=True, varied=True)
    note(str(drawn.ways))
    process = drawn.compiled()
    if process is None or {"MAY_DEADLOCK", "RUNS_BEFORE_APPROVAL"} & {one.code for one in process.findings}:
        return
    try:
        faults = faults_of_walk(drawn, process, data.draw(st.randoms(use_true_random=False)))
    except MapFailed:
        return
    assert not faults


def test_called_maps_links_events_and_tables_pass_no_approval_by(full: bool) -> None:
    """With every kind of part that approvals are drawn in, and of what decides behind them."""
    for number in range(1_000 if full else 6):
        random = Random(number)  # noqa: S311  # drawings and walks that can be played again
        drawn = rework_map(random, wide=True, varied=number % 2 == 0)
        process = drawn.compiled()
        if process is None:
            assert number % 2 == 0, "without alarms beside, each of these maps can be executed"
            continue
        for walk in range(2):
            assert not faults_of_walk(drawn, process, random), (number, walk)
