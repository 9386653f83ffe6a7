from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.at_once import at_once
from support.canonical_maps import MapBuilder, every
from support.drawn_maps import END, START, bag, chain, compiled, drawn, element, step
from support.founded_offices import FoundedOffices
from support.office import Office
from support.personal_traces import named_in
from support.sales_map import human, sales_map

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.commands import messages
from engine.commands.approved_changes import ContentApproved
from engine.commands.clients import ClientDraft
from engine.commands.deals import update_deal
from engine.commands.erasure import ErasureRequest, erase_client
from engine.commands.incidents import perform
from engine.commands.messages import MessageDelivery, NobodyWaits, deliver_message, send_message
from engine.commands.signals import deliver_signal, waiting_for_signal
from engine.commands.thrown_events import SIGNAL
from engine.db.job import Job
from engine.errors import InvalidInput, MapFailed, NotAllowed, NotFound
from engine.model.deal import Deal, DealResult
from engine.model.timer import Timer


def waiting_map() -> CompiledProcess:
    """Wait for the payment of this deal's invoice, then say so to all and ship; or be told that all stops."""
    builder = MapBuilder(key="waiting")
    builder.start()
    builder.catch("paid", builder.message("paid", "payment", {"invoice": "= deal.invoice"}))
    builder.step("ship")
    builder.throw("shout", builder.signal("season over"))
    builder.end("done")
    builder.chain("start", "paid", "ship", "shout", "done")
    return named(builder, "ship")


def listening_map() -> CompiledProcess:
    """A step that a signal interrupts, with a reminder every day."""
    builder = MapBuilder(key="listening")
    builder.start()
    builder.step("work")
    builder.boundary("stop", "work", builder.signal("season over"))
    builder.boundary("daily", "work", builder.timer("daily", every(days=1)), interrupting=False)
    builder.end("done")
    builder.end("stopped")
    builder.end("reminded")
    builder.chain("start", "work", "done")
    builder.flow("stop", "stopped")
    builder.flow("daily", "reminded")
    return named(builder, "work")


def named(builder: MapBuilder, step: str) -> CompiledProcess:
    built = builder.build({"deal"})
    return built.model_copy(update={"steps": {step: human(step, step, "власник угоди", "Етап")}})


@pytest.fixture
def invoiced(office: Office) -> Deal:
    office.publish(waiting_map())
    return office.open_deal(definition_key="waiting", fields={"invoice": "17"})


def test_a_message_wakes_the_deal_that_it_names(office: Office, invoiced: Deal) -> None:
    other = office.open_deal(definition_key="waiting", fields={"invoice": "18"})
    told = office.do("olena", deliver_message, "payment", {"invoice": 17}, {"sum": "100"})
    assert told.deal_ids == (invoiced.id,)
    assert [one.element_id for one in office.open_steps(invoiced)] == ["ship"]
    assert office.open_steps(other) == []
    assert office.deal(invoiced).fields["sum"] == "100"


def test_a_message_for_nobody_or_for_a_strangers_deal_says_so(office: Office, invoiced: Deal) -> None:
    for login, correlation in (("olena", {"invoice": "99"}), ("danylo", {"invoice": "17"}), ("olena", {})):
        with pytest.raises(NobodyWaits):
            office.do(login, deliver_message, "payment", correlation, {})
    with pytest.raises(NobodyWaits):
        office.do("olena", deliver_message, "payment", {"invoice": "17", "deal_number": "2026-09999"}, {})
    assert office.deal(invoiced).result is DealResult.OPEN


def test_what_an_awaited_message_is_known_by_is_erased_and_the_deal_itself_still_names_it(office: Office) -> None:
    office.publish(waiting_map())
    phone = "+380 67 123 45 67"
    client = ClientDraft(name="Марія Іваненко", phone=phone)
    known = {"invoice": phone}
    deal = office.open_deal(definition_key="waiting", client=client, fields=known)
    other = office.open_deal("taras", definition_key="waiting", fields={"invoice": "+380 50 765 43 21"})
    assert "message_subscription.correlation_key" in named_in(office, "67 123 45 67")
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    assert named_in(office, "67 123 45 67", "671234567") == []
    named = {"deal_id": deal.id}
    for login, correlation in (("admin", known), ("admin", {"deal_id": other.id}), ("danylo", named | known)):
        with pytest.raises(NobodyWaits):
            office.do(login, deliver_message, "payment", correlation, {})
    assert office.do("admin", deliver_message, "payment", named | known, {}).deal_ids == (deal.id,)
    assert [one.element_id for one in office.open_steps()] == ["ship"]


