"""Deals: the list, the board, a new one, and one deal with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.approved_changes import ContentApproved, allows_change
from engine.commands.cancellations import cancel_deal
from engine.commands.deals import comment_on_deal, open_deal, update_deal
from engine.commands.incidents import perform
from engine.commands.loss_choices import LossChoice, LossReasonRequired
from engine.errors import DomainError, InvalidInput, NotFound
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.policy.exchange_rates import CURRENCIES
from engine.policy.form_values import read_form
from engine.policy.freedom import may_suspend
from engine.policy.permissions import Ability, ensure_may, may, may_edit_deal
from engine.policy.simultaneous_edits import EditedMeanwhile
from engine.queries.attention import is_watching
from engine.queries.client_letters import latest_letters
from engine.queries.clients import visible_client_name
from engine.queries.deal_columns import DealColumns
from engine.queries.deal_files import file_of_deal
from engine.queries.deal_history import HistoryRow, history_with_entry
from engine.queries.deal_view import DealView
from engine.queries.deals import board, deal_history, deal_view, walked_path
from engine.queries.definition_files import drawing_of
from engine.queries.definitions import startable_definitions
from engine.queries.directories import directory
from engine.queries.exchange_rates import company_rates
from engine.queries.known_maps import known_maps
from engine.queries.loss_reasons import loss_reasons
from engine.queries.outdated_approvals import to_ask_again
from engine.queries.own_fields import own_fields
from engine.queries.pages import Page
from engine.queries.people import who_publishes
from engine.queries.processes import process_of
from engine.queries.version_moves import last_move_of_deal, version_of_deal
from webui.approval_pane import shown_changes
from webui.attachments import attachment
from webui.command_keys import sent_command_id
from webui.commenting import said_once
from webui.deadlines import working_time
from webui.deal_files import as_download
from webui.deal_list import COLUMNS, NUMERIC, SORTS, DealFilter
from webui.error_pages import status_of
from webui.exports import csv_file, xlsx_file
from webui.file_lists import deal_files
from webui.file_uploads import brought
from webui.forms.deal_form import definition_of, editable_fields, read_changes, read_new_deal, with_erased
from webui.forms.errors_at_fields import errors_at_fields
from webui.forms.own_form import own_inputs
from webui.forms.shown_values import shown_field
from webui.forms.step_form import StepField, faults_of, step_fields, typed_values
from webui.forms.typed_values import chosen_id
from webui.i18n import _, chosen_locale, zone
from webui.messages import error_text, field_errors
from webui.own_columns import deal_cells, numeric, own_headings, with_deal_cells
from webui.read_versions import sent_versions
from webui.request_context import actor, now, reading, services
from webui.security import is_partial
from webui.timeline import FILTERS, Fields, currency_of, deal_labels, entries, fields_of, kinds_of
from webui.waiting import waiting_sentence

blueprint = Blueprint("deals", __name__, url_prefix="/deals")

_HISTORY_SHOWN = 30
_LETTERS_SHOWN = 3


@blueprint.get("")
def list_deals() -> ResponseReturnValue:
    chosen = DealFilter.of(request.args)
    cursor = request.args.get("cursor") or None
    with reading() as session:
        page = chosen.page(session, actor(), now(), cursor=cursor)
        columns = DealColumns.kept(session, actor())
        cells = deal_cells(session, columns.own_shown, [row.id for row in page.items])
        maps = known_maps(session, actor())
        reasons = loss_reasons(session, archived=True) if chosen.reason_id else ()
        department = directory(session).department(chosen.counted.department_id)
        client_name = visible_client_name(session, actor(), chosen.client_id) if chosen.client_id else ""
        has_map = bool(page.items) or chosen.narrows or bool(startable_definitions(session, actor()))
        owners = () if has_map else who_publishes(session)
    built_in = {one: _(label) for one, label in COLUMNS.items()}
    return render_template(
        "deals/list.html",
        reason_name=next((one.name for one in reasons if one.id == chosen.reason_id), ""),
        department_name=department.name if department else "",
        client_name=client_name,
        page=page,
        columns=columns.shown,
        labels=built_in | own_headings(columns.own_shown, beside=[_("Deal"), _("Client"), *built_in.values()]),
        cells=cells,
        numeric=NUMERIC | numeric(columns.own_shown),
        sorts=SORTS,
        chosen=chosen,
        maps=maps,
        first_url=chosen.address() if cursor else None,
        next_url=chosen.address(cursor=page.next_cursor) if page.next_cursor else None,
        may_open=may(actor(), Ability.OPEN_DEAL),
        has_map=has_map,
        owners=owners,
    )


@blueprint.get("/board")
def show_board() -> ResponseReturnValue:
    q = request.args.get("q", "").strip()[:200]
    with reading() as session:
        maps = known_maps(session, actor())
        key = request.args.get("map") or (maps[0].key if maps else "")
        shown = board(session, actor(), definition_key=key, now=now(), q=q)
        rates = company_rates(session)
        has_map = bool(shown.columns) or bool(startable_definitions(session, actor()))
        owners = () if has_map else who_publishes(session)
    return render_template(
        "deals/board.html",
        has_map=has_map,
        owners=owners,
        board=shown,
        rates=rates,
        maps=maps,
        map_key=key,
        q=q,
        may_open=may(actor(), Ability.OPEN_DEAL),
    )


@blueprint.get("/export.<kind>")
def export(kind: str) -> ResponseReturnValue:
    """The list that is open, all its pages, as CSV or XLSX; behind its own columns the own fields that are shown."""
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    header = (
        _("Number"),
        _("Title"),
        _("Client"),
        _("Amount"),
        _("Currency"),
        _("Stage"),
        _("Owner"),
        _("Result"),
        _("Opened"),
        _("Close date"),
        _("Next step"),
        _("Deadline"),
        _("Overdue steps"),
        _("Reason of loss"),
        _("Reason of the list"),
    )
    with reading() as session:
        reasons = {one.id: one.name for one in loss_reasons(session, archived=True)}
        own = DealColumns.kept(session, actor()).own_shown
        found = DealFilter.of(request.args).all_rows(session, actor(), now())
        rows = (
            (
                row.number,
                row.title,
                row.client_name,
                row.amount,
                row.currency,
                row.stage,
                row.owner_name,
                row.result.value,
                row.opened_at,
                row.close_date,
                row.next_step,
                row.next_due_at,
                row.overdue_steps,
                row.loss_reason,
                reasons.get(row.loss_reason_id or 0),
                *cells,
            )
            for row, cells in with_deal_cells(session, own, found, lambda one: one.id)
        )
        return (csv_file if kind == "csv" else xlsx_file)(
            "deals", (*header, *own_headings(own, beside=header).values()), rows
        )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    ensure_may(actor(), Ability.OPEN_DEAL)
    return _form(request.args.to_dict())


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Open a deal; its map starts, and its first step stands in somebody's inbox."""
    try:
        with reading() as session:
            own = [one.definition for one in own_fields(session, FieldSubject.CLIENT)]
        draft = read_new_deal(request.form, own, typed_values(request.form))

        def command(session: Session) -> Deal:
            return open_deal(
                session,
                draft,
                actor=actor(),
                clock=services().clock,
                command_id=sent_command_id(),
            )

        deal = perform(services().database, command, actor=actor(), clock=services().clock)
    except DomainError as error:
        return _form(request.form.to_dict(), error)
    flash(_("The deal is open. Its first step is on its way to who does it."), "success")
    flash("new-deal", "draft")
    return redirect(url_for("deals.show", deal_id=deal.id), code=303)


