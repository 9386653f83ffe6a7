from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.events import ApprovalAskedAgain, Commented, DealOpened, Event, StepCompleted
from engine.policy.approval_sheet import ApprovalSheet, sheet_of
from engine.policy.approval_sheet_check import sheet_faults
from engine.policy.approval_sheet_file import sheet_json
from engine.policy.history_chain import ChainEntry, ChainFault, ChainFaultReason, content_hash, entry_hash

AT = datetime(2026, 3, 16, 10, tzinfo=UTC)


def decided(outcome: str, *, comment: str = "", on_behalf_of: str = "") -> StepCompleted:
    content = {"amount": "1000.00", "discount": "7"}
    return StepCompleted(
        name="Погодити договір",
        element_id="approve",
        stage="Погодження",
        step_kind="approval",
        outcome=outcome,
        outcome_label="",
        comment=comment,
        values={},
        on_behalf_of=on_behalf_of,
        department="Юридичний відділ",
        position="Юристка",
        due_at=None,
        content=content,
        content_hash=content_hash(content),
        map_version=1,
    )


def opened() -> DealOpened:
    return DealOpened(
        number="2026-00001",
        title="Насоси",
        client="ТОВ «Промінь»",
        amount=Decimal("1000.00"),
        currency="UAH",
        owner="Олена Коваль",
        map_key="sale",
        map_version=1,
        map_hash="0" * 64,
    )


def sheet(*events: Event) -> ApprovalSheet:
    entries: list[ChainEntry] = []
    for number, event in enumerate(events, start=1):
        made = ChainEntry(
            deal=7,
            number=number,
            kind=event.kind,
            actor_id=3,
            actor_name="Ірина Бондар",
            work_item_id=9,
            at=AT + timedelta(minutes=number),
            data=event.data,
            previous_hash=entries[-1].recorded_hash if entries else "",
        )
        entries.append(replace(made, recorded_hash=entry_hash(made)))
    return sheet_of(7, entries)


def whole_sheet() -> ApprovalSheet:
    return sheet(
        opened(),
        decided("returned", comment="Знижка завелика"),
        Commented(text="Виправлено"),
        decided("approved", on_behalf_of="Оксана Ткач"),
        decided("completed"),
    )


def as_file(of: ApprovalSheet) -> dict[str, Any]:
    """What a reader gets who has only the file."""
    read: dict[str, Any] = json.loads(json.dumps(sheet_json(of), ensure_ascii=False))
    return read


def test_the_sheet_lists_decisions_and_nothing_else() -> None:
    made = whole_sheet()
    assert [(one.number, one.outcome, one.on_behalf_of) for one in made.decisions] == [
        (2, "returned", ""),
        (4, "approved", "Оксана Ткач"),
    ]
    first = made.decisions[0]
    assert (first.approver, first.position, first.department) == ("Ірина Бондар", "Юристка", "Юридичний відділ")
    assert first.content["amount"] == "1000.00"
    assert (made.title, made.client, made.head_number) == ("Насоси", "ТОВ «Промінь»", 5)


def test_an_untouched_sheet_has_no_faults() -> None:
    assert sheet_faults(as_file(whole_sheet())) == ()
    assert sheet_faults(as_file(sheet(opened()))) == ()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for at, inner in enumerate(value) for leaf in leaves(inner, (*path, at))]
    return [path]


def altered(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case _:
            return "x"


def test_every_altered_value_is_found_and_its_entry_named() -> None:
    original = as_file(whole_sheet())
    for path in leaves(original):
        changed = as_file(whole_sheet())
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = altered(holder[path[-1]])
        found = sheet_faults(changed)
        assert found, path
        if path[0] == "entries" and path[2] != "number":
            assert path[1] + 1 in {fault.number for fault in found}, path
        if path[0] == "decisions" and path[2] != "number":
            assert ChainFault(original["decisions"][path[1]]["number"], ChainFaultReason.MISREPORTED) in found, path


def test_every_flipped_byte_is_found() -> None:
    """A file that is no JSON any more is refused before; all others must show a fault."""
    text = json.dumps(as_file(sheet(opened(), decided("approved"))), ensure_ascii=False).encode()
    for position in range(len(text)):
        broken = bytearray(text)
        broken[position] ^= 1
        try:
            read = json.loads(broken)
        except ValueError:
            continue
        assert sheet_faults(read), (position, bytes(broken[max(0, position - 20) : position + 20]))


def test_a_removed_doubled_or_added_decision_is_named() -> None:
    removed, doubled = as_file(whole_sheet()), as_file(whole_sheet())
    del removed["decisions"][1]
    doubled["decisions"].append(doubled["decisions"][1])
    for changed in (removed, doubled):
        assert ChainFault(4, ChainFaultReason.MISREPORTED) in sheet_faults(changed)


def test_an_extra_word_hidden_in_an_entry_is_named() -> None:
    changed = as_file(whole_sheet())
    changed["entries"][2]["note"] = "approved"
    assert ChainFault(3, ChainFaultReason.UNREADABLE) in sheet_faults(changed)


def test_content_that_does_not_give_its_hash_is_named() -> None:
    forged = sheet(opened(), replace(decided("approved"), content={"amount": "1.00"}))
    assert ChainFault(2, ChainFaultReason.ALTERED) in sheet_faults(as_file(forged))


@pytest.mark.parametrize("given", [{}, {"entries": 1, "decisions": [], "head": {}}, {"entries": [1.5]}])
def test_what_is_no_sheet_is_told_so(given: dict[str, Any]) -> None:
    assert sheet_faults(given) == (ChainFault(0, ChainFaultReason.UNREADABLE),)


def test_decision_whose_content_changed_no_longer_counts_and_the_next_one_does() -> None:
    before = sheet(opened(), decided("approved"))
    again = ApprovalAskedAgain(
        name="Погодити договір", element_id="approve", by=before.decisions[0].approver, changes={"discount": ["7", "5"]}
    )
    assert sheet(opened(), decided("approved"), again, decided("approved")).no_longer_counting == {2}
    assert before.no_longer_counting == set()
