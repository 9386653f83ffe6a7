"""Ad-hoc sub-processes: a person chooses what to begin next, as often as needed, until it is over (BPMN 2.0, 13.3.5).

A choice is offered again behind each step that was chosen, or at once where steps may run in parallel. Each choice is
one step without an arrow into it, with all that follows it. The sub-process is over when its completion condition
holds behind a step; without one that can be read, when the person says so.
"""

from __future__ import annotations

from engine.bpmn.compiled import ExpressionCondition, Outcome, OutcomeCondition, OutcomeKind, StepKind
from engine.bpmn.expressions import is_expression
from engine.bpmn.map_model import EventDefinition, EventKind, Node, NodeType, Scope
from engine.bpmn.map_properties import Property
from engine.bpmn.map_surgery import reachable, remove_node
from engine.bpmn.repairs.editing import add_end
from engine.bpmn.repairs.stand_ins import COMPLETED, plan_step
from engine.bpmn.repairs.workbench import Workbench


def offer_steps(workbench: Workbench, ad_hoc: Node) -> None:
    """Make ``ad_hoc`` an ordinary sub-process around the choice."""
    scope = ad_hoc.inside
    if scope is None:
        return
    ad_hoc.type = NodeType.SUB_PROCESS
    for start in scope.starts:
        remove_node(start)
    first = [node for node in scope.nodes if _can_be_chosen(node)]
    if not first:
        workbench.noticed.refuse("NO_ENTRY", ad_hoc)
        return
    parts = {node: reachable([node]) for node in first}
    for node in scope.nodes:
        belongs_to = [chosen for chosen in first if node in parts[chosen]]
        if len(belongs_to) > 1:
            workbench.noticed.refuse("AD_HOC_SHARED", node, step=node.title)
            return
    workbench.noticed.info("AD_HOC_CHOSEN", ad_hoc, steps=", ".join(node.title for node in first))
    over_when = ad_hoc.over_when if ad_hoc.over_when and is_expression(ad_hoc.over_when) else ""
    if ad_hoc.over_when and not over_when:
        workbench.noticed.warning("AD_HOC_ENDED_BY_PERSON", ad_hoc, text=ad_hoc.over_when)
    labels = [node.title for node in first]
    chosen = [_as_one(workbench, node, parts[node]) for node in first]
    choice = _Choice(workbench, ad_hoc, scope, over_when)
    choice.offer(chosen, labels)
    choice.belongs_to([ad_hoc, *first])


def _can_be_chosen(node: Node) -> bool:
    return (
        not node.incoming
        and node.type not in (NodeType.BOUNDARY, NodeType.END)
        and not node.triggered_by_event
        and node.undoes is None
    )


def _as_one(workbench: Workbench, node: Node, part: set[Node]) -> Node:
    """``node`` itself, or a sub-process around it and all that follows it."""
    if not node.outgoing and not node.boundaries:
        return node
    scope, sales_map = node.scope, workbench.sales_map
    around = sales_map.add_node(scope, NodeType.SUB_PROCESS, node, suffix="chosen")
    moved = [each for each in scope.nodes if each in part]
    around.inside = Scope(scope.process, owner=around, nodes=moved)
    scope.nodes = [each for each in scope.nodes if each not in part]
    for each in moved:
        each.scope = around.inside
    sales_map.connect(sales_map.add_node(around.inside, NodeType.START, node, suffix="begin"), node)
    for each in moved:
        if not each.outgoing and each.type is not NodeType.END and each.undoes is None:
            add_end(sales_map, each)
    return around


class _Choice:
    def __init__(self, workbench: Workbench, ad_hoc: Node, scope: Scope, over_when: str) -> None:
        self._map = workbench.sales_map
        self._ad_hoc = ad_hoc
        self._scope = scope
        self._over_when = over_when
        self._again = self._add(NodeType.EXCLUSIVE, "next")
        self._step = self._add(NodeType.USER_TASK, "choice")
        self._which = self._add(NodeType.EXCLUSIVE, "which")

    def offer(self, chosen: list[Node], labels: list[str]) -> None:
        begin = self._add(NodeType.START, "begin")
        for source, target in ((begin, self._again), (self._again, self._step), (self._step, self._which)):
            self._map.connect(source, target)
        plan = plan_step(self._step, StepKind.CHOICE, synthetic=True)
        plan.asks_again = True
        self._step.name = self._ad_hoc.name
        plan.outcomes = [self._way(node, name) for node, name in zip(chosen, labels, strict=True)]
        if not self._over_when:
            plan.outcomes.append(COMPLETED)
            self._decide(self._end(), OutcomeKind.COMPLETED)

    def belongs_to(self, nodes: list[Node]) -> None:
        """Who chooses, in which stage and by when: as the first of ``nodes`` says that says anything of it."""
        for what in (Property.RESPONSIBLE, Property.STAGE, Property.DEADLINE):
            said = (node.annotation.said.get(what) for node in nodes)
            found = next((each for each in said if each is not None and each.text), None)
            if found is not None:
                self._step.annotation.said[what] = found

    def _add(self, node_type: NodeType, suffix: str) -> Node:
        return self._map.add_node(self._scope, node_type, self._ad_hoc, suffix=suffix)

    def _way(self, node: Node, name: str) -> Outcome:
        """The button that begins ``node``, and what comes behind it."""
        target = node
        if not self._ad_hoc.ordered:
            target = self._map.add_node(self._scope, NodeType.PARALLEL, node, suffix="and_choice")
            self._map.connect(target, node)
            self._map.connect(target, self._again)
        behind = self._again if self._ad_hoc.ordered else self._add(NodeType.END, "part_end")
        if self._over_when:
            over = self._map.add_node(self._scope, NodeType.EXCLUSIVE, node, suffix="over")
            end = self._map.connect(over, self._over())
            end.condition_text = self._over_when
            end.condition = ExpressionCondition(text=self._over_when, open_is_no=True)
            over.default = self._map.connect(over, behind)
            behind = over
        self._map.connect(node, behind)
        return Outcome(id=self._decide(target), kind=OutcomeKind.WAY, label=name)

    def _decide(self, target: Node, outcome: str = "") -> str:
        flow = self._map.connect(self._which, target)
        flow.condition = OutcomeCondition(steps=(self._step.id,), outcomes=(outcome or flow.id,))
        return flow.id

    def _over(self) -> Node:
        """What comes behind a part once the condition holds: nothing more can be begun."""
        end = self._end()
        if self._ad_hoc.ordered or self._ad_hoc.cancels_remaining:
            return end
        withdrawal = self._add(NodeType.SCRIPT_TASK, "no_more")
        withdrawal.withdraws = (self._step,)
        self._map.connect(withdrawal, end)
        return withdrawal

    def _end(self) -> Node:
        """Where it is over: what still runs is withdrawn, or runs to its own end."""
        end = self._add(NodeType.END, "over_end")
        if self._ad_hoc.cancels_remaining and not self._ad_hoc.ordered:
            end.events = [EventDefinition(EventKind.TERMINATE)]
        return end
