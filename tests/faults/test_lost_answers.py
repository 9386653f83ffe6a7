"""The commit went through, its answer did not: the same command again, under the same id, changes nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from faults.audit import assert_deal_is_whole, completed
from faults.scorecard import Scorecard
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.cut_connection import CommitSwallower
from support.office import Office
from support.servers import PostgreSQL

from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform
from engine.db.session import Database
from engine.errors import AlreadyCompleted
from engine.model.deal import Deal


class AnswerLost(Exception):
    pass


def lose_answer(_session: Session) -> None:
    raise AnswerLost


@pytest.mark.timeout(900)
def test_a_command_whose_answer_was_lost_is_answered_when_it_is_repeated(
    office: Office, full: bool, scorecard: Scorecard
) -> None:
    deals = [office.open_deal(title=f"Угода {number}") for number in range(300 if full else 15)]
    for deal in deals:
        step = office.step("prepare", deal)
        request: dict[str, Any] = {
            "work_item_id": step.id,
            "values": {"discount": "5"},
            "command_id": f"step {step.id}",
        }
        event.listen(Session, "after_commit", lose_answer)
        try:
            with pytest.raises(AnswerLost):
                office.complete("olena", "prepare", **request)
        finally:
            event.remove(Session, "after_commit", lose_answer)
        ensure_prepared_once(office, deal)
        again = office.complete("olena", "prepare", **request)
        assert (again.id, again.completed_by_id) == (step.id, office.company.olena.id)
        ensure_prepared_once(office, deal)
    if office.database.is_sqlite:
        scorecard.passed(5, office.database, f"{len(deals)} commands whose process lost the answer")


@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_a_connection_cut_behind_a_commit_doubles_nothing(
    postgresql_database_url: str, postgresql: PostgreSQL, full: bool, scorecard: Scorecard
) -> None:
    """The client cannot know whether its COMMIT was heard. It was; the same command is sent again."""
    times = 300 if full else 15
    office = Office(Database(postgresql_database_url))
    office.publish()
    with CommitSwallower(postgresql.port) as between:
        cut = Database(str(make_url(postgresql_database_url).set(port=between.port)))
        for number in range(times):
            deal = office.open_deal(title=f"Угода {number}")
            step = office.step("prepare", deal)
            between.armed = True
            with pytest.raises(DBAPIError):
                prepare(cut, office, step.id)
            assert between.swallowed == number + 1
            between.wait_until_performed()
            ensure_prepared_once(office, deal)
            prepare(cut, office, step.id)
            ensure_prepared_once(office, deal)
        cut.dispose()
    office.database.dispose()
    scorecard.passed(5, "PostgreSQL", f"{times} connections cut behind the COMMIT")


def ensure_prepared_once(office: Office, deal: Deal) -> None:
    with office.database.read() as session:
        assert completed(session, deal.id) == {"prepare": 1}
        assert_deal_is_whole(session, deal.id)


def prepare(database: Database, office: Office, step_id: int) -> None:
    actor = office.actor("olena")
    command = partial(
        complete_work_item,
        work_item_id=step_id,
        values={"discount": "5"},
        actor=actor,
        clock=office.clock,
        command_id=f"step {step_id}",
    )
    perform(database, command, actor=actor, clock=office.clock)


def test_without_an_id_the_repetition_is_told_that_the_step_is_done(office: Office) -> None:
    deal = office.open_deal()
    step = office.prepare()
    with pytest.raises(AlreadyCompleted):
        office.complete("olena", "prepare", work_item_id=step.id, values={"discount": "5"})
    with office.database.read() as session:
        assert completed(session, deal.id) == {"prepare": 1}


def test_opening_a_deal_twice_under_one_id_opens_one(office: Office) -> None:
    event.listen(Session, "after_commit", lose_answer)
    try:
        with pytest.raises(AnswerLost):
            office.open_deal(command_id="one click")
    finally:
        event.remove(Session, "after_commit", lose_answer)
    (opened,) = office.open_steps()
    deal = office.open_deal(command_id="one click")
    assert deal.id == opened.deal_id
    assert [step.deal_id for step in office.open_steps()] == [deal.id]
