"""Patterns that a new map begins with: a few steps with their arrows, drawn, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

from engine.errors import N_
from webui.i18n import _

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9_.-]+")
# The drawing program reads only Latin letters in an id; these are the official ones for a Ukrainian name.
_LATIN = str.maketrans(
    dict(zip("абвгґдезиійклмнопрстуфь", (*"abvhgdezyiiklmnoprstuf", ""), strict=True))
    | {"є": "ie", "ж": "zh", "ї": "i", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia"}
)
_LONGEST_KEY = 60
_SIZES = {"userTask": (100, 80), "startEvent": (36, 36), "endEvent": (36, 36)}
_GATEWAY = (50, 50)
_COLUMN, _ROW = 160, 130
_LEFT, _TOP = 180, 120
_LETTER, _LINE = 6.5, 14
"""What a letter and a line of an arrow's words take, at most, at the size in which drawing programs write them."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """``name`` and ``purpose`` are marked for translation."""

    key: str
    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class _Node:
    """An element at a column and a row of the drawing. ``said`` are its properties, marked for translation."""

    id: str
    type: str
    name: str
    column: float
    row: float = 0
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        return _SIZES.get(self.type, _GATEWAY)

    @property
    def middle(self) -> tuple[float, float]:
        return _LEFT + self.column * _COLUMN, _TOP + self.row * _ROW


@dataclass(frozen=True, slots=True)
class _Arrow:
    """``way`` bends an arrow that leads back: the row that it runs along."""

    source: str
    target: str
    name: str = ""
    way: float | None = None


@dataclass(frozen=True, slots=True)
class _Drawn:
    nodes: tuple[_Node, ...]
    arrows: tuple[_Arrow, ...]


def _step(
    node_id: str,
    name: str,
    column: float,
    stage: str,
    *,
    deadline: str,
    row: float = 0,
    by: str = "",
    approval: str = "",
) -> _Node:
    said = {"stage": stage, "deadline": deadline, "responsible": by, "approval": approval}
    return _Node(node_id, "userTask", name, column, row, {key: value for key, value in said.items() if value})


_OWNER = "=owner"
_START = _Node("start", "startEvent", N_("A request came in"), 0)

