"""History as sentences that a person would say, one for every kind of event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_
from engine.model.client import Client
from engine.model.own_field import FieldSubject
from engine.policy.approved_content import FILE_CHANGE
from engine.policy.mentions import with_names
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from engine.queries.deal_history import HistoryRow, deal_currency
from engine.queries.directories import directory
from engine.queries.map_fields import map_fields
from engine.queries.organisation import organisation
from engine.queries.processes import process_of
from webui.failure_words import failure_words
from webui.formats import USUAL_CURRENCY, legible, money
from webui.forms.shown_values import cell_text, lines_text, name_of
from webui.i18n import _
from webui.outcomes import tone_of
from webui.request_context import reading
from webui.tellings import TELLINGS
from webui.tellings.words import Data, Telling, is_files, readable

Fields = Mapping[str, FieldDefinition]
Currency = Callable[[HistoryRow], str]

_OF_CARDS = tuple(f"{subject.value}." for subject in FieldSubject)
_WRITTEN = frozenset({"answer", "comment", "question", "reason", "text"})


@dataclass(frozen=True, slots=True)
class Entry:
    """``text`` is the sentence; ``quote`` what somebody wrote; ``details`` pairs of label and value.

    ``files`` are ids and names of those that the event is about. ``holds_writing``: a person wrote the quote.
    """

    row: HistoryRow
    icon: str
    tone: str
    text: str
    quote: str = ""
    details: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[int, str], ...] = ()
    holds_writing: bool = False

    @property
    def who(self) -> str:
        """Who did it; the machinery acts under the product's own name."""
        return self.row.actor_name or _("Reglament")


KINDS_BY_FILTER = {
    "steps": (
        "step_opened",
        "step_claimed",
        "step_released",
        "step_completed",
        "approval_kept",
        "approval_asked_again",
        "approval_recalled",
        "step_cancelled",
        "step_delegated",
        "step_handed_back",
        "deadline_set",
        "deadline_taken_back",
        "deadline_extended",
        "decision_made",
        "call_opened",
        "call_completed",
        "call_failed",
        "call_hurried",
        "call_cancelled",
    ),
    "comments": ("commented", "question_asked", "question_answered"),
    "letters": (
        "client_letter_written",
        "client_letter_sent",
        "client_letter_held_back",
        "client_letter_received",
        "client_letter_returned",
        "client_letter_sent_again",
    ),
    "lateness": (
        "reminder_sent",
        "step_reminded",
        "head_told",
        "step_reassigned",
        "timer_fired",
        "deadline_extended",
    ),
    "changes": (
        "deal_opened",
        "opened_by_step",
        "file_added",
        "file_hidden",
        "file_shown",
        "file_erased",
        "deal_changed",
        "client_changed",
        "deal_client_replaced",
        "approvals_spared",
        "stage_changed",
        "deal_won",
        "deal_lost",
        "deal_cancelled",
        "deal_version_moved",
        "version_move_undone",
        "deal_reopened",
        "deal_moved",
        "move_undone",
        "deal_suspended",
        "deal_resumed",
        "variables_set",
    ),
}
FILTERS = (
    ("", N_("Everything")),
    ("steps", N_("Steps")),
    ("comments", N_("Comments")),
    ("letters", N_("Letters")),
    ("lateness", N_("Lateness")),
    ("changes", N_("Changes")),
)


def no_currency(_row: HistoryRow) -> str:
    """Where it is not known: money is told as a bare number."""
    return ""


def currency_of(session: Session, deal_id: int) -> Currency:
    """In which currency the money of an entry of the deal was meant; looked up once an entry tells of money."""
    known = cache(lambda: deal_currency(session, deal_id))
    return lambda row: known().after(row.number or 0)


def entries(
    rows: Iterable[HistoryRow], fields: Fields = MappingProxyType({}), currency: Currency = no_currency
) -> tuple[Entry, ...]:
    """The events as sentences; ``fields`` names and types the values that steps asked for."""
    return tuple(entry(row, fields, currency) for row in rows)


def entry(row: HistoryRow, fields: Fields = MappingProxyType({}), currency: Currency = no_currency) -> Entry:
    """The event as a sentence. A kind that is not known here, from a newer version, is told by its name."""
    data = row.data
    telling = TELLINGS.get(row.kind)
    if telling is None:
        return Entry(row, "info-circle", "neutral", row.kind.replace("_", " "))
    tone = tone_of(data.get("outcome")) if row.kind == "step_completed" else telling.tone
    written = data.get(telling.quote) if telling.quote in _WRITTEN else None
    return Entry(
        row,
        telling.icon,
        tone,
        legible(_sentence(row, telling)),
        quote=legible(with_names(_quoted(row.kind, data, telling.quote), data.get("mentions") or {})),
        details=tuple((label, legible(value)) for label, value in _details(row, fields, currency)),
        files=tuple(_files(row.kind, data)),
        holds_writing=bool(written) and written != ERASED,
    )


