"""Importing deals: choose a file, look at what was understood, then open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from engine.bpmn.compiled import FieldDefinition
from engine.commands.deal_imports import MOST_ROWS, check_rows, import_deals
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definitions import startable_definitions
from engine.queries.people import who_publishes
from webui.command_keys import sent_command_id
from webui.deal_sheets import COLUMNS, Sheet, SheetRow, UnderstoodRow, read_sheet, understood
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.forms.typed_values import holdable
from webui.i18n import _, chosen_locale
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services
from webui.sheet_fields import own_columns

blueprint = Blueprint("deal_imports", __name__, url_prefix="/deals/import")

_EXAMPLE = {
    "title": N_("Pumps for the second workshop"),
    "client": N_("Promin LLC"),
    "edrpou": "32855961",
    "amount": "125000,50",
    "currency": "UAH",
    "close_date": "31.12.2026",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """``field`` is the heading of the column at fault, empty where it is no column's."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PreviewedRow:
    """A row without ``problems`` can be opened. ``own`` are the cells of the map's fields, with their labels."""

    understood: UnderstoodRow
    problems: tuple[Problem, ...]
    own: tuple[tuple[str, str], ...]


@blueprint.get("")
def show() -> ResponseReturnValue:
    ensure_may(actor(), Ability.OPEN_DEAL)
    return _form()


@blueprint.get("/template.<kind>")
def template(kind: str) -> ResponseReturnValue:
    """The headings, those of the chosen map's fields last, and one row to write over."""
    ensure_may(actor(), Ability.OPEN_DEAL)
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    own = _own(request.args.get("map", ""))
    header = [_(names[0]) for names in COLUMNS.values()] + [field.label or field.name for field in own.values()]
    example = [_(_EXAMPLE[column]) if column in _EXAMPLE else "" for column in [*COLUMNS, *own]]
    return (csv_file if kind == "csv" else xlsx_file)("deals-import", header, [example])


@blueprint.post("")
def preview() -> ResponseReturnValue:
    """What was understood of each row, and what is wrong, faulty rows first; nothing is opened yet."""
    ensure_may(actor(), Ability.OPEN_DEAL)
    upload = request.files.get("file")
    key = request.form.get("definition_key", "")
    try:
        missing: dict[str, DomainError] = {} if key else {"definition_key": FieldRequired(label=N_("Sales map"))}
        if upload is None or not upload.filename:
            raise InvalidInput(missing | {"file": FieldRequired(label=N_("File"))})
        if missing:
            raise InvalidInput(missing)
        own = _own(key)
        with upload.stream as stream:
            sheet = read_sheet(stream.read(), own)
    except DomainError as error:
        return _form(error)
    return _preview(sheet, key, own)


@blueprint.post("/open")
def open_all() -> ResponseReturnValue:
    """Open what can be opened. Pressed twice, it opens nothing twice."""
    ensure_may(actor(), Ability.OPEN_DEAL)
    key = request.form.get("definition_key", "")
    own = _own(key)
    told = [understood(row, key, chosen_locale(), own) for row in _kept_rows(own)]
    done = import_deals(
        services().database,
        [one.row for one in told if not one.faults],
        actor=actor(),
        clock=services().clock,
        command_id=sent_command_id(),
    )
    left_out = [(one.row.number, _problems(InvalidInput(one.faults), own)) for one in told if one.faults]
    refused = [(one.number, _problems(one.error, own)) for one in done if one.error is not None]
    return render_template(
        "deals/imported.html",
        opened=[one for one in done if one.deal_id is not None],
        failed=sorted(left_out + refused, key=lambda one: one[0]),
        titles={one.row.number: one.row.draft.title for one in told},
    )


def _own(key: str) -> Mapping[str, FieldDefinition]:
    with reading() as session:
        return own_columns(session, key)


def _preview(sheet: Sheet, key: str, own: Mapping[str, FieldDefinition]) -> ResponseReturnValue:
    told = [understood(row, key, chosen_locale(), own) for row in sheet.rows]
    with reading() as session:
        maps = startable_definitions(session, actor())
        faults = check_rows(session, [one.row for one in told], actor=actor())
    rows = [
        PreviewedRow(
            one,
            (*_problems(InvalidInput(one.faults), own), *_problems(fault, own)),
            tuple((own[column].label or own[column].name, text) for column, text in row.texts.items() if column in own),
        )
        for row, one, fault in zip(sheet.rows, told, faults, strict=True)
    ]
    return render_template(
        "deals/import_preview.html",
        rows=sorted(rows, key=lambda row: not row.problems),
        sound=sum(not row.problems for row in rows),
        unused=sheet.unused,
        kept=orjson.dumps([[row.number, dict(row.texts)] for row in sheet.rows]).decode(),
        map_name=next((one.name for one in maps if one.key == key), key),
        map_key=key,
    )


def _kept_rows(own: Mapping[str, FieldDefinition]) -> Sequence[SheetRow]:
    """The rows as the preview kept them; whatever else is no request of our page."""
    columns = {*COLUMNS, *own}
    try:
        kept: Any = orjson.loads(request.form.get("rows", ""))
        rows = [
            SheetRow(
                int(number), {column: holdable(str(text)[:300]) for column, text in texts.items() if column in columns}
            )
            for number, texts in kept
        ]
    except (ValueError, TypeError, AttributeError):
        abort(400)
    if len(rows) > MOST_ROWS:
        abort(400)
    return rows


def _problems(error: DomainError | None, own: Mapping[str, FieldDefinition]) -> tuple[Problem, ...]:
    """Each with the column where it stands. A new client's own fields have columns without its prefix."""
    if error is None:
        return ()
    if not isinstance(error, InvalidInput):
        return (Problem("", error_text(error)),)
    headings = {column: names[0] for column, names in COLUMNS.items()} | {
        "client.name": COLUMNS["client"][0],
        "definition_key": N_("Sales map"),
    }
    headings |= {column: field.label or field.name for column, field in own.items()}
    problems = []
    for name, fault in error.errors.items():
        heading = headings.get(name) or headings.get(name.removeprefix("client."), name)
        told = FieldRequired(label=heading) if isinstance(fault, FieldRequired) else fault
        problems.append(Problem(_(heading), error_text(told)))
    return tuple(problems)


def _form(error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        maps = startable_definitions(session, actor())
        owners = () if maps else who_publishes(session)
    page = render_template(
        "deals/import.html",
        owners=owners,
        maps=maps,
        most=MOST_ROWS,
        problem_text=error_text(error) if error else "",
        errors=field_errors(error) if error else {},
        chosen_key=request.form.get("definition_key", ""),
    )
    return page, status_of(error) if error else 200
