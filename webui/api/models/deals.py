"""Deals and what is recorded of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PlainSerializer, StringConstraints

from engine.bpmn.compiled import StepKind
from engine.commands.suspensions import Deadlines
from engine.model.deal import DealResult
from engine.queries.deal_list import DealSort
from engine.queries.deal_view import PassageState
from engine.queries.deal_waiting import Standing, WaitingKind
from webui.api.models.clients import ContactItem, NewClient
from webui.api.models.values import (
    LONGEST_PAGE,
    READ_VERSION,
    ClientName,
    Day,
    Filled,
    Given,
    Id,
    Key,
    Line,
    Listed,
    Money,
    Paging,
    PersonName,
    Query,
    ReadVersion,
    Sentence,
    Told,
)

Title = Annotated[str, StringConstraints(max_length=300)]
Currency = Annotated[str, StringConstraints(max_length=3, min_length=3)]
Owner = Id | Annotated[str, StringConstraints(min_length=1, max_length=64)]
ToldMoney = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class NewDeal(Given):
    """A deal for a known client, or for a new one that is added with it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "Насоси для водоканалу",
                    "client": {"name": "ТОВ «Промінь»", "edrpou": "32855961"},
                    "amount": "125000.50",
                    "currency": "UAH",
                    "definition_key": "b2b-sale",
                    "owner": "olena",
                    "fields": {"delivery": "Київ"},
                }
            ]
        },
    )

    needs_one_of: ClassVar[tuple[str, ...]] = ("client_id", "client")

    title: Annotated[Title, Filled]
    definition_key: Key = Field(description="The key of a published sales map.")
    client_id: Id | None = Field(default=None, description="A known client.")
    client: NewClient | None = Field(default=None, description="A new client, instead of `client_id`.")
    amount: Money | None = None
    currency: Currency = Field(default="UAH", description="ISO 4217: UAH, USD, EUR, GBP or PLN.")
    owner: Owner | None = Field(default=None, description="A sales manager by login or id; without one, the caller.")
    close_date: Day | None = Field(default=None, description="When the deal is expected to be won.")
    fields: dict[str, Any] = Field(default={}, description="What the map's steps would ask for, by name.")


class DealChanges(Given):
    """Only what is named is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"amount": 118000}]})

    title: Title = ""
    amount: Money | None = None
    currency: Currency = "UAH"
    close_date: Day | None = None
    owner: Owner | None = None
    loss_reason: Sentence = Field(default="", description="Also of a closed deal.")
    loss_reason_id: Id | None = Field(
        default=None,
        description="One of `/loss-reasons`, also of a closed deal; `loss_reason` is what stands beside it.",
    )
    fields: dict[str, Any] = Field(default={}, description="Merged into the stored ones by name.")
    read_version: ReadVersion | None = READ_VERSION
    ask_again: bool = Field(
        default=False,
        description="Change what was approved, too, where the map allows it (`reask`): steps under way are withdrawn, "
        "and whoever approved what changes is asked again. Without it that is refused with `content_approved`.",
    )


class DealPath(Given):
    deal_id: Id


class DealDetailQuery(Given):
    """How much of a deal is wanted."""

    contacts_limit: int | None = Field(
        default=None, ge=1, le=LONGEST_PAGE, description="How many contacts of the client at most; else all."
    )


class DealMove(Given):
    """Where a deal goes on, out of its map's order."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        json_schema_extra={"examples": [{"to": "Підготувати пропозицію", "reason": "Клієнт змінив умови"}]},
    )

    to: Key = Field(description="The step's element id, or its name.")
    withdrawn: Annotated[tuple[Id, ...], Field(max_length=200)] | None = Field(
        default=None, alias="from", description="Open work items to take back; without it, whatever the move needs."
    )
    reason: Sentence = ""


class MoveUndoing(Given):
    """Which move is taken back."""

    intervention_id: Id | None = Field(default=None, description="Without it, the latest move.")


class Suspension(Given):
    """Why a deal rests."""

    reason: Sentence


