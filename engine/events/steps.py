"""Events of steps: opened, taken, done, handed on, late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class StepOpened(Event):
    name: str
    element_id: str
    stage: str
    assignee: str
    group: str
    due_at: datetime | None
    part: int = 0


@dataclass(frozen=True, slots=True)
class StepClaimed(Event):
    name: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepReleased(Event):
    name: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepCompleted(Event):
    """``content_hash`` is the SHA-256 of ``content``: the deal's data that the person had before them.

    Of an approval that is what it is bound to (engine.policy.approved_content), ``files`` among it, each by its id,
    name, version, SHA-256 and size. ``authentication`` says how and when the person proved anew who they are, where the
    map asks for it. ``labels`` are those of the fields in ``content`` of an approval, and of choices made
    in them, as the map gave them then (queries.map_fields).
    """

    name: str
    element_id: str
    stage: str
    step_kind: str
    outcome: str
    outcome_label: str
    comment: str
    values: Mapping[str, Any]
    on_behalf_of: str
    department: str
    position: str
    due_at: datetime | None
    content: Mapping[str, Any]
    content_hash: str
    map_version: int
    authentication: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovalKept(Event):
    """An approval of an earlier round stands, because what it is bound to is what it was: nobody was asked again.

    ``given_in`` is the number of the entry in which it was given, ``given_at`` when, ``by`` by whom. ``content`` is as
    it stands now, ``values`` what was typed with the approval.
    """

    name: str
    element_id: str
    stage: str
    step_kind: str
    outcome: str
    outcome_label: str
    comment: str
    values: Mapping[str, Any]
    by: str
    on_behalf_of: str
    department: str
    position: str
    content: Mapping[str, Any]
    content_hash: str
    map_version: int
    given_in: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalAskedAgain(Event):
    """A given approval counts no more, because what it is bound to has changed: it is asked for again.

    ``by`` gave it. ``changes`` maps the name of a field, or ``file:`` and the id of a file, to [old, new].
    """

    name: str
    element_id: str
    by: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApprovalRecalled(Event):
    """Who asked for approvals took the request back. ``withdrawn`` are their names; the deal went on at ``to``."""

    to: str
    element_id: str
    withdrawn: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StepCancelled(Event):
    """``returned`` is the approval whose return took the step back with it; empty where the deal went another way."""

    name: str
    element_id: str
    returned: str = ""


@dataclass(frozen=True, slots=True)
class StepDelegated(Event):
    name: str
    to: str
    comment: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepHandedBack(Event):
    """``comment`` is what was found out; ``to`` a person, or the department where nobody may have it any more."""

    name: str
    to: str
    comment: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """Somebody was asked about the step ``name`` and did not get it."""

    name: str
    to: str
    question: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """``to`` is who had asked; ``on_behalf_of`` who was asked, where a substitute answered."""

    name: str
    to: str
    question: str
    answer: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class QuestionWithdrawn(Event):
    name: str
    to: str


@dataclass(frozen=True, slots=True)
class DeadlineSet(Event):
    """The date of the deal that it counts from was filled in after the step had been opened."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineTakenBack(Event):
    """The date that it was counted from was taken back: it waits for one again."""

    name: str


@dataclass(frozen=True, slots=True)
class DeadlineExtended(Event):
    name: str
    previous: datetime | None
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReminderSent(Event):
    name: str
    to: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepReminded(Event):
    """Somebody who heads the responsible asked for the step; ``to`` is who holds it, or may take it."""

    step: str
    to: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeadTold(Event):
    name: str
    to: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepReassigned(Event):
    name: str
    previous: str
    to: str
    due_at: datetime | None
