"""Steps that wait for people."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from engine.bpmn.compiled import Reauthentication, StepKind
from engine.model.work_item import WorkItemState
from webui.api.models.problems import FieldProblem
from webui.api.models.steps import FieldItem, OutcomeItem
from webui.api.models.values import (
    ClientName,
    DealName,
    Filled,
    Given,
    GroupName,
    Id,
    Line,
    Listed,
    Paging,
    Person,
    Query,
    Text,
    Told,
)

_MOST_AT_ONCE = 200
_LOSS_REASON: Any = Field(
    default=None, description="One of `/loss-reasons`: why the deal is lost, should this step lose it."
)
_NOT_TAKEN = "Names in `values` that changed nothing: the step has no such field, or did not ask for it this time."
_MISSING = "The deal is lost, and nobody has chosen why, though there is a list: `PATCH /deals/{deal_id}` says it."

Password = Annotated[
    str,
    Field(
        max_length=1024,
        description="The caller's own, where the step's `reauthenticate` is not `none`. It is kept nowhere.",
    ),
]
OneTimeCode = Annotated[
    str,
    Field(
        max_length=64,
        description="A code of the caller's authenticator application, where `reauthenticate` is `code`.",
    ),
]


class Scope(StrEnum):
    """Whose steps: held by the caller, free in the caller's departments, or all that the caller sees."""

    MINE = "mine"
    GROUPS = "groups"
    SUBSTITUTING = "substituting"
    WAITING = "waiting"
    DONE = "done"
    ALL = "all"


class ShownState(StrEnum):
    """``open`` is everything that waits, held by somebody or not; ``claimed`` what somebody holds."""

    OPEN = "open"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ALL = "all"


class WorkItemPath(Given):
    work_item_id: Id


class WorkItemsQuery(Paging):
    scope: Scope = Field(default=Scope.MINE, description="Whose steps.")
    state: ShownState = Field(
        default=ShownState.OPEN, description="`open` is everything that waits, `claimed` what of it somebody holds."
    )
    deal_id: Id | None = Field(default=None, description="Only steps of this deal.")
    q: Query = Field(default="", description="Any part of step, deal or client.")


