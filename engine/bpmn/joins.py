"""Gateways that bring branches together. Each token at a join is a waiting task; firing consumes one per flow.

Stock looks for tokens in the history of the tree, where those of an earlier round of a rework loop still stand: in
round 2 the first of three approvals released the join. A token that was consumed is spent here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin, InclusiveGatewayMixin, ParallelGatewayMixin

from engine.bpmn.activities import HOST
from engine.bpmn.counters import ACTIVATION_COUNT
from engine.bpmn.elements import Element
from engine.bpmn.expressions import NullCondition
from engine.bpmn.live_workflow import LiveTask, Scope
from engine.bpmn.run_variables import loop_items
from engine.bpmn.task_data import ARRIVED_FROM, RACE, UNDOES
from engine.errors import MapFailed

_ROUND = "%s (round)"
EXPECTED = "expected"  # of a round that has fired: the flows that had no token, or one that was taken back
_NO_TOKENS = frozenset({HOST, UNDOES})  # in tasks that are no tokens of their scope


class _Join(Element):
    def _update_hook(self, my_task: LiveTask) -> bool:
        if len(self._inputs) < 2:  # noqa: PLR2004  # a split, or a passage
            return True
        my_task.internal_data[ARRIVED_FROM] = my_task.parent.task_spec.name
        my_task.wait()
        return self._may_fire_on_arrival(my_task)

    def _may_fire_on_arrival(self, my_task: LiveTask) -> bool:
        raise NotImplementedError

    def _tokens(self, scope: Scope) -> dict[str, LiveTask]:
        """The oldest waiting token of each incoming flow."""
        tokens: dict[str, LiveTask] = {}
        for task in scope.tasks.values():
            if task.task_spec is self and task.waiting:
                tokens.setdefault(task.internal_data[ARRIVED_FROM], task)
        return tokens

    def _consume(self, tokens: dict[str, LiveTask], going_on: LiveTask) -> None:
        for token in tokens.values():
            if token is not going_on:
                token.spend()


class ParallelGateway(_Join, ParallelGatewayMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits for one token on every incoming flow; a second one on the same flow waits for the next round."""

    def _may_fire_on_arrival(self, my_task: LiveTask) -> bool:
        tokens = self._tokens(my_task.workflow)
        if len(tokens) < len(self._inputs):
            return False
        # An older token of the same flow goes first, and the newest stands in for it: tokens carry nothing.
        tokens[my_task.internal_data[ARRIVED_FROM]] = my_task
        self._consume(tokens, my_task)
        return True


