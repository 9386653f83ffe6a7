from __future__ import annotations

import pytest

from webui.exports import neutralised


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ТОВ «Промінь»", "1=1", "2026-03-02"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text
