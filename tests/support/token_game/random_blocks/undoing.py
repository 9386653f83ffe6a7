"""Compensation: work that is undone, wholly or in part, by somebody, an event or a transaction that is called off."""

from __future__ import annotations

from support.token_game.maps import AdHoc, Event, Graph, Kind, Repeat, Says, What
from support.token_game.random_blocks.approvals import Approvals
from support.token_game.random_blocks.borders import Borders

_UNDOABLE = (Kind.STEP, Kind.SCOPE, Kind.CALL)


class Undoing(Approvals, Borders):
    def _undoable(self, depth: int) -> tuple[str, str]:
        """Something, and what undoes it."""
        host = self._host(depth) if self.perhaps(60) else self.node("step", Kind.STEP)
        if self.perhaps(30):
            self.node("undo", Kind.SCOPE, inner=self.body(depth - 1), undoes=host)
        else:
            self.node("undo", Kind.STEP, undoes=host)
        return host, host

    def _some_undoable(self, depth: int) -> tuple[str, str]:
        """One or two such, one after the other or in a sub-process of their own."""
        first = self._undoable(depth)
        if self.perhaps(40):
            first = first[0], self.after(first[1], self.block(depth - 1))
        if self.perhaps():
            first = first[0], self.after(first[1], self._undoable(depth))
        return first

    def _undoable_scope(self, depth: int) -> Graph:
        with self.inside() as inner:
            start = self.node("start", Kind.START)
            self.flow(self.after(start, self._some_undoable(depth)), self.node("end", Kind.END))
        return inner

    def _undone(self, depth: int) -> tuple[str, str]:
        """What was done is undone: all of it, or one thing, at once or beside other work."""
        if self.perhaps(40):
            loops = () if self.drawn else (Repeat(2, loop=True),)  # people are asked where no condition is drawn
            repeat = self.one_of((None, Repeat(2, self.perhaps()), *loops))
            part = self.part(self._undoable_scope(depth - 1), repeat)
            first = part, part
        else:
            first = self._some_undoable(depth)
        named = first[1] if self.perhaps(30) and self.graph.nodes[first[1]].kind in _UNDOABLE else ""
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        throw = self.just(Kind.THROW, event=Event(What.COMPENSATE, named))
        ask = self.asked(decide, f"undo_{decide}")
        self.flow(decide, throw[0], Says(f"undo_{decide}"))
        self.flow(decide, leave, default=True)
        self.flow(self.after(throw[0], self.block(depth - 1)), leave)
        if self.perhaps(60):
            self.flow(first[1], ask)
            return first[0], leave
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        self.flow(self.after(split, first), join)
        self.flow(split, ask)
        self.flow(leave, join)
        return split, join

    def _unwaited(self, depth: int) -> tuple[str, str]:
        """An inclusive join before which a completed part is undone step by step: that is no token that could come."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("inclusive", Kind.INCLUSIVE)
        decide = self.node("exclusive", Kind.EXCLUSIVE)
        part = self.part(self._undoable_scope(depth - 1))
        self.flow(split, part)
        self.flow(part, self.asked(decide, f"{decide}_way_0"))
        self.flow(decide, join, Says(f"{decide}_way_0"))
        self.flow(decide, self.node("end", Kind.END), default=True)
        self.flow(self.after(split, self.block(depth - 1)), join)
        ask = self.node("step", Kind.STEP)
        self.flow(split, ask)
        self.flow(ask, self.node("undone", Kind.END, event=Event(What.COMPENSATE)))
        return split, join

    def _undone_by_event(self, depth: int) -> tuple[str, str]:
        """An event sub-process undoes what was done in the scope around it."""
        event = self._awaited(self.one_of((What.MESSAGE, What.TIMER, What.SIGNAL)), cycle=False)
        inner = self._undoable_scope(depth)
        with self.inside(inner):
            with self.inside() as handler:
                start = self.node("start", Kind.START, event=event, interrupting=self.perhaps())
                throw = self.after(start, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
                self.flow(self.after(throw, self.block(depth - 1)), self.node("end", Kind.END))
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _undone_as_a_whole(self, depth: int) -> tuple[str, str]:
        """A sub-process says itself how it is undone; somebody may want that."""
        inner = self._undoable_scope(depth - 1)
        with self.inside(inner):
            with self.inside() as handler:
                start = self.node("start", Kind.START, event=Event(What.COMPENSATE))
                leave = self.after(start, self.block(depth - 1))
                if self.perhaps():
                    leave = self.after(leave, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
                self.flow(leave, self.node("end", Kind.END))
            self.node("undoing", Kind.HANDLER, inner=handler)
        part = self.node(
            "part", Kind.SCOPE, inner=inner, repeat=Repeat(2, self.perhaps()) if self.perhaps(20) else None
        )
        throw = self.just(Kind.THROW, event=Event(What.COMPENSATE, part if self.perhaps() else ""))
        return part, self.after(self.after(part, self.block(depth - 1)), throw)

    def _undoing_fails(self, depth: int) -> tuple[str, str]:
        """An error while something is undone is heard where the undoing was asked for."""
        code = self.new("error")
        with self.inside() as done:
            start, step = self.node("start", Kind.START), self.node("step", Kind.STEP)
            self.node("undo", Kind.SCOPE, inner=self._failing(depth - 1, Event(What.ERROR, code)), undoes=step)
            self.flow(start, step)
            self.flow(self.after(step, self.block(depth - 1)), self.node("end", Kind.END))
        with self.inside() as inner:
            start, part = self.node("start", Kind.START), self.part(done)
            self.flow(start, part)
            leave = self.after(part, self.block(depth - 1))
            if self.perhaps():
                self._undoing_handler(code)
            else:
                leave = self.after(leave, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
            self.flow(leave, self.node("end", Kind.END))
        return self._caught(inner, Event(What.ERROR, code), depth, interrupting=True)

    def _undoing_handler(self, code: str) -> None:
        """A message has the work undone; an error of that is handled there, or further out."""
        asked = Event(What.MESSAGE, self.new("message"))
        with self.inside() as handler:
            start = self.node("start", Kind.START, event=asked, interrupting=self.perhaps())
            throw = self.after(start, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
            self.flow(throw, self.node("end", Kind.END))
            if self.perhaps(70):
                stopped = Event(What.MESSAGE, self.new("message"))
                mend = self.body(0, start=self.one_of((Event(What.ERROR, code), stopped)))
                self.node("handler", Kind.HANDLER, inner=mend)
        self.node("handler", Kind.HANDLER, inner=handler)

    def _undoing_stopped(self, depth: int) -> tuple[str, str]:
        """A message has the work undone, and somebody can end that half-way: what undoes it stands outside of it."""
        with self.inside() as inner:
            start = self.node("start", Kind.START)
            leave = self.after(self.after(start, self._undoable(0)), self.block(depth - 1))
            self.flow(self.after(leave, self.block(0)), self.node("end", Kind.END))
            asked = Event(What.MESSAGE, self.new("message"))
            with self.inside() as handler:
                begin = self.node("start", Kind.START, event=asked, interrupting=self.perhaps())
                split, stop = self.node("parallel", Kind.PARALLEL), self.node("step", Kind.STEP)
                self.flow(begin, split)
                self.flow(split, self.node("undone", Kind.END, event=Event(What.COMPENSATE)))
                self.flow(self.after(split, (stop, stop)), self.node("over", Kind.END, event=Event(What.TERMINATE)))
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _undone_meanwhile(self, depth: int) -> tuple[str, str]:
        """A part in which not every turn asks for an approval goes on while an earlier turn of it is undone."""
        inner, approval = self._approving(depth)
        with self.inside(inner):
            self.node("undo", Kind.STEP, undoes=approval)
        entry, again, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        split, part = self.node("parallel", Kind.PARALLEL), self.part(inner)
        self.flow(split, entry)
        self.flow(entry, part)
        judged = self.after(part, self._decision_by(approval))
        self.flow(judged, self.asked(again, f"again_{again}"))
        self.flow(again, entry, Says(f"again_{again}"))
        self.flow(again, leave, default=True)
        ask = self.node("step", Kind.STEP)
        self.flow(split, ask)
        self.flow(ask, self.node("undone", Kind.END, event=Event(What.COMPENSATE, part)))
        return split, leave

    def _transaction(self, depth: int) -> tuple[str, str]:
        """Cancelled by somebody in it, it is undone and left by its border."""
        with self.inside() as inner:
            start, split = self.node("start", Kind.START), self.node("parallel", Kind.PARALLEL)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            self.flow(start, split)
            self.flow(self.after(split, self._some_undoable(depth - 1)), self.asked(decide, f"cancels_{decide}"))
            self.flow(decide, self.node("called_off", Kind.END, event=Event(What.CANCEL)), Says(f"cancels_{decide}"))
            self.flow(decide, self.node("end", Kind.END), default=True)
            self.flow(self.after(split, self._undoable(depth - 1)), self.node("end", Kind.END))
        scope = self.node("deal", Kind.SCOPE, inner=inner, transaction=True)
        border = self.node("off", Kind.BOUNDARY, host=scope, event=Event(What.CANCEL))
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(scope, merge)
        self.flow(self.after(border, self.block(depth - 1)), merge)
        return scope, merge

    def _ad_hoc(self, depth: int) -> tuple[str, str]:
        """Somebody says what begins next, again and again."""
        variable = self.new("over") if self.perhaps() else ""
        in_turn = self.perhaps()
        rule = AdHoc(in_turn, self.perhaps(40), variable)
        with self.inside() as inner:
            for _ in range(self.between(1, 2)):
                self._ad_hoc_part(depth - 1, variable)
        ad_hoc = self.node("ad_hoc", Kind.AD_HOC, inner=inner, ad_hoc=rule)
        return ad_hoc, ad_hoc

    def _ad_hoc_part(self, depth: int, variable: str) -> None:
        """A step or more; the last says whether it is all over, where that is asked."""
        if not variable and self.perhaps(40):
            self._undoable(depth)
        elif not variable:
            self._host(depth)
        elif self.perhaps(30):
            self.node("part", Kind.SCOPE, inner=self.body(depth, answers=variable))
        else:
            last = self.node("step", Kind.STEP, answers=(variable,))
            if self.perhaps(40):
                self.flow(self._host(depth), last)
