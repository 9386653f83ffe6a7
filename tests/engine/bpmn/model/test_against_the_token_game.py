"""Random maps and schedules against an interpreter of the standard that shares nothing with the engine.

Every step loads the state from bytes; some are computed once more, or in a process that has just begun.
"""

from __future__ import annotations

from collections import Counter

import pytest
from faults.scorecard import Scorecard
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from support.token_game import acts, maps
from support.token_game.acts import Complete
from support.token_game.chance import Dice
from support.token_game.machine import CanonicalMaps, DrawnMaps, Machine
from support.token_game.maps import Says
from support.token_game.match import Match, Refused, TakesBack, replay, script
from support.token_game.random_maps import RandomDrawing
from support.token_game.schedules import outcome, random_act

STEPS = 40
QUICK_EXAMPLES = 28
QUICK_RUNS = 40
FULL_EXAMPLES = 1_000
FULL_RUNS = 2_000
TURNS = 200
KINDS = ("sequence", "approvals", "sequence", "parallel", "voted", "scope", "handled", "looped_host", "multi_instance")
FEWEST_ACTS = 12  # on average, of hypothesis' examples: it likes them small


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("machine", [CanonicalMaps, DrawnMaps])
def test_no_schedule_that_hypothesis_finds_differs_from_the_standard(
    machine: type[Machine], scorecard: Scorecard, *, full: bool
) -> None:
    """The quick form plays the same maps every time; the full one (make ordeal) plays new ones."""
    examples = FULL_EXAMPLES if full else QUICK_EXAMPLES
    machine.counted.clear()
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            derandomize=not full,
            database=None,
            deadline=None,
            print_blob=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.counted["runs"] >= examples
    assert machine.counted["acts"] >= FEWEST_ACTS * examples, "the maps must be walked, not only started"
    where = "imported maps, found by hypothesis" if machine.drawn else "canonical maps, found by hypothesis"
    scorecard.passed(7, where, told(machine.counted))


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("drawn", [False, True], ids=["canonical", "drawn"])
def test_no_schedule_by_chance_differs_from_the_standard(scorecard: Scorecard, *, drawn: bool, full: bool) -> None:
    """Larger maps and longer schedules than hypothesis likes, by seed."""
    counted: Counter[str] = Counter()
    runs = FULL_RUNS if full else QUICK_RUNS
    seed = 0
    while counted["runs"] < runs:
        play(seed, counted, drawn=drawn)
        seed += 1
    assert counted["refused"] < runs / 20
    assert counted["orders left open"] <= runs / 100
    assert counted["acts"] > 0.9 * STEPS * runs, "the maps must be walked, not only started"
    scorecard.passed(7, "imported maps, by seed" if drawn else "canonical maps, by seed", told(counted))


@pytest.mark.parametrize("drawn", [False, True])
def test_what_a_failure_prints_plays_again(*, drawn: bool) -> None:
    chance = Dice(4)
    match = Match(RandomDrawing(chance, drawn=drawn).make(), drawn=drawn)
    for _ in range(15):
        match.perform(random_act(match, chance))
    names = {**vars(maps), **vars(acts), "replay": replay}
    again = eval(script(match), names)  # noqa: S307  # written by the test itself
    assert again.acts == match.acts
    assert again.run.state == match.run.state


def play(seed: int, counted: Counter[str], *, drawn: bool) -> None:
    chance = Dice(seed)
    graph = RandomDrawing(chance, drawn=drawn).make()
    try:
        match = Match(graph, drawn=drawn)
    except TakesBack:
        return
    except Refused as refused:
        assert "DEADLOCK" in str(refused)  # noqa: PT017  # two tokens on one branch of a join never meet again
        counted["refused"] += 1
        return
    counted["runs"] += 1
    try:
        for _ in range(STEPS):
            if match.began:
                act = random_act(match, chance)
                counted[type(act).__name__] += 1
                match.perform(act, crash=not chance.between(0, 3))
                counted["acts"] += 1
    except Exception as error:
        error.add_note(f"seed {seed}\n{script(match)}")
        raise
    counted["failures agreed on"] += match.failures
    counted["orders left open"] += match.left_open


def test_the_state_is_what_is_alive_whatever_the_number_of_turns() -> None:
    """Two hundred turns of rework around approvals, loops and scopes: turn by turn as large as in the beginning."""
    match = Match(Rework(Dice(0), drawn=False).make(), drawn=False)
    again = next(flow.question.variable for flow in match.graph.flows if isinstance(flow.question, Says))
    (ask,) = (node.node_id for node in match.graph.nodes.values() if again in node.answers)
    sizes: list[int] = []
    largest = 0
    while len(sizes) < TURNS:
        node, _ = match.open_steps()[0]
        values = {name: name == again or name.startswith("enough") for name in node.answers}
        match.perform(Complete(node.node_id, 0, outcome(match, node, 0), values))
        assert match.run.state is not None
        largest = max(largest, len(match.run.state))
        if node.node_id == ask:
            sizes.append(largest)
            largest = 0
    assert len(match.acts) > 5 * TURNS
    assert max(sizes[-20:]) <= max(sizes[:20]) + 60, "only the ids have more digits"


class Rework(RandomDrawing):
    """One of each of these, one after the other."""

    kinds = iter(
        ("sequence", "approvals", "sequence", "parallel", "voted", "scope", "handled", "looped_host", "multi_instance")
    )

    def block(self, depth: int) -> tuple[str, str]:
        drawn: tuple[str, str] = getattr(self, f"_{next(self.kinds, 'step')}")(depth - 1)
        return drawn


def told(counted: Counter[str]) -> str:
    return f"{counted['runs']:,} runs, {counted['acts']:,} steps, 0 differences"
