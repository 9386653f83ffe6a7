"""Files of decisions that want to hurt: bombs, circles, expressions without end. None costs more than seconds."""

from __future__ import annotations

import time

import pytest
from support.computing import spent
from support.decision_tables import codes, compile_with, deciding_map, dmn, evaluate, literal, table

from engine.bpmn.compile_child import compile_in_child
from engine.bpmn.expressions import ExpressionFailed

TASK = '<businessRuleTask id="decide" camunda:decisionRef="limit"/>'
MAP = deciding_map(TASK)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b'<!DOCTYPE d [<!ENTITY a "b">]>' + dmn(), "XML_ENTITY"),
        (b"<!DOCTYPE d>" + dmn(), "XML_DOCTYPE"),
        (dmn()[:-5], "XML_NOT_WELLFORMED"),
        (b"", "EMPTY_FILE"),
        (b"<a/>", "NOT_DMN"),
        (dmn("<x>" * 70 + "</x>" * 70), "XML_TOO_COMPLEX"),
        (dmn("<x/>" * 20_001), "XML_TOO_COMPLEX"),
        (dmn("<!--" + " " * 2_100_000 + "-->"), "FILE_TOO_LARGE"),
    ],
)
def test_a_file_that_is_not_safe_or_no_dmn_refuses_the_upload(file: bytes, code: str) -> None:
    found = compile_with(MAP, file)
    assert found.process is None
    assert code in codes(found.findings)
    assert [one.file for one in found.findings if one.code == code] == ["table0.dmn"]


def test_cells_that_walk_lists_without_end_share_one_budget() -> None:
    slow = "some a in xs satisfies some b in xs satisfies a + b = ?"
    file = dmn(table(["n"], ["x"], *[(slow, str(number)) for number in range(400)], policy="COLLECT"))
    before = time.process_time()
    with pytest.raises(ExpressionFailed):
        evaluate(file, n=-1, xs=list(range(60)))
    assert time.process_time() - before < 2


def test_a_tree_of_decisions_is_made_once_each() -> None:
    """Each decision needs the two below it: made anew for each, the top one would cost 2^18 evaluations."""
    layers = [
        literal(f"d{number + 1} + e{number + 1}", f"{letter}{number}", requires=[f"d{number + 1}", f"e{number + 1}"])
        for number in range(18)
        for letter in "de"
    ]
    before = time.process_time()
    assert evaluate(dmn(*layers, literal("1", "d18"), literal("1", "e18")), "d0").value == 2**18
    assert time.process_time() - before < 2


def test_many_decisions_are_refused() -> None:
    many = [literal("1", f"d{number}") for number in range(200)]
    top = literal("1", requires=[f"d{number}" for number in range(200)])
    assert "DMN_TOO_LARGE" in codes(compile_with(MAP, dmn(top, *many)).findings)


@pytest.mark.parametrize(
    "cell",
    ['"' * 1_999, "(" * 900, "[" * 900, "not(" * 400, "1," * 900, "-" * 1_900, "?" * 1_900, "?\"a'b" * 300, "]" * 900],
)
def test_a_cell_made_to_hang_a_reader_is_refused_at_once(cell: str) -> None:
    before = time.process_time()
    found = compile_with(MAP, dmn(table(["n"], ["x"], (cell, "1"))))
    assert "DMN_CELL_NOT_UNDERSTOOD" in codes(found.findings)
    assert time.process_time() - before < 1


def test_names_that_fill_a_file_do_not_hang_it() -> None:
    names = "".join(f'<inputData id="i{number}" name="a {"b " * 20}{number}"/>' for number in range(3_000))
    rules = [("a " + "b " * 500, "1")] * 100
    before = spent()
    found = compile_in_child({"sale.bpmn": MAP, "names.dmn": dmn(names, table(["n"], ["x"], *rules))})
    assert codes(found.findings) & {"COMPILE_LIMIT", "DMN_CELL_NOT_UNDERSTOOD"}
    assert spent() - before < 20


def test_markup_in_names_stays_text() -> None:
    said = table(["n"], ["x"], ("-", '"<b>1</b>"'), name='<script>alert("x")</script>')
    found = compile_with(MAP, dmn(said))
    assert found.process is not None
    assert found.process.decisions["limit"].title == '<script>alert("x")</script>'