@blueprint.get("/<int:deal_id>")
def show(deal_id: int) -> ResponseReturnValue:
    return deal_page(deal_id)


@blueprint.post("/<int:deal_id>")
def update(deal_id: int) -> ResponseReturnValue:
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        fields = editable_fields(view, fields_of(session, view.definition_id))
    form = with_erased(request.form.to_dict(), {"title": view.row.title})
    typed = with_erased(typed_values(request.form), {field.name: field.value for field in view.fields})
    try:
        changes = read_changes(form, fields, typed)
    except InvalidInput as error:
        return deal_page(deal_id, error=error, form=request.form.to_dict(), typed=typed)
    return _act(
        deal_id,
        lambda session: update_deal(
            session,
            deal_id,
            changes,
            actor=actor(),
            clock=services().clock,
            ask_again="ask_again" in request.form,
            **sent_versions(),
        ),
        _("Saved. Whoever approved what you changed is asked again.") if "ask_again" in request.form else _("Saved."),
        typed=typed,
    )


@blueprint.post("/<int:deal_id>/comment")
def comment(deal_id: int) -> ResponseReturnValue:
    with reading() as session:
        deal_files(session, deal_id)  # nobody stores files where they see nothing
    try:
        files = brought(request.files.getlist("files"), "text", required=False)
    except DomainError as error:
        return deal_page(deal_id, error=error, form=request.form.to_dict())
    say = said_once(comment_on_deal, deal_id, files)
    return _act(
        deal_id,
        lambda session: session.get_one(Deal, say(session)),
        _("The comment is in the deal's history."),
    )


