"""Reports that a head shows to the owner: what became of the deals, and how deadlines are kept."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.model.deal import DealResult
from engine.model.saved_report import ReportKind
from engine.policy.permissions import Ability, may
from engine.queries.control import ensure_controls
from engine.queries.exchange_rates import company_rates
from engine.queries.known_maps import KnownMap, known_maps
from engine.queries.reports import Funnel, LatenessGroup, LatenessRow, funnel, lateness
from engine.queries.sales_results import NEWEST_DEALS, SalesResults, sales_results
from webui.deadlines import brief_span, working_span
from webui.first_rows import first_rows
from webui.i18n import _
from webui.periods import end_of, start_of
from webui.report_periods import asked_period, period_asked, period_words, report_file
from webui.report_tables import (
    LATENESS_GROUPS,
    LATENESS_HEADINGS,
    funnel_table,
    in_time,
    lateness_no_name,
    lateness_table,
)
from webui.request_context import actor, now, reading
from webui.saved_reports import saved_words

blueprint = Blueprint("reports", __name__, url_prefix="/reports")


@blueprint.get("/funnel")
def show_funnel() -> ResponseReturnValue:
    maps, key, found, results = _funnel()
    return render_template(
        "control/funnel.html",
        maps=maps,
        map_key=key,
        funnel=found,
        results=results,
        result_words=((DealResult.WON, _("Won")), (DealResult.LOST, _("Lost")), (DealResult.OPEN, _("In progress"))),
        brief_span=brief_span,
        working_span=working_span,
        newest=NEWEST_DEALS,
        may_open_deal=may(actor(), Ability.OPEN_DEAL),
        own_words=any(one.reason_id is None and one.lost for one in results.reasons) if results else False,
        **period_words(),
        **saved_words(ReportKind.FUNNEL, map=key, **period_asked()),
    )


@blueprint.get("/funnel.<kind>")
def export_funnel(kind: str) -> ResponseReturnValue:
    _maps, _key, found, results = _funnel()
    header, rows = funnel_table(found, results)
    return report_file(kind, "funnel", header, rows)


@blueprint.get("/reasons.<kind>")
def export_reasons(kind: str) -> ResponseReturnValue:
    """Why the deals of the funnel ended without a sale."""
    *_maps, results = _funnel()
    header = (_("Reason"), _("Of the list"), _("Lost"), _("Cancelled"))
    rows = [
        (one.reason or _("no reason given"), _("yes") if one.reason_id else _("no"), one.lost, one.cancelled)
        for one in (results.reasons if results else ())
    ]
    return report_file(kind, "reasons", header, rows)


@blueprint.get("/lateness")
def show_lateness() -> ResponseReturnValue:
    group, rows = _lateness()
    return render_template(
        "control/lateness.html",
        group=group,
        groups={one: _(label) for one, label in LATENESS_GROUPS.items()},
        heading=_(LATENESS_HEADINGS[group]),
        rows=first_rows(rows),
        in_time=in_time,
        no_name=lateness_no_name(group),
        counts_all=may(actor(), Ability.SEE_REPORTS),
        **period_words(),
        **saved_words(ReportKind.LATENESS, by=group.value, **period_asked()),
    )


@blueprint.get("/lateness.<kind>")
def export_lateness(kind: str) -> ResponseReturnValue:
    group, rows = _lateness()
    header, told = lateness_table(group, rows)
    return report_file(kind, "deadlines", header, told)


def _funnel() -> tuple[tuple[KnownMap, ...], str, Funnel | None, SalesResults | None]:
    """The maps that can be chosen, the chosen one's key, and its figures; None where nobody sees a deal yet."""
    ensure_controls(actor())
    first, last = asked_period()
    with reading() as session:
        maps = known_maps(session, actor())
        keys = [one.key for one in maps]
        key = request.args.get("map", "")
        key = key if key in keys else next(iter(keys), "")
        if not key:
            return maps, key, None, None
        chosen = (session, actor(), key, start_of(first), end_of(last))
        return maps, key, funnel(*chosen), sales_results(*chosen, rates=company_rates(session))


def _lateness() -> tuple[LatenessGroup, tuple[LatenessRow, ...]]:
    given = request.args.get("by", "")
    group = LatenessGroup(given) if given in set(LatenessGroup) else LatenessGroup.PERSON
    first, last = asked_period()
    with reading() as session:
        rows = lateness(session, actor(), group, since=start_of(first), until=end_of(last), now=now())
    return group, rows
