"""Compensation and transactions: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_events import CANCEL, COMPENSATE, DEFINITIONS, ROOTS, handler, undoable
from support.drawn_maps import END, START, chain, codes, compiled, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compiled import OutcomeKind
from engine.bpmn.findings import Severity


class TestCompensation:
    @pytest.mark.parametrize(("tag", "last"), [("intermediateThrowEvent", "end"), ("endEvent", "")])
    def test_what_was_completed_is_undone_in_reverse_order(self, tag: str, last: str) -> None:
        process = compiled(
            START,
            undoable("book"),
            undoable("pay"),
            step("decide", "Вирішити"),
            element(tag, "undo", "", COMPENSATE),
            END if last else "",
            chain("start", "book", "pay", "decide", "undo", *([last] if last else [])),
        )
        run = InstanceRun(process)
        for each in ("book", "pay", "decide", "undo_pay", "undo_book"):
            assert run.open == [each]
            run.complete(each)
        assert run.last.finished

    def test_the_association_may_be_drawn_from_either_end(self) -> None:
        parts = undoable("book").replace(
            'sourceRef="book_event" targetRef="undo_book"', 'sourceRef="undo_book" targetRef="book_event"'
        )
        process = compiled(START, parts, element("endEvent", "end", "", COMPENSATE), chain("start", "book", "end"))
        run = InstanceRun(process)
        run.complete("book")
        assert run.open == ["undo_book"]

    def test_a_named_activity_alone_is_undone(self) -> None:
        process = compiled(
            START,
            undoable("book"),
            undoable("pay"),
            element("intermediateThrowEvent", "undo", "", '<compensateEventDefinition activityRef="book"/>'),
            END,
            chain("start", "book", "pay", "undo", "end"),
        )
        run = InstanceRun(process)
        run.complete("book")
        run.complete("pay")
        assert run.open == ["undo_book"]
        run.complete("undo_book")
        assert run.last.finished

    def test_what_was_completed_before_a_termination_can_be_undone(self) -> None:
        inner = (
            '<startEvent id="is"/><parallelGateway id="fork"/>'
            + undoable("book")
            + step("slow")
            + element("endEvent", "stop", "", "<terminateEventDefinition/>")
            + chain("is", "fork", "book", "stop")
            + chain("fork", "slow")
        )
        process = compiled(
            START,
            element("subProcess", "sub", "", inner),
            element("intermediateThrowEvent", "undo", "", COMPENSATE),
            END,
            chain("start", "sub", "undo", "end"),
        )
        run = InstanceRun(process)
        run.complete("book")
        assert run.open == ["undo_book"], "the sub-process is completed, however it ended"
        run.complete("undo_book")
        assert run.last.finished

    @pytest.mark.parametrize("ordering", ["Sequential", "Parallel"])
    def test_what_was_completed_in_an_ad_hoc_sub_process_can_be_undone(self, ordering: str) -> None:
        process = compiled(
            START,
            element("adHocSubProcess", "ad", "Переговори", undoable("book") + step("b"), ordering=ordering),
            element("intermediateThrowEvent", "undo", "", COMPENSATE),
            END,
            chain("start", "ad", "undo", "end"),
        )
        run = InstanceRun(process)
        (choice,) = run.open
        begin, over = (
            next(each.id for each in process.steps[choice].outcomes if name in (each.label, each.kind))
            for name in ("book", OutcomeKind.COMPLETED)
        )
        run.complete(choice, begin)
        run.complete("book")
        run.complete(choice, over)
        assert run.open == ["undo_book"]
        run.complete("undo_book")
        assert run.last.finished

    def test_an_inclusive_join_does_not_wait_for_what_is_undone(self) -> None:
        """What is undone from inside is no token: nothing comes out of it any more."""
        inner = '<startEvent id="is"/>' + undoable("book") + '<endEvent id="ie"/>' + chain("is", "book", "ie")
        process = compiled(
            START,
            '<parallelGateway id="fork"/>',
            element("subProcess", "trip", "Подорож", inner),
            element("exclusiveGateway", "g", "Далі?", default="on"),
            step("x"),
            '<inclusiveGateway id="join"/>',
            step("after"),
            step("decide"),
            element("endEvent", "undo", "", COMPENSATE),
            element("endEvent", "away"),
            END,
            chain("start", "fork", "trip", "g"),
            flow("g", "join", condition="deal.amount > 5"),
            flow("g", "away", flow_id="on"),
            chain("fork", "x", "join", "after", "end"),
            chain("fork", "decide", "undo"),
        )
        run = InstanceRun(process, deal={"amount": 1})
        for each in ("book", "decide", "x"):
            run.complete(each)
        assert run.open == ["after", "undo_book"]

    @pytest.mark.parametrize(
        "loop",
        [
            "",
            "<multiInstanceLoopCharacteristics><loopCardinality>1</loopCardinality></multiInstanceLoopCharacteristics>",
        ],
    )
    def test_an_error_while_a_sub_process_is_undone_from_inside_is_heard_where_that_was_asked_for(
        self, loop: str
    ) -> None:
        undo = (
            '<startEvent id="us"/>'
            + step("phone", "Подзвонити")
            + element("endEvent", "broken", "", DEFINITIONS["error"])
            + chain("us", "phone", "broken")
        )
        inner = (
            loop
            + '<startEvent id="is"/>'
            + step("book", "Замовити")
            + element("boundaryEvent", "book_event", "", COMPENSATE, attachedToRef="book")
            + element("subProcess", "undo_book", "Скасувати", undo, isForCompensation="true")
            + element("association", "by", sourceRef="book_event", targetRef="undo_book")
            + '<endEvent id="ie"/>'
            + chain("is", "book", "ie")
        )
        mend = element(
            "subProcess",
            "mend",
            "Полагодити",
            element("startEvent", "ms", "", DEFINITIONS["error"]) + step("write", "Написати") + chain("ms", "write"),
            triggeredByEvent="true",
        )
        process = compiled(
            START,
            element("subProcess", "trip", "Подорож", inner),
            step("deliver"),
            END,
            chain("start", "trip", "deliver", "end"),
            handler(DEFINITIONS["message"], element("endEvent", "undo", "", COMPENSATE), chain("hs", "undo"), mend),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.complete("book")
        run.deliver("hs")
        run.complete("phone")
        assert run.open == ["write"]

    def test_handlers_that_nothing_calls_are_left_out(self) -> None:
        outcome = outcome_of(START, undoable("book"), END, chain("start", "book", "end"))
        assert outcome.process is not None
        assert found(outcome, "COMPENSATION_LEFT_OUT").element_id == "book_event"
        assert set(outcome.process.steps) == {"book"}

    def test_undoing_nothing_is_said_and_passed(self) -> None:
        outcome = outcome_of(
            START,
            step("t"),
            element("intermediateThrowEvent", "undo", "", '<compensateEventDefinition waitForCompletion="false"/>'),
            END,
            chain("start", "t", "undo", "end"),
        )
        assert {"COMPENSATION_OF_NOTHING", "COMPENSATION_WAITS"} <= codes(outcome, Severity.WARNING)
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        assert run.last.finished

    @pytest.mark.parametrize("wrong", ["arrow", "nothing", "interrupted", "elsewhere"])
    def test_a_handler_that_is_none_is_refused(self, wrong: str) -> None:
        host = element("userTask", "book") + element(
            "boundaryEvent", "book_event", "", COMPENSATE, attachedToRef="book"
        )
        undo = element("userTask", "undo_book", isForCompensation="true")
        leads = element("association", "by", sourceRef="book_event", targetRef="undo_book")
        parts = {
            "arrow": host + undo + leads + chain("undo_book", "end"),
            "nothing": host,
            "interrupted": host
            + undo
            + leads
            + element("boundaryEvent", "late", "", DEFINITIONS["timer"], attachedToRef="undo_book")
            + chain("late", "end"),
            "elsewhere": host + element("subProcess", "sub", "", undo) + leads + chain("start", "sub", "end"),
        }
        outcome = outcome_of(
            START, parts[wrong], element("endEvent", "end", "", COMPENSATE), chain("start", "book", "end")
        )
        assert outcome.process is None
        assert found(outcome, "COMPENSATION_HANDLER").element_id == "book_event"

    def test_a_service_that_undoes_and_a_message_that_undoes_are_done_by_people(self) -> None:
        for tag in ("serviceTask", "receiveTask"):
            parts = undoable("book").replace('<userTask id="undo_book"', f'<{tag} messageRef="m" id="undo_book"')
            parts = parts.replace('isForCompensation="true"></userTask>', f'isForCompensation="true"></{tag}>')
            process = compiled(
                START,
                parts,
                element("endEvent", "end", "", COMPENSATE),
                chain("start", "book", "end"),
                around=ROOTS,
            )
            run = InstanceRun(process)
            run.complete("book")
            assert run.open == ["undo_book"]
            run.complete("undo_book")
            assert run.last.finished

    def test_a_sub_process_is_undone_by_its_compensation_event_sub_process(self) -> None:
        inner = (
            '<startEvent id="is"/>'
            + undoable("hotel")
            + '<endEvent id="ie"/>'
            + chain("is", "hotel", "ie")
            + element(
                "subProcess",
                "ev",
                "",
                element("startEvent", "hs", "", COMPENSATE)
                + step("phone", "Подзвонити")
                + element("endEvent", "he", "", COMPENSATE)
                + chain("hs", "phone", "he"),
                triggeredByEvent="true",
            )
        )
        process = compiled(
            START,
            element("subProcess", "trip", "Подорож", inner),
            step("decide"),
            element("endEvent", "end", "", COMPENSATE),
            chain("start", "trip", "decide", "end"),
        )
        run = InstanceRun(process)
        for each in ("hotel", "decide", "phone", "undo_hotel"):
            assert run.open == [each]
            run.complete(each)
        assert run.last.finished

    def test_a_compensation_event_sub_process_of_the_map_itself_is_left_out(self) -> None:
        outcome = outcome_of(
            START,
            undoable("book"),
            element("endEvent", "end", "", COMPENSATE),
            chain("start", "book", "end"),
            handler(COMPENSATE),
        )
        assert found(outcome, "COMPENSATION_LEFT_OUT").element_id == "ev"
        assert outcome.process is not None
        assert "h" not in outcome.process.steps


class TestTransactions:
    @staticmethod
    def drawn(border: str = CANCEL, tag: str = "transaction", end: str = CANCEL, loop: str = "") -> tuple[str, ...]:
        inner = (
            loop
            + '<startEvent id="is"/>'
            + undoable("book")
            + undoable("pay")
            + '<exclusiveGateway id="g" name="Чи згодні?"/><endEvent id="yes"/>'
            + element("endEvent", "no", "", end)
            + chain("is", "book", "pay", "g")
            + flow("g", "yes", "Так")
            + flow("g", "no", "Ні")
        )
        leaving = (
            element("boundaryEvent", "off", "", border, attachedToRef="deal"),
            step("sorry", "Вибачитись"),
            chain("off", "sorry", "end"),
        )
        return (
            START,
            element(tag, "deal", "Угода", inner),
            *(leaving if border else ()),
            step("cheer", "Святкувати"),
            END,
            chain("start", "deal", "cheer", "end"),
        )

    def test_a_cancelled_one_is_undone_and_left_by_its_border(self) -> None:
        run = InstanceRun(compiled(*self.drawn()))
        run.complete("book")
        run.complete("pay", "g_no")
        for each in ("undo_pay", "undo_book", "sorry"):
            assert run.open == [each]
            run.complete(each)
        assert run.last.finished

    def test_one_that_succeeds_goes_on(self) -> None:
        run = InstanceRun(compiled(*self.drawn()))
        run.complete("book")
        run.complete("pay", "g_yes")
        assert run.open == ["cheer"]

    @pytest.mark.parametrize(
        ("parts", "element_id"),
        [
            ({"border": ""}, "no"),
            ({"tag": "subProcess"}, "no"),
            ({"tag": "subProcess", "end": ""}, "off"),
            ({"loop": "<multiInstanceLoopCharacteristics/>"}, "no"),
        ],
    )
    def test_a_cancel_event_out_of_place_is_refused(self, parts: dict[str, str], element_id: str) -> None:
        outcome = outcome_of(*self.drawn(**parts))
        assert outcome.process is None
        assert element_id in {each.element_id for each in outcome.findings if each.code == "CANCEL_OUT_OF_PLACE"}
