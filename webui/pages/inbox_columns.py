"""What the rows of one's own inbox show, and in which order."""

from __future__ import annotations

from flask import Blueprint

from engine.errors import N_
from engine.queries.inbox_columns import InboxColumns
from webui.inbox_list import COLUMNS
from webui.list_columns import ColumnChoice

blueprint = Blueprint("inbox_columns", __name__, url_prefix="/inbox/columns")

ColumnChoice(
    InboxColumns,
    COLUMNS,
    list_endpoint="inbox.show",
    blueprint=blueprint.name,
    title=N_("Columns of the inbox"),
    hint=N_(
        "What you choose is yours alone, in every tab and on every device. Exported files keep their own columns, with"
        " the fields that you chose behind them."
    ),
    kept_text=N_("Your inbox looks so from now on, on every device."),
).serve_on(blueprint)
