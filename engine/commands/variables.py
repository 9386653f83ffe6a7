"""Setting the variables by which a deal's map decides: an administrator's repair, after which conditions look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, FieldDefinition, FieldType
from engine.bpmn.expressions import CompiledExpression, compile_expression
from engine.bpmn.inspection import variables_in, with_given
from engine.bpmn.runtime import SetVariables
from engine.bpmn.values_read import field_by_comparison
from engine.bpmn.variables import FACTS, outcome_variable
from engine.clock import Clock
from engine.commands.approved_changes import ContentApproved, ensure_none_spared, read_by
from engine.commands.awaited_deadlines import take_awaited_deadlines_back
from engine.commands.deals import is_approved
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.interventions import ensure_running, keep, reason_given, undoable
from engine.commands.locks import lock_deal
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, MapFailed
from engine.events import VariablesSet, plain
from engine.model.deal import Deal
from engine.model.intervention import InterventionKind
from engine.model.process_instance import ProcessInstance
from engine.policy.field_values import from_json, read_values, to_json
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.calendars import default_calendar
from engine.queries.decided_fields import decided_fields
from engine.queries.facts import DealFacts
from engine.queries.processes import process_of

Locale = Literal["uk", "en"]


class NoSuchVariable(DomainError):
    code: ClassVar[str] = "variable_unknown"
    template: ClassVar[str] = N_("Neither a condition nor a form of the map knows “%(name)s”.")


class OutcomeNotSettable(DomainError):
    """Only completing a step decides: an approval is not given by writing a variable."""

    code: ClassVar[str] = "outcome_not_settable"
    template: ClassVar[str] = N_("“%(name)s” is decided by completing its step, and by nothing else.")


class FileNotSettable(DomainError):
    code: ClassVar[str] = "file_not_settable"
    template: ClassVar[str] = N_("“%(name)s” is a file: it is attached at a step, or to the deal.")


class VariablesFailed(DomainError):
    code: ClassVar[str] = "variables_failed"
    template: ClassVar[str] = N_("Nothing was changed: with these values the map fails at “%(element)s”. %(problem)s")


def settable_variables(process: CompiledProcess) -> Mapping[str, FieldDefinition]:
    """The variables that may be set by hand, with the types that the map's forms and tables give them.

    Of one that neither types, which a program gives or a message, what it is compared with tells what it is.
    """
    typed = _typed_by_map(process)
    known = {name: field for name, field in typed.items() if field.type is not FieldType.FILE}
    outcomes = {outcome_variable(step) for step in process.steps}
    for name in sorted(process.variables - FACTS - outcomes - typed.keys()):
        kind = FieldType.YES_NO if _is_condition(process, name) else field_by_comparison(process, name).type
        known[name] = FieldDefinition(name=name, label=name, type=kind)
    return known


def _is_condition(process: CompiledProcess, name: str) -> bool:
    """Whether a condition consists of the variable alone, or of its negation."""
    texts = (one.text for one in process.conditions.values() if isinstance(one, ExpressionCondition))
    return any(_decides_alone(compile_expression(text), name) for text in texts)


def _decides_alone(condition: CompiledExpression, name: str) -> bool:
    if condition.names != {name}:
        return False
    try:
        return isinstance(condition.evaluate({name: True}), bool)
    except DomainError:  # compared with what is no yes or no
        return False


def _typed_by_map(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """Of forms, files among them, and of tables. What a step only shows is typed by neither."""
    asked = {
        field.name: field.as_typed()
        for step in process.steps.values()
        for field in step.fields
        if not field.name.startswith(("deal.", "client.")) and field.type is not FieldType.READ_ONLY
    }
    decided = {name: field for name, field in decided_fields(process).items() if name in process.variables}
    return {**asked, **{name: field for name, field in decided.items() if name not in asked}}


def _fields_as_held(
    process: CompiledProcess, held: Mapping[str, Any], given: Mapping[str, Any]
) -> Mapping[str, FieldDefinition]:
    """The variables of ``given``. One that the map types nowhere stays what it is, or is what is given.

    What cannot be set any more, but was by an earlier version of the product, is given back as it is.
    """
    known, typed = settable_variables(process), _typed_by_map(process)
    fields: dict[str, FieldDefinition] = {}
    for name in given:
        kind = None if name in typed else _kind_of(held.get(name)) or _kind_of(given[name])
        field = known.get(name) or FieldDefinition(name=name, label=name)
        fields[name] = field.model_copy(update={"required": False} | ({"type": kind} if kind else {}))
    return fields


def _kind_of(value: Any) -> FieldType | None:
    """None of a text: it may be a number that somebody typed."""
    if isinstance(value, bool):
        return FieldType.YES_NO
    return FieldType.NUMBER if isinstance(value, int | float | Decimal) else None


def set_variables(
    session: Session,
    deal_id: int,
    values: Mapping[str, Any],
    reason: str,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    locale: Locale = "uk",
) -> Deal:
    """Write variables of a running deal; the deal's fields of the same names follow. Waiting conditions look again.

    ``values`` are texts or JSON values, read by the types of the map's fields. A value that people approve or have
    approved stays: only what is still empty may be filled in then. Nor may it be one by which a passed decision would
    have led by an approval.
    Raises NotFound, NotAllowed, InvalidInput, DealIsSuspended, DealNotRunning, ContentApproved, ApprovalSpared,
    VariablesFailed.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "values": values, "reason": reason}
    if already_performed(session, command_id, "set_variables", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may(actor, Ability.REPAIR_DEAL)
    ensure_running(instance)
    process = process_of(session, instance.definition_id)
    _ensure_settable(process, values)
    fields = _fields_as_held(process, variables_in(instance.execution_state), values)
    typed = read_values(fields.values(), values, locale)
    said = reason_given(reason)
    former, wanted = _former(deal, instance, typed), {name: to_json(value) for name, value in typed.items()}
    if any(former[name] not in (None, "", wanted[name]) for name in wanted) and is_approved(session, instance):
        raise ContentApproved
    gone_on = _Setting(session, instance, typed, former).write(said, undoes=False, actor=actor, at=at)
    keep(
        session,
        instance,
        InterventionKind.VARIABLES_SET,
        may_be_undone=not gone_on,
        actor=actor,
        at=at,
        reason=said,
        former=former,
    )
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def undo_variables(
    session: Session,
    deal_id: int,
    intervention_id: int,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> Deal:
    """Give the variables their former values, while nothing has happened since and the deal has not gone on by them.

    Raises NotFound, NotAllowed, NothingToUndo, DealIsSuspended, DealNotRunning, VariablesFailed.
    """
    at = clock.now()
    arguments = {"deal": deal_id, "intervention": intervention_id}
    if already_performed(session, command_id, "undo_variables", arguments, actor=actor, at=at) is not None:
        return lock_deal(session, deal_id, actor)[0]
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may(actor, Ability.REPAIR_DEAL)
    ensure_running(instance)
    setting = undoable(session, deal, intervention_id, InterventionKind.VARIABLES_SET)
    now = _former(deal, instance, setting.former)
    setting.undone_at = at
    take_awaited_deadlines_back(session, instance, actor=actor, at=at)
    process = process_of(session, instance.definition_id)
    fields = _fields_as_held(process, variables_in(instance.execution_state), setting.former)
    former = {name: _as(fields[name], value) for name, value in setting.former.items()}
    _Setting(session, instance, former, now).write(setting.reason, undoes=True, actor=actor, at=at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def _as(field: FieldDefinition, stored: Any) -> Any:
    """The value that was stored, typed; what was of another type then comes back as it was."""
    try:
        return from_json(field, stored)
    except FieldNotUnderstood:
        return stored


def _ensure_settable(process: CompiledProcess, names: Iterable[str]) -> None:
    """Raises InvalidInput, which tells all that is wrong with the names at once."""
    known, typed = settable_variables(process), _typed_by_map(process)
    outcomes = {outcome_variable(step) for step in process.steps}
    errors: dict[str, DomainError] = {}
    if not names:
        errors["values"] = FieldRequired(label=N_("Variables"))
    for name in names:
        if name in outcomes:
            errors[name] = OutcomeNotSettable(name=name)
        elif name not in known:
            errors[name] = (FileNotSettable if name in typed else NoSuchVariable)(name=name)
    if errors:
        raise InvalidInput(errors)


def _former(deal: Deal, instance: ProcessInstance, wanted: Iterable[str]) -> dict[str, Any]:
    stored = variables_in(instance.execution_state)
    former: dict[str, Any] = plain({name: deal.fields.get(name, stored.get(name)) for name in wanted})
    return former


@dataclass(frozen=True, slots=True)
class _Setting:
    """Typed values that variables of a locked instance get, and as JSON those that they had."""

    session: Session
    instance: ProcessInstance
    typed: Mapping[str, Any]
    former: Mapping[str, Any]

    def write(self, reason: str, *, undoes: bool, actor: Actor, at: datetime) -> bool:
        """Whether the deal went on by it, because a condition was waited for. Raises ApprovalSpared, VariablesFailed.

        What is given back was there before, and nothing has happened since: no approval is spared by it anew.
        """
        session, instance, deal = self.session, self.instance, self.instance.deal
        process = process_of(session, instance.definition_id)
        facts = DealFacts(deal, process, calendar=default_calendar(session), at=at)
        state = instance.execution_state
        before = read_by(process, state, facts)
        values = {name: to_json(value) for name, value in self.typed.items()}
        deal.fields = {**deal.fields, **values}
        if not undoes:
            after = read_by(process, with_given(process, state, self.typed), facts)
            ensure_none_spared(session, instance, process, before, after)
        changes = {name: [self.former[name], value] for name, value in values.items()}
        record(session, VariablesSet(changes=changes, reason=reason, undoes=undoes), actor=actor, at=at, deal=deal)
        stimulus = SetVariables(self.typed)
        try:
            result = run_step(session, instance, stimulus, actor=actor, at=at, asked_by_id=deal.owner_id)
        except MapFailed as failure:
            problem = failure.params.get("problem", "")
            raise VariablesFailed(element=failure.params.get("element", ""), problem=problem) from failure
        return bool(result.passed)
