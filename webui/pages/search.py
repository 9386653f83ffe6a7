"""The search box of every page: deals, clients, contacts and steps by any part of a name, number, phone or code."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.queries.search import search
from webui.request_context import actor, now, reading

blueprint = Blueprint("search", __name__, url_prefix="/search")

_SUGGESTED = 4
_SHOWN = 30


@blueprint.get("")
def show() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()[:200]
    with reading() as session:
        results = search(session, actor(), query, _SHOWN, now=now())
    return render_template("search/results.html", results=results, query=query)


@blueprint.get("/suggestions")
def suggest() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()[:200]
    with reading() as session:
        results = search(session, actor(), query, _SUGGESTED, now=now())
    return render_template("search/suggestions.html", results=results, query=query)
