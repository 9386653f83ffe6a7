"""What a drawing leaves open is asked; an answer in the file is obeyed, and the question is gone."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

import pytest
from support.drawn_maps import END, START, chain, codes, drawn, element, flow, named, step
from support.instance_run import InstanceRun

from engine.bpmn.answers import (
    AnswerNotUnderstood,
    CountNotUnderstood,
    DecisionNotUnderstood,
    edits_for,
    understood,
)
from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import ElapsedTime, WorkingTime
from engine.bpmn.deadline_text import DeadlineNotUnderstood
from engine.bpmn.questions import Because, Question, QuestionKind
from engine.bpmn.writing import apply_properties
from engine.errors import DomainError

NAME = "карта.bpmn"
DONE = {"stage": "Етап", "deadline": "1 р.д.", "responsible": "Продажі"}


def done(element_id: str, name: str, **said: str) -> str:
    """A step that lacks nothing."""
    return step(element_id, name, **DONE, **said)


class Map:
    """A file whose questions are asked and answered, one version after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    @property
    def outcome(self) -> CompileOutcome:
        return compile_bpmn({NAME: self.content})

    @property
    def process(self) -> CompiledProcess:
        process = self.outcome.process
        assert process is not None, self.outcome.findings
        return process

    @property
    def asked(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.outcome.questions}

    def answer(self, question_id: str, text: str) -> Map:
        question = self.asked[question_id]
        edited = apply_properties(self.content, edits_for(question, understood(question, text)))
        assert escape(text).encode() in edited or question.kind is QuestionKind.POOL
        after = Map(edited)
        assert question_id not in after.asked
        return after

    def walk(self, *steps: str) -> InstanceRun:
        run = InstanceRun(self.process)
        for name in steps:
            run.complete(named(self.process, name).element_id)
        return run


def after(answered: Map, element_id: str, deal: Mapping[str, int] | None = None, **values: object) -> list[str]:
    """What is open behind a step that was completed with values."""
    run = InstanceRun(answered.process, deal=deal or {})
    run.complete(element_id, by_name=values)
    return run.open


def of(*parts: str) -> Map:
    return Map(drawn(*parts))


def test_a_map_that_says_everything_leaves_nothing_open() -> None:
    assert of(START, done("t", "Крок"), END, chain("start", "t", "end")).asked == {}


def two_pools() -> Map:
    ours = '<process id="ours" name="Ми">' + done("a", "Наше") + done("b", "Ще наше") + chain("a", "b") + "</process>"
    theirs = '<process id="theirs" name="Клієнт">' + done("c", "Клієнтове") + "</process>"
    pools = (
        '<collaboration id="co"><participant id="p1" name="Продавець" processRef="ours"/>'
        '<participant id="p2" name="Покупець" processRef="theirs"/></collaboration>'
    )
    empty = drawn("", around=pools + ours + theirs)
    return Map(
        empty.replace(b'<process id="sale" name="\xd0\x9f\xd1\x80\xd0\xbe\xd0\xb4\xd0\xb0\xd0\xb6"', b"<process")
    )


def test_which_of_several_pools_is_the_map() -> None:
    question = two_pools().asked["pool:ours"]
    assert [(one.label, one.because) for one in question.proposals] == [
        ("Продавець", Because.MOST_STEPS),
        ("Покупець", Because.OTHER_POOL),
    ]
    assert not question.is_required
    confirmed = two_pools().answer("pool:ours", "ours")
    assert confirmed.process.key == "ours"
    other = two_pools().answer("pool:ours", "theirs")
    assert other.process.key == "theirs"
    assert other.walk("Клієнтове").last.finished
    assert not any(question.kind is QuestionKind.POOL for question in other.outcome.questions)


def two_starts() -> Map:
    return of(
        element("startEvent", "s1", "Дзвінок"),
        element("startEvent", "s2", "Лист"),
        done("a", "Прийняти дзвінок"),
        done("b", "Прочитати лист"),
        END,
        chain("s1", "a", "end"),
        chain("s2", "b", "end"),
    )


def test_which_of_several_starts_a_deal_has() -> None:
    question = two_starts().asked["start:sale"]
    assert [one.value for one in question.proposals] == ["ask", "s1", "s2"]
    answered = two_starts().answer("start:sale", "s2")
    assert answered.walk().open == ["b"]
    assert "SEVERAL_STARTS" not in codes(answered.outcome)
    asked_in_the_deal = two_starts().answer("start:sale", "ask")
    assert "SEVERAL_STARTS" not in codes(asked_in_the_deal.outcome)
    run = asked_in_the_deal.walk()
    (choice,) = [one for one in asked_in_the_deal.process.steps.values() if one.kind == "choice"]
    run.complete(choice.element_id, outcome=choice.outcomes[1].id)
    assert run.open == ["b"]


