"""Diagrams drawn to hang or fill the engine, without a hostile word in them: each is small and most are valid BPMN."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

_HEAD = (
    '<?xml version="1.0"?><b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">'
)
_numbers = count()


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<b:conditionExpression>{condition}</b:conditionExpression>" if condition else ""
    return f'<b:sequenceFlow id="f{next(_numbers)}" sourceRef="{source}" targetRef="{target}">{inner}</b:sequenceFlow>'


def drawn(body: str) -> bytes:
    return f'{_HEAD}<b:process id="bomb" isExecutable="true">{body}</b:process></b:definitions>'.encode()


def around(activity: str, activity_id: str = "t") -> bytes:
    """start → the activity → end."""
    ends = '<b:startEvent id="s"/><b:endEvent id="e"/>'
    return drawn(ends + activity + flow("s", activity_id) + flow(activity_id, "e"))


def step(inner: str) -> str:
    return f'<b:userTask id="t" name="Крок">{inner}</b:userTask>'


def cardinality(expression: str) -> bytes:
    loop = f"<b:loopCardinality>{expression}</b:loopCardinality>"
    return around(step(f"<b:multiInstanceLoopCharacteristics>{loop}</b:multiInstanceLoopCharacteristics>"))


def timer(kind: str, text: str) -> bytes:
    definition = f"<b:timerEventDefinition><b:{kind}>{text}</b:{kind}></b:timerEventDefinition>"
    boundary = f'<b:boundaryEvent id="b" attachedToRef="t" cancelActivity="false">{definition}</b:boundaryEvent>'
    return around(step("") + boundary + '<b:endEvent id="late"/>' + flow("b", "late"))


def doubled_tokens(times: int) -> bytes:
    """Each pair of gateways doubles the tokens: a split, and a merge that waits for nobody."""
    body, last = '<b:startEvent id="s"/><b:endEvent id="e"/>', "s"
    for one in range(times):
        body += f'<b:parallelGateway id="p{one}"/><b:exclusiveGateway id="x{one}"/>'
        body += flow(last, f"p{one}") + flow(f"p{one}", f"x{one}") * 2
        last = f"x{one}"
    return drawn(body + step("") + flow(last, "t") + flow("t", "e"))


def nested(depth: int) -> bytes:
    body = '<b:startEvent id="si"/><b:endEvent id="ei"/>' + flow("si", "ei")
    for one in range(depth):
        inside = f'<b:subProcess id="p{one}">{body}</b:subProcess>'
        body = f'<b:startEvent id="s{one}"/><b:endEvent id="e{one}"/>{inside}'
        body += flow(f"s{one}", f"p{one}") + flow(f"p{one}", f"e{one}")
    return drawn(body)


def chain(length: int) -> bytes:
    names = [f"t{one}" for one in range(length)]
    body = "".join(f'<b:userTask id="{name}" name="{name}"/>' for name in names)
    links = zip(["s", *names], [*names, "e"], strict=True)
    return drawn('<b:startEvent id="s"/><b:endEvent id="e"/>' + body + "".join(flow(*link) for link in links))


def fan(width: int) -> bytes:
    body = '<b:startEvent id="s"/><b:parallelGateway id="g"/><b:endEvent id="e"/>' + flow("s", "g")
    for one in range(width):
        body += f'<b:userTask id="t{one}" name="t{one}"/>' + flow("g", f"t{one}") + flow(f"t{one}", "e")
    return drawn(body)


def decision(condition: str) -> bytes:
    """After one step, a gateway that evaluates ``condition``."""
    body = '<b:startEvent id="s"/><b:endEvent id="e"/><b:endEvent id="o"/><b:exclusiveGateway id="g" default="d"/>'
    body += step("") + flow("s", "t") + flow("t", "g") + flow("g", "o", condition)
    return drawn(body + '<b:sequenceFlow id="d" sourceRef="g" targetRef="e"/>')


def endless_loop() -> bytes:
    """Gateways that lead to one another for ever, without anybody to wait for."""
    body = '<b:startEvent id="s"/><b:endEvent id="e"/><b:exclusiveGateway id="g" default="d"/>'
    body += '<b:scriptTask id="t"><b:script>x = 1</b:script></b:scriptTask>'
    body += flow("s", "g") + '<b:sequenceFlow id="d" sourceRef="g" targetRef="t"/>'
    return drawn(body + flow("t", "g") + flow("g", "e", "x > 2"))


def dangling_data_object() -> bytes:
    """Less than a kilobyte. SpiffWorkflow's own parser looks for the data object for ever."""
    inner = (
        '<b:dataObjectReference id="A" dataObjectRef="NOPE"/><b:startEvent id="s"/><b:endEvent id="e"/>'
        '<b:manualTask id="t"><b:dataOutputAssociation id="q"><b:targetRef>A</b:targetRef></b:dataOutputAssociation>'
        "</b:manualTask>"
    )
    inside = f'<b:subProcess id="p">{inner}{flow("s", "t")}{flow("t", "e")}</b:subProcess>'
    return drawn(f'<b:startEvent id="S"/><b:endEvent id="E"/>{inside}{flow("S", "p")}{flow("p", "E")}')


def laughing_entities() -> bytes:
    entities = "".join(f'<!ENTITY a{one + 1} "{f"&a{one};" * 10}">' for one in range(12))
    doctype = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "ha">{entities}]>'
    return doctype.encode() + around('<b:userTask id="t" name="&a12;"/>').split(b"?>", 1)[1]


def bombs() -> Iterator[tuple[str, bytes]]:
    yield "a step for each of a thousand million", cardinality("1000000000")
    yield "as many, computed", cardinality("= 10 ** 9")
    yield "a timer every zero seconds", timer("timeCycle", "R/PT0S")
    yield "a timer in a million years", timer("timeDuration", "P1000000Y")
    yield "a map that calls itself", around('<b:callActivity id="t" name="Сама себе" calledElement="bomb"/>')
    yield "two to the power of sixteen tokens", doubled_tokens(16)
    yield "sub-processes 300 deep", nested(300)
    yield "sub-processes 40 deep", nested(40)
    yield "a loop without anybody", endless_loop()
    yield "a data object that is nowhere", dangling_data_object()
    yield "an entity that laughs", laughing_entities()
    yield "5,000 steps in a row", chain(5_000)
    yield "2,500 steps at once", fan(2_500)
    yield "a condition of 100,000 letters", decision("= " + "1 + " * 25_000 + "1 > 0")
    yield "a condition 1,000 brackets deep", decision("= " + "(" * 1_000 + "1" + ")" * 1_000 + " > 0")
    yield "a power of a power", decision("= 9 ** 9 ** 9 ** 9 > 0")
    yield "a list of a thousand million", decision("= count(for i in 1..1000000000 return i) > 0")