class InclusiveGateway(_Join, InclusiveGatewayMixin, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Waits as long as a token elsewhere could still bring one on a flow that has none (BPMN 2.0, 13.4.3).

    ``reachable`` gives, per spec name, the incoming flows that a token there can reach without visiting this gateway.
    ``beside`` gives those of them that it reaches itself, by no event that sends another token beside it, and while a
    token that has come there stays: no withdrawal takes that.
    ``withdrawing`` names the specs from which a token can come, by itself, to what takes away all that waits here.
    """

    reachable: Mapping[str, frozenset[str]]
    beside: Mapping[str, frozenset[str]]
    withdrawing: frozenset[str]
    unconditional: tuple[str, ...] = ()  # flows without a condition that are not the default are always taken

    def decides(self) -> bool:
        return len(self._outputs) > 1

    def _may_fire_on_arrival(self, _my_task: LiveTask) -> bool:
        """Never: whether others can still come is known when all automatic steps have come to rest."""
        return False

    def fire_if_nothing_can_come(self, scope: Scope) -> bool:
        """Fire once, when at least one token waits and no other can still come; whether it did."""
        tokens = self._tokens(scope)
        if not tokens:
            return False
        arrived = frozenset(tokens)
        missing = frozenset(self._inputs) - arrived
        if self.withdrawing and any(one.task_spec.name in self.withdrawing for one in self._others(scope)):
            return False
        for ways, beside in self._ways_of_others(scope):
            if ways & missing and not beside & arrived:
                return False
        going_on = next(iter(tokens.values()))
        self._consume(tokens, going_on)
        going_on.make_ready()
        return True

    def _ways_of_others(self, scope: Scope) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Per token elsewhere in the scope, the incoming flows that it can reach, and those beside a token there.

        Rivals behind one event gateway are one token.
        """
        nowhere: frozenset[str] = frozenset()
        ways: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        for task in self._others(scope):
            token, name = task.internal_data.get(RACE, task.id), task.task_spec.name
            reached, beside = ways.get(token, (nowhere, nowhere))
            ways[token] = reached | self.reachable.get(name, nowhere), beside | self.beside.get(name, nowhere)
        return list(ways.values())

    def _others(self, scope: Scope) -> Iterator[LiveTask]:
        """The tokens elsewhere in the scope.

        A boundary event is reached through its host; the runs of a loop are the loop; nothing comes out of what undoes
        something.
        """
        for task in scope.live_tasks():
            spec = task.task_spec
            if spec is not self and spec.loop is None and _NO_TOKENS.isdisjoint(task.internal_data):
                yield task

    def _run_hook(self, _my_task: LiveTask) -> bool:
        return True

    def _successors(self, my_task: LiveTask) -> list[Any]:
        specs = self._wf_spec.task_specs
        default = None
        chosen = [specs[name] for name in self.unconditional]
        for condition, name in self.cond_task_specs:
            if condition is None:
                default = None if name in self.unconditional else specs[name]
            elif condition._matches(my_task):  # noqa: SLF001  # stock's way to ask
                chosen.append(specs[name])
        if not chosen and default is not None:
            chosen = [default]
        self.fail_unless_chosen(my_task, chosen)
        return chosen


class Round(Element, BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Its task stands for a round of a complex gateway that has fired and still expects tokens."""

    attends = True

    def __init__(self, gateway: ComplexGateway) -> None:
        super().__init__(gateway._wf_spec, _ROUND % gateway.bpmn_id)  # noqa: SLF001  # stock's name
        self.gateway = gateway

    def tokens_taken(self, my_task: LiveTask, sources: Collection[str]) -> None:
        """What has come and was taken back comes anew: the round waits for it, where it comes to an end."""
        expected = my_task.internal_data[EXPECTED]
        expected += [flow for flow in self.gateway._inputs if flow in sources and flow not in expected]  # noqa: SLF001  # stock's name


class ComplexGateway(InclusiveGateway):
    """Fires once as soon as its activation condition holds (BPMN 2.0, 13.4.5).

    Then it waits for a token on each flow that had none, as long as one can still come; those come to an end here.
    """

    def __init__(self, wf_spec: Any, bpmn_id: str) -> None:
        super().__init__(wf_spec, bpmn_id)
        self.round = Round(self)

    def _may_fire_on_arrival(self, my_task: LiveTask) -> bool:
        scope = my_task.workflow
        if self._round_in(scope) is not None:
            return False
        tokens = self._tokens(scope)
        if not self._is_activated(my_task, tokens):
            return False
        tokens[my_task.internal_data[ARRIVED_FROM]] = my_task
        self._begin_round(tokens, my_task)
        return True

    def fire_if_nothing_can_come(self, scope: Scope) -> bool:
        tokens = self._tokens(scope)
        fired = self._round_in(scope)
        if fired is not None:
            return self._end_round(scope, fired, tokens)
        first = next(iter(tokens.values()), None)
        if first is None or not self._is_activated(first, tokens):
            return False
        self._begin_round(tokens, first)
        first.make_ready()
        return True

    def _is_activated(self, my_task: LiveTask, tokens: Mapping[str, LiveTask]) -> bool:
        """Whether the rule holds. Raises MapFailed where it has no answer.

        While tokens are missing, a rule that reads what nobody has filled in yet waits: their branches may ask for it.
        """
        environment = my_task.workflow.top_workflow.environment
        variables = environment.variables({**loop_items(my_task), ACTIVATION_COUNT: len(tokens)})
        try:
            return environment.lookups.conditions[self.bpmn_id](variables)
        except MapFailed as failure:
            if len(tokens) < len(self._inputs) and isinstance(failure.params.get("problem"), NullCondition):
                return False
            raise

    def _round_in(self, scope: Scope) -> LiveTask | None:
        return next((task for task in scope.live_tasks() if task.task_spec is self.round), None)

    def _begin_round(self, tokens: dict[str, LiveTask], going_on: LiveTask) -> None:
        expected = [flow for flow in self._inputs if flow not in tokens]
        self._consume(tokens, going_on)
        if expected:
            fired = going_on.workflow.task_tree.spawn(self.round)
            fired.wait()
            fired.internal_data[EXPECTED] = expected

    def _end_round(self, scope: Scope, fired: LiveTask, tokens: dict[str, LiveTask]) -> bool:
        """Whether the round is over: every flow that had no token has one now, or none is waited for.

        A token that can reach an arrow whose token has come, in this round or late, is not waited for at any other; but
        one that comes only past a withdrawal of what has come there, as out of a rework, is.
        """
        late = {flow: token for flow, token in tokens.items() if flow in fired.internal_data[EXPECTED]}
        missing = frozenset(fired.internal_data[EXPECTED]) - late.keys()
        if any(ways & missing and beside <= missing for ways, beside in self._ways_of_others(scope)):
            return False
        self._consume(late, fired)
        fired.spend()
        return True
