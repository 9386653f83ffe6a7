from __future__ import annotations

import pytest

from engine.bpmn.compiled import Outcome, OutcomeKind
from engine.policy.mail_replies import own_words, read_decision, text_of_html

BUTTONS = tuple(
    Outcome(id=kind.value, kind=kind) for kind in (OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED)
)
QUOTED = """
пн, 2 бер. 2026 р. о 10:15 Reglament <sales@example.com> пише:
> Потрібне ваше погодження
> відхилити: чому
"""


@pytest.mark.parametrize(
    ("text", "outcome", "comment"),
    [
        ("Погоджую", "approved", ""),
        ("ПОГОДЖУЮ!", "approved", ""),
        ("погоджено, але стежте за терміном", "approved", "але стежте за терміном"),
        ("Approve.", "approved", ""),
        ("OK", "approved", ""),
        ("повернути: зменшіть знижку\nдо 5 %", "returned", "зменшіть знижку\nдо 5 %"),
        ("Повертаю на доопрацювання — немає додатка 2", "returned", "немає додатка 2"),
        ("return: the annex is missing", "returned", "the annex is missing"),
        ("відхилити, клієнт у списку боржників", "rejected", "клієнт у списку боржників"),
        ("Rejected", "rejected", ""),
    ],
)
@pytest.mark.parametrize("quoted", ["", QUOTED], ids=["alone", "above a quotation"])
def test_the_first_word_is_the_decision_and_the_rest_its_reason(
    text: str, outcome: str, comment: str, quoted: str
) -> None:
    read = read_decision(text + quoted, BUTTONS)
    assert read is not None
    assert (read.outcome, read.comment) == (outcome, comment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Не погоджую",
        "Я подумаю",
        "not approved",
        "погоджувати не буду",
        "approval needs the annex",
        "такий договір не годиться",
        "> погоджую",
        QUOTED,
        "-- \nпогоджую",
        "okay-ish",
    ],
)
def test_anything_else_is_no_decision(text: str) -> None:
    assert read_decision(text, BUTTONS) is None


def test_the_map_s_own_words_for_its_buttons_are_understood() -> None:
    outcomes = (
        Outcome(id="cheap", kind=OutcomeKind.WAY, label="Дешевший варіант"),
        Outcome(id="w2", kind=OutcomeKind.WAY),
    )
    read = read_decision("дешевший варіант: бюджет малий", outcomes)
    assert read is not None
    assert (read.outcome, read.comment) == ("cheap", "бюджет малий")
    assert read_decision("погоджую", outcomes) is None


@pytest.mark.parametrize(
    "below",
    [
        "On Mon, 2 Mar 2026 at 10:15, Reglament <sales@example.com> wrote:\n> approve",
        "-----Original Message-----\nFrom: sales",
        "________________________________\nВід: Reglament",
        "Від: Reglament <sales@example.com>\nНадіслано: понеділок",
        "-- \nІрина Бондар, юристка",
        "Надіслано з iPhone",
        "З повагою,\nІрина",
        "02.03.2026 10:15, Reglament пише:\n",
    ],
)
def test_quotations_and_signatures_are_left_out(below: str) -> None:
    assert own_words(f"погоджую\n\n{below}\nвідхилити") == "погоджую"


def test_a_page_is_read_without_what_it_quotes() -> None:
    html = """<html><head><style>p{color:red}</style><title>x</title></head><body>
    <div dir="ltr">Повернути:&nbsp;зменшіть<br>знижку</div>
    <div class="gmail_quote"><div>погоджую</div><blockquote>відхилити</blockquote></div>
    <blockquote type="cite">approve</blockquote></body></html>"""
    assert text_of_html(html) == "Повернути: зменшіть\nзнижку"


@pytest.mark.parametrize(
    "html", ["<div>" * 50_000, "<blockquote>" * 9_000 + "погоджую", "<" * 100_000, "&#99999999;" * 9_000]
)
def test_a_hostile_page_is_read_to_an_end(html: str) -> None:
    assert len(text_of_html(html)) < 1_000_000