_DRAWN: Mapping[str, _Drawn] = {
    "empty": _Drawn(
        nodes=(
            _Node("start", "startEvent", "", 0),
            _Node("first_step", "userTask", N_("First step"), 1),
            _Node("end", "endEvent", "", 2),
        ),
        arrows=(_Arrow("start", "first_step"), _Arrow("first_step", "end")),
    ),
    "simple-sale": _Drawn(
        nodes=(
            _START,
            _step(
                "qualify", N_("Qualify the client"), 1, N_("Qualification"), deadline=N_("1 business day"), by=_OWNER
            ),
            _step("offer", N_("Prepare the offer"), 2, N_("Offer"), deadline=N_("2 business days"), by=_OWNER),
            _step("agree", N_("Agree with the client"), 3, N_("Offer"), deadline=N_("3 business days"), by=_OWNER),
            _Node("agreed", "exclusiveGateway", N_("Does the client agree?"), 4),
            _step("sign", N_("Sign the contract"), 5, N_("Contract"), deadline=N_("2 business days"), by=_OWNER),
            _Node("won", "endEvent", N_("Won"), 6, said={"result": "won"}),
            _Node("lost", "endEvent", N_("Lost"), 5, 1, said={"result": "lost"}),
        ),
        arrows=(
            _Arrow("start", "qualify"),
            _Arrow("qualify", "offer"),
            _Arrow("offer", "agree"),
            _Arrow("agree", "agreed"),
            _Arrow("agreed", "sign", N_("Yes")),
            _Arrow("agreed", "lost", N_("No")),
            _Arrow("sign", "won"),
        ),
    ),
    "approval": _Drawn(
        nodes=(
            _START,
            _step("prepare", N_("Prepare the offer"), 1, N_("Offer"), deadline=N_("2 business days"), by=_OWNER),
            _step("approve", N_("Approve the offer"), 2, N_("Approval"), deadline=N_("1 business day"), approval="any"),
            _Node("decided", "exclusiveGateway", N_("What was decided?"), 3),
            _step("send", N_("Send the offer"), 4, N_("Contract"), deadline=N_("1 business day"), by=_OWNER),
            _Node("won", "endEvent", N_("Won"), 5, said={"result": "won"}),
            _Node("lost", "endEvent", N_("Lost"), 4, 1, said={"result": "lost"}),
        ),
        arrows=(
            _Arrow("start", "prepare"),
            _Arrow("prepare", "approve"),
            _Arrow("approve", "decided"),
            _Arrow("decided", "send", N_("Approved")),
            _Arrow("decided", "prepare", N_("Rework"), way=-0.75),
            _Arrow("decided", "lost", N_("Rejected")),
            _Arrow("send", "won"),
        ),
    ),
    "tender": _Drawn(
        nodes=(
            _Node("start", "startEvent", N_("A tender was announced"), 0),
            _step("study", N_("Study the documents"), 1, N_("Preparation"), deadline=N_("2 business days"), by=_OWNER),
            _Node("take_part", "exclusiveGateway", N_("Do we take part?"), 2),
            _Node("ask", "parallelGateway", "", 3),
            _step("price", N_("Calculate the price"), 4, N_("Preparation"), deadline=N_("3 business days"), row=-0.5),
            _step("papers", N_("Collect the papers"), 4, N_("Preparation"), deadline=N_("3 business days"), row=0.5),
            _Node("ready", "parallelGateway", "", 5),
            _step("submit", N_("Submit the bid"), 6, N_("Bid"), deadline=N_("1 business day"), by=_OWNER),
            _step("result", N_("Learn the result"), 7, N_("Result"), deadline=N_("10 business days"), by=_OWNER),
            _Node("winner", "exclusiveGateway", N_("Did we win?"), 8),
            _Node("won", "endEvent", N_("Won"), 9, said={"result": "won"}),
            _Node("lost", "endEvent", N_("Lost"), 9, 1, said={"result": "lost"}),
            _Node("left", "endEvent", N_("We do not take part"), 3, 1, said={"result": "lost"}),
        ),
        arrows=(
            _Arrow("start", "study"),
            _Arrow("study", "take_part"),
            _Arrow("take_part", "ask", N_("Yes")),
            _Arrow("take_part", "left", N_("No")),
            _Arrow("ask", "price"),
            _Arrow("ask", "papers"),
            _Arrow("price", "ready"),
            _Arrow("papers", "ready"),
            _Arrow("ready", "submit"),
            _Arrow("submit", "result"),
            _Arrow("result", "winner"),
            _Arrow("winner", "won", N_("Yes")),
            _Arrow("winner", "lost", N_("No")),
        ),
    ),
}


def patterns() -> tuple[Pattern, ...]:
    """All patterns, the plainest first."""
    return (
        Pattern("empty", N_("Empty map"), N_("A start, one step and an end: draw the rest yourself.")),
        Pattern("simple-sale", N_("Simple sale"), N_("From a request to a signed contract, won or lost.")),
        Pattern("approval", N_("Approval with rework"), N_("An offer is approved, sent back for rework, or rejected.")),
        Pattern("tender", N_("Tender"), N_("Whether to take part, price and papers, the bid, the result.")),
    )


def free_key(name: str, taken: Iterable[str]) -> str:
    """A key for a map of that name that no other map has."""
    wanted = _NOT_IN_A_KEY.sub("-", name.casefold().translate(_LATIN)).strip("-.")[:_LONGEST_KEY] or "map"
    if not (wanted[0].isalpha() or wanted[0] == "_"):
        wanted = f"map-{wanted}"
    used = {one.casefold() for one in taken}
    numbered = (f"{wanted}-{number}" for number in range(2, len(used) + 3))
    return wanted if wanted not in used else next(one for one in numbered if one not in used)


