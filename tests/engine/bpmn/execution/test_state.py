"""States: small, exact, readable by every later version; and the store in them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from support.canonical_maps import MONDAY, MapBuilder, after, context
from support.instance_run import InstanceRun
from support.token_game.canonical import as_canonical
from support.token_game.random_maps import random_map

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import CompleteStep, StartProcess
from engine.bpmn.state_codec import UnreadableState, read_document
from engine.bpmn.stepper import step
from engine.errors import MapFailed

# What format 1 looked like on the day it was introduced; it must stay readable for ever.
FIRST_FORMAT = (
    b'\x01\x00[3,1,{"price":{"$":["decimal","12.50"]},"when":{"$":["date","2026-03-02"]}},'
    b'[["2",0,"first",16,0],["3",0,"late",8,{"host":"2","due":"2026-03-03T09:00:00+00:00"}]],[]]'
)


@pytest.fixture(scope="module")
def two_steps() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("first")
    draw.boundary("late", "first", draw.timer("late", after(days=1)))
    draw.step("second")
    draw.end()
    draw.end("late_end")
    draw.chain("start", "first", "second", "end")
    draw.flow("late", "late_end")
    return draw.build(variables=["price", "when", "moment", "nested", "typename", "text", "whole", "ratio"])


@pytest.mark.parametrize(
    "value",
    [
        Decimal("12.50"),
        Decimal("1E+30"),
        date(2026, 3, 2),
        datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        {"typename": "decimal.Decimal", "value": "1"},
        {"typename": "SpiffWorkflow.task.Task"},
        {"$": ["decimal", "1"]},
        {"$": {"$": [Decimal(1), {"$": None}]}, "other": [date(2026, 1, 1)]},
        {'"$"': 1, "quoted": '{"$":["decimal","1"]}'},
        [],
        [None, True, 0, -1, 0.1, "", "Зустріч 🙂"],
        2**63 - 1,
        -(2**63),
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(two_steps: CompiledProcess, value: Any) -> None:
    run = InstanceRun(two_steps)
    run.complete("first", nested=value)
    assert run.last.variables == {"nested": value}
    run.complete("second")
    assert run.last.variables == {"nested": value}
    assert repr(run.last.variables["nested"]) == repr(value), "of the same types, too"


def test_data_that_names_types_stays_data(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"typename": "uuid.UUID", "price": {"typename": "x", "data": {}}})
    run.complete("first", typename={"typename": {"typename": 1}})
    run.complete("second")
    assert run.last.variables["typename"] == {"typename": {"typename": 1}}


def test_an_integer_too_long_for_json_is_kept_exactly(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"whole": 10**30})
    run.complete("first")
    assert run.last.variables["whole"] == 10**30


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), object(), {1: 2}, b"bytes"],
    ids=["nan", "infinity", "an object", "a number as key", "bytes"],
)
def test_what_no_state_can_hold_is_an_incident(two_steps: CompiledProcess, value: Any) -> None:
    run = InstanceRun(two_steps)
    with pytest.raises(MapFailed) as failed:
        run.complete("first", nested=[value])
    assert failed.value.params["problem_code"] == "VALUE_NOT_STORABLE"
    assert failed.value.params["element_id"] == "first"


def test_a_value_nested_without_end_is_an_incident(two_steps: CompiledProcess) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(MapFailed):
        InstanceRun(two_steps, variables={"nested": endless})


def test_a_store_over_its_bound_is_an_incident(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"text": "a" * 250_000})
    with pytest.raises(MapFailed) as failed:
        run.complete("first", nested="b" * 20_000)
    assert failed.value.params["problem_code"] == "VALUES_TOO_LARGE"


def test_values_that_no_expression_reads_are_not_kept(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"unread": 1})
    run.complete("first", alsounread=2, price=3)
    assert run.last.variables == {"price": 3}


def test_dotted_names_write_into_mappings(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"nested": {"a": 1}})
    run.complete("first", by_name={"nested.b.c": 2})
    assert run.last.variables == {"nested": {"a": 1, "b": {"c": 2}}}


def test_what_the_caller_changes_later_does_not_reach_the_store(two_steps: CompiledProcess) -> None:
    given: dict[str, Any] = {"list": [1]}
    run = InstanceRun(two_steps, variables={"nested": given})
    given["list"].append(2)
    run.complete("first")
    assert run.last.variables == {"nested": {"list": [1]}}


def test_a_large_state_is_compressed(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps, variables={"text": "offer " * 10_000})
    assert run.state is not None
    assert len(run.state) < 4_000
    run.complete("first")
    assert run.last.variables["text"] == "offer " * 10_000


def test_the_first_format_stays_readable(two_steps: CompiledProcess) -> None:
    result = step(two_steps, FIRST_FORMAT, CompleteStep("2", "completed"), context())
    assert [opened.element_id for opened in result.opened_steps] == ["second"]
    assert result.closed_timers == (("3", "late"),)
    assert result.variables == {"price": Decimal("12.50"), "when": date(2026, 3, 2)}


def test_states_are_written_in_the_first_format_until_there_is_a_second(two_steps: CompiledProcess) -> None:
    started = step(two_steps, None, StartProcess({"price": Decimal("12.50"), "when": date(2026, 3, 2)}), context())
    assert started.state == FIRST_FORMAT


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\x01",
        b"\x00\x00[]",
        b"\xff\x00[]",
        b"\x01\x00{",
        b"\x01\x01junk",
        b'\x01\x00[1,0,{},[["1",0,"gone",16,0]],[]]',
    ],
)
def test_what_is_no_state_of_this_map_is_refused(two_steps: CompiledProcess, state: bytes) -> None:
    with pytest.raises(UnreadableState):
        step(two_steps, state, CompleteStep("1", "completed"), context())


def test_a_state_holds_nothing_that_is_finished(two_steps: CompiledProcess) -> None:
    run = InstanceRun(two_steps)
    run.complete("first")
    run.complete("second")
    assert run.state is not None
    assert run.last.finished
    assert read_document(run.state)[3:] == [[], []]


def test_three_open_branches_take_little_room() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.flow("start", "split")
    for name in ("legal", "finance", "security"):
        draw.step(name)
        draw.boundary(f"late_{name}", name, draw.timer(f"late_{name}", after(days=1)), interrupting=False)
        draw.flow("split", name)
    run = InstanceRun(draw.build())
    assert run.state is not None
    assert len(run.state) < 1_000


def test_the_same_step_gives_the_same_result() -> None:
    """Purity: nothing outside is read, so a retry after a rolled back transaction makes the same rows."""
    for seed in range(20):
        process = as_canonical(random_map(seed, depth=3))
        first = step(process, None, StartProcess(), context())
        again = step(process, None, StartProcess(), context())
        assert first == again
        if first.opened_steps:
            stimulus = CompleteStep(first.opened_steps[0].activity_id, "completed")
            with suppress(MapFailed):  # a variable that the step should have written
                second = step(process, first.state, stimulus, context())
                assert step(process, first.state, stimulus, context()) == second


def test_an_instance_is_started_once(two_steps: CompiledProcess) -> None:
    started = step(two_steps, None, StartProcess(), context())
    with pytest.raises(ValueError, match="started once"):
        step(two_steps, started.state, StartProcess(), context())
    with pytest.raises(ValueError, match="started once"):
        step(two_steps, None, CompleteStep("1", "completed"), context())


def test_the_state_says_nothing_of_the_map(two_steps: CompiledProcess) -> None:
    started = step(two_steps, None, StartProcess(), context(MONDAY))
    document = orjson.loads(started.state[2:])
    assert {row[2] for row in document[3]} == {"first", "late"}
