"""What lists of clients and files of deals still say of a person who is erased: rows that wait to be mended.

A row that is still to be taken over is left: it is taken over in a short while, or goes with its list, see upkeep.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.clients import PersonIsErased
from engine.commands.moved_deals import reason_of
from engine.model.client_import import AT_WORK, ClientImport, ClientImportRow, RowState
from engine.model.deal_import import DealImport, DealImportRow
from engine.policy.personal_traces import Traces

_READ_AT_ONCE = 1000


def hold_imports(session: Session) -> None:
    """Let no import that is at work settle a row until the transaction ends.

    Workers lock an import before what its rows name: whoever erases does so before any deal or client, too.
    """
    for brought in (ClientImport, DealImport):
        at_work = select(brought.id).where(brought.state.in_(AT_WORK)).order_by(brought.id)
        session.execute(at_work.with_for_update())


def erase_refused_rows(session: Session, named: Traces) -> None:
    """Empty the refused rows that name the person, and say why they are empty. Imports are held, see hold_imports."""
    why = {"": reason_of(PersonIsErased())}
    rows = select(ClientImportRow).where(ClientImportRow.state == RowState.REFUSED)
    for of_client in session.scalars(rows.execution_options(yield_per=_READ_AT_ONCE)):
        if _are_named(of_client.cells, named):
            of_client.cells, of_client.told = [], {"faults": why}
    refused = select(DealImportRow).where(DealImportRow.state == RowState.REFUSED)
    for of_deal in session.scalars(refused.execution_options(yield_per=_READ_AT_ONCE)):
        if _are_named(of_deal.texts.values(), named):
            of_deal.texts, of_deal.faults = {}, why


def _are_named(cells: Iterable[str], named: Traces) -> bool:
    return any(named.are_in(cell) for cell in cells if cell)
