"""Locking, always in the same order: the instance first, then its deal, then its work items.

Each function takes what the actor may see; anything else is NotFound, as if it did not exist.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine.errors import NotFound
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.scopes import visible_clients, visible_deals, visible_work_items


def lock_instance(session: Session, instance_id: int) -> ProcessInstance:
    """Lock the instance and its deal. Raises NotFound when there is no such instance any more.

    Both rows are locked, not the instance alone: PostgreSQL reads a row that it had to wait for again, but a joined
    row that it does not lock stays as it was before the wait, and the deal would be continued from an old state.
    """
    instance = session.scalar(
        select(ProcessInstance)
        .join(ProcessInstance.deal)
        .where(ProcessInstance.id == instance_id)
        .options(
            contains_eager(ProcessInstance.deal).joinedload(Deal.client, innerjoin=True),
            joinedload(ProcessInstance.definition, innerjoin=True),
        )
        .with_for_update(of=(ProcessInstance, Deal))
        .execution_options(populate_existing=True)
    )
    if instance is None:
        raise NotFound
    return instance


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
    """Lock the step's instance, then read the step. Raises NotFound."""
    instance_id = session.scalar(
        select(WorkItem.instance_id).where(WorkItem.id == work_item_id, visible_work_items(actor, only=work_item_id))
    )
    if instance_id is None:
        raise NotFound
    instance = lock_instance(session, instance_id)
    work_item = session.get_one(WorkItem, work_item_id, populate_existing=True)
    return work_item, instance


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
