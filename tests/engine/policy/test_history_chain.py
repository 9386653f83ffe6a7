from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy.history_chain import (
    ChainEntry,
    ChainFault,
    ChainFaultReason,
    canonical_json,
    entry_hash,
    faults,
    moment_text,
)

AT = datetime(2026, 3, 16, 10, tzinfo=UTC)


def entry(number: int, previous: str, **values: Any) -> ChainEntry:
    wanted: dict[str, Any] = {
        "deal": 7,
        "number": number,
        "kind": "commented",
        "actor_id": 1,
        "actor_name": "Олена",
        "work_item_id": None,
        "at": AT + timedelta(minutes=number),
        "data": {"text": f"№ {number}"},
        "previous_hash": previous,
    } | values
    made = ChainEntry(**wanted)
    return replace(made, recorded_hash=entry_hash(made))


def chain(length: int) -> list[ChainEntry]:
    entries: list[ChainEntry] = []
    for number in range(1, length + 1):
        entries.append(entry(number, entries[-1].recorded_hash if entries else ""))
    return entries


def test_a_whole_chain_has_no_faults() -> None:
    entries = chain(4)
    assert faults(entries, head_length=4, head_hash=entries[-1].recorded_hash) == ()
    assert faults([], head_length=0, head_hash="") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"deal": 8},
        {"kind": "deal_won"},
        {"actor_id": 2},
        {"actor_name": "Тарас"},
        {"work_item_id": 5},
        {"at": AT},
        {"data": {"text": "№ 2 "}},
        {"data": {"text": 0.5}},
        {"data": {"text": "\ud800"}},
    ],
)
def test_an_altered_entry_is_named(change: dict[str, Any]) -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], **change)
    assert faults(entries) == (ChainFault(2, ChainFaultReason.ALTERED),)


def test_an_altered_entry_with_a_new_hash_breaks_the_link_of_the_next() -> None:
    entries = chain(3)
    entries[1] = entry(2, entries[0].recorded_hash, actor_name="Тарас")
    assert faults(entries) == (ChainFault(3, ChainFaultReason.UNLINKED),)


def test_a_removed_entry_leaves_a_gap() -> None:
    entries = chain(3)
    del entries[1]
    assert faults(entries) == (
        ChainFault(3, ChainFaultReason.MISNUMBERED),
        ChainFault(3, ChainFaultReason.UNLINKED),
    )


def test_a_cut_tail_shows_against_the_known_head() -> None:
    entries = chain(3)
    cut = faults(entries[:2], head_length=3, head_hash=entries[2].recorded_hash)
    assert cut == (ChainFault(2, ChainFaultReason.HEAD_DIFFERS),)


def test_the_hash_depends_on_the_instant_and_not_on_its_zone() -> None:
    kyiv = timezone(timedelta(hours=2))
    one = entry(1, "")
    assert entry_hash(replace(one, at=one.at.astimezone(kyiv))) == one.recorded_hash


def test_the_hour_that_comes_twice_in_autumn_is_two_hours() -> None:
    first = datetime(2026, 10, 25, 3, 30, tzinfo=ZoneInfo("Europe/Kyiv"))
    assert [moment_text(one) for one in (first, first.replace(fold=1))] == [
        "2026-10-25T00:30:00.000000Z",
        "2026-10-25T01:30:00.000000Z",
    ]


def test_the_hash_is_the_documented_one() -> None:
    """The format is a promise to those who verify without our code: it never changes."""
    spelled = (
        '{"actor_id":1,"actor_name":"Олена","at":"2026-03-16T10:01:00.000000Z","data":{"text":"№ 1"},"deal":7,'
        '"kind":"commented","number":1,"previous_hash":"","work_item_id":null}'
    )
    assert entry(1, "").recorded_hash == hashlib.sha256(spelled.encode()).hexdigest()


def test_canonical_json_has_one_spelling_and_refuses_what_has_several() -> None:
    assert canonical_json({"б": [1, True, None], "а": "й"}) == '{"а":"й","б":[1,true,null]}'.encode()
    for inexact in ({"x": 1.5}, {"x": [1.0]}, {1: "x"}):
        with pytest.raises(TypeError):
            canonical_json(inexact)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=16,
)


@given(_JSON)
@settings(max_examples=150)
def test_the_one_spelling_is_that_of_the_standard_library(value: Any) -> None:
    spelled = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert canonical_json(value) == spelled.encode()


def test_canonical_json_refuses_what_is_no_json() -> None:
    for foreign in (AT, AT.date(), entry(1, "")):
        with pytest.raises(TypeError):
            canonical_json({"x": foreign})
    with pytest.raises(UnicodeEncodeError):
        canonical_json({"x": "\ud800"})
