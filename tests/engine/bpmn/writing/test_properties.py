"""What an owner edits is written into the file that came, and nothing else of the file changes."""

from __future__ import annotations

import codecs

import pytest

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess, StepDefinition
from engine.bpmn.findings import Finding
from engine.bpmn.safe_xml import XmlRefused
from engine.bpmn.writing import ElementNotInFile, PropertyTooLong, apply_properties, apply_to_files

MAP = """<?xml version="1.0" encoding="{encoding}"?>
<!-- Намальовано від руки -->
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:acme="urn:acme"
    targetNamespace="t" acme:note='a > b "quoted"'>
  <bpmn:process id="sale" name="Продаж" isExecutable="true">
    <bpmn:startEvent id="start"/>
    {task}
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <bpmn:sequenceFlow id="f2" sourceRef="call" targetRef="end"/>
  </bpmn:process>
  <acme:colours><![CDATA[<red> & blue]]></acme:colours>
</bpmn:definitions>
"""
PLAIN = """<bpmn:userTask id="call" name="Подзвонити">
      <bpmn:documentation>Спитати про бюджет</bpmn:documentation>
      <bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>"""
ALL = {
    "stage": "Перемовини",
    "deadline": "3 р.д.",
    "responsible": "Відділ продажів",
    "instruction": "Рядок перший\nдругий: <\"лапки\" & 'ін.'>\tкінець",
    "freedom": "free",
    "four_eyes": "так",
}


def drawn(task: str = PLAIN, encoding: str = "UTF-8") -> str:
    return MAP.format(task=task, encoding=encoding)


def compiled(content: bytes) -> tuple[CompiledProcess, tuple[Finding, ...]]:
    outcome = compile_bpmn({"map.bpmn": content})
    assert outcome.process is not None, outcome.findings
    return outcome.process, outcome.findings


def step_of(content: bytes) -> StepDefinition:
    return next(step for step in compiled(content)[0].steps.values() if step.name == "Подзвонити")


def ensure_said(content: bytes) -> None:
    step = step_of(content)
    assert (step.stage, step.deadline_text, step.responsible) == ("Перемовини", "3 р.д.", ("Відділ продажів",))
    assert (step.instruction, step.freedom, step.four_eyes) == (ALL["instruction"], "free", True)
    assert "PROPERTY_CONFLICT" not in {one.code for one in compiled(content)[1]}


def test_only_a_block_behind_the_documentation_is_added_and_other_tools_find_its_twin() -> None:
    content = drawn().encode()
    edited = apply_properties(content, {"call": {"deadline": "3 р.д.", "stage": "Перший"}}).decode()
    added = """
      <bpmn:extensionElements>
        <reglament:properties xmlns:reglament="https://reglament.app/schema/bpmn/1.0">
          <reglament:property name="deadline" value="3 р.д."/>
          <reglament:property name="stage" value="Перший"/>
        </reglament:properties>
        <camunda:properties xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
          <camunda:property name="deadline" value="3 р.д."/>
          <camunda:property name="stage" value="Перший"/>
        </camunda:properties>
      </bpmn:extensionElements>"""
    behind = "</bpmn:documentation>"
    assert edited == content.decode().replace(behind, behind + added)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("UTF-8", lambda text: text.encode()),
        ("UTF-8", lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode()),
        ("UTF-16", lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le")),
        ("UTF-16", lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be")),
        ("UTF-16LE", lambda text: text.encode("utf-16-le")),
        ("windows-1251", lambda text: text.encode("cp1251")),
        ("koi8-u", lambda text: text.encode("koi8-u")),
        ("iso-8859-1", lambda text: text.encode("iso-8859-1", "xmlcharrefreplace")),
        ("UTF-8", lambda text: text.replace("Намальовано від руки", "für alle").encode("cp1252", "xmlcharrefreplace")),
    ],
)
def test_any_encoding_is_kept_and_holds_any_letter(encoding: str, written: object) -> None:
    assert callable(written)
    content = written(drawn(encoding=encoding))
    edited = apply_properties(content, {"call": ALL})
    ensure_said(edited)
    assert apply_properties(edited, {"call": dict.fromkeys(ALL)}) == content


@pytest.mark.parametrize(
    "task",
    [
        PLAIN,
        '<bpmn:userTask id="call" name="Подзвонити"/>',
        '<bpmn:task name="Подзвонити" id=" call " ></bpmn:task >',
        "<task xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' id='call' name='Подзвонити'>\n</task>",
        '<bpmn:userTask id="call" name="Подзвонити"><bpmn:extensionElements/></bpmn:userTask>',
        """<bpmn:userTask id="call" name="Подзвонити"><bpmn:extensionElements><!-- наше -->
             <acme:colour rgb="1 > 0"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming></bpmn:userTask>""",
        """<bpmn:userTask id="call" name="Подзвонити" camunda:priority="5">
             <bpmn:extensionElements><camunda:properties><camunda:property name="термін" value="1 р.д."/>
             <camunda:property name="колір" value="&quot;синій&quot;"/></camunda:properties>
             <camunda:formData><camunda:formField id="stage" label="Етап"/></camunda:formData>
             </bpmn:extensionElements></bpmn:userTask>""",
        """<bpmn:userTask id="call" name="Подзвонити" reglament:deadline="9 р.д." reglament:етап = 'Старий'>
             <bpmn:extensionElements><reglament:step freedom="strict"/><reglament:property name="строк" value="8 р.д."/>
             <reglament:properties/><reglament:properties><reglament:property name="stage">Ще старіший
             </reglament:property></reglament:properties></bpmn:extensionElements></bpmn:userTask>""",
    ],
)
def test_what_was_edited_is_what_the_map_says_wherever_it_was_said_before(task: str) -> None:
    content = drawn(task).encode()
    edited = apply_properties(content, {"call": ALL})
    ensure_said(edited)
    assert apply_properties(edited, {"call": ALL}) == edited
    for kept in ("<!-- наше -->", '<acme:colour rgb="1 > 0"/>', 'value="&quot;синій&quot;"', 'camunda:priority="5"'):
        assert (kept in task) == (kept in edited.decode())
    cleared = step_of(apply_properties(edited, {"call": dict.fromkeys(ALL)}))
    assert (cleared.stage, cleared.deadline, cleared.responsible, cleared.four_eyes) == ("", None, (), False)


