"""What a seller might try with a client's card, or with merging clients, to get a deal past those who approve it."""

from __future__ import annotations

import pytest
from support.card_maps import asked_of_state_clients
from support.merging import add, merge, undo
from support.office import Office

from engine.bpmn.compiled import Freedom
from engine.commands.approved_changes import ApprovalSpared
from engine.commands.cancellations import ApprovedForAnother, cancel_deal, reopen_deal
from engine.commands.client_merge_refusals import ClientIsApproved, MergeSparesApprovals
from engine.commands.clients import update_client
from engine.commands.jumps import move_token, undo_move
from engine.model.deal import Deal


def open_elements(office: Office) -> list[str]:
    return sorted(one.element_id for one in office.open_steps())


def behind_the_decision(office: Office, *, freedom: Freedom = Freedom.STRICT) -> tuple[Deal, int]:
    """A deal that has passed the lawyer by, since its client is none of the state's; and a client who is."""
    office.publish(asked_of_state_clients(freedom=freedom))
    deal = office.open_deal()
    office.prepare()
    assert open_elements(office) == ["terms"]
    office.wait(minutes=1)
    return deal, add(office, "ДП «Водоканал»", segment="state")


def test_no_merge_gives_a_deal_a_client_with_whom_it_would_have_been_asked(office: Office) -> None:
    deal, state = behind_the_decision(office)
    with pytest.raises(MergeSparesApprovals, match=deal.number):
        merge(office, state, deal.client_id)
    assert (office.deal(deal).client_id, open_elements(office)) == (deal.client_id, ["terms"])
    merge(office, state, deal.client_id, values={"segment": deal.client_id})
    assert (office.deal(deal).client_id, open_elements(office)) == (state, ["terms"])


def test_no_merge_is_undone_that_has_spared_an_approval(office: Office) -> None:
    office.publish(asked_of_state_clients())
    state, kept = add(office, "ДП «Водоканал»", segment="state"), add(office, "ТОВ «Промінь»", segment="retail")
    deal = office.open_deal(client_id=state, client=None)
    merge(office, kept, state)
    office.prepare()
    assert open_elements(office) == ["terms"]
    with pytest.raises(MergeSparesApprovals, match=deal.number):
        undo(office, state)
    assert office.deal(deal).client_id == kept


def test_a_deal_is_not_opened_again_with_a_client_with_whom_it_would_have_been_asked(office: Office) -> None:
    deal, state = behind_the_decision(office)
    office.do("olena", cancel_deal, deal.id, "Передумали")
    office.wait(minutes=1)
    merge(office, state, deal.client_id)
    with pytest.raises(ApprovalSpared):
        office.do("olena", reopen_deal, deal.id, "Ні, купують")
    undo(office, deal.client_id)
    office.do("olena", reopen_deal, deal.id, "Ні, купують")
    assert open_elements(office) == ["terms"]


def test_a_deal_is_not_opened_again_with_another_client_than_was_approved(office: Office) -> None:
    deal, _ = behind_the_decision(office)
    office.complete("olena", "terms")
    office.complete("oksana", "finance", "approved")
    other = add(office, "ТОВ «Рога й копита»")
    with pytest.raises(ClientIsApproved):
        merge(office, other, deal.client_id)
    office.do("olena", cancel_deal, deal.id, "Передумали")
    office.wait(minutes=1)
    merge(office, other, deal.client_id)
    with pytest.raises(ApprovedForAnother):
        office.do("olena", reopen_deal, deal.id, "Ні, купують")
    undo(office, deal.client_id)
    office.do("olena", reopen_deal, deal.id, "Ні, купують")
    assert open_elements(office) == ["sign"]


def test_a_move_back_is_not_undone_with_a_card_with_which_the_deal_would_have_been_asked(office: Office) -> None:
    deal, _ = behind_the_decision(office, freedom=Freedom.ADVISED)
    office.do("olena", move_token, deal.id, "prepare", "Ще раз")
    office.wait(minutes=1)
    office.do("olena", update_client, deal.client_id, {"segment": "state"})
    with pytest.raises(ApprovalSpared):
        office.do("olena", undo_move, deal.id)
    office.prepare()
    assert open_elements(office) == ["legal"]
