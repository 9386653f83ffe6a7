"""A next version of a map: random edits of the executed form, as an owner would make them in a drawing tool."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Container
from typing import Any

from lxml import etree
from support.canonical_maps import DECISIONS, after

from engine.bpmn.compiled import CompiledProcess, StepDefinition, StepKind

_MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


class MapEdit:
    """Edits one map. Each edit draws by chance where it happens, and is left out where it has no place.

    The steps in ``answering`` stay what they are: gateways read what they say.
    """

    def __init__(self, process: CompiledProcess, answering: Container[str], chance: random.Random) -> None:
        self.process, self.answering, self.chance = process, answering, chance
        self.root: Any = etree.fromstring(process.executable)
        self.steps = dict(process.steps)
        self.timers = dict(process.timers)
        self.elements = dict(process.elements)
        self.made = 0
        self.done: list[str] = []

    def make(self, count: int) -> CompiledProcess:
        edits: list[Callable[[], bool]] = [
            self.rename_step,
            self.delete_step,
            self.add_step,
            self.change_timer,
            self.wrap_step,
            self.add_branch,
            self.remove_branch,
            self.change_split,
            self.add_alarm,
            self.remove_alarm,
        ]
        for edit in self.chance.choices(edits, k=count):
            if edit():
                self.done.append(edit.__name__)
        executable = etree.tostring(self.root, encoding="unicode")
        tables = {"steps": self.steps, "timers": self.timers, "elements": self.elements, "executable": executable}
        digest = hashlib.sha256(repr(sorted(tables.items())).encode()).hexdigest()
        return self.process.model_copy(update={**tables, "content_hash": digest})

    # edits -------------------------------------------------------------------------------------------------------
    def rename_step(self) -> bool:
        """The step gets another id: for the engine it is another step."""
        step = self._plain_step(silent=True)
        if step is None:
            return False
        old, new = step.get("id"), self._new("step")
        step.set("id", new)
        for flow in self._flows():
            for end in ("sourceRef", "targetRef"):
                if flow.get(end) == old:
                    flow.set(end, new)
        self._define(new)
        del self.steps[old]
        return True

    def delete_step(self) -> bool:
        step = self._plain_step(silent=True, sequence=True)
        if step is None:
            return False
        self._bypass(step)
        return True

    def add_step(self) -> bool:
        flow = self.chance.choice([one for one in self._flows() if not self._after_race(one)])
        step = self._step(flow.getparent())
        target = flow.get("targetRef")
        flow.set("targetRef", step)
        self._flow(flow.getparent(), step, target)
        return True

    def change_timer(self) -> bool:
        plain = sorted(one for one, rule in self.timers.items() if rule.repetitions is None and rule.kind == "duration")
        if not plain:
            return False
        self.timers[self.chance.choice(plain)] = after(days=self.chance.randint(10, 20))
        return True

    def wrap_step(self) -> bool:
        step = self._plain_step()
        if step is None:
            return False
        scope, inner = step.getparent(), step.get("id")
        around = self._element(scope, "subProcess", "around")
        for flow in self._flows():
            for end in ("sourceRef", "targetRef"):
                if flow.get(end) == inner:
                    flow.set(end, around.get("id"))
        around.append(step)
        start, end = self._element(around, "startEvent", "in"), self._element(around, "endEvent", "out")
        self._flow(around, start.get("id"), inner)
        self._flow(around, inner, end.get("id"))
        return True

    def add_branch(self) -> bool:
        pair = self._pair("parallelGateway", "inclusiveGateway")
        if pair is None:
            return False
        split, join = pair
        step = self._step(split.getparent())
        self._flow(split.getparent(), split.get("id"), step)
        self._flow(split.getparent(), step, join.get("id"))
        return True

    def remove_branch(self) -> bool:
        pair = self._pair("parallelGateway")
        if pair is None:
            return False
        split, join = (one.get("id") for one in pair)
        branches = [
            step
            for step in self._steps()
            if self._sources(step) == [split] and self._targets(step) == [join] and not self._alarms(step.get("id"))
        ]
        if not branches or len(self._leaving(split)) <= 2:  # a split has two ways
            return False
        step = self.chance.choice(branches)
        for flow in [one for one in self._flows() if step.get("id") in (one.get("sourceRef"), one.get("targetRef"))]:
            flow.getparent().remove(flow)
        step.getparent().remove(step)
        del self.steps[step.get("id")]
        return True

    def change_split(self) -> bool:
        """All branches, or those whose conditions hold."""
        pair = self._pair("parallelGateway", "inclusiveGateway")
        if pair is None:
            return False
        kind = "inclusiveGateway" if pair[0].tag.endswith("parallelGateway") else "parallelGateway"
        for gateway in pair:
            gateway.tag = _MODEL + kind
            gateway.attrib.pop("default", None)
        return True

    def add_alarm(self) -> bool:
        step = self._plain_step()
        if step is None:
            return False
        scope = step.getparent()
        alarm = self._element(scope, "boundaryEvent", "bell", attachedToRef=step.get("id"), cancelActivity="false")
        etree.SubElement(alarm, _MODEL + "timerEventDefinition")
        self.timers[alarm.get("id")] = after(days=self.chance.randint(1, 9))
        aside, end = self._step(scope), self._element(scope, "endEvent", "out")
        self._flow(scope, alarm.get("id"), aside)
        self._flow(scope, aside, end.get("id"))
        return True

    def remove_alarm(self) -> bool:
        alarms = [one for one in self.root.iter(_MODEL + "boundaryEvent") if one.get("cancelActivity") == "false"]
        if not alarms:
            return False
        alarm = self.chance.choice(alarms)
        for flow in self._leaving(alarm.get("id")):
            flow.getparent().remove(flow)
        alarm.getparent().remove(alarm)
        return True

    # parts -------------------------------------------------------------------------------------------------------
    def _new(self, stem: str) -> str:
        self.made += 1
        return f"{stem}_new_{self.made}"

    def _element(self, parent: Any, tag: str, stem: str, **attributes: str) -> Any:
        element: Any = etree.SubElement(parent, _MODEL + tag, {"id": self._new(stem), **attributes})
        self.elements[element.get("id")] = element.get("id")
        return element

    def _step(self, parent: Any) -> str:
        step: str = self._element(parent, "userTask", "step").get("id")
        self._define(step)
        return step

    def _define(self, step: str) -> None:
        self.elements[step] = step
        self.steps[step] = StepDefinition(
            element_id=step,
            source_id=step,
            process_key=self.process.key,
            name=step,
            kind=StepKind.USER,
            outcomes=DECISIONS,
        )

    def _flow(self, parent: Any, source: str, target: str) -> None:
        etree.SubElement(parent, _MODEL + "sequenceFlow", id=self._new("flow"), sourceRef=source, targetRef=target)

    def _flows(self) -> list[Any]:
        return list(self.root.iter(_MODEL + "sequenceFlow"))

    def _leaving(self, element: str) -> list[Any]:
        return [flow for flow in self._flows() if flow.get("sourceRef") == element]

    def _steps(self) -> list[Any]:
        return list(self.root.iter(_MODEL + "userTask"))

    def _sources(self, step: Any) -> list[str]:
        return [flow.get("sourceRef") for flow in self._flows() if flow.get("targetRef") == step.get("id")]

    def _targets(self, step: Any) -> list[str]:
        return [flow.get("targetRef") for flow in self._leaving(step.get("id"))]

    def _alarms(self, step: str) -> list[Any]:
        return [one for one in self.root.iter(_MODEL + "boundaryEvent") if one.get("attachedToRef") == step]

    def _plain_step(self, *, silent: bool = False, sequence: bool = False) -> Any:
        """A step that runs once and has no alarm; ``silent``: no gateway reads what it says; ``sequence``: only a plain
        flow leads to it and from it.
        """
        steps = [
            step
            for step in self._steps()
            if not list(step)
            and not self._alarms(step.get("id"))
            and (not silent or step.get("id") not in self.answering)
            and (not sequence or self._is_in_sequence(step))
        ]
        return self.chance.choice(steps) if steps else None

    def _is_in_sequence(self, step: Any) -> bool:
        leaving = self._leaving(step.get("id"))
        coming = [flow for flow in self._flows() if flow.get("targetRef") == step.get("id")]
        return (
            len(leaving) == len(coming) == 1
            and not list(coming[0])
            and not self._after_race(coming[0])
            and coming[0].get("sourceRef") != leaving[0].get("targetRef")
        )

    def _bypass(self, step: Any) -> None:
        (coming,) = (flow for flow in self._flows() if flow.get("targetRef") == step.get("id"))
        (leaving,) = self._leaving(step.get("id"))
        coming.set("targetRef", leaving.get("targetRef"))
        leaving.getparent().remove(leaving)
        step.getparent().remove(step)
        del self.steps[step.get("id")]

    def _after_race(self, flow: Any) -> bool:
        return any(
            gateway.get("id") == flow.get("sourceRef") for gateway in self.root.iter(_MODEL + "eventBasedGateway")
        )

    def _pair(self, *tags: str) -> tuple[Any, Any] | None:
        """A split and its join: the random drawings number them one after the other."""
        gateways = {one.get("id"): one for tag in tags for one in self.root.iter(_MODEL + tag)}
        pairs = []
        for name, gateway in gateways.items():
            stem, _, number = name.rpartition("_")
            other = gateways.get(f"{stem}_{int(number) + 1}")
            if other is not None and len(self._leaving(name)) > 1 and other.tag == gateway.tag:
                pairs.append((gateway, other))
        return self.chance.choice(pairs) if pairs else None
