"""A deal is asked for an approval once at a time.

People draw the way back for rework inside a parallel split: finance returns the deal, and the lawyer is still asked.
By the standard two tokens go on from there, the lawyer is asked twice at once, and the join takes the lawyer's answer
to the first text for one to the second. So a way back takes with it what is still open behind the place that it leads
to, as if all of that stood in a part of the map that the return ends by an error. Branches that meet before an approval
without a gateway wait for each other, unless the owner has said otherwise. Where an approval can still be asked for
twice at once, the map cannot be published; of a part that decides by itself what is approved in it, and may run twice
side by side, it is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from engine.bpmn.compiled import OutcomeCondition, OutcomeKind
from engine.bpmn.map_model import GATEWAYS, Flow, Node, NodeType, Process, Scope
from engine.bpmn.map_surgery import redirect_target
from engine.bpmn.questions import EACH
from engine.bpmn.repairs.approval_routes import approvals_in
from engine.bpmn.repairs.approvals_heard import Listeners, listeners_of
from engine.bpmn.repairs.arrows_together import ArrowsTogether
from engine.bpmn.repairs.branches_meeting import branches_may_meet
from engine.bpmn.repairs.dominators import DominatorTree
from engine.bpmn.repairs.merges import said_of_merge, wait_unless_said
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import is_join, leaving, taken_arrows


def ask_once(workbench: Workbench, process: Process) -> None:
    for scope in process.scope.scopes():
        asking = {node: approvals for node in scope.nodes if (approvals := approvals_in(node))}
        if not asking or not branches_may_meet(scope):
            continue
        listeners = listeners_of(workbench, process)
        judged = {node: approvals for node in asking if (approvals := _heard_beyond(node, asking[node], listeners))}
        together = _wait_where_branches_meet(workbench, scope, asking, judged, listeners)
        withdrawals = _withdraw_with_returns(workbench, scope, asking, together)
        if withdrawals:
            together = _with_open_places(withdrawals, scope)
            _say_what_is_taken_back(workbench, withdrawals, together)
        if not branches_may_meet(scope):
            continue
        for node in _asked_twice(judged, listeners, together):
            workbench.noticed.error("APPROVAL_ASKED_TWICE", node, steps=_names(asking[node]))
        for node in asking.keys() - judged.keys():
            if together.with_any(node.incoming) & together.mask(node.incoming) and said_of_merge(node) != EACH:
                workbench.noticed.warning("PART_RUNS_BESIDE_ITSELF", node, steps=_names(asking[node]))


def _names(approvals: Iterable[Node]) -> str:
    return ", ".join(one.title for one in approvals)


def _heard_beyond(node: Node, approvals: list[Node], listeners: Listeners) -> list[Node]:
    """Those of ``approvals`` that are decided on behind ``node``: what is decided in a part is each run's own."""
    if node in approvals:
        return approvals
    inside = set(node.inside.all_nodes()) if node.inside is not None else set()
    return [one for one in approvals if listeners.of(one, by_outcome=True) - inside]


def _until_decided(node: Node, approvals: Iterable[Node], listeners: Listeners) -> list[Flow]:
    """The arrows into ``node``, and those on its ways to what looks at the outcomes of ``approvals``."""
    ends = {
        place
        for approval in approvals
        for hearing in listeners.of(approval, by_outcome=True)
        for place in _standing_for(hearing, node.scope)
        if place is not node
    }
    before: dict[Node, list[Flow]] = {}
    waiting, seen = [node], {node}
    while waiting:
        current = waiting.pop()
        for flow in leaving(current):
            before.setdefault(flow.target, []).append(flow)
            if flow.target not in seen and flow.target not in ends:
                seen.add(flow.target)
                waiting.append(flow.target)
    flows: dict[Flow, None] = dict.fromkeys(node.incoming)
    back = [one for one in ends if one in before]
    came = set(back)
    while back:
        for flow in before.get(back.pop(), ()):
            flows[flow] = None
            source = flow.source.host or flow.source
            if source not in came and source is not node:
                came.add(source)
                back.append(source)
    return list(flows)


