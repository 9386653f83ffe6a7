"""The company's own fields as columns of lists: which ones somebody may choose, and what the rows of a page hold there.

Of a deal these are the fields that its sales map asks for, of a client those that the company gave its clients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, load_only

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor
from engine.queries.directories import directory
from engine.queries.known_maps import known_maps
from engine.queries.map_fields import map_fields
from engine.queries.own_fields import own_fields
from engine.queries.processes import hold_definition, process_of

OF_DEAL: Final = "fields."
OF_CLIENT: Final = "client.fields."
"""Before the names of fields in the words of columns, so that none is taken for a column of every list."""

_DEAL_ROOT = "deal."
_NOT_IN_A_CELL = frozenset({FieldType.LINES, FieldType.FILE})
_OF_CLIENTS_MONEY = "UAH"  # as on a client's card: a client has no currency
_LARGEST_ID = 2**63 - 1
_OF_EVERY_DEAL = frozenset({"title", "number", "amount", "currency", "close_date", "stage"})


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """``value`` is its word in what is kept of a person's choice: the name of a field never changes, its label may.

    ``maps`` names the sales maps that ask for the field, for a field of deals, and ``step`` the first step of the first
    of them that does, empty where none asks for it by itself. ``is_listed``: the company has made it a
    column of everybody's list of clients who has chosen nothing else. Two columns of one word are equal.
    """

    value: str
    definition: FieldDefinition = field(compare=False)
    label: str = field(compare=False)
    maps: tuple[str, ...] = field(default=(), compare=False)
    step: str = field(default="", compare=False)
    is_listed: bool = field(default=False, compare=False)

    @property
    def is_of_client(self) -> bool:
        return self.value.startswith(OF_CLIENT)

    @property
    def name(self) -> str:
        """Under which its values are stored."""
        return self.value.removeprefix(OF_CLIENT).removeprefix(OF_DEAL)


@dataclass(frozen=True, slots=True)
class HeldValue:
    """``definition`` is the field's in the version of the map that the deal follows; ``currency`` that of its money.

    ``stored`` is JSON, None where there is no value.
    """

    definition: FieldDefinition
    stored: Any
    currency: str


@dataclass(frozen=True, slots=True)
class OwnValues:
    """What rows hold in own columns, by the row's id, and the names of the people and clients that they refer to."""

    by_row: Mapping[int, Mapping[OwnColumn, HeldValue]]
    names: Mapping[tuple[FieldType, int], str]


def own_columns_of_clients(session: Session, wanted: Collection[str] | None = None) -> tuple[OwnColumn, ...]:
    """The fields of clients that are in use, in the company's order; of those in ``wanted`` only, if that is given."""
    columns = (
        OwnColumn(OF_CLIENT + one.name, one.definition, one.definition.label or one.name, is_listed=one.is_listed)
        for one in own_fields(session, FieldSubject.CLIENT)
    )
    return tuple(one for one in columns if wanted is None or one.value in wanted)


def own_columns_of_deals(
    session: Session, actor: Actor, wanted: Collection[str] | None = None
) -> tuple[OwnColumn, ...]:
    """The fields of clients, then what the maps of the deals that the actor sees ask for, those of the most used first.

    A map's fields are those of its version in force, or of its newest where none is. Tables of lines and files fit into
    no cell. Only columns in ``wanted``, if that is given: where none of them is of deals, no map is looked at.
    """
    of_clients = own_columns_of_clients(session, wanted)
    if wanted is not None and not any(one.startswith(OF_DEAL) for one in wanted):
        return of_clients
    columns = _of_maps(session, actor)
    return (*of_clients, *(one for one in columns if wanted is None or one.value in wanted))


def _of_maps(session: Session, actor: Actor) -> tuple[OwnColumn, ...]:
    """A field that several maps ask for is one column, with the label that each of them gives it."""
    found: dict[str, list[tuple[str, FieldDefinition]]] = {}
    steps: dict[str, str] = {}
    for map_name, process in _processes(session, actor):
        asking = _asking_steps(process)
        for name, definition in _fields_in_cells(process).items():
            found.setdefault(name, []).append((map_name, definition))
            steps.setdefault(name, asking.get(name, ""))
    return tuple(
        OwnColumn(
            OF_DEAL + name,
            by_map[0][1],
            " / ".join(dict.fromkeys(one.label or name for _map, one in by_map)),
            tuple(map_name for map_name, _one in by_map),
            steps[name],
        )
        for name, by_map in found.items()
    )


