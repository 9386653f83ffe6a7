"""No part of SpiffWorkflow is replaced without a test that shows why.

Overrides are found by looking at the classes. Each names the canary in test_upstream_canaries.py or below: a test of
what stock does, which fails when upstream does it no more.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import SpiffWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway, UserTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

import engine.bpmn

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"

CANARIES = {
    "activities.Activity._on_cancel": "test_an_event_on_a_border_adds_tasks_that_outlive_the_step",
    "activities.Activity._on_complete_hook": "test_an_event_on_a_border_adds_tasks_that_outlive_the_step",
    "activities.Activity._update_hook": "test_an_event_on_a_border_adds_tasks_that_outlive_the_step",
    "activities.Assignments._run_hook": "test_text_in_a_diagram_runs_as_python",
    "activities.DecisionStep._run_hook": "test_a_cell_of_a_decision_table_is_glued_into_python",
    "activities.Enclosing._on_cancel": "test_withdrawing_a_loop_leaves_its_sub_processes_behind",
    "activities.Enclosing._on_complete_hook": "test_finished_sub_processes_are_kept_for_ever",
    "activities.Enclosing._update_hook": "test_a_sub_process_gets_a_copy_of_the_data",
    "activities.HumanStep._update_hook": "test_a_step_that_opens_again_still_has_its_answer",
    "activities.ServiceCall._update_hook": "test_a_service_task_is_not_among_what_waits_for_somebody",
    "activities.Withdrawal._run_hook": "test_withdrawing_a_loop_leaves_its_sub_processes_behind",
    "catching_events.EventGateway._on_complete_hook": "test_two_timers_behind_an_event_gateway_share_one_due_time",
    "catching_events.Waiting._on_cancel": "test_who_waits_for_an_event_is_known_only_where_it_began_to_wait",
    "catching_events.Waiting._run_hook": "test_an_event_that_happened_looks_through_the_tree_for_its_like",
    "catching_events.Waiting._update_hook": "test_timers_fire_by_the_machines_clock_whenever_something_completes",
    "elements.Element._on_complete_hook": "test_every_task_copies_the_data",
    "elements.Element._on_ready_hook": "test_the_whole_tree_is_walked_after_each_task",
    "elements.Element._predict_hook": "test_tasks_that_may_come_are_made_in_advance",
    "elements.Element._run_hook": "test_a_decision_that_leads_nowhere_leaves_its_task_in_error",
    "elements.Element._update_hook": "test_every_task_copies_the_data",
    "elements.Element.test": "test_a_gateway_that_ends_a_path_is_refused",
    "elements.ExclusiveGateway._run_hook": "test_a_decision_that_leads_nowhere_leaves_its_task_in_error",
    "environment.MapEnvironment.call_service": "test_text_in_a_diagram_runs_as_python",
    "environment.MapEnvironment.evaluate": "test_text_in_a_diagram_runs_as_python",
    "environment.MapEnvironment.execute": "test_text_in_a_diagram_runs_as_python",
    "script_engine.MapScriptEngine.call_service": "test_the_engine_wraps_errors_in_its_own",
    "script_engine.MapScriptEngine.evaluate": "test_the_engine_wraps_errors_in_its_own",
    "script_engine.MapScriptEngine.execute": "test_the_engine_wraps_errors_in_its_own",
    "joins.InclusiveGateway._run_hook": "test_a_decision_that_leads_nowhere_leaves_its_task_in_error",
    "joins._Join._update_hook": "test_a_parallel_join_in_a_rework_loop_fires_early",
    "live_workflow.LiveTask.__init__": "test_a_task_takes_the_time_and_a_random_id",
    "live_workflow.LiveTask._add_child": "test_a_task_has_children_of_stocks_class_only",
    "live_workflow.LiveTask._set_state": "test_log_records_are_built_though_nobody_listens",
    "live_workflow.LiveTask.cancel": "test_withdrawing_a_loop_leaves_its_sub_processes_behind",
    "live_workflow.LiveTask.complete": "test_what_was_withdrawn_can_still_complete",
    "live_workflow.LiveWorkflow.create_subprocess": "test_a_sub_process_is_of_stocks_class_only",
    "live_workflow.Scope._task_completed_notify": "test_the_whole_tree_is_walked_after_each_task",
    "live_workflow.Scope.update_waiting_tasks": "test_the_whole_tree_is_walked_after_each_task",
    "loops.MultiInstance._update_hook": "test_a_loop_is_connected_to_its_runs_only_where_they_were_created",
    "loops.StandardLoop._update_hook": "test_a_loop_is_connected_to_its_runs_only_where_they_were_created",
    "loops._Loop._on_complete_hook": "test_compensation_is_thrown_at_nobody_and_its_handlers_cannot_be_parsed",
    "spec.ScopeSpec.__init__": "test_some_names_of_elements_are_taken",
    "throwing_events.EndEvent._on_complete_hook": "test_an_error_that_nobody_handles_goes_on_as_if_nothing",
    "throwing_events._Throwing._on_cancel": "test_compensation_is_thrown_at_nobody_and_its_handlers_cannot_be_parsed",
    "throwing_events._Throwing._on_complete_hook": "test_an_error_that_nobody_handles_goes_on_as_if_nothing",
    "throwing_events._Throwing._run_hook": "test_an_error_that_nobody_handles_goes_on_as_if_nothing",
}


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(engine.bpmn.__path__, "engine.bpmn."):
        yield importlib.import_module(found.name)


def overrides() -> dict[str, Any]:
    """Every method of ours that stands before one of stock's in some class: ``module.Class.method``."""
    found: dict[str, Any] = {}
    for module in modules():
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == module.__name__:
                found |= _overrides_of(cls)
    return found