@blueprint.post("/<int:deal_id>/loss-reason")
def explain(deal_id: int) -> ResponseReturnValue:
    """Choose from the list why a deal has ended without a sale."""
    chosen = chosen_id(request.form, "loss_reason_id")
    if chosen is None:
        missing = InvalidInput({"loss_reason_id": LossReasonRequired()})
        return deal_page(deal_id, error=missing, form=request.form.to_dict())
    changes = {"loss_reason_id": chosen, "loss_reason": request.form.get("loss_comment", "")}
    return _act(
        deal_id,
        lambda session: update_deal(session, deal_id, changes, actor=actor(), clock=services().clock),
        _("The reason is chosen."),
    )


@blueprint.post("/<int:deal_id>/cancel")
def cancel(deal_id: int) -> ResponseReturnValue:
    return _act(
        deal_id,
        lambda session: cancel_deal(
            session,
            deal_id,
            request.form.get("reason", ""),
            LossChoice(chosen_id(request.form, "reason_id"), is_asked=True),
            actor=actor(),
            clock=services().clock,
            command_id=sent_command_id(),
        ),
        _("The deal is cancelled; its open steps are withdrawn."),
    )


@blueprint.get("/<int:deal_id>/timeline")
def show_timeline(deal_id: int) -> ResponseReturnValue:
    """A page of the deal's history, of one kind or of all; opened by itself, the deal's page that shows it."""
    if not is_partial():
        return deal_page(deal_id)
    chosen = request.args.get("kinds", "")
    with reading() as session:
        history = deal_history(
            session,
            actor(),
            deal_id,
            kinds=kinds_of(chosen),
            limit=_HISTORY_SHOWN,
            cursor=request.args.get("cursor") or None,
        )
        told = entries(history.items, _fields(session, deal_id), currency_of(session, deal_id))
    return render_template(
        "deals/timeline.html",
        deal_id=deal_id,
        history=history,
        lacks_later=False,
        told=told,
        filters=FILTERS,
        chosen_filter=chosen,
        may_erase=may(actor(), Ability.ERASE_PERSON),
    )


@blueprint.get("/<int:deal_id>/map")
def show_map(deal_id: int) -> ResponseReturnValue:
    """The deal's map with the path walked so far and the present step lit."""
    with reading() as session:
        path = walked_path(session, actor(), deal_id, now())
    return render_template("deals/map.html", deal_id=deal_id, path=path)


@blueprint.get("/<int:deal_id>/map.bpmn")
def map_file(deal_id: int) -> ResponseReturnValue:
    with reading() as session:
        path = walked_path(session, actor(), deal_id, now())
        content = drawing_of(session, actor(), path.definition_id)
    return attachment(content, "application/xml", "map.bpmn")


@blueprint.get("/<int:deal_id>/files/<int:file_id>")
def download_file(deal_id: int, file_id: int) -> ResponseReturnValue:
    with reading() as session:
        file = file_of_deal(session, actor(), deal_id, file_id)
    return as_download(file)


def _fields(session: Session, deal_id: int) -> Fields:
    try:
        return deal_labels(session, walked_path(session, actor(), deal_id, now()).definition_id)
    except NotFound:
        return {}  # a deal from before its map was executed


