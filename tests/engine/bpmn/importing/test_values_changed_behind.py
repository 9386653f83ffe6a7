"""A step that changes what the map decided by before it: its owner is told which approvals nobody asks for any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.decision_tables import dmn, table
from support.drawn_maps import END, START, bag, chain, codes, drawn, element, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity
from engine.bpmn.flow_ends import order_of
from engine.bpmn.spec import build_spec

SHIPPED = Path(__file__).parents[4] / "processes"
CODE = "VALUE_CHANGED_BEHIND"
GATE = element("exclusiveGateway", "big", "Велика угода?", default="big_on")
APPROVAL = step("legal", "Погодження юриста", погодження="будь-хто") + element(
    "exclusiveGateway", "given", "Погоджено?"
)
ROUND = flow("given", "on", "Погоджено") + flow("given", "prepare", "На доопрацювання")


def form(element_id: str, name: str, *fields: str, tag: str = "userTask", kind: str = "long") -> str:
    """A step with number fields; what stands behind a colon is a field's label."""
    parts = (field.partition(":") for field in fields)
    drawn_fields = "".join(f"<camunda:formField id='{one}' label='{label}' type='{kind}'/>" for one, _, label in parts)
    inner = f"<extensionElements><camunda:formData>{drawn_fields}</camunda:formData></extensionElements>"
    return element(tag, element_id, name, inner)


PREPARE = form("prepare", "Підготувати", "amount:Сума", "price", "count")


def late(*behind: str, condition: str = "amount > 500000", way: tuple[str, ...] = ("details",)) -> CompileOutcome:
    """prepare → big? → legal, or not → what ``way`` names → end; ``behind`` draws it."""
    parts = (START, PREPARE, GATE, APPROVAL, element("exclusiveGateway", "on"), *behind, END)
    ways = chain("start", "prepare", "big") + flow("big", "legal", condition=condition) + flow("big", "on")
    return outcome_of(*parts, ways, chain("legal", "given"), ROUND, chain("on", *way, "end"))


def is_told(outcome: CompileOutcome) -> bool:
    """Of a map that is executed."""
    assert outcome.process is not None
    return CODE in codes(outcome)


DETAILS = form("details", "Деталі договору", "amount:Остаточна сума")


def test_a_later_step_with_the_same_field_is_told_with_all_names() -> None:
    told = found(late(DETAILS), CODE)
    assert (told.element_id, told.element_name, told.severity) == ("details", "Деталі договору", Severity.WARNING)
    assert dict(told.params) == {
        "values": "Сума",
        "decision": "Велика угода?",
        "approvals": "Погодження юриста",
    }


def service(name: str, **said: str) -> str:
    return element("serviceTask", "details", name, bag(**{key.replace("__", "."): said[key] for key in said}))


@pytest.mark.parametrize(
    "behind",
    [
        element("scriptTask", "details", "Перерахувати", "<script>amount = price * count</script>"),
        service(
            "Спитати BAS", connector="http", method="GET", url="https://bas.example/sum", result__amount="=body.sum"
        ),
        service("Записати", connector="fields", set__amount="=price * 2"),
    ],
    ids=["script", "answer", "fields"],
)
def test_what_the_map_computes_itself_is_told_as_well(behind: str) -> None:
    assert found(late(behind), CODE).element_id == "details"


def test_so_is_what_a_table_decides() -> None:
    task = '<businessRuleTask id="details" name="Ціна за таблицею" camunda:decisionRef="limit"/>'
    parts = (START, PREPARE, GATE, APPROVAL, element("exclusiveGateway", "on"), task, END)
    ways = chain("start", "prepare", "big") + flow("big", "legal", condition="amount > 500000") + flow("big", "on")
    files = {
        "карта.bpmn": drawn(*parts, ways, chain("legal", "given"), ROUND, chain("on", "details", "end")),
        "ціни.dmn": dmn(table([("count", "number")], [("amount", "number")], (">5", "900000"), ("<=5", "1"))),
    }
    assert found(compile_bpmn(files), CODE).element_id == "details"


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ("deal.amount > 500000", "deal.amount"),
        ("deal.discount > 5", "discount"),
        ("discount > 5", "deal.discount"),
        ('client.segment == "VIP"', "client.segment"),
    ],
)
def test_a_value_is_the_same_under_each_name_that_it_goes_by(condition: str, field: str) -> None:
    assert is_told(late(form("details", "Деталі", field), condition=f"${{{condition}}}"))


def test_a_value_that_the_decision_reads_through_a_script_is_told() -> None:
    script = element("scriptTask", "sum", "Порахувати", "<script>total = price * count</script>")
    parts = (START, PREPARE, script, GATE, APPROVAL, element("exclusiveGateway", "on"))
    ways = chain("start", "prepare", "sum", "big") + flow("big", "legal", condition="total > 5") + flow("big", "on")
    later = form("details", "Деталі", "price:Ціна")
    told = found(
        outcome_of(*parts, later, END, ways, chain("legal", "given"), ROUND, chain("on", "details", "end")), CODE
    )
    assert (told.element_id, told.params["values"]) == ("details", "price")


def test_a_step_of_another_branch_may_change_what_is_decided_beside_it() -> None:
    parts = (
        START,
        PREPARE,
        element("parallelGateway", "split"),
        element("parallelGateway", "join"),
        GATE,
        APPROVAL,
        element("exclusiveGateway", "on"),
        DETAILS,
        END,
    )
    ways = chain("start", "prepare", "split", "big") + chain("split", "details", "join") + chain("on", "join", "end")
    ways += flow("big", "legal", condition="amount > 500000") + flow("big", "on") + chain("legal", "given")
    told = found(outcome_of(*parts, ways, ROUND.replace('"prepare"', '"big"')), CODE)
    assert (told.element_id, told.params["approvals"]) == ("details", "Погодження юриста")


