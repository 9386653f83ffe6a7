"""Whether a deal is whole: nothing lost, nothing doubled, and all that is stored tells the same story."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session
from support.canonical_maps import context

from engine.bpmn import stepper
from engine.bpmn.spec import build_spec
from engine.bpmn.waits import Waits, waits_of
from engine.model.history_event import HistoryEvent
from engine.model.message_subscription import MessageSubscription
from engine.model.notice import Notice, NoticeKind
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import LIVE, WorkItem, WorkItemState
from engine.queries.history import chain_faults
from engine.queries.processes import process_of

NOTICES = {
    "reminder_sent": NoticeKind.DEADLINE_NEAR,
    "head_told": NoticeKind.STEP_LATE,
    "step_reassigned": NoticeKind.STEP_HANDED,
}


def assert_deal_is_whole(session: Session, deal_id: int) -> None:
    """The chain holds, each step was recorded once, the rows agree with the instance's state, no letter is missing."""
    assert chain_faults(session, deal_id) == ()
    instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal_id)).one()
    _assert_rows_agree_with_state(session, instance)
    _assert_each_step_is_recorded_once(session, instance)
    _assert_people_are_told(session, instance)


def events(session: Session, deal_id: int) -> Counter[str]:
    """How many events of each kind the deal's history holds."""
    return Counter(session.scalars(select(HistoryEvent.kind).where(HistoryEvent.deal_id == deal_id)))


def completed(session: Session, deal_id: int) -> Counter[str]:
    """How often a step of each element was completed."""
    done = select(WorkItem.element_id).where(WorkItem.deal_id == deal_id, WorkItem.state == WorkItemState.COMPLETED)
    return Counter(session.scalars(done))


def _waits(session: Session, instance: ProcessInstance) -> Waits:
    if instance.state is not InstanceState.RUNNING:
        return Waits()
    spec = build_spec(process_of(session, instance.definition_id))
    return waits_of(stepper.load(spec, instance.execution_state, context()))


def _assert_rows_agree_with_state(session: Session, instance: ProcessInstance) -> None:
    waits = _waits(session, instance)
    items = session.scalars(
        select(WorkItem.activity_id).where(WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE))
    )
    assert sorted(items) == sorted(waits.steps)
    timers = session.scalars(select(Timer).where(Timer.instance_id == instance.id))
    assert {(one.activity_id, one.node_id): one.due_at for one in timers} == {
        key: one.due_at for key, one in waits.timers.items()
    }
    messages = session.scalars(select(MessageSubscription).where(MessageSubscription.instance_id == instance.id))
    assert {(one.activity_id, one.node_id) for one in messages} == set(waits.messages)


def _assert_each_step_is_recorded_once(session: Session, instance: ProcessInstance) -> None:
    rows = session.execute(
        select(HistoryEvent.work_item_id, HistoryEvent.kind).where(
            HistoryEvent.deal_id == instance.deal_id,
            HistoryEvent.kind.in_(("step_opened", "step_completed", "step_cancelled")),
        )
    )
    recorded = Counter((row.work_item_id, row.kind) for row in rows)
    expected: Counter[tuple[int, str]] = Counter()
    for item in session.scalars(select(WorkItem).where(WorkItem.instance_id == instance.id)):
        expected[item.id, "step_opened"] += 1
        if item.state not in LIVE:
            expected[item.id, f"step_{item.state.value}"] += 1
    assert recorded == expected


def _assert_people_are_told(session: Session, instance: ProcessInstance) -> None:
    """Each notice that the history tells of is a row, once per person; and no row is there without its event."""
    items = set(session.scalars(select(WorkItem.id).where(WorkItem.instance_id == instance.id)))
    told = {
        (event.work_item_id, NOTICES[event.kind])
        for event in session.scalars(
            select(HistoryEvent).where(HistoryEvent.deal_id == instance.deal_id, HistoryEvent.kind.in_(NOTICES))
        )
    }
    notices = Counter(notice for notice in _notices(session) if notice[0] in items)
    assert {(item, kind) for item, kind, _ in notices} == told
    assert set(notices.values()) <= {1}


def _notices(session: Session) -> list[tuple[int, NoticeKind, int]]:
    """Work item, kind and person of every notice; read once a session, which may look at thousands of deals."""
    if "notices" not in session.info:
        rows = select(Notice.work_item_id, Notice.kind, Notice.person_id).where(Notice.kind.in_(NOTICES.values()))
        session.info["notices"] = [tuple(row) for row in session.execute(rows)]
    found: list[tuple[int, NoticeKind, int]] = session.info["notices"]
    return found