def _sentence(row: HistoryRow, telling: Telling) -> str:
    if row.kind == "client_changed" and row.deal_id is not None:  # the step's own entry stands beside it
        return _("The client’s card changed by a step of the deal")
    return telling.sentence(row.data)


def _files(kind: str, data: Data) -> Iterator[tuple[int, str]]:
    """A file that was added or removed, those of a comment, and those that a form was filled with."""
    if kind in ("file_added", "file_hidden", "file_shown") and data.get("file_id"):
        is_erased = data["name"] == ERASED
        yield (
            int(data["file_id"]),
            _("Erased file") if is_erased else _("Open version %(version)s", version=data["version"]),
        )
    given = dict(data.get("values") or {}).values() if kind == "step_completed" else [data.get("files")]
    for files in filter(is_files, given):
        for one in files:
            yield int(one["id"]), _("%(name)s, version %(version)s", name=one["name"], version=one["version"])


def _quoted(kind: str, data: Data, name: str) -> str:
    """What somebody said; why a call failed is often in the product's own words, which are translated."""
    said = str(data.get(name) or "") if name else ""
    return failure_words(said) if said and kind == "call_failed" else said


def deal_labels(session: Session, definition_id: int | None) -> Fields:
    """What a deal's history may tell of: the fields of its map, and the company's own of clients."""
    return {**client_labels(session), **fields_of(session, definition_id)}


def fields_of(session: Session, definition_id: int | None) -> Fields:
    """The fields of a map's steps by the names under which their values are kept."""
    return map_fields(process_of(session, definition_id)) if definition_id is not None else {}


def client_labels(session: Session) -> Fields:
    """The company's own fields by the names under which events have them, retired ones too."""
    return {one.name_in_maps: one.definition for one in organisation(session).own_fields}


_WITH_CHANGES = frozenset(
    {
        "approval_asked_again",
        "deal_changed",
        "deal_client_replaced",
        "variables_set",
        "client_changed",
        "contact_changed",
        "own_field_changed",
        "person_changed",
        "department_changed",
        "calendar_changed",
    }
)


def _details(row: HistoryRow, fields: Fields, currency: Currency) -> tuple[tuple[str, str], ...]:
    kind, data = row.kind, row.data
    words = _Values(fields, lambda: currency(row))
    if kind == "step_completed":
        values = dict(data.get("values") or {})
        return tuple(words.given(name, value) for name, value in values.items() if value not in (None, "", []))
    if kind in _WITH_CHANGES:
        changes = dict(data.get("changes") or {})
        return tuple(words.changed(name, change, changes) for name, change in changes.items())
    if kind == "decision_made":
        return tuple(_decided_values(data, words))
    if kind in ("message_received", "call_completed"):
        return tuple((name, readable(value)) for name, value in dict(data.get("values") or {}).items())
    return _line(kind, data, words)


