from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from support.office import Office
from support.sales_map import APPROVERS, hash_of, sales_map

from engine.bpmn.compiled import ApprovalRule, FieldDefinition
from engine.commands.completions import CompletionRequest, complete_many
from engine.commands.idempotency import KeyReused
from engine.commands.work_items import FourEyes, StepNotYours, claim_work_item, delegate_work_item
from engine.errors import AlreadyCompleted, DomainError, InvalidInput, NotFound
from engine.model.deal import DealResult
from engine.model.department import Membership
from engine.policy.history_chain import ChainEntry


def open_elements(office: Office) -> set[str]:
    return {one.element_id for one in office.open_steps()}


def test_a_deal_walks_from_its_first_step_to_signature_and_is_won(office: Office) -> None:
    deal = office.open_deal()
    assert office.step("prepare").assignee_id == office.company.olena.id
    office.prepare()
    assert open_elements(office) == set(APPROVERS)
    for login, element in zip(("iryna", "oksana", "petro"), APPROVERS, strict=True):
        office.complete(login, element, "approved")
    assert office.deal(deal).stage == "Підписання"
    office.complete("olena", "sign")
    won = office.deal(deal)
    assert (won.result, won.closed_at) == (DealResult.WON, office.clock.now())
    assert office.open_steps() == []
    assert office.kinds(deal)[0] == "deal_opened"
    assert office.kinds(deal)[-1] == "deal_won"


