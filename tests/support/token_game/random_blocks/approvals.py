"""Approvals that decide together: rounds, votes, and approvals in parts of which several runs go on at once."""

from __future__ import annotations

from support.token_game.maps import Decided, Event, Graph, Kind, Repeat, Says, Table, What
from support.token_game.random_blocks.branches import Branches
from support.token_game.random_blocks.waits import Waits


class Approvals(Branches, Waits):
    def _approvals(self, _depth: int) -> tuple[str, str]:
        """Prepare, approve in parallel, back to prepare on a return, out on a rejection."""
        prepare = self.node("step", Kind.STEP)
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        entry = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(entry, prepare)
        self.flow(prepare, split)
        steps = tuple(self.node("approval", Kind.STEP, decides=True) for _ in range(self.between(2, 3)))
        for step in steps:
            self.flow(split, step)
            self.flow(step, join)
        self.flow(join, decide)
        self.flow(decide, entry, Decided(steps, ("returned",)))
        self.flow(decide, leave, Decided(steps, ("rejected",)))
        self.flow(decide, leave, Decided(steps, ("approved",)))
        return entry, leave

    def _rounds(self, _depth: int) -> tuple[str, str]:
        """Approvals of which each round asks some: those that it leaves out do not decide in it."""
        split, join = self.node("inclusive", Kind.INCLUSIVE), self.node("inclusive", Kind.INCLUSIVE)
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        variables = (f"{split}_way_0", f"{split}_way_1")
        self.flow(entry, self.asked(split, *variables))
        steps = tuple(self.node("approval", Kind.STEP, decides=True) for _ in range(3))
        for step, question in zip(steps, (*map(Says, variables), None), strict=True):
            self.flow(split, step, question, default=question is None)
            self.flow(step, join)
        self.graph.nodes[split].forgets = steps
        self.flow(join, decide)
        self.flow(decide, entry, Decided(steps, ("returned",)))
        self.flow(decide, leave, Decided(steps, ("rejected",)))
        self.flow(decide, leave, Decided(steps, ("approved",)))
        return entry, leave

    def _voted(self, _depth: int) -> tuple[str, str]:
        """Several decide at one step, and what they say together leads on."""
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        repeat = Repeat(self.between(1, 3), self.perhaps())
        vote = self.node("vote", Kind.STEP, repeat=repeat, decides=True)
        self.flow(entry, vote)
        self.flow(vote, decide)
        self.flow(decide, entry, Decided((vote,), ("returned",)))
        self.flow(decide, leave, Decided((vote,), ("rejected",)))
        self.flow(decide, leave, Decided((vote,), ("approved",)))
        return entry, leave

    def _decision_by(self, *steps: str) -> tuple[str, str]:
        """A decision by what ``steps`` said; the way back is no loop but a step of its own."""
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        for outcome in ("returned", "rejected", "approved"):
            step = self.node("step", Kind.STEP)
            self.flow(decide, step, Decided(steps, (outcome,)))
            self.flow(step, leave)
        return decide, leave

    def _both_approve(self, depth: int) -> tuple[str, str, tuple[str, str]]:
        """Two approvals side by side, one of them with something behind it."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        steps = self.node("approval", Kind.STEP, decides=True), self.node("approval", Kind.STEP, decides=True)
        for step in steps:
            self.flow(split, step)
        self.flow(steps[0], join)
        self.flow(self.after(steps[1], self.unjudged(depth)), join)
        return split, join, steps

    def _judging(self, depth: int, *, start: Event | None = None, interrupting: bool = True) -> tuple[Graph, str]:
        """The inside of a part in which approvals decide; and one of them."""
        with self.inside() as inner:
            begin = self.node("start", Kind.START, event=start, interrupting=interrupting)
            split, join, steps = self._both_approve(depth - 1)
            self.flow(begin, split)
            leave = self.after(join, self._decision_by(*steps))
            self.flow(leave, self.node("end", Kind.END))
        return inner, steps[0]

    def _approving(self, depth: int) -> tuple[Graph, str]:
        """The inside of a part that is judged when it is over; and its approval, which not every run asks for."""
        with self.inside() as inner:
            begin, leave = self.node("start", Kind.START), self.node("exclusive", Kind.EXCLUSIVE)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            step = self.node("approval", Kind.STEP, decides=True)
            self.flow(begin, self.asked(decide, f"{decide}_way_0"))
            self.flow(decide, step, Says(f"{decide}_way_0"))
            self.flow(decide, leave, default=True)
            self.flow(self.after(step, self.unjudged(depth - 1)), leave)
            self.flow(leave, self.node("end", Kind.END))
        return inner, step

    def _judged_parts(self, depth: int) -> tuple[str, str]:
        """Each run of a part is approved; behind it and an approval beside it, all of that decides."""
        inner, approval = self._approving(depth)
        repeat = Repeat(self.between(2, 3), self.perhaps()) if self.perhaps(70) else None
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        self.graph.nodes[split].forgets = (approval,) if self.drawn else ()
        part = self.part(inner, repeat, leads=True)
        beside = self.node("approval", Kind.STEP, decides=True)
        for one in (part, beside):
            self.flow(split, one)
            self.flow(one, join)
        return split, self.after(join, self._decision_by(approval, beside))

    def _entered_twice(self, depth: int) -> tuple[str, str]:
        """Two tokens run a part, and each goes on by what was decided in its run."""
        split, merge = self.node("parallel", Kind.PARALLEL), self.node("exclusive", Kind.EXCLUSIVE)
        for _ in range(2):
            step = self.node("step", Kind.STEP)
            self.flow(split, step)
            self.flow(step, merge)
        if self.perhaps():
            part = self.part(self._judging(depth)[0])
            return split, self.after(merge, (part, part))
        with self.inside() as inner:
            begin, step = self.node("start", Kind.START), self.node("approval", Kind.STEP, decides=True)
            self.flow(begin, step)
            self.flow(self.after(step, self.unjudged(depth - 1)), self.node("end", Kind.END))
        part = self.part(inner, leads=True)
        self.flow(merge, part)
        return split, self.after(part, self._decision_by(step))

    def _asked_for(self, depth: int) -> tuple[str, str]:
        """An event that may happen again asks for approvals beside the work."""
        event = self._awaited(self.one_of((What.MESSAGE, What.TIMER)), cycle=True)
        inner = self.body(depth - 1)
        with self.inside(inner):
            handler, _ = self._judging(depth, start=event, interrupting=False)
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _called_twice(self, depth: int) -> tuple[str, str]:
        """Two calls of one map, side by side."""
        inner, _ = self._judging(depth)
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        name = self.new("map")
        for _ in range(2):
            call = self.node("call", Kind.CALL, inner=inner)
            self.graph.nodes[call].called = name
            self.flow(split, call)
            self.flow(call, join)
        return split, join

    def _remembered(self, depth: int) -> tuple[str, str]:
        """In each run of a part a value is given, and decides only after something else."""
        variable = self.new("value")
        with self.inside() as inner:
            begin, decide = self.node("start", Kind.START), self.node("exclusive", Kind.EXCLUSIVE)
            leave = self.node("exclusive", Kind.EXCLUSIVE)
            give = self.node("step", Kind.STEP, answers=(variable,))
            self.flow(begin, give)
            behind, decides = self.after(give, self.block(depth - 1)), variable
            if self.perhaps(30):
                decides = self.new("said")
                table = Table((variable,), decides, ((True, True), (False, False)), "UNIQUE")
                behind = self.after(self.after(behind, self._deciding(table)), self.block(depth - 1))
            self.flow(behind, decide)
            step = self.node("step", Kind.STEP)
            self.flow(decide, step, Says(decides))
            self.flow(decide, leave, default=True)
            self.flow(step, leave)
            self.flow(leave, self.node("end", Kind.END))
        part = self.part(inner, Repeat(self.between(2, 3), self.perhaps(30)))
        if self.perhaps(70):
            return part, part
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        outside = self.node("step", Kind.STEP, answers=(variable,))
        for one in (part, outside):
            self.flow(split, one)
            self.flow(one, join)
        return split, join
