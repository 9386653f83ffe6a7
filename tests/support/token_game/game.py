"""The token game: an interpreter of BPMN 2.0, written from chapters 10 and 13 of the standard and not from the engine.

Tokens lie on sequence flows (the engine keeps them as tasks at elements); inclusive joins search forward at run time
(the engine looks up what was computed backwards); event sub-processes, boundary events and links are what is drawn
(the engine gets what the importer made of it).

Where the standard leaves an order open, the game says: what needs nobody is done in the order in which it became
possible; conditions and inclusive joins are looked at when all else has come to rest, outer scopes first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from io import BytesIO
from itertools import islice
from typing import Any

from support.token_game.awaited_tokens import is_awaited
from support.token_game.copying import Giver, Keeper
from support.token_game.maps import Event, Failed, Flow, Graph, Kind, Node, Says, Store, What
from support.token_game.standing import can_go_on
from support.token_game.waits import (
    Area,
    Done,
    Ready,
    Wait,
    are_kin,
    is_ad_hoc,
    is_apart,
    is_beside_others,
    is_of_multi_instance,
    is_orphan,
    runs_around,
    stands_in,
)

_DECISIVE = ("rejected", "returned", "approved")
_IN_CIRCLES = 500
_ACTIVITIES = frozenset(
    {Kind.STEP, Kind.SERVICE, Kind.SCRIPT, Kind.RULE, Kind.SCOPE, Kind.CALL, Kind.HANDLER, Kind.AD_HOC}
)
_LOOK_AROUND = frozenset({Kind.INCLUSIVE, Kind.COMPLEX})


class TokenGame:
    """One instance of a map. ``store`` holds what its decisions read.

    ``left_open``: in this act an event was thrown while something else needed nobody, either: which of them comes first
    is for no standard to say, and who draws one more automatic element between them may see another order. So it is
    where one of those that were completed in one act is undone, and which of them was the last decides.
    """

    def __init__(self, graph: Graph, now: datetime, zone: tzinfo = UTC, *, errors_end: bool = False) -> None:
        self.zone = zone  # a day later is the same hour there
        self.errors_end = errors_end  # an error that nobody catches ends the map
        parts = (graph, *graph.everything(), *graph.all_flows(), *graph.inner_graphs())
        self._map: dict[int, object] = {id(part): part for part in parts}
        self.kept = graph.variables()
        self.now = now
        self.store: dict[str, Any] = {}
        self.numbers = 0
        self.ready: deque[Ready] = deque()
        self.left_open = False
        self.acts = 0
        self.compensating: list[Wait] = []
        self.root = Area(graph, self._number())

    def start(self) -> None:
        """A token on the start event."""
        self._begin(self.root)
        self._settle()

    def copy(self) -> TokenGame:
        """The same game on the same map, to come back to."""
        file = BytesIO()
        Keeper(file, self._map).dump(self)
        file.seek(0)
        game: TokenGame = Giver(file, self._map).load()
        return game

    # what can be observed ----------------------------------------------------------------------------------------
    def areas(self) -> list[Area]:
        """All that run, in the order in which they began."""
        found = [self.root]
        for area in found:
            found += [wait.area for wait in area.waits if wait.area is not None]
        return sorted(found, key=lambda area: area.number)

    def waiting(self) -> Iterator[tuple[Area, Wait]]:
        """Everything that waits, in the order in which it began to."""
        found = [(area, wait) for area in self.areas() for wait in area.waits]
        return iter(sorted(found, key=lambda pair: pair[1].number))

    def steps(self, kind: Kind = Kind.STEP) -> list[tuple[Area, Wait]]:
        return [(area, wait) for area, wait in self.waiting() if wait.node.kind is kind and not wait.is_frame]

    def choices(self) -> list[tuple[Area, Wait]]:
        """Where somebody can say what begins next in an ad-hoc sub-process."""
        return [(area, wait) for area, wait in self.waiting() if wait.choice]

    def events(self, *kinds: What) -> list[tuple[Area, Wait]]:
        return [
            (area, wait)
            for area, wait in self.waiting()
            if wait.node.kind not in _ACTIVITIES and wait.event is not None and wait.event.what in kinds
        ]

    @property
    def finished(self) -> bool:
        return self._is_over(self.root)

    @property
    def size(self) -> int:
        """How many things are alive."""
        alive = sum(1 + len(area.waits) + len(area.tokens) + len(area.fired) for area in self.areas())
        completed = [done for area in self.areas() for done in area.done]
        completed += [done for _, wait in self.waiting() for done in (*wait.pending, *wait.undoable)]
        return alive + sum(done.size for done in completed)

    # stimuli -----------------------------------------------------------------------------------------------------
    def complete(self, step: str, nth: int, outcome: str, values: dict[str, Any]) -> None:
        self._begin_act()
        area, wait = [pair for pair in self.steps() if pair[1].node.node_id == step][nth]
        self._write(area, values, given=True)
        if wait.frame is not None and wait.node.repeat is not None and not wait.node.repeat.loop:
            wait.frame.outcomes.append(outcome)
            outcome = next((kind for kind in _DECISIVE if kind in wait.frame.outcomes), outcome)
        self._decide(area, step, outcome)
        self._leave(area, wait)
        self._close(area)
        self._settle()

    def choose(self, ad_hoc: str, nth: int, part: str) -> None:
        """Begin ``part`` next, or nothing more."""
        self._begin_act()
        area, wait = [pair for pair in self.choices() if pair[1].node.node_id == ad_hoc][nth]
        rule = wait.node.ad_hoc
        assert rule is not None
        area.waits.remove(wait)
        if part:
            if not rule.in_turn:
                self._offer(area)
            self._open(area, area.graph.nodes[part])
        elif not rule.leaves:
            self._clear(area)
        self._close(area)
        self._settle()

    def answer(self, service: str, nth: int, error: str | None = None) -> None:
        """The worker came back, with ``error`` or well."""
        self._begin_act()
        area, wait = [pair for pair in self.steps(Kind.SERVICE) if pair[1].node.node_id == service][nth]
        if error is None:
            self._leave(area, wait)
            self._close(area)
        else:
            self._raise(Event(What.ERROR, error), area, wait.frame or wait)
        self._settle()

    def happen(self, event: str, nth: int, now: datetime) -> None:
        """A timer, message or signal came."""
        self._begin_act()
        self.now = now
        area, wait = [pair for pair in self.waiting() if pair[1].node.node_id == event][nth]
        self._happen(area, wait)
        self._settle()

    # the game ----------------------------------------------------------------------------------------------------
    def _begin_act(self) -> None:
        self.acts += 1
        self.left_open = False

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _write(self, area: Area, values: dict[str, Any], *, given: bool = False) -> None:
        """All see it, but those that have a value of their own from beside whoever wrote it.

        ``given``: a person says it, and of a run. It is of that run alone: those beside it see what they saw before.
        """
        values = {name: value for name, value in values.items() if name in self.kept}
        if given:
            self._see_on(area, values)
        self.store |= values
        writers = list(runs_around(area))
        for run in self._runs():
            if not is_beside_others(run):
                continue
            apart = any(
                is_beside_others(around) and around not in writers and any(are_kin(around, one) for one in writers)
                for around in [run, *(runs_around(run.area.outer) if run.area and run.area.outer else ())]
            )
            for name, value in values.items():
                if run in writers or (name in run.written and not apart):
                    run.written[name] = value

    def _see_on(self, area: Area, names: Iterable[str]) -> None:
        for one in runs_around(area):
            for run in self._runs():
                if run is not one and is_beside_others(one) and are_kin(run, one) and run.area is not None:
                    seen = self._seen(run.area)
                    run.written = {name: seen.get(name) for name in names} | run.written

    def _runs(self) -> list[Wait]:
        return [area.owner for area in self.areas() if area.owner is not None]

    def _begin(self, area: Area) -> None:
        """From the first moment on, event sub-processes listen."""
        for handler in area.graph.handlers():
            assert handler.inner is not None
            self._open(area, handler.inner.start(), handler=handler)
        if area.owner is not None and area.owner.node.kind is Kind.AD_HOC:
            self._offer(area)
        else:
            self.ready.append(Ready(area, area.graph.start()))

    def _offer(self, area: Area) -> None:
        """Everything in the ad-hoc sub-process that no flow leads to can begin now."""
        assert area.owner is not None
        area.waits.append(Wait(area.owner.node, self._number(), choice=True))

    def _part_is_over(self, area: Area) -> None:
        """13.3.5: each time that something completes the condition is looked at."""
        assert area.owner is not None
        rule = area.owner.node.ad_hoc
        assert rule is not None
        if rule.variable and Says(rule.variable).holds(self._seen(area)):
            if rule.leaves:
                area.waits = [wait for wait in area.waits if not wait.choice]
            elif not rule.in_turn:
                self._clear(area)
        elif rule.in_turn:
            self._offer(area)

    def _settle(self) -> None:
        acted = 0
        while self.ready or self._wake_one():
            while self.ready:
                ready = self.ready.popleft()
                acted += 1
                if acted > _IN_CIRCLES:
                    raise Failed("it runs in circles without anybody")
                if not ready.area.alive or (ready.wait is not None and ready.wait not in ready.area.waits):
                    continue
                if ready.wait is None:
                    self._act(ready.area, ready.node)
                else:
                    self._leave(ready.area, ready.wait)
                self._close(ready.area)
        if not self.finished and not can_go_on(self):
            raise Failed("nothing frees what waits, and it is not over")

    def _is_over(self, area: Area) -> bool:
        busy = area.tokens or any(wait.handler is None for wait in area.waits)
        return not busy and all(ready.area is not area for ready in self.ready)

    def _close(self, area: Area) -> None:
        """When its last token is gone, so is what listened beside it; the activity around it completes."""
        if not area.alive or not self._is_over(area):
            return
        area.waits.clear()
        area.fired.clear()
        if area.owner is not None and area.outer is not None:
            self.ready.append(Ready(area.outer, area.owner.node, area.owner))

    def _emit(self, area: Area, flows: list[Flow]) -> None:
        for flow in flows:
            self._arrive(area, flow, area.graph.nodes[flow.target])

    def _arrive(self, area: Area, flow: Flow, node: Node) -> None:
        incoming = area.graph.entering(node.node_id)
        if node.kind is Kind.PARALLEL and len(incoming) > 1:
            area.tokens.append(flow)
            if all(way in area.tokens for way in incoming):
                for way in incoming:
                    area.tokens.remove(way)
                self.ready.append(Ready(area, node))
        elif node.kind in _LOOK_AROUND and len(incoming) > 1:
            area.tokens.append(flow)
            if node.kind is Kind.COMPLEX:
                self._activate(area, node)
        elif node.kind in _ACTIVITIES or (node.kind is Kind.CATCH and node.event is not None):
            self._open(area, node)
        else:
            self.ready.append(Ready(area, node))

    def _act(self, area: Area, node: Node) -> None:
        flows = area.graph.leaving(node.node_id)
        for step in node.forgets:
            self._decide(area, step, None)
            if f"{step}_outcome" in self.kept:
                self.store[f"{step}_outcome"] = None
        match node.kind:
            case Kind.EXCLUSIVE:
                flows = list(islice(self._chosen(area, flows), 1))
            case Kind.INCLUSIVE | Kind.COMPLEX:
                flows = list(self._chosen(area, flows))
            case Kind.RACE:
                race = self._number()
                for way in flows:
                    self._open(area, area.graph.nodes[way.target], race=race)
                return
            case Kind.THROW | Kind.END if node.event is not None and node.event.what in (What.COMPENSATE, What.CANCEL):
                self._compensate(area, node)
                return
            case Kind.THROW | Kind.END if node.event is not None:
                self.left_open |= bool(self.ready)
                mark = Ready(area, node)
                self.ready.appendleft(mark)  # withdrawn with its scope, if what catches the event withdraws that
                self._throw(node.event, area)
                if mark not in self.ready or not area.alive:
                    return
                self.ready.remove(mark)
            case _:
                pass
        self._emit(area, flows)

    def _open(
        self,
        area: Area,
        node: Node,
        *,
        race: int | None = None,
        host: Wait | None = None,
        handler: Node | None = None,
        undoes_for: Wait | None = None,
        index: int | None = None,
    ) -> None:
        wait = Wait(node, self._number(), index, host, race=race, handler=handler, undoes_for=undoes_for)
        if node.event is not None and node.event.what is What.TIMER:
            wait.due = self._later(self.now, node.event)
            wait.ticks = node.event.ticks
        if node.kind is Kind.STEP:
            self._decide(area, node.node_id, None)
        area.waits.append(wait)
        for event in area.graph.boundary_of(node.node_id):
            self._open(area, event, host=wait)
        if wait.is_frame:
            self._open_runs(area, wait)
        elif node.kind in (Kind.SCRIPT, Kind.RULE):
            self.ready.append(Ready(area, node, wait))
        elif node.inner is not None:
            self._enter(area, wait)

    def _open_runs(self, area: Area, frame: Wait) -> None:
        repeat = frame.node.repeat
        assert repeat is not None
        if repeat.count == 0:
            self.ready.append(Ready(area, frame.node, frame))
            return
        at_once = repeat.count if not repeat.loop and not repeat.in_turn and repeat.count is not None else 1
        for _ in range(at_once):
            self._open_run(area, frame)

    def _open_run(self, area: Area, frame: Wait) -> None:
        run = Wait(frame.node, self._number(), index=frame.opened, frame=frame)
        frame.opened += 1
        area.waits.append(run)
        if frame.node.kind is Kind.STEP and frame.node.repeat is not None and frame.node.repeat.loop:
            self._decide(area, frame.node.node_id, None)
        if frame.node.inner is not None:
            self._enter(area, run)

    def _enter(self, area: Area, wait: Wait) -> None:
        assert wait.node.inner is not None
        self._begin_undecided(area, wait, wait.node.inner)
        wait.area = Area(wait.node.inner, self._number(), owner=wait, outer=area)
        self._begin(wait.area)

    def _leave(self, area: Area, wait: Wait) -> None:
        """``wait`` is done: it goes, with what hangs on it, and a token goes on."""
        if wait.node.kind is Kind.SCRIPT and wait.node.writes is not None:
            self._write(area, dict([wait.node.writes]))
        if wait.node.table is not None:
            self._write(area, {wait.node.table.output: wait.node.table.decide(self._seen(area))})
        self._hand_on(area, wait)
        area.waits = [other for other in area.waits if other is not wait and other.host is not wait]
        if wait.race is not None:
            self._win(area, wait)
        if wait.undoes_for is not None:
            self._undo_next(wait.undoes_for)
            return
        if wait.node.kind in _ACTIVITIES:
            self._remember(area, wait)
        if wait.frame is None:
            self._go_on(area, wait)
        else:
            self._run_is_over(area, wait, wait.frame)

    def _go_on(self, area: Area, wait: Wait) -> None:
        if wait.event is not None and wait.event.what is What.CANCEL:
            self._throw(wait.event, area)
            return
        flows = area.graph.leaving(wait.node.node_id)
        conditional = any(flow.question is not None for flow in flows)
        self._emit(area, list(self._chosen(area, flows)) if conditional else flows)
        if not flows and wait.node.kind is not Kind.HANDLER and is_ad_hoc(area):
            self._part_is_over(area)

    def _run_is_over(self, area: Area, wait: Wait, frame: Wait) -> None:
        repeat = frame.node.repeat
        assert repeat is not None
        frame.done += 1
        if self._is_enough(frame, wait.area or area):
            area.waits = [other for other in area.waits if other.frame is not frame]
            self._withdraw_orphans()
            self.ready.append(Ready(area, frame.node, frame))
        elif repeat.loop or repeat.in_turn:
            self._open_run(area, frame)

    def _is_enough(self, frame: Wait, seen_from: Area) -> bool:
        repeat = frame.node.repeat
        assert repeat is not None
        if frame.done == repeat.count:
            return True
        if not repeat.variable:
            return False
        seen = self._seen(seen_from)
        if seen.get(repeat.variable) is None:  # nor where another run has it: what is filled in is of that run
            raise Failed(repeat.variable)
        return bool(seen[repeat.variable]) is not repeat.loop

    def _withdraw(self, area: Area, wait: Wait) -> None:
        area.waits = [
            other for other in area.waits if other is not wait and other.host is not wait and other.frame is not wait
        ]
        self._withdraw_orphans()

    def _clear(self, area: Area) -> None:
        """Withdraw every token in the scope, and all that waits or listens in it; what was completed stays so."""
        area.waits.clear()
        area.tokens.clear()
        area.fired.clear()
        self.ready = deque(ready for ready in self.ready if ready.area is not area)
        self._withdraw_orphans()

    def _withdraw_orphans(self) -> None:
        """What threw a compensation is withdrawn: so is what undoes something for it, with its border."""
        left = True
        while left:
            left = False
            standing = {id(wait) for _, wait in self.waiting()}
            for area in self.areas():
                kept = [wait for wait in area.waits if not is_orphan(wait, standing)]
                left |= len(kept) < len(area.waits)
                area.waits = kept
        self._give_back()

    @staticmethod
    def _win(area: Area, wait: Wait) -> None:
        area.waits = [other for other in area.waits if other is wait or other.race != wait.race]

    # compensation ------------------------------------------------------------------------------------------------
    def _remember(self, area: Area, wait: Wait) -> None:
        """10.7.2: only what is completed can be undone; a loop when all of it is over, and each of its runs."""
        node = wait.node
        if wait.is_frame:
            area.done += wait.undoable
            return
        inside: list[Done] = []
        if area.graph.undone_by(node.node_id) is None:
            inside = [] if wait.area is None else wait.area.done
            whole = None if node.inner is None else node.inner.undone_as_a_whole_by()
            if not inside and whole is None:
                return
        done = Done(node, wait.index, inside, self.acts)
        if wait.frame is None:
            area.done.append(done)
        else:
            wait.frame.undoable.append(done)

    def _compensate(self, area: Area, node: Node) -> None:
        """13.5.5: undo what was completed, the last first; the event goes on when that is done."""
        assert node.event is not None
        self.left_open |= bool(self.ready)
        if node.event.what is What.CANCEL:
            self._clear(area)
        wait = Wait(node, self._number(), place=area, pending=self._taken_out(area, node.event.name))
        area.waits.append(wait)
        self.compensating.append(wait)
        self._undo_next(wait)

    def _give_back(self) -> None:
        """What a withdrawn compensation had not undone yet is completed still, and can be undone by another one."""
        standing = {id(wait) for _, wait in self.waiting()}
        for wait in [one for one in self.compensating if id(one) not in standing]:
            for done in reversed(self._left(wait)):
                home = wait.place
                while home is not None and home.graph.nodes.get(done.node.node_id) is not done.node:
                    home = home.outer
                assert home is not None
                home.done.insert(0, done)
            self.compensating.remove(wait)

    def _left(self, compensator: Wait) -> list[Done]:
        """What ``compensator`` has not undone yet, what it is undoing last."""
        left, now, around = list(compensator.pending), compensator.undoing, compensator.undone_in
        if now is None:
            return left
        if around is None or around.area is None:
            return [*left, now]
        if around.area.graph.undone_as_a_whole_by() is None:
            inside = self._left(around)
        else:
            inside = [done for one in self.compensating if stands_in(one, around.area) for done in self._left(one)]
            inside += around.area.done
        return [*left, Done(now.node, now.index, inside, now.act)]

    @staticmethod
    def _taken_out(area: Area, activity: str) -> list[Done]:
        """What a compensation thrown in ``area`` reaches: in it and, out of event sub-processes, around it."""
        taken: list[Done] = []
        around: Area | None = area
        while around is not None:
            meant = [done for done in around.done if activity in ("", done.node.node_id)]
            around.done = [done for done in around.done if done not in meant]
            taken = meant + taken
            around = around.outer if around.owner is not None and around.owner.node.kind is Kind.HANDLER else None
        return taken

    def _undo_next(self, compensator: Wait) -> None:
        assert compensator.place is not None
        compensator.undoing = compensator.undone_in = None
        if not compensator.pending:
            if compensator.area is None:
                self.ready.append(Ready(compensator.place, compensator.node, compensator))
            return
        done = compensator.undoing = compensator.pending.pop()
        self.left_open |= any(other.act == done.act for other in compensator.pending)
        home: Area | None = compensator.area or compensator.place
        while home is not None and home.graph.nodes.get(done.node.node_id) is not done.node:
            home = home.outer
        assert home is not None
        handler = home.graph.undone_by(done.node.node_id)
        if handler is None:
            self._undo_inside(home, done, compensator)
        else:
            self._open(home, handler, undoes_for=compensator, index=done.index)

    def _undo_inside(self, home: Area, done: Done, compensator: Wait) -> None:
        """What nothing undoes as a whole is undone step by step, or by the event sub-process in it."""
        assert done.node.inner is not None
        wait = Wait(done.node, self._number(), done.index, undoes_for=compensator, place=home)
        home.waits.append(wait)
        compensator.undone_in = wait
        wait.area = Area(done.node.inner, self._number(), owner=wait, outer=home)
        whole = done.node.inner.undone_as_a_whole_by()
        if whole is None:
            wait.pending = list(done.inside)
            self._undo_next(wait)
        else:
            wait.area.done = list(done.inside)
            self._open(wait.area, whole)

    # decisions ---------------------------------------------------------------------------------------------------
    def _decide(self, area: Area, step: str, outcome: str | None) -> None:
        """The store has what was said last; each run of a part knows what was said in it. None: nothing yet."""
        name = f"{step}_outcome"
        if name not in self.kept:
            return
        self.store[name] = outcome
        if outcome is None:
            del self.store[name]
        for run in runs_around(area):
            run.decided[name] = outcome

    def _begin_undecided(self, area: Area, run: Wait, inner: Graph) -> None:
        """What was said in a run of several that are apart was not said in this one; another turn looks at it."""
        names = {f"{node.node_id}_outcome" for node in inner.everything() if node.kind is Kind.STEP} & self.kept
        if is_apart(run):
            run.decided = dict.fromkeys(names)
            return
        goes_on = [one for one in area.waits if one.area is not None and one.undoes_for is None]
        twins = [one for one in goes_on if one is not run and one.node is run.node]
        for twin in twins:
            seen = {**self.store, **self._seen(area), **twin.decided}
            twin.decided = {name: seen.get(name) for name in names}
        if twins:
            run.decided = dict.fromkeys(names)

    def _hand_on(self, area: Area, run: Wait) -> None:
        """What follows a run decides by what was said in it; what follows several, by what all of them said."""
        decided = dict(run.decided) if run.area is not None else {}
        if run.frame is not None and is_of_multi_instance(run):
            for name, outcome in decided.items():
                if outcome is not None:
                    said = [run.frame.together.get(name), outcome]
                    run.frame.together[name] = next((kind for kind in _DECISIVE if kind in said), outcome)
            decided = dict(run.frame.together) if decided else {}
        for name, outcome in decided.items():
            self._decide(area, name.removesuffix("_outcome"), outcome)

    def _seen(self, area: Area) -> Store:
        seen = dict(self.store)
        for run in reversed(list(runs_around(area))):
            seen |= run.decided | run.written
        return seen

    def _chosen(self, area: Area, flows: list[Flow]) -> Iterator[Flow]:
        """The flows whose question is answered yes, in the order of the drawing; else the default."""
        none = True
        for flow in flows:
            if len(flows) < 2 or (flow.question is not None and flow.question.holds(self._seen(area))):
                none = False
                yield flow
        if none and flows:
            default = [flow for flow in flows if flow.default]
            if not default:
                raise Failed("no way is open")
            yield default[0]

    # events ------------------------------------------------------------------------------------------------------
    def _happen(self, area: Area, wait: Wait) -> None:
        if wait.race is not None:
            self._win(area, wait)
        if wait.handler is not None:
            self._start_handler(area, wait, wait.handler)
            return
        if wait.host is None:
            area.waits.remove(wait)
        elif wait.node.interrupting:
            self._withdraw(area, wait.host)
        elif self._was_last(wait):
            area.waits.remove(wait)
        self.ready.append(Ready(area, wait.node))

    def _start_handler(self, area: Area, wait: Wait, handler: Node) -> None:
        if wait.node.interrupting:
            self._clear(area)
        elif self._was_last(wait):
            area.waits.remove(wait)
        self._open(area, handler)

    def _was_last(self, wait: Wait) -> bool:
        """Whether an event beside the work happened for the last time. A clock counts on, past what was missed."""
        if wait.due is None or wait.event is None:
            return False
        if not wait.event.cycle:
            return True
        if wait.ticks is not None:
            wait.ticks -= 1
            if wait.ticks <= 0:
                return True
        while wait.due <= self.now:
            wait.due = self._later(wait.due, wait.event)
        return False

    def _later(self, moment: datetime, event: Event) -> datetime:
        return (moment.astimezone(self.zone) + timedelta(days=event.days)).astimezone(UTC)

    def _throw(self, event: Event, area: Area) -> None:
        match event.what:
            case What.TERMINATE:
                self._clear(area)
            case What.CANCEL:
                assert area.owner is not None
                assert area.outer is not None
                border = [wait for wait in area.outer.waits if wait.host is area.owner and wait.awaits(What.CANCEL)]
                self._happen(area.outer, border[0])
            case What.SIGNAL:
                for place, wait in self.events(What.SIGNAL):
                    if place.alive and wait in place.waits and wait.event is not None and wait.event.name == event.name:
                        self._happen(place, wait)
            case What.ERROR | What.ESCALATION:
                self._raise(event, area, None)
            case _:
                raise AssertionError(event)

    def _raise(self, event: Event, area: Area, host: Wait | None) -> None:
        """Hand an error or escalation to the innermost that catches it: at ``host``, in ``area``, or around it."""
        inside: Node | None = None
        around, border = area, area.waits
        while True:
            candidates = [wait for wait in border if host is not None and wait.host is host]
            candidates += [wait for wait in area.waits if wait.handler is not None and wait.handler is not inside]
            for named in (event.name, ""):
                for wait in candidates:
                    if wait.awaits(event.what) and wait.event is not None and wait.event.name == named:
                        self._happen(area if wait in area.waits else around, wait)
                        return
            if area.owner is None or area.outer is None:
                if event.what is What.ERROR and self.errors_end:
                    self._clear(area)
                elif event.what is What.ERROR:
                    raise Failed(f"nobody catches {event.name}")
                return
            host = area.owner.frame or area.owner
            inside = area.owner.node
            area = around = area.outer
            border = around.waits
            undoes_for = host.undoes_for
            while undoes_for is not None and undoes_for.place is not None:  # it is heard where that was thrown
                area, undoes_for = undoes_for.place, undoes_for.undoes_for

    def _wake_one(self) -> bool:
        for area, wait in sorted(self.events(What.CONDITION), key=lambda pair: (pair[0].number, pair[1].number)):
            assert wait.event is not None
            held, wait.held = wait.held, bool(self._seen(area).get(wait.event.name))
            if wait.held and not held:
                self._happen(area, wait)
                return True
        return self._open_inclusive()

    # inclusive joins ---------------------------------------------------------------------------------------------
    def _open_inclusive(self) -> bool:
        for area in self.areas():
            for node in area.graph.nodes.values():
                if node.kind is Kind.COMPLEX and node.enough is not None:
                    if node.node_id in area.fired and self._reset(area, node):
                        self._close(area)
                        return True
                    if self._activate(area, node):
                        return True
                if node.kind is Kind.INCLUSIVE and self._may_fire(area, node):
                    for way in {way for way in area.tokens if way.target == node.node_id}:
                        area.tokens.remove(way)
                    self.ready.append(Ready(area, node))
                    return True
        return False

    def _may_fire(self, area: Area, gateway: Node) -> bool:
        """13.4.3: no token elsewhere that can reach a flow without a token, but none of those that have one."""
        incoming = area.graph.entering(gateway.node_id)
        arrived = {way for way in area.tokens if way.target == gateway.node_id}
        if not arrived or len(incoming) < 2:
            return False
        return not is_awaited(area, gateway, arrived)

    # complex joins -----------------------------------------------------------------------------------------------
    def _activate(self, area: Area, gateway: Node) -> bool:
        """13.4.5, waiting for start: as soon as the rule holds, one token of each flow is consumed."""
        arrived = {way for way in area.tokens if way.target == gateway.node_id}
        if gateway.node_id in area.fired or not arrived or gateway.enough is None:
            return False
        entering = set(area.graph.entering(gateway.node_id))
        if not gateway.enough.holds(len(arrived), len(entering), self._seen(area)):
            return False
        for way in arrived:
            area.tokens.remove(way)
        expected = entering - arrived
        if expected:
            area.fired[gateway.node_id] = expected
        self.ready.append(Ready(area, gateway))
        return True

    def _reset(self, area: Area, gateway: Node) -> bool:
        """13.4.5, waiting for reset: over when no flow that had no token can still get one."""
        expected = area.fired[gateway.node_id]
        late = {way for way in area.tokens if way in expected}
        missing = expected - late
        if missing and is_awaited(area, gateway, set(area.graph.entering(gateway.node_id)) - missing):
            return False
        for way in late:
            area.tokens.remove(way)
        del area.fired[gateway.node_id]
        return True
