"""Files of the demo company: the offers that the departments are asked about, one of them in two editions."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.clock import Clock
from engine.commands.deal_files import Place, add_files
from engine.commands.stored_files import BroughtFile, keep_bytes
from engine.model.deal import Deal
from engine.model.work_item import LIVE, WorkItem
from engine.policy.file_limits import FileLimits
from engine.queries.actors import actor_of
from webui.paper import Paper
from webui.static_files import DIST

_OFFER, _GOODS = "Комерційна пропозиція.pdf", "Специфікація.csv"
_TYPES = {_OFFER: "application/pdf", _GOODS: "text/csv"}
_DEALS = 4


def add_demo_files(session: Session, *, clock: Clock) -> None:
    """To some of the deals that wait for an approval: what is approved there."""
    asked = select(WorkItem.deal_id).where(WorkItem.state.in_(LIVE), WorkItem.kind == StepKind.APPROVAL)
    deals = session.scalars(select(Deal).where(Deal.id.in_(asked)).order_by(Deal.id.desc()).limit(_DEALS)).all()
    for place, deal in enumerate(deals):
        amount, on = deal.amount or Decimal(50_000), clock.now().date()
        if place == 0:
            _add(session, deal, _OFFER, _offer(deal, amount * Decimal("1.05"), on), clock)
        _add(session, deal, _OFFER, _offer(deal, amount, on), clock)
        _add(session, deal, _GOODS, _goods(deal, amount), clock)


def _add(session: Session, deal: Deal, name: str, content: bytes, clock: Clock) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    keep_bytes(session, sha256, content, at=clock.now())
    owner = actor_of(session, deal.owner_id, clock.now())
    file = BroughtFile(name, _TYPES[name], len(content), sha256)
    add_files(session, Place(deal.id), [file], actor=owner, clock=clock, limits=FileLimits())


def _offer(deal: Deal, amount: Decimal, on: date) -> bytes:
    paper = Paper(DIST / "fonts", footer=deal.number)
    paper.heading("Комерційна пропозиція")
    paper.line_of("Угода", deal.number)
    paper.line_of("Для кого", deal.client.name)
    paper.line_of("Що пропонуємо", deal.title)
    paper.line_of("Вартість", f"{amount:,.2f} грн з ПДВ".replace(",", " ").replace(".", ","))
    paper.line_of("Складено", on.strftime("%d.%m.%Y"))
    paper.subheading("Умови")
    paper.paragraph("Передплата 50 %, решта протягом семи робочих днів після відвантаження. Гарантія 24 місяці.")
    paper.paragraph("Пусконалагодження і навчання двох операторів входять до вартості.")
    return bytes(paper.output())


def _goods(deal: Deal, amount: Decimal) -> bytes:
    equipment, works = amount * Decimal("0.85"), amount * Decimal("0.15")
    rows = ("Назва;Кількість;Сума", f"{deal.title};1;{equipment:.2f}", f"Пусконалагодження;1;{works:.2f}")
    return "\r\n".join(rows).encode("utf-8-sig")