def test_what_begins_without_a_start_event_and_what_has_no_first_step_at_all() -> None:
    entries = of(done("a", "А"), done("b", "Б"), done("c", "В"), chain("a", "c"), chain("b", "c"))
    question = entries.asked["start:sale"]
    assert [one.value for one in question.proposals] == ["all", "ask", "a", "b"]
    assert entries.answer("start:sale", "a").walk().open == ["a"]
    assert entries.answer("start:sale", "all").walk().open == ["a", "b"]
    again = flow("g", "a", "Ще")
    circle = of(done("a", "А"), '<exclusiveGateway id="g"/>', END, chain("a", "g"), again, flow("g", "end", "Досить"))
    assert circle.outcome.process is None
    assert circle.asked["start:sale"].is_required
    assert circle.answer("start:sale", "a").walk().open == ["a"]


def test_whether_several_arrows_mean_all_or_one_and_whether_a_meeting_waits() -> None:
    parts = (START, done("t", "Крок"), done("a", "А"), done("b", "Б"), done("c", "Разом"), END)
    fork = of(*parts, chain("start", "t", "a", "c", "end"), chain("t", "b", "c"))
    assert {*fork.asked} == {"split:t", "merge:c"}
    each = fork.answer("merge:c", "each")
    assert "RUNS_TWICE" not in codes(each.outcome)
    assert each.walk("Крок", "А", "Разом", "Б").open == ["c"]
    waits = fork.answer("merge:c", "wait")
    run = waits.walk("Крок", "А")
    assert run.open == ["b"]
    run.complete("b")
    assert run.open == ["c"]
    one = fork.answer("split:t", "one")
    assert {*one.asked} == {"decision:t"}
    run = InstanceRun(one.process)
    run.complete("t", outcome="t_b")
    assert run.open == ["b"]
    assert fork.answer("split:t", "all").walk("Крок").open == ["a", "b"]


SIZES = '<extensionElements><reglament:field name="розмір" type="choice" choices="small=Мала;big=Велика"/>'


def decision(first: str = "Велика", second: str = "Мала", *, fields: str = "") -> Map:
    said = "".join(f'<reglament:property name="{key}" value="{value}"/>' for key, value in DONE.items())
    extensions = f"{fields or '<extensionElements>'}<reglament:properties>{said}</reglament:properties>"
    return of(
        START,
        element("userTask", "t", "Оцінити", f"{extensions}</extensionElements>"),
        element("exclusiveGateway", "g", "Яка угода?"),
        done("a", "А"),
        done("b", "Б"),
        END,
        chain("start", "t", "g"),
        flow("g", "a", first),
        flow("g", "b", second),
        chain("a", "end"),
        chain("b", "end"),
    )


def test_who_or_what_decides_where_the_arrows_have_no_conditions() -> None:
    by_field = decision(fields=SIZES)
    question = by_field.asked["decision:g"]
    assert [(one.value, one.because) for one in question.proposals] == [
        ("ask", Because.STEP_BEFORE),
        ("=розмір", Because.FIELD_SAYS),
    ]
    answered = by_field.answer("decision:g", "=розмір")
    assert {*answered.asked} == {"default_way:g"}
    run = InstanceRun(answered.process)
    run.complete("t", розмір="small")
    assert run.open == ["b"]
    by_person = by_field.answer("decision:g", "ask")
    run = InstanceRun(by_person.process)
    run.complete("t", outcome="g_a", розмір="small")
    assert run.open == ["a"]
    assert by_person.asked == {}


@pytest.mark.parametrize("name", ["розмір угоди", "розмір-угоди", "if"])
def test_a_field_that_no_expression_can_name_is_not_proposed(name: str) -> None:
    question = decision(fields=SIZES.replace('name="розмір"', f'name="{name}"')).asked["decision:g"]
    assert [one.value for one in question.proposals] == ["ask"]


def test_a_condition_decides_between_yes_and_no() -> None:
    answered = decision("Так", "Ні").answer("decision:g", "=deal.amount > 100000")
    assert answered.asked == {}
    assert answered.process.steps["t"].outcomes[0].id == "completed"
    assert after(answered, "t", deal={"amount": 5}) == ["b"]
    assert after(answered, "t", deal={"amount": 500_000}) == ["a"]