def test_a_part_that_an_event_begins_may_change_it_too() -> None:
    inside = "".join(
        (
            '<startEvent id="called" isInterrupting="false"><messageEventDefinition messageRef="m"/></startEvent>',
            form("order", "Інше замовлення", "amount"),
            '<endEvent id="noted"/>',
            chain("called", "order", "noted"),
        )
    )
    part = element("subProcess", "changed", "Зміна замовлення", inside, triggeredByEvent="true")
    parts = (START, PREPARE, GATE, APPROVAL, element("exclusiveGateway", "on"), step("sign"), part, END)
    ways = chain("start", "prepare", "big") + flow("big", "legal", condition="amount > 5") + flow("big", "on")
    outcome = outcome_of(
        *parts,
        ways,
        chain("legal", "given"),
        ROUND,
        chain("on", "sign", "end"),
        around='<message id="m" name="Зміна"/>',
    )
    assert found(outcome, CODE).element_id == "order"


def test_how_often_an_approval_is_asked_is_decided_by_a_value_as_well() -> None:
    several = "<loopCardinality>${count}</loopCardinality>"
    several = f"<multiInstanceLoopCharacteristics>{several}</multiInstanceLoopCharacteristics>"
    inside = '<startEvent id="in"/><endEvent id="out"/>' + step("legal", "Погодження юриста", погодження="any")
    inside += element("exclusiveGateway", "given", "?") + chain("in", "legal", "given")
    inside += flow("given", "out", "Погоджено") + flow("given", "legal", "На доопрацювання")
    each = element("subProcess", "each", "Кожна позиція", inside + several)
    later = form("details", "Деталі", "count:Кількість")
    told = found(
        outcome_of(START, PREPARE, each, later, END, chain("start", "prepare", "each", "details", "end")), CODE
    )
    assert (told.element_id, told.params["decision"]) == ("details", "Кожна позиція")


@pytest.mark.parametrize(
    ("behind", "way"),
    [
        (form("details", "Деталі", "colour"), ("details",)),
        (
            DETAILS.replace(
                "/>",
                "><camunda:validation><camunda:constraint name='readonly'/></camunda:validation></camunda:formField>",
                1,
            ),
            ("details",),
        ),
        (step("sign"), ("sign",)),
    ],
    ids=["another field", "to read only", "no field"],
)
def test_nothing_is_told_where_nothing_changes_what_was_decided_by(behind: str, way: tuple[str, ...]) -> None:
    assert not is_told(late(behind, way=way))


def test_nothing_is_told_of_a_step_to_which_only_the_approval_leads() -> None:
    """Whoever approved has approved: what changes of it behind them is told elsewhere."""
    parts = (START, PREPARE, GATE, APPROVAL, DETAILS, element("exclusiveGateway", "on"), END)
    ways = chain("start", "prepare", "big") + flow("big", "legal", condition="amount > 500000") + flow("big", "on")
    ways += chain("legal", "given", "details", "on", "end").replace(flow("given", "details"), "")
    ways += flow("given", "details", "Погоджено") + flow("given", "prepare", "На доопрацювання")
    assert not is_told(outcome_of(*parts, ways))


@pytest.mark.parametrize("back", ["legal", "legal2"])
def test_nothing_is_told_where_a_decision_behind_the_step_asks_for_the_approval(back: str) -> None:
    again = element("exclusiveGateway", "grown", "Більша?", default="grown_sign")
    second = step("legal2", "Погодження юриста ще раз", погодження="будь-хто") + element("exclusiveGateway", "given2")
    second += chain("legal2", "given2") + flow("given2", "sign", "Погоджено") + flow("given2", "prepare", "Повернуто")
    outcome = late(
        DETAILS,
        again,
        step("sign"),
        second if back == "legal2" else "",
        flow("grown", back, condition="amount > 500000"),
        way=("details", "grown", "sign"),
    )
    assert not is_told(outcome)


def test_nothing_is_told_of_what_is_computed_once_more_in_the_same_way() -> None:
    script = "<script>total = price * count</script>"
    parts = (
        START,
        PREPARE,
        element("scriptTask", "sum", "Порахувати", script),
        GATE,
        APPROVAL,
        element("exclusiveGateway", "on"),
        element("scriptTask", "sum2", "Порахувати ще раз", script),
        END,
    )
    ways = chain("start", "prepare", "sum", "big") + flow("big", "legal", condition="total > 5") + flow("big", "on")
    assert not is_told(outcome_of(*parts, ways, chain("legal", "given"), ROUND, chain("on", "sum2", "end")))


def test_what_lies_ahead_of_all_places_at_once_is_what_lies_ahead_of_each() -> None:
    process = compile_bpmn({"b2b-sale.bpmn": (SHIPPED / "b2b-sale" / "b2b-sale.bpmn").read_bytes()}).process
    assert process is not None
    order, spec = order_of(process), build_spec(process)
    among = order.among(process.elements.keys())
    names = [name for scope in spec.scopes.values() for name in scope.task_specs]
    assert len(names) > 20
    for name in names:
        assert among.ahead_of([name]) == order.ahead_of([name]) & process.elements.keys()
        assert among.after([name]) == order.after([name]) & process.elements.keys()
