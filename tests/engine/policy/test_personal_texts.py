from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.policy.history_chain import ChainEntry, ChainFault, ChainFaultReason, entry_hash, faults, sealed_hash
from engine.policy.personal_texts import (
    ERASED,
    committed,
    erased,
    erased_commitments,
    erased_places,
    salts_of,
    sealed,
    text_at,
    with_texts,
)
from engine.policy.personal_traces import orders_of, traces

DATA: dict[str, Any] = {
    "name": "Погодити",
    "comment": "Дзвонила Марія Іваненко",
    "values": {"phone": "+380671234567", "discount": "12", "a/b": ["так", {"x~y": "ні, дякую"}], "note": ""},
    "content": {
        "amount": "1000.00",
        "title": "Насоси",
        "files": [{"name": "паспорт.pdf", "sha256": "0" * 64, "size": 3}],
    },
    "content_hash": "f" * 64,
}
PLACES = [
    "/comment",
    "/content/files/0/name",
    "/content/title",
    "/content_hash",
    "/values/a~1b/0",
    "/values/a~1b/1/x~0y",
    "/values/phone",
]


def entry(data: dict[str, Any], salts: dict[str, str], **values: Any) -> ChainEntry:
    wanted: dict[str, Any] = {"number": 1, "kind": "step_completed", "previous_hash": ""} | values
    at = datetime(2026, 3, 16, 10, tzinfo=UTC)
    return ChainEntry(deal=7, actor_id=1, actor_name="Ірина", work_item_id=9, at=at, data=data, salts=salts, **wanted)


def recorded(data: dict[str, Any] = DATA, **values: Any) -> tuple[ChainEntry, str]:
    """An entry as ``record`` makes it, and what it stores as its salt."""
    hashed, count, salt = sealed("step_completed", data)
    made = entry(data, salts_of("step_completed", data, salt), **values)
    return replace(made, recorded_hash=sealed_hash(made, hashed, count)), salt


def test_texts_about_people_are_salted_and_nothing_else() -> None:
    hashed, count, salt = sealed("step_completed", DATA)
    assert list(salts_of("step_completed", DATA, salt)) == PLACES
    assert count == len(PLACES)
    assert [hashed["name"], hashed["values"]["discount"], hashed["content"]["amount"]] == ["Погодити", "12", "1000.00"]
    assert hashed["content"]["files"][0]["sha256"] == "0" * 64
    assert not [place for place in PLACES if text_at(DATA, place) in str(hashed)]
    assert sealed("stage_changed", {"stage": "Договір"}) == ({"stage": "Договір"}, 0, "")
    assert sealed("commented", {"text": ""})[1:] == (0, "")


def test_the_same_text_never_gives_the_same_commitment() -> None:
    data = {"text": "так", "answer": "так"}
    hashes = {name for _ in range(3) for name in sealed("commented", data)[0].values()}
    assert len(hashes) == 6


def test_the_hash_recomputed_from_texts_and_salts_is_the_one_recorded() -> None:
    """Also with more texts than salts are made at once."""
    many = {"values": {f"field{number}": f"текст {number}" for number in range(300)}}
    for data in (DATA, many):
        made, salt = recorded(data)
        assert entry_hash(made) == entry_hash(replace(made, salts={}, fresh_salt=salt)) == made.recorded_hash


@pytest.mark.parametrize("place", PLACES)
def test_erasing_any_text_keeps_the_hash(place: str) -> None:
    made, salt = recorded()
    data, salt = erased("step_completed", DATA, salt, {place})
    assert text_at(data, place) == ERASED
    salts = salts_of("step_completed", data, salt)
    assert entry_hash(replace(made, data=data, salts=salts)) == made.recorded_hash
    again, salt = erased("step_completed", data, salt, PLACES)
    salts = salts_of("step_completed", again, salt)
    assert erased_places(salts) == tuple(PLACES)
    assert entry_hash(replace(made, data=again, salts=salts)) == made.recorded_hash
    assert not any(text_at(DATA, one) in f"{again} {salt}" for one in PLACES)


