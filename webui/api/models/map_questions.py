"""What a map leaves open, and the answers to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.bpmn.questions import Because, QuestionKind
from webui.api.models.values import Given, Told

_QuestionId = Annotated[str, StringConstraints(min_length=1, max_length=400)]
_Text = Annotated[str, StringConstraints(max_length=300)]


class ProposalItem(Told):
    value: str = Field(description="What to send as the answer.")
    label: str = Field(description="As people say it.")
    because: Because
    reason: str


class QuestionItem(Told):
    """An open question about one element of the map."""

    id: str = Field(description="The same in every version that still has the element.")
    kind: QuestionKind
    element_id: str = Field(description="In the uploaded file; of kind `who` the name that nobody bears.")
    element_name: str
    text: str
    required: bool = Field(description="Has to be answered before publishing; the others have an assumption.")
    own: bool = Field(description="Whether another answer than the proposed ones is taken.")
    assumed: str | None = Field(description="What the map is executed with as long as nothing is answered.")
    proposed: str = Field(description="The answer that is proposed first.")
    answered_before: bool = Field(description="Whether that is the answer that an earlier version of the map got.")
    proposals: tuple[ProposalItem, ...]


class GivenAnswerItem(Told):
    """An answer that was written into this version's file."""

    id: str
    kind: QuestionKind
    element_id: str
    element_name: str
    answer: str
    answered_by: str
    answered_at: datetime


class QuestionsOfDefinition(Told):
    """Everything that a version leaves open, in the order of the map, and what was answered for it."""

    id: int = Field(description="The version. Answers to a published one make a new draft, which is named here then.")
    key: str
    version: int
    revision: int = Field(description="To be sent with the answers: nobody's edits are overwritten.")
    items: tuple[QuestionItem, ...]
    answered: tuple[GivenAnswerItem, ...]


class AnswersGiven(Given):
    """Answers by the ids of their questions; what is left out stays open."""

    revision: int = Field(ge=1, le=2**31 - 1, description="The revision that the questions were read with.")
    answers: dict[_QuestionId, _Text] = Field(min_length=1, max_length=2_000)
