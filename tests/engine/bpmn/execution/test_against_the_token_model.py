"""Random maps and random schedules, saved and loaded at every step, against an interpreter that shares nothing."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from support.canonical_maps import MONDAY
from support.instance_run import InstanceRun
from support.random_maps import RandomDrawing, RandomMap
from support.token_model import TokenGame

from engine.bpmn import spec as spec_module
from engine.bpmn.runtime import OpenedStep
from engine.errors import MapFailed

STEPS = 40
QUICK_RUNS = 150
FULL_RUNS = 2_000


def observed(run: InstanceRun) -> dict[str, Any]:
    return {
        "steps": Counter((opened.element_id, opened.index) for opened in run.steps.values()),
        "timers": Counter((opened.node_id, opened.due_at) for opened in run.timers.values()),
        "messages": Counter(opened.node_id for opened in run.messages.values()),
        "finished": run.last.finished,
        "variables": dict(run.last.variables),
    }


def expected(game: TokenGame) -> dict[str, Any]:
    return {
        "steps": Counter((wait.node.node_id, wait.index) for _, wait in game.waits("step")),
        "timers": Counter((wait.node.node_id, wait.due) for _, wait in game.waits("timer")),
        "messages": Counter(wait.node.node_id for _, wait in game.waits("message")),
        "finished": game.finished,
        "variables": game.store,
    }


def nth_of(ids: list[tuple[int, str]], chosen: tuple[int, str]) -> int:
    """Of several that wait at one element, which one: counted in the order in which they were opened."""
    return sorted(number for number, name in ids if name == chosen[1]).index(chosen[0])


def play(drawn: RandomMap, chance: random.Random) -> int:
    """Walk one random schedule; returns the number of steps taken."""
    run = InstanceRun(drawn.process)
    game = TokenGame(drawn.graph, drawn.kept, MONDAY)
    for taken in range(STEPS):
        assert observed(run) == expected(game)
        if run.last.finished:
            return taken
        if chance.random() < 0.02:
            spec_module._cache.clear()
        try:
            advance(drawn, run, game, chance)
        except MapFailed as failed:
            if failed.params["problem_code"] != "STALLED" or not game.stalled:
                raise
            return taken
        assert not game.stalled
    return STEPS


def advance(drawn: RandomMap, run: InstanceRun, game: TokenGame, chance: random.Random) -> None:
    """One random thing that can happen now, in the model first."""
    steps = sorted((int(opened.activity_id), opened.element_id) for opened in run.steps.values())
    timers = sorted((int(opened.activity_id), opened.node_id) for opened in run.timers.values())
    messages = sorted((int(opened.activity_id), opened.node_id) for opened in run.messages.values())
    if steps and (chance.random() < 0.75 or not (timers or messages)):
        chosen = chance.choice(steps)
        opened: OpenedStep = run.steps[str(chosen[0])]
        values = {name: chance.random() < yes for name, yes in drawn.answers.get(opened.element_id, ())}
        outcome = "completed"
        if opened.element_id in drawn.decisions or opened.index is not None:
            outcome = chance.choices(("approved", "returned", "rejected"), (6, 3, 1))[0]
        game.complete(opened.element_id, nth_of(steps, chosen), outcome, values)
        run.complete_opened(opened, outcome, values)
    elif timers and (not messages or chance.random() < 0.6):
        chosen = chance.choice(timers)
        timer = run.timers[str(chosen[0]), chosen[1]]
        run.now = max(run.now, timer.due_at)
        if chance.random() < 0.3:
            run.wait(days=chance.randint(1, 40))
        game.happen(chosen[1], nth_of(timers, chosen), "timer", run.now)
        run.fire_timer(timer)
    else:
        chosen = chance.choice(messages)
        game.happen(chosen[1], nth_of(messages, chosen), "message", run.now)
        run.deliver_to(run.messages[str(chosen[0]), chosen[1]])


def test_random_maps_and_schedules_agree_with_the_token_model(request: pytest.FixtureRequest) -> None:
    runs = FULL_RUNS if request.config.getoption("--full", default=False) else QUICK_RUNS
    taken = 0
    for seed in range(runs):
        drawn = RandomDrawing(random.Random(seed)).make(depth=3)  # noqa: S311  # reproducible, not secret
        try:
            taken += play(drawn, random.Random(seed))  # noqa: S311  # as above
        except Exception as error:
            error.add_note(f"seed {seed}\n{drawn.process.executable}")
            raise
    assert taken > 8 * runs, "the maps must be walked, not only started"
