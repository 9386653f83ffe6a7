"""Stages, deadlines, responsibles, fields: from whatever place a tool or a person put them in."""

from __future__ import annotations

import json
from time import thread_time
from xml.sax.saxutils import escape

import pytest
from support.drawn_maps import END, START, bag, chain, compiled, drawn, element, fixture, found, named, outcome_of, step

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import (
    ApprovalRule,
    ContentRule,
    Distribution,
    FieldChoice,
    FieldType,
    Freedom,
    Reauthentication,
)
from engine.bpmn.deadline_rules import ElapsedTime, EscalationAction, WorkingTime
from engine.bpmn.findings import Severity
from engine.bpmn.reading.plain_text import spoken_properties

THREE = ("юрист", "фінанси", "iryna")


def one_step(task: str) -> tuple[str, ...]:
    return START, task, END, chain("start", "t", "end")


def test_lanes_frames_notes_and_a_detached_arrow_are_read_from_the_drawing() -> None:
    outcome = compile_bpmn(fixture(__file__, "stages_by_frame.bpmn"))
    assert outcome.process is not None
    call, offer = named(outcome.process, "Зателефонувати клієнту"), named(outcome.process, "Надіслати пропозицію")
    assert (call.stage, call.responsible) == ("Кваліфікація", ("Продажі",))
    assert (offer.stage, offer.responsible) == ("Пропозиція", ("Менеджер",))
    assert offer.deadline == WorkingTime(days=3)
    assert [stage.name for stage in outcome.process.stages] == ["Кваліфікація", "Пропозиція"]
    assert found(outcome, "ARROW_SNAPPED").line == 19
    assert found(outcome, "POOLS_OUTSIDE").params["pools"] == "Клієнт"


def test_ukrainian_property_bag_says_everything_about_a_step() -> None:
    process = compiled(
        *one_step(
            step(
                "t",
                "Підготувати",
                етап="Пропозиція",
                термін="3 р.д.",
                відповідальний="Юридичний відділ; iryna",
                ескалація="Керівник продажів",
                ескалація_через="1 р.д.",
                обовʼязкові="номер договору",
                чотири_ока="так",
                свобода="вільно",
                розподіл="По черзі",
                інструкція="Перевірте реквізити.",
            )
        )
    )
    (definition,) = process.steps.values()
    assert definition.stage == "Пропозиція"
    assert definition.deadline == WorkingTime(days=3)
    assert definition.deadline_text == "3 р.д."
    assert definition.responsible == ("Юридичний відділ", "iryna")
    assert definition.escalation is not None
    assert definition.escalation.levels[0].to == "Керівник продажів"
    assert [(each.name, each.required) for each in definition.fields] == [("номер договору", True)]
    assert definition.four_eyes
    assert definition.freedom is Freedom.FREE
    assert definition.distribution is Distribution.ROUND_ROBIN
    assert definition.instruction == "Перевірте реквізити."


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
def test_any_apostrophe_names_the_required_fields(apostrophe: str) -> None:
    process = compiled(*one_step(element("userTask", "t", "Крок", bag(**{f"обов{apostrophe}язкові": "сума"}))))
    (definition,) = process.steps.values()
    assert [each.name for each in definition.fields] == ["сума"]


@pytest.mark.parametrize(
    "extension",
    [
        '<zeebe:properties><zeebe:property name="stage" value="Договір"/></zeebe:properties>',
        '<spiffworkflow:properties><spiffworkflow:property name="stage" value="Договір"/></spiffworkflow:properties>',
        '<signavio:signavioMetaData metaKey="stage" metaValue="Договір"/>',
        '<reglament:properties><reglament:property name="stage" value="Договір"/></reglament:properties>',
        '<reglament:step stage="Договір"/>',
    ],
)
def test_every_tools_property_bag_is_read(extension: str) -> None:
    task = element("userTask", "t", "Крок", f"<extensionElements>{extension}</extensionElements>")
    (definition,) = compiled(*one_step(task)).steps.values()
    assert definition.stage == "Договір"


