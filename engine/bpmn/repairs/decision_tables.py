"""Business rule tasks: decided by the table that they name, or confirmed by somebody where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.compiled import StepKind
from engine.bpmn.dmn.drawn import DrawnDecision
from engine.bpmn.dmn.model import Decision, DecisionTask, ResultShape
from engine.bpmn.dmn.names import output_names
from engine.bpmn.map_model import DecisionCall, Node, NodeType, Place, Process
from engine.bpmn.repairs.stand_ins import confirm_by_person, plan_step
from engine.bpmn.repairs.workbench import Workbench

FACTS = frozenset({"deal", "client", "owner", "today", "now"})
_ONE_OUTPUT = frozenset({ResultShape.SINGLE_ENTRY, ResultShape.COLLECT_ENTRIES})


def settle_decision(workbench: Workbench, node: Node) -> bool:
    """Whether the task is settled here: by a table, or by a person with a finding that says why not by a table."""
    call = node.decision_call
    drawn = _named(workbench, node, call) if call is not None else _alike(workbench, node)
    if drawn is None:
        if call is not None:
            confirm_by_person(node)
        return call is not None
    call = call or DecisionCall(drawn.source_id, result_variable=node.annotation.result_variable)
    decision = workbench.tables.build(drawn, workbench.sales_map.tables_for(node))
    task = _task(workbench, node, call, decision) if decision is not None else None
    if task is None:  # the errors have been said; what a step would lack besides is nobody's concern
        plan_step(node, StepKind.CONFIRM, synthetic=True)
    else:
        node.type = NodeType.BUSINESS_RULE_TASK
        node.decision = task
    return True


def judge_tables_named(workbench: Workbench) -> None:
    """What is wrong with the tables that tasks name, of a map whose structure is broken: no task was settled."""
    for node in workbench.nodes():
        if node.decision_call is not None:
            shelf = workbench.sales_map.tables_for(node)
            for drawn in shelf.with_id(node.decision_call.reference)[:1]:
                workbench.tables.build(drawn, shelf)


def check_results(workbench: Workbench, process: Process) -> None:
    """No table gives the outcome of a step: only completing the step decides that."""
    outcomes = {f"{node.id}_outcome": node for node in workbench.nodes() if node.step is not None}
    for node in process.scope.all_nodes():
        for name in node.decision.writes if node.decision is not None else ():
            if name in outcomes:
                workbench.noticed.error("DECISION_GIVES_OUTCOME", node, name=name, step=outcomes[name].title)


def say_unused_tables(workbench: Workbench, process: Process) -> None:
    """Decisions of the upload that nothing uses; said once, after every process was settled."""
    if process is not workbench.processes[-1]:
        return
    asked = {node.decision_call.reference for node in workbench.nodes() if node.decision_call is not None}
    for drawn in workbench.sales_map.tables.decisions():
        if not workbench.tables.has_met(drawn) and drawn.source_id not in asked:
            place = Place(drawn.source_id, drawn.title, drawn.line, drawn.file.file)
            workbench.noticed.info("DECISION_UNUSED", place)


def _named(workbench: Workbench, node: Node, call: DecisionCall) -> DrawnDecision | None:
    """The decision that the task names. None with a warning where it is not here, or named only at run time."""
    if call.reference.startswith(("=", "${", "#{")):
        workbench.noticed.warning("DECISION_DYNAMIC", node, decision=call.reference)
        return None
    found = workbench.sales_map.tables_for(node).with_id(call.reference)
    if not found:
        workbench.noticed.warning("DECISION_MISSING", node, decision=call.reference or "–")
        return None
    if len(found) > 1:
        files = ", ".join(one.file.file for one in found)
        workbench.noticed.warning("DECISION_AMBIGUOUS", node, decision=call.reference, files=files)
    return found[0]


def _alike(workbench: Workbench, node: Node) -> DrawnDecision | None:
    """The only decision that has the id or the name of a task which names none."""
    if node.type is not NodeType.BUSINESS_RULE_TASK:
        return None
    tables = workbench.sales_map.tables_for(node)
    found = {id(one): one for one in (*tables.with_id(node.source_id), *tables.with_name(node.name))}
    if len(found) != 1:
        return None
    (decision,) = found.values()
    workbench.noticed.info("DECISION_BY_NAME", node, decision=decision.title)
    return decision


def _task(workbench: Workbench, node: Node, call: DecisionCall, decision: Decision) -> DecisionTask | None:
    """What is kept of the decision; None with an error where that cannot be done."""
    noticed = workbench.noticed
    unread = next(_unreadable(workbench, call), "")
    if unread:
        noticed.error("DECISION_MAPPING_NOT_UNDERSTOOD", node, name=unread)
        return None
    outputs = output_names(decision)
    if call.shape in _ONE_OUTPUT and len(outputs) != 1:
        noticed.error("DECISION_SEVERAL_OUTPUTS", node, decision=decision.title, outputs=", ".join(outputs))
        return None
    shape = call.shape
    if call.result_variable and shape is ResultShape.OUTPUTS:
        shape = ResultShape.STANDARD
    results = (call.result_variable,) if call.result_variable else outputs
    written = tuple(call.outputs) if call.only_outputs else (*results, *call.outputs)
    roots = tuple(dict.fromkeys(name.partition(".")[0] for name in written))
    for name in roots:
        if name in FACTS or not name.isidentifier():
            noticed.error("DECISION_RESULT_NAME", node, name=name or "–")
            return None
    return DecisionTask(
        decision=decision.key,
        shape=shape,
        result_variable=call.result_variable,
        inputs=call.inputs,
        outputs=call.outputs,
        only_outputs=call.only_outputs,
        writes=roots,
    )


def _unreadable(workbench: Workbench, call: DecisionCall) -> Iterator[str]:
    if call.unread:
        yield call.unread
    for name, text in (*call.inputs.items(), *call.outputs.items()):
        if not name or not workbench.is_readable(text):
            yield name or text
