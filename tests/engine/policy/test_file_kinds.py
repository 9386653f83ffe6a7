"""What people may add: the name and the first bytes have to agree, and nothing that runs is taken under any name."""

from __future__ import annotations

import io
import zipfile
from functools import partial

import pytest

from engine.errors import DomainError
from engine.policy.file_kinds import FileLook, Preview, accepted_endings, kind_of, preview_of
from engine.policy.file_limits import MEGABYTE, FileLimits
from engine.policy.file_names import uploaded_name

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(*names: str, first: bytes = b"") -> bytes:
    """A zip of files by these names; with ``first``, an uncompressed ``mimetype`` stands before them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            archive.writestr(name, b"x" * 100)
    return content.getvalue()


def looked(content: bytes, piece: int = 1000) -> FileLook:
    look = FileLook()
    for begin in range(0, len(content), piece):
        look.feed(content[begin : begin + piece])
    return look


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
TAKEN = {
    "договір.pdf": b"%PDF-1.7\n1 0 obj",
    "фото.JPG": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "скан.png": PNG,
    "лист.docx": DOCX,
    "ціни.xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "старий.doc": OLE,
    "ods.ods": zipped("content.xml", first=b"application/vnd.oasis.opendocument.spreadsheet"),
    "нотатки.txt": "Привіт".encode("cp1251"),
    "юнікод.txt": "Привіт".encode("utf-16"),
    "рядки.csv": "а;б\n1;2\n".encode(),
    "дані.xml": b'<?xml version="1.0"?><DECLAR/>',
    "лист.eml": b"Return-Path: <a@b.example>\r\nFrom: x",
    "підпис.p7s": b"\x30\x82\x0f\x00" + bytes(20),
    "підпис2.p7s": b"MIIPOAYJKoZIhvcNAQcCoIIPKTCC",
    "пакет.asice": zipped("a.pdf", first=b"application/vnd.etsi.asic-e+zip"),
    "архів.zip": zipped("a.exe"),
}
PROGRAM = b"MZ\x90\x00" + bytes(200)
REFUSED = {
    "порожній.pdf": (b"", "file_empty"),
    "вірус.exe": (PROGRAM, "file_kind_not_allowed"),
    "рахунок.pdf.exe": (PROGRAM, "file_kind_not_allowed"),
    "без закінчення": (b"%PDF-1.7", "file_kind_not_allowed"),
    ".pdf": (b"%PDF-1.7", "file_kind_not_allowed"),
    "малюнок.svg": (b"<svg onload='alert(1)'/>", "file_kind_not_allowed"),
    "сторінка.html": (b"<html>", "file_kind_not_allowed"),
    "скрипт.js": (b"alert(1)", "file_kind_not_allowed"),
    "макрос.docm": (DOCX, "file_kind_not_allowed"),
    "програма.pdf": (PROGRAM, "file_content_differs"),
    "програма.txt": (PROGRAM, "file_content_differs"),
    "elf.doc": (b"\x7fELF\x02\x01", "file_content_differs"),
    "сторінка.pdf": (b"<!DOCTYPE html><script>alert(1)</script>%PDF-1.7", "file_content_differs"),
    "сторінка.txt": (b"\xef\xbb\xbf  <ScRiPt>alert(1)</script>", "file_content_differs"),
    "сторінка16.txt": ("<html><script>alert(1)</script>".encode("utf-16"), "file_content_differs"),
    "скрипт.csv": (b"#!/bin/sh\nrm -rf /\n", "file_content_differs"),
    "малюнок.png": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "file_content_differs"),
    "малюнок.xml": (b"<?xml version='1.0'?><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", "file_content_differs"),
    "сутності.xml": (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "file_content_differs"),
    "архів.docx": (zipped("a.txt"), "file_content_differs"),
    "таблиця.docx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "file_content_differs"),
    "саморозпакування.zip": (PROGRAM + DOCX, "file_content_differs"),
    "макроси.docx": (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "file_holds_macros"),
    "лист.eml": (b"<html>", "file_content_differs"),
    "підпис.p7s": (PROGRAM, "file_content_differs"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_of_a_known_kind_is_taken(name: str) -> None:
    kind = kind_of(name, looked(TAKEN[name]))
    assert preview_of(name, kind.media_type) is kind.preview


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_document_or_not_what_it_says_is_refused(name: str) -> None:
    content, code = REFUSED[name]
    with pytest.raises(DomainError) as refused:
        kind_of(name, looked(content))
    assert refused.value.code == code


def test_what_was_kept_with_another_type_is_not_shown() -> None:
    assert preview_of("договір.pdf", "application/pdf") is Preview.PDF
    assert preview_of("договір.pdf", "text/html") is Preview.NONE
    assert preview_of("Пропозиція.html", "text/html") is Preview.NONE


def test_the_parts_of_an_office_document_are_found_across_pieces() -> None:
    assert kind_of("лист.docx", looked(DOCX, piece=3)).ending == "docx"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Олена\\Договір.PDF", "Договір.pdf"),
        ("Договір\u202efdp.exe", "Договірfdp.exe"),
        ("а\u200bб\u2066в.pdf", "абв.pdf"),
        ("рахунок\r\nX-Own: 1.pdf", "рахунокX-Own- 1.pdf"),
        ('a"b<c>|d?*.pdf', "a-b-c-d-.pdf"),
        ("  . Договір . .pdf", "Договір.pdf"),
        ("CON.txt", "_CON.txt"),
        ("и\u0306.pdf", "й.pdf"),
        (".pdf", "pdf"),
        ("", "file"),
    ],
)
def test_a_name_is_made_harmless_and_readable(given: str, kept: str) -> None:
    assert uploaded_name(given) == kept


def test_a_long_name_fits_a_file_system_with_its_ending() -> None:
    name = uploaded_name("Д" * 500 + ".docx")
    assert name.endswith("Д.docx")
    assert len(name.encode()) <= 240


@pytest.mark.parametrize(
    ("words", "endings"),
    [("pdf, .docx", ("pdf", "docx")), ("application/pdf", ("pdf",)), ("exe", ()), ("", ()), ("=formats", ())],
)
def test_the_words_of_a_map_name_kinds(words: str, endings: tuple[str, ...]) -> None:
    assert accepted_endings(words) == endings


def test_groups_of_kinds_have_a_name() -> None:
    assert {"png", "jpg", "heic"} <= set(accepted_endings("image/*"))
    assert "pdf" in accepted_endings("documents")


def test_limits_say_what_is_used() -> None:
    limits = FileLimits(of_file=25 * MEGABYTE, of_deal=30 * MEGABYTE, of_all=40 * MEGABYTE)
    limits.ensure_file_fits("a.pdf", 25 * MEGABYTE)
    limits.ensure_deal_has_room("a.pdf", 25 * MEGABYTE, used=5 * MEGABYTE)
    told = []
    for refuse in (
        partial(limits.ensure_file_fits, "a.pdf", 25 * MEGABYTE + 1),
        partial(limits.ensure_deal_has_room, "a.pdf", 25 * MEGABYTE, used=5 * MEGABYTE + 1),
        partial(limits.ensure_storage_has_room, "a.pdf", 1, used=40 * MEGABYTE),
    ):
        with pytest.raises(DomainError) as refused:
            refuse()
        told.append(str(refused.value))
    assert "up to 25 MB" in told[0]
    assert "6 of 30 MB, and it has 25 MB" in told[1]
    assert "40 of 40 MB" in told[2]
