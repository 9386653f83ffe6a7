"""What event sub-processes withdraw and compensation undoes, as rows that people see: steps, timers, the deal's end."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from support.canonical_maps import MapBuilder, after
from support.office import Office
from support.sales_map import human

from engine.bpmn.compiled import CompiledProcess
from engine.commands.signals import deliver_signal, waiting_for_signal
from engine.commands.thrown_events import SIGNAL
from engine.db.job import Job
from engine.model.deal import Deal, DealResult
from engine.model.message_subscription import MessageSubscription
from engine.model.timer import Timer


def built(builder: MapBuilder, steps: Iterable[str]) -> CompiledProcess:
    process = builder.build({"deal"})
    return process.model_copy(update={"steps": {each: human(each, each, "власник угоди", "Етап") for each in steps}})


def selling_map() -> CompiledProcess:
    """Book, then deliver; when the season is over, what was booked is undone and the deal is lost."""
    builder = MapBuilder(key="selling")
    builder.start()
    builder.step("book")
    builder.step("undo_book")
    builder.undo("book", "undo_book")
    builder.step("deliver")
    builder.boundary("late", "deliver", builder.timer("late", after(days=30)), interrupting=False)
    builder.end("late_end")
    builder.end()
    builder.chain("start", "book", "deliver", "end")
    builder.flow("late", "late_end")
    with builder.event_scope("over"):
        builder.start("heard", builder.signal("season over"))
        builder.throw("undo", builder.compensate())
        builder.step("tell")
        builder.end("called off")
        builder.chain("heard", "undo", "tell", "called off")
    process = built(builder, ("book", "undo_book", "deliver", "tell"))
    return process.model_copy(update={"results": {"called off": "lost"}})


def calling_map() -> CompiledProcess:
    builder = MapBuilder(key="calling")
    builder.start()
    builder.step("close")
    builder.end("closed", builder.signal("season over"))
    builder.chain("start", "close", "closed")
    return built(builder, ("close",))


def broadcast(office: Office) -> int:
    """What a worker does with a thrown signal; how many deals it woke."""
    woken = 0
    with office.database.write() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == SIGNAL))
        for number in waiting_for_signal(session, "season over", thrown_by=job.payload["instance_id"]):
            woken += deliver_signal(session, number, "season over", command_id=f"signal {number}", clock=office.clock)
    return woken


def open_in(office: Office, deal: Deal) -> list[str]:
    return [one.element_id for one in office.open_steps(deal)]


def test_another_deals_signal_withdraws_the_work_has_it_undone_and_loses_the_deal(office: Office) -> None:
    office.publish(selling_map())
    office.publish(calling_map())
    selling = office.open_deal(definition_key="selling")
    calling = office.open_deal(definition_key="calling")
    office.complete("olena", "book", deal=selling)
    assert open_in(office, selling) == ["deliver"]
    office.complete("olena", "close", deal=calling)
    assert broadcast(office) == 1
    assert open_in(office, selling) == ["undo_book"]
    with office.database.read() as session:
        assert session.scalars(select(Timer)).all() == []
        assert session.scalars(select(MessageSubscription)).all() == []
    office.complete("olena", "undo_book", deal=selling)
    assert open_in(office, selling) == ["tell"]
    office.complete("olena", "tell", deal=selling)
    assert office.deal(selling).result is DealResult.LOST
    assert office.deal(calling).result is DealResult.WON


def test_the_signal_of_a_deal_that_is_over_wakes_nothing(office: Office) -> None:
    office.publish(selling_map())
    office.publish(calling_map())
    selling = office.open_deal(definition_key="selling")
    calling = office.open_deal(definition_key="calling")
    office.complete("olena", "book", deal=selling)
    office.complete("olena", "deliver", deal=selling)
    assert office.deal(selling).result is DealResult.WON
    office.complete("olena", "close", deal=calling)
    assert broadcast(office) == 0
    assert open_in(office, selling) == []
    assert office.deal(selling).result is DealResult.WON
