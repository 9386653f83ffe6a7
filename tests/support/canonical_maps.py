"""Builds a CompiledProcess element by element, without the import layer: what the execution core alone is tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from engine.bpmn.compiled import (
    CallRule,
    CompiledProcess,
    Condition,
    ConnectorKind,
    ExpressionCondition,
    LoopRule,
    MessageRule,
    Outcome,
    OutcomeCondition,
    OutcomeKind,
    StepDefinition,
    StepKind,
    TimerKind,
    TimerRule,
)
from engine.bpmn.deadline_rules import ElapsedTime, FixedInstant
from engine.bpmn.dmn.model import Decision, DecisionTask
from engine.bpmn.runtime import StepContext

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DECISIONS = tuple(
    Outcome(id=kind.value, kind=kind) for kind in (OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED)
)


@dataclass
class MapBuilder:
    """Collects elements and tables; ``scope`` opens a sub-process, ``called`` another map in the same document."""

    key: str = "sale"
    tables: dict[str, Any] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    roots: dict[str, str] = field(default_factory=dict)
    maps: list[str] = field(default_factory=list)
    flows: int = 0

    def table(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.tables.setdefault(name, {})
        return found

    # elements ---------------------------------------------------------------------------------------------------
    def element(self, tag: str, element_id: str, inner: str = "", **attributes: str) -> str:
        self.table("elements")[element_id] = element_id.replace("_", " ")
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        self.body.append(f'<{tag} id="{element_id}"{written}>{inner}</{tag}>')
        return element_id

    def start(self, element_id: str = "start", definition: str = "", *, interrupting: bool = True) -> str:
        beside = {} if interrupting else {"isInterrupting": "false"}
        return self.element("startEvent", element_id, definition, **beside)

    def end(self, element_id: str = "end", definition: str = "") -> str:
        return self.element("endEvent", element_id, definition)

    def step(self, element_id: str, loop: str = "", outcomes: tuple[Outcome, ...] = DECISIONS) -> str:
        self.table("steps")[element_id] = StepDefinition(
            element_id=element_id,
            source_id=element_id,
            process_key=self.key,
            name=element_id,
            kind=StepKind.USER,
            outcomes=outcomes,
        )
        return self.element("userTask", element_id, loop)

    def call_service(self, element_id: str, **rule: Any) -> str:
        self.table("calls")[element_id] = CallRule(connector=ConnectorKind.EXTERNAL, **rule)
        return self.element("serviceTask", element_id)

    def script(self, element_id: str, *assignments: tuple[str, str], loop: str = "") -> str:
        self.table("assignments")[element_id] = assignments
        return self.element("scriptTask", element_id, f"{loop}<script>{element_id}</script>")

    def decide(self, element_id: str, decision: Decision, *writes: str) -> str:
        """A business rule task that makes ``decision``."""
        self.table("decisions")[decision.key] = decision
        self.table("decision_tasks")[element_id] = DecisionTask(decision=decision.key, writes=writes)
        return self.element("businessRuleTask", element_id)

    def complex_join(self, element_id: str, rule: str) -> str:
        self.table("conditions")[element_id] = ExpressionCondition(text=rule)
        return self.element("complexGateway", element_id, f"<activationCondition>{element_id}</activationCondition>")

    def gateway(self, kind: str, element_id: str, default: str | None = None) -> str:
        attributes = {} if default is None else {"default": default}
        return self.element(f"{kind}Gateway", element_id, **attributes)

    def catch(self, element_id: str, definition: str) -> str:
        return self.element("intermediateCatchEvent", element_id, definition)

    def throw(self, element_id: str, definition: str) -> str:
        return self.element("intermediateThrowEvent", element_id, definition)

    def boundary(self, element_id: str, host: str, definition: str, *, interrupting: bool = True) -> str:
        return self.element(
            "boundaryEvent",
            element_id,
            definition,
            attachedToRef=host,
            cancelActivity="true" if interrupting else "false",
        )

    def scope(self, element_id: str, loop: str = "") -> _Scope:
        return _Scope(self, element_id, loop)

    def event_scope(self, element_id: str) -> _Scope:
        """An event sub-process; its start event says what starts it."""
        return _Scope(self, element_id, "", {"triggeredByEvent": "true"})

    def undo(self, host: str, handler: str) -> None:
        """``handler`` undoes the completed ``host``."""
        event = f"{host}_undone"
        self.boundary(event, host, self.compensate())
        self.element("association", f"{event}_by", sourceRef=event, targetRef=handler)

    def call(self, element_id: str, called: str, loop: str = "") -> str:
        return self.element("callActivity", element_id, loop, calledElement=called)

    def called(self, key: str) -> _CalledMap:
        return _CalledMap(self, key)

    # definitions ------------------------------------------------------------------------------------------------
    def timer(self, event_id: str, rule: TimerRule) -> str:
        self.table("timers")[event_id] = rule
        tag = {TimerKind.DATE: "timeDate", TimerKind.DURATION: "timeDuration", TimerKind.CYCLE: "timeCycle"}[rule.kind]
        return f"<timerEventDefinition><{tag}>{event_id}</{tag}></timerEventDefinition>"

    def message(self, event_id: str, name: str, correlation: Mapping[str, str] | None = None) -> str:
        self.table("messages")[event_id] = MessageRule(name=name, correlation=correlation or {})
        return self._reference("message", name)

    def signal(self, name: str) -> str:
        return self._reference("signal", name)

    def error(self, code: str | None = None) -> str:
        return self._reference("error", code, f' errorCode="{code}"')

    def escalation(self, code: str | None = None) -> str:
        return self._reference("escalation", code, f' escalationCode="{code}"')

    def conditional(self, event_id: str, text: str) -> str:
        self.table("conditions")[event_id] = ExpressionCondition(text=text)
        return f"<conditionalEventDefinition><condition>{event_id}</condition></conditionalEventDefinition>"

    def terminate(self) -> str:
        return "<terminateEventDefinition/>"

    def cancel(self) -> str:
        return "<cancelEventDefinition/>"

    def compensate(self, activity: str | None = None) -> str:
        named = "" if activity is None else f' activityRef="{activity}"'
        return f"<compensateEventDefinition{named}/>"

    def _reference(self, kind: str, name: str | None, more: str = "") -> str:
        if name is None:
            return f"<{kind}EventDefinition/>"
        root = f"{kind}_{name}"
        self.roots[root] = f'<{kind} id="{root}" name="{name}"{more}/>'
        return f'<{kind}EventDefinition {kind}Ref="{root}"/>'

    def multi_instance(self, element_id: str, *, sequential: bool = False, **rule: Any) -> str:
        self.table("loops")[element_id] = LoopRule(sequential=sequential, **rule)
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
            f"<loopCardinality>{element_id}</loopCardinality></multiInstanceLoopCharacteristics>"
        )

    def standard_loop(self, element_id: str, *, test_before: bool = False, **rule: Any) -> str:
        self.table("loops")[element_id] = LoopRule(**rule)
        return f'<standardLoopCharacteristics testBefore="{str(test_before).lower()}"/>'

    # flows ------------------------------------------------------------------------------------------------------
    def flow(self, source: str, target: str, condition: str | Condition | None = None, flow_id: str = "") -> str:
        self.flows += 1
        flow_id = flow_id or f"f{self.flows}"
        inner = ""
        if condition is not None:
            rule = ExpressionCondition(text=condition) if isinstance(condition, str) else condition
            self.table("conditions")[flow_id] = rule
            inner = f"<conditionExpression>{flow_id}</conditionExpression>"
        self.body.append(
            f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
        )
        return flow_id

    def chain(self, *elements: str) -> None:
        for source, target in pairwise(elements):
            self.flow(source, target)

    def build(self, variables: Iterable[str] = ()) -> CompiledProcess:
        main = f'<process id="{self.key}" isExecutable="true">{"".join(self.body)}</process>'
        xml = (
            '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
            f"{''.join(self.roots.values())}{main}{''.join(self.maps)}</definitions>"
        )
        tables = {
            name: self.table(name)
            for name in (
                *("steps", "conditions", "timers", "loops", "messages", "calls", "assignments", "elements"),
                *("decisions", "decision_tasks"),
            )
        }
        parts = [xml, *(f"{name}{sorted(table.items(), key=str)}" for name, table in tables.items())]
        variables = frozenset(variables)
        digest = hashlib.sha256("".join([*parts, *sorted(variables)]).encode()).hexdigest()
        return CompiledProcess.model_validate(
            {
                "key": self.key,
                "name": self.key,
                "content_hash": digest,
                "executable": xml,
                "stages": (),
                "variables": variables,
                **tables,
            }
        )


@dataclass
class _Scope:
    builder: MapBuilder
    element_id: str
    loop: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    outer: list[str] = field(default_factory=list)

    def __enter__(self) -> MapBuilder:
        self.outer, self.builder.body = self.builder.body, []
        return self.builder

    def __exit__(self, *_: object) -> None:
        inner, self.builder.body = self.builder.body, self.outer
        self.builder.element("subProcess", self.element_id, self.loop + "".join(inner), **self.attributes)


@dataclass
class _CalledMap:
    builder: MapBuilder
    key: str
    outer: list[str] = field(default_factory=list)

    def __enter__(self) -> MapBuilder:
        self.outer, self.builder.body = self.builder.body, []
        return self.builder

    def __exit__(self, *_: object) -> None:
        inner, self.builder.body = self.builder.body, self.outer
        self.builder.maps.append(f'<process id="{self.key}" isExecutable="true">{"".join(inner)}</process>')


def after(days: int = 0, seconds: int = 0) -> TimerRule:
    return TimerRule(kind=TimerKind.DURATION, rule=ElapsedTime(days=days, seconds=seconds))


def every(days: int = 0, seconds: int = 0, repetitions: int | None = None) -> TimerRule:
    rule = ElapsedTime(days=days, seconds=seconds)
    return TimerRule(kind=TimerKind.CYCLE, rule=rule, repetitions=repetitions)


def when(outcomes: str, *steps: str) -> OutcomeCondition:
    return OutcomeCondition(steps=steps, outcomes=tuple(outcomes.split("|")))


class ElapsedDueTimes:
    """Counts by the clock on the wall, in UTC: enough for what the core has to know of time."""

    def first(self, rule: TimerRule, at: datetime) -> datetime:
        if isinstance(rule.rule, FixedInstant):
            moment = datetime.fromisoformat(rule.rule.text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return at + self._interval(rule)

    def next(self, rule: TimerRule, fired: datetime, at: datetime) -> datetime:
        interval = self._interval(rule)
        tick = fired + interval
        while tick <= at:
            tick += interval
        return tick

    def _interval(self, rule: TimerRule) -> timedelta:
        assert isinstance(rule.rule, ElapsedTime)
        return timedelta(days=rule.rule.days, seconds=rule.rule.seconds)


def context(at: datetime = MONDAY, **facts: Any) -> StepContext:
    return StepContext(at=at, due_times=ElapsedDueTimes(), facts=facts)
