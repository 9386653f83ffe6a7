"""Questions about steps, comments that name the caller, deals that are watched."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from webui.api.models.values import DealName, Filled, Given, Id, Listed, Paging, PersonName, Text, Told

_EXAMPLE: dict[str, Any] = {
    "id": 5,
    "work_item": {"id": 31, "name": "Погодити договір"},
    "deal": {"id": 12, "number": "2026-00012", "title": "Насоси для водоканалу"},
    "asked_by": {"id": 2, "name": "Олена Коваль"},
    "asked": {"id": 5, "name": "Ірина Бондар"},
    "question": "Чи можна відстрочку 30 днів?",
    "asked_at": "2026-03-02T08:00:00Z",
    "answer": "",
    "answered_by": "",
    "answered_at": None,
    "withdrawn_at": None,
    "open": True,
}


class QuestionScope(StrEnum):
    """``to_me`` waits for the caller's answer, ``by_me`` are the caller's own."""

    TO_ME = "to_me"
    BY_ME = "by_me"


class QuestionsQuery(Paging):
    scope: QuestionScope = Field(
        default=QuestionScope.TO_ME,
        description="`to_me`: they wait for the caller's answer; `by_me`: the caller's own, not read or not answered.",
    )


class QuestionPath(Given):
    question_id: Id


class MentionPath(Given):
    mention_id: Id


class Asking(Given):
    """Whom to ask, and what. They may read the deal from then on."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"to": "iryna", "question": "Чи можна відстрочку 30 днів?"}]},
    )

    to: Id | Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="A person by login or id."
    )
    question: Annotated[Text, Filled]


class Answer(Given):
    """What the asker wanted to know."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"answer": "Так, 30 днів."}]}
    )

    answer: Text


class StepName(Told):
    id: int
    name: str


class QuestionItem(Told):
    """A question about a step; the step stays with whoever has it."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    work_item: StepName
    deal: DealName
    asked_by: PersonName
    asked: PersonName
    question: str
    asked_at: datetime
    answer: str
    answered_by: str = Field(description="Whoever was asked, or their substitute.")
    answered_at: datetime | None
    withdrawn_at: datetime | None
    open: bool = Field(description="Whether an answer is still wanted: the step may be done meanwhile.")


class QuestionList(Listed[QuestionItem]):
    """Questions, the longest waiting first."""


class MentionItem(Told):
    """A comment that names the caller."""

    id: int
    deal: DealName
    work_item_id: int | None
    by: str
    at: datetime
    text: str
    read_at: datetime | None


class MentionList(Listed[MentionItem]):
    """Comments that name the caller, unread ones first."""


class Watching(Told):
    """Whether the caller is told what happens in the deal."""

    deal_id: int
    watching: bool
