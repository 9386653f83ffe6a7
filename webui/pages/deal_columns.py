"""The columns of one's own list of deals: which are shown, and in which order."""

from __future__ import annotations

from flask import Blueprint

from engine.errors import N_
from engine.queries.deal_columns import DealColumns
from webui.deal_list import COLUMNS
from webui.list_columns import ColumnChoice

blueprint = Blueprint("deal_columns", __name__, url_prefix="/deals/columns")

ColumnChoice(
    DealColumns,
    COLUMNS,
    list_endpoint="deals.list_deals",
    blueprint=blueprint.name,
    title=N_("Columns of the list of deals"),
    hint=N_(
        "What you choose is yours alone, on every device. Exported files keep their own columns, with the fields that"
        " you chose behind them."
    ),
    kept_text=N_("Your list of deals looks so from now on, on every device."),
).serve_on(blueprint)
