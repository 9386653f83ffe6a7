"""Diagrams of other tools, with every question answered: nothing is missing any more, and nothing is asked again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest
from foreign_maps.verdicts import FOLDER, NO_FINGER_FOLLOWS, foreign_maps, verdict_on
from foreign_maps.walker import walk

from engine.bpmn.answers import edits_for, understood
from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.questions import Question
from engine.bpmn.writing import apply_to_files

MISSING = {"STAGE_MISSING", "DEADLINE_MISSING", "RESPONSIBLE_MISSING"}
MOST_ROUNDS = 4  # another pool or another start is a map with questions of its own

Choose = Callable[[Question], str]


def proposed(question: Question) -> str:
    return question.preselected


def any_of(seed: int) -> Choose:
    chance = random.Random(seed)  # noqa: S311  # a repeatable choice, no secret
    return lambda question: chance.choice(question.proposals).value


def answered(name: str, choose: Choose) -> tuple[CompileOutcome, int]:
    """The map when nothing is open any more, and in how many rounds that was."""
    files = {name: (FOLDER / name).read_bytes()}
    outcome = compile_bpmn(files)
    for rounds in range(MOST_ROUNDS):
        if not outcome.questions:
            return outcome, rounds
        files = apply_to_files(files, together(outcome.questions, choose))
        outcome = compile_bpmn(files)
    assert not outcome.questions, [question.id for question in outcome.questions]
    return outcome, MOST_ROUNDS


def together(questions: Iterable[Question], choose: Choose) -> dict[str, dict[str, str | None]]:
    edits: dict[str, dict[str, str | None]] = {}
    for question in questions:
        for element_id, values in edits_for(question, understood(question, choose(question))).items():
            edits.setdefault(element_id, {}).update(values)
    return edits


ACCEPTED = [name for name in foreign_maps() if name not in NO_FINGER_FOLLOWS]


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.timeout(30)
def test_with_what_is_proposed_nothing_is_missing_and_every_step_is_walked(name: str) -> None:
    outcome, rounds = answered(name, proposed)
    assert rounds <= 1
    assert outcome.process is not None
    assert not MISSING & {one.code for one in outcome.findings}
    as_drawn = verdict_on(name).outcome.process
    assert as_drawn is not None
    assert {*outcome.process.steps} == {*as_drawn.steps}
    walked = walk(outcome.process)
    assert walked.ends


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Of the proposals any are taken at every third map once, in the long form at each of them twenty times."""
    if "map_answered_by_chance" in metafunc.fixturenames:
        names = ACCEPTED if metafunc.config.getoption("--full") else ACCEPTED[::3]
        metafunc.parametrize("map_answered_by_chance", names)


@pytest.mark.timeout(120)
def test_with_any_of_the_proposals_nothing_is_missing(map_answered_by_chance: str, full: bool) -> None:
    for seed in range(20 if full else 1):
        outcome, _ = answered(map_answered_by_chance, any_of(seed))
        assert not MISSING & {one.code for one in outcome.findings}
