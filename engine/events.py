"""History events: what happened, in the past tense, with the data that a timeline, a report or an auditor needs.

Values are strings, whole numbers, booleans, None, and lists and dicts of them: never floats, so that the canonical
JSON of an event, and with it the hash in the chain, is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

_PLAIN = frozenset({str, int, bool, type(None)})
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events. ``kind`` is the class name in snake_case."""

    @property
    def kind(self) -> str:
        return kind_of(type(self))

    @property
    def data(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def kind_of(event: type[Event]) -> str:
    return _in_snake_case(event.__name__)


@cache
def _in_snake_case(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


def plain(value: Any) -> Any:
    """The value as JSON without floats: decimals, dates and instants as texts."""
    if type(value) in _PLAIN:  # nearly everything is: the questions below cost more than the answer
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime | date) else value


@dataclass(frozen=True, slots=True)
class DealOpened(Event):
    number: str
    title: str
    client: str
    amount: Decimal | None
    currency: str
    owner: str
    map_key: str
    map_version: int
    map_hash: str


@dataclass(frozen=True, slots=True)
class DealChanged(Event):
    """``changes`` maps a field's name to [old, new]."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageChanged(Event):
    stage: str
    previous: str


@dataclass(frozen=True, slots=True)
class DealWon(Event):
    end: str


@dataclass(frozen=True, slots=True)
class DealLost(Event):
    end: str
    reason: str


@dataclass(frozen=True, slots=True)
class DealCancelled(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class DealReopened(Event):
    """A cancelled deal goes on where it was. ``deadlines`` is ``shift`` or ``keep``."""

    reason: str
    deadlines: str


@dataclass(frozen=True, slots=True)
class DealMoved(Event):
    """A person sent the deal to a step outside of the map's order.

    ``left`` and ``passed_over`` are names: of the steps that were withdrawn, and of the approvals that lay ahead and
    are not asked any more. ``freedom`` is what the map says about such a move.
    """

    to: str
    element_id: str
    left: tuple[str, ...]
    passed_over: tuple[str, ...]
    goes_back: bool
    freedom: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoveUndone(Event):
    to: str
    element_id: str


@dataclass(frozen=True, slots=True)
class DealSuspended(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class DealResumed(Event):
    """``deadlines`` is ``shift`` (moved by the pause) or ``keep``."""

    suspended_at: datetime
    deadlines: str


@dataclass(frozen=True, slots=True)
class VariablesSet(Event):
    """An administrator repaired decision variables. ``changes`` maps a variable's name to [old, new]."""

    changes: Mapping[str, Any]
    reason: str
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class Commented(Event):
    text: str
    step: str = ""


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


@dataclass(frozen=True, slots=True)
class StepReleased(Event):
    name: str


@dataclass(frozen=True, slots=True)
class StepCompleted(Event):
    """``content_hash`` is the SHA-256 of ``content``: the deal's data that the person had before them."""

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


@dataclass(frozen=True, slots=True)
class StepCancelled(Event):
    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class StepDelegated(Event):
    name: str
    to: str
    comment: str


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


@dataclass(frozen=True, slots=True)
class TimerFired(Event):
    name: str
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignalReceived(Event):
    name: str


@dataclass(frozen=True, slots=True)
class EventThrown(Event):
    """The map threw an event that leaves the deal: ``event`` is message, signal or escalation."""

    event: str
    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class DecisionMade(Event):
    """A decision table decided the business rule task ``name``. ``rules`` are the numbers of the rules that counted.

    ``inputs`` are the values of the columns by label; ``outputs`` what was kept, by name; ``needed`` the decisions
    made for this one before: by table [rules, outputs].
    """

    name: str
    element_id: str
    table: str
    rules: tuple[int, ...]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    needed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallOpened(Event):
    """A step that a program does waits for it. ``target`` says whom: a topic, a host, an address; never a secret."""

    name: str
    element_id: str
    connector: str
    target: str


@dataclass(frozen=True, slots=True)
class CallCompleted(Event):
    """``values`` are what the answer became; with ``error``, the map's own handler of that code goes on."""

    name: str
    element_id: str
    connector: str
    target: str
    values: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallFailed(Event):
    """``retry_at`` is when it is made again; None: an administrator decides."""

    name: str
    element_id: str
    connector: str
    target: str
    error: str
    attempts: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallCancelled(Event):
    """The deal went another way before the answer came."""

    name: str
    element_id: str


@dataclass(frozen=True, slots=True)
class OpenedByStep(Event):
    """A step of another deal has opened this one."""

    name: str
    deal_id: int
    deal_number: str


@dataclass(frozen=True, slots=True)
class CallHostAllowed(Event):
    host: str


@dataclass(frozen=True, slots=True)
class CallHostForbidden(Event):
    host: str


@dataclass(frozen=True, slots=True)
class CallSecretSet(Event):
    """``host`` is the only one that it is sent to. The secret itself is told nowhere."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class CallSecretRemoved(Event):
    name: str


@dataclass(frozen=True, slots=True)
class IncidentRecorded(Event):
    code: str
    element: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentResolved(Event):
    """``reason`` is given where it was closed by hand."""

    code: str
    element: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionDeployed(Event):
    key: str
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class DefinitionAmended(Event):
    """A draft's files were replaced by edited ones. ``revision`` is the new one; ``based_on`` is the number of the
    version that was edited, where a draft was made of another version.
    """

    key: str
    version: int
    revision: int
    content_hash: str
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class DefinitionPublished(Event):
    """``called_key`` and ``called_version`` name the map whose publishing brought this version about, if one did.

    ``note`` says why it was published.
    """

    key: str
    version: int
    called_key: str = ""
    called_version: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DefinitionRetired(Event):
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class MapRulesChanged(Event):
    """The rules of a map as they are now, by name."""

    key: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DealVersionMoved(Event):
    """The deal follows another version of its map. ``changes`` names the kinds of what is different where it stands;
    ``chosen`` maps the name of a place to that of the step at which the deal goes on instead; ``passed_over`` names the
    approvals that this left behind without their being given.
    """

    map_key: str
    from_version: int
    to_version: int
    map_hash: str
    changes: tuple[str, ...]
    chosen: Mapping[str, str]
    move_id: int
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionMoveUndone(Event):
    map_key: str
    from_version: int
    to_version: int
    move_id: int


@dataclass(frozen=True, slots=True)
class VersionMoveStarted(Event):
    """Running deals are moved to a version. ``deals`` is how many."""

    move_id: int
    key: str
    version: int
    deals: int
    deadlines: str
    holders: str


@dataclass(frozen=True, slots=True)
class VersionMoveCancelled(Event):
    move_id: int
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class VersionMoveTakenBack(Event):
    """All deals of a move that have not gone on since return to where they were."""

    move_id: int
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class ClientAdded(Event):
    client_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ClientChanged(Event):
    client_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContactAdded(Event):
    client_id: int
    contact_id: int


@dataclass(frozen=True, slots=True)
class PersonAdded(Event):
    person_id: int
    login: str
    role: str


@dataclass(frozen=True, slots=True)
class PersonChanged(Event):
    person_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    person_id: int


@dataclass(frozen=True, slots=True)
class SubstitutionSet(Event):
    person_id: int
    substitute_id: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SubstitutionEnded(Event):
    person_id: int
    substitute_id: int


@dataclass(frozen=True, slots=True)
class DepartmentAdded(Event):
    department_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DepartmentChanged(Event):
    department_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CalendarChanged(Event):
    calendar_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenCreated(Event):
    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    person_id: int
    token_id: int


@dataclass(frozen=True, slots=True)
class WebhookAdded(Event):
    webhook_id: int
    url: str


@dataclass(frozen=True, slots=True)
class WebhookRemoved(Event):
    webhook_id: int
