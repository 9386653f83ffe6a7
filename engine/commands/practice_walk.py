"""Walking a practice deal: the real commands on a private database, under a clock that moves when it is told to.

A practice is kept as the list of what was done. Walking the list again gives the same deal, row numbers included, so
any web process can go on with it, and taking back the last action is leaving it out.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Reauthentication
from engine.bpmn.runtime import DeliverMessage
from engine.clock import SettableClock
from engine.commands.clients import ClientDraft
from engine.commands.completions import complete_work_item
from engine.commands.deals import DealDraft, open_deal
from engine.commands.escalations import escalate_work_item
from engine.commands.execution import run_step
from engine.commands.history import record
from engine.commands.incidents import perform
from engine.commands.locks import lock_instance
from engine.commands.practice_calls import answer_in_practice, make_own_calls
from engine.commands.practice_files import with_imagined_files
from engine.commands.practice_seed import seed
from engine.commands.timers import fire_timer
from engine.db.sandbox import Sandbox
from engine.errors import N_, Conflict, DomainError, MapFailed, NotFound
from engine.events import MessageReceived
from engine.model.message_subscription import MessageSubscription
from engine.model.process_definition import ProcessDefinition
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem
from engine.policy.call_requests import read_answer
from engine.policy.history_chain import canonical_json
from engine.policy.permissions import Actor
from engine.policy.reauthentication import Reauthenticated
from engine.queries.actors import actor_of

T = TypeVar("T")

MOST_HAPPENINGS = 300
"""Timers and rungs of escalation in one passage of time: a timer of every second must not fill a day."""
_KEPT = 256  # stands; each takes some tens of kilobytes


class TooMuchHappens(Conflict):
    """Timers of the map come so often that time cannot be put forward that far at once."""

    code: ClassVar[str] = "too_much_happens"
    template: ClassVar[str] = N_("More than %(limit)s things would happen until then. Go forward by a shorter time.")


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True)


class OpenDeal(_Action):
    """Open the deal at the aware instant ``at``, owned by ``person_id``.

    ``client`` holds the fields of ClientDraft, ``client_fields`` what else the map reads of a client.
    """

    type: Literal["open"] = "open"
    at: datetime
    person_id: int
    title: str
    amount: Decimal | None = None
    currency: str = "UAH"
    close_date: date | None = None
    client: Mapping[str, str] = {}
    client_fields: Mapping[str, Any] = {}
    fields: Mapping[str, Any] = {}
    message: str | None = None


class DoStep(_Action):
    """A person does a step. ``values`` are the form's texts as ``locale`` writes them, moments those of ``zone``."""

    type: Literal["do"] = "do"
    work_item_id: int
    person_id: int
    outcome: str
    values: Mapping[str, Any] = {}
    comment: str = ""
    locale: Literal["uk", "en"] = "uk"
    zone: str = "Europe/Kyiv"


class PassTime(_Action):
    """Time passes until an aware instant; what becomes due meanwhile happens at its moment."""

    type: Literal["pass"] = "pass"
    until: datetime


class Hear(_Action):
    """The message or signal comes that the subscription waits for."""

    type: Literal["hear"] = "hear"
    subscription_id: int


class Answer(_Action):
    """What another system would answer to the call of an activity: fields by name, or the code of an ``error``.

    A text is read as an answer is: numbers stay exact however the action is kept.
    """

    type: Literal["answer"] = "answer"
    activity_id: str
    values: Mapping[str, Any] = {}
    error: str = ""


Action = Annotated[OpenDeal | DoStep | PassTime | Hear | Answer, Field(discriminator="type")]
_ACTION: TypeAdapter[OpenDeal | DoStep | PassTime | Hear | Answer] = TypeAdapter(Action)


