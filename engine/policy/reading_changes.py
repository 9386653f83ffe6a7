"""What another release reads otherwise in the same file: nobody has looked at it, so it must not go live by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from engine.bpmn.compiled import CompiledProcess, OutcomeCondition, StepDefinition
from engine.bpmn.findings import Finding, Severity

_OF_ONE_READING = {"element_id", "line"}  # ids made anew depend on what the map calls


def read_otherwise(before: CompiledProcess, now: CompiledProcess) -> tuple[Finding, ...]:
    """The steps of a map, not of those that it calls, that only one of both has, or each has otherwise.

    So is a question of which way to go that is asked only where a called map leaves that open, and always was before.
    """
    was, has = _own_steps(before), _own_steps(now)
    spared = _asked_otherwise(now) - _asked_otherwise(before)
    return tuple(
        Finding(
            code="STEP_READ_OTHERWISE",
            severity=Severity.ERROR,
            element_id=source_id,
            element_name=step.name,
            line=step.line,
        )
        for source_id in sorted(was.keys() | has.keys())
        for step in (has.get(source_id) or was[source_id])[:1]
        if source_id in spared or _as_read(was.get(source_id, ())) != _as_read(has.get(source_id, ()))
    )


def _asked_otherwise(process: CompiledProcess) -> set[str]:
    """The steps that ask only where the approvals in a called map decide nothing, by their ids in the owner's file."""
    return {
        process.steps[condition.otherwise].source_id
        for condition in process.conditions.values()
        if isinstance(condition, OutcomeCondition) and condition.otherwise
        if process.steps[condition.otherwise].process_key == process.key
    }


def _own_steps(process: CompiledProcess) -> Mapping[str, list[StepDefinition]]:
    """By the id in the owner's file: a decision may have several."""
    steps: dict[str, list[StepDefinition]] = defaultdict(list)
    for step in process.steps.values():
        if step.process_key == process.key:
            steps[step.source_id].append(step)
    return dict(steps)


def _as_read(steps: list[StepDefinition] | tuple[()]) -> list[str]:
    return sorted(
        step.model_copy(
            update={"outcomes": tuple(one.model_copy(update={"id": one.kind.value}) for one in step.outcomes)}
        ).model_dump_json(exclude=_OF_ONE_READING)
        for step in steps
    )
