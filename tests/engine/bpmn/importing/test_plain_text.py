"""What lines of a description or a note say, as people write them: what counts, what is a sentence, what is told."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape

import pytest
from support.drawn_maps import END, START, chain, codes, element, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.compiled import StepDefinition, StepKind
from engine.bpmn.deadline_rules import WorkingTime
from engine.bpmn.findings import Severity


def described(text: str) -> CompileOutcome:
    return with_step(element("task", "t", "Перевірити договір", f"<documentation>{escape(text)}</documentation>"))


def with_step(task: str) -> CompileOutcome:
    return outcome_of(START, task, END, chain("start", "t", "end"))


def the_step(outcome: CompileOutcome) -> StepDefinition:
    assert outcome.process is not None, outcome.findings
    return outcome.process.steps["t"]


@pytest.mark.parametrize(
    "line",
    [
        "Погодження: з юристом усно",
        "Погодження: за потреби",
        "Погодження: якщо сума > 100 000, з директором",
        "Погодження: електронною поштою",
        "Погоджує: юрист",
        "Approver: head of sales",
        "Approval: by e-mail, if needed",
    ],
)
def test_a_sentence_about_an_approval_makes_none_stays_for_people_and_is_told(line: str) -> None:
    outcome = described(line)
    said = the_step(outcome)
    assert (said.kind, said.approval, said.instruction) == (StepKind.USER, None, line)
    finding = found(outcome, "APPROVAL_LINE_UNCLEAR")
    assert (finding.severity, finding.params) == (Severity.WARNING, {"text": line})


def test_an_approval_that_a_line_makes_is_told_with_its_words() -> None:
    outcome = described("Погодження: юрист, начальник відділу з продажу")
    said = the_step(outcome)
    assert said.kind is StepKind.APPROVAL
    assert said.approval is not None
    assert said.approval.approvers == ("юрист", "начальник відділу з продажу")
    assert found(outcome, "APPROVAL_FROM_LINE").params == {"text": "юрист, начальник відділу з продажу"}


def test_what_the_owner_says_in_the_table_needs_no_guess() -> None:
    outcome = with_step(
        element(
            "task",
            "t",
            "Перевірити",
            "<documentation>Погодження: з юристом усно</documentation>"
            '<extensionElements><reglament:properties><reglament:property name="approval" value="any"/>'
            "</reglament:properties></extensionElements>",
        )
    )
    assert the_step(outcome).kind is StepKind.APPROVAL
    assert not codes(outcome) & {"APPROVAL_LINE_UNCLEAR", "APPROVAL_FROM_LINE"}


@pytest.mark.parametrize(
    "words",
    [
        "не потрібне",
        "непотрібно",
        "не обов’язкове",
        "відсутнє",
        "без погодження",
        "-",
        "—",
        "н/д",
        "not required",
        "n/a",
    ],
)
def test_words_for_no_approval_make_none_wherever_they_stand(words: str) -> None:
    assert the_step(described(f"Погодження: {words}")).kind is StepKind.USER
    assert the_step(with_step(step("t", погодження=words))).kind is StepKind.USER


@pytest.mark.parametrize("words", ["обов'язкове", "обовʼязково", "потрібне", "required."])
def test_words_for_some_approval_name_no_approver(words: str) -> None:
    approval = the_step(described(f"Погодження: {words}")).approval
    assert approval is not None
    assert (approval.mode, approval.approvers) == ("any", ())


@pytest.mark.parametrize(
    "line",
    [
        "Термін виконання: 3 р.д.",
        "Строк виконання : 3 р.д.",
        "«Термін»: 3 р.д.",
        "**Термін:** 3 р.д.",
        "Термін – 3 р.д.",
        "Термін - 3 р.д.",
        "Due date: 3 business days",
        "Тер\u00adмін:\u200b 3 р.д.\u200b",
        "\u200eТермін: 3\N{NO-BREAK SPACE}р.д.\ufeff",
        unicodedata.normalize("NFD", "Строк виконання: 3 р.д."),
        "«Термін: 3 р.д.»",
        '"Термін: 3 р.д.".',
        "«Термін – 3 р.д.»;",
        "**Термін: 3 р.д.**",
        "_Термін: 3 р.д._",
        "`Термін: 3 р.д.`",
        "(Термін: 3 р.д.)",
        "Термін: **3 р.д.**",
        "„Термін“: „3 р.д.”",
        '"Термін": "3 р.д.",',
        "1. Термін: 3 р.д.",
        "2) Термін – 3 р.д.",
        "1.2. «Термін: 3 р.д.»",
        "а) Термін: 3 р.д.",
        "- [ ] Термін: 3 р.д.",
        "* **Термін:** 3 р.д.",
        "☐ Термін: 3 р.д.",
        "▪ Термін: 3 р.д.",
        "→ Термін: 3 р.д.",
        "> Термін: 3 р.д.",
        "⏰\N{VARIATION SELECTOR-16} Термін: 3 р.д.",
        "Термін：3 р.д.",
        "Термін -> 3 р.д.",
    ],
)
def test_a_deadline_is_read_as_people_write_it(line: str) -> None:
    said = the_step(described(line))
    assert (said.deadline, said.instruction) == (WorkingTime(days=3), "")


@pytest.mark.parametrize(
    "line",
    ["Термін – як домовились", "Термін дії договору: 1 рік", "Погодження – це окремий крок", "Результат: договір"],
)
def test_a_sentence_that_begins_with_the_word_of_a_property_stays_for_people(line: str) -> None:
    said = the_step(described(line))
    assert (said.kind, said.deadline, said.instruction) == (StepKind.USER, None, line)


@pytest.mark.parametrize(
    "line",
    [
        "Відповідальна особа: Юридичний відділ",
        "Відповідальний: «Юридичний відділ»",
        unicodedata.normalize("NFD", "Відповідальний: Юридичний відділ"),
    ],
)
def test_a_responsible_is_read_as_people_write_it(line: str) -> None:
    assert the_step(described(line)).responsible == ("Юридичний відділ",)


def test_a_quoted_line_may_say_several_things() -> None:
    said = the_step(described("1. «Термін: 3 р.д.; Відповідальний: «Юридичний відділ»»"))
    assert (said.deadline, said.responsible, said.instruction) == (WorkingTime(days=3), ("Юридичний відділ",), "")


@pytest.mark.parametrize("line", ["• «Погодження: юрист»", "1) **Погодження:** «юрист»", "*Погодження: юрист*"])
def test_an_approval_is_read_with_the_marks_that_people_put_around_it(line: str) -> None:
    approval = the_step(described(line)).approval
    assert approval is not None
    assert approval.approvers == ("юрист",)


def test_a_numbered_sentence_about_an_approval_is_told_as_any_other() -> None:
    outcome = described("2. Погодження: з юристом усно")
    assert the_step(outcome).instruction == "2. Погодження: з юристом усно"
    assert "APPROVAL_LINE_UNCLEAR" in codes(outcome)


def test_stars_around_a_pattern_of_files_are_a_part_of_it() -> None:
    said = the_step(described("Погодження: юрист\nЩо погоджується: *договір*"))
    assert said.approved_content is not None
    assert said.approved_content.files == ("*договір*",)


def test_no_number_of_brackets_is_too_many() -> None:
    line = "(" * 100_000 + "Термін: 3 р.д." + ")" * 100_000
    assert the_step(described(line)).deadline is None


def test_a_line_that_contradicts_the_lane_or_the_frame_is_shown() -> None:
    lane = '<laneSet id="l"><lane id="a" name="Продажі"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
    task = element("task", "t", "Перевірити", "<documentation>Відповідальний: Юридичний відділ</documentation>")
    outcome = outcome_of(lane, START, task, END, chain("start", "t", "end"))
    assert the_step(outcome).responsible == ("Юридичний відділ",)
    params = found(outcome, "PROPERTY_CONFLICT").params
    assert (params["used"], params["other"], params["other_from"]) == ("Юридичний відділ", "Продажі", "lane")


def test_names_of_lanes_are_read_as_they_look() -> None:
    name = unicodedata.normalize("NFD", "Юридичний\u200b відділ\u202e")
    lane = f'<laneSet id="l"><lane id="a" name="{name}"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
    outcome = outcome_of(lane, START, element("task", "t", "Перевірити"), END, chain("start", "t", "end"))
    assert the_step(outcome).responsible == ("Юридичний відділ",)


@pytest.mark.parametrize("words", ["так", "усі поля", "yes", "all"])
def test_every_field_is_required_where_a_word_says_so_and_none_is_made_of_it(words: str) -> None:
    fields = '<reglament:field name="discount"/><reglament:field name="delivery"/>'
    said = f"<documentation>Обовʼязкові: {words}</documentation><extensionElements>{fields}</extensionElements>"
    outcome = with_step(element("task", "t", "Заповнити", said))
    assert [(one.name, one.required) for one in the_step(outcome).fields] == [("discount", True), ("delivery", True)]
    bare = described(f"Обовʼязкові: {words}")
    assert the_step(bare).fields == ()
    assert found(bare, "REQUIRED_NO_FIELD").params == {"text": words}


@pytest.mark.parametrize(
    ("approved", "negative"),
    [
        ("Узгоджено", "Не узгоджено"),
        ("Погоджено", "Непогоджено"),
        ("Затверджую", "На доробку"),
        ("Approved", "Send back"),
    ],
)
def test_words_of_an_approval_on_arrows_are_read_in_their_forms(approved: str, negative: str) -> None:
    outcome = outcome_of(
        START,
        element("task", "t", "Перевірити"),
        element("exclusiveGateway", "g"),
        END,
        chain("start", "t", "g"),
        flow("g", "end", approved),
        flow("g", "t", negative),
    )
    assert the_step(outcome).kind is StepKind.APPROVAL


def test_ways_to_steps_that_approve_and_refuse_make_no_approval_of_the_step_before() -> None:
    outcome = outcome_of(
        START,
        element("task", "t", "Перевірити"),
        element("exclusiveGateway", "g"),
        element("task", "a", "Погодити знижку"),
        element("task", "b", "Відхилити заявку"),
        END,
        chain("start", "t", "g", "a", "end"),
        chain("g", "b", "end").replace('id="b_end"', 'id="b_to_end"'),
    )
    assert the_step(outcome).kind is StepKind.USER
    assert [one.label for one in the_step(outcome).outcomes] == ["Погодити знижку", "Відхилити заявку"]
    assert "WAY_ASKED" in codes(outcome)
