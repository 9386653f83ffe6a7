from __future__ import annotations

import re

import pytest
from support.sale_versions import SALE

from engine.bpmn.picture import moved_elements, read_picture


def test_the_shipped_sale_is_drawn_with_its_words() -> None:
    picture = read_picture(SALE)
    shapes = {shape.id: shape for shape in picture.shapes}
    assert shapes["accept_lead"].words == "Прийняти лід у роботу"
    assert shapes["client_silent"].event == "timer"
    assert not shapes["client_silent"].is_interrupting
    assert [shape.words for shape in picture.shapes if shape.kind == "group"].count("Кваліфікація") == 1
    arrows = {arrow.id: arrow for arrow in picture.arrows}
    assert arrows["b2b_no_discount"].is_default
    assert len(arrows["b2b_01"].points) >= 2
    assert picture.shapes[0].kind == "participant"


def test_a_drawing_shifted_as_a_whole_moved_nothing_and_one_step_moved_is_told() -> None:
    text = SALE.decode()
    box = 'bpmnElement="accept_lead"'
    start = text.index('x="', text.index(box)) + 3
    end = text.index('"', start)
    there = f"{text[:start]}{float(text[start:end]) + 30}{text[end:]}".encode()
    assert moved_elements(read_picture(SALE), read_picture(there)) == {"accept_lead"}
    shifted = re.sub(r' x="(\d+)"', lambda found: f' x="{int(found[1]) + 250}"', text).encode()
    assert moved_elements(read_picture(SALE), read_picture(shifted)) == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a",
        b"<html/>",
        SALE.replace(b"bpmnElement", b"bpmnOther"),
        SALE.replace(b' x="', b' x="NaN'),
        SALE.replace(b' height="', b' height="-'),
    ],
)
def test_what_cannot_be_drawn_gives_an_empty_picture(content: bytes) -> None:
    assert not read_picture(content).shapes
