"""What stock SpiffWorkflow does, and why something of it is replaced.

A test that fails here says that upstream has changed: replace it no more.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NEVER = "False"


@pytest.fixture(autouse=True)
def _upstream_warns_of_itself() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parsed(body: str, roots: str = "") -> tuple[Any, Any]:
    parser = BpmnParser()
    xml = f'<definitions xmlns="{NAMESPACE}">{roots}<process id="p" isExecutable="true">{body}</process></definitions>'
    parser.add_bpmn_str(xml.encode())
    return parser.get_spec("p"), parser.get_subprocess_specs("p")


def started(body: str, roots: str = "", **data: Any) -> BpmnWorkflow:
    workflow = BpmnWorkflow(*parsed(body, roots))
    workflow.task_tree.data.update(data)
    workflow.do_engine_steps()
    return workflow


def user(element_id: str, inner: str = "") -> str:
    return f'<userTask id="{element_id}">{inner}</userTask>'


def flow(source: str, target: str, condition: str = "", flow_id: str = "") -> str:
    written = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    flow_id = flow_id or f"{source}-{target}"
    return f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{written}</sequenceFlow>'


def chain(*elements: str) -> str:
    return "".join(flow(source, target) for source, target in pairwise(elements))


def timer(kind: str, value: str) -> str:
    return f'<timerEventDefinition><{kind}>"{value}"</{kind}></timerEventDefinition>'


def ready(workflow: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in workflow.get_tasks(state=TaskState.READY, manual=True))


def complete(workflow: BpmnWorkflow, name: str, **data: Any) -> None:
    task = workflow.get_next_task(state=TaskState.READY, spec_name=name)
    task.data.update(data)
    task.run()
    workflow.do_engine_steps()


ENDS = '<startEvent id="s"/><endEvent id="e"/>'
REWORK = (
    ENDS
    + '<exclusiveGateway id="again"/>{split}{join}<exclusiveGateway id="decide" default="on"/>'
    + user("a")
    + user("b")
    + user("z")
    + chain("s", "again", "split")
    + "{ways}"
    + chain("a", "join")
    + chain("b", "join")
    + chain("join", "decide")
    + flow("decide", "again", "rework")
    + flow("decide", "z", flow_id="on")
    + chain("z", "e")
)


def test_a_parallel_join_in_a_rework_loop_fires_early() -> None:
    """joins.ParallelGateway"""
    gateways = {"split": '<parallelGateway id="split"/>', "join": '<parallelGateway id="join"/>'}
    ways = flow("split", "a") + flow("split", "b")
    workflow = started(REWORK.format(**gateways, ways=ways), rework=True)
    complete(workflow, "a")
    complete(workflow, "b")
    assert ready(workflow) == ["a", "b"]
    complete(workflow, "b", rework=False)
    assert "z" in ready(workflow), "a was not asked in round 2"


def test_two_tokens_on_one_flow_of_a_join_become_one() -> None:
    """joins: a token that waits stays; stock cancels all but the newest."""
    workflow = started(
        ENDS
        + '<parallelGateway id="split"/><exclusiveGateway id="merge"/><parallelGateway id="join"/>'
        + user("a")
        + user("b")
        + user("c")
        + chain("s", "split", "a", "merge", "join", "e")
        + chain("split", "b", "merge")
        + chain("split", "c", "join")
    )
    complete(workflow, "a")
    complete(workflow, "b")
    waiting = [task for task in workflow.get_tasks(state=TaskState.WAITING) if task.task_spec.name == "join"]
    assert len(waiting) == 1


def test_branches_carry_copies_of_the_data_and_a_join_mixes_them() -> None:
    """variables.VariableStore: the decision of the last branch loses against a stale copy."""
    body = (
        ENDS
        + '<parallelGateway id="split"/><parallelGateway id="join"/>'
        + user("a")
        + user("b")
        + user("z")
        + chain("s", "split", "a", "join", "z", "e")
        + chain("split", "b", "join")
    )
    seen = set()
    for order in (("a", "b"), ("b", "a")):
        workflow = started(body, agreed=None)
        complete(workflow, order[0], agreed=False)
        assert workflow.get_next_task(spec_name=order[1]).data["agreed"] is None
        complete(workflow, order[1])
        seen.add(workflow.get_next_task(spec_name="z", state=TaskState.READY).data["agreed"])
    assert None in seen


def test_text_in_a_diagram_runs_as_python() -> None:
    """environment.MapEnvironment"""
    assert PythonScriptEngine().environment.evaluate("[].__class__.__name__", {}) == "list"


def test_the_engine_wraps_errors_in_its_own() -> None:
    """script_engine.MapScriptEngine"""
    task = started(ENDS + user("a") + chain("s", "a", "e")).get_next_task(spec_name="a")
    with pytest.raises(Exception, match="Error evaluating expression") as failed:
        PythonScriptEngine().evaluate(task, "1 / 0")
    assert not isinstance(failed.value, ZeroDivisionError)


def test_a_loop_is_connected_to_its_runs_only_where_they_were_created() -> None:
    """loops: a fresh process that loads a waiting multi-instance never hears of its runs; build_spec connects them."""
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    spec, subprocesses = parsed(ENDS + user("a", loop) + chain("s", "a", "e"))
    run = spec.task_specs["a [child]"]
    assert not run.completed_event.n_subscribers()
    BpmnWorkflow(spec, subprocesses).do_engine_steps()
    assert run.completed_event.n_subscribers() == 1


def test_two_timers_behind_an_event_gateway_share_one_due_time() -> None:
    """catching_events.EventGateway"""
    events = "".join(
        f'<intermediateCatchEvent id="{name}">{timer("timeDuration", value)}</intermediateCatchEvent>'
        for name, value in (("far", "PT5H"), ("near", "PT0.01S"))
    )
    workflow = started(
        ENDS + f'<eventBasedGateway id="race"/>{events}' + chain("s", "race", "far", "e") + chain("race", "near", "e")
    )
    time.sleep(0.05)
    workflow.refresh_timers()
    workflow.do_engine_steps()
    assert not workflow.is_completed(), "the near one is long past"


def boundary(definition: str, *, interrupting: bool, roots: str = "", **data: Any) -> BpmnWorkflow:
    cancels = str(interrupting).lower()
    attached = f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="{cancels}">{definition}</boundaryEvent>'
    body = ENDS + user("a") + attached + user("late") + user("z") + chain("s", "a", "z", "e") + chain("b", "late", "e")
    return started(body, roots, **data)


def test_an_interrupting_cycle_does_not_interrupt() -> None:
    """timer_events.StoredTimer, catching_events.BoundaryEvent"""
    workflow = boundary(timer("timeCycle", "R3/PT0.01S"), interrupting=True)
    time.sleep(0.05)
    workflow.refresh_timers()
    workflow.do_engine_steps()
    assert "a" in ready(workflow)


def test_timers_fire_by_the_machines_clock_whenever_something_completes() -> None:
    """timer_events.StoredTimer"""
    left = f'<boundaryEvent id="b" attachedToRef="a">{timer("timeDuration", "PT0.01S")}</boundaryEvent>'
    workflow = started(
        ENDS
        + '<parallelGateway id="split"/>'
        + user("a")
        + user("other")
        + user("late")
        + left
        + chain("s", "split", "a", "e")
        + chain("split", "other", "e")
        + chain("b", "late", "e")
    )
    time.sleep(0.05)
    complete(workflow, "other")
    assert ready(workflow) == ["late"], "nobody fired the timer at a"


def test_a_message_beside_a_step_comes_only_once() -> None:
    """catching_events.BoundaryEvent"""
    message = '<message id="m" name="M"/>'
    workflow = boundary('<messageEventDefinition messageRef="m"/>', interrupting=False, roots=message)
    for _ in range(2):
        workflow.catch(BpmnEvent(MessageEventDefinition("M"), payload={}))
        workflow.do_engine_steps()
    assert ready(workflow) == ["a", "late"]


def test_a_condition_sees_only_its_own_copy_of_the_data() -> None:
    """settling: conditional events are looked at with the store."""
    workflow = boundary(
        "<conditionalEventDefinition><condition>agreed</condition></conditionalEventDefinition>",
        interrupting=False,
        agreed=False,
    )
    workflow.get_next_task(spec_name="a").data["agreed"] = True
    workflow.do_engine_steps()
    workflow.refresh_timers()
    workflow.do_engine_steps()
    assert ready(workflow) == ["a"]


def test_an_error_that_nobody_handles_goes_on_as_if_nothing() -> None:
    """throwing_events.raise_error"""
    inner = '<startEvent id="s2"/><endEvent id="e2"><errorEventDefinition errorRef="er"/></endEvent>' + chain(
        "s2", "e2"
    )
    workflow = started(
        ENDS + f'<subProcess id="a">{inner}</subProcess>' + user("z") + chain("s", "a", "z", "e"),
        '<error id="er" name="E" errorCode="c"/>',
    )
    assert ready(workflow) == ["z"]


def test_withdrawing_a_loop_leaves_its_sub_processes_behind() -> None:
    """live_workflow.LiveTask.cancel"""
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    inner = '<startEvent id="s2"/><endEvent id="e2"/>' + user("deep") + chain("s2", "deep", "e2")
    workflow = started(ENDS + f'<subProcess id="a">{loop}{inner}</subProcess>' + chain("s", "a", "e"))
    workflow.get_next_task(spec_name="a").cancel()
    left = [task for scope in workflow.subprocesses.values() for task in scope.tasks.values()]
    assert any(task.state == TaskState.READY for task in left)


def test_tasks_that_may_come_are_made_in_advance() -> None:
    """elements.Element._predict_hook"""
    workflow = started(ENDS + user("a") + user("b") + chain("s", "a", "b", "e"))
    assert workflow.get_next_task(state=TaskState.FUTURE).task_spec.name == "b"


def test_finished_tasks_are_kept_for_ever() -> None:
    """pruning"""
    workflow = started(
        ENDS
        + '<exclusiveGateway id="m"/><exclusiveGateway id="g" default="out"/>'
        + user("a")
        + chain("s", "m", "a", "g")
        + flow("g", "m", "rework")
        + flow("g", "e", flow_id="out"),
        rework=True,
    )
    sizes = []
    for _ in range(3):
        complete(workflow, "a")
        sizes.append(len(workflow.get_tasks(state=TaskState.COMPLETED)))
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_task_takes_the_time_and_a_random_id() -> None:
    """live_workflow.LiveTask"""
    body = ENDS + user("a") + chain("s", "a", "e")
    first, second = (started(body).get_next_task(spec_name="a") for _ in range(2))
    assert first.id != second.id
    assert first.last_state_change > 0


def test_log_records_are_built_though_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """live_workflow.LiveTask._set_state"""
    monkeypatch.setattr(logging.getLogger("spiff.task"), "level", logging.CRITICAL)
    workflow = started(ENDS + user("a") + chain("s", "a", "e"))
    built = []
    stock = Task.collect_log_extras

    def collect_log_extras(task: Any, more: Any = None) -> Any:
        built.append(task)
        return stock(task, more)

    monkeypatch.setattr(Task, "collect_log_extras", collect_log_extras)
    complete(workflow, "a")
    assert built


def test_the_whole_tree_is_walked_after_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """live_workflow.Scope.update_waiting_tasks"""
    walked = []
    stock = BpmnWorkflow.update_waiting_tasks

    def update_waiting_tasks(workflow: Any) -> None:
        walked.append(workflow)
        stock(workflow)

    monkeypatch.setattr(BpmnWorkflow, "update_waiting_tasks", update_waiting_tasks)
    started(ENDS + user("a") + chain("s", "a", "e"))
    assert len(walked) > 1


def test_some_names_of_elements_are_taken() -> None:
    """spec.ScopeSpec"""
    spec, _ = parsed('<startEvent id="s"/><endEvent id="End"/>' + chain("s", "End"))
    assert spec.task_specs["End"].bpmn_id is None, "the drawn end event is silently not there"


def test_a_long_map_exceeds_the_parsers_recursion() -> None:
    """spec.build_spec"""
    names = [f"u{number}" for number in range(1_000)]
    with pytest.raises(ValidationException, match="RecursionError"):
        parsed(ENDS + "".join(user(name) for name in names) + chain("s", *names, "e"))


def test_two_flows_to_one_step_cannot_be_told_apart() -> None:
    """elements.Passage"""
    spec, _ = parsed(
        ENDS
        + '<exclusiveGateway id="g" default="second"/>'
        + user("a")
        + chain("s", "g")
        + flow("g", "a", NEVER, flow_id="first")
        + flow("g", "a", flow_id="second")
        + chain("a", "e")
    )
    assert [name for _, name in spec.task_specs["g"].cond_task_specs] == ["a", "a"]


def test_a_service_task_is_not_among_what_waits_for_somebody() -> None:
    """activities.ServiceCall"""
    workflow = started(ENDS + '<serviceTask id="a"/>' + chain("s", "a", "e"))
    assert not workflow.get_next_task(spec_name="a").task_spec.manual


def test_data_that_names_a_type_breaks_loading() -> None:
    """state_codec: values never pass through stock's registry."""
    serializer = BpmnWorkflowSerializer()
    workflow = started(ENDS + user("a") + chain("s", "a", "e"), value={"typename": "uuid"})
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever it is, it is no answer
        assert (
            serializer.deserialize_json(serializer.serialize_json(workflow)).task_tree.data == workflow.task_tree.data
        )