def _act(
    deal_id: int,
    command: Callable[[Session], Deal],
    told: str,
    *,
    typed: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    try:
        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        return deal_page(deal_id, error=error, form=request.form.to_dict(), typed=typed)
    flash(told, "success")
    flash(f"deal-{deal_id}", "draft")
    return redirect(url_for("deals.show", deal_id=deal_id), code=303)


def _form(typed: Mapping[str, str], error: DomainError | None = None) -> ResponseReturnValue:
    errors, typed_own = field_errors(error) if error else {}, typed_values(request.form)
    with reading() as session:
        maps = startable_definitions(session, actor())
        own = own_inputs(session, FieldSubject.CLIENT, typed_own, errors, ids="client-own")
        owners = () if maps else who_publishes(session)
    page = render_template(
        "deals/new.html",
        owners=owners,
        typed=typed,
        own=own,
        own_asks=any(typed_own.values()) or any(one.error for one in own),
        errors=errors,
        problem_text=error_text(error) if error else "",
        maps=maps,
        currencies=CURRENCIES,
    )
    return page, status_of(error) if error else 200


def _problem(error: DomainError | None, *, offers_asking_again: bool) -> str:
    if offers_asking_again and isinstance(error, ContentApproved):
        return _("This was approved as it is. Below what you changed you can have it approved again.")
    return error_text(error) if error else ""


def _offers_asking_again(session: Session, view: DealView, error: DomainError | None, form: Mapping[str, str]) -> bool:
    """Offered where saving was refused for it, and still there when something else has to be mended first."""
    if error is None or ("ask_again" in form) == isinstance(error, ContentApproved):
        return False
    return _allows_change(session, view)


def _allows_change(session: Session, view: DealView) -> bool:
    return view.definition_id is not None and allows_change(process_of(session, view.definition_id))


def _inputs(
    session: Session, view: DealView, known: Fields, typed: Mapping[str, Any], errors: Mapping[str, str]
) -> tuple[StepField, ...]:
    fields = editable_fields(view, known)
    state = read_form(fields, typed, chosen_locale(), zone=zone().key)
    return step_fields(session, fields, typed, errors, state=state, currency=view.row.currency)


def _history(session: Session, deal_id: int) -> tuple[Page[HistoryRow], bool]:
    """The latest, or what has the entry to which somebody is led; and whether later entries are not on it."""
    entry = chosen_id(request.args, "entry")
    if entry is None:
        kinds = kinds_of(request.args.get("kinds", ""))
        return deal_history(session, actor(), deal_id, kinds=kinds, limit=_HISTORY_SHOWN), False
    return history_with_entry(session, actor(), deal_id, entry, limit=_HISTORY_SHOWN)


def deal_page(
    deal_id: int,
    *,
    error: DomainError | None = None,
    form: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """The deal's page; with an error, at its field, and with what was typed kept."""
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        history, lacks_later = _history(session, deal_id)
        known = fields_of(session, view.definition_id)
        errors = errors_at_fields(session, error, known, view.row.currency)
        errors |= {name.removeprefix("fields."): text for name, text in errors.items()}
        labels = deal_labels(session, view.definition_id)
        stored = {field.name: field.value for field in view.fields}
        may_move = may(actor(), Ability.PUBLISH_MAP)
        inputs = _inputs(session, view, known, stored if typed is None else typed, errors)
        offers_asking_again = _offers_asking_again(session, view, error, form or {})
        allowed = _allows_change(session, view)
        outdated = to_ask_again(session, actor(), deal_id) if allowed else []
        changed = [one for approval in outdated for one in approval.changes]
        page = render_template(
            "deals/deal.html",
            changed_since=shown_changes(session, changed, known, view.row.currency),
            may_move=may_move,
            followed=version_of_deal(session, deal_id) if may_move else None,
            undoable_move=last_move_of_deal(session, deal_id) if may_move else None,
            view=view,
            row=view.row,
            stages=[(stage, working_time(int(stage.spent.total_seconds()))) for stage in view.stages],
            waiting=waiting_sentence(view.waiting),
            reasons=[(one.id, one.name) for one in loss_reasons(session)],
            may_explain=may_edit_deal(actor(), owner_id=view.row.owner_id),
            values=[
                (
                    field.label,
                    shown_field(session, definition_of(field, known), field.value, view.row.currency),
                )
                for field in view.fields
            ],
            watching=is_watching(session, actor(), deal_id),
            files=deal_files(session, deal_id),
            letters=latest_letters(session, deal_id, limit=_LETTERS_SHOWN + 1),
            letters_shown=_LETTERS_SHOWN,
            may_write=may_edit_deal(actor(), owner_id=view.row.owner_id),
            sends_mail=services().settings.smtp_url is not None,
            inputs=inputs,
            faults=faults_of(inputs),
            deal_id=deal_id,
            history=history,
            lacks_later=lacks_later,
            told=entries(history.items, labels, currency_of(session, deal_id)),
            may_erase=may(actor(), Ability.ERASE_PERSON),
            filters=FILTERS,
            chosen_filter=request.args.get("kinds", ""),
            errors=errors,
            problem_text=_problem(error, offers_asking_again=offers_asking_again),
            offers_asking_again=offers_asking_again,
            form=form,
            edited_meanwhile=isinstance(error, EditedMeanwhile),
            currencies=CURRENCIES,
            may_suspend=may_suspend(actor(), owner_id=view.row.owner_id),
            may_repair=may(actor(), Ability.REPAIR_DEAL),
        )
    return page, status_of(error) if error else 200
