"""Which approvals a deal would have come by with other values: scripts, tables and loops behind it are asked anew."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from support.canonical_maps import MapBuilder
from support.decision_tables import dmn, table
from support.drawn_maps import END, START, chain, drawn, element, flow, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.inspection import variables_in
from engine.bpmn.spared_approvals import spared_approvals


def spared(run: WalkedRun, **after: Any) -> tuple[str, ...]:
    """What a change to the values ``after`` would have led by, now that the run stands where it stands."""
    assert run.state is not None
    before = variables_in(run.state)
    return spared_approvals(run.process, run.state, run.walked, before, {**before, **after})


class WalkedRun(InstanceRun):
    """Remembers which elements it has passed, as an instance's row does."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.walked = Counter[str]()
        super().__init__(*given, **more)

    def apply(self, stimulus: Any) -> Any:
        result = super().apply(stimulus)
        self.walked.update(one.element_id for one in result.passed)
        return result


def with_approval(builder: MapBuilder, *variables: str, approval: str = "legal") -> CompiledProcess:
    steps = builder.table("steps")
    steps[approval] = steps[approval].model_copy(update={"kind": StepKind.APPROVAL})
    return builder.build(variables)


def decided_by(condition: str, *scripts: tuple[str, str, str], drawn_as: tuple[str, ...] = ()) -> CompiledProcess:
    """prepare → the scripts (id, variable, expression) → legal, where ``condition`` holds → sign."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for name in ("prepare", "legal", "sign"):
        builder.step(name)
    builder.gateway("exclusive", "much", default="little")
    by_name = {name: (variable, text) for name, variable, text in scripts}
    for name in drawn_as or by_name:
        builder.script(name, by_name[name])
    builder.chain("start", "prepare", *by_name, "much")
    builder.flow("much", "legal", condition)
    builder.flow("much", "sign", flow_id="little")
    builder.chain("legal", "sign", "won")
    return with_approval(builder, "amount", "price", "count", "total", "needs")


def at_sign(process: CompiledProcess, **values: Any) -> WalkedRun:
    run = WalkedRun(process)
    run.complete("prepare", **values)
    assert run.open == ["sign"]
    return run


def test_scripts_are_asked_in_the_order_of_the_map_and_not_of_the_file() -> None:
    total, needs = ("total", "total", "price * count"), ("needs", "needs", "total > 500")
    run = at_sign(decided_by("needs", total, needs, drawn_as=("needs", "total")), price=100, count=2)
    assert spared(run, price=400) == ("legal",)
    assert spared(run, price=200) == ()


def test_a_value_that_somebody_gives_is_not_computed_over() -> None:
    run = at_sign(decided_by("amount > 500", ("sum", "amount", "price * count")), price=100, count=2)
    assert spared(run, amount=900) == ("legal",)


def test_a_script_that_counts_itself_up_is_not_run_once_more() -> None:
    """It would be one too high, and the deal would seem to have been led by the approval all along."""
    builder = decided_by("count > 1 or amount > 500", ("turn", "count", "count + 1"))
    run = at_sign(builder, amount=100, count=0)
    assert spared(run, amount=900) == ("legal",)


def test_a_script_behind_the_decision_does_not_change_what_it_decided_by() -> None:
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for name in ("prepare", "legal", "sign"):
        builder.step(name)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", builder.script("strict", ("limit", "base")), "much")
    builder.flow("much", "legal", "amount > limit")
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", builder.script("lenient", ("limit", "base * 10")), "sign", "won")
    run = at_sign(with_approval(builder, "amount", "limit", "base"), amount=100, base=500)
    assert spared(run, amount=900) == ("legal",)


def test_what_a_table_reads_from_a_script_is_computed_before_it() -> None:
    files = {
        "карта.bpmn": drawn(
            START,
            element(
                "userTask",
                "prepare",
                "Підготувати",
                "<extensionElements><camunda:formData><camunda:formField id='price' type='long'/>"
                "</camunda:formData></extensionElements>",
            ),
            element("scriptTask", "double", "Подвоїти", "<script>total = price * 2</script>"),
            '<businessRuleTask id="decide" name="Вирішити" camunda:decisionRef="limit"/>',
            element("exclusiveGateway", "much", "Багато?", default="much_sign"),
            step("legal", погодження="будь-хто"),
            element("exclusiveGateway", "given", "Погоджено?"),
            step("sign"),
            END,
            chain("start", "prepare", "double", "decide", "much"),
            flow("much", "legal", condition="${needs}"),
            flow("much", "sign") + flow("legal", "given") + flow("sign", "end"),
            flow("given", "sign", "Погоджено") + flow("given", "prepare", "На доопрацювання"),
        ),
        "межа.dmn": dmn(table([("total", "number")], [("needs", "boolean")], (">500", "true"), ("<=500", "false"))),
    }
    process = compile_bpmn(files).process
    assert process is not None
    run = at_sign(process, price=100)
    assert spared(run, price=400) == ("legal",)
    assert spared(run, price=150) == ()


@pytest.mark.parametrize("sequential", [True, False])
def test_a_part_that_did_not_run_even_once_would_run_for_other_values(sequential: bool) -> None:
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.step("prepare")
    builder.step("legal", builder.multi_instance("legal", sequential=sequential, cardinality="count"))
    builder.chain("start", "prepare", "legal", builder.step("sign"), "won")
    run = at_sign(with_approval(builder, "count"), count=0)
    assert spared(run, count=2) == ("legal",)
    assert spared(run, count=0) == ()


def test_so_would_a_loop_that_is_tested_before_its_first_run() -> None:
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.step("prepare")
    with builder.scope("ask", builder.standard_loop("ask", test_before=True, again_while="amount > 500")):
        builder.chain(builder.start("in"), builder.step("legal"), builder.end("out"))
    builder.chain("start", "prepare", "ask", builder.step("sign"), "won")
    run = at_sign(with_approval(builder, "amount"), amount=100)
    assert spared(run, amount=900) == ("legal",)
