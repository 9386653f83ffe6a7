"""Forms as a whole: what applies, what is calculated, tables of lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.bpmn.field_order import in_order
from engine.errors import DomainError, InvalidInput
from engine.policy.field_values import MOST_LINES, from_json, to_json
from engine.policy.form_values import default_of, read_form, totals_of, values_of_form


def field(name: str, kind: FieldType = FieldType.TEXT, **more: Any) -> FieldDefinition:
    return FieldDefinition(name=name, label=name, type=kind, **more)


GOODS = field(
    "goods",
    FieldType.LINES,
    columns=(
        field("item", required=True),
        field("quantity", FieldType.NUMBER, required=True, minimum="0"),
        field("price", FieldType.MONEY),
        field("discount", FieldType.PERCENT, maximum="100"),
        field(
            "sum",
            FieldType.CALCULATED,
            formula="= quantity * price * (1 - discount / 100)",
            shown_as=FieldType.MONEY,
            total=True,
        ),
    ),
)
TOTAL = field("deal.amount", FieldType.CALCULATED, formula="= sum(goods.sum)", shown_as=FieldType.MONEY)


def known(values: Mapping[str, Any]) -> Any:
    def find(names: Iterable[str]) -> Mapping[str, Any]:
        return {name: values[name] for name in names if name in values}

    return find


def test_a_table_is_reckoned_line_by_line_and_its_total_is_the_sum_of_what_is_shown() -> None:
    typed = {
        "goods": [
            {"item": "Насос", "quantity": "3", "price": "10,10", "discount": "5"},
            {"item": "", "quantity": "", "price": "", "discount": ""},
            {"item": "Труба", "quantity": "1,5", "price": "33,33", "sum": "1"},
        ],
        "deal.amount": "1",
    }
    values = values_of_form([TOTAL, GOODS], typed, "uk")
    assert [line["sum"] for line in values["goods"]] == [Decimal("28.79"), Decimal("50.00")]  # 28.785 and 49.995
    assert values["deal.amount"] == Decimal("78.79")
    assert list(values) == ["deal.amount", "goods"]
    assert totals_of(GOODS, values["goods"]) == {"sum": Decimal("78.79")}
    assert from_json(GOODS, to_json(values["goods"])) == values["goods"]


def test_what_is_wrong_in_a_table_is_told_by_line_and_column() -> None:
    typed = {"goods": [{"item": "Насос", "quantity": "1"}, {}, {"price": "дорого"}, {"item": "X", "quantity": "-1"}]}
    state = read_form([GOODS], typed, "uk")
    assert {name: error.code for name, error in state.errors.items()} == {
        "goods.2.item": "field_required",
        "goods.2.quantity": "field_required",
        "goods.2.price": "field_not_understood",
        "goods.3.quantity": "field_too_small",
    }


@pytest.mark.parametrize("raw", ["текст", 5, [1], [["a"]], {"a": 1}, [None], [{"item": "x"}] * (MOST_LINES + 1)])
def test_what_is_no_table_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidInput):
        values_of_form([GOODS], {"goods": raw}, "uk")


def test_a_line_in_which_only_its_defaults_stand_is_none() -> None:
    columns = tuple(one.model_copy(update={"default": "1"}) if one.name == "quantity" else one for one in GOODS.columns)
    table = GOODS.model_copy(update={"columns": columns})
    typed = {"goods": [{"item": "", "quantity": "1"}, {"item": "Насос", "quantity": "1", "price": "5"}]}
    assert [line["item"] for line in values_of_form([table], typed, "uk")["goods"]] == ["Насос"]


def test_a_required_table_needs_a_line() -> None:
    required = GOODS.model_copy(update={"required": True})
    state = read_form([required], {"goods": [{"item": "  "}]}, "uk")
    assert state.errors["goods"].code == "field_required"


def test_a_field_that_does_not_apply_is_neither_required_nor_kept() -> None:
    fields = [
        field("reason", required=True, visible_if="= discount > 5"),
        field("discount", FieldType.PERCENT),
        field("approver", FieldType.EMAIL, visible_if='= reason = "VIP"'),
    ]
    low = read_form(fields, {"discount": "5", "reason": "VIP", "approver": "багато"}, "uk")
    assert (low.values, low.hidden, low.errors) == ({"discount": Decimal(5)}, {"reason", "approver"}, {})
    high = read_form(fields, {"discount": "6"}, "uk")
    assert high.errors.keys() == {"reason"}
    assert high.hidden == {"approver"}
    vip = read_form(fields, {"discount": "6", "reason": "VIP", "approver": "багато"}, "uk")
    assert vip.errors.keys() == {"approver"}


def test_a_condition_that_says_no_yes_hides_its_field() -> None:
    fields = [
        field("discount", FieldType.PERCENT),
        field("note", visible_if="= discount > 5"),
        field("x", visible_if="= 5"),
    ]
    assert read_form(fields, {}, "uk").hidden == {"note", "x"}


def test_formulas_read_the_deal_and_fields_that_stand_behind_them() -> None:
    fields = [
        field("rest", FieldType.CALCULATED, formula="= deal.amount - paid", shown_as=FieldType.MONEY),
        field("until", FieldType.CALCULATED, formula="= today", shown_as=FieldType.DATE),
        field("word", FieldType.CALCULATED, formula='= if paid > 0 then "аванс" else "без авансу"'),
        field("paid", FieldType.MONEY),
    ]
    facts = known({"deal": {"amount": Decimal(1000)}, "today": date(2026, 3, 2)})
    values = values_of_form(fields, {"paid": "250,50", "rest": "0"}, "uk", known=facts)
    assert values["rest"] == Decimal("749.50")
    assert values["until"] == date(2026, 3, 2)
    assert values["word"] == "аванс"
    assert values_of_form(fields, {}, "uk", known=facts)["rest"] == Decimal("1000.00")


def test_a_formula_without_an_answer_leaves_nothing() -> None:
    part = field("part", FieldType.CALCULATED, formula="= deal.amount / paid")
    fields = [part, field("paid", FieldType.NUMBER)]
    assert values_of_form(fields, {"paid": "0"}, "uk", known=known({"deal": {"amount": Decimal(5)}}))["part"] is None


def test_limits_hold_for_what_is_calculated() -> None:
    fields = [GOODS, TOTAL.model_copy(update={"maximum": "100"})]
    typed = {"goods": [{"item": "Насос", "quantity": "11", "price": "10"}]}
    assert read_form(fields, typed, "uk").errors["deal.amount"].code == "field_too_large"


def test_default_may_be_an_expression_over_the_deal() -> None:
    due = field("due", FieldType.DATE, default="= today")
    share = field("share", FieldType.MONEY, default="= deal.amount / 3")
    facts = known({"today": date(2026, 3, 2), "deal": {"amount": Decimal(100)}})
    assert default_of(due, facts) == "2026-03-02"
    assert values_of_form([due, share], {}, "uk", known=facts) == {"due": date(2026, 3, 2), "share": Decimal("33.33")}
    assert values_of_form([share], {"share": ""}, "uk", known=facts) == {"share": None}


def test_fields_that_read_each_other_in_a_circle_are_found_and_still_settle() -> None:
    one = field("one", FieldType.CALCULATED, formula="= two + 1")
    two = field("two", FieldType.CALCULATED, formula="= one + 1")
    assert in_order([one, two])[1] == ("one", "two")
    assert read_form([one, two], {}, "uk").errors == {}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["item", "quantity", "price", "goods", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["goods", "who", "many", "when", "deal.amount"]), _JSON, max_size=5))
def test_anything_sent_is_read_or_refused_field_by_field(sent: dict[str, Any]) -> None:
    fields = [
        GOODS,
        TOTAL,
        field("who", FieldType.PERSON),
        field("many", FieldType.MANY, choices=(FieldChoice(value="a", label="А"),)),
        field("when", FieldType.MOMENT, visible_if="= count(goods) > 0"),
    ]
    state = read_form(fields, sent, "en")
    assert all(isinstance(error, DomainError) and str(error) for error in state.errors.values())
    assert all(name.partition(".")[0] in ("goods", "who", "many", "when", "deal") for name in state.errors)


@given(st.lists(st.tuples(st.decimals(0, 10**6, places=3), st.decimals(0, 10**6, places=2)), min_size=1, max_size=6))
def test_a_table_survives_both_spellings_and_storage(rows: list[tuple[Decimal, Decimal]]) -> None:
    plain = [{"item": "x", "quantity": str(quantity), "price": str(price)} for quantity, price in rows]
    ukrainian = [{name: text.replace(".", ",") for name, text in line.items()} for line in plain]
    values = values_of_form([GOODS], {"goods": plain}, "en")["goods"]
    assert values_of_form([GOODS], {"goods": ukrainian}, "uk")["goods"] == values
    assert from_json(GOODS, to_json(values)) == values
    assert values_of_form([GOODS], {"goods": to_json(values)}, "uk")["goods"] == values
