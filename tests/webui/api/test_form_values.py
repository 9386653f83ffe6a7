"""What programs write into forms and into a deal's fields is read as what people type is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.api import ApiClient, faults, read
from support.office import Office
from support.specification import specification_map

ApiOf = Callable[[str | None], ApiClient]
PUMP = {"item": "Насос", "quantity": 2, "price": "1250.50", "discount": 10}
PIPE = {"item": "Труба", "quantity": "12,5", "price": 99.99, "sum": "1"}


@pytest.fixture
def step(office: Office) -> str:
    office.publish(specification_map())
    office.open_deal("olena")
    return f"/work-items/{office.step('prepare').id}"


def test_the_form_is_described_with_its_columns_and_what_it_begins_with(api: ApiOf, step: str) -> None:
    fields = {field["name"]: field for field in read(api("olena").get(step))["fields"]}
    assert [column["label"] for column in fields["goods"]["columns"]] == [
        "Goods or service",
        "Quantity",
        "Price",
        "Discount, %",
        "Sum",
    ]
    assert fields["goods"]["columns"][4]["formula"] == "= quantity * price * (1 - discount / 100)"
    assert (fields["deal.amount"]["type"], fields["deal.amount"]["shown_as"]) == ("calculated", "money")
    assert fields["address"]["visible_if"] == "= install"
    assert fields["due"]["value"] == "2026-03-02"


def test_what_is_calculated_is_the_server_s_and_what_does_not_apply_is_not_kept(
    api: ApiOf, office: Office, step: str
) -> None:
    values = {"goods": [PUMP, PIPE], "deal.amount": 1, "address": "Київ", "engineer": "taras", "papers": ["Акт"]}
    read(api("olena").post(f"{step}/complete", {"values": values}))
    deal = read(api("olena").get(f"/deals/{office.step('legal').deal_id}"))
    assert deal["amount"] == 3500.78
    assert [line["sum"] for line in deal["fields"]["goods"]] == ["2250.90", "1249.88"]
    assert deal["fields"]["engineer"] == office.company.taras.id
    assert deal["fields"]["due"] == "2026-03-02"
    assert deal["fields"]["papers"] == ["act"]
    assert "address" not in deal["fields"]


def test_errors_are_told_by_field_line_and_column(api: ApiOf, step: str) -> None:
    values = {
        "goods": [PUMP, {"item": "Труба", "quantity": "", "price": "дорого", "discount": 120}],
        "install": "так",
        "engineer": "nobody",
        "payer": 999_999,
    }
    assert faults(api("olena").post(f"{step}/complete", {"values": values})) == {
        "goods.1.quantity": "field_required",
        "goods.1.price": "field_not_understood",
        "goods.1.discount": "field_out_of_range",
        "address": "field_required",
        "engineer": "field_not_understood",
        "payer": "field_not_understood",
    }


_DEEP: Any = "x"
for _ in range(200):
    _DEEP = [_DEEP]


_HOSTILE: list[dict[str, Any]] = [
    {"goods": "багато"},
    {"goods": {"item": "Насос"}},
    {"goods": [PUMP] * 5_000},
    {"goods": [[PUMP]]},
    {"goods": [{"item": _DEEP, "quantity": {"a": 1}, "price": [1]}]},
    {"goods": _DEEP},
    {"goods": [PUMP], "papers": ["act"] * 20_000},
    {"goods": [PUMP], "papers": {"a": _DEEP}, "call_at": 5, "engineer": [1], "payer": {"id": 1}},
    {"goods": [PUMP], "engineer": 10**30, "payer": -(10**30)},
    {"goods": [{"item": "Насос", "quantity": "9" * 15, "price": "9" * 15}]},
]


def test_values_of_the_wrong_kind_and_size_are_refused_at_their_fields(api: ApiOf, step: str) -> None:
    olena = api("olena")
    for values in _HOSTILE:
        assert faults(olena.post(f"{step}/complete", {"values": values})), values


def test_a_changed_table_is_reckoned_again_and_a_calculated_value_is_nobody_s_to_write(
    api: ApiOf, office: Office, step: str
) -> None:
    olena = api("olena")
    read(olena.post(f"{step}/complete", {"values": {"goods": [PUMP], "engineer": "olena"}}))
    office.complete("iryna", "legal", "returned", comment="Ще раз")
    for login, element in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    deal = f"/deals/{office.step('prepare').deal_id}"
    assert faults(olena.patch(deal, {"fields": {"goods": [{"item": "X", "price": "так"}], "engineer": "nobody"}})) == {
        "fields.goods.0.price": "field_not_understood",
        "fields.engineer": "field_not_understood",
    }
    read(olena.patch(deal, {"fields": {"goods": [PUMP, PIPE], "note": {"any": 1}}}))
    changed = read(olena.get(deal))
    assert (changed["amount"], changed["fields"]["goods"][1]["sum"]) == (3500.78, "1249.88")
    assert changed["fields"]["note"] == {"any": 1}
    assert faults(olena.patch(deal, {"fields": {"amount": "1"}})) == {"amount": "field_calculated"}


def test_a_deal_is_opened_with_fields_as_the_map_reads_them(api: ApiOf, office: Office) -> None:
    office.publish(specification_map())
    body = {
        "title": "Насоси",
        "definition_key": specification_map().key,
        "client": {"name": "ТОВ «Зоря»"},
        "fields": {"due": "31.12.2026", "papers": "Рахунок", "engineer": "taras"},
    }
    opened = read(api("olena").post("/deals", body), 201)
    fields = read(api("olena").get(f"/deals/{opened['id']}"))["fields"]
    assert fields == {"due": "2026-12-31", "papers": ["invoice"], "engineer": office.company.taras.id}
    wrong = {**body, "fields": {"due": "колись", "papers": ["x"]}}
    assert faults(api("olena").post("/deals", wrong)) == {
        "fields.due": "field_not_understood",
        "fields.papers": "field_not_understood",
    }
    (row,) = read(api("olena").post("/deals/import", {"items": [wrong]}))["items"]
    assert row["error"]["errors"].keys() == {"fields.due", "fields.papers"}
