"""Business rule tasks: which table decides them, what the map keeps of it, what is asked and told before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.decision_tables import codes, compile_with, deciding_map, dmn, literal, table
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn, library_entries
from engine.bpmn.compiled import CompiledProcess, FieldType, StepKind
from engine.errors import MapFailed

LIMIT = table(
    [("segment", "string", '"vip", "new"'), ("deal.amount", "number")],
    [("limit", "number")],
    ('"vip"', ">= 1000", "10"),
    ('"vip"', "< 1000", "7"),
    ('"new"', "-", "5"),
)
TWO = table([("n", "number")], ["low", "high"], ("> 1", "1", "9"), ("> 2", "2", "8"), policy="RULE ORDER")
ONE = table([("n", "number")], [("fee", "number")], ("> 1", "10"), ("> 2", "20"), policy="RULE ORDER")
BY_ID = '<businessRuleTask id="decide" name="Вирішити" camunda:decisionRef="limit"{more}/>'


def outcome(task: str, *tables: str, **more: Any) -> CompileOutcome:
    return compile_with(deciding_map(task), *(dmn(one) for one in tables), **more)


def compiled(task: str, *tables: str) -> CompiledProcess:
    found = outcome(task, *tables)
    assert found.process is not None, found.findings
    assert [one for one in found.findings if one.severity == "error"] == []
    return found.process


def kept(task: str, said: str, **values: Any) -> dict[str, Any]:
    """What stands in the store behind the decision, the values given before it left out."""
    run = InstanceRun(compiled(task, said))
    variables = run.complete("ask", **values).variables
    return {name: value for name, value in variables.items() if name not in values}


# Which decision


@pytest.mark.parametrize(
    "task",
    [
        BY_ID.format(more=""),
        '<businessRuleTask id="decide" reglament:decision="limit"/>',
        (
            '<businessRuleTask id="decide"><extensionElements><zeebe:calledDecision decisionId="limit"/>'
            "</extensionElements></businessRuleTask>"
        ),
        (
            '<serviceTask id="decide" flowable:type="dmn"><extensionElements><flowable:field '
            'name="decisionTableReferenceKey"><flowable:string>limit</flowable:string></flowable:field>'
            "</extensionElements></serviceTask>"
        ),
        (
            '<businessRuleTask id="decide" flowable:type="dmn"><extensionElements><flowable:field '
            'name="decisionTableReferenceKey" stringValue="limit"/></extensionElements></businessRuleTask>'
        ),
    ],
)
def test_a_task_names_its_decision_in_each_tools_way(task: str) -> None:
    run = InstanceRun(compiled(task, LIMIT), deal={"amount": Decimal(1000)})
    result = run.complete("ask", segment="vip")
    assert run.open == ["after"]
    assert result.variables["limit"] == 10
    (made,) = result.decisions
    assert (made.element_id, made.results[-1].rules, made.kept) == ("decide", (1,), {"limit": 10})
    assert "decide" in {one.element_id for one in result.passed}


@pytest.mark.parametrize("task", ['id="limit"', 'id="decide" name="межа знижки"'])
def test_a_task_without_a_reference_takes_the_one_decision_of_its_id_or_name(task: str) -> None:
    file = deciding_map(f"<businessRuleTask {task}/>").replace(
        b'"decide"', b'"limit"' if "limit" in task else b'"decide"'
    )
    found = compile_with(file, dmn(LIMIT))
    assert "DECISION_BY_NAME" in codes(found.findings)
    assert found.process is not None
    assert len(found.process.decision_tasks) == 1


def test_of_two_decisions_of_one_name_neither_is_guessed() -> None:
    other = LIMIT.replace('id="limit"', 'id="other"')
    found = outcome('<businessRuleTask id="decide" name="Межа знижки"/>', LIMIT, other)
    assert {"AUTOMATED_STAND_IN", "DECISION_UNUSED"} <= codes(found.findings)


@pytest.mark.parametrize(("reference", "code"), [("nowhere", "DECISION_MISSING"), ("${whichever}", "DECISION_DYNAMIC")])
def test_a_task_whose_decision_is_not_here_stays_a_persons(reference: str, code: str) -> None:
    found = outcome(f'<businessRuleTask id="decide" name="Вирішити" camunda:decisionRef="{reference}"/>', LIMIT)
    assert found.process is not None
    assert found.process.steps["decide"].kind is StepKind.CONFIRM
    (finding,) = (one for one in found.findings if one.code == code)
    assert (finding.severity, finding.element_name, finding.params["decision"]) == ("warning", "Вирішити", reference)
    assert "AUTOMATED_STAND_IN" not in codes(found.findings)


def test_a_task_without_any_table_stays_a_persons_as_before() -> None:
    found = compile_bpmn({"sale.bpmn": deciding_map()})
    assert found.process is not None
    assert found.process.steps["decide"].kind is StepKind.CONFIRM
    assert "AUTOMATED_STAND_IN" in codes(found.findings)


def test_a_table_that_cannot_be_executed_is_an_error_and_the_map_is_shown_all_the_same() -> None:
    found = outcome(BY_ID.format(more=""), LIMIT.replace("10", "10 +"))
    assert found.process is not None
    assert [one.code for one in found.findings] == ["DMN_CELL_NOT_UNDERSTOOD"]
    assert set(found.process.steps) == {"ask", "decide", "after"}


def test_a_decision_in_two_files_is_told() -> None:
    assert "DECISION_AMBIGUOUS" in codes(outcome(BY_ID.format(more=""), LIMIT, LIMIT).findings)


def test_a_decision_that_nothing_makes_is_told() -> None:
    found = outcome(BY_ID.format(more=""), LIMIT, TWO.replace('id="limit"', 'id="spare"'))
    (finding,) = (one for one in found.findings if one.code == "DECISION_UNUSED")
    assert (finding.severity, finding.element_id, finding.file) == ("info", "spare", "table1.dmn")


def test_a_decision_that_another_needs_is_not_called_unused_for_being_wrong() -> None:
    fee = literal("limit * 2", decision="fee", requires=["limit"])
    found = outcome(BY_ID.format(more="").replace('"limit"', '"fee"'), fee, LIMIT.replace("<text>10<", "<text>1 0<"))
    assert {"DMN_CELL_NOT_UNDERSTOOD", "DMN_REQUIREMENT_UNUSABLE"} <= codes(found.findings)
    assert "DECISION_UNUSED" not in codes(found.findings)


def test_decisions_of_several_files_need_one_another() -> None:
    fee = literal("limit * 2", decision="fee", requires=["limit"])
    process = compiled(BY_ID.format(more="").replace('"limit"', '"fee"'), fee, LIMIT)
    assert set(process.decisions) == {"fee", "limit"}
    run = InstanceRun(process, deal={"amount": Decimal(5)})
    result = run.complete("ask", segment="new")
    assert result.variables["Вираз"] == 10
    assert [one.decision.key for one in result.decisions[0].results] == ["limit", "fee"]


# What is kept


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"low": [1, 2], "high": [9, 8]}),
        (' camunda:resultVariable="r"', {"r": [{"low": 1, "high": 9}, {"low": 2, "high": 8}]}),
        (
            ' camunda:resultVariable="r" camunda:mapDecisionResult="resultList"',
            {"r": [{"low": 1, "high": 9}, {"low": 2, "high": 8}]},
        ),
    ],
)
def test_several_results_are_kept_as_lists(more: str, expected: dict[str, Any]) -> None:
    assert kept(BY_ID.format(more=more), TWO, n=3) == expected


@pytest.mark.parametrize(
    ("shape", "of_none", "of_one"),
    [
        ("singleEntry", None, 10),
        ("singleResult", None, {"fee": 10}),
        ("collectEntries", [], [10]),
        ("resultList", [], [{"fee": 10}]),
    ],
)
def test_camundas_mappings_of_a_result(shape: str, of_none: Any, of_one: Any) -> None:
    task = BY_ID.format(more=f' camunda:resultVariable="r" camunda:mapDecisionResult="{shape}"')
    assert kept(task, ONE, n=1) == {"r": of_none}
    assert kept(task, ONE, n=2) == {"r": of_one}


@pytest.mark.parametrize("shape", ["singleEntry", "singleResult"])
def test_a_mapping_to_one_result_fails_on_several(shape: str) -> None:
    task = BY_ID.format(more=f' camunda:resultVariable="r" camunda:mapDecisionResult="{shape}"')
    run = InstanceRun(compiled(task, ONE))
    with pytest.raises(MapFailed) as failed:
        run.complete("ask", n=3)
    assert failed.value.params["problem_code"] == "SEVERAL_RESULTS"
    assert run.open == ["ask"]


@pytest.mark.parametrize("shape", ["singleEntry", "collectEntries"])
def test_a_mapping_to_one_value_needs_one_output(shape: str) -> None:
    task = BY_ID.format(more=f' camunda:resultVariable="r" camunda:mapDecisionResult="{shape}"')
    assert "DECISION_SEVERAL_OUTPUTS" in codes(outcome(task, TWO).findings)


@pytest.mark.parametrize(
    "task",
    [
        '<businessRuleTask id="decide" reglament:decision="limit" reglament:resultVariable="r"/>',
        (
            '<businessRuleTask id="decide"><extensionElements>'
            '<zeebe:calledDecision decisionId="limit" resultVariable="r"/></extensionElements></businessRuleTask>'
        ),
    ],
)
def test_a_result_variable_holds_the_result_as_dmn_defines_it(task: str) -> None:
    assert kept(task, ONE, n=3) == {"r": [10, 20]}
    assert kept(task, LIMIT, segment="vip", deal=None) == {"r": None}


def test_camundas_parameters_give_the_decision_its_values_and_take_its_results() -> None:
    task = (
        '<businessRuleTask id="decide" camunda:decisionRef="limit"><extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="n">${asked + 1}</camunda:inputParameter>'
        '<camunda:inputParameter name="word">plain "text"</camunda:inputParameter>'
        '<camunda:outputParameter name="total">${fee[0] + fee[1]}</camunda:outputParameter>'
        "</camunda:inputOutput></extensionElements></businessRuleTask>"
    )
    assert kept(task, ONE, asked=2) == {"fee": [10, 20], "total": 30}


def test_zeebes_mapping_keeps_only_what_it_names() -> None:
    task = (
        '<businessRuleTask id="decide"><extensionElements>'
        '<zeebe:calledDecision decisionId="limit" resultVariable="r"/>'
        '<zeebe:ioMapping><zeebe:input source="= asked + 1" target="n"/><zeebe:output source="= sum(r)" '
        'target="sums.fee"/></zeebe:ioMapping></extensionElements></businessRuleTask>'
    )
    assert kept(task, ONE, asked=2) == {"sums": {"fee": 30}}


@pytest.mark.parametrize(
    "parameter",
    [
        '<camunda:inputParameter name="n"><camunda:script>x</camunda:script></camunda:inputParameter>',
        '<camunda:inputParameter name="n">${bean.get()}</camunda:inputParameter>',
        '<camunda:outputParameter name="n">${a b}</camunda:outputParameter>',
    ],
)
def test_a_mapping_that_cannot_be_evaluated_is_an_error(parameter: str) -> None:
    task = (
        '<businessRuleTask id="decide" camunda:decisionRef="limit"><extensionElements><camunda:inputOutput>'
        f"{parameter}</camunda:inputOutput></extensionElements></businessRuleTask>"
    )
    assert "DECISION_MAPPING_NOT_UNDERSTOOD" in codes(outcome(task, ONE).findings)


@pytest.mark.parametrize("name", ["deal", "today", "1st", "a b"])
def test_a_result_is_not_kept_under_any_name(name: str) -> None:
    found = outcome(BY_ID.format(more=f' camunda:resultVariable="{name}"'), ONE)
    assert "DECISION_RESULT_NAME" in codes(found.findings)


def test_a_table_never_gives_the_outcome_of_a_step() -> None:
    found = outcome(BY_ID.format(more=' camunda:resultVariable="after_outcome"'), ONE)
    assert "DECISION_GIVES_OUTCOME" in codes(found.findings)


def test_times_and_durations_are_kept_as_texts_that_expressions_read() -> None:
    said = table(
        ["n"], ["span", "months", "hour"], ("-", 'duration("P2DT3H")', 'duration("-P1Y2M")', 'time("10:30:00")')
    )
    assert kept(BY_ID.format(more=""), said, n=1) == {"span": "P2DT10800S", "months": "-P14M", "hour": "10:30:00"}


# What is asked and told


def test_what_the_columns_read_is_asked_before_with_their_types_and_choices() -> None:
    found = outcome(BY_ID.format(more=""), LIMIT.replace('name="limit"', 'name="ceiling"'))
    assert found.process is not None
    (field,) = found.process.steps["ask"].fields
    assert (field.name, field.type, field.required) == ("segment", FieldType.CHOICE, True)
    assert [choice.value for choice in field.choices] == ["vip", "new"]
    assert {"deal", "segment"} <= found.process.variables


def test_what_a_decision_gives_is_no_unknown_variable() -> None:
    flow = '<sequenceFlow id="f2" sourceRef="decide" targetRef="after"/>'
    gateway = (
        '<exclusiveGateway id="g" default="g2"/><sequenceFlow id="f2" sourceRef="decide" targetRef="g"/>'
        '<sequenceFlow id="g1" sourceRef="g" targetRef="after"><conditionExpression>${limit &gt; 5}'
        '</conditionExpression></sequenceFlow><sequenceFlow id="g2" sourceRef="g" targetRef="e"/>'
    )
    file = deciding_map(BY_ID.format(more="")).replace(flow.encode(), gateway.encode())
    found = compile_with(file, dmn(LIMIT))
    assert found.process is not None
    assert "limit" not in {one.params.get("variable") for one in found.findings}
    run = InstanceRun(found.process, deal={"amount": Decimal(1000)})
    assert run.complete("ask", segment="vip")
    assert run.open == ["after"]
    run = InstanceRun(found.process, deal={"amount": Decimal(1000)})
    assert run.complete("ask", segment="new").finished


def test_a_text_without_quotation_marks_is_told() -> None:
    said = table([("segment", "string")], ["x"], ("vip", '"a"'), ('"new"', '"b"'))
    (finding,) = (one for one in outcome(BY_ID.format(more=""), said).findings if one.code == "DMN_NAME_WITHOUT_VALUE")
    assert (finding.element_id, finding.file, finding.line) == ("limit", "table0.dmn", 1)
    assert finding.params == {"rule": "1", "column": "segment", "name": "vip"}


def test_a_failing_table_leaves_the_deal_where_it_was() -> None:
    clashing = table([("n", "number")], ["x"], ("> 1", "1"), ("> 2", "2"))
    run = InstanceRun(compiled(BY_ID.format(more=""), clashing))
    with pytest.raises(MapFailed) as failed:
        run.complete("ask", n=3)
    assert failed.value.params["element"] == "Вирішити"
    assert failed.value.params["problem_code"] == "RULES_CONTRADICT"
    assert failed.value.params["problem"].params["rules"] == "1, 2"
    run.complete("ask", n=2)
    assert run.last.variables["x"] == 1


def test_a_task_decides_anew_each_time_it_is_reached() -> None:
    loop = (
        '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality>'
        "</multiInstanceLoopCharacteristics>"
    )
    task = f'<businessRuleTask id="decide" camunda:decisionRef="limit">{loop}</businessRuleTask>'
    counting = literal("get or else(count, 0) + 1").replace("<literal", '<variable name="count"/><literal')
    result = InstanceRun(compiled(task, counting)).complete("ask")
    assert result.variables["count"] == 3
    assert len(result.decisions) == 3


# Files


def test_the_hash_of_a_map_depends_on_its_tables() -> None:
    first, second = compiled(BY_ID.format(more=""), LIMIT), compiled(BY_ID.format(more=""), LIMIT.replace("10<", "11<"))
    assert first.content_hash != second.content_hash
    assert CompiledProcess.model_validate_json(first.model_dump_json()) == first


def test_a_called_map_brings_its_tables() -> None:
    called = library_entries("sub", {"sub.bpmn": deciding_map(BY_ID.format(more=""), key="sub"), "t.dmn": dmn(LIMIT)})
    caller = deciding_map('<callActivity id="decide" calledElement="sub"/>')
    own = LIMIT.replace('"vip"', '"other"')
    found = compile_bpmn({"sale.bpmn": caller, "own.dmn": dmn(own)}, library=called)
    assert found.process is not None
    assert found.process.called_keys == ("sub",)
    assert len(found.process.decision_tasks) == 1
    run = InstanceRun(found.process, deal={"amount": Decimal(1000)})
    run.complete("ask")
    (inner,) = run.open
    assert run.complete(inner, segment="vip").variables["limit"] == 10
    changed = {**called, "sub/t.dmn": dmn(LIMIT.replace("10<", "11<"))}
    again = compile_bpmn({"sale.bpmn": caller, "own.dmn": dmn(own)}, library=changed)
    assert again.process is not None
    assert again.process.content_hash != found.process.content_hash


def test_tables_without_a_map_are_told_so() -> None:
    found = compile_bpmn({"limit.dmn": dmn(LIMIT)})
    assert found.process is None
    assert codes(found.findings) == {"DMN_WITHOUT_MAP"}


def test_a_file_of_decisions_is_known_by_its_content() -> None:
    found = compile_bpmn({"sale.bpmn": deciding_map(BY_ID.format(more="")), "limit.xml": dmn(LIMIT)})
    assert found.process is not None
    assert set(found.process.decisions) == {"limit"}
