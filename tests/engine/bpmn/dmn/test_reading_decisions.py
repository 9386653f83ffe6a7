"""DMN files of every version and of several tools, and what in them cannot be executed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.decision_tables import Column, build, codes, decide, dmn, evaluate, literal, table

from engine.bpmn.dmn.model import DecisionTable, ValueKind
from engine.bpmn.dmn.reading import is_decision_file
from engine.bpmn.safe_xml import read_xml

SIMPLE = table([("amount", "number")], [("limit", "number")], ("> 10", "5"), ("<= 10", "1"))


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20130901",
        "http://www.omg.org/spec/DMN/20151101",
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    assert evaluate(dmn(SIMPLE, namespace=namespace), amount=11).value == 5


def test_elements_left_in_the_files_own_namespace_are_read() -> None:
    own = dmn(
        SIMPLE,
        namespace="http://tool/definitions/1",
        attributes='xmlns:semantic="http://www.omg.org/spec/DMN/20180521/MODEL/"',
    )
    assert evaluate(own, amount=11).value == 5


def test_a_map_is_no_file_of_decisions() -> None:
    declaring = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:d="http://www.omg.org/spec/DMN/20151101"/>'
    assert not is_decision_file(read_xml(declaring).root)
    root = read_xml(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>').root
    assert not is_decision_file(root)


@pytest.mark.parametrize(
    ("language", "condition", "result", "given"),
    [
        ("", "? > bonus", "bonus * 2", 6),
        ("feel", "> bonus", "bonus * 2", 6),
        ("http://www.omg.org/spec/FEEL/20140401", "> bonus", "[1, bonus][2]", 3),
        ("juel", "cellInput gt bonus", "bonus * 2", 6),
        ("juel", "${cellInput > bonus and bonus eq 3}", "${bonus * 2}", 6),
        ("javascript", "cellInput > bonus && cellInput != 12", "bonus * 2", 6),
        ("javascript", "cellInput > bonus", "[1, bonus][1]", 3),
        ("groovy", "cellInput > bonus", "bonus * 2", 6),
    ],
)
def test_cells_are_read_in_their_language(language: str, condition: str, result: str, given: int) -> None:
    said = table(["amount"], ["x"], (condition, result), language=language)
    assert decide(said, amount=10, bonus=3) == given
    assert decide(said, amount=1, bonus=3) is None


def test_a_condition_names_its_value_as_the_file_says() -> None:
    said = table(["amount"], ["x"], ("sum > 5", "1"), language="juel")
    said = said.replace('<input label="amount">', '<input label="amount" camunda:inputVariable="sum">')
    assert decide(said, amount=6) == 1


@pytest.mark.parametrize(
    ("language", "cell"),
    [
        ("groovy", "cellInput.length() > 2 && { println 'x' }"),
        ("javascript", "function() { return true }"),
        ("javascript", "var x = 5; x"),
        ("juel", "${bean.check(cellInput)}"),
        ("python", "__import__('os').system('true')"),
        ("", "().__class__"),
        ("", "java.lang.System.exit(0)"),
    ],
)
def test_a_cell_that_only_another_engine_can_run_is_refused_at_its_place(language: str, cell: str) -> None:
    decision, _, (finding,) = build(dmn(table(["amount"], ["x"], ("-", "1"), (cell, "2"), language=language)))
    assert decision is None
    assert (finding.code, finding.severity, finding.element_id) == ("DMN_CELL_NOT_UNDERSTOOD", "error", "limit")
    assert (finding.params["rule"], finding.params["column"], finding.params["text"]) == ("2", "amount", cell)
    assert finding.line is not None
    assert finding.file == "рішення.dmn"


def test_names_of_several_words_are_variables_with_underscores() -> None:
    parts = (
        '<inputData id="i" name="Monthly Income"/>',
        '<inputData id="j" name="Monthly Income Tax"/>',
        '<inputData id="k" name="Сума угоди"/>',
        table(
            ["Monthly   Income - Monthly Income Tax", "Сума угоди"],
            ["Discount Limit"],
            ("> 10", '"Monthly Income"', '"Monthly Income"'),
        ),
    )
    decision, _, _ = build(dmn(*parts))
    assert decision is not None
    result = evaluate(dmn(*parts), Monthly_Income=20, Monthly_Income_Tax=5, Сума_угоди="Monthly Income")
    assert result.by_output() == {"Discount_Limit": "Monthly Income"}


@pytest.mark.parametrize(
    ("column", "variable"),
    [("Сума  договору", "Сума_договору"), ("об'єм", "об_єм"), ("Monthly income", "Monthly_income")],
)
def test_a_column_that_reads_a_name_which_the_file_declares_nowhere(column: str, variable: str) -> None:
    given: dict[str, Any] = {variable: 6}
    assert evaluate(dmn(table([column], ["x"], ("> 5", f'"{column}"'))), **given).value == column


@pytest.mark.parametrize("column", ["a b +", "сума > межа угоди", "not", "a or", "a, b"])
def test_a_column_that_is_neither_an_expression_nor_a_name_is_refused(column: str) -> None:
    decision, _, findings = build(dmn(table([column], ["x"], ("> 5", "1"))))
    assert decision is None
    assert [one.code for one in findings] == ["DMN_INPUT_NOT_UNDERSTOOD"]


def test_types_of_the_files_own_lend_kind_and_allowed_values() -> None:
    types = (
        '<itemDefinition name="tSegment"><typeRef>string</typeRef><allowedValues><text>"vip", "new"</text>'
        '</allowedValues></itemDefinition><itemDefinition name="tClient"><typeRef>tSegment</typeRef></itemDefinition>'
        '<itemDefinition name="tLoop"><typeRef>tLoop</typeRef></itemDefinition>'
        '<itemDefinition name="tList" isCollection="true"><typeRef>string</typeRef></itemDefinition>'
    )
    columns: list[Column] = [
        ("a", "tClient"),
        ("b", "n:tSegment", '"vip"'),
        ("c", "tLoop"),
        ("d", "tList"),
        ("e", "unknown"),
    ]
    decision, _, _ = build(dmn(types, table(columns, ["x"], ("-", "-", "-", "-", "-", "1"))))
    assert decision is not None
    assert isinstance(decision.logic, DecisionTable)
    assert [(one.kind, one.allowed) for one in decision.logic.inputs] == [
        (ValueKind.TEXT, '"vip", "new"'),
        (ValueKind.TEXT, '"vip"'),
        (ValueKind.ANY, ""),
        (ValueKind.ANY, ""),
        (ValueKind.ANY, ""),
    ]


def test_an_only_output_without_a_type_has_the_decisions_own() -> None:
    types = (
        '<itemDefinition name="tStatus"><typeRef>string</typeRef>'
        '<allowedValues><text>"no", "yes"</text></allowedValues></itemDefinition>'
    )
    said = table(["a"], [""], ("-", '"yes"'), ("> 1", '"no"'), policy="PRIORITY")
    said = said.replace("<decisionTable", '<variable name="Status" typeRef="tStatus"/><decisionTable')
    assert evaluate(dmn(types, said), a=2).by_output() == {"Status": "no"}


def test_annotations_and_descriptions_are_kept() -> None:
    rule = "<annotationEntry><text>Бо так</text></annotationEntry></rule>"
    said = table(["a"], ["x"], ("-", "1")).replace("</rule>", rule)
    decision, _, _ = build(dmn(said))
    assert decision is not None
    assert isinstance(decision.logic, DecisionTable)
    assert decision.logic.rules[0].annotations == ("Бо так",)


# Decisions that need one another


def test_needed_decisions_are_made_first_and_read_by_every_name_in_use() -> None:
    season = table(
        [("degrees", "number")], [("season", "string")], ("> 20", '"літо"'), ("<= 20", '"зима"'),
        decision="s", name="Пора року",
    )  # fmt: skip
    guests = literal("people + 1", decision="g", name="Гості")
    dish = table(
        ["season", "Пора року", "s", "Гості"],
        ["dish"],
        ('"літо"', '"літо"', '"літо"', "[2..5]", '"окрошка"'),
        ("-", "-", "-", "> 5", '"борщ"'),
        requires=["s", "g"],
    )
    file = dmn(dish, season, guests)
    assert evaluate(file, degrees=25, people=3).value == "окрошка"
    assert evaluate(file, degrees=5, people=9).value == "борщ"
    assert evaluate(file, degrees=25, people=3, season="зима", s="зима").value == "окрошка"


def test_lists_and_mappings_of_needed_decisions_are_read() -> None:
    many = table(["n"], ["fee", "why"], ("> 1", "10", '"a"'), ("> 2", "20", '"b"'), policy="COLLECT", decision="fees")
    one = table(["n"], ["low", "high"], ("-", "1", "9"), decision="span", name="Межі")
    total = literal("sum(fee) + Межі.high + count(fees[1].why)", requires=["fees", "span"])
    file = dmn(many, one, literal("sum(fee) + Межі.high", requires=["fees", "span"]))
    assert evaluate(file, n=3).value == 39
    assert evaluate(dmn(many, one, total), n=3).value is None  # the count of a text is null


def test_a_literal_decision_is_one_expression() -> None:
    assert evaluate(dmn(literal("if deal.amount > 100 then 5 else 0")), deal={"amount": Decimal(101)}).value == 5
    decision, _, (finding,) = build(dmn(literal("for in")))
    assert decision is None
    assert finding.code == "DMN_EXPRESSION_NOT_UNDERSTOOD"


def test_decisions_that_need_each_other_in_a_circle_are_refused() -> None:
    circle = (literal("b", "a", "A", ["b"]), literal("c", "b", "Б", ["c"]), literal("a", "c", "В", ["a"]))
    decision, _, findings = build(dmn(*circle), "a")
    assert decision is None
    assert findings[0].code == "DMN_CIRCLE"
    assert findings[0].params["decisions"] == "A → Б → В → A"
    assert {one.code for one in findings[1:]} == {"DMN_REQUIREMENT_UNUSABLE"}
    assert codes(build(dmn(literal("x", "a", "A", ["a"])), "a")[2]) == {"DMN_CIRCLE"}


def test_a_chain_that_is_too_long_is_refused() -> None:
    chain = [literal("1", f"d{number}", requires=[f"d{number + 1}"]) for number in range(40)]
    decision, _, findings = build(dmn(*chain, literal("1", "d40")), "d0")
    assert decision is None
    assert "DMN_TOO_LARGE" in codes(findings)


# What is refused


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ('<decision id="limit" name="x"/>', "DMN_LOGIC_UNSUPPORTED"),
        ('<decision id="limit" name="x"><context/></decision>', "DMN_LOGIC_UNSUPPORTED"),
        ('<decision id="limit" name="x"><invocation/></decision>', "DMN_LOGIC_UNSUPPORTED"),
        (
            literal("1").replace(
                "<literal",
                '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement><literal',
            ),
            "DMN_KNOWLEDGE_UNSUPPORTED",
        ),
        (literal("1", requires=["nowhere"]), "DMN_REQUIREMENT_MISSING"),
        (table(["a"], ["x"], ("-", "1"), policy="BEST"), "DMN_HIT_POLICY_UNKNOWN"),
        (table(["a"], ["x"], ("-", "1"), policy="COLLECT", aggregation="AVG"), "DMN_AGGREGATOR_UNKNOWN"),
        (
            table(["a"], ["x", "y"], ("-", "1", "2"), policy="COLLECT", aggregation="SUM"),
            "DMN_AGGREGATION_OF_SEVERAL",
        ),
        (table(["a"], ["x"], ("-", "1"), policy="PRIORITY"), "DMN_PRIORITY_WITHOUT_VALUES"),
        (table(["a"], [("x", "number", "[1..5]")], ("-", "1"), policy="OUTPUT ORDER"), "DMN_PRIORITY_WITHOUT_VALUES"),
        (table(["a"], ["x"], ("-", "1"), policy="COLLECT", defaults={"x": "1"}), "DMN_DEFAULT_OF_SEVERAL"),
        (table(["a"], ["x"], ("-", "1"), defaults={"x": "1 +"}), "DMN_DEFAULT_NOT_UNDERSTOOD"),
        (table(["a"], [], ("-",)), "DMN_WITHOUT_OUTPUT"),
        (table(["a"], ["x", "x"], ("-", "1", "2")), "DMN_OUTPUT_UNNAMED"),
        (table(["a"], ["x", ""], ("-", "1", "2")), "DMN_OUTPUT_UNNAMED"),
        (table([""], ["x"], ("-", "1")), "DMN_INPUT_EMPTY"),
        (table(["a >"], ["x"], ("-", "1")), "DMN_INPUT_NOT_UNDERSTOOD"),
        (table([("a", "string", "a b")], ["x"], ("-", "1")), "DMN_ALLOWED_NOT_UNDERSTOOD"),
        (table(["a"], ["x"], ("-", "1", "2")), "DMN_RULE_CELLS"),
        (table(["a"], ["x"], ("-",)), "DMN_RULE_CELLS"),
        (table(["a"], ["x"], ("-", "gold silver")), "DMN_CELL_NOT_UNDERSTOOD"),
        (table([("a", "boolean")], ["x"], ("b > 5", "1")), "DMN_CELL_AMBIGUOUS"),
        (table(["a"], [("x", "number")], ("-", '"five"')), "DMN_OUTPUT_OF_ANOTHER_KIND"),
        (table(["a"], [("x", "string", '"a"')], ("-", '"b"')), "DMN_OUTPUT_NOT_ALLOWED"),
        (table(["a"], [("x", "string", '"a"')], ("-", '"a"'), defaults={"x": '"b"'}), "DMN_OUTPUT_NOT_ALLOWED"),
        (table(["a"], ["x"], *([("-", "1")] * 1001)), "DMN_TOO_LARGE"),
        (table(["a"] * 50, ["x"], ["-"] * 50 + ["1"]), "DMN_TOO_LARGE"),
        (table(["a"] * 9, ["x"], *[["1"] * 10] * 501), "DMN_TOO_LARGE"),
    ],
)
def test_what_cannot_be_executed_faithfully_is_an_error_with_its_place(part: str, code: str) -> None:
    decision, _, findings = build(dmn(part))
    assert decision is None
    errors = [one for one in findings if one.severity == "error"]
    assert code in codes(errors)
    assert all(one.element_id == "limit" and one.line for one in errors)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = table(["a >"], [("x", "number")], ("a b", "1"), ("> >", '"no"'), ("-", "5 +"))
    _, _, findings = build(dmn(said))
    told = [(one.code, one.params.get("rule"), one.params.get("part")) for one in findings]
    assert told == [
        ("DMN_INPUT_NOT_UNDERSTOOD", None, "a >"),
        ("DMN_CELL_NOT_UNDERSTOOD", "1", "b"),
        ("DMN_CELL_NOT_UNDERSTOOD", "2", ">"),
        ("DMN_CELL_NOT_UNDERSTOOD", "3", "5 +"),
    ]


def test_what_stays_in_the_file_beside_decisions_does_no_harm() -> None:
    around = '<knowledgeSource id="k" name="Наказ"/><businessKnowledgeModel id="f" name="F"/><decisionService id="x"/>'
    needs = '<authorityRequirement><requiredAuthority href="#k"/></authorityRequirement>'
    said = SIMPLE.replace("<decisionTable", f"{needs}<decisionTable")
    assert evaluate(dmn(around, said), amount=11).value == 5
