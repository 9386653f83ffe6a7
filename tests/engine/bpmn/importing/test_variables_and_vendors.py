"""Expressions whose variables nobody gives, and what other engines write about time."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, compiled, element, found, outcome_of, step

from engine.bpmn.compiled import ExpressionCondition, StepKind
from engine.bpmn.deadline_rules import DeadlineRule, ElapsedTime, RelativeToField
from engine.bpmn.findings import Severity


def condition(text: str) -> str:
    return f"<conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition>"


def test_a_condition_over_the_deal_is_waited_for_without_anybody() -> None:
    process = compiled(
        START,
        element("intermediateCatchEvent", "paid", "Оплачено", condition("deal.paid == true")),
        END,
        chain("start", "paid", "end"),
    )
    assert process.conditions["paid"] == ExpressionCondition(text="deal.paid == true")
    assert process.steps == {}


def test_a_condition_over_values_that_nobody_gives_is_told_by_a_person() -> None:
    outcome = outcome_of(
        START,
        element("intermediateCatchEvent", "paid", "Оплачено", condition("оплачено == true")),
        END,
        chain("start", "paid", "end"),
    )
    assert found(outcome, "CONDITION_NEVER_KNOWN").params["variables"] == "оплачено"
    assert outcome.process is not None
    assert outcome.process.steps["paid"].kind is StepKind.EVENT


def test_a_timer_over_a_value_that_nobody_gives_is_said() -> None:
    timer = "<timerEventDefinition><timeDate>${дата}</timeDate></timerEventDefinition>"
    outcome = outcome_of(START, element("intermediateCatchEvent", "w", "", timer), END, chain("start", "w", "end"))
    assert found(outcome, "UNKNOWN_VARIABLE_UNASKED").params["variable"] == "дата"


def test_expressions_in_deadlines_and_responsibles_are_among_the_variables() -> None:
    fields = '<extensionElements><reglament:field name="дата" type="date"/></extensionElements>'
    process = compiled(
        START,
        element("userTask", "t", "Крок", fields),
        step("u", "Інший", термін="=дата - 1 р.д.", відповідальний="=керівник"),
        END,
        chain("start", "t", "u", "end"),
    )
    assert isinstance(process.steps["u"].deadline, RelativeToField)
    assert {"дата", "керівник"} <= process.variables


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("${dateTime().plusDays(2).toDate()}", ElapsedTime(days=2)),
        ("#{now().plusHours(4)}", ElapsedTime(seconds=4 * 3600)),
        ("P3D", ElapsedTime(days=3)),
    ],
)
def test_due_dates_of_other_engines_are_read(text: str, rule: DeadlineRule) -> None:
    task = element("userTask", "t", "Крок", **{"camunda:dueDate": text})
    assert compiled(START, task, END, chain("start", "t", "end")).steps["t"].deadline == rule


def test_code_in_a_due_date_of_another_engine_is_a_warning_and_no_deadline() -> None:
    task = element("userTask", "t", "Крок", **{"camunda:dueDate": "${calendarBean.next(execution)}"})
    outcome = outcome_of(START, task, END, chain("start", "t", "end"))
    assert found(outcome, "DEADLINE_OF_ANOTHER_ENGINE").severity is Severity.WARNING
    assert "DEADLINE_MISSING" in codes(outcome)
