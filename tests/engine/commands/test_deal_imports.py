from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import human

from engine.bpmn.compiled import Stage
from engine.commands.clients import ClientDraft
from engine.commands.deal_imports import AT_ONCE, ImportedRow, ImportRow, check_rows, import_deals
from engine.commands.deals import DealDraft
from engine.db.session import Database
from engine.db.statistics import FEWEST, OF_DEALS
from engine.errors import InvalidInput
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.incident import Incident
from engine.policy.permissions import AbilityMissing
from engine.queries.history import chain_faults


def row(number: int, title: str = "Насоси", client: str | None = "ТОВ «Промінь»", **values: object) -> ImportRow:
    owner = values.pop("owner", None)
    code = str(values.pop("edrpou", ""))
    described = ClientDraft(client, edrpou=code) if client is not None else None
    wanted = {"definition_key": "sale", "client": described, "amount": Decimal(100 + number)} | values
    return ImportRow(number, DealDraft(title, **wanted), owner)  # type: ignore[arg-type]


def imported(office: Office, rows: list[ImportRow], login: str = "olena", key: str | None = None) -> list[ImportedRow]:
    actor = office.actor(login)
    return import_deals(office.database, rows, actor=actor, clock=office.clock, command_id=key)


def codes(done: list[ImportedRow]) -> dict[int, dict[str, str]]:
    """The codes of what is wrong, by row and field."""
    return {
        one.number: {name: fault.code for name, fault in one.error.errors.items()}
        for one in done
        if isinstance(one.error, InvalidInput)
    }


def records(office: Office, model: type[Any]) -> list[Any]:
    with office.database.read() as session:
        return list(session.query(model).order_by(model.id))


def test_each_row_becomes_a_deal_at_its_first_step_under_a_number_of_its_own(office: Office) -> None:
    office.open_deal()
    done = imported(office, [row(number, f"Угода {number}") for number in range(1, AT_ONCE + 3)])
    assert [one.error for one in done] == [None] * (AT_ONCE + 2)
    assert [one.deal_number for one in done] == [f"2026-{number:05d}" for number in range(2, AT_ONCE + 4)]
    assert len(office.open_steps()) == AT_ONCE + 3
    with office.database.read() as session:
        assert all(chain_faults(session, one.deal_id or 0) == () for one in done)
        assert session.get_one(Deal, done[0].deal_id).amount == Decimal(101)


def test_what_is_wrong_stands_at_its_field_and_holds_no_other_row_back(office: Office) -> None:
    wrong = {
        2: row(2, " ", amount=Decimal("1.005"), currency="BTC"),
        3: row(3, definition_key="none", owner="nobody"),
        4: row(4, client="", edrpou="12"),
        5: row(5, client=None, client_id=999),
        6: row(6, owner="iryna"),
    }
    done = imported(office, [row(1), *wrong.values(), row(7)])
    assert [one.number for one in done if one.error is None] == [1, 7]
    assert codes(done) == {
        2: {"title": "field_required", "amount": "field_not_understood", "currency": "field_not_understood"},
        3: {"definition_key": "map_not_published", "owner": "field_not_understood"},
        4: {"client.name": "field_required", "client.edrpou": "field_not_understood"},
        5: {"client_id": "field_not_understood"},
        6: {"owner": "field_not_understood"},
    }


def test_a_client_is_found_by_code_then_by_name_and_added_once(office: Office) -> None:
    known = office.open_deal(client=ClientDraft("ТОВ «Обрій»", edrpou="32855961"))
    done = imported(
        office,
        [
            row(1, client="Обрій, інакше написаний", edrpou="32855961"),
            row(2, client="ТОВ «Обрій»"),
            row(3, client="ТОВ «Лан»"),
            row(4, client="ТОВ «Лан»"),
        ],
    )
    with office.database.read() as session:
        owners = [session.get_one(Deal, one.deal_id).client_id for one in done]
    assert owners[:2] == [known.client_id] * 2
    assert owners[2] == owners[3] != known.client_id
    assert len(records(office, Client)) == 2


