"""What is said where nothing listens to it is told; a word that is neither yes nor no costs nobody a safeguard."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, bag, chain, codes, compiled, drawn, element, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import StepKind
from engine.bpmn.findings import Severity

INSIDE = '<startEvent id="is"/>' + step("w", "Робота") + '<endEvent id="ie"/>' + chain("is", "w", "ie")
DECISION = ('<exclusiveGateway id="g"/>', '<endEvent id="no" name="Відмова"/>')
WAYS = (flow("g", "end", "Погоджено"), flow("g", "no", "Відхилено"))


def unheard(outcome: CompileOutcome) -> set[tuple[str | None, str, str]]:
    """Where, what, and in which words."""
    return {
        (one.element_id, one.params["property"], one.params["text"])
        for one in outcome.findings
        if one.code == "PROPERTY_UNUSED"
    }


def approved(**said: str) -> CompileOutcome:
    task = step("t", "Погодити", погодження="будь-хто", **said)
    return outcome_of(START, task, *DECISION, END, chain("start", "t", "g"), *WAYS)


def test_an_approval_on_a_sub_process_or_a_gateway_is_told_to_count_for_nothing() -> None:
    outcome = outcome_of(
        START,
        element("subProcess", "sub", "Договір", bag(погодження="юрист", термін="2 р.д.") + INSIDE),
        element("exclusiveGateway", "g", "Рішення", bag(погодження="всі")),
        '<endEvent id="no"/>',
        END,
        chain("start", "sub", "g"),
        *WAYS,
    )
    assert unheard(outcome) == {
        ("sub", "approval", "юрист"),
        ("sub", "deadline", "2 р.д."),
        ("g", "approval", "всі"),
    }
    assert found_severities(outcome) == {Severity.WARNING}


def found_severities(outcome: CompileOutcome) -> set[Severity]:
    return {one.severity for one in outcome.findings if one.code == "PROPERTY_UNUSED"}


def test_what_makes_an_approval_is_told_on_a_step_that_is_none() -> None:
    service = element("serviceTask", "t", "Перевірити", bag(погодження="юрист", повторне_погодження="так", recall="ні"))
    outcome = outcome_of(START, service, END, chain("start", "t", "end"))
    assert outcome.process is not None
    assert outcome.process.steps["t"].kind is StepKind.CONFIRM
    assert unheard(outcome) == {("t", "approval", "юрист"), ("t", "reask", "так")}


@pytest.mark.parametrize("said", [{"погодження": "не потрібно"}, {"чотири_ока": "ні"}, {"recall": "no"}])
def test_what_asks_for_nothing_is_not_told(said: dict[str, str]) -> None:
    gateway = element("exclusiveGateway", "g", "Рішення", bag(**said))
    outcome = outcome_of(START, step("t"), gateway, '<endEvent id="no"/>', END, chain("start", "t", "g"), *WAYS)
    assert unheard(outcome) == set()


def test_nothing_is_told_of_a_map_that_says_all_of_it_on_its_steps() -> None:
    outcome = approved(термін="2 р.д.", відповідальний="Юрист", чотири_ока="так", recall="так", свобода="вільно")
    assert "PROPERTY_UNUSED" not in codes(outcome)
    assert "YES_OR_NO_UNKNOWN" not in codes(outcome)


def test_a_lane_and_a_whole_map_hear_only_some_of_it() -> None:
    lane = f'<lane id="l" name="Юристи">{bag(термін="2 р.д.")}<flowNodeRef>t</flowNodeRef></lane>'
    whole = bag(чотири_ока="так", термін="колись", свобода="вільно", відповідальний="Юрист")
    content = drawn(f"<laneSet>{lane}</laneSet>", START, step("t"), END, chain("start", "t", "end"))
    outcome = compile_bpmn({"карта.bpmn": content.replace(b'isExecutable="true">', f">{whole}".encode(), 1)})
    assert unheard(outcome) == {("l", "deadline", "2 р.д."), ("sale", "four_eyes", "так")}
    unread = found(outcome, "DEADLINE_NOT_UNDERSTOOD")
    assert (unread.element_id, unread.params, unread.severity) == ("sale", {"text": "колись"}, Severity.WARNING)


def test_a_count_of_times_on_what_is_drawn_as_no_loop_is_told() -> None:
    once, three = step("a", "Раз", повторів="once"), step("b", "Тричі", повторів="3")
    outcome = outcome_of(START, once, three, END, chain("start", "a", "b", "end"))
    assert unheard(outcome) == {("b", "repeat", "3")}


def test_a_word_that_is_neither_yes_nor_no_leaves_the_safeguard_and_gives_no_liberty() -> None:
    outcome = approved(чотири_ока="обовʼязково", бачений_зміст="авжеж", відкликання="може", reask="колись")
    assert outcome.process is not None
    approval = outcome.process.steps["t"]
    assert (approval.four_eyes, approval.content_seen) == (True, True)
    assert (approval.recall, approval.reask) == (False, False)
    told = {one.params["property"]: one.params["text"] for one in outcome.findings if one.code == "YES_OR_NO_UNKNOWN"}
    assert told == {"four_eyes": "обовʼязково", "content_seen": "авжеж", "recall": "може", "reask": "колись"}


def test_a_result_that_is_neither_won_nor_lost_is_told_and_the_name_decides() -> None:
    end = element("endEvent", "end", "Угоду програно", bag(результат="невідомо"))
    assert found(outcome_of(START, step("t"), end, chain("start", "t", "end")), "RESULT_UNKNOWN").element_id == "end"


def test_a_sentence_that_begins_with_the_word_result_is_no_result() -> None:
    said = "<documentation>Результат: підписаний договір</documentation>"
    task, end = element("userTask", "t", "Підписати", said), element("endEvent", "end", "Кінець", said)
    outcome = outcome_of(START, task, end, chain("start", "t", "end"))
    assert not {"PROPERTY_UNUSED", "RESULT_UNKNOWN"} & codes(outcome)
    won = element("userTask", "t", "Підписати", said.replace("підписаний договір", "виграно"))
    assert unheard(outcome_of(START, won, END, chain("start", "t", "end"))) == {("t", "result", "виграно")}


def test_the_end_of_a_part_has_no_result() -> None:
    inner = INSIDE.replace('<endEvent id="ie"/>', element("endEvent", "ie", "", bag(результат="програно")))
    outcome = outcome_of(START, element("subProcess", "sub", "Частина", inner), END, chain("start", "sub", "end"))
    assert unheard(outcome) == {("ie", "result", "програно")}


def nested(lanes: str = "", said: str = "") -> str:
    """A step two sub-processes deep; who the outer one names, if it does."""
    inner = element("subProcess", "inner", "Всередині", INSIDE)
    around = f'<startEvent id="os"/>{inner}<endEvent id="oe"/>{chain("os", "inner", "oe")}'
    outer = element("subProcess", "outer", "Ззовні", (bag(відповідальний=said) if said else "") + around)
    process = compiled(lanes, START, outer, END, chain("start", "outer", "end"))
    return ", ".join(process.steps["w"].responsible)


def test_who_does_a_part_does_the_parts_in_it_too() -> None:
    assert nested(said="Юрист") == "Юрист"


def test_who_does_a_part_in_words_counts_more_than_the_lane_that_it_stands_in() -> None:
    lanes = '<laneSet><lane id="l" name="Продажі"><flowNodeRef>outer</flowNodeRef></lane></laneSet>'
    assert nested(lanes) == "Продажі"
    assert nested(lanes, said="Юрист") == "Юрист"
