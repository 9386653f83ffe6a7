"""What each tool writes where, and that it is read as its user meant: one drawing for each habit of a tool."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from support.drawn_maps import END, START, chain, codes, compiled, drawn, element, flow, found, named, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess, FieldType
from engine.bpmn.deadline_rules import ElapsedTime, EscalationAction, WorkingTime
from engine.bpmn.findings import Severity

DROOLS = 'xmlns:drools="http://www.jboss.org/drools"'
PROCESSMAKER = 'xmlns:pm="http://processmaker.com/BPMN/2.0/Schema.xsd"'
BIZAGI = "http://www.bizagi.com/bpmn20"


def one_step(inner: str = "", declares: str = "", **attributes: str) -> CompiledProcess:
    task = element("userTask", "t", "Крок", inner, **attributes)
    return compiled(START, task.replace("<userTask ", f"<userTask {declares} ", 1), END, chain("start", "t", "end"))


def jbpm(**inputs: str) -> str:
    declared = "".join(f'<dataInput id="t_{name}" name="{name}"/>' for name in inputs)
    given = "".join(
        f"<dataInputAssociation><targetRef>t_{name}</targetRef><assignment><from><![CDATA[{value}]]></from>"
        f"<to>t_{name}</to></assignment></dataInputAssociation>"
        for name, value in inputs.items()
    )
    return f"<ioSpecification>{declared}<inputSet/><outputSet/></ioSpecification>{given}"


def process_of(outcome: CompileOutcome) -> CompiledProcess:
    assert outcome.process is not None, outcome.findings
    return outcome.process


def test_jbpm_says_who_and_until_when_in_inputs_of_the_task() -> None:
    done = one_step(jbpm(GroupId="Юридичний відділ", ActorId="anna", DueDate="P3D", Comment="Перевірити договір"))
    task = done.steps["t"]
    assert (task.responsible, task.deadline) == (("Юридичний відділ",), ElapsedTime(days=3))
    assert task.instruction == "Перевірити договір"


def test_jbpm_notices_and_take_overs_are_the_ladder() -> None:
    notify = "[from:|tousers:|togroups:Керівництво|replyTo:|subject:Late|body:Late]@[2d]"
    task = one_step(jbpm(NotCompletedNotify=notify, NotCompletedReassign="[users:|groups:Логістика]@[60h]")).steps["t"]
    assert task.deadline == ElapsedTime(days=2)
    assert task.escalation is not None
    told, taken = task.escalation.levels
    assert (told.action, told.to, told.offset) == (EscalationAction.TELL_HEAD, "Керівництво", None)
    assert (taken.action, taken.to) == (EscalationAction.REASSIGN, "Логістика")
    assert (taken.offset, taken.before) == (ElapsedTime(seconds=12 * 3600), False)


def test_a_jbpm_notice_for_steps_that_nobody_began_has_no_effect_and_is_said() -> None:
    outcome = outcome_of(
        START,
        element("userTask", "t", "Крок", jbpm(NotStartedNotify="[tousers:anna]@[4h]")),
        END,
        chain("start", "t", "end"),
    )
    assert found(outcome, "VENDOR_LEFT_OUT").params == {"what": "NotStartedNotify"}


def test_a_jbpm_actor_out_of_a_variable_is_an_expression() -> None:
    assert one_step(jbpm(ActorId="#{initiator}")).steps["t"].responsible == ("=initiator",)


def test_processmaker_counts_hours_and_names_who_asked() -> None:
    task = one_step(declares=PROCESSMAKER, **{"pm:dueIn": "72", "pm:assignment": "requester", "pm:assignedUsers": "1"})
    assert task.steps["t"].deadline == ElapsedTime(seconds=72 * 3600)
    assert task.steps["t"].responsible == ("=owner",)


def test_numbers_of_people_in_processmaker_mean_nobody_here() -> None:
    task = one_step(declares=PROCESSMAKER, **{"pm:assignment": "user", "pm:assignedUsers": "1,2"})
    assert task.steps["t"].responsible == ()


@pytest.mark.parametrize(
    ("calendar", "due", "rule"),
    [
        ("workCalendar", "P2D", WorkingTime(days=2)),
        ("workCalendar", "PT4H", WorkingTime(seconds=4 * 3600)),
        ("dueDate", "P2D", ElapsedTime(days=2)),
    ],
)
def test_flowable_counts_in_a_calendar_of_the_company(calendar: str, due: str, rule: object) -> None:
    task = one_step(
        **{"flowable:dueDate": due, "flowable:businessCalendarName": calendar, "flowable:category": "Угода"}
    )
    assert (task.steps["t"].deadline, task.steps["t"].stage) == (rule, "Угода")


def test_what_other_engines_would_do_besides_is_said_once() -> None:
    listener = '<extensionElements><camunda:taskListener event="create" class="a.B"/></extensionElements>'
    outcome = outcome_of(
        START,
        element("userTask", "t", "Крок", listener, **{"camunda:priority": "50", "camunda:followUpDate": "P1D"}),
        END,
        chain("start", "t", "end"),
    )
    assert found(outcome, "VENDOR_LEFT_OUT").params == {"what": "followUpDate, priority, taskListener"}
    assert found(outcome, "VENDOR_LEFT_OUT").severity is Severity.INFO


def test_attributes_that_a_company_has_defined_in_signavio_are_read() -> None:
    meta = "".join(
        f'<signavio:signavioMetaData metaKey="{key}" metaValue="{value}"/>'
        for key, value in {"bgcolor": "#ffffff", "meta-термін": "3 р.д.", "meta-responsible": "Логістика"}.items()
    )
    task = one_step(f"<extensionElements>{meta}</extensionElements>").steps["t"]
    assert (task.deadline, task.responsible) == (WorkingTime(days=3), ("Логістика",))


def test_bizagi_writes_descriptions_as_html_and_attributes_as_pairs() -> None:
    words = "&lt;p&gt;Зателефонувати.&lt;/p&gt;&lt;ul&gt;&lt;li&gt;Бюджет&amp;nbsp;?&lt;/li&gt;&lt;/ul&gt;Термін: 2 дні"
    bag = f'<b:BizagiExtensions xmlns:b="{BIZAGI}"><b:BizagiProperties><b:BizagiProperty name="stage" value="Старт"/>'
    task = one_step(
        f"<documentation>{words}</documentation>"
        f"<extensionElements>{bag}</b:BizagiProperties></b:BizagiExtensions></extensionElements>"
    ).steps["t"]
    assert task.instruction.splitlines() == ["Зателефонувати.", "• Бюджет ?"]
    assert (task.deadline, task.stage) == (ElapsedTime(days=2), "Старт")


def test_words_that_only_look_like_markup_stay() -> None:
    assert one_step("<documentation>Якщо сума &lt; 5 і &gt; 2</documentation>").steps["t"].instruction == (
        "Якщо сума < 5 і > 2"
    )


def test_the_first_documentation_that_says_anything_is_the_instruction() -> None:
    assert one_step("<documentation/><documentation>Ось</documentation>").steps["t"].instruction == "Ось"


FORM = json.dumps({"id": "offer", "components": [{"key": "sum", "type": "number", "label": "Сума"}]}).encode()


@pytest.mark.parametrize(
    ("task", "file"),
    [
        (element("userTask", "t", "Крок", **{"camunda:formRef": "offer"}), "будь-що.form"),
        (element("userTask", "t", "Крок", **{"camunda:formKey": "camunda-forms:deployment:f.form"}), "f.form"),
        (
            element(
                "userTask", "t", "Крок", '<extensionElements><zeebe:formDefinition formId="offer"/></extensionElements>'
            ),
            "forms/x.json",
        ),
    ],
)
def test_a_form_that_comes_as_a_file_of_its_own_gives_the_fields(task: str, file: str) -> None:
    map_file = drawn(START, task, END, chain("start", "t", "end"))
    for files in ({"m.bpmn": map_file, file: FORM}, {"m.zip": zipped({"m.bpmn": map_file, file: FORM})}):
        (field,) = process_of(compile_bpmn(files)).steps["t"].fields
        assert (field.name, field.label, field.type) == ("sum", "Сума", FieldType.NUMBER)


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


GOOD = drawn(START, step("t", "Крок"), END, chain("start", "t", "end"))


def test_a_folder_packed_on_a_mac_with_pictures_is_read_without_them() -> None:
    packed = zipped({"карти/m.bpmn": GOOD, "карти/схема.png": b"\x89PNG", "__MACOSX/карти/._m.bpmn": b"\x00\x05\x16"})
    outcome = compile_bpmn({"карти.zip": packed})
    assert process_of(outcome)
    assert found(outcome, "ZIP_FOREIGN_FILE").params == {"name": "карти/схема.png, __MACOSX/карти/._m.bpmn"}


def test_a_picture_dropped_beside_the_map_is_left_alone() -> None:
    outcome = compile_bpmn({"m.bpmn": GOOD, "схема.png": b"\x89PNG"})
    assert process_of(outcome)
    assert found(outcome, "ZIP_FOREIGN_FILE").file == "схема.png"


def test_a_form_that_no_step_names_is_told() -> None:
    outcome = compile_bpmn({"m.bpmn": GOOD, "manifest.json": b'{"files": []}', "f.form": FORM})
    told = [one.file for one in outcome.findings if one.code == "ZIP_FOREIGN_FILE"]
    assert told == ["manifest.json", "f.form"]


@pytest.mark.parametrize("beside", ["README.md", "умови.txt"])
def test_a_text_beside_the_map_is_told_in_a_zip_and_out_of_it(beside: str) -> None:
    for upload in ({"m.bpmn": GOOD, beside: "Як читати".encode()}, {"m.zip": zipped({"m.bpmn": GOOD, beside: b"-"})}):
        outcome = compile_bpmn(upload)
        assert process_of(outcome)
        assert found(outcome, "ZIP_FOREIGN_FILE").params == {"name": beside}


@pytest.mark.parametrize(("inside", "code"), [("visio/document.xml", "NOT_BPMN_VISIO"), ("word/a.xml", "NOT_BPMN_ZIP")])
def test_an_office_document_is_told_by_its_kind(inside: str, code: str) -> None:
    packed = zipped({"[Content_Types].xml": b"<a/>", inside: b"<a/>"})
    assert codes(compile_bpmn({"схема.vsdx": packed}), Severity.ERROR) == {code}


def test_two_zips_may_hold_files_of_the_same_name() -> None:
    called = drawn(START, step("d", "Знижка"), END, chain("start", "d", "end"), key="discount")
    main = drawn(START, element("callActivity", "c", calledElement="discount"), END, chain("start", "c", "end"))
    outcome = compile_bpmn({"a.zip": zipped({"m.bpmn": main}), "b.zip": zipped({"m.bpmn": called})}, process_key="sale")
    assert set(process_of(outcome).steps) == {"d"}


def test_ukrainian_text_of_an_old_windows_is_read_though_the_file_says_utf_8() -> None:
    outcome = compile_bpmn({"m.bpmn": GOOD.decode().encode("cp1251")})
    assert named(process_of(outcome), "Крок")
    assert found(outcome, "XML_ENCODING_REPAIRED").params == {"declared": "utf-8", "used": "cp1251"}


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis", "koi8-r", "cp866"])
def test_files_of_other_countries_are_read(encoding: str) -> None:
    text = GOOD.decode().replace("UTF-8", encoding, 1)
    assert named(process_of(compile_bpmn({"m.bpmn": text.encode(encoding)})), "Крок")


def test_two_pools_with_the_same_ids_are_kept_apart() -> None:
    other = (
        '<process id="other"><startEvent id="start"/><task id="t" name="Чужий"/>' + flow("start", "t") + "</process>"
    )
    done = compiled(START, step("t", "Крок"), step("u"), END, chain("start", "t", "u", "end"), around=other)
    assert {one.name for one in done.steps.values()} == {"Крок", "u"}


def test_a_map_without_a_way_out_is_told_which_steps_go_round() -> None:
    merge = '<exclusiveGateway id="g"/>'
    outcome = outcome_of(
        START, step("b", "Перевірити"), merge, step("a", "Написати"), chain("start", "g", "a", "b", "g")
    )
    assert found(outcome, "NEVER_ENDS").params == {"steps": "Перевірити, Написати"}


def test_a_pool_in_which_only_something_to_undo_is_drawn_has_nothing_to_execute() -> None:
    outcome = outcome_of('<task id="t" isForCompensation="true"/>')
    assert codes(outcome, Severity.ERROR) == {"NOTHING_TO_EXECUTE"}


COLLABORATION = (
    '<collaboration id="c"><participant id="we" name="Ми" processRef="sale"/><participant id="they" name="Клієнт"/>{}'
    "</collaboration>"
)


@pytest.mark.parametrize(
    ("inside", "around"),
    [
        ("", COLLABORATION.format('<messageFlow id="odd" sourceRef="t" targetRef="u"/>')),
        ('<association id="odd" sourceRef="t" targetRef="u" associationDirection="One"/>', ""),
    ],
    ids=["a message", "a dotted arrow"],
)
def test_another_kind_of_arrow_is_followed_where_nothing_else_leads_on(inside: str, around: str) -> None:
    outcome = outcome_of(
        START, step("t"), step("u"), END, chain("start", "t"), chain("u", "end"), inside, around=around
    )
    assert set(process_of(outcome).steps) == {"t", "u"}
    assert found(outcome, "OTHER_ARROW_FOLLOWED").element_id == "odd"


def test_a_message_beside_arrows_changes_no_order() -> None:
    message = COLLABORATION.format('<messageFlow id="m" sourceRef="t" targetRef="u"/>')
    outcome = outcome_of(START, step("t"), step("u"), END, chain("start", "t", "u", "end"), around=message)
    assert "OTHER_ARROW_FOLLOWED" not in codes(outcome)
    assert "IMPLICIT_SPLIT" not in codes(outcome)


def test_an_arrow_through_a_document_is_followed() -> None:
    paper = '<dataObjectReference id="paper"/>'
    outcome = outcome_of(START, step("t"), paper, step("u"), END, chain("start", "t", "paper", "u", "end"))
    assert set(process_of(outcome).steps) == {"t", "u"}
    assert found(outcome, "ARROW_THROUGH_DATA").params == {"source": "t", "target": "u"}
    assert "ARROW_TO_DATA" not in codes(outcome)


def test_an_arrow_into_a_store_or_an_outside_party_is_left_out_and_said() -> None:
    store = '<dataStoreReference id="store"/>'
    outcome = outcome_of(
        START,
        step("t"),
        store,
        END,
        chain("start", "t", "end"),
        flow("t", "store") + flow("t", "they"),
        around=COLLABORATION.format(""),
    )
    assert process_of(outcome)
    assert {"ARROW_TO_DATA", "ARROW_TO_POOL"} <= codes(outcome)


def test_two_arrows_that_say_the_same_are_one() -> None:
    outcome = outcome_of(START, step("t"), step("u"), END, chain("start", "t", "u", "end"), flow("t", "u", flow_id="d"))
    assert found(outcome, "ARROW_DOUBLED").element_id == "d"
    assert "RUNS_TWICE" not in codes(outcome)


def test_a_link_goes_on_on_another_page() -> None:
    link = '<linkEventDefinition name="2"/>'
    page = (
        element("intermediateCatchEvent", "from", "", link)
        + step("u")
        + '<endEvent id="e2"/>'
        + chain("from", "u", "e2")
    )
    outcome = outcome_of(
        START,
        step("t"),
        step("t2"),
        element("intermediateThrowEvent", "to", "", link),
        chain("start", "t", "t2", "to"),
        around=f'<process id="page2">{page}</process>',
    )
    assert list(process_of(outcome).steps) == ["t", "t2", "u"]
    assert "POOLS_MERGED" in codes(outcome)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (element("callActivity", "c", "Погодження знижки"), "a.bpmn"),
        (element("callActivity", "c", "Далі", calledElement="знижка.bpmn"), "знижка.bpmn"),
    ],
    ids=["by name", "by file"],
)
def test_a_map_may_be_called_by_its_name_or_its_file(call: str, name: str) -> None:
    called = drawn(START, step("d", "Знижка"), END, chain("start", "d", "end"), key="discount")
    called = called.replace('name="Продаж"'.encode(), 'name="Погодження  знижки"'.encode())
    main = drawn(START, call, END, chain("start", "c", "end"))
    outcome = compile_bpmn({"m.bpmn": main, name: called}, process_key="sale")
    assert set(process_of(outcome).steps) == {"d"}
    assert found(outcome, "CALL_BY_NAME").params == {"called": "Погодження знижки"}


def test_markup_of_a_drawing_program_in_names_is_no_name() -> None:
    name = "<div><b>Зателефонувати</b><br>клієнту&nbsp;сьогодні</div>"
    done = compiled(START, element("task", "2", name), END, chain("start", "2", "end"))
    assert [one.name for one in done.steps.values()] == ["Зателефонувати клієнту сьогодні"]


@pytest.mark.parametrize(
    ("written", "responsible"),
    [
        ('=["Логістика", "Склад"]', ("Логістика", "Склад")),
        ('="Логістика"', ("Логістика",)),
        ("=who", ("=who",)),
    ],
)
def test_constants_of_camunda_8_are_names(written: str, responsible: tuple[str, ...]) -> None:
    task = element("zeebe:assignmentDefinition", "z", candidateGroups=written)
    assert one_step(f"<extensionElements>{task}</extensionElements>").steps["t"].responsible == responsible


def test_a_time_from_now_in_camunda_8_is_a_deadline() -> None:
    schedule = element("zeebe:taskSchedule", "z", dueDate='=now() + duration("P2D")')
    assert one_step(f"<extensionElements>{schedule}</extensionElements>").steps["t"].deadline == ElapsedTime(days=2)


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("return amount > 100;", "amount > 100"),
        ("amount >= 10;", "amount >= 10"),
        ('return KieFunctions.equalsTo(status, "ok");', 'status == "ok"'),
        ('KieFunctions.greaterThan(amount,"5")', "amount > 5"),
    ],
)
def test_conditions_of_java_and_javascript_are_read(written: str, condition: str) -> None:
    outcome = outcome_of(
        START,
        step("t"),
        '<exclusiveGateway id="g" default="g_end"/>',
        step("u"),
        END,
        chain("start", "t", "g"),
        flow("g", "u", "", written),
        chain("g", "end"),
        chain("u", "end"),
    )
    decided = process_of(outcome).conditions["g_u"]
    assert getattr(decided, "text", None) == condition
    assert "CONDITION_NOT_UNDERSTOOD" not in codes(outcome)


def test_starts_that_meet_at_a_gateway_which_waits_begin_together() -> None:
    letter = element("startEvent", "letter", "Отримано експертизу", "<messageEventDefinition/>")
    outcome = outcome_of(
        START,
        letter,
        step("t"),
        '<parallelGateway id="j"/>',
        step("u"),
        END,
        chain("start", "t", "j", "u", "end"),
        chain("letter", "j"),
    )
    run = InstanceRun(process_of(outcome))
    assert run.open == ["letter", "t"]
    for element_id in ("letter", "t", "u"):
        run.complete(element_id)
    assert run.last.finished
    assert found(outcome, "STARTS_TOGETHER").params == {"starts": "start, Отримано експертизу"}


def test_starts_that_meet_where_nobody_waits_are_asked_as_before() -> None:
    outcome = outcome_of(
        START,
        '<startEvent id="other" name="Лист"/>',
        '<exclusiveGateway id="m"/>',
        step("t"),
        END,
        chain("start", "m", "t", "end"),
        chain("other", "m"),
    )
    assert "STARTS_TOGETHER" not in codes(outcome)
    assert "SEVERAL_STARTS" in codes(outcome)


def test_a_link_to_a_page_that_was_not_uploaded_ends_the_path_beside_links_that_arrive() -> None:
    def link(tag: str, element_id: str, name: str) -> str:
        return element(tag, element_id, "", f'<linkEventDefinition name="{name}"/>')

    outcome = outcome_of(
        START,
        step("t"),
        '<exclusiveGateway id="g" name="Далі?"/>',
        link("intermediateThrowEvent", "a", "A") + link("intermediateThrowEvent", "b", "Сторінка 2"),
        link("intermediateCatchEvent", "c", "A"),
        END,
        chain("start", "t", "g", "a") + chain("g", "b") + chain("c", "end"),
    )
    assert process_of(outcome)
    assert found(outcome, "LINK_OFF_PAGE").element_id == "b"


def test_of_two_maps_with_the_same_id_the_other_is_called() -> None:
    other = drawn(START, step("d", "Знижка"), END, chain("start", "d", "end"))
    main = drawn(
        START, element("callActivity", "c", calledElement="sale"), step("u"), END, chain("start", "c", "u", "end")
    )
    outcome = compile_bpmn({"m.bpmn": main, "d.bpmn": other})
    assert {one.name for one in process_of(outcome).steps.values()} == {"Знижка", "u"}


def test_arrows_that_only_the_steps_know_of_are_followed() -> None:
    done = compiled(
        '<startEvent id="s"><outgoing>f1</outgoing></startEvent>',
        '<task id="t" name="Крок"><incoming>f1</incoming><outgoing>f2</outgoing></task>',
        '<task id="u" name="Інший"><incoming>f2</incoming></task>',
    )
    assert [one.name for one in done.steps.values()] == ["Крок", "Інший"]


def test_a_process_without_definitions_around_it_is_read() -> None:
    inside = b'<startEvent id="s"/><task id="t" name="T"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
    file = b'<process xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="p">' + inside + b"</process>"
    assert set(process_of(compile_bpmn({"m.bpmn": file})).steps) == {"t"}


def test_lines_in_the_description_of_the_map_hold_for_its_steps() -> None:
    words = "<documentation>Етап: Продаж\nВідповідальний: Логістика\nТермін: 30 днів</documentation>"
    task = compiled(words, START, step("t"), END, chain("start", "t", "end")).steps["t"]
    assert (task.stage, task.responsible) == ("Продаж", ("Логістика",))
    assert task.deadline is None


@pytest.mark.parametrize(
    "role",
    [
        "<performer><resourceRef>tns:r</resourceRef></performer>",
        (
            "<potentialOwner><resourceAssignmentExpression><expression>group(Логістика)</expression>"
            "</resourceAssignmentExpression></potentialOwner>"
        ),
    ],
    ids=["a resource with a prefix", "an expression that is not formal"],
)
def test_a_performer_of_the_standard_is_the_responsible(role: str) -> None:
    task = element("userTask", "t", "Крок", role)
    resource = '<resource id="r" name="Логістика"/>'
    done = compiled(START, task, END, chain("start", "t", "end"), around=resource)
    assert done.steps["t"].responsible == ("Логістика",)


def mapped(tag: str, *mappings: str, inner: str = "") -> CompileOutcome:
    extensions = f"<extensionElements>{''.join(mappings)}</extensionElements>"
    return outcome_of(START, element(tag, "t", "Крок", extensions + inner), END, chain("start", "t", "end"))


def camunda(direction: str, name: str, text: str) -> str:
    parameter = f'<camunda:{direction}Parameter name="{name}">{text}</camunda:{direction}Parameter>'
    return f"<camunda:inputOutput>{parameter}</camunda:inputOutput>"


def zeebe(direction: str, source: str, target: str) -> str:
    return f'<zeebe:ioMapping><zeebe:{direction} source="{source}" target="{target}"/></zeebe:ioMapping>'


@pytest.mark.parametrize(
    ("tag", "mapping", "values"),
    [
        ("userTask", camunda("output", "total", "${price * 1.2}"), "total"),
        ("userTask", zeebe("output", "=price * 2", "price"), "price"),
        ("userTask", camunda("output", "total", "<camunda:script scriptFormat='js'>1</camunda:script>"), "total"),
        ("subProcess", camunda("input", "limit", "${5}"), "limit"),
        ("callActivity", '<camunda:in source="amount" target="limit"/>', "limit"),
        ("callActivity", '<flowable:out sourceExpression="${a + b}" target="sum"/>', "sum"),
        ("callActivity", zeebe("input", "=amount", "limit"), "limit"),
    ],
)
def test_what_another_engine_would_compute_is_told(tag: str, mapping: str, values: str) -> None:
    """A decision read the value that a person had entered, and went another way than where the map was drawn for."""
    finding = found(mapped(tag, mapping), "VALUES_LEFT_OUT")
    assert (finding.severity, finding.params) == (Severity.WARNING, {"values": values})


@pytest.mark.parametrize(
    ("tag", "mapping"),
    [
        ("userTask", zeebe("output", "=price", "price")),
        ("userTask", camunda("output", "price", "${price}")),
        ("userTask", camunda("input", "shown", "${price}")),  # known to the form alone
        ("callActivity", '<camunda:in variables="all"/><camunda:in source="price" target="price"/>'),
        ("callActivity", '<camunda:in businessKey="#{execution.processBusinessKey}"/>'),
        ("serviceTask", camunda("output", "total", "${price * 1.2}")),  # told as a task that nobody can run
    ],
)
def test_what_keeps_its_name_and_its_value_is_told_nothing(tag: str, mapping: str) -> None:
    assert "VALUES_LEFT_OUT" not in codes(mapped(tag, mapping))
