"""The columns of one's own list of clients: which are shown, and in which order."""

from __future__ import annotations

from flask import Blueprint

from engine.errors import N_
from engine.queries.client_list_columns import ClientColumns
from webui.client_list import COLUMNS
from webui.list_columns import ColumnChoice

blueprint = Blueprint("client_columns", __name__, url_prefix="/clients/columns")

ColumnChoice(
    ClientColumns,
    COLUMNS,
    list_endpoint="clients.list_clients",
    blueprint=blueprint.name,
    title=N_("Columns of the list of clients"),
    hint=N_("What you choose is yours alone, on every device. Exported files hold all columns and all own fields."),
    kept_text=N_("Your list of clients looks so from now on, on every device."),
    tells_whose=False,
).serve_on(blueprint)