def test_a_repeated_message_wakes_once(office: Office, invoiced: Deal) -> None:
    for _ in range(2):
        office.do("olena", deliver_message, "payment", {"invoice": "17"}, {}, command_id="bank 5")
    assert office.kinds(invoiced).count("message_received") == 1


def noted_approval_map() -> CompiledProcess:
    """An approval, with a message beside it that anybody who speaks for the deal may send."""
    builder = MapBuilder(key="noted")
    builder.start()
    builder.step("legal")
    builder.boundary("note", "legal", builder.message("note", "note"), interrupting=False)
    builder.end("done")
    builder.end("noted")
    builder.chain("start", "legal", "done")
    builder.flow("note", "noted")
    steps = sales_map().steps
    asks = human("ask", "ask", "власник угоди", "Етап").model_copy(update={"fields": steps["prepare"].fields})
    return builder.build({"deal"}).model_copy(update={"steps": {"legal": steps["legal"], "ask": asks}})


def test_a_message_changes_nothing_that_is_being_approved_but_may_bring_other_values(office: Office) -> None:
    office.publish(noted_approval_map())
    deal = office.open_deal(definition_key="noted", fields={"discount": "5"})
    for behind in ({"discount": "50"}, {"discount.share": "50"}, {"discount": None}):
        with pytest.raises(ContentApproved):
            office.do("olena", deliver_message, "note", {"deal_id": deal.id}, behind)
    assert office.deal(deal).fields["discount"] == "5"
    office.do("olena", deliver_message, "note", {"deal_id": deal.id}, {"discount": "5", "tracking": "17"})
    assert office.deal(deal).fields["tracking"] == "17"
    with pytest.raises(ContentApproved):  # it is before them by now: the approval is of the deal as a whole
        office.do("olena", deliver_message, "note", {"deal_id": deal.id}, {"tracking": "18"})


def season_map() -> CompiledProcess:
    """Wait for a message to all; the deal's kind says where to go then, and a deal of no known kind fails."""
    builder = MapBuilder(key="season")
    builder.start()
    builder.catch("opened", builder.message("opened", "season open"))
    builder.gateway("exclusive", "kind")
    builder.step("ship")
    builder.end()
    builder.chain("start", "opened", "kind")
    builder.flow("kind", "ship", 'deal.kind = "goods"')
    builder.flow("ship", "end")
    return named(builder, "ship")


def send(office: Office, command_id: str | None = None) -> MessageDelivery:
    return send_message(
        office.database,
        "season open",
        {},
        {},
        actor=office.actor("olena"),
        clock=office.clock,
        command_id=command_id,
    )


def test_of_several_deals_one_whose_map_fails_holds_no_other_back(office: Office) -> None:
    office.publish(season_map())
    kinds = ("goods", "nothing known", "goods")
    first, broken, last = (office.open_deal(definition_key="season", fields={"kind": kind}) for kind in kinds)

    told = send(office, "season 1")

    assert (told.deal_ids, told.failed_deal_ids) == ((first.id, last.id), (broken.id,))
    assert [one.element_id for one in office.open_steps(last)] == ["ship"]
    assert "incident_recorded" in office.kinds(broken)


def test_a_repeated_message_to_several_reaches_who_was_meant_at_first_and_nobody_twice(office: Office) -> None:
    office.publish(season_map())
    first, mended = (office.open_deal(definition_key="season", fields={"kind": kind}) for kind in ("goods", "none"))
    send(office, "season 1")
    later = office.open_deal(definition_key="season", fields={"kind": "goods"})
    office.do("olena", update_deal, mended.id, {"fields": {"kind": "goods"}})

    told = send(office, "season 1")

    assert (told.deal_ids, told.failed_deal_ids) == ((first.id, mended.id), ())
    assert office.kinds(first).count("message_received") == 1
    assert office.open_steps(later) == []


def payments(*, in_turn: bool = False) -> CompiledProcess:
    """Two payments are awaited, side by side or one after the other; then the goods are shipped."""
    loop = "<multiInstanceLoopCharacteristics{}><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    said = bag(етап="Оплата", термін="2 р.д.", відповідальний="власник угоди")
    repeated = loop.format(' isSequential="true"' if in_turn else "")
    paid = element("receiveTask", "paid", "Оплата надійшла", said + repeated, messageRef="m")
    ship = step("ship", "Відвантажити", етап="Оплата", термін="2 р.д.", відповідальний="власник угоди")
    around = '<message id="m" name="Оплата"/>'
    return compiled(START, paid, ship, END, chain("start", "paid", "ship", "end"), around=around)


