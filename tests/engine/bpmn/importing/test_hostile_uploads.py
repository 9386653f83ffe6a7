"""Files made to hurt: each gets a finding, none a traceback, none more than its limits."""

from __future__ import annotations

import io
import zipfile
from time import thread_time

import pytest
from support.drawn_maps import END, START, chain, codes, drawn, element, found, step

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compile_child import compile_in_child

GOOD = drawn(START, step("t", "Крок"), END, chain("start", "t", "end"))
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def check(data: bytes, name: str = "карта.bpmn") -> CompileOutcome:
    return compile_bpmn({name: data})


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b" \n\t ", "EMPTY_FILE"),
        (b"PK\x03\x04" + b"x" * 50, "NOT_BPMN_ZIP"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "NOT_BPMN_VISIO"),
        (b"<mxfile><diagram/></mxfile>", "NOT_BPMN_DRAWIO"),
        (b'<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"/>', "NOT_BPMN_XPDL"),
        (b"<html><body>x</body></html>", "NOT_BPMN"),
        (b"just text", "NOT_BPMN_TEXT"),
        (b'{"name": "sale"}', "NOT_BPMN_TEXT"),
        ("Продаж: кроки й терміни".encode("cp1251"), "NOT_BPMN_TEXT"),
        (b"x" + GOOD, "XML_NOT_WELLFORMED"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "NOT_BPMN_PICTURE"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "NOT_BPMN_PICTURE"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "NOT_BPMN_PICTURE"),
        (b"GIF89a" + b"\0" * 50, "NOT_BPMN_PICTURE"),
        (b"<a><b></a>", "XML_NOT_WELLFORMED"),
        (GOOD[:-20], "XML_NOT_WELLFORMED"),
        (GOOD.replace("Крок".encode(), b"\x00"), "XML_ENCODING"),
        ("<a/>".encode("utf-32"), "XML_ENCODING"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "XML_ENCODING"),
        (b'<?xml version="1.0" encoding="x-unknown"?><a/>', "XML_ENCODING"),
        (b"\xff\xfe<", "XML_ENCODING"),
        (HEAD + b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "XML_DOCTYPE"),
        (HEAD + b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML_ENTITY"),
        (
            HEAD
            + b'<!DOCTYPE a [<!ENTITY x0 "lol">'
            + b"".join(b'<!ENTITY x%d "%s">' % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 10))
            + b"]><a>&x9;</a>",
            "XML_ENTITY",
        ),
        (b"<a>&undeclared;</a>", "XML_NOT_WELLFORMED"),
        (b"<a>" * 65 + b"</a>" * 65, "XML_TOO_COMPLEX"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "XML_TOO_COMPLEX"),
        (b"<a " + b" ".join(b'x%d="1"' % n for n in range(65)) + b"/>", "XML_TOO_COMPLEX"),
        (b'<a x="' + b"y" * 8_193 + b'"/>', "XML_TOO_COMPLEX"),
        (b"<a>" + b"y" * 1_000_001 + b"</a>", "XML_TOO_COMPLEX"),
        (b"<" + b"a" * 300 + b"/>", "XML_TOO_COMPLEX"),
        (b"<a>" + b" " * (2 * 1024 * 1024) + b"</a>", "FILE_TOO_LARGE"),
    ],
)
def test_a_file_that_is_no_map_is_refused_by_its_reason(data: bytes, code: str) -> None:
    began = thread_time()
    outcome = check(data)
    assert outcome.process is None
    assert code in codes(outcome)
    assert thread_time() - began < 2


def test_the_line_of_damage_is_the_line_in_the_file() -> None:
    finding = found(check(GOOD.replace(b"</process>", b"</proces>")), "XML_NOT_WELLFORMED")
    assert (finding.line, finding.params["column"]) == (8, "3")
    assert finding.params["problem"] == "a closing tag does not fit the tag that was opened"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD,
        b"\n\n" + GOOD,
        GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        GOOD.decode().encode("utf-16-le"),
        GOOD.decode().encode("utf-16-be"),
        GOOD.decode().replace("UTF-8", "windows-1251").encode("cp1251"),
        GOOD.decode().replace("Крок", "Vérifier").replace("Продаж", "Vente").encode("cp1252"),
        GOOD.replace(b' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"', b"").replace(
            b'<userTask id="t"', b'<userTask id="t" camunda:assignee="olena"'
        ),
        GOOD.replace(b' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', b' xmlns:zeebe="http://odd name/"'),
        GOOD.replace(b"http://www.omg.org/spec/BPMN/20100524/MODEL", b"http://schema.omg.org/spec/BPMN/2.0"),
        GOOD.replace(b"<process", b"<!-- note --><?pi x?><process"),
    ],
    ids=[
        "BOM",
        "leading lines",
        "UTF-16",
        "UTF-16-LE without BOM",
        "UTF-16-BE without BOM",
        "windows-1251",
        "mislabelled cp1252",
        "undeclared prefix",
        "spaces in a namespace",
        "draft namespace",
        "comments",
    ],
)
def test_what_tools_get_wrong_is_read_all_the_same(data: bytes) -> None:
    outcome = check(data)
    assert outcome.process is not None, outcome.findings
    assert set(outcome.process.steps) == {"t"}


