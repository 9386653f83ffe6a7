"""An event that a map throws to itself may have passed before the deal waits for it: that is told at upload."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity

CODE = "EVENT_MAY_BE_MISSED"
ROOTS = '<message id="m" name="Готово"/><signal id="s" name="Тривога"/>'
KINDS = {"message": '<messageEventDefinition messageRef="m"/>', "signal": '<signalEventDefinition signalRef="s"/>'}
LATE = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"


def side_by_side(waiting: str, *more: str, kind: str = "signal", split: str = "parallelGateway") -> CompileOutcome:
    """split → "work" → throw → end, and split → ``waiting`` → end."""
    return outcome_of(
        START,
        element(split, "split"),
        step("work"),
        element("intermediateThrowEvent", "throw", "", KINDS[kind]),
        element("intermediateCatchEvent", "catch", "", KINDS[kind]),
        step("own"),
        step("after"),
        END,
        chain("start", "split", "work", "throw", "end"),
        waiting,
        chain("catch", "after", "end"),
        *more,
        around=ROOTS,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_a_step_to_do_before_waiting_may_come_too_late(kind: str) -> None:
    outcome = side_by_side(chain("split", "own", "catch"), kind=kind)
    finding = found(outcome, CODE)
    assert (finding.severity, finding.element_id) == (Severity.WARNING, "catch")
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.complete("work")
    run.complete("own")
    assert run.open == [], "it was thrown before, and nothing waited"
    assert [message.node_id for message in run.messages.values()] == ["catch"]


@pytest.mark.parametrize("kind", KINDS)
def test_who_waits_from_the_split_on_misses_nothing(kind: str) -> None:
    outcome = side_by_side(chain("split", "catch"), step("unused"), chain("own", "unused"), kind=kind)
    assert CODE not in codes(outcome)
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.complete("work")
    assert run.open == ["after"]


def test_what_is_thrown_on_the_same_way_before_is_missed_each_time() -> None:
    outcome = side_by_side(chain("split", "own", "end"), flow("throw", "catch"))
    assert found(outcome, CODE).element_id == "catch"


def test_an_alarm_beside_a_step_may_throw_before_the_deal_waits() -> None:
    alarm = element("boundaryEvent", "late", "", LATE, attachedToRef="own", cancelActivity="false")
    outcome = outcome_of(
        START,
        step("own"),
        alarm,
        element("endEvent", "throw", "", KINDS["signal"]),
        element("intermediateCatchEvent", "catch", "", KINDS["signal"]),
        END,
        chain("start", "own", "catch", "end"),
        chain("late", "throw"),
        around=ROOTS,
    )
    assert found(outcome, CODE).element_id == "catch"


def test_ways_of_which_one_is_gone_never_meet() -> None:
    outcome = side_by_side(chain("split", "own", "catch"), split="exclusiveGateway")
    assert CODE not in codes(outcome)


def test_who_can_go_on_by_a_timer_is_told_nothing() -> None:
    outcome = side_by_side(
        chain("split", "own", "first", "catch"),
        element("eventBasedGateway", "first"),
        element("intermediateCatchEvent", "timer", "", LATE),
        chain("first", "timer", "end"),
    )
    assert CODE not in codes(outcome)


def test_what_comes_from_other_deals_is_told_nothing() -> None:
    outcome = outcome_of(
        START,
        step("own"),
        element("intermediateCatchEvent", "catch", "", KINDS["signal"]),
        END,
        chain("start", "own", "catch", "end"),
        around=ROOTS,
    )
    assert CODE not in codes(outcome)


@pytest.mark.parametrize("more", ["", flow("again", "work", "Не чекати")])
def test_what_is_thrown_on_behind_the_wait_comes_from_other_deals(more: str) -> None:
    """Each deal waits for its turn, and gives it to the next, once or several times."""
    outcome = outcome_of(
        START,
        element("exclusiveGateway", "again"),
        step("own"),
        element("intermediateCatchEvent", "catch", "", KINDS["signal"]),
        step("work"),
        element("intermediateThrowEvent", "throw", "", KINDS["signal"]),
        element("exclusiveGateway", "more", "Ще?"),
        END,
        chain("start", "again", "own", "catch", "work", "throw", "more"),
        flow("more", "again", "Так"),
        flow("more", "end", "Ні"),
        more,
        around=ROOTS,
    )
    assert CODE not in codes(outcome)


def test_branches_that_have_met_before_the_throw_wait_for_nothing_that_passed() -> None:
    outcome = outcome_of(
        START,
        element("exclusiveGateway", "again"),
        element("intermediateCatchEvent", "catch", "", KINDS["signal"]),
        element("parallelGateway", "split"),
        step("own"),
        step("work"),
        element("parallelGateway", "join"),
        element("intermediateThrowEvent", "throw", "", KINDS["signal"]),
        element("exclusiveGateway", "more", "Ще?"),
        END,
        chain("start", "again", "catch", "split", "own", "join", "throw", "more"),
        chain("again", "split", "work", "join"),
        flow("more", "again", "Так"),
        flow("more", "end", "Ні"),
        around=ROOTS,
    )
    assert CODE not in codes(outcome)
