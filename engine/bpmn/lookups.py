"""The tables of a compiled map as closures, by the ids that stand in the canonical form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.compiled import (
    CalledApprovals,
    CompiledProcess,
    Condition,
    ExpressionCondition,
    OutcomeCondition,
    StepDefinition,
    StepKind,
    TimerRule,
)
from engine.bpmn.counters import ACTIVATION_COUNT
from engine.bpmn.dmn.deciding import Decided, TaskDecision
from engine.bpmn.dmn.model import Decision, DecisionTask
from engine.bpmn.expressions import NullCondition, compile_condition, compile_expression
from engine.bpmn.guards import map_failed
from engine.bpmn.variables import FACTS, decision, outcome_kind, outcome_variable
from engine.errors import DomainError

Evaluation = Callable[[Mapping[str, Any]], Any]
Check = Callable[[Mapping[str, Any]], bool]
Deciding = Callable[[Mapping[str, Any]], Decided]


@dataclass(frozen=True, slots=True)
class LoopLookup:
    """How often an activity runs, and when it stops early."""

    cardinality: Evaluation | None
    collection: Evaluation | None
    completion: Check | None
    item_variable: str | None
    again_while: Check | None = None
    output_collection: str | None = None
    output_element: Evaluation | None = None
    private: frozenset[str] = frozenset()  # root names of the variables that a run's result is made of


@dataclass(frozen=True, slots=True)
class MessageLookup:
    name: str
    correlation: Mapping[str, Evaluation]


@dataclass(frozen=True, slots=True)
class TimerLookup:
    rule: TimerRule
    value: Evaluation | None  # gives the rule's text at run time


@dataclass(frozen=True, slots=True)
class Lookups:
    """Every table, each keyed by the id that the canonical form carries in its place.

    All closures raise MapFailed at the element whose expression it is.
    """

    conditions: Mapping[str, Check]
    assignments: Mapping[str, tuple[tuple[str, Evaluation], ...]]
    withdrawals: Mapping[str, tuple[str, ...]]  # elements whose tokens are taken away
    loops: Mapping[str, LoopLookup]
    timers: Mapping[str, TimerLookup]
    messages: Mapping[str, MessageLookup]
    calls: Mapping[str, Mapping[str, Evaluation]]
    result_variables: Mapping[str, str]
    decisions: Mapping[str, Deciding]  # by business rule task
    called_approvals: Mapping[str, CalledApprovals]  # by call
    verdicts: Mapping[str, tuple[str, ...]]  # by sequence flow: for which outcomes of approvals it is taken
    approvals: Mapping[str, tuple[str, ...]]  # by such a sequence flow: the approvals that decide
    repeating: frozenset[str]  # sequence flows by which nothing is decided that a call had not decided before
    replaced: Mapping[str, tuple[str, ...]]  # by step: what decided nothing where it is asked
    steps: Mapping[str, StepDefinition]
    names: Mapping[str, str]
    kept: frozenset[str]  # root names of variables that matter
    outcomes: frozenset[str]  # names of the variables that hold the outcomes of steps
    on_facts: frozenset[str]  # ids of the conditions that can become true without anything happening in the instance
    on_tokens: frozenset[str]  # of those of complex gateways that read nothing but how many tokens have come

    def step_of_outcome(self, variable: str) -> StepDefinition | None:
        return self.steps.get(variable.removesuffix(outcome_variable("")))

    def name_of(self, element_id: str) -> str:
        """The element's name as drawn, or its id."""
        return self.names.get(element_id) or element_id


def lookups_of(process: CompiledProcess, owners: Mapping[str, str]) -> Lookups:
    """Compile all tables of ``process``. ``owners`` names the element that a sequence flow leaves."""

    def named(reference: str) -> tuple[str, str]:
        element_id = owners.get(reference, reference)
        return element_id, process.elements.get(element_id, "")

    return Lookups(
        conditions={key: _check(condition, process, *named(key)) for key, condition in process.conditions.items()},
        assignments={
            key: tuple((variable, _evaluation(text, *named(key))) for variable, text in pairs)
            for key, pairs in process.assignments.items()
        },
        withdrawals=process.withdrawals,
        loops={
            key: LoopLookup(
                cardinality=_evaluation_or_none(rule.cardinality, *named(key)),
                collection=_evaluation_or_none(rule.collection, *named(key)),
                completion=_yes_or_no(rule.completion_condition, *named(key)) if rule.completion_condition else None,
                item_variable=rule.item_variable,
                again_while=_yes_or_no(rule.again_while, *named(key)) if rule.again_while else None,
                output_collection=rule.output_collection,
                output_element=_evaluation_or_none(rule.output_element, *named(key)),
                private=compile_expression(rule.output_element).names if rule.output_element else frozenset(),
            )
            for key, rule in process.loops.items()
        },
        timers={
            key: TimerLookup(rule=rule, value=_evaluation_or_none(rule.expression, *named(key)))
            for key, rule in process.timers.items()
        },
        messages={
            key: MessageLookup(
                name=rule.name,
                correlation={name: _evaluation(text, *named(key)) for name, text in rule.correlation.items()},
            )
            for key, rule in process.messages.items()
        },
        calls={
            key: {name: _evaluation(text, *named(key)) for name, text in rule.parameters.items()}
            for key, rule in process.calls.items()
        },
        result_variables={key: rule.result_variable for key, rule in process.calls.items() if rule.result_variable},
        decisions={
            key: _deciding(task, process.decisions, *named(key)) for key, task in process.decision_tasks.items()
        },
        called_approvals=process.called_approvals,
        verdicts={key: condition.outcomes for key, condition in _by_approvals(process)},
        approvals={key: condition.steps for key, condition in _by_approvals(process)},
        repeating=frozenset(
            key
            for key, condition in _by_outcomes(process)
            if not process.called_approvals.keys().isdisjoint(condition.steps)
        ),
        replaced={
            condition.otherwise: condition.steps for _, condition in _by_outcomes(process) if condition.otherwise
        },
        steps=process.steps,
        names=process.elements,
        kept=_kept_names(process),
        outcomes=frozenset(outcome_variable(one) for one in (*process.steps, *process.called_approvals)),
        on_facts=frozenset(key for key, condition in process.conditions.items() if _reads_facts(condition)),
        on_tokens=frozenset(key for key, condition in process.conditions.items() if _counts_tokens(condition)),
    )