def test_returned_offer_asks_all_three_departments_again(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    assert open_elements(office) == {"logistics"}
    office.complete("petro", "logistics", "approved")
    assert open_elements(office) == {"prepare"}
    assert office.deal(deal).stage == "Пропозиція"
    office.prepare(discount="5")
    assert open_elements(office) == set(APPROVERS)
    office.complete("iryna", "legal", "approved")
    assert open_elements(office) == {"finance", "logistics"}
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    assert open_elements(office) == {"sign"}


def test_a_rejection_loses_the_deal_with_the_reason_given(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "rejected", comment="Клієнт у санкційному списку")
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    lost = office.deal(deal)
    assert (lost.result, lost.loss_reason) == (DealResult.LOST, "Клієнт у санкційному списку")


def test_returning_needs_a_reason_and_keeps_the_step_open(office: Office) -> None:
    office.open_deal()
    office.prepare()
    with pytest.raises(InvalidInput) as refused:
        office.complete("iryna", "legal", "returned", comment="  ")
    assert refused.value.errors["comment"].code == "reason_required"
    assert office.step("legal").is_live


def test_all_wrong_fields_are_told_at_once_and_nothing_is_written(office: Office) -> None:
    deal = office.open_deal()
    before = len(office.history(deal))
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", values={"discount": "багато", "deal.amount": "дорого"})
    assert set(refused.value.errors) == {"discount", "deal.amount"}
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", values={"discount": "70"})
    assert refused.value.errors["discount"].code == "field_too_large"
    assert len(office.history(deal)) == before


def test_fields_are_kept_with_the_deal_and_deal_fields_edit_the_deal(office: Office) -> None:
    deal = office.open_deal()
    office.complete("olena", "prepare", values={"discount": "7,5", "deal.amount": "99 999,90"})
    changed = office.deal(deal)
    assert changed.fields["discount"] == "7.5"
    assert changed.amount == Decimal("99999.90")
    assert "deal_changed" in office.kinds(deal)


@pytest.mark.parametrize("amount", ["-7", "10000000000000", "0,005"])
def test_a_step_takes_no_sum_that_the_deals_page_would_not(office: Office, amount: str) -> None:
    office.publish()
    deal = office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", values={"discount": "5", "deal.amount": amount})
    assert set(refused.value.errors) == {"deal.amount"}
    assert (office.deal(deal).amount, office.step("prepare").is_live) == (Decimal("125000.50"), True)


def test_a_step_takes_no_currency_that_the_deals_page_would_not(office: Office) -> None:
    process = sales_map()
    currency = FieldDefinition(name="deal.currency", label="Валюта")
    prepare = process.steps["prepare"].model_copy(update={"fields": (currency,)})
    steps = {**process.steps, "prepare": prepare}
    office.publish(process.model_copy(update={"steps": steps, "content_hash": hash_of(steps)}))
    deal = office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", values={"deal.currency": "XYZ"})
    assert set(refused.value.errors) == {"deal.currency"}
    office.complete("olena", "prepare", values={"deal.currency": "EUR"})
    assert office.deal(deal).currency == "EUR"


def test_an_unknown_outcome_is_refused(office: Office) -> None:
    office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", "approved", values={"discount": "1"})
    assert refused.value.errors["outcome"].code == "unknown_outcome"


def test_the_second_to_complete_is_told_by_whom_and_when(office: Office) -> None:
    office.open_deal()
    item = office.prepare()
    with pytest.raises(AlreadyCompleted) as late:
        office.complete("olena", "prepare", work_item_id=item.id, values={"discount": "1"})
    assert late.value.params["by"] == office.company.olena.full_name
    assert late.value.params["at"] == office.clock.now()


def test_a_repeated_command_is_answered_and_done_once(office: Office) -> None:
    deal = office.open_deal()
    item = office.step("prepare")
    for _ in range(3):
        office.complete("olena", "prepare", work_item_id=item.id, values={"discount": "1"}, command_id="one click")
    assert office.kinds(deal).count("step_completed") == 1
    with pytest.raises(KeyReused):
        office.complete("olena", "prepare", work_item_id=item.id, values={"discount": "2"}, command_id="one click")


def test_four_people_at_once_have_one_effect(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    item = office.step("legal")
    office.do("iryna", claim_work_item, item.id)
    outcomes: list[str] = []

    def press(key: str) -> None:
        try:
            office.complete("iryna", "legal", "approved", work_item_id=item.id, command_id=key)
            outcomes.append("done")
        except DomainError as error:
            outcomes.append(error.code)

    pressing = [threading.Thread(target=press, args=(key,)) for key in ("one", "one", "two", "three")]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()
    assert office.kinds(deal).count("step_completed") == 2
    assert outcomes.count("done") in (1, 2)  # the repetition of the winning click is answered, too
    assert set(outcomes) <= {"done", "already_completed"}


def test_a_stranger_does_not_learn_that_the_step_exists(office: Office) -> None:
    office.open_deal()
    item = office.step("prepare")
    with pytest.raises(NotFound):
        office.complete("danylo", "prepare", work_item_id=item.id, values={"discount": "1"})


def test_who_sees_the_deal_may_still_not_do_anothers_step(office: Office) -> None:
    office.open_deal()
    with pytest.raises(StepNotYours):
        office.complete("bohdan", "prepare", values={"discount": "1"})


def test_four_eyes_refuse_who_asked_also_after_delegation(office: Office) -> None:
    office.publish(sales_map(four_eyes=True))
    office.open_deal()
    office.prepare()
    item = office.step("legal")
    with pytest.raises(FourEyes):
        office.do("iryna", delegate_work_item, item.id, office.company.olena.id)
    office.complete("iryna", "legal", "approved")


@pytest.mark.parametrize(("count", "needed"), [(1, 1), (2, 2)])
def test_an_approval_by_several_waits_for_so_many_voices(office: Office, count: int, needed: int) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="count", count=count)}))
    _add_members(office)
    office.open_deal()
    office.prepare()
    parts = [one for one in office.open_steps() if one.element_id == "legal"]
    assert len(parts) == 3
    for part in parts[:needed]:
        assert "legal" in open_elements(office)
        office.complete(_login_of(office, part.assignee_id), "legal", "approved", work_item_id=part.id)
    assert "legal" not in open_elements(office)


def test_in_an_approval_by_all_one_return_decides_and_withdraws_the_rest(office: Office) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="all")}))
    _add_members(office)
    deal = office.open_deal()
    office.prepare()
    first = next(one for one in office.open_steps() if one.element_id == "legal")
    office.complete(
        _login_of(office, first.assignee_id), "legal", "returned", work_item_id=first.id, comment="Немає строку"
    )
    assert "legal" not in open_elements(office)
    assert office.kinds(deal).count("step_cancelled") == 2


