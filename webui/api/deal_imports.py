"""Many deals over HTTP in one call: as a list, or as the spreadsheet that a company has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response, url_for
from pydantic import ValidationError
from sqlalchemy.orm import Session

from engine.commands.clients import ClientDraft
from engine.commands.deal_import_files import (
    BroughtDeals,
    bring_deals,
    look_into_deals,
    open_brought,
    open_large_sheet,
    stop_opening,
)
from engine.commands.deal_imports import ImportedRow, ImportRow, check_rows, import_deals
from engine.commands.deal_sheets import MOST_BYTES, SheetTooLong, read_sheet, understood
from engine.commands.deals import DealDraft
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.model.deal_import import DealImport
from engine.policy.permissions import Ability, ensure_may
from engine.queries.deal_imports import DealImportView, DealRow, deal_import, deal_import_rows, deal_imports
from engine.queries.definitions import startable_definitions
from engine.queries.sheet_columns import own_columns
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language, reader_locale
from webui.api.models.deal_imports import DealImport as DealImportBody
from webui.api.models.deal_imports import (
    DealImportFile,
    DealImportItem,
    DealImportList,
    DealImportPath,
    DealImportRowItem,
    DealImportRowList,
    DealRowsQuery,
    ImportedDeal,
    ImportedDeals,
    ImportFault,
)
from webui.api.models.deals import NewDeal
from webui.api.models.problems import FieldProblem
from webui.api.models.values import DealName, ShortPaging
from webui.api.performing import carry_out_once, command_id
from webui.api.request_faults import blanks_of, fault_of
from webui.api.tags import DEALS
from webui.messages import error_text
from webui.request_context import reading, services
from webui.version_changes import reason_words

_KEY_REUSED = conflicts("idempotency_key_reused")


@api.post("/deals/import", tags=[DEALS], responses={200: ImportedDeals, **_KEY_REUSED})
def import_list(body: DealImportBody) -> Response:
    """Open up to a thousand deals; a row that cannot be opened says why and holds no other back.

    A repetition with the same key opens only the rows that the first call had not opened.
    """
    ensure_may(caller(), Ability.OPEN_DEAL)
    rows, faults = [], {}
    for number, item in enumerate(body.items, start=1):
        try:
            rows.append(_row(number, NewDeal.model_validate(item)))
        except ValidationError as error:
            faults[number] = blanks_of(NewDeal, item) | dict(map(fault_of, error.errors()))
    return _imported(rows, faults, opens=not body.check)


@api.post(
    "/deals/import/file",
    tags=[DEALS],
    responses={200: ImportedDeals, 202: DealImportItem, **_KEY_REUSED},
)
def import_file(form: DealImportFile) -> Response:
    """The same from a spreadsheet: CSV or XLSX with the headings of the template on the page of deals.

    Columns with the labels or names of the map's own fields fill them. Up to 1,000 rows in up to 2 MB are answered with
    what became of each. More are opened in the background: 202, and `Location` is where to look.
    """
    ensure_may(caller(), Ability.OPEN_DEAL)
    with form.file.stream as stream:
        content = stream.read()
    key = form.definition_key or _only_map(content)
    with reading() as session:
        own = own_columns(session, key)
    try:
        sheet = read_sheet(content, own) if len(content) <= MOST_BYTES else None
    except SheetTooLong:
        sheet = None
    if sheet is None:
        return _begun(look_into_deals(content, form.file.filename or "", own), key, opens=not form.check)
    rows, faults = [], {}
    for one in sheet.rows:
        told = understood(one, key, reader_locale(), own)
        if told.faults:
            faults[one.number] = dict(told.faults)
        else:
            rows.append(told.row)
    return _imported(rows, faults, opens=not form.check)


def _begun(file: BroughtDeals, key: str, *, opens: bool) -> Response:
    """The rows are read, and opened, in the background."""
    told = {"sha256": hashlib.sha256(file.content).hexdigest(), "map": key, "opens": opens}

    def command(session: Session) -> int:
        clock = services().clock
        return bring_deals(session, file, key, locale=reader_locale(), opens=opens, actor=caller(), clock=clock).id

    import_id = carry_out_once("bring_deals", told, command)
    return _told_of(import_id, 202, location=url_for("api.show_deal_import", import_id=import_id))


@api.get("/deal-imports", tags=[DEALS], responses={200: DealImportList})
def list_deal_imports(query: ShortPaging) -> Response:
    """The latest files of deals that are opened in the background."""
    with reading() as session:
        found = deal_imports(session, caller())
    with in_readers_language():
        return listed(part_of(found, query), _item, DealImportList)


@api.get("/deal-imports/<int:import_id>", tags=[DEALS], responses={200: DealImportItem})
def show_deal_import(path: DealImportPath) -> Response:
    """How far an import is."""
    return _told_of(path.import_id)


@api.get("/deal-imports/<int:import_id>/rows", tags=[DEALS], responses={200: DealImportRowList})
def list_deal_import_rows(path: DealImportPath, query: DealRowsQuery) -> Response:
    """The rows of an import, each with its deal or with what is wrong at which field."""
    states = (query.state,) if query.state else ()
    with reading() as session:
        deal_import(session, caller(), path.import_id)
        page = deal_import_rows(
            session, caller(), path.import_id, states=states, limit=query.limit, cursor=query.cursor
        )
    with in_readers_language():
        return listed(page, _row_item, DealImportRowList)


@api.post(
    "/deal-imports/<int:import_id>/open",
    tags=[DEALS],
    responses={200: DealImportItem, **conflicts("import_moved_on", "nothing_to_take_over", "idempotency_key_reused")},
)
def open_deal_import(path: DealImportPath) -> Response:
    """Open, in the background, every row that can be, of a file that was brought to be checked.

    Called again, it changes nothing.
    """
    return _act(path.import_id, "open", open_brought)


@api.post(
    "/deal-imports/<int:import_id>/stop",
    tags=[DEALS],
    responses={200: DealImportItem, **conflicts("import_moved_on", "idempotency_key_reused")},
)
def stop_deal_import(path: DealImportPath) -> Response:
    """Leave the rows whose turn has not come; deals that are open stay."""
    return _act(path.import_id, "stop", stop_opening)


def _act(import_id: int, name: str, command: Callable[..., DealImport]) -> Response:
    def performed(session: Session) -> int:
        return command(session, import_id, actor=caller(), clock=services().clock).id

    return _told_of(carry_out_once(f"deal_import_{name}", {"id": import_id}, performed))


def _told_of(import_id: int, status: int = 200, *, location: str | None = None) -> Response:
    with reading() as session:
        row = deal_import(session, caller(), import_id)
    with in_readers_language():
        return answer(_item(row), status, location=location)


def _item(row: DealImportView) -> DealImportItem:
    return DealImportItem(
        id=row.id,
        file_name=row.file_name,
        definition_key=row.definition_key,
        state=row.state,
        unused=tuple(row.unused),
        total=row.total,
        counts={state.value: count for state, count in row.counts.items()},
        message=reason_words(row.fault),
        requested_by=row.requested_by,
        uploaded_at=row.uploaded_at,
        finished_at=row.finished_at,
    )


def _row_item(row: DealRow) -> DealImportRowItem:
    deal = row.deal
    name = DealName(id=deal.id, number=deal.number, title=deal.title) if deal is not None else None
    errors = {
        field: FieldProblem(code=fault["code"], message=reason_words(fault)) for field, fault in row.faults.items()
    }
    return DealImportRowItem(row=row.number, state=row.state, deal=name, errors=errors)


def _only_map(content: bytes) -> str:
    """The one published map. Raises InvalidInput where there is none, or a choice, and what is wrong with the file."""
    open_large_sheet(content, {})
    with reading() as session:
        maps = startable_definitions(session, caller())
    if len(maps) != 1:
        raise InvalidInput({"definition_key": FieldRequired(label=N_("Sales map"))})
    return maps[0].key


def _row(number: int, deal: NewDeal) -> ImportRow:
    draft = DealDraft(
        title=deal.title,
        definition_key=deal.definition_key,
        client_id=deal.client_id,
        client=ClientDraft(**deal.client.model_dump()) if deal.client is not None else None,
        amount=deal.amount,
        currency=deal.currency,
        close_date=deal.close_date,
        fields=deal.fields,
    )
    return ImportRow(number, draft, deal.owner)


def _imported(
    rows: Sequence[ImportRow], unreadable: Mapping[int, Mapping[str, DomainError]], *, opens: bool
) -> Response:
    """Open the rows, or only check them, and tell of all, also of those that could not even be read."""
    if opens:
        done = import_deals(services().database, rows, actor=caller(), clock=services().clock, command_id=command_id())
    else:
        with reading() as session:
            faults = check_rows(session, rows, actor=caller())
        done = [ImportedRow(row.number, error=fault) for row, fault in zip(rows, faults, strict=True)]
    done += [ImportedRow(number, error=InvalidInput(faults)) for number, faults in unreadable.items()]
    titles = {row.number: row.draft.title for row in rows}
    with in_readers_language():
        items = tuple(_told(one, titles.get(one.number, "")) for one in sorted(done, key=lambda one: one.number))
    failed = sum(one.error is not None for one in done)
    opened = sum(one.deal_id is not None for one in done)
    return answer(ImportedDeals(items=items, opened=opened, failed=failed))


def _told(one: ImportedRow, title: str) -> ImportedDeal:
    deal = DealName(id=one.deal_id, number=one.deal_number, title=title) if one.deal_id is not None else None
    return ImportedDeal(row=one.number, deal=deal, error=_fault(one.error) if one.error is not None else None)


def _fault(error: DomainError) -> ImportFault:
    faults: Mapping[str, Any] = error.errors if isinstance(error, InvalidInput) else {}
    return ImportFault(
        code=error.code,
        detail=error_text(error),
        errors={name: FieldProblem(code=fault.code, message=error_text(fault)) for name, fault in faults.items()},
    )