def _line(kind: str, data: Data, words: _Values) -> tuple[tuple[str, str], ...]:
    if kind == "question_answered":
        return ((_("Question"), str(data["question"])),)
    if kind == "approvals_spared":
        return ((_("Changed on the client's card"), ", ".join(words.label(name) for name in data["fields"])),)
    return ()


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of an event in words: each with its label, money with the ``currency`` of then."""

    fields: Fields
    currency: Callable[[], str]

    def given(self, name: str, value: Any) -> tuple[str, str]:
        field = self.fields.get(name)
        return (name, readable(value)) if field is None else (field.label, self.worded(name, field, value))

    def worded(self, key: str, field: FieldDefinition, value: Any) -> str:
        """A value that an event holds under ``key``, in one line.

        A client's money is in no deal's currency, but in that of the client's card.
        """
        currency = ""
        if field.value_type in (FieldType.MONEY, FieldType.LINES):
            currency = USUAL_CURRENCY if key.startswith(_OF_CARDS) else self.currency()
        label_of = {choice.value: choice.label for choice in field.choices}
        match field.value_type:
            case FieldType.LINES:
                return lines_text(field, value, currency)
            case FieldType.PERSON | FieldType.CLIENT if isinstance(value, int):
                name = _person_name(value) if field.value_type is FieldType.PERSON else _client_name(value)
                return name or str(value)
            case FieldType.MONEY | FieldType.PERCENT if not isinstance(value, list):
                return cell_text(field, value, currency)
            case FieldType.TEXT | FieldType.LONG_TEXT | FieldType.PHONE | FieldType.EMAIL if isinstance(value, str):
                return value
            case _ if isinstance(value, list) and value and not is_files(value):
                return ", ".join(label_of.get(str(one), str(one)) for one in value)
            case _:
                return label_of.get(str(value)) or readable(value)

    def label(self, name: str) -> str:
        """What people call a value that an event names."""
        bare = name.removeprefix(CLIENT_ROOT)
        if bare in _FIELD_NAMES:
            return _(_FIELD_NAMES[bare])
        field = self.fields.get(name)
        return name if field is None else field.label

    def changed(self, name: str, change: Any, changes: Mapping[str, Any]) -> tuple[str, str]:
        """What was and what became of it. ``changes`` are all of the event: a currency may have changed with it."""
        if name.startswith(FILE_CHANGE):
            return _("File"), " → ".join(_version(one) for one in change)
        field = None if name in _FIELD_NAMES else self.fields.get(name)
        if field is not None and isinstance(change, list) and len(change) == 2:  # noqa: PLR2004  # old and new
            return field.label, " → ".join(self.worded(name, field, one) for one in change)
        bare, label = name.removeprefix(CLIENT_ROOT), self.label(name)
        if bare in _CODES and isinstance(change, list):  # figures that are no number
            return label, " → ".join(str(one or "—") for one in change)
        if name == "owner_id" and isinstance(change, list):
            change = [_person_name(one) for one in change]
        if name == "amount" and isinstance(change, list):
            return label, " → ".join(map(_amount, change, changes.get("currency") or [self.currency()] * 2))
        if isinstance(change, list) and len(change) == 2:  # noqa: PLR2004  # old and new
            return label, f"{readable(change[0])} → {readable(change[1])}"
        return label, readable(change)


def _decided_values(data: Data, words: _Values) -> Iterator[tuple[str, str]]:
    """What the columns held, what the decisions needed for it gave, what was kept."""
    yield from ((str(label), readable(value)) for label, value in dict(data.get("inputs") or {}).items())
    for table, (rules, outputs) in dict(data.get("needed") or {}).items():
        numbers = ", ".join(str(rule) for rule in rules) or "—"
        given = dict(outputs or {})
        alone = next(iter(given.values())) if len(given) == 1 else given  # then its name adds nothing
        yield _("By the table “%(table)s”, rule %(rules)s", table=table, rules=numbers), readable(alone)
    for name, value in dict(data.get("outputs") or {}).items():
        label, written = words.given(name, value)
        yield f"→ {label}", written


def _amount(amount: Any, currency: str) -> str:
    return money(Decimal(str(amount)), currency) if amount is not None and currency else readable(amount)


def _version(file: Data | None) -> str:
    return _("%(name)s, version %(version)s", name=file["name"], version=file["version"]) if file else "—"


def _person_name(person_id: Any) -> str | None:
    with reading() as session:
        return next((one.full_name for one in directory(session).people if one.id == person_id), None)


def _client_name(client_id: int) -> str:
    with reading() as session:
        return name_of(session, Client, client_id, Client.name)


_CODES = frozenset({"edrpou", "phone"})
_FIELD_NAMES = {
    "title": N_("Title"),
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "close_date": N_("Close date"),
    "owner_id": N_("Owner"),
    "loss_reason": N_("Reason of loss"),
    "name": N_("Name"),
    "edrpou": N_("EDRPOU"),
    "segment": N_("Segment"),
    "source": N_("Source"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "role": N_("Role"),
    "full_name": N_("Full name"),
    "position": N_("Position"),
    "departments": N_("Departments"),
    "is_active": N_("Active"),
    "locale": N_("Language"),
    "theme": N_("Theme"),
    "label": N_("Label"),
    "type": N_("Type"),
    "required": N_("Must be filled in"),
    "choices": N_("Choices"),
    "minimum": N_("At least"),
    "maximum": N_("At most"),
    "pattern": N_("Pattern"),
    "help": N_("Help"),
    "is_listed": N_("Column of the list"),
    "place": N_("Place"),
}


def told_kinds() -> frozenset[str]:
    """Every kind of event that has a sentence."""
    return frozenset(TELLINGS)


def kinds_of(chosen: str) -> tuple[str, ...] | None:
    """The kinds behind a filter of the timeline; None, everything, for a filter that does not exist."""
    return KINDS_BY_FILTER.get(chosen)
