"""Compensation and transactions: completed work is undone in reverse order, and only completed work."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from support.canonical_maps import MapBuilder, after, when
from support.instance_run import InstanceRun

from engine.bpmn import compensation
from engine.bpmn.jumps import Meanwhile
from engine.bpmn.runtime import MoveToken
from engine.errors import MapFailed


def undoable(draw: MapBuilder, *names: str) -> None:
    for name in names:
        draw.step(name)
        draw.step(f"undo_{name}")
        draw.undo(name, f"undo_{name}")


def sale(activity: str | None = None) -> MapBuilder:
    """book → pay → decide, then everything (or ``activity``) is undone, then over."""
    draw = MapBuilder()
    draw.start()
    undoable(draw, "book", "pay")
    draw.step("decide")
    draw.throw("undo", draw.compensate(activity))
    draw.step("over")
    draw.end()
    draw.chain("start", "book", "pay", "decide", "undo", "over", "end")
    return draw


def test_what_was_completed_is_undone_in_reverse_order_one_by_one() -> None:
    run = InstanceRun(sale().build())
    for step in ("book", "pay", "decide"):
        run.complete(step)
    assert run.open == ["undo_pay"]
    run.complete("undo_pay")
    assert run.open == ["undo_book"]
    run.complete("undo_book")
    assert run.open == ["over"], "the event goes on when everything is undone"
    run.complete("over")
    assert run.last.finished


def test_a_named_activity_alone_is_undone() -> None:
    run = InstanceRun(sale("book").build())
    for step in ("book", "pay", "decide"):
        run.complete(step)
    assert run.open == ["undo_book"]
    run.complete("undo_book")
    assert run.open == ["over"]


def test_what_is_not_completed_is_not_undone() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "both")
    undoable(draw, "book", "pay")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.end("paid")
    draw.chain("start", "both", "book", "undo", "end")
    draw.chain("both", "pay", "paid")
    run = InstanceRun(draw.build())
    run.complete("book")
    assert run.open == ["pay", "undo_book"]
    run.complete("pay")
    assert run.open == ["undo_book"], "what is completed later is not undone"
    run.complete("undo_book")
    assert run.last.finished


def test_nothing_is_undone_twice_and_a_loop_is_undone_each_time() -> None:
    draw = MapBuilder()
    draw.start()
    undoable(draw, "book")
    draw.gateway("exclusive", "merge")
    draw.gateway("exclusive", "again", default="on")
    draw.throw("undo", draw.compensate())
    draw.throw("undo_again", draw.compensate())
    draw.step("over")
    draw.end()
    draw.chain("start", "merge", "book", "again")
    draw.flow("again", "merge", "more")
    draw.flow("again", "undo", flow_id="on")
    draw.chain("undo", "undo_again", "over", "end")
    run = InstanceRun(draw.build(variables=["more"]))
    run.complete("book", more=True)
    run.complete("book", more=False)
    run.complete("undo_book")
    assert run.open == ["undo_book"]
    run.complete("undo_book")
    assert run.open == ["over"]


def test_a_finished_sub_process_is_undone_from_inside_unless_it_has_a_handler() -> None:
    for own_handler in (False, True):
        draw = MapBuilder()
        draw.start()
        with draw.scope("trip"):
            draw.start("s")
            undoable(draw, "hotel", "flight")
            draw.end("e")
            draw.chain("s", "hotel", "flight", "e")
        if own_handler:
            draw.step("undo_trip")
            draw.undo("trip", "undo_trip")
        draw.step("decide")
        draw.throw("undo", draw.compensate())
        draw.end()
        draw.chain("start", "trip", "decide", "undo", "end")
        run = InstanceRun(draw.build())
        for step in ("hotel", "flight", "decide"):
            run.complete(step)
        for step in ["undo_trip"] if own_handler else ["undo_flight", "undo_hotel"]:
            assert run.open == [step]
            run.complete(step)
        assert run.last.finished


def test_a_called_map_is_undone_from_inside() -> None:
    draw = MapBuilder()
    draw.start()
    draw.call("ask", "other")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.chain("start", "ask", "undo", "end")
    with draw.called("other"):
        draw.start("s")
        undoable(draw, "book")
        draw.end("e")
        draw.chain("s", "book", "e")
    run = InstanceRun(draw.build())
    run.complete("book")
    assert run.open == ["undo_book"]
    run.complete("undo_book")
    assert run.last.finished


def test_each_run_of_a_multi_instance_is_undone_for_its_own_item() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("book", draw.multi_instance("book", collection="rooms", item_variable="room"))
    draw.step("undo_book")
    draw.undo("book", "undo_book")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.chain("start", "book", "undo", "end")
    run = InstanceRun(draw.build(variables=["rooms"]), variables={"rooms": ["A", "B"]})
    run.complete("book", index=1)
    run.complete("book", index=0)
    items = []
    for _ in range(2):
        (opened,) = run.steps.values()
        items.append(opened.item)
        run.complete("undo_book")
    assert items == ["A", "B"], "B was completed first, so it is undone last"
    assert run.last.finished


def test_a_multi_instance_that_is_not_over_is_not_undone() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("book", draw.multi_instance("book", cardinality="2"))
    draw.step("undo_book")
    draw.undo("book", "undo_book")
    draw.boundary("stopped", "book", draw.message("stopped", "Stop"))
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.end("booked")
    draw.chain("start", "book", "booked")
    draw.chain("stopped", "undo", "end")
    run = InstanceRun(draw.build())
    run.complete("book", index=0)
    run.deliver("stopped")
    assert run.last.finished


def test_runs_of_a_sub_process_are_undone_from_inside_one_after_the_other() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("trip", draw.multi_instance("trip", collection="people", item_variable="who")):
        draw.start("s")
        undoable(draw, "hotel", "flight")
        draw.end("e")
        draw.chain("s", "hotel", "flight", "e")
    draw.throw("undo", draw.compensate("trip"))
    draw.end()
    draw.chain("start", "trip", "undo", "end")
    run = InstanceRun(draw.build(variables=["people"]), variables={"people": ["A", "B"]})
    for step in ("hotel", "hotel", "flight", "flight"):
        run.complete(step)
    for step in ("undo_flight", "undo_hotel", "undo_flight", "undo_hotel"):
        assert run.open == [step]
        run.complete(step)
    assert run.last.finished


def test_an_event_sub_process_undoes_the_work_of_the_scope_that_it_interrupted() -> None:
    draw = MapBuilder()
    draw.start()
    undoable(draw, "book", "pay")
    draw.step("deliver")
    draw.end()
    draw.chain("start", "book", "pay", "deliver", "end")
    with draw.event_scope("refused"):
        draw.start("refusal", draw.message("refusal", "Refusal"))
        draw.throw("undo", draw.compensate())
        draw.step("tell")
        draw.end("told")
        draw.chain("refusal", "undo", "tell", "told")
    run = InstanceRun(draw.build())
    run.complete("book")
    run.complete("pay")
    run.deliver("refusal")
    for step in ("undo_pay", "undo_book", "tell"):
        assert run.open == [step]
        run.complete(step)
    assert run.last.finished


def test_a_compensation_event_sub_process_undoes_its_sub_process() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("trip"):
        draw.start("s")
        undoable(draw, "hotel", "flight")
        draw.end("e")
        draw.chain("s", "hotel", "flight", "e")
        with draw.event_scope("undo_trip"):
            draw.start("undone", draw.compensate())
            draw.step("phone")
            draw.throw("undo_hotel_only", draw.compensate("hotel"))
            draw.end("undone_end")
            draw.chain("undone", "phone", "undo_hotel_only", "undone_end")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.chain("start", "trip", "undo", "end")
    run = InstanceRun(draw.build())
    run.complete("hotel")
    run.complete("flight")
    for step in ("phone", "undo_hotel"):
        assert run.open == [step]
        run.complete(step)
    assert run.last.finished


def test_what_is_undone_is_withdrawn_with_the_branch_that_threw() -> None:
    draw = sale()
    with draw.event_scope("stop"):
        draw.start("stopped", draw.message("stopped", "Stop"))
        draw.end("stop_end")
        draw.chain("stopped", "stop_end")
    run = InstanceRun(draw.build())
    for step in ("book", "pay", "decide"):
        run.complete(step)
    assert run.open == ["undo_pay"]
    run.deliver("stopped")
    assert run.last.finished
    assert run.open == []


def stopped_and_undone(draw: MapBuilder) -> InstanceRun:
    """What an event sub-process interrupts, and then undoes."""
    with draw.event_scope("stop"):
        draw.start("stopped", draw.message("stopped", "Stop"))
        draw.throw("undo_all", draw.compensate())
        draw.step("tell")
        draw.end("stop_end")
        draw.chain("stopped", "undo_all", "tell", "stop_end")
    return InstanceRun(draw.build())


def completed(run: InstanceRun, *steps: str) -> None:
    for step in steps:
        assert step in run.open
        run.complete(step)


def test_what_an_interrupted_compensation_has_not_undone_is_undone_by_the_next_one() -> None:
    run = stopped_and_undone(sale())
    completed(run, "book", "pay", "decide", "undo_pay")
    assert run.open == ["undo_book"]
    run.deliver("stopped")
    assert run.open == ["undo_book"], "it was begun and not done"
    completed(run, "undo_book", "tell")
    assert run.last.finished


def test_so_it_is_where_a_part_was_being_undone_from_inside() -> None:
    run = stopped_and_undone(trip_and_undo())
    completed(run, "hotel", "flight", "pack", "decide", "undo_flight")
    assert run.open == ["undo_hotel"]
    run.deliver("stopped")
    completed(run, "undo_hotel", "tell")
    assert run.last.finished


def test_and_where_an_event_sub_process_in_it_was_doing_that() -> None:
    run = stopped_and_undone(trip_and_undo(undone_by_event=True))
    completed(run, "hotel", "flight", "pack", "decide", "phone", "undo_flight")
    assert run.open == ["undo_hotel"]
    run.deliver("stopped")
    assert run.open == ["phone"], "what undoes the part as a whole begins anew"
    completed(run, "phone", "undo_hotel", "tell")
    assert run.last.finished


def test_and_where_an_event_sub_process_beside_was_undoing_the_work_around_it() -> None:
    draw = MapBuilder()
    draw.start()
    undoable(draw, "book", "pay")
    draw.step("deliver")
    draw.end()
    draw.chain("start", "book", "pay", "deliver", "end")
    with draw.event_scope("doubted"):
        draw.start("doubt", draw.message("doubt", "Doubt"), interrupting=False)
        draw.throw("undo_doubted", draw.compensate())
        draw.end("doubt_end")
        draw.chain("doubt", "undo_doubted", "doubt_end")
    run = stopped_and_undone(draw)
    completed(run, "book", "pay")
    run.deliver("doubt")
    completed(run, "undo_pay")
    run.deliver("stopped")
    completed(run, "undo_book", "tell")
    assert run.last.finished


def test_a_transaction_that_is_called_off_undoes_what_was_being_undone_beside() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("deal"):
        draw.start("s")
        undoable(draw, "book")
        draw.gateway("parallel", "both")
        draw.throw("undo", draw.compensate())
        draw.end("undone")
        draw.step("refuse")
        draw.end("called_off", draw.cancel())
        draw.chain("s", "book", "both", "undo", "undone")
        draw.chain("both", "refuse", "called_off")
    draw.boundary("off", "deal", draw.cancel())
    draw.end("off_end")
    draw.end()
    draw.chain("start", "deal", "end")
    draw.chain("off", "off_end")
    run = InstanceRun(draw.build())
    completed(run, "book", "refuse")
    assert run.open == ["undo_book"]
    run.complete("undo_book")
    assert run.last.end_events == ("off_end",)


def trip_and_undo(*, undone_by_event: bool = False, undone_by_step: bool = False, runs: str = "") -> MapBuilder:
    """trip (hotel → flight → pack) → decide, then everything is undone, then over."""
    draw = MapBuilder()
    draw.start()
    with draw.scope("trip", draw.multi_instance("trip", cardinality=runs) if runs else ""):
        draw.start("s")
        undoable(draw, "hotel", "flight")
        draw.step("pack")
        draw.end("e")
        draw.chain("s", "hotel", "flight", "pack", "e")
        if undone_by_event:
            with draw.event_scope("undo_trip"):
                draw.start("undone", draw.compensate())
                draw.step("phone")
                draw.throw("undo_inside", draw.compensate())
                draw.end("undone_end")
                draw.chain("undone", "phone", "undo_inside", "undone_end")
    if undone_by_step:
        draw.step("cancel_trip")
        draw.undo("trip", "cancel_trip")
    draw.step("decide")
    draw.throw("undo", draw.compensate())
    draw.step("over")
    draw.end()
    draw.chain("start", "trip", "decide", "undo", "over", "end")
    return draw


def test_what_was_completed_in_a_part_that_is_left_by_hand_is_undone() -> None:
    run = InstanceRun(trip_and_undo().build())
    completed(run, "hotel", "flight")
    run.apply(MoveToken("decide"))
    completed(run, "decide", "undo_flight", "undo_hotel", "over")
    assert run.last.finished


@pytest.mark.parametrize("by", ["event", "step"])
def test_a_part_that_is_undone_as_a_whole_is_undone_in_pieces_where_it_was_left_by_hand(by: str) -> None:
    """The hotel and the flight stayed booked: what undoes the part expects that it was completed."""
    run = InstanceRun(trip_and_undo(undone_by_event=by == "event", undone_by_step=by == "step").build())
    completed(run, "hotel", "flight")
    run.apply(MoveToken("decide"))
    completed(run, "decide", "undo_flight")
    assert run.open == ["undo_hotel"]
    completed(run, "undo_hotel", "over")
    assert run.last.finished


@pytest.mark.parametrize("by", ["event", "step"])
def test_and_as_a_whole_where_it_was_gone_through_again(by: str) -> None:
    run = InstanceRun(trip_and_undo(undone_by_event=by == "event", undone_by_step=by == "step").build())
    completed(run, "hotel")
    run.apply(MoveToken("decide"))
    run.apply(MoveToken("trip"))
    completed(run, "hotel", "flight", "pack", "decide")
    completed(run, *(["phone", "undo_flight", "undo_hotel"] if by == "event" else ["cancel_trip"]))
    completed(run, "undo_hotel", "over")
    assert run.last.finished


def test_runs_that_are_undone_as_a_whole_are_undone_in_pieces_where_they_were_left_by_hand() -> None:
    """The run that was completed is undone as a whole; of the other what was done in it."""
    run = InstanceRun(trip_and_undo(undone_by_step=True, runs="2").build())
    completed(run, "hotel", "flight", "pack", "hotel")
    run.apply(MoveToken("decide"))
    run.complete("decide")
    undone = []
    while run.open != ["over"]:
        undone += run.open
        run.complete(run.open[0])
    assert sorted(undone) == ["cancel_trip", "undo_hotel"]


def test_what_is_undone_in_pieces_is_so_after_the_undoing_was_taken_back() -> None:
    run = stopped_and_undone(trip_and_undo(undone_by_step=True))
    completed(run, "hotel", "flight")
    run.apply(MoveToken("decide"))
    completed(run, "decide", "undo_flight")
    run.deliver("stopped")
    completed(run, "undo_hotel", "tell")
    assert run.last.finished


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_was_being_undone_inside_of_parts_that_are_left_by_hand_is_undone_once(depth: int) -> None:
    """It was undone once for each part around it."""
    draw = MapBuilder()
    draw.start()
    with ExitStack() as parts:
        for part in range(depth):
            parts.enter_context(draw.scope(f"part_{part}"))
            draw.start(f"in_{part}")
            draw.end(f"out_{part}")
            if part < depth - 1:
                draw.chain(f"in_{part}", f"part_{part + 1}", f"out_{part}")
        undoable(draw, "hotel", "flight")
        draw.throw("undo_trip", draw.compensate())
        draw.step("pack")
        draw.chain(f"in_{depth - 1}", "hotel", "flight", "undo_trip", "pack", f"out_{depth - 1}")
    draw.step("decide")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.chain("start", "part_0", "decide", "undo", "end")
    run = InstanceRun(draw.build())
    completed(run, "hotel", "flight")
    assert run.open == ["undo_flight"]
    run.apply(MoveToken("decide"))
    completed(run, "decide", "undo_flight", "undo_hotel")
    assert run.last.finished


def test_a_part_that_is_gone_through_again_is_undone_twice() -> None:
    run = InstanceRun(trip_and_undo().build())
    completed(run, "hotel")
    run.apply(MoveToken("decide"))
    run.apply(MoveToken("trip"))
    completed(run, "hotel", "flight", "pack", "decide", "undo_flight", "undo_hotel", "undo_hotel", "over")
    assert run.last.finished


def test_all_runs_of_a_part_that_is_left_by_hand_are_undone() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("trip", draw.multi_instance("trip", cardinality="2")):
        draw.start("s")
        undoable(draw, "hotel", "flight")
        draw.end("e")
        draw.chain("s", "hotel", "flight", "e")
    draw.step("decide")
    draw.throw("undo", draw.compensate())
    draw.end()
    draw.chain("start", "trip", "decide", "undo", "end")
    run = InstanceRun(draw.build())
    completed(run, "hotel", "hotel", "flight")
    run.apply(MoveToken("decide"))
    run.complete("decide")
    undone = []
    while run.open:
        undone += run.open
        run.complete(run.open[0])
    assert sorted(undone) == ["undo_flight", "undo_hotel", "undo_hotel"]
    assert run.last.finished


def test_no_deal_is_moved_in_a_part_that_is_being_undone() -> None:
    run = InstanceRun(trip_and_undo().build())
    completed(run, "hotel", "flight", "pack", "decide")
    for place in ("hotel", "pack"):
        with pytest.raises(Meanwhile):
            run.apply(MoveToken(place))
    completed(run, "undo_flight", "undo_hotel", "over")
    assert run.last.finished


def transaction(*, beside: bool = False) -> MapBuilder:
    draw = MapBuilder()
    draw.start()
    with draw.scope("deal"):
        draw.start("s")
        undoable(draw, "book", "pay")
        draw.gateway("exclusive", "sure", default="yes")
        draw.end("called_off", draw.cancel())
        draw.end("agreed")
        if beside:
            draw.gateway("parallel", "both")
            draw.step("slow")
            draw.end("slow_end")
            draw.chain("s", "both", "book")
            draw.chain("both", "slow", "slow_end")
        else:
            draw.chain("s", "book")
        draw.chain("book", "pay", "sure")
        draw.flow("sure", "agreed", flow_id="yes")
        draw.flow("sure", "called_off", "refused")
    draw.boundary("off", "deal", draw.cancel())
    draw.step("apologise")
    draw.end("off_end")
    draw.step("celebrate")
    draw.end()
    draw.chain("start", "deal", "celebrate", "end")
    draw.chain("off", "apologise", "off_end")
    return draw


@pytest.mark.parametrize("beside", [False, True])
def test_a_cancelled_transaction_is_undone_and_left_by_its_border(*, beside: bool) -> None:
    run = InstanceRun(transaction(beside=beside).build(variables=["refused"]))
    run.complete("book")
    run.complete("pay", refused=True)
    for step in ("undo_pay", "undo_book", "apologise"):
        assert run.open == [step]
        run.complete(step)
    assert run.last.finished
    assert run.last.end_events == ("off_end",)


def test_a_transaction_that_succeeds_goes_on() -> None:
    run = InstanceRun(transaction().build(variables=["refused"]))
    run.complete("book")
    run.complete("pay", refused=False)
    assert run.open == ["celebrate"]
    run.complete("celebrate")
    assert run.last.finished


def test_a_cancellation_that_nothing_handles_is_an_incident() -> None:
    draw = MapBuilder()
    draw.start()
    with draw.scope("deal"):
        draw.start("s")
        draw.step("book")
        draw.end("called_off", draw.cancel())
        draw.chain("s", "book", "called_off")
    draw.end()
    draw.chain("start", "deal", "end")
    run = InstanceRun(draw.build())
    with pytest.raises(MapFailed) as failed:
        run.complete("book")
    assert failed.value.params["problem_code"] == "CANCEL_NOT_CAUGHT"


def test_an_error_while_undoing_is_heard_where_the_compensation_was_thrown() -> None:
    draw = MapBuilder()
    draw.start()
    draw.step("book")
    with draw.scope("undo_book"):
        draw.start("s")
        draw.step("phone")
        draw.end("broken", draw.error("broken"))
        draw.chain("s", "phone", "broken")
    draw.undo("book", "undo_book")
    draw.step("deliver")
    draw.end()
    draw.chain("start", "book", "deliver", "end")
    with draw.event_scope("refused"):
        draw.start("refusal", draw.message("refusal", "Refusal"))
        draw.throw("undo", draw.compensate())
        draw.end("told")
        draw.chain("refusal", "undo", "told")
        with draw.event_scope("mend"):
            draw.start("on_broken", draw.error("broken"))
            draw.step("write")
            draw.end("written")
            draw.chain("on_broken", "write", "written")
    run = InstanceRun(draw.build())
    run.complete("book")
    run.deliver("refusal")
    run.complete("phone")
    assert run.open == ["write"]
    run.complete("write")
    assert run.last.finished


def test_a_handler_may_be_late() -> None:
    draw = sale()
    draw.boundary("late", "undo_pay", draw.timer("late", after(days=1)), interrupting=False)
    draw.step("hurry")
    draw.end("hurried")
    draw.chain("late", "hurry", "hurried")
    run = InstanceRun(draw.build())
    assert not run.timers, "nothing runs before there is something to undo"
    for step in ("book", "pay", "decide"):
        run.complete(step)
    run.fire("late")
    assert run.open == ["hurry", "undo_pay"]


def test_the_state_remembers_only_what_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    run = InstanceRun(sale().build())
    size = len(run.state or b"")
    run.complete("book")
    run.complete("pay")
    assert len(run.state or b"") < size + 120
    monkeypatch.setattr(compensation, "LEDGER", 1)
    over = InstanceRun(sale().build())
    over.complete("book")
    with pytest.raises(MapFailed) as failed:
        over.complete("pay")
    assert failed.value.params["problem_code"] == "TOO_MUCH_TO_UNDO"


def test_a_part_that_is_still_being_undone_is_no_other_run_of_it() -> None:
    """Another turn looks at what was decided before, whether the undoing of that is over or not."""
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "both")
    draw.gateway("exclusive", "merge")
    with draw.scope("part"):
        draw.start("s")
        draw.step("prepare")
        draw.gateway("exclusive", "asked", default="not_yet")
        undoable(draw, "legal")
        draw.gateway("exclusive", "leave")
        draw.end("e")
        draw.chain("s", "prepare", "asked")
        draw.flow("asked", "leave", when("approved", "legal"))
        draw.flow("asked", "legal", flow_id="not_yet")
        draw.chain("legal", "leave", "e")
    draw.step("again")
    draw.step("decide")
    draw.end("undone", draw.compensate("part"))
    draw.chain("start", "both", "merge", "part", "again", "merge")
    draw.chain("both", "decide", "undone")
    run = InstanceRun(draw.build())
    run.complete("prepare")
    run.complete("legal", "approved")
    run.complete("decide")
    assert run.open == ["again", "undo_legal"]
    run.complete("again")
    run.complete("prepare")
    assert run.open == ["again", "undo_legal"], "it was approved before"


def taken_back_while_undoing(*done: str, inside: bool) -> InstanceRun:
    """``done`` → undo, beside leave → back, which takes the undoing away → undo_later → over.

    ``inside``: what is done stands in a sub-process.
    """
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "both")
    if inside:
        with draw.scope("trip"):
            draw.start("s")
            undoable(draw, *done)
            draw.end("e")
            draw.chain("s", *done, "e")
    else:
        undoable(draw, *done)
    draw.throw("undo", draw.compensate())
    draw.end("undone")
    draw.step("leave")
    draw.script("back")
    draw.throw("undo_later", draw.compensate())
    draw.step("over")
    draw.end()
    draw.chain("start", "both", *(("trip",) if inside else done), "undo", "undone")
    draw.chain("both", "leave", "back", "undo_later", "over", "end")
    return InstanceRun(draw.build().model_copy(update={"withdrawals": {"back": ("undo",)}}))


@pytest.mark.parametrize("inside", [False, True], ids=["beside", "inside"])
def test_what_was_not_undone_when_the_undoing_was_taken_back_is_undone_later(*, inside: bool) -> None:
    """And nothing twice: what a handler was open for is undone anew, what was undone before is not."""
    run = taken_back_while_undoing("book", "insure", "pay", inside=inside)
    for step in ("book", "insure", "pay", "undo_pay"):
        run.complete(step)
    assert run.open == ["leave", "undo_insure"]
    for step in ("leave", "undo_insure", "undo_book"):
        run.complete(step)
        assert "undo_pay" not in run.open
    assert run.open == ["over"]
    assert run.complete("over").finished
