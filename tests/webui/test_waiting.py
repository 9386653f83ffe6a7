"""One sentence for whatever a deal can wait for, never none, in both languages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from support.drawn_maps import START, chain, compiled, element, flow, step
from support.instance_run import InstanceRun
from support.office import MONDAY_10, Office
from support.sales_map import sales_map
from support.token_game.canonical import as_canonical
from support.token_game.maps import Graph
from support.token_game.random_maps import random_map

from engine.bpmn import stepper
from engine.bpmn.compiled import ApprovalRule
from engine.bpmn.inspection import waits_in
from engine.bpmn.runtime import OpenedStep
from engine.errors import MapFailed
from engine.queries.deal_waiting import DealWaiting, Standing, WaitingFor, WaitingKind, deal_waiting
from webui.waiting import waiting_sentence

STEP = WaitingFor(WaitingKind.STEP, "Погодити", who="Юристи", due_at=MONDAY_10 + timedelta(days=1), work_item_id=7)
PAID = WaitingFor(WaitingKind.MESSAGE, "Оплата")
WEEK = WaitingFor(WaitingKind.TIMER, "Тиждень", due_at=MONDAY_10 + timedelta(days=7))


@pytest.fixture(autouse=True)
def request_context(app: Flask, office: Office) -> Iterator[None]:
    with app.test_request_context():
        yield


def told(*items: WaitingFor, locale: str = "uk") -> str:
    with force_locale(locale):
        return waiting_sentence(DealWaiting(Standing.RUNNING, items)).text


def test_one_thing_is_told_as_it_is() -> None:
    assert told(STEP) == "Угода чекає на крок «Погодити» (Юристи), завтра до 10:00."
    assert told(replace(STEP, may_act=True)) == "Угода чекає на вас: «Погодити», завтра до 10:00."
    for_taras = replace(STEP, may_act=True, acts_for="Тарас Мельник")
    assert told(for_taras) == "Угода чекає на вас (заміщаєте: Тарас Мельник): «Погодити», завтра до 10:00."
    assert "(заміщаєте: Тарас Мельник): «Погодити»." in told(replace(for_taras, due_at=None))
    assert told(PAID) == "Угода чекає на повідомлення «Оплата» ззовні."
    assert told(PAID, locale="en") == "The deal waits for the message “Оплата” from outside."
    assert told(WaitingFor(WaitingKind.SIGNAL, "Ціни")) == "Угода чекає на сигнал «Ціни» від іншої угоди."
    assert told(WaitingFor(WaitingKind.CONDITION, "Аванс")) == "Угода чекає, доки її дані виконають умову «Аванс»."
    assert told(WaitingFor(WaitingKind.CALL, "ERP")) == "Угода чекає на відповідь іншої системи: «ERP»."
    assert "«Тиждень»" in told(WEEK)


def test_several_things_are_counted_and_the_first_three_named() -> None:
    assert told(STEP, PAID) == "Угода чекає одночасно на: «Погодити» (Юристи, завтра до 10:00); повідомлення «Оплата»."
    assert told(STEP, PAID, locale="en").startswith("The deal waits for 2 things: “Погодити” (Юристи")
    five = [replace(STEP, name=f"Крок {number}") for number in range(5)]
    assert told(*five).endswith("; і ще 2.")


def test_the_readers_own_step_comes_first_and_gives_the_button() -> None:
    own = replace(STEP, name="Моє", may_act=True, work_item_id=9)
    sentence = waiting_sentence(DealWaiting(Standing.RUNNING, (STEP, own)))
    assert (sentence.action, sentence.work_item_id, sentence.may_act) == ("step", 9, True)
    assert sentence.text.index("Моє") < sentence.text.index("Погодити")


def test_an_approval_by_several_says_how_many_have_decided() -> None:
    parts = [replace(STEP, who=who, given=1, asked=3) for who in ("Ірина Бондар", "Оксана Ткач")]
    by_then = "Угода чекає на «Погодити», завтра до 10:00: рішення дали 1 з 3, ще чекаємо: Ірина Бондар; Оксана Ткач."
    assert told(*parts) == by_then
    assert told(*(replace(part, due_at=None) for part in parts)).startswith("Угода чекає на «Погодити»: рішення")
    assert "1 of 3 have decided" in told(*parts, locale="en")


def test_an_approval_for_which_some_are_enough_says_how_many() -> None:
    parts = [replace(STEP, who=who, given=1, asked=3, enough=2) for who in ("Ірина Бондар", "Оксана Ткач")]
    told_parts = told(*parts)
    assert "досить 2 погоджень" in told_parts
    assert "рішення дали 1 з 3" in told_parts
    assert "2 approvals are enough" in told(*(replace(part, due_at=None) for part in parts), locale="en")


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"), in_order=True), (3, 0)),
        (ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"), at_least=2), (3, 2)),
        (ApprovalRule(mode="list", approvers=("iryna", "oksana", "petro"), in_order=True, at_least=2), (3, 2)),
    ],
)
def test_of_a_list_those_count_who_are_asked_later(rule: ApprovalRule, asked: tuple[int, int], office: Office) -> None:
    office.publish(sales_map({"legal": rule}))
    deal = office.open_deal()
    office.prepare()
    with office.database.read() as session:
        waiting = deal_waiting(session, office.actor("olena"), deal.id, office.clock.now())
    counted = {(one.asked, one.enough) for one in waiting.items if one.name == "Погодити: Юридичний відділ"}
    assert counted == {asked}


def test_the_same_twice_is_said_once_with_its_number() -> None:
    assert "«Погодити» (Юристи, завтра до 10:00) × 2" in told(STEP, STEP)


def test_events_behind_one_gateway_are_whichever_comes_first() -> None:
    text = told(replace(PAID, race="4"), replace(WEEK, race="4"))
    assert text.startswith("Угода чекає на те, що станеться першим: повідомлення «Оплата»; час ")


def test_what_happens_outside_is_waited_for_and_not_done() -> None:
    paid = replace(STEP, name="Оплата надійшла", happens_outside=True, due_at=None)
    assert told(paid) == "Угода чекає, доки станеться «Оплата надійшла» (позначає: Юристи)."
    own = replace(paid, may_act=True)
    assert told(own, locale="en") == "The deal waits until “Оплата надійшла” happens (you mark it)."
    assert waiting_sentence(DealWaiting(Standing.RUNNING, (own,))).marks


def test_a_step_that_waits_for_the_first_of_several_events_names_them_all() -> None:
    first = replace(STEP, name="Що перше?", happens_outside=True, ways=("Клієнт відповів", "Ціни змінено"))
    assert told(first) == "Угода чекає на те, що станеться першим: «Клієнт відповів»; «Ціни змінено»."
    timed = told(replace(first, ways=("Клієнт відповів",), until=MONDAY_10 + timedelta(days=7)))
    assert timed.startswith("Угода чекає на те, що станеться першим: «Клієнт відповів»; час ")


def test_a_deal_at_an_event_gateway_is_told_with_its_events_and_its_time(office: Office) -> None:
    timer = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"
    office.publish(
        compiled(
            START,
            element("eventBasedGateway", "g", "Чекаємо на клієнта"),
            element("intermediateCatchEvent", "yes", "Погодився", "<messageEventDefinition/>"),
            element("intermediateCatchEvent", "late", "Минуло 2 дні", timer),
            step("a", "Договір"),
            step("b", "Нагадати"),
            chain("start", "g", "yes", "a"),
            chain("g", "late", "b"),
        )
    )
    deal = office.open_deal()
    with office.database.read() as session, force_locale("uk"):
        waiting = deal_waiting(session, office.actor("olena"), deal.id, office.clock.now())
        assert len(waiting.items) == 1
        text = waiting_sentence(waiting).text
    assert text.startswith("Угода чекає на те, що станеться першим: «Погодився»; час 4 бер")


def test_what_failed_comes_before_everything() -> None:
    failed = WaitingFor(WaitingKind.INCIDENT, "map_failed", place="Знижка", incident_id=3, may_act=True)
    assert "Технічний збій на «Знижка»" in told(failed, STEP)
    sentence = waiting_sentence(DealWaiting(Standing.RUNNING, (failed, STEP)))
    assert (sentence.action, sentence.incident_id, sentence.tone) == ("incident", 3, "danger")
    assert waiting_sentence(DealWaiting(Standing.RUNNING, (replace(failed, may_act=False),))).action == ""


def test_who_cannot_try_again_what_failed_is_led_to_their_own_step() -> None:
    failed = WaitingFor(WaitingKind.INCIDENT, "map_failed", place="Знижка", incident_id=3, typed_in=7)
    own = replace(STEP, may_act=True)
    sentence = waiting_sentence(DealWaiting(Standing.RUNNING, (failed, STEP, own)))
    assert (sentence.action, sentence.work_item_id, sentence.incident_id, sentence.tone) == ("step", 7, None, "danger")
    text = told(failed, STEP, own)
    assert "Технічний збій на «Знижка»" in text
    assert "виправте заповнене" in text
    other = replace(own, work_item_id=8)
    assert waiting_sentence(DealWaiting(Standing.RUNNING, (failed, other, own))).work_item_id == 7


def test_a_standstill_is_told_and_not_what_may_still_happen_beside() -> None:
    nothing = WaitingFor(WaitingKind.NOTHING, "Усе погоджено")
    text = told(nothing, PAID)
    assert text.startswith("Угода стоїть: біля «Усе погоджено» вона чекає на те, чого не буде. Перемістити її має")
    assert "Оплата" not in text
    assert told(nothing, PAID, locale="en").startswith("The deal stands still: at “Усе погоджено”")
    failed = WaitingFor(WaitingKind.INCIDENT, "map_failed", place="Усе погоджено", incident_id=3, in_vain=True)
    text = told(failed, STEP)
    assert "Угода зупинилася б: біля «Усе погоджено»" in text
    assert "Технічний збій" not in text
    assert waiting_sentence(DealWaiting(Standing.RUNNING, (nothing, PAID))).tone == "danger"


def test_a_deal_that_would_stand_still_and_one_that_does_are_told_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work forgets what waits at the join, while the client may still ask."""
    start = element("startEvent", "asked", "Клієнт запитав", "<messageEventDefinition/>", isInterrupting="false")
    answering = start + step("answer", "Відповісти") + element("endEvent", "told") + chain("asked", "answer", "told")
    office.publish(
        compiled(
            START,
            '<parallelGateway id="split"/><parallelGateway id="join"/><exclusiveGateway id="large"/>',
            '<endEvent id="end"/><endEvent id="aside"/>',
            step("legal", "Юрист") + step("price", "Ціна") + step("sign", "Підписати"),
            chain("start", "split", "legal", "join", "sign", "end") + chain("split", "price", "large"),
            flow("large", "join", condition="deal.amount <= 5") + flow("large", "aside", condition="deal.amount > 5"),
            element("subProcess", "listening", "", answering, triggeredByEvent="true"),
        )
    )
    deal = office.open_deal()
    office.complete("olena", "legal")
    with monkeypatch.context() as earlier:
        earlier.setattr(stepper, "stands_still", lambda _workflow, _waits: False)
        standing = office.open_deal(title="Стоїть")
        for one in ("legal", "price"):
            office.complete("olena", one, deal=standing)
    with pytest.raises(MapFailed):
        office.complete("olena", "price", deal=deal)
    with office.database.read() as session, force_locale("uk"):
        waiting = [deal_waiting(session, office.actor("olena"), one.id, office.clock.now()) for one in (deal, standing)]
        would, does = (waiting_sentence(one).text for one in waiting)
    assert would.startswith("Угода зупинилася б: біля «Підписати» вона чекала б на те, чого не буде.")
    assert does.startswith("Угода стоїть: біля «Підписати» вона чекає на те, чого не буде.")


