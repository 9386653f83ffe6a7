"""Long addresses end their lines where a reader would end them."""

from __future__ import annotations

import pytest

from webui.formats import breaking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zakupivli@client.example", "zakupivli@<wbr>client<wbr>.example"),
        ("i.o.bilyk@ua-sales.com.ua", "i<wbr>.o<wbr>.bilyk@<wbr>ua-sales<wbr>.com<wbr>.ua"),
        ("Пишіть на a@b.ua, будь ласка.", "Пишіть на a@<wbr>b<wbr>.ua, будь ласка."),
        ("1 250.50 @ 10.5", "1 250.50 @ 10.5"),
        ("<b>a@b.ua</b>", "&lt;b&gt;a@<wbr>b<wbr>.ua&lt;/b&gt;"),
    ],
)
def test_an_address_may_end_a_line_behind_its_at_and_before_its_dots(text: str, shown: str) -> None:
    assert breaking(text) == shown