def stored(action: Action) -> dict[str, Any]:
    """The action as JSON."""
    return action.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a practice stands: all of its database, compressed, and its time."""

    image: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Walked:
    """``done`` of the actions could be walked. Where that is not all of them, ``problem`` says what stood against it:
    the map or the company is another one now.
    """

    stand: Stand
    done: int
    problem: DomainError | None = None


class PracticeWalk:
    """One practice, awake: in the thread that made it, until it is closed."""

    def __init__(self, stand: Stand) -> None:
        self.database = Sandbox(stand.image)
        self.clock = SettableClock(stand.now)

    def close(self) -> None:
        self.database.dispose()

    def stand(self) -> Stand:
        return Stand(self.database.image(), self.clock.now())

    def take(self, action: Action) -> None:
        """Do it, and whatever is due at once after it. Raises what the command raises: the walk is of no use then."""
        match action:
            case OpenDeal():
                self._open_deal(action)
            case DoStep():
                self._do_step(action)
            case Hear():
                self._perform(lambda session: self._hear(session, action))
            case Answer():
                self._perform(lambda session: self._answer(session, action))
            case PassTime():
                self._pass_time(action.until)
        self._pass_time(self.clock.now())

    def _open_deal(self, action: OpenDeal) -> None:
        self.clock.set(action.at)
        draft = DealDraft(
            title=action.title,
            definition_key=self._map_key(),
            client=_client(action),
            close_date=action.close_date,
            amount=action.amount,
            currency=action.currency,
            fields=action.fields,
        )
        actor = self._actor(action.person_id)
        self._perform(
            lambda session: open_deal(session, draft, actor=actor, clock=self.clock, message=action.message), actor
        )

    def _map_key(self) -> str:
        with self.database.read() as session:
            return session.scalars(select(ProcessDefinition.key)).one()

    def _do_step(self, action: DoStep) -> None:
        actor = self._actor(action.person_id)
        self._perform(
            lambda session: complete_work_item(
                session,
                action.work_item_id,
                with_imagined_files(session, action.work_item_id, action.values, actor=actor, at=self.clock.now()),
                action.outcome,
                action.comment,
                actor=actor,
                clock=self.clock,
                locale=action.locale,
                # Who practises plays many people and knows the passwords of none; nothing real is decided here.
                proof=Reauthenticated(actor.person_id, Reauthentication.CODE, self.clock.now(), by="practice"),
                zone=action.zone,
            ),
            actor,
        )

    def _hear(self, session: Session, action: Hear) -> None:
        subscription = session.get(MessageSubscription, action.subscription_id)
        if subscription is None:
            raise NotFound
        instance = lock_instance(session, subscription.instance_id)
        told = MessageReceived(name=subscription.name, values={})
        at = self.clock.now()
        record(session, told, actor=Actor.system(), at=at, deal=instance.deal)
        stimulus = DeliverMessage(subscription.activity_id, subscription.node_id)
        run_step(session, instance, stimulus, actor=Actor.system(), at=at, asked_by_id=instance.deal.owner_id)

    def _answer(self, session: Session, action: Answer) -> None:
        values = {
            name: read_answer(value.encode(), "", ()) if isinstance(value, str) else value
            for name, value in action.values.items()
        }
        answer_in_practice(session, action.activity_id, values, action.error, at=self.clock.now())

    def _pass_time(self, until: datetime) -> None:
        failed: set[tuple[str, int]] = set()
        for _ in range(MOST_HAPPENINGS):
            make_own_calls(self._perform, at=self.clock.now())
            due = self._next_due(failed)
            if due is None or due.at > until:
                self.clock.set(max(self.clock.now(), until))
                return
            self.clock.set(max(self.clock.now(), due.at))
            if not self._happens(due):
                failed.add((due.kind, due.id))
        raise TooMuchHappens(limit=MOST_HAPPENINGS)

    def _next_due(self, failed: set[tuple[str, int]]) -> _Due | None:
        """The timer or the rung that is due first, those that failed in this passage left out."""
        with self.database.read() as session:
            timers = session.execute(select(Timer.id, Timer.due_at))
            rungs = session.execute(
                select(WorkItem.id, WorkItem.next_escalation_at).where(
                    WorkItem.state.in_(LIVE), WorkItem.next_escalation_at.is_not(None)
                )
            )
            found = [_Due(at, "timer", number) for number, at in timers]
            found += [_Due(at, "rung", number) for number, at in rungs if at is not None]
        return min((one for one in found if (one.kind, one.id) not in failed), default=None, key=_Due.order)

    def _happens(self, due: _Due) -> bool:
        """False where the map failed at it: the failure is recorded, as it is for a real deal."""
        try:
            if due.kind == "timer":
                return self._perform(lambda session: fire_timer(session, due.id, clock=self.clock))
            return self._perform(lambda session: escalate_work_item(session, due.id, clock=self.clock))
        except MapFailed:
            return False

    def _actor(self, person_id: int) -> Actor:
        with self.database.read() as session:
            return actor_of(session, person_id, self.clock.now())

    def _perform(self, command: Callable[[Session], T], actor: Actor | None = None) -> T:
        return perform(self.database, command, actor=actor or Actor.system(), clock=self.clock)


def _client(action: OpenDeal) -> ClientDraft:
    typed: dict[str, Any] = dict(action.client)
    return ClientDraft(**typed, fields=action.client_fields)


@dataclass(frozen=True, slots=True)
class _Due:
    at: datetime
    kind: Literal["timer", "rung"]
    id: int

    def order(self) -> tuple[datetime, str, int]:
        """A timer goes before a rung of the same moment: it may end the step."""
        return (self.at, "" if self.kind == "timer" else self.kind, self.id)


class _Stands:
    """Where practices stood lately, by what led there: least recently used first. Any of them can be walked anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, Stand] = OrderedDict()

    def get(self, way: str) -> Stand | None:
        with self._lock:
            stand = self._kept.get(way)
            if stand is not None:
                self._kept.move_to_end(way)
            return stand

    def keep(self, way: str, stand: Stand) -> None:
        with self._lock:
            self._kept[way] = stand
            self._kept.move_to_end(way)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_stands = _Stands()


