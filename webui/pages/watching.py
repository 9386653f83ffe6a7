"""Watching a deal: its page's one button."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from engine.commands.watching import unwatch_deal, watch_deal
from webui.i18n import _
from webui.request_context import actor, services, writing

blueprint = Blueprint("watching", __name__, url_prefix="/deals")


@blueprint.post("/<int:deal_id>/watch")
def watch(deal_id: int) -> ResponseReturnValue:
    with writing() as session:
        watch_deal(session, deal_id, actor=actor(), clock=services().clock)
    flash(_("You will be told what happens in this deal."), "success")
    return redirect(url_for("deals.show", deal_id=deal_id), code=303)


@blueprint.post("/<int:deal_id>/unwatch")
def unwatch(deal_id: int) -> ResponseReturnValue:
    with writing() as session:
        unwatch_deal(session, deal_id, actor=actor(), clock=services().clock)
    flash(_("You will not be told of this deal any more."), "success")
    return redirect(url_for("deals.show", deal_id=deal_id), code=303)
