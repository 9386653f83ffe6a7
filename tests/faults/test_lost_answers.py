"""The commit went through, its answer did not: the same command again, under the same id, changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from faults.audit import assert_deal_is_whole, completed
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.office import Office

from engine.errors import AlreadyCompleted


class AnswerLost(Exception):
    pass


def lose_answer(_session: Session) -> None:
    raise AnswerLost


@pytest.mark.timeout(900)
def test_a_command_whose_answer_was_lost_is_answered_when_it_is_repeated(office: Office, full: bool) -> None:
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
        again = office.complete("olena", "prepare", **request)
        assert (again.id, again.completed_by_id) == (step.id, office.company.olena.id)
        with office.database.read() as session:
            assert completed(session, deal.id) == {"prepare": 1}
            assert_deal_is_whole(session, deal.id)


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
    deal = office.open_deal(command_id="one click")
    assert [step.deal_id for step in office.open_steps()] == [deal.id]
