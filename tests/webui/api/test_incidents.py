from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, read
from support.office import Office
from upgrades.waits import WAITS

from engine.commands import alike_retries
from engine.commands.deals import update_deal
from engine.errors import MapFailed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def failed(office: Office) -> list[Deal]:
    """Three deals whose step failed for the same reason; of the second one it is mended."""
    office.publish(WAITS["an incident"].drawn("failing"))
    deals = [office.open_deal(definition_key="failing", title=f"Угода {number}") for number in range(3)]
    for deal in deals:
        with pytest.raises(MapFailed):
            office.complete("olena", "decide", "approved", deal=deal)
    office.do("olena", update_deal, deals[1].id, {"fields": {"go": "yes"}})
    return deals


def attempts(office: Office) -> list[tuple[int, IncidentState]]:
    with office.database.read() as session:
        return [(one.attempts, one.state) for one in session.query(Incident).order_by(Incident.id)]


def test_all_alike_are_tried_again_once_per_key(api: ApiOf, office: Office, failed: list[Deal]) -> None:
    first = [(2, IncidentState.OPEN), (1, IncidentState.RESOLVED), (2, IncidentState.OPEN)]
    for _ in range(2):
        told = read(api("admin").post("/incidents/1/retry-alike", key="all"))
        assert [(one["state"], one["error"]) for one in told["items"]] == [
            ("open", "map_failed"),
            ("resolved", None),
            ("open", "map_failed"),
        ]
        assert told["left"] == 0
        assert attempts(office) == first
    assert [one["deal_id"] for one in told["items"]] == [one.id for one in failed]
    assert api("admin").post("/incidents/3/retry-alike", key="all").get_json()["code"] == "idempotency_key_reused"
    again = read(api("admin").post("/incidents/1/retry-alike", key="other"))
    assert [one["id"] for one in again["items"]] == [1, 3]
    assert [one for one, _ in attempts(office)] == [3, 1, 3]


def test_a_repetition_tries_none_that_was_not_meant_at_first(
    api: ApiOf, office: Office, failed: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike_retries, "MOST_AT_ONCE", 2)
    for _ in range(2):
        told = read(api("admin").post("/incidents/3/retry-alike", key="all"))
        assert ([one["id"] for one in told["items"]], told["left"]) == ([1, 2], 1)
    assert [one for one, _ in attempts(office)] == [2, 1, 1]


def test_where_nothing_alike_is_open_nothing_is_tried(api: ApiOf, office: Office, failed: list[Deal]) -> None:
    for deal in failed:
        office.do("olena", update_deal, deal.id, {"fields": {"go": "yes"}})
    assert read(api("admin").post("/incidents/1/retry-alike"))["left"] == 0
    assert api("admin").post("/incidents/1/retry-alike").get_json()["code"] == "incident_over"
    assert api("admin").post("/incidents/999/retry-alike").status_code == 404
    for login in ("olena", "owner"):
        assert api(login).post("/incidents/1/retry-alike").status_code == 404
    assert set(faults(api("admin").post("/incidents/1/retry-alike", key="ї"))) == {"Idempotency-Key"}
