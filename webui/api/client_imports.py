"""Importing clients and old notes over HTTP: bring a file, see what it would do, take it over, take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Response, url_for
from sqlalchemy.orm import Session

from engine.commands.client_imports import (
    ImportChoices,
    bring_list,
    check_list,
    look_into,
    stop,
    take_back,
    take_over,
)
from engine.commands.own_values import Spelling
from engine.model.client_import import ClientImport
from engine.policy.permissions import Ability, ensure_may
from engine.queries.client_imports import ImportRow, ListedRow, client_import, client_imports, import_rows
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language, reader_locale
from webui.api.models.client_imports import (
    ClientImportItem,
    ClientImportList,
    ClientImportPath,
    ImportColumn,
    ImportedRowItem,
    ImportedRowList,
    ImportRowsQuery,
    NewClientImport,
)
from webui.api.models.values import PersonName, ShortPaging
from webui.api.performing import carry_out_once
from webui.api.tags import CLIENTS
from webui.import_words import line
from webui.request_context import reading, services
from webui.version_changes import reason_words

_MOVED_ON = conflicts("import_moved_on", "idempotency_key_reused")


@api.post("/client-imports", tags=[CLIENTS], responses={201: ClientImportItem, **conflicts("idempotency_key_reused")})
def bring_client_import(form: NewClientImport) -> Response:
    """Bring a list. What each row would do is said in the background; nothing is added before `take-over`."""
    ensure_may(caller(), Ability.MANAGE_CLIENTS)
    with form.file.stream as stream:
        file = look_into(stream.read(), form.file.filename or "")
    told = {
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "kind": form.kind,
        "fills": form.fills,
        "owner": form.owner_id,
    }

    def command(session: Session) -> int:
        clock = services().clock
        spelling = Spelling(reader_locale())
        brought = bring_list(session, form.kind, file, actor=caller(), clock=clock, spelling=spelling)
        choices = ImportChoices(brought.columns, form.fills, form.owner_id)
        return check_list(session, brought.id, choices, actor=caller(), clock=clock).id

    import_id = carry_out_once("bring_list", told, command)
    return _told(import_id, 201, location=url_for("api.show_client_import", import_id=import_id))


@api.get("/client-imports", tags=[CLIENTS], responses={200: ClientImportList})
def list_client_imports(query: ShortPaging) -> Response:
    """The latest imports."""
    with reading() as session:
        found = client_imports(session, caller())
    with in_readers_language():
        return listed(part_of(found, query), _item, ClientImportList)


@api.get("/client-imports/<int:import_id>", tags=[CLIENTS], responses={200: ClientImportItem})
def show_client_import(path: ClientImportPath) -> Response:
    """How far an import is."""
    return _told(path.import_id)


@api.get("/client-imports/<int:import_id>/rows", tags=[CLIENTS], responses={200: ImportedRowList})
def list_client_import_rows(path: ClientImportPath, query: ImportRowsQuery) -> Response:
    """The rows of an import, each with what it would do or what became of it."""
    with reading() as session:
        brought = client_import(session, caller(), path.import_id)
        states = (query.state,) if query.state else ()
        page = import_rows(session, path.import_id, states=states, limit=query.limit, cursor=query.cursor)

    def told(row: ListedRow) -> ImportedRowItem:
        client = PersonName(id=row.client_id, name=row.client_name) if row.client_id and row.client_name else None
        messages = tuple(sentence for _, sentence in line(brought, row).told)
        return ImportedRowItem(row=row.number, state=row.state, client=client, messages=messages)

    with in_readers_language():
        return listed(page, told, ImportedRowList)


@api.post(
    "/client-imports/<int:import_id>/take-over",
    tags=[CLIENTS],
    responses={200: ClientImportItem, **conflicts("import_moved_on", "nothing_to_take_over", "idempotency_key_reused")},
)
def take_client_import_over(path: ClientImportPath) -> Response:
    """Take over, in the background, every row that can be. Called again, it changes nothing."""
    return _act(path.import_id, "take_over", lambda session: _performed(take_over, session, path.import_id))


@api.post("/client-imports/<int:import_id>/stop", tags=[CLIENTS], responses={200: ClientImportItem, **_MOVED_ON})
def stop_client_import(path: ClientImportPath) -> Response:
    """Leave the rows whose turn has not come."""
    return _act(path.import_id, "stop", lambda session: _performed(stop, session, path.import_id))


@api.post(
    "/client-imports/<int:import_id>/take-back",
    tags=[CLIENTS],
    responses={200: ClientImportItem, **conflicts("import_moved_on", "nothing_to_take_back", "idempotency_key_reused")},
)
def take_client_import_back(path: ClientImportPath) -> Response:
    """Remove, in the background, what the import has made, as far as nobody uses it."""
    return _act(path.import_id, "take_back", lambda session: _performed(take_back, session, path.import_id))


def _performed(command: Callable[..., ClientImport], session: Session, import_id: int) -> int:
    return command(session, import_id, actor=caller(), clock=services().clock).id


def _act(import_id: int, name: str, command: Callable[[Session], int]) -> Response:
    return _told(carry_out_once(f"client_import_{name}", {"id": import_id}, command))


def _told(import_id: int, status: int = 200, *, location: str | None = None) -> Response:
    with reading() as session:
        row = client_import(session, caller(), import_id)
    with in_readers_language():
        return answer(_item(row), status, location=location)


def _item(row: ImportRow) -> ClientImportItem:
    return ClientImportItem(
        id=row.id,
        kind=row.kind,
        file_name=row.file_name,
        state=row.state,
        columns=tuple(
            ImportColumn(heading=heading, meaning=meaning)
            for heading, meaning in zip(row.headings, row.columns, strict=True)
        ),
        total=row.total,
        counts={state.value: count for state, count in row.counts.items()},
        message=reason_words(row.fault),
        requested_by=row.requested_by,
        uploaded_at=row.uploaded_at,
        finished_at=row.finished_at,
    )
