"""Questions about a map: everything that its drawing leaves open on one page, answered at once or bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.questions import Because, Proposal, Question, QuestionKind
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.commands.map_answers import (
    PreparedAnswers,
    answer_questions,
    prepare_answers,
    prepare_reopening,
    reopen_question,
)
from engine.errors import DomainError, InvalidInput, NotAllowed, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, ensure_may, may
from engine.queries.definitions import kept_definition
from engine.queries.map_questions import MapQuestions, map_questions
from engine.queries.scopes import ensure_sees
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.i18n import _, ngettext
from webui.map_questions import NOTHING_TYPED, Typed, answer_lines, badges, problem_of, question_groups
from webui.map_uploads import library
from webui.messages import error_text, field_errors
from webui.question_words import meaning_of
from webui.request_context import actor, now, reading, services

blueprint = Blueprint("map_questions", __name__, url_prefix="/maps")

_CHOSEN, _OWN = "answer|", "own|"
_PROPOSAL, _OWN_ANSWER = "=", "own"
_ALL, _BEFORE, _ONE = "all", "before", "element|"


@blueprint.get("/<int:definition_id>/questions")
def show(definition_id: int) -> ResponseReturnValue:
    return _page(_questions(definition_id))


@blueprint.post("/<int:definition_id>/questions")
def answer(definition_id: int) -> ResponseReturnValue:
    """Keep all answers, those about one element, or those that were given before; whatever else was chosen stays."""
    _ensure_may_answer()
    questions, typed = _questions(definition_id), _typed()
    given = _given(questions, typed)
    if not given:
        return _page(questions, typed)
    try:
        prepared = prepare_answers(
            services().database, definition_id, given, read_revision=_revision(), actor=actor(), library=library()
        )
        answered = _perform(
            prepared, lambda session: answer_questions(session, prepared, actor=actor(), clock=services().clock)
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        wrong = Typed(typed.chosen, typed.own, field_errors(error))
        return _page(_questions(definition_id), wrong, error=error)
    return _after(answered.id, definition_id, len(given), typed)


@blueprint.post("/<int:definition_id>/questions/reopen")
def reopen(definition_id: int) -> ResponseReturnValue:
    """Take an answer out of the file and ask again."""
    _ensure_may_answer()
    element_id, kind = request.form.get("element_id", ""), _kind(request.form.get("kind", ""))
    try:
        prepared = prepare_reopening(
            services().database,
            definition_id,
            kind,
            element_id,
            read_revision=_revision(),
            actor=actor(),
            library=library(),
        )
        changed = _perform(
            prepared,
            lambda session: reopen_question(session, prepared, kind, element_id, actor=actor(), clock=services().clock),
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        return _page(_questions(definition_id), error=error)
    return redirect(url_for("map_questions.show", definition_id=changed.id), code=303)


@blueprint.get("/questions/understood")
def understood() -> ResponseReturnValue:
    """What is understood of an answer while it is typed: words, or why it is none."""
    ensure_sees(actor(), Ability.SEE_MAPS)
    kind, text = _kind(request.args.get("kind", "")), request.args.get("text", "")[:500]
    nothing = Proposal(value="\0", because=Because.PERSON_SAYS)
    question = Question(kind=kind, element_id="typed", proposals=(nothing,), own=True)
    problem = problem_of(question, text) if text.strip() else ""
    return jsonify(words="" if problem else meaning_of(kind, text), problem=problem)


def _ensure_may_answer() -> None:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


def _questions(definition_id: int) -> MapQuestions:
    with reading() as session:
        return map_questions(session, actor(), definition_id)


def _kind(word: str) -> QuestionKind:
    try:
        return QuestionKind(word)
    except ValueError:
        raise NotFound from None


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004  # a number that a column holds


def _typed() -> Typed:
    """What the form says. Another answer than the proposed ones counts where its circle is chosen."""
    chosen: dict[str, str] = {}
    own: dict[str, str] = {}
    for name, value in request.form.items():
        if not name.startswith(_CHOSEN):
            continue
        question_id = name.removeprefix(_CHOSEN)
        if value == _OWN_ANSWER:
            own[question_id] = request.form.get(_OWN + question_id, "")
        else:
            chosen[question_id] = value.removeprefix(_PROPOSAL)
    return Typed(chosen, own, {})


def _given(questions: MapQuestions, typed: Typed) -> Mapping[str, str]:
    """The answers that the button pressed sends."""
    take = request.form.get("take", _ALL)
    if take == _BEFORE:
        return {one.question.id: one.preselected for one in questions.asked if one.is_answered_before}
    own = {question_id: text for question_id, text in typed.own.items() if text.strip()}  # a blank line leaves it open
    given = {**typed.chosen, **own}
    if not take.startswith(_ONE):
        return given
    element_id = take.removeprefix(_ONE)
    of_element = {one.question.id for one in questions.asked if one.question.element_id == element_id}
    return {question_id: text for question_id, text in given.items() if question_id in of_element}


def _perform(prepared: PreparedAnswers, command: Callable[[Session], ProcessDefinition]) -> ProcessDefinition:
    """Once per form: a second click is answered with what the first one did."""
    command_id = sent_command_id()
    arguments = {"id": prepared.definition_id, "revision": prepared.read_revision}

    def once(session: Session) -> ProcessDefinition:
        name = "answer_map_questions"
        done = already_performed(session, command_id, name, arguments, actor=actor(), at=now())
        if done is not None:
            return kept_definition(session, int(done["id"]))
        changed = command(session)
        remember(session, command_id, {"id": changed.id}, actor=actor())
        return changed

    return perform(services().database, once, actor=actor(), clock=services().clock)


def _after(answered_id: int, definition_id: int, count: int, typed: Typed) -> ResponseReturnValue:
    """The map when nothing is open any more; else the questions that are left, with what was chosen there."""
    questions = _questions(answered_id)
    told = ngettext("%(num)s answer was written into the map.", "%(num)s answers were written into the map.", count)
    flash(told, "success")
    if not questions.asked:
        return redirect(url_for("maps.show", definition_id=answered_id), code=303)
    if answered_id != definition_id or request.form.get("take", _ALL) == _ALL:
        return redirect(url_for("map_questions.show", definition_id=answered_id), code=303)
    return _page(questions, typed)


def _page(
    questions: MapQuestions, typed: Typed = NOTHING_TYPED, *, error: DomainError | None = None
) -> ResponseReturnValue:
    page = render_template(
        "maps/questions.html",
        questions=questions,
        groups=question_groups(questions, typed),
        answers=answer_lines(questions.given),
        badges=badges(questions),
        before=sum(one.is_answered_before for one in questions.asked),
        may_answer=may(actor(), Ability.DEPLOY_MAP),
        problem_text=_problem(error),
    )
    return page, status_of(error) if error else 200


def _problem(error: DomainError | None) -> str:
    if error is None:
        return ""
    if isinstance(error, InvalidInput):
        return _("Some answers could not be understood. They are marked below; nothing was written yet.")
    return error_text(error)
