"""Where everything of a map is evaluated: only ids are looked up, no text is ever run.

SpiffWorkflow evaluates Python in eighteen places of a diagram. Here every one of them ends in a table of the compiled
map; an id that is not in its table raises, whatever the text says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment

from engine.bpmn.guards import UnknownReference
from engine.bpmn.lookups import Lookups
from engine.bpmn.runtime import MadeDecision, StepContext
from engine.bpmn.variables import VariableStore, keep_part, outcome_variable, root_of


class MapEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """The tables of one map, the store of one instance and the facts of one step."""

    def __init__(self, lookups: Lookups, store: VariableStore, context: StepContext) -> None:
        super().__init__()
        self.lookups = lookups
        self.store = store
        self.context = context

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> bool:
        """The condition whose id is ``expression``. ``context`` holds the items of the loops around it.

        Raises MapFailed when it fails or is not boolean, UnknownReference when there is none.
        """
        del external_context  # data objects do not exist in the canonical form
        condition = self.lookups.conditions.get(expression)
        if condition is None:
            raise UnknownReference(reference=str(expression))
        return condition(self.variables(context))

    def execute(self, script: str, context: Mapping[str, Any], external_context: Any = None) -> bool:
        """Carry out the assignments of the script task whose id is ``script``, into the store."""
        del external_context
        assignments = self.lookups.assignments.get(script)
        if assignments is None:
            raise UnknownReference(reference=str(script))
        own = dict(context)
        for variable, value in assignments:
            self.store.assign(variable, value(self.variables(own)))
            root = root_of(variable)
            if root in own and root in self.store.values:  # the run's own value, which the next line reads
                keep_part(own, variable, self.store.values)
        return True

    def decide(self, element_id: str, items: Mapping[str, Any]) -> MadeDecision:
        """Make the decision of the business rule task ``element_id`` and keep its result in the store.

        Raises MapFailed, UnknownReference when the task has no decision, AssignsFact.
        """
        decision = self.lookups.decisions.get(element_id)
        if decision is None:
            raise UnknownReference(reference=element_id)
        decided = decision(self.variables(items))
        for name, value in decided.kept.items():
            self.store.assign(name, value)
        return MadeDecision(element_id, decided.results, decided.kept)

    def call_service(self, context: Any, **kwargs: Any) -> NoReturn:
        """Services are called by workers, never from inside a step."""
        del context
        raise UnknownReference(reference=str(kwargs.get("operation_name", "")))

    def undecided(self, items: Mapping[str, Any], flows: Iterable[str]) -> list[str]:
        """The names of the approvals that alone decide among ``flows``, where not one of them has an answer.

        ``items``: the variables of the loops around the decision.
        """
        by_way = [self.lookups.approvals.get(flow, ()) for flow in flows]
        asked = dict.fromkeys(step for steps in by_way for step in steps) if all(by_way) else {}
        values = self.variables(items)
        if any(values.get(outcome_variable(step)) is not None for step in asked):
            return []
        return [self.lookups.name_of(step) for step in asked]

    def variables(self, items: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**self.store.scope, **items} if items else self.store.scope
