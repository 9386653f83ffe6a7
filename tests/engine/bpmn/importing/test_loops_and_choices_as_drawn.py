"""Loops, complex gateways, event gateways, ad-hoc sub-processes: from the drawing to what happens."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, bag, chain, codes, compiled, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compiled import OutcomeKind, StepKind
from engine.bpmn.deadline_rules import WorkingTime
from engine.bpmn.findings import Severity
from engine.errors import MapFailed

ROOTS = '<message id="m" name="Скарга"/><signal id="s" name="Тривога"/>'


def field(name: str, kind: str = "number") -> str:
    return f'<extensionElements><reglament:field name="{name}" type="{kind}"/></extensionElements>'


def standard(condition: str, **attributes: str) -> str:
    return element("standardLoopCharacteristics", "lc", "", f"<loopCondition>{condition}</loopCondition>", **attributes)


def several(inner: str, **attributes: str) -> str:
    return element("multiInstanceLoopCharacteristics", "mi", "", inner, **attributes)


def looped(loop: str, fields: str = "", *more: str) -> tuple[str, ...]:
    return (
        START,
        element("userTask", "t", "Крок", fields + loop),
        step("after"),
        END,
        chain("start", "t", "after", "end"),
        *more,
    )


class TestStandardLoops:
    def test_it_runs_at_most_as_often_as_drawn(self) -> None:
        run = InstanceRun(compiled(*looped(standard("${ще}", loopMaximum="2"), field("ще", "yes_no"))))
        run.complete("t", ще=True)
        assert run.open == ["t"]
        run.complete("t", ще=True)
        assert run.open == ["after"], "twice is the most, whatever the condition says"

    @pytest.mark.parametrize(("amount", "runs"), [(5, 0), (500, 1)])
    def test_tested_before_it_may_not_run_at_all(self, amount: int, runs: int) -> None:
        process = compiled(*looped(standard("deal.amount &gt; 100", testBefore="true")))
        run = InstanceRun(process, deal={"amount": amount})
        assert run.open == (["t"] if runs else ["after"])

    def test_it_counts_its_runs(self) -> None:
        process = compiled(*looped(standard("loopCounter &lt; 3", testBefore="true")))
        run = InstanceRun(process)
        for _ in range(3):
            run.complete("t")
        assert run.open == ["after"]

    def test_what_is_on_its_border_lives_through_all_runs(self) -> None:
        timer = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"
        process = compiled(
            *looped(
                standard("${ще}"),
                field("ще", "yes_no"),
                element("boundaryEvent", "late", "", timer, attachedToRef="t"),
                step("hurry"),
                chain("late", "hurry", "end"),
            )
        )
        run = InstanceRun(process)
        (due,) = run.due.values()
        run.wait(days=1)
        run.complete("t", ще=True)
        assert list(run.due.values()) == [due], "the second run does not begin the two days again"
        run.fire("late")
        assert run.open == ["hurry"]

    def test_an_approval_that_is_repeated_while_it_is_returned_is_heard(self) -> None:
        said = '<extensionElements><reglament:properties><reglament:property name="approval" value="any"/>'
        loop = said + "</reglament:properties></extensionElements>" + standard('t_outcome == "returned"')
        outcome = outcome_of(*looped(loop))
        assert "APPROVAL_IGNORED" not in codes(outcome)
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t", "returned")
        assert run.open == ["t"]
        run.complete("t", "approved")
        assert run.open == ["after"]

    def test_what_its_condition_reads_is_asked_in_the_step(self) -> None:
        outcome = outcome_of(*looped(standard("not(готово)")))
        assert found(outcome, "UNKNOWN_VARIABLE").params["variable"] == "готово"
        assert outcome.process is not None
        assert [each.name for each in outcome.process.steps["t"].fields] == ["готово"]
        run = InstanceRun(outcome.process)
        run.complete("t", готово=False)
        assert run.open == ["t"]
        run.complete("t", готово=True)
        assert run.open == ["after"]


class TestRepeatedReceiveTasks:
    """Each run waits for a message of its own: the first to come ended them all."""

    def receiving(self, loop: str, *beside: str) -> InstanceRun:
        parts = (element("receiveTask", "t", "Оплата надійшла", loop, messageRef="m"), *beside)
        around = '<message id="m" name="Оплата"/>'
        return InstanceRun(
            compiled(START, *parts, step("after"), END, chain("start", "t", "after", "end"), around=around)
        )

    @pytest.mark.parametrize("sequential", ["true", "false"])
    def test_a_message_ends_one_run(self, sequential: str) -> None:
        run = self.receiving(several("<loopCardinality>3</loopCardinality>", isSequential=sequential))
        for left in (3, 2, 1):
            waiting = 1 if sequential == "true" else left
            assert (run.open, len(run.messages)) == (["t"] * waiting, waiting)
            run.deliver("t_message")
        assert run.open == ["after"]
        assert not run.messages

    def test_a_person_says_it_of_one_run_as_well(self) -> None:
        run = self.receiving(several("<loopCardinality>2</loopCardinality>"))
        run.complete("t")
        assert run.open == ["t"]
        run.deliver("t_message")
        assert run.open == ["after"]

    def test_what_is_drawn_on_its_border_ends_all_runs(self) -> None:
        timer = "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"
        late = element("boundaryEvent", "late", "Не дочекалися", timer, attachedToRef="t")
        run = self.receiving(several("<loopCardinality>3</loopCardinality>"), late, step("ask"), chain("late", "ask"))
        run.deliver("t_message")
        run.fire("late")
        assert run.open == ["ask"]
        assert not run.messages

    def test_a_loop_looks_at_its_condition_behind_each_message_and_asks_for_what_it_reads(self) -> None:
        run = self.receiving(
            "<standardLoopCharacteristics><loopCondition>paid &lt; 3</loopCondition></standardLoopCharacteristics>"
        )
        run.deliver("t_message", paid=1)
        assert run.open == ["t"]
        run.complete("t", paid=3)
        assert run.open == ["after"]


class TestMultiInstances:
    def test_none_at_all(self) -> None:
        process = compiled(*looped(several("<loopCardinality>0</loopCardinality>")))
        assert InstanceRun(process).open == ["after"]

    @pytest.mark.parametrize("name", ["nrOfCompletedInstances", "numberOfCompletedInstances"])
    @pytest.mark.parametrize("sequential", ["true", "false"])
    def test_enough_of_them(self, name: str, sequential: str) -> None:
        loop = several(
            "<loopCardinality>5</loopCardinality>"
            f"<completionCondition>{name} / {name.replace('Completed', '')} &gt;= 0.4</completionCondition>",
            isSequential=sequential,
        )
        outcome = outcome_of(*looped(loop))
        assert not {code for code in codes(outcome) if code.startswith("UNKNOWN_VARIABLE")}
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        assert len(run.open) == (1 if sequential == "true" else 5)
        run.complete("t")
        run.complete("t")
        assert run.open == ["after"], "two of five were enough, the others are withdrawn"

    @pytest.mark.parametrize("sequential", ["true", "false"])
    def test_what_they_give_is_collected_in_their_order_anew_in_each_round(self, sequential: str) -> None:
        loop = several(
            "<loopCardinality>2</loopCardinality><loopDataOutputRef>ціни</loopDataOutputRef>"
            '<outputDataItem id="ціна"/>',
            isSequential=sequential,
        )
        process = compiled(
            START,
            '<exclusiveGateway id="merge"/>',
            element("userTask", "t", "Крок", field("ціна") + loop),
            '<exclusiveGateway id="g" default="on"/>',
            step("after"),
            END,
            chain("start", "merge", "t", "g"),
            flow("g", "merge", condition="sum(ціни) &gt; 100".replace("&gt;", ">")),
            flow("g", "after", flow_id="on"),
            chain("after", "end"),
        )
        run = InstanceRun(process)
        if sequential == "true":
            run.complete("t", index=0, ціна=90)
            run.complete("t", index=1, ціна=80)
        else:
            run.complete("t", index=1, ціна=80)
            run.complete("t", index=0, ціна=90)
        assert run.last.variables["ціни"] == [90, 80]
        assert run.open == (["t"] if sequential == "true" else ["t", "t"]), "they cost too much: once more"
        run.complete("t", index=0, ціна=1)
        run.complete("t", index=1, ціна=2)
        assert run.last.variables["ціни"] == [1, 2]
        assert run.open == ["after"]

    def test_parallel_runs_of_a_sub_process_do_not_mix_up_what_they_give(self) -> None:
        zeebe = (
            '<extensionElements><zeebe:loopCharacteristics inputCollection="=deal.lots" inputElement="lot" '
            'outputCollection="ціни" outputElement="=ціна"/></extensionElements>'
        )
        inner = (
            several(zeebe)
            + '<startEvent id="is"/>'
            + element("userTask", "ask", "Спитати", field("ціна"))
            + step("check", "Перевірити")
            + '<endEvent id="ie"/>'
            + chain("is", "ask", "check", "ie")
        )
        process = compiled(
            START, element("subProcess", "sub", "Лот", inner), step("after"), END, chain("start", "sub", "after", "end")
        )
        run = InstanceRun(process, deal={"lots": ["А", "Б"]})
        for price in (10, 20):
            run.complete("ask", ціна=price)
        run.complete("check")
        run.complete("check")
        assert run.last.variables["ціни"] == [10, 20]

    def test_the_outcome_of_each_run_can_be_its_result(self) -> None:
        zeebe = (
            '<extensionElements><zeebe:loopCharacteristics inputCollection="=deal.people" inputElement="who" '
            'outputCollection="рішення" outputElement="=t_outcome"/></extensionElements>'
        )
        run = InstanceRun(compiled(*looped(several(zeebe))), deal={"people": ["А", "Б", "В"]})
        for outcome in ("rejected", "approved", "returned"):
            run.complete("t", outcome, index=["rejected", "approved", "returned"].index(outcome))
        assert run.last.variables["рішення"] == ["rejected", "approved", "returned"]

    def test_a_result_that_cannot_be_read_is_said(self) -> None:
        loop = several("<loopCardinality>2</loopCardinality><loopDataOutputRef>ціни</loopDataOutputRef>")
        assert found(outcome_of(*looped(loop)), "LOOP_OUTPUT_NOT_UNDERSTOOD").severity is Severity.WARNING

    def test_the_counter_of_a_run_is_said_to_count_from_one(self) -> None:
        loop = several(
            "<loopCardinality>3</loopCardinality><completionCondition>loopCounter = 2</completionCondition>",
            isSequential="true",
        )
        outcome = outcome_of(*looped(loop))
        assert found(outcome, "LOOP_COUNTER").severity is Severity.INFO
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("t")
        run.complete("t")
        assert run.open == ["after"]

    def test_over_a_called_map_with_an_event_on_the_border(self) -> None:
        other = '<process id="other"><startEvent id="os"/>' + step("ask") + chain("os", "ask") + "</process>"
        process = compiled(
            START,
            element("callActivity", "c", "", several("<loopCardinality>3</loopCardinality>"), calledElement="other"),
            element("boundaryEvent", "b", "", '<messageEventDefinition messageRef="m"/>', attachedToRef="c"),
            step("aside", "А"),
            step("x1", "Б"),
            step("x2", "В"),
            END,
            chain("start", "c", "end"),
            chain("b", "aside", "x1", "x2", "end"),
            around=ROOTS + other,
        )
        run = InstanceRun(process)
        assert len(run.open) == 3
        run.complete("ask")
        run.deliver("b")
        assert run.open == ["aside"]


class TestComplexGateways:
    @staticmethod
    def two_of_three(rule: str = "activationCount &gt;= 2", *more: str, condition: str = "") -> tuple[str, ...]:
        return (
            START,
            '<parallelGateway id="fork"/>',
            *(step(each) for each in "abc"),
            element("complexGateway", "join", "", f"<activationCondition>{rule}</activationCondition>" if rule else ""),
            step("after"),
            END,
            *(chain("start", "fork") if each == "a" else "" for each in "abc"),
            *(chain("fork", each, "join") for each in "abc"),
            flow("join", "after", condition=condition),
            chain("after", "end"),
            *more,
        )

    def test_it_goes_on_when_enough_have_come_and_once_only(self) -> None:
        outcome = outcome_of(*self.two_of_three())
        assert found(outcome, "COMPLEX_JOINS_BY_RULE").severity is Severity.INFO
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("a")
        assert run.open == ["b", "c"]
        run.complete("b")
        assert run.open == ["after", "c"]
        run.complete("c")
        assert run.open == ["after"], "the third comes to an end there"
        run.complete("after")
        assert run.last.finished

    def test_the_late_one_may_come_after_everything_else_has_ended(self) -> None:
        run = InstanceRun(compiled(*self.two_of_three()))
        for each in ("a", "b", "after"):
            run.complete(each)
        assert not run.last.finished
        run.complete("c")
        assert run.last.finished

    def test_a_rule_waits_for_the_branch_that_asks_for_what_it_reads(self) -> None:
        """Another branch that came first stopped the deal with an incident."""
        asked = element("userTask", "d", "Терміново?", field("urgent", "yes_no"))
        parts = self.two_of_three("activationCount &gt;= 3 or urgent", asked, chain("fork", "d", "join"))
        run = InstanceRun(compiled(*parts))
        run.complete("a")
        assert run.open == ["b", "c", "d"]
        run.complete("d", urgent=True)
        assert run.open == ["after", "b", "c"]

    def test_a_rule_without_an_answer_when_all_have_come_stops_the_deal(self) -> None:
        """Nothing more comes that could give one."""
        asked = element("userTask", "later", "Терміново?", field("urgent", "yes_no"))
        run = InstanceRun(compiled(*self.two_of_three("urgent", asked, chain("after", "later"))))
        run.complete("a")
        run.complete("b")
        with pytest.raises(MapFailed, match="urgent"):
            run.complete("c")

    def test_the_next_round_begins_anew(self) -> None:
        process = compiled(
            START,
            '<exclusiveGateway id="merge"/><parallelGateway id="fork"/>',
            *(step(each) for each in "abc"),
            element("complexGateway", "join", "", "<activationCondition>activationCount &gt;= 2</activationCondition>"),
            element("userTask", "decide", "Вирішити", field("ще", "yes_no")),
            '<exclusiveGateway id="g" default="on"/>',
            END,
            chain("start", "merge", "fork"),
            *(chain("fork", each, "join") for each in "abc"),
            chain("join", "decide", "g"),
            flow("g", "merge", condition="${ще}"),
            flow("g", "end", flow_id="on"),
        )
        run = InstanceRun(process)
        for each in ("a", "b", "c"):
            run.complete(each)
        run.complete("decide", ще=True)
        assert run.open == ["a", "b", "c"]
        run.complete("b")
        assert run.open == ["a", "c"], "one of three: what came late in round 1 does not count in round 2"
        run.complete("c")
        assert run.open == ["a", "decide"]
        run.complete("a")
        run.complete("decide", ще=False)
        assert run.last.finished

    def test_a_branch_that_was_not_chosen_counts_in_the_next_round(self) -> None:
        """After round 1 the token behind the gateway can reach every arrow into it: none of them is waited for."""
        both = field("є_а", "yes_no").replace("</ext", '<reglament:field name="є_б" type="yes_no"/></ext')
        process = compiled(
            START,
            '<exclusiveGateway id="merge"/>',
            element("userTask", "ask", "Кого питати", both),
            '<inclusiveGateway id="fork"/>',
            step("a"),
            step("b"),
            element("complexGateway", "join", "", "<activationCondition>activationCount &gt;= 1</activationCondition>"),
            element("userTask", "decide", "Вирішити", field("ще", "yes_no")),
            '<exclusiveGateway id="g" default="on"/>',
            END,
            chain("start", "merge", "ask", "fork"),
            flow("fork", "a", condition="${є_а}"),
            flow("fork", "b", condition="${є_б}"),
            chain("a", "join"),
            chain("b", "join", "decide", "g"),
            flow("g", "merge", condition="${ще}"),
            flow("g", "end", flow_id="on"),
        )
        run = InstanceRun(process)
        run.complete("ask", є_а=True, є_б=False)
        run.complete("a")
        run.complete("decide", ще=True)
        run.complete("ask", є_а=False, є_б=True)
        run.complete("b")
        assert run.open == ["decide"], "round 1 is over: b is no late token of it"
        run.complete("decide", ще=False)
        assert run.last.finished

    def test_a_rule_may_read_the_deal(self) -> None:
        rule = "activationCount &gt;= 2 and deal.amount &lt; 10 or activationCount = 3"
        run = InstanceRun(compiled(*self.two_of_three(rule)), deal={"amount": 50})
        run.complete("a")
        run.complete("b")
        assert run.open == ["c"]
        run.complete("c")
        assert run.open == ["after"]

    def test_a_rule_that_never_holds_stops_with_an_incident(self) -> None:
        run = InstanceRun(compiled(*self.two_of_three("activationCount &gt; deal.amount")), deal={"amount": 3})
        run.complete("a")
        run.complete("b")
        with pytest.raises(MapFailed) as failed:
            run.complete("c")
        assert failed.value.params["problem_code"] == "STALLED"

    def test_that_a_rule_can_never_hold_is_said_at_upload(self) -> None:
        outcome = outcome_of(*self.two_of_three("activationCount &gt;= 4"))
        assert outcome.process is None
        assert found(outcome, "DEADLOCK").element_id == "join"

    @pytest.mark.parametrize("rule", ["", "двоє з трьох"])
    def test_without_a_rule_that_can_be_read_it_is_refused(self, rule: str) -> None:
        outcome = outcome_of(*self.two_of_three(rule))
        assert outcome.process is None
        assert found(outcome, "COMPLEX_RULE").element_id == "join"

    def test_ways_for_the_late_branches_are_refused(self) -> None:
        outcome = outcome_of(*self.two_of_three(condition="waitingForStart"))
        assert outcome.process is None
        assert found(outcome, "COMPLEX_RESET").element_id == "join"

    def test_a_split_is_decided_by_its_conditions(self) -> None:
        outcome = outcome_of(
            START,
            '<complexGateway id="split"/>',
            step("a"),
            step("b"),
            chain("start", "split"),
            flow("split", "a", condition="deal.amount > 1"),
            flow("split", "b", condition="deal.amount > 10"),
        )
        assert found(outcome, "COMPLEX_BY_CONDITIONS").severity is Severity.INFO
        assert outcome.process is not None
        assert InstanceRun(outcome.process, deal={"amount": 5}).open == ["a"]
        assert InstanceRun(outcome.process, deal={"amount": 50}).open == ["a", "b"]


def test_an_inclusive_gateway_that_joins_and_asks_waits_for_all_before_it_asks() -> None:
    process = compiled(
        START,
        '<parallelGateway id="fork"/><inclusiveGateway id="both" name="Що далі?"/>',
        *(step(each) for each in "abxy"),
        END,
        chain("start", "fork"),
        chain("fork", "a", "both"),
        chain("fork", "b", "both"),
        flow("both", "x", "Одне"),
        flow("both", "y", "Інше"),
        chain("x", "end"),
        chain("y", "end"),
    )
    run = InstanceRun(process)
    run.complete("a")
    assert run.open == ["b"]
    run.complete("b")
    assert len(run.open) == 1, "one question, when both have come"


WAITING = {
    "soon": "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>",
    "later": "<timerEventDefinition><timeDuration>P5D</timeDuration></timerEventDefinition>",
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "condition": ("<conditionalEventDefinition><condition>deal.amount &gt; 5</condition></conditionalEventDefinition>"),
}


class TestEventGateways:
    def drawn(self, gateway: str = "") -> tuple[str, ...]:
        return (
            START,
            f'<eventBasedGateway id="g" name="Що станеться?" {gateway}/>',
            *(element("intermediateCatchEvent", name, name, inner) for name, inner in WAITING.items()),
            element("receiveTask", "received", "Лист", messageRef="m"),
            *(step(f"after_{name}") for name in (*WAITING, "received")),
            END,
            chain("start", "g"),
            *(chain("g", name, f"after_{name}", "end") for name in (*WAITING, "received")),
        )

    @pytest.mark.parametrize("first", [*WAITING, "received"])
    def test_whatever_happens_first_decides_and_withdraws_the_others(self, first: str) -> None:
        process = compiled(*self.drawn(), around=ROOTS)
        run = InstanceRun(process, deal={"amount": 1})
        assert len(set(run.due.values())) == 2, "two timers, two moments"
        match first:
            case "soon" | "later":
                run.fire(first)
            case "condition":
                run.facts_changed(deal={"amount": 10})
            case _:
                run.deliver(first)
        assert run.open == [f"after_{first}"]
        assert not run.messages
        assert not run.timers

    def test_behind_a_parallel_one_every_event_is_awaited(self) -> None:
        outcome = outcome_of(*self.drawn('eventGatewayType="Parallel"'), around=ROOTS)
        assert found(outcome, "EVENT_GATEWAY_ALL").element_id == "g"
        assert outcome.process is not None
        run = InstanceRun(outcome.process, deal={"amount": 1})
        run.fire_timer(next(iter(run.timers.values())))
        assert len([each for each in run.open if each.startswith("after_")]) == 1
        assert run.timers


class TestAdHoc:
    @staticmethod
    def drawn(inner: str = "", over: str = "", **attributes: str) -> tuple[str, ...]:
        condition = f"<completionCondition>{over}</completionCondition>" if over else ""
        parts = inner or element("userTask", "a", "Дзвінок", field("ціна")) + step("b", "Лист")
        return (
            START,
            element("adHocSubProcess", "ad", "Переговори", parts + condition, **attributes),
            step("after"),
            END,
            chain("start", "ad", "after", "end"),
        )

    @staticmethod
    def choose(run: InstanceRun, label: str) -> None:
        opened = next(each for each in run.steps.values() if run.process.steps[each.element_id].kind is StepKind.CHOICE)
        outcomes = run.process.steps[opened.element_id].outcomes
        outcome = next(each for each in outcomes if label in (each.label, each.kind.value))
        run.complete_opened(opened, outcome.id, {})

    def test_one_at_a_time_as_often_as_needed_until_the_person_says_so(self) -> None:
        outcome = outcome_of(*self.drawn(ordering="Sequential"))
        assert found(outcome, "AD_HOC_CHOSEN").params["steps"] == "Дзвінок, Лист"
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        (choice,) = run.open
        definition = run.process.steps[choice]
        assert (definition.kind, definition.name) == (StepKind.CHOICE, "Переговори")
        assert [each.kind for each in definition.outcomes] == [
            OutcomeKind.WAY,
            OutcomeKind.WAY,
            OutcomeKind.COMPLETED,
        ]
        for _ in range(2):
            self.choose(run, "Дзвінок")
            assert run.open == ["a"], "nothing else begins before it is done"
            run.complete("a")
        self.choose(run, "Лист")
        run.complete("b")
        self.choose(run, "completed")
        assert run.open == ["after"]

    @pytest.mark.parametrize("own", ["", "Юрист"])
    def test_who_is_responsible_for_it_or_for_its_first_step_chooses_by_its_deadline(self, own: str) -> None:
        said = bag(відповідальний=own) if own else ""
        first = step("a", "А", відповідальний="Логістика", етап="Торг", термін="2 р.д.")
        process = compiled(*self.drawn(said + first + step("b", "Б")))
        (choice,) = [each for each in process.steps.values() if each.kind is StepKind.CHOICE]
        assert choice.responsible == (own or "Логістика",)
        assert (choice.stage, choice.deadline, choice.asks_again) == ("Торг", WorkingTime(days=2), True)

    def test_several_at_once_and_the_end_withdraws_what_still_runs(self) -> None:
        run = InstanceRun(compiled(*self.drawn()))
        self.choose(run, "Дзвінок")
        self.choose(run, "Дзвінок")
        self.choose(run, "Лист")
        assert [each for each in run.open if each in "ab"] == ["a", "a", "b"]
        run.complete("a")
        self.choose(run, "completed")
        assert run.open == ["after"]

    def test_the_end_leaves_what_still_runs_if_it_is_drawn_so(self) -> None:
        run = InstanceRun(compiled(*self.drawn(cancelRemainingInstances="false")))
        self.choose(run, "Дзвінок")
        self.choose(run, "completed")
        assert run.open == ["a"]
        run.complete("a")
        assert run.open == ["after"]

    @pytest.mark.parametrize("ordering", ["Sequential", "Parallel"])
    def test_it_is_over_when_its_condition_holds_behind_a_step(self, ordering: str) -> None:
        process = compiled(*self.drawn(over="ціна &gt; 100", ordering=ordering))
        run = InstanceRun(process, variables={"ціна": 0})
        self.choose(run, "Дзвінок")
        run.complete("a", ціна=50)
        assert "after" not in run.open
        self.choose(run, "Лист")
        if ordering == "Parallel":
            self.choose(run, "Дзвінок")
            run.complete("a", ціна=500)
        else:
            run.complete("b")
            self.choose(run, "Дзвінок")
            run.complete("a", ціна=500)
        assert run.open == ["after"], "the letter is withdrawn"

    @pytest.mark.parametrize("ordering", ["Sequential", "Parallel"])
    def test_what_nobody_has_filled_in_yet_does_not_hold(self, ordering: str) -> None:
        """Who sent the letter first, before the call that asks for the price, stood before an incident."""
        run = InstanceRun(compiled(*self.drawn(over="ціна &gt; 5", ordering=ordering)))
        self.choose(run, "Лист")
        run.complete("b")
        assert [run.process.steps[each].kind for each in run.open] == [StepKind.CHOICE]
        self.choose(run, "Дзвінок")
        run.complete("a", ціна=10)
        assert run.open == ["after"]

    def test_once_its_condition_holds_nothing_more_begins_and_the_rest_is_left_to_end(self) -> None:
        process = compiled(*self.drawn(over="ціна &gt; 100", cancelRemainingInstances="false"))
        run = InstanceRun(process, variables={"ціна": 0})
        self.choose(run, "Лист")
        self.choose(run, "Дзвінок")
        run.complete("a", ціна=500)
        assert run.open == ["b"]
        run.complete("b")
        assert run.open == ["after"]

    @pytest.mark.parametrize("inner", ["", element("userTask", "z", "Дзвінок", field("ціна"))])
    def test_each_turn_of_it_is_over_when_its_condition_holds_behind_a_step_of_its_own(self, inner: str) -> None:
        """What made the last turn over is still written when the next one begins."""
        start, ad_hoc, *_ = self.drawn(inner, over="ціна &gt; 100", cancelRemainingInstances="false")
        again = step("after") + chain("start", "ad", "after", "ad")
        again += (
            '<boundaryEvent id="late" attachedToRef="after"><messageEventDefinition messageRef="m"/></boundaryEvent>'
        )
        run = InstanceRun(
            compiled(start, ad_hoc, again, END, chain("late", "end"), around=ROOTS), variables={"ціна": 0}
        )
        called = "z" if inner else "a"
        for _ in range(2):
            self.choose(run, "Дзвінок")
            self.choose(run, "Дзвінок")
            run.complete(called, ціна=50)
            run.complete(called, ціна=500)
            assert run.open == ["after"]
            run.complete("after")

    def test_what_follows_a_step_is_done_with_it(self) -> None:
        inner = step("a", "Дзвінок") + step("a2", "Записати") + step("b", "Лист") + chain("a", "a2")
        run = InstanceRun(compiled(*self.drawn(inner, ordering="Sequential")))
        self.choose(run, "Дзвінок")
        run.complete("a")
        assert run.open == ["a2"]
        run.complete("a2")
        self.choose(run, "completed")
        assert run.open == ["after"]

    @pytest.mark.parametrize("remaining", ["true", "false"])
    def test_what_its_condition_reads_is_asked_behind_each_choice(self, remaining: str) -> None:
        inner = step("a", "Дзвінок") + step("a2", "Записати") + step("b", "Лист") + chain("a", "a2")
        process = compiled(*self.drawn(inner, over="ціна &gt; 100", cancelRemainingInstances=remaining))
        run = InstanceRun(process)
        self.choose(run, "Дзвінок")
        run.complete("a")
        run.complete("a2")
        asking = next(each for each in run.open if any(one.name == "ціна" for one in process.steps[each].fields))
        run.complete(asking, ціна=500)
        assert run.open == ["after"]

    def test_a_condition_in_words_is_left_to_the_person(self) -> None:
        outcome = outcome_of(*self.drawn(over="коли всі задоволені"))
        assert found(outcome, "AD_HOC_ENDED_BY_PERSON").severity is Severity.WARNING

    def test_steps_that_belong_to_nobody_are_refused(self) -> None:
        inner = step("a") + step("b") + step("c") + chain("a", "c") + chain("b", "c")
        outcome = outcome_of(*self.drawn(inner))
        assert outcome.process is None
        assert found(outcome, "AD_HOC_SHARED").element_id == "c"


@pytest.mark.parametrize(("name", "button"), [("Скласти пропозицію", "Завершити"), ("Make an offer", "Finish")])
def test_a_way_to_an_end_without_a_name_is_a_button_in_the_language_of_the_map(name: str, button: str) -> None:
    gateway, other_end = '<exclusiveGateway id="g"/>', '<endEvent id="_uaqNkON0EeKz"/>'
    ways = flow("g", "s") + flow("g", "_uaqNkON0EeKz")
    process = compiled(START, step("t", name), gateway, step("s", name), END, other_end, chain("start", "t", "g"), ways)
    assert [outcome.label for outcome in process.steps["t"].outcomes] == [name, button]