@pytest.mark.parametrize(
    ("attributes", "inner", "responsible"),
    [
        ({"camunda:candidateGroups": "Логістика"}, "", ("Логістика",)),
        ({"flowable:assignee": "olena"}, "", ("olena",)),
        ({"activiti:assignee": "${deal.owner}"}, "", ("=deal.owner",)),
        (
            {},
            "<extensionElements><zeebe:assignmentDefinition candidateGroups='Юристи'/></extensionElements>",
            ("Юристи",),
        ),
        (
            {},
            (
                "<potentialOwner><resourceAssignmentExpression><formalExpression>group(Фінанси)</formalExpression>"
                "</resourceAssignmentExpression></potentialOwner>"
            ),
            ("Фінанси",),
        ),
    ],
)
def test_engines_attributes_name_the_responsible(
    attributes: dict[str, str], inner: str, responsible: tuple[str, ...]
) -> None:
    (definition,) = compiled(*one_step(element("userTask", "t", "Крок", inner, **attributes))).steps.values()
    assert definition.responsible == responsible


def test_a_conflict_between_two_places_is_shown_with_both_values() -> None:
    task = element("userTask", "t", "Крок", bag(термін="2 р.д."), **{"reglament:deadline": "5 р.д."})
    outcome = outcome_of(*one_step(task))
    assert outcome.process is not None
    assert outcome.process.steps["t"].deadline == WorkingTime(days=5)
    conflict = found(outcome, "PROPERTY_CONFLICT")
    assert conflict.severity is Severity.WARNING
    assert (conflict.params["used"], conflict.params["other"]) == ("5 р.д.", "2 р.д.")


def test_what_the_owner_decided_against_the_drawing_needs_no_answer() -> None:
    task = element("userTask", "t", "Крок", **{"reglament:responsible": "=owner", "camunda:candidateGroups": "sales"})
    overruled = found(outcome_of(*one_step(task)), "PROPERTY_OVERRULED")
    assert overruled.severity is Severity.INFO
    assert (overruled.params["used"], overruled.params["other"]) == ("=owner", "sales")


def test_a_deadline_that_cannot_be_read_is_an_error_at_its_step_and_line() -> None:
    finding = found(outcome_of(*one_step(step("t", "Підписати", термін="скоро"))), "DEADLINE_NOT_UNDERSTOOD")
    assert finding.severity is Severity.ERROR
    assert (finding.element_id, finding.element_name, finding.line) == ("t", "Підписати", 5)
    assert finding.params["text"] == "скоро"


def test_what_a_step_lacks_is_said_as_warnings() -> None:
    outcome = outcome_of(*one_step(step("t", "Крок")))
    for code in ("STAGE_MISSING", "DEADLINE_MISSING", "RESPONSIBLE_MISSING"):
        assert found(outcome, code).severity is Severity.WARNING


def test_a_ladder_of_escalations_is_read() -> None:
    process = compiled(*one_step(step("t", escalation="remind 4 роб. год before; head at due; reassign 1 р.д. after")))
    ladder = process.steps["t"].escalation
    assert ladder is not None
    assert [level.action for level in ladder.levels] == [
        EscalationAction.REMIND,
        EscalationAction.TELL_HEAD,
        EscalationAction.REASSIGN,
    ]


def test_a_named_sub_process_is_the_stage_of_its_steps() -> None:
    inner = '<startEvent id="s2"/>' + step("t", "Крок") + '<endEvent id="e2"/>' + chain("s2", "t", "e2")
    process = compiled(START, element("subProcess", "sub", "Переговори", inner), END, chain("start", "sub", "end"))
    assert named(process, "Крок").stage == "Переговори"


def test_a_reminder_on_the_border_is_the_deadline_of_a_step_without_one() -> None:
    process = compiled(
        START,
        step("t", "Крок"),
        END,
        element(
            "boundaryEvent",
            "b",
            "Нагадати",
            "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
            attachedToRef="t",
            cancelActivity="false",
        ),
        step("r", "Нагадування"),
        '<endEvent id="end2"/>',
        chain("start", "t", "end"),
        chain("b", "r", "end2"),
    )
    assert process.steps["t"].deadline == ElapsedTime(days=2)


