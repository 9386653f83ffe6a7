"""Every repair and its undoing on SQLite and on PostgreSQL, and two people at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from support.office import Office

from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.jumps import move_token, undo_move
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.variables import set_variables, undo_variables
from engine.errors import DomainError
from engine.model.intervention import Intervention, InterventionKind
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem
from engine.queries.interventions import departures_of_map
from engine.queries.move_targets import move_targets

WHY = "Клієнт змінив умови"


def standing(office: Office) -> list[Any]:
    """Every row of what waits."""
    with office.database.read() as session:
        items = session.query(WorkItem).filter(WorkItem.state.in_(("open", "claimed"))).order_by(WorkItem.id)
        timers = session.query(Timer).order_by(Timer.activity_id, Timer.node_id)
        return [
            *((one.id, one.state, one.assignee_id, one.due_at, one.next_escalation_at) for one in items),
            *((one.activity_id, one.node_id, one.due_at) for one in timers),
        ]


def test_each_repair_is_undone_by_its_opposite(office: Office) -> None:
    deal = office.deal_at_signing()
    before = standing(office)
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("admin", undo_move, deal.id)
    assert standing(office) == before
    office.do("olena", suspend_deal, deal.id, WHY)
    assert standing(office) == []
    office.do("olena", resume_deal, deal.id)
    assert standing(office) == before
    office.do("olena", cancel_deal, deal.id, WHY)
    assert standing(office) == []
    office.do("olena", reopen_deal, deal.id, WHY)
    assert standing(office) == before
    office.do("admin", move_token, deal.id, "prepare", WHY)
    fresh = office.open_deal(title="Інша")
    office.do("admin", set_variables, fresh.id, {"discount": "9"}, WHY)
    assert office.deal(fresh).fields["discount"] == "9"
    with office.database.read() as session:
        setting = session.query(Intervention).filter_by(kind=InterventionKind.VARIABLES_SET).one().id
        assert departures_of_map(session, office.actor("owner"), "sale")["prepare"].moves == 1
        assert len(move_targets(session, office.actor("admin"), deal.id)) == 6
    office.do("admin", undo_variables, fresh.id, setting)
    assert office.deal(fresh).fields["discount"] is None
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    office.clock.advance(timedelta(hours=1))
    office.do("bohdan", suspend_deal, deal.id, WHY)
    office.do("bohdan", resume_deal, deal.id)
    office.approve_everywhere()
    office.complete("olena", "sign")
    assert office.deal(deal).result == "won"


def test_two_at_once_move_one_deal_to_one_place(office: Office) -> None:
    deal = office.deal_at_signing()
    sign = office.step("sign", deal).id
    told: list[str] = []

    def attempt(work: Any) -> None:
        try:
            work()
            told.append("done")
        except DomainError as refused:
            told.append(refused.code)

    works = [
        lambda: office.do("admin", move_token, deal.id, "prepare", WHY),
        lambda: office.do("admin", move_token, deal.id, "prepare", WHY),
        lambda: office.complete("olena", "sign", work_item_id=sign),
    ]
    threads = [threading.Thread(target=attempt, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("done") == 1, told
    with office.database.read() as session:
        instance = session.query(ProcessInstance).one()
        live = session.query(WorkItem).filter(WorkItem.state.in_(("open", "claimed"))).count()
        assert (instance.state == "completed") == (live == 0)
        assert live <= 1
