"""Where the code on a printed sheet leads: is this entry ours? For whoever holds the sheet, without an account."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.queries.approval_sheets import approval_sheet, recorded_entry
from engine.queries.history_signatures import signing_keys
from webui.limits import limiter, tries
from webui.request_context import actor, reading, signed_in
from webui.security import open_to_all

blueprint = Blueprint("verification", __name__, url_prefix="/verify")


@blueprint.get("/<int:deal_id>/<int:number>/<entry_hash>")
@open_to_all
@limiter.limit(tries(300))
def show(deal_id: int, number: int, entry_hash: str) -> ResponseReturnValue:
    """The hash is the key: who does not hold the sheet cannot guess it, and learns nothing about the deal."""
    with reading() as session:
        found = recorded_entry(session, deal_id, number, entry_hash)
        keys = signing_keys(session)
        may_open = found is not None and _sees(deal_id)
    page = render_template(
        "deals/verification.html",
        found=found,
        key=keys[-1] if keys else None,
        number=number,
        entry_hash=entry_hash[:64],
        deal_id=deal_id if may_open else None,
    )
    return page, 200 if found is not None else 404


def _sees(deal_id: int) -> bool:
    if signed_in() is None:
        return False
    try:
        with reading() as session:
            approval_sheet(session, actor(), deal_id)
    except NotFound:
        return False
    return True