def test_a_message_is_for_one_run_of_a_repeated_receive_task(office: Office) -> None:
    """Three payments are awaited: one that came was taken for all of them."""
    office.publish(payments())
    first, second = office.open_deal(), office.open_deal()
    for left in (["paid"], ["ship"]):
        told = send_message(
            office.database, "Оплата", {"deal_id": first.id}, {}, actor=office.actor("olena"), clock=office.clock
        )
        assert told.deal_ids == (first.id,)
        assert [one.element_id for one in office.open_steps(first)] == left
    assert [one.element_id for one in office.open_steps(second)] == ["paid", "paid"]


MESSAGE = '<messageEventDefinition messageRef="m"/>'
OWN = {"етап": "Пропозиція", "термін": "2 р.д.", "відповідальний": "власник угоди"}


def awaited(where: str) -> tuple[str, ...]:
    """A part that hears the offer of a supplier at that place, and looks at it in its step ``read``."""
    inner = ('<startEvent id="in"/>', step("read", **OWN), '<endEvent id="out"/>', chain("read", "out"))
    work = step("work", **OWN)
    match where:
        case "catch":
            event = element("intermediateCatchEvent", "offer", "Пропозиція", MESSAGE + bag(**OWN))
            return (*inner, event, chain("in", "offer", "read"))
        case "receive":
            return (
                *inner,
                element("receiveTask", "offer", "", bag(**OWN), messageRef="m"),
                chain("in", "offer", "read"),
            )
        case "border":
            border = element("boundaryEvent", "offer", "", MESSAGE, attachedToRef="work")
            return (*inner, work, border, chain("in", "work", "out"), chain("offer", "read"))
    started = element("startEvent", "offer", "", MESSAGE) + step("read", **OWN) + chain("offer", "read")
    handler = element("subProcess", "handler", "", started, triggeredByEvent="true")
    return (inner[0], inner[2], work, handler, chain("in", "work", "out"))


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("where", ["catch", "receive", "border", "event sub-process"])
def test_a_message_is_for_one_run_of_a_part_that_waits_for_it(office: Office, where: str, called: bool) -> None:
    """Two suppliers are asked side by side: the first offer to come was taken for both."""
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    inner = "".join(awaited(where))
    around = '<message id="m" name="Пропозиція"/>'
    if called:
        around += element("process", "asking", "", inner)
        part = element("callActivity", "ask", "Спитати", loop, calledElement="asking")
    else:
        part = element("subProcess", "ask", "Спитати", loop + inner)
    outcome = compile_bpmn(
        {"a.bpmn": drawn(START, part, END, chain("start", "ask", "end"), around=around)}, process_key="sale"
    )
    assert outcome.process is not None, outcome.findings
    office.publish(outcome.process)
    deal = office.open_deal()
    for heard in (1, 2):
        send_message(
            office.database, "Пропозиція", {"deal_id": deal.id}, {}, actor=office.actor("olena"), clock=office.clock
        )
        assert [one.element_id for one in office.open_steps(deal)].count("read") == heard


@pytest.mark.parametrize("fits", [True, False])
def test_what_a_message_is_known_by_has_a_length_that_both_databases_find(office: Office, fits: bool) -> None:
    """A longer one stops the deal with a sentence; PostgreSQL refused the row, and completing the step failed."""
    letters = random.Random(5).choices("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", k=880 if fits else 1_995)  # noqa: S311
    invoice = "".join(letters)
    builder = MapBuilder(key="waiting")
    builder.start()
    builder.step("ship")
    builder.catch("paid", builder.message("paid", "ї" * 300, {"invoice": "= deal.invoice"}))
    builder.end("done")
    builder.chain("start", "ship", "paid", "done")
    office.publish(named(builder, "ship"))
    deal = office.open_deal(definition_key="waiting", fields={"invoice": invoice})
    if not fits:
        with pytest.raises(MapFailed) as failed:
            office.complete("olena", "ship")
        assert failed.value.params["problem_code"] == "VALUES_TOO_LARGE"
        return
    office.complete("olena", "ship")
    told = office.do("olena", deliver_message, "ї" * 300, {"invoice": invoice}, {})
    assert told.deal_ids == (deal.id,)


