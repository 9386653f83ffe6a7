"""What the database keeps about deals is what their steps and the deals themselves say, whatever was done to them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import func, select
from support.office import Office
from support.stage_totals import kept_totals, true_totals

from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.deals import update_deal
from engine.commands.jumps import move_token, undo_move
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.work_items import claim_work_item, delegate_work_item, extend_work_item, release_work_item
from engine.errors import DomainError
from engine.model.deal import Deal
from engine.model.work_item import LIVE, WorkItem

COMMANDS = 120
DEALS = 3
WHY = "Клієнт змінив умови"
OUTCOMES = ("completed", "approved", "returned", "rejected")


def kept_and_true(office: Office) -> tuple[dict[int, datetime | None], dict[int, datetime | None]]:
    """What stands beside each deal, and what its steps say."""
    nearest = (
        select(func.min(WorkItem.due_at))
        .where(WorkItem.deal_id == Deal.id, WorkItem.state.in_(LIVE))
        .correlate(Deal)
        .scalar_subquery()
    )
    with office.database.read() as session:
        rows = session.execute(select(Deal.id, Deal.next_due_at, nearest)).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def acts(office: Office, deal: Deal, draw: random.Random) -> list[Callable[[], object]]:
    """Something that may be tried now; what the product refuses changes nothing."""
    target = draw.choice(("prepare", "legal", "finance", "sign"))
    of_deal: list[Callable[[], object]] = [
        partial(office.do, "bohdan", suspend_deal, deal.id, WHY),
        partial(office.do, "bohdan", resume_deal, deal.id),
        partial(office.do, "bohdan", cancel_deal, deal.id, WHY),
        partial(office.do, "bohdan", reopen_deal, deal.id, WHY),
        partial(office.do, "admin", move_token, deal.id, target, WHY),
        partial(office.do, "admin", undo_move, deal.id),
        partial(office.do, "bohdan", update_deal, deal.id, {"amount": Decimal(draw.randrange(9)), "currency": "USD"}),
    ]
    steps = office.open_steps(deal)
    if not steps:
        return of_deal
    step = draw.choice(steps)
    until = office.clock.now() + timedelta(minutes=draw.randrange(1, 20_000))
    done = partial(office.do, "admin", claim_work_item, step.id)
    of_step = [
        done,
        partial(office.do, "admin", release_work_item, step.id),
        partial(office.do, "admin", delegate_work_item, step.id, office.company.iryna.id),
        partial(office.do, "bohdan", extend_work_item, step.id, until, WHY),
        *(
            partial(office.complete, login, step.element_id, draw.choice(OUTCOMES), {"discount": "5"}, WHY, deal=deal)
            for login in ("olena", "iryna", "oksana", "petro")
        ),
    ]
    return [draw.choice(of_deal), *of_step]


def test_deadlines_and_totals_are_true_after_any_commands(office: Office) -> None:
    draw = random.Random(7)  # noqa: S311  # the same commands every time
    deals = [office.open_deal(title=f"Угода {number}") for number in range(DEALS)]
    performed, seen, stages = 0, set[datetime | None](), set[str]()
    for _ in range(COMMANDS):
        act = draw.choice(acts(office, draw.choice(deals), draw))
        try:
            act()
        except DomainError:
            continue
        performed += 1
        kept, true = kept_and_true(office)
        assert kept == true, act
        with office.database.read() as session:
            totals = kept_totals(session)
            assert totals == true_totals(session), act
        stages |= {stage for _, stage, _ in totals}
        seen.update(kept.values())
    assert performed > COMMANDS // 4
    assert None in seen
    assert len(seen) > DEALS * 3
    assert len(stages) > 1
