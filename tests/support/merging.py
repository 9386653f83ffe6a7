"""Clients who are added, merged and set apart again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from support.office import Office

from engine.commands.client_merge_undoing import undo_merge
from engine.commands.client_merging import MergeRequest, merge_clients
from engine.commands.clients import ClientDraft, add_client
from engine.model.client_merge import ClientMerge


def add(office: Office, name: str, login: str = "olena", **more: Any) -> int:
    return int(office.do(login, add_client, ClientDraft(name=name, **more)).id)


def merge(office: Office, kept_id: int, *merged_ids: int, login: str = "bohdan", **more: Any) -> int:
    command_id = more.pop("command_id", None)
    request = MergeRequest(kept_id, merged_ids, **more)
    return office.do(login, merge_clients, request, command_id=command_id)


def merge_id(office: Office, merged_id: int) -> int:
    with office.database.read() as session:
        latest = select(ClientMerge.id).where(ClientMerge.merged_id == merged_id).order_by(ClientMerge.id.desc())
        return session.scalars(latest).first() or 0


def undo(office: Office, merged_id: int, login: str = "bohdan") -> int:
    return office.do(login, undo_merge, merge_id(office, merged_id))