class Resumption(Given):
    """What becomes of the deadlines."""

    deadlines: Deadlines = Field(
        default=Deadlines.SHIFT, description="`shift`: what was left is left. `keep`: they stand where they stood."
    )


class Cancellation(Given):
    """Why a deal ends that its map does not end: a reason of the list, words of one's own, or both."""

    reason: Sentence = ""
    reason_id: Id | None = Field(default=None, description="One of `/loss-reasons`.")


class Reopening(Given):
    """Why a cancelled deal goes on."""

    reason: Sentence
    deadlines: Deadlines = Deadlines.SHIFT


class VariablesToSet(Given):
    """Values of decision variables, as the map's forms write them."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"values": {"discount": "12.5"}, "reason": "Помилка введення"}]},
    )

    values: dict[str, Any]
    reason: Sentence


class VariablesUndoing(Given):
    """Which setting is taken back."""

    intervention_id: Id


class MoveRefusal(Told):
    """Why a deal cannot be moved there."""

    code: str
    message: str


class MoveTargetItem(Told):
    """A step to which the deal could be moved, and what the move would do."""

    element_id: str
    source_id: str = Field(description="The id in the owner's file.")
    name: str
    stage: str
    kind: StepKind
    responsible: tuple[str, ...]
    refusal: MoveRefusal | None = Field(description="Why not: the map's reason or the caller's; null where it can.")
    goes_back: bool
    needs_reason: bool
    withdrawn: tuple[str, ...] = Field(description="Names of open steps that the move takes back.")
    kept: tuple[str, ...] = Field(description="Names of open steps that stay.")
    passed_over: tuple[str, ...] = Field(description="Approvals that lie ahead and would not be asked any more.")
    asked_again: tuple[str, ...] = Field(description="Approvals that were behind and would lie ahead.")


class DealsQuery(Paging):
    q: Query = Field(default="", description="Any part of number, title, client or amount.")
    stage: Line | None = None
    owner_id: Id | None = None
    result: DealResult | None = None
    definition_key: Key | None = None
    map_version: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Only deals that follow, or followed to their end, this version."
    )
    client_id: Id | None = None
    loss_reason_id: Id | None = Field(default=None, description="Only deals that ended for this reason of the list.")
    overdue: bool = Field(default=False, description="Only deals with a late step.")
    sort: DealSort = Field(default=DealSort.LATEST, description="A minus means: largest or latest first.")


class DealItem(Told):
    """A deal."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 12,
                    "number": "2026-00012",
                    "title": "Насоси для водоканалу",
                    "client": {"id": 3, "name": "ТОВ «Промінь»"},
                    "amount": 125000.5,
                    "currency": "UAH",
                    "owner": {"id": 2, "name": "Олена Коваль"},
                    "definition_key": "b2b-sale",
                    "stage": "Погодження",
                    "stage_since": "2026-03-02T08:00:00Z",
                    "result": "open",
                    "loss_reason": "",
                    "loss_reason_id": None,
                    "close_date": "2026-04-30",
                    "opened_at": "2026-03-01T08:00:00Z",
                    "closed_at": None,
                    "open_steps": 3,
                    "overdue_steps": 1,
                    "next_due_at": "2026-03-03T16:00:00Z",
                    "version": 14,
                }
            ]
        },
    )

    id: int
    number: str
    title: str
    client: ClientName
    amount: ToldMoney | None = Field(description="With at most two decimals.")
    currency: str
    owner: PersonName
    definition_key: str
    stage: str
    stage_since: datetime | None
    result: DealResult
    loss_reason: str = Field(description="Why it ended without a sale, in words.")
    loss_reason_id: int | None = Field(description="The reason of the list, if one was chosen.")
    close_date: date | None
    opened_at: datetime
    closed_at: datetime | None
    open_steps: int
    overdue_steps: int
    next_due_at: datetime | None = Field(description="The nearest deadline of a live step.")
    version: int = Field(description="Grows with everything that happens to the deal.")


class FollowedDefinition(Told):
    """The version of the map that a deal follows."""

    id: int
    key: str
    name: str
    version: int


