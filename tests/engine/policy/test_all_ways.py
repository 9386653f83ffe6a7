from __future__ import annotations

from datetime import timedelta

import pytest
from support.called_approval_maps import LATE, RETURNS_OUT, upload
from support.canonical_maps import MapBuilder, after
from support.sales_map import human, sales_map

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import WorkingTime
from engine.policy import all_ways
from engine.policy.all_ways import explore
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.ways_found import WaysFound, ways_found

CALENDAR = BusinessCalendar()


def found(process: CompiledProcess) -> WaysFound:
    return ways_found(process, explore(process, CALENDAR))


def timed(builder: MapBuilder, key: str, **days: int) -> CompiledProcess:
    """The map with steps of so many working days."""
    built = builder.build(variables=["discount"])
    steps = {
        name: human(name, name, "", "", deadline=WorkingTime(days=days.get(name, 1)), outcomes=step.outcomes)
        for name, step in built.steps.items()
    }
    return built.model_copy(update={"steps": steps, "content_hash": key})


def test_every_step_of_a_sound_map_is_reached_and_time_side_by_side_is_not_added_up() -> None:
    ways = found(sales_map())
    assert ways.complete
    assert (ways.never_reached, ways.never_taken, ways.failures) == ((), (), ())
    assert [way.won for way in ways.shortest] == [True, False]
    won, lost = ways.shortest
    assert won.takes == 3 * timedelta(hours=16)  # prepare, three approvals at once, sign: two days each
    assert lost.takes == 2 * timedelta(hours=16)
    assert [move.element_id for move in won.moves] == ["prepare", "legal", "finance", "logistics", "sign"]
    assert {"legal", "finance", "logistics"} == {move.element_id for move in won.moves if not move.takes} | {
        move.element_id for move in won.moves[1:2]
    }
    # The timer stands beside the work: who is silent for three days is called, and "call" is reached.
    assert "call" in ways.passed


def test_where_deals_go_back_is_told_and_walked_once() -> None:
    ways = found(sales_map())
    (loop,) = ways.loops
    assert loop.back_to == ("Підготувати пропозицію",)
    for way in ways.longest:
        steps = [move.element_id for move in way.moves]
        assert len(steps) == len(set(steps))


def branching(condition: str) -> MapBuilder:
    builder = MapBuilder()
    builder.start()
    builder.step("offer", outcomes=())
    builder.step("approve", outcomes=())
    builder.step("board", outcomes=())
    builder.gateway("exclusive", "much", default="little")
    builder.end("won")
    builder.chain("start", "offer", "much")
    builder.flow("much", "approve", "= discount > 10", "over")
    builder.flow("much", "board", condition, "huge")
    builder.flow("much", "won", None, "little")
    builder.chain("approve", "won")
    builder.chain("board", "won")
    return builder


def test_a_condition_that_is_never_true_makes_a_dead_branch_with_the_values_tried() -> None:
    ways = found(timed(branching("= discount > 20 and discount < 15"), "dead"))
    assert ways.complete
    assert [one.name for one in ways.never_reached] == ["board"]
    (taken,) = ways.never_taken
    assert (taken.flow_id, taken.source, taken.target) == ("huge", "much", "board")
    assert taken.condition == "= discount > 20 and discount < 15"
    assert taken.tried["discount"]


def test_a_way_hidden_behind_an_earlier_condition_is_dead_though_its_condition_can_be_true() -> None:
    assert [one.name for one in found(timed(branching("= discount > 20"), "hidden")).never_reached] == ["board"]
    assert found(timed(branching("= discount = 7"), "open")).never_reached == ()


def test_the_shortest_and_the_longest_way_are_told_by_their_steps() -> None:
    ways = found(timed(branching("= discount = 7"), "lengths", offer=1, approve=2, board=5))
    (shortest,), (longest,) = ways.shortest, ways.longest
    assert ([one.name for one in shortest.moves], shortest.takes) == (["offer"], timedelta(hours=8))
    assert ([one.name for one in longest.moves], longest.takes) == (["offer", "board"], timedelta(hours=48))
    assert ways.count == 3
    assert {"huge", "board"} <= longest.passed
    assert "huge" not in shortest.passed


def test_a_timer_that_ends_a_step_opens_its_own_way() -> None:
    builder = MapBuilder()
    builder.start()
    builder.step("offer", outcomes=())
    builder.step("remind", outcomes=())
    builder.end("won")
    builder.boundary("late", "offer", builder.timer("late", after(days=30)))
    builder.chain("start", "offer", "won")
    builder.chain("late", "remind", "won")
    ways = found(timed(builder, "late"))
    assert ways.never_reached == ()
    assert ways.count == 2


def test_a_step_that_takes_another_one_away_is_tried_before_it_and_after_it() -> None:
    """Whoever is first ends the deal: both ends are found, whatever the deadlines say."""
    builder = MapBuilder()
    builder.start()
    builder.gateway("parallel", "fork")
    for name in ("quick", "slow"):
        builder.step(name, outcomes=())
        builder.step(f"after_{name}", outcomes=())
        builder.end(f"end_{name}", builder.terminate())
        builder.chain("fork", name, f"after_{name}", f"end_{name}")
    builder.chain("start", "fork")
    ways = found(timed(builder, "race", quick=1, after_quick=1, slow=9, after_slow=9))
    assert ways.never_reached == ()


def test_a_hostile_map_is_left_when_enough_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_ways, "MOST_MOVES", 60)
    builder = MapBuilder()
    builder.start()
    builder.gateway("parallel", "fork")
    builder.gateway("parallel", "join")
    builder.end("won")
    for number in range(12):  # 3 outcomes each: half a million situations
        builder.step(f"step_{number}")
        builder.chain("fork", f"step_{number}", "join")
    builder.chain("start", "fork")
    builder.chain("join", "won")
    process = timed(builder, "wide")
    situations = explore(process, CALENDAR)
    assert not situations.complete
    assert len(situations.arrows) <= 60
    assert not ways_found(process, situations).complete


def test_a_call_that_fails_goes_the_way_that_the_map_draws_for_it() -> None:
    builder = MapBuilder()
    builder.start()
    builder.call_service("charge")
    builder.step("ask_again", outcomes=())
    builder.end("won")
    builder.boundary("refused", "charge", builder.error("NO_MONEY"))
    builder.chain("start", "charge", "won")
    builder.chain("refused", "ask_again", "won")
    ways = found(timed(builder, "call"))
    assert (ways.never_reached, ways.never_taken, ways.count) == ((), (), 2)


@pytest.mark.parametrize(("called", "is_asked"), [(RETURNS_OUT, False), (RETURNS_OUT + LATE, True)])
def test_behind_a_call_all_ways_are_walked_that_the_approvals_inside_decide(called: str, is_asked: bool) -> None:
    process = upload(called).process
    assert process is not None
    ways = found(process)
    assert ways.complete
    assert {"decide_sign", "decide_rework", "decide_lost"} <= ways.passed
    assert (ways.never_reached, ways.never_taken) == ((), ())
    assert ("decide_choice" in explore(process, CALENDAR).opened) == is_asked
