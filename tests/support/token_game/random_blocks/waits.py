"""Steps and scripts, and events that a token throws or waits for on its way."""

from __future__ import annotations

from support.token_game.maps import Event, Kind, Says, What
from support.token_game.random_blocks.pen import SIGNALS, Pen


class Waits(Pen):
    def _step(self, _depth: int) -> tuple[str, str]:
        step = self.node("step", Kind.STEP)
        return step, step

    def _step_with_flag(self, _depth: int) -> tuple[str, str]:
        """Writes what conditional events look at."""
        step = self.node("step", Kind.STEP, answers=(self.flag(),))
        return step, step

    def _script(self, _depth: int) -> tuple[str, str]:
        script = self.node("script", Kind.SCRIPT, writes=(self.flag(), self.perhaps()))
        return script, script

    def _timer(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=Event(What.TIMER, days=self.between(1, 9)))

    def _message(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=Event(What.MESSAGE, self.new("message")))

    def _thrown_signal(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.THROW, event=Event(What.SIGNAL, self.one_of(SIGNALS)))

    def _caught_signal(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=self._signal())

    def _awaited(self, what: What, *, cycle: bool) -> Event:
        match what:
            case What.TIMER:
                return Event(what, days=self.between(1, 9), cycle=cycle and self.perhaps(), ticks=None)
            case What.SIGNAL:
                return self._signal()
            case What.CONDITION:
                return Event(what, self.flag())
            case _:
                return Event(what, self.new("message"))

    def _condition(self, depth: int) -> tuple[str, str]:
        """Waits for a flag, beside somebody who can raise it."""
        flag = self.flag()
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        wait = self.node("condition", Kind.CATCH, event=Event(What.CONDITION, flag))
        again, ask = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(split, wait)
        self.flow(wait, join)
        self.flow(split, again)
        self.flow(self.after(again, self.block(depth - 1)), self.asked(ask, flag))
        self.flow(ask, join, Says(flag))
        self.flow(ask, again, default=True)
        return split, join

    def _own_signal(self, _depth: int) -> tuple[str, str]:
        """Who throws a signal does not hear it."""
        event = self._signal()
        throw, catch = self.node("throw", Kind.THROW, event=event), self.node("catch", Kind.CATCH, event=event)
        self.flow(throw, catch)
        return throw, catch

    def _broadcast(self, depth: int) -> tuple[str, str]:
        """A signal reaches everybody who waits for it at that moment."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        event = self._signal()
        for _ in range(2):
            catch = self.node("catch", Kind.CATCH, event=event)
            self.flow(split, catch)
            self.flow(catch, join)
        throw = self.node("throw", Kind.THROW, event=event)
        self.flow(self.after(split, self.block(depth - 1)), throw)
        self.flow(throw, join)
        return split, join

    def _race(self, depth: int) -> tuple[str, str]:
        race, merge = self.node("race", Kind.RACE), self.node("exclusive", Kind.EXCLUSIVE)
        for _ in range(self.between(2, 3)):
            what = self.one_of((What.TIMER, What.MESSAGE))
            event = Event(what, days=self.between(1, 9)) if what is What.TIMER else Event(what, self.new("message"))
            catch = self.node("event", Kind.CATCH, event=event)
            self.flow(race, catch)
            self.flow(self.after(catch, self.block(depth - 1)), merge)
        return race, merge
