from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from support.canonical_maps import MapBuilder, after
from support.office import Office
from support.sales_map import human

from engine.bpmn.compiled import CompiledProcess
from engine.clock import Clock
from engine.commands.timers import claim_due_timers
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from tasks import timers, turns
from tasks.services import services as given
from tasks.timers import fire_due_timers, firing

pytestmark = pytest.mark.usefixtures("services")


def signing(office: Office, title: str = "Насоси") -> Deal:
    """A deal that waits for signature; a boundary timer fires after three days of silence."""
    deal = office.open_deal(title=title)
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved", deal=deal)
    return deal


def calls(office: Office, deal: Deal) -> int:
    return sum(step.element_id == "call" for step in office.open_steps(deal))


def fire_all() -> None:
    for _ in firing(given()):
        pass


def timers_left(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(Timer)) or 0


def let_three_days_pass(office: Office) -> None:
    with office.database.read() as session:
        due_at = session.scalar(select(func.max(Timer.due_at)))
    assert due_at is not None
    office.clock.set(due_at)


def test_a_timer_fires_when_its_time_has_come_and_only_once(office: Office) -> None:
    deal = signing(office)
    fire_due_timers()
    assert calls(office, deal) == 0
    let_three_days_pass(office)
    fire_due_timers()
    fire_due_timers()
    assert (calls(office, deal), timers_left(office)) == (1, 0)


def test_two_workers_fire_each_timer_once(office: Office) -> None:
    deals = [signing(office, f"Насоси {number}") for number in range(6)]
    let_three_days_pass(office)
    workers = [threading.Thread(target=fire_all) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [calls(office, deal) for deal in deals] == [1] * len(deals)
    assert all(office.kinds(deal).count("timer_fired") == 1 for deal in deals)


def test_a_long_backlog_is_fired_turn_by_turn_and_lets_what_else_waits_pass(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    deals = [signing(office, f"Насоси {number}") for number in range(5)]
    let_three_days_pass(office)
    passed: list[str] = []

    class Rest:
        def __call__(self) -> None: ...

        def delay(self) -> None:
            passed.append(f"behind what waits, {timers_left(office)} left")

    monkeypatch.setattr(timers, "_CLAIMED_AT_ONCE", 2)
    monkeypatch.setattr(turns, "A_WHILE_S", 0)
    with monkeypatch.context() as patched:
        patched.setattr(timers, "fire_due_timers", Rest())
        for _ in range(3):
            fire_due_timers()
    assert passed == ["behind what waits, 3 left", "behind what waits, 1 left"]
    assert [calls(office, deal) for deal in deals] == [1] * len(deals)


def test_in_one_process_one_thread_fires_and_the_other_is_free_for_letters(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = signing(office)
    let_three_days_pass(office)
    claim, passed = claim_due_timers, list[int]()

    def claim_while_another_thread_begins(session: Session, *, clock: Clock, limit: int) -> list[int]:
        if not passed:
            passed.append(limit)
            other = threading.Thread(target=fire_due_timers)  # it would wait for this one's write
            other.start()
            other.join(timeout=20)
            assert not other.is_alive()
        return claim(session, clock=clock, limit=limit)

    monkeypatch.setattr(timers, "claim_due_timers", claim_while_another_thread_begins)
    fire_due_timers()
    assert (calls(office, deal), passed) == (1, [100])


def test_a_timer_that_fails_does_not_stop_the_others(office: Office) -> None:
    broken, sound = signing(office, "Зламана"), signing(office, "Ціла")
    with office.database.write() as session:
        session.execute(
            update(ProcessInstance).where(ProcessInstance.deal_id == broken.id).values(execution_state=b"no state")
        )
    let_three_days_pass(office)
    fire_due_timers()
    assert (calls(office, broken), calls(office, sound)) == (0, 1)
    assert timers_left(office) == 1


def test_a_server_that_was_down_for_a_month_fires_what_it_missed(office: Office) -> None:
    deal = signing(office)
    office.clock.advance(office.clock.now() - office.clock.now().replace(month=2, day=1))
    fire_due_timers()
    assert calls(office, deal) == 1


def impatient_map() -> CompiledProcess:
    """A step with two timers of the same moment; whichever fires first withdraws the step, and the other timer."""
    builder = MapBuilder(key="impatient")
    builder.start()
    builder.step("answer")
    builder.end("answered")
    builder.chain("start", "answer", "answered")
    for name in ("remind", "give_up"):
        builder.boundary(name, "answer", builder.timer(name, after(days=3)))
        builder.step(f"after_{name}")
        builder.end(f"end_{name}")
        builder.chain(name, f"after_{name}", f"end_{name}")
    names = ("answer", "after_remind", "after_give_up")
    steps = {name: human(name, name, "власник угоди", "Дзвінки") for name in names}
    return builder.build().model_copy(update={"name": "Нетерпіння", "steps": steps})


def test_a_timer_that_another_of_the_same_moment_withdraws_does_not_fire(office: Office) -> None:
    office.publish(impatient_map())
    deals = [office.open_deal(title=f"{number}", definition_key="impatient") for number in range(3)]
    let_three_days_pass(office)
    fire_due_timers()
    assert timers_left(office) == 0
    for deal in deals:
        assert office.kinds(deal).count("timer_fired") == 1
        assert len(office.open_steps(deal)) == 1
