"""Fields as columns: what is kept of a choice, and what a stored reference is."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bpmn.compiled import FieldDefinition
from engine.queries.client_list_columns import ClientColumn, ClientColumns
from engine.queries.deal_columns import DealColumn, DealColumns
from engine.queries.own_columns import OwnColumn, reference


def column(word: str, *, is_listed: bool = False) -> OwnColumn:
    return OwnColumn(word, FieldDefinition(name=word, label=word), word, is_listed=is_listed)


VAT, LIMIT, TERMS = column("client.fields.vat", is_listed=True), column("client.fields.limit"), column("fields.terms")


def test_a_chosen_field_keeps_its_place_and_what_may_not_be_chosen_is_no_column() -> None:
    words = ["fields.gone", "fields.terms", "owner"]
    columns = DealColumns.of(words, words, [LIMIT, TERMS])
    assert columns.shown == (TERMS, DealColumn.OWNER)
    assert columns.order[:2] == columns.shown
    assert set(columns.order) == {*DealColumn, TERMS}, "what is not chosen has no place"
    assert (columns.own_shown, columns.own_beside) == ((TERMS,), (LIMIT,))
    assert columns.as_kept()["chosen"] == ["fields.terms", "owner"]
    assert DealColumns.of(columns.as_kept()["order"], columns.as_kept()["chosen"], [LIMIT, TERMS]) == columns


def test_fields_that_are_ticked_come_last_in_the_order_in_which_they_are_offered() -> None:
    columns = DealColumns.of([], ["fields.terms", "client.fields.limit", "amount"], [LIMIT, TERMS])
    assert columns.shown == (DealColumn.AMOUNT, LIMIT, TERMS)
    assert columns.moved("fields.terms", -1).shown == (DealColumn.AMOUNT, TERMS, LIMIT)
    assert columns.moved("fields.terms", 1) == columns


def test_who_has_chosen_nothing_sees_what_the_company_lists_behind_the_contact() -> None:
    usual = ClientColumns.usual([LIMIT, VAT])
    assert usual.shown[:3] == (ClientColumn.CONTACT, VAT, ClientColumn.NEXT_STEP)
    assert ClientColumn.SOURCE not in usual.shown
    assert usual.own_beside == (LIMIT,)


def test_a_field_is_known_by_the_name_under_which_its_values_are_stored() -> None:
    assert [(one.name, one.is_of_client) for one in (VAT, TERMS)] == [("vat", True), ("terms", False)]
    assert column("fields.client.fields").name == "client.fields"


@pytest.mark.parametrize(
    ("stored", "number"),
    [(7, 7), ("7", 7), (0, 0), (2**63 - 1, 2**63 - 1), (2**63, None), (-1, None), (True, None), ("٧", None)],
)
def test_a_stored_reference_is_an_id_that_a_record_can_have(stored: Any, number: int | None) -> None:
    assert reference(stored) == number


@pytest.mark.parametrize("stored", [None, "", "Олена", 1.5, [1], {"id": 1}, "9" * 5_000])
def test_what_is_no_id_refers_to_nobody(stored: Any) -> None:
    assert reference(stored) is None
