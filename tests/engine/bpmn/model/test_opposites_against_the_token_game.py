"""Between any two acts of a schedule somebody intervenes, and takes it back: the token game must not notice.

The intervention is any that has an opposite. What was taken back must leave every row of what waits as it was, and the
deal goes on by the standard afterwards.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from faults.scorecard import Scorecard
from sqlalchemy import select
from support.office import Office
from support.token_game.chance import Dice
from support.token_game.company_match import company_match
from support.token_game.company_run import CompanyRun
from support.token_game.match import Refused, script
from support.token_game.random_maps import RandomDrawing
from support.token_game.schedules import is_for_commands, random_act

from engine.bpmn.inspection import fingerprint, jump_targets
from engine.bpmn.state_codec import read_document
from engine.bpmn.task_data import UNDOES
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.jumps import move_token, undo_move
from engine.commands.moved_deals import take_turn, undo_moved_deal
from engine.commands.suspensions import Deadlines, resume_deal, suspend_deal
from engine.commands.version_moves import MoveRequest, continue_version_move, start_version_move, turns
from engine.db.session import Database
from engine.errors import DomainError
from engine.model.deal import DealResult
from engine.model.message_subscription import MessageSubscription
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.version_move import MovedDeal, MovedDealState, VersionMove
from engine.model.work_item import PENDING, WorkItem
from engine.queries.deal_waiting import deal_waiting
from engine.queries.move_preview import Verdict, move_preview

WHY = "Спроба"
ACTS = 15
QUICK_RUNS = 2
FULL_RUNS = 120


@pytest.mark.timeout(3_600)
def test_what_is_taken_back_leaves_no_trace(database_url: str, scorecard: Scorecard, *, full: bool) -> None:
    database = Database(database_url)
    office = Office(database)
    counted: Counter[str] = Counter()
    seed, runs = 0, FULL_RUNS if full else QUICK_RUNS
    while counted["runs"] < runs:
        play(office, seed, counted)
        seed += 1
    database.dispose()
    assert counted["taken back"] > 2 * runs, counted
    assert counted["moves"], counted
    where = "SQLite" if database.is_sqlite else "PostgreSQL"
    tried = f"{counted['runs']:,} runs, {counted['taken back']:,} interventions taken back"
    scorecard.passed(7, f"interventions and their opposites on {where}", tried)


def play(office: Office, seed: int, counted: Counter[str]) -> None:
    chance = Dice(seed)
    graph = RandomDrawing(chance, drawn=True).make(2)
    try:
        match = company_match(graph, office)
    except Refused:
        return
    counted["runs"] += 1
    done: list[str] = []
    try:
        for _ in range(ACTS):
            if not match.began:
                return
            run = match.run
            assert isinstance(run, CompanyRun)
            if not run.last.finished:
                intervention = Intervening(office, run, chance, counted)
                done.append(f"{len(match.acts)}: {intervention.kind}")
                if not intervention.take_back():
                    return
                run.see()
                match.compare()
            act = random_act(match, chance)
            if is_for_commands(match, act):
                match.perform(act)
    except Exception as error:
        error.add_note(f"seed {seed}\n{script(match)}\n{done}")
        raise


class Intervening:
    """One intervention in the deal of ``run`` at one moment."""

    def __init__(self, office: Office, run: CompanyRun, chance: Dice, counted: Counter[str]) -> None:
        self.office, self.run, self.chance, self.counted = office, run, chance, counted
        kinds = ("pause", "cancel", "cancelled pause", "move", "move", "version", "versions")
        self.kind = kinds[chance.between(0, len(kinds) - 1)]

    def take_back(self) -> bool:
        """Do it and undo it. False where the deal has ended by it, as its map says."""
        before = self.everything()
        deal_id = self.run.deal.id
        match self.kind:
            case "pause":
                self.do(suspend_deal, deal_id, WHY)
                self.do(resume_deal, deal_id, Deadlines.KEEP)
            case "cancel":
                self.do(cancel_deal, deal_id, WHY)
                assert self.everything()["waits"] == []
                self.do(reopen_deal, deal_id, WHY, Deadlines.KEEP)
            case "cancelled pause":
                self.do(suspend_deal, deal_id, WHY)
                self.do(cancel_deal, deal_id, WHY)
                self.do(reopen_deal, deal_id, WHY, Deadlines.KEEP)
            case "move":
                if not self.move(before):
                    return False
            case _:
                self.move_versions(1 if self.kind == "version" else 2)
        assert self.everything() == before, self.kind
        self.counted["taken back"] += 1
        return True

    def do(self, command: Any, *arguments: Any) -> Any:
        return self.office.do("admin", command, *arguments)

    def move(self, before: dict[str, Any]) -> bool:
        targets = jump_targets(self.run.process)
        for _ in range(3):
            target = targets[self.chance.between(0, len(targets) - 1)]
            if not self.is_moved_to(target):
                assert self.everything() == before, f"refused: {target}"
                continue
            self.counted["moves"] += 1
            if self.everything()["state"] is not InstanceState.RUNNING:
                return False
            self.do(undo_move, self.run.deal.id)
            break
        return True

    def is_moved_to(self, target: str) -> bool:
        try:
            self.do(move_token, self.run.deal.id, target, WHY)
        except DomainError as refused:
            self.counted[refused.code] += 1
            return False
        return True

    def move_versions(self, several: int) -> None:
        """To the same map published again, and back one after another."""
        moved = [self.move_version() for _ in range(0 if self.is_being_undone() else several)]
        for row_id in reversed(moved):
            self.office.do("owner", undo_moved_deal, row_id)

    def is_being_undone(self) -> bool:
        """What is half undone stays with its version."""
        assert self.run.state is not None
        _, _, _, rows, scopes = read_document(self.run.state)
        every = [*rows, *(row for _, inside in scopes for row in inside)]
        return any(row[-1] and UNDOES in row[-1] for row in every)

    def move_version(self) -> int:
        office, deal_id = self.office, self.run.deal.id
        before = self.everything()
        version: ProcessDefinition = office.publish(self.run.process)
        with office.database.read() as session:
            seen = move_preview(session, office.actor("owner"), version.id, at=office.clock.now(), deal_ids=[deal_id])
        assert [(one.verdict, one.problems) for one in seen.groups] == [(Verdict.GREEN, ())]
        move: VersionMove = office.do("owner", start_version_move, version.id, MoveRequest(deal_ids=[deal_id]))
        with office.database.read() as session:
            (row_id,) = turns(session, move.id, limit=5)
        take_turn(office.database, row_id, clock=office.clock)
        with office.database.write() as session:
            assert continue_version_move(session, move.id, clock=office.clock)
        with office.database.read() as session:
            row = session.get_one(MovedDeal, row_id)
            assert row.state is MovedDealState.MOVED, row.reason
        assert self.everything() == {**before, "definition": version.id}
        return row_id

    def everything(self) -> dict[str, Any]:
        """All that the deal is and waits for, apart from row numbers of what has none of its own."""
        office = self.office
        with office.database.read() as session:
            instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == self.run.deal.id)).one()
            deal = instance.deal
            items = session.scalars(
                select(WorkItem)
                .where(WorkItem.instance_id == instance.id, WorkItem.state.in_(PENDING))
                .order_by(WorkItem.id)
            )
            timers = session.scalars(select(Timer).where(Timer.instance_id == instance.id))
            heard = session.scalars(select(MessageSubscription).where(MessageSubscription.instance_id == instance.id))
            columns = [column.key for column in WorkItem.__table__.columns if column.key != "version"]
            waits = [
                *([getattr(item, column) for column in columns] for item in items),
                *sorted((one.activity_id, one.node_id, one.due_at) for one in timers),
                *sorted((one.activity_id, one.node_id, one.kind.value, one.name, one.correlation_key) for one in heard),
            ]
            told = deal_waiting(session, office.actor("admin"), deal.id, office.clock.now())
            assert (deal.result is not DealResult.OPEN) or told.items, "nothing is told of what is waited for"
            return {
                "state": instance.state,
                "stands": fingerprint(instance.execution_state),
                "definition": instance.definition_id,
                "failures": instance.open_incidents,
                "deal": (deal.result, deal.stage, deal.stage_since, deal.closed_at, deal.fields),
                "waits": waits,
                "told": told.items,
            }
