"""Templates of documents: what is read of them, what is put in, and what is refused at upload."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from support.drawn_maps import END, START, bag, chain, codes, drawn, element, found
from support.office_documents import WORD, docx, odt, packed, part

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.documents import DocumentRefused, read_document


def filled(name: str, content: bytes, **known: object) -> bytes:
    """The document with the values of expressions, here by their texts with ``_`` for each dot."""
    template = read_document(name, content)
    values = {parameter: known[text.replace(".", "_")] for parameter, text in template.expressions.items()}
    return template.filled(values)


def words(xml: str) -> str:
    return re.sub(r"<[^>]+>", "", re.sub(r"<w:br/>|<text:line-break/>", "\n", xml)).strip()


def test_a_place_that_is_split_over_runs_is_filled_in_the_look_of_its_beginning() -> None:
    template = docx(("Шановні ", "{", "{ client", ".name }}", ", сума {{deal.amount}} грн; ", "{{ client.name }}!"))
    made = part(filled("offer.docx", template, client_name="ТОВ «Промінь»", deal_amount=Decimal("1500.50")))
    assert words(made) == "Шановні ТОВ «Промінь», сума 1500.50 грн; ТОВ «Промінь»!"
    assert made.count("<w:r>") == 6


def test_a_value_is_text_whatever_is_in_it() -> None:
    hostile = "</w:t><w:br/>{{ deal.amount }} & \x07\nдругий рядок"
    made = part(filled("offer.docx", docx(("{{ client.name }}",)), client_name=hostile))
    assert "&lt;/w:t&gt;&lt;w:br/&gt;{{ deal.amount }} &amp; " in made
    assert made.count("<w:br/>") == 1
    page = filled("offer.html", b"<p>{{ client.name }}</p>", client_name="<script>'\"&\nдалі").decode()
    assert page == "<p>&lt;script&gt;&#x27;&quot;&amp;<br>далі</p>"


def test_the_same_document_is_the_same_bytes_and_other_parts_stay() -> None:
    template = docx(("{{ client.name }}",))
    first, second = (filled("offer.docx", template, client_name="А") for _ in range(2))
    assert first == second
    assert part(first, "word/media/logo.png") == "logo"


def test_headers_and_text_boxes_are_filled_too() -> None:
    inner = "<w:pict><w:p><w:r><w:t>{{ client.name }}</w:t></w:r></w:p></w:pict>"
    box = f"<w:p><w:r><w:t>a {{{{ deal.number }}}}</w:t>{inner}</w:r></w:p>"
    head = "<w:p><w:r><w:t>№ {{ deal.number }}</w:t></w:r></w:p>"
    content = packed(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="{WORD}">{box}</w:document>',
            "word/header1.xml": f'<w:hdr xmlns:w="{WORD}">{head}</w:hdr>',
        }
    )
    made = filled("contract.docx", content, deal_number="У-7", client_name="Промінь")
    assert words(part(made)) == "a У-7Промінь"
    assert words(part(made, "word/header1.xml")) == "№ У-7"


def test_an_open_document_is_filled_over_its_spans_and_keeps_its_mark_first() -> None:
    template = odt("<text:p>До: <text:span>{{ client</text:span>.name }}, <text:span>далі</text:span></text:p>")
    made = filled("offer.odt", template, client_name="Промінь\nвул. Садова")
    assert words(part(made, "content.xml")) == "До: Промінь\nвул. Садова, далі"
    assert part(made, "mimetype") == "application/vnd.oasis.opendocument.text"


def test_quotation_marks_of_word_processors_are_read() -> None:
    template = read_document("offer.docx", docx(("{{ “Шановні ” + client.name }}",)))
    assert list(template.expressions.values()) == ['"Шановні " + client.name']


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.docx", b"%PDF-1.7", "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.docx", packed({"content.xml": "<a/>"}), "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.pdf", b"%PDF-1.7", "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.odt", docx(("x",)), "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.docx", docx(("a & b",)), "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.docx", docx(("x",), **{"word__vbaProject.bin": b"1"}), "DOCUMENT_TEMPLATE_UNSAFE"),
        ("a.docx", docx(("x",), word__media__big=bytes(3_000_000)), "DOCUMENT_TEMPLATE_UNSAFE"),
        (
            "a.docx",
            docx(("x",), **{"word__footer1.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}),
            "DOCUMENT_TEMPLATE_UNSAFE",
        ),
        ("a.docx", docx(("{{ open(1).read }}",)), "DOCUMENT_PLACE"),
        ("a.docx", docx(("{{ client.name",)), "DOCUMENT_PLACE"),
        ("a.html", b"<script>alert({{ deal.number }})</script>", "DOCUMENT_TEMPLATE_UNSAFE"),
        ("a.html", b'<a href="{{ client.site }}">x</a>', "DOCUMENT_PLACE"),
        ("a.html", b"<style>p { color: {{ deal.colour }} }</style>", "DOCUMENT_PLACE"),
        ("a.html", b"", "DOCUMENT_TEMPLATE_UNREADABLE"),
        ("a.html", b"\xff\xfe\xff", "DOCUMENT_TEMPLATE_UNREADABLE"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(name: str, content: bytes, code: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read_document(name, content)
    assert refused.value.code == code


def uploaded(said: dict[str, str], **beside: bytes) -> CompileOutcome:
    call = element("serviceTask", "t", "Скласти пропозицію", bag(**said))
    files = {name.replace("__", "."): content for name, content in beside.items()}
    return compile_bpmn({"sale.bpmn": drawn(START, call, END, chain("start", "t", "end")), **files})


SAID = {"конектор": "документ", "шаблон": "offer.docx", "назва_файлу": "Пропозиція {{ deal.number }}"}


def test_a_call_names_a_template_of_the_upload_and_its_places_are_read_then() -> None:
    template = docx(("{{ client.name }} {{ deal.amount }} {{ client.name }}",))
    outcome = uploaded(SAID, offer__docx=template, other__odt=odt("<text:p/>"))
    assert outcome.process is not None
    call = outcome.process.calls["t"]
    assert sorted(call.parameters.values()) == ["client.name", "deal.amount", "deal.number"]
    assert found(outcome, "ZIP_FOREIGN_FILE").file == "other.odt"
    packed_up = packed(
        {
            "map/sale.bpmn": drawn(
                START, element("serviceTask", "t", "Х", bag(**SAID)), END, chain("start", "t", "end")
            ),
            "map/offer.docx": template,
        }
    )
    assert compile_bpmn({"all.zip": packed_up}).process is not None
    changed = uploaded(SAID, offer__docx=docx(("Інший",))).process
    assert changed is not None
    assert changed.content_hash != outcome.process.content_hash


@pytest.mark.parametrize(
    ("beside", "code"),
    [
        ({}, "DOCUMENT_TEMPLATE_MISSING"),
        ({"offer__docx": b"PK damaged"}, "DOCUMENT_TEMPLATE_UNREADABLE"),
        ({"offer__docx": docx(("{{ client name }}",))}, "DOCUMENT_PLACE"),
    ],
)
def test_a_map_whose_template_is_missing_or_wrong_is_not_published(beside: dict[str, bytes], code: str) -> None:
    outcome = uploaded(SAID, **beside)
    finding = found(outcome, code)
    assert (finding.element_id, finding.severity.value, finding.params["template"]) == ("t", "error", "offer.docx")
    assert code in codes(outcome)
