"""Rules of a map: examples of deals, run against the version that is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.commands.map_rules import Place, keep_rule, remove_rule
from engine.commands.practices import runnable
from engine.errors import DomainError, MapHasErrors, NotFound
from engine.policy.map_rules import Rule, RuleRun
from engine.policy.permissions import Ability, ensure_may, may
from engine.queries.definitions import definition_view
from engine.queries.map_rules import rule_runs, rules_of
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from webui.carrying_out import carry_out, made_once
from webui.error_pages import status_of
from webui.forms.rule_form import decision_lines, expected_lines, read_rule, rule_fields
from webui.forms.shown_values import shown_field
from webui.forms.step_form import step_fields, typed_values
from webui.i18n import _
from webui.messages import error_text, field_errors
from webui.outcomes import decided
from webui.request_context import actor, reading, services, writing
from webui.rule_words import failure_words

blueprint = Blueprint("map_rules", __name__, url_prefix="/maps/<int:definition_id>/rules")


@blueprint.get("")
def list_rules(definition_id: int) -> ResponseReturnValue:
    return _list(definition_id)


@blueprint.get("/new")
def new(definition_id: int) -> ResponseReturnValue:
    return _form(definition_id, None)


@blueprint.get("/<int:position>")
def edit(definition_id: int, position: int) -> ResponseReturnValue:
    return _form(definition_id, position)


@blueprint.post("")
def add(definition_id: int) -> ResponseReturnValue:
    return _keep(definition_id, None)


@blueprint.post("/<int:position>")
def change(definition_id: int, position: int) -> ResponseReturnValue:
    return _keep(definition_id, position)


@blueprint.post("/<int:position>/remove")
def remove(definition_id: int, position: int) -> ResponseReturnValue:
    place = Place(position, request.form.get("name_before", ""))
    return _act(
        definition_id,
        lambda session: remove_rule(session, definition_id, place, actor=actor(), clock=services().clock),
        _("The rule is gone."),
    )


def _keep(definition_id: int, position: int | None) -> ResponseReturnValue:
    _ensure_may_write()
    place = None if position is None else Place(position, request.form.get("name_before", ""))
    try:
        with reading() as session:
            definition = runnable(session, definition_id)
            process = process_of(session, definition_id)
            kept = rules_of(session, definition.key)
        before = kept[position].rule if position is not None and position < len(kept) else None
        rule = read_rule(process, request.form, before)

        def keep(session: Session) -> int:
            keep_rule(session, definition_id, place, rule, actor=actor(), clock=services().clock)
            return definition_id

        once = made_once(keep)
        with writing() as session:
            once(session)
    except NotFound:
        raise
    except DomainError as error:
        return _form(definition_id, position, error)
    flash(_("The rule is kept. It was run at once, and is run at each publishing."), "success")
    return redirect(url_for("map_rules.list_rules", definition_id=definition_id), code=303)


def _act(definition_id: int, command: Callable[[Session], None], told: str) -> ResponseReturnValue:
    _ensure_may_write()
    return carry_out(
        command,
        told,
        refused=lambda error: _list(definition_id, error),
        shown_at=url_for("map_rules.list_rules", definition_id=definition_id),
    )


def _ensure_may_write() -> None:
    ensure_sees(actor(), Ability.SEE_MAPS)
    ensure_may(actor(), Ability.DEPLOY_MAP)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words, with what became of it; ``run`` is None on a version that cannot run."""

    position: int
    rule: Rule
    run: RuleRun | None
    given: tuple[str, ...]
    through: tuple[str, ...]
    not_through: tuple[str, ...]
    failures: tuple[str, ...]
    way: tuple[str, ...]


def _list(definition_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        kept = rules_of(session, view.row.key)
        process = process_of(session, definition_id) if view.row.can_run else None
        runs = rule_runs(session, runnable(session, definition_id)) if process else ()
        lines = [
            _line(session, process, one.position, one.rule, runs[number] if runs else None)
            for number, one in enumerate(kept)
        ]
    page = render_template(
        "maps/rules.html",
        row=view.row,
        lines=lines,
        broken=sum(not one.passed for one in runs),
        may_write=may(actor(), Ability.DEPLOY_MAP),
        problem_text=error_text(error) if error else "",
    )
    return page, status_of(error) if error else 200


def _line(
    session: Session, process: CompiledProcess | None, position: int, rule: Rule, run: RuleRun | None
) -> RuleLine:
    steps = {step.source_id: step for step in process.steps.values()} if process else {}
    fields = {field.name: field for field in rule_fields(process)} if process else {}

    def name_of(element_id: str) -> str:
        return (steps[element_id].name if element_id in steps else "") or element_id

    given = [
        f"{fields[name].label}: {shown_field(session, fields[name], value)}" if name in fields else f"{name}: {value}"
        for name, value in rule.given.values.items()
    ]
    for element_id, outcomes in rule.given.outcomes.items():
        known = steps[element_id].outcomes if element_id in steps else ()
        given.append(f"{name_of(element_id)}: {', '.join(decided(one, known) for one in outcomes)}")
    return RuleLine(
        position=position,
        rule=rule,
        run=run,
        given=tuple(given),
        through=tuple(map(name_of, rule.expected.through)),
        not_through=tuple(map(name_of, rule.expected.not_through)),
        failures=tuple(failure_words(one) for one in run.failures) if run else (),
        way=tuple(one.name for one in run.way) if run else (),
    )


def _form(definition_id: int, position: int | None, error: DomainError | None = None) -> ResponseReturnValue:
    _ensure_may_write()
    errors = field_errors(error) if error else {}
    with reading() as session:
        view = definition_view(session, actor(), definition_id)
        if not view.row.can_run:
            raise MapHasErrors
        process = process_of(session, definition_id)
        kept = rules_of(session, view.row.key)
        if position is not None and position >= len(kept):
            raise NotFound
        rule = kept[position].rule if position is not None else Rule(name="-")
        shown = _shown(process, rule) if error else rule
        values = typed_values(request.form) if error else dict(rule.given.values)
        fields = step_fields(session, rule_fields(process), values, errors)
    page = render_template(
        "maps/rule.html",
        row=view.row,
        position=position,
        name=request.form.get("name", "") if error else rule.name if position is not None else "",
        name_before=request.form.get("name_before", "") if error else rule.name if position is not None else "",
        ends=request.form.get("ends", "") if error else rule.expected.ends,
        fields=fields,
        decisions=decision_lines(process, shown.given.outcomes),
        expected=expected_lines(process, shown.expected),
        errors=errors,
        problem_text=errors.get("expected", "") or (error_text(error) if error else ""),
    )
    return page, status_of(error) if error else 200


def _shown(process: CompiledProcess, rule: Rule) -> Rule:
    """The choices as they were typed, whatever was wrong with the values."""
    form = request.form.copy()
    for name in [name for name in form if name.startswith("field:")]:
        del form[name]
    form["name"] = form.get("name", "").strip() or rule.name
    return read_rule(process, form, rule)
