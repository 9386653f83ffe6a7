"""Many deals over HTTP in one call: as a list, or as the spreadsheet that a company has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from pydantic import ValidationError

from engine.commands.clients import ClientDraft
from engine.commands.deal_imports import ImportedRow, ImportRow, check_rows, import_deals
from engine.commands.deals import DealDraft
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definitions import startable_definitions
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language, reader_locale
from webui.api.models.deal_imports import DealImport, DealImportFile, ImportedDeal, ImportedDeals, ImportFault
from webui.api.models.deals import NewDeal
from webui.api.models.problems import FieldProblem
from webui.api.models.values import DealName
from webui.api.performing import command_id
from webui.api.request_faults import blanks_of, fault_of
from webui.api.tags import DEALS
from webui.deal_sheets import read_sheet, understood
from webui.messages import error_text
from webui.request_context import reading, services
from webui.sheet_fields import own_columns

_KEY_REUSED = conflicts("idempotency_key_reused")


@api.post("/deals/import", tags=[DEALS], responses={200: ImportedDeals, **_KEY_REUSED})
def import_list(body: DealImport) -> Response:
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


@api.post("/deals/import/file", tags=[DEALS], responses={200: ImportedDeals, **_KEY_REUSED})
def import_file(form: DealImportFile) -> Response:
    """The same from a spreadsheet: CSV or XLSX with the headings of the template on the page of deals.

    Columns with the labels or names of the map's own fields fill them.
    """
    ensure_may(caller(), Ability.OPEN_DEAL)
    rows, faults = [], {}
    with form.file.stream as stream:
        content = stream.read()
    key = form.definition_key or _only_map(content)
    with reading() as session:
        own = own_columns(session, key)
    for one in read_sheet(content, own).rows:
        told = understood(one, key, reader_locale(), own)
        if told.faults:
            faults[one.number] = dict(told.faults)
        else:
            rows.append(told.row)
    return _imported(rows, faults, opens=not form.check)


def _only_map(content: bytes) -> str:
    """The one published map. Raises InvalidInput where there is none, or a choice, and what is wrong with the file."""
    read_sheet(content, {})
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
