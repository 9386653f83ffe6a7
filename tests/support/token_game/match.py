"""The engine and the token game, side by side: every act is done to both, and what can be seen of them is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol, TypeVar

from support.canonical_maps import MONDAY
from support.instance_run import InstanceRun
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
from support.token_game.canonical import as_canonical
from support.token_game.drawing import compiled
from support.token_game.game import TokenGame
from support.token_game.maps import Failed, Graph, Kind, Node, What, written

from engine.bpmn import spec as spec_module
from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.guards import NotWaiting
from engine.bpmn.runtime import (
    CompleteCall,
    CompleteStep,
    DeliverMessage,
    EvaluateConditions,
    FireTimer,
    OpenedCall,
    OpenedMessage,
    OpenedStep,
    OpenedTimer,
    StepContext,
    Stimulus,
)
from engine.bpmn.stepper import step
from engine.errors import MapFailed

_Keys = Counter[tuple[Any, ...]]
_Opened = TypeVar("_Opened", OpenedStep, OpenedTimer, OpenedMessage, OpenedCall)

BYTES_ALIVE = 160  # of state, at most, for each thing that is alive
BYTES_AT_ALL = 200  # and for the instance


class Refused(Exception):
    """The importer says that the map cannot be executed."""


class TakesBack(Refused):
    """A return takes back what is open in other branches, which the standard leaves open: nothing to compare."""


@dataclass(frozen=True)
class Seen:
    """Everything that waits, by its element as drawn."""

    steps: _Keys
    timers: _Keys
    messages: _Keys
    calls: _Keys
    finished: bool
    variables: dict[str, Any]


class Run(Protocol):
    """One instance, as its rows show it."""

    process: CompiledProcess
    now: datetime
    state: bytes | None
    steps: dict[str, OpenedStep]
    timers: dict[tuple[str, str], OpenedTimer]
    messages: dict[tuple[str, str], OpenedMessage]
    calls: dict[str, OpenedCall]

    @property
    def last(self) -> Any: ...

    def apply(self, stimulus: Stimulus) -> Any: ...
    def context(self) -> StepContext: ...


def begin_in_core(process: CompiledProcess, now: datetime) -> InstanceRun:
    """An instance of the execution core alone."""
    return InstanceRun(process, at=now)


class Match:
    """One map; ``acts`` is everything that was done to it so far. Raises AssertionError where the two differ.

    ``begin`` starts an instance: the execution core alone, unless the product's commands are to drive it.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        drawn: bool,
        begin: Callable[[CompiledProcess, datetime], Run] | None = None,
        now: datetime = MONDAY,
        zone: tzinfo = UTC,
        publish: Callable[[CompiledProcess], object] | None = None,
    ) -> None:
        self.begin = begin or begin_in_core
        self.now = now
        self.zone = zone
        self.graph = graph
        self.drawn = drawn
        self.nodes = {node.node_id: node for node in graph.everything()}
        self.flows = list(graph.all_flows())
        self.by_message = {
            node.event.name: node.node_id
            for node in self.nodes.values()
            if node.event and node.event.what is What.MESSAGE
        }
        self.process = self._process()
        if publish is not None:
            publish(self.process)
        self.kept = spec_module.build_spec(self.process).lookups.kept & graph.variables()
        self.acts: list[Act] = []
        self.failures = 0
        self.left_open = 0
        self.began = False
        self._begin()

    def _process(self) -> CompiledProcess:
        if not self.drawn:
            return as_canonical(self.graph)
        outcome = compiled(self.graph)
        if outcome.process is None:
            raise Refused(", ".join(f"{found.code} at {found.element_id}" for found in outcome.findings))
        if any(found.code == "RETURN_TAKES_BACK" for found in outcome.findings):
            raise TakesBack
        return outcome.process

    def _begin(self) -> None:
        self.last: Stimulus | None = None
        said = engine = ""
        try:
            self.game = TokenGame(self.graph, self.now, self.zone, errors_end=self.drawn)
            self.game.start()
        except Failed as failed:
            said = repr(failed)
        try:
            self.run: Run = self.begin(self.process, self.now)
        except MapFailed as failed:
            engine = f"{failed!r} {failed.params}"
        self.began = not said
        self._agree_on_failure(said, engine)
        if self.began:
            self.compare()

    def _agree_on_failure(self, said: str, engine: str) -> None:
        if bool(said) != bool(engine):
            self._differ(f"the game: {said or 'goes on'}; the engine: {engine or 'goes on'}")

    def _differ(self, how: str) -> None:
        """Raise, unless the importer's automatic elements only chose another of the orders that are left open."""
        if not (self.drawn and self.game.left_open):
            raise AssertionError(how)
        self.left_open += 1
        self.began = False

    # what can happen now -----------------------------------------------------------------------------------------
    def open_steps(self) -> list[tuple[Node, int]]:
        """Each element at which steps wait, with how many."""
        return self._counted(wait.node for _, wait in self.game.steps())

    def open_choices(self) -> list[tuple[Node, int]]:
        return self._counted(wait.node for _, wait in self.game.choices())

    def open_services(self) -> list[tuple[Node, int]]:
        return self._counted(wait.node for _, wait in self.game.steps(Kind.SERVICE))

    def open_events(self, *kinds: What) -> list[tuple[Node, int]]:
        return self._counted(wait.node for _, wait in self.game.events(*kinds))

    @staticmethod
    def _counted(nodes: Iterator[Node]) -> list[tuple[Node, int]]:
        found = list(nodes)
        unique = {node.node_id: node for node in found}
        return [(unique[node_id], sum(node.node_id == node_id for node in found)) for node_id in sorted(unique)]

    # acts --------------------------------------------------------------------------------------------------------
    def perform(self, act: Act, *, crash: bool = False) -> None:
        """Do it to both. ``crash``: the engine's step is computed and thrown away first, then done again."""
        self.acts.append(act)
        match act:
            case NewProcess():
                spec_module._cache.clear()  # what a cold process has
                self.process = CompiledProcess.model_validate_json(self.process.model_dump_json())
                self.run.process = self.process
            case Restart():
                self._begin()
            case Repeated():
                self._repeat()
            case Look():
                self._step(EvaluateConditions(), crash=crash)
            case FireEarly():
                timer = self._timers(act.timer)[act.nth]
                if timer.due_at > self.now:
                    self._step(FireTimer(timer.activity_id, timer.node_id, timer.due_at), crash=crash)
            case _:
                self._both(act, crash=crash)
        if self.began:
            self.compare()

    def _both(self, act: Complete | Choose | Fire | Deliver | Answer, *, crash: bool) -> None:
        stimulus = self._stimulus(act)
        before = self.game.copy()
        said = engine = ""
        try:
            self._play(act)
        except Failed as failed:
            said = repr(failed)
        try:
            self._step(stimulus, crash=crash)
        except MapFailed as failed:
            engine = f"{failed!r} {failed.params}"
        self._agree_on_failure(said, engine)
        if said:  # the engine stays where it was, and so does the game
            self.failures += 1
            self.game = before
        else:
            self.last = stimulus

    def _play(self, act: Complete | Choose | Fire | Deliver | Answer) -> None:
        match act:
            case Complete():
                self.game.complete(act.step, act.nth, act.outcome, act.values)
            case Choose():
                self.game.choose(act.ad_hoc, act.nth, act.part)
            case Fire():
                self.game.happen(act.timer, act.nth, self.now)
            case Deliver():
                self.game.happen(act.event, act.nth, self.now)
            case Answer():
                self.game.answer(act.service, act.nth, act.error)

    def _stimulus(self, act: Complete | Choose | Fire | Deliver | Answer) -> Stimulus:
        match act:
            case Complete():
                return CompleteStep(self._steps(act.step)[act.nth].activity_id, act.outcome, act.values)
            case Choose():
                return self._choice(act)
            case Fire():
                timer = self._timers(act.timer)[act.nth]
                self.now = max(self.now, timer.due_at) + timedelta(days=act.late)
                return FireTimer(timer.activity_id, timer.node_id, timer.due_at)
            case Deliver():
                told = self._told_by_hand(self.nodes[act.event], act.nth) if act.by_hand else None
                if told is not None:
                    return told
                message = self._messages(act.event)[act.nth]
                return DeliverMessage(message.activity_id, message.node_id)
            case Answer():
                call = self._oldest_first(
                    each for each in self.run.calls.values() if self._drawn_id(each.element_id) == act.service
                )[act.nth]
                return CompleteCall(call.activity_id, {}, act.error)

    def _choice(self, act: Choose) -> CompleteStep:
        """The button that begins the part, or ends it all."""
        opened = self._steps(act.ad_hoc)[act.nth]
        outcomes = self.process.steps[opened.element_id].outcomes
        pressed = next(one for one in outcomes if act.part in (one.label, "" if one.kind == "completed" else None))
        return CompleteStep(opened.activity_id, pressed.id)

    def _told_by_hand(self, node: Node, nth: int) -> CompleteStep | None:
        """Of a drawn message: the step in which a person says that it came, and the button for it."""
        if not self.drawn or node.event is None or node.event.what is not What.MESSAGE:
            return None
        message = self._messages(node.node_id)[nth]
        for opened in self.run.steps.values():
            definition = self.process.steps[opened.element_id]
            if opened.element_id != self._host_of(message.node_id):
                continue
            if definition.kind is StepKind.EVENT and definition.source_id == node.node_id:
                return CompleteStep(self._steps(node.node_id)[nth].activity_id, "completed")
            for outcome in definition.outcomes:
                if outcome.label == node.node_id:
                    hosts = self._oldest_first(
                        each for each in self.run.steps.values() if each.element_id == opened.element_id
                    )
                    return CompleteStep(hosts[nth].activity_id, outcome.id) if len(hosts) > nth else None
        return None

    def _host_of(self, boundary_id: str) -> str | None:
        spec = spec_module.build_spec(self.process)
        for scope in spec.scopes.values():
            for task_spec in scope.task_specs.values():
                if boundary_id in getattr(task_spec, "boundary", ()):
                    return str(task_spec.bpmn_id)
        return None

    def _step(self, stimulus: Stimulus, *, crash: bool) -> None:
        """The state is decoded at every step; a crashed one leaves nothing behind, and comes out the same again."""
        self.run.now = self.now
        lost = step(self.process, self.run.state, stimulus, self.run.context()) if crash else None
        result = self.run.apply(stimulus)
        assert lost is None or lost == result, "the same step came out differently"

    def _repeat(self) -> None:
        """Twice delivered, the same stimulus finds nothing, or says so."""
        if self.last is None or not self._is_gone(self.last):
            return
        before = self.run.state
        try:
            self._step(self.last, crash=False)
        except NotWaiting:
            assert not isinstance(self.last, FireTimer), "a stale timer is no error"
        else:
            assert isinstance(self.last, FireTimer)
            assert self.run.state == before

    def _is_gone(self, stimulus: Stimulus) -> bool:
        """Not so for an event beside a step: a second message is a second message."""
        if isinstance(stimulus, DeliverMessage):
            return (stimulus.activity_id, stimulus.node_id) not in self.run.messages
        return True

    # the engine's waits, by the element as drawn -----------------------------------------------------------------
    def _drawn_id(self, executed: str) -> str:
        if not self.drawn or executed in self.nodes:
            return executed
        return self.process.elements[executed]

    @staticmethod
    def _oldest_first(opened: Iterator[_Opened]) -> list[_Opened]:
        return sorted(opened, key=lambda each: int(each.activity_id))

    def _source(self, opened: OpenedStep) -> str:
        return self.process.steps[opened.element_id].source_id

    def _steps(self, node_id: str) -> list[OpenedStep]:
        return self._oldest_first(each for each in self.run.steps.values() if self._source(each) == node_id)

    def _timers(self, node_id: str) -> list[OpenedTimer]:
        return self._oldest_first(each for each in self.run.timers.values() if self._drawn_id(each.node_id) == node_id)

    def _messages(self, node_id: str) -> list[OpenedMessage]:
        return self._oldest_first(each for each in self.run.messages.values() if self._awaited(each) == node_id)

    def _awaited(self, opened: OpenedMessage) -> str:
        return self.by_message[opened.name] if opened.kind == "message" else self._drawn_id(opened.node_id)

    # what is compared --------------------------------------------------------------------------------------------
    def compare(self) -> None:
        seen, expected = self.seen(), self.expected()
        if seen != expected:
            self._differ(difference(seen, expected))
            return
        waits = any((seen.steps, seen.timers, seen.messages, seen.calls))
        assert seen.finished or waits, "nothing waits, and it is not over"
        assert self.run.state is not None
        if self.run.state[1] == 0:  # not compressed
            bound = (
                BYTES_AT_ALL + BYTES_ALIVE * self.game.size + sum(len(name) + 20 for name in self.run.last.variables)
            )
            assert len(self.run.state) <= bound, f"{len(self.run.state)} bytes for {self.game.size} things"

    def seen(self) -> Seen:
        run = self.run
        return Seen(
            steps=Counter((self._source(each), each.index) for each in run.steps.values()),
            timers=Counter((self._drawn_id(each.node_id), each.due_at) for each in run.timers.values()),
            messages=Counter((self._awaited(each), each.kind) for each in run.messages.values()),
            calls=Counter((self._drawn_id(each.element_id),) for each in run.calls.values()),
            finished=run.last.finished,
            variables={name: value for name, value in run.last.variables.items() if name in self.kept},
        )

    def expected(self) -> Seen:
        game = self.game
        return Seen(
            steps=Counter((wait.node.node_id, wait.index) for _, wait in (*game.steps(), *game.choices()))
            + self._stand_ins(),
            timers=Counter((wait.node.node_id, wait.due) for _, wait in game.events(What.TIMER)),
            messages=Counter(
                (wait.node.node_id, wait.event.what.value)
                for _, wait in game.events(What.MESSAGE, What.SIGNAL)
                if wait.event is not None
            ),
            calls=Counter((wait.node.node_id,) for _, wait in game.steps(Kind.SERVICE)),
            finished=game.finished,
            variables={name: value for name, value in game.store.items() if name in self.kept},
        )

    def _stand_ins(self) -> _Keys:
        """Where a drawn message comes from outside, a person can say that it came: one step for each race."""
        steps: _Keys = Counter()
        races: set[int] = set()
        for area, wait in self.game.events(What.MESSAGE) if self.drawn else ():
            if wait.node.kind is not Kind.CATCH:
                continue
            if wait.race is None:
                steps[wait.node.node_id, None] += 1
            elif wait.race not in races:
                races.add(wait.race)
                steps[area.graph.entering(wait.node.node_id)[0].source, None] += 1
        return steps


def difference(seen: Seen, expected: Seen) -> str:
    lines = ["the engine and the token game differ:"]
    for each in fields(Seen):
        engine, game = getattr(seen, each.name), getattr(expected, each.name)
        if engine != game:
            lines.append(f"  {each.name}: engine {_shown(engine)}, standard {_shown(game)}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, Counter):
        return str(sorted((" ".join(map(str, key)), count) for key, count in value.items()))
    return str(value)


def script(match_: Match) -> str:
    """The map and everything that was done to it, as Python that does it again."""
    acts = "".join(f"    {act!r},\n" for act in match_.acts)
    return f"replay(\n{written(match_.graph, 1)},\n    [\n{acts}    ],\n    drawn={match_.drawn},\n)"


def replay(graph: Graph, acts: list[Act], *, drawn: bool) -> Match:
    """What ``script`` wrote."""
    match_ = Match(graph, drawn=drawn)
    for act in acts:
        match_.perform(act)
    return match_
