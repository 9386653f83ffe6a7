"""Several arrows out of a step, and conditions on them, as the gateways that they mean."""

from __future__ import annotations

from engine.bpmn.map_model import GATEWAYS, Flow, Node, NodeType, Process
from engine.bpmn.map_properties import Property
from engine.bpmn.map_sayings import said_of
from engine.bpmn.map_surgery import redirect_source
from engine.bpmn.questions import ALL, ONE, Because, Proposal, QuestionKind
from engine.bpmn.repairs.editing import add_end, insert_after
from engine.bpmn.repairs.labels import label
from engine.bpmn.repairs.workbench import Workbench

_NEVER = "=false"


def split_implicitly(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        if node.type in GATEWAYS or not node.outgoing:
            continue
        conditional = [flow for flow in node.outgoing if flow.condition_text and not flow.is_default]
        if conditional:
            _conditional(workbench, node, conditional)
        elif len(node.outgoing) > 1:
            _parallel(workbench, node)


def _parallel(workbench: Workbench, node: Node) -> None:
    said = said_of(node, Property.SPLIT).casefold()
    if said == ONE:
        insert_after(workbench.sales_map, node, NodeType.EXCLUSIVE, "split")
        return
    if said != ALL:
        _say_and_ask(workbench, node)
    insert_after(workbench.sales_map, node, NodeType.PARALLEL, "split")


def _say_and_ask(workbench: Workbench, node: Node) -> None:
    ways = ", ".join(label(flow) for flow in node.outgoing)
    proposals = [
        Proposal(value=ALL, because=Because.BY_THE_STANDARD),
        Proposal(value=ONE, because=Because.ONE_IS_MEANT),
    ]
    workbench.noticed.ask(QuestionKind.SPLIT, node, proposals, assumed=ALL, ways=ways)
    workbench.noticed.warning(
        "IMPLICIT_SPLIT", node, targets=", ".join(flow.name or flow.target.title for flow in node.outgoing)
    )


def _conditional(workbench: Workbench, node: Node, conditional: list[Flow]) -> None:
    """Each condition decides for itself; arrows without one are always taken.

    The default is taken where no other arrow is (BPMN 2.0, 8.4.13): beside one that always is, never. It stays where it
    is drawn all the same, for deals may stand behind it that other versions have brought there.
    """
    if len(node.outgoing) > 1:
        targets = ", ".join(flow.target.title for flow in conditional)
        workbench.noticed.warning("CONDITIONAL_FLOW", node, targets=targets)
    always = [flow for flow in node.outgoing if flow not in conditional and not flow.is_default]
    origin = node
    if always:
        origin = insert_after(workbench.sales_map, node, NodeType.PARALLEL, "split")
    default = next((flow for flow in node.outgoing if flow.is_default), None) or origin.default
    gateway = workbench.sales_map.add_node(node.scope, NodeType.INCLUSIVE, node, suffix="ways")
    for flow in (*conditional, *([default] if default is not None else [])):
        redirect_source(flow, gateway)
    workbench.sales_map.connect(origin, gateway)
    if default is not None and always:
        beside = ", ".join(flow.target.title for flow in always)
        workbench.noticed.warning("DEFAULT_NEVER_TAKEN", default, always=beside)
        default.condition_text, default = _NEVER, None
    gateway.default = default
    if default is None and (always or len(conditional) == 1):
        end = add_end(workbench.sales_map, gateway)
        gateway.default = end.incoming[0]
        if not always:
            workbench.noticed.warning("CONDITIONAL_FLOW_ENDS", node, target=conditional[0].target.title)
