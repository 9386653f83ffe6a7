"""Timers are stored, named when they fire, and fire once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.canonical_maps import MONDAY, MapBuilder, after, every
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess, TimerKind, TimerRule
from engine.bpmn.deadline_rules import ElapsedTime
from engine.bpmn.inspection import waits_in, with_later_timers
from engine.bpmn.runtime import FireTimer
from engine.errors import MapFailed
from engine.policy.business_calendar import DEFAULT_CALENDAR
from engine.policy.due_dates import CalendarDueTimes


def kyiv(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Kyiv"))


def guarded(rule: TimerRule, *, interrupting: bool, host: str = "step") -> CompiledProcess:
    """A host with a timer at its boundary and a step behind the timer."""
    draw = MapBuilder()
    draw.start()
    if host == "step":
        draw.step("host")
    else:
        with draw.scope("host"):
            draw.start("inner_start")
            draw.step("inner")
            draw.end("inner_end")
            draw.chain("inner_start", "inner", "inner_end")
    draw.boundary("alarm", "host", draw.timer("alarm", rule), interrupting=interrupting)
    draw.step("look_after_it")
    draw.end()
    draw.end("alarm_end")
    draw.chain("start", "host", "end")
    draw.chain("alarm", "look_after_it", "alarm_end")
    return draw.build()


def test_an_interrupting_timer_takes_the_step_away() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=True))
    assert run.due == {"alarm": MONDAY + timedelta(days=1)}
    host = run.activity("host")
    run.fire("alarm")
    assert run.last.closed_steps == (host,)
    assert run.open == ["look_after_it"]
    assert not run.timers
    run.complete("look_after_it")
    assert run.last.finished
    assert run.last.end_events == ("alarm_end",)


def test_an_interrupting_timer_closes_a_whole_sub_process() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=True, host="scope"))
    assert run.open == ["inner"]
    run.fire("alarm")
    assert run.open == ["look_after_it"]


def test_a_timer_beside_the_step_leaves_it_open_and_fires_once() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=False))
    run.fire("alarm")
    assert run.open == ["host", "look_after_it"]
    assert not run.timers
    run.complete("host")
    assert run.last.finished is False
    run.complete("look_after_it")
    assert (run.last.finished, run.last.end_events) == (True, ("alarm_end",))


def test_completing_the_step_withdraws_its_timer() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=False))
    timer = next(iter(run.timers))
    run.complete("host")
    assert run.last.closed_timers == (timer,)
    assert run.last.finished


def test_completing_one_step_fires_no_other_overdue_timer() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.flow("start", "split")
    for name in ("left", "right"):
        draw.step(name)
        draw.boundary(f"{name}_late", name, draw.timer(f"{name}_late", after(days=1)))
        draw.end(f"{name}_end")
        draw.end(f"{name}_late_end")
        draw.flow("split", name)
        draw.chain(name, f"{name}_end")
        draw.chain(f"{name}_late", f"{name}_late_end")
    run = InstanceRun(draw.build())
    run.wait(days=10)
    run.complete("left")
    assert run.open == ["right"]
    assert set(run.due) == {"right_late"}


def test_a_stale_or_early_or_foreign_timer_changes_nothing() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=True))
    (activity_id, node_id), timer = next(iter(run.timers.items()))
    run.wait(days=2)
    state = run.state
    for stale in (
        FireTimer("999", node_id, timer.due_at),
        FireTimer(activity_id, "elsewhere", timer.due_at),
        FireTimer(activity_id, node_id, timer.due_at - timedelta(hours=1)),
        FireTimer(run.activity("host"), node_id, timer.due_at),
        FireTimer("0", node_id, timer.due_at),
    ):
        result = run.apply(stale)
        assert result.state == state
        assert result.passed == ()
        assert run.open == ["host"]
    run.now = MONDAY
    assert run.apply(FireTimer(activity_id, node_id, timer.due_at)).state == state, "not yet due"


def test_a_timer_delivered_twice_fires_once() -> None:
    run = InstanceRun(guarded(after(days=1), interrupting=False))
    timer = next(iter(run.timers.values()))
    run.fire("alarm")
    state = run.state
    again = run.apply(FireTimer(timer.activity_id, timer.node_id, timer.due_at))
    assert again.state == state
    assert run.open == ["host", "look_after_it"]


class TestCycles:
    def test_a_cycle_reminds_again_and_again(self) -> None:
        run = InstanceRun(guarded(every(days=1), interrupting=False))
        for day in range(1, 5):
            assert run.due == {"alarm": MONDAY + timedelta(days=day)}
            run.fire("alarm")
            assert run.last.closed_timers == ()
            assert len(run.last.opened_timers) == 1
            assert run.open == ["host"] + ["look_after_it"] * day

    def test_a_bounded_cycle_stops_by_itself(self) -> None:
        run = InstanceRun(guarded(every(days=1, repetitions=2), interrupting=False))
        run.fire("alarm")
        run.fire("alarm")
        assert run.open == ["host", "look_after_it", "look_after_it"]
        assert not run.timers

    def test_missed_ticks_are_skipped(self) -> None:
        run = InstanceRun(guarded(every(days=1), interrupting=False))
        run.wait(days=3, hours=5)
        run.fire("alarm")
        assert run.open == ["host", "look_after_it"]
        assert run.due == {"alarm": MONDAY + timedelta(days=4)}

    def test_a_cycle_keeps_its_day_and_its_hour(self) -> None:
        """A short month moved all that followed to its last day, the skipped hour of March all that followed by one."""
        for rule, at, expected in (
            (ElapsedTime(months=1), "2026-01-31 10:00", ["02-28 10:00", "03-31 10:00", "04-30 10:00", "05-31 10:00"]),
            (ElapsedTime(days=1), "2026-03-27 03:30", ["03-28 03:30", "03-29 04:30", "03-30 03:30", "03-31 03:30"]),
        ):
            run = InstanceRun(
                guarded(TimerRule(kind=TimerKind.CYCLE, rule=rule), interrupting=False),
                at=kyiv(at),
                due_times=CalendarDueTimes(DEFAULT_CALENDAR),
            )
            for day in expected:
                assert run.due == {"alarm": kyiv(f"2026-{day}")}
                run.fire("alarm")

    def test_a_cycle_that_was_put_off_counts_from_where_it_stands(self) -> None:
        process = guarded(every(days=30), interrupting=False)
        run = InstanceRun(process)
        assert run.state is not None
        run.state = with_later_timers(process, run.state, lambda _event, due: due + timedelta(days=5))
        run.timers = dict(waits_in(process, run.state).timers)
        run.fire("alarm")
        assert run.due == {"alarm": MONDAY + timedelta(days=65)}

    def test_a_cycle_that_stayed_where_it_was_keeps_its_day(self) -> None:
        monthly = TimerRule(kind=TimerKind.CYCLE, rule=ElapsedTime(months=1))
        process = guarded(monthly, interrupting=False)
        run = InstanceRun(process, at=kyiv("2026-01-31 10:00"), due_times=CalendarDueTimes(DEFAULT_CALENDAR))
        assert run.state is not None
        run.state = with_later_timers(process, run.state, lambda _event, due: due)
        run.fire("alarm")
        assert run.due == {"alarm": kyiv("2026-03-31 10:00")}

    def test_an_interrupting_cycle_interrupts(self) -> None:
        run = InstanceRun(guarded(every(days=1), interrupting=True))
        run.fire("alarm")
        assert run.open == ["look_after_it"]
        assert not run.timers

    def test_a_cycle_between_steps_fires_once(self) -> None:
        draw = MapBuilder()
        draw.start()
        draw.catch("pause", draw.timer("pause", every(days=1)))
        draw.end()
        draw.chain("start", "pause", "end")
        run = InstanceRun(draw.build())
        run.fire("pause")
        assert run.last.finished

    def test_faster_than_once_a_minute_is_refused(self) -> None:
        with pytest.raises(MapFailed) as failed:
            InstanceRun(guarded(every(seconds=59), interrupting=False))
        assert failed.value.params["problem_code"] == "CYCLE_TOO_FAST"


class TestCyclesSaidByTheDeal:
    """``${rhythm}`` in a repeating timer: what it says is read when the timer is set, and again at each tick."""

    RULE = TimerRule(kind=TimerKind.CYCLE, expression="deal.rhythm")

    def run(self, rhythm: object) -> InstanceRun:
        due_times = CalendarDueTimes(DEFAULT_CALENDAR)
        return InstanceRun(guarded(self.RULE, interrupting=False), due_times=due_times, deal={"rhythm": rhythm})

    def test_its_bound_is_kept(self) -> None:
        run = self.run("R2/PT1H")
        run.fire("alarm")
        assert run.due == {"alarm": MONDAY + timedelta(hours=2)}
        run.fire("alarm")
        assert run.open == ["host", "look_after_it", "look_after_it"]
        assert not run.timers

    @pytest.mark.parametrize("rhythm", ["2026-03-10T10:00:00Z", datetime(2026, 3, 10, 10, tzinfo=UTC)])
    def test_a_moment_comes_once(self, rhythm: object) -> None:
        run = self.run(rhythm)
        assert run.due == {"alarm": datetime(2026, 3, 10, 10, tzinfo=UTC)}
        run.fire("alarm")
        assert run.open == ["host", "look_after_it"]
        assert not run.timers

    def test_a_moment_that_is_past_ends_it(self) -> None:
        run = self.run("R/PT1H")
        run.facts_changed(deal={"rhythm": "2026-01-10"})
        run.fire("alarm")
        assert run.open == ["host", "look_after_it"]
        assert not run.timers

    def test_it_never_becomes_faster_than_once_a_minute(self) -> None:
        run = self.run("R/PT1H")
        run.facts_changed(deal={"rhythm": "R/PT1S"})
        with pytest.raises(MapFailed) as failed:
            run.fire("alarm")
        assert failed.value.params["problem_code"] == "CYCLE_TOO_FAST"


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("P2D", MONDAY + timedelta(days=2)),
        (timedelta(hours=5), MONDAY + timedelta(hours=5)),
        (datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 4, 1, 12, tzinfo=UTC)),
        (datetime(2026, 4, 1, tzinfo=UTC).date(), datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
def test_an_expression_gives_the_time_when_the_timer_is_set(value: object, due: datetime) -> None:
    rule = TimerRule(kind=TimerKind.DURATION, expression="deal.patience")
    assert InstanceRun(guarded(rule, interrupting=True), deal={"patience": value}).due == {"alarm": due}


@pytest.mark.parametrize("value", ["soon", None, 7, "=deal.patience"])
def test_an_expression_that_gives_no_time_is_an_incident(value: object) -> None:
    rule = TimerRule(kind=TimerKind.DURATION, expression="deal.patience")
    with pytest.raises(MapFailed) as failed:
        InstanceRun(guarded(rule, interrupting=True), deal={"patience": value})
    assert failed.value.params["element_id"] == "alarm"


def test_a_timer_beyond_five_years_is_refused() -> None:
    with pytest.raises(MapFailed) as failed:
        InstanceRun(guarded(after(days=6 * 365), interrupting=True))
    assert failed.value.params["problem_code"] == "TIMER_TOO_FAR"