def test_which_way_is_gone_when_no_condition_holds() -> None:
    amount = '<extensionElements><reglament:field name="сума" type="number"/></extensionElements>'
    conditions = of(
        START,
        element("userTask", "t", "Крок", amount),
        '<exclusiveGateway id="g"/>',
        done("a", "А"),
        done("b", "Б"),
        END,
        chain("start", "t", "g"),
        flow("g", "a", "Велика", condition="сума > 100"),
        flow("g", "b", "Мала", condition="сума < 10"),
        chain("a", "end"),
        chain("b", "end"),
    )
    question = conditions.asked["default_way:g"]
    assert question.element_name == "Крок"
    assert [(one.value, one.label) for one in question.proposals] == [
        ("nobody", ""),
        ("g_a", "Велика"),
        ("g_b", "Мала"),
    ]
    answered = conditions.answer("default_way:g", "g_b")
    assert after(answered, "t", сума=50) == ["b"]
    assert after(answered, "t", сума=500) == ["a"]
    assert "NO_DEFAULT" not in codes(conditions.answer("default_way:g", "nobody").outcome)


def test_all_of_several_ways_always() -> None:
    ways = of(
        START,
        done("t", "Крок"),
        '<inclusiveGateway id="g"/>',
        done("a", "А"),
        done("b", "Б"),
        chain("start", "t", "g", "a"),
        flow("g", "b"),
    )
    assert ways.answer("decision:g", "all").walk("Крок").open == ["a", "b"]
    assert "WAYS_ASKED" in codes(ways.answer("decision:g", "ask").outcome)


def timer(name: str) -> Map:
    return of(
        START,
        element("intermediateCatchEvent", "wait", name, "<timerEventDefinition/>"),
        done("t", "Крок"),
        END,
        chain("start", "wait", "t", "end"),
    )


def test_how_long_a_timer_without_a_value_waits() -> None:
    readable = timer("5 Minuten")
    question = readable.asked["timer:wait"]
    assert [one.value for one in question.proposals] == ["5 Minuten", "ask"]
    assert question.preselected == "5 Minuten"
    assert readable.answer("timer:wait", "5 Minuten").process.timers["wait"].rule == ElapsedTime(seconds=300)
    partly = timer("Чекати на клієнта 2 дні максимум")
    assert [one.value for one in partly.asked["timer:wait"].proposals] == ["2 дні", "ask"]
    assert (partly.asked["timer:wait"].preselected, partly.asked["timer:wait"].assumed) == ("2 дні", "ask")
    assert partly.answer("timer:wait", "2 дні").process.timers["wait"].rule == ElapsedTime(days=2)
    own = timer("Чекати").answer("timer:wait", "3 р.д.")
    assert own.process.timers["wait"].rule == WorkingTime(days=3)
    by_person = timer("5 Minuten").answer("timer:wait", "ask")
    assert by_person.process.timers == {}
    assert by_person.walk().open == ["wait"]
    assert readable.answer("timer:wait", "5 Minuten").walk().open == []
    assert not codes(own.outcome) & {"TIMER_NOT_UNDERSTOOD", "TIMER_FROM_LABEL"}


@pytest.mark.parametrize(
    ("loop", "text"), [("<multiInstanceLoopCharacteristics/>", "3"), ("<standardLoopCharacteristics/>", "3")]
)
def test_how_often_a_loop_without_a_count_runs(loop: str, text: str) -> None:
    extensions = "".join(f'<reglament:property name="{key}" value="{value}"/>' for key, value in DONE.items())
    said = f"<extensionElements><reglament:properties>{extensions}</reglament:properties></extensionElements>"
    often = of(START, element("userTask", "t", "Подзвонити 2 рази", said + loop), END, chain("start", "t", "end"))
    question = often.asked["repeat:t"]
    assert [one.value for one in question.proposals] == ["ask", "2", "once"]
    counted = often.answer("repeat:t", text)
    assert counted.process.loops["t"].cardinality == text
    run = InstanceRun(counted.process)
    for _ in range(3):
        assert not run.last.finished
        run.complete("t")
    assert run.last.finished
    assert often.answer("repeat:t", "once").walk("Подзвонити 2 рази").last.finished
    assert "LOOP_ASKED" not in codes(often.answer("repeat:t", "ask").outcome)