def event_sub_process(definition: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inner = f'<startEvent id="hs"{written}>{definition}</startEvent><endEvent id="he"/>' + user("h")
    return f'<subProcess id="ev" triggeredByEvent="true">{inner}{chain("hs", "h", "he")}</subProcess>'


def test_an_interrupting_event_sub_process_does_not_interrupt() -> None:
    """scope_events.Listener"""
    signal = '<signalEventDefinition signalRef="sig"/>'
    workflow = started(
        ENDS
        + f'<intermediateThrowEvent id="cry">{signal}</intermediateThrowEvent>'
        + user("a")
        + user("z")
        + chain("s", "a", "cry", "z", "e")
        + event_sub_process(signal, isInterrupting="true"),
        '<signal id="sig" name="sig"/>',
    )
    complete(workflow, "a")
    assert ready(workflow) == ["h", "z"]


def test_an_event_sub_process_for_an_escalation_runs_at_once() -> None:
    """scope_events.Listener"""
    escalation = '<escalationEventDefinition escalationRef="x"/>'
    workflow = started(
        ENDS + user("a") + chain("s", "a", "e") + event_sub_process(escalation),
        '<escalation id="x" name="x" escalationCode="x"/>',
    )
    assert ready(workflow) == ["a", "h"]


def test_an_event_sub_process_that_waits_keeps_the_map_from_ending() -> None:
    """live_workflow.Scope.is_over"""
    workflow = started(
        ENDS + user("a") + chain("s", "a", "e") + event_sub_process(timer("timeDuration", "P1D"), isInterrupting="true")
    )
    complete(workflow, "a")
    assert not workflow.completed


def test_compensation_is_thrown_at_nobody_and_its_handlers_cannot_be_parsed() -> None:
    """compensation"""
    undo = "<compensateEventDefinition/>"
    thrown = f'<intermediateThrowEvent id="undo">{undo}</intermediateThrowEvent>'
    workflow = started(ENDS + user("a") + thrown + chain("s", "a", "undo", "e"))
    complete(workflow, "a")
    assert workflow.completed
    with pytest.raises(ValidationException):
        parsed(
            ENDS + user("a") + f'<boundaryEvent id="b" attachedToRef="a">{undo}</boundaryEvent>' + chain("s", "a", "e")
        )


def test_a_business_rule_task_cannot_be_parsed() -> None:
    """activities.DecisionStep"""
    with pytest.raises(ValidationException):
        parsed(ENDS + '<businessRuleTask id="r"/>' + chain("s", "r", "e"))


def test_a_complex_gateway_cannot_be_parsed() -> None:
    """joins.ComplexGateway"""
    with pytest.raises(ValidationException):
        parsed(ENDS + '<complexGateway id="c"/>' + chain("s", "c", "e"))


def test_a_multi_instance_does_not_count_for_its_expressions() -> None:
    """run_variables"""
    loop = (
        "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
        "<completionCondition>nrOfCompletedInstances == 1</completionCondition></multiInstanceLoopCharacteristics>"
    )
    workflow = started(ENDS + user("a", loop) + chain("s", "a", "e"))
    with pytest.raises(WorkflowTaskException):
        complete(workflow, "a [child]")
