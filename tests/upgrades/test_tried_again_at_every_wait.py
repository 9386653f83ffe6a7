"""What failed at a wait is tried again: the deal goes on as if it had not failed, and comes to the same end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from upgrades.arranged_company import TITLES, Arranged, Waiting, assert_rows_agree_with_state
from upgrades.waiting_deals import GO, Ending, answer_to, finish

from engine.bpmn.inspection import waits_in
from engine.bpmn.runtime import CompleteCall, CompleteStep, DeliverMessage, EvaluateConditions, FireTimer, Stimulus
from engine.commands.call_results import answer_call, fail_call, lock_call, stop_call
from engine.commands.completions import complete_work_item
from engine.commands.execution import run_step
from engine.commands.incident_retries import IncidentOver, RetriedByPerson, retry_incident
from engine.commands.incidents import RepeatCall, perform
from engine.commands.locks import lock_instance
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.timers import fire_timer
from engine.errors import DealIsSuspended, MapFailed, NotAllowed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.model.timer import Timer
from engine.policy.permissions import Actor
from engine.queries.deal_waiting import WaitingKind
from engine.queries.processes import process_of

WHY = "Клієнт змінив умови"


@dataclass(frozen=True)
class Attempt:
    """What lets a deal go on: ``command`` as ``actor``, which brings the ``stimulus`` to the place that waits for it.

    ``decides``: a person decides there, and nobody tries again in their name.
    """

    stimulus: Stimulus | RepeatCall
    actor: Actor
    command: Callable[[Session], Any]
    decides: bool = False

    def perform(self, waiting: Waiting) -> None:
        perform(waiting.office.database, self.command, actor=self.actor, clock=waiting.office.clock)

    def fail(self, waiting: Waiting) -> None:
        """Perform it, and let the map fail at its end."""

        def command(session: Session) -> None:
            self._fail_behind(self.command(session), waiting)

        if isinstance(self.stimulus, RepeatCall):
            self.perform(waiting)
            return
        with pytest.raises(MapFailed):
            perform(waiting.office.database, command, actor=self.actor, clock=waiting.office.clock)
        if isinstance(self.stimulus, CompleteCall):
            activity_id = self.stimulus.activity_id
            with waiting.office.database.write() as session:
                stop_call(session, session.scalars(_calls(waiting).where(ServiceCall.activity_id == activity_id)).one())

    def _fail_behind(self, _done: Any, waiting: Waiting) -> None:
        """``_done`` is held, as the frames of a command that fails hold what it has changed."""
        failure = MapFailed(element="Крок", element_id="step")
        failure.instance_id, failure.deal_id = waiting.instance.id, waiting.deal.id
        failure.stimulus = self.stimulus
        raise failure


def attempts(waiting: Waiting) -> list[Attempt]:
    """One for each thing that the deal waits for; the clock moves to where its timers are due."""
    office, instance = waiting.office, waiting.instance
    system, found = Actor.system(), _steps(waiting)
    with office.database.read() as session:
        waits = waits_in(process_of(session, instance.definition_id), instance.execution_state)
        for timer in session.scalars(select(Timer).where(Timer.instance_id == instance.id).order_by(Timer.due_at)):
            office.clock.set(max(timer.due_at, office.clock.now()))
            fire = partial(fire_timer, timer_id=timer.id, clock=office.clock)
            found.append(Attempt(FireTimer(timer.activity_id, timer.node_id, timer.due_at), system, fire))
        listening = select(MessageSubscription).where(MessageSubscription.instance_id == instance.id)
        for one in session.scalars(listening.order_by(MessageSubscription.id)):
            heard = DeliverMessage(one.activity_id, one.node_id, {})
            found.append(Attempt(heard, system, partial(_run, waiting=waiting, stimulus=heard)))
        for call_id in session.scalars(_calls(waiting).where(ServiceCall.state == CallState.WAITING)):
            activity_id = session.get_one(ServiceCall, call_id).activity_id
            found.append(Attempt(CompleteCall(activity_id), system, partial(_answer, waiting=waiting, call_id=call_id)))
            given_up = partial(_give_up, waiting=waiting, call_id=call_id)
            found.append(Attempt(RepeatCall(activity_id), system, given_up))
    if waits.conditional_events:
        looked = EvaluateConditions()
        found.append(Attempt(looked, system, partial(_run, waiting=waiting, stimulus=looked)))
    return found


def _steps(waiting: Waiting) -> list[Attempt]:
    found: dict[str, Attempt] = {}
    for item in waiting.office.open_steps(waiting.deal):
        login, values, outcome = answer_to(waiting.office, item)
        actor = waiting.office.actor(login)
        complete = partial(
            complete_work_item,
            work_item_id=item.id,
            values=values,
            outcome=outcome,
            actor=actor,
            clock=waiting.office.clock,
        )
        decides = item.kind.value == "approval"
        done = CompleteStep(item.activity_id, outcome, values)
        found.setdefault(item.element_id, Attempt(done, actor, complete, decides=decides))
    return list(found.values())


def _run(session: Session, *, waiting: Waiting, stimulus: Stimulus) -> None:
    instance = lock_instance(session, waiting.instance.id)
    owner_id, at = instance.deal.owner_id, waiting.office.clock.now()
    run_step(session, instance, stimulus, actor=Actor.system(), at=at, asked_by_id=owner_id)


def _answer(session: Session, *, waiting: Waiting, call_id: str) -> None:
    answer_call(session, *lock_call(session, call_id), {}, actor=Actor.system(), at=waiting.office.clock.now())


def _give_up(session: Session, *, waiting: Waiting, call_id: str) -> None:
    call, instance = lock_call(session, call_id)
    fail_call(
        session, call, instance, "немає відповіді", retries=0, actor=Actor.system(), at=waiting.office.clock.now()
    )


def _calls(waiting: Waiting) -> Any:
    return select(ServiceCall.id).where(ServiceCall.deal_id == waiting.deal.id)


def mend_data(waiting: Waiting) -> None:
    """What the conditions ask for is there, and none of them was looked at since."""
    with waiting.office.database.write() as session:
        deal = session.get_one(Deal, waiting.deal.id)
        deal.fields = {**deal.fields, **GO}


def outcome_of(waiting: Waiting) -> dict[str, Any]:
    """Where the deal stands, without the numbers of its rows."""
    stands = waiting.stands()
    told = [(one.kind, one.name, one.who, one.due_at, one.given, one.asked) for one in stands["told"].items]
    return {
        "items": [(one[1], *one[3:8]) for one in stands["items"]],
        "timers": sorted(one[1:] for one in stands["timers"]),
        "waiting": sorted(one[1:] for one in stands["waiting"]),
        "calls": [state for _, state in stands["calls"]],
        "deal": stands["deal"],
        "told": told,
    }


def open_incidents(waiting: Waiting) -> list[Incident]:
    with waiting.office.database.read() as session:
        open_ones = select(Incident).where(Incident.deal_id == waiting.deal.id, Incident.state == IncidentState.OPEN)
        found = list(session.scalars(open_ones))
        assert session.get_one(ProcessInstance, waiting.instance.id).open_incidents == len(found)
        return found


def try_again(waiting: Waiting, attempt: Attempt) -> None:
    """By the administrator, and by nobody else; not while the deal is suspended; twice under one id is once."""
    (incident,) = open_incidents(waiting)
    retry: Callable[..., Any] = partial(waiting.office.do, "admin", retry_incident, incident.id)
    for login in ("olena", "owner"):
        with pytest.raises(NotAllowed):
            waiting.office.do(login, retry_incident, incident.id)
    if not isinstance(attempt.stimulus, EvaluateConditions):  # resuming looks at conditions by itself
        waiting.do("olena", suspend_deal, WHY)
        with pytest.raises(RetriedByPerson if attempt.decides else DealIsSuspended):
            retry()
        waiting.do("olena", resume_deal)
        assert [one.id for one in open_incidents(waiting)] == [incident.id]
    if attempt.decides:
        with pytest.raises(RetriedByPerson):
            retry()
        attempt.perform(waiting)
        return
    retry(command_id="again")
    after = waiting.rows(), waiting.length()
    retry(command_id="again")
    assert (waiting.rows(), waiting.length()) == after
    with pytest.raises(IncidentOver):
        retry()


@dataclass(frozen=True)
class GoneOn:
    """What became of the deal when nothing failed; ``number`` is that of the things it waits for."""

    number: int
    stood: dict[str, Any]
    ending: Ending


def gone_on(arranged: Arranged, title: str, turn: int) -> GoneOn:
    with arranged.copy() as company:
        waiting = Waiting.of(company, title)
        found = attempts(waiting)
        attempt = found[turn % len(found)]
        prepare(waiting, attempt)
        if not isinstance(attempt.stimulus, RepeatCall):
            attempt.perform(waiting)
        stood = outcome_of(waiting)
        finish(company, title)
        return GoneOn(len(found), stood, Ending.of(company, title))


def prepare(waiting: Waiting, attempt: Attempt) -> None:
    if waiting.deal.title == "an incident" or isinstance(attempt.stimulus, EvaluateConditions):
        mend_data(waiting)


def fail_and_try_again(arranged: Arranged, title: str, turn: int, without_failure: GoneOn) -> None:
    with arranged.copy() as company:
        waiting = Waiting.of(company, title)
        attempt = attempts(waiting)[turn % without_failure.number]
        prepare(waiting, attempt)
        before = sum(one.attempts for one in open_incidents(waiting))
        attempt.fail(waiting)
        attempt.fail(waiting)
        (incident,) = open_incidents(waiting)
        assert incident.attempts == before + 2
        assert [one.kind for one in waiting.told().items].count(WaitingKind.INCIDENT) == 1
        try_again(waiting, attempt)
        assert open_incidents(waiting) == []
        assert_rows_agree_with_state(waiting)
        assert outcome_of(waiting) == without_failure.stood, attempt.stimulus
        finish(company, title)
        assert Ending.of(company, title) == without_failure.ending, attempt.stimulus


@pytest.mark.timeout(180)
def test_what_failed_is_tried_again_as_if_it_had_not_failed(title: str, arranged: Arranged, full: bool) -> None:
    """In the long form whatever the deal waits for, in the short one something of it by turns."""
    first = 0 if full else TITLES.index(title)
    without_failure = gone_on(arranged, title, first)
    fail_and_try_again(arranged, title, first, without_failure)
    for turn in range(1, without_failure.number) if full else ():
        fail_and_try_again(arranged, title, turn, gone_on(arranged, title, turn))
