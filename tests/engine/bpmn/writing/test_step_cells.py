"""The texts in the table of steps: what stands in a cell reads as what the step says, in both languages."""

from __future__ import annotations

import itertools

import pytest
from support.drawn_maps import END, START, chain, compiled, step

from engine.bpmn.approval_words import content_rule, labels_of
from engine.bpmn.compiled import ApprovalRule, ContentRule, FieldDefinition, Freedom
from engine.bpmn.deadline_rules import ElapsedTime, EscalationAction, EscalationLadder, EscalationLevel, WorkingTime
from engine.bpmn.duration_text import DeadlineNotUnderstood
from engine.bpmn.escalation_text import parse_ladder
from engine.bpmn.step_cells import (
    DistributionNotUnderstood,
    EscalationNotUnderstood,
    ExpressionNotUnderstood,
    FreedomNotUnderstood,
    ReauthenticationNotUnderstood,
    StepCell,
    YesOrNoNotUnderstood,
    cell_text,
    read_cell,
)
from engine.bpmn.writing import PropertyTooLong
from engine.bpmn.writing.ladder_text import ladder_text
from engine.errors import DomainError

OFFSETS = (
    None,
    WorkingTime(days=1),
    WorkingTime(days=2, seconds=4 * 3600),
    WorkingTime(seconds=5430),
    ElapsedTime(months=1, days=2),
    ElapsedTime(seconds=36 * 3600 + 61),
)


@pytest.mark.parametrize("language", ["uk", "en"])
def test_a_written_ladder_is_read_as_the_same_ladder(language: str) -> None:
    rungs = [
        EscalationLevel(action=action, offset=offset, before=before, to=to)
        for action, to, offset, before in itertools.product(
            EscalationAction, ("", "Юридичний відділ", "bohdan"), OFFSETS, (True, False)
        )
        if offset is not None or not before
    ]
    for ladder in (EscalationLadder(), *(EscalationLadder(levels=(rung, rungs[-1])) for rung in rungs)):
        assert parse_ladder(ladder_text(ladder, language)) == ladder


@pytest.mark.parametrize("language", ["uk", "en"])
def test_every_cell_of_a_step_reads_as_what_the_step_says(language: str) -> None:
    said = {
        "stage": "Пропозиція",
        "deadline": "3 р.д.",
        "responsible": "Продажі, Юристи",
        "escalation": "remind 4 роб. год before; head at due",
        "approval": "юрист, фінанси in order",
        "four_eyes": "так",
        "required": "Сума; Строк",
        "instruction": "Рядок\nдругий",
        "freedom": "advised",
        "distribution": "по черзі",
        "approved_content": "deal.amount, договір*.pdf, файли",
        "reauthenticate": "код",
        "recall": "ні",
        "content_seen": "так",
        "reask": "yes",
    }
    (before,) = compiled(START, step("t", "Підготувати", **said), END, chain("start", "t", "end")).steps.values()
    texts = {cell.value: cell_text(before, cell, language, fields=before.fields) for cell in StepCell}
    (after,) = compiled(START, step("t", "Підготувати", **texts), END, chain("start", "t", "end")).steps.values()
    assert after == before.model_copy(update={"line": after.line})
    assert read_cell(StepCell.APPROVAL, texts["approval"]).approval == ApprovalRule(
        mode="list", count=2, approvers=("юрист", "фінанси"), in_order=True
    )
    assert read_cell(StepCell.FREEDOM, texts["freedom"]).written == Freedom.ADVISED.value
    assert read_cell(StepCell.FOUR_EYES, texts["four_eyes"]).yes
    assert (before.reauthenticate, before.recall, before.content_seen, before.reask) == ("code", False, True, True)
    assert before.approved_content == ContentRule(names=("deal.amount",), files=("договір*.pdf", "*"))


@pytest.mark.parametrize(("language", "amount"), [("uk", "Сума"), ("en", "Amount")])
def test_what_is_approved_is_told_by_labels_that_read_as_the_same_names(language: str, amount: str) -> None:
    fields = [
        FieldDefinition(name="discount", label="Знижка, %"),
        FieldDefinition(name="term", label="Строк"),
        FieldDefinition(name="delay", label="Строк"),
        FieldDefinition(name="note", label="усе"),
        FieldDefinition(name="bare", label=""),
        FieldDefinition(name="client.limit", label="Ліміт"),
    ]
    said = {
        "deadline": "3 р.д.",
        "approval": "any",
        "approved_content": "deal.amount, discount, term, note, bare, client.limit",
    }
    (before,) = compiled(START, step("t", "Підготувати", **said), END, chain("start", "t", "end")).steps.values()
    text = cell_text(before, StepCell.APPROVED_CONTENT, language, fields=fields)
    assert text == f"{amount}, Знижка, %, term, note, bare, client.limit"
    assert content_rule(text, labels_of(fields)) == before.approved_content


@pytest.mark.parametrize(
    ("cell", "text", "error"),
    [
        (StepCell.DEADLINE, "коли рак свисне", DeadlineNotUnderstood),
        (StepCell.DEADLINE, "=deal.close_date + import os", DeadlineNotUnderstood),
        (StepCell.ESCALATION, "за 3 місяці тому; завтра", EscalationNotUnderstood),
        (StepCell.FREEDOM, "як вийде", FreedomNotUnderstood),
        (StepCell.DISTRIBUTION, "як вийде", DistributionNotUnderstood),
        (StepCell.FOUR_EYES, "мабуть", YesOrNoNotUnderstood),
        (StepCell.REASK, "мабуть", YesOrNoNotUnderstood),
        (StepCell.REAUTHENTICATE, "чесне слово", ReauthenticationNotUnderstood),
        (StepCell.RESPONSIBLE, "=(", ExpressionNotUnderstood),
        (StepCell.INSTRUCTION, "а" * 9000, PropertyTooLong),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_written(
    cell: StepCell, text: str, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        read_cell(cell, text)


def test_an_empty_cell_says_nothing() -> None:
    assert {read_cell(cell, " ").written for cell in StepCell} == {None}