def _standing_for(place: Node, scope: Scope) -> Iterable[Node]:
    """What stands in ``scope`` for ``place``: itself, the part that holds it, or what ends where that is around it."""
    node = place
    while node.scope is not scope:
        if node.scope.owner is None:
            return [one for one in scope.nodes if one.type is NodeType.END]
        node = node.scope.owner
    return [node]


def _asked_twice(asking: Mapping[Node, list[Node]], listeners: Listeners, together: ArrowsTogether) -> list[Node]:
    """Those to which a token can come while another is there, or on its way to what looks at the answer."""
    return [
        node
        for node, approvals in asking.items()
        if together.with_any(node.incoming) & together.mask(_until_decided(node, approvals, listeners))
    ]


def _ways_of_returns(scope: Scope) -> set[Flow]:
    """The arrows that are taken only when an approval has returned or rejected the deal."""
    returned = {flow for flow in scope.flows() if _is_negative(flow)}
    reached: set[Node] = set()
    waiting = list(scope.entries)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += [flow.target for flow in leaving(node) if flow not in returned]
    return returned | {flow for flow in scope.flows() if (flow.source.host or flow.source) not in reached}


def _is_negative(flow: Flow) -> bool:
    condition = flow.condition
    return isinstance(condition, OutcomeCondition) and OutcomeKind.APPROVED not in condition.outcomes


def _wait_where_branches_meet(
    workbench: Workbench,
    scope: Scope,
    asking: Collection[Node],
    judged: Mapping[Node, list[Node]],
    listeners: Listeners,
) -> ArrowsTogether:
    """Let branches that meet before an approval wait for each other; what stands together then.

    Which do is seen while ways back take away what is open: two ways of a choice meet only in a token that a return
    has left behind, and are no branches. Where a return leads into a branch, tokens meet only because the branches
    have met before: those wait first.
    """
    together = ArrowsTogether(scope)
    for returning in (_ways_of_returns(scope), set[Flow]()):
        if together.are_unknown or not _asked_twice(judged, listeners, together):
            break
        withdrawals = _withdraw_with_returns(workbench, scope, asking, together)
        taken = _with_open_places(withdrawals, scope) if withdrawals else together
        twice = [] if taken.are_unknown else _asked_twice(judged, listeners, taken)
        waits = _wait_before_asking(workbench, scope, twice, taken, returning)
        for one in withdrawals:
            _take_out(workbench, one)
        if waits:
            together = ArrowsTogether(scope)
        elif not twice:
            break
    return together


def _wait_before_asking(
    workbench: Workbench, scope: Scope, twice: list[Node], together: ArrowsTogether, returning: Collection[Flow]
) -> bool:
    """Let branches that meet on their way to one of ``twice`` wait for each other; whether some do now.

    Ways back are no branches, nor those of ``returning``, and what only leads back to before them need not wait: it
    takes away what is open.
    """
    if not twice:
        return False
    found = False
    back = _ways_back(scope, DominatorTree(scope)) | set(returning)
    before = _leading_to(twice, without=back)
    for node in tuple(scope.nodes):
        if node not in before or is_join(node) or node.type is NodeType.END or node.like is not None:
            continue
        branches = [flow for flow in node.incoming if flow not in back]
        meet = any(together.with_any([one]) & together.mask(_but(one, branches)) for one in branches)
        if meet:
            found |= wait_unless_said(workbench, node)
    return found


def _ways_back(scope: Scope, tree: DominatorTree) -> set[Flow]:
    """The arrows to what every way to their beginning passes."""
    return {flow for flow in scope.flows() if tree.lead_through(flow.target, flow.source)}


def _but(flow: Flow, flows: list[Flow]) -> list[Flow]:
    return [one for one in flows if one is not flow]


