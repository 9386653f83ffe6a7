"""What the pages of all reports share: the period that is asked for, and the report as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import Response, request

from engine.errors import NotFound
from webui.exports import csv_file, xlsx_file
from webui.formats import local
from webui.periods import BACK, iso_date, usual_periods
from webui.request_context import now


def asked_period() -> tuple[date, date]:
    """What is asked for; otherwise the last 90 days. A period that ends before it begins is one day."""
    today = local(now()).date()
    first = iso_date(request.args.get("from", "")) or today - BACK
    return first, max(first, iso_date(request.args.get("to", "")) or today)


def period_asked() -> dict[str, str]:
    """The period as addresses name it, with the usual one that was chosen: in January, three have the same days."""
    first, last = asked_period()
    return {"from": first.isoformat(), "to": last.isoformat(), "period": request.args.get("period", "")}


def period_words() -> dict[str, Any]:
    """The period as the templates of reports name it."""
    first, last = asked_period()
    return {"first": first, "last": last, "periods": usual_periods(local(now()).date())}


def report_file(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Raises NotFound for a kind that is none."""
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    return (csv_file if kind == "csv" else xlsx_file)(name, header, rows)
