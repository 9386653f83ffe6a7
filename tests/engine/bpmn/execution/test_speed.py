"""A durable-ready step (load, apply, prune, encode) against stock's bare in-memory step of the same map, same run."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from support.canonical_maps import MapBuilder, context
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition
from engine.bpmn.runtime import CompleteStep
from engine.bpmn.stepper import step

DEPARTMENTS = ("legal", "finance", "security")
ROUND = ("prepare", *DEPARTMENTS)
OFFER = {"lines": [{"sku": f"SKU-{number:05}", "price": number * 10.5, "note": "in stock"} for number in range(18)]}


@pytest.fixture(scope="module")
def sale() -> CompiledProcess:
    """Qualify, prepare, three approvals with a way back, contract as a sub-process, hand over."""
    draw = MapBuilder()
    draw.start()
    for name in ("qualify", "prepare", *DEPARTMENTS, "hand_over"):
        draw.step(name)
    draw.gateway("exclusive", "worth", default="small")
    draw.gateway("exclusive", "merge")
    draw.gateway("parallel", "split")
    draw.gateway("parallel", "join")
    draw.gateway("exclusive", "agreed", default="yes")
    for department in DEPARTMENTS:
        draw.flow("split", department)
        draw.flow(department, "join")
    with draw.scope("contract"):
        draw.start("contract_start")
        draw.step("draft")
        draw.step("sign")
        draw.end("contract_end")
        draw.chain("contract_start", "draft", "sign", "contract_end")
    draw.end()
    draw.chain("start", "qualify", "prepare", "worth")
    draw.flow("worth", "split", "amount > 1000")
    draw.flow("worth", "merge", flow_id="small")
    draw.flow("join", "agreed")
    draw.flow("agreed", "prepare", "rework")
    draw.flow("agreed", "merge", flow_id="yes")
    draw.chain("merge", "contract", "hand_over", "end")
    return draw.build(variables=["amount", "rework", "offer"])


@contextmanager
def undisturbed() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds_of_rounds(process: CompiledProcess, rounds: int) -> list[float]:
    """The time of each rework round of four steps."""
    run = InstanceRun(process, variables={"amount": 5000, "rework": True, "offer": OFFER})
    run.complete("qualify")
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        for name in ROUND:
            run.complete(name, "completed")
        taken.append(time.thread_time() - began)
    assert run.open == ["prepare"]
    return taken


def test_the_thousandth_round_costs_what_the_tenth_did(sale: CompiledProcess) -> None:
    ratios = []
    for _ in range(3):
        with undisturbed():
            taken = seconds_of_rounds(sale, 1_010)
        ratios.append(min(taken[990:1_010]) / min(taken[5:25]))
    assert min(ratios) <= 1.2, ratios


def test_the_state_does_not_grow_with_the_rounds(sale: CompiledProcess) -> None:
    run = InstanceRun(sale, variables={"amount": 5000, "rework": True, "offer": OFFER})
    run.complete("qualify")
    sizes = []
    for _ in range(200):
        for name in ROUND:
            run.complete(name)
        assert run.state is not None
        sizes.append(len(run.state))
    assert max(sizes) - min(sizes) < 16, "only the numbers of the activities grow"


def test_a_step_from_bytes_to_bytes_is_cheaper_than_a_bare_step_of_stock(sale: CompiledProcess) -> None:
    with undisturbed():
        pairs = [(bytes_to_bytes(sale), stock_in_memory(sale)) for _ in range(15)]  # in turns: load comes and goes
    ours, stock = map(min, zip(*pairs, strict=True))
    assert ours / stock <= 0.8, pairs


def bytes_to_bytes(process: CompiledProcess) -> float:
    """Seconds of completing the first approval."""
    run = InstanceRun(process, variables={"amount": 5000, "rework": False, "offer": OFFER})
    run.complete("qualify")
    run.complete("prepare")
    stimulus = CompleteStep(run.activity("legal"), "completed", {"rework": False})
    now = context()
    began = time.thread_time()
    step(process, run.state, stimulus, now)
    return time.thread_time() - began


def stock_in_memory(process: CompiledProcess) -> float:
    """The same in stock, with the conditions as Python and the data in the tasks, as it keeps them."""
    workflow = BpmnWorkflow(*stock_spec(process))
    workflow.task_tree.data.update({"amount": 5000, "rework": False, "offer": OFFER})
    workflow.do_engine_steps()
    for name in ("qualify", "prepare"):
        workflow.get_next_task(state=TaskState.READY, spec_name=name).run()
        workflow.do_engine_steps()
    task = workflow.get_next_task(state=TaskState.READY, spec_name="legal")
    began = time.thread_time()
    task.data["rework"] = False
    task.run()
    workflow.do_engine_steps()
    return time.thread_time() - began


def stock_spec(process: CompiledProcess) -> tuple[object, object]:
    root = etree.fromstring(process.executable)
    for condition in root.iter("{*}conditionExpression"):
        compiled = process.conditions[str(condition.text)]
        assert isinstance(compiled, ExpressionCondition)
        condition.text = compiled.text
    parser = BpmnParser()
    parser.add_bpmn_xml(root)
    return parser.get_spec(process.key), parser.get_subprocess_specs(process.key)