@pytest.fixture
def on_postgresql(postgresql_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    with founded.at_work(postgresql_database_url) as office:
        yield office


@pytest.mark.postgres
@pytest.mark.parametrize("in_turn", [False, True])
def test_two_messages_of_one_moment_are_for_two_runs(on_postgresql: Office, *, in_turn: bool) -> None:
    """Both find the first run waiting; the second was answered that nobody waits, and the payment was lost."""
    office = on_postgresql
    office.publish(payments(in_turn=in_turn))
    deal, actor = office.open_deal(), office.actor("olena")

    def pay(session: Session) -> MessageDelivery:
        return deliver_message(session, "Оплата", {"deal_id": deal.id}, {}, actor=actor, clock=office.clock)

    at_once(office.database, pay, pay)
    assert [one.element_id for one in office.open_steps(deal)] == ["ship"]


def raced(
    office: Office, monkeypatch: pytest.MonkeyPatch, name: str, meanwhile: Callable[[], object]
) -> MessageDelivery:
    """Send a message to all; ``meanwhile`` happens once it is known who waits, and before anybody is told."""
    happening = [meanwhile]

    def perform_and_wait(*arguments: Any, **more: Any) -> Any:
        done = perform(*arguments, **more)
        if happening:
            happening.pop()()
        return done

    monkeypatch.setattr(messages, "perform", perform_and_wait)
    return send_message(
        office.database, name, {}, {}, actor=office.actor("olena"), clock=office.clock, command_id=f"{name} 1"
    )


def test_of_two_messages_of_one_moment_to_several_deals_each_is_for_a_run_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run was gone, and the deal heard one of the two only."""
    office.publish(payments())
    deals = [office.open_deal(), office.open_deal()]
    send = partial(send_message, office.database, "Оплата", {}, {}, actor=office.actor("olena"), clock=office.clock)
    for told in (raced(office, monkeypatch, "Оплата", send), send_again(office, "Оплата")):
        assert told.deal_ids == tuple(deal.id for deal in deals)
        for deal in deals:
            assert [one.element_id for one in office.open_steps(deal)] == ["ship"]
            assert office.kinds(deal).count("message_received") == 2


def racing_map() -> CompiledProcess:
    """Whichever comes first, the answer of the client or what people say, ends the wait for the other."""
    builder = MapBuilder(key="racing")
    builder.start()
    builder.element("eventBasedGateway", "race")
    builder.catch("answered", builder.message("answered", "answer"))
    builder.step("given_up")
    builder.step("go_on")
    builder.end("done")
    builder.chain("start", "race", "answered", "go_on", "done")
    builder.chain("race", "given_up", "done")
    steps = {one: human(one, one, "власник угоди", "Етап") for one in ("given_up", "go_on")}
    return builder.build({"deal"}).model_copy(update={"steps": steps})


def test_a_deal_whose_gateway_waits_no_more_is_not_told_and_not_said_to_be(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repetition of such a message was answered by an error of the program."""
    office.publish(racing_map())
    lost, waiting = (office.open_deal(definition_key="racing") for _ in range(2))
    give_up = partial(office.complete, "olena", "given_up", deal=lost)
    for told in (raced(office, monkeypatch, "answer", give_up), send_again(office, "answer")):
        assert told == MessageDelivery((waiting.id,))
        assert office.kinds(lost).count("message_received") == 0
        assert office.kinds(waiting).count("message_received") == 1


def test_a_message_that_came_too_late_everywhere_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.publish(racing_map())
    deals = [office.open_deal(definition_key="racing") for _ in range(2)]

    def give_up() -> None:
        for deal in deals:
            office.complete("olena", "given_up", deal=deal)

    with pytest.raises(NobodyWaits):
        raced(office, monkeypatch, "answer", give_up)


def send_again(office: Office, name: str) -> MessageDelivery:
    return send_message(
        office.database, name, {}, {}, actor=office.actor("olena"), clock=office.clock, command_id=f"{name} 1"
    )


def test_a_signal_leaves_the_deal_and_wakes_those_that_wait_once(office: Office, invoiced: Deal) -> None:
    office.publish(listening_map())
    listener = office.open_deal(definition_key="listening")
    office.do("olena", deliver_message, "payment", {"invoice": "17"}, {})
    office.complete("olena", "ship")
    assert "event_thrown" in office.kinds(invoiced)
    with office.database.read() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == SIGNAL))
        waiting = waiting_for_signal(session, "season over", thrown_by=job.payload["instance_id"])
    assert len(waiting) == 1
    for expected in (True, False):
        with office.database.write() as session:
            woken = deliver_signal(session, waiting[0], "season over", command_id="once", clock=office.clock)
            assert woken is expected
    assert office.open_steps(listener) == []
    assert office.deal(listener).closed_at is not None


