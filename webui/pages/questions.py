"""What others want of a person beside steps: questions to answer, answers and comments to read, deals they watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.consultations import answer_consultation, note_answer, withdraw_consultation
from engine.commands.mentions import note_mention
from engine.errors import DomainError
from engine.policy.mentions import with_names
from engine.queries.attention import mentions_of, watched_deals
from engine.queries.client_letters import unread_letters
from engine.queries.consultations import questions_by, questions_to
from webui.carrying_out import carry_out
from webui.error_pages import status_of
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services

blueprint = Blueprint("questions", __name__, url_prefix="/questions")


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/<int:question_id>/answer")
def answer(question_id: int) -> ResponseReturnValue:
    """Answer; what is wrong is told at the question, with what was typed kept."""
    return _act(
        lambda session: answer_consultation(
            session, question_id, request.form.get("answer", ""), actor=actor(), clock=services().clock
        ),
        _("The answer is with who asked."),
        question_id=question_id,
    )


@blueprint.post("/<int:question_id>/withdraw")
def withdraw(question_id: int) -> ResponseReturnValue:
    return _act(
        lambda session: withdraw_consultation(session, question_id, actor=actor(), clock=services().clock),
        _("The question is withdrawn."),
    )


@blueprint.post("/<int:question_id>/read")
def read(question_id: int) -> ResponseReturnValue:
    return _act(lambda session: note_answer(session, question_id, actor=actor(), clock=services().clock), "")


@blueprint.post("/mentions/<int:mention_id>/read")
def read_mention(mention_id: int) -> ResponseReturnValue:
    return _act(lambda session: note_mention(session, mention_id, actor=actor(), clock=services().clock), "")


def _act(command: Callable[[Session], Any], told: str, *, question_id: int | None = None) -> ResponseReturnValue:
    return carry_out(
        command,
        told,
        refused=lambda error: _page(error, question_id),
        shown_at=url_for("questions.show"),
    )


def _page(error: DomainError | None = None, question_id: int | None = None) -> ResponseReturnValue:
    with reading() as session:
        page = render_template(
            "questions/questions.html",
            to_me=questions_to(session, actor()),
            by_me=questions_by(session, actor()),
            mentions=mentions_of(session, actor()),
            letters=unread_letters(session, actor()),
            watched=watched_deals(session, actor()),
            with_names=with_names,
            failed_id=question_id,
            typed=request.form.get("answer", ""),
            errors=field_errors(error) if error else {},
            problem_text=error_text(error) if error else "",
        )
    return page, status_of(error) if error else 200
