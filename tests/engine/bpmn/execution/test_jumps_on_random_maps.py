"""Random maps, random schedules, random jumps: whatever is jumped, the deal can finish and no join fires early.

The oracle knows nothing of markings: it walks on to the end after each jump, and watches the approvals of each block.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from support.instance_run import InstanceRun
from support.token_game.canonical import as_canonical
from support.token_game.chance import Dice
from support.token_game.maps import Graph
from support.token_game.random_maps import RandomDrawing

from engine.bpmn.inspection import jump_targets, plan_move
from engine.bpmn.jumps import JumpRefused
from engine.bpmn.runtime import MoveToken, OpenedStep, StepResult
from engine.errors import MapFailed

STEPS = 25
QUICK_RUNS = 120
FULL_RUNS = 2_000
PATIENCE = 600  # steps that the walk to the end may take

# Sound by themselves. Two tokens on one way are the map's own fault, and can strand one another without any jump.
PLAIN = ("step", "step", "script", "timer", "message")
SOUND = (
    *PLAIN,
    *("sequence", "exclusive", "inclusive", "approvals", "parallel", "loop", "scope") * 2,
    *(
        "interrupted",
        "reminded",
        "ticking",
        "race",
        "multi_instance",
        "standard_loop",
        "terminated",
        "called",
        "linked",
    ),
)


class SoundDrawing(RandomDrawing):
    def block(self, depth: int) -> tuple[str, str]:
        draw: Callable[[int], tuple[str, str]] = getattr(self, f"_{self.one_of(SOUND if depth > 0 else PLAIN)}")
        return draw(depth - 1)


class Approvals:
    """Per block of parallel approvals: which of them have been given since its gateway split the last time."""

    def __init__(self, drawn: Graph) -> None:
        self.steps_of: dict[str, set[str]] = {}
        self.join_of: dict[str, str] = {}
        for graph in _graphs(drawn):
            for flow in graph.flows:
                if flow.source.startswith("approval_"):
                    self.join_of[flow.source] = flow.target
        for step, join in self.join_of.items():
            self.steps_of.setdefault(join, set()).add(step)
        self.given: set[str] = set()

    def watch(self, result: StepResult, completed: str | None) -> None:
        if completed in self.join_of:
            self.given.add(completed)
        for passed in result.passed:
            if not passed.flow and passed.element_id in self.steps_of:
                asked = self.steps_of[passed.element_id]
                assert asked <= self.given, f"{passed.element_id} let go with {self.given & asked} of {asked}"
                self.given -= asked
        self.given -= {opened.element_id for opened in result.opened_steps}


def ensure_no_way_was_open(failed: MapFailed) -> None:
    assert failed.params["problem_code"] == "NO_WAY_OPEN"


def _graphs(graph: Graph) -> Iterator[Graph]:
    """A graph and those inside it; not those that run several times at once, whose rounds overlap."""
    yield graph
    for node in graph.nodes.values():
        if node.inner is not None and node.repeat is None:
            yield from _graphs(node.inner)


def go_on(drawn: Graph, run: InstanceRun, approvals: Approvals, chance: random.Random, hurry: float) -> None:
    """One random thing happens; ``hurry`` is how likely an answer leads out of a loop and not round again."""
    if run.steps and (chance.random() < 0.8 or not (run.timers or run.messages)):
        opened: OpenedStep = chance.choice(list(run.steps.values()))
        node = next(one for one in drawn.everything() if one.node_id == opened.element_id)
        values = {
            name: chance.random() < (0.45 * (1 - hurry) if name.startswith("again_exclusive") else 0.5)
            for name in node.answers
        }
        outcome = "completed"
        if node.decides or opened.index is not None:
            outcome = chance.choices(("approved", "returned", "rejected"), (6, 3 * (1 - hurry), 1))[0]
        try:
            result = run.complete_opened(opened, outcome, values)
        except MapFailed as failed:  # a split without a default: the person answers again
            ensure_no_way_was_open(failed)
            return
        approvals.watch(result, opened.element_id if opened.index is None else None)
    elif run.timers and (not run.messages or chance.random() < 0.5):
        approvals.watch(run.fire_timer(chance.choice(list(run.timers.values()))), None)
    elif run.messages:
        approvals.watch(run.deliver_to(chance.choice(list(run.messages.values()))), None)


def jump(run: InstanceRun, approvals: Approvals, chance: random.Random) -> str:
    """Try a random jump; "moved", or the code of the refusal. A refusal changes nothing."""
    target = chance.choice(jump_targets(run.process))
    withdrawn = None
    if run.steps and chance.random() < 0.4:
        withdrawn = frozenset(chance.sample(sorted(run.steps), chance.randint(1, min(2, len(run.steps)))))
    before = run.state
    assert before is not None
    try:
        planned = plan_move(run.process, before, target, withdrawn)
    except JumpRefused as refused:
        with pytest.raises(type(refused)):
            run.apply(MoveToken(target, withdrawn))
        assert run.state == before
        return refused.code
    open_before = Counter(opened.activity_id for opened in run.steps.values())
    try:
        result = run.apply(MoveToken(target, withdrawn))
    except MapFailed as failed:  # what is repeated no time at all leads straight to a split without a default
        ensure_no_way_was_open(failed)
        return "failed"
    assert set(result.closed_steps) == set(planned.withdrawn) & open_before.keys()
    approvals.given -= set(planned.forgotten)
    approvals.watch(result, None)
    return "moved"


def play(drawn: Graph, chance: random.Random) -> Counter[str]:
    run, approvals = InstanceRun(as_canonical(drawn)), Approvals(drawn)
    approvals.watch(run.last, None)
    told: Counter[str] = Counter()
    for _ in range(STEPS):
        if run.last.finished:
            break
        if chance.random() < 0.3:
            told[jump(run, approvals, chance)] += 1
        else:
            go_on(drawn, run, approvals, chance, hurry=0.0)
    for _ in range(PATIENCE):
        if run.last.finished:
            return told
        go_on(drawn, run, approvals, chance, hurry=1.0)
    pytest.fail(f"not finished: {run.open}, {run.due}, {list(run.messages)}")


def test_after_any_jump_the_deal_can_finish_and_no_join_fires_early(full: bool) -> None:  # a fixture
    told: Counter[str] = Counter()
    runs = FULL_RUNS if full else QUICK_RUNS
    for seed in range(runs):
        drawn = SoundDrawing(Dice(seed), drawn=False).make(depth=3)
        try:
            told += play(drawn, random.Random(seed))  # noqa: S311  # reproducible, not secret
        except BaseException as error:
            error.add_note(f"seed {seed}\n{drawn}")
            raise
    assert told["moved"] > runs, told
    assert sum(told.values()) - told["moved"] > runs // 4, told
