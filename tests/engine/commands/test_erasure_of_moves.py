"""What a version move keeps for its undo names nobody who was erased, and can still be restored."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from support.canonical_maps import MapBuilder
from support.office import Office
from support.personal_traces import named_in
from support.sales_map import human
from support.version_moves import may_be_taken_back, move, take_back, with_step

from engine.bpmn.compiled import CompiledProcess
from engine.commands.erasure import ErasureRequest, erase_client
from engine.commands.messages import deliver_message
from engine.model.message_subscription import MessageSubscription
from engine.policy.personal_texts import ERASED

KNOWN_BY = "ТОВ «Промінь»"


def paid_map(*, awaits: bool, name: str = "Працювати") -> CompiledProcess:
    """One step; with ``awaits``, a message beside it that is known by a field of the deal."""
    builder = MapBuilder(key="paid")
    builder.start()
    builder.step("work")
    builder.end("done")
    builder.chain("start", "work", "done")
    steps = {"work": human("work", name, "власник угоди", "Етап")}
    if awaits:
        builder.boundary("paid", "work", builder.message("paid", "payment", {"payer": "= deal.payer"}))
        builder.step("check")
        builder.chain("paid", "check", "done")
        steps["check"] = human("check", "Перевірити", "власник угоди", "Етап")
    return builder.build({"deal"}).model_copy(update={"steps": steps})


@pytest.mark.parametrize("still_awaits", [True, False])
def test_a_move_is_taken_back_though_a_client_was_erased_since(office: Office, *, still_awaits: bool) -> None:
    office.publish(paid_map(awaits=True))
    deal = office.open_deal(definition_key="paid", fields={"payer": KNOWN_BY})
    started = move(office, office.publish(with_step(paid_map(awaits=still_awaits), "work", name="Інакше")))
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    assert named_in(office, "промінь") == []
    assert may_be_taken_back(office, deal) == started.id
    take_back(office, started)
    assert named_in(office, "промінь") == []
    assert "працювати" in office.step("work").search_text
    with office.database.read() as session:
        assert json.loads(session.scalars(select(MessageSubscription.correlation_key)).one()) == {"payer": ERASED}
    office.do("admin", deliver_message, "payment", {"deal_id": deal.id}, {})
    assert [one.element_id for one in office.open_steps(deal)] == ["check"]


def test_moves_are_taken_back_one_after_another_though_a_client_was_erased_since(office: Office) -> None:
    office.publish(paid_map(awaits=True))
    deal = office.open_deal(definition_key="paid", fields={"payer": KNOWN_BY})
    first = move(office, office.publish(with_step(paid_map(awaits=False), "work", name="Інакше")))
    second = move(office, office.publish(with_step(paid_map(awaits=True), "work", name="Ще інакше")))
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    for started, name in ((second, "Інакше"), (first, "Працювати")):
        take_back(office, started)
        assert office.step("work").name == name
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 8", ("Насоси",)))
    assert named_in(office, "промінь", "насоси") == []
