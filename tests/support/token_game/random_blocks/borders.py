"""Events on a border and event sub-processes: what interrupts a block, goes on beside it, or is raised out of it."""

from __future__ import annotations

from support.token_game.maps import Event, Flow, Graph, Kind, Repeat, Says, What
from support.token_game.random_blocks.parts import Parts


class Borders(Parts):
    def _host(self, depth: int) -> str:
        kind = self.one_of(("step", "scope", "multi_instance", "called"))
        drawn: tuple[str, str] = getattr(self, f"_{kind}")(depth)
        return drawn[0]

    def _alarm(self, host: str, *, interrupting: bool, cycle: bool = False) -> str:
        kind = What.TIMER if cycle else self.one_of((What.TIMER, What.TIMER, What.MESSAGE, What.SIGNAL))
        if kind is What.SIGNAL:
            event = self._signal()
        elif kind is What.MESSAGE:
            event = Event(What.MESSAGE, self.new("message"))
        else:
            ticks = self.one_of((None, 1, 3)) if cycle else None
            event = Event(What.TIMER, days=self.between(1, 9), cycle=cycle, ticks=ticks)
        return self.node("alarm", Kind.BOUNDARY, host=host, interrupting=interrupting, event=event)

    def _interrupted(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        alarm = self._alarm(host, interrupting=True)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _reminded(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        self._aside(self._alarm(host, interrupting=False))
        return host, host

    def _ticking(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        self._aside(self._alarm(host, interrupting=False, cycle=True))
        return host, host

    def _aside(self, alarm: str) -> None:
        step = self.node("step", Kind.STEP)
        self.flow(alarm, step)
        self.flow(step, self.node("end", Kind.END))

    def _rejoining(self, depth: int) -> tuple[str, str]:
        """A token beside the step joins its way: from here on two tokens may run."""
        host = self._host(depth)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(self._alarm(host, interrupting=False), merge)
        self.flow(host, merge)
        return host, merge

    def _looped_host(self, depth: int) -> tuple[str, str]:
        """An event on the border of a standard loop belongs to the loop, not to a run."""
        host = self._standard_loop(depth)[0]
        alarm = self._alarm(host, interrupting=self.perhaps())
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _stopped_clock(self, depth: int) -> tuple[str, str]:
        """A cycle that interrupts ticks once."""
        host = self._host(depth)
        alarm = self._alarm(host, interrupting=True, cycle=True)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _watched(self, depth: int) -> tuple[str, str]:
        """A flag on the border, interrupting or not."""
        host = self._host(depth)
        watch = self.node(
            "watch", Kind.BOUNDARY, host=host, interrupting=self.perhaps(), event=Event(What.CONDITION, self.flag())
        )
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(watch, self.block(depth - 1)), merge)
        return host, merge

    def _escape(self, depth: int) -> tuple[str, str]:
        """An inclusive join that one of its branches comes to only over the border of a step."""
        split, join = self.node("inclusive", Kind.INCLUSIVE), self.node("inclusive", Kind.INCLUSIVE)
        variables = (f"{split}_way_0", f"{split}_way_1")
        ask = self.asked(split, *variables)
        branch, host = self.block(depth - 1), self._host(depth - 1)
        self.flow(split, branch[0], Says(variables[0]))
        self.flow(branch[1], join)
        self.flow(split, host, Says(variables[1]))
        self.flow(host, self.node("end", Kind.END))
        self.flow(self._alarm(host, interrupting=self.perhaps()), join)
        self.flow(split, join, default=True)
        return ask, join

    def _service(self, depth: int) -> tuple[str, str]:
        """A call that can come back with an error; several at once, perhaps."""
        code = self.new("error")
        service = self.node("service", Kind.SERVICE)
        failed = self.node("failed", Kind.BOUNDARY, host=service, event=Event(What.ERROR, code))
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(service, merge)
        self.flow(self.after(failed, self.block(depth - 1)), merge)
        return service, merge

    def _handled(self, depth: int) -> tuple[str, str]:
        """A sub-process with an event sub-process in it."""
        kinds = (What.TIMER, What.MESSAGE, What.SIGNAL, What.CONDITION, What.ERROR, What.ESCALATION)
        what = self.one_of(kinds)
        interrupting = what is What.ERROR or self.perhaps()
        if what in (What.ERROR, What.ESCALATION):
            event = Event(what, self.new(what))
            inner = self._failing(depth, event)
        else:
            event = self._awaited(what, cycle=not interrupting)
            inner = self.body(depth)
        with self.inside(inner):
            handler = self.body(depth - 1, start=event, interrupting=interrupting)
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _failing(self, depth: int, event: Event) -> Graph:
        with self.inside() as inner:
            begin = self.node("start", Kind.START)
            split = self.node("parallel", Kind.PARALLEL)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            self.flow(begin, split)
            self.flow(split, self.asked(decide, f"fails_{decide}"))
            self.flow(decide, self.node("failed", Kind.END, event=event), Says(f"fails_{decide}"))
            self.flow(decide, self.node("end", Kind.END), default=True)
            self.flow(self.after(split, self.block(depth)), self.node("end", Kind.END))
        return inner

    def _caught(self, inner: Graph, event: Event, depth: int, *, interrupting: bool) -> tuple[str, str]:
        repeat = Repeat(self.between(1, 2), self.perhaps()) if self.perhaps(20) else None
        scope = self.node("scope", Kind.SCOPE, inner=inner, repeat=repeat)
        outermost = scope
        if self.perhaps(30):
            with self.inside() as around:
                start, end = self.node("start", Kind.START), self.node("end", Kind.END)
            around.nodes[scope] = self.graph.nodes.pop(scope)
            around.flows += [Flow(self.new("flow"), start, scope), Flow(self.new("flow"), scope, end)]
            outermost = self.node("scope", Kind.SCOPE, inner=around)
        caught = self.node("caught", Kind.BOUNDARY, host=outermost, interrupting=interrupting, event=event)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(outermost, merge)
        self.flow(self.after(caught, self.block(depth - 1)), merge)
        return outermost, merge

    def _error(self, depth: int) -> tuple[str, str]:
        """A sub-process that somebody can make fail, with a handler on its border or further out."""
        code = self.new("error")
        inner = self._failing(depth, Event(What.ERROR, code))
        return self._caught(inner, Event(What.ERROR, code if self.perhaps() else ""), depth, interrupting=True)

    def _escalation(self, depth: int) -> tuple[str, str]:
        code = self.new("escalation")
        inner = self._failing(depth, Event(What.ESCALATION, code))
        return self._caught(
            inner, Event(What.ESCALATION, code if self.perhaps() else ""), depth, interrupting=self.perhaps()
        )

    def _thrown_escalation(self, depth: int) -> tuple[str, str]:
        """An escalation thrown on the way, not at the end: who throws it goes on, unless it is interrupted."""
        code = self.new("escalation")
        with self.inside() as inner:
            start, throw = (
                self.node("start", Kind.START),
                self.node("throw", Kind.THROW, event=Event(What.ESCALATION, code)),
            )
            self.flow(self.after(start, self.block(depth)), throw)
            self.flow(self.after(throw, self.block(depth - 1)), self.node("end", Kind.END))
        return self._caught(inner, Event(What.ESCALATION, code), depth, interrupting=self.perhaps())

    def _unhandled(self, depth: int) -> tuple[str, str]:
        """An error that nobody handles, unless somebody around handles any."""
        scope = self.node("scope", Kind.SCOPE, inner=self._failing(depth, Event(What.ERROR, self.new("error"))))
        return scope, scope
