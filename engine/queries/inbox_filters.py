"""What a person narrows a tab of the inbox to, and how it is sorted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, union_all
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.list_choice import ListChoice
from engine.model.process_definition import ProcessDefinition
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.inbox_tabs import Tab, live_steps, reasons
from engine.queries.scopes import choosable_clients

MOST_SORTED = 1_000
"""Another order than by deadline is that of so many steps at most, those due soonest."""

_MOST_NAMED = 200  # deals; a filter that fits more of them meets its steps soon when they are read in their order


class InboxSort(StrEnum):
    DEADLINE = "deadline"  # nearest first, in groups
    LARGEST = "amount"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Nothing set narrows nothing. ``definition_key`` names a sales map; ``client_name`` is as of the choice."""

    sort: InboxSort = InboxSort.DEADLINE
    stage: str = ""
    definition_key: str = ""
    client_id: int | None = None
    client_name: str = ""
    overdue: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.stage or self.definition_key or self.client_id or self.overdue)

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> InboxFilter:
        """From what was kept, perhaps by another version: what is not understood any more is left out."""
        sort, client = kept.get("sort"), kept.get("client_id")
        return cls(
            sort=InboxSort(sort) if sort in set(InboxSort) else InboxSort.DEADLINE,
            stage=str(kept.get("stage") or ""),
            definition_key=str(kept.get("definition_key") or ""),
            client_id=client if isinstance(client, int) else None,
            client_name=str(kept.get("client_name") or "") if isinstance(client, int) else "",
            overdue=bool(kept.get("overdue")),
        )


@dataclass(frozen=True, slots=True)
class MapChoice:
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The stages and the sales maps that a tab can be narrowed to."""

    stages: tuple[str, ...]
    maps: tuple[MapChoice, ...]


def kept_filter(session: Session, actor: Actor, tab: Tab) -> InboxFilter:
    """What the actor chose for the tab last, on whatever device."""
    chosen = session.scalar(
        select(ListChoice.chosen).where(ListChoice.person_id == actor.person_id, ListChoice.list_name == list_name(tab))
    )
    return InboxFilter.restored(chosen or {})


def list_name(tab: Tab) -> str:
    return f"inbox.{tab.value}"


def client_to_choose(session: Session, actor: Actor, client_id: int) -> str:
    """The name of a client whom the actor may choose; empty where there is none."""
    return session.scalar(select(Client.name).where(Client.id == client_id, choosable_clients(actor))) or ""


def narrowing(session: Session, chosen: InboxFilter, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as conditions on live or done steps."""
    conditions: list[ColumnElement[bool]] = []
    if chosen.stage:
        conditions.append(WorkItem.stage == chosen.stage)
    if chosen.overdue:
        conditions.append(WorkItem.due_at < now)
    if chosen.client_id is not None:
        # The client may have been merged since it was chosen.
        into = select(Client.merged_into_id).where(Client.id == chosen.client_id).scalar_subquery()
        conditions.append(_in_deals(session, Deal.client_id == func.coalesce(into, chosen.client_id)))
    if chosen.definition_key:
        conditions.append(_in_deals(session, Deal.definition_key == chosen.definition_key))
    return conditions


def choices_at_hand(session: Session, actor: Actor, tab: Tab, chosen: InboxFilter) -> Choices:
    """What a tab's steps can be narrowed to, by name, and what they are narrowed to now.

    Where there are very many steps, that of some of them: nobody waits for a look at all.
    """
    why = reasons(actor, tab) if tab is Tab.DONE else live_steps(actor, tab)
    some = [select(select(WorkItem.stage, WorkItem.deal_id).where(one).limit(MOST_SORTED).subquery()) for one in why]
    found: Sequence[Row[str, str]] = []
    if some:
        steps = union_all(*some).subquery("steps")
        seen = select(steps.c.stage, Deal.definition_key).join(Deal, Deal.id == steps.c.deal_id).distinct()
        found = session.execute(seen).all()
    stages = {stage for stage, _ in found} | {chosen.stage}
    names = _map_names(session, {key for _, key in found} | {chosen.definition_key})
    maps = sorted(
        (MapChoice(key, name) for key, name in names.items() if key), key=lambda one: (sort_key(one.name), one.key)
    )
    return Choices(tuple(stage for stage in sorted(stages, key=sort_key) if stage), tuple(maps))


def map_name(session: Session, key: str) -> str:
    """The name of the newest version of a sales map; its key where there is none."""
    newest = select(ProcessDefinition.name).where(ProcessDefinition.key == key)
    return session.scalar(newest.order_by(ProcessDefinition.version.desc()).limit(1)) or key


def _map_names(session: Session, keys: Collection[str]) -> dict[str, str]:
    """By key, each as its newest version calls it."""
    versions = select(ProcessDefinition.key, ProcessDefinition.name).where(ProcessDefinition.key.in_(keys))
    named = session.execute(versions.order_by(ProcessDefinition.version))
    return {key: key for key in keys} | {row.key: row.name for row in named}


def _in_deals(session: Session, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Few deals are named, so that their steps are found by them; of many, a step's deal is looked at."""
    named: Sequence[int] = session.scalars(select(Deal.id).where(condition).limit(_MOST_NAMED + 1)).all()
    if len(named) <= _MOST_NAMED:
        return WorkItem.deal_id.in_(named)
    return select(Deal.id).where(Deal.id == WorkItem.deal_id, condition).correlate(WorkItem).exists()
