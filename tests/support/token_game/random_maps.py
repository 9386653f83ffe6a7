"""Random maps, block by block. Every choice offers the simplest first, so that what fails shrinks."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from support.token_game.chance import Dice, Hypothesis
from support.token_game.maps import Event, Graph, Kind, Says, What
from support.token_game.random_blocks.undoing import Undoing

_PLAIN = ("step", "script", "timer", "message", "step_with_flag")
_BLOCKS = (
    *_PLAIN,
    *("sequence", "exclusive", "parallel", "loop", "inclusive", "approvals", "scope") * 2,
    *("interrupted", "reminded", "ticking", "rejoining", "race", "chosen"),
    *("multi_instance", "standard_loop", "terminated", "called", "implicit_split", "linked"),
    *("thrown_signal", "caught_signal", "condition", "watched", "error", "escalation", "silent_scope"),
    *("looped_host", "handled", "thrown_escalation", "own_signal", "stopped_clock", "ending", "voted", "escape"),
    *("broadcast", "stopped", "unhandled"),
    *("judged_parts", "entered_twice", "asked_for", "called_twice", "remembered"),
    *("enough", "complex_split", "ruled", "undone", "undone", "undone_by_event", "transaction", "undone_as_a_whole"),
    *("undoing_fails", "undoing_fails", "unwaited", "undoing_stopped", "undoing_stopped"),
)
_ONLY_CANONICAL = ("service", *("undone_meanwhile",) * 3)
_ONLY_DRAWN = ("conditional_flow", "rounds", "ad_hoc")
_DEPTH = 3


@st.composite
def maps(draw: st.DrawFn, *, drawn: bool) -> Graph:
    return RandomDrawing(Hypothesis(draw), drawn=drawn).make()


def random_map(seed: int, depth: int = _DEPTH) -> Graph:
    """A map for the execution core alone."""
    return RandomDrawing(Dice(seed), drawn=False).make(depth)


@dataclass
class RandomDrawing(Undoing):
    """A whole map that begins its blocks anew as long as somebody says so."""

    def make(self, depth: int = _DEPTH) -> Graph:
        start = self.node("start", Kind.START)
        entry, decide = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(start, entry)
        leave = entry
        for _ in range(self.between(1, 3)):
            leave = self.after(leave, self.block(depth))
        for signal in sorted(self.signals):
            leave = self.after(leave, self.just(Kind.THROW, event=Event(What.SIGNAL, signal)))
        self.flow(leave, self.asked(decide, f"again_{decide}", *sorted(self.flags)))
        self.flow(decide, entry, Says(f"again_{decide}"))
        self.flow(decide, self.node("end", Kind.END), default=True)
        return self.graph

    def block(self, depth: int) -> tuple[str, str]:
        """Draw something with one entry and one exit."""
        more = _ONLY_DRAWN if self.drawn else _ONLY_CANONICAL
        return self._draw(self.one_of((*_BLOCKS, *more) if depth > 0 else _PLAIN), depth)