def _processes(session: Session, actor: Actor) -> Sequence[tuple[str, CompiledProcess]]:
    """The known maps by name, the most used first."""
    known = known_maps(session, actor)
    is_in_force = case((ProcessDefinition.state == DefinitionState.PUBLISHED, 1), else_=0)
    rank = func.row_number().over(
        partition_by=ProcessDefinition.key, order_by=(is_in_force.desc(), ProcessDefinition.version.desc())
    )
    versions = (
        select(ProcessDefinition.id, ProcessDefinition.key, rank.label("rank"))
        .where(
            ProcessDefinition.key.in_([one.key for one in known]),
            ProcessDefinition.state != DefinitionState.DRAFT,
        )
        .subquery()
    )
    ids = {key: id_ for id_, key in session.execute(select(versions.c.id, versions.c.key).where(versions.c.rank == 1))}
    _hold(session, ids.values())
    return [(one.name, process_of(session, ids[one.key])) for one in known if one.key in ids]


def _hold(session: Session, definition_ids: Iterable[int]) -> None:
    """Read several versions in one statement, and spare ``process_of`` one for each."""
    asked = select(ProcessDefinition).where(ProcessDefinition.id.in_(set(definition_ids)))
    for definition in session.scalars(asked.options(load_only(ProcessDefinition.content_hash))):
        hold_definition(session, definition)


def _fields_in_cells(process: CompiledProcess) -> dict[str, FieldDefinition]:
    return {name: one for name, one in _fields(process).items() if one.value_type not in _NOT_IN_A_CELL}


def _asking_steps(process: CompiledProcess) -> dict[str, str]:
    """By the name of a field, that of the first step which asks for it; of one that is only shown, which shows it."""
    fields = [(step.name, one) for step in process.steps.values() for one in step.fields]
    asked = [(step, one) for step, one in fields if one.type is not FieldType.READ_ONLY]
    return {one.name.removeprefix(_DEAL_ROOT): step for step, one in reversed([*asked, *fields])}


def _fields(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """By the names under which deals keep the values. What edits a column of every deal, or its client, is no field."""
    named = ((name.removeprefix(_DEAL_ROOT), one) for name, one in map_fields(process).items())
    return {name: one for name, one in named if "." not in name and name not in _OF_EVERY_DEAL}


def values_of_deals(session: Session, columns: Sequence[OwnColumn], deal_ids: Collection[int]) -> OwnValues:
    """What deals that the caller has found visible hold in the ``columns``.

    One statement for all of them, one for the versions of maps that they follow, and one for the clients that they
    refer to; none without a column or a deal.
    """
    if not columns or not deal_ids:
        return OwnValues({}, {})
    follows = (
        select(ProcessInstance.definition_id)
        .where(ProcessInstance.deal_id == Deal.id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
        .correlate(Deal)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Deal.id, Deal.fields, Deal.currency, Client.fields.label("of_client"), follows.label("definition_id"))
        .join(Client, Client.id == Deal.client_id)
        .where(Deal.id.in_(set(deal_ids)))
    ).all()
    of_deal = [one for one in columns if not one.is_of_client]
    versions = {row.definition_id for row in rows if row.definition_id} if of_deal else set()
    _hold(session, versions)
    fields = {one: _fields(process_of(session, one)) for one in versions}
    by_row = {
        row.id: {
            column: HeldValue(column.definition, row.of_client.get(column.name), _OF_CLIENTS_MONEY)
            if column.is_of_client
            else HeldValue(
                fields.get(row.definition_id, {}).get(column.name, column.definition),
                row.fields.get(column.name),
                row.currency,
            )
            for column in columns
        }
        for row in rows
    }
    return OwnValues(by_row, _names(session, by_row))


def values_of_clients(
    session: Session, columns: Sequence[OwnColumn], fields: Mapping[int, Mapping[str, Any]]
) -> OwnValues:
    """The same of clients whose stored ``fields`` by id were read with them."""
    by_row = {
        client_id: {one: HeldValue(one.definition, stored.get(one.name), _OF_CLIENTS_MONEY) for one in columns}
        for client_id, stored in fields.items()
    }
    return OwnValues(by_row, _names(session, by_row))


def _names(session: Session, by_row: Mapping[int, Mapping[OwnColumn, HeldValue]]) -> dict[tuple[FieldType, int], str]:
    referred: dict[FieldType, set[int]] = {FieldType.PERSON: set(), FieldType.CLIENT: set()}
    for held in (one for values in by_row.values() for one in values.values()):
        if held.definition.value_type in referred and (number := reference(held.stored)) is not None:
            referred[held.definition.value_type].add(number)
    people = (directory(session).known_person(one) for one in referred[FieldType.PERSON])
    names = {(FieldType.PERSON, one.id): one.full_name for one in people if one is not None}
    if referred[FieldType.CLIENT]:
        found = session.execute(select(Client.id, Client.name).where(Client.id.in_(referred[FieldType.CLIENT])))
        names |= {(FieldType.CLIENT, number): name for number, name in found}
    return names


def reference(stored: Any) -> int | None:
    """The id that a stored reference to a person or a client is; None for what no record can have."""
    digits = str(stored)
    is_id = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_LARGEST_ID))
    return number if is_id and (number := int(digits)) <= _LARGEST_ID else None