@pytest.mark.parametrize("interrupting_first", [True, False])
def test_a_signal_of_another_deal_happens_to_all_on_one_border(office: Office, *, interrupting_first: bool) -> None:
    """What interrupts comes last: it takes away what has not heard the signal yet."""
    events = {
        name: element(
            "boundaryEvent",
            f"{name}_event",
            "",
            '<signalEventDefinition signalRef="over"/>',
            attachedToRef="host",
            cancelActivity=str(name == "instead").lower(),
        )
        for name in ("instead", "beside")
    }
    parts = (START, *(step(one, відповідальний="власник угоди", етап="Етап") for one in ("host", *events)), END)
    ways = chain("start", "host", "end") + "".join(chain(f"{name}_event", name, "end") for name in events)
    drawn_events = list(events.values()) if interrupting_first else list(events.values())[::-1]
    around = '<signal id="over" name="season over"/>'
    office.publish(compiled(*parts, *drawn_events, ways, around=around))
    deal = office.open_deal(definition_key="sale")
    with office.database.read() as session:
        waiting = waiting_for_signal(session, "season over", thrown_by=0)
    for number in waiting:
        with office.database.write() as session:
            command = f"signal {number}"
            assert deliver_signal(session, number, "season over", command_id=command, clock=office.clock)
    assert sorted(one.element_id for one in office.open_steps(deal)) == ["beside", "instead"]


def test_a_row_number_that_was_given_again_is_not_taken_for_the_event_that_had_it(office: Office) -> None:
    """SQLite gives the number of the last row once more when that row is gone."""
    office.publish(listening_map())
    listener = office.open_deal(definition_key="listening")
    with office.database.read() as session:
        (number,) = waiting_for_signal(session, "season over", thrown_by=0)
    with office.database.write() as session:
        assert not deliver_signal(session, number, "season begun", command_id="late", clock=office.clock)
    assert [one.element_id for one in office.open_steps(listener)] == ["work"]


def test_a_cycle_ticks_once_a_day_and_skips_what_was_missed(office: Office) -> None:
    office.publish(listening_map())
    deal = office.open_deal(definition_key="listening")
    office.wait(days=1)
    assert office.kinds(deal).count("timer_fired") == 1
    office.wait(days=3, hours=1)
    assert office.kinds(deal).count("timer_fired") == 2
    with office.database.read() as session:
        (timer,) = session.scalars(select(Timer))
        assert timer.due_at > office.clock.now()


def test_a_stranger_cannot_be_guessed_from_a_deal_id(office: Office, invoiced: Deal) -> None:
    with pytest.raises((NobodyWaits, NotFound)):
        office.do("danylo", deliver_message, "payment", {"deal_id": invoiced.id, "invoice": "17"}, {})


def test_a_message_start_opens_a_deal_with_what_the_message_says(office: Office) -> None:
    builder = MapBuilder(key="orders")
    builder.start()
    builder.start("ordered", builder.message("ordered", "order"))
    builder.step("confirm")
    builder.end()
    builder.chain("start", "confirm", "end")
    builder.flow("ordered", "confirm")
    office.publish(named(builder, "confirm").model_copy(update={"start_messages": ("order",)}))
    values = {"client": "ТОВ «Замовник»", "amount": "1200.50", "basket": [1, 2]}
    told = office.do("olena", deliver_message, "order", {}, values, command_id="shop 1")
    again = office.do("olena", deliver_message, "order", {}, values, command_id="shop 1")
    assert (told.deal_ids, told.opened_deal_id) == ((), again.opened_deal_id)
    with office.database.read() as session:
        deal = session.get_one(Deal, told.opened_deal_id)
        assert (deal.title, str(deal.amount), deal.fields) == ("order", "1200.50", {"basket": [1, 2]})
    assert [one.element_id for one in office.open_steps(deal)] == ["confirm"]
    with pytest.raises(InvalidInput):
        office.do("olena", deliver_message, "order", {}, {"client_id": 10**9})
    with pytest.raises(NotAllowed):
        office.do("iryna", deliver_message, "order", {}, values)
