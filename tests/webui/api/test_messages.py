from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import human

from engine.bpmn.compiled import CompiledProcess

ApiOf = Callable[[str | None], ApiClient]


def paid_map() -> CompiledProcess:
    """Wait for the payment of this deal's invoice, then ship."""
    builder = MapBuilder(key="paid")
    builder.start()
    builder.catch("payment", builder.message("payment", "payment received", {"invoice": "invoice"}))
    builder.step("ship")
    builder.end()
    builder.chain("start", "payment", "ship", "end")
    ship = human("ship", "Відвантажити", "Відділ продажів", "Відвантаження")
    return builder.build(variables=("invoice",)).model_copy(update={"steps": {"ship": ship}})


@pytest.fixture
def invoice(office: Office) -> str:
    """The number of the invoice that a deal of olena's waits for."""
    office.publish(paid_map())
    office.open_deal(definition_key="paid", fields={"invoice": "INV-7"})
    return "INV-7"


def test_a_message_wakes_the_deal_that_waits_for_it(api: ApiOf, invoice: str) -> None:
    olena = api("olena")
    (deal,) = read(olena.get("/deals"))["items"]
    (waiting,) = read(olena.get(f"/deals/{deal['id']}/waiting"))["items"]
    assert (waiting["kind"], waiting["name"]) == ("message", "payment received")
    message = {"name": "payment received", "correlation": {"invoice": invoice}, "values": {"paid": True}}
    for _ in range(2):
        assert read(olena.post("/messages", message, key="bank-1")) == {
            "deal_ids": [deal["id"]],
            "opened_deal_id": None,
            "failed_deal_ids": [],
        }
    assert [step["name"] for step in read(olena.get("/work-items"))["items"]] == ["Відвантажити"]
    assert read(olena.get(f"/deals/{deal['id']}"))["fields"]["paid"] is True


def test_a_message_that_nobody_waits_for_says_so(api: ApiOf, invoice: str) -> None:
    other = {"name": "payment received", "correlation": {"invoice": "INV-8"}}
    problem(api("olena").post("/messages", other), 422, "nobody_waits")
    right = {"name": "payment received", "correlation": {"invoice": invoice}}
    problem(api("danylo").post("/messages", right), 422, "nobody_waits")


@pytest.mark.parametrize("deal_id", ["twelve", True, -1, 2**70, "9" * 400])
def test_a_deal_is_narrowed_to_by_its_id_only(api: ApiOf, invoice: str, deal_id: object) -> None:
    message = {"name": "payment received", "correlation": {"deal_id": deal_id, "invoice": invoice}}
    assert set(faults(api("olena").post("/messages", message))) == {"correlation.deal_id"}


def test_a_message_needs_a_name(api: ApiOf, office: Office) -> None:
    assert faults(api("olena").post("/messages", {"correlation": {}})) == {"name": "field_required"}
