"""An edited decision table is written into its own file, and nothing else of the file changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.bpmn.writing import TableColumn, TableNotAsRead, TableRow, WrittenTable, tables_in, write_table

DISCOUNTS = (Path(__file__).parents[3] / "browser" / "discount_limit.dmn").read_bytes()
TOOL = """<?xml version="1.0" encoding="windows-1251"?>
<dmn:definitions xmlns:dmn="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:acme="urn:acme" id="d" name="Знижки">
\t<dmn:decision id="limit" name="Межа" acme:colour='red'>
\t\t<!-- Затверджено -->
\t\t<dmn:decisionTable id="t" acme:width="10">
\t\t\t<dmn:input id="i1" label="Сума">
\t\t\t\t<dmn:inputExpression typeRef="number"><dmn:text>deal.amount</dmn:text></dmn:inputExpression>
\t\t\t</dmn:input>
\t\t\t<dmn:output id="o1" name="limit" typeRef="number"/>
\t\t\t<dmn:rule id="r1"><dmn:inputEntry id="c1" acme:seen="yes"><dmn:text><![CDATA[< 10]]></dmn:text></dmn:inputEntry>
\t\t\t\t<dmn:outputEntry id="c2"><dmn:text>1</dmn:text></dmn:outputEntry></dmn:rule>
\t\t\t<!-- Великі -->
\t\t\t<dmn:rule id="r2"><dmn:inputEntry id="c3"><dmn:text>&gt;= 10</dmn:text></dmn:inputEntry>
\t\t\t\t<dmn:outputEntry id="c4"><dmn:text/></dmn:outputEntry></dmn:rule>
\t\t</dmn:decisionTable>
\t</dmn:decision>
</dmn:definitions>
""".encode("cp1251")  # fmt: skip


def table_of(content: bytes, number: int = 0) -> WrittenTable:
    return tables_in({"t.dmn": content})[number].table


def unplaced(table: WrittenTable) -> WrittenTable:
    """Without the numbers in the file, so that tables of two files can be compared."""
    return replace(
        table,
        inputs=tuple(replace(one, origin=None) for one in table.inputs),
        outputs=tuple(replace(one, origin=None) for one in table.outputs),
        rows=tuple(replace(one, origin=None) for one in table.rows),
    )


def with_cell(table: WrittenTable, row: int, column: int, text: str) -> WrittenTable:
    rows = list(table.rows)
    cells = list(rows[row].cells)
    cells[column] = text
    rows[row] = replace(rows[row], cells=tuple(cells))
    return replace(table, rows=tuple(rows))


@pytest.mark.parametrize(("content", "number"), [(DISCOUNTS, 0), (DISCOUNTS, 1), (TOOL, 0)])
def test_a_table_that_nobody_edited_stays_byte_for_byte(content: bytes, number: int) -> None:
    assert write_table(content, number, table_of(content, number)) == content


def test_a_cell_changes_alone() -> None:
    written = write_table(TOOL, 0, with_cell(table_of(TOOL), 0, 0, '"старий" & < 5'))
    assert written == TOOL.replace(b"<![CDATA[< 10]]>", '"старий" &amp; &lt; 5'.encode("cp1251"))
    filled = write_table(TOOL, 0, with_cell(table_of(TOOL), 1, 1, "7"))
    assert filled == TOOL.replace(b"<dmn:text/>", b"<dmn:text>7</dmn:text>")


def test_a_moved_rule_takes_its_comment_along() -> None:
    table = table_of(TOOL)
    lines = TOOL.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"r1"' in line)
    moved = [*lines[:first], *lines[first + 2 : first + 5], *lines[first : first + 2], *lines[first + 5 :]]
    assert write_table(TOOL, 0, replace(table, rows=table.rows[::-1])) == b"".join(moved)


def test_rules_and_columns_come_and_go() -> None:
    for content in (DISCOUNTS, TOOL):
        table = table_of(content)
        ins, outs = len(table.inputs), len(table.outputs)
        kept = [
            replace(row, cells=("-", *row.cells[:ins], *row.cells[ins + 1 :], '"бо"'), note=row.note)
            for row in table.rows[1:]
        ]
        wide = replace(
            table,
            policy="COLLECT",
            aggregation="MAX",
            inputs=(TableColumn("Місто", "client.city", "string", '"Київ", "Львів"'), *table.inputs),
            outputs=(*table.outputs[1:], TableColumn("Чому", "reason", "string", default='"так"')),
            rows=(*kept, TableRow(("-",) * (1 + ins) + ("1",) * outs, "Нове")),
        )
        written = write_table(content, 0, wide)
        assert unplaced(table_of(written)) == unplaced(wide)
        assert b'id="r1"' not in written
        back = replace(
            table_of(written),
            inputs=table_of(written).inputs[1:],
            rows=tuple(replace(row, cells=row.cells[1:]) for row in table_of(written).rows),
        )
        assert unplaced(table_of(write_table(written, 0, back))) == unplaced(back)


def test_a_column_says_other_things_and_less() -> None:
    table = table_of(DISCOUNTS)
    column = replace(table.inputs[0], label="", allowed="", source="client.segment", kind="")
    edited = replace(table, inputs=(column, *table.inputs[1:]))
    written = write_table(DISCOUNTS, 0, edited)
    assert table_of(written) == edited
    assert b"inputValues" not in written
    assert tables_in({"t.dmn": written})[1] == tables_in({"t.dmn": DISCOUNTS})[1]


def test_a_note_is_kept_where_the_file_keeps_notes() -> None:
    for content, place in ((DISCOUNTS, b"annotationEntry"), (TOOL, b"<dmn:description>")):
        table = table_of(content)
        edited = replace(table, rows=(replace(table.rows[0], note="Бо так"), *table.rows[1:]))
        written = write_table(content, 0, edited)
        assert table_of(written) == edited
        assert place in written


def test_what_is_not_the_table_that_was_read_is_refused() -> None:
    table = table_of(TOOL)
    for number, wrong in (
        (1, table),
        (0, replace(table, rows=(replace(table.rows[0], origin=9),))),
        (0, replace(table, inputs=(replace(table.inputs[0], origin=1),))),
        (0, replace(table, rows=(TableRow(("1",)),))),
    ):
        with pytest.raises(TableNotAsRead):
            write_table(TOOL, number, wrong)


def test_other_files_have_no_tables() -> None:
    assert tables_in({"a.txt": b"no", "b.xml": b"<definitions/>"}) == ()