@pytest.mark.parametrize("is_ended", [True, False])
def test_who_waits_for_the_end_of_a_part_does_not_wait_for_the_reminder_beside_it(
    office: Office, *, is_ended: bool
) -> None:
    """The part forgets what waits at its join; time ends it, or else the reminder's way comes to where all wait."""

    def bell(name: str, days: int, *, interrupting: bool) -> str:
        timer = f"<timerEventDefinition><timeDuration>P{days}D</timeDuration></timerEventDefinition>"
        border = {"attachedToRef": "part", "cancelActivity": str(interrupting).lower()}
        return element("boundaryEvent", name, f"Час {name}", timer, **border)

    inner = '<startEvent id="in"/><endEvent id="out"/><endEvent id="aside"/><parallelGateway id="split"/>'
    inner += '<parallelGateway id="join"/><exclusiveGateway id="large"/>' + step("legal", "Юрист")
    inner += chain("in", "split", "legal", "join", "out") + chain("split", "large")
    inner += flow("large", "join", condition="deal.amount <= 5") + flow("large", "aside", condition="deal.amount > 5")
    ending = bell("over", 30, interrupting=True) + step("close", "Закрити") + chain("over", "close", "closed")
    reminding = bell("remind", 7, interrupting=False) + chain("remind", "reminded" if is_ended else "both")
    office.publish(
        compiled(
            START,
            '<parallelGateway id="fork"/><parallelGateway id="both"/>',
            '<endEvent id="end"/><endEvent id="closed"/><endEvent id="reminded"/>',
            element("subProcess", "part", "Договір", inner) + reminding + (ending if is_ended else ""),
            chain("start", "fork", "part", "both", "end") + chain("fork", "both"),
        )
    )
    deal = office.open_deal(amount=Decimal(9))
    office.complete("olena", "legal")
    with office.database.read() as session, force_locale("uk"):
        waiting = deal_waiting(session, office.actor("olena"), deal.id, office.clock.now())
        assert [(one.kind, one.name) for one in waiting.items] == [
            (WaitingKind.TIMER, "Час over" if is_ended else "Час remind")
        ]


