"""Random maps as people could draw them, with everything that can stand beside, around and on top of work.

A map is a chain of blocks: steps, sub-processes, transactions, ad-hoc sub-processes, events, and splits with their
joins. Activities carry loops, events on their borders and steps that undo them; scopes carry event sub-processes.
"""

from __future__ import annotations

import random

from support.drawn_maps import element, flow, step
from support.element_drawings import DEFINITIONS

_BESIDE = (
    "messageEventDefinition",
    "signalEventDefinition",
    "timerEventDefinition",
    "conditionalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
)
_BETWEEN = ("signalEventDefinition", "timerEventDefinition", "messageEventDefinition", "conditionalEventDefinition")
_THROWN = ("signalEventDefinition", "escalationEventDefinition", "compensateEventDefinition")
_ENDS = ("errorEventDefinition", "terminateEventDefinition", *_THROWN)
_UNDONE = DEFINITIONS["compensateEventDefinition"]
_CANCELLED = DEFINITIONS["cancelEventDefinition"]
_REPEATED = (
    '<standardLoopCharacteristics loopMaximum="2"><loopCondition>deal.amount &gt; 5</loopCondition>'
    "</standardLoopCharacteristics>"
)

Block = tuple[str, str, str]  # the XML, the node that an arrow leads to, the node that one leaves


class DrawingAtRandom:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ids = 0

    def body(self, depth: int) -> str:
        return self._scope(depth)

    def _id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}{self._ids}"

    def _maybe(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _flow(self, source: str, target: str, condition: str = "") -> str:
        return flow(source, target, condition=condition, flow_id=self._id("f"))

    def _scope(self, depth: int, *, transaction: bool = False) -> str:
        start, end = self._id("s"), self._id("e")
        thrown = DEFINITIONS[self._chance.choice(_ENDS)] if self._maybe(0.4) else ""
        thrown = _CANCELLED if transaction and self._maybe(0.5) else thrown
        parts = [f'<startEvent id="{start}"/>', element("endEvent", end, "", thrown), self._chain(depth, start, end)]
        if depth:
            parts += [self._event_sub_process(depth) for _ in range(self._chance.choice((0, 0, 1, 1, 2)))]
        return "".join(parts)

    def _chain(self, depth: int, source: str, target: str) -> str:
        parts = []
        for _ in range(self._chance.randint(1, 3)):
            drawn, first, last = self._block(depth)
            parts += [drawn, self._flow(source, first)]
            source = last
        return "".join([*parts, self._flow(source, target)])

    def _event_sub_process(self, depth: int) -> str:
        start, end, name = self._id("hs"), self._id("he"), self._id("h")
        kind = self._chance.choice((*_BESIDE, "compensateEventDefinition"))
        thrown = DEFINITIONS[self._chance.choice(_ENDS)] if self._maybe(0.4) else ""
        interrupting = {} if self._maybe(0.5) else {"isInterrupting": "false"}
        inside = (
            element("startEvent", start, start, DEFINITIONS[kind], **interrupting)
            + element("endEvent", end, "", thrown)
            + self._chain(depth - 1, start, end)
        )
        return element("subProcess", name, name, inside, triggeredByEvent="true")

    def _block(self, depth: int) -> Block:
        kind = self._chance.random()
        if not depth or kind < 0.55:
            return self._activity(depth)
        if kind < 0.7:
            name = self._id("ev")
            tag, kinds = self._chance.choice(
                (("intermediateThrowEvent", _THROWN), ("intermediateCatchEvent", _BETWEEN))
            )
            return element(tag, name, name, DEFINITIONS[self._chance.choice(kinds)]), name, name
        return self._split(depth)

    def _split(self, depth: int) -> Block:
        split, join, ways = self._id("g"), self._id("g"), self._chance.randint(2, 3)
        kind = self._chance.choice(("parallelGateway", "inclusiveGateway", "complexGateway", "exclusiveGateway"))
        rule = f"<activationCondition>activationCount &gt;= {self._chance.randint(1, ways)}</activationCondition>"
        is_complex = kind == "complexGateway"
        decides = kind in ("inclusiveGateway", "exclusiveGateway")
        parts = [
            element("parallelGateway" if is_complex else kind, split),
            element(kind, join, "", rule if is_complex else ""),
        ]
        for way in range(ways):
            drawn, first, last = self._block(depth - 1)
            condition = f"deal.amount > {way * 5}" if decides else ""
            parts += [drawn, self._flow(split, first, condition), self._flow(last, join)]
        return "".join(parts), split, join

    def _activity(self, depth: int) -> Block:
        name = self._id("a")
        loop = self._loop() if self._maybe(0.3) else ""
        if depth and self._maybe(0.4):
            drawn = self._compound(depth, name, loop)
        else:
            drawn = element("userTask", name, name, loop)
        for _ in range(self._chance.choice((0, 0, 0, 1, 2))):
            cancels = {"cancelActivity": self._chance.choice(("true", "false"))}
            drawn += self._border(name, DEFINITIONS[self._chance.choice(_BESIDE)], **cancels)
        if self._maybe(0.3):
            event, undo = self._id("b"), self._id("u")
            drawn += element("boundaryEvent", event, "", _UNDONE, attachedToRef=name)
            drawn += element("userTask", undo, undo, isForCompensation="true")
            drawn += element("association", self._id("as"), sourceRef=event, targetRef=undo)
        return drawn, name, name

    def _loop(self) -> str:
        if self._maybe(0.3):
            return _REPEATED
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{self._chance.choice(("true", "false"))}">'
            f"<loopCardinality>{self._chance.randint(0, 3)}</loopCardinality>"
            "<completionCondition>nrOfCompletedInstances &gt;= 2</completionCondition>"
            "</multiInstanceLoopCharacteristics>"
        )

    def _compound(self, depth: int, name: str, loop: str) -> str:
        tag = self._chance.choice(("subProcess", "subProcess", "transaction", "adHocSubProcess"))
        if tag == "adHocSubProcess":
            ordering = self._chance.choice(("Sequential", "Parallel"))
            return element(tag, name, name, loop + step(self._id("x")) + step(self._id("x")), ordering=ordering)
        if tag == "transaction":
            inside = self._scope(depth - 1, transaction=True)
            return element(tag, name, name, inside) + self._border(name, _CANCELLED)
        return element(tag, name, name, loop + self._scope(depth - 1))

    def _border(self, host: str, definitions: str, **attributes: str) -> str:
        event, aside, end = self._id("b"), self._id("t"), self._id("e")
        return (
            element("boundaryEvent", event, event, definitions, attachedToRef=host, **attributes)
            + step(aside)
            + f'<endEvent id="{end}"/>'
            + self._flow(event, aside)
            + self._flow(aside, end)
        )