def test_an_emptied_cell_lets_the_drawing_speak_again() -> None:
    edited = apply_properties(drawn().encode(), {"call": {"instruction": "Інше"}})
    assert step_of(edited).instruction == "Інше"
    assert step_of(apply_properties(edited, {"call": {"instruction": " "}})).instruction == "Спитати про бюджет"


def test_a_prefix_that_is_declared_already_is_used() -> None:
    content = drawn().replace("xmlns:acme", 'xmlns:r="https://reglament.app/schema/bpmn/1.0" xmlns:acme').encode()
    edited = apply_properties(content, {"call": {"stage": "Перший"}}).decode()
    assert '<r:property name="stage" value="Перший"/>' in edited
    assert edited.count("https://reglament.app/schema/bpmn/1.0") == 1


def test_a_step_without_an_id_is_named_by_its_line() -> None:
    content = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="sale">
      <task name="First"/><userTask
        name="Подзвонити"
      />
    </process></definitions>""".encode()
    line = step_of(content).line
    assert line == 4
    assert step_of(apply_properties(content, {f":{line}": {"stage": "Другий"}})).stage == "Другий"


def test_an_edited_ladder_leaves_no_room_for_the_delay_that_another_tool_states() -> None:
    task = """<bpmn:userTask id="call" name="Подзвонити"><bpmn:extensionElements>
      <zeebe:properties xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
        <zeebe:property name="escalate_to" value="head"/><zeebe:property name="escalate_after" value="4 роб. год"/>
      </zeebe:properties></bpmn:extensionElements></bpmn:userTask>"""
    edited = apply_properties(drawn(task).encode(), {"call": {"escalation": "нагадати за 1 р.д. до строку"}})
    ladder = step_of(edited).escalation
    assert ladder is not None
    assert [(one.action, one.before) for one in ladder.levels] == [("remind", True)]


def test_a_decision_that_becomes_a_question_says_what_its_owner_says_of_it() -> None:
    task = """<bpmn:userTask id="call" name="Подзвонити"/>
    <bpmn:exclusiveGateway id="which" name="Підходить?"/>
    <bpmn:exclusiveGateway id="again" name="Точно?"/>
    <bpmn:endEvent id="no"/><bpmn:endEvent id="never"/>
    <bpmn:sequenceFlow id="f3" name="Ні" sourceRef="which" targetRef="no"/>
    <bpmn:sequenceFlow id="f4" name="Так" sourceRef="which" targetRef="again"/>
    <bpmn:sequenceFlow id="f5" name="Ні" sourceRef="again" targetRef="never"/>
    <bpmn:sequenceFlow id="f6" name="Так" sourceRef="again" targetRef="end"/>"""
    content = drawn(task).replace('sourceRef="call" targetRef="end"', 'sourceRef="call" targetRef="which"').encode()
    (question,) = (step for step in compiled(content)[0].steps.values() if step.kind == "choice")
    edited = apply_properties(content, {question.source_id: {"stage": "Вибір", "deadline": "1 р.д."}})
    after = compiled(edited)[0].steps[question.element_id]
    assert (after.stage, after.deadline_text) == ("Вибір", "1 р.д.")


def test_other_elements_of_the_map_can_be_edited_too() -> None:
    content = apply_properties(drawn().encode(), {"sale": {"freedom": "advised"}, "end": {"result": "won"}})
    process, _ = compiled(content)
    assert process.results == {"end": "won"}
    assert {step.freedom for step in process.steps.values()} == {"advised"}


def test_what_cannot_be_written_is_refused_or_left_out() -> None:
    content = drawn().encode()
    with pytest.raises(ElementNotInFile):
        apply_properties(content, {"gone": {"stage": "Перший"}})
    with pytest.raises(PropertyTooLong):
        apply_properties(content, {"call": {"instruction": "а" * 9000}})
    with pytest.raises(XmlRefused):
        apply_properties(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', {"a": {"stage": "x"}})
    edited = apply_properties(content, {"call": {"instruction": "один\x0bдва\x00\ud800"}})
    assert step_of(edited).instruction == "один\nдва"


def test_of_several_files_the_one_that_has_the_element_is_edited() -> None:
    files = {
        "table.dmn": b"<a/>",
        "other.bpmn": drawn().replace('"call"', '"mail"').encode(),
        "m.bpmn": drawn().encode(),
    }
    edited = apply_to_files(files, {"call": {"stage": "Перший"}})
    assert [name for name in files if edited[name] != files[name]] == ["m.bpmn"]
    with pytest.raises(ElementNotInFile):
        apply_to_files(files, {"nowhere": {"stage": "Перший"}})