def test_lines_are_counted_in_the_original_also_after_leading_lines() -> None:
    data = b"\n\n\n" + drawn(START, step("t", "Крок"), END, chain("start", "t", "end"))
    assert found(check(data), "STAGE_MISSING").line == 8


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("посилання.bpmn")
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(("../../etc/карта.bpmn", GOOD)), "ZIP_UNSAFE_NAME"),
        (zipped(("/etc/карта.bpmn", GOOD)), "ZIP_UNSAFE_NAME"),
        (zipped(("C:\\карта.bpmn", GOOD)), "ZIP_UNSAFE_NAME"),
        (zipped((_link(), b"/etc/passwd")), "ZIP_LINK"),
        (zipped(("внутрішній.zip", zipped(("a.bpmn", GOOD)))), "ZIP_NESTED"),
        (zipped(("прихований.bpmn", zipped(("a.bpmn", GOOD)))), "ZIP_NESTED"),
        (zipped(("бомба.bpmn", b"<a>" + b" " * 30_000_000)), "ZIP_BOMB"),
        (zipped(*((f"{n}.bpmn", b" " * 1_000_000) for n in range(20))), "ZIP_BOMB"),
        (zipped(*((f"{n}.bpmn", b"x") for n in range(51))), "ZIP_TOO_MANY_FILES"),
        (zipped(("програма.exe", b"MZ")), "ZIP_FOREIGN_FILE"),
        (zipped(("a.bpmn", GOOD), ("A.BPMN", GOOD)), "ZIP_DUPLICATE"),
        (zipped(("a.json", b"{}")), "ZIP_WITHOUT_MAP"),
        (zipped(("a.dmn", b"<a/>")), "NOT_DMN"),
        (zipped(("a.bpmn", GOOD), ("a.dmn", b"<!DOCTYPE a><a/>")), "XML_DOCTYPE"),
        (zipped(("a.bpmn", GOOD))[:-30], "ZIP_DAMAGED"),
        (b"PK" + b"\0" * (5 * 1024 * 1024), "ZIP_TOO_LARGE"),
    ],
)
def test_a_hostile_archive_is_refused_by_its_reason(data: bytes, code: str) -> None:
    outcome = check(data, "карти.zip")
    assert outcome.process is None
    assert code in codes(outcome)


def test_a_zip_of_maps_that_belong_together_is_one_upload() -> None:
    called = drawn(START, step("d", "Знижка"), END, chain("start", "d", "end"), key="discount")
    main = drawn(START, element("callActivity", "c", calledElement="discount"), END, chain("start", "c", "end"))
    outcome = compile_bpmn({"карти.zip": zipped(("a.bpmn", main), ("b.bpmn", called))}, process_key="sale")
    assert outcome.process is not None
    assert set(outcome.process.steps) == {"d"}


def test_the_file_that_hangs_the_stock_parser_is_compiled_at_once() -> None:
    inner = (
        '<dataObjectReference id="A" dataObjectRef="A"/><startEvent id="s"/><manualTask id="t">'
        '<dataOutputAssociation id="q"><targetRef>A</targetRef></dataOutputAssociation></manualTask>'
        '<endEvent id="e"/>'
    )
    data = drawn(
        START, element("subProcess", "sub", "", inner + chain("s", "t", "e")), END, chain("start", "sub", "end")
    )
    began = thread_time()
    outcome = check(data)
    assert outcome.process is not None
    assert thread_time() - began < 1


def test_sixty_sub_processes_inside_one_another_are_compiled_or_refused() -> None:
    body = step("t", "Крок")
    for number in range(58):
        body = element("subProcess", f"s{number}", "", body)
    outcome = check(drawn(START, body, END, chain("start", "s57", "end")))
    assert outcome.process is not None
    assert set(outcome.process.steps) == {"t"}


def test_a_map_of_a_thousand_steps_in_a_row_does_not_exhaust_the_stack() -> None:
    names = [f"t{number}" for number in range(1_000)]
    outcome = check(drawn(START, *(step(name) for name in names), END, chain("start", *names, "end")))
    assert outcome.process is not None
    assert len(outcome.process.steps) == 1_000


def test_markup_in_names_stays_text() -> None:
    evil = '"><script>alert(1)</script>'
    outcome = check(drawn(START, step("t", evil), END, chain("start", "t", "end")))
    assert outcome.process is not None
    assert outcome.process.steps["t"].name == evil
    assert "<script>alert" not in outcome.process.executable


def test_the_child_process_answers_as_the_function_does() -> None:
    assert compile_in_child({"карта.bpmn": GOOD}) == check(GOOD)


def test_a_child_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.bpmn.compile_child.WALL_SECONDS", 0)
    monkeypatch.setattr("engine.bpmn.compile_child._START_SECONDS", 0.001)
    outcome = compile_in_child({"карта.bpmn": GOOD})
    assert (outcome.process, codes(outcome)) == (None, {"COMPILE_LIMIT"})