def drawn_pattern(pattern: str, key: str, name: str) -> bytes:
    """The pattern as a BPMN file whose process is ``key``. Raises KeyError for an unknown pattern."""
    drawn = _DRAWN[pattern]
    ids = {node.id: node for node in drawn.nodes}
    flows = [(f"flow_{number}", arrow) for number, arrow in enumerate(drawn.arrows, 1)]
    elements = "".join(_element(node, flows) for node in drawn.nodes) + "".join(_flow(*flow) for flow in flows)
    shapes = "".join(_shape(node) for node in drawn.nodes)
    edges = "".join(_edge(flow_id, arrow, ids) for flow_id, arrow in flows)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" \
xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" \
xmlns:reglament="https://reglament.app/schema/bpmn/1.0" id="definitions" \
targetNamespace="https://reglament.app/processes">
  <bpmn:process id="{escape(key)}" name="{escape(name)}" isExecutable="true">
{elements}  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="{escape(key)}">
{shapes}{edges}    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
""".encode()


def _named(name: str) -> str:
    return f' name="{escape(_(name))}"' if name else ""


def _element(node: _Node, flows: list[tuple[str, _Arrow]]) -> str:
    ends = "".join(f"<bpmn:incoming>{flow_id}</bpmn:incoming>" for flow_id, arrow in flows if arrow.target == node.id)
    ends += "".join(f"<bpmn:outgoing>{flow_id}</bpmn:outgoing>" for flow_id, arrow in flows if arrow.source == node.id)
    bags = ""
    if node.said:
        bags = "".join(_bag(prefix, node.said) for prefix in ("reglament", "camunda"))
        bags = f"<bpmn:extensionElements>{bags}</bpmn:extensionElements>"
    return f'    <bpmn:{node.type} id="{node.id}"{_named(node.name)}>{bags}{ends}</bpmn:{node.type}>\n'


def _bag(prefix: str, said: Mapping[str, str]) -> str:
    pairs = "".join(
        f'<{prefix}:property name="{key}" value="{escape(_(value) if key in ("stage", "deadline") else value)}"/>'
        for key, value in said.items()
    )
    return f"<{prefix}:properties>{pairs}</{prefix}:properties>"


def _flow(flow_id: str, arrow: _Arrow) -> str:
    ends = f'sourceRef="{arrow.source}" targetRef="{arrow.target}"'
    return f'    <bpmn:sequenceFlow id="{flow_id}"{_named(arrow.name)} {ends}/>\n'


def _shape(node: _Node) -> str:
    (x, y), (width, height) = node.middle, node.size
    marker = ' isMarkerVisible="true"' if node.type == "exclusiveGateway" else ""
    bounds = f'<dc:Bounds x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" height="{height}"/>'
    label = ""
    if node.size == _GATEWAY and node.name:  # above on the left, where no arrow runs
        bounds_of_label = f'<dc:Bounds x="{x - 100:g}" y="{y - 56:g}" width="90" height="27"/>'
        label = f"<bpmndi:BPMNLabel>{bounds_of_label}</bpmndi:BPMNLabel>"
    shown = f'id="{node.id}_di" bpmnElement="{node.id}"{marker}'
    return f"      <bpmndi:BPMNShape {shown}>{bounds}{label}</bpmndi:BPMNShape>\n"


def _edge(flow_id: str, arrow: _Arrow, ids: Mapping[str, _Node]) -> str:
    points = _points(arrow, ids[arrow.source], ids[arrow.target])
    drawn = "".join(f'<di:waypoint x="{x:g}" y="{y:g}"/>' for x, y in points)
    if arrow.name:
        first = 0 if arrow.way is None else 1  # what leads back runs up before it runs along
        bounds = _beside(points[first], points[first + 1], len(_(arrow.name)) * _LETTER + 8)
        drawn += f"<bpmndi:BPMNLabel>{bounds}</bpmndi:BPMNLabel>"
    return f'      <bpmndi:BPMNEdge id="{flow_id}_di" bpmnElement="{flow_id}">{drawn}</bpmndi:BPMNEdge>\n'


def _beside(start: tuple[float, float], end: tuple[float, float], width: float) -> str:
    """Where words of that width stand: above a line that runs sideways, right of one that runs up or down."""
    (x, y), (to_x, to_y) = start, end
    left, top = ((x + to_x - width) / 2, y - _LINE - 4) if y == to_y else (x + 6, (y + to_y - _LINE) / 2)
    return f'<dc:Bounds x="{left:g}" y="{top:g}" width="{width:g}" height="{_LINE}"/>'


def _points(arrow: _Arrow, source: _Node, target: _Node) -> list[tuple[float, float]]:
    """From side to side; from and to a gateway over its corner; back along ``arrow.way``."""
    (x, y), (to_x, to_y) = source.middle, target.middle
    half, to_half = source.size[0] / 2, target.size[0] / 2
    if arrow.way is not None:
        along = _TOP + arrow.way * _ROW
        return [(x, y - source.size[1] / 2), (x, along), (to_x, along), (to_x, to_y - target.size[1] / 2)]
    if y == to_y:
        return [(x + half, y), (to_x - to_half, to_y)]
    down = 1 if to_y > y else -1
    if target.size == _GATEWAY:
        return [(x + half, y), (to_x, y), (to_x, to_y - down * target.size[1] / 2)]
    return [(x, y + down * source.size[1] / 2), (x, to_y), (to_x - to_half, to_y)]
