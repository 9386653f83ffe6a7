"""The company's own currency and the rates of others, over HTTP."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.exchange_rates import set_exchange_rate
from engine.queries.exchange_rates import latest_rates
from webui.api.answers import answer, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.exchange_rates import ExchangeRateGiven, ExchangeRateItem, ExchangeRateList, ExchangeRatePath
from webui.api.models.values import ShortPaging
from webui.api.performing import carry_out
from webui.api.tags import REPORTS
from webui.request_context import reading, services


@api.get("/exchange-rates", tags=[REPORTS], responses={200: ExchangeRateList})
def list_exchange_rates(query: ShortPaging) -> Response:
    """The newest rate of each currency in the company's own, by which open deals are added up."""
    return _listed(query)


@api.put(
    "/exchange-rates/<currency>/<day>",
    tags=[REPORTS],
    responses={200: ExchangeRateList, **conflicts("no_company_currency")},
)
def put_exchange_rate(path: ExchangeRatePath, body: ExchangeRateGiven) -> Response:
    """Say what one of a currency is worth from a day on, or correct it; the same again changes nothing."""

    def command(session: Session) -> None:
        who, clock = caller(), services().clock
        set_exchange_rate(session, path.currency, path.day, body.rate, actor=who, clock=clock)

    carry_out(command)
    return _listed(ShortPaging())


def _listed(paging: ShortPaging) -> Response:
    with reading() as session:
        currency, found = latest_rates(session)
    page = part_of(found, paging)
    items = tuple(
        ExchangeRateItem(currency=one.currency, day=one.day, rate=one.rate, source=one.source, taken_at=one.taken_at)
        for one in page.items
    )
    return answer(
        ExchangeRateList(currency=currency or None, items=items, next_cursor=page.next_cursor, total=page.total)
    )
