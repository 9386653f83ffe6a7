"""Locking, always in the same order: the instance first, then its deal, then its work items.

Each function takes what the actor may see; anything else is NotFound, as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.db.row_loading import JoinedRows, Part
from engine.db.work_session import ReservedNumbers, reserve
from engine.errors import NotFound
from engine.model.client import Client, Contact
from engine.model.company_revision import CompanyRevision
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.approved_contents import NO_FILES, without_files
from engine.queries.organisation import REVISION, revision_is
from engine.queries.processes import hold_definition
from engine.queries.scopes import is_plainly_visible, visible_clients, visible_deals, visible_work_items

_USUALLY_OPENED = 3  # steps, when one is done: hardly any asks for more
_OF_DEFINITION = (ProcessDefinition.key, ProcessDefinition.version, ProcessDefinition.content_hash)


_INSTANCES = (
    select(ProcessInstance, REVISION)
    .join(ProcessInstance.deal)
    .options(
        contains_eager(ProcessInstance.deal).joinedload(Deal.client, innerjoin=True),
        joinedload(ProcessInstance.definition, innerjoin=True).load_only(*_OF_DEFINITION),
    )
    .execution_options(populate_existing=True)
)

_FREE_INSTANCES = _INSTANCES.with_for_update(of=(ProcessInstance, Deal), skip_locked=True)
_MANY_INSTANCES = _INSTANCES.order_by(Deal.id, ProcessInstance.id).with_for_update(of=(ProcessInstance, Deal))
_LOCKED_AT_ONCE = 500

_OF_INSTANCE = (
    Part(Deal, of=ProcessInstance.deal),
    Part(Client, of=Deal.client),
    Part(ProcessDefinition, of=ProcessInstance.definition, columns=(ProcessDefinition.id, *_OF_DEFINITION)),
)


def _with_its_deal(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(Deal, Deal.id == ProcessInstance.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
    )


_LOCKED_INSTANCE = JoinedRows(
    Part(ProcessInstance),
    *_OF_INSTANCE,
    more=(REVISION,),
    build=lambda statement: (
        _with_its_deal(statement.select_from(ProcessInstance))
        .where(ProcessInstance.id == bindparam("instance_id"))
        .with_for_update(of=(ProcessInstance, Deal))
    ),
)

_LOCKED_STEP = JoinedRows(
    Part(WorkItem),
    Part(ProcessInstance, of=WorkItem.instance),
    *_OF_INSTANCE,
    more=(REVISION, NO_FILES, ReservedNumbers(WorkItem, _USUALLY_OPENED)),
    build=lambda statement: (
        _with_its_deal(
            statement.select_from(WorkItem).join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        )
        .where(WorkItem.id == bindparam("work_item_id"))
        .with_for_update(of=(ProcessInstance, Deal, WorkItem))
    ),
)


def lock_instance(session: Session, instance_id: int) -> ProcessInstance:
    """Lock the instance and its deal. Raises NotFound when there is no such instance any more.

    Both rows are locked, not the instance alone: PostgreSQL reads a row that it had to wait for again, but a joined
    row that it does not lock stays as it was before the wait, and the deal would be continued from an old state.
    """
    found = _waited_for(_LOCKED_INSTANCE, session, {"instance_id": instance_id})
    if found is None:
        raise NotFound
    (instance, *_), (revision,) = found
    revision_is(session, revision)
    return cast("ProcessInstance", instance)


def _waited_for(rows: JoinedRows, session: Session, values: Mapping[str, int]) -> Any:
    """None where there is nothing, not even at a second look.

    A deal whose client was merged while its lock was waited for has another client than the row that was joined to it
    before the wait, and PostgreSQL finds the two no more.
    """
    return rows.one_or_none(session, values) or rows.one_or_none(session, values)


def lock_instances(session: Session, ids: Sequence[int]) -> list[ProcessInstance]:
    """Lock the instances and their deals, in the order of ``ids``, which is that of their deals and then their own.

    Raises NotFound when one of them is no more.
    """
    found: dict[int, ProcessInstance] = {}
    for first in range(0, len(ids), _LOCKED_AT_ONCE):
        some = ids[first : first + _LOCKED_AT_ONCE]
        rows = session.execute(_MANY_INSTANCES.where(ProcessInstance.id.in_(some))).all()
        for _, revision in rows[:1]:
            revision_is(session, revision)
        found |= {instance.id: instance for instance, _ in rows}
        # A row that had to be waited for may be found no more (``_waited_for``): it is looked for by itself.
        found |= {one: lock_instance(session, one) for one in some if one not in found}
    return [found[one] for one in ids]


def lock_free_instances(session: Session, ids: Select[int]) -> list[ProcessInstance]:
    """Lock those of the instances that ``ids`` selects, and their deals, that nobody else has locked at this moment."""
    found = session.execute(_FREE_INSTANCES.where(ProcessInstance.id.in_(ids))).all()
    for _, revision in found[:1]:
        revision_is(session, revision)
    return [instance for instance, _ in found]


def lock_deal(session: Session, deal_id: int, actor: Actor) -> tuple[Deal, ProcessInstance]:
    """Lock the deal's instance, and with it the deal. Raises NotFound."""
    instance_id = session.scalar(
        select(ProcessInstance.id)
        .join(Deal, Deal.id == ProcessInstance.deal_id)
        .where(Deal.id == deal_id, visible_deals(actor, only=deal_id))
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    )
    if instance_id is None:
        raise NotFound
    instance = lock_instance(session, instance_id)
    return instance.deal, instance


def lock_work_item(session: Session, work_item_id: int, actor: Actor) -> tuple[WorkItem, ProcessInstance]:
    """Lock the step's instance, its deal and the step, in one statement and in this order. Raises NotFound."""
    found = _waited_for(_LOCKED_STEP, session, {"work_item_id": work_item_id})
    if found is None:
        raise NotFound
    (work_item, instance, _, _, definition), (revision, no_files, numbers) = found
    revision_is(session, revision)
    hold_definition(session, definition)
    without_files(session, instance.deal_id, is_so=bool(no_files))
    reserve(session, WorkItem, numbers)
    if not is_plainly_visible(actor, owner_id=instance.deal.owner_id, work_item=work_item):
        seen = select(WorkItem.id).where(WorkItem.id == work_item_id, visible_work_items(actor, only=work_item_id))
        if session.scalar(seen) is None:
            raise NotFound
    return work_item, instance


def lock_company_lists(session: Session) -> None:
    """Before reading a list of the company to change it: who comes second then sees what the first has added.

    Locking the rows that are there makes them wait, and shows them no new one.
    """
    session.execute(select(CompanyRevision.id).with_for_update())


def lock_client(session: Session, client_id: int, actor: Actor) -> Client:
    """Raises NotFound."""
    client = session.scalar(
        select(Client)
        .where(Client.id == client_id, visible_clients(actor, only=client_id))
        .with_for_update(of=Client)
        .execution_options(populate_existing=True)
    )
    if client is None:
        raise NotFound
    return client


def lock_contact(session: Session, contact_id: int, actor: Actor) -> Contact:
    """Raises NotFound."""
    contact = session.scalar(
        select(Contact)
        .join(Client, Client.id == Contact.client_id)
        .where(Contact.id == contact_id, visible_clients(actor))
        .with_for_update(of=Contact)
        .execution_options(populate_existing=True)
    )
    if contact is None:
        raise NotFound
    return contact
