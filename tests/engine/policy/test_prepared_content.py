"""Who prepared what an approval is bound to."""

from __future__ import annotations

import pytest
from support.sales_map import human

from engine.bpmn.compiled import ApprovalRule, ContentRule, StepKind
from engine.policy.prepared_content import Writing, preparers

A, B = frozenset({1}), frozenset({2})


def prepared_by(*writings: Writing, names: tuple[str, ...] = ("discount",), files: tuple[str, ...] = ()) -> set[int]:
    rule = ContentRule(names=names, files=files)
    step = human(
        "legal", "Погодити", "Юристи", "Етап", kind=StepKind.APPROVAL, approval=ApprovalRule(), approved_content=rule
    )
    return set(preparers(step, writings))


@pytest.mark.parametrize(
    ("writings", "expected"),
    [
        ([Writing(A, {"discount": 5})], {1}),
        ([Writing(A, {"deal.discount": 5})], {1}),
        ([Writing(A, {"colour": "red"})], set()),
        ([Writing(A, {"discount": 5}), Writing(B, {"discount": 7})], {2}),
        ([Writing(A, {"discount": 5}), Writing(B, {"discount": 5})], {1}),
        ([Writing(A, {"discount": 5}), Writing(B, {"discount": None})], {2}),
        ([Writing(A, {"discount": ""})], set()),
        ([Writing(A, {"discount": 5}), Writing(values={"discount": 7})], set()),
        ([Writing(A | B, {"discount": 5})], {1, 2}),
        ([Writing(A, {"discount": 5}, element_id="legal")], set()),
    ],
)
def test_who_made_a_bound_value_what_it_is_prepared_it(writings: list[Writing], expected: set[int]) -> None:
    assert prepared_by(*writings) == expected


def test_a_sum_is_the_same_however_it_is_spelt() -> None:
    spelt = [Writing(A, {"deal.amount": "100.00"}), Writing(B, {"deal.amount": "100"})]
    assert prepared_by(*spelt, names=("deal.amount",)) == {1}


@pytest.mark.parametrize(
    ("writing", "expected"),
    [
        (Writing(A, file="Договір.pdf"), {1}),
        (Writing(A, file="Фото.png"), set()),
        (Writing(A, file="Договір.pdf", element_id="legal"), set()),
        (Writing(A, file="Договір.pdf", replaces=True, element_id="legal"), {1}),
    ],
)
def test_who_brought_a_bound_file_prepared_it(writing: Writing, expected: set[int]) -> None:
    assert prepared_by(writing, files=("договір*",)) == expected