def test_approvers_of_a_list_are_asked_in_order(office: Office) -> None:
    rule = ApprovalRule(mode="list", approvers=("юрист", "фінанси"), in_order=True)
    office.publish(sales_map({"legal": rule}))
    office.open_deal()
    office.prepare()
    (first,) = (one for one in office.open_steps() if one.element_id == "legal")
    assert first.group_id == office.company.legal.id
    office.complete("iryna", "legal", "approved", work_item_id=first.id)
    (second,) = (one for one in office.open_steps() if one.element_id == "legal")
    assert second.group_id == office.company.finance.id
    office.complete("oksana", "legal", "approved", work_item_id=second.id)
    assert "legal" not in open_elements(office)


def test_many_are_completed_each_on_its_own(office: Office) -> None:
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    requests = [
        CompletionRequest(office.step("prepare", deal).id, "completed", {"discount": discount})
        for deal, discount in zip(deals, ("1", "", "3"), strict=True)
    ]
    results = complete_many(office.database, requests, actor=office.actor("olena"), clock=office.clock)
    assert [one.error.code if one.error else None for one in results] == [None, "invalid_input", None]
    assert len([one for one in office.open_steps() if one.element_id == "prepare"]) == 1


def test_many_under_the_longest_key_are_still_told_apart(office: Office) -> None:
    office.open_deal()
    office.prepare()
    petro, oksana = office.step("logistics").id, office.step("finance").id
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.petro.id, department_id=office.company.finance.id))
    requests = [CompletionRequest(petro, "approved"), CompletionRequest(oksana, "approved")]
    for _ in range(2):
        results = complete_many(
            office.database, requests, actor=office.actor("petro"), clock=office.clock, command_id="k" * 200
        )
        assert [one.error for one in results] == [None, None]
    assert open_elements(office) == {"legal"}


def test_the_chain_of_a_deal_is_whole_after_everything(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.wait(days=9)
    events = office.history(deal)
    entries = [
        ChainEntry(
            deal=deal.id,
            number=one.number or 0,
            kind=one.kind,
            actor_id=one.actor_id,
            actor_name=one.actor_name,
            work_item_id=one.work_item_id,
            at=one.at,
            data=one.data,
            previous_hash=one.previous_hash,
        )
        for one in events
    ]
    assert len(events) > 8
    hashes = [one.entry_hash for one in events]
    assert [one.previous_hash for one in events] == ["", *hashes[:-1]]
    assert office.deal(deal).history_hash == hashes[-1]
    assert entries[0].number == 1


def test_a_reminder_then_the_head_then_another_person(office: Office) -> None:
    deal = office.open_deal()
    item = office.step("prepare")
    assert item.due_at == office.clock.now() + timedelta(days=2)
    office.wait(days=1, hours=20)
    assert "reminder_sent" in office.kinds(deal)
    office.wait(hours=5)
    assert office.kinds(deal).count("head_told") == 1
    office.wait(days=2)
    assert office.step("prepare").assignee_id == office.company.bohdan.id
    assert office.kinds(deal).count("step_reassigned") == 1
    for _ in range(3):
        office.wait(days=1)
    assert office.kinds(deal).count("reminder_sent") == 1


def test_a_boundary_timer_fires_once(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    for login, element in zip(("iryna", "oksana", "petro"), APPROVERS, strict=True):
        office.complete(login, element, "approved")
    office.wait(days=4)
    office.wait(days=4)
    assert office.kinds(deal).count("timer_fired") == 1
    assert open_elements(office) == {"sign", "call"}


def _add_members(office: Office) -> None:

    with office.database.write() as session:
        for login in ("oksana", "petro"):
            session.add(Membership(person_id=getattr(office.company, login).id, department_id=office.company.legal.id))


def _login_of(office: Office, person_id: int | None) -> str:
    return next(one.login for one in office.company.people if one.id == person_id)