class StagePassageItem(Told):
    """A stage on the deal's path."""

    name: str
    state: PassageState
    spent_s: int = Field(description="Working time over all visits, in seconds.")
    visits: int
    since: datetime | None = Field(description="Only for the current stage.")


class OpenStep(Told):
    """A step that waits for somebody."""

    id: int
    name: str
    stage: str
    who: str = Field(description="Who holds it, else the department that may take it.")
    due_at: datetime | None
    overdue: bool


class DealDetail(DealItem):
    """A deal with everything that is known of it."""

    fields: dict[str, Any] = Field(description="What the map's steps have asked for so far. Numbers are texts.")
    contacts: tuple[ContactItem, ...] = Field(
        description="The client's, by name: the first `contacts_limit`, or all. `GET /contacts` has them page by page."
    )
    contacts_total: int = Field(description="How many contacts the client has.")
    stages: tuple[StagePassageItem, ...]
    steps: tuple[OpenStep, ...]
    definition: FollowedDefinition | None
    may_edit: bool


class WaitingItem(Told):
    """Something that a deal waits for."""

    kind: WaitingKind
    name: str = Field(description="Of the step, event or message; of an incident its code; of `nothing`, the place.")
    who: str = Field(description="Who holds the step or may take it; empty elsewhere.")
    due_at: datetime | None
    overdue: bool
    work_item_id: int | None
    may_act: bool = Field(description="Whether the caller can do the step.")
    given: int = Field(description="How many have decided on an approval by several, of `asked`.")
    asked: int
    race: str = Field(description="What has the same value stands behind one event gateway: the first decides.")


class EntrySignatureItem(Told):
    """Ed25519 over the statement that gives the entry its place among all entries of the company."""

    position: int
    previous: str
    at: str
    key: str
    hash: str
    signature: str


class ChainEntryItem(Told):
    """An entry of the deal's history. What is hashed holds SHA-256 of salt and text for texts of `salts`."""

    deal: int
    number: int
    kind: str
    actor_id: int | None
    actor_name: str
    work_item_id: int | None
    at: str
    data: dict[str, Any]
    previous_hash: str
    hash: str
    signature: EntrySignatureItem | None = Field(description="Empty for some seconds after the entry was recorded.")
    salts: dict[str, str] = Field(
        description="By the place of a text in `data` (JSON Pointer): its salt in hex, or `=` and the SHA-256 that is "
        "left of an erased one. Empty in entries from before."
    )


class DecisionItem(Told):
    """A decision with what was decided on."""

    number: int
    step: str
    approver: str
    position: str
    department: str
    on_behalf_of: str
    outcome: str
    outcome_label: str
    comment: str
    at: str
    content: dict[str, Any]
    content_hash: str = Field(description="SHA-256 of the canonical JSON of `content`.")
    entry_hash: str
    authentication: Any = Field(
        description="How and when the person proved anew who they are, if the map asked for it."
    )


class ChainHead(Told):
    number: int
    hash: str


class SigningKeyItem(Told):
    """A public key of the company. `introduced_by` is the key that signed this one; empty for the first."""

    key: str
    public_key: str = Field(description="Ed25519, 32 bytes in hex.")
    since: str
    introduced_by: str
    signature: str


class ApprovalSheetFile(Told):
    """Who decided what, on which content, with the whole chain that proves it: `reglament sheet verify FILE`.

    A simple electronic signature with proof of integrity, not a qualified one.
    """

    format: Literal["reglament-approval-sheet/3"]
    deal: int
    number: str
    title: str
    client: str
    decisions: tuple[DecisionItem, ...]
    entries: tuple[ChainEntryItem, ...]
    head: ChainHead
    keys: tuple[SigningKeyItem, ...]


class MoveTargetList(Listed[MoveTargetItem]):
    """All steps of the deal's map, in the order of its stages."""


class DealList(Listed[DealItem]):
    """Deals."""


class WaitingList(Listed[WaitingItem]):
    """Everything that a deal waits for: incidents, steps by deadline, events, calls. Nothing when it rests or is over.

    The sentence tells every state, in the caller's language.
    """

    standing: Standing
    sentence: str
