"""The company's own currency and what others are worth in it. The administrator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.bank_rates import day_awaited
from engine.commands.exchange_rates import (
    BANK_CURRENCY,
    RateNotUsable,
    choose_company_currency,
    remove_exchange_rate,
    set_exchange_rate,
)
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldOutOfRange, FieldRequired, InvalidInput, NotFound
from engine.model.exchange_rate import BankProblem, RateSource
from engine.policy.exchange_rates import CURRENCIES
from engine.policy.field_values import read_value
from engine.queries.calendars import default_calendar
from engine.queries.exchange_rates import managed_rates
from webui.carrying_out import carry_out
from webui.error_pages import status_of
from webui.forms.typed_values import read_date
from webui.i18n import _
from webui.messages import field_errors
from webui.periods import iso_date
from webui.request_context import actor, now, reading, services

blueprint = Blueprint("rates", __name__, url_prefix="/settings/rates")

_SOURCES = {RateSource.HAND: N_("by hand"), RateSource.NATIONAL_BANK: N_("National Bank")}
_PROBLEMS = {
    BankProblem.UNREACHABLE: N_("The National Bank does not answer."),
    BankProblem.REFUSED: N_("The National Bank refuses to tell its rates."),
    BankProblem.UNREADABLE: N_("What the National Bank answered cannot be read as rates."),
    BankProblem.INCOMPLETE: N_("The National Bank has not told all rates of today yet."),
}


@dataclass(frozen=True, slots=True)
class _Choice:
    """What stands in the form of the company's currency, and what is wrong with it by field."""

    currency: str
    asks_bank: bool
    errors: Mapping[str, str]


@blueprint.get("")
def show() -> ResponseReturnValue:
    return _page()


@blueprint.post("/currency")
def choose() -> ResponseReturnValue:
    currency, asks_bank = request.form.get("currency", ""), "asks_bank" in request.form
    return carry_out(
        lambda session: choose_company_currency(
            session, currency, asks_bank=asks_bank, actor=actor(), clock=services().clock
        ),
        _("Saved."),
        refused=lambda error: _page(error, _Choice(currency, asks_bank, field_errors(error))),
        shown_at=url_for("rates.show"),
    )


@blueprint.post("")
def add() -> ResponseReturnValue:
    try:
        currency, day, rate = _typed()
    except InvalidInput as error:
        return _page(error)
    return _act(
        lambda session: set_exchange_rate(session, currency, day, rate, actor=actor(), clock=services().clock),
        _("The rate is kept. Sums are added up by it from now on."),
    )


@blueprint.post("/<currency>/<day>/remove")
def remove(currency: str, day: str) -> ResponseReturnValue:
    told = iso_date(day)
    if told is None:
        raise NotFound
    return _act(
        lambda session: remove_exchange_rate(session, currency, told, actor=actor(), clock=services().clock),
        _("The rate is removed. The one before it holds again, if there is one."),
    )


def _typed() -> tuple[str, date, Decimal]:
    """Raises InvalidInput."""
    errors: dict[str, DomainError] = {}
    day = read_date(request.form, "day", _("From the day"), errors)
    rate = _read_rate(errors)
    if errors:
        raise InvalidInput(errors)
    return request.form.get("currency", ""), cast("date", day), cast("Decimal", rate)


def _read_rate(errors: dict[str, DomainError]) -> Decimal | None:
    """As people type numbers, with a comma or a point. In English, too, a single comma stands before the decimals.

    Rates of thousands are rare, and ``41,520`` read as one would count a deal a thousandfold.
    """
    typed = request.form.get("rate", "").strip()
    field = FieldDefinition(name="rate", label=_("Rate"), type=FieldType.NUMBER, required=True)
    try:
        return cast("Decimal", read_value(field, typed, "uk"))
    except FieldRequired as error:
        errors["rate"] = error
    except (FieldNotUnderstood, FieldOutOfRange):
        errors["rate"] = RateNotUsable()
    return None


def _act(command: Callable[[Session], object], told: str) -> ResponseReturnValue:
    return carry_out(command, told, refused=_page, shown_at=url_for("rates.show"))


def _page(error: DomainError | None = None, choice: _Choice | None = None) -> ResponseReturnValue:
    """``choice`` is what was refused of the form of the company's currency; else ``error`` is of the form of a rate."""
    cursor = request.args.get("cursor") or None
    with reading() as session:
        found = managed_rates(session, actor(), cursor=cursor)
        today = default_calendar(session).local(now()).date()
        is_awaited = day_awaited(session, now=now()) is not None
    errors = field_errors(error) if error is not None and choice is None else {}
    page = render_template(
        "settings/rates.html",
        found=found,
        choice=choice or _Choice(found.currency, found.asks_bank, {}),
        currencies=CURRENCIES,
        others=[one for one in CURRENCIES if one != found.currency],
        bank_currency=BANK_CURRENCY,
        sources={one: _(label) for one, label in _SOURCES.items()},
        problem=_(_PROBLEMS[found.problem]) if found.problem is not None else "",
        today=today,
        is_awaited=is_awaited,
        typed=request.form if error is not None and choice is None else {"currency": next(iter(found.missing), "")},
        errors=errors,
        refused=error if error is not None and not field_errors(error) else None,
        first_url=url_for("rates.show") if cursor else None,
        next_url=url_for("rates.show", cursor=found.kept.next_cursor) if found.kept.next_cursor else None,
    )
    return page, status_of(error) if error else 200
