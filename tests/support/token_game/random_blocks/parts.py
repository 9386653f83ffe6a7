"""Blocks that hold another: loops, sub-processes and calls, with or without a way to end them at once."""

from __future__ import annotations

from support.token_game.maps import Event, Kind, Repeat, Says, What
from support.token_game.random_blocks.waits import Waits


class Parts(Waits):
    def _loop(self, depth: int) -> tuple[str, str]:
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        body = self.block(depth)
        self.flow(entry, body[0])
        self.flow(body[1], self.asked(decide, f"again_{decide}"))
        self.flow(decide, entry, Says(f"again_{decide}"))
        self.flow(decide, leave, default=True)
        return entry, leave

    def _scope(self, depth: int) -> tuple[str, str]:
        scope = self.node("scope", Kind.SCOPE, inner=self.body(depth))
        return scope, scope

    def _silent_scope(self, _depth: int) -> tuple[str, str]:
        """A sub-process in which nobody has anything to do."""
        with self.inside() as inner:
            self.flow(self.node("start", Kind.START), self.node("end", Kind.END))
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _called(self, depth: int) -> tuple[str, str]:
        call = self.node("call", Kind.CALL, inner=self.body(depth))
        return call, call

    def _multi_instance(self, depth: int) -> tuple[str, str]:
        repeat, variable = self.repeat_of_loop()
        if self.perhaps():
            loop = self.node("each", Kind.SCOPE, repeat=repeat, inner=self.body(depth, answers=variable))
        else:
            loop = self.node("each", Kind.STEP, repeat=repeat, answers=(variable,) if variable else ())
        return loop, loop

    def _standard_loop(self, depth: int) -> tuple[str, str]:
        variable = self.new("again") if self.drawn or self.perhaps() else ""
        most = None if variable and self.perhaps() else self.between(1, 3)
        repeat = Repeat(most, loop=True, variable=variable)
        if self.perhaps(30):
            loop = self.node("again", Kind.SCOPE, repeat=repeat, inner=self.body(depth, answers=variable))
        else:
            loop = self.node("again", Kind.STEP, repeat=repeat, answers=(variable,) if variable else ())
        return loop, loop

    def _stopped(self, _depth: int) -> tuple[str, str]:
        """Somebody can end the scope, or the whole map, at once."""
        decide = self.node("exclusive", Kind.EXCLUSIVE)
        ask = self.asked(decide, f"stops_{decide}")
        self.flow(decide, self.node("over", Kind.END, event=Event(What.TERMINATE)), Says(f"stops_{decide}"))
        leave = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(decide, leave, default=True)
        return ask, leave

    def _terminated(self, depth: int) -> tuple[str, str]:
        """A sub-process that one of its branches can end at once."""
        with self.inside() as inner:
            start, split = self.node("start", Kind.START), self.node("parallel", Kind.PARALLEL)
            self.flow(start, split)
            stop = self.node("step", Kind.STEP)
            self.flow(split, stop)
            self.flow(stop, self.node("over", Kind.END, event=Event(What.TERMINATE)))
            self.flow(self.after(split, self.block(depth)), self.node("end", Kind.END))
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope
