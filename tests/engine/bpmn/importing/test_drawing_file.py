"""The file as the browser draws it: every step that the engine knows is on it."""

from __future__ import annotations

from lxml import etree
from support.drawn_maps import END, START, chain, drawn, step

from engine.bpmn.drawing_file import drawing_as_utf8

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def test_a_step_with_the_id_of_the_file_itself_keeps_it_and_the_file_gets_another() -> None:
    file = drawn(START, step("d", "Підписати"), step("d_file"), END, chain("start", "d", "d_file", "end"))
    root = etree.fromstring(drawing_as_utf8(file))
    assert root.get("id") == "d_file_2"
    assert [one.get("id") for one in root.iter(f"{MODEL}userTask")] == ["d", "d_file"]
    assert [one.get("targetRef") for one in root.iter(f"{MODEL}sequenceFlow")] == ["d", "d_file", "end"]


def test_a_file_whose_ids_differ_is_drawn_as_it_came() -> None:
    file = drawn(START, step("sign", "Підписати"), END, chain("start", "sign", "end"))
    assert drawing_as_utf8(file) is file


def test_a_file_in_another_encoding_is_drawn_in_utf_8() -> None:
    text = drawn(START, step("sign", "Підписати"), END, chain("start", "sign", "end")).decode()
    file = text.replace("UTF-8", "windows-1251").encode("windows-1251")
    assert "Підписати" in drawing_as_utf8(file).decode()