def test_no_other_texts_or_salts_give_the_hash() -> None:
    made, salt = recorded()
    salts = dict(made.salts)
    fresh = replace(made, salts={}, fresh_salt=salt)
    other = [replace(made, data=with_texts(DATA, {place: text_at(DATA, place) + "x"})) for place in PLACES]
    other += [replace(made, salts=salts | {place: "0" * 32}) for place in PLACES]
    other += [
        replace(made, salts={name: one for name, one in salts.items() if name != PLACES[0]}),
        replace(made, salts={}),
        # a commitment that passes for a text
        replace(made, data=dict(sealed("step_completed", DATA)[0]), salts={}),
        replace(made, data=committed(DATA, salts), salts={}),
    ]
    other += [replace(fresh, data=with_texts(DATA, {place: text_at(DATA, place) + "x"})) for place in PLACES]
    other += [
        replace(fresh, data={name: one for name, one in DATA.items() if name != "comment"}),
        replace(fresh, data=dict(sealed("step_completed", DATA)[0])),
        replace(fresh, data={}),
        replace(fresh, fresh_salt=sealed("step_completed", DATA)[2]),
    ]
    for one in other:
        assert ChainFault(1, ChainFaultReason.ALTERED) in faults([one])


@pytest.mark.parametrize(
    "place", ["", "comment", "/none", "/values/a~1b/00", "/values/a~1b/-1", "/values/a~1b/9", "/values"]
)
@pytest.mark.parametrize("item", ["0" * 32, "A" * 32, "=" + "0" * 64, "", " "])
def test_salts_that_are_not_those_of_the_data_are_an_altered_entry(place: str, item: str) -> None:
    made, _salt = recorded()
    salts = {name: one for name, one in made.salts.items() if name != "/comment"} | {place: item}
    assert ChainFault(1, ChainFaultReason.ALTERED) in faults([replace(made, salts=salts)])


@pytest.mark.parametrize("salt", ["x", "1 ", "1zz", "2" + "0" * 32, "1" + "0" * 32])
def test_a_damaged_salt_is_an_altered_entry(salt: str) -> None:
    made, _salt = recorded()
    assert faults([replace(made, salts=salts_of("step_completed", DATA, salt))]) == (
        ChainFault(1, ChainFaultReason.ALTERED),
    )


def test_a_text_that_is_missing_must_be_told_to_have_been_erased() -> None:
    made, salt = recorded()
    data, salt = erased("step_completed", DATA, salt, {"/comment"})
    without = replace(made, data=data, salts=salts_of("step_completed", data, salt))
    assert faults([without]) == (ChainFault(1, ChainFaultReason.WITHHELD),)
    telling = {"of": "entry", "basis": "лист", "entries": [1], "texts": list(erased_commitments(without.salts))}
    told = entry(telling, {}, number=2, kind="texts_erased", previous_hash=made.recorded_hash)
    assert faults([without, replace(told, recorded_hash=entry_hash(told))]) == ()


def test_a_person_is_found_in_any_spelling_of_name_and_phone() -> None:
    named = traces(["Марія  Іваненко", "m@client.example", "Ма"], ["+380671234567", "12"])
    for text in ("дзвонила МАРІЯ іваненко,", "пишіть на M@client.example", "тел. (067) 123-45-67", "8 067 1234567"):
        assert named.are_in(text), text
    named = traces(orders_of("Мар'яна Дем’яненко"), [])
    assert named.are_in("Дзвонила Демʼяненко Мар`яна")
    named = traces(["Марія  Іваненко", "m@client.example", "Ма"], ["+380671234567", "12"])
    for text in ("Марія Петренко", "Макарони", "067 123 45 68", "12 штук", ERASED):
        assert not named.are_in(text), text
    born = traces(["1985-03-12"], ())
    assert born.without({"born": "1985-03-12", "note": "нар. 1985-03-12"}) == {"born": None, "note": ERASED}
    given = {"who": ["Марія Іваненко", 5], "amount": "1.00"}
    assert named.without(given) == {"who": [ERASED, 5], "amount": "1.00"}
    assert named.without({"amount": "1.00"}) == {"amount": "1.00"}
