"""Decisions by conditions, by the name of a field alone, and by "which way?"."""

from __future__ import annotations

import pytest
from support.drawn_maps import (
    END,
    START,
    chain,
    codes,
    compiled,
    element,
    flow,
    found,
    named,
    one_decision,
    outcome_of,
    step,
)
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.compiled import (
    ExpressionCondition,
    FieldType,
    StepKind,
)
from engine.bpmn.findings import Severity


def test_a_question_step_stands_before_a_decision_that_nobody_precedes() -> None:
    process = compiled(
        START,
        element("exclusiveGateway", "g", "Новий клієнт?"),
        step("a", "Познайомитись"),
        step("b", "Зателефонувати"),
        chain("start", "g"),
        flow("g", "a", "Так"),
        flow("g", "b", "Ні"),
    )
    question = named(process, "Новий клієнт?")
    assert question.kind is StepKind.CHOICE
    assert [each.label for each in question.outcomes] == ["Так", "Ні"]


def test_conditions_are_taken_over_and_the_silent_arrow_is_the_default() -> None:
    outcome = outcome_of(
        START,
        element(
            "userTask",
            "t",
            "Крок",
            '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>',
        ),
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="small"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition="${сума > 1000}", flow_id="big"),
        flow("g", "small", flow_id="rest"),
    )
    assert outcome.process is not None
    assert outcome.process.conditions == {"big": ExpressionCondition(text="${сума > 1000}")}
    assert found(outcome, "IMPLICIT_DEFAULT").severity is Severity.INFO
    assert 'default="rest"' in outcome.process.executable
    assert "${сума" not in outcome.process.executable


def test_a_variable_that_nobody_provides_is_said_and_asked_before_the_decision() -> None:
    outcome = outcome_of(
        START,
        step("t", "Порахувати"),
        '<exclusiveGateway id="g" default="rest"/>',
        END,
        '<endEvent id="small"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition="${знижка > 10}", flow_id="big"),
        flow("g", "small", flow_id="rest"),
    )
    finding = found(outcome, "UNKNOWN_VARIABLE")
    assert (finding.severity, finding.params["step"]) == (Severity.WARNING, "Порахувати")
    assert outcome.process is not None
    (field,) = outcome.process.steps["t"].fields
    assert (field.name, field.type, field.required) == ("знижка", FieldType.NUMBER, True)


def test_a_mistyped_variable_comes_with_a_proposal() -> None:
    outcome = outcome_of(
        START,
        element("userTask", "t", "Крок", '<extensionElements><reglament:field name="discount"/></extensionElements>'),
        '<exclusiveGateway id="g" default="rest"/>',
        END,
        '<endEvent id="small"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition="discuont > 10", flow_id="big"),
        flow("g", "small", flow_id="rest"),
    )
    assert found(outcome, "UNKNOWN_VARIABLE_NEAR").params["proposal"] == "discount"


def test_words_in_place_of_a_condition_are_a_label() -> None:
    process = compiled(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition="клієнт згоден"),
        flow("g", "no", condition="клієнт вагається"),
    )
    assert [each.label for each in process.steps["t"].outcomes] == ["клієнт згоден", "клієнт вагається"]


def test_code_in_a_condition_is_never_run_but_asked() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="g" default="rest"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "g"),
        flow("g", "end", condition="__import__('os').system('id')", flow_id="evil"),
        flow("g", "no", flow_id="rest"),
    )
    assert found(outcome, "CONDITION_NOT_UNDERSTOOD").element_id == "evil"
    assert outcome.process is not None
    assert "__import__" not in outcome.process.model_dump_json(exclude={"findings"})


def test_an_inclusive_split_without_conditions_lets_a_person_tick_the_ways() -> None:
    process = compiled(*one_decision("Доставка", "Монтаж", gateway="inclusiveGateway"))
    (field,) = process.steps["t"].fields
    assert (field.type, field.required) == (FieldType.MANY, True)
    assert [choice.label for choice in field.choices] == ["Доставка", "Монтаж"]
    run = InstanceRun(process)
    run.complete("t", by_name={field.name: ["way1"]})
    assert run.last.end_events == ("end1",)


class TestNamesAlone:
    """A condition that is the name of a yes-or-no field asked a person which way to go, and only a note said so."""

    VIP = (
        '<extensionElements><camunda:formData><camunda:formField id="vip" type="boolean"/></camunda:formData>'
        "</extensionElements>"
    )

    def outcome(self, condition: str, other: str = "", *, default: bool = True) -> CompileOutcome:
        marked = {"default": "no"} if default else {}
        return outcome_of(
            START,
            END,
            element("userTask", "ask", "Запитати", self.VIP),
            element("exclusiveGateway", "g", "", **marked),
            step("gift"),
            step("on"),
            chain("start", "ask", "g"),
            flow("g", "gift", condition=condition),
            flow("g", "on", condition=other, flow_id="no"),
            chain("gift", "end"),
            chain("on", "end"),
        )

    @pytest.mark.parametrize("vip", [True, False])
    def test_the_field_decides(self, *, vip: bool) -> None:
        outcome = self.outcome("vip")
        assert "WAY_ASKED" not in codes(outcome)
        assert outcome.process is not None
        run = InstanceRun(outcome.process)
        run.complete("ask", vip=vip)
        assert run.open == ["gift" if vip else "on"]

    def test_beside_its_contrary_as_well(self) -> None:
        outcome = self.outcome("vip", "not(vip)", default=False)
        assert not codes(outcome) & {"WAY_ASKED", "CONDITION_NOT_UNDERSTOOD"}

    def test_beside_words_a_person_chooses(self) -> None:
        outcome = self.outcome("vip", "звичайний клієнт", default=False)
        assert found(outcome, "WAY_ASKED").params["ways"] == "vip, звичайний клієнт"

    @pytest.mark.parametrize("words", ["gold", "так"])
    def test_a_word_that_is_no_such_field_is_a_button(self, words: str) -> None:
        assert "WAY_ASKED" in codes(self.outcome(words))

    @pytest.mark.parametrize("again", [True, False])
    def test_a_field_that_is_asked_for_behind_the_decision_alone_decides_nothing(self, *, again: bool) -> None:
        """Nobody could have filled it in: the first deal that came there stopped."""
        gift = element("subProcess", "part", "", element("userTask", "gift", "Подарунок", self.VIP))
        outcome = outcome_of(
            START,
            END,
            step("first"),
            element("exclusiveGateway", "g", "", default="no"),
            gift,
            step("on"),
            chain("start", "first", "g"),
            flow("g", "part", condition="vip"),
            flow("g", "on", flow_id="no"),
            chain("part", "first" if again else "end"),
            chain("on", "end"),
        )
        assert ("WAY_ASKED" in codes(outcome)) is not again

    def test_so_it_is_for_an_event_and_a_loop(self) -> None:
        condition = "<conditionalEventDefinition><condition>vip</condition></conditionalEventDefinition>"
        loop = "<standardLoopCharacteristics><loopCondition>vip</loopCondition></standardLoopCharacteristics>"
        outcome = outcome_of(
            START,
            element("userTask", "ask", "Запитати", self.VIP + loop),
            element("intermediateCatchEvent", "wait", "", condition),
            END,
            chain("start", "ask", "wait", "end"),
        )
        assert not codes(outcome) & {"LOOP_ASKED", "CONDITION_NOT_UNDERSTOOD", "HAPPENED_BY_PERSON"}
