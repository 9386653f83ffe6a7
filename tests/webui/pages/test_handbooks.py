from __future__ import annotations

import io
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET  # our own drawing, not a file of somebody else

import pytest
from docx import Document
from flask import Flask
from flask_babel import force_locale
from foreign_maps.verdicts import FOLDER, foreign_maps
from pypdf import PdfReader
from support.handbooks import UPLOADED, docx_text, pdf_text, source_of
from support.office import Office
from support.sale_versions import SALE
from support.web import Browser, text_of

from engine.bpmn.compile import compile_bpmn
from engine.commands.definitions import check_map, deploy_definition
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.model.process_definition import ProcessDefinition
from processes import shipped_maps, shipped_sources
from webui.handbook import Handbook, Heading, Table, handbook
from webui.handbook_docx import handbook_docx
from webui.handbook_pdf import handbook_pdf
from webui.static_files import DIST

SignIn = Callable[[str | None], Browser]

FONTS = DIST / "fonts"
SUPPLY = Path(__file__).parents[2] / "browser" / "supply_contract.bpmn"
EVERY_ELEVENTH = 11
SAID = (
    "Прийняти лід у роботу",
    "Відкрийте звернення і зателефонуйте клієнтові",
    "4 робочі години",
    "Відділ продажів",
    "1 робоча година до терміну: нагадування",
    "«Знижка, %» більше за 5 → карта «Погодити знижку»",
    "«Клієнт відмовився» → угоду програно",
    "через 3 робочі дні → «Передзвонити клієнту»",
    "Контактна особа",
    "чотири ока: хто просить погодження, той його не дає",
    "Версія 1, чинна",
    "Наталія Гриценко",
    "Єдина інструкція відділу",
)


@pytest.fixture
def published(office: Office) -> ProcessDefinition:
    """The shipped sale in force."""
    checked = check_map({"sale.bpmn": SALE}, library=shipped_sources())
    definition = office.do("owner", deploy_definition, checked)
    prepared = prepare_publishing(office.database, definition.id, shipped=shipped_sources())
    return office.do("owner", publish_definition, definition.id, prepared=prepared, note="Єдина інструкція відділу")


def test_page_pdf_and_document_say_the_same_to_everybody_who_works_by_the_map(
    office: Office, browse: SignIn, published: ProcessDefinition
) -> None:
    olena = browse("olena")
    page = text_of(olena.get(f"/maps/{published.id}/handbook"))
    pdf = olena.get(f"/maps/{published.id}/handbook.pdf")
    docx = olena.get(f"/maps/{published.id}/handbook.docx")
    for text in (page, pdf_text(pdf.data), docx_text(docx.data)):
        assert [one for one in SAID if one not in text] == []
    chapters = [one.title for one in PdfReader(io.BytesIO(pdf.data)).outline if not isinstance(one, list)]
    assert {"Карта", "Усі кроки коротко", "1. Кваліфікація"} <= set(chapters)
    document = Document(io.BytesIO(docx.data))
    styled = {one.text: str(one.style.name) for one in document.paragraphs if one.style is not None}
    headed = {text: style for text, style in styled.items() if style.startswith("Heading")}
    assert (headed["1. Кваліфікація"], headed["1.1 Прийняти лід у роботу"]) == ("Heading 1", "Heading 2")
    assert len(document.inline_shapes) == 1
    assert "b2b-sale-1.docx" in docx.headers["Content-Disposition"]
    drawn = ET.fromstring(olena.get(f"/maps/{published.id}/drawing.svg").data)  # noqa: S314  # our own drawing
    assert "Прийняти лід у" in {one.text for one in drawn.iter("{http://www.w3.org/2000/svg}tspan")}
    draft = office.do("owner", deploy_definition, check_map({"sale.bpmn": SALE}, library=shipped_sources()))
    for ending in ("handbook", "handbook.pdf", "handbook.docx", "drawing.svg"):
        assert olena.get(f"/maps/{draft.id}/{ending}").status_code == 404
    assert "чернетка, не діє" in text_of(browse("owner").get(f"/maps/{draft.id}/handbook"))


def test_what_is_approved_is_told_by_the_labels_of_its_fields(app: Flask) -> None:
    content = SUPPLY.read_bytes()
    process = compile_bpmn({SUPPLY.name: content}).process
    assert process is not None
    with app.test_request_context(), force_locale("uk"):
        written = docx_text(handbook_docx(handbook(source_of(content, process)), fonts=FONTS, at=UPLOADED))
    assert "погоджується: Умови доставки" in written
    assert "погоджується: Знижка, %, Сума" in written


@pytest.mark.parametrize("key", [one.key for one in shipped_maps()])
def test_every_step_of_a_shipped_map_is_in_its_handbook(app: Flask, key: str) -> None:
    content = next(one.content for one in shipped_maps() if one.key == key)
    process = compile_bpmn({f"{key}.bpmn": content}, library=shipped_sources()).process
    assert process is not None
    with app.test_request_context(), force_locale("en"):
        book = handbook(source_of(content, process))
        texts = pdf_text(handbook_pdf(book, fonts=FONTS)), docx_text(handbook_docx(book, fonts=FONTS, at=UPLOADED))
    for step in process.steps.values():
        for text in texts:
            assert step.name in text
            assert " ".join(step.instruction.split()) in text
            assert all(field.label in text for field in step.fields)
    assert "What comes next" in texts[0]


@pytest.mark.parametrize(
    ("columns", "cell"),
    [(2, "щука " * 2_000), (2, "щ" * 4_000), (60, "щука"), (120, "щ")],
    ids=["many-choices", "one-word", "wide", "very-wide"],
)
def test_a_table_that_fits_on_no_page_is_written_all_the_same(app: Flask, columns: int, cell: str) -> None:
    """A field of many choices, a decision table of many columns; and a name longer than a document's properties."""
    widths = (10, *[90 // (columns - 1)] * (columns - 1))
    header = tuple(f"Графа {number}" for number in range(1, columns + 1))
    told = Table(header, ((*[cell] * (columns - 1), "останнє"),), widths)
    book = Handbook("Н" * 300, "Версія 1", "map-1", (Heading(1, "Рішення", "decisions"), told))
    with app.test_request_context():
        texts = pdf_text(handbook_pdf(book, fonts=FONTS)), docx_text(handbook_docx(book, fonts=FONTS, at=UPLOADED))
    for text in texts:
        assert "останнє" in text
        assert text.count("щ") == cell.count("щ") * (columns - 1)


def test_every_map_that_is_accepted_has_a_handbook(app: Flask, full: bool) -> None:
    """Whatever a foreign tool drew: the long form takes all files, the short one every eleventh."""
    names = foreign_maps()
    if not names:
        pytest.skip(f"there are no foreign maps in {FOLDER}")
    without = []
    with app.test_request_context():
        for name in islice(names, 0, None, 1 if full else EVERY_ELEVENTH):
            content = Path(FOLDER, name).read_bytes()
            process = compile_bpmn({name: content}).process
            book = handbook(source_of(content, process))
            pdf = handbook_pdf(book, fonts=FONTS)
            assert handbook_docx(book, fonts=FONTS, at=UPLOADED).startswith(b"PK")
            said = pdf_text(pdf).replace(" ", "") if process is not None else ""
            steps = process.steps.values() if process is not None else ()
            without += [f"{name}: {step.name}" for step in steps if "".join(step.name.split()) not in said]
    assert without == []
