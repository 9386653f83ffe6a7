"""A rule of a map as a form: the values of its deal, the decisions at its steps, what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from werkzeug.datastructures import MultiDict

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType, StepDefinition
from engine.bpmn.values_read import values_read
from engine.errors import N_, FieldRequired, InvalidInput
from engine.policy.field_values import to_json
from engine.policy.form_values import values_of_form
from engine.policy.map_rules import Expected, Given, Rule
from webui.forms.practice_form import AMOUNT, label_of
from webui.forms.step_form import LINE_PREFIX, PREFIX, typed_values
from webui.i18n import _, chosen_locale
from webui.outcomes import buttons

OUTCOME, EXPECTED = "outcome:", "expected:"
_MOST_TURNS = 10


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A step that can be done in several ways: one select per turn, ``chosen`` their values, an empty one last."""

    step: StepDefinition
    options: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A step with what the rule expects of it: ``through``, ``not_through`` or nothing."""

    step: StepDefinition
    chosen: str


def rule_fields(process: CompiledProcess) -> tuple[FieldDefinition, ...]:
    """The sum, and what the course of a deal depends on, none of it required: a rule gives what it is about."""
    fields = [one.field for one in values_read(process)]
    if AMOUNT not in {one.name for one in fields}:
        fields.insert(0, FieldDefinition(name=AMOUNT, label=_("Amount"), type=FieldType.MONEY))
    return tuple(
        one.model_copy(
            update={"required": False, "help": "", "label": one.label or label_of(one.name), "visible_if": None}
        )
        for one in fields
    )


def decision_lines(process: CompiledProcess, given: Mapping[str, tuple[str, ...]]) -> tuple[DecisionLine, ...]:
    return tuple(
        DecisionLine(
            step=step,
            options=tuple((one.id, one.label) for one in buttons(step.outcomes, step.kind)),
            chosen=(*given.get(step.source_id, ()), ""),
        )
        for step in process.steps.values()
        if len(step.outcomes) > 1
    )


def expected_lines(process: CompiledProcess, expected: Expected) -> tuple[ExpectedLine, ...]:
    """Every step of the map once, in the order of the stages."""
    order = {stage.name: stage.position for stage in process.stages}
    steps = sorted(process.steps.values(), key=lambda step: order.get(step.stage, len(order)))
    once = {step.source_id: step for step in steps}
    chosen = dict.fromkeys(expected.not_through, "not_through") | dict.fromkeys(expected.through, "through")
    return tuple(ExpectedLine(step, chosen.get(element_id, "")) for element_id, step in once.items())


def read_rule(process: CompiledProcess, form: MultiDict[str, str], before: Rule | None) -> Rule:
    """What was typed. What ``before`` said of steps that this version does not have is kept.

    Raises InvalidInput with an error per field.
    """
    name = form.get("name", "").strip()
    fields = rule_fields(process)
    given_fields = [one for one in fields if _is_given(form, one)]
    values = values_of_form(given_fields, typed_values(form), chosen_locale())
    if not name:
        raise InvalidInput({"name": FieldRequired(label=N_("Name"))})
    known = {step.source_id for step in process.steps.values()}
    outcomes = _outcomes(form, known)
    asked = {element_id: form.get(EXPECTED + element_id, "") for element_id in known}
    kept = before or Rule(name=name)
    outcomes |= {one: given for one, given in kept.given.outcomes.items() if one not in known}
    return Rule(
        name=name[:300],
        given=Given(values={key: to_json(value) for key, value in values.items()}, outcomes=outcomes),
        expected=Expected(
            through=_steps(process, asked, "through", kept.expected.through),
            not_through=_steps(process, asked, "not_through", kept.expected.not_through),
            ends=_ends(form.get("ends", "")),
        ),
    )


def _is_given(form: MultiDict[str, str], field: FieldDefinition) -> bool:
    cells = f"{LINE_PREFIX}{field.name}:"
    names = [PREFIX + field.name, *(name for name in form if name.startswith(cells))]
    return any(text.strip() for name in names for text in form.getlist(name))


def _outcomes(form: MultiDict[str, str], known: set[str]) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, Any] = {one: tuple(filter(None, form.getlist(OUTCOME + one)[:_MOST_TURNS])) for one in known}
    return {element_id: turns for element_id, turns in chosen.items() if turns}


def _steps(process: CompiledProcess, asked: Mapping[str, str], wanted: str, before: tuple[str, ...]) -> tuple[str, ...]:
    chosen = [step.source_id for step in process.steps.values() if asked[step.source_id] == wanted]
    return tuple(dict.fromkeys([*chosen, *(one for one in before if one not in asked)]))


def _ends(text: str) -> Literal["", "won", "lost"]:
    return cast("Literal['', 'won', 'lost']", text) if text in ("won", "lost") else ""