class WorkItemItem(Told):
    """A step with its form and its buttons."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 31,
                    "name": "Погодити договір",
                    "kind": "approval",
                    "stage": "Погодження",
                    "state": "open",
                    "element_id": "legal",
                    "deal": {"id": 12, "number": "2026-00012", "title": "Насоси для водоканалу"},
                    "client": {"id": 3, "name": "ТОВ «Промінь»"},
                    "assignee": None,
                    "group": {"id": 2, "name": "Юридичний відділ"},
                    "opened_at": "2026-03-02T08:00:00Z",
                    "due_at": "2026-03-04T08:00:00Z",
                    "deadline": "2 р.д.",
                    "overdue": False,
                    "outcomes": [{"id": "approved", "kind": "approved", "label": "", "needs_reason": False}],
                    "fields": [],
                    "instruction": "",
                    "content": {"client": "ТОВ «Промінь»", "amount": "125000.00", "currency": "UAH", "files": []},
                    "content_hash": "5d1c",
                    "content_seen": False,
                    "reauthenticate": "none",
                    "outcome": None,
                    "completed_at": None,
                    "completed_by": "",
                    "may_act": True,
                    "may_claim": True,
                }
            ]
        },
    )

    id: int
    name: str
    kind: StepKind
    stage: str
    state: WorkItemState
    element_id: str
    deal: DealName
    client: ClientName
    assignee: Person | None = Field(description="Who holds the step.")
    group: GroupName | None = Field(description="The department whose members may take it.")
    opened_at: datetime
    due_at: datetime | None
    deadline: str = Field(description="As the map's owner wrote it.")
    overdue: bool
    outcomes: tuple[OutcomeItem, ...]
    fields: tuple[FieldItem, ...]
    instruction: str
    content: dict[str, Any] = Field(description="What an approval is bound to: values and files. Else empty.")
    content_hash: str = Field(description="SHA-256 of the canonical JSON of `content`, empty where there is none.")
    content_seen: bool = Field(description="Whether an approval has to come with the `content_hash` that was read.")
    reauthenticate: Reauthentication = Field(
        description="Which proof has to come with the decision: `password`, or `code` for `password` and `totp`."
    )
    outcome: str | None = Field(description="The button pressed, once the step is done.")
    completed_at: datetime | None
    completed_by: str
    may_act: bool = Field(description="Whether the caller may do the step now.")
    may_claim: bool = Field(description="Whether the caller may take it.")


class WorkItemStatus(Told):
    """How a step stands after a command."""

    id: int
    name: str
    state: WorkItemState
    deal_id: int
    assignee: Person | None
    due_at: datetime | None
    outcome: str | None
    completed_at: datetime | None
    completed_by: str
    loss_reason_missing: bool = Field(default=False, description=_MISSING)
    values_not_taken: tuple[str, ...] = Field(default=(), description=_NOT_TAKEN)


class Decision(Given):
    """What is decided at a step, and on what."""

    values: dict[str, Any] = Field(default={}, description="By field name: texts as people type them, or JSON values.")
    outcome: Line = Field(
        default="completed",
        description="completed, approved, returned, rejected, or the id of the way chosen: one of `outcomes`.",
    )
    comment: Text = Field(
        default="", description="The reason of a return or a rejection; with `approved`, remarks that others heed."
    )
    content_hash: Line | None = Field(
        default=None,
        description="`content_hash` of the step as it was read. If the content has changed since, nothing is decided. "
        "Where the step's `content_seen` is true, nothing is approved without it.",
    )


class Completion(Decision):
    """How a step is done."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"values": {"discount": 7.5}, "outcome": "completed", "comment": ""},
                {"outcome": "returned", "comment": "Знижка завелика"},
            ]
        },
    )

    password: Password = ""
    totp: OneTimeCode = ""
    loss_reason_id: Id | None = _LOSS_REASON


class Recall(Given):
    """Why a request for approval is taken back."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"reason": "Клієнт змінив умови"}]}
    )

    reason: Text


class Handover(Given):
    """Who shall do the step."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"to": "taras"}]})

    to: Id | Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="A person by login or id."
    )
    comment: Text = ""


class HandBack(Given):
    """What was found out, for whoever handed the step on."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"answer": "Порахував: 7 %"}]}
    )

    answer: Text


class Extension(Given):
    """Until when the step may take."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"due_at": "2 р.д.", "reason": "Клієнт у відпустці"}]},
    )

    due_at: Annotated[Line, Filled] = Field(
        description="A moment as RFC 3339, or a rule such as `2 р.д.` counted from now."
    )
    reason: Annotated[Text, Filled]


class Comment(Given):
    """What is said at a step."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"text": "Чекаю рахунок"}]})

    text: Text


class CompletionOf(Decision):
    """How one of several steps is done."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"id": 31}]})

    id: Id
    loss_reason_id: Id | None = _LOSS_REASON


class Completions(Given):
    """Several steps; one that cannot be done does not hold the others back."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"items": [{"id": 31, "outcome": "approved"}, {"id": 32, "outcome": "approved"}]}]
        },
    )

    items: list[CompletionOf] = Field(min_length=1, max_length=_MOST_AT_ONCE)
    password: Password = ""
    totp: OneTimeCode = ""


class CompletionFault(Told):
    """Why a step was not done."""

    code: str
    detail: str
    errors: dict[str, FieldProblem]


class CompletionResultItem(Told):
    """What became of one step."""

    id: int
    done: bool
    error: CompletionFault | None
    loss_reason_missing: bool = Field(description=_MISSING)
    values_not_taken: tuple[str, ...] = Field(description=_NOT_TAKEN)


class CompletionResults(Told):
    """In the order in which they were asked for."""

    items: tuple[CompletionResultItem, ...]


class WorkItemList(Listed[WorkItemItem]):
    """Steps, nearest deadline first; those that are done latest first."""