def test_own_fields_are_read_with_types_choices_and_bounds() -> None:
    fields = (
        '<reglament:field name="deal.amount" label="Сума" type="money" required="true" min="1"/>'
        '<reglament:field name="delivery" label="Доставка" type="choice" choices="self=Самовивіз;post=Пошта"/>'
        '<reglament:field name="note" label="Примітка" type="long_text" help="Для юриста"/>'
    )
    task = element("userTask", "t", "Крок", f"<extensionElements>{fields}</extensionElements>")
    amount, delivery, note = compiled(*one_step(task)).steps["t"].fields
    assert (amount.type, amount.required, amount.minimum) == (FieldType.MONEY, True, "1")
    assert delivery.choices == (
        FieldChoice(value="self", label="Самовивіз"),
        FieldChoice(value="post", label="Пошта"),
    )
    assert (note.type, note.help) == (FieldType.LONG_TEXT, "Для юриста")


def test_camunda_and_flowable_forms_are_read() -> None:
    camunda = (
        '<camunda:formData><camunda:formField id="urgent" label="Терміново" type="boolean"/>'
        '<camunda:formField id="kind" label="Вид" type="enum"><camunda:value id="a" name="Перший"/>'
        '<camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField>'
        "</camunda:formData>"
        '<flowable:formProperty id="total" name="Разом" type="long" required="true"/>'
    )
    task = element("userTask", "t", "Крок", f"<extensionElements>{camunda}</extensionElements>")
    urgent, kind, total = compiled(*one_step(task)).steps["t"].fields
    assert urgent.type is FieldType.YES_NO
    assert (kind.type, kind.required, kind.choices[0].label) == (FieldType.CHOICE, True, "Перший")
    assert (total.type, total.label, total.required) == (FieldType.NUMBER, "Разом", True)


def test_a_form_of_camunda_8_is_read_from_its_json() -> None:
    form = json.dumps(
        {
            "components": [
                {"type": "text", "text": "Заповніть"},
                {"key": "сума", "label": "Сума", "type": "number", "validate": {"required": True, "min": 1}},
                {"key": "вид", "type": "select", "values": [{"value": "a", "label": "Перший"}]},
            ]
        }
    )
    task = element("userTask", "t", "Крок", '<extensionElements><zeebe:formDefinition formId="f"/></extensionElements>')
    process = compiled(
        f'<extensionElements><zeebe:userTaskForm id="f">{escape(form)}</zeebe:userTaskForm></extensionElements>',
        *one_step(task),
    )
    shown, amount, kind = process.steps["t"].fields
    assert (shown.type, shown.default) == (FieldType.READ_ONLY, "Заповніть")
    assert (amount.name, amount.type, amount.required, amount.minimum) == ("сума", FieldType.NUMBER, True, "1")
    assert (kind.type, kind.choices) == (FieldType.CHOICE, (FieldChoice(value="a", label="Перший"),))


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"components": 5}', '{"components": [1, {"key": 2}]}', "[" * 9000])
def test_a_broken_form_of_camunda_8_gives_no_fields(broken: str) -> None:
    task = element("userTask", "t", "Крок", '<extensionElements><zeebe:formDefinition formId="f"/></extensionElements>')
    process = compiled(
        f'<extensionElements><zeebe:userTaskForm id="f">{escape(broken)}</zeebe:userTaskForm></extensionElements>',
        *one_step(task),
    )
    assert process.steps["t"].fields == ()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("так", ApprovalRule(mode="any")),
        ("усі", ApprovalRule(mode="all")),
        ("2", ApprovalRule(mode="count", count=2)),
        (
            "юрист, фінанси по черзі",
            ApprovalRule(mode="list", approvers=("юрист", "фінанси"), count=2, in_order=True),
        ),
        ("2 з: юрист, фінанси, iryna", ApprovalRule(mode="list", approvers=THREE, count=3, at_least=2)),
        ("2 of юрист; фінанси; iryna", ApprovalRule(mode="list", approvers=THREE, count=3, at_least=2)),
        ("any of: юрист, фінанси, iryna", ApprovalRule(mode="list", approvers=THREE, count=3, at_least=1)),
        ("усі: юрист, фінанси, iryna", ApprovalRule(mode="list", approvers=THREE, count=3)),
    ],
)
def test_approval_says_who_has_to_approve(text: str, rule: ApprovalRule) -> None:
    process = compiled(
        START,
        step("t", "Погодити", погодження=text),
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "t", "g"),
        '<sequenceFlow id="yes" name="Погоджено" sourceRef="g" targetRef="end"/>',
        '<sequenceFlow id="nope" name="Відхилено" sourceRef="g" targetRef="no"/>',
    )
    assert process.steps["t"].approval == rule


