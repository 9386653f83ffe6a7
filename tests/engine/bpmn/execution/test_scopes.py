"""Sub-processes and called maps; specs shared by threads."""

from __future__ import annotations

import threading

import pytest
from support.canonical_maps import MapBuilder, context
from support.instance_run import InstanceRun
from support.token_game.canonical import as_canonical
from support.token_game.random_maps import random_map

from engine.bpmn import spec as spec_module
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import StartProcess
from engine.bpmn.spec import build_spec
from engine.bpmn.stepper import step
from engine.errors import MapFailed


@pytest.fixture(scope="module")
def with_call() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.step("offer")
    draw.call("ask_discount", "discount")
    draw.boundary("refused", "ask_discount", draw.error("refused"))
    draw.gateway("exclusive", "decide", default="without")
    draw.step("sign_with_discount")
    draw.step("sign")
    draw.step("think_again")
    draw.end()
    with draw.called("discount"):
        draw.start("discount_start")
        draw.step("head_decides")
        draw.gateway("exclusive", "granted", default="no")
        draw.end("granted_end")
        draw.end("refused_end", draw.error("refused"))
        draw.chain("discount_start", "head_decides", "granted")
        draw.flow("granted", "granted_end", "percent > 0")
        draw.flow("granted", "refused_end", flow_id="no")
    draw.chain("start", "offer", "ask_discount", "decide")
    draw.flow("decide", "sign_with_discount", "percent > 5")
    draw.flow("decide", "sign", flow_id="without")
    draw.flow("refused", "think_again")
    for name in ("sign_with_discount", "sign", "think_again"):
        draw.flow(name, "end")
    return draw.build(variables=["percent"])


@pytest.mark.parametrize(("percent", "then"), [(10, "sign_with_discount"), (1, "sign"), (0, "think_again")])
def test_a_called_map_shares_the_store_and_gives_back_control(
    with_call: CompiledProcess, percent: int, then: str
) -> None:
    run = InstanceRun(with_call)
    run.complete("offer")
    assert run.open == ["head_decides"]
    run.complete("head_decides", percent=percent)
    assert run.open == [then]
    assert run.last.end_events == (), "ends of a called map are not ends of the deal"


def test_the_walked_path_tells_elements_and_flows_in_order(with_call: CompiledProcess) -> None:
    run = InstanceRun(with_call)
    run.complete("offer")
    run.complete("head_decides", percent=10)
    path = [passed.element_id for passed in run.last.passed]
    assert path[0] == "head_decides"
    assert path.index("granted") < path.index("granted_end") < path.index("ask_discount") < path.index("decide")
    assert [passed.element_id for passed in run.last.passed if not passed.flow] == [
        "head_decides",
        "granted",
        "granted_end",
        "ask_discount",
        "decide",
    ]


def test_two_tokens_run_a_sub_process_twice() -> None:
    draw = MapBuilder()
    draw.start()
    draw.gateway("parallel", "split")
    draw.flow("start", "split")
    draw.gateway("exclusive", "meet")
    for name in ("a", "b"):
        draw.step(name)
        draw.flow("split", name)
        draw.flow(name, "meet")
    with draw.scope("scope"):
        draw.start("s")
        draw.step("inside")
        draw.end("e")
        draw.chain("s", "inside", "e")
    draw.end()
    draw.chain("meet", "scope", "end")
    run = InstanceRun(draw.build())
    run.complete("a")
    run.complete("b")
    assert run.open == ["inside", "inside"]
    run.complete("inside")
    assert run.open == ["inside"]
    run.complete("inside")
    assert run.last.finished


def test_specs_are_cached_by_content_and_forgotten_in_order() -> None:
    spec_module._cache.clear()
    process = as_canonical(random_map(1, depth=1))
    first = build_spec(process)
    assert build_spec(process.model_copy()) is first
    for number in range(spec_module.CACHED_SPECS):
        build_spec(process.model_copy(update={"content_hash": f"other {number}"}))
    assert build_spec(process) is not first


def test_threads_share_a_spec_without_sharing_an_instance() -> None:
    spec_module._cache.clear()
    drawings = [as_canonical(random_map(seed, depth=2)) for seed in range(4)]
    alone = [step(process, None, StartProcess(), context()) for process in drawings]
    spec_module._cache.clear()
    differences: list[int] = []

    def start_all() -> None:
        for _ in range(20):
            for number, process in enumerate(drawings):
                if step(process, None, StartProcess(), context()) != alone[number]:
                    differences.append(number)

    threads = [threading.Thread(target=start_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert differences == []


def test_a_failed_step_leaves_no_trace_in_the_shared_spec(with_call: CompiledProcess) -> None:
    run = InstanceRun(with_call)
    run.complete("offer")
    for _ in range(2):
        with pytest.raises(MapFailed):
            run.complete("head_decides", percent="much")
    run.complete("head_decides", percent=10)
    assert run.open == ["sign_with_discount"]
