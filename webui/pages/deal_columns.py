"""The columns of one's own list of deals: which are shown, and in which order."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.list_choices import keep_list_choice
from engine.queries.deal_columns import LIST_NAME, DealColumn, DealColumns, deal_columns
from webui.deal_list import COLUMNS
from webui.i18n import _
from webui.request_context import actor, reading, writing
from webui.security import local_path

blueprint = Blueprint("deal_columns", __name__, url_prefix="/deals/columns")

_DIRECTIONS = {"up": -1, "down": 1}


@blueprint.get("")
def show() -> ResponseReturnValue:
    with reading() as session:
        columns = deal_columns(session, actor())
    return render_template(
        "deals/columns.html",
        columns=columns,
        labels={one: _(label) for one, label in COLUMNS.items()},
        back=_back(),
    )


@blueprint.post("")
def keep() -> ResponseReturnValue:
    """Whichever button is pressed, what is ticked is kept with it."""
    form = request.form
    columns = DealColumns.of(form.getlist("order"), form.getlist("show"))
    word, _colon, direction = form.get("move", "").partition(":")
    moves = word in set(DealColumn) and direction in _DIRECTIONS
    if moves:
        columns = columns.moved(DealColumn(word), _DIRECTIONS[direction])
    if form.get("usual"):
        columns = DealColumns()
    with writing() as session:
        keep_list_choice(session, LIST_NAME, columns.as_kept(), actor=actor())
    if moves:
        return redirect(url_for("deal_columns.show", next=_back(), _anchor=word), code=303)
    flash(_("Your list of deals looks so from now on, on every device."), "success")
    return redirect(_back(), code=303)


def _back() -> str:
    """The list from which somebody came, with its filters."""
    return local_path(request.values.get("next")) or url_for("deals.list_deals")
