"""The journal: who changed which accounts, maps and settings, and who signed in, when. The administrator's."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.sign_ins import KEPT
from engine.model.sign_in import SignInKind
from engine.queries.directories import directory
from engine.queries.journal import JournalFilter, JournalPart, JournalRow, journal
from engine.queries.pages import Page
from engine.queries.sign_ins import SignInFilter, sign_ins
from webui.exports import csv_file, xlsx_file
from webui.formats import local
from webui.forms.typed_values import read_id
from webui.i18n import _
from webui.journal import PARTS, journal_entries
from webui.listed_pages import all_pages
from webui.periods import BACK, end_of, iso_date, start_of, usual_periods
from webui.request_context import actor, now, reading
from webui.sign_in_words import KINDS, told

blueprint = Blueprint("journal", __name__, url_prefix="/settings/journal")

_SHOWN = 50


@blueprint.get("")
def show() -> ResponseReturnValue:
    kept, cursor = _kept(), request.args.get("cursor") or None
    with reading() as session:
        page = _found(session, limit=_SHOWN, cursor=cursor)
        entries = list(journal_entries(session, page.items))
        person = directory(session).known_person(read_id(request.args.get("person", "")))
    first, last = _period()
    return render_template(
        "settings/journal.html",
        entries=entries,
        kept=kept,
        parts=[(part.value, _(label)) for part, label in PARTS.items()],
        person=person,
        first=first,
        last=last,
        periods=usual_periods(_today()),
        first_url=url_for("journal.show", **kept) if cursor else None,
        next_url=url_for("journal.show", **kept, cursor=page.next_cursor) if page.next_cursor else None,
        total=page.total,
    )


@blueprint.get("/export.<any(csv, xlsx):kind>")
def export(kind: str) -> ResponseReturnValue:
    header = (_("When"), _("Who"), _("What"), _("About"), _("Details"), _("Kind"))
    with reading() as session:
        listed = all_pages(lambda cursor, limit: _found(session, limit=limit, cursor=cursor))
        rows = (
            (
                one.told.row.at,
                one.told.who,
                one.told.text,
                one.about,
                "; ".join(f"{label}: {value}" for label, value in one.details),
                one.part,
            )
            for one in journal_entries(session, listed)
        )
        if kind == "csv":
            return csv_file("journal", header, rows)
        return xlsx_file("journal", header, rows, widths=(18, 28, 50, 28, 60, 26))


@blueprint.get("/sign-ins")
def show_sign_ins() -> ResponseReturnValue:
    kept: dict[str, Any] = {name: request.args.get(name) or None for name in ("person", "kind", "from", "to")}
    cursor, kind = request.args.get("cursor") or None, request.args.get("kind", "")
    first, last = _period()
    wanted = SignInFilter(
        person_id=read_id(request.args.get("person", "")),
        kind=SignInKind(kind) if kind in set(SignInKind) else None,
        since=start_of(first),
        until=end_of(last),
    )
    with reading() as session:
        page = sign_ins(session, actor(), wanted, limit=_SHOWN, cursor=cursor)
        person = directory(session).known_person(wanted.person_id)
    return render_template(
        "settings/sign_ins.html",
        entries=[told(row) for row in page.items],
        kept=kept,
        kinds=[(one.value, _(label)) for one, label in KINDS.items()],
        kept_days=KEPT.days,
        person=person,
        first=first,
        last=last,
        first_url=url_for("journal.show_sign_ins", **kept) if cursor else None,
        next_url=url_for("journal.show_sign_ins", **kept, cursor=page.next_cursor) if page.next_cursor else None,
        total=page.total,
    )


def _found(session: Any, *, limit: int, cursor: str | None = None) -> Page[JournalRow]:
    """Raises NotFound for who may not read it."""
    part = request.args.get("part", "")
    first, last = _period()
    wanted = JournalFilter(
        person_id=read_id(request.args.get("person", "")),
        part=JournalPart(part) if part in set(JournalPart) else None,
        since=start_of(first),
        until=end_of(last),
    )
    return journal(session, actor(), wanted, limit=limit, cursor=cursor)


def _kept() -> dict[str, Any]:
    """What the list is narrowed to, for the links that narrow it no less."""
    return {name: request.args.get(name) or None for name in ("person", "part", "from", "to")}


def _period() -> tuple[date, date]:
    first = iso_date(request.args.get("from", "")) or _today() - BACK
    return first, max(first, iso_date(request.args.get("to", "")) or _today())


def _today() -> date:
    return local(now()).date()
