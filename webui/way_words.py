"""Where a step leads, as people say it: on which answer and under which condition to which step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.compiled import CompiledProcess, OutcomeCondition, TimerRule
from engine.bpmn.outline import Outline, Spot, Way, outline_of
from webui.condition_words import Vocabulary, answer_words, condition_words
from webui.deadlines import rule_words
from webui.i18n import _

_MOST_WAYS = 40
_SILENT = frozenset({"scriptTask", "serviceTask", "businessRuleTask", "sendTask"})


@dataclass(frozen=True, slots=True)
class WayWords:
    """``when`` is empty for the way that is always taken; ``then`` names where it leads."""

    when: str
    then: str

    def __str__(self) -> str:
        return f"{self.when} → {self.then}" if self.when else f"→ {self.then}"


class WaysOut:
    """The ways out of every step of a map."""

    def __init__(self, process: CompiledProcess) -> None:
        self._process = process
        self._outline: Outline = outline_of(process)
        self.words = Vocabulary.of(process, self._outline)

    def out_of(self, step_id: str) -> tuple[WayWords, ...]:
        """In the order of the drawing, decisions on the way followed to the steps behind them."""
        found: dict[WayWords, None] = {}
        for way in self._outline.out_of(step_id):
            for conditions, target in self._follow(way, step_id, (), frozenset()):
                found[WayWords(", ".join(dict.fromkeys(filter(None, conditions))), target)] = None
                if len(found) >= _MOST_WAYS:
                    return tuple(found)
        return tuple(found)

    def beside(self, step_id: str) -> tuple[WayWords, ...]:
        """What happens while the step waits: events on its border."""
        events = (one for one in self._outline.on_border_of(step_id) if one.event != "compensate")
        return tuple(WayWords(self._event(one), self._happens(one)) for one in events)

    def _happens(self, event: Spot) -> str:
        behind = ", ".join(self._behind(event))
        return _("%(what)s, and this step ends", what=behind) if event.ends_host else behind

    def _behind(self, spot: Spot) -> list[str]:
        found = [
            target for way in self._outline.out_of(spot.id) for _, target in self._follow(way, "", (), frozenset())
        ]
        return list(dict.fromkeys(found)) or ["…"]

    def _follow(
        self, way: Way, step_id: str, conditions: tuple[str, ...], seen: frozenset[str]
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        said = self._condition(way, step_id)
        conditions = (*conditions, said) if said else conditions
        spot = self._outline.spots.get(way.target)
        if spot is None or spot.id in seen:
            return
        onward = self._outline.out_of(spot.id)
        if not (spot.is_gateway or (spot.kind in _SILENT and spot.id not in self._process.steps)) or not onward:
            yield conditions, self._name(spot)
            return
        if spot.kind == "parallelGateway" and len(self._outline.into(spot.id)) > 1:
            conditions = (*conditions, _("when all branches are done"))
        if spot.kind == "eventBasedGateway":
            names = " / ".join(self._name(self._outline.spots[one.target]) for one in onward)
            yield conditions, _("whichever happens first: %(names)s", names=names)
            return
        if spot.kind == "parallelGateway" and len(onward) > 1:
            following = [self._outline.spots[one.target] for one in onward if one.target in self._outline.spots]
            if not any(one.is_gateway for one in following):
                names = ", ".join(self._name(one) for one in following)
                yield conditions, _("at the same time: %(names)s", names=names)
                return
        for one in onward:
            yield from self._follow(one, step_id, conditions, seen | {spot.id})

    def _condition(self, way: Way, step_id: str) -> str:
        condition = self._process.conditions.get(way.id)
        if condition is None:
            several = len(self._outline.out_of(way.source)) > 1
            return _("otherwise") if way.is_default and several else ""
        if isinstance(condition, OutcomeCondition) and condition.steps == (step_id,):
            return ", ".join(answer_words(one, self.words) for one in condition.outcomes)
        return condition_words(condition, self.words)

    def _name(self, spot: Spot) -> str:
        step = self._process.steps.get(spot.id)
        name = _("“%(name)s”", name=(step.name or step.source_id) if step else spot.name or spot.id)
        if step is not None:
            return name
        match spot.kind:
            case "endEvent":
                result = self._process.results.get(spot.id)
                said = {"won": _("the deal is won"), "lost": _("the deal is lost")}.get(result or "", _("end"))
                return f"{said} ({name})" if spot.name else said
            case "callActivity":
                return _("the map %(name)s", name=name)
            case "subProcess" | "transaction" | "adHocSubProcess":
                return _("the part %(name)s", name=name)
            case _ if spot.event == "timer":
                return _("wait %(time)s", time=self._time(spot))
            case _:
                return name

    def _event(self, spot: Spot) -> str:
        name = _("“%(name)s”", name=spot.name or spot.id)
        return _("after %(time)s", time=self._time(spot)) if spot.event == "timer" else name

    def _time(self, spot: Spot) -> str:
        rule: TimerRule | None = self._process.timers.get(spot.id)
        if rule is None:
            return spot.name
        return rule_words(rule.rule) if rule.rule is not None else str(rule.expression)
