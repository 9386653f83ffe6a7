"""The inbox: what a person has to do, nearest deadline first."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.list_choices import keep_list_choice
from engine.errors import DomainError
from engine.policy.permissions import Actor
from engine.policy.reauthentication import ReauthenticationFailed
from engine.queries.inbox_columns import InboxColumns
from engine.queries.inbox_counts import own_count
from engine.queries.inbox_filters import (
    InboxFilter,
    InboxSort,
    choices_at_hand,
    client_to_choose,
    kept_filter,
    list_name,
)
from webui.approval_pane import proof_errors
from webui.command_keys import sent_command_id
from webui.doing_together import Together, do_together
from webui.error_pages import status_of, with_event
from webui.exports import csv_file, xlsx_file
from webui.forms.typed_values import chosen_id, read_id
from webui.inbox_list import TABS, inbox_list, tab_of, words_in
from webui.inbox_sheet import header, rows
from webui.left_connections import has_left
from webui.looking_first import hashes_shown, look_first
from webui.news_desk import WhoAsks, marker, news_desk
from webui.proofs import proof_in
from webui.provider_proofs import give_back_used_proof
from webui.request_context import actor, now, reading, services, signed_in, writing
from webui.security import is_partial
from webui.sessions import polls

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")

_LATEST_MS = 10**14

polls("inbox.steps")
polls("inbox.count")
polls("inbox.news")
polls("inbox.stream")


@blueprint.get("")
def show() -> ResponseReturnValue:
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/inbox.html", listed=listed, tabs=TABS)


@blueprint.get("/steps")
def steps() -> ResponseReturnValue:
    """The steps alone, with the counters of the tabs: asked for whenever something has changed."""
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/refreshed.html", listed=listed, tabs=TABS)


@blueprint.get("/count")
def count() -> ResponseReturnValue:
    """The number beside "Inbox" in the menu of every page."""
    with reading() as session:
        counts = own_count(session, actor(), now())
    return render_template("inbox/nav_count.html", counts=counts)


@blueprint.get("/news")
def news() -> ResponseReturnValue:
    """Whether a list that was read at ``since`` may look different now, and what to ask with next time."""
    asked_at = now()
    has_changed = news_desk().has_changed(actor(), _since(request.args.get("since", "")))
    return jsonify(changed=has_changed, since=marker(asked_at))


@blueprint.get("/stream")
def stream() -> ResponseReturnValue:
    """The same told at once, as server-sent events; 204 when all seats are taken: then the page asks."""
    desk = news_desk()
    if not desk.take_seat():
        return Response(status=204)
    since = _since(request.headers.get("Last-Event-ID") or request.args.get("since", ""))
    left = partial(has_left, request.environ.get("gunicorn.socket"))
    answer = Response(desk.stream(_whoever_asks(), since, left), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy must pass on each line as it comes
    answer.call_on_close(desk.leave_seat)
    return answer


@blueprint.get("/filter")
def choose_filter() -> ResponseReturnValue:
    """The form in which a tab is narrowed and sorted."""
    tab = tab_of(request.args.get("tab", ""))
    with reading() as session:
        chosen = kept_filter(session, actor(), tab)
        choices = choices_at_hand(session, actor(), tab, chosen)
        if not is_partial():
            listed = inbox_list(session, actor(), request)
            return render_template(
                "inbox/inbox.html",
                listed=listed,
                tabs=TABS,
                chosen=chosen,
                choices=choices,
                q=listed.q,
                is_choosing=True,
            )
    q = words_in(request.args)
    return render_template("inbox/filter.html", tab=tab, chosen=chosen, choices=choices, q=q)


@blueprint.post("/filter")
def set_filter() -> ResponseReturnValue:
    """Show the tab so from now on, on every device of the person."""
    tab = tab_of(request.form.get("tab", ""))
    with writing() as session:
        client_id = chosen_id(request.form, "client")
        client_name = client_to_choose(session, actor(), client_id) if client_id is not None else ""
        chosen = InboxFilter(
            sort=_sort(request.form.get("sort", "")),
            stage=request.form.get("stage", "")[:200],
            definition_key=request.form.get("map", "")[:200],
            client_id=client_id if client_name else None,
            client_name=client_name,
            overdue=bool(request.form.get("overdue")),
        )
        keep_list_choice(session, list_name(tab), chosen.stored(), actor=actor())
    if not is_partial():
        return redirect(url_for("inbox.show", tab=tab.value), code=303)
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/list_side.html", listed=listed, tabs=TABS)


@blueprint.get("/export.<any(csv, xlsx):kind>")
def export(kind: str) -> ResponseReturnValue:
    """The tab as it is narrowed and sorted, all its pages, as CSV or XLSX; at its end the own fields that are shown."""
    with reading() as session:
        own = InboxColumns.kept(session, actor()).own_shown
        found = rows(session, actor(), request.args, own)
        return (csv_file if kind == "csv" else xlsx_file)("inbox", header(own), found)


@blueprint.post("/together/<any(approve, complete, take, release):doing>")
def do_with_ticked(doing: str) -> ResponseReturnValue:
    """Do the same with all ticked steps, each by itself; what could not be done says why.

    What is approved is looked at before: no approval is counted for what nobody has seen.
    """
    ids = [one for text in request.form.getlist("step")[:100] if (one := read_id(text)) is not None]
    wanted, seen, proof = Together(doing), {}, None
    if wanted is Together.APPROVE:
        if "looked" not in request.form:
            return _look_first(ids)
        seen = hashes_shown(request.form, ids)
        try:
            proof = proof_in(request.form, actor(), ids)
        except ReauthenticationFailed as error:
            return _look_first(ids, error)
    results = do_together(
        services().database,
        wanted,
        ids,
        actor=actor(),
        clock=services().clock,
        command_id=sent_command_id(),
        seen=seen,
        proof=proof,
    )
    if all(one.problem for one in results):
        give_back_used_proof()
    told = {"results": results, "doing": wanted}
    if is_partial():
        return with_event(make_response(render_template("inbox/done_together.html", **told)), "inbox-changed")
    with reading() as session:
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/inbox.html", listed=listed, tabs=TABS, **told)


def _look_first(ids: list[int], error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as session:
        look = look_first(session, actor(), ids, services().clock)
        told = {"look": look, "proof_errors": proof_errors(error)}
        status = status_of(error) if error else 200
        if is_partial():
            return render_template("inbox/look_first.html", **told), status
        listed = inbox_list(session, actor(), request)
    return render_template("inbox/inbox.html", listed=listed, tabs=TABS, **told), status


def _sort(name: str) -> InboxSort:
    return InboxSort(name) if name in set(InboxSort) else InboxSort.DEADLINE


def _since(text: str) -> datetime:
    """The instant of a marker; for what is none, so long ago that everything is new."""
    number = read_id(text) or 0
    return datetime.fromtimestamp(min(number, _LATEST_MS) / 1000, UTC)


def _whoever_asks() -> WhoAsks:
    """The person of this session, as long as the session holds: a stream outlives its request."""
    person, given = signed_in(), services()
    if person is None:
        return lambda: None
    person_id, stamp = person.actor.person_id, person.stamp

    def who() -> Actor | None:
        account = given.accounts.of_person(person_id, given.clock.now())
        return account.actor if account is not None and account.session_stamp == stamp else None

    return who
