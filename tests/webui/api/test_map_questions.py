from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.drawn_maps import END, START, chain, drawn, step

from engine.bpmn.compile import compile_bpmn
from engine.commands import definitions

ApiOf = Callable[[str | None], ApiClient]

FOREIGN = drawn(START, step("check", "Перевірити", responsible="Юридичний відділ"), END, chain("start", "check", "end"))


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler without its child: what a child costs and stops is held elsewhere."""
    monkeypatch.setattr(definitions, "compile_in_child", compile_bpmn)


def test_a_program_reads_the_questions_and_answers_them(api: ApiOf) -> None:
    owner = api("owner")
    deployed = read(owner.upload("/definitions", ("foreign.bpmn", FOREIGN)), 201)
    address = f"/definitions/{deployed['id']}/questions"
    asked = read(owner.get(address))
    assert [one["id"] for one in asked["items"]] == ["stage:check", "deadline:check"]
    assert all(one["required"] and one["own"] and one["text"] for one in asked["items"])
    assert {one["reason"] for one in asked["items"][0]["proposals"]} == {"the name of the map"}
    given = {one["id"]: one["proposed"] for one in asked["items"]}
    body = {"revision": asked["revision"], "answers": given}
    told = read(owner.post(address, body, key="once"))
    assert (told["items"], told["revision"]) == ([], 2)
    assert {one["id"]: one["answer"] for one in told["answered"]} == given
    assert read(owner.post(address, body, key="once"))["revision"] == 2
    problem(owner.post(address, body), 409, "amended_meanwhile")
    assert read(owner.post(f"/definitions/{deployed['id']}/publish"))["status"] == "published"
    assert "Перевірити" in owner.get(f"/definitions/{deployed['id']}/xml").data.decode()


def test_what_is_no_answer_is_said_by_its_question(api: ApiOf) -> None:
    owner = api("owner")
    deployed = read(owner.upload("/definitions", ("foreign.bpmn", FOREIGN)), 201)
    body = {"revision": 1, "answers": {"deadline:check": "колись", "timer:check": "1 h"}}
    told = faults(owner.post(f"/definitions/{deployed['id']}/questions", body))
    assert told == {"deadline:check": "deadline_not_understood", "timer:check": "question_not_asked"}
    problem(owner.get("/definitions/999/questions"), 404, "not_found")
