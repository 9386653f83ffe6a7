"""Tasks that are calls: what an owner writes about a call, and what is said of what cannot be made."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from support.drawn_maps import END, START, bag, chain, codes, compiled, element, flow, found, outcome_of
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome
from engine.bpmn.compiled import CallRule, ConnectorKind, StepKind
from engine.bpmn.findings import Severity
from engine.bpmn.template_writing import Filling
from engine.bpmn.templates import read_template


def call_of(inner: str, tag: str = "serviceTask", **attributes: str) -> CallRule:
    return compiled(START, element(tag, "t", "Виклик", inner, **attributes), END, chain("start", "t", "end")).calls["t"]


def judged(inner: str, tag: str = "serviceTask", **attributes: str) -> CompileOutcome:
    return outcome_of(START, element(tag, "t", "Виклик", inner, **attributes), END, chain("start", "t", "end"))


def pairs(vendor: str, **said: str) -> str:
    inside = "".join(f'<{vendor}:property name="{name}" value="{value}"/>' for name, value in said.items())
    return f"<extensionElements><{vendor}:properties>{inside}</{vendor}:properties></extensionElements>"


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "scriptTask", "businessRuleTask", "task"])
@pytest.mark.parametrize("vendor", ["reglament", "camunda", "zeebe"])
def test_a_job_is_written_as_properties_of_any_tool_on_any_task_that_is_nobodys(tag: str, vendor: str) -> None:
    said = {"connector": "job", "topic": "credit-check", "input.edrpou": "client.edrpou", "retries": "2"}
    call = call_of(pairs(vendor, **said), tag)
    assert (call.connector, call.topic, call.retries) == (ConnectorKind.EXTERNAL, "credit-check", 2)
    assert call.parameters == {"edrpou": "client.edrpou"}


def test_a_job_is_written_in_ukrainian_and_as_an_element_of_our_own() -> None:
    assert call_of(bag(конектор="job", черга="оцінка", повтор_через="5 хв")).retry_after_s == 300
    own = '<extensionElements><reglament:connector type="job" topic="score"/></extensionElements>'
    assert call_of(own).topic == "score"


def test_a_topic_of_another_engine_is_a_persons_until_the_step_or_the_map_says_that_it_is_fetched() -> None:
    topic = {"camunda:type": "external", "camunda:topic": "invoice"}
    outcome = judged("", **topic)
    assert outcome.process is not None
    assert outcome.process.steps["t"].kind is StepKind.CONFIRM
    assert found(outcome, "TOPIC_NOT_SERVED").params == {"topic": "invoice"}
    assert call_of(bag(connector="job"), **topic).topic == "invoice"
    zeebe = '<extensionElements><zeebe:taskDefinition type="pay"/></extensionElements>'
    for_all = bag(connector="job")
    whole = compiled(
        for_all,
        START,
        element("serviceTask", "a", "А", zeebe),
        element("serviceTask", "b", "Б"),
        END,
        chain("start", "a", "b", "end"),
    )
    assert whole.calls["a"].topic == "pay"
    assert whole.steps["b"].kind is StepKind.CONFIRM, "without a topic nobody can fetch it"


def test_mappings_of_other_engines_say_what_goes_and_what_comes() -> None:
    inside = (
        '<zeebe:taskDefinition type="score"/><zeebe:ioMapping>'
        '<zeebe:input source="= deal.amount" target="amount"/><zeebe:output source="= rating * 2" target="score"/>'
        '</zeebe:ioMapping><reglament:property name="connector" value="job"/>'
    )
    call = call_of(f"<extensionElements>{inside}</extensionElements>")
    assert (call.parameters, call.results) == ({"amount": "= deal.amount"}, {"score": "= rating * 2"})


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"connector": "teleport"}, "CONNECTOR_UNKNOWN"),
        ({"connector": "job"}, "CONNECTOR_LACKS"),
        ({"connector": "job", "topic": "two words"}, "CONNECTOR_VALUE"),
        ({"connector": "job", "topic": "t", "retries": "many"}, "CONNECTOR_VALUE"),
        ({"connector": "job", "topic": "t", "retry_after": "3 р.д."}, "CONNECTOR_VALUE"),
        ({"connector": "job", "topic": "t", "input.x": "open('/etc/passwd').read()"}, "CONNECTOR_VALUE"),
        ({"connector": "job", "topic": "t", "result.client name": "answer"}, "CONNECTOR_VALUE"),
        ({"connector": "mail", "to": "client", "text": "t"}, "CONNECTOR_LACKS"),
        (
            {"connector": "mail", "to": "a@b.ua", "subject": "{{ secret.crm }}", "text": "t"},
            "CONNECTOR_SECRET_MISPLACED",
        ),
        ({"connector": "fields"}, "CONNECTOR_LACKS"),
        ({"connector": "fields", "set.client.name": "x"}, "CONNECTOR_VALUE"),
        ({"connector": "map"}, "CONNECTOR_LACKS"),
        ({"connector": "http"}, "CONNECTOR_LACKS"),
        ({"connector": "http", "url": "http://a.example.com/"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "https://{{ deal.host }}/x"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "https://a.example.com{{ deal.host }}/x"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "https://a.example.com@evil.example.com/"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "https://user:pw@a.example.com/"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "= deal.url"}, "CONNECTOR_ADDRESS"),
        ({"connector": "http", "url": "https://a.example.com/{{ deal.x"}, "CONNECTOR_VALUE"),
        ({"connector": "http", "url": "https://a.example.com/{{ __import__(1) }}"}, "CONNECTOR_VALUE"),
        ({"connector": "http", "url": "https://a.example.com/", "method": "TRACE"}, "CONNECTOR_VALUE"),
        ({"connector": "http", "url": "https://a.example.com/", "header.Host": "b"}, "CONNECTOR_VALUE"),
        ({"connector": "http", "url": "https://a.example.com/", "body": "{{{ deal.x }}"}, "CONNECTOR_VALUE"),
    ],
)
def test_what_cannot_be_called_is_an_error_with_a_remedy_and_a_person_stands_in(
    said: dict[str, str], code: str
) -> None:
    outcome = judged(pairs("camunda", **said))
    assert found(outcome, code).severity is Severity.ERROR
    assert outcome.process is not None
    assert outcome.process.steps["t"].kind is StepKind.CONFIRM
    assert outcome.process.calls == {}


def test_a_persons_step_stays_a_persons_and_a_deadline_that_nobody_hears_is_said() -> None:
    on_person = judged(bag(connector="job", topic="t"), "userTask")
    assert found(on_person, "CONNECTOR_ON_PERSON").severity is Severity.WARNING
    assert on_person.process is not None
    assert on_person.process.steps["t"].kind is StepKind.USER
    assert "CONNECTOR_DEADLINE" in codes(judged(bag(connector="job", topic="t", deadline="3 р.д.")))


def test_the_map_waits_for_the_job_and_its_answer_decides_the_way() -> None:
    hour = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    said = {"connector": "job", "topic": "t", "result.rating": "answer"}
    process = compiled(
        START,
        element("serviceTask", "score", "Оцінити", bag(**said)),
        element("exclusiveGateway", "g", "Добре?", default="g_bad"),
        element("userTask", "good", "Добре"),
        element("userTask", "bad", "Погано"),
        element("boundaryEvent", "late", "Довго", hour, attachedToRef="score"),
        element("boundaryEvent", "no", "Немає", '<errorEventDefinition errorRef="e"/>', attachedToRef="score"),
        element("userTask", "ask", "Спитати"),
        chain("start", "score", "g"),
        flow("g", "good", condition="rating > 5"),
        flow("g", "bad"),
        chain("late", "ask"),
        chain("no", "bad"),
        around='<error id="e" name="Немає" errorCode="NO_DATA"/>',
    )
    run = InstanceRun(process)
    assert [one.element_id for one in run.calls.values()] == ["score"]
    assert [timer.node_id for timer in run.timers.values()] == ["late"]
    run.answer("score", rating=7)
    assert run.open == ["good"]
    failed = InstanceRun(process)
    failed.answer("score", error="NO_DATA")
    assert failed.open == ["bad"]


def test_a_request_keeps_its_host_apart_from_what_values_fill_in() -> None:
    said = {"connector": "http", "url": "https://CRM.example.com:443?id={{ client.edrpou }}", "header.X-A": "b"}
    call = call_of(bag(**said))
    assert (call.host, call.method) == ("crm.example.com", "GET")
    assert [part.text or part.value for part in call.templates["url"]] == ["/?id=", "url#1"]
    assert call.parameters == {"url#1": "client.edrpou"}


def test_a_value_is_written_as_its_place_needs() -> None:
    evil = '"}, {"b": 1'
    filling = Filling({"body#1": evil, "body#2": evil, "body#3": Decimal("1.50")}, {})
    parts = read_template('{"a": "x {{ v }}", "b": {{ v }}, "n": {{ n }}}', "body").parts
    assert json.loads(filling.json(parts), parse_float=str) == {"a": f"x {evil}", "b": evil, "n": "1.50"}
    assert "&quot;}, {&quot;b&quot;: 1" in filling.xml(parts)
    assert filling.form(parts[1:2]) == filling.address(parts[1:2]).replace("%20", "+") == "%22%7D%2C+%7B%22b%22%3A+1"


def test_fields_that_a_call_sets_are_known_to_conditions_behind_it() -> None:
    said = {"конектор": "поля", "поле.score": "= 5", "поле.mark": "{{ owner.name }}"}
    outcome = outcome_of(
        START,
        element("serviceTask", "f", "Порахувати", bag(**said)),
        element("exclusiveGateway", "g", "Добре?", default="g_end"),
        element("userTask", "t", "Добре"),
        END,
        chain("start", "f", "g"),
        flow("g", "t", condition='score > 3 and mark != "x"'),
        flow("g", "end"),
        chain("t", "end"),
    )
    assert not {"UNKNOWN_VARIABLE", "UNKNOWN_VARIABLE_NEAR", "UNKNOWN_VARIABLE_UNASKED"} & codes(outcome)
