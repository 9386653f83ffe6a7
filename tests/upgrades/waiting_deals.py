"""A company whose deals wait at every kind of place at which a deal can wait, and the way from each of them to its end.

It runs on the program of the release whose data it makes, and on today's: it uses only what every release has.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from support.canonical_maps import MapBuilder, after, every
from support.office import Office
from support.sales_map import APPROVERS, human, sales_map

from engine.bpmn.compiled import ApprovalRule, CompiledProcess
from engine.commands.completions import complete_work_item
from engine.commands.deals import update_deal
from engine.commands.messages import deliver_message
from engine.commands.signals import deliver_signal
from engine.commands.work_items import claim_work_item
from engine.errors import MapFailed
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.message_subscription import MessageSubscription, SubscriptionKind
from engine.model.person import Person
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.timer import Timer
from engine.model.work_item import WorkItem, WorkItemState
from engine.queries.processes import process_of

MANY = 300  # more than any of these deals takes
GO = {"go": "yes"}
SEVERAL = ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"))
IN_ORDER = ApprovalRule(mode="list", approvers=("oksana", "petro"), in_order=True)


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a deal: its result, how often a step of each element was done, and each element was passed."""

    result: str
    completed: Mapping[str, int]
    walked: Mapping[str, int]

    @classmethod
    def of(cls, office: Office, title: str) -> Ending:
        with office.database.read() as session:
            deal = session.scalars(select(Deal).where(Deal.title == title)).one()
            instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
            done = select(WorkItem.element_id).where(
                WorkItem.deal_id == deal.id, WorkItem.state == WorkItemState.COMPLETED
            )
            return cls(deal.result.value, dict(sorted(Counter(session.scalars(done)).items())), dict(instance.walked))


def arrange(office: Office) -> None:
    """Open one deal for each kind of wait, titled by it, and bring it there."""
    office.publish()
    office.open_deal(title="a step")
    _prepared(office, "a step that somebody took")
    office.do("iryna", claim_work_item, _step(office, "a step that somebody took", "legal").id)
    _prepared(office, "a join with one of three branches there")
    _complete(office, _step(office, "a join with one of three branches there", "legal"))
    deal = _prepared(office, "a step with a timer beside it")
    for approver in APPROVERS:
        _complete(office, _step(office, deal.title, approver))

    office.publish(sales_map({"legal": SEVERAL, "finance": IN_ORDER}))
    _prepared(office, "an approval by three, given by one")
    first = next(one for one in _open(office, "an approval by three, given by one") if one.element_id == "legal")
    _complete(office, first)

    for number, (title, (drawing, steps)) in enumerate(_DRAWN.items()):
        process = _map_with(drawing, f"map_{number}")
        office.publish(process)
        office.open_deal(title=title, definition_key=process.key)
        for step in steps:
            try:
                _complete(office, _step(office, title, step))
            except MapFailed:
                assert title == "an incident"


def finish(office: Office, title: str) -> None:
    """Bring the deal to its end, always in the same way: events first, then steps, then time."""
    for _ in range(MANY):
        if _is_over(office, title):
            return
        for attempt in (_tell, _do, _let_time_pass, _change_data):
            if attempt(office, title):
                break
    raise AssertionError(f"{title}: the deal does not end")


def _prepared(office: Office, title: str) -> Deal:
    deal = office.open_deal(title=title)
    _complete(office, _step(office, title, "prepare"))
    return deal