def test_who_did_not_fill_in_what_failed_is_not_told_to_correct_it() -> None:
    failed = WaitingFor(WaitingKind.INCIDENT, "map_failed", place="Тиждень", incident_id=3)
    own = replace(STEP, may_act=True)
    sentence = waiting_sentence(DealWaiting(Standing.RUNNING, (failed, own)))
    assert (sentence.action, sentence.work_item_id) == ("step", 7)
    text = told(failed, own)
    assert "виправте" not in text
    assert "Ваш крок тим часом відкрито" in text


@pytest.mark.parametrize("locale", ["uk", "en"])
@pytest.mark.parametrize("standing", list(Standing))
def test_every_standing_has_a_sentence(standing: Standing, locale: str) -> None:
    waiting = DealWaiting(standing, (STEP,), since=MONDAY_10, by_name="Олена", reason="Відпустка", may_change=True)
    with force_locale(locale):
        sentence = waiting_sentence(waiting)
    assert sentence.text.endswith((".", "Відпустка"))
    wanted = {Standing.SUSPENDED: "resume", Standing.CANCELLED: "reopen", Standing.RUNNING: "step"}
    assert sentence.action == wanted.get(standing, "")


def test_every_state_of_a_random_map_has_a_sentence(full: bool) -> None:  # a fixture
    looked = 0
    for seed in range(300 if full else 25):
        drawn = random_map(seed)
        chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
        run = InstanceRun(as_canonical(drawn))
        for _ in range(15):
            if run.last.finished:
                break
            text = told(*_items(run))
            assert "ні на що не чекає" not in text
            assert text.endswith("."), text
            assert "%(" not in text
            looked += 1
            try:
                _advance(run, drawn, chance)
            except MapFailed:  # two tokens of one way can strand one another
                break
    assert looked > 100


