"""Event sub-processes, compensation, transactions, events with several triggers: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, bag, chain, codes, compiled, drawn, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.bpmn.findings import Severity
from engine.errors import MapFailed

ROOTS = (
    '<message id="m" name="Скарга"/><signal id="s" name="Тривога"/>'
    '<error id="e" name="Зламано" errorCode="broken"/><escalation id="x" name="Пізно" escalationCode="late"/>'
)
DEFINITIONS = {
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "timer": "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
    "conditional": "<conditionalEventDefinition><condition>deal.amount &gt; 5</condition></conditionalEventDefinition>",
    "error": '<errorEventDefinition errorRef="e"/>',
    "escalation": '<escalationEventDefinition escalationRef="x"/>',
}
COMPENSATE = "<compensateEventDefinition/>"
CANCEL = "<cancelEventDefinition/>"


def handler(definitions: str, *inside: str, interrupting: bool = True, name: str = "Обробити") -> str:
    beside = {} if interrupting else {"isInterrupting": "false"}
    inner = inside or (step("h", name), '<endEvent id="he" name="Відмова"/>', chain("hs", "h", "he"))
    return element(
        "subProcess",
        "ev",
        "Подія",
        element("startEvent", "hs", "Сталося", definitions, **beside) + "".join(inner),
        triggeredByEvent="true",
    )


def trigger(run: InstanceRun, kind: str) -> None:
    match kind:
        case "message" | "signal":
            run.deliver("hs")
        case "timer":
            run.fire("hs")
        case "conditional":
            run.facts_changed(deal={"amount": 10})
        case _:
            run.complete("t")


def throwing(kind: str) -> str:
    """A step inside a sub-process whose end throws the error or the escalation, if ``kind`` is one."""
    thrown = DEFINITIONS[kind] if kind in ("error", "escalation") else ""
    inner = '<startEvent id="is"/>' + step("t", "Крок") + element("endEvent", "ie", "", thrown) + chain("is", "t", "ie")
    return element("subProcess", "sub", "Частина", inner)


def with_handler(kind: str, *, interrupting: bool) -> tuple[str, ...]:
    return (
        START,
        throwing(kind),
        step("u", "Поруч"),
        END,
        chain("start", "sub", "end"),
        chain("start", "u", "end"),
        handler(DEFINITIONS[kind], interrupting=interrupting),
    )


class TestEventSubProcesses:
    @pytest.mark.parametrize("kind", DEFINITIONS)
    def test_an_interrupting_one_takes_everything_away_and_its_end_is_the_deals(self, kind: str) -> None:
        process = compiled(*with_handler(kind, interrupting=True), around=ROOTS)
        run = InstanceRun(process, deal={"amount": 1})
        assert run.open == ["t", "u"]
        trigger(run, kind)
        assert run.open == ["h"]
        run.complete("h")
        assert run.last.finished
        assert run.last.end_events == ("he",), "the deal is lost there: the end is called refusal"

    @pytest.mark.parametrize("kind", [kind for kind in DEFINITIONS if kind != "error"])
    def test_one_beside_the_work_runs_beside_it(self, kind: str) -> None:
        process = compiled(*with_handler(kind, interrupting=False), around=ROOTS)
        run = InstanceRun(process, deal={"amount": 1})
        trigger(run, kind)
        assert {"h", "u"} <= set(run.open)
        run.complete("h")
        assert not run.last.finished
        assert run.last.end_events == (), "the deal does not end there"
        for each in run.open:
            run.complete(each)
        assert run.last.finished

    def test_nothing_is_said_about_one_that_is_executed_as_drawn(self) -> None:
        outcome = outcome_of(*with_handler("timer", interrupting=True), around=ROOTS)
        assert not {code for code in codes(outcome) if "SUBPROCESS" in code}

    def test_an_error_start_interrupts_whatever_is_drawn(self) -> None:
        outcome = outcome_of(*with_handler("error", interrupting=False), around=ROOTS)
        assert found(outcome, "ERROR_INTERRUPTS").element_id == "ev"
        assert outcome.process is not None
        run = InstanceRun(outcome.process, deal={"amount": 1})
        run.complete("t")
        assert run.open == ["h"]

    def test_whichever_of_several_triggers_comes_starts_it(self) -> None:
        both = DEFINITIONS["message"] + DEFINITIONS["timer"]
        for first in ("messages", "timers"):
            process = compiled(START, step("t", "Крок"), END, chain("start", "t", "end"), handler(both), around=ROOTS)
            run = InstanceRun(process)
            if first == "messages":
                run.deliver("hs")
            else:
                run.fire_timer(next(iter(run.timers.values())))
            assert run.open == ["h"]
            assert not run.messages
            assert not run.timers

    def test_inside_a_sub_process_it_ends_that_alone(self) -> None:
        inner = (
            '<startEvent id="is"/>'
            + step("t", "Крок")
            + '<endEvent id="ie"/>'
            + chain("is", "t", "ie")
            + handler(DEFINITIONS["message"])
        )
        process = compiled(
            START,
            element("subProcess", "sub", "Частина", inner),
            step("after", "Далі"),
            END,
            chain("start", "sub", "after", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("hs")
        run.complete("h")
        assert run.open == ["after"]

    @pytest.mark.parametrize(
        ("start", "loop"),
        [("", ""), (DEFINITIONS["timer"], "<standardLoopCharacteristics/>"), ("<linkEventDefinition name='L'/>", "")],
    )
    def test_one_that_cannot_be_started_is_refused(self, start: str, loop: str) -> None:
        event = element("startEvent", "hs", "", start)
        outcome = outcome_of(
            START,
            step("t"),
            END,
            chain("start", "t", "end"),
            element("subProcess", "ev", "", loop + event + step("h") + chain("hs", "h"), triggeredByEvent="true"),
        )
        assert outcome.process is None
        assert found(outcome, "EVENT_SUBPROCESS_START").element_id == "ev"

    def test_one_that_needs_all_of_several_triggers_is_refused(self) -> None:
        event = element("startEvent", "hs", "", DEFINITIONS["message"] + DEFINITIONS["timer"], parallelMultiple="true")
        outcome = outcome_of(
            START,
            step("t"),
            END,
            chain("start", "t", "end"),
            element("subProcess", "ev", "", event + step("h") + chain("hs", "h"), triggeredByEvent="true"),
            around=ROOTS,
        )
        assert outcome.process is None
        assert found(outcome, "EVENT_SUBPROCESS_START").element_id == "ev"

    def test_the_stored_form_of_the_version_before_still_runs(self) -> None:
        """It wrapped the work in a sub-process with the event on its border: that is still canonical."""
        body = '<startEvent id="s2"/>' + step("t") + '<endEvent id="e2"/>' + chain("s2", "t", "e2")
        process = compiled(
            START,
            element("subProcess", "body", "", body),
            element("boundaryEvent", "event", "", DEFINITIONS["message"], attachedToRef="body"),
            element("subProcess", "ev", "", '<startEvent id="s3"/>' + step("h") + chain("s3", "h")),
            END,
            chain("start", "body", "end"),
            flow("event", "ev"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("event")
        assert run.open == ["h"]

    def test_a_message_that_the_map_sends_starts_it_without_anybody(self) -> None:
        process = compiled(
            START,
            step("t"),
            element("intermediateThrowEvent", "tell", "", DEFINITIONS["message"]),
            step("u"),
            END,
            chain("start", "t", "tell", "u", "end"),
            handler(DEFINITIONS["message"], interrupting=False),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.complete("t")
        assert run.open == ["h", "u"]

    def test_a_message_that_only_opens_deals_is_sent_by_a_person(self) -> None:
        outcome = outcome_of(
            element("startEvent", "start", "Скарга", DEFINITIONS["message"]),
            element("intermediateThrowEvent", "tell", "", DEFINITIONS["message"]),
            END,
            chain("start", "tell", "end"),
            around=ROOTS,
        )
        assert found(outcome, "MESSAGE_SENT_BY_PERSON").element_id == "tell"


class TestErrors:
    def test_an_error_of_a_called_map_that_only_one_caller_handles(self) -> None:
        called = (
            '<process id="other"><startEvent id="os"/>'
            + step("t", "Спитати")
            + element("endEvent", "bad", "Відмова", DEFINITIONS["error"])
            + chain("os", "t", "bad")
            + "</process>"
        )
        main = (
            START,
            element("callActivity", "c1", "Раз", calledElement="other"),
            element("boundaryEvent", "caught", "", DEFINITIONS["error"], attachedToRef="c1"),
            step("mend", "Виправити"),
            element("callActivity", "c2", "Два", calledElement="other"),
            END,
            chain("start", "c1", "end"),
            chain("caught", "mend", "c2", "end"),
        )
        outcome = compile_bpmn({"карта.bpmn": drawn(*main, around=ROOTS + called)}, process_key="sale")
        assert outcome.process is not None, outcome.findings
        assert "ERROR_NOT_CAUGHT" in codes(outcome)
        run = InstanceRun(outcome.process)
        (only_step,) = run.open
        run.complete(only_step)
        assert run.open == ["mend"]
        run.complete("mend")
        (only_step,) = run.open
        run.complete(only_step)
        assert run.last.finished, "the second caller handles nothing: the error ends the deal"

    def test_an_error_in_an_interrupting_event_sub_process_that_nothing_handles_ends_the_deal(self) -> None:
        inner = (
            element(
                "subProcess",
                "deep",
                "",
                '<startEvent id="ds"/>'
                + step("h", "Спробувати")
                + element("endEvent", "de", "Відмова", DEFINITIONS["error"])
                + chain("ds", "h", "de"),
            ),
            step("never", "Далі"),
            chain("hs", "deep", "never"),
        )
        process = compiled(
            START,
            step("t", "Крок"),
            END,
            chain("start", "t", "end"),
            handler(DEFINITIONS["message"], *inner),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver("hs")
        run.complete("h")
        assert run.last.finished
        assert run.open == []

    def test_an_error_that_nothing_throws_is_said(self) -> None:
        outcome = outcome_of(
            START,
            step("t", "Крок"),
            END,
            chain("start", "t", "end"),
            handler(DEFINITIONS["error"]),
            around=ROOTS,
        )
        assert found(outcome, "ERROR_NEVER_THROWN").element_id == "hs"


def undoable(name: str, tag: str = "userTask", inner: str = "") -> str:
    return (
        element(tag, name, name, inner)
        + element("boundaryEvent", f"{name}_event", "", COMPENSATE, attachedToRef=name)
        + element("userTask", f"undo_{name}", f"Скасувати {name}", isForCompensation="true")
        + element("association", f"{name}_by", sourceRef=f"{name}_event", targetRef=f"undo_{name}")
    )


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


class TestSeveralTriggers:
    BOTH = DEFINITIONS["message"] + DEFINITIONS["timer"]

    @pytest.mark.parametrize("first", ["message", "timer", "person"])
    def test_between_steps_whichever_comes_first_or_a_person_says_so(self, first: str) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", self.BOTH),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        assert process.steps["c"].kind is StepKind.EVENT
        run = InstanceRun(process)
        if first == "message":
            run.deliver_to(next(iter(run.messages.values())))
        elif first == "timer":
            run.fire_timer(next(iter(run.timers.values())))
        else:
            run.complete("c")
        assert run.open == ["t"]
        assert not run.messages
        assert not run.timers

    def test_all_of_a_parallel_multiple_event_are_awaited(self) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", self.BOTH, parallelMultiple="true"),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.fire_timer(next(iter(run.timers.values())))
        assert "t" not in run.open
        run.deliver_to(next(iter(run.messages.values())))
        assert run.open == ["t"]

    @pytest.mark.parametrize("interrupting", [True, False])
    def test_on_a_border_whichever_comes(self, *, interrupting: bool) -> None:
        process = compiled(
            START,
            throwing("timer"),
            element(
                "boundaryEvent",
                "b",
                "",
                DEFINITIONS["timer"] + DEFINITIONS["signal"],
                attachedToRef="sub",
                cancelActivity=str(interrupting).lower(),
            ),
            step("aside"),
            END,
            chain("start", "sub", "end"),
            chain("b", "aside", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.deliver_to(next(iter(run.messages.values())))
        assert run.open == (["aside"] if interrupting else ["aside", "t"])
        assert bool(run.timers) is not interrupting

    def test_all_of_several_on_a_border_are_refused(self) -> None:
        outcome = outcome_of(
            START,
            step("t"),
            element("boundaryEvent", "b", "", self.BOTH, attachedToRef="t", parallelMultiple="true"),
            END,
            chain("start", "t", "end"),
            chain("b", "end"),
            around=ROOTS,
        )
        assert outcome.process is None
        assert found(outcome, "PARALLEL_MULTIPLE").element_id == "b"

    @pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
    def test_all_are_thrown_in_turn(self, tag: str) -> None:
        process = compiled(
            START,
            step("t"),
            element(tag, "both", "", DEFINITIONS["signal"] + DEFINITIONS["escalation"]),
            chain("start", "t", "both"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        run.complete("t")
        assert run.last.finished
        assert [(each.kind, each.name) for each in run.last.thrown] == [("signal", "Тривога"), ("escalation", "late")]


class TestSignals:
    def test_one_from_another_deal_is_awaited_between_steps(self) -> None:
        process = compiled(
            START,
            element("intermediateCatchEvent", "c", "Чекати", DEFINITIONS["signal"]),
            step("t"),
            END,
            chain("start", "c", "t", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        (waiting,) = run.messages.values()
        assert (waiting.kind, waiting.name) == ("signal", "Тривога")
        run.deliver_to(waiting)
        assert run.open == ["t"]

    @pytest.mark.parametrize("interrupting", [True, False])
    def test_one_from_another_deal_is_awaited_on_a_border(self, *, interrupting: bool) -> None:
        process = compiled(
            START,
            step("t"),
            element(
                "boundaryEvent",
                "b",
                "Тривога",
                DEFINITIONS["signal"],
                attachedToRef="t",
                cancelActivity=str(interrupting).lower(),
            ),
            step("aside"),
            END,
            chain("start", "t", "end"),
            chain("b", "aside", "end"),
            around=ROOTS,
        )
        run = InstanceRun(process)
        (waiting,) = run.messages.values()
        assert (waiting.kind, waiting.name) == ("signal", "Тривога")
        run.deliver_to(waiting)
        assert run.open == (["aside"] if interrupting else ["aside", "t"])


def test_a_condition_on_the_border_sees_what_a_step_beside_it_writes() -> None:
    asked = '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>'
    condition = "<conditionalEventDefinition><condition>сума &gt; 100</condition></conditionalEventDefinition>"
    process = compiled(
        START,
        '<parallelGateway id="fork"/>',
        element("userTask", "t", "Ввести", asked),
        step("u", "Чекати"),
        element("boundaryEvent", "b", "", condition, attachedToRef="u"),
        step("big", "Велика"),
        END,
        chain("start", "fork", "t", "end"),
        chain("fork", "u", "end"),
        chain("b", "big", "end"),
    )
    run = InstanceRun(process)
    run.complete("t", сума=500)
    assert run.open == ["big"]


def test_a_termination_inside_a_sub_process_ends_it_alone() -> None:
    inner = (
        '<startEvent id="is"/><parallelGateway id="fork"/>'
        + step("a")
        + step("b")
        + element("endEvent", "stop", "", "<terminateEventDefinition/>")
        + chain("is", "fork", "a", "stop")
        + chain("fork", "b")
    )
    process = compiled(
        START, element("subProcess", "sub", "", inner), step("after"), END, chain("start", "sub", "after", "end")
    )
    run = InstanceRun(process)
    run.complete("a")
    assert run.open == ["after"]


def test_a_map_called_from_two_places_is_compiled_once() -> None:
    other = '<process id="other"><startEvent id="os"/>' + step("t") + chain("os", "t") + "</process>"
    main = (
        START
        + element("callActivity", "c1", calledElement="other")
        + element("callActivity", "c2", calledElement="other")
        + END
        + chain("start", "c1", "c2", "end")
    )
    outcome = compile_bpmn({"карта.bpmn": drawn(main, around=other)}, process_key="sale")
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    (only_step,) = run.open
    run.complete(only_step)
    (only_step,) = run.open
    run.complete(only_step)
    assert run.last.finished


def test_a_condition_that_cannot_be_read_is_told_from_outside_and_one_that_fails_is_an_incident() -> None:
    condition = "<conditionalEventDefinition><condition>якщо треба</condition></conditionalEventDefinition>"
    outcome = outcome_of(START, step("t"), END, chain("start", "t", "end"), handler(condition))
    assert {"CONDITION_NOT_UNDERSTOOD", "MESSAGE_FROM_OUTSIDE"} <= codes(outcome)
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.deliver("hs")
    assert run.open == ["h"]
    compared = condition.replace("якщо треба", "deal.amount &gt; deal.title")
    process = compiled(START, step("t"), END, chain("start", "t", "end"), handler(compared))
    with pytest.raises(MapFailed):
        InstanceRun(process, deal={"amount": 1, "title": "два"})


def test_a_sub_process_without_steps_is_confirmed_by_a_person() -> None:
    outcome = outcome_of(START, element("subProcess", "sub", "Частина"), END, chain("start", "sub", "end"))
    assert found(outcome, "EMPTY_SUB_PROCESS").severity is Severity.WARNING
    assert outcome.process is not None
    assert outcome.process.steps["sub"].kind is StepKind.CONFIRM


@pytest.mark.parametrize(
    ("attributes", "loop", "code"),
    [
        ({"startQuantity": "2"}, "", "TOKEN_QUANTITY"),
        ({"completionQuantity": "3"}, "", "TOKEN_QUANTITY"),
        ({}, ' behavior="One" oneBehaviorEventRef="said"', "LOOP_THROWS"),
        ({}, ' behavior="None" noneBehaviorEventRef="said"', "LOOP_THROWS"),
        ({}, ' behavior="Complex"', "LOOP_THROWS"),
    ],
)
def test_what_a_drawing_asks_of_tokens_beyond_one_each_is_refused(
    attributes: dict[str, str], loop: str, code: str
) -> None:
    inner = (
        f"<multiInstanceLoopCharacteristics{loop}><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>"
    )
    outcome = outcome_of(
        START, element("userTask", "t", "Крок", inner if loop else "", **attributes), END, chain("start", "t", "end")
    )
    assert outcome.process is None
    assert found(outcome, code).element_id == "t"


@pytest.mark.parametrize("kind", ["signal", "timer", "conditional"])
@pytest.mark.parametrize("all_needed", [False, True])
def test_a_start_with_another_trigger_than_a_message_is_opened_by_a_person(kind: str, *, all_needed: bool) -> None:
    triggers = DEFINITIONS[kind] + (DEFINITIONS["message"] if all_needed else "")
    attributes = {"parallelMultiple": "true"} if all_needed else {}
    outcome = outcome_of(
        element("startEvent", "x", "Початок", triggers, **attributes),
        step("t"),
        END,
        chain("x", "t", "end"),
        around=ROOTS,
    )
    assert found(outcome, "START_TRIGGER").element_id == "x"
    assert outcome.process is not None
    assert outcome.process.start_messages == ()
    assert InstanceRun(outcome.process).open == ["t"]


def test_an_event_without_a_trigger_is_told_from_outside() -> None:
    process = compiled(
        START,
        throwing("timer"),
        element("boundaryEvent", "b", "Передумав", attachedToRef="sub"),
        step("aside"),
        END,
        chain("start", "sub", "end"),
        chain("b", "aside", "end"),
    )
    run = InstanceRun(process)
    (waiting,) = run.messages.values()
    assert waiting.name == "Передумав"
    run.deliver("b")
    assert run.open == ["aside"]


def test_a_choice_without_a_name_is_called_by_what_leads_to_it() -> None:
    told = "<messageEventDefinition/>"
    outcome = outcome_of(
        START,
        step("offer", "Надіслати пропозицію"),
        element("eventBasedGateway", "eg"),
        element("intermediateCatchEvent", "yes", "Клієнт згоден", told),
        element("intermediateCatchEvent", "no", "Клієнт відмовився", told),
        END,
        chain("start", "offer", "eg", "yes", "end"),
        flow("eg", "no"),
        flow("no", "end"),
    )
    buttons = [one for one in outcome.findings if one.code == "BOUNDARY_BUTTON"]
    assert [one.params["step"] for one in buttons] == ["Надіслати пропозицію"] * 2


class TestHandlersOfOneThing:
    """Of two events that handle the same at one place, the second would never happen: nothing of it was told."""

    @pytest.mark.parametrize("kind", ["error", "escalation"])
    def test_two_on_one_border_cannot_be_published(self, kind: str) -> None:
        borders = [
            element("boundaryEvent", name, name, DEFINITIONS[kind], attachedToRef="sub") for name in ("b1", "b2")
        ]
        after = [step("one"), step("two"), chain("b1", "one"), chain("b2", "two")]
        outcome = outcome_of(START, throwing(kind), END, chain("start", "sub", "end"), *borders, *after, around=ROOTS)
        finding = found(outcome, "HANDLED_TWICE")
        assert (finding.severity, finding.element_id, finding.params["first"]) == (Severity.ERROR, "b2", "b1")

    @pytest.mark.parametrize("kind", ["error", "escalation"])
    def test_nor_can_two_event_sub_processes_of_one_scope(self, kind: str) -> None:
        first = handler(DEFINITIONS[kind])
        second = first.replace('"ev"', '"ev2"').replace('"hs"', '"hs2"').replace('"h"', '"h2"').replace('"he"', '"he2"')
        second = second.replace('id="hs_h"', 'id="hs2_h"').replace('id="h_he"', 'id="h2_he"')
        outcome = outcome_of(START, throwing(kind), END, chain("start", "sub", "end"), first, second, around=ROOTS)
        assert found(outcome, "HANDLED_TWICE").element_id == "hs2"

    @pytest.mark.parametrize("interrupting", [False, True])
    def test_one_beside_a_handler_that_throws_it_once_more_handles_that(self, *, interrupting: bool) -> None:
        """Unless it was withdrawn."""
        late = DEFINITIONS["escalation"]

        def handling(number: int, thrown: str) -> str:
            start = element("startEvent", f"s{number}", "", late, isInterrupting=str(interrupting).lower())
            end = element("endEvent", f"e{number}", "", thrown)
            inside = start + step(f"work{number}") + end + chain(f"s{number}", f"work{number}", f"e{number}")
            return element("subProcess", f"h{number}", "", inside, triggeredByEvent="true")

        parts = (START, throwing("escalation"), END, chain("start", "sub", "end"), handling(1, late), handling(2, ""))
        outcome = outcome_of(*parts, around=ROOTS)
        assert ("HANDLED_TWICE" in codes(outcome)) is interrupting
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        run.complete("work1")
        assert run.open == ([] if interrupting else ["work2"])

    def test_one_of_a_code_and_one_of_any_are_two(self) -> None:
        any_error = element("boundaryEvent", "any", "", "<errorEventDefinition/>", attachedToRef="sub")
        of_code = element("boundaryEvent", "code", "", DEFINITIONS["error"], attachedToRef="sub")
        after = [step("one"), step("two"), chain("any", "one"), chain("code", "two")]
        parts = (START, throwing("error"), END, chain("start", "sub", "end"), any_error, of_code, *after)
        outcome = outcome_of(*parts, around=ROOTS)
        assert "HANDLED_TWICE" not in codes(outcome)
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        assert run.open == ["two"]


class TestErrorsFromDeepInside:
    """An error comes out of all that is around it: its handler was told that nobody throws it."""

    CAUGHT = element("boundaryEvent", "b", "Не вдалося", DEFINITIONS["error"], attachedToRef="outer") + step("aside")
    WAYS = chain("start", "outer", "end") + chain("b", "aside")

    @staticmethod
    def process(key: str, *parts: str) -> str:
        return f'<process id="{key}" isExecutable="true">{"".join(parts)}</process>'

    def test_through_two_calls(self) -> None:
        called = self.process(
            "one", element("startEvent", "s1"), element("callActivity", "in", "", calledElement="two")
        )
        called = called.replace("</process>", chain("s1", "in") + "</process>")
        thrower = element("endEvent", "failed", "", DEFINITIONS["error"])
        deep = self.process("two", element("startEvent", "s2"), step("t"), thrower, chain("s2", "t", "failed"))
        outer = element("callActivity", "outer", "", calledElement="one")
        around = ROOTS + called + deep
        file = drawn(START, outer, END, self.CAUGHT, self.WAYS, around=around)
        outcome = compile_bpmn({"карта.bpmn": file}, process_key="sale")
        assert outcome.process is not None
        assert "ERROR_NEVER_THROWN" not in codes(outcome)
        run = InstanceRun(outcome.process)
        run.complete("t")
        assert run.open == ["aside"]

    def test_of_a_program_called_inside_of_a_part(self) -> None:
        said = bag(connector="http", method="GET", url="https://bas.example/sum")
        inner = element("startEvent", "s1") + element("serviceTask", "call", "", said) + chain("s1", "call")
        outer = element("subProcess", "outer", "", inner)
        outcome = outcome_of(START, outer, END, self.CAUGHT, self.WAYS, around=ROOTS)
        assert outcome.process is not None
        assert "ERROR_NEVER_THROWN" not in codes(outcome)