def _timer(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("pause", builder.timer("pause", after(days=2))), builder.step("after")


def _timer_that_comes_again_and_again_beside_a_step(builder: MapBuilder) -> tuple[str, ...]:
    step = builder.step("work")
    builder.boundary("nag", step, builder.timer("nag", every(days=1)), interrupting=False)
    builder.chain("nag", builder.step("nagged"), builder.end("nagged_end"))
    return (step,)


def _timer_that_ends_a_step(builder: MapBuilder) -> tuple[str, ...]:
    gateway = builder.gateway("parallel", "split")
    step = builder.step("slow")
    builder.boundary("late", step, builder.timer("late", after(days=3)))
    builder.chain("late", builder.step("instead"), builder.end("late_end"))
    builder.chain(gateway, builder.catch("long", builder.timer("long", after(days=4))), builder.end("long_end"))
    return gateway, step


def _message(builder: MapBuilder) -> tuple[str, ...]:
    paid = builder.message("paid", "payment", {"number": "= deal.number"})
    return builder.catch("paid", paid), builder.step("ship")


def _message_beside_a_step(builder: MapBuilder) -> tuple[str, ...]:
    step = builder.step("talk")
    builder.boundary("called_off", step, builder.message("called_off", "call off"))
    builder.chain("called_off", builder.step("say_goodbye"), builder.end("off"))
    return (step,)


def _signal(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("season", builder.signal("season")), builder.step("sell")


def _condition(builder: MapBuilder) -> tuple[str, ...]:
    return builder.catch("ready", builder.conditional("ready", 'deal.go = "yes"')), builder.step("go")


def _whichever_comes_first(builder: MapBuilder) -> tuple[str, ...]:
    gateway = builder.gateway("eventBased", "whichever")
    answer = builder.catch("answer", builder.message("answer", "answer"))
    builder.chain(gateway, builder.catch("silence", builder.timer("silence", after(days=5))), builder.end("quiet"))
    return gateway, answer, builder.step("read")


def _several_at_once_one_of_them_done(builder: MapBuilder) -> tuple[str, ...]:
    return builder.step("each", builder.multi_instance("each", cardinality="3")), builder.step("sum_up")


def _several_in_turn_one_of_them_done(builder: MapBuilder) -> tuple[str, ...]:
    turn = builder.step("turn", builder.multi_instance("turn", sequential=True, cardinality="3"))
    return turn, builder.step("sum_up")


def _loop_in_its_second_round(builder: MapBuilder) -> tuple[str, ...]:
    loop = builder.standard_loop("again", completion_condition='deal.go = "yes"')
    return builder.step("again", loop), builder.step("enough")


def _sub_process(builder: MapBuilder) -> tuple[str, ...]:
    with builder.scope("part"):
        builder.start("part_start")
        builder.chain("part_start", builder.step("inner"), builder.end("part_end"))
    builder.boundary("too_long", "part", builder.timer("too_long", after(days=30)))
    builder.chain("too_long", builder.end("given_up"))
    return "part", builder.step("outer")


def _called_map(builder: MapBuilder) -> tuple[str, ...]:
    with builder.called("inner_map"):
        builder.start("called_start")
        builder.chain("called_start", builder.step("called_step"), builder.end("called_end"))
    return builder.call("call", "inner_map"), builder.step("outer")


def _half_an_inclusive_join(builder: MapBuilder) -> tuple[str, ...]:
    ask, fork = builder.step("ask"), builder.gateway("inclusive", "fork", default="never")
    join, never = builder.gateway("inclusive", "join"), builder.end("never_end")
    for side in ("left", "right"):
        builder.flow(fork, builder.step(side), 'ask_outcome = "approved"')
        builder.flow(side, join)
    builder.flow(fork, never, flow_id="never")
    builder.flow(ask, fork)
    builder.flow("start", ask)
    builder.flow(join, "end")
    return ()


def _incident(builder: MapBuilder) -> tuple[str, ...]:
    step, gateway = builder.step("decide"), builder.gateway("exclusive", "which")
    builder.flow("start", step)
    builder.flow(step, gateway)
    builder.flow(gateway, "end", 'deal.go = "yes"')
    return ()


_Drawing = Callable[[MapBuilder], tuple[str, ...]]
_DRAWN: Mapping[str, tuple[_Drawing, tuple[str, ...]]] = {
    "a timer": (_timer, ()),
    "a timer that comes again and again beside a step": (_timer_that_comes_again_and_again_beside_a_step, ()),
    "a timer that ends a step": (_timer_that_ends_a_step, ()),
    "a message": (_message, ()),
    "a message beside a step": (_message_beside_a_step, ()),
    "a signal": (_signal, ()),
    "a condition": (_condition, ()),
    "whichever comes first": (_whichever_comes_first, ()),
    "several at once, one of them done": (_several_at_once_one_of_them_done, ("each",)),
    "several in turn, one of them done": (_several_in_turn_one_of_them_done, ("turn",)),
    "a loop in its second round": (_loop_in_its_second_round, ("again",)),
    "a sub-process": (_sub_process, ()),
    "a called map": (_called_map, ()),
    "an inclusive join with one of two branches there": (
        _half_an_inclusive_join,
        ("ask", "left"),
    ),
    "an incident": (_incident, ("decide",)),
}
"""How a map that has such a wait is drawn: its elements between start and end, and the steps that lead to the wait."""


def _map_with(drawing: _Drawing, key: str) -> CompiledProcess:
    builder = MapBuilder(key=key)
    builder.start()
    builder.end()
    path = drawing(builder)
    if path:
        builder.chain("start", *path, "end")
    built = builder.build({"deal", "ask_outcome"})
    steps = {
        name: human(name, name, "власник угоди", "Етап").model_copy(
            update={"outcomes": step.outcomes, "process_key": step.process_key}
        )
        for name, step in built.steps.items()
    }
    return built.model_copy(update={"steps": steps})


def _open(office: Office, title: str) -> list[WorkItem]:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
    return office.open_steps(deal)


def _step(office: Office, title: str, element_id: str) -> WorkItem:
    return next(one for one in _open(office, title) if one.element_id == element_id)


def _complete(office: Office, item: WorkItem) -> None:
    with office.database.read() as session:
        definition_id = session.get_one(ProcessInstance, item.instance_id).definition_id
        step = process_of(session, definition_id).steps[item.element_id]
        holder = item.assignee_id or session.scalar(
            select(Membership.person_id).where(Membership.department_id == item.group_id).order_by(Membership.person_id)
        )
        login = session.scalars(select(Person.login).where(Person.id == holder)).one()
    values: dict[str, Any] = {"discount": "5"} if item.element_id == "prepare" else {}
    office.do(login, complete_work_item, item.id, values, step.outcomes[0].id)


def _is_over(office: Office, title: str) -> bool:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        return instance.state is not InstanceState.RUNNING


def _tell(office: Office, title: str) -> bool:
    """Give the deal the first message or signal that it waits for."""
    with office.database.read() as session:
        found = session.execute(
            select(MessageSubscription, Deal.id)
            .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
            .join(Deal, Deal.id == ProcessInstance.deal_id)
            .where(Deal.title == title)
            .order_by(MessageSubscription.id)
        ).first()
    if found is None:
        return False
    waiting, deal_id = found
    if waiting.kind is SubscriptionKind.SIGNAL:
        with office.database.write() as session:
            deliver_signal(session, waiting.id, waiting.name, command_id=f"signal {waiting.id}", clock=office.clock)
    else:
        correlation = {**json.loads(waiting.correlation_key), "deal_id": deal_id}
        office.do("bohdan", deliver_message, waiting.name, correlation, {})
    return True


def _do(office: Office, title: str) -> bool:
    """Do the deal's oldest open step; a timer that is due sooner than a day from now comes before it."""
    items = _open(office, title)
    if not items or (title.startswith("a timer") and _let_time_pass(office, title)):
        return bool(items)
    try:
        _complete(office, items[0])
    except MapFailed:
        _change_data(office, title)
    if title.startswith("a loop") and not _is_over(office, title):
        _change_data(office, title)
    return True


def _let_time_pass(office: Office, title: str) -> bool:
    """Until the deal's next timer, unless it would wait for ever: a cycle is let come twice."""
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        due = session.scalars(
            select(Timer.due_at).where(Timer.instance_id == instance.id).order_by(Timer.due_at)
        ).first()
        ticks = instance.walked.get("nag", 0)
    if due is None or ticks > 1:
        return False
    office.clock.set(max(due, office.clock.now()) + timedelta(seconds=1))
    office.run_machinery()
    return True


def _change_data(office: Office, title: str) -> bool:
    with office.database.read() as session:
        deal = session.scalars(select(Deal).where(Deal.title == title)).one()
    office.do("bohdan", update_deal, deal.id, {"fields": GO})
    return True
