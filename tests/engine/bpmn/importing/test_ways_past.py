"""Whether a way goes past some nodes, as it is worked out for all of them at once, against its plain definition."""

from __future__ import annotations

import random

import pytest

from engine.bpmn.map_model import Node, NodeType, Process, SalesMap
from engine.bpmn.repairs.earlier_rounds import WaysOn

_TYPES = (NodeType.USER_TASK, NodeType.EXCLUSIVE, NodeType.PARALLEL, NodeType.INCLUSIVE)


def following(node: Node) -> list[Node]:
    return [*(flow.target for flow in node.outgoing), *node.boundaries]


def reached(begin: Node, end: Node | None, within: set[Node] | None = None) -> set[Node]:
    seen: set[Node] = set()
    waiting = [begin]
    while waiting:
        node = waiting.pop()
        if node not in seen and (within is None or node in within):
            seen.add(node)
            waiting += following(node) if node is not end else []
    return seen


def comes_past(begin: Node, end: Node | None, past: frozenset[Node]) -> bool:
    """All tokens of ``begin`` may come to an end, one of them to ``end``, and none of them to ``past``."""
    nodes = reached(begin, end) - past
    free = {node for node in nodes if node is end or node.type is NodeType.END}
    grows = True
    while grows:
        grows = False
        for node in nodes - free:
            enough = all if node.type is NodeType.PARALLEL else any
            if enough(one in free for one in following(node)):
                free.add(node)
                grows = True
    return begin in free and (end is None or end in reached(begin, end, free))


def drawn(chance: random.Random) -> list[Node]:
    """Tasks with alarms, and gateways, that mostly lead on and sometimes back, into splits and out of them."""
    sales_map, process = SalesMap(), Process("p", "p", "", None, "")
    nodes: list[Node] = []

    def draw(kind: NodeType) -> Node:
        name = sales_map.new_id("n")
        nodes.append(Node(name, name, kind, "", None, process.scope))
        return nodes[-1]

    for _ in range(chance.randint(3, 14)):
        draw(chance.choice(_TYPES))
    inner = list(nodes)
    for _ in range(chance.randint(1, 3)):
        draw(NodeType.END)
    everywhere = list(nodes)
    for place, node in enumerate(inner):
        for _ in range(chance.randint(1, 3)):
            ahead = everywhere[min(len(everywhere) - 1, place + chance.randint(1, 3))]
            sales_map.connect(node, chance.choice(everywhere) if chance.random() < 1 / 3 else ahead)
        if node.type is NodeType.USER_TASK and chance.random() < 1 / 4:
            alarm = draw(NodeType.BOUNDARY)
            alarm.host = node
            node.boundaries.append(alarm)
            sales_map.connect(alarm, chance.choice(everywhere))
    return nodes


@pytest.mark.parametrize("seed", range(20))
def test_ways_past_nodes_are_found_as_they_are_defined(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # drawings, no secrets
    found = {True: 0, False: 0}
    for _ in range(20):
        nodes = drawn(chance)
        begin, end = chance.choice(nodes[:3]), chance.choice([None, *nodes])
        ways = WaysOn(begin, end)
        asked = [frozenset({node}) for node in nodes]
        asked += [frozenset(chance.sample(nodes, chance.randint(0, 4))) for _ in range(10) if len(nodes) > 4]
        chance.shuffle(asked)
        for past in asked:
            answer = comes_past(begin, end, past)
            found[answer] += 1
            assert ways.lead_past(past) is answer, (begin.id, end and end.id, [node.id for node in past])
    assert min(found.values()) > 20
