"""A step's form: each field of the map as an input, and what came back from it as texts by field name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.field_order import reads_of
from engine.errors import DomainError
from engine.model.client import Client
from engine.model.person import Person
from engine.policy.field_values import MOST_LINES, read_value, says_something, to_json
from engine.policy.form_values import FormState
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from webui.formats import local
from webui.forms.file_fields import FieldUpload, Uploads, file_names
from webui.forms.shown_values import (
    NUMBERS,
    ShownTable,
    cell_text,
    column_label,
    name_of,
    shown_field,
    shown_table,
    totals_text,
)
from webui.i18n import _, chosen_locale

PREFIX = "field:"
"""Before the names of a step's fields, so that no map can name a field like one of our own."""
LINE_PREFIX = "line:"
"""Before the cells of a table: ``line:goods:0:price``."""
NEW_LINE = "__line__"
"""Stands for a line's place in the blank that the browser copies."""

_CELL = re.compile(r"(.*?):(\d{1,6}):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StepField:
    """An input. ``text`` is what a person reads in it, ``chosen`` the choices ticked, ``error`` what is wrong.

    ``hidden``: what is typed so far makes the field pointless. ``as_text``: what stands in it is no date that the
    browser's own input could hold. ``table`` is given for lines to type, ``shown`` for lines to read,
    ``upload`` for files, where they can be sent to. ``writes_client``: the value goes onto the client's card as well.
    """

    definition: FieldDefinition
    input_name: str
    id: str
    text: str = ""
    value: str = ""
    chosen: frozenset[str] = frozenset()
    error: str = ""
    hidden: bool = False
    as_text: bool = False
    table: LinesInput | None = None
    shown: ShownTable | None = None
    upload: FieldUpload | None = None
    writes_client: bool = False


@dataclass(frozen=True, slots=True)
class LinesInput:
    """A table to type into. ``blank`` is the line that the browser copies for a new one."""

    labels: tuple[str, ...]
    lines: tuple[tuple[StepField, ...], ...]
    blank: tuple[StepField, ...]
    totals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A line of the summary over a form: what is wrong, and the input that it is wrong with."""

    id: str
    label: str
    error: str


def step_fields(
    session: Session,
    fields: tuple[FieldDefinition, ...],
    typed: Mapping[str, Any],
    errors: Mapping[str, str],
    shown: Mapping[str, Any] | None = None,
    *,
    state: FormState | None = None,
    currency: str = "UAH",
    uploads: Uploads | None = None,
    writes_client: bool = False,
    ids: str = "step-field",
) -> tuple[StepField, ...]:
    """The inputs of ``fields``, filled with ``typed``: stored values or, after an error, the very texts typed.

    ``shown`` holds what the fields that are only shown say: a text, or a table. ``state`` says what is calculated from
    ``typed`` and which fields apply; without it every field does. ``uploads`` makes
    the fields of files. ``writes_client``: this is a step of a deal, which keeps what it says of the client on the
    client's card. ``ids`` begins the ids in the page.
    """
    making = _Making(session, typed, errors, shown or {}, state or FormState(), currency, writes_client)
    made = (making.field(one, f"{ids}-{position}") for position, one in enumerate(fields))
    return tuple(_with_upload(one, typed, uploads) for one in made)


def _with_upload(field: StepField, typed: Mapping[str, Any], uploads: Uploads | None) -> StepField:
    definition = field.definition
    if uploads is None or definition.type is not FieldType.FILE:
        return field
    return replace(field, upload=uploads(definition, typed.get(definition.name)))


def shown_texts(
    session: Session,
    fields: Iterable[FieldDefinition],
    stored: Mapping[str, Any],
    known: Mapping[str, FieldDefinition],
    currency: str,
) -> dict[str, str | ShownTable]:
    """The values of the read-only ones among ``fields``, worded by the field in ``known`` that asks for each."""
    texts: dict[str, str | ShownTable] = {}
    for field in fields:
        if field.type is not FieldType.READ_ONLY:
            continue
        named = known.get(field.name) or known.get(field.name.removeprefix("deal."))
        asked = field if field.shown_as or named is None else named
        value = stored.get(field.name)
        is_table = asked.value_type is FieldType.LINES and value
        texts[field.name] = (
            shown_table(asked, value, currency) if is_table else shown_field(session, asked, value, currency)
        )
    return texts


def depends(fields: Iterable[FieldDefinition]) -> bool:
    """Whether the form changes with what is typed into it."""
    return any(True for one in fields for _ in reads_of(one)) or any(
        column.total for one in fields for column in one.columns
    )


def faults_of(fields: Sequence[StepField]) -> tuple[FieldFault, ...]:
    """What is wrong with the form, from top to bottom."""
    return tuple(_faults(fields))


def typed_values(form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, by field name: a text, a list where several choices were ticked, or a table's lines."""
    typed: dict[str, Any] = {}
    lines: dict[str, dict[int, dict[str, str]]] = {}
    for name, texts in form.lists():
        if name.startswith(PREFIX):
            given = [text for text in texts if text]
            typed[name.removeprefix(PREFIX)] = given if len(given) > 1 else "".join(given)
        elif name.startswith(LINE_PREFIX) and (cell := _CELL.fullmatch(name.removeprefix(LINE_PREFIX))):
            table, place, column = cell.groups()
            lines.setdefault(table, {}).setdefault(int(place), {})[column] = next(filter(None, texts), "")
    for table, placed in lines.items():
        # Beyond the most lines one is kept, so that there being too many is told and not hidden.
        typed[table] = [placed[place] for place in sorted(placed)][: MOST_LINES + 1]
    return typed


@dataclass(frozen=True, slots=True)
class _Making:
    session: Session
    typed: Mapping[str, Any]
    errors: Mapping[str, str]
    shown: Mapping[str, Any]
    state: FormState
    currency: str
    writes_client: bool = False

    def field(self, field: FieldDefinition, id_: str) -> StepField:
        made: dict[str, Any] = {
            "definition": field,
            "input_name": PREFIX + field.name,
            "id": id_,
            "hidden": field.name in self.state.hidden,
            "error": self.errors.get(field.name, ""),
            "writes_client": self.writes_client
            and field.name.startswith(CLIENT_ROOT)
            and field.type is not FieldType.READ_ONLY,
        }
        raw = self.typed.get(field.name)
        if field.type is FieldType.READ_ONLY:
            shown = self.shown.get(field.name, "")
            made |= {"shown": shown} if isinstance(shown, ShownTable) else {"text": shown}
        elif field.type is FieldType.CALCULATED:
            value = to_json(self.state.values[field.name]) if field.name in self.state.values else raw
            made["text"] = shown_field(self.session, field, value, self.currency)
        elif field.type is FieldType.LINES:
            made["table"] = self._table(field, id_, raw)
        else:
            made |= self._input(field, raw)
        return StepField(**made)

    def _input(self, field: FieldDefinition, raw: Any) -> dict[str, Any]:
        if raw == ERASED:  # nothing to type on from: the input is empty, and says why
            return {"definition": field.model_copy(update={"placeholder": _("[erased]")})}
        text = _text(self.session, field, raw)
        return {
            "text": text,
            "value": "" if raw is None or isinstance(raw, list) else str(raw),
            "chosen": _chosen(field, raw),
            "as_text": field.type in {FieldType.DATE, FieldType.MOMENT} and bool(text) and not _is_browsers(text),
        }

    def _table(self, field: FieldDefinition, id_: str, raw: Any) -> LinesInput:
        typed = [line for line in raw if isinstance(line, Mapping)] if isinstance(raw, list) else []
        calculated = self.calculated(field, typed)
        lines = tuple(
            self._line(field, id_, str(place), line, calculated.get(place, {}))
            for place, line in enumerate(typed or [{}])
        )
        return LinesInput(
            labels=tuple(column_label(column) for column in field.columns),
            lines=lines,
            blank=self._line(field, id_, NEW_LINE, {}, {}),
            totals=totals_text(field, [to_json(line) for line in self._read(field)], ""),
        )

    def _read(self, field: FieldDefinition) -> list[Mapping[str, Any]]:
        return self.state.values.get(field.name) or []

    def calculated(self, field: FieldDefinition, typed: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
        """The lines with what is calculated in them, by the place at which each was typed."""
        places = [place for place, line in enumerate(typed) if says_something(field, line)]
        return dict(zip(places, self._read(field), strict=False))

    def _line(
        self, table: FieldDefinition, id_: str, place: str, typed: Mapping[str, Any], read: Mapping[str, Any]
    ) -> tuple[StepField, ...]:
        cells = []
        for number, column in enumerate(table.columns):
            raw = typed.get(column.name, column.default if not typed and column.is_typed else None)
            made = {"text": cell_text(column, to_json(read.get(column.name)))} if not column.is_typed else {}
            cell: dict[str, Any] = {
                "definition": column,
                "input_name": f"{LINE_PREFIX}{table.name}:{place}:{column.name}",
                "id": f"{id_}-{place}-{number}",
                "error": self.errors.get(f"{table.name}.{place}.{column.name}", ""),
            }
            cells.append(StepField(**cell | (made or self._input(column, raw))))
        return tuple(cells)


def live_answer(
    session: Session,
    fields: Sequence[FieldDefinition],
    typed: Mapping[str, Any],
    state: FormState,
    currency: str,
) -> dict[str, Any]:
    """What the browser shows of a form that depends on what is typed: hidden fields, and calculated texts."""
    making = _Making(session, typed, {}, {}, state, currency)
    calculated = {
        one.name: shown_field(session, one, to_json(state.values.get(one.name)), currency)
        for one in fields
        if one.type is FieldType.CALCULATED and one.name not in state.hidden
    }
    tables: dict[str, Any] = {}
    for one in fields:
        if one.type is not FieldType.LINES:
            continue
        raw = typed.get(one.name)
        lines = [line for line in raw if isinstance(line, Mapping)] if isinstance(raw, list) else []
        made = making.calculated(one, lines)
        tables[one.name] = {
            "lines": [
                {c.name: cell_text(c, to_json(made.get(place, {}).get(c.name))) for c in one.columns if not c.is_typed}
                for place in range(len(lines))
            ],
            "totals": totals_text(one, [to_json(line) for line in state.values.get(one.name) or []]),
        }
    return {"hidden": sorted(state.hidden), "calculated": calculated, "tables": tables}


def _faults(fields: Iterable[StepField]) -> Iterator[FieldFault]:
    for field in fields:
        if field.error:
            yield FieldFault(field.id, field.definition.label, field.error)
        for place, line in enumerate(field.table.lines if field.table else (), 1):
            for cell in line:
                if cell.error:
                    label = f"{field.definition.label}, {place}: {column_label(cell.definition)}"
                    yield FieldFault(cell.id, label, cell.error)


def _text(session: Session, field: FieldDefinition, raw: Any) -> str:
    if raw is None or raw == "" or isinstance(raw, list):
        return file_names(raw) if isinstance(raw, list) else ""
    if field.type in NUMBERS:
        return _localised(str(raw))
    if field.type in {FieldType.DATE, FieldType.MOMENT}:
        return _for_input(field, str(raw))
    if field.type is FieldType.PERSON:
        return name_of(session, Person, raw, Person.full_name)
    if field.type is FieldType.CLIENT:
        return name_of(session, Client, raw, Client.name)
    return str(raw)


def _chosen(field: FieldDefinition, raw: Any) -> frozenset[str]:
    if field.type is FieldType.YES_NO:
        return frozenset({"yes"} if raw in (True, "yes", "true", "on", "1") else {"no"} if raw in (False, "no") else ())
    return frozenset(str(one) for one in (raw if isinstance(raw, list) else [raw] if raw else []))


def _localised(text: str) -> str:
    """A stored number in the reader's spelling; what cannot be read stays as it was typed."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    if not exact.is_finite() or abs(exact.adjusted()) > 30:  # noqa: PLR2004  # digits; no field keeps as many
        return text
    whole = exact == exact.to_integral_value()
    written = format(exact.to_integral_value() if whole else exact, "f")
    return written.replace(".", ",") if chosen_locale() == "uk" else written


def _for_input(field: FieldDefinition, text: str) -> str:
    """A day or an instant as the browser's own input wants it, on the reader's wall clock; else as it was typed."""
    try:
        if field.type is FieldType.MOMENT:
            moment = datetime.fromisoformat(text)
            return (local(moment) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M")
        return str(read_value(field.model_copy(update={"minimum": None, "maximum": None}), text, "uk").isoformat())
    except (ValueError, DomainError):
        return text


def _is_browsers(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?", text) is not None