def _overrides_of(cls: type) -> dict[str, Any]:
    found = {}
    for position, own in enumerate(cls.__mro__):
        if not own.__module__.startswith("engine."):
            continue
        stock = [base for base in cls.__mro__[position:] if base.__module__.startswith(SpiffWorkflow.__name__)]
        for name, value in vars(own).items():
            if (name == "__init__" or not name.startswith("__")) and any(name in vars(base) for base in stock):
                found[f"{own.__module__.rpartition('.')[2]}.{own.__name__}.{name}"] = value
    return found


def only_adds(method: Any) -> bool:
    """An ``__init__`` that goes through stock's own replaces nothing."""
    return method.__name__ == "__init__" and "super().__init__(" in inspect.getsource(method)


def test_every_override_has_a_canary() -> None:
    replaced = {name for name, method in overrides().items() if inspect.isfunction(method) and not only_adds(method)}
    assert "joins._Join._update_hook" in replaced, "nothing was found"
    assert replaced == set(CANARIES)


def test_every_canary_is_a_test() -> None:
    here = Path(__file__)
    tests = {
        node.name
        for file in (here, here.with_name("test_upstream_canaries.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(CANARIES.values()) <= tests


def test_nothing_of_stock_is_patched() -> None:
    """No assignment to an attribute of something that was imported from SpiffWorkflow."""
    for module in modules():
        tree = ast.parse(inspect.getsource(module))
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("SpiffWorkflow")
            for alias in node.names
        }
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            written = {
                target.value.id
                for target in targets
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
            }
            assert not written & imported, f"{module.__name__}, line {getattr(node, 'lineno', 0)}"


# what stock does, beside test_upstream_canaries.py -------------------------------------------------------------------
def started(body: str, roots: str = "", workflow_class: type[BpmnWorkflow] = BpmnWorkflow, **data: Any) -> BpmnWorkflow:
    parser = BpmnParser()
    process = f'<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>{body}</process>'
    parser.add_bpmn_str(f'<definitions xmlns="{NAMESPACE}">{roots}{process}</definitions>'.encode())
    workflow = workflow_class(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.task_tree.data.update(data)
    workflow.do_engine_steps()
    return workflow


def flow(source: str, target: str, condition: str = "") -> str:
    written = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{written}</sequenceFlow>'


def complete(workflow: BpmnWorkflow, name: str, **data: Any) -> Task:
    task = workflow.get_next_task(state=TaskState.READY, spec_name=name)
    task.data.update(data)
    task.run()
    workflow.do_engine_steps()
    return task


STEP = '<userTask id="a"/>' + flow("s", "a") + flow("a", "e")
MESSAGE = '<message id="m" name="M"/>'
WAITS = '<messageEventDefinition messageRef="m"/>'
AT_THE_BORDER = (
    STEP
    + f'<boundaryEvent id="b" attachedToRef="a">{WAITS}</boundaryEvent><userTask id="late"/>'
    + flow("b", "late")
    + flow("late", "e")
)
SCOPE = (
    '<subProcess id="scope"><startEvent id="s2"/><endEvent id="e2"/><userTask id="deep"/>'
    + flow("s2", "deep")
    + flow("deep", "e2")
    + '</subProcess><userTask id="a"/>'
    + flow("s", "scope")
    + flow("scope", "a")
    + flow("a", "e")
)
AGAIN = (
    '<userTask id="a"/><exclusiveGateway id="merge"/><exclusiveGateway id="decide"/>'
    + flow("s", "merge")
    + flow("merge", "a")
    + flow("a", "decide")
    + flow("decide", "merge", "answer == 'again'")
    + flow("decide", "e", "answer == 'on'")
)


def test_an_event_on_a_border_adds_tasks_that_outlive_the_step() -> None:
    workflow = started(AT_THE_BORDER, MESSAGE)
    complete(workflow, "a")
    names = {task.task_spec.name for task in workflow.tasks.values()}
    assert {"a.BoundaryEventSplit", "a.BoundaryEventJoin", "b"} <= names


def test_finished_sub_processes_are_kept_for_ever() -> None:
    workflow = started(SCOPE)
    complete(workflow, "deep")
    assert len(workflow.subprocesses) == 1


def test_a_sub_process_gets_a_copy_of_the_data() -> None:
    workflow = started(SCOPE, offer={"price": 1})
    complete(workflow, "deep")
    assert workflow.get_next_task(spec_name="a").data["offer"] is not workflow.task_tree.data["offer"]


def test_a_step_that_opens_again_still_has_its_answer() -> None:
    workflow = started(AGAIN)
    complete(workflow, "a", answer="again")
    assert workflow.get_next_task(state=TaskState.READY, spec_name="a").data["answer"] == "again"


def test_who_waits_for_an_event_is_known_only_where_it_began_to_wait() -> None:
    """A manager beside the tree holds them, and is not told when a task comes from elsewhere in that state."""
    workflow = started(AT_THE_BORDER, MESSAGE)
    (waiting,) = workflow.event_manager.tasks.values()
    Task(workflow, waiting.task_spec, waiting.parent, state=TaskState.WAITING)
    assert len(workflow.event_manager.tasks) == 1


def test_an_event_that_happened_looks_through_the_tree_for_its_like(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    stock = BpmnWorkflow.get_tasks

    def get_tasks(workflow: Any, *args: Any, **more: Any) -> Any:
        searched.append(more.get("spec_name"))
        return stock(workflow, *args, **more)

    monkeypatch.setattr(BpmnWorkflow, "get_tasks", get_tasks)
    started(STEP)
    assert "s" in searched


def test_every_task_copies_the_data() -> None:
    workflow = started(STEP, offer=1)
    step = workflow.get_next_task(spec_name="a")
    assert step.data == step.parent.data
    assert step.data is not step.parent.data


def test_a_cell_of_a_decision_table_is_glued_into_python() -> None:
    """It runs whatever it says, and a list of values means a tuple that equals none of them."""
    step, table = started(STEP).get_next_task(spec_name="a"), DMNEngine(None)
    assert table.evaluate("'list'", "[].__class__.__name__", step)
    assert not table.evaluate("'a'", "'a', 'b'", step)


def test_a_decision_that_leads_nowhere_leaves_its_task_in_error() -> None:
    workflow = started(AGAIN)
    with pytest.raises(WorkflowException, match="No conditions satisfied"):
        complete(workflow, "a", answer="neither")
    assert workflow.get_next_task(spec_name="decide").state == TaskState.ERROR


def test_a_gateway_that_ends_a_path_is_refused() -> None:
    spec = BpmnParser()
    spec.add_bpmn_str(
        f'<definitions xmlns="{NAMESPACE}"><process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>'
        f"{STEP}</process></definitions>".encode()
    )
    with pytest.raises(WorkflowException):
        ExclusiveGateway(spec.get_spec("p"), "last").test()


def test_a_task_has_children_of_stocks_class_only() -> None:
    class Own(Task):  # type: ignore[misc]  # SpiffWorkflow is untyped
        pass

    workflow = started(STEP)
    own = Own(workflow, workflow.task_tree.task_spec, workflow.task_tree, state=TaskState.READY)
    assert type(own._add_child(UserTask(workflow.spec, "child"), TaskState.FUTURE)) is Task


def test_what_was_withdrawn_can_still_complete() -> None:
    step = started(STEP).get_next_task(spec_name="a")
    step.cancel()
    step.complete()
    assert step.state == TaskState.COMPLETED


def test_a_sub_process_is_of_stocks_class_only() -> None:
    class Own(BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow is untyped
        pass

    (scope,) = started(SCOPE, workflow_class=Own).subprocesses.values()
    assert type(scope) is BpmnSubWorkflow
