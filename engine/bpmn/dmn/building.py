"""From drawn decisions to such as can be evaluated, or to findings that are errors."""

from __future__ import annotations

from contextlib import suppress

from engine.bpmn.dmn.drawn import DecisionShelf, DrawnDecision, DrawnTable, identifier
from engine.bpmn.dmn.judging import Judge, Unusable
from engine.bpmn.dmn.limits import MAX_CELLS, MAX_DECISIONS, MAX_DEPTH
from engine.bpmn.dmn.model import Decision, DecisionTable, LiteralDecision, ValueKind
from engine.bpmn.dmn.table_building import TableBuilder
from engine.bpmn.dmn.table_checks import check_table
from engine.bpmn.dmn.value_kinds import kind_named
from engine.bpmn.noticed import Noticed
from engine.errors import N_


class DecisionBuilder:
    """Builds each decision once, with those that it needs. ``decisions`` holds what was built, by key."""

    def __init__(self, noticed: Noticed) -> None:
        self.decisions: dict[str, Decision] = {}
        self._noticed = noticed
        self._built: dict[DrawnDecision, Decision | None] = {}
        self._under_way: list[DrawnDecision] = []
        self._cells = 0

    def has_met(self, drawn: DrawnDecision) -> bool:
        """Whether a task makes the decision or needs it, executable or not."""
        return drawn in self._built

    def build(self, drawn: DrawnDecision, shelf: DecisionShelf) -> Decision | None:
        """The decision, or None with findings that are errors."""
        if drawn not in self._built:
            self._built[drawn] = None
            self._under_way.append(drawn)
            with suppress(Unusable):
                self._built[drawn] = self._build(drawn, shelf)
            self._under_way.pop()
        return self._built[drawn]

    def _build(self, drawn: DrawnDecision, shelf: DecisionShelf) -> Decision:
        judge = Judge(drawn, self._noticed)
        if len(self._built) > MAX_DECISIONS:
            judge.refuse("DMN_TOO_LARGE", what=N_("decisions"), limit=str(MAX_DECISIONS))
        if len(self._under_way) > MAX_DEPTH:
            judge.refuse("DMN_TOO_LARGE", what=N_("decisions that need one another"), limit=str(MAX_DEPTH))
        if drawn.knowledge:
            judge.refuse("DMN_KNOWLEDGE_UNSUPPORTED", knowledge=", ".join(drawn.knowledge))
        required = [self._required(drawn, reference, shelf, judge) for reference in drawn.requires]
        result_name = identifier(drawn.variable or drawn.name or drawn.source_id)
        logic = self._logic(drawn, result_name, judge)
        if isinstance(logic, DecisionTable):
            check_table(logic, judge)
        judge.ensure_sound()
        decision = Decision(
            key=self._new_key(drawn),
            source_id=drawn.source_id,
            name=drawn.name,
            result_name=result_name,
            logic=logic,
            required=tuple(dict.fromkeys(one.key for one in required)),
            file=drawn.file.file,
            line=drawn.line,
        )
        self.decisions[decision.key] = decision
        return decision

    def _new_key(self, drawn: DrawnDecision) -> str:
        base, number = identifier(drawn.source_id or drawn.name), 1
        key = base
        while key in self.decisions:
            number += 1
            key = f"{base}_{number}"
        return key

    def _required(self, drawn: DrawnDecision, reference: str, shelf: DecisionShelf, judge: Judge) -> Decision:
        found = shelf.with_id(reference)
        found = [one for one in found if one.file is drawn.file] or found
        if not found:
            judge.refuse("DMN_REQUIREMENT_MISSING", required=reference or "–")
        wanted = found[0]
        if wanted in self._under_way:
            circle = [*self._under_way[self._under_way.index(wanted) :], wanted]
            judge.refuse("DMN_CIRCLE", decisions=" → ".join(one.title for one in circle))
        built = self.build(wanted, shelf)
        if built is None:
            judge.refuse("DMN_REQUIREMENT_UNUSABLE", required=wanted.title)
        return built

    def _logic(self, drawn: DrawnDecision, result_name: str, judge: Judge) -> DecisionTable | LiteralDecision:
        if isinstance(drawn.logic, str):
            judge.refuse("DMN_LOGIC_UNSUPPORTED", construct=drawn.logic or "–")
        if isinstance(drawn.logic, DrawnTable):
            self._cells += sum(len(rule.inputs) + len(rule.outputs) for rule in drawn.logic.rules)
            if self._cells > MAX_CELLS:
                judge.refuse("DMN_TOO_LARGE", what=N_("cells"), limit=str(MAX_CELLS))
            return TableBuilder(drawn.logic, result_name, drawn.type_name, judge).build()
        expression = judge.expression(drawn.logic, "DMN_EXPRESSION_NOT_UNDERSTOOD")
        return LiteralDecision(
            expression=expression, text=drawn.logic.text, kind=kind_named(drawn.type_name) or ValueKind.ANY
        )