def walk(session: Session, definition: ProcessDefinition, actions: Sequence[Any]) -> Walked:
    """The practice on ``definition`` after ``actions`` (as JSON), from the furthest stand that is known.

    ``session`` reads the company. What cannot be walked, because the map or the company was changed, ends the walk.
    """
    ways = _ways(session, definition, actions)
    for done in range(len(actions), 0, -1):
        stand = _stands.get(ways[done])
        if stand is not None:
            return _on(stand, actions, ways, done) if done < len(actions) else Walked(stand, done)
    return _on(_beginning(session, definition), actions, ways, 0)


def _on(stand: Stand, actions: Sequence[Any], ways: Sequence[str], done: int) -> Walked:
    walking = PracticeWalk(stand)
    try:
        for number in range(done, len(actions)):
            try:
                walking.take(_ACTION.validate_python(actions[number]))
            except DomainError as problem:
                # Taken back as a whole: some of it may have happened before it failed.
                return Walked(_on(stand, actions[:number], ways, done).stand, number, problem)
        reached = walking.stand()
    finally:
        walking.close()
    _stands.keep(ways[len(actions)], reached)
    return Walked(reached, len(actions))


def _beginning(session: Session, definition: ProcessDefinition) -> Stand:
    sandbox = Sandbox()
    try:
        seed(sandbox, session, definition)
        return Stand(sandbox.image(), definition.created_at)
    finally:
        sandbox.dispose()


def _ways(session: Session, definition: ProcessDefinition, actions: Sequence[Any]) -> list[str]:
    """What tells apart where the first 0, 1, 2… actions lead: the installation, the map's content, the actions."""
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    ways = [_digest(url, str(definition.id), definition.content_hash)]
    for action in actions:
        ways.append(_digest(ways[-1], canonical_json(action).decode()))
    return ways


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