def test_stage_responsible_and_deadline_with_what_the_neighbours_have() -> None:
    bare = of(START, done("a", "Перший"), step("b", "Зателефонувати за 3 дні"), END, chain("start", "a", "b", "end"))
    asked = bare.asked
    assert {*asked} == {"stage:b", "responsible:b", "deadline:b"}
    assert all(question.is_required for question in asked.values())
    assert asked["stage:b"].proposals[0].value == "Етап"
    assert asked["responsible:b"].proposals[0].because is Because.NEIGHBOUR_BEFORE
    assert asked["deadline:b"].proposals[0].value == "3 дні"
    answered = bare.answer("stage:b", "Новий етап").answer("responsible:b", "=owner").answer("deadline:b", "2 р.д.")
    found = answered.process.steps["b"]
    assert (found.stage, found.responsible, found.deadline) == ("Новий етап", ("=owner",), WorkingTime(days=2))
    assert not codes(answered.outcome) & {"STAGE_MISSING", "DEADLINE_MISSING", "RESPONSIBLE_MISSING"}


def test_a_deadline_that_cannot_be_read_is_asked_and_the_answer_counts() -> None:
    vague = of(
        START, step("t", "Крок", **DONE | {"deadline": "якнайшвидше, до 4 годин"}), END, chain("start", "t", "end")
    )
    question = vague.asked["deadline:t"]
    assert question.proposals[0].value == "4 годин"
    answered = vague.answer("deadline:t", "4 роб. год")
    assert answered.process.steps["t"].deadline == WorkingTime(seconds=14_400)
    assert "DEADLINE_NOT_UNDERSTOOD" not in codes(answered.outcome)


def test_a_step_that_was_added_takes_stage_and_responsible_from_its_decision() -> None:
    early = of(
        START,
        '<exclusiveGateway id="g" name="Куди?"/>',
        done("a", "А"),
        done("b", "Б"),
        chain("start", "g", "a"),
        flow("g", "b"),
    )
    assert {"stage:g", "responsible:g", "decision:g"} <= {*early.asked}
    answered = early.answer("stage:g", "Початок").answer("responsible:g", "Продажі")
    (choice,) = [one for one in answered.process.steps.values() if one.kind == "choice"]
    assert (choice.stage, choice.responsible) == ("Початок", ("Продажі",))


def test_steps_without_an_id_are_asked_about_at_their_process() -> None:
    nameless = of(START, '<userTask name="Без ідентифікатора"/>', END, chain("start", "end"))
    lone = Map(drawn('<userTask name="Без ідентифікатора"/>'))
    assert nameless.outcome.process is not None
    answered = lone
    for question_id in ("stage:sale", "responsible:sale", "deadline:sale"):
        answered = answered.answer(question_id, answered.asked[question_id].preselected)
    assert answered.asked == {}


def test_an_answer_that_cannot_be_used_is_asked_again() -> None:
    content = two_starts().content.replace(b'<process id="sale"', b'<process id="sale" reglament:start_at="nowhere"')
    assert "start:sale" in Map(content).asked


def test_words_of_a_description_are_no_answers() -> None:
    described = of(
        START,
        element(
            "intermediateCatchEvent",
            "wait",
            "Чекати",
            "<documentation>Таймер: 5 хв</documentation><timerEventDefinition/>",
        ),
        done("t", "Крок"),
        END,
        chain("start", "wait", "t", "end"),
    )
    assert "timer:wait" in described.asked


@pytest.mark.parametrize(
    ("question_id", "text", "error"),
    [
        ("timer:wait", "колись", DeadlineNotUnderstood),
        ("timer:wait", "", AnswerNotUnderstood),
    ],
)
def test_what_answers_nothing_is_refused(question_id: str, text: str, error: type[DomainError]) -> None:
    with pytest.raises(error):
        understood(timer("Чекати").asked[question_id], text)


def test_what_is_no_count_no_condition_and_no_proposal_is_refused() -> None:
    with pytest.raises(DecisionNotUnderstood):
        understood(decision().asked["decision:g"], "розмір")
    with pytest.raises(AnswerNotUnderstood):
        understood(two_starts().asked["start:sale"], "s3")
    often = of(START, element("userTask", "t", "Т", "<standardLoopCharacteristics/>"), END, chain("start", "t", "end"))
    with pytest.raises(CountNotUnderstood):
        understood(often.asked["repeat:t"], "багато")
