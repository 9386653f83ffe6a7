"""The sales process that both engines execute: five lanes, eight steps, five timers, three approvals, a sub-process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

DEPARTMENTS = ("legal", "finance", "security")
STEPS = ("qualify", "prepare", *DEPARTMENTS, "draft", "sign", "handover")
KEY = "sales"
_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)
_ASKS_FOR_REWORK = (
    '<extensionElements><camunda:formData><camunda:formField id="rework" label="Rework" type="boolean"/>'
    "</camunda:formData></extensionElements>"
)

Path = Iterator[tuple[str, Mapping[str, Any]]]


def sale_xml(*, for_python: bool) -> str:
    """``for_python`` writes durations as the stock engine evaluates them: as Python text with quotes."""
    numbers = count()

    def flow(source: str, target: str, condition: str = "", flow_id: str = "") -> str:
        inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' * bool(condition)
        name = flow_id or f"f{next(numbers)}"
        return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'

    def step(name: str) -> str:
        form = _ASKS_FOR_REWORK if name == DEPARTMENTS[-1] else ""
        return f'<userTask id="{name}" name="{name.title()}">{form}</userTask>'

    def reminded(name: str, days: int) -> str:
        """A step with a timer beside it that notes that it was late."""
        duration = f'"P{days}D"' if for_python else f"P{days}D"
        timer = f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition>"
        late = f'<boundaryEvent id="t_{name}" attachedToRef="{name}" cancelActivity="false">{timer}</boundaryEvent>'
        note = f'<scriptTask id="late_{name}"><script>was_late_{name} = True</script></scriptTask>'
        ways = flow(f"t_{name}", f"late_{name}") + flow(f"late_{name}", f"end_{name}")
        return step(name) + late + note + f'<endEvent id="end_{name}"/>' + ways

    def lane(name: str, *nodes: str) -> str:
        references = "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)
        return f'<lane id="lane_{name}" name="{name}">{references}</lane>'

    reviews = reminded("legal", 1) + reminded("finance", 1) + step("security")
    branches = "".join(flow("split", one) + flow(one, "join") for one in DEPARTMENTS)
    contract = (
        '<subProcess id="contract" name="Contract"><startEvent id="c_start"/><endEvent id="c_end"/>'
        f"{reminded('draft', 5)}{step('sign')}"
        f"{flow('c_start', 'draft')}{flow('draft', 'sign')}{flow('sign', 'c_end')}</subProcess>"
    )
    gateways = (
        '<exclusiveGateway id="by_amount" default="small"/><exclusiveGateway id="merge"/><parallelGateway id="split"/>'
        '<parallelGateway id="join"/><exclusiveGateway id="decide" default="fine"/>'
    )
    ways = (
        flow("start", "qualify") + flow("qualify", "prepare") + flow("prepare", "by_amount")
        + flow("by_amount", "split", "amount &gt; 1000") + flow("by_amount", "merge", flow_id="small")
        + flow("join", "decide") + flow("decide", "prepare", "rework == True") + flow("decide", "merge", flow_id="fine")
        + flow("merge", "contract") + flow("contract", "handover") + flow("handover", "end")
    )  # fmt: skip
    lanes = lane("Sales", "qualify", "prepare", "contract", "handover") + "".join(lane(one, one) for one in DEPARTMENTS)
    return (
        f'{_HEAD}<process id="{KEY}" name="Sale" isExecutable="true"><laneSet id="lanes">{lanes}</laneSet>'
        f'<startEvent id="start"/><endEvent id="end"/>{reminded("qualify", 2)}{reminded("prepare", 3)}{gateways}'
        f"{reviews}{branches}{contract}{step('handover')}{ways}</process></definitions>"
    )


def variables(size: int = 1024) -> dict[str, Any]:
    """``size`` bytes of a deal's data, as JSON counts them."""
    items: list[dict[str, Any]] = []
    data = {"amount": 5000, "rework": False, "currency": "EUR", "offer": {"customer": "ACME", "items": items}}
    while len(json.dumps(data)) < size:
        items.append({"sku": f"SKU-{len(items):05d}", "quantity": 7, "price": 12345, "note": "lorem ipsum dolor sit"})
    return data


def path(rounds: int = 0) -> Path:
    """Every step of one deal with what is typed in it, sent back ``rounds`` times."""
    yield "qualify", {"qualified": True}
    for number in range(rounds + 1):
        yield "prepare", {"offer_number": number, "rework": False}
        for department in DEPARTMENTS:
            decision = {"rework": number < rounds} if department == DEPARTMENTS[-1] else {}
            yield department, {f"{department}_agrees": True, **decision}
    yield "draft", {"contract": "c1"}
    yield "sign", {"signed": True}
    yield "handover", {"done": True}
