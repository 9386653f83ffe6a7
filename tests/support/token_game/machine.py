"""Random schedules as a hypothesis state machine: what fails shrinks to a small map and a few acts, told as Python."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from hypothesis import note, reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from support.token_game.acts import (
    Act,
    Answer,
    Choose,
    Complete,
    Deliver,
    Fire,
    FireEarly,
    Look,
    NewProcess,
    Repeated,
    Restart,
)
from support.token_game.maps import Graph, Node, What
from support.token_game.match import Match, Refused, TakesBack, script
from support.token_game.random_maps import maps
from support.token_game.schedules import OUTSIDE, answers, error_of, outcome, parts

PICK = st.integers(0, 11)  # which of those that wait: more than that seldom do
BITS = st.integers(0, 63)  # yes and no, bit by bit


class Schedules(RuleBasedStateMachine):
    """One map and whatever can happen to it. ``counted`` adds up over all examples of a test."""

    drawn: ClassVar[bool] = False
    counted: ClassVar[Counter[str]] = Counter()

    match: Match | None = None

    def _begin(self, graph: Graph) -> None:
        try:
            self.match = Match(graph, drawn=self.drawn)
        except TakesBack:
            reject()
        except Refused as refused:
            if "DEADLOCK" not in str(refused):  # two tokens on one branch of a join never come together again
                raise
            self.counted["refused"] += 1
            reject()
        except AssertionError as error:
            error.add_note(repr(graph))
            raise
        self.counted["runs"] += 1

    def _perform(self, act: Act, *, crash: bool = False) -> None:
        assert self.match is not None
        self.counted["acts"] += 1
        self.counted[type(act).__name__] += 1
        self.match.perform(act, crash=crash)

    def teardown(self) -> None:
        if self.match is not None:
            note(script(self.match))

    # what can happen ---------------------------------------------------------------------------------------------
    def _live(self) -> bool:
        return self.match is not None and self.match.began

    def _has_steps(self) -> bool:
        return self._live() and bool(self.match and self.match.open_steps())

    def _has_timers(self) -> bool:
        return self._live() and bool(self.match and self.match.open_events(What.TIMER))

    def _has_messages(self) -> bool:
        return self._live() and bool(self.match and self.match.open_events(*OUTSIDE))

    def _has_choices(self) -> bool:
        return self._live() and bool(self.match and self.match.open_choices())

    def _has_services(self) -> bool:
        return self._live() and bool(self.match and self.match.open_services())

    def _complete(self, pick: int, nth: int, decision: int, bits: int, *, crash: bool) -> None:
        assert self.match is not None
        node, count = _picked(self.match.open_steps(), pick)
        pressed = outcome(self.match, node, decision)
        self._perform(Complete(node.node_id, nth % count, pressed, answers(node, bits)), crash=crash)


def _picked(waiting: list[tuple[Node, int]], pick: int) -> tuple[Node, int]:
    return waiting[pick % len(waiting)]


class Machine(Schedules):
    """The rules. Three for completing: it is what happens most."""

    @precondition(Schedules._has_steps)
    @rule(pick=PICK, nth=PICK, decision=st.integers(0, 2), bits=BITS, crash=st.booleans())
    def complete(self, pick: int, nth: int, decision: int, bits: int, crash: bool) -> None:  # a rule
        self._complete(pick, nth, decision, bits, crash=crash)

    @precondition(Schedules._has_steps)
    @rule(pick=PICK, bits=BITS)
    def go_on(self, pick: int, bits: int) -> None:
        self._complete(pick, 0, 0, bits, crash=False)

    @precondition(Schedules._has_steps)
    @rule(pick=PICK, decision=st.integers(0, 2), bits=BITS)
    def decide(self, pick: int, decision: int, bits: int) -> None:
        self._complete(pick, 0, decision, bits, crash=False)

    @precondition(Schedules._has_timers)
    @rule(pick=PICK, nth=PICK, late=st.sampled_from((0, 0, 3, 40)), crash=st.booleans())
    def fire(self, pick: int, nth: int, late: int, crash: bool) -> None:  # a rule
        assert self.match is not None
        node, count = _picked(self.match.open_events(What.TIMER), pick)
        self._perform(Fire(node.node_id, nth % count, late), crash=crash)

    @precondition(Schedules._has_messages)
    @rule(pick=PICK, nth=PICK, by_hand=st.booleans(), crash=st.booleans())
    def deliver(self, pick: int, nth: int, by_hand: bool, crash: bool) -> None:  # a rule
        assert self.match is not None
        node, count = _picked(self.match.open_events(*OUTSIDE), pick)
        self._perform(Deliver(node.node_id, nth % count, by_hand), crash=crash)

    @precondition(Schedules._has_services)
    @rule(pick=PICK, nth=PICK, failed=st.booleans(), crash=st.booleans())
    def answer(self, pick: int, nth: int, failed: bool, crash: bool) -> None:  # a rule
        assert self.match is not None
        node, count = _picked(self.match.open_services(), pick)
        error = error_of(self.match, node) if failed else None
        self._perform(Answer(node.node_id, nth % count, error), crash=crash)

    @precondition(Schedules._has_choices)
    @rule(pick=PICK, nth=PICK, part=PICK, crash=st.booleans())
    def choose(self, pick: int, nth: int, part: int, crash: bool) -> None:  # a rule
        assert self.match is not None
        node, count = _picked(self.match.open_choices(), pick)
        offered = parts(node)
        self._perform(Choose(node.node_id, nth % count, offered[part % len(offered)]), crash=crash)

    @precondition(Schedules._live)
    @rule(kind=st.sampled_from((NewProcess, Repeated, Look, None)), pick=PICK, nth=PICK)
    def disturb(self, kind: type[NewProcess | Repeated | Look] | None, pick: int, nth: int) -> None:
        """What must change nothing."""
        assert self.match is not None
        if kind is not None:
            self._perform(kind())
        elif self._has_timers():
            node, count = _picked(self.match.open_events(What.TIMER), pick)
            self._perform(FireEarly(node.node_id, nth % count))

    @precondition(lambda self: self.match is not None and (not self.match.began or self.match.game.finished))
    @rule()
    def begin_another(self) -> None:
        self._perform(Restart())


class CanonicalMaps(Machine):
    """The execution core alone."""

    counted: ClassVar[Counter[str]] = Counter()

    @initialize(graph=maps(drawn=False))
    def begin(self, graph: Graph) -> None:
        self._begin(graph)


class DrawnMaps(Machine):
    """Through the whole importer."""

    drawn = True
    counted: ClassVar[Counter[str]] = Counter()

    @initialize(graph=maps(drawn=True))
    def begin(self, graph: Graph) -> None:
        self._begin(graph)
