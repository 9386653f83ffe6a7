from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Response
from openpyxl import load_workbook

from webui.exports import csv_file, neutralised, xlsx_file


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ТОВ «Промінь»", "1=1", "2026-03-02"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text


def test_what_a_spreadsheet_cannot_hold_does_not_keep_the_others_from_their_file() -> None:
    answer = xlsx_file("deals", ("Назва",), [("Насоси\x0bдля\ufffe \uffffводоканалу",)])
    rows = load_workbook(io.BytesIO(answer.get_data())).active.iter_rows(values_only=True)
    assert list(rows) == [("Назва",), ("Насосидля водоканалу",)]


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_heading_that_somebody_made_up_is_no_formula(make: Callable[..., Response]) -> None:
    """Columns bear the labels of the company's own fields."""
    content = make("clients", ("=1+1", "Галузь\x0b"), []).get_data()
    if make is csv_file:
        assert content.decode("utf-8-sig").startswith("'=1+1;")
    else:
        (heading, _), *_ = load_workbook(io.BytesIO(content)).active.iter_rows()
        assert (heading.data_type, heading.value) == ("s", "'=1+1")