def _withdraw_with_returns(
    workbench: Workbench, scope: Scope, asking: Collection[Node], together: ArrowsTogether
) -> list[Node]:
    """Let ways back to a place before one of ``asking`` take away what is open between; what does, one per place."""
    tree = DominatorTree(scope)
    back: dict[Node, list[Flow]] = {}
    ways_back = _ways_back(scope, tree)
    for flow in scope.flows():
        if flow in ways_back:
            back.setdefault(flow.target, []).append(flow)
    wanted = _leading_to([*filter(is_join, scope.nodes), *asking])
    before = _leading_to(asking, without=ways_back)
    found: list[tuple[list[Flow], list[Node]]] = []
    for place, flows in back.items():
        if place in before:
            taken = _that_matter(tree.behind(place), place, asking, wanted)
            open_there = together.mask([*taken_arrows(taken), *(() if is_join(place) else place.incoming)])
            found.append(([flow for flow in flows if together.with_any([flow]) & open_there], taken))
    withdrawals = [_put_withdrawal(workbench, flows, taken) for flows, taken in found if flows]
    by_place = {one.outgoing[0].target: one for one in withdrawals}
    for one in withdrawals:  # what is on its way back to a place between is open there as well
        one.withdraws += tuple(by_place[node] for node in one.withdraws if node in by_place)
    return withdrawals


def _with_open_places(withdrawals: list[Node], scope: Scope) -> ArrowsTogether:
    """Take away what is open at the place returned to, as by an alarm on its border; what stands together then."""
    together = ArrowsTogether(scope)
    found = False
    for one in withdrawals:
        place = one.outgoing[0].target
        if not is_join(place) and together.with_any(one.incoming) & together.mask(place.incoming):
            one.withdraws += (place,)
            found = True
    return ArrowsTogether(scope) if found else together


def _say_what_is_taken_back(workbench: Workbench, withdrawals: list[Node], together: ArrowsTogether) -> None:
    for one in withdrawals:
        waited_at = [node for node in one.withdraws if node.type not in GATEWAYS and not node.withdraws]
        there = [(together.mask(node.incoming), node) for node in waited_at]
        for flow in one.incoming:
            beside = together.with_any([flow])
            taken = [node for bits, node in there if bits & beside]
            names = dict.fromkeys(node.name for node in taken if node.name) or [node.title for node in taken]
            place = one.outgoing[0].target.title
            if names:
                workbench.noticed.warning("RETURN_TAKES_BACK", flow.source, place=place, steps=", ".join(names))


def _that_matter(inside: list[Node], place: Node, asking: Iterable[Node], wanted: set[Node]) -> list[Node]:
    """Those of ``inside`` that are ``wanted``, come back, or follow an approval; no branch beside.

    What waits behind an event gateway is one token with the others that wait there.
    """
    before: dict[Node, list[Node]] = {}
    after: dict[Node, list[Node]] = {}
    for node in (place, *inside):
        after[node] = [flow.target for flow in leaving(node)] if node is not place else []
        for flow in leaving(node):
            before.setdefault(flow.target, []).append(node)
    matter = wanted | _walked([place], before) | _walked(asking, after)
    races = (node for node in inside if node.type is NodeType.EVENT_BASED and node in matter)
    matter |= {flow.target for gateway in races for flow in gateway.outgoing}
    return [node for node in inside if node in matter]


def _leading_to(nodes: Iterable[Node], *, without: Collection[Flow] = ()) -> set[Node]:
    """``nodes`` and all from which a token can come to one of them, by no arrow of ``without``."""
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [flow.source for flow in node.incoming if flow not in without]
            if node.host is not None:
                waiting.append(node.host)
    return found


def _walked(begin: Iterable[Node], ways: Mapping[Node, list[Node]]) -> set[Node]:
    seen: set[Node] = set()
    waiting = list(begin)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += ways.get(node, ())
    return seen


def _put_withdrawal(workbench: Workbench, flows: list[Flow], taken: list[Node]) -> Node:
    """What stands on all of ``flows``. Of two returns at once the first counts, so it takes away its own as well."""
    place = flows[0].target
    withdrawal = workbench.sales_map.add_node(place.scope, NodeType.SCRIPT_TASK, place, suffix="withdraw")
    withdrawal.withdraws = (*taken, withdrawal)
    for flow in flows:
        redirect_target(flow, withdrawal)
    workbench.sales_map.connect(withdrawal, place)
    return withdrawal


def _take_out(workbench: Workbench, withdrawal: Node) -> None:
    """Let the returns lead to their place as they were drawn."""
    for flow in tuple(withdrawal.incoming):
        redirect_target(flow, withdrawal.outgoing[0].target)
    workbench.sales_map.take_out(withdrawal)
