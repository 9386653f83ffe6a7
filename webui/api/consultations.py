"""Asking others over HTTP: questions and their answers, comments that name the caller, watching a deal."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.consultations import (
    answer_consultation,
    ask_about_work_item,
    note_answer,
    withdraw_consultation,
)
from engine.commands.mentions import note_mention
from engine.commands.watching import unwatch_deal, watch_deal
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.queries.attention import MentionRow, is_watching, mention_of, mentions_of
from engine.queries.consultations import QuestionRow, question_row, questions_by, questions_to
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.consultations import (
    Answer,
    Asking,
    MentionItem,
    MentionList,
    MentionPath,
    QuestionItem,
    QuestionList,
    QuestionPath,
    QuestionScope,
    QuestionsQuery,
    StepName,
    Watching,
)
from webui.api.models.deals import DealPath
from webui.api.models.values import DealName, Paging, PersonName
from webui.api.models.work_items import WorkItemPath
from webui.api.named import person_named
from webui.api.performing import carry_out_once
from webui.api.tags import DEALS, QUESTIONS, STEPS
from webui.request_context import reading, services

_LATE = conflicts("already_completed", "already_cancelled", "idempotency_key_reused")
_OVER = conflicts("already_answered", "question_withdrawn", "idempotency_key_reused")


@api.post("/work-items/<int:work_item_id>/consult", tags=[STEPS, QUESTIONS], responses={200: QuestionItem, **_LATE})
def consult(path: WorkItemPath, body: Asking) -> Response:
    """Ask somebody about a step without giving it away. They may read the deal, and get nothing to do but to answer."""

    def command(session: Session) -> Consultation:
        to = person_named(session, body.to)
        return ask_about_work_item(
            session, path.work_item_id, to, body.question, actor=caller(), clock=services().clock
        )

    return _question("ask_about_work_item", path.work_item_id, body.model_dump(), command)


@api.get("/questions", tags=[QUESTIONS], responses={200: QuestionList})
def list_questions(query: QuestionsQuery) -> Response:
    """Questions that wait for the caller, or that the caller has put to others."""
    with reading() as session:
        found = (questions_to if query.scope is QuestionScope.TO_ME else questions_by)(session, caller())
    return listed(part_of(found, query), _question_item, QuestionList)


@api.post("/questions/<int:question_id>/answer", tags=[QUESTIONS], responses={200: QuestionItem, **_OVER})
def answer_question(path: QuestionPath, body: Answer) -> Response:
    """Answer a question that was put to the caller, or to somebody whom the caller substitutes."""
    return _question(
        "answer_consultation",
        path.question_id,
        body.model_dump(),
        lambda session: answer_consultation(
            session, path.question_id, body.answer, actor=caller(), clock=services().clock
        ),
    )


@api.post("/questions/<int:question_id>/withdraw", tags=[QUESTIONS], responses={200: QuestionItem, **_OVER})
def withdraw_question(path: QuestionPath) -> Response:
    """Take one's own question back. Who was asked sees the deal no longer, unless for another reason."""
    return _question(
        "withdraw_consultation",
        path.question_id,
        {},
        lambda session: withdraw_consultation(session, path.question_id, actor=caller(), clock=services().clock),
    )


@api.post("/questions/<int:question_id>/read", tags=[QUESTIONS], responses={200: QuestionItem, **_OVER})
def read_answer(path: QuestionPath) -> Response:
    """Take note of the answer to one's own question: it leaves the list."""
    return _question(
        "note_answer",
        path.question_id,
        {},
        lambda session: note_answer(session, path.question_id, actor=caller(), clock=services().clock),
    )


@api.get("/mentions", tags=[QUESTIONS], responses={200: MentionList})
def list_mentions(query: Paging) -> Response:
    """Comments that name the caller, unread ones first."""
    with reading() as session:
        found = mentions_of(session, caller())
    return listed(part_of(found, query), _mention_item, MentionList)


@api.post(
    "/mentions/<int:mention_id>/read",
    tags=[QUESTIONS],
    responses={200: MentionItem, **conflicts("idempotency_key_reused")},
)
def read_mention(path: MentionPath) -> Response:
    """Take note of a comment that names the caller."""
    read = carry_out_once(
        "note_mention",
        {"id": path.mention_id},
        lambda session: note_mention(session, path.mention_id, actor=caller(), clock=services().clock).id,
    )
    with reading() as session:
        return answer(_mention_item(mention_of(session, caller(), read)))


@api.post("/deals/<int:deal_id>/watch", tags=[DEALS], responses={200: Watching, **conflicts("idempotency_key_reused")})
def watch(path: DealPath) -> Response:
    """Be told of what matters in a deal: stages, returns, lateness, comments, its end."""
    return _watching(
        "watch_deal",
        path,
        lambda session: watch_deal(session, path.deal_id, actor=caller(), clock=services().clock),
    )


@api.post(
    "/deals/<int:deal_id>/unwatch", tags=[DEALS], responses={200: Watching, **conflicts("idempotency_key_reused")}
)
def unwatch(path: DealPath) -> Response:
    """Be told no longer."""
    return _watching(
        "unwatch_deal",
        path,
        lambda session: unwatch_deal(session, path.deal_id, actor=caller(), clock=services().clock),
    )


def _question(
    name: str, about: int, arguments: dict[str, object], command: Callable[[Session], Consultation]
) -> Response:
    question_id = carry_out_once(name, {"id": about, **arguments}, lambda session: command(session).id)
    with reading() as session:
        return answer(_question_item(question_row(session, question_id)))


def _watching(name: str, path: DealPath, command: Callable[[Session], Deal]) -> Response:
    deal_id = carry_out_once(name, {"id": path.deal_id}, lambda session: command(session).id)
    with reading() as session:
        return answer(Watching(deal_id=deal_id, watching=is_watching(session, caller(), deal_id)))


def _question_item(row: QuestionRow) -> QuestionItem:
    return QuestionItem(
        id=row.id,
        work_item=StepName(id=row.work_item_id, name=row.step),
        deal=DealName(id=row.deal_id, number=row.deal_number, title=row.deal_title),
        asked_by=PersonName(id=row.asked_by_id, name=row.asked_by),
        asked=PersonName(id=row.asked_id, name=row.asked),
        question=row.question,
        asked_at=row.asked_at,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        withdrawn_at=row.withdrawn_at,
        open=row.is_open,
    )


def _mention_item(row: MentionRow) -> MentionItem:
    return MentionItem(
        id=row.id,
        deal=DealName(id=row.deal_id, number=row.deal_number, title=row.deal_title),
        work_item_id=row.work_item_id,
        by=row.by,
        at=row.at,
        text=row.text,
        read_at=row.read_at,
    )
