"""The maps that a list of deals can be narrowed to: of the deals that somebody sees, the most used first."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from support.office import Office
from support.sales_map import sales_map

import engine.queries.known_maps
from engine.model.deal import Deal
from engine.model.work_item import WorkItem
from engine.queries.known_maps import known_maps


def maps_of(office: Office, login: str) -> list[tuple[str, str]]:
    with office.database.read() as session:
        return [(one.key, one.name) for one in known_maps(session, office.actor(login))]


@pytest.mark.parametrize("sampled", [1, 300])
def test_maps_of_visible_deals_also_of_a_rare_one(
    office: Office, monkeypatch: pytest.MonkeyPatch, sampled: int
) -> None:
    monkeypatch.setattr(engine.queries.known_maps, "_SAMPLED", sampled)
    original = sales_map()
    for key in ("tender", "service", "unused"):
        office.publish(original.model_copy(update={"key": key, "name": f"Карта {key}"}))
    office.publish(original.model_copy(update={"key": "tender", "name": "Тендер"}))
    deals = [office.open_deal() for _ in range(4)]
    rare, foreign = office.open_deal(), office.open_deal("danylo")
    with office.database.write() as session:
        for deal, key in ((rare, "tender"), (foreign, "service")):
            session.execute(update(Deal).where(Deal.id == deal.id).values(definition_key=key))
        session.execute(update(WorkItem).where(WorkItem.deal_id == foreign.id).values(group_id=None))
    assert len(deals) > 1
    assert maps_of(office, "olena") == [("sale", original.name), ("tender", "Тендер")]
    assert {key for key, _ in maps_of(office, "bohdan")} == {"sale", "tender", "service"}
    assert maps_of(office, "bohdan")[0][0] == "sale"
    assert maps_of(office, "petro") == []
