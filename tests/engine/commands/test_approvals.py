"""Approvals cannot be passed by: not by giving a part back, not through a substitute, not where nobody can be asked."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from support.files import add
from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.compiled import ApprovalRule
from engine.commands.approved_changes import ContentApproved
from engine.commands.clients import update_client
from engine.commands.deal_files import Place, hide_file
from engine.commands.deals import update_deal
from engine.commands.departments import update_department
from engine.commands.people import set_substitution, update_person
from engine.commands.work_items import FourEyes, claim_work_item, delegate_work_item, release_work_item
from engine.errors import MapFailed, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.incident import Incident
from engine.model.person import Role
from engine.model.work_item import WorkItem
from engine.queries.work_items import work_item_view


def asked_in_legal(office: Office, rule: ApprovalRule, *logins: str, four_eyes: bool = False) -> Deal:
    """A deal whose offer is prepared; ``logins`` are members of the legal department beside iryna."""
    join_legal(office, *logins)
    office.publish(sales_map({"legal": rule}, four_eyes=four_eyes))
    deal = office.open_deal()
    office.prepare()
    return deal


def join_legal(office: Office, *logins: str) -> None:
    with office.database.write() as session:
        for login in logins:
            person_id = getattr(office.company, login).id
            session.add(Membership(person_id=person_id, department_id=office.company.legal.id))


def legal_parts(office: Office) -> list[WorkItem]:
    return [one for one in office.open_steps() if one.element_id == "legal"]


def part_of(office: Office, login: str) -> int:
    return next(one.id for one in legal_parts(office) if one.assignee_id == getattr(office.company, login).id)


def substitute_iryna_by(office: Office, login: str) -> None:
    company = office.company
    days = (date(2026, 3, 1), date(2026, 3, 6))
    office.do("iryna", set_substitution, company.iryna.id, getattr(company, login).id, *days)


def test_a_part_that_was_given_back_has_still_to_be_heard(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="all"), "oksana")
    given_back = part_of(office, "oksana")
    office.do("bohdan", release_work_item, given_back)
    office.complete("iryna", "legal", "approved", work_item_id=part_of(office, "iryna"))
    assert [one.id for one in legal_parts(office)] == [given_back]
    office.complete("oksana", "legal", "approved", work_item_id=given_back)
    assert legal_parts(office) == []


@pytest.mark.parametrize("claims", [True, False])
def test_a_substitute_does_not_speak_beside_whom_they_substitute(office: Office, *, claims: bool) -> None:
    asked_in_legal(office, ApprovalRule(mode="count", count=2), "oksana")
    substitute_iryna_by(office, "danylo")
    office.complete("iryna", "legal", "approved", work_item_id=part_of(office, "iryna"))
    given_back = part_of(office, "oksana")
    office.do("oksana", release_work_item, given_back)
    if claims:
        office.do("danylo", claim_work_item, given_back)
    with pytest.raises(NotAllowed):
        office.complete("danylo", "legal", "approved", work_item_id=given_back)


def test_a_substitute_speaks_for_the_absent_member_of_the_department(office: Office) -> None:
    asked_in_legal(office, ApprovalRule())
    substitute_iryna_by(office, "danylo")
    done = office.complete("danylo", "legal", "approved")
    assert (done.completed_by_id, done.on_behalf_of_id) == (office.company.danylo.id, office.company.iryna.id)


def test_a_substitute_is_one_person_where_so_many_people_have_to_approve(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="count", count=2), "oksana", "danylo")
    substitute_iryna_by(office, "oksana")
    office.complete("oksana", "legal", "approved", work_item_id=part_of(office, "oksana"))
    with pytest.raises(NotAllowed, match="somebody else decides"):
        office.complete("oksana", "legal", "approved", work_item_id=part_of(office, "iryna"))
    assert len(legal_parts(office)) == 2
    office.complete("danylo", "legal", "approved", work_item_id=part_of(office, "danylo"))
    assert legal_parts(office) == []


def test_who_spoke_for_an_absent_member_does_not_speak_beside_where_so_many_have_to_approve(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="count", count=2), "oksana", "danylo")
    substitute_iryna_by(office, "oksana")
    office.complete("oksana", "legal", "approved", work_item_id=part_of(office, "iryna"))
    with pytest.raises(NotAllowed, match="somebody else decides"):
        office.complete("oksana", "legal", "approved", work_item_id=part_of(office, "oksana"))


@pytest.mark.parametrize(
    ("absent", "substitute"), [("iryna", "oksana"), ("oksana", "iryna")], ids=["for whom is first", "for whom is next"]
)
def test_in_order_it_goes_on_with_somebody_who_can_answer(office: Office, absent: str, substitute: str) -> None:
    """Iryna is asked first, then Oksana, then Danylo; one of the first two acts for the other, and counts once."""
    company, days = office.company, (date(2026, 3, 1), date(2026, 3, 6))
    asked_in_legal(office, ApprovalRule(mode="count", count=2, in_order=True), "oksana", "danylo")
    office.do("admin", set_substitution, getattr(company, absent).id, getattr(company, substitute).id, *days)
    office.complete(substitute, "legal", "approved")
    assert [one.assignee_id for one in legal_parts(office)] == [company.danylo.id]
    office.complete("danylo", "legal", "approved")
    assert legal_parts(office) == []


def test_in_order_who_is_back_before_their_turn_keeps_it(office: Office) -> None:
    company = office.company
    asked_in_legal(office, ApprovalRule(mode="count", count=3, in_order=True), "oksana", "danylo")
    office.do("admin", set_substitution, company.oksana.id, company.iryna.id, date(2026, 3, 1), date(2026, 3, 2))
    office.complete("iryna", "legal", "approved")
    office.wait(days=1)
    for login in ("danylo", "oksana"):
        assert [one.assignee_id for one in legal_parts(office)] == [getattr(company, login).id]
        office.complete(login, "legal", "approved")
    assert legal_parts(office) == []


def test_a_substitute_gives_both_voices_where_all_are_asked(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="all"), "oksana")
    substitute_iryna_by(office, "oksana")
    for login in ("oksana", "iryna"):
        office.complete("oksana", "legal", "approved", work_item_id=part_of(office, login))
    assert legal_parts(office) == []


def test_who_leaves_the_department_gives_its_approval_no_more(office: Office) -> None:
    deal = asked_in_legal(office, ApprovalRule(), "danylo")
    item = office.step("legal").id
    office.do("danylo", claim_work_item, item)
    office.do("admin", update_person, office.company.danylo.id, {"department_ids": [office.company.marketing.id]})
    assert [one.assignee_id for one in legal_parts(office)] == [None]
    assert "step_reassigned" in office.kinds(deal)
    with pytest.raises(NotFound):
        office.complete("danylo", "legal", "approved")
    office.complete("iryna", "legal", "approved")


def test_who_leaves_the_department_keeps_what_is_no_approval_and_what_a_head_may_give(office: Office) -> None:
    company = office.company
    asked_in_legal(office, ApprovalRule(), "danylo")
    office.do("admin", update_department, company.legal.id, {"head_id": company.danylo.id})
    office.do("danylo", claim_work_item, office.step("legal").id)
    office.do("admin", update_person, company.danylo.id, {"department_ids": [company.marketing.id]})
    assert office.step("legal").assignee_id == company.danylo.id
    own = office.open_deal()
    office.do("admin", update_person, company.olena.id, {"department_ids": [company.marketing.id]})
    assert office.step("prepare", own).assignee_id == company.olena.id


def test_a_voice_that_nobody_of_the_department_has_left_comes_to_its_head(office: Office) -> None:
    company = office.company
    office.do("admin", update_department, company.legal.id, {"head_id": company.bohdan.id})
    asked_in_legal(office, ApprovalRule(mode="all"), "danylo")
    office.complete("iryna", "legal", "approved", work_item_id=part_of(office, "iryna"))
    office.do("admin", update_person, company.danylo.id, {"department_ids": [company.marketing.id]})
    assert [one.assignee_id for one in legal_parts(office)] == [company.bohdan.id]
    office.complete("bohdan", "legal", "approved")
    assert legal_parts(office) == []


def test_four_eyes_refuse_the_substitute_of_who_asks(office: Office) -> None:
    join_legal(office, "petro")
    office.publish(sales_map(four_eyes=True))
    office.open_deal()
    office.do("olena", delegate_work_item, office.step("prepare").id, office.company.iryna.id)
    office.prepare("iryna")
    substitute_iryna_by(office, "danylo")
    with pytest.raises(FourEyes):
        office.complete("danylo", "legal", "approved")


def test_an_approval_of_a_department_that_is_gone_goes_to_the_administrator_not_to_who_asks(office: Office) -> None:
    office.open_deal()
    office.do("admin", update_department, office.company.legal.id, {"name": "Комплаєнс"})
    office.prepare()
    assert office.step("legal").assignee_id == office.company.admin.id


def test_an_approval_that_nobody_can_be_asked_for_is_an_incident_of_its_deal(office: Office) -> None:
    company = office.company
    deal = office.open_deal()
    office.do("admin", update_department, company.legal.id, {"name": "Комплаєнс"})
    office.do("admin", update_person, company.bohdan.id, {"role": Role.ADMINISTRATOR})
    office.do("bohdan", update_person, company.admin.id, {"is_active": False})
    office.do("bohdan", update_person, company.olena.id, {"role": Role.ADMINISTRATOR})
    office.do("olena", update_person, company.bohdan.id, {"role": Role.HEAD})
    with pytest.raises(MapFailed) as failed:
        office.prepare()
    assert failed.value.params["problem"].code == "approver_missing"
    assert office.step("prepare").is_live
    with office.database.read() as session:
        assert session.scalars(select(Incident.deal_id)).all() == [deal.id]


def test_an_approval_by_more_than_there_are_is_an_incident_of_its_deal(office: Office) -> None:
    deal = asked_in_legal(office, ApprovalRule(mode="count", count=2))
    for _ in range(2):
        with pytest.raises(MapFailed):
            office.complete("iryna", "legal", "approved")
    with office.database.read() as session:
        (incident,) = session.scalars(select(Incident)).all()
    assert (incident.deal_id, incident.stimulus["type"]) == (deal.id, "CompleteStep")


def test_a_late_part_is_not_handed_to_who_has_a_voice_already(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="all"), "danylo")
    office.complete("iryna", "legal", "approved", work_item_id=part_of(office, "iryna"))
    for _ in range(6):
        office.wait(days=1)
    assert [one.assignee_id for one in legal_parts(office)] == [office.company.danylo.id]


def test_an_approval_is_not_handed_to_who_was_not_asked(office: Office) -> None:
    asked_in_legal(office, ApprovalRule())
    item = legal_parts(office)[0].id
    for director, to in (("bohdan", "bohdan"), ("iryna", "olena"), ("iryna", "petro")):
        with pytest.raises(NotAllowed):
            office.do(director, delegate_work_item, item, getattr(office.company, to).id)
    office.do("bohdan", delegate_work_item, item, office.company.iryna.id)


def test_an_approval_asked_of_a_person_does_not_wander_from_department_to_department(office: Office) -> None:
    company = office.company
    asked_in_legal(office, ApprovalRule(mode="list", approvers=("iryna",)), "danylo")
    with office.database.write() as session:
        session.add(Membership(person_id=company.taras.id, department_id=company.marketing.id))
    item = part_of(office, "iryna")
    office.do("iryna", delegate_work_item, item, company.danylo.id)
    with pytest.raises(NotAllowed):  # a colleague of danylo's in marketing, and of nobody in the legal department
        office.do("danylo", delegate_work_item, item, company.taras.id)
    office.do("danylo", delegate_work_item, item, company.iryna.id)


def test_four_eyes_refuse_the_owner_of_the_deal_whoever_prepared_it(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(), "taras", four_eyes=True)
    office.do("olena", update_deal, legal_parts(office)[0].deal_id, {"owner_id": office.company.taras.id})
    with pytest.raises(FourEyes):
        office.complete("taras", "legal", "approved")
    office.complete("iryna", "legal", "approved")


def test_what_is_approved_does_not_change_behind_the_approvers_backs(office: Office) -> None:
    deal = asked_in_legal(office, ApprovalRule())
    for changes in ({"amount": Decimal(1)}, {"currency": "USD"}, {"fields": {"discount": "49"}}):
        with pytest.raises(ContentApproved):
            office.do("olena", update_deal, deal.id, changes)
    office.do("olena", update_deal, deal.id, {"title": "Інша назва", "fields": {}})
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, {"amount": Decimal(1)})


def test_what_is_returned_for_rework_may_change_again(office: Office) -> None:
    deal = asked_in_legal(office, ApprovalRule())
    office.complete("iryna", "legal", "returned", comment="Завелика сума")
    for login, element in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    office.do("olena", update_deal, deal.id, {"amount": Decimal(1)})
    assert office.deal(deal).amount == Decimal(1)


def asked_by_taras_for_iryna(office: Office, rule: ApprovalRule) -> None:
    office.publish(sales_map({"legal": rule}, four_eyes=True))
    office.open_deal()
    office.do("olena", delegate_work_item, office.step("prepare").id, office.company.iryna.id)
    substitute_iryna_by(office, "taras")
    office.complete("taras", "prepare", values={"discount": "7,5"})


def test_who_was_substituted_when_it_was_asked_neither_gets_nor_gives_it(office: Office) -> None:
    join_legal(office, "petro")
    asked_by_taras_for_iryna(office, ApprovalRule())
    item = legal_parts(office)[0].id
    with pytest.raises(FourEyes):
        office.complete("iryna", "legal", "approved")
    with pytest.raises(FourEyes):
        office.do("iryna", claim_work_item, item)
    with pytest.raises(FourEyes):
        office.do("petro", delegate_work_item, item, office.company.iryna.id)
    with office.database.read() as session:
        hints = [work_item_view(session, office.actor(one), item, office.clock.now()) for one in ("iryna", "petro")]
    assert [one.four_eyes_blocked for one in hints] == [True, False]
    office.complete("petro", "legal", "approved")


@pytest.mark.parametrize("rule", [ApprovalRule(mode="all"), ApprovalRule(mode="all", in_order=True)])
def test_four_eyes_ask_only_members_who_may_give_it(office: Office, rule: ApprovalRule) -> None:
    join_legal(office, "petro", "oksana", "taras")
    asked_by_taras_for_iryna(office, rule)
    asked = []
    while parts := legal_parts(office):
        asked.append(parts[0].assignee_id)
        login = next(one.login for one in office.company.people if one.id == parts[0].assignee_id)
        office.complete(login, "legal", "approved", work_item_id=parts[0].id)
    assert Counter(asked) == Counter([office.company.petro.id, office.company.oksana.id])


def test_a_department_of_nobody_but_who_asked_hands_its_approval_to_an_administrator(office: Office) -> None:
    asked_by_taras_for_iryna(office, ApprovalRule())
    (item,) = legal_parts(office)
    assert (item.assignee_id, item.group_id) == (office.company.admin.id, None)


def test_who_prepared_the_content_does_not_give_it_whoever_asked(office: Office) -> None:
    join_legal(office, "bohdan")
    office.publish(sales_map(four_eyes=True))
    deal = office.open_deal()
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal(1)})
    office.prepare()
    with pytest.raises(FourEyes):
        office.complete("bohdan", "legal", "approved")
    office.complete("iryna", "legal", "approved")


def test_who_opened_the_deal_for_somebody_else_does_not_approve_whom_they_chose_to_sell_to(office: Office) -> None:
    join_legal(office, "bohdan")
    office.publish(sales_map(four_eyes=True))
    deal = office.open_deal("bohdan", owner_id=office.company.olena.id, amount=None)
    office.complete("olena", "prepare", values={"discount": "5", "deal.amount": "100000"}, deal=deal)
    with pytest.raises(FourEyes):
        office.complete("bohdan", "legal", "approved")
    office.complete("iryna", "legal", "approved")


def test_who_changed_the_client_beside_the_deal_does_not_approve_what_it_is_now(office: Office) -> None:
    join_legal(office, "bohdan")
    office.publish(sales_map(four_eyes=True))
    deal = office.open_deal()
    office.prepare()
    office.do("bohdan", update_client, deal.client_id, {"name": "ТОВ «Рога й копита»"})
    with pytest.raises(FourEyes):
        office.complete("bohdan", "legal", "approved")
    office.do("olena", update_client, deal.client_id, {"name": "ТОВ «Промінь»"})
    office.complete("bohdan", "legal", "approved")


def test_who_took_away_a_file_does_not_approve_what_is_left(office: Office) -> None:
    join_legal(office, "bohdan")
    office.publish(sales_map(four_eyes=True))
    deal = office.open_deal()
    terms = add(office, "olena", Place(deal.id), "terms.txt", b"never")
    office.prepare()
    office.do("bohdan", hide_file, terms)
    with pytest.raises(FourEyes):
        office.complete("bohdan", "legal", "approved")


def test_an_approval_of_who_leaves_does_not_come_to_the_owner_of_the_deal(office: Office) -> None:
    asked_in_legal(office, ApprovalRule(mode="list", approvers=("danylo",)))
    office.do("admin", update_person, office.company.danylo.id, {"is_active": False})
    assert [one.assignee_id for one in legal_parts(office)] == [office.company.admin.id]
