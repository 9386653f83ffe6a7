"""What a drawing says and the engine does otherwise, or never: told when the map is uploaded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.drawn_maps import (
    END,
    START,
    bag,
    chain,
    codes,
    compiled,
    element,
    flow,
    found,
    outcome_of,
    step,
)
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.findings import Severity
from engine.bpmn.questions import ASK, QuestionKind
from engine.errors import MapFailed

ROOTS = '<message id="m" name="Скарга"/><signal id="s" name="Тривога"/><signal id="s2" name="Відбій"/>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"


def asking(name: str, kind: str = "number", more: str = "", **attributes: str) -> str:
    fields = f'<extensionElements><reglament:field name="{name}" type="{kind}"/></extensionElements>'
    return element("userTask", "ask", "Запитати", fields + more, **attributes)


class TestBoundOfLoopWithoutCondition:
    def map(self, repeat: str = "", loop: str = '<standardLoopCharacteristics loopMaximum="2"/>') -> tuple[str, ...]:
        said = bag(repeat=repeat) if repeat else ""
        fields = '<extensionElements><reglament:field name="n" type="number"/></extensionElements>'
        return (
            START,
            element("userTask", "first", "Спершу", fields),
            element("userTask", "t", "Крок", said + loop),
            END,
            chain("start", "first", "t", "end"),
        )

    def test_it_is_told_and_proposed(self) -> None:
        outcome = outcome_of(*self.map())
        told = found(outcome, "LOOP_MAXIMUM_ASKED")
        assert (told.element_id, told.params["maximum"], told.severity) == ("t", "2", Severity.WARNING)
        (question,) = [one for one in outcome.questions if one.kind is QuestionKind.REPEAT]
        assert question.proposal("2") is not None
        assert question.assumed == ASK

    def test_one_beside_words_is_told_and_not_proposed(self) -> None:
        words = '<standardLoopCharacteristics loopMaximum="2"><loopCondition>поки треба</loopCondition></standardLoop'
        outcome = outcome_of(*self.map(loop=words + "Characteristics>"))
        assert "LOOP_MAXIMUM_ASKED" in codes(outcome)
        (question,) = [one for one in outcome.questions if one.kind is QuestionKind.REPEAT]
        assert question.proposal("2") is None

    def test_an_answered_condition_keeps_it(self) -> None:
        process = compiled(*self.map(repeat="= n > 0"))
        run = InstanceRun(process)
        run.complete("first", n=Decimal(5))
        run.complete("t")
        assert run.open == ["t"]
        run.complete("t")
        assert run.last.finished, "the loop ends at its maximum, whatever the condition says"
        assert "LOOP_MAXIMUM_ASKED" not in {one.code for one in process.findings}


def test_a_repeated_receive_task_behind_an_event_gateway_runs_once_and_is_told() -> None:
    repeated = element("multiInstanceLoopCharacteristics", "mi", "", "<loopCardinality>2</loopCardinality>")
    outcome = outcome_of(
        START,
        '<eventBasedGateway id="eg"/>',
        element("receiveTask", "rt", "Листи", repeated, messageRef="m"),
        element("intermediateCatchEvent", "late", "", HOUR),
        step("x"),
        END,
        chain("start", "eg", "rt", "x", "end"),
        chain("eg", "late", "end"),
        around=ROOTS,
    )
    assert found(outcome, "EVENT_GATEWAY_REPEATS").element_id == "rt"


@pytest.mark.parametrize(("second", "is_told"), [("m", True), ("n", False)], ids=["the same", "another"])
def test_two_ways_of_an_event_gateway_that_wait_for_one_message_are_told(second: str, is_told: bool) -> None:
    outcome = outcome_of(
        START,
        '<eventBasedGateway id="eg"/>',
        element("intermediateCatchEvent", "c1", "", '<messageEventDefinition messageRef="m"/>'),
        element("intermediateCatchEvent", "c2", "", f'<messageEventDefinition messageRef="{second}"/>'),
        step("x"),
        END,
        chain("start", "eg", "c1", "x", "end"),
        chain("eg", "c2", "end"),
        around=ROOTS + '<message id="n" name="Подяка"/>',
    )
    assert outcome.process is not None
    assert ("EVENT_GATEWAY_AMBIGUOUS" in codes(outcome)) is is_told


@pytest.mark.parametrize(
    ("condition", "facts"), [('client.name = "Б" or now = today', "client, now, today"), ("deal.amount &gt; 5", "")]
)
def test_a_condition_over_what_changes_outside_of_the_deal_is_told(condition: str, facts: str) -> None:
    event = f"<conditionalEventDefinition><condition>{condition}</condition></conditionalEventDefinition>"
    waits = element("intermediateCatchEvent", "c", "", event)
    outcome = outcome_of(START, waits, step("x"), END, chain("start", "c", "x", "end"))
    told = [one.params["facts"] for one in outcome.findings if one.code == "CONDITION_SEEN_LATE"]
    assert told == ([facts] if facts else [])


class TestEventsThatStartThemselves:
    def map(self, inner: str, *ways: str, thrown: str = "s", interrupting: str = "false") -> tuple[str, ...]:
        starts = element("startEvent", "hs", "", '<signalEventDefinition signalRef="s"/>', isInterrupting=interrupting)
        throws = element("endEvent", "he", "", f'<signalEventDefinition signalRef="{thrown}"/>')
        inside = starts + inner + throws + "".join(ways)
        handler = element("subProcess", "h", "Реакція", inside, triggeredByEvent="true")
        return (START, step("i"), handler, END, chain("start", "i", "end"))

    def test_it_is_told(self) -> None:
        outcome = outcome_of(*self.map("", chain("hs", "he")), around=ROOTS)
        told = found(outcome, "EVENT_STARTS_ITSELF")
        assert (told.element_id, told.params["event"]) == ("h", "Тривога")

    def test_through_another_event_sub_process_it_is_told_of_both(self) -> None:
        back = element(
            "subProcess",
            "g",
            "Відповідь",
            element("startEvent", "gs", "", '<signalEventDefinition signalRef="s2"/>', isInterrupting="false")
            + element("endEvent", "ge", "", '<signalEventDefinition signalRef="s"/>')
            + chain("gs", "ge"),
            triggeredByEvent="true",
        )
        outcome = outcome_of(*self.map("", chain("hs", "he"), thrown="s2"), back, around=ROOTS)
        assert {one.element_id for one in outcome.findings if one.code == "EVENT_STARTS_ITSELF"} == {"h", "g"}

    @pytest.mark.parametrize(
        "parts",
        [
            (step("asked"), chain("hs", "asked", "he")),
            (element("intermediateCatchEvent", "wait", "", HOUR), chain("hs", "wait", "he")),
        ],
        ids=["a person", "a timer"],
    )
    def test_not_where_something_is_waited_for_in_between(self, parts: tuple[str, str]) -> None:
        assert "EVENT_STARTS_ITSELF" not in codes(outcome_of(*self.map(*parts), around=ROOTS))

    def test_not_of_one_that_interrupts(self) -> None:
        outcome = outcome_of(*self.map("", chain("hs", "he"), interrupting="true"), around=ROOTS)
        assert outcome.process is not None
        assert "EVENT_STARTS_ITSELF" not in codes(outcome)


class TestMapsThatAskNobody:
    def test_it_is_told(self) -> None:
        told = found(outcome_of(START, END, chain("start", "end")), "NOBODY_ASKED")
        assert told.severity is Severity.WARNING

    def test_not_of_one_with_a_step(self) -> None:
        assert "NOBODY_ASKED" not in codes(outcome_of(START, step("t"), END, chain("start", "t", "end")))


class TestNamesTooLong:
    """Deals are found by these names, in columns of a fixed width: on PostgreSQL every deal failed there."""

    def outcome(self, message: str = "Оплата", **said: str) -> CompileOutcome:
        waits = element("receiveTask", "paid", "Оплата", bag(**said), messageRef="long")
        around = f'<message id="long" name="{message}"/>'
        return outcome_of(START, waits, END, chain("start", "paid", "end"), around=around)

    @pytest.mark.parametrize(("letters", "is_told"), [(300, False), (301, True)])
    def test_of_an_event_that_is_waited_for(self, letters: int, is_told: bool) -> None:
        outcome = self.outcome("я" * letters)
        assert ("NAME_TOO_LONG" in codes(outcome, Severity.ERROR)) is is_told

    @pytest.mark.parametrize(("letters", "is_told"), [(200, False), (201, True)])
    def test_of_a_stage(self, letters: int, is_told: bool) -> None:
        outcome = self.outcome(етап="я" * letters)
        assert ("NAME_TOO_LONG" in codes(outcome, Severity.ERROR)) is is_told


class TestTimersWithTwoValues:
    def outcome(self, inner: str, said: str = "") -> CompileOutcome:
        event = f"{said}<timerEventDefinition>{inner}</timerEventDefinition>"
        timer = element("intermediateCatchEvent", "t", "", event)
        return outcome_of(START, timer, step("x"), END, chain("start", "t", "x", "end"))

    def test_which_of_them_counts_is_told(self) -> None:
        outcome = self.outcome("<timeDuration>PT1H</timeDuration><timeDate>2026-05-01</timeDate>")
        told = found(outcome, "PROPERTY_CONFLICT")
        assert (told.params["used"], told.params["other"]) == ("PT1H", "2026-05-01")

    @pytest.mark.parametrize(
        ("inner", "said"),
        [
            ("<timeDate/><timeDuration>PT1H</timeDuration>", ""),
            ("<timeDuration>PT1H</timeDuration><timeDate>2026-05-01</timeDate>", bag(timer="2 дні")),
        ],
        ids=["the other is empty", "the owner said it"],
    )
    def test_not_where_there_is_no_doubt(self, inner: str, said: str) -> None:
        assert "PROPERTY_CONFLICT" not in codes(self.outcome(inner, said))


class TestLabelsThatLookLikeRules:
    def outcome(self, condition: str) -> CompileOutcome:
        return outcome_of(
            START,
            asking("n"),
            '<exclusiveGateway id="g"/>',
            step("a"),
            step("b"),
            END,
            chain("start", "ask", "g"),
            flow("g", "a", condition=condition),
            flow("g", "b"),
            chain("a", "end"),
            chain("b", "end"),
        )

    @pytest.mark.parametrize("text", ["n > 5,5", "сума > 100 000 і ризик високий", "об'єм ≥ 5", "знижка = 10 %"])
    def test_one_that_cannot_be_read_is_a_warning(self, text: str) -> None:
        outcome = self.outcome(text)
        assert found(outcome, "CONDITION_ASKED").params["text"] == text
        assert "WAY_ASKED" in codes(outcome)

    @pytest.mark.parametrize("text", ["n > 5", "Так", "більше ніж 5 днів", "знижка → юрист"])
    def test_not_one_that_is_read_nor_words(self, text: str) -> None:
        assert "CONDITION_ASKED" not in codes(self.outcome(text))


class TestStandardOutputs:
    def left_out(self, inner: str) -> str:
        outcome = outcome_of(
            '<property id="n" name="n"/>',
            START,
            element("userTask", "t", "Крок", inner),
            END,
            chain("start", "t", "end"),
        )
        return found(outcome, "VALUES_LEFT_OUT").params["values"] if "VALUES_LEFT_OUT" in codes(outcome) else ""

    def test_an_assignment_is_told_by_name(self) -> None:
        inner = (
            '<dataOutputAssociation id="o"><targetRef>n</targetRef><assignment><from>5</from><to>total</to>'
            "</assignment></dataOutputAssociation>"
        )
        assert self.left_out(inner) == "total"

    @pytest.mark.parametrize(("output", "told"), [("out_n", "n"), ("n", "")], ids=["renamed", "the same"])
    def test_an_output_under_another_name_is_told(self, output: str, told: str) -> None:
        inner = (
            f'<ioSpecification><dataOutput id="do" name="{output}"/><outputSet/></ioSpecification>'
            '<dataOutputAssociation id="o"><sourceRef>do</sourceRef><targetRef>n</targetRef></dataOutputAssociation>'
        )
        assert self.left_out(inner) == told


class TestDefaultBesideArrowsThatAreAlwaysTaken:
    PARTS = (
        START,
        asking("n", default="ask_b"),
        step("a"),
        step("b"),
        step("u"),
        END,
        chain("start", "ask"),
        flow("ask", "a", condition="n > 5"),
        flow("ask", "b"),
        flow("ask", "u"),
        *(chain(one, "end") for one in "abu"),
    )

    def test_it_is_told(self) -> None:
        told = found(outcome_of(*self.PARTS), "DEFAULT_NEVER_TAKEN")
        assert (told.element_id, told.params["always"]) == ("ask_b", "u")

    @pytest.mark.parametrize(("n", "opened"), [(1, ["u"]), (6, ["a", "u"])])
    def test_it_is_never_taken(self, n: int, opened: list[str]) -> None:
        run = InstanceRun(compiled(*self.PARTS))
        run.complete("ask", n=Decimal(n))
        assert sorted(run.open) == opened


class TestApprovalsOfNobody:
    def test_the_incident_names_the_approval_that_nobody_was_asked_for(self) -> None:
        loop = '<multiInstanceLoopCharacteristics camunda:collection="people" camunda:elementVariable="who"/>'
        run = InstanceRun(
            compiled(
                START,
                asking("people", "text"),
                element("userTask", "r", "Погодити", bag(approval="any") + loop),
                '<exclusiveGateway id="g" name="Погоджено?"/>',
                '<endEvent id="no" name="Відхилено"/>',
                END,
                chain("start", "ask", "r", "g"),
                flow("g", "end", "Погоджено"),
                flow("g", "no", "Відхилено"),
            )
        )
        with pytest.raises(MapFailed) as failed:
            run.complete("ask", people=[])
        assert failed.value.params["problem_code"] == "NO_WAY_OPEN"
        assert "nobody was asked in “Погодити”" in str(failed.value.params["problem"])
