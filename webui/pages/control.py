"""The daily control: the page that a head opens every morning, and the lists behind its numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.incidents import perform
from engine.commands.reminders import note_control_look, remind_of_work_item
from engine.commands.work_items import StepNotYours, delegate_work_item, extend_work_item
from engine.errors import DomainError, NotFound
from engine.model.work_item import WorkItem
from engine.policy.permissions import Ability, may
from engine.queries.control import (
    MOST_COUNTED,
    SILENT_DAYS,
    DealsList,
    StepsList,
    control,
    controlled_deals,
    controlled_steps,
    ensure_controls,
    looks,
)
from engine.queries.directories import directory
from engine.queries.work_items import work_item_view
from webui.control_words import DEAL_LISTS, STEP_LISTS, may_direct, may_remind
from webui.error_pages import status_of
from webui.forms.typed_values import read_id
from webui.i18n import _, ngettext
from webui.listed_pages import PAGE_SIZE, all_pages, cursor_asked, page_links
from webui.messages import error_text, field_errors
from webui.report_periods import report_file
from webui.request_context import actor, now, reading, services, writing
from webui.security import is_partial
from webui.step_people import may_extend

blueprint = Blueprint("control", __name__, url_prefix="/control")

_MOST_REMINDED = 100
_MOST_COUNTED = 10_000
"""Of deals, above their list."""
_HOLDERS_SHOWN = 50
"""Of those who have most late steps; the others where they are asked for."""
_ALL = "all"
_OF_NONE = "none"
_NARROWED = ("from", "show", "person", "department", "cursor")


@blueprint.get("")
def show() -> ResponseReturnValue:
    with reading() as session:
        found = control(session, actor(), now=now())
        return render_template(
            "control/control.html",
            control=found,
            holders=found.holders if request.args.get("holders") == _ALL else found.holders[:_HOLDERS_SHOWN],
            step_lists=STEP_LISTS,
            deal_lists=DEAL_LISTS,
            looks=looks(session, actor(), now=now()),
            may_remind=may_remind(directory(session), actor()),
            may_direct=may_direct(directory(session), actor()),
            own=actor().people_acted_for,
            kept={},
            sees_all=may(actor(), Ability.SEE_ALL_DEALS),
            silent_days=SILENT_DAYS,
            most=MOST_COUNTED,
        )


@blueprint.get("/steps")
def list_steps() -> ResponseReturnValue:
    chosen = _chosen_steps()
    with reading() as session:
        people = directory(session)
        found = controlled_steps(session, actor(), now=now(), limit=PAGE_SIZE, cursor=cursor_asked(), **chosen)
        reminds = may_remind(people, actor())
        person = people.known_person(chosen["person_id"])
        department = people.department(chosen["department_id"])
        nobody = _("Nobody") if chosen["department_id"] == 0 else ""
        return render_template(
            "control/steps.html",
            which=chosen["which"],
            whose=person.full_name if person else department.name if department else nobody,
            chosen=_whose(),
            found=found,
            lists=STEP_LISTS,
            may_remind=reminds,
            may_direct=may_direct(people, actor()),
            own=actor().people_acted_for,
            kept={"from": "steps", "show": chosen["which"].value, "cursor": cursor_asked(), **_whose()},
            remindable=any(map(reminds, found.items)),
            **page_links(found.next_cursor),
        )


@blueprint.get("/steps/export.<kind>")
def export_steps(kind: str) -> ResponseReturnValue:
    header = (
        _("Step"),
        _("Deal"),
        _("Title"),
        _("Client"),
        _("Amount"),
        _("Currency"),
        _("Stage"),
        _("With whom"),
        _("Deadline"),
        _("Open since"),
    )
    chosen = _chosen_steps()
    with reading() as session:
        at = now()
        rows = (
            (
                row.name,
                row.deal_number,
                row.deal_title,
                row.client_name,
                row.amount,
                row.currency,
                row.stage,
                row.who,
                row.due_at,
                row.opened_at,
            )
            for row in all_pages(
                lambda cursor, limit: controlled_steps(
                    session, actor(), now=at, cursor=cursor, limit=limit, counted=False, **chosen
                )
            )
        )
        return report_file(kind, "control", header, rows)


@blueprint.get("/steps/<int:work_item_id>/direct")
def direct(work_item_id: int) -> ResponseReturnValue:
    """To hand a step on or to give it more time, above the list that leads here. Refused as what it would send."""
    ensure_controls(actor())
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        if view.row.completed_at is None and not view.may_direct and not may_extend(session, view.row):
            raise StepNotYours(with_whom=view.row.assignee_name or view.row.group_name or "—")
    return _directing(work_item_id)


@blueprint.post("/steps/<int:work_item_id>/hand-on")
def hand_on(work_item_id: int) -> ResponseReturnValue:
    to = read_id(request.form.get("to", "")) or 0
    return _direct(
        work_item_id,
        partial(delegate_work_item, to_person_id=to, comment=request.form.get("note", "")),
        _("The step was handed on."),
    )


@blueprint.post("/steps/<int:work_item_id>/extend")
def extend(work_item_id: int) -> ResponseReturnValue:
    until, reason = request.form.get("due_at", ""), request.form.get("reason", "")
    return _direct(work_item_id, partial(extend_work_item, until=until, reason=reason), _("The deadline was moved."))


@blueprint.get("/deals")
def list_deals() -> ResponseReturnValue:
    which = _word(DealsList, DealsList.SILENT)
    with reading() as session:
        found = controlled_deals(
            session,
            actor(),
            which,
            now=now(),
            limit=PAGE_SIZE,
            cursor=cursor_asked(),
            most_counted=_MOST_COUNTED,
        )
    return render_template(
        "control/deals.html",
        which=which,
        found=found,
        lists=DEAL_LISTS,
        silent_days=SILENT_DAYS,
        most=_MOST_COUNTED,
        **page_links(found.next_cursor),
    )


@blueprint.get("/deals/export.<kind>")
def export_deals(kind: str) -> ResponseReturnValue:
    header = (
        _("Deal"),
        _("Title"),
        _("Client"),
        _("Amount"),
        _("Currency"),
        _("Stage"),
        _("In this stage since"),
        _("Next step"),
        _("Deadline"),
        _("Owner"),
    )
    which = _word(DealsList, DealsList.SILENT)
    with reading() as session:
        at = now()
        rows = (
            (
                row.number,
                row.title,
                row.client_name,
                row.amount,
                row.currency,
                row.stage,
                row.stage_since,
                row.next_step,
                row.next_due_at,
                row.owner_name,
            )
            for row in all_pages(
                lambda cursor, limit: controlled_deals(
                    session, actor(), which, now=at, cursor=cursor, limit=limit, most_counted=0
                )
            )
        )
        return report_file(kind, "control-deals", header, rows)


@blueprint.post("/looked")
def looked() -> ResponseReturnValue:
    with writing() as session:
        day: date = note_control_look(session, actor=actor(), clock=services().clock)
    flash(_("Noted: you have looked through the control of %(day)s.", day=day.strftime("%d.%m.%Y")), "success")
    return redirect(url_for("control.show"), code=303)


@blueprint.post("/remind")
def remind() -> ResponseReturnValue:
    """Remind of one step, or of those that are ticked: each by itself, and what was not possible is told."""
    alone = request.form.get("only", "")
    wanted = [alone] if alone else request.form.getlist("item")[:_MOST_REMINDED]
    ids = list(dict.fromkeys(one for text in wanted if (one := read_id(text))))
    done, refused = 0, dict[str, int]()
    for work_item_id in ids:
        command = partial(remind_of_work_item, work_item_id=work_item_id, actor=actor(), clock=services().clock)
        try:
            perform(services().database, command, actor=actor(), clock=services().clock)
        except DomainError as error:
            refused[error_text(error)] = refused.get(error_text(error), 0) + 1
        else:
            done += 1
    if done:
        flash(ngettext("Reminded of %(num)s step.", "Reminded of %(num)s steps.", done), "success")
    for told, count in refused.items():
        flash(f"{told} ({count})" if count > 1 else told, "warning")
    if not ids:
        flash(_("Tick the steps of which you want to remind."), "warning")
    return redirect(_back(), code=303)


def _direct(work_item_id: int, command: Callable[..., WorkItem], told: str) -> ResponseReturnValue:
    try:
        with writing() as session:
            command(session, work_item_id, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return _directing(work_item_id, error)
    flash(told, "success")
    return redirect(_back(), code=303)


def _directing(work_item_id: int, error: DomainError | None = None) -> ResponseReturnValue:
    ensure_controls(actor())
    with reading() as session:
        view = work_item_view(session, actor(), work_item_id, now())
        extends = view.row.completed_at is None and may_extend(session, view.row)
    page = render_template(
        "control/direct_part.html" if is_partial() else "control/direct.html",
        row=view.row,
        may_direct=view.may_direct,
        may_extend=extends,
        typed=request.form,
        errors=field_errors(error) if error else {},
        problem_text=error_text(error) if error else "",
        back=_back(),
        kept={name: request.values[name] for name in _NARROWED if request.values.get(name)},
    )
    return page, status_of(error) if error else 200


def _back() -> str:
    """The list from which somebody acts; what they narrowed it to stays."""
    if request.values.get("from") != "steps":
        return url_for("control.show")
    kept: dict[str, Any] = {name: request.values.get(name) or None for name in _NARROWED if name != "from"}
    return url_for("control.list_steps", **kept)


def _whose() -> dict[str, str | None]:
    return {name: request.args.get(name) for name in ("person", "department")}


def _chosen_steps() -> dict[str, Any]:
    department = request.args.get("department", "")
    return {
        "which": _word(StepsList, StepsList.OVERDUE),
        "person_id": read_id(request.args.get("person", "")),
        "department_id": 0 if department == _OF_NONE else read_id(department),
    }


def _word(kinds: Any, usual: Any) -> Any:
    given = request.args.get("show", "")
    return kinds(given) if given in set(kinds) else usual
