"""Questions about a map over HTTP: what its drawing leaves open, and the answers."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.map_answers import answer_questions, prepare_answers
from engine.policy.permissions import Ability, ensure_may
from engine.queries.map_questions import AskedQuestion, GivenAnswer, map_questions
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language
from webui.api.models.definitions import DefinitionPath
from webui.api.models.map_questions import (
    AnswersGiven,
    GivenAnswerItem,
    ProposalItem,
    QuestionItem,
    QuestionsOfDefinition,
)
from webui.api.performing import carry_out_prepared_once
from webui.api.tags import MAPS
from webui.limits import limiter
from webui.map_uploads import library
from webui.question_words import answer_words, question_text, reason_words
from webui.request_context import reading, services


@api.get("/definitions/<int:definition_id>/questions", tags=[MAPS], responses={200: QuestionsOfDefinition})
def list_map_questions(path: DefinitionPath) -> Response:
    """What the drawing leaves open, with proposed answers."""
    return _told(path.definition_id)


@api.post(
    "/definitions/<int:definition_id>/questions",
    tags=[MAPS],
    responses={200: QuestionsOfDefinition, **conflicts("amended_meanwhile", "idempotency_key_reused")},
)
@limiter.limit("300 per minute")
def answer_map_questions(path: DefinitionPath, body: AnswersGiven) -> Response:
    """Write answers into the map's file. What is left open is answered then; other answers may open new questions."""
    ensure_may(caller(), Ability.DEPLOY_MAP)

    def prepare() -> Callable[[Session], int]:
        prepared = prepare_answers(
            services().database,
            path.definition_id,
            body.answers,
            read_revision=body.revision,
            actor=caller(),
            library=library(),
        )
        return lambda session: answer_questions(session, prepared, actor=caller(), clock=services().clock).id

    arguments = {"id": path.definition_id, "revision": body.revision, "answers": body.answers}
    return _told(carry_out_prepared_once("answer_map_questions", arguments, prepare))


def _told(definition_id: int) -> Response:
    with reading() as session:
        questions = map_questions(session, caller(), definition_id)
    with in_readers_language():
        items = tuple(_question(one) for one in questions.asked)
    return answer(
        QuestionsOfDefinition(
            id=questions.definition_id,
            key=questions.key,
            version=questions.version,
            revision=questions.revision,
            items=items,
            answered=tuple(_given(one) for one in questions.given),
        )
    )


def _question(asked: AskedQuestion) -> QuestionItem:
    question = asked.question
    return QuestionItem(
        id=question.id,
        kind=question.kind,
        element_id=question.element_id,
        element_name=question.element_name,
        text=question_text(question),
        required=question.is_required,
        own=question.own,
        assumed=question.assumed,
        proposed=asked.preselected,
        answered_before=asked.is_answered_before,
        proposals=tuple(
            ProposalItem(
                value=one.value,
                label=answer_words(question.kind, one.value, one.label),
                because=one.because,
                reason=reason_words(one, question.kind),
            )
            for one in question.proposals
        ),
    )


def _given(one: GivenAnswer) -> GivenAnswerItem:
    return GivenAnswerItem(
        id=f"{one.kind.value}:{one.element_id}",
        kind=one.kind,
        element_id=one.element_id,
        element_name=one.element_name,
        answer=one.answer,
        answered_by=one.by,
        answered_at=one.at,
    )
