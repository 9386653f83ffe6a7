"""What a new version of a map changes for those who stand in it: per step and timer, as facts to put in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.bpmn.compiled import CompiledProcess, Outcome, StepDefinition, StepKind
from engine.bpmn.forward_order import ForwardOrder
from engine.bpmn.spec import build_spec


class ChangeKind(StrEnum):
    NAME = "name"
    STAGE = "stage"
    INSTRUCTION = "instruction"
    DEADLINE = "deadline"
    ESCALATION = "escalation"
    RESPONSIBLE = "responsible"
    DISTRIBUTION = "distribution"
    FIELDS = "fields"
    OUTCOMES = "outcomes"
    FOUR_EYES = "four_eyes"
    ASKED_ANEW = "asked_anew"
    TIMER = "timer"
    TIMER_BEGINS = "timer_begins"
    EVENT_BEGINS = "event_begins"
    EVENT_GONE = "event_gone"
    MESSAGE = "message"
    NOT_ASKED = "not_asked"
    APPROVAL_PASSED = "approval_passed"
    # Of two versions beside each other, whoever stands in them:
    KIND = "kind"
    APPROVAL = "approval"
    FREEDOM = "freedom"
    APPROVED_CONTENT = "approved_content"
    REAUTHENTICATE = "reauthenticate"
    RECALL = "recall"
    CONTENT_SEEN = "content_seen"
    REASK = "reask"
    STAGES = "stages"
    CALLED = "called"
    REPEATS = "repeats"
    SERVICE = "service"
    WRITES = "writes"
    RESULT = "result"
    DECIDES = "decides"
    CONDITION = "condition"
    DEFAULT = "default"
    COMES_FROM = "comes_from"
    LEADS_TO = "leads_to"
    HIT_POLICY = "hit_policy"
    RULE = "rule"


HARMLESS = frozenset({ChangeKind.STAGE, ChangeKind.INSTRUCTION, ChangeKind.ESCALATION})
"""What changes nothing for whoever has the step. A step by another name may be another piece of work: that is shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """``element_id`` is of the new version, or of the old one for what is gone. ``before`` and ``now`` are rules."""

    kind: ChangeKind
    element_id: str
    before: Any = None
    now: Any = None


_ATTRIBUTES = (
    (ChangeKind.NAME, "name"),
    (ChangeKind.STAGE, "stage"),
    (ChangeKind.INSTRUCTION, "instruction"),
    (ChangeKind.DEADLINE, "deadline"),
    (ChangeKind.ESCALATION, "escalation"),
    (ChangeKind.RESPONSIBLE, "responsible"),
    (ChangeKind.DISTRIBUTION, "distribution"),
    (ChangeKind.FIELDS, "fields"),
    (ChangeKind.OUTCOMES, "outcomes"),
    (ChangeKind.FOUR_EYES, "four_eyes"),
)
_ALL_ATTRIBUTES = (
    *_ATTRIBUTES,
    (ChangeKind.KIND, "kind"),
    (ChangeKind.APPROVAL, "approval"),
    (ChangeKind.FREEDOM, "freedom"),
    (ChangeKind.APPROVED_CONTENT, "approved_content"),
    (ChangeKind.REAUTHENTICATE, "reauthenticate"),
    (ChangeKind.RECALL, "recall"),
    (ChangeKind.CONTENT_SEEN, "content_seen"),
    (ChangeKind.REASK, "reask"),
)


def is_asked_anew(old: StepDefinition | None, new: StepDefinition | None) -> bool:
    """Whether a waiting step has to be asked again: another kind of question, or others have to approve.

    Who was asked under the old rule must not decide under the new one: one voice would pass for the voices of all.
    """
    if old is None or new is None:
        return False
    several = new.approval is not None and new.approval.mode != "any"
    return old.kind is not new.kind or old.approval != new.approval or (several and old.responsible != new.responsible)


def attribute_changes(old: StepDefinition, new: StepDefinition) -> Iterator[Change]:
    """Everything that the map says otherwise about a step, for whoever compares the two versions."""
    for kind, attribute in _ALL_ATTRIBUTES:
        before, now = getattr(old, attribute), getattr(new, attribute)
        if before != now and not (kind is ChangeKind.OUTCOMES and _buttons(before) == _buttons(now)):
            yield Change(kind, new.element_id, before, now)


def _buttons(outcomes: Iterable[Outcome]) -> list[tuple[Any, ...]]:
    """Buttons as people see them: a way's id is only what the drawing tool called its arrow."""
    return [(one.kind, one.label, one.needs_reason) for one in outcomes]


def step_changes(old: StepDefinition, new: StepDefinition) -> Iterator[Change]:
    """What is different for who has the step before them."""
    for kind, attribute in _ATTRIBUTES:
        before, now = getattr(old, attribute), getattr(new, attribute)
        if before != now:
            yield Change(kind, new.element_id, before, now)
    if is_asked_anew(old, new):
        yield Change(ChangeKind.ASKED_ANEW, new.element_id, old.approval, new.approval)


def changes_for(
    old: CompiledProcess, new: CompiledProcess, *, waiting: Iterable[str], kept: Iterable[str], began: Iterable[str]
) -> tuple[Change, ...]:
    """What changes for an instance: ``waiting`` are the elements at which it stands in the old version, ``kept`` those
    at which it goes on waiting in the new one, ``began`` those at which it begins to wait.
    """
    waiting, kept, began = set(waiting), set(kept), set(began)
    changes: list[Change] = []
    for element in sorted(kept & waiting):
        if element in old.steps and element in new.steps:
            changes += step_changes(old.steps[element], new.steps[element])
        before, now = old.timers.get(element), new.timers.get(element)
        if before != now:
            changes.append(Change(ChangeKind.TIMER, element, before, now))
        if old.messages.get(element) != new.messages.get(element):
            changes.append(Change(ChangeKind.MESSAGE, element, old.messages.get(element), new.messages.get(element)))
    for element in sorted(began - new.steps.keys()):
        kind = ChangeKind.TIMER_BEGINS if element in new.timers else ChangeKind.EVENT_BEGINS
        changes.append(Change(kind, element, None, new.timers.get(element)))
    changes += [Change(ChangeKind.EVENT_GONE, element) for element in sorted(waiting - kept - began - old.steps.keys())]
    changes += [Change(ChangeKind.NOT_ASKED, element) for element in _left_behind(old, new, kept | began)]
    return tuple(changes)


def passed_approvals(
    old: CompiledProcess, new: CompiledProcess, *, left: Iterable[str], stands: Iterable[str]
) -> tuple[str, ...]:
    """Approvals of the new version that lay ahead of the places ``left`` by choice, and are not ahead any more."""
    left = tuple(left)
    if not left:
        return ()
    before = ForwardOrder(build_spec(old)).ahead_of(left)
    ahead = ForwardOrder(build_spec(new)).ahead_of(stands)
    return tuple(
        element
        for element, step in new.steps.items()
        if step.kind is StepKind.APPROVAL and element in before and element not in ahead
    )


def _left_behind(old: CompiledProcess, new: CompiledProcess, stands: set[str]) -> list[str]:
    """Steps that only the new version has, and that lie behind the deal: nobody will be asked for them."""
    added = [element for element in new.steps if element not in old.steps]
    if not added:
        return []
    ahead = ForwardOrder(build_spec(new)).ahead_of(stands)
    return [element for element in added if element not in ahead]
