"""The journal of the company in words: who, when, what, and about whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution, FieldType
from engine.errors import N_
from engine.model.person import Role
from engine.queries.directories import directory
from engine.queries.journal import JournalPart, JournalRow, SubjectKind, calendar_names
from engine.queries.organisation import organisation
from webui.formats import USUAL_CURRENCY
from webui.forms.shown_values import cell_text
from webui.forms.working_hours import DAY_NAMES, written
from webui.i18n import _
from webui.map_steps import DISTRIBUTIONS
from webui.roles import role_label
from webui.tellings.words import readable
from webui.timeline import Entry, entry

PARTS: Mapping[JournalPart, str] = {
    JournalPart.PEOPLE: N_("People and absences"),
    JournalPart.ACCESS: N_("Passwords, tokens, codes"),
    JournalPart.DEPARTMENTS: N_("Departments"),
    JournalPart.MAPS: N_("Sales maps"),
    JournalPart.CONNECTIONS: N_("Connectors and webhooks"),
    JournalPart.CALENDARS: N_("Working calendars"),
    JournalPart.FIELDS: N_("Own fields"),
    JournalPart.LOSS_REASONS: N_("Reasons of loss"),
    JournalPart.RATES: N_("Currency and rates"),
    JournalPart.LETTER_TEMPLATES: N_("Texts of letters"),
    JournalPart.PROOFS: N_("Signatures and seal"),
    JournalPart.ERASURES: N_("Erasures"),
    JournalPart.HANDED_OUT: N_("Data handed out"),
}
_PAGES: Mapping[SubjectKind, tuple[str, str]] = {
    SubjectKind.PERSON: ("people.show", "person_id"),
    SubjectKind.DEPARTMENT: ("departments.show", "department_id"),
    SubjectKind.CALENDAR: ("calendars.show", "calendar_id"),
    SubjectKind.MAP: ("maps.show", "definition_id"),
}
_LABELS: Mapping[str, str] = {
    "head_id": N_("Head"),
    "parent_id": N_("Part of"),
    "calendar_id": N_("Working calendar"),
    "escalation": N_("Escalation"),
    "distribution": N_("Distribution"),
    "weekly": N_("Working hours"),
    "is_default": N_("The company's calendar"),
}
_BOUNDS = frozenset({"minimum", "maximum"})
_CHANGED = frozenset({"department_changed", "calendar_changed", "person_changed", "own_field_changed"})


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """``about`` is the name of whom or what it is about, with its page; both may be empty."""

    told: Entry
    part: str
    about: str
    about_url: str
    details: tuple[tuple[str, str], ...]


def journal_entries(session: Session, rows: Iterable[JournalRow]) -> Iterator[JournalEntry]:
    words = _Words(session)
    return (_entry(row, words) for row in rows)


def _entry(row: JournalRow, words: _Words) -> JournalEntry:
    about, event = row.subject, row.event
    if about is not None and about.kind is SubjectKind.MAP:  # its key may be a number that some program gave it
        event = replace(event, data={**event.data, "key": about.name})
    told = entry(event)
    place: dict[str, Any] = {_PAGES[about.kind][1]: about.id} if about is not None else {}
    return JournalEntry(
        told,
        _(PARTS[row.part]),
        about.name if about is not None else "",
        url_for(_PAGES[about.kind][0], **place) if about is not None else "",
        tuple(words.details(row.event.kind, row.event.data, told.details)),
    )


class _Words:
    """What events hold as ids and words of the program, called as people call it."""

    def __init__(self, session: Session) -> None:
        self._directory = directory(session)
        self._calendars = calendar_names(session)
        self._fields = {(one.subject.value, one.name): one.definition for one in organisation(session).own_fields}

    def details(
        self, kind: str, data: Mapping[str, Any], otherwise: tuple[tuple[str, str], ...]
    ) -> Iterator[tuple[str, str]]:
        if kind in ("substitution_set", "substitution_ended"):
            yield _("Substitute"), self._person(data["substitute_id"])
        elif kind == "person_added":
            yield _("Role"), self._role(data["role"])
        elif kind in _CHANGED:
            changes = dict(data.get("changes") or {})
            field = self._fields.get((data["subject"], data["name"])) if kind == "own_field_changed" else None
            for (name, change), usual in zip(changes.items(), otherwise, strict=True):
                if name in _BOUNDS and field is not None and field.value_type is FieldType.MONEY:
                    yield usual[0], " → ".join(cell_text(field, one, USUAL_CURRENCY) for one in change)
                else:
                    yield self._change(name, change, usual)
        else:
            yield from otherwise

    def _change(self, name: str, change: Any, usual: tuple[str, str]) -> tuple[str, str]:
        if not isinstance(change, list) or len(change) != 2:  # noqa: PLR2004  # old and new
            return usual
        writers: Mapping[str, Callable[[Any], str]] = {
            "role": self._role,
            "head_id": self._person,
            "parent_id": self._department,
            "calendar_id": self._calendar,
            "distribution": _distribution,
            "weekly": _week,
            "choices": _choices,
        }
        write = writers.get(name)
        if write is None and name[:4].isdecimal():
            return readable(name), " → ".join(_hours(one) for one in change)
        label = _(_LABELS[name]) if name in _LABELS else usual[0]
        return (label, usual[1]) if write is None else (label, " → ".join(write(one) for one in change))

    def _person(self, person_id: int | None) -> str:
        found = self._directory.known_person(person_id)
        return found.full_name if found is not None else "—"

    def _department(self, department_id: int | None) -> str:
        found = self._directory.department(department_id)
        return found.name if found is not None else "—"

    def _calendar(self, calendar_id: int | None) -> str:
        return self._calendars.get(calendar_id or 0, "—")

    def _role(self, role: str) -> str:
        return role_label(Role(role)) if role in set(Role) else role


def _distribution(distribution: str | None) -> str:
    return _(DISTRIBUTIONS[Distribution(distribution)]) if distribution in set(Distribution) else distribution or "—"


def _week(weekly: Mapping[str, Any] | None) -> str:
    days = ((_(DAY_NAMES[int(day)]), spans) for day, spans in sorted((weekly or {}).items()))
    return "; ".join(f"{day} {written(spans)}" for day, spans in days if spans) or "—"


def _choices(choices: list[Mapping[str, Any]] | None) -> str:
    """Of a field of a client or contact, by the words that people choose."""
    return ", ".join(str(one.get("label") or one["value"]) for one in choices or ()) or "—"


def _hours(spans: list[Any] | None) -> str:
    """Of one day; None is a day like the others of its week."""
    if spans is None:
        return _("as usual")
    return written(spans) or _("day off")
