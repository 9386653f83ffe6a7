"""SpiffWorkflow asks for ids; whatever else stands in its place is refused, never run."""

from __future__ import annotations

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from support.canonical_maps import MapBuilder, context
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.environment import MapEnvironment
from engine.bpmn.guards import UnknownReference
from engine.bpmn.script_engine import MapScriptEngine
from engine.bpmn.spec import NotCanonical, build_spec
from engine.bpmn.variables import VariableStore
from engine.errors import MapFailed

HOSTILE = ("__import__('os').system('true')", "open('/etc/passwd').read()", "1 + 1", "amount", "", "f1 ", "True")


@pytest.fixture
def process() -> CompiledProcess:
    draw = MapBuilder()
    draw.start()
    draw.script("set_both", ("total", "price * 2"), ("double", "total * 2"))
    draw.gateway("exclusive", "decide", default="small")
    draw.step("big")
    draw.end()
    draw.chain("start", "set_both", "decide")
    draw.flow("decide", "big", "double > 100", flow_id="large")
    draw.flow("decide", "end", flow_id="small")
    draw.flow("big", "end")
    return draw.build(variables=["price", "total", "double"])


def environment_of(process: CompiledProcess) -> MapEnvironment:
    lookups = build_spec(process).lookups
    return MapEnvironment(lookups, VariableStore(lookups.kept, lookups.outcomes, {"double": 500}, {}), context())


def test_assignments_go_into_the_store_one_after_the_other(process: CompiledProcess) -> None:
    run = InstanceRun(process, variables={"price": 30})
    assert run.last.variables == {"price": 30, "total": 60, "double": 120}
    assert run.open == ["big"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_is_no_id_is_refused(process: CompiledProcess, text: str) -> None:
    environment = environment_of(process)
    for engine in (MapScriptEngine(environment=environment), PythonScriptEngine(environment=environment)):
        with pytest.raises(UnknownReference):
            engine.environment.evaluate(text, {})
        with pytest.raises(UnknownReference):
            engine.environment.execute(text, {})
        with pytest.raises(UnknownReference):
            engine.environment.call_service({}, operation_name=text)


def test_an_id_is_looked_up(process: CompiledProcess) -> None:
    assert environment_of(process).evaluate("large", {}) is True


def test_a_tampered_document_runs_nothing(process: CompiledProcess) -> None:
    """Even if somebody wrote Python into the stored canonical form, it is only an id that is in no table."""
    root = etree.fromstring(process.executable)
    namespace = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
    for tag in ("conditionExpression", "script"):
        for element in root.iter(namespace + tag):
            element.text = HOSTILE[0]
    tampered = process.model_copy(
        update={"executable": etree.tostring(root, encoding="unicode"), "content_hash": "tampered"}
    )
    run = InstanceRun(tampered, variables={"price": 30})
    assert run.open == ["big"], "the text is not even read: ids of elements decide"


def test_a_map_cannot_assign_the_deals_own_data() -> None:
    draw = MapBuilder()
    draw.start()
    draw.script("cheat", ("deal.amount", "1"))
    draw.end()
    draw.chain("start", "cheat", "end")
    with pytest.raises(MapFailed) as failed:
        InstanceRun(draw.build(), deal={"amount": 5})
    assert failed.value.params["problem_code"] == "ASSIGNS_FACT"
    assert failed.value.params["element_id"] == "cheat"


@pytest.mark.parametrize(
    "body",
    [
        '<startEvent id="s"/><task id="t"/>',
        '<startEvent id="s"/><scriptTask id="t"><script>1</script></scriptTask>',
        '<startEvent id="s"/><boundaryEvent id="b" attachedToRef="s"><terminateEventDefinition/></boundaryEvent>',
        '<startEvent id="s"/><userTask id="u"/><boundaryEvent id="b" attachedToRef="u"/>',
        '<startEvent id="s"/><intermediateThrowEvent id="i"><linkEventDefinition/></intermediateThrowEvent>',
        '<startEvent id="s"/><callActivity id="c" calledElement="nowhere"/>',
        '<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="nowhere"/>',
        '<startEvent id="s"><timerEventDefinition><timeDate>s</timeDate></timerEventDefinition></startEvent>',
        '<startEvent id="s"/><subProcess id="p" triggeredByEvent="true"><startEvent id="t"/></subProcess>',
        '<userTask id="u"/>',
    ],
)
def test_what_the_importer_never_writes_is_refused(process: CompiledProcess, body: str) -> None:
    namespace = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    xml = f'<definitions xmlns="{namespace}"><process id="sale">{body}</process></definitions>'
    with pytest.raises(NotCanonical):
        build_spec(process.model_copy(update={"executable": xml, "content_hash": body}))
