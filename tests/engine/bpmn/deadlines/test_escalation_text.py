"""Escalation ladders, as owners write them."""

from __future__ import annotations

import pytest

from engine.bpmn.deadline_rules import ElapsedTime, EscalationAction, EscalationLadder, EscalationLevel, WorkingTime
from engine.bpmn.deadline_text import DeadlineNotUnderstood, ladder_from_bag, parse_ladder

REMIND, HEAD, REASSIGN = EscalationAction.REMIND, EscalationAction.TELL_HEAD, EscalationAction.REASSIGN
FOUR_HOURS, ONE_DAY = WorkingTime(seconds=4 * 3600), WorkingTime(days=1)
USUAL = (
    EscalationLevel(action=REMIND, offset=FOUR_HOURS, before=True),
    EscalationLevel(action=HEAD),
    EscalationLevel(action=REASSIGN, offset=ONE_DAY),
)


@pytest.mark.parametrize(
    "text",
    [
        "remind 4 роб. год before; head at due; reassign to head 1 р.д. after",
        "remind 4 business hours before due; notify the head at the deadline; reassign to head after 1 business day",
        "нагадати за 4 роб. год; керівнику в строк; передати керівнику через 1 р.д.",
        "Нагадати за 4 роб. год до строку; повідомити керівника в строк; передати керівнику через 1 р.д. після строку",
        "нагадати за 4 роб. год, керівнику в термін, передати керівнику через 1 р.д.",
        "нагадати за 4 роб. год → керівнику → передати керівнику через 1 р.д.",
        "за 4 роб. год нагадати\nпри простроченні ескалація керівнику\nчерез 1 р.д. перепризначити керівнику",
        "remind 4 роб. год; head; reassign 1 р.д.",
    ],
)
def test_the_usual_ladder_is_read_however_it_is_put(text: str) -> None:
    assert parse_ladder(text).levels == USUAL


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("передати юристу через 2 дні", EscalationLevel(action=REASSIGN, offset=ElapsedTime(days=2), to="юристу")),
        (
            "reassign to Відділ продажів after 3 р.д.",
            EscalationLevel(action=REASSIGN, offset=WorkingTime(days=3), to="Відділ продажів"),
        ),
        ("повідомити Фінанси в строк", EscalationLevel(action=HEAD, to="Фінанси")),
        ("remind", EscalationLevel(action=REMIND)),
        ("notify 2h before", EscalationLevel(action=REMIND, offset=ElapsedTime(seconds=7200), before=True)),
        ("нагадати через 1 р.д.", EscalationLevel(action=REMIND, offset=ONE_DAY)),
        ("нагадати за день до", EscalationLevel(action=REMIND, offset=ElapsedTime(days=1), before=True)),
    ],
)
def test_a_rung_says_what_whom_and_when(text: str, level: EscalationLevel) -> None:
    assert parse_ladder(text).levels == (level,)


@pytest.mark.parametrize("text", ["none", "Без ескалації", "—"])
def test_no_escalation_is_a_ladder_without_rungs(text: str) -> None:
    assert parse_ladder(text) == EscalationLadder()


@pytest.mark.parametrize(
    "text", ["", "банан", "через 3 дні", "head at due 3 дні", "remind; " * 40, "head " + "слово " * 40, ";;;"]
)
def test_what_names_no_ladder_is_refused(text: str) -> None:
    with pytest.raises(DeadlineNotUnderstood):
        parse_ladder(text)


@pytest.mark.parametrize(
    ("to", "after", "levels"),
    [
        ("head", "1 р.д.", (EscalationLevel(action=HEAD, offset=ONE_DAY),)),
        ("керівнику", "", (EscalationLevel(action=HEAD),)),
        ("Фінансовий відділ", "", (EscalationLevel(action=HEAD, to="Фінансовий відділ"),)),
        ("Фінансовий відділ", "через 1 р.д.", (EscalationLevel(action=HEAD, offset=ONE_DAY, to="Фінансовий відділ"),)),
        ("", "4 роб. год", (EscalationLevel(action=HEAD, offset=FOUR_HOURS),)),
        ("нагадати за 4 роб. год; керівнику; передати керівнику через 1 р.д.", "", USUAL),
    ],
)
def test_the_two_properties_make_a_ladder(to: str, after: str, levels: tuple[EscalationLevel, ...]) -> None:
    assert ladder_from_bag(to, after) == EscalationLadder(levels=levels)


def test_blank_properties_make_no_ladder() -> None:
    assert ladder_from_bag(" ", "") is None


@pytest.mark.parametrize(("to", "after"), [("head", "банан"), ("head", "1 р.д. before"), ("head 2 кг", "")])
def test_properties_that_cannot_be_read_are_refused(to: str, after: str) -> None:
    with pytest.raises(DeadlineNotUnderstood):
        ladder_from_bag(to, after)