def test_the_hash_depends_on_every_byte_of_the_file() -> None:
    data = drawn(*one_step(step("t", "Крок")))
    one, same, other = (compile_bpmn({"a.bpmn": each}).process for each in (data, bytes(data), data + b"<!-- -->"))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.content_hash == same.content_hash != other.content_hash


def test_two_processes_of_one_file_are_two_maps() -> None:
    one = drawn(*one_step(step("t", "Крок")))
    files = {"a.bpmn": one, "b.bpmn": one.replace(b'id="sale"', b'id="tender"')}
    sale, tender = (compile_bpmn(files, process_key=key).process for key in ("sale", "tender"))
    assert sale is not None
    assert tender is not None
    assert (sale.key, tender.key) == ("sale", "tender")
    assert sale.content_hash != tender.content_hash


def test_distribution_of_the_map_holds_where_a_step_says_nothing_and_a_foreign_word_is_told() -> None:
    steps = (step("a", "Перший"), step("b", "Другий", розподіл="за настроєм"))
    outcome = outcome_of(bag(distribution="least loaded"), START, *steps, END, chain("start", "a", "b", "end"))
    assert outcome.process is not None
    given_out = [one.distribution for one in outcome.process.steps.values()]
    assert given_out == [Distribution.LEAST_LOADED, None]
    assert found(outcome, "DISTRIBUTION_UNKNOWN").params["text"] == "за настроєм"


def test_an_approval_says_what_it_is_bound_to_and_how_it_is_confirmed() -> None:
    outcome = outcome_of(
        START,
        step("ask", "Підготувати", обовʼязкові="Знижка, номер договору"),
        step(
            "t",
            "Погодити",
            погодження="так",
            зміст_погодження="номер договору; сума, знишка; договір*.pdf, файли",
            підтвердження_особи="відбиток",
            відкликання="ні",
        ),
        '<exclusiveGateway id="g"/>',
        END,
        '<endEvent id="no"/>',
        chain("start", "ask", "t", "g"),
        '<sequenceFlow id="yes" name="Погоджено" sourceRef="g" targetRef="end"/>',
        '<sequenceFlow id="nope" name="Відхилено" sourceRef="g" targetRef="no"/>',
    )
    assert outcome.process is not None
    approval = outcome.process.steps["t"]
    assert approval.approved_content == ContentRule(
        names=("номер договору", "deal.amount", "знишка"), files=("договір*.pdf", "*")
    )
    assert (approval.reauthenticate, approval.recall) == (Reauthentication.PASSWORD, False)
    assert found(outcome, "APPROVED_CONTENT_UNKNOWN").params == {"name": "знишка"}
    assert found(outcome, "REAUTHENTICATION_UNKNOWN").params == {"text": "відбиток"}


@pytest.mark.parametrize(
    "line",
    [
        "Термін: 2 р.д.; Відповідальний: юрист; Етап: Договір",
        "Термін: протягом 2 робочих днів. Відповідальний: юрист. Етап: Договір.",
        "Етап: Договір; Responsible: юрист. Deadline: 2 business days",
    ],
)
def test_a_line_may_say_several_things(line: str) -> None:
    documented = element("task", "t", "Скласти", f"<documentation>{line}</documentation>")
    said = compiled(*one_step(documented)).steps["t"]
    assert (said.deadline, said.responsible, said.stage) == (WorkingTime(days=2), ("юрист",), "Договір")
    assert said.instruction == ""


def test_a_sentence_before_a_key_stays_a_sentence() -> None:
    text = "Спитати клієнта. Термін: який йому підходить"
    said = compiled(*one_step(element("task", "t", "Спитати", f"<documentation>{text}</documentation>"))).steps["t"]
    assert (said.deadline, said.instruction) == (None, text)


@pytest.mark.parametrize(
    "text", [" " * 100_000 + "x", "Термін: x" + " " * 100_000 + "y", "Термін: 2" + "; Термін" * 9_000]
)
def test_a_long_line_is_read_in_no_time(text: str) -> None:
    began = thread_time()
    list(spoken_properties(text, "note"))
    assert thread_time() - began < 1