def _items(run: InstanceRun) -> list[WaitingFor]:
    assert run.state is not None
    waits = waits_in(run.process, run.state)
    return [
        *(WaitingFor(WaitingKind.STEP, one.element_id) for one in waits.steps.values()),
        *(WaitingFor(WaitingKind.CALL, one.element_id) for one in waits.calls.values()),
        *(
            WaitingFor(WaitingKind.TIMER, one.node_id, due_at=one.due_at, race=waits.races.get(one.activity_id, ""))
            for one in waits.timers.values()
        ),
        *(
            WaitingFor(WaitingKind(one.kind), one.name, race=waits.races.get(one.activity_id, ""))
            for one in waits.messages.values()
        ),
        *(WaitingFor(WaitingKind.CONDITION, element_id) for element_id in waits.conditional_events.values()),
    ]


def _advance(run: InstanceRun, drawn: Graph, chance: random.Random) -> None:
    if run.steps and (chance.random() < 0.7 or not (run.timers or run.messages)):
        opened: OpenedStep = chance.choice(list(run.steps.values()))
        node = next(one for one in drawn.everything() if one.node_id == opened.element_id)
        values = {name: chance.random() < 0.5 for name in node.answers}
        run.complete_opened(opened, "approved", values)
    elif run.calls and not run.timers:
        run.answer(next(iter(run.calls.values())).element_id)
    elif run.timers:
        run.fire_timer(chance.choice(list(run.timers.values())))
    else:
        run.deliver_to(chance.choice(list(run.messages.values())))