def test_a_name_that_several_clients_have_needs_their_code(office: Office) -> None:
    for _ in range(2):
        office.open_deal(client=ClientDraft("ТОВ «Лан»"))
    assert codes(imported(office, [row(1, client="ТОВ «Лан»")])) == {1: {"client.name": "client_ambiguous"}}


def test_an_owner_is_named_by_login_by_name_or_by_id(office: Office) -> None:
    taras = office.company.taras
    done = imported(office, [row(number, owner=one) for number, one in enumerate(("taras", "Тарас Мельник", taras.id))])
    with office.database.read() as session:
        assert {session.get_one(Deal, one.deal_id).owner_id for one in done} == {taras.id}


def test_a_repetition_opens_only_what_was_not_opened(office: Office) -> None:
    rows = [row(1), row(2, " "), row(3)]
    first = imported(office, rows, key="once")
    rows[1] = row(2, "Тепер із назвою")
    again = imported(office, rows, key="once")
    assert [first[0], first[2]] == [again[0], again[2]]
    assert (first[1].deal_id, again[1].error) == (None, None)
    assert len(records(office, Deal)) == 3


def test_a_key_that_is_used_for_another_row_is_refused(office: Office) -> None:
    imported(office, [row(1)], key="once")
    (done,) = imported(office, [row(1, "Інша угода")], key="once")
    assert done.error is not None
    assert done.error.code == "idempotency_key_reused"
    assert len(records(office, Deal)) == 1


def test_a_row_on_which_the_map_fails_fails_alone(office: Office) -> None:
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.gateway("exclusive", "size")
    for step in ("small", "large"):
        builder.step(step)
        builder.chain(step, "won")
    builder.chain("start", "size")
    builder.flow("size", "small", "deal.amount < 1000", "is_small")
    builder.flow("size", "large", "deal.amount > 5000", "is_large")
    stage = Stage(name="Початок", position=0)
    steps = {one: human(one, one, "Відділ продажів", stage.name) for one in ("small", "large")}
    built = builder.build()
    kept = built.variables | {"deal.amount", "deal"}
    office.publish(built.model_copy(update={"steps": steps, "stages": (stage,), "variables": kept}))
    amounts = (10, 2_000, 9_000)
    rows = [row(number, definition_key=built.key, amount=Decimal(one)) for number, one in enumerate(amounts, start=1)]
    done = imported(office, rows)
    assert [one.error.code if one.error else None for one in done] == [None, "map_failed", None]
    assert len(records(office, Deal)) == 2
    assert len(records(office, Incident)) == 1


def test_checking_opens_nothing(office: Office) -> None:
    with office.database.read() as session:
        checked = check_rows(session, [row(1), row(2, " ")], actor=office.actor("olena"))
    assert [one is None for one in checked] == [True, False]
    assert records(office, Deal) == records(office, Client) == []


def test_who_opens_no_deals_imports_none(office: Office) -> None:
    with pytest.raises(AbilityMissing):
        imported(office, [row(1)], login="iryna")
    with office.database.read() as session, pytest.raises(AbilityMissing):
        check_rows(session, [], actor=office.actor("iryna"))


@pytest.mark.postgres
def test_postgresql_learns_of_the_rows_of_a_large_import_and_not_of_a_small_one(postgresql_database_url: str) -> None:
    """Until it looked by itself, an inbox of 10,000 new steps was read by the plan of an empty one: half a second."""
    office = Office(Database(postgresql_database_url))
    office.publish()
    counted = text("SELECT relname, reltuples FROM pg_class WHERE oid = ANY (CAST(:tables AS regclass[]))")

    def known() -> dict[str, int]:
        with office.database.read() as session:
            return {name: int(rows) for name, rows in session.execute(counted, {"tables": list(OF_DEALS)})}

    before = known()
    assert set(before) == set(OF_DEALS)
    imported(office, [row(number) for number in range(FEWEST - 1)])
    assert known() == before
    imported(office, [row(number) for number in range(FEWEST)])
    after = known()
    deals = 2 * FEWEST - 1
    assert [after[one] for one in ("deal", "process_instance", "work_item", "fts_deal", "client")] == [deals] * 4 + [1]
    office.database.dispose()
