"""Maps of a thousand steps are read well within the five seconds that an upload has, whatever their shape."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from sys import getprofile, setprofile
from time import process_time
from types import FrameType

import pytest
from support.drawn_maps import END, START, codes, drawn, element, flow, step

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import StepKind
from engine.bpmn.findings import Severity
from engine.bpmn.repairs import earlier_rounds

_SECONDS = 4.0  # of computing; the limit of an upload is 5, and these take about one
RETURNED = "На доопрацювання"


def parallel(count: int, gateway: str = "parallelGateway") -> list[str]:
    """So many approvals at once, decided together, and all of them again after a return."""
    steps = [f"s{number}" for number in range(count)]
    return [
        START,
        END,
        step("prepare"),
        element(gateway, "split"),
        element(gateway, "join"),
        element("exclusiveGateway", "decide"),
        flow("start", "prepare") + flow("prepare", "split") + flow("join", "decide"),
        flow("decide", "end", "Погоджено") + flow("decide", "prepare", RETURNED),
        *(step(each) + flow("split", each, f"Так {each}") + flow(each, "join") for each in steps),
    ]


def in_a_row(count: int) -> list[str]:
    """So many approvals one after the other, each with its own way back to the first step."""
    ways = ["prepare", *(f"d{number}" for number in range(count)), "end"]
    return [
        START,
        END,
        step("prepare"),
        flow("start", "prepare"),
        *(
            step(f"s{number}")
            + element("exclusiveGateway", f"d{number}")
            + flow(ways[number], f"s{number}", "Погоджено" if number else "")
            + flow(f"s{number}", f"d{number}")
            + flow(f"d{number}", "prepare", RETURNED)
            for number in range(count)
        ),
        flow(ways[-2], "end", "Погоджено"),
    ]


def one_behind_another(count: int) -> list[str]:
    """So many approvals one after the other beside one more, and a decision behind all of them."""
    steps = [f"s{number}" for number in range(count)]
    return [
        *(part.replace("s0", "beside") for part in parallel(1)),
        *(step(each, погодження="any") for each in steps),
        *(flow(*pair) for pair in pairwise(["split", *steps, "join"])),
    ]


def rounds(count: int) -> list[str]:
    """So many times two parallel approvals with a decision behind them."""
    parts = [START, END, step("prepare"), flow("start", "prepare")]
    before = "prepare"
    for number in range(count):
        split, join, decide, one, other = (f"{stem}{number}" for stem in ("g", "j", "d", "a", "b"))
        parts += [element("parallelGateway", split), element("parallelGateway", join), step(one), step(other)]
        parts += [element("exclusiveGateway", decide), flow(before, split, "Погоджено"), flow(join, decide)]
        parts += [flow(split, one), flow(split, other), flow(one, join), flow(other, join)]
        parts.append(flow(decide, "prepare", RETURNED))
        before = decide
    return [*parts, flow(before, "end", "Погоджено")]


@pytest.mark.parametrize(
    ("shape", "count"),
    [(parallel, 1_400), (in_a_row, 950), (one_behind_another, 1_400), (rounds, 400)],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_many_approvals_are_read_in_time(shape: Callable[[int], list[str]], count: int) -> None:
    data = drawn(*shape(count))
    began = process_time()
    outcome = compile_bpmn({"карта.bpmn": data})
    assert process_time() - began < _SECONDS
    assert outcome.process is not None, outcome.findings
    assert "APPROVAL_IGNORED" not in codes(outcome, Severity.ERROR)
    approvals = [one for one in outcome.process.steps.values() if one.kind is StepKind.APPROVAL]
    assert len(approvals) >= count


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
def test_twice_as_many_approvals_side_by_side_are_twice_as_much_to_look_at(gateway: str) -> None:
    """For each of them every way out of the split was looked at."""
    few, many = (_looked_at(drawn(*parallel(count, gateway))) for count in (60, 120))
    assert many < 2.5 * few


def _looked_at(data: bytes) -> int:
    """How often a function of the looking at earlier rounds was called, or went on, while the map was read."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == earlier_rounds.__file__

    before = getprofile()
    setprofile(count)
    try:
        compile_bpmn({"карта.bpmn": data})
    finally:
        setprofile(before)
    return calls


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
def test_of_many_approvals_those_which_may_be_left_out_are_forgotten(gateway: str) -> None:
    outcome = compile_bpmn({"карта.bpmn": drawn(*parallel(40, gateway))})
    assert outcome.process is not None
    forgotten = {name for pairs in outcome.process.assignments.values() for name, _ in pairs}
    assert forgotten == ({f"s{number}_outcome" for number in range(40)} if gateway == "inclusiveGateway" else set())