def _by_outcomes(process: CompiledProcess) -> Iterator[tuple[str, OutcomeCondition]]:
    return ((key, one) for key, one in process.conditions.items() if isinstance(one, OutcomeCondition))


def _by_approvals(process: CompiledProcess) -> Iterator[tuple[str, OutcomeCondition]]:
    approvals = {key for key, step in process.steps.items() if step.kind is StepKind.APPROVAL}
    return ((key, one) for key, one in _by_outcomes(process) if approvals.issuperset(one.steps))


def _reads_facts(condition: Condition) -> bool:
    return isinstance(condition, ExpressionCondition) and not FACTS.isdisjoint(compile_condition(condition.text).names)


def _counts_tokens(condition: Condition) -> bool:
    return isinstance(condition, ExpressionCondition) and compile_condition(condition.text).names == {ACTIVATION_COUNT}


def _kept_names(process: CompiledProcess) -> frozenset[str]:
    """Roots that expressions read, outcomes that gateways look at, items of loops, what decisions gave."""
    outcomes = {
        outcome_variable(step)
        for _, condition in _by_outcomes(process)
        for step in (*condition.steps, condition.otherwise)
        if step
    }
    items = {rule.item_variable for rule in process.loops.values() if rule.item_variable}
    decided = {name for task in process.decision_tasks.values() for name in task.writes}
    results = {rule.output_collection.partition(".")[0] for rule in process.loops.values() if rule.output_collection}
    return (process.variables | outcomes | items | results | decided) - FACTS


def _check(condition: Condition, process: CompiledProcess, element_id: str, element_name: str) -> Check:
    if isinstance(condition, OutcomeCondition):
        return _outcome_check(condition, process.steps)
    return _yes_or_no(condition.text, element_id, element_name, open_is_no=condition.open_is_no)


def _outcome_check(condition: OutcomeCondition, steps: Mapping[str, StepDefinition]) -> Check:
    asked = [(outcome_variable(step), steps.get(step)) for step in condition.steps]
    wanted = frozenset(condition.outcomes)
    otherwise = outcome_variable(condition.otherwise) if condition.otherwise else None

    def holds(variables: Mapping[str, Any]) -> bool:
        given = [
            (outcome_kind(step, outcome), outcome)
            for name, step in asked
            if isinstance(outcome := variables.get(name), str)
        ]
        # A single step's own outcome counts whatever it is; of several steps only decisions do.
        decisive = decision(given) if len(asked) > 1 else next(iter(given), None)
        if decisive is None and otherwise is not None:
            return variables.get(otherwise) in wanted
        return decisive is not None and not wanted.isdisjoint(decisive)

    return holds


def _yes_or_no(text: str, element_id: str, element_name: str, *, open_is_no: bool = False) -> Check:
    try:
        condition = compile_condition(text)
    except DomainError as problem:
        raise map_failed(problem, element_id, element_name) from problem

    def holds(variables: Mapping[str, Any]) -> bool:
        try:
            return condition.holds(variables)
        except DomainError as problem:
            if open_is_no and isinstance(problem, NullCondition):
                return False
            raise map_failed(problem, element_id, element_name) from problem

    return holds


def _evaluation(text: str, element_id: str, element_name: str) -> Evaluation:
    try:
        expression = compile_expression(text)
    except DomainError as problem:
        raise map_failed(problem, element_id, element_name) from problem

    def evaluate(variables: Mapping[str, Any]) -> Any:
        try:
            return expression.evaluate(variables)
        except DomainError as problem:
            raise map_failed(problem, element_id, element_name) from problem

    return evaluate


def _deciding(task: DecisionTask, decisions: Mapping[str, Decision], element_id: str, element_name: str) -> Deciding:
    try:
        decision = TaskDecision(task, decisions)
    except DomainError as problem:
        raise map_failed(problem, element_id, element_name) from problem

    def decide(variables: Mapping[str, Any]) -> Decided:
        try:
            return decision.decide(variables)
        except DomainError as problem:
            raise map_failed(problem, element_id, element_name) from problem

    return decide


def _evaluation_or_none(text: str | None, element_id: str, element_name: str) -> Evaluation | None:
    return None if text is None else _evaluation(text, element_id, element_name)
