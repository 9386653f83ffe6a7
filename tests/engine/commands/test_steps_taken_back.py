"""What a return elsewhere takes back says so: in the history, to who answers late, and to who is asked anew."""

from __future__ import annotations

import pytest
from support.office import Office
from support.parallel_returns import FINANCE, LEGAL, parallel_returns

from engine.commands.approvals import StepTakenBack
from engine.commands.cancellations import cancel_deal
from engine.errors import AlreadyCancelled
from engine.model.deal import Deal
from engine.model.draft import Draft
from engine.model.work_item import WorkItem
from engine.queries.approval_view import TakenBack, taken_back


def asked_side_by_side(office: Office) -> Deal:
    office.publish(parallel_returns())
    deal = office.open_deal()
    office.complete("olena", "prepare")
    return deal


def told_to(office: Office, login: str, work_item: WorkItem) -> TakenBack | None:
    with office.database.read() as session:
        return taken_back(session, office.actor(login), session.get_one(WorkItem, work_item.id))


def test_history_names_the_return_that_took_a_request_back(office: Office) -> None:
    deal = asked_side_by_side(office)
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    (cancelled,) = (one.data for one in office.history(deal) if one.kind == "step_cancelled")
    assert (cancelled["name"], cancelled["returned"]) == (LEGAL, FINANCE)


def test_who_answers_late_hears_who_returned_what(office: Office) -> None:
    asked_side_by_side(office)
    legal = office.step("legal")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    with pytest.raises(StepTakenBack) as refused:
        office.complete("iryna", "legal", "approved", work_item_id=legal.id)
    assert refused.value.code == AlreadyCancelled.code
    assert (refused.value.params["step"], refused.value.params["by"]) == (FINANCE, office.company.oksana.full_name)


def test_who_is_asked_anew_hears_why_and_keeps_what_was_begun(office: Office) -> None:
    asked_side_by_side(office)
    legal = office.step("legal")
    with office.database.write() as session:
        begun = {"work_item_id": legal.id, "person_id": office.company.iryna.id, "saved_at": office.clock.now()}
        session.add(Draft(**begun, typed={}, comment="Пункт 4"))
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("olena", "prepare")
    told = told_to(office, "iryna", office.step("legal"))
    assert told is not None
    assert (told.step, told.comment, told.typed) == (FINANCE, "Знижка завелика", "Пункт 4")
    assert told_to(office, "iryna", legal) == told, "the page of the request before says the same"
    of_finance = told_to(office, "oksana", office.step("finance"))
    assert of_finance is None, "finance has answered, nothing was taken back there"


def test_a_request_that_was_answered_since_is_told_of_no_more(office: Office) -> None:
    asked_side_by_side(office)
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("olena", "prepare")
    office.complete("iryna", "legal", "returned", comment="Немає строку")
    office.complete("olena", "prepare")
    assert told_to(office, "iryna", office.step("legal")) is None
    told = told_to(office, "oksana", office.step("finance"))
    assert told is not None
    assert told.step == LEGAL


def test_what_a_cancelled_deal_leaves_was_taken_back_by_no_return(office: Office) -> None:
    deal = asked_side_by_side(office)
    legal = office.step("legal")
    office.do("bohdan", cancel_deal, deal.id, "Клієнт передумав")
    (first, *_) = (one.data for one in office.history(deal) if one.kind == "step_cancelled")
    assert first["returned"] == ""
    assert told_to(office, "iryna", legal) is None
